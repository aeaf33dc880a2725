//! Access: who is let in, and as what. Knows nothing of HTTP.
//!
//! ```text
//! a credential -> sessions, tokens -> people -> bearer (who, role, machines)
//! none         -> entry (local, open, guest)  -> bearer
//! ```
//! What is kept stands in the [`book`]; what somebody did stands in the [`audit`].

pub mod audit;
pub mod bearer;
pub mod book;
pub mod document;
pub mod entry;
pub mod password;
pub mod people;
pub mod secret;
pub mod sessions;
mod setup;
pub mod tokens;
pub mod tries;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hearth_actors::model::time::WallMs;
use hearth_actors::runtime::clock::wall_now;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::config::Config;
use crate::storage::disk::Disk;
use bearer::Bearer;
use book::{Book, BookError, Changed, Keep};
use document::User;
use entry::Entry;
use secret::{TOKEN_PREFIX, digest};
use setup::SetUp;
use tries::Tries;

/// How often it is looked whether another process changed the book. Source: safety design, 5: revoking takes a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often a login that is in use is looked at, and uses are written.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// A use is written where the one that is written is older by so much: a disk is not worn out by somebody who looks. Unit: ms.
const WRITE_AFTER_MS: i64 = 10 * 60 * 1000;

/// Who is let in. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    entry: Entry,
    /// People of the configuration, who are changed nowhere else.
    fixed: Vec<User>,
    book: Book,
    tries: Mutex<Tries>,
    set_up: Mutex<Option<SetUp>>,
    /// When each secret that is worth something was last used, by its digest.
    used: Mutex<HashMap<String, WallMs>>,
    /// Checking a password costs memory and time on purpose: one at a time. It stays taken until the check has ended, also
    /// where nobody waits for it any more.
    turn: Arc<Semaphore>,
}

impl Access {
    /// As configured, and as the data directory has it.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn open(config: &Config, disk: Disk) -> Result<Self, BookError> {
        let inner = Inner {
            entry: Entry::of(config),
            fixed: config.auth.users.iter().map(User::configured).collect(),
            book: Book::open(disk, &config.storage.path)?,
            tries: Mutex::default(),
            set_up: Mutex::default(),
            used: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What somebody gets who shows no credential.
    pub fn entry(&self) -> &Entry {
        &self.inner.entry
    }

    /// Whether a credential can be worth anything: there are people or tokens.
    pub fn credentials_exist(&self) -> bool {
        let document = self.inner.book.document();
        self.login_is_possible() || !document.tokens.is_empty()
    }

    /// Whom a credential stands for, if it is worth something. That is a use of it.
    pub fn whose(&self, credential: &str, now: WallMs) -> Option<Bearer> {
        let digest = digest(credential);
        let document = self.inner.book.document();
        let bearer = match credential.starts_with(TOKEN_PREFIX) {
            true => tokens::bearer(&document, &digest, now),
            false => self.of_session(&document, &digest, now),
        }?;
        locked(&self.inner.used).insert(digest, now);
        Some(bearer)
    }

    /// Waits until a credential no longer stands for this bearer: it ended, or what they may do has changed.
    pub fn end_of(&self, credential: String, bearer: Bearer) -> impl Future<Output = ()> + use<> {
        let access = self.clone();
        // From here on: what changes while it is looked at rings afterwards.
        let mut changes = self.inner.book.changes();
        async move {
            loop {
                let now = wall_now();
                if access.whose(&credential, now).as_ref() != Some(&bearer) {
                    return;
                }
                let left = access.time_left(&credential, now).map_or(WRITE_EVERY, |left| left.min(WRITE_EVERY));
                // Either is a reason to look again; a book that is gone rings no more, and neither does the daemon.
                if let Ok(Err(_)) = timeout(left, changes.changed()).await {
                    return;
                }
            }
        }
    }

    /// Follows what other processes change, and writes what was used when, until the daemon ends. `told` hears what they changed.
    pub async fn keep(self, told: impl Fn(&Changed)) {
        let (mut look, mut write) = (interval(LOOK_EVERY), interval(WRITE_EVERY));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        write.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What is wrong with the file is told once.
        let mut is_told = false;
        loop {
            tokio::select! {
                _ = look.tick() => match self.inner.book.refresh() {
                    Ok(changed) => {
                        is_told = false;
                        if let Some(changed) = changed {
                            told(&changed);
                        }
                    }
                    Err(error) if !is_told => {
                        is_told = true;
                        tracing::error!(%error, "who may log in stays as it was");
                    }
                    Err(_) => {}
                },
                _ = write.tick() => {
                    let access = self.clone();
                    // A disk that is slow holds up nobody; what it refuses is told by the book.
                    let _ = tokio::task::spawn_blocking(move || access.write_uses(wall_now())).await;
                }
            }
        }
    }

    fn time_left(&self, credential: &str, now: WallMs) -> Option<Duration> {
        let digest = digest(credential);
        let document = self.inner.book.document();
        let until = document.tokens.iter().find(|token| token.digest == digest)?.expires_at?;
        Some(Duration::from_millis(u64::try_from(until.saturating_sub(now.0)).unwrap_or(0)))
    }

    /// Writes what was used when, as far as it is not written. Waits for the disk.
    pub fn write_uses(&self, now: WallMs) {
        let used = locked(&self.inner.used).clone();
        let newer = |digest: &str, written: i64| {
            used.get(digest).map(|at| at.0).filter(|at| at.saturating_sub(written) >= WRITE_AFTER_MS)
        };
        let written: Result<(), BookError> = self.inner.book.change(Keep::IfPossible, |document| {
            for token in &mut document.tokens {
                token.last_used = newer(&token.digest, token.last_used.unwrap_or(0)).or(token.last_used);
            }
            for session in &mut document.sessions {
                session.last_used = newer(&session.digest, session.last_used).unwrap_or(session.last_used);
            }
            document.sessions.retain(|session| sessions::is_fresh(session.last_used, now));
            let is_known = |digest: &String| {
                document.tokens.iter().any(|token| token.digest == *digest)
                    || document.sessions.iter().any(|session| session.digest == *digest)
            };
            locked(&self.inner.used).retain(|digest, _| is_known(digest));
            Ok(())
        });
        if let Err(error) = written {
            tracing::warn!(%error, "when logins were used could not be written");
        }
    }

    fn used_at(&self, digest: &str) -> Option<WallMs> {
        locked(&self.inner.used).get(digest).copied()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
