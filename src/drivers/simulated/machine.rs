//! What the driver, the plant and the faults know of a simulated machine: numbered parts with values, and a clock.

use std::fmt::Debug;

use hearth_actors::driver::Picture;

use crate::config::simulator::{Model, SimulatorConfig};

use super::control_panel::ControlPanel;
use super::kettle::Kettle;
use super::rig::Rig;
use super::scanner::Scanner;
use super::stand::Stand;
use super::world::World;

/// A part of a machine: its place among the parts, and what can be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its place; means something to its own machine only.
    pub place: usize,
    /// What can be done with it.
    pub nature: Nature,
}

/// What can be done with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Read.
    Sensor,
    /// Set to any value.
    Slider,
    /// Set to 0 or 1.
    Switch,
}

/// Who moves a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Whoever sends orders.
    Wire,
    /// Somebody or something at the machine itself.
    Local,
}

/// A simulated machine. Deterministic: with the same seed and the same orders at the same times it shows the same.
pub trait Machine: Debug + Send {
    /// The part of the channel with this id.
    fn find(&self, channel: &str) -> Option<Part>;

    /// The ids of its controls, in order.
    fn controls(&self) -> Vec<&'static str>;

    /// Goes on to `now_ms` of the machine's clock; time that lies behind changes nothing.
    fn advance_to(&mut self, now_ms: u64);

    /// What a part shows, in its own unit.
    fn value(&self, part: Part) -> f64;

    /// Sets a control over the wire; how long the machine takes to confirm it. Unit: ms of its clock.
    fn order(&mut self, part: Part, value: f64) -> u64;

    /// In whose hands a control is.
    fn hand(&self, part: Part) -> Hand;

    /// What a camera sees now; `None` where the part is none.
    fn picture(&self, part: Part) -> Option<Picture>;
}

/// The machine of a configuration at time 0.
pub fn build(config: &SimulatorConfig) -> Box<dyn Machine> {
    match config.model {
        Model::Roaster => Box::new(World::new(config)),
        Model::Kettle => Box::new(Stand::new(config, Kettle::default())),
        Model::Panel => Box::new(Stand::new(config, ControlPanel::new(config.seed))),
        Model::Rig => Box::new(Stand::new(config, Rig::default())),
        Model::Scanner => Box::new(Stand::new(config, Scanner::default())),
    }
}
