//! Who logged in: users of the configuration, and the tokens they got for their passwords.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web;
use argon2::password_hash::rand_core::{OsRng, RngCore};
use argon2::{Argon2, PasswordHash, PasswordVerifier};
use hearth_actors::model::command::UserRole;
use hearth_actors::model::time::WallMs;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::users::{RoleConfig, UserConfig};

/// How long a token is good for. Source: protocol of WebMACS, login. Unit: ms.
const TOKEN_LIFE_MS: i64 = 24 * 3600 * 1000;
/// Tokens that are remembered; the oldest is forgotten for a new one.
const TOKENS_MAX: usize = 1000;
/// Longest password that is looked at. Unit: bytes.
const PASSWORD_BYTES_MAX: usize = 1024;
/// What an unknown user's password is compared with, so that the answer takes as long as for a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$zDzqQiUeAUDT2Bs1OQLoRNxtI6jEY9RcI0YyfJuyMwk";

/// Users and their tokens. Cheap to clone.
#[derive(Clone)]
pub struct Logins {
    inner: Arc<Inner>,
}

struct Inner {
    users: Vec<UserConfig>,
    tokens: Mutex<HashMap<String, Token>>,
    /// Checking a password costs memory and time on purpose: one at a time. It stays taken until the check has ended, also
    /// where nobody waits for it any more.
    turn: Arc<Semaphore>,
}

struct Token {
    user: usize,
    until: WallMs,
    /// Told when it is worth nothing any more before its time.
    over: CancellationToken,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

/// Somebody who logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// How they log in.
    pub email: String,
    /// How they are shown.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
}

impl Logins {
    /// Nobody is logged in.
    pub fn new(users: Vec<UserConfig>) -> Self {
        Self { inner: Arc::new(Inner { users, tokens: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }) }
    }

    /// Whether anybody can log in at all.
    pub fn are_possible(&self) -> bool {
        !self.inner.users.is_empty()
    }

    /// A fresh token for whoever has this password.
    pub async fn log_in(&self, email: &str, password: String, now: WallMs) -> Option<(String, Person)> {
        if password.len() > PASSWORD_BYTES_MAX {
            return None;
        }
        let wanted = email.trim().to_lowercase();
        let user = self.inner.users.iter().position(|user| user.email.to_lowercase() == wanted);
        let hash = user.map_or(NOBODY, |user| &self.inner.users[user].password_hash).to_owned();
        let turn = Arc::clone(&self.inner.turn).acquire_owned().await.ok()?;
        let check = move || {
            let _turn = turn;
            fits(&password, &hash)
        };
        let fits = web::block(check).await.ok()?;
        let user = user.filter(|_| fits)?;
        let token = fresh_token();
        let mut tokens = self.tokens();
        tokens.retain(|_, token| token.until > now);
        if tokens.len() >= TOKENS_MAX {
            let oldest = tokens.iter().min_by_key(|(_, token)| token.until).map(|(text, _)| text.clone());
            oldest.and_then(|oldest| tokens.remove(&oldest));
        }
        tokens.insert(
            token.clone(),
            Token { user, until: WallMs(now.0 + TOKEN_LIFE_MS), over: CancellationToken::new() },
        );
        Some((token, self.person(user)))
    }

    /// Whose token this is, if it is still good.
    pub fn whose(&self, token: &str, now: WallMs) -> Option<Person> {
        let user = self.tokens().get(token).filter(|token| token.until > now)?.user;
        Some(self.person(user))
    }

    /// Waits until a token is worth nothing any more: its time is up, or somebody logged out with it.
    pub fn end_of(&self, token: &str, now: WallMs) -> impl Future<Output = ()> + use<> {
        let tokens = self.tokens();
        let known = tokens.get(token).map(|token| (token.over.clone(), token.until.0.saturating_sub(now.0)));
        async move {
            let Some((over, left_ms)) = known else { return };
            // Either end will do.
            let _ = timeout(Duration::from_millis(u64::try_from(left_ms).unwrap_or(0)), over.cancelled()).await;
        }
    }

    /// Makes a token worthless.
    pub fn log_out(&self, token: &str) {
        self.tokens().remove(token);
    }

    fn person(&self, user: usize) -> Person {
        let user = &self.inner.users[user];
        let role = match user.role {
            RoleConfig::Viewer => UserRole::Viewer,
            RoleConfig::Operator => UserRole::Operator,
            RoleConfig::Admin => UserRole::Admin,
        };
        let name = user.name.clone().unwrap_or_else(|| user.email.clone());
        Person { email: user.email.clone(), name, role }
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.inner.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fits(password: &str, hash: &str) -> bool {
    let verify = |hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    PasswordHash::new(hash).is_ok_and(verify)
}

fn fresh_token() -> String {
    let mut bytes = [0_u8; 32];
    OsRng.fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::password::hash;

    const NOW: WallMs = WallMs(1_000_000);

    fn logins() -> Logins {
        let user = |email: &str, password: &str, role| UserConfig {
            email: email.into(),
            name: Some("Anna".into()),
            password_hash: hash(password).unwrap(),
            role,
        };
        Logins::new(vec![user("anna@roastery.example", "first crack", RoleConfig::Operator)])
    }

    #[actix_rt::test]
    async fn the_right_password_gives_a_token_that_lasts_a_day_or_until_log_out() {
        let logins = logins();
        let log_in = || logins.log_in(" Anna@roastery.example", "first crack".into(), NOW);
        let (token, anna) = log_in().await.unwrap();
        assert_eq!(anna.role, UserRole::Operator);
        assert_eq!(logins.whose(&token, NOW), Some(anna));
        assert_eq!(logins.whose(&token, WallMs(NOW.0 + TOKEN_LIFE_MS)), None);
        let (other, _) = log_in().await.unwrap();
        logins.log_out(&token);
        assert!(logins.whose(&token, NOW).is_none() && logins.whose(&other, NOW).is_some());
    }

    #[actix_rt::test]
    async fn the_end_of_a_token_is_told_when_its_time_is_up_and_when_somebody_logs_out() {
        let logins = logins();
        let (token, _) = logins.log_in("anna@roastery.example", "first crack".into(), NOW).await.unwrap();
        logins.end_of("made-up", NOW).await;
        logins.end_of(&token, WallMs(NOW.0 + TOKEN_LIFE_MS - 1)).await;
        logins.end_of(&token, WallMs(NOW.0 + TOKEN_LIFE_MS + 1)).await;
        let mut end = Box::pin(logins.end_of(&token, NOW));
        assert!(futures_util::poll!(&mut end).is_pending());
        logins.log_out(&token);
        end.await;
    }

    #[actix_rt::test]
    async fn a_wrong_password_an_unknown_user_and_a_made_up_token_give_nothing() {
        let logins = logins();
        for (email, password) in [("anna@roastery.example", "second crack"), ("eve@x", "first crack"), ("", "")] {
            assert_eq!(logins.log_in(email, password.into(), NOW).await, None);
        }
        assert_eq!(logins.log_in("anna@roastery.example", "x".repeat(PASSWORD_BYTES_MAX + 1), NOW).await, None);
        assert_eq!(logins.whose("", NOW), None);
    }

    #[actix_rt::test]
    async fn who_asks_and_goes_does_not_make_room_for_a_second_check_at_a_time() {
        let logins = logins();
        let mut asked = Box::pin(logins.log_in("anna@roastery.example", "second crack".into(), NOW));
        assert!(futures_util::poll!(&mut asked).is_pending());
        drop(asked);
        assert_eq!(logins.inner.turn.available_permits(), 0);
        assert!(logins.log_in("anna@roastery.example", "first crack".into(), NOW).await.is_some());
    }

    #[test]
    fn nobody_has_a_password_that_is_checked_like_any_other() {
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
