//! The only list of drivers.

pub mod modbus;
pub mod push;
pub mod simulated;
pub mod trial;

use std::sync::Arc;

use hearth_actors::driver::{DriverError, DriverFactory};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::registry::Definition;
use tokio::time::Instant;

use crate::config::driver::DriverConfig;
use crate::config::faults::Faults;
use crate::config::machine::MachineConfig;
use crate::config::modbus::ModbusConfig;
use crate::config::simulator::SimulatorConfig;
use modbus::bus::BusDirectory;
use modbus::probe::Probe;
use modbus::will::Will;
use push::Inboxes;
use trial::{TRIAL_LIMIT, Trials, Tried};

/// What is written at a machine's device when the daemon is dead. `None` for one that has nothing to be brought to safety, and for
/// what no other process can reach: a simulator dies with the daemon, a remote controller fetches its orders itself.
pub fn will(config: &MachineConfig, spec: &MachineSpec) -> Option<Will> {
    match &config.driver {
        DriverConfig::Modbus(link) => Will::new(link, &config.modbus_sources(), spec),
        DriverConfig::Simulator(_) | DriverConfig::Push(_) => None,
    }
}

/// Makes machines' drivers from their configurations; holds what drivers share. Cheap to clone.
#[derive(Clone, Default)]
pub struct Workshop {
    buses: BusDirectory,
    /// Where remote controllers and the drivers of their machines meet.
    pub inboxes: Inboxes,
    /// Places for looks at machines that are being set up.
    pub trials: Trials,
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

    /// Reads every value of a machine once, outside the registry; `None` for one that sends by itself. Writes nothing.
    ///
    /// A simulator is read without the faults that its configuration lists.
    ///
    /// # Errors
    /// When the device cannot be reached.
    pub async fn try_out(&self, config: &MachineConfig, spec: &MachineSpec) -> Option<Result<Vec<Tried>, DriverError>> {
        let until = Instant::now() + TRIAL_LIMIT;
        match &config.driver {
            DriverConfig::Simulator(simulator) => {
                let calm = SimulatorConfig { faults: Vec::new(), ..simulator.clone() };
                Some(trial::read_once(&simulated::factory(&calm), spec, until).await)
            }
            DriverConfig::Modbus(link) => {
                Some(modbus::trial::read_once(link, &config.modbus_sources(), &self.buses, until).await)
            }
            DriverConfig::Push(_) => None,
        }
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
