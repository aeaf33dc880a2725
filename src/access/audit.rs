//! Who did what: one line of JSON per deed, only ever added to, in files of which the oldest go first.
//!
//! Whoever notes something never waits: a thread of its own writes. What it cannot take is counted, and told with the next line.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use hearth_actors::archive::ArchiveError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::storage::disk::{Disk, DiskFile};
use crate::storage::durable::list;
use crate::storage::layout::AUDIT;

/// Deeds that wait to be written, at most.
const WAITING_MAX: usize = 1024;
/// A file that is longer is followed by the next. Unit: bytes.
const FILE_BYTES: u64 = 4 << 20;
/// Files that are kept: some three hundred thousand deeds.
const FILES_MAX: usize = 16;
/// What was written survives a power cut after so long.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// Longest text that is written of a value. Unit: characters.
const VALUE_CHARS_MAX: usize = 2000;

/// Something that was done, or tried.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    notes: SyncSender<Deed>,
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
        let pen = Pen { disk, dir: dir.clone(), next, file: None, is_unflushed: false, lost: Arc::clone(&lost) };
        let began = std::thread::Builder::new().name("audit".into()).spawn(move || pen.write_all(&noted));
        began.map_err(|source| ArchiveError::Io { what: format!("starting the audit failed: {source}"), source })?;
        Ok(Self { inner: Arc::new(Inner { dir, notes, lost }) })
    }

    /// Notes a deed. Never waits.
    pub fn note(&self, deed: Deed) {
        if self.inner.notes.try_send(deed).is_err() && self.inner.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::error!("more is done than can be written down: the audit has a gap");
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

/// The one who writes.
struct Pen {
    disk: Disk,
    dir: PathBuf,
    next: u64,
    file: Option<DiskFile>,
    is_unflushed: bool,
    lost: Arc<AtomicU64>,
}

impl Pen {
    fn write_all(mut self, noted: &Receiver<Deed>) {
        loop {
            match noted.recv_timeout(FLUSH_EVERY) {
                Ok(deed) => self.write(deed),
                Err(RecvTimeoutError::Timeout) => self.flush(),
                Err(RecvTimeoutError::Disconnected) => return self.flush(),
            }
        }
    }

    fn write(&mut self, deed: Deed) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let entry = Entry { id: self.next, deed: Deed { lost: (lost > 0).then_some(lost), ..deed } };
        if let Err(error) = self.put(&entry) {
            tracing::error!(%error, "what was done could not be written down");
            // What is half written is not gone on with.
            self.file = None;
            self.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
        // Also after a failure: its number may be on the disk.
        self.next += 1;
    }

    fn put(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let is_full = self.file.as_ref().is_none_or(|file| file.bytes().is_ok_and(|bytes| bytes >= FILE_BYTES));
        if is_full {
            self.flush();
            self.file = Some(self.disk.create_new(&self.dir.join(format!("{:020}.jsonl", entry.id)))?);
            self.forget_the_oldest();
        }
        if let Some(file) = &mut self.file {
            file.write_all(&line)?;
            self.is_unflushed = true;
        }
        Ok(())
    }

    fn flush(&mut self) {
        if std::mem::take(&mut self.is_unflushed)
            && let Some(file) = &mut self.file
            && let Err(error) = file.sync()
        {
            tracing::error!(%error, "what was done may not survive a power cut");
        }
    }

    fn forget_the_oldest(&self) {
        let Ok(files) = files(&self.dir) else { return };
        let beyond = files.len().saturating_sub(FILES_MAX);
        for path in files.into_values().take(beyond) {
            if let Err(error) = self.disk.remove_file(&path) {
                tracing::warn!(%error, "an old file of the audit could not be removed");
            }
        }
    }
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
    let lines = fs::File::open(path).map(|file| BufReader::new(file).lines()).into_iter().flatten();
    lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(number: u64) -> Deed {
        let machine = number.is_multiple_of(2).then(|| "drum".to_owned());
        Deed {
            who: format!("user {number}"),
            action: "control".into(),
            result: "done".into(),
            machine,
            ..Deed::default()
        }
    }

    fn pen(dir: &Path) -> Pen {
        let next = last_number(dir).unwrap().map_or(1, |last| last + 1);
        Pen { disk: Disk::default(), dir: dir.into(), next, file: None, is_unflushed: false, lost: Arc::default() }
    }

    fn reader(dir: &Path) -> Audit {
        let (notes, _) = sync_channel(1);
        Audit { inner: Arc::new(Inner { dir: dir.into(), notes, lost: Arc::default() }) }
    }

    fn ids(entries: &[Entry]) -> Vec<u64> {
        entries.iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn what_was_noted_is_read_newest_first_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = pen(dir.path());
        (1..=3).for_each(|number| first.write(deed(number)));
        let mut second = pen(dir.path());
        (4..=6).for_each(|number| second.write(deed(number)));
        let read = |wanted: Wanted| ids(&reader(dir.path()).read(&wanted).unwrap());
        let wanted = Wanted { limit: 100, ..Wanted::default() };
        assert_eq!(read(wanted.clone()), [6, 5, 4, 3, 2, 1]);
        assert_eq!(read(Wanted { limit: 2, before: Some(5), ..wanted.clone() }), [4, 3]);
        assert_eq!(read(Wanted { machine: Some("drum".into()), ..wanted.clone() }), [6, 4, 2]);
        assert_eq!(read(Wanted { who: Some("user 5".into()), ..wanted }), [5]);
    }

    #[test]
    fn a_line_that_was_cut_costs_nothing_but_itself() {
        let dir = tempfile::tempdir().unwrap();
        pen(dir.path()).write(deed(1));
        let path = files(dir.path()).unwrap().into_values().next().unwrap();
        let mut text = fs::read(&path).unwrap();
        text.extend_from_slice(b"{\"id\":2,\"at\"");
        fs::write(&path, text).unwrap();
        pen(dir.path()).write(deed(2));
        let wanted = Wanted { limit: 10, ..Wanted::default() };
        assert_eq!(ids(&reader(dir.path()).read(&wanted).unwrap()), [2, 1]);
    }

    #[test]
    fn the_oldest_files_go_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..FILES_MAX + 3 {
            // Each start begins a file.
            pen(dir.path()).write(deed(number as u64));
        }
        let left = files(dir.path()).unwrap();
        assert_eq!((left.len(), left.keys().next()), (FILES_MAX, Some(&4)));
    }

    #[test]
    fn what_could_not_be_taken_is_counted_and_told_with_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let (notes, noted) = sync_channel(1);
        let audit = Audit { inner: Arc::new(Inner { dir: dir.path().into(), notes, lost: Arc::default() }) };
        (1..=4).for_each(|number| audit.note(deed(number)));
        let mut pen = Pen { lost: Arc::clone(&audit.inner.lost), ..pen(dir.path()) };
        pen.write(noted.recv().unwrap());
        let wanted = Wanted { limit: 10, ..Wanted::default() };
        assert_eq!(audit.read(&wanted).unwrap()[0].deed.lost, Some(3));
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = shown(serde_json::json!({ "channels": "x".repeat(VALUE_CHARS_MAX) }));
        assert_eq!(long.as_str().unwrap().chars().count(), VALUE_CHARS_MAX + 1);
        assert_eq!(shown(Value::from(0.5)), Value::from(0.5));
    }
}
