//! A channel as a panel knows it: a device with one value.

use std::collections::BTreeMap;

use hearth_actors::model::channel::{Channel, ChannelKind, ControlShape, ControlSpec, DeviceType};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::WallMs;
use hearth_actors::model::units::Fraction;
use schemars::JsonSchema;
use serde::Serialize;

/// Numbers are told to the millionth.
const DIGITS: f64 = 1e6;

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Has a `speed`, 0 to 255.
    Motor,
    /// Has an `angle`, 0 to 180 degrees.
    Servo,
    /// Is open or not.
    Valve,
    /// Is read only.
    TemperatureSensor,
    /// Any other control.
    Control,
    /// Any other sensor.
    Sensor,
}

/// A value of a device, in the channel's native unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Amount {
    /// Open or on.
    Flag(bool),
    /// A speed or an angle.
    Whole(i64),
    /// Anything else.
    Number(f64),
}

/// The state of a device: its one value by its name; `null` while it is unknown.
pub type State = BTreeMap<&'static str, Option<Amount>>;

/// Whether a device can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Its machine is connected, and it says what it should.
    Online,
    /// It is not, or it does not.
    Error,
}

/// How a device stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Status {
    /// The channel's tag.
    pub device_id: String,
    /// What it is.
    pub device_type: DeviceKind,
    /// Whether it can be reached.
    pub status: Presence,
    /// What it last said, in its native unit; `null` where it says nothing.
    pub current_value: Option<Amount>,
    /// When its machine last said anything. Unit: seconds since 1970.
    pub last_updated: Option<f64>,
    /// The machine it belongs to.
    pub machine_id: String,
    /// Position in the machine's stream up to which this holds.
    pub seq: Option<u64>,
}

impl DeviceKind {
    /// What a channel is to a panel.
    pub fn of(channel: &Channel) -> Self {
        match (&channel.kind, channel.device) {
            (ChannelKind::Sensor, Some(DeviceType::TemperatureSensor)) => Self::TemperatureSensor,
            (ChannelKind::Sensor, _) => Self::Sensor,
            (ChannelKind::Control(_), Some(DeviceType::Motor)) => Self::Motor,
            (ChannelKind::Control(_), Some(DeviceType::Servo)) => Self::Servo,
            (ChannelKind::Control(_), Some(DeviceType::Valve)) => Self::Valve,
            (ChannelKind::Control(_), Some(DeviceType::TemperatureSensor) | None) => Self::Control,
        }
    }

    /// Name of its value in a state. A valve is told by another name than it is set by: so its known clients expect it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Motor => "speed",
            Self::Servo => "angle",
            Self::Valve | Self::TemperatureSensor | Self::Control | Self::Sensor => "value",
        }
    }

    /// The state with this value.
    pub fn state(self, value: Option<Amount>) -> State {
        State::from([(self.field(), value)])
    }
}

impl Amount {
    /// A number without what its way through other units has added to it, which would look like a change.
    fn number(native: f64) -> Self {
        Self::Number((native * DIGITS).round() / DIGITS)
    }
}

/// What a control with this share shows.
pub fn of_control(channel: &Channel, spec: &ControlSpec, share: Fraction) -> Amount {
    let native = spec.to_native(share);
    match (DeviceKind::of(channel), spec.shape) {
        (_, ControlShape::Toggle { on, .. }) => Amount::Flag(native == on),
        (DeviceKind::Motor | DeviceKind::Servo, ControlShape::Slider) => Amount::Whole(native.round() as i64),
        (_, ControlShape::Slider) => Amount::number(native),
    }
}

/// What a sensor with this reading shows. `internal` is in internal units.
pub fn of_sensor(channel: &Channel, internal: f64) -> Amount {
    Amount::number(channel.unit.outward(internal))
}

/// What the channel at an index shows.
pub fn value(machine: &Snapshot, index: usize, channel: &Channel) -> Option<Amount> {
    match channel.control() {
        Some(spec) => machine.applied.get(&index).map(|share| of_control(channel, spec, *share)),
        None => {
            let (_, reading) = machine.last_reading.as_ref()?;
            Some(of_sensor(channel, reading.value(index)?))
        }
    }
}

/// How each device of a machine stands.
pub fn statuses(machine: &Snapshot) -> impl Iterator<Item = Status> + '_ {
    machine.channels.iter().map(|(index, channel)| status(machine, index, channel))
}

fn status(machine: &Snapshot, index: usize, channel: &Channel) -> Status {
    let reached = machine.connection.state == DriverState::Connected;
    let current_value = value(machine, index, channel).filter(|_| reached || channel.control().is_some());
    Status {
        device_id: channel.tag.clone(),
        device_type: DeviceKind::of(channel),
        status: if reached && current_value.is_some() { Presence::Online } else { Presence::Error },
        current_value,
        last_updated: machine.heard.map(seconds),
        machine_id: machine.machine.to_string(),
        seq: machine.seq.map(|seq| seq.0),
    }
}

/// A moment as this dialect tells it: seconds since 1970, with their fraction.
pub fn seconds(at: WallMs) -> f64 {
    at.0 as f64 / 1000.0
}
