//! Documents of stored programs: one small file each, as they were put.

use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::ids::ProgramId;

use super::disk::Disk;
use super::documents;
use super::layout::{PROGRAMS, parse_program_name, program_name};

/// The documents of all programs, in order of their ids: [`documents::all`].
///
/// # Errors
/// When the disk refuses.
pub fn all(data: &Path) -> Result<Vec<(ProgramId, String)>, ArchiveError> {
    documents::all(&data.join(PROGRAMS), parse_program_name)
}

/// Keeps a program's document, durably.
///
/// # Errors
/// When the disk refuses.
pub fn put(disk: &Disk, data: &Path, id: &ProgramId, document: &str) -> Result<(), ArchiveError> {
    documents::put(disk, &path(data, id), document)
}

/// Forgets a program's document, durably. Nothing to do where there is none.
///
/// # Errors
/// When the disk refuses.
pub fn delete(disk: &Disk, data: &Path, id: &ProgramId) -> Result<(), ArchiveError> {
    documents::delete(disk, &path(data, id))
}

fn path(data: &Path, id: &ProgramId) -> PathBuf {
    data.join(PROGRAMS).join(program_name(id))
}
