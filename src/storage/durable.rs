//! Small things that everybody who keeps files needs. What writes is in [`super::disk`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;

/// Ending of files that are not finished; whatever carries it at the start is left over from a crash.
pub const UNFINISHED: &str = "tmp";

/// The error of a file operation, for `map_err`.
pub fn failed(what: &str, path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let what = format!("{what} {} failed", path.display());
    move |source| ArchiveError::Io { what: format!("{what}: {source}"), source }
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
