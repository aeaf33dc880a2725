//! A machine's channels in files.

use std::sync::Arc;

use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, DeviceType, Failsafe,
};
use hearth_actors::model::ids::{ChannelId, EndpointId};
use hearth_actors::model::units::Unit;
use serde::{Deserialize, Serialize};

use super::BadRecord;
use super::mirror::{DeviceRecord, OutputClassRecord, RoleRecord};
use super::number::{self, Number};

/// All channels in configured order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableRecord {
    channels: Vec<ChannelRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ChannelRecord {
    id: String,
    tag: String,
    /// Absent where there is none, as in what was written before channels had numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<u32>,
    /// Absent where it is the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<DeviceRecord>,
    label: String,
    role: Option<RoleRecord>,
    unit: UnitRecord,
    control: Option<ControlRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UnitRecord {
    Celsius,
    Fahrenheit,
    Percent,
    None,
    Other(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ControlRecord {
    shape: ShapeRecord,
    min: Number,
    max: Number,
    step: Number,
    class: OutputClassRecord,
    failsafe: FailsafeRecord,
    stop_value: Option<Number>,
    has_readback: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShapeRecord {
    Slider,
    Toggle { on: Number, off: Number },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FailsafeRecord {
    Value(Number),
    Hold,
}

impl From<&ChannelTable> for TableRecord {
    fn from(table: &ChannelTable) -> Self {
        Self { channels: table.iter().map(|(_, channel)| channel.into()).collect() }
    }
}

impl TryFrom<TableRecord> for Arc<ChannelTable> {
    type Error = BadRecord;

    fn try_from(record: TableRecord) -> Result<Self, BadRecord> {
        let channels: Result<Vec<Channel>, BadRecord> = record.channels.into_iter().map(Channel::try_from).collect();
        Ok(Arc::new(ChannelTable::new(channels?)))
    }
}

impl From<&Channel> for ChannelRecord {
    fn from(channel: &Channel) -> Self {
        Self {
            id: channel.id.as_str().to_owned(),
            tag: channel.tag.clone(),
            endpoint: Some(channel.endpoint.0).filter(|_| channel.endpoint != EndpointId::NONE),
            group: Some(channel.group.clone())
                .filter(|group| group != DeviceType::usual_group(channel.device, &channel.kind)),
            device: channel.device.map(DeviceRecord::from),
            label: channel.label.clone(),
            role: channel.role.map(RoleRecord::from),
            unit: (&channel.unit).into(),
            control: channel.control().map(ControlRecord::from),
        }
    }
}

impl TryFrom<ChannelRecord> for Channel {
    type Error = BadRecord;

    fn try_from(record: ChannelRecord) -> Result<Self, BadRecord> {
        let kind = record.control.map_or(ChannelKind::Sensor, |control| ChannelKind::Control(control.into()));
        let device = record.device.map(DeviceType::from);
        Ok(Self {
            id: ChannelId::parse(&record.id).map_err(BadRecord::new)?,
            tag: record.tag,
            endpoint: record.endpoint.map_or(EndpointId::NONE, EndpointId),
            group: record.group.unwrap_or_else(|| DeviceType::usual_group(device, &kind).to_owned()),
            device,
            label: record.label,
            role: record.role.map(Into::into),
            unit: record.unit.into(),
            kind,
        })
    }
}

impl From<&Unit> for UnitRecord {
    fn from(unit: &Unit) -> Self {
        match unit {
            Unit::Celsius => Self::Celsius,
            Unit::Fahrenheit => Self::Fahrenheit,
            Unit::Percent => Self::Percent,
            Unit::None => Self::None,
            Unit::Other(text) => Self::Other(text.clone()),
        }
    }
}

impl From<UnitRecord> for Unit {
    fn from(record: UnitRecord) -> Self {
        match record {
            UnitRecord::Celsius => Self::Celsius,
            UnitRecord::Fahrenheit => Self::Fahrenheit,
            UnitRecord::Percent => Self::Percent,
            UnitRecord::None => Self::None,
            UnitRecord::Other(text) => Self::Other(text),
        }
    }
}

impl From<&ControlSpec> for ControlRecord {
    fn from(spec: &ControlSpec) -> Self {
        Self {
            shape: match spec.shape {
                ControlShape::Slider => ShapeRecord::Slider,
                ControlShape::Toggle { on, off } => ShapeRecord::Toggle { on: Number(on), off: Number(off) },
            },
            min: Number(spec.min),
            max: Number(spec.max),
            step: Number(spec.step),
            class: spec.class.into(),
            failsafe: match spec.failsafe {
                Failsafe::Value(value) => FailsafeRecord::Value(Number(value)),
                Failsafe::Hold => FailsafeRecord::Hold,
            },
            stop_value: number::out(spec.stop_value),
            has_readback: spec.has_readback,
        }
    }
}

impl From<ControlRecord> for ControlSpec {
    fn from(record: ControlRecord) -> Self {
        Self {
            shape: match record.shape {
                ShapeRecord::Slider => ControlShape::Slider,
                ShapeRecord::Toggle { on, off } => ControlShape::Toggle { on: on.0, off: off.0 },
            },
            min: record.min.0,
            max: record.max.0,
            step: record.step.0,
            class: record.class.into(),
            failsafe: match record.failsafe {
                FailsafeRecord::Value(value) => Failsafe::Value(value.0),
                FailsafeRecord::Hold => Failsafe::Hold,
            },
            stop_value: number::back(record.stop_value),
            // A journal tells what was, not how fast the next order may be.
            max_rise_per_s: None,
            has_readback: record.has_readback,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channels_addresses_read_back_as_they_were() {
        for group in ["motors", "lights", ""] {
            let channel = Channel {
                id: ChannelId::parse("x").unwrap(),
                tag: "servo_01".to_owned(),
                endpoint: EndpointId(52),
                group: group.to_owned(),
                device: Some(DeviceType::Servo),
                label: "X".to_owned(),
                role: None,
                unit: Unit::None,
                kind: ChannelKind::Sensor,
            };
            let written = serde_json::to_string(&ChannelRecord::from(&channel)).unwrap();
            let read: ChannelRecord = serde_json::from_str(&written).unwrap();
            assert_eq!(Channel::try_from(read).unwrap(), channel, "{written}");
        }
    }
}
