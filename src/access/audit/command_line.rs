//! What the command line does beside the daemon, or without it.

use std::path::Path;

use hearth_actors::archive::ArchiveError;
use hearth_actors::runtime::clock::wall_now;
use serde_json::{Value, json};

use super::{Audit, Deed};
use crate::access::book::Changed;
use crate::access::document::{Document, Token};
use crate::storage::disk::Disk;
use crate::storage::lock::DirLock;

/// Who it is.
const COMMAND_LINE: &str = "command line";

/// Writes down which tokens were given out and revoked.
pub fn note_tokens(audit: &Audit, Changed { before, now }: &Changed) {
    let told = |token: &Token| json!({ "id": token.id, "name": token.name, "role": token.role });
    let is_in = |document: &Document, token: &Token| document.tokens.iter().any(|other| other.id == token.id);
    let gone = before.tokens.iter().filter(|token| !is_in(now, token));
    gone.for_each(|token| audit.note(deed("manage_tokens", Some(told(token)), None)));
    let new = now.tokens.iter().filter(|token| !is_in(before, token));
    new.for_each(|token| audit.note(deed("manage_tokens", None, Some(told(token)))));
}

/// Writes down that a backup was brought back.
pub fn note_restore(audit: &Audit, file: &Path) {
    audit.note(deed("restore", None, Some(json!({ "file": file.display().to_string() }))));
}

/// Has something written down in a data directory that no daemon uses; one that does sees what was changed, and writes that
/// down itself. Waits for the disk.
///
/// # Errors
/// When it cannot be written.
pub fn note_alone(data: &Path, note: impl FnOnce(&Audit)) -> Result<(), ArchiveError> {
    let Ok(_lock) = DirLock::take(data) else { return Ok(()) };
    let audit = Audit::open(Disk::default(), data)?;
    note(&audit);
    audit.end();
    Ok(())
}

fn deed(action: &str, old: Option<Value>, new: Option<Value>) -> Deed {
    let (who, action, result) = (COMMAND_LINE.to_owned(), action.to_owned(), "done".to_owned());
    Deed { at: wall_now().0, who, action, old, new, result, ..Deed::default() }
}
