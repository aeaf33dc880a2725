//! What is kept of who may log in: the file `access.json` of the data directory. No secret stands in it, only hashes.

use serde::{Deserialize, Serialize};

use crate::config::users::{RoleConfig, UserConfig};

/// Everything that is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Document {
    /// People, beside those of the configuration.
    pub users: Vec<User>,
    /// Tokens of programs.
    pub tokens: Vec<Token>,
    /// Who is logged in.
    pub sessions: Vec<Session>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// How they log in; no other one has the same, whatever its case.
    pub email: String,
    /// How they are shown.
    pub name: String,
    /// What they may do.
    pub role: RoleConfig,
    /// With which machines; all where it is absent.
    pub machines: Option<Vec<String>>,
    /// Argon2 hash in the PHC format.
    pub password_hash: String,
}

/// A token of a program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// What it is revoked by.
    pub id: String,
    /// How it is shown.
    pub name: String,
    /// What it may do.
    pub role: RoleConfig,
    /// With which machines; all where it is absent.
    pub machines: Option<Vec<String>>,
    /// Of the secret.
    pub digest: String,
    /// Unit: ms since 1970.
    pub created_at: i64,
    /// When it is worth nothing any more; never where it is absent. Unit: ms since 1970.
    pub expires_at: Option<i64>,
    /// When it was used, to within ten minutes. Unit: ms since 1970.
    pub last_used: Option<i64>,
}

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Of the secret.
    pub digest: String,
    /// Who.
    pub email: String,
    /// Of their password's hash: another password ends it.
    pub proof: String,
    /// When it was used, to within ten minutes. Unit: ms since 1970.
    pub last_used: i64,
}

impl User {
    /// One of the configuration.
    pub fn configured(user: &UserConfig) -> Self {
        Self {
            email: user.email.clone(),
            name: user.name.clone().unwrap_or_else(|| user.email.clone()),
            role: user.role,
            machines: user.machines.clone(),
            password_hash: user.password_hash.clone(),
        }
    }

    /// Whether they log in by this address.
    pub fn is_called(&self, email: &str) -> bool {
        self.email.to_lowercase() == email.trim().to_lowercase()
    }
}
