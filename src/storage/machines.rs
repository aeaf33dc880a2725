//! Machine documents: one small file each, as they were put.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::ids::MachineId;

use super::durable::{failed, is_unfinished, list, make_dir, sync_parent, write_file};
use super::layout::{MACHINES, document_name, parse_document_name};

/// The documents of all machines, in order of their ids. A file that is no text is reported and left out: one damaged
/// document must not keep the other machines from running.
///
/// # Errors
/// When the disk refuses.
pub fn all(data: &Path) -> Result<Vec<(MachineId, String)>, ArchiveError> {
    let mut documents = Vec::new();
    for path in list(&data.join(MACHINES))? {
        let Some(id) = path.file_name().and_then(|n| n.to_str()).and_then(parse_document_name) else {
            if !is_unfinished(&path) {
                tracing::warn!(file = %path.display(), "this is not a machine's document: left alone");
            }
            continue;
        };
        let bytes = fs::read(&path).map_err(failed("reading", &path))?;
        match String::from_utf8(bytes) {
            Ok(document) => documents.push((id, document)),
            Err(e) => {
                tracing::error!(file = %path.display(), error = %e, "a machine's document is garbled: left out");
            }
        }
    }
    Ok(documents)
}

/// Keeps a machine's document, durably.
///
/// # Errors
/// When the disk refuses.
pub fn put(data: &Path, id: &MachineId, document: &str) -> Result<(), ArchiveError> {
    make_dir(&data.join(MACHINES))?;
    write_file(&path(data, id), document.as_bytes())
}

/// Forgets a machine's document, durably. Nothing to do where there is none: the machine may come from a file of the
/// administrator.
///
/// # Errors
/// When the disk refuses.
pub fn delete(data: &Path, id: &MachineId) -> Result<(), ArchiveError> {
    let path = path(data, id);
    match fs::remove_file(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("deleting", &path)(e)),
        Ok(()) => sync_parent(&path),
    }
}

fn path(data: &Path, id: &MachineId) -> PathBuf {
    data.join(MACHINES).join(document_name(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MachineId {
        MachineId::parse(text).unwrap()
    }

    #[test]
    fn documents_read_back_as_put_and_the_newest_counts() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(all(dir.path()).unwrap(), []);
        put(dir.path(), &id("b"), "old").unwrap();
        put(dir.path(), &id("b"), "{\"ü\": 1}\n").unwrap();
        put(dir.path(), &id("a"), "").unwrap();
        assert_eq!(all(dir.path()).unwrap(), [(id("a"), String::new()), (id("b"), "{\"ü\": 1}\n".to_owned())]);
        delete(dir.path(), &id("b")).unwrap();
        delete(dir.path(), &id("b")).unwrap();
        assert_eq!(all(dir.path()).unwrap(), [(id("a"), String::new())]);
    }

    #[test]
    fn one_garbled_document_does_not_hide_the_others() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &id("good"), "{}").unwrap();
        fs::write(dir.path().join("machines/bad.json"), [0xff, 0xfe]).unwrap();
        fs::write(dir.path().join("machines/half.json.tmp"), "{").unwrap();
        assert_eq!(all(dir.path()).unwrap(), [(id("good"), "{}".to_owned())]);
    }
}
