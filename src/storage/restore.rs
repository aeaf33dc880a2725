//! Restoring a backup: into a directory beside, checked whole, then put in place in one step.
//!
//! An archive comes from outside. Only names of our own layout are taken, only plain files, each once and within bounds;
//! no entry decides where it goes, its parsed name does.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::ids::{MachineId, SessionId};
use rustix::fs::syncfs;
use rustix::io::Errno;
use tar::{Archive, Entry, EntryType};

use super::backup::{BEGIN, BeginRecord, END, EndRecord, SCHEMA};
use super::disk::{Disk, DiskFile};
use super::durable::{failed, list};
use super::layout::{
    ACCESS, ADDRESSES, AUDIT, BOOT, JOURNALS, JournalPlace, LOCK, MACHINES, PROGRAMS, TASKS, parse_document_name,
    parse_program_name, parse_segment_name, parse_task_name,
};
use super::lock::DirLock;
use super::reader::{self, Extent};
use super::store::RECORDING_MIB_MIN;
use super::{addresses, boot, machines, programs, tasks};

/// A month of readings of fifty channels each second. Unit: bytes.
const SEGMENT_BYTES_MAX: u64 = 2 << 30;
const DOCUMENT_BYTES_MAX: u64 = 1 << 20;
/// Some three hundred thousand channels. Unit: bytes.
const ADDRESSES_BYTES_MAX: u64 = 64 << 20;
const NOTE_BYTES_MAX: u64 = 4096;
const FILES_MAX: u64 = 1_000_000;
const MIB: u64 = 1 << 20;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreReport {
    /// Sessions.
    pub journals: u64,
    /// Of these, sessions that were damaged when the backup was taken and are there up to the damage.
    pub damaged: u64,
    /// Machine documents.
    pub machines: u64,
    /// Stored programs.
    pub programs: u64,
    /// Tasks.
    pub tasks: u64,
    /// Where what was in the directory before has gone, if there was anything.
    pub before: Option<PathBuf>,
}

impl fmt::Display for RestoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { journals, damaged, machines, programs, tasks, before } = self;
        write!(f, "restored {journals} sessions, {machines} machines, {programs} programs and {tasks} tasks")?;
        if *damaged > 0 {
            write!(f, "; {damaged} sessions were damaged already and are there up to the damage")?;
        }
        if let Some(before) = before {
            write!(f, "; what was there before is in {}", before.display())?;
        }
        Ok(())
    }
}

/// Puts the content of a backup in the place of a data directory. Until all of it has proven sound, nothing is changed there.
///
/// # Errors
/// When a daemon uses the directory, the archive is not a whole and sound backup, there is too little room, or the disk
/// refuses.
pub fn restore(disk: &Disk, archive: impl Read, data: &Path) -> Result<RestoreReport, ArchiveError> {
    if let Some(parent) = data.parent().filter(|p| !p.as_os_str().is_empty()) {
        disk.make_dir(parent)?;
    }
    let _old_lock = if data.exists() { Some(DirLock::take(data)?) } else { None };
    let new = beside(data);
    clear(disk, &new)?;
    disk.make_dir(&new)?;
    let prepared = prepare(disk, archive, &new, data).and_then(|report| {
        let lock = DirLock::take(&new)?;
        let before = put_in_place(disk, &new, data)?;
        Ok((RestoreReport { before, ..report }, lock))
    });
    match prepared {
        Ok((report, _lock)) => Ok(report),
        Err(e) => {
            if let Err(left) = clear(disk, &new) {
                tracing::warn!(error = %left, "what was unpacked could not be removed");
            }
            Err(e)
        }
    }
}

fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    data.with_file_name(name)
}

fn clear(disk: &Disk, dir: &Path) -> Result<(), ArchiveError> {
    match disk.remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("clearing", dir)(e)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn prepare(disk: &Disk, archive: impl Read, new: &Path, data: &Path) -> Result<RestoreReport, ArchiveError> {
    unpack(disk, archive, new)?;
    let report = check_journals(new)?;
    // Sequence numbers are made from the counter: it must not run backwards over what the old directory has used.
    if let Some(number) = boot::last(data)? {
        boot::raise_to(disk, new, number)?;
    }
    addresses::raise_over(disk, new, data)?;
    keep_access(disk, new, data)?;
    keep_audit(disk, new, data)?;
    let dir = File::open(new).map_err(failed("opening", new))?;
    syncfs(&dir).map_err(|e| failed("flushing", new)(e.into()))?;
    let (machines, tasks) = (machines::all(new)?.len() as u64, tasks::files(new)?.len() as u64);
    let programs = programs::all(new)?.len() as u64;
    Ok(RestoreReport { machines, programs, tasks, ..report })
}

/// Backups hold no users and no tokens: those of the old directory stay.
fn keep_access(disk: &Disk, new: &Path, data: &Path) -> Result<(), ArchiveError> {
    match fs::read(data.join(ACCESS)) {
        Ok(known) => disk.write_private(&new.join(ACCESS), &known),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("reading", &data.join(ACCESS))(e)),
    }
}

/// Nor who did what, here: that goes on.
fn keep_audit(disk: &Disk, new: &Path, data: &Path) -> Result<(), ArchiveError> {
    let (from, to) = (data.join(AUDIT), new.join(AUDIT));
    disk.make_dir(&to)?;
    for path in list(&from)? {
        let Some(name) = path.file_name() else { continue };
        let written = fs::read(&path).map_err(failed("reading", &path))?;
        disk.write_file(&to.join(name), &written)?;
    }
    Ok(())
}

fn unpack(disk: &Disk, archive: impl Read, new: &Path) -> Result<(), ArchiveError> {
    let mut archive = Archive::new(archive);
    // Raw: extended headers are shown as the entries they are, and refused, instead of being read into memory.
    let mut entries = archive.entries().map_err(unreadable)?.raw(true);
    let mut first = next(&mut entries)?.ok_or_else(|| unsound("it is empty"))?;
    let begin: BeginRecord = note(&mut first, BEGIN)?;
    if begin.schema > SCHEMA {
        let newer = begin.schema;
        return Err(unsound(&format!("it is of the newer layout {newer}, this hearth knows {SCHEMA}: update it")));
    }
    drop(first);
    let (mut files, mut crc) = (0, 0);
    while let Some(mut entry) = next(&mut entries)? {
        let name = name_of(&entry)?;
        if name == END {
            let end: EndRecord = note(&mut entry, END)?;
            drop(entry);
            if end != (EndRecord { files, crc32c: crc }) {
                return Err(unsound("its content does not match its checksum: it was damaged on its way"));
            }
            let more = next(&mut entries)?.is_some();
            return if more { Err(unsound("it goes on after its end")) } else { Ok(()) };
        }
        files += 1;
        if files > FILES_MAX {
            return Err(unsound("it holds too many files"));
        }
        crc = write_out(disk, &mut entry, &target(new, &name)?, crc)?;
    }
    Err(unsound("its end is missing: it was cut off"))
}

fn next<'a, R: Read + 'a>(entries: &mut tar::Entries<'a, R>) -> Result<Option<Entry<'a, R>>, ArchiveError> {
    let Some(entry) = entries.next().transpose().map_err(unreadable)? else { return Ok(None) };
    if entry.header().entry_type() != EntryType::Regular {
        let name = name_of(&entry).unwrap_or_default();
        return Err(unsound(&format!("`{}` is not a plain file", name.escape_debug())));
    }
    Ok(Some(entry))
}

fn name_of<R: Read>(entry: &Entry<'_, R>) -> Result<String, ArchiveError> {
    let bytes = entry.header().path_bytes();
    String::from_utf8(bytes.into_owned()).map_err(|_| unsound("a name in it is not text"))
}

fn note<T: serde::de::DeserializeOwned>(entry: &mut Entry<'_, impl Read>, name: &str) -> Result<T, ArchiveError> {
    if name_of(entry)? != name {
        return Err(unsound("it is not a backup of hearth"));
    }
    let mut json = Vec::new();
    entry.take(NOTE_BYTES_MAX).read_to_end(&mut json).map_err(unreadable)?;
    serde_json::from_slice(&json).map_err(|e| unsound(&format!("`{name}` cannot be understood: {e}")))
}

/// Where an entry may go, and how large it may be.
struct Target {
    path: PathBuf,
    bytes_max: u64,
}

fn target(new: &Path, name: &str) -> Result<Target, ArchiveError> {
    let parts: Vec<&str> = name.split('/').collect();
    let known = match parts.as_slice() {
        [BOOT] => Some(Target { path: new.join(BOOT), bytes_max: NOTE_BYTES_MAX }),
        [ADDRESSES] => Some(Target { path: new.join(ADDRESSES), bytes_max: ADDRESSES_BYTES_MAX }),
        [MACHINES, document] if parse_document_name(document).is_some() => {
            Some(Target { path: new.join(MACHINES).join(document), bytes_max: DOCUMENT_BYTES_MAX })
        }
        [PROGRAMS, document] if parse_program_name(document).is_some() => {
            Some(Target { path: new.join(PROGRAMS).join(document), bytes_max: DOCUMENT_BYTES_MAX })
        }
        [TASKS, task] if parse_task_name(task).is_some() => {
            Some(Target { path: new.join(TASKS).join(task), bytes_max: DOCUMENT_BYTES_MAX })
        }
        [JOURNALS, machine, segment] if MachineId::parse(machine).is_ok() && parse_segment_name(segment).is_some() => {
            Some(Target { path: new.join(JOURNALS).join(machine).join(segment), bytes_max: SEGMENT_BYTES_MAX })
        }
        _ => None,
    };
    known.ok_or_else(|| unsound(&format!("`{}` does not belong into a backup of hearth", name.escape_debug())))
}

fn write_out(disk: &Disk, entry: &mut Entry<'_, impl Read>, to: &Target, crc: u32) -> Result<u32, ArchiveError> {
    let Target { path, bytes_max } = to;
    let size = entry.header().size().map_err(unreadable)?;
    if size > *bytes_max {
        return Err(unsound(&format!("`{}` is larger than {bytes_max} bytes", path.display())));
    }
    if let Some(dir) = path.parent() {
        disk.make_dir(dir)?;
        let free = disk.free_bytes(dir)?;
        let needed = size.saturating_add(RECORDING_MIB_MIN * MIB);
        if free < needed {
            let what =
                format!("only {} MiB are free for the restore, {} are needed: make room", free / MIB, needed / MIB);
            return Err(ArchiveError::Io { what, source: io::ErrorKind::StorageFull.into() });
        }
    }
    let mut file = match disk.create_new(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            return Err(unsound(&format!("`{}` stands in it twice", path.display())));
        }
        opened => opened.map_err(failed("writing", path))?,
    };
    copy(entry, &mut file, size, crc, path)
}

fn copy(from: &mut impl Read, to: &mut DiskFile, size: u64, crc: u32, path: &Path) -> Result<u32, ArchiveError> {
    let (mut left, mut crc) = (size, crc);
    let mut buffer = vec![0; 64 << 10];
    while left > 0 {
        let read = from.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            return Err(unsound("it was cut off"));
        }
        let bytes = &buffer[..read];
        crc = crc32c::crc32c_append(crc, bytes);
        to.write_all(bytes).map_err(failed("writing", path))?;
        left = left.saturating_sub(read as u64);
    }
    Ok(crc)
}

fn check_journals(new: &Path) -> Result<RestoreReport, ArchiveError> {
    let mut report = RestoreReport::default();
    for dir in list(&new.join(JOURNALS))? {
        let Some(machine) = dir.file_name().and_then(|n| n.to_str()).and_then(|n| MachineId::parse(n).ok()) else {
            continue;
        };
        let mut sessions: BTreeMap<SessionId, Vec<u32>> = BTreeMap::new();
        for path in list(&dir)? {
            if let Some((session, number)) = path.file_name().and_then(|n| n.to_str()).and_then(parse_segment_name) {
                sessions.entry(session).or_default().push(number);
            }
        }
        for (session, mut segments) in sessions {
            segments.sort_unstable();
            let place = JournalPlace::new(new, &machine, session);
            let found = reader::read(&place, &Extent { segments, last_bytes: None }, None)?;
            report.journals += 1;
            report.damaged += u64::from(found.log.damaged);
        }
    }
    Ok(report)
}

/// Puts `new` where `data` is; tells where the old content went, if there was any.
fn put_in_place(disk: &Disk, new: &Path, data: &Path) -> Result<Option<PathBuf>, ArchiveError> {
    if !data.exists() {
        disk.rename(new, data).map_err(failed("putting in place", data))?;
        disk.sync_parent(data)?;
        return Ok(None);
    }
    let was_empty = list(data)?.iter().all(|path| path.file_name().is_some_and(|n| n == LOCK));
    let before = free_name(data, "before-restore");
    match disk.exchange(new, data) {
        Ok(()) => disk.rename(new, &before).map_err(|e| {
            // Whoever fails clears what is beside: that must not be the old content.
            let _ = disk.exchange(new, data);
            failed("setting aside as", &before)(e)
        })?,
        // A file system that cannot exchange: a crash between the two steps leaves the old directory under its new name.
        Err(e) if matches!(Errno::from_io_error(&e), Some(Errno::INVAL | Errno::NOSYS)) => {
            disk.rename(data, &before).map_err(failed("setting aside", data))?;
            if let Err(e) = disk.rename(new, data) {
                disk.rename(&before, data).map_err(failed("putting back", data))?;
                return Err(failed("putting in place", data)(e));
            }
        }
        Err(e) => {
            return Err(failed("putting in place (is it a mount point? then restore into a directory in it)", data)(e));
        }
    }
    disk.sync_parent(data)?;
    if was_empty {
        clear(disk, &before)?;
        return Ok(None);
    }
    Ok(Some(before))
}

/// Where an old data directory goes when another takes its place: the first free number.
fn free_name(data: &Path, ending: &str) -> PathBuf {
    let mut number = 1;
    loop {
        let mut name = data.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{ending}-{number}"));
        let path = data.with_file_name(name);
        if fs::symlink_metadata(&path).is_err() {
            return path;
        }
        number += 1;
    }
}

fn unsound(why: &str) -> ArchiveError {
    ArchiveError::Damaged { what: "the backup".to_owned(), why: why.to_owned() }
}

fn unreadable(e: io::Error) -> ArchiveError {
    unsound(&format!("it cannot be read: {e}"))
}

#[cfg(test)]
mod tests;
