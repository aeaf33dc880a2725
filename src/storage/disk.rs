//! The one door through which everything is written: files, their names, folders.
//!
//! It notes what the file system refuses and how long it takes to flush, so that whoever looks ([`super::watch`]) knows how the disk
//! is without asking each writer. Tests put a [`Guard`] into it and have a disk that refuses, without being root.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hearth_actors::archive::ArchiveError;
use rustix::fs::{CWD, FallocateFlags, RenameFlags, renameat_with};
use rustix::time::{ClockId, clock_gettime};

use super::catalogue::locked;
use super::durable::{failed, unfinished};

/// Damage that is told one by one; more is only counted in the log.
const DAMAGE_TOLD_MAX: usize = 20;

/// Rights of what only its owner may read and write.
const PRIVATE: u32 = 0o600;
/// The same of a directory.
const PRIVATE_DIR: u32 = 0o700;

/// What is done to the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// A file is made, or opened for writing.
    Open,
    /// Bytes are handed over.
    Write,
    /// What was handed over is made to survive a power cut.
    Flush,
    /// A file gets another name.
    Rename,
    /// A file or folder goes.
    Remove,
    /// A folder is made.
    MakeDir,
    /// The end of a file is cut off.
    Cut,
}

/// Stands in the door and may refuse. The daemon has none; it is how tests play a disk.
pub trait Guard: fmt::Debug + Send + Sync {
    /// Whether this may be done.
    ///
    /// # Errors
    /// What the file system is to have said.
    fn pass(&self, act: Act, path: &Path) -> io::Result<()>;

    /// How many of these bytes the file takes.
    fn room(&self, path: &Path, bytes: usize) -> usize;

    /// What is free, if not what is really free. Unit: bytes.
    fn free_bytes(&self) -> Option<u64>;
}

/// What the file system said no to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// In plain words, with the path.
    pub words: String,
    /// Whether there was too little room.
    pub is_full: bool,
}

/// The door. Clones are the same door.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    guard: Option<Arc<dyn Guard>>,
    seen: Arc<Mutex<Seen>>,
    /// Files whose end was refused to somebody and could not be cut off, with how much of each counts. Held while one is cut: nobody
    /// may go on writing there meanwhile.
    owed: Arc<Mutex<BTreeMap<PathBuf, u64>>>,
}

/// What was noticed since somebody looked.
#[derive(Debug, Default)]
struct Seen {
    refused: Option<Refusal>,
    /// When each flush began that has not ended. Unit: ms since boot.
    flushing: Vec<u64>,
    /// The longest flush that ended. Unit: ms.
    longest_flush_ms: u64,
    damaged: Vec<String>,
    /// Room that is kept for those who must go on.
    ballast: Option<PathBuf>,
}

/// What was noticed at the door since it was last asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Noticed {
    /// The newest refusal.
    pub refused: Option<Refusal>,
    /// The longest flush, those included that have not ended. Unit: ms.
    pub longest_flush_ms: u64,
    /// What was found damaged since the start, each named.
    pub damaged: Vec<String>,
}

impl Disk {
    /// A door with somebody in it.
    pub fn guarded(guard: Arc<dyn Guard>) -> Self {
        Self { guard: Some(guard), ..Self::default() }
    }

    /// What was noticed since this was last called.
    pub fn noticed(&self) -> Noticed {
        let mut seen = locked(&self.seen);
        let since = seen.flushing.iter().min().map_or(0, |begun| uptime_ms().saturating_sub(*begun));
        Noticed {
            refused: seen.refused.take(),
            longest_flush_ms: std::mem::take(&mut seen.longest_flush_ms).max(since),
            damaged: seen.damaged.clone(),
        }
    }

    /// Notes something that cannot be read any more.
    pub fn note_damaged(&self, what: String) {
        let mut seen = locked(&self.seen);
        if seen.damaged.len() < DAMAGE_TOLD_MAX && !seen.damaged.contains(&what) {
            seen.damaged.push(what);
        }
    }

    /// Makes a file that must not be there yet.
    ///
    /// # Errors
    /// As the system says.
    pub fn create_new(&self, path: &Path) -> io::Result<DiskFile> {
        self.opened(path, File::options().append(true).create_new(true))
    }

    /// The same, and nobody but its owner may read it.
    ///
    /// # Errors
    /// As the system says.
    pub fn create_new_private(&self, path: &Path) -> io::Result<DiskFile> {
        self.opened(path, File::options().append(true).create_new(true).mode(PRIVATE))
    }

    /// Makes a file, or empties the one that is there.
    ///
    /// # Errors
    /// As the system says.
    pub fn create(&self, path: &Path) -> io::Result<DiskFile> {
        self.opened(path, File::options().write(true).create(true).truncate(true))
    }

    /// The same, and nobody but its owner may read it.
    ///
    /// # Errors
    /// As the system says.
    fn create_private(&self, path: &Path) -> io::Result<DiskFile> {
        self.opened(path, File::options().write(true).create(true).truncate(true).mode(PRIVATE))
    }

    /// Opens a file to go on at its end.
    ///
    /// # Errors
    /// As the system says.
    pub fn append(&self, path: &Path) -> io::Result<DiskFile> {
        self.opened(path, File::options().append(true))
    }

    fn opened(&self, path: &Path, how: &fs::OpenOptions) -> io::Result<DiskFile> {
        let file = self.act(Act::Open, path, || how.open(path))?;
        Ok(DiskFile { file, path: path.to_owned(), disk: self.clone() })
    }

    /// Gives a file or folder another name.
    ///
    /// # Errors
    /// As the system says.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.act(Act::Rename, to, || fs::rename(from, to))
    }

    /// Lets two names change places in one step.
    ///
    /// # Errors
    /// As the system says.
    pub fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        let exchange = || renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from);
        self.act(Act::Rename, other, exchange)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As the system says.
    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.act(Act::Remove, path, || fs::remove_file(path))
    }

    /// Cuts off, durably, what stands in a file behind so many bytes: it was refused to somebody. Where that is refused as well it is
    /// owed, and tried again by [`Disk::settle`].
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn cut(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let mut owed = locked(&self.owed);
        let is_longer = fs::metadata(path).is_ok_and(|file| file.len() > bytes);
        if is_longer || owed.contains_key(path) {
            owed.insert(path.to_owned(), bytes);
            self.cut_one(path, bytes)?;
            owed.remove(path);
        }
        Ok(())
    }

    /// Tries again to cut off what could not be.
    pub fn settle(&self) {
        locked(&self.owed).retain(|path, bytes| match self.cut_one(path, *bytes) {
            Ok(()) => false,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        });
    }

    fn cut_one(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let mut file = self.append(path)?;
        if file.bytes()? > bytes {
            self.act(Act::Cut, path, || file.file.set_len(bytes))?;
        }
        file.sync()
    }

    /// Removes what is left of something that failed, if it can be: it would only take room, and the error that counts was another.
    pub fn discard(&self, path: &Path) {
        let _ = fs::remove_file(path);
    }

    /// Removes a folder with all that is in it.
    ///
    /// # Errors
    /// As the system says.
    pub fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.act(Act::Remove, path, || fs::remove_dir_all(path))
    }

    /// Writes a whole file so that a crash leaves the old or the new one.
    ///
    /// # Errors
    /// When the disk refuses; the old file is then as before, but for a refusal to flush the folder, after which it may be the new one.
    pub fn write_file(&self, path: &Path, content: &[u8]) -> Result<(), ArchiveError> {
        self.write_whole(path, content, Self::create)
    }

    /// The same for what nobody but its owner may read.
    ///
    /// # Errors
    /// As [`Disk::write_file`].
    pub fn write_private(&self, path: &Path, content: &[u8]) -> Result<(), ArchiveError> {
        // One that was left over keeps the rights it was made with.
        self.discard(&unfinished(path));
        self.write_whole(path, content, Self::create_private)
    }

    fn write_whole(
        &self,
        path: &Path,
        content: &[u8],
        create: fn(&Self, &Path) -> io::Result<DiskFile>,
    ) -> Result<(), ArchiveError> {
        let unfinished = unfinished(path);
        let written = create(self, &unfinished)
            .and_then(|mut file| {
                file.write_all(content)?;
                file.sync()
            })
            .and_then(|()| self.rename(&unfinished, path));
        if let Err(source) = written {
            self.discard(&unfinished);
            return Err(failed("writing", path)(source));
        }
        self.sync_parent(path)
    }

    /// The same for what the daemon cannot do without: where there is no room, the ballast is given for it.
    ///
    /// # Errors
    /// As [`Disk::write_file`].
    pub fn write_needed(&self, path: &Path, content: &[u8]) -> Result<(), ArchiveError> {
        match self.write_file(path, content) {
            Err(ArchiveError::Io { source, .. }) if is_full(&source) && self.give_ballast() => {
                self.write_file(path, content)
            }
            written => written,
        }
    }

    /// Makes what was created, renamed or removed beside `path` survive a power cut.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync_parent(&self, path: &Path) -> Result<(), ArchiveError> {
        path.parent().map_or(Ok(()), |parent| self.sync_dir(parent))
    }

    /// Makes what was created, renamed or removed in a directory survive a power cut.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync_dir(&self, dir: &Path) -> Result<(), ArchiveError> {
        // The parent of a relative name is written as nothing.
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        self.flushed(dir, || File::open(dir)?.sync_all()).map_err(failed("flushing", dir))
    }

    /// Makes a directory and its missing parents, durably.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn make_dir(&self, dir: &Path) -> Result<(), ArchiveError> {
        if dir.is_dir() {
            return Ok(());
        }
        if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
            self.make_dir(parent)?;
        }
        match self.act(Act::MakeDir, dir, || DirBuilder::new().mode(PRIVATE_DIR).create(dir)) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(failed("making", dir)(e)),
            _ => self.sync_parent(dir),
        }
    }

    /// What is free to this process on the disk of a directory. Unit: bytes.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn free_bytes(&self, dir: &Path) -> Result<u64, ArchiveError> {
        if let Some(told) = self.guard.as_ref().and_then(|guard| guard.free_bytes()) {
            return Ok(told);
        }
        let stat = rustix::fs::statvfs(dir).map_err(|e| failed("asking for the free space of", dir)(e.into()))?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Knows of room that was taken before at `path`, for [`Disk::give_ballast`]; says whether there is any.
    pub fn know_ballast(&self, path: &Path, bytes: u64) -> bool {
        let is_there = fs::metadata(path).is_ok_and(|file| file.len() == bytes);
        locked(&self.seen).ballast = is_there.then(|| path.to_owned());
        is_there
    }

    /// Takes room at `path`.
    ///
    /// # Errors
    /// When the disk refuses; then no room is taken.
    pub fn take_ballast(&self, path: &Path, bytes: u64) -> Result<(), ArchiveError> {
        let taken = self.create(path).and_then(|mut file| file.reserve(bytes));
        taken.inspect_err(|_| self.discard(path)).map_err(failed("taking room at", path))?;
        self.know_ballast(path, bytes);
        Ok(())
    }

    /// Gives up the room that was taken; says whether there was any.
    pub fn give_ballast(&self) -> bool {
        let Some(path) = locked(&self.seen).ballast.take() else { return false };
        let given = self.remove_file(&path).is_ok();
        if given {
            tracing::error!("the storage disk is full: recordings that run go on in the room that was kept for them");
        }
        given
    }

    fn pass(&self, act: Act, path: &Path) -> io::Result<()> {
        self.guard.as_ref().map_or(Ok(()), |guard| guard.pass(act, path))
    }

    fn act<T>(&self, act: Act, path: &Path, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.pass(act, path).and_then(|()| work()).inspect_err(|error| self.refused(act, path, error))
    }

    fn flushed<T>(&self, path: &Path, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let begun = uptime_ms();
        locked(&self.seen).flushing.push(begun);
        let done = self.act(Act::Flush, path, work);
        let mut seen = locked(&self.seen);
        if let Some(place) = seen.flushing.iter().position(|other| *other == begun) {
            seen.flushing.swap_remove(place);
        }
        seen.longest_flush_ms = seen.longest_flush_ms.max(uptime_ms().saturating_sub(begun));
        drop(seen);
        done
    }

    fn refused(&self, act: Act, path: &Path, error: &io::Error) {
        use io::ErrorKind::{
            AlreadyExists, DirectoryNotEmpty, Interrupted, InvalidInput, IsADirectory, NotADirectory, NotFound,
        };
        // These tell of names, not of the disk.
        if let NotFound | AlreadyExists | IsADirectory | NotADirectory | DirectoryNotEmpty | Interrupted
        | InvalidInput = error.kind()
        {
            return;
        }
        let words = format!("{} {} failed: {error}", act.name(), path.display());
        locked(&self.seen).refused = Some(Refusal { words, is_full: is_full(error) });
    }
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "opening",
            Self::Write => "writing",
            Self::Flush => "flushing",
            Self::Rename => "renaming to",
            Self::Remove => "removing",
            Self::MakeDir => "making",
            Self::Cut => "cutting",
        }
    }
}

/// Whether an error says that there is no room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn uptime_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec.saturating_mul(1000).saturating_add(now.tv_nsec / 1_000_000)).unwrap_or(0)
}

/// A file opened for writing.
#[derive(Debug)]
pub struct DiskFile {
    file: File,
    path: PathBuf,
    disk: Disk,
}

impl DiskFile {
    /// Makes what was written survive a power cut, and its length with it.
    ///
    /// # Errors
    /// When the system refuses; what was written since the last success is then to be taken for lost.
    pub fn sync(&mut self) -> io::Result<()> {
        self.disk.flushed(&self.path, || self.file.sync_data())
    }

    /// Gives it another name.
    ///
    /// # Errors
    /// As the system says.
    pub fn rename(&mut self, to: &Path) -> io::Result<()> {
        self.disk.rename(&self.path, to)?;
        to.clone_into(&mut self.path);
        Ok(())
    }

    /// How long it is. Unit: bytes.
    ///
    /// # Errors
    /// As the system says.
    pub fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Takes so much room on the disk.
    fn reserve(&mut self, bytes: u64) -> io::Result<()> {
        let whole = || rustix::fs::fallocate(&self.file, FallocateFlags::empty(), 0, bytes).map_err(io::Error::from);
        match self.disk.act(Act::Write, &self.path, whole) {
            Err(e) if e.kind() == io::ErrorKind::Unsupported => {
                io::copy(&mut io::Read::take(io::repeat(0), bytes), self).map(drop)
            }
            taken => taken,
        }
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.disk.guard.as_ref().map_or(bytes.len(), |guard| guard.room(&self.path, bytes.len()));
        let Self { file, path, disk } = self;
        loop {
            let write = || match &bytes[..room.min(bytes.len())] {
                [] if !bytes.is_empty() => Err(io::ErrorKind::StorageFull.into()),
                part => file.write(part),
            };
            match disk.act(Act::Write, path, write) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Ok(taken) if taken < bytes.len() => {
                    let error = io::Error::from(io::ErrorKind::StorageFull);
                    disk.refused(Act::Write, path, &error);
                    return Ok(taken);
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
