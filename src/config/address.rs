//! How channels are addressed from outside: tag, endpoint id, group and kind of device.

use hearth_actors::model::channel::{Channel, ChannelKind, ChannelTable, ControlShape, DeviceType};
use hearth_actors::model::ids::EndpointId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::channel::ChannelConfig;
use super::driver::DriverConfig;
use super::faults::Faults;
use super::machine::MachineConfig;
use super::parse::child;
use super::simulator::known_channels;

/// Longest tag. A bound against nonsense; addresses of other dialects are far shorter.
const TAG_CHARS_MAX: usize = 128;

/// Longest name of a group, so that it fits above a list.
const GROUP_CHARS_MAX: usize = 32;

/// What a motor's driver stage takes.
const MOTOR_MAX: f64 = 255.0;

/// How far a servo turns. Unit: degrees.
const SERVO_MAX: f64 = 180.0;

/// What hangs on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DeviceTypeConfig")]
pub enum DeviceConfig {
    /// A slider within 0 to 255.
    Motor,
    /// A slider within 0 to 180.
    Servo,
    /// A toggle.
    Valve,
    /// A sensor in celsius or fahrenheit.
    TemperatureSensor,
}

impl DeviceConfig {
    pub(super) fn to_model(self) -> DeviceType {
        match self {
            Self::Motor => DeviceType::Motor,
            Self::Servo => DeviceType::Servo,
            Self::Valve => DeviceType::Valve,
            Self::TemperatureSensor => DeviceType::TemperatureSensor,
        }
    }

    fn of(device: DeviceType) -> Self {
        match device {
            DeviceType::Motor => Self::Motor,
            DeviceType::Servo => Self::Servo,
            DeviceType::Valve => Self::Valve,
            DeviceType::TemperatureSensor => Self::TemperatureSensor,
        }
    }
}

impl ChannelConfig {
    /// How it is addressed by text.
    pub(super) fn tag_in(&self, machine: &str) -> String {
        self.tag.clone().unwrap_or_else(|| usual_tag(machine, &self.id))
    }

    pub(super) fn check_addresses(&self, pointer: &str, faults: &mut Faults) {
        let is_usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '/');
        let is_tag = |tag: &String| !tag.is_empty() && tag.len() <= TAG_CHARS_MAX && tag.chars().all(is_usable);
        if !self.tag.as_ref().is_none_or(is_tag) {
            faults.add(child(pointer, "tag"), format!("use 1 to {TAG_CHARS_MAX} letters, digits or _ . - : /"));
        }
        if !self.endpoint_id.is_none_or(|id| EndpointId(id).is_usable()) {
            let detail = format!("use 1 to {}, or leave it out to be given one", EndpointId::MAX);
            faults.add(child(pointer, "endpoint_id"), detail);
        }
        let is_group = |group: &String| {
            let in_words = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
            !group.is_empty() && group.len() <= GROUP_CHARS_MAX && group.chars().all(in_words)
        };
        if !self.group.as_ref().is_none_or(is_group) {
            let usual = "motors, lights, cameras, sensors, controls";
            let detail = format!("use {usual} or a word of up to {GROUP_CHARS_MAX} of a-z, 0-9, _ and -");
            faults.add(child(pointer, "group"), detail);
        }
    }
}

/// The tag of a channel that names none.
pub(super) fn usual_tag(machine: &str, channel: &str) -> String {
    format!("{machine}.{channel}")
}

/// A device must be what programs that know such devices take it for.
pub(super) fn check_device(channel: &Channel, pointer: &str, faults: &mut Faults) {
    let Some(device) = channel.device else { return };
    let slides_within = |most: f64| match &channel.kind {
        ChannelKind::Control(control) => {
            control.shape == ControlShape::Slider && control.min >= 0.0 && control.max <= most
        }
        ChannelKind::Sensor => false,
    };
    let (fits, must_be) = match device {
        DeviceType::Motor => (slides_within(MOTOR_MAX), "a motor must be a slider with min and max within 0 to 255"),
        DeviceType::Servo => (slides_within(SERVO_MAX), "a servo must be a slider with min and max within 0 to 180"),
        DeviceType::Valve => {
            let is_toggle = channel.control().is_some_and(|c| matches!(c.shape, ControlShape::Toggle { .. }));
            (is_toggle, "a valve must be a control that is a toggle")
        }
        DeviceType::TemperatureSensor => {
            let is_thermometer = channel.control().is_none() && channel.unit.is_temperature();
            (is_thermometer, "a temperature_sensor must be a sensor in celsius or fahrenheit")
        }
    };
    if !fits {
        faults.add(pointer, must_be);
    }
}

/// Within one machine no tag and no endpoint id stands twice, whether a tag is written down or the usual one.
pub(super) fn check_each_is_unique(machine: &MachineConfig, faults: &mut Faults) {
    let channels = &machine.channels;
    for (i, channel) in channels.iter().enumerate() {
        let tag = channel.tag_in(&machine.id);
        // Two usual tags are the same where the ids are, which is told as that.
        let has_it = |c: &ChannelConfig| (c.tag.is_some() || channel.tag.is_some()) && c.tag_in(&machine.id) == tag;
        if let Some(first) = channels[..i].iter().position(has_it) {
            let key = if channel.tag.is_some() { "tag" } else { "id" };
            faults.add(format!("/channels/{i}/{key}"), format!("`{tag}` is taken by channels[{first}]: use another"));
        }
        let Some(id) = channel.endpoint_id else { continue };
        if let Some(first) = channels[..i].iter().position(|c| c.endpoint_id == Some(id)) {
            let detail = format!("{id} is taken by channels[{first}]: use another");
            faults.add(format!("/channels/{i}/endpoint_id"), detail);
        }
    }
}

impl MachineConfig {
    /// How each channel is addressed by text, with its place in the document.
    pub fn tags(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let written = self.channels.iter().enumerate().map(|(i, channel)| {
            let key = if channel.tag.is_some() { "tag" } else { "id" };
            (format!("/channels/{i}/{key}"), channel.tag_in(&self.id))
        });
        let brought = match &self.driver {
            DriverConfig::Simulator(simulator) if self.channels.is_empty() => known_channels(simulator.model),
            DriverConfig::Simulator(_) | DriverConfig::Modbus(_) | DriverConfig::Push(_) => Vec::new(),
        };
        let brought = brought.into_iter().map(|channel| ("/id".to_owned(), usual_tag(&self.id, channel.id.as_str())));
        written.chain(brought)
    }

    /// The endpoint ids that are written down, with their place in the document.
    pub fn endpoint_ids(&self) -> impl Iterator<Item = (String, u32)> + '_ {
        let channels = self.channels.iter().enumerate();
        channels.filter_map(|(i, channel)| Some((format!("/channels/{i}/endpoint_id"), channel.endpoint_id?)))
    }

    /// The same document with every channel's address written out, as it is in a running machine's table.
    pub fn addressed(mut self, channels: &ChannelTable) -> Self {
        if self.channels.is_empty() {
            let named = |(_, channel): (usize, &Channel)| ChannelConfig {
                id: channel.id.to_string(),
                label: Some(channel.label.clone()),
                unit: Some(channel.unit.to_string()),
                ..ChannelConfig::default()
            };
            self.channels = channels.iter().map(named).collect();
        }
        for channel in &mut self.channels {
            let Some(known) = channels.find(&channel.id).and_then(|index| channels.get(index)) else { continue };
            channel.tag.get_or_insert_with(|| known.tag.clone());
            channel.group.get_or_insert_with(|| known.group.clone());
            channel.device_type = channel.device_type.or(known.device.map(DeviceConfig::of));
            let number = Some(known.endpoint.0).filter(|_| known.endpoint != EndpointId::NONE);
            channel.endpoint_id = channel.endpoint_id.or(number);
        }
        self
    }
}

#[cfg(test)]
mod tests;
