//! Changes of state in files: marks, the session, alarms, the driver, safety, faults.

use hearth_actors::model::alarm::{AlarmNotice, Shelf};
use hearth_actors::model::connection::Connection;
use hearth_actors::model::event::{Safety, Unmark};
use hearth_actors::model::fault::Fault;
use hearth_actors::model::ids::RuleId;
use hearth_actors::model::mark::{Mark, MarkSource};
use hearth_actors::model::session::SessionChange;
use hearth_actors::model::time::{SessionMs, WallMs};
use serde::{Deserialize, Serialize};

use super::mirror::{
    AlarmStateRecord, DriverStateRecord, FaultCodeRecord, HandRecord, MarkKindRecord, SafetyReasonRecord,
    SessionStateRecord, SeverityRecord,
};
use super::number::{self, Number};
use super::{BadRecord, session_id_or_none};

/// A mark that is no more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnmarkRecord {
    kind: MarkKindRecord,
    by: HandRecord,
}

impl From<Unmark> for UnmarkRecord {
    fn from(unmark: Unmark) -> Self {
        Self { kind: unmark.kind.into(), by: unmark.by.into() }
    }
}

impl From<UnmarkRecord> for Unmark {
    fn from(record: UnmarkRecord) -> Self {
        Self { kind: record.kind.into(), by: record.by.into() }
    }
}

/// A mark.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MarkRecord {
    kind: MarkKindRecord,
    at: u64,
    source: SourceRecord,
    bt: Option<Number>,
    et: Option<Number>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceRecord {
    Detected { provisional: bool },
    Manual,
}

impl From<&Mark> for MarkRecord {
    fn from(mark: &Mark) -> Self {
        Self {
            kind: mark.kind.into(),
            at: mark.at.0,
            source: match mark.source {
                MarkSource::Detected { provisional } => SourceRecord::Detected { provisional },
                MarkSource::Manual => SourceRecord::Manual,
            },
            bt: number::out(mark.bt),
            et: number::out(mark.et),
        }
    }
}

impl From<MarkRecord> for Mark {
    fn from(record: MarkRecord) -> Self {
        Self {
            kind: record.kind.into(),
            at: SessionMs(record.at),
            source: match record.source {
                SourceRecord::Detected { provisional } => MarkSource::Detected { provisional },
                SourceRecord::Manual => MarkSource::Manual,
            },
            bt: number::back(record.bt),
            et: number::back(record.et),
        }
    }
}

/// A change of the session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionRecord {
    from: SessionStateRecord,
    to: SessionStateRecord,
    session: Option<String>,
    previous: Option<String>,
    started_at: Option<i64>,
}

impl From<&SessionChange> for SessionRecord {
    fn from(change: &SessionChange) -> Self {
        Self {
            from: change.from.into(),
            to: change.to.into(),
            session: change.session.map(|id| id.to_string()),
            previous: change.previous.map(|id| id.to_string()),
            started_at: change.started_at.map(|wall| wall.0),
        }
    }
}

impl TryFrom<SessionRecord> for SessionChange {
    type Error = BadRecord;

    fn try_from(record: SessionRecord) -> Result<Self, BadRecord> {
        Ok(Self {
            from: record.from.into(),
            to: record.to.into(),
            session: session_id_or_none(record.session.as_deref())?,
            previous: session_id_or_none(record.previous.as_deref())?,
            started_at: record.started_at.map(WallMs),
        })
    }
}

/// A change of an alarm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AlarmRecord {
    alarm: String,
    occurrence: u64,
    state: AlarmStateRecord,
    severity: SeverityRecord,
    latched: bool,
    message: String,
    raised_at: u64,
    bt: Option<Number>,
    et: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raised_wall: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acked_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acked_wall: Option<i64>,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shelf: Option<ShelfRecord>,
}

/// What a shelf hides.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct ShelfRecord {
    until: i64,
    beneath: AlarmStateRecord,
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_once(count: &u32) -> bool {
    *count == 1
}

impl From<&AlarmNotice> for AlarmRecord {
    fn from(notice: &AlarmNotice) -> Self {
        Self {
            alarm: notice.alarm.as_str().to_owned(),
            occurrence: notice.occurrence,
            state: notice.state.into(),
            severity: notice.severity.into(),
            latched: notice.latched,
            message: notice.message.clone(),
            raised_at: notice.raised_at.0,
            bt: number::out(notice.bt),
            et: number::out(notice.et),
            raised_wall: notice.raised_wall.map(|wall| wall.0),
            acked_by: notice.acked_by.clone(),
            acked_wall: notice.acked_wall.map(|wall| wall.0),
            count: notice.count,
            first_cause: notice.first_cause.as_ref().map(|id| id.as_str().to_owned()),
            shelf: notice.shelf.map(|shelf| ShelfRecord { until: shelf.until.0, beneath: shelf.beneath.into() }),
        }
    }
}

impl TryFrom<AlarmRecord> for AlarmNotice {
    type Error = BadRecord;

    fn try_from(record: AlarmRecord) -> Result<Self, BadRecord> {
        Ok(Self {
            alarm: RuleId::parse(&record.alarm).map_err(BadRecord::new)?,
            occurrence: record.occurrence,
            state: record.state.into(),
            severity: record.severity.into(),
            latched: record.latched,
            message: record.message,
            raised_at: SessionMs(record.raised_at),
            bt: number::back(record.bt),
            et: number::back(record.et),
            raised_wall: record.raised_wall.map(WallMs),
            acked_by: record.acked_by,
            acked_wall: record.acked_wall.map(WallMs),
            count: record.count,
            first_cause: record.first_cause.as_deref().map(RuleId::parse).transpose().map_err(BadRecord::new)?,
            shelf: record.shelf.map(|shelf| Shelf { until: WallMs(shelf.until), beneath: shelf.beneath.into() }),
        })
    }
}

/// The driver's state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConnectionRecord {
    state: DriverStateRecord,
    driver_name: String,
    message: String,
    retry_in_ms: Option<u64>,
    restarts: u32,
}

impl From<&Connection> for ConnectionRecord {
    fn from(connection: &Connection) -> Self {
        Self {
            state: connection.state.into(),
            driver_name: connection.driver_name.clone(),
            message: connection.message.clone(),
            retry_in_ms: connection.retry_in_ms,
            restarts: connection.restarts,
        }
    }
}

impl From<ConnectionRecord> for Connection {
    fn from(record: ConnectionRecord) -> Self {
        Self {
            state: record.state.into(),
            driver_name: record.driver_name,
            message: record.message,
            retry_in_ms: record.retry_in_ms,
            restarts: record.restarts,
        }
    }
}

/// Whether outputs are latched safe.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SafetyRecord {
    latched: Option<SafetyReasonRecord>,
    since: Option<i64>,
    channels: Vec<usize>,
}

impl From<&Safety> for SafetyRecord {
    fn from(safety: &Safety) -> Self {
        Self {
            latched: safety.latched.map(SafetyReasonRecord::from),
            since: safety.since.map(|wall| wall.0),
            channels: safety.channels.clone(),
        }
    }
}

impl From<SafetyRecord> for Safety {
    fn from(record: SafetyRecord) -> Self {
        Self { latched: record.latched.map(Into::into), since: record.since.map(WallMs), channels: record.channels }
    }
}

/// A fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FaultRecord {
    code: FaultCodeRecord,
    message: String,
}

impl From<&Fault> for FaultRecord {
    fn from(fault: &Fault) -> Self {
        Self { code: fault.code.into(), message: fault.message.clone() }
    }
}

impl From<FaultRecord> for Fault {
    fn from(record: FaultRecord) -> Self {
        Self { code: record.code.into(), message: record.message }
    }
}
