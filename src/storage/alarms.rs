//! Alarms that are not normal, for the next start: one small file per machine, whole or not there.

use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::alarm::AlarmNotice;
use hearth_actors::model::ids::MachineId;
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::documents;
use super::layout::{ALARMS, document_name, parse_document_name};
use super::record::state::AlarmRecord;
use super::record::{BadRecord, to_json};

/// Version of the record. One of a newer version is left alone.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct StandingRecord {
    version: u32,
    alarms: Vec<AlarmRecord>,
}

/// What stood at every machine when it was last put. What cannot be read is told and left out: it must keep nothing from starting.
///
/// # Errors
/// When the disk refuses.
pub fn all(data: &Path) -> Result<Vec<(MachineId, Vec<AlarmNotice>)>, ArchiveError> {
    let read = |(machine, text): (MachineId, String)| match understand(&text) {
        Ok(standing) => Some((machine, standing)),
        Err(why) => {
            tracing::error!(%machine, %why, "the alarms of the run before cannot be read");
            None
        }
    };
    Ok(documents::all(&data.join(ALARMS), parse_document_name)?.into_iter().filter_map(read).collect())
}

/// Keeps what stands at a machine, durably.
///
/// # Errors
/// When the disk refuses.
pub fn put(disk: &Disk, data: &Path, machine: &MachineId, standing: &[AlarmNotice]) -> Result<(), ArchiveError> {
    let path = path(data, machine);
    if standing.is_empty() {
        return documents::delete(disk, &path);
    }
    let alarms = standing.iter().map(AlarmRecord::from).collect();
    let unfit = |BadRecord(why)| ArchiveError::Damaged { what: path.display().to_string(), why };
    let json = to_json(&StandingRecord { version: VERSION, alarms }).map_err(unfit)?;
    documents::put(disk, &path, &String::from_utf8_lossy(&json))
}

fn understand(text: &str) -> Result<Vec<AlarmNotice>, BadRecord> {
    let StandingRecord { version, alarms } = serde_json::from_str(text).map_err(BadRecord::new)?;
    if version != VERSION {
        return Err(BadRecord(format!("it is of version {version}, this daemon writes {VERSION}")));
    }
    alarms.into_iter().map(AlarmNotice::try_from).collect()
}

fn path(data: &Path, machine: &MachineId) -> PathBuf {
    data.join(ALARMS).join(document_name(machine))
}

#[cfg(test)]
mod tests {
    use hearth_actors::model::alarm::{AlarmState, Shelf};
    use hearth_actors::model::event::EventBody;
    use hearth_actors::model::ids::RuleId;
    use hearth_actors::model::time::WallMs;

    use super::*;
    use crate::storage::samples::{machine, one_of_each};

    fn notice() -> AlarmNotice {
        let found = one_of_each().into_iter().find_map(|(_, body)| match body {
            EventBody::Alarm(notice) => Some(notice),
            _ => None,
        });
        found.unwrap()
    }

    #[test]
    fn what_stands_is_read_back_whole() {
        let dir = tempfile::tempdir().unwrap();
        let shelved = AlarmNotice {
            state: AlarmState::Shelved,
            raised_wall: Some(WallMs(5)),
            acked_by: Some("Anna".to_owned()),
            acked_wall: Some(WallMs(6)),
            count: 7,
            first_cause: Some(RuleId::parse("driver_lost").unwrap()),
            shelf: Some(Shelf { until: WallMs(60_005), beneath: AlarmState::Unacked }),
            ..notice()
        };
        let standing = vec![notice(), shelved];
        put(&Disk::default(), dir.path(), &machine("machine-a"), &standing).unwrap();
        assert_eq!(all(dir.path()).unwrap(), [(machine("machine-a"), standing)]);
        put(&Disk::default(), dir.path(), &machine("machine-a"), &[]).unwrap();
        assert_eq!(all(dir.path()).unwrap(), []);
    }

    #[test]
    fn a_garbled_file_costs_its_own_machine_only() {
        let dir = tempfile::tempdir().unwrap();
        put(&Disk::default(), dir.path(), &machine("machine-a"), &[notice()]).unwrap();
        for garbled in ["", "{}", "{\"version\":2,\"alarms\":[]}", "{\"version\":1,\"alarms\":[{\"alarm\":\"?\"}]}"] {
            std::fs::write(path(dir.path(), &machine("machine-b")), garbled).unwrap();
            assert_eq!(all(dir.path()).unwrap(), [(machine("machine-a"), vec![notice()])], "{garbled}");
        }
    }
}
