//! Which journals there are and how each stands. Made at the start from one look at each file's end, then kept up by those
//! who write.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hearth_actors::archive::ArchiveError;
use hearth_actors::logic::profile::assemble;
use hearth_actors::model::ids::{MachineId, SessionId};
use hearth_actors::model::journal::Keep;
use hearth_actors::model::profile::ProfileSummary;

use super::disk::Disk;
use super::durable::{failed, is_unfinished, list};
use super::layout::{self, JournalPlace};
use super::reader::{self, Extent, Standing};

/// Where the writer of an open journal says how far it has come.
pub type Progress = Arc<Mutex<Extent>>;

/// Whether a journal's session goes on.
#[derive(Debug, Clone)]
pub enum State {
    /// It ended properly.
    Sealed,
    /// It was cut short.
    Unsealed,
    /// It is being written.
    Open(Progress),
}

/// One journal.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where.
    pub place: JournalPlace,
    /// What becomes of it.
    pub keep: Keep,
    /// Whether its session goes on.
    pub state: State,
    /// Its files and how far they count, where it is not open.
    pub files: Extent,
    /// Size of what counts, where it is not open. Unit: bytes.
    pub bytes: u64,
}

impl Entry {
    /// Which files count, and how far.
    pub fn extent(&self) -> Extent {
        match &self.state {
            State::Open(progress) => locked(progress).clone(),
            State::Sealed | State::Unsealed => self.files.clone(),
        }
    }

    /// Whether it is a profile.
    pub fn is_profile(&self) -> bool {
        self.keep == Keep::AsProfile && matches!(self.state, State::Sealed)
    }

    /// How its files look from outside; other figures mean that the index is behind.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint { segments: u32::try_from(self.files.segments.len()).unwrap_or(u32::MAX), bytes: self.bytes }
    }
}

/// How many files a journal has and how large they are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// How many.
    pub segments: u32,
    /// Unit: bytes.
    pub bytes: u64,
}

/// All journals.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Mutex<BTreeMap<SessionId, Entry>>,
}

/// Takes a lock; what a panicking thread left behind is whole, because every holder changes it in one step.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Catalogue {
    /// Looks through a data directory, finishes deletions that a crash cut short and clears what was left unfinished.
    ///
    /// # Errors
    /// When a directory cannot be read. A single unreadable journal is reported and left alone.
    pub fn scan(disk: &Disk, data: &Path) -> Result<Self, ArchiveError> {
        let mut entries = BTreeMap::new();
        for dir in list(&data.join(layout::JOURNALS))? {
            let Some(machine) = name(&dir).and_then(|n| MachineId::parse(n).ok()).filter(|_| dir.is_dir()) else {
                tracing::warn!(path = %dir.display(), "this is not a machine's directory of journals: left alone");
                continue;
            };
            for (session, segments) in segments_in(disk, &dir)? {
                let place = JournalPlace::new(data, &machine, session);
                if let Some(entry) = look(disk, place, segments) {
                    entries.entry(session).or_insert(entry);
                }
            }
        }
        Ok(Self { entries: Mutex::new(entries) })
    }

    /// One journal.
    pub fn find(&self, session: SessionId) -> Option<Entry> {
        locked(&self.entries).get(&session).cloned()
    }

    /// All journals of which something is true, oldest id first.
    pub fn select(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        locked(&self.entries).values().filter(|entry| wanted(entry)).cloned().collect()
    }

    /// Takes in a journal.
    ///
    /// # Errors
    /// When there is one of this session.
    pub fn insert(&self, entry: Entry) -> Result<(), ArchiveError> {
        let session = entry.place.session;
        let mut entries = locked(&self.entries);
        if entries.contains_key(&session) {
            return Err(ArchiveError::Exists(format!("the journal of session {session}")));
        }
        entries.insert(session, entry);
        Ok(())
    }

    /// Forgets a journal of which no file was made.
    pub fn forget(&self, session: SessionId) {
        locked(&self.entries).remove(&session);
    }

    /// Changes how a journal stands; nothing where it was deleted meanwhile.
    pub fn update(&self, session: SessionId, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = locked(&self.entries).get_mut(&session) {
            change(entry);
        }
    }

    /// Deletes a journal's files and forgets it. A crash in between leaves it whole or has it finished at the next start.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn delete(&self, disk: &Disk, entry: &Entry) -> Result<(), ArchiveError> {
        let (marker, segments) = (entry.place.deleted(), entry.extent().segments);
        let Some((first, rest)) = segments.split_first() else { return Ok(()) };
        let first = entry.place.segment(*first);
        disk.rename(&first, &marker).map_err(failed("deleting", &first))?;
        locked(&self.entries).remove(&entry.place.session);
        disk.sync_dir(entry.place.dir())?;
        for number in rest {
            let path = entry.place.segment(*number);
            disk.remove_file(&path).map_err(failed("deleting", &path))?;
        }
        disk.remove_file(&marker).map_err(failed("deleting", &marker))?;
        disk.sync_dir(entry.place.dir())
    }

    /// A profile's summary with the figures of the files it was made from; `None` where the session is no profile.
    ///
    /// # Errors
    /// When its journal cannot be read.
    pub fn summary(&self, session: SessionId) -> Result<Option<(ProfileSummary, Fingerprint)>, ArchiveError> {
        let Some(entry) = self.find(session).filter(Entry::is_profile) else { return Ok(None) };
        let summary = match reader::summary(&entry.place, &entry.extent()) {
            Some(summary) => summary,
            None => assemble(&reader::read(&entry.place, &entry.extent(), None)?.log).summary(),
        };
        Ok(Some((summary, entry.fingerprint())))
    }
}

fn look(disk: &Disk, place: JournalPlace, segments: Vec<u32>) -> Option<Entry> {
    match reader::inspect(&place, &segments) {
        Ok(Standing { sealed, keep, bytes }) => {
            let state = if sealed { State::Sealed } else { State::Unsealed };
            Some(Entry { place, keep, state, files: Extent { segments, last_bytes: None }, bytes })
        }
        Err(e) => {
            tracing::error!(session = %place.session, error = %e, "a journal cannot be read: set aside, its file is left alone");
            disk.note_damaged(format!("the journal of session {}", place.session));
            None
        }
    }
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn segments_in(disk: &Disk, dir: &Path) -> Result<BTreeMap<SessionId, Vec<u32>>, ArchiveError> {
    let mut found: BTreeMap<SessionId, Vec<u32>> = BTreeMap::new();
    let mut deleted: Vec<(SessionId, PathBuf)> = Vec::new();
    for path in list(dir)? {
        let Some(name) = name(&path) else { continue };
        if let Some((session, number)) = layout::parse_segment_name(name) {
            found.entry(session).or_default().push(number);
        } else if let Some(session) = layout::parse_deleted_name(name) {
            deleted.push((session, path));
        } else if is_unfinished(&path) {
            disk.remove_file(&path).map_err(failed("removing", &path))?;
        } else {
            tracing::warn!(file = %path.display(), "this is not a journal: left alone");
        }
    }
    for (session, path) in deleted {
        let segments = found.remove(&session).unwrap_or_default();
        for number in segments {
            let segment = path.with_file_name(layout::segment_name(session, number));
            disk.remove_file(&segment).map_err(failed("deleting", &segment))?;
        }
        disk.remove_file(&path).map_err(failed("deleting", &path))?;
        disk.sync_dir(dir)?;
    }
    found.values_mut().for_each(|numbers| numbers.sort_unstable());
    Ok(found)
}
