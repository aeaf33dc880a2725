//! One channel of a machine as it is written, and how it becomes the heart's [`Channel`].

use std::borrow::Cow;
use std::fmt;

use hearth_actors::model::channel::{Channel, ChannelKind, DeviceType, OutputClass, Role};
use hearth_actors::model::ids::{ChannelId, EndpointId};
use hearth_actors::model::units::Unit;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::address::DeviceConfig;
use super::driver::DriverConfig;
use super::faults::Faults;
use super::modbus::{Source, Usage};
use super::parse::child;

/// Longest unit of one's own, so that it fits beside a value on a screen.
const UNIT_CHARS_MAX: usize = 16;

/// One sensor or control, as written. Values are in the channel's native unit.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// Unique in its machine.
    pub id: String,
    /// Shown to people; the id in words where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Unique in the daemon; `<machine>.<channel>` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Unique in the daemon, 1 to 2147483647; where absent the one that it has, or the next free one from 1000 on, for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub endpoint_id: Option<u32>,
    /// What it is shown among; `motors` for motor and servo, `controls` or `sensors` for the rest where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What hangs on it, where other programs treat such a thing in their own way. It bounds the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<DeviceConfig>,
    /// What it means to a roast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleConfig>,
    /// Sensor or control; a simulator knows it by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindConfig>,
    /// Slider or toggle; a control on a coil is a toggle where absent, any other a slider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<ShapeConfig>,
    /// `celsius`, `fahrenheit`, `percent` or any other word, shown as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What the output does to the world; `other` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassConfig>,
    /// Value at the slider's lower end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Value at the slider's upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Grid of the slider, 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// What a toggle writes when on; 1 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_value: Option<f64>,
    /// What a toggle writes when off; 0 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_value: Option<f64>,
    /// Value when nobody is in charge; off for heat and hold for the rest where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failsafe: Option<FailsafeConfig>,
    /// Value that STOP writes, where it is not the fail-safe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_value: Option<f64>,
    /// How fast an order may raise it, per second; at once where absent. Falling, STOP and fail-safes are always at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rise_per_s: Option<f64>,
    /// Where it is read, and for a control written (Modbus).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// For a control: where the device shows what it really does (Modbus).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readback: Option<Source>,
}

/// What a sensor means to a roast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleConfig {
    /// Bean temperature.
    Bt,
    /// Environment temperature.
    Et,
}

/// Whether a channel is read or also written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ChannelKindConfig")]
pub enum KindConfig {
    /// Read only.
    Sensor,
    /// Written.
    Control,
}

/// How a control is operated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShapeConfig {
    /// Continuous.
    Slider,
    /// Two positions.
    Toggle,
}

/// What an output does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassConfig {
    /// Burner, heater.
    Heat,
    /// Drum, motor.
    Motion,
    /// Airflow.
    Air,
    /// Cooling.
    Cool,
    /// Anything else.
    Other,
}

impl ClassConfig {
    pub(super) fn to_model(self) -> OutputClass {
        match self {
            Self::Heat => OutputClass::Heat,
            Self::Motion => OutputClass::Motion,
            Self::Air => OutputClass::Air,
            Self::Cool => OutputClass::Cool,
            Self::Other => OutputClass::Other,
        }
    }
}

/// A native value, or the word `hold`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailsafeConfig {
    /// This value.
    Value(f64),
    /// What it has now.
    Hold,
}

impl Serialize for FailsafeConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => serializer.serialize_f64(*value),
            Self::Hold => serializer.serialize_str("hold"),
        }
    }
}

impl JsonSchema for FailsafeConfig {
    fn schema_name() -> Cow<'static, str> {
        "FailsafeConfig".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "A native value, or the word `hold`.", "oneOf": [{"type": "number"}, {"const": "hold"}]})
    }
}

impl<'de> Deserialize<'de> for FailsafeConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrHold;
        impl Visitor<'_> for NumberOrHold {
            type Value = FailsafeConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or \"hold\"")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<FailsafeConfig, E> {
                Ok(FailsafeConfig::Value(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<FailsafeConfig, E> {
                Ok(FailsafeConfig::Value(value as f64))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<FailsafeConfig, E> {
                Ok(FailsafeConfig::Value(value as f64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<FailsafeConfig, E> {
                if text == "hold" {
                    Ok(FailsafeConfig::Hold)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }
        }
        deserializer.deserialize_any(NumberOrHold)
    }
}

impl ChannelConfig {
    /// The channel for the heart. `known` is what a simulator knows of it.
    ///
    /// `None` only when its id is unusable; any other fault leaves a channel that rules can refer to.
    pub(super) fn to_channel(
        &self,
        machine: &str,
        driver: Option<&DriverConfig>,
        known: Option<&Channel>,
        pointer: &str,
        faults: &mut Faults,
    ) -> Option<Channel> {
        let id = ChannelId::parse(&self.id).map_err(|bad| faults.add(child(pointer, "id"), bad.to_string())).ok();
        let role = self.role.map(RoleConfig::to_model).or(known.and_then(|k| k.role));
        let unit = self.to_unit(role, known, pointer, faults);
        let kind = match self.kind_or(known, pointer, faults) {
            KindConfig::Sensor => {
                self.check_is_no_control(pointer, faults);
                ChannelKind::Sensor
            }
            KindConfig::Control => {
                let known = known.and_then(Channel::control);
                ChannelKind::Control(self.to_control(&unit, known, pointer, faults))
            }
        };
        self.check_addresses(pointer, faults);
        let tag = self.tag_in(machine);
        let label = self.label.clone().or(known.map(|k| k.label.clone())).unwrap_or_else(|| in_words(&self.id));
        let device = self.device_type.map(DeviceConfig::to_model);
        let group = self.group.clone().unwrap_or_else(|| DeviceType::usual_group(device, &kind).to_owned());
        let endpoint = self.endpoint_id.map_or(EndpointId::NONE, EndpointId);
        let channel = Channel { id: id?, tag, endpoint, group, device, label, role, unit, kind };
        super::address::check_device(&channel, &child(pointer, "device_type"), faults);
        self.check_source(&channel, driver, pointer, faults);
        Some(channel)
    }

    fn kind_or(&self, known: Option<&Channel>, pointer: &str, faults: &mut Faults) -> KindConfig {
        let known = known.map(|k| if k.control().is_some() { KindConfig::Control } else { KindConfig::Sensor });
        match (self.kind, known) {
            (Some(KindConfig::Control), Some(KindConfig::Sensor)) => {
                faults.add(child(pointer, "kind"), "the simulator has this channel as a sensor");
                KindConfig::Sensor
            }
            (Some(KindConfig::Sensor), Some(KindConfig::Control)) => {
                faults.add(child(pointer, "kind"), "the simulator has this channel as a control");
                KindConfig::Control
            }
            (Some(kind), _) | (None, Some(kind)) => kind,
            (None, None) => {
                faults.add(child(pointer, "kind"), "is missing: expected sensor or control");
                KindConfig::Sensor
            }
        }
    }

    fn to_unit(&self, role: Option<Role>, known: Option<&Channel>, pointer: &str, faults: &mut Faults) -> Unit {
        let Some(text) = &self.unit else {
            return match (known, role) {
                (Some(known), _) => known.unit.clone(),
                (None, Some(_)) => Unit::Celsius,
                (None, None) if self.is_bare_slider() => Unit::Percent,
                (None, None) => Unit::None,
            };
        };
        let unit = read_unit(text).and_then(|unit| match role {
            Some(_) if !unit.is_temperature() => {
                Err("a channel with a role is a temperature: use celsius or fahrenheit".to_owned())
            }
            Some(_) | None => Ok(unit),
        });
        unit.unwrap_or_else(|detail| {
            faults.add(child(pointer, "unit"), detail);
            Unit::None
        })
    }

    /// Whether this is a slider of which neither unit nor range is said: then it goes from 0 to 100 percent.
    fn is_bare_slider(&self) -> bool {
        self.kind == Some(KindConfig::Control)
            && self.shape(None) == ShapeConfig::Slider
            && self.min.is_none()
            && self.max.is_none()
    }

    fn check_is_no_control(&self, pointer: &str, faults: &mut Faults) {
        let given = [
            ("control", self.control.is_some()),
            ("class", self.class.is_some()),
            ("min", self.min.is_some()),
            ("max", self.max.is_some()),
            ("step", self.step.is_some()),
            ("on_value", self.on_value.is_some()),
            ("off_value", self.off_value.is_some()),
            ("failsafe", self.failsafe.is_some()),
            ("stop_value", self.stop_value.is_some()),
            ("max_rise_per_s", self.max_rise_per_s.is_some()),
            ("readback", self.readback.is_some()),
        ];
        for (key, _) in given.iter().filter(|(_, is_given)| *is_given) {
            faults.add(child(pointer, key), "only a control has it: remove it or make this a control");
        }
    }

    fn check_source(&self, channel: &Channel, driver: Option<&DriverConfig>, pointer: &str, faults: &mut Faults) {
        match driver {
            None => {}
            Some(driver @ (DriverConfig::Simulator(_) | DriverConfig::Push(_))) => {
                if matches!(driver, DriverConfig::Push(_)) && self.max_rise_per_s.is_some() {
                    faults
                        .add(child(pointer, "max_rise_per_s"), "its controller sets it at its own pace: leave it out");
                }
                for (key, given) in [("source", &self.source), ("readback", &self.readback)] {
                    if given.is_some() {
                        faults.add(child(pointer, key), "only a Modbus machine has registers: remove it");
                    }
                }
            }
            Some(DriverConfig::Modbus(link)) => {
                let written = channel.control().map(super::control::written_values);
                let usage = written.as_deref().map_or(Usage::Read, Usage::Write);
                match &self.source {
                    Some(source) => source.check(&child(pointer, "source"), link, usage, faults),
                    None => faults.add(child(pointer, "source"), "is missing: say which register holds the value"),
                }
                if let (Some(readback), true) = (&self.readback, channel.control().is_some()) {
                    readback.check(&child(pointer, "readback"), link, Usage::Read, faults);
                }
            }
        }
    }
}

impl RoleConfig {
    fn to_model(self) -> Role {
        match self {
            Self::Bt => Role::Bt,
            Self::Et => Role::Et,
        }
    }
}

/// Reads a unit. Spellings that look like a known unit are refused: taken as a mere word, `°F` would never be converted.
fn read_unit(text: &str) -> Result<Unit, String> {
    let lookalike = text.trim().trim_start_matches('°').to_lowercase();
    match text {
        "celsius" => Ok(Unit::Celsius),
        "fahrenheit" => Ok(Unit::Fahrenheit),
        "percent" => Ok(Unit::Percent),
        "" => Ok(Unit::None),
        _ => match lookalike.as_str() {
            "c" | "celsius" | "℃" => Err("write celsius".to_owned()),
            "f" | "fahrenheit" | "℉" => Err("write fahrenheit".to_owned()),
            "%" | "percent" => Err("write percent".to_owned()),
            _ if text.chars().count() > UNIT_CHARS_MAX || text.chars().any(char::is_control) => {
                Err(format!("use celsius, fahrenheit, percent or a word of at most {UNIT_CHARS_MAX} characters"))
            }
            _ => Ok(Unit::Other(text.to_owned())),
        },
    }
}

/// An id as a label: `inlet_air` becomes `Inlet air`; what is as short as `bt` is an abbreviation.
pub(super) fn in_words(id: &str) -> String {
    if id.len() <= 2 {
        return id.to_uppercase();
    }
    let mut letters = id.replace(['_', '-', '.'], " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    letters.into_iter().collect()
}
