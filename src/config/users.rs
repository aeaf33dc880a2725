//! `[[auth.users]]`: people who log in.

use std::collections::HashSet;

use argon2::password_hash::PasswordHash;
use hearth_actors::model::ids::MachineId;
use serde::{Deserialize, Serialize};

use super::faults::Faults;

/// Longest e-mail address. Source: RFC 5321, path.
const EMAIL_CHARS_MAX: usize = 254;

/// Somebody who logs in.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserConfig {
    /// How they log in.
    pub email: String,
    /// How they are shown; the address if absent.
    #[serde(default)]
    pub name: Option<String>,
    /// What `hearth hash-password` makes of a password: an Argon2 hash in the PHC format.
    pub password_hash: String,
    /// What they may do.
    pub role: RoleConfig,
    /// With which machines; all if absent.
    #[serde(default)]
    pub machines: Option<Vec<String>>,
}

/// What somebody may do; each includes the ones before, but a controller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleConfig {
    /// Hand over readings of machines, and read their newest values.
    Controller,
    /// Look, and STOP.
    Viewer,
    /// Steer machines and sessions.
    Operator,
    /// Change machines, and who may log in.
    Admin,
}

/// Whether a text can be somebody's address for mail.
pub fn is_address(text: &str) -> bool {
    let has_parts = text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    has_parts && text.chars().count() <= EMAIL_CHARS_MAX && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Adds every fault of a list of users.
pub(super) fn check(users: &[UserConfig], faults: &mut Faults) {
    let mut known = HashSet::new();
    for (i, user) in users.iter().enumerate() {
        let at = |key: &str| format!("/auth/users/{i}/{key}");
        if !is_address(&user.email) {
            faults.add(at("email"), "write an e-mail address, such as anna@roastery.example");
        } else if !known.insert(user.email.to_lowercase()) {
            faults.add(at("email"), format!("`{}` is there already: list everybody once", user.email));
        }
        if user.role == RoleConfig::Controller && user.machines.is_none() {
            faults.add(at("machines"), "a controller hands over readings of named machines: name them");
        }
        for (machine, id) in user.machines.iter().flatten().enumerate() {
            if MachineId::parse(id).is_err() {
                faults.add(format!("{}/{machine}", at("machines")), format!("`{id}` is no machine's id"));
            }
        }
        if PasswordHash::new(&user.password_hash).is_err() {
            faults.add(at("password_hash"), "is no hash of a password: run `hearth hash-password` and paste its line");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$J8VlSJwsFXnTxbhmhTsKKQ";

    fn user(email: &str, password_hash: &str) -> UserConfig {
        UserConfig {
            email: email.into(),
            name: None,
            password_hash: password_hash.into(),
            role: RoleConfig::Viewer,
            machines: None,
        }
    }

    #[test]
    fn every_fault_of_every_user_is_told() {
        let users = [user("a@b", HASH), user("A@B", HASH), user("nobody", HASH), user("@b", "secret")];
        let mut faults = Faults::new();
        check(&users, &mut faults);
        let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        let expected =
            ["/auth/users/1/email", "/auth/users/2/email", "/auth/users/3/email", "/auth/users/3/password_hash"];
        assert_eq!(places, expected);
    }
}
