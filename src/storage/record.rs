//! Records: what the bodies of frames hold, as types of this room, and the conversion from and to the words of the house.
//!
//! Readings are binary, because there are many; everything else is small JSON, because people may have to read it one day.

pub mod annotation;
pub mod channels;
pub mod event;
pub mod head;
mod label;
pub mod mirror;
pub mod number;
pub mod order;
pub mod reading;
pub mod state;
pub mod summary;

use hearth_actors::model::ids::SessionId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A body that cannot be turned back into what it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRecord(pub String);

impl BadRecord {
    /// With the reason in plain words.
    pub fn new(why: impl ToString) -> Self {
        Self(why.to_string())
    }
}

/// A record as JSON.
///
/// # Errors
/// Never for the types of this room, whose maps all have text keys.
pub fn to_json(record: &impl Serialize) -> Result<Vec<u8>, BadRecord> {
    serde_json::to_vec(record).map_err(BadRecord::new)
}

/// A record from JSON.
///
/// # Errors
/// When it is not one.
pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadRecord> {
    serde_json::from_slice(body).map_err(BadRecord::new)
}

/// A session's id from its text.
///
/// # Errors
/// When it is not one.
pub fn session_id(text: &str) -> Result<SessionId, BadRecord> {
    SessionId::parse(text).ok_or_else(|| BadRecord(format!("`{}` is not a session id", text.escape_debug())))
}

/// The same where there may be none.
///
/// # Errors
/// When there is one that is none.
pub fn session_id_or_none(text: Option<&str>) -> Result<Option<SessionId>, BadRecord> {
    text.map(session_id).transpose()
}
