//! How a simulated machine is described, and which channels it has.

use hearth_actors::model::channel::{Channel, ChannelKind, ControlShape, ControlSpec, Failsafe, OutputClass, Role};
use hearth_actors::model::ids::ChannelId;
use hearth_actors::model::units::Unit;
use serde::{Deserialize, Serialize};

use super::faults::Faults;

/// The `driver` object of a simulated machine.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatorConfig {
    /// What is simulated.
    #[serde(default)]
    pub model: Model,
    /// Factor of the machine's clock over real time.
    #[serde(default = "default_speed")]
    pub speed: f64,
    /// Seed of its randomness.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// Noise on the sensors. Unit: °C.
    #[serde(default = "default_noise")]
    pub noise: f64,
}

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// A drum roaster.
    #[default]
    Roaster,
}

impl SimulatorConfig {
    /// Adds every fault of the `driver` object that stands at `pointer`.
    pub fn check(&self, pointer: &str, faults: &mut Faults) {
        if !(0.1..=100.0).contains(&self.speed) {
            faults.add(format!("{pointer}/speed"), "use 0.1 to 100");
        }
        if !(0.0..=20.0).contains(&self.noise) {
            faults.add(format!("{pointer}/noise"), "use 0 to 20");
        }
    }
}

/// The channels of a simulated machine, with empty tags.
pub fn known_channels() -> Vec<Channel> {
    let sensor = |id, role| channel(id, role, Unit::Celsius, ChannelKind::Sensor);
    [
        sensor("bt", Some(Role::Bt)),
        sensor("et", Some(Role::Et)),
        channel("burner", None, Unit::Percent, slider(OutputClass::Heat, Failsafe::Value(0.0))),
        channel("airflow", None, Unit::Percent, slider(OutputClass::Air, Failsafe::Hold)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn channel(id: &str, role: Option<Role>, unit: Unit, kind: ChannelKind) -> Option<Channel> {
    let id = ChannelId::parse(id).ok()?;
    Some(Channel { label: id.as_str().to_owned(), id, tag: String::new(), role, unit, kind })
}

fn slider(class: OutputClass, failsafe: Failsafe) -> ChannelKind {
    ChannelKind::Control(ControlSpec {
        shape: ControlShape::Slider,
        min: 0.0,
        max: 100.0,
        step: 1.0,
        class,
        failsafe,
        stop_value: None,
        has_readback: true,
    })
}

fn default_speed() -> f64 {
    1.0
}

fn default_seed() -> u64 {
    1
}

fn default_noise() -> f64 {
    0.1
}
