//! Who did what: one line of JSON per deed, only ever added to, in files of which the oldest go first.
//!
//! Whoever notes something never waits: a thread of its own writes. What it cannot take is counted, and told with the next line.

pub mod command_line;
mod pen;
mod tally;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use hearth_actors::archive::ArchiveError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::locked;
use crate::storage::disk::Disk;
use crate::storage::durable::list;
use crate::storage::layout::AUDIT;
use pen::Pen;
use tally::Tally;

/// Deeds that wait to be written, at most.
const WAITING_MAX: usize = 1024;
/// Longest text that is written of a value. Unit: characters.
const VALUE_CHARS_MAX: usize = 2000;

/// Something that was done, or tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Deed {
    /// When. Unit: ms since 1970.
    pub at: i64,
    /// Who: an address for mail, a token, `local`, `open` or `guest`.
    pub who: String,
    /// Their role, if they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Which machine it was done to, if to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// What.
    pub action: String,
    /// With which request, where it came as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What it was before, where there is such a thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// What it was to be then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// `done`, or why not.
    pub result: String,
    /// For how many refusals this line stands, where it is a count of those after the first one of their kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How many deeds before this one could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
}

/// A deed with its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Later ones have higher numbers.
    pub id: u64,
    /// What was done.
    #[serde(flatten)]
    pub deed: Deed,
}

/// Where deeds are noted. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Audit {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    /// Until the end.
    notes: Mutex<Option<SyncSender<Deed>>>,
    pen: Mutex<Option<JoinHandle<()>>>,
    refused: Arc<Mutex<Tally>>,
    lost: Arc<AtomicU64>,
}

/// Which deeds are wanted, newest first.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only those before the one with this number.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
    /// Only those done to this machine.
    pub machine: Option<String>,
    /// Only those whose doer's name holds this.
    pub who: Option<String>,
}

impl Audit {
    /// Goes on with what stands in a data directory.
    ///
    /// # Errors
    /// When the disk refuses, or the system gives no thread.
    pub fn open(disk: Disk, data: &Path) -> Result<Self, ArchiveError> {
        let dir = data.join(AUDIT);
        disk.make_dir(&dir)?;
        let next = last_number(&dir)?.map_or(1, |last| last + 1);
        let (notes, noted) = sync_channel(WAITING_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let refused = Arc::<Mutex<Tally>>::default();
        let pen = Pen::new(disk, dir.clone(), next, Arc::clone(&refused), Arc::clone(&lost));
        let began = std::thread::Builder::new().name("audit".into()).spawn(move || pen.write_all(&noted));
        let pen = began
            .map_err(|source| ArchiveError::Io { what: format!("starting the audit failed: {source}"), source })?;
        let (notes, pen) = (Mutex::new(Some(notes)), Mutex::new(Some(pen)));
        Ok(Self { inner: Arc::new(Inner { dir, notes, pen, refused, lost }) })
    }

    /// Notes a deed. Never waits.
    pub fn note(&self, deed: Deed) {
        let is_noted = locked(&self.inner.notes).as_ref().is_some_and(|notes| notes.try_send(deed).is_ok());
        if !is_noted && self.inner.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::error!("more is done than can be written down: the audit has a gap");
        }
    }

    /// Notes something that was refused before anything was done: the first one of its kind, and of the others how many. Never waits.
    pub fn note_refused(&self, deed: Deed) {
        let first = locked(&self.inner.refused).take(deed, Instant::now());
        if let Some(first) = first {
            self.note(first);
        }
    }

    /// Has everything written that was noted and counted; what is noted later is lost. Waits for the disk.
    pub fn end(&self) {
        drop(locked(&self.inner.notes).take());
        let pen = locked(&self.inner.pen).take();
        if pen.is_some_and(|pen| pen.join().is_err()) {
            tracing::error!("the audit ended before everything was written down");
        }
    }

    /// Reads what was noted. Reads the disk.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, wanted: &Wanted) -> Result<Vec<Entry>, ArchiveError> {
        let mut found = Vec::new();
        for path in files(&self.inner.dir)?.into_values().rev() {
            let fits = |entry: &Entry| {
                let Deed { machine, who, .. } = &entry.deed;
                wanted.before.is_none_or(|before| entry.id < before)
                    && wanted.machine.as_ref().is_none_or(|wanted| machine.as_ref() == Some(wanted))
                    && wanted.who.as_ref().is_none_or(|wanted| who.contains(wanted.as_str()))
            };
            let here: Vec<Entry> = entries(&path).filter(fits).collect();
            found.extend(here.into_iter().rev().take(wanted.limit - found.len()));
            if found.len() >= wanted.limit {
                break;
            }
        }
        Ok(found)
    }
}

/// A value as it is written: one that is long is cut, and is a text then, since this is no place for whole documents.
pub fn shown(value: Value) -> Value {
    let text = value.to_string();
    if text.chars().count() <= VALUE_CHARS_MAX {
        return value;
    }
    Value::String(text.chars().take(VALUE_CHARS_MAX).chain(['…']).collect())
}

/// The files by the number of their first entry.
fn files(dir: &Path) -> Result<BTreeMap<u64, PathBuf>, ArchiveError> {
    let numbered = |path: PathBuf| Some((path.file_name()?.to_str()?.strip_suffix(".jsonl")?.parse().ok()?, path));
    Ok(list(dir)?.into_iter().filter_map(numbered).collect())
}

fn last_number(dir: &Path) -> Result<Option<u64>, ArchiveError> {
    let files = files(dir)?;
    let last = files.last_key_value();
    Ok(last.map(|(first, path)| entries(path).map(|entry| entry.id).last().unwrap_or(*first)))
}

/// What a file holds; a line that cannot be read, such as one that a power cut left, is passed over.
fn entries(path: &Path) -> impl Iterator<Item = Entry> + use<> {
    let lines = fs::File::open(path).map(|file| BufReader::new(file).split(b'\n')).into_iter().flatten();
    lines.map_while(Result::ok).filter_map(|line| serde_json::from_slice(&line).ok())
}

#[cfg(test)]
mod tests;
