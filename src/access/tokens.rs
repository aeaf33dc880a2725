//! Tokens: what programs show instead of a password. Each has a role, perhaps a list of machines, perhaps an end.

use hearth_actors::model::ids::MachineId;
use hearth_actors::model::time::WallMs;

use super::Access;
use super::bearer::{Bearer, Who, scope};
use super::book::{Book, BookError, Keep};
use super::document::{Document, Token};
use super::secret::{TOKEN_PREFIX, digest, fresh, fresh_id};
use crate::config::users::RoleConfig;

/// Tokens that are kept, at most.
const TOKENS_MAX: usize = 1000;
/// Longest name. Unit: characters.
const NAME_CHARS_MAX: usize = 100;
/// Machines that one may be limited to, at most.
const MACHINES_MAX: usize = 100;

/// A token to give out.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// How it is shown.
    pub name: String,
    /// What it may do.
    pub role: RoleConfig,
    /// With which machines; all where it is absent.
    pub machines: Option<Vec<String>>,
    /// When it is worth nothing any more; never where it is absent.
    pub expires_at: Option<WallMs>,
}

/// Why a token is not given out, or not revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// One field is wrong.
    #[error("{1}")]
    Unfit(&'static str, String),
    /// There is none.
    #[error("there is no token `{0}`")]
    Unknown(String),
    /// It cannot be kept.
    #[error(transparent)]
    Book(#[from] BookError),
}

impl Access {
    /// All tokens, in the order in which they were given out, each with when it was last used as far as is known.
    pub fn tokens(&self) -> Vec<Token> {
        let fresh = |token: &Token| {
            let used = self.used_at(&token.digest).map(|at| at.0);
            Token { last_used: token.last_used.max(used), ..token.clone() }
        };
        self.inner.book.document().tokens.iter().map(fresh).collect()
    }

    /// Gives one out: its secret, which is told only now. Waits for the disk.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn create_token(&self, wanted: Wanted, now: WallMs) -> Result<(String, Token), TokenError> {
        create(&self.inner.book, wanted, now)
    }

    /// Makes one worthless. Waits for the disk.
    ///
    /// # Errors
    /// When there is none with this id.
    pub fn revoke_token(&self, id: &str) -> Result<Token, TokenError> {
        revoke(&self.inner.book, id)
    }
}

/// Gives a token out: its secret, and what is kept of it.
///
/// # Errors
/// What is wrong with it.
pub fn create(book: &Book, wanted: Wanted, now: WallMs) -> Result<(String, Token), TokenError> {
    let Wanted { name, role, machines, expires_at } = wanted;
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(TokenError::Unfit("/name", format!("a name is needed, of {NAME_CHARS_MAX} characters at most")));
    }
    if let Some(fault) = fault_of_machines(role, machines.as_deref()) {
        return Err(TokenError::Unfit("/machines", fault));
    }
    if expires_at.is_some_and(|until| until <= now) {
        return Err(TokenError::Unfit("/expires_at", "a moment in the future is needed".to_owned()));
    }
    let secret = format!("{TOKEN_PREFIX}{}", fresh());
    let token = Token {
        id: fresh_id(),
        name,
        role,
        machines,
        digest: digest(&secret),
        created_at: now.0,
        expires_at: expires_at.map(|until| until.0),
        last_used: None,
    };
    let kept = book.change(Keep::Surely, |document| {
        if document.tokens.len() >= TOKENS_MAX {
            return Err(TokenError::Unfit("/name", format!("there are {TOKENS_MAX} tokens: revoke some first")));
        }
        document.tokens.push(token.clone());
        Ok(token)
    })?;
    Ok((secret, kept))
}

/// Makes a token worthless.
///
/// # Errors
/// When there is none with this id.
pub fn revoke(book: &Book, id: &str) -> Result<Token, TokenError> {
    book.change(Keep::Surely, |document| {
        let at = document.tokens.iter().position(|token| token.id == id);
        let at = at.ok_or_else(|| TokenError::Unknown(id.to_owned()))?;
        Ok(document.tokens.remove(at))
    })
}

/// Whom a token stands for.
pub(super) fn bearer(document: &Document, wanted: &str, now: WallMs) -> Option<Bearer> {
    let token = document.tokens.iter().find(|token| token.digest == wanted)?;
    if token.expires_at.is_some_and(|until| until <= now.0) {
        return None;
    }
    let who = Who::Token { id: token.id.clone(), name: token.name.clone() };
    Some(Bearer { who, role: token.role.into(), scope: scope(token.machines.as_deref()) })
}

/// What is wrong with a list of machines that somebody shall be limited to. They need not be there yet.
pub(super) fn fault_of_machines(role: RoleConfig, machines: Option<&[String]>) -> Option<String> {
    let Some(machines) = machines else {
        let needed = "a controller hands over readings of named machines: name them";
        return (role == RoleConfig::Controller).then(|| needed.to_owned());
    };
    if machines.is_empty() || machines.len() > MACHINES_MAX {
        return Some(format!("name 1 to {MACHINES_MAX} machines, or leave it out for all"));
    }
    let unfit = machines.iter().find(|id| MachineId::parse(id).is_err())?;
    Some(format!("`{}` is no machine's id", unfit.escape_debug()))
}
