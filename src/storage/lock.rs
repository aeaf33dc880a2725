//! Locks: one daemon per data directory, and one at a time who changes a file that several processes change.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use hearth_actors::archive::ArchiveError;

use super::durable::failed;
use super::layout::LOCK;

/// Held as long as it lives; the system frees it when the process ends, however it ends.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the lock of a data directory.
    ///
    /// # Errors
    /// When another process holds it; the message names that process. Or when the disk refuses.
    pub fn take(data: &Path) -> Result<Self, ArchiveError> {
        let path = data.join(LOCK);
        let mut file = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(failed("opening", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(data, &path)),
            Err(TryLockError::Error(e)) => return Err(failed("locking", &path)(e)),
        }
        // It only names the holder to whoever comes second: a full disk must not keep the daemon from starting.
        let _ = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        Ok(Self { _file: file })
    }
}

/// A file that is held while another one is changed.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes it; whoever holds it is waited for.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn wait(path: &Path) -> Result<Self, ArchiveError> {
        let opened = File::options().create(true).write(true).truncate(false).open(path);
        let file = opened.map_err(failed("opening", path))?;
        file.lock().map_err(failed("locking", path))?;
        Ok(Self { _file: file })
    }
}

fn taken(data: &Path, path: &Path) -> ArchiveError {
    let holder = fs::read_to_string(path).ok().filter(|text| text.parse::<u32>().is_ok());
    let holder = holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    let what = format!(
        "the data directory {} is in use by {holder}: stop that hearth first, or choose another directory",
        data.display()
    );
    ArchiveError::Io { what, source: io::ErrorKind::WouldBlock.into() }
}
