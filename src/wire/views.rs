//! Shapes that a frame and an answer share, made from the model's values.

use std::collections::BTreeMap;

use hearth_actors::model::alarm::AlarmNotice;
use hearth_actors::model::channel::{Channel, ChannelTable, ControlShape, ControlSpec, Role};
use hearth_actors::model::command::Settled;
use hearth_actors::model::event::{Lease as ModelLease, Safety as ModelSafety};
use hearth_actors::model::ids::ClientId;
use hearth_actors::model::mark::Mark;
use hearth_actors::model::reading::Reading;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::Fraction;
use schemars::JsonSchema;
use serde::Serialize;

use super::rfc3339;
use super::words::{AlarmState, DeviceType, EventType, SafetyReason, Severity};

/// One reading. Temperatures in °C, rates in °C per minute, a missing value is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LastReading {
    /// Session clock.
    pub timestamp_ms: u64,
    /// Environment temperature.
    pub et: Option<f64>,
    /// Bean temperature.
    pub bt: Option<f64>,
    /// Rate of rise of ET.
    pub et_ror: Option<f64>,
    /// Rate of rise of BT.
    pub bt_ror: Option<f64>,
    /// Every sensor without a role by channel id, internal unit.
    pub extra_channels: BTreeMap<String, Option<f64>>,
}

impl LastReading {
    /// A reading taken at a moment of its session.
    pub fn of(at: SessionMs, reading: &Reading) -> Self {
        let extra =
            reading.channels.iter().filter(|(_, channel)| channel.role.is_none() && channel.control().is_none());
        Self {
            timestamp_ms: at.0,
            et: reading.role(Role::Et),
            bt: reading.role(Role::Bt),
            et_ror: reading.et_ror.map(|rate| rate.0),
            bt_ror: reading.bt_ror.map(|rate| rate.0),
            extra_channels: extra.map(|(i, channel)| (channel.id.to_string(), reading.value(i))).collect(),
        }
    }
}

/// An event of a roast.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoastEvent {
    /// What happened.
    pub event_type: EventType,
    /// When, on the session's clock.
    pub timestamp_ms: u64,
    /// Whether a detector set it.
    pub auto_detected: bool,
    /// Whether it still awaits confirmation.
    pub provisional: bool,
    /// BT at that moment. Unit: °C.
    pub bt_at_event: Option<f64>,
    /// ET at that moment. Unit: °C.
    pub et_at_event: Option<f64>,
}

impl From<&Mark> for RoastEvent {
    fn from(mark: &Mark) -> Self {
        Self {
            event_type: mark.kind.into(),
            timestamp_ms: mark.at.0,
            auto_detected: mark.is_detected(),
            provisional: mark.is_provisional(),
            bt_at_event: mark.bt,
            et_at_event: mark.et,
        }
    }
}

/// One occurrence of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Alarm {
    /// The rule that raised it.
    pub alarm_id: String,
    /// What the rule says.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
    /// When it was raised, on the session's clock.
    pub timestamp_ms: u64,
    /// BT when it was raised. Unit: °C.
    pub bt: Option<f64>,
    /// ET when it was raised. Unit: °C.
    pub et: Option<f64>,
    /// Number of this occurrence, unique in the daemon.
    pub occurrence: u64,
    /// Needs ack and re-arm before it can return to normal.
    pub latched: bool,
    /// Where it stands in its life.
    pub alarm_state: AlarmState,
    /// When it was raised, on the wall. RFC 3339.
    pub raised_at: Option<String>,
    /// Who acknowledged it; `null` while nobody has.
    pub acked_by: Option<String>,
    /// How often its condition came in this occurrence: 1, or more of an alarm that chatters.
    pub count: u32,
    /// The alarm that began the flood in which it came; `null` where it came alone or was the first.
    pub first_cause: Option<String>,
    /// When its shelf ends by itself, while `shelved`. RFC 3339.
    pub shelved_until: Option<String>,
}

impl From<&AlarmNotice> for Alarm {
    fn from(notice: &AlarmNotice) -> Self {
        Self {
            alarm_id: notice.alarm.to_string(),
            message: notice.message.clone(),
            severity: notice.severity.into(),
            timestamp_ms: notice.raised_at.0,
            bt: notice.bt,
            et: notice.et,
            occurrence: notice.occurrence,
            latched: notice.latched,
            alarm_state: notice.state.into(),
            raised_at: notice.raised_wall.and_then(rfc3339),
            acked_by: notice.acked_by.clone(),
            count: notice.count,
            first_cause: notice.first_cause.as_ref().map(ToString::to_string),
            shelved_until: notice.shelf.and_then(|shelf| rfc3339(shelf.until)),
        }
    }
}

/// How a control is operated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ControlType {
    /// Continuous.
    Slider,
    /// Two positions.
    Toggle,
}

/// A control and where it stands. `min`, `max`, `step` in the channel's native unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Control {
    /// Channel id.
    pub id: String,
    /// Shown to people.
    pub label: String,
    /// Unique in the daemon: how other programs address it by text.
    pub tag: String,
    /// Unique in the daemon and never another: how other programs address it by number.
    pub endpoint_id: u32,
    /// What it is shown among, such as `motors` or `lights`.
    pub group: String,
    /// What hangs on it, if other programs treat it in their own way.
    pub device_type: Option<DeviceType>,
    /// Native value at 0.
    pub min: f64,
    /// Native value at 1.
    pub max: f64,
    /// Grid counted from `min`; 0 means none.
    pub step: f64,
    /// Native unit; empty where there is none.
    pub unit: String,
    /// Slider or toggle.
    #[serde(rename = "type")]
    pub kind: ControlType,
    /// What was last applied, 0 to 1; `null` until something was.
    pub value: Option<f64>,
    /// Whether the configuration offers it for operation. Whether it can be reached now is told by `connection`.
    pub enabled: bool,
}

/// All controls of a machine, with what was last applied to each.
pub fn controls(channels: &ChannelTable, applied: &BTreeMap<usize, Fraction>) -> Vec<Control> {
    let control = |(index, channel, spec): (usize, &Channel, &ControlSpec)| Control {
        id: channel.id.to_string(),
        label: channel.label.clone(),
        tag: channel.tag.clone(),
        endpoint_id: channel.endpoint.0,
        group: channel.group.clone(),
        device_type: channel.device.map(DeviceType::from),
        min: spec.min,
        max: spec.max,
        step: spec.step,
        unit: channel.unit.to_string(),
        kind: match spec.shape {
            ControlShape::Slider => ControlType::Slider,
            ControlShape::Toggle { .. } => ControlType::Toggle,
        },
        value: applied.get(&index).map(|value| value.get()),
        enabled: true,
    };
    channels.controls().map(control).collect()
}

/// Whether outputs are latched safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Safety {
    /// Whether they are.
    pub latched: bool,
    /// Why; `null` when they are not.
    pub reason: Option<SafetyReason>,
    /// Since when. RFC 3339.
    pub since: Option<String>,
    /// Ids of the channels concerned.
    pub channels: Vec<String>,
}

impl Safety {
    /// The model's indices, named by the table they belong to.
    pub fn of(safety: &ModelSafety, channels: &ChannelTable) -> Self {
        let name = |&index: &usize| channels.get(index).map(|channel| channel.id.to_string());
        Self {
            latched: safety.latched.is_some(),
            reason: safety.latched.map(Into::into),
            since: safety.since.and_then(rfc3339),
            channels: safety.channels.iter().filter_map(name).collect(),
        }
    }
}

/// A client and the name it gave itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Person {
    /// Its id across reconnects.
    pub client_id: String,
    /// Its name.
    pub name: String,
}

/// Who may steer the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Lease {
    /// Who holds it; `null` while everybody may steer.
    pub holder: Option<Person>,
    /// Whether the holder is the one who asks.
    pub yours: bool,
    /// Time until the grace of a holder that lost its socket ends; `null` while it has one.
    pub expires_in_ms: Option<u64>,
}

impl Lease {
    /// The lease as `viewer` sees it at `now`; a viewer without an id is never the holder.
    pub fn of(lease: &ModelLease, viewer: Option<&ClientId>, now: WallMs) -> Self {
        let left = |expires: WallMs| u64::try_from(expires.0.saturating_sub(now.0)).unwrap_or(0);
        Self {
            holder: lease.holder.as_ref().map(|(id, name)| Person { client_id: id.to_string(), name: name.clone() }),
            yours: viewer.is_some_and(|viewer| lease.holder.as_ref().is_some_and(|(id, _)| id == viewer)),
            expires_in_ms: lease.expires.map(left),
        }
    }
}

/// How an order to a control ended. The frame `control_ack` without what is about the stream.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ControlAck {
    /// Channel id as asked for.
    pub channel: String,
    /// What was asked for, 0 to 1.
    pub value: f64,
    /// Whether the device confirmed it.
    pub applied: bool,
    /// Why not, or empty.
    pub message: String,
    /// Which command; absent where none was made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub command_id: Option<u64>,
    /// Whose hand: a client's name, `rest`, `replay`, `interlock` or `failsafe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub by: Option<String>,
    /// What the device read back, 0 to 1; absent where the channel has no read-back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub readback: Option<f64>,
    /// From order to confirmation. Unit: ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub latency_ms: Option<u64>,
    /// The sender's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub request_id: Option<String>,
}

impl ControlAck {
    /// A settled order; its channel is named by the table it belongs to.
    pub fn of(settled: &Settled, channels: &ChannelTable) -> Self {
        Self {
            channel: channels.get(settled.channel).map_or_else(String::new, |channel| channel.id.to_string()),
            value: settled.value.get(),
            applied: settled.applied,
            message: settled.message.clone(),
            command_id: Some(settled.command.0),
            by: Some(settled.by.label().to_owned()),
            readback: settled.readback.map(Fraction::get),
            latency_ms: Some(settled.latency_ms),
            request_id: settled.request_id.clone(),
        }
    }
}

/// The last reading of a snapshot, if one was taken.
pub fn last_reading(snapshot: &Snapshot) -> Option<LastReading> {
    snapshot.last_reading.as_ref().map(|(at, reading)| LastReading::of(*at, reading))
}
