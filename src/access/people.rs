//! People: those of the configuration, who are fixed, and those that admins add; and the first admin.

use std::net::IpAddr;

use hearth_actors::model::time::WallMs;
use tokio::time::Instant;

use super::bearer::Who;
use super::book::{BookError, Keep};
use super::document::{Document, User};
use super::setup::SetUp;
use super::tries::TooMany;
use super::{Access, locked, password};
use crate::config::users::{RoleConfig, is_address};

/// People that are kept, at most.
const USERS_MAX: usize = 1000;
/// Longest name. Unit: characters.
const NAME_CHARS_MAX: usize = 100;
/// What tries to set up are counted under, beside the address: a secret of 256 bits needs no more.
const SET_UP: &str = "set up";

/// Whether somebody stands in the configuration, where alone they are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// They do.
    Yes,
    /// An admin added them.
    No,
}

/// Somebody to add, or as they shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// How they log in.
    pub email: String,
    /// How they are shown; by their address where it is absent.
    pub name: Option<String>,
    /// What they may do.
    pub role: RoleConfig,
    /// With which machines; all where it is absent.
    pub machines: Option<Vec<String>>,
    /// Their password; as it was where it is absent.
    pub password: Option<String>,
}

/// Why people are not changed so.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// One field is wrong.
    #[error("{1}")]
    Unfit(&'static str, String),
    /// They are there already.
    #[error("`{0}` is there already")]
    Exists(String),
    /// They are not there.
    #[error("there is no user `{0}`")]
    Unknown(String),
    /// They stand in the configuration.
    #[error("`{0}` stands in the configuration: change them there, under [[auth.users]]")]
    Fixed(String),
    /// Nobody would be left to let others in.
    #[error("`{0}` is the last admin: make somebody else one first")]
    LastAdmin(String),
    /// The password is another one.
    #[error("the old password is another one")]
    WrongPassword,
    /// The one-time token is another one, or too old, or there is an admin already.
    #[error("this link is not good, or not any more: restart hearth for a new one; it is written to the log")]
    NoSetUp,
    /// It was tried too often.
    #[error("too many tries: wait {} s", .0.wait.as_secs() + 1)]
    TooMany(TooMany),
    /// It cannot be kept.
    #[error(transparent)]
    Book(#[from] BookError),
}

impl Access {
    /// Everybody who can log in, those of the configuration first.
    pub fn people(&self) -> Vec<(User, Fixed)> {
        self.everybody(&self.inner.book.document())
    }

    /// The address of somebody who can log in, spelled as they are kept.
    pub fn named(&self, email: &str) -> Option<String> {
        self.person(&self.inner.book.document(), email).map(|(user, _)| user.email)
    }

    /// Whether somebody must be made the first admin before anybody can do anything.
    pub fn needs_set_up(&self) -> bool {
        self.inner.entry.needs_login() && !has_admin(&self.people())
    }

    /// Gives out the one-time token for that, if it is needed; the one before is worth nothing any more.
    pub fn offer_set_up(&self) -> Option<String> {
        let (set_up, secret) = self.needs_set_up().then(|| SetUp::begin(Instant::now()))?;
        *locked(&self.inner.set_up) = Some(set_up);
        Some(secret)
    }

    /// Makes the first admin of whoever has the one-time token. Yields the secret of their session. Waits for the disk.
    ///
    /// # Errors
    /// When the token is not good, or what they say of themselves.
    pub fn set_up(&self, token: &str, wanted: Wanted, address: IpAddr, now: WallMs) -> Result<String, PeopleError> {
        let tries = format!("{SET_UP} from {address}");
        locked(&self.inner.tries).take(address, &tries, Instant::now()).map_err(PeopleError::TooMany)?;
        // Taken out while it is used: there is one first admin.
        let offer = locked(&self.inner.set_up).take_if(|offer| offer.fits(token, Instant::now()));
        let offer = offer.filter(|_| self.needs_set_up()).ok_or(PeopleError::NoSetUp)?;
        locked(&self.inner.tries).forgive(address, &tries, Instant::now());
        let added = self.add(Wanted { role: RoleConfig::Admin, machines: None, ..wanted });
        let user = added.inspect_err(|_| *locked(&self.inner.set_up) = Some(offer))?;
        Ok(self.begin_session(&user, now)?)
    }

    /// Adds somebody. Waits for the disk.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&self, wanted: Wanted) -> Result<User, PeopleError> {
        let needed = || PeopleError::Unfit("/password", "a password is needed".to_owned());
        let password = wanted.password.clone().ok_or_else(needed)?;
        let user = read(wanted, hashed(&password)?)?;
        self.inner.book.change(Keep::Surely, |document| {
            if self.person(document, &user.email).is_some() {
                return Err(PeopleError::Exists(user.email.clone()));
            }
            if document.users.len() >= USERS_MAX {
                return Err(PeopleError::Unfit("/email", format!("there are {USERS_MAX} users: remove some first")));
            }
            document.users.push(user.clone());
            Ok(user)
        })
    }

    /// Changes somebody; their address stays. Yields them as they were and as they are. Waits for the disk.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn change(&self, email: &str, wanted: Wanted) -> Result<(User, User), PeopleError> {
        let fresh = wanted.password.as_deref().map(hashed).transpose()?;
        self.inner.book.change(Keep::Surely, |document| {
            let at = self.place(document, email)?;
            let before = document.users[at].clone();
            let hash = fresh.unwrap_or_else(|| before.password_hash.clone());
            let now = read(Wanted { email: before.email.clone(), ..wanted }, hash)?;
            document.users[at] = now.clone();
            self.must_have_an_admin(document, &before)?;
            Ok((before, now))
        })
    }

    /// Removes somebody; their sessions end. Waits for the disk.
    ///
    /// # Errors
    /// When they are not there, fixed, or the last admin.
    pub fn remove(&self, email: &str) -> Result<User, PeopleError> {
        self.inner.book.change(Keep::Surely, |document| {
            let at = self.place(document, email)?;
            let gone = document.users.remove(at);
            self.must_have_an_admin(document, &gone)?;
            document.sessions.retain(|session| !gone.is_called(&session.email));
            Ok(gone)
        })
    }

    /// Changes somebody's own password. All their sessions end; yields the secret of a fresh one.
    ///
    /// # Errors
    /// When the old one is another one, the new one is unfit, or they stand in the configuration.
    pub async fn change_password(
        &self,
        who: &Who,
        old: String,
        new: String,
        address: IpAddr,
        now: WallMs,
    ) -> Result<String, PeopleError> {
        let Who::User { email, .. } = who else {
            return Err(PeopleError::Unknown(who.label()));
        };
        if let Some(fault) = password::fault(&new) {
            return Err(PeopleError::Unfit("/new", fault));
        }
        locked(&self.inner.tries).take(address, email, Instant::now()).map_err(PeopleError::TooMany)?;
        let document = self.inner.book.document();
        self.place(&document, email)?;
        let user = self.check(self.person(&document, email).map(|(user, _)| user), old).await;
        user.ok_or(PeopleError::WrongPassword)?;
        locked(&self.inner.tries).forgive(address, email, Instant::now());
        let access = self.clone();
        let email = email.clone();
        let change = move || {
            let hash = hashed(&new)?;
            let user = access.inner.book.change(Keep::Surely, |document| {
                let at = access.place(document, &email)?;
                document.users[at].password_hash = hash;
                document.sessions.retain(|session| !document.users[at].is_called(&session.email));
                Ok::<_, PeopleError>(document.users[at].clone())
            })?;
            Ok(access.begin_session(&user, now)?)
        };
        let changed = tokio::task::spawn_blocking(change).await;
        changed.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
    }

    /// Somebody by their address.
    pub(super) fn person(&self, document: &Document, email: &str) -> Option<(User, Fixed)> {
        let fixed = self.inner.fixed.iter().find(|user| user.is_called(email)).map(|user| (user.clone(), Fixed::Yes));
        fixed.or_else(|| document.users.iter().find(|user| user.is_called(email)).map(|user| (user.clone(), Fixed::No)))
    }

    fn everybody(&self, document: &Document) -> Vec<(User, Fixed)> {
        // Whoever stands in the configuration hides one of the same address.
        let added =
            document.users.iter().filter(|user| !self.inner.fixed.iter().any(|fixed| fixed.is_called(&user.email)));
        let fixed = self.inner.fixed.iter().map(|user| (user.clone(), Fixed::Yes));
        fixed.chain(added.map(|user| (user.clone(), Fixed::No))).collect()
    }

    fn place(&self, document: &Document, email: &str) -> Result<usize, PeopleError> {
        if self.inner.fixed.iter().any(|user| user.is_called(email)) {
            return Err(PeopleError::Fixed(email.to_owned()));
        }
        let at = document.users.iter().position(|user| user.is_called(email));
        at.ok_or_else(|| PeopleError::Unknown(email.to_owned()))
    }

    /// Whoever was an admin may go or be lowered only where another one stays.
    fn must_have_an_admin(&self, document: &Document, before: &User) -> Result<(), PeopleError> {
        let is_fine = before.role != RoleConfig::Admin || has_admin(&self.everybody(document));
        if is_fine { Ok(()) } else { Err(PeopleError::LastAdmin(before.email.clone())) }
    }
}

/// One who is limited to some machines lets nobody in.
fn has_admin(people: &[(User, Fixed)]) -> bool {
    people.iter().any(|(user, _)| user.role == RoleConfig::Admin && user.machines.is_none())
}

fn hashed(password: &str) -> Result<String, PeopleError> {
    if let Some(fault) = password::fault(password) {
        return Err(PeopleError::Unfit("/password", fault));
    }
    password::hash(password).map_err(|error| PeopleError::Unfit("/password", error.to_string()))
}

fn read(wanted: Wanted, password_hash: String) -> Result<User, PeopleError> {
    let Wanted { email, name, role, machines, .. } = wanted;
    let email = email.trim().to_owned();
    if !is_address(&email) {
        let words = "write an e-mail address, such as anna@roastery.example";
        return Err(PeopleError::Unfit("/email", words.to_owned()));
    }
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| email.clone());
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(PeopleError::Unfit("/name", format!("use {NAME_CHARS_MAX} characters at most")));
    }
    if let Some(fault) = super::tokens::fault_of_machines(role, machines.as_deref()) {
        return Err(PeopleError::Unfit("/machines", fault));
    }
    Ok(User { email, name, role, machines, password_hash })
}
