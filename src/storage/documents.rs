//! Folders of small documents: one file each, named by its id, kept as it was put.

use std::fs;
use std::io;
use std::path::Path;

use hearth_actors::archive::ArchiveError;

use super::disk::Disk;
use super::durable::{failed, is_unfinished, list};

/// The documents of a folder, in order of their names. A file that is no text is reported and left out: one damaged
/// document must not keep the others from being used.
///
/// # Errors
/// When the disk refuses.
pub fn all<I>(folder: &Path, parse_name: fn(&str) -> Option<I>) -> Result<Vec<(I, String)>, ArchiveError> {
    let mut documents = Vec::new();
    for path in list(folder)? {
        let Some(id) = path.file_name().and_then(|n| n.to_str()).and_then(parse_name) else {
            if !is_unfinished(&path) {
                tracing::warn!(file = %path.display(), "this is no document that belongs here: left alone");
            }
            continue;
        };
        let bytes = fs::read(&path).map_err(failed("reading", &path))?;
        match String::from_utf8(bytes) {
            Ok(document) => documents.push((id, document)),
            Err(e) => tracing::error!(file = %path.display(), error = %e, "a document is garbled: left out"),
        }
    }
    Ok(documents)
}

/// Keeps a document, durably.
///
/// # Errors
/// When the disk refuses.
pub fn put(disk: &Disk, path: &Path, document: &str) -> Result<(), ArchiveError> {
    if let Some(folder) = path.parent() {
        disk.make_dir(folder)?;
    }
    disk.write_file(path, document.as_bytes())
}

/// Forgets a document, durably. Nothing to do where there is none.
///
/// # Errors
/// When the disk refuses.
pub fn delete(disk: &Disk, path: &Path) -> Result<(), ArchiveError> {
    match disk.remove_file(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("deleting", path)(e)),
        Ok(()) => disk.sync_parent(path),
    }
}
