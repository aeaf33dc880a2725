//! The only list of drivers.

pub mod modbus;
pub mod push;
pub mod simulated;

use std::sync::Arc;

use hearth_actors::driver::DriverFactory;
use hearth_actors::model::ids::MachineId;
use hearth_actors::registry::Definition;

use crate::config::driver::DriverConfig;
use crate::config::faults::Faults;
use crate::config::machine::MachineConfig;
use crate::config::modbus::ModbusConfig;
use modbus::bus::BusDirectory;
use modbus::probe::Probe;
use push::Inboxes;

/// Makes machines' drivers from their configurations; holds what drivers share. Cheap to clone.
#[derive(Clone, Default)]
pub struct Workshop {
    buses: BusDirectory,
    /// Where remote controllers and the drivers of their machines meet.
    pub inboxes: Inboxes,
}

impl Workshop {
    /// What the registry needs to run a machine.
    ///
    /// # Errors
    /// Every fault of the configuration, with its place.
    pub fn definition(&self, config: &MachineConfig) -> Result<Definition, Faults> {
        let spec = Arc::new(config.to_spec()?);
        let document = serde_json::to_string(config).map_err(|error| {
            let mut faults = Faults::new();
            faults.add("", format!("the configuration cannot be written down: {error}"));
            faults
        })?;
        let id = spec.id.clone();
        Ok(Definition { spec, driver: self.factory(&id, config), document: document.into() })
    }

    /// A look at a Modbus device, as [`Probe::open`].
    ///
    /// # Errors
    /// Why there is no way to it.
    pub fn probe(&self, link: &ModbusConfig) -> Result<Probe, String> {
        Probe::open(link, &self.buses)
    }

    fn factory(&self, id: &MachineId, config: &MachineConfig) -> DriverFactory {
        let factory = match &config.driver {
            DriverConfig::Simulator(simulator) => simulated::factory(simulator),
            DriverConfig::Modbus(link) => modbus::factory(link, config.modbus_sources(), &self.buses),
            DriverConfig::Push(push) => return push::factory(*push, id, &self.inboxes),
        };
        let inboxes = self.inboxes.clone();
        Arc::new(move |spec| {
            inboxes.close(&spec.id);
            factory(spec)
        })
    }
}
