//! Sessions: people who logged in with a password, each known by a secret that a browser or a client keeps.

use std::net::IpAddr;
use std::sync::Arc;

use hearth_actors::model::time::WallMs;
use tokio::time::Instant;

use super::bearer::{Bearer, Who, scope};
use super::book::{BookError, Keep};
use super::document::{Document, Session, User};
use super::secret::{digest, fresh};
use super::tries::TooMany;
use super::{Access, locked, password};

/// How long a login lasts that nobody uses; one that is used lasts on. Source: protocol of WebMACS, login. Unit: ms.
pub const IDLE_MS: i64 = 24 * 3600 * 1000;
/// Logins that are remembered; the one that was not used for longest is forgotten for a new one.
const SESSIONS_MAX: usize = 1000;

/// Why somebody is not logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// No such user, or another password: which of them is not told.
    #[error("no such user, or another password")]
    Wrong,
    /// It was tried too often.
    #[error("too many tries: wait {} s", .0.wait.as_secs() + 1)]
    TooMany(TooMany),
    /// It cannot be kept.
    #[error(transparent)]
    Book(#[from] BookError),
}

impl Access {
    /// Whether anybody can log in with a password.
    pub fn login_is_possible(&self) -> bool {
        !self.inner.fixed.is_empty() || !self.inner.book.document().users.is_empty()
    }

    /// A fresh session for whoever has this password: its secret, and who they are.
    ///
    /// # Errors
    /// When it is not theirs, or was tried too often.
    pub async fn log_in(
        &self,
        email: &str,
        password: String,
        address: IpAddr,
        now: WallMs,
    ) -> Result<(String, Bearer), LogInError> {
        let account = email.trim().to_lowercase();
        locked(&self.inner.tries).take(address, &account, Instant::now()).map_err(LogInError::TooMany)?;
        let user = self.person(&self.inner.book.document(), email).map(|(user, _)| user);
        let user = self.check(user, password).await.ok_or(LogInError::Wrong)?;
        locked(&self.inner.tries).forgive(address, &account);
        let bearer = Bearer { who: who(&user), role: user.role.into(), scope: scope(user.machines.as_deref()) };
        let access = self.clone();
        let begun = tokio::task::spawn_blocking(move || access.begin_session(&user, now)).await;
        Ok((begun.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?, bearer))
    }

    /// Makes a session's secret worthless. Waits for the disk.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub fn log_out(&self, secret: &str) -> Result<(), BookError> {
        let digest = digest(secret);
        self.inner.book.change(Keep::IfPossible, |document| {
            document.sessions.retain(|session| session.digest != digest);
            Ok(())
        })
    }

    /// Begins a session of somebody who has shown who they are. Waits for the disk.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub(super) fn begin_session(&self, user: &User, now: WallMs) -> Result<String, BookError> {
        let secret = fresh();
        let session = Session {
            digest: digest(&secret),
            email: user.email.clone(),
            proof: digest(&user.password_hash),
            last_used: now.0,
        };
        self.inner.book.change(Keep::IfPossible, |document| {
            document
                .sessions
                .retain(|session| is_fresh(session.last_used, now) || self.used_at(&session.digest).is_some());
            if document.sessions.len() >= SESSIONS_MAX {
                let oldest = document.sessions.iter().enumerate().min_by_key(|(_, session)| session.last_used);
                oldest.map(|(at, _)| at).map(|at| document.sessions.remove(at));
            }
            document.sessions.push(session);
            Ok::<_, BookError>(())
        })?;
        Ok(secret)
    }

    /// Yields the user if the password is theirs. Where there is none, it takes as long.
    pub(super) async fn check(&self, user: Option<User>, password: String) -> Option<User> {
        if password.len() > password::BYTES_MAX {
            return None;
        }
        let hash = user.as_ref().map_or(password::NOBODY, |user| &user.password_hash).to_owned();
        let turn = Arc::clone(&self.inner.turn).acquire_owned().await.ok()?;
        let check = move || {
            let _turn = turn;
            password::fits(&password, &hash)
        };
        let fits = tokio::task::spawn_blocking(check).await.ok()?;
        user.filter(|_| fits)
    }

    /// Whom a session stands for.
    pub(super) fn of_session(&self, document: &Document, wanted: &str, now: WallMs) -> Option<Bearer> {
        let session = document.sessions.iter().find(|session| session.digest == wanted)?;
        let used = self.used_at(wanted).map_or(session.last_used, |used| used.0.max(session.last_used));
        let (user, _) = self.person(document, &session.email).filter(|_| is_fresh(used, now))?;
        if session.proof != digest(&user.password_hash) {
            return None;
        }
        Some(Bearer { who: who(&user), role: user.role.into(), scope: scope(user.machines.as_deref()) })
    }
}

/// Whether a session that was last used then still counts.
pub(super) fn is_fresh(last_used: i64, now: WallMs) -> bool {
    now.0.saturating_sub(last_used) < IDLE_MS
}

fn who(user: &User) -> Who {
    Who::User { email: user.email.clone(), name: user.name.clone() }
}
