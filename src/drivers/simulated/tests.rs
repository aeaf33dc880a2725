//! Claims about the simulated machine as a whole.

mod door;
mod machines;
mod mishaps;
mod models;
mod operator;
mod roast;
mod world;

use super::*;

use hearth_actors::driver::ErrorKind;
use hearth_actors::logic::gate::{Circumstances, admit_control};
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::command::{Actor, Principal, UserRole};
use hearth_actors::model::event::Safety;
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::spec::{DetectionSpec, MachineKind, SafetySpec};
use hearth_actors::model::units::Fraction;

use crate::config::simulator;

use super::panel::Control;
use super::world::Sensor;

/// The roaster's.
fn known_channels() -> Vec<Channel> {
    simulator::known_channels(Model::Roaster)
}

/// A roaster with a quiet sensor and nobody at it.
fn quiet() -> SimulatorConfig {
    SimulatorConfig { noise: 0.0, ..SimulatorConfig::default() }
}

/// A roaster with an operator.
fn staffed(seed: u64) -> SimulatorConfig {
    SimulatorConfig { operator: true, seed, ..quiet() }
}

fn spec_with(channels: Vec<Channel>) -> MachineSpec {
    MachineSpec {
        id: MachineId::parse("demo").unwrap(),
        name: "Demo".into(),
        kind: MachineKind::Roaster,
        autoconnect: true,
        sampling_interval_ms: 1000,
        clock_speed: 1.0,
        channels: Arc::new(ChannelTable::new(channels)),
        detection: DetectionSpec::default(),
        alarms: Vec::new(),
        interlocks: Vec::new(),
        safety: SafetySpec::default(),
        verify_heat: None,
    }
}

fn spec() -> MachineSpec {
    spec_with(known_channels())
}

/// An order as the gate admits it.
fn order(spec: &MachineSpec, command: u64, channel: &str, value: f64) -> Admitted {
    let principal = Principal::everywhere(Actor::Rest, UserRole::Operator);
    let circumstances = Circumstances { spec, values: &[], connected: true, safety: &Safety::default() };
    admit_control(&principal, CommandId(command), None, channel, Fraction::new(value).unwrap(), &circumstances).unwrap()
}

async fn read(driver: &mut dyn Driver, spec: &MachineSpec) -> Result<Sample, DriverError> {
    let mut sample = Sample::missing(spec.channels.len(), MissingReason::NotYet);
    driver.read(0, &mut sample).await.map(|()| sample)
}

/// The value of a channel in a sample. Panics where it is missing.
fn value(sample: &Sample, spec: &MachineSpec, channel: &str) -> f64 {
    sample.values()[spec.channels.find(channel).unwrap()].unwrap()
}

async fn pass(ms: u64) {
    tokio::time::advance(Duration::from_millis(ms)).await;
}
