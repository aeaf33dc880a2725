//! Backups: one tar archive of everything that cannot be made again, taken while the daemon records.
//!
//! Journals only ever grow, so each is copied up to where it is good now; machine documents, endpoint ids, tasks and the
//! counter are replaced whole. sled is left out. The last entry carries a checksum over all others, so that a cut or damaged archive is found
//! before anything is restored from it.

use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::ids::MachineId;
use serde::{Deserialize, Serialize};
use tar::{Builder, EntryType, Header};

use super::disk::Disk;
use super::durable::{failed, is_unfinished, list};
use super::layout::{
    ADDRESSES, BACKUPS, BOOT, JOURNALS, MACHINES, PROGRAMS, TASKS, document_name, parse_segment_name, program_name,
    task_name,
};
use super::segment::Segment;
use super::{boot, machines, programs, tasks};

/// The first entry.
pub const BEGIN: &str = "hearth-backup.json";
/// The last entry.
pub const END: &str = "hearth-backup-end.json";
/// Version of the archive's layout: 2 knows tasks, 3 endpoint ids.
pub const SCHEMA: u32 = 3;

/// What stands in the first entry.
#[derive(Debug, Serialize, Deserialize)]
pub struct BeginRecord {
    /// Version of the archive's layout.
    pub schema: u32,
}

/// What stands in the last entry.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRecord {
    /// How many entries stand between first and last.
    pub files: u64,
    /// Checksum over their contents one after the other.
    pub crc32c: u32,
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackupReport {
    /// Files of journals.
    pub segments: u64,
    /// Machine documents.
    pub machines: u64,
    /// Stored programs.
    pub programs: u64,
    /// Tasks.
    pub tasks: u64,
    /// Files of journals that could not be read and are left out.
    pub unreadable: u64,
    /// Contents altogether. Unit: bytes.
    pub bytes: u64,
}

impl fmt::Display for BackupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segments, machines, programs, tasks, unreadable, bytes } = self;
        write!(f, "backup of {segments} journal files, {machines} machines, {programs} programs and {tasks} tasks, ")?;
        write!(f, "{bytes} bytes")?;
        if *unreadable > 0 {
            write!(f, "; {unreadable} journal files could not be read and are left out")?;
        }
        Ok(())
    }
}

/// Writes a backup of a data directory, also while a daemon uses it.
///
/// # Errors
/// When the directory cannot be read or `out` takes no more: what was written is then no backup.
pub fn backup(data: &Path, out: impl Write) -> Result<BackupReport, ArchiveError> {
    let mut packer = Packer { tar: Builder::new(out), files: 0, crc: 0, report: BackupReport::default() };
    packer.note(BEGIN, &BeginRecord { schema: SCHEMA })?;
    if let Some(number) = boot::last(data)? {
        packer.small(BOOT, number.to_string().as_bytes())?;
    }
    for (id, document) in machines::all(data)? {
        packer.small(&format!("{MACHINES}/{}", document_name(&id)), document.as_bytes())?;
        packer.report.machines += 1;
    }
    // After the documents: a machine that comes meanwhile has its numbers before it has a document.
    packer.addresses(data)?;
    for (id, document) in programs::all(data)? {
        packer.small(&format!("{PROGRAMS}/{}", program_name(&id)), document.as_bytes())?;
        packer.report.programs += 1;
    }
    packer.tasks(data)?;
    for dir in list(&data.join(JOURNALS))? {
        if let Some(machine) = dir.file_name().and_then(|n| n.to_str()).and_then(|n| MachineId::parse(n).ok()) {
            packer.machine(&machine, &dir)?;
        }
    }
    let end = EndRecord { files: packer.files, crc32c: packer.crc };
    packer.note(END, &end)?;
    let mut out = packer.tar.into_inner().map_err(unwritten)?;
    out.flush().map_err(unwritten)?;
    Ok(packer.report)
}

/// Removes what backups into the data directory left when they were cut. Call while nobody writes one.
///
/// # Errors
/// When the disk refuses.
pub fn clear_unfinished(disk: &Disk, data: &Path) -> Result<(), ArchiveError> {
    for path in list(&data.join(BACKUPS))?.iter().filter(|path| is_unfinished(path)) {
        disk.remove_file(path).map_err(failed("removing", path))?;
    }
    Ok(())
}

struct Packer<W: Write> {
    tar: Builder<W>,
    files: u64,
    crc: u32,
    report: BackupReport,
}

impl<W: Write> Packer<W> {
    fn addresses(&mut self, data: &Path) -> Result<(), ArchiveError> {
        let path = data.join(ADDRESSES);
        match fs::read(&path) {
            Ok(content) => self.small(ADDRESSES, &content),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(failed("reading", &path)(e)),
        }
    }

    /// As they are: what is damaged is found where they are read.
    fn tasks(&mut self, data: &Path) -> Result<(), ArchiveError> {
        for (id, path) in tasks::files(data)? {
            let content = match fs::read(&path) {
                Ok(content) => content,
                // Cleaned up since the directory was listed.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(failed("reading", &path)(e)),
            };
            self.small(&format!("{TASKS}/{}", task_name(id)), &content)?;
            self.report.tasks += 1;
        }
        Ok(())
    }

    fn machine(&mut self, machine: &MachineId, dir: &Path) -> Result<(), ArchiveError> {
        for path in list(dir)? {
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if parse_segment_name(name).is_none() {
                continue;
            }
            let segment = match Segment::open(&path, None) {
                Ok(segment) => segment,
                // Deleted since the directory was listed.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(failed("reading", &path)(e)),
            };
            let good = if segment.trailer().is_some() { Ok(segment.bytes()) } else { segment.good_bytes() };
            match good {
                Ok(bytes) => {
                    self.file(&format!("{JOURNALS}/{machine}/{name}"), bytes, segment.raw(bytes))?;
                    self.report.segments += 1;
                }
                Err(damage) => {
                    tracing::error!(file = %path.display(), why = damage.why, "left out of the backup");
                    self.report.unreadable += 1;
                }
            }
        }
        Ok(())
    }

    fn small(&mut self, name: &str, content: &[u8]) -> Result<(), ArchiveError> {
        self.file(name, content.len() as u64, content)
    }

    fn file(&mut self, name: &str, bytes: u64, content: impl Read) -> Result<(), ArchiveError> {
        let mut content = Counted { input: content, left: bytes, crc: self.crc };
        self.tar.append(&header(name, bytes)?, &mut content).map_err(unwritten)?;
        self.crc = content.crc;
        self.files += 1;
        self.report.bytes += bytes;
        Ok(())
    }

    fn note(&mut self, name: &str, record: &impl Serialize) -> Result<(), ArchiveError> {
        let json = serde_json::to_vec(record).map_err(|e| unwritten(e.into()))?;
        self.tar.append(&header(name, json.len() as u64)?, json.as_slice()).map_err(unwritten)
    }
}

/// Plain old headers: they hold every name there can be, and restoring refuses all extensions.
fn header(name: &str, bytes: u64) -> Result<Header, ArchiveError> {
    let mut header = Header::new_ustar();
    header.set_path(name).map_err(unwritten)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}

/// Passes on exactly so many bytes and sums them up: an archive with a short entry would be garbage from there on.
struct Counted<R> {
    input: R,
    left: u64,
    crc: u32,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wanted = out.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.input.read(&mut out[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        self.crc = crc32c::crc32c_append(self.crc, &out[..read]);
        Ok(read)
    }
}

fn unwritten(source: io::Error) -> ArchiveError {
    ArchiveError::Io { what: format!("writing the backup failed: {source}"), source }
}
