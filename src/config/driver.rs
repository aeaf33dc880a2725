//! The `driver` object of a machine: one variant per way to talk to hardware.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::faults::Faults;
use super::modbus::ModbusConfig;
use super::parse::parse_leniently;
use super::simulator::SimulatorConfig;

/// What `type` may be, in the order in which people are told.
const TYPES: [&str; 4] = ["simulator", "modbus_tcp", "modbus_rtu", "modbus_rtu_over_tcp"];

/// How a machine is talked to.
#[derive(Debug, Clone, PartialEq)]
pub enum DriverConfig {
    /// Not at all: it is simulated.
    Simulator(SimulatorConfig),
    /// Over Modbus.
    Modbus(ModbusConfig),
}

impl DriverConfig {
    /// Reads a `driver` object, with pointers relative to it. The variant is chosen here and not by serde, which would lose
    /// the places of faults inside it.
    pub(super) fn parse_leniently(document: Value) -> (Option<Self>, Faults) {
        let mut faults = Faults::new();
        let Value::Object(mut members) = document else {
            faults.add("", Self::expected());
            return (None, faults);
        };
        let chosen = match members.remove("type") {
            Some(Value::String(chosen)) => chosen,
            Some(_) => {
                faults.add("/type", format!("expected a text, one of {}", TYPES.join(", ")));
                return (None, faults);
            }
            None => {
                faults.add("/type", format!("is missing: expected one of {}", TYPES.join(", ")));
                return (None, faults);
            }
        };
        let rest = Value::Object(members);
        let modbus = |link: Option<ModbusConfig>| link.map(Self::Modbus);
        match chosen.as_str() {
            "simulator" => {
                let (config, faults) = parse_leniently(rest);
                (config.map(Self::Simulator), faults)
            }
            "modbus_tcp" => {
                let (link, faults) = parse_leniently(rest);
                (modbus(link.map(ModbusConfig::ModbusTcp)), faults)
            }
            "modbus_rtu" => {
                let (link, faults) = parse_leniently(rest);
                (modbus(link.map(ModbusConfig::ModbusRtu)), faults)
            }
            "modbus_rtu_over_tcp" => {
                let (link, faults) = parse_leniently(rest);
                (modbus(link.map(ModbusConfig::ModbusRtuOverTcp)), faults)
            }
            _ => {
                faults.add("/type", format!("`{chosen}` is not known here; use one of {}", TYPES.join(", ")));
                (None, faults)
            }
        }
    }

    /// What a `driver` has to be, in words.
    pub(super) fn expected() -> String {
        format!("expected a table with a type, one of {}", TYPES.join(", "))
    }

    /// Adds every fault of the `driver` object that stands at `pointer`.
    pub(super) fn check(&self, pointer: &str, faults: &mut Faults) {
        match self {
            Self::Simulator(config) => config.check(pointer, faults),
            Self::Modbus(config) => config.check(pointer, faults),
        }
    }

    /// How much faster than real time the machine's clock runs.
    pub fn clock_speed(&self) -> f64 {
        match self {
            Self::Simulator(config) => config.speed,
            Self::Modbus(_) => 1.0,
        }
    }
}

impl Serialize for DriverConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Tagged<'a> {
            Simulator(&'a SimulatorConfig),
        }
        match self {
            Self::Simulator(config) => Tagged::Simulator(config).serialize(serializer),
            Self::Modbus(config) => config.serialize(serializer),
        }
    }
}
