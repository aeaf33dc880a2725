//! Our own profile document as a file.

use hearth_actors::model::profile::Profile;
use serde_json::Value;

use super::one_fault;
use crate::config::faults::Faults;
use crate::http::rest::document::{self, Arrival};
use crate::http::rest::wire::profile::ProfileDocument;
use crate::wire::fields::{DEPTH_MAX, depth};

/// Reads a profile document.
///
/// # Errors
/// The line where it stops being JSON, or every fault with its JSON pointer.
pub fn import(text: &str, arrival: Arrival) -> Result<Profile, Faults> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| one_fault(format!("line {}", error.line()), format!("{error}")))?;
    if depth(&document) > DEPTH_MAX {
        return Err(one_fault("", format!("nests deeper than {DEPTH_MAX} levels")));
    }
    document::profile(&document, arrival)
}

/// Writes a profile document.
pub fn export(profile: &Profile) -> String {
    let mut text = serde_json::to_string(&ProfileDocument::from(profile)).unwrap_or_default();
    text.push('\n');
    text
}
