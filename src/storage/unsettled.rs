//! Which machines may have been left with outputs that nobody brought to safety: all of them while a daemon runs, those that did not
//! confirm after one that stopped in order, none where the file is missing.

use std::fs;
use std::io;
use std::path::Path;

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::ids::MachineId;

use super::durable::{failed, write_file};
use super::layout::UNSETTLED;

/// Stands for every machine; no id has this form.
const ALL: &str = "*";

/// What the daemon before left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled(Vec<String>);

impl Unsettled {
    /// Whether this machine's outputs may be as somebody left them.
    pub fn is(&self, machine: &MachineId) -> bool {
        self.0.iter().any(|line| line == ALL || line == machine.as_str())
    }
}

/// What was left behind; from here on it is every machine.
///
/// # Errors
/// When the disk refuses.
pub fn begin(data: &Path) -> Result<Unsettled, ArchiveError> {
    let path = data.join(UNSETTLED);
    let lines = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(failed("reading", &path)(e)),
    };
    write_file(&path, ALL.as_bytes())?;
    Ok(Unsettled(lines))
}

/// The daemon stops in order; these machines did not confirm that their outputs are safe.
///
/// # Errors
/// When the disk refuses: then it is every machine.
pub fn end(data: &Path, machines: &[MachineId]) -> Result<(), ArchiveError> {
    let path = data.join(UNSETTLED);
    if machines.is_empty() {
        return fs::remove_file(&path).map_err(failed("deleting", &path));
    }
    let lines: Vec<&str> = machines.iter().map(MachineId::as_str).collect();
    write_file(&path, lines.join("\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(id: &str) -> MachineId {
        MachineId::parse(id).unwrap()
    }

    #[test]
    fn who_was_killed_left_every_machine_and_who_stopped_only_those_that_did_not_confirm() {
        let dir = tempfile::tempdir().unwrap();
        let first = begin(dir.path()).unwrap();
        assert!(!first.is(&machine("a")), "nobody was there before");
        let killed = begin(dir.path()).unwrap();
        assert!(killed.is(&machine("a")) && killed.is(&machine("b")));
        end(dir.path(), &[machine("b")]).unwrap();
        let stopped = begin(dir.path()).unwrap();
        assert!(stopped.is(&machine("b")) && !stopped.is(&machine("a")));
        end(dir.path(), &[]).unwrap();
        assert!(!begin(dir.path()).unwrap().is(&machine("b")));
    }
}
