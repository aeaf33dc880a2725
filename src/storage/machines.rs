//! Machine documents: one small file each, as they were put.

use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::ids::MachineId;

use super::disk::Disk;
use super::documents;
use super::layout::{MACHINES, document_name, parse_document_name};

/// The documents of all machines, in order of their ids: [`documents::all`].
///
/// # Errors
/// When the disk refuses.
pub fn all(data: &Path) -> Result<Vec<(MachineId, String)>, ArchiveError> {
    documents::all(&data.join(MACHINES), parse_document_name)
}

/// Keeps a machine's document, durably.
///
/// # Errors
/// When the disk refuses.
pub fn put(disk: &Disk, data: &Path, id: &MachineId, document: &str) -> Result<(), ArchiveError> {
    documents::put(disk, &path(data, id), document)
}

/// Forgets a machine's document, durably. Nothing to do where there is none: the machine may come from a file of the
/// administrator.
///
/// # Errors
/// When the disk refuses.
pub fn delete(disk: &Disk, data: &Path, id: &MachineId) -> Result<(), ArchiveError> {
    documents::delete(disk, &path(data, id))
}

fn path(data: &Path, id: &MachineId) -> PathBuf {
    data.join(MACHINES).join(document_name(id))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn id(text: &str) -> MachineId {
        MachineId::parse(text).unwrap()
    }

    #[test]
    fn documents_read_back_as_put_and_the_newest_counts() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(all(dir.path()).unwrap(), []);
        put(&Disk::default(), dir.path(), &id("b"), "old").unwrap();
        put(&Disk::default(), dir.path(), &id("b"), "{\"ü\": 1}\n").unwrap();
        put(&Disk::default(), dir.path(), &id("a"), "").unwrap();
        assert_eq!(all(dir.path()).unwrap(), [(id("a"), String::new()), (id("b"), "{\"ü\": 1}\n".to_owned())]);
        delete(&Disk::default(), dir.path(), &id("b")).unwrap();
        delete(&Disk::default(), dir.path(), &id("b")).unwrap();
        assert_eq!(all(dir.path()).unwrap(), [(id("a"), String::new())]);
    }

    #[test]
    fn one_garbled_document_does_not_hide_the_others() {
        let dir = tempfile::tempdir().unwrap();
        put(&Disk::default(), dir.path(), &id("good"), "{}").unwrap();
        fs::write(dir.path().join("machines/bad.json"), [0xff, 0xfe]).unwrap();
        fs::write(dir.path().join("machines/half.json.tmp"), "{").unwrap();
        assert_eq!(all(dir.path()).unwrap(), [(id("good"), "{}".to_owned())]);
    }
}
