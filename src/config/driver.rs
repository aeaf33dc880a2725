//! The `driver` object of a machine: one variant per way to talk to hardware.

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::faults::Faults;
use super::modbus::ModbusConfig;
use super::parse::{locate, located, located_tag};
use super::push::PushConfig;
use super::simulator::SimulatorConfig;

/// What `type` may be, in the order in which people are told.
const TYPES: [&str; 5] = ["simulator", "modbus_tcp", "modbus_rtu", "modbus_rtu_over_tcp", "push"];

/// How a machine is talked to.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum DriverConfig {
    /// Not at all: it is simulated.
    #[schemars(with = "Tagged<'static>")]
    Simulator(SimulatorConfig),
    /// Over Modbus.
    Modbus(ModbusConfig),
    /// By a remote controller that sends its readings itself.
    #[schemars(with = "TaggedPush<'static>")]
    Push(PushConfig),
}

impl DriverConfig {
    /// Adds every fault of the `driver` object that stands at `pointer`.
    pub(super) fn check(&self, pointer: &str, faults: &mut Faults) {
        match self {
            Self::Simulator(config) => config.check(pointer, faults),
            Self::Modbus(config) => config.check(pointer, faults),
            Self::Push(config) => config.check(pointer, faults),
        }
    }

    /// How much faster than real time the machine's clock runs.
    pub fn clock_speed(&self) -> f64 {
        match self {
            Self::Simulator(config) => config.speed,
            Self::Modbus(_) | Self::Push(_) => 1.0,
        }
    }
}

/// A variant that carries no `type` of its own, with it.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "SimulatorDriverConfig")]
enum Tagged<'a> {
    Simulator(&'a SimulatorConfig),
}

/// The same, for the other one.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "PushDriverConfig")]
enum TaggedPush<'a> {
    Push(&'a PushConfig),
}

impl Serialize for DriverConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Simulator(config) => Tagged::Simulator(config).serialize(serializer),
            Self::Modbus(config) => config.serialize(serializer),
            Self::Push(config) => TaggedPush::Push(config).serialize(serializer),
        }
    }
}

/// Chooses the variant by hand: serde would buffer the object and lose where in it a fault stands.
impl<'de> Deserialize<'de> for DriverConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        let chosen = match members.remove("type") {
            Some(Value::String(chosen)) => chosen,
            Some(other) => return Err(unknown(&other.to_string())),
            None => return Err(D::Error::custom(located_tag("", "missing field `type`"))),
        };
        match chosen.as_str() {
            "simulator" => read(members).map(Self::Simulator),
            "push" => read(members).map(Self::Push),
            "modbus_tcp" => read(members).map(ModbusConfig::ModbusTcp).map(Self::Modbus),
            "modbus_rtu" => read(members).map(ModbusConfig::ModbusRtu).map(Self::Modbus),
            "modbus_rtu_over_tcp" => read(members).map(ModbusConfig::ModbusRtuOverTcp).map(Self::Modbus),
            _ => Err(unknown(&chosen)),
        }
    }
}

/// In serde's own words, so that they are put plainly like any other.
fn unknown<E: Error>(chosen: &str) -> E {
    let known = TYPES.map(|known| format!("`{known}`")).join(", ");
    E::custom(located_tag("/type", &format!("unknown variant `{chosen}`, expected one of {known}")))
}

fn read<T: DeserializeOwned, E: Error>(members: Map<String, Value>) -> Result<T, E> {
    let members = Value::Object(members);
    serde_path_to_error::deserialize(&members).map_err(|error| {
        let (pointer, message) = locate(&error, &members);
        E::custom(located(&pointer, &message))
    })
}
