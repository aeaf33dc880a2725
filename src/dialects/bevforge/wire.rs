//! The frames of the BevForge dialect. Names are the document's; what it does not name (`machine_id`, `quality`, …) comes on top.

use std::num::NonZeroU8;

use hearth_actors::model::alarm::{AlarmNotice, AlarmState as ModelAlarmState};
use hearth_actors::model::channel::{Channel, ChannelTable, ControlShape};
use hearth_actors::model::command::{OrderStage, OrderStep, Settled};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{CommandId, EndpointId, MachineId, Seq, SessionId};
use hearth_actors::model::reading::Reading;
use hearth_actors::model::time::WallMs;
use hearth_actors::model::units::Fraction;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};

use crate::wire::codes::ErrorCode;
use crate::wire::words::{AlarmState, Quality, Severity};

/// A value of a channel in its native unit: `true` or `false` for a toggle, else a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A toggle.
    Switch(bool),
    /// Anything else.
    Number(f64),
}

impl Scalar {
    /// An internal value of a channel.
    pub fn of(channel: &Channel, internal: f64) -> Self {
        let native = channel.unit.outward(internal);
        match channel.control() {
            Some(control) if matches!(control.shape, ControlShape::Toggle { .. }) => {
                Self::Switch(control.to_fraction(native) == Fraction::ONE)
            }
            // There and back again through °C leaves a trace in the last digits.
            _ if channel.unit.is_temperature() => Self::Number((native * 1e9).round() / 1e9),
            _ => Self::Number(native),
        }
    }

    /// What an order of a control stands for.
    pub fn ordered(channel: &Channel, value: Fraction) -> Option<Self> {
        let native = channel.control()?.to_native(value);
        Some(Self::of(channel, channel.unit.inward(native)))
    }
}

/// Where a frame comes from; stands in every push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Origin {
    /// The machine.
    pub machine_id: String,
    /// Its session.
    pub session_id: Option<String>,
    /// Position in the machine's stream; `null` where nothing happened yet.
    pub seq: Option<u64>,
}

impl Origin {
    /// Of something at a machine.
    pub fn new(machine: &MachineId, session: Option<SessionId>, seq: Option<Seq>) -> Self {
        Self {
            machine_id: machine.to_string(),
            session_id: session.map(|session| session.to_string()),
            seq: seq.map(|seq| seq.0),
        }
    }

    fn of(event: &Event) -> Self {
        Self::new(&event.machine, event.session, Some(event.seq))
    }
}

/// A value of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename = "telemetry", rename_all = "camelCase")]
pub struct Telemetry {
    /// The channel.
    pub endpoint_id: u32,
    /// Native unit; `null` where there is none.
    pub value: Option<Scalar>,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// How far it can be believed.
    pub quality: Quality,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

impl Telemetry {
    /// The value of the channel at an index, unless that has no number.
    pub fn of(reading: &Reading, index: usize, at: WallMs, origin: &Origin) -> Option<Self> {
        let channel = reading.channels.get(index).filter(|channel| channel.endpoint != EndpointId::NONE)?;
        Some(Self {
            endpoint_id: channel.endpoint.0,
            value: reading.value(index).map(|value| Scalar::of(channel, value)),
            timestamp: moment(at),
            quality: reading.quality(index).into(),
            origin: origin.clone(),
        })
    }

    /// What a control was set to, if the device confirmed it: from then on, not from the next reading on.
    pub fn settled(settled: &Settled, channels: &ChannelTable, at: WallMs, origin: &Origin) -> Option<Self> {
        let channel = channels.get(settled.channel).filter(|channel| channel.endpoint != EndpointId::NONE)?;
        settled.applied.then(|| Self {
            endpoint_id: channel.endpoint.0,
            value: Scalar::ordered(channel, settled.value),
            timestamp: moment(at),
            quality: Quality::Good,
            origin: origin.clone(),
        })
    }

    /// A channel of a machine whose link is gone: nothing is known of it.
    pub fn unknown(channel: &Channel, at: WallMs, origin: &Origin) -> Self {
        Self {
            endpoint_id: channel.endpoint.0,
            value: None,
            timestamp: moment(at),
            quality: Quality::Lost,
            origin: origin.clone(),
        }
    }
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Let through; it waits for the device.
    Queued,
    /// The device is being written.
    Sent,
    /// The device took it.
    Acked,
    /// Done, as far as the device can show.
    Succeeded,
    /// Not confirmed, or overtaken by a newer one.
    Failed,
    /// Not let through.
    Blocked,
}

impl Status {
    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Blocked)
    }
}

/// How far a command is, as it is pushed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename = "command_status", rename_all = "camelCase")]
pub struct CommandStatus {
    /// The command.
    pub command_id: String,
    /// How far it is.
    pub status: Status,
    /// What the channel has now, native unit; `null` before the end and where it is not known.
    pub actual_value: Option<Scalar>,
    /// When it ended; `null` before. RFC 3339, UTC.
    pub completed_at: Option<String>,
    /// The channel.
    pub endpoint_id: u32,
    /// What was asked for, native unit.
    pub requested_value: Option<Scalar>,
    /// Why it did not succeed, or empty.
    pub message: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

impl CommandStatus {
    /// What an event says of a command, in order: a device that confirms has both taken the order and done it.
    pub fn of(event: &Event, channels: &ChannelTable) -> Option<(CommandId, Vec<Self>)> {
        let (command, index, value) = match &event.body {
            EventBody::Order(OrderStep { command, channel, value, .. })
            | EventBody::Settled(Settled { command, channel, value, .. }) => (*command, *channel, *value),
            _ => return None,
        };
        let channel = channels.get(index)?;
        let step = |status: Status, actual: Option<Fraction>, message: &str| Self {
            command_id: command_text(command),
            status,
            actual_value: actual.and_then(|actual| Scalar::ordered(channel, actual)),
            completed_at: status.is_final().then(|| moment(event.wall)),
            endpoint_id: channel.endpoint.0,
            requested_value: Scalar::ordered(channel, value),
            message: message.to_owned(),
            origin: Origin::of(event),
        };
        let steps = match &event.body {
            EventBody::Order(order) => vec![match &order.stage {
                OrderStage::Queued => step(Status::Queued, None, ""),
                OrderStage::Sent => step(Status::Sent, None, ""),
                OrderStage::Blocked(refusal) => step(Status::Blocked, None, &refusal.message),
                OrderStage::Superseded => {
                    step(Status::Failed, None, "a newer command for the same endpoint came first")
                }
            }],
            EventBody::Settled(end) if end.applied => {
                let actual = end.readback.unwrap_or(value);
                vec![step(Status::Acked, None, ""), step(Status::Succeeded, Some(actual), "")]
            }
            EventBody::Settled(end) => vec![step(Status::Failed, end.readback, &end.message)],
            _ => return None,
        };
        Some((command, steps))
    }
}

/// Where an alarm stands, in this dialect's three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmStatus {
    /// Its condition holds.
    Active,
    /// Its condition is gone; nobody has acknowledged it.
    ClearedUnacked,
    /// Over.
    ClearedAcked,
}

impl From<ModelAlarmState> for AlarmStatus {
    fn from(state: ModelAlarmState) -> Self {
        match state {
            ModelAlarmState::Unacked | ModelAlarmState::Acked | ModelAlarmState::Shelved => Self::Active,
            ModelAlarmState::ClearedUnacked => Self::ClearedUnacked,
            ModelAlarmState::Normal => Self::ClearedAcked,
        }
    }
}

/// A change in the life of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename = "alarm", rename_all = "camelCase")]
pub struct Alarm {
    /// This occurrence of it.
    pub alarm_id: u64,
    /// How bad it is.
    pub severity: Severity,
    /// What the rule says.
    pub message: String,
    /// When it came to this. RFC 3339, UTC.
    pub timestamp: String,
    /// Where it stands.
    pub status: AlarmStatus,
    /// The same, more finely.
    pub state: AlarmState,
    /// The rule.
    pub rule_id: String,
    /// Who acknowledged it.
    pub acked_by: Option<String>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

impl Alarm {
    /// An alarm that came to this at a moment.
    pub fn of(notice: &AlarmNotice, at: WallMs, origin: Origin) -> Self {
        Self {
            alarm_id: notice.occurrence,
            severity: notice.severity.into(),
            message: notice.message.clone(),
            timestamp: moment(at),
            status: notice.state.into(),
            state: notice.state.into(),
            rule_id: notice.alarm.to_string(),
            acked_by: notice.acked_by.clone(),
            origin,
        }
    }
}

/// Everything else that is sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Plain<'a> {
    /// The greeting.
    Connected {
        /// The client, for as long as its socket lives.
        #[serde(rename = "clientId")]
        client_id: &'a str,
    },
    /// The answer to a ping.
    Pong,
    /// It is heard from now on.
    Subscribed(Heard<'a>),
    /// It is heard no more.
    Unsubscribed(Heard<'a>),
    /// Something went wrong.
    Error {
        /// A word to match on.
        code: ErrorCode,
        /// What is wrong and what would be right.
        message: &'a str,
    },
}

/// What is heard, or no more.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Heard<'a> {
    /// `telemetry`, `alarms` or `commands`.
    pub channel: &'a str,
    /// Of telemetry: which channels; left out for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_ids: Option<Vec<u32>>,
    /// Of commands: which; left out for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_ids: Option<Vec<String>>,
    /// What was named and is not there; left out where there is all.
    #[serde(skip_serializing_if = "<[&String]>::is_empty")]
    pub unknown: &'a [&'a String],
}

/// How a moment is written: in UTC and always to the millisecond, so that texts sort as moments do. Source: the document's code.
const MOMENT: EncodedConfig =
    Config::DEFAULT.set_time_precision(TimePrecision::Second { decimal_digits: NonZeroU8::new(3) }).encode();

/// A moment as text; empty where it lies outside the years that can be written.
pub fn moment(at: WallMs) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000).ok();
    moment.and_then(|moment| moment.format(&Iso8601::<MOMENT>).ok()).unwrap_or_default()
}

/// A command's number as the UUID that the document shows: version 8 of RFC 9562, whose bits are free to choose.
pub fn command_text(command: CommandId) -> String {
    format!("{:08x}-0000-8000-8000-{:012x}", command.0 >> 48, command.0 & 0xffff_ffff_ffff)
}

/// Reads what [`command_text`] wrote.
pub fn parse_command(text: &str) -> Option<CommandId> {
    let high = u64::from_str_radix(text.get(..8)?, 16).ok()?;
    let low = u64::from_str_radix(text.get(24..)?, 16).ok()?;
    let command = CommandId(high << 48 | low);
    (high < 1 << 16 && command_text(command).eq_ignore_ascii_case(text)).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_sort_as_texts_do() {
        let texts = [0, 10, 11, 100, 1000, 1_766_815_200_000].map(|ms| moment(WallMs(ms)));
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!((texts[5].as_str(), moment(WallMs(i64::MAX))), ("2025-12-27T06:00:00.000Z", String::new()));
    }

    #[test]
    fn a_command_id_reads_back_what_it_wrote_and_nothing_else() {
        for number in [0, 1, 9_000_000_000_042, u64::MAX] {
            assert_eq!(parse_command(&command_text(CommandId(number))), Some(CommandId(number)));
        }
        for bad in [
            "",
            "uuid-1",
            "+0000000-0000-8000-8000-00000000002a",
            "00000000-0000-4000-8000-00000000002a",
            "ääääääääääääääääää",
        ] {
            assert_eq!(parse_command(bad), None, "{bad}");
        }
    }
}
