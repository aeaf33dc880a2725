//! The head of a segment: the journal's header, and which boot and part this is.

use std::sync::Arc;

use hearth_actors::model::ids::MachineId;
use hearth_actors::model::journal::JournalHeader;
use hearth_actors::model::time::WallMs;
use serde::{Deserialize, Serialize};

use super::channels::TableRecord;
use super::mirror::KeepRecord;
use super::number::Number;
use super::{BadRecord, session_id, session_id_or_none};
use crate::storage::clock::BootId;

/// What stands at the head of a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The journal's header. In a later segment its channels are those that hold where the segment begins.
    pub header: JournalHeader,
    /// The boot of the host in which the segment is written: its frames' times since boot belong to it.
    pub boot: BootId,
    /// 1 for the first segment.
    pub segment: u32,
    /// How much of the segment before counts, where its writer did not trust all of it. Unit: bytes.
    pub before: Option<u64>,
}

/// A head in files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeadRecord {
    session: String,
    previous: Option<String>,
    machine: String,
    machine_name: String,
    channels: TableRecord,
    created_at: i64,
    keep: KeepRecord,
    clock_speed: Number,
    boot: String,
    segment: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
}

impl From<&Head> for HeadRecord {
    fn from(head: &Head) -> Self {
        let header = &head.header;
        Self {
            session: header.session.to_string(),
            previous: header.previous.map(|id| id.to_string()),
            machine: header.machine.as_str().to_owned(),
            machine_name: header.machine_name.clone(),
            channels: header.channels.as_ref().into(),
            created_at: header.created_at.0,
            keep: header.keep.into(),
            clock_speed: Number(header.clock_speed),
            boot: format!("{:032x}", head.boot.0),
            segment: head.segment,
            before: head.before,
        }
    }
}

impl TryFrom<HeadRecord> for Head {
    type Error = BadRecord;

    fn try_from(record: HeadRecord) -> Result<Self, BadRecord> {
        let header = JournalHeader {
            session: session_id(&record.session)?,
            previous: session_id_or_none(record.previous.as_deref())?,
            machine: MachineId::parse(&record.machine).map_err(BadRecord::new)?,
            machine_name: record.machine_name,
            channels: Arc::try_from(record.channels)?,
            created_at: WallMs(record.created_at),
            keep: record.keep.into(),
            clock_speed: record.clock_speed.0,
        };
        let boot = u128::from_str_radix(&record.boot, 16).map(BootId).map_err(BadRecord::new)?;
        Ok(Self { header, boot, segment: record.segment, before: record.before })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::record::{from_json, to_json};
    use crate::storage::samples::header;
    use hearth_actors::model::journal::Keep;

    #[test]
    fn a_head_reads_back_whole() {
        let odd = JournalHeader { previous: None, clock_speed: f64::INFINITY, ..header(3, Keep::UntilNextSession) };
        for header in [header(1, Keep::AsProfile), odd] {
            let before = (header.clock_speed == 1.0).then_some(77);
            let head = Head { header, boot: BootId(0x1234), segment: 2, before };
            let record: HeadRecord = from_json(&to_json(&HeadRecord::from(&head)).unwrap()).unwrap();
            assert_eq!(format!("{:?}", Head::try_from(record).unwrap()), format!("{head:?}"));
        }
    }

    #[test]
    fn a_head_with_an_impossible_id_is_refused() {
        let head = Head { header: header(1, Keep::AsProfile), boot: BootId(1), segment: 1, before: None };
        let json = String::from_utf8(to_json(&HeadRecord::from(&head)).unwrap()).unwrap();
        for (good, bad) in [("machine-a", "../machine"), ("\"bt\"", "\"b t\""), ("\"boot\":\"0", "\"boot\":\"x")] {
            let json = json.replace(good, bad);
            let parsed = from_json::<HeadRecord>(json.as_bytes()).and_then(Head::try_from);
            assert!(parsed.is_err(), "{json}");
        }
    }
}
