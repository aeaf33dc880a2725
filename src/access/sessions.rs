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
use crate::config::users::is_address;

/// How long a login lasts that nobody uses; one that is used lasts on. Source: protocol of WebMACS, login. Unit: ms.
pub const IDLE_MS: i64 = 24 * 3600 * 1000;
/// Logins of one user that are remembered; the one that was not used for longest ends for a new one. Nobody ends those of others.
const OF_ONE_MAX: usize = 50;

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
        // What a stranger writes is as long as they like, and what was tried is remembered.
        if !is_address(email.trim()) {
            return Err(LogInError::Wrong);
        }
        locked(&self.inner.tries).take(address, email, Instant::now()).map_err(LogInError::TooMany)?;
        let user = self.person(&self.inner.book.document(), email).map(|(user, _)| user);
        let user = self.check(user, password).await.ok_or(LogInError::Wrong)?;
        locked(&self.inner.tries).forgive(address, email, Instant::now());
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
            let own = document.sessions.iter().enumerate().filter(|(_, session)| user.is_called(&session.email));
            if own.clone().count() >= OF_ONE_MAX {
                let oldest = own.min_by_key(|(_, session)| self.last_used(session));
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
        let (user, _) = self.person(document, &session.email).filter(|_| is_fresh(self.last_used(session), now))?;
        if session.proof != digest(&user.password_hash) {
            return None;
        }
        Some(Bearer { who: who(&user), role: user.role.into(), scope: scope(user.machines.as_deref()) })
    }

    /// Also where that is not written yet.
    fn last_used(&self, session: &Session) -> i64 {
        self.used_at(&session.digest).map_or(session.last_used, |used| used.0.max(session.last_used))
    }
}

/// Whether a session that was last used then still counts.
pub(super) fn is_fresh(last_used: i64, now: WallMs) -> bool {
    now.0.saturating_sub(last_used) < IDLE_MS
}

fn who(user: &User) -> Who {
    Who::User { email: user.email.clone(), name: user.name.clone() }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::config::Config;
    use crate::config::users::{RoleConfig, UserConfig};
    use crate::storage::disk::Disk;

    const NOW: WallMs = WallMs(1_000_000);
    const ANNA: &str = "anna@roastery.example";
    const PASSWORD: &str = "first crack";

    fn access() -> (Access, tempfile::TempDir) {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.storage.path = data.path().to_owned();
        let password_hash = password::hash(PASSWORD).unwrap();
        let (email, name, role) = (ANNA.to_owned(), Some("Anna".to_owned()), RoleConfig::Operator);
        config.auth.users = vec![UserConfig { email, name, password_hash, role, machines: Some(vec!["drum".into()]) }];
        (Access::open(&config, Disk::default()).unwrap(), data)
    }

    async fn log_in(access: &Access, email: &str, password: &str) -> Result<(String, Bearer), LogInError> {
        access.log_in(email, password.into(), Ipv4Addr::LOCALHOST.into(), NOW).await
    }

    #[actix_rt::test]
    async fn the_right_password_gives_a_session_that_lasts_while_it_is_used() {
        let (access, _data) = access();
        let (secret, anna) = log_in(&access, " Anna@Roastery.example", PASSWORD).await.unwrap();
        assert_eq!((&anna.role, &anna.scope), (&RoleConfig::Operator.into(), &scope(Some(&["drum".to_owned()]))));
        let nearly = WallMs(NOW.0 + IDLE_MS - 1);
        assert_eq!(access.whose(&secret, nearly), Some(anna.clone()));
        assert_eq!(access.whose(&secret, WallMs(nearly.0 + IDLE_MS - 1)), Some(anna));
        assert_eq!(access.whose(&secret, WallMs(nearly.0 + 2 * IDLE_MS)), None);
    }

    #[actix_rt::test]
    async fn a_session_ends_by_log_out_and_no_other_with_it() {
        let (access, _data) = access();
        let (one, anna) = log_in(&access, ANNA, PASSWORD).await.unwrap();
        let (other, _) = log_in(&access, ANNA, PASSWORD).await.unwrap();
        access.log_out(&one).unwrap();
        assert_eq!((access.whose(&one, NOW), access.whose(&other, NOW)), (None, Some(anna)));
    }

    #[actix_rt::test]
    async fn the_end_of_a_session_is_told_when_somebody_logs_out_and_not_before() {
        let (access, _data) = access();
        let now = hearth_actors::runtime::clock::wall_now();
        let here = Ipv4Addr::LOCALHOST.into();
        let (secret, anna) = access.log_in(ANNA, PASSWORD.into(), here, now).await.unwrap();
        access.end_of("made-up".into(), anna.clone()).await;
        let mut end = Box::pin(access.end_of(secret.clone(), anna.clone()));
        assert!(futures_util::poll!(&mut end).is_pending());
        log_in(&access, ANNA, PASSWORD).await.unwrap();
        assert!(futures_util::poll!(&mut end).is_pending(), "somebody else's change is none of its own");
        access.log_out(&secret).unwrap();
        end.await;
    }

    #[actix_rt::test]
    async fn a_wrong_password_an_unknown_user_and_a_made_up_secret_give_nothing() {
        let (access, _data) = access();
        for (email, password) in [(ANNA, "second crack"), ("eve@x", PASSWORD), ("", "")] {
            assert!(matches!(log_in(&access, email, password).await, Err(LogInError::Wrong)));
        }
        let endless = "x".repeat(password::BYTES_MAX + 1);
        assert!(matches!(log_in(&access, "otto@x", &endless).await, Err(LogInError::Wrong)));
        assert_eq!((access.whose("", NOW), access.whose("hth_", NOW)), (None, None));
    }

    #[actix_rt::test]
    async fn what_cannot_be_an_address_is_refused_and_not_remembered() {
        let (access, _data) = access();
        let endless = format!("anna@{}", "x".repeat(1 << 20));
        for email in [endless.as_str(), "anna", ""] {
            for _ in 0..10 {
                assert!(matches!(log_in(&access, email, PASSWORD).await, Err(LogInError::Wrong)), "and never too many");
            }
        }
        assert!(log_in(&access, ANNA, PASSWORD).await.is_ok());
    }

    #[actix_rt::test]
    async fn a_right_password_counts_from_where_it_was_used_before_however_often_others_try() {
        let (access, _data) = access();
        let from = |last: u8| Ipv4Addr::new(10, 0, 0, last).into();
        let try_from = |last, password: &str| access.log_in(ANNA, password.into(), from(last), NOW);
        assert!(try_from(1, PASSWORD).await.is_ok());
        for _ in 0..5 {
            assert!(matches!(try_from(66, "second crack").await, Err(LogInError::Wrong)));
        }
        assert!(matches!(try_from(2, PASSWORD).await, Err(LogInError::TooMany(_))));
        assert!(try_from(1, PASSWORD).await.is_ok());
    }

    #[test]
    fn who_logs_in_over_and_over_ends_sessions_of_their_own_only_and_those_in_use_last() {
        let (access, _data) = access();
        let user = |email: &str| User { email: email.into(), ..access.inner.fixed[0].clone() };
        let sessions = || access.inner.book.document().sessions.clone();
        let others = access.begin_session(&user("otto@x"), WallMs(NOW.0 - 1000)).unwrap();
        let in_use = access.begin_session(&user(ANNA), NOW).unwrap();
        let unused = access.begin_session(&user("Anna@Roastery.example"), NOW).unwrap();
        assert!(access.whose(&in_use, WallMs(NOW.0 + 3)).is_some());
        for _ in 0..OF_ONE_MAX {
            access.begin_session(&user(ANNA), WallMs(NOW.0 + 1)).unwrap();
        }
        let is_kept = |secret: &str| sessions().iter().any(|session| session.digest == digest(secret));
        assert_eq!(sessions().len(), OF_ONE_MAX + 1);
        assert_eq!((is_kept(&others), is_kept(&in_use), is_kept(&unused)), (true, true, false));
    }

    #[actix_rt::test]
    async fn who_asks_and_goes_does_not_make_room_for_a_second_check_at_a_time() {
        let (access, _data) = access();
        let mut asked = Box::pin(log_in(&access, ANNA, "second crack"));
        assert!(futures_util::poll!(&mut asked).is_pending());
        drop(asked);
        assert_eq!(access.inner.turn.available_permits(), 0);
        assert!(log_in(&access, ANNA, PASSWORD).await.is_ok());
    }
}
