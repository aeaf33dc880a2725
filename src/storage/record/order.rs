//! Who ordered what in files: settled control orders and the lease.

use hearth_actors::model::command::{Actor, Settled};
use hearth_actors::model::event::Lease;
use hearth_actors::model::ids::{ChannelId, ClientId, CommandId, RuleId};
use hearth_actors::model::task::TaskId;
use hearth_actors::model::time::WallMs;
use hearth_actors::model::units::Fraction;
use serde::{Deserialize, Serialize};

use super::BadRecord;
use super::number::Number;

/// How a control order ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettledRecord {
    command: u64,
    request_id: Option<String>,
    channel: usize,
    channel_id: String,
    value: Number,
    applied: bool,
    by: ActorRecord,
    message: String,
    readback: Option<Number>,
    latency_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActorRecord {
    Client { id: String, name: String },
    Rest,
    Replay,
    Task { task: String, name: String, owner: Option<String> },
    Interlock,
    Alarm { alarm: String },
    Failsafe,
}

impl From<&Settled> for SettledRecord {
    fn from(settled: &Settled) -> Self {
        Self {
            command: settled.command.0,
            request_id: settled.request_id.clone(),
            channel: settled.channel,
            channel_id: settled.channel_id.to_string(),
            value: Number(settled.value.get()),
            applied: settled.applied,
            by: (&settled.by).into(),
            message: settled.message.clone(),
            readback: settled.readback.map(|f| Number(f.get())),
            latency_ms: settled.latency_ms,
        }
    }
}

impl TryFrom<SettledRecord> for Settled {
    type Error = BadRecord;

    fn try_from(record: SettledRecord) -> Result<Self, BadRecord> {
        Ok(Self {
            command: CommandId(record.command),
            request_id: record.request_id,
            channel: record.channel,
            channel_id: ChannelId::parse(&record.channel_id).map_err(|bad| BadRecord(bad.to_string()))?,
            value: fraction(record.value)?,
            applied: record.applied,
            by: record.by.try_into()?,
            message: record.message,
            readback: record.readback.map(fraction).transpose()?,
            latency_ms: record.latency_ms,
        })
    }
}

fn fraction(number: Number) -> Result<Fraction, BadRecord> {
    Fraction::new(number.0).ok_or_else(|| BadRecord(format!("{} is not a share between 0 and 1", number.0)))
}

impl From<&Actor> for ActorRecord {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::Client { id, name } => Self::Client { id: id.as_str().to_owned(), name: name.clone() },
            Actor::Rest => Self::Rest,
            Actor::Replay => Self::Replay,
            Actor::Task { task, name, owner } => Self::Task {
                task: task.to_string(),
                name: name.clone(),
                owner: owner.as_ref().map(|id| id.as_str().to_owned()),
            },
            Actor::Interlock => Self::Interlock,
            Actor::Alarm(alarm) => Self::Alarm { alarm: alarm.as_str().to_owned() },
            Actor::Failsafe => Self::Failsafe,
        }
    }
}

impl TryFrom<ActorRecord> for Actor {
    type Error = BadRecord;

    fn try_from(record: ActorRecord) -> Result<Self, BadRecord> {
        Ok(match record {
            ActorRecord::Client { id, name } => Self::Client { id: client_id(&id)?, name },
            ActorRecord::Rest => Self::Rest,
            ActorRecord::Replay => Self::Replay,
            ActorRecord::Task { task, name, owner } => Self::Task {
                task: TaskId::parse(&task).ok_or_else(|| BadRecord(format!("`{task}` is no id of a task")))?,
                name,
                owner: owner.as_deref().map(client_id).transpose()?,
            },
            ActorRecord::Interlock => Self::Interlock,
            ActorRecord::Alarm { alarm } => Self::Alarm(RuleId::parse(&alarm).map_err(BadRecord::new)?),
            ActorRecord::Failsafe => Self::Failsafe,
        })
    }
}

fn client_id(text: &str) -> Result<ClientId, BadRecord> {
    ClientId::parse(text).map_err(BadRecord::new)
}

/// Who may steer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeaseRecord {
    holder: Option<HolderRecord>,
    expires: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct HolderRecord {
    id: String,
    name: String,
}

impl From<&Lease> for LeaseRecord {
    fn from(lease: &Lease) -> Self {
        Self {
            holder: lease
                .holder
                .as_ref()
                .map(|(id, name)| HolderRecord { id: id.as_str().to_owned(), name: name.clone() }),
            expires: lease.expires.map(|wall| wall.0),
        }
    }
}

impl TryFrom<LeaseRecord> for Lease {
    type Error = BadRecord;

    fn try_from(record: LeaseRecord) -> Result<Self, BadRecord> {
        Ok(Self {
            holder: record.holder.map(|h| Ok::<_, BadRecord>((client_id(&h.id)?, h.name))).transpose()?,
            expires: record.expires.map(WallMs),
        })
    }
}
