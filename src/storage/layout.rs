//! Where everything stands in the data directory. The only place that knows names of files.
//!
//! ```text
//! lock                                   held by the daemon that owns the directory
//! boot, boot.before                      how often the daemon was started
//! access.json                            users, tokens and who is logged in; only hashes, and only its owner reads it; not in backups
//! access.lock                            held while that is changed
//! audit/<number>.jsonl                   who did what; the oldest go first; not in backups, and kept by a restore
//! running                                there while outputs may be in use, or with the machines that a stop left open
//! machines/<machine>.json                configuration documents, as they were put
//! alarms/<machine>.json                  its alarms that are not normal; not in backups
//! endpoints.jsonl                        which channel has which endpoint id, also of machines that are gone
//! endpoints.jsonl.damaged                one that could not be read whole, set aside
//! programs/<program>.json                stored programs, as they were put
//! tasks/<task>.json                      long jobs: what they were asked to do and what came of them
//! tasks/<task>.json.damaged              one that could not be read, set aside
//! backups/<task>.tar                     what the task `backup` wrote
//! exports/<task>/                        what the task `export_profiles` wrote
//! scans/<task>/                          pictures that the task `scan` took
//! imports/<folder>/                      where the task `import_profiles` reads
//! journal/<machine>/<session>.jnl        the first segment of a session's journal: the truth
//! journal/<machine>/<session>.2.jnl      the next, after a restart or where the disk had refused
//! ballast                                room that running recordings get on a full disk; may be deleted at any time
//! probe                                  there for a moment, to see whether the disk takes writes again
//! index/                                 sled; may be deleted at any time
//! index.corrupt-<n>/                     an index that could not be used, set aside
//! *.tmp, *.deleted                       left over from a crash; cleared at the next start
//! ```

use std::path::{Path, PathBuf};

use hearth_actors::model::ids::{MachineId, ProgramId, SessionId};
use hearth_actors::model::task::TaskId;

/// The directory of all journals.
pub const JOURNALS: &str = "journal";
/// The directory of all machine documents.
pub const MACHINES: &str = "machines";
/// The directory of what alarms stand.
pub const ALARMS: &str = "alarms";
/// The endpoint ids.
pub const ADDRESSES: &str = "endpoints.jsonl";
/// The directory of all stored programs.
pub const PROGRAMS: &str = "programs";
/// The directory of all tasks.
pub const TASKS: &str = "tasks";
/// The directory of backups that tasks write.
pub const BACKUPS: &str = "backups";
/// The directory of what tasks export.
pub const EXPORTS: &str = "exports";
/// The directory of pictures that tasks take.
pub const SCANS: &str = "scans";
/// The directory of what tasks import.
pub const IMPORTS: &str = "imports";
/// Ending of what could not be read.
pub const DAMAGED: &str = "damaged";
/// Who may log in.
pub const ACCESS: &str = "access.json";
/// Held while that is changed.
pub const ACCESS_LOCK: &str = "access.lock";
/// The directory of who did what.
pub const AUDIT: &str = "audit";
/// The boot counter.
pub const BOOT: &str = "boot";
/// The note that outputs may be in use.
pub const RUNNING: &str = "running";
/// The lock.
pub const LOCK: &str = "lock";
/// Room for recordings on a full disk.
pub const BALLAST: &str = "ballast";
/// What is written to try the disk.
pub const PROBE: &str = "probe";
/// The sled directory.
pub const INDEX: &str = "index";
/// Ending of a journal that is being deleted.
pub const DELETED: &str = "deleted";

/// A journal's place: its machine's directory and its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalPlace {
    /// The machine.
    pub machine: MachineId,
    /// The session.
    pub session: SessionId,
    dir: PathBuf,
}

impl JournalPlace {
    /// The place of a session's journal below a data directory.
    pub fn new(data: &Path, machine: &MachineId, session: SessionId) -> Self {
        Self { machine: machine.clone(), session, dir: machine_dir(data, machine) }
    }

    /// The directory that holds its files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of a segment, counted from 1.
    pub fn segment(&self, number: u32) -> PathBuf {
        self.dir.join(segment_name(self.session, number))
    }

    /// What the first segment is called once the journal is to be deleted.
    pub fn deleted(&self) -> PathBuf {
        self.dir.join(format!("{}.{DELETED}", segment_name(self.session, 1)))
    }
}

/// The directory of a machine's journals.
pub fn machine_dir(data: &Path, machine: &MachineId) -> PathBuf {
    data.join(JOURNALS).join(machine.as_str())
}

/// The name of a machine's document.
pub fn document_name(machine: &MachineId) -> String {
    format!("{machine}.json")
}

/// The machine whose document has this name.
pub fn parse_document_name(name: &str) -> Option<MachineId> {
    MachineId::parse(name.strip_suffix(".json")?).ok()
}

/// The name of a program's document.
pub fn program_name(program: &ProgramId) -> String {
    format!("{program}.json")
}

/// The program whose document has this name.
pub fn parse_program_name(name: &str) -> Option<ProgramId> {
    ProgramId::parse(name.strip_suffix(".json")?).ok()
}

/// The name of a task's file.
pub fn task_name(task: TaskId) -> String {
    format!("{task}.json")
}

/// The task whose file has this name. Only the one spelling that [`task_name`] writes counts.
pub fn parse_task_name(name: &str) -> Option<TaskId> {
    TaskId::parse(name.strip_suffix(".json")?).filter(|task| task_name(*task) == name)
}

/// The name of a segment, counted from 1.
pub fn segment_name(session: SessionId, number: u32) -> String {
    if number == 1 { format!("{session}.jnl") } else { format!("{session}.{number}.jnl") }
}

/// The session and number of the segment with this name. Only the one spelling that [`segment_name`] writes counts.
pub fn parse_segment_name(name: &str) -> Option<(SessionId, u32)> {
    let stem = name.strip_suffix(".jnl")?;
    let (session, number) = match stem.split_once('.') {
        None => (stem, 1),
        Some((session, number)) => (session, number.parse().ok().filter(|n| *n > 1)?),
    };
    let session = SessionId::parse(session)?;
    (segment_name(session, number) == name).then_some((session, number))
}

/// The session whose journal was to be deleted, from the name of what is left of it.
pub fn parse_deleted_name(name: &str) -> Option<SessionId> {
    parse_segment_name(name.strip_suffix(DELETED)?.strip_suffix('.')?).map(|(session, _)| session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_name_reads_back_and_has_one_spelling() {
        let id = SessionId(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc);
        for number in [1, 2, 17] {
            assert_eq!(parse_segment_name(&segment_name(id, number)), Some((id, number)));
        }
        for bad in [".1.jnl", ".01.jnl", ".+2.jnl", ".2.2.jnl", ".jnl.tmp", ".0.jnl", ".jnl.deleted"] {
            assert_eq!(parse_segment_name(&format!("{id}{bad}")), None, "{bad}");
        }
        assert_eq!(parse_segment_name(&format!("{}.jnl", id.to_string().to_uppercase())), None);
    }
}
