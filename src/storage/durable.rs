//! Small files that are whole or not there: written beside, flushed, renamed, and the directory flushed, too.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;

/// Ending of files that are not finished; whatever carries it at the start is left over from a crash.
pub const UNFINISHED: &str = "tmp";

/// The error of a file operation, for `map_err`.
pub fn failed(what: &str, path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let what = format!("{what} {} failed", path.display());
    move |source| ArchiveError::Io { what: format!("{what}: {source}"), source }
}

/// Writes a whole file so that a crash leaves the old or the new one.
///
/// # Errors
/// When the disk refuses; the old file is then as before.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), ArchiveError> {
    let unfinished = unfinished(path);
    let written = File::create(&unfinished)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&unfinished, path));
    if let Err(source) = written {
        // What is left of it would only take room; the error that counts is the first one.
        let _ = fs::remove_file(&unfinished);
        return Err(failed("writing", path)(source));
    }
    sync_parent(path)
}

/// Where a file is written before it has its name.
pub fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(UNFINISHED);
    path.with_file_name(name)
}

/// Whether a file is left over from a crash.
pub fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == UNFINISHED)
}

/// Makes what was created, renamed or removed beside `path` survive a power cut.
///
/// # Errors
/// When the disk refuses.
pub fn sync_parent(path: &Path) -> Result<(), ArchiveError> {
    path.parent().map_or(Ok(()), sync_dir)
}

/// Makes what was created, renamed or removed in a directory survive a power cut.
///
/// # Errors
/// When the disk refuses.
pub fn sync_dir(dir: &Path) -> Result<(), ArchiveError> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(failed("flushing", dir))
}

/// Makes a directory and its missing parents, durably.
///
/// # Errors
/// When the disk refuses.
pub fn make_dir(dir: &Path) -> Result<(), ArchiveError> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        make_dir(parent)?;
    }
    match fs::create_dir(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(failed("making", dir)(e)),
        _ => sync_parent(dir),
    }
}

/// The names in a directory in order; none where it is missing.
///
/// # Errors
/// When it cannot be read.
pub fn list(dir: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed("reading", dir)(e)),
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(failed("reading", dir))?;
    paths.sort();
    Ok(paths)
}

/// What is free to this process on the disk of a directory. Unit: bytes.
///
/// # Errors
/// When the system does not tell.
pub fn free_bytes(dir: &Path) -> Result<u64, ArchiveError> {
    let stat = rustix::fs::statvfs(dir).map_err(|e| failed("asking for the free space of", dir)(e.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
