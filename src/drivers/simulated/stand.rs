//! Where a machine's physics stands: its clock, its noise, and the list of its parts.

use std::fmt::Debug;

use hearth_actors::driver::Picture;

use crate::config::simulator::SimulatorConfig;

use super::machine::{Hand, Machine, Nature, Part};
use super::noise::{Purpose, normal};
use super::ticks::{STEP_MS, Ticks};

/// Length of one step. Unit: s.
pub const STEP_S: f64 = STEP_MS as f64 / 1e3;

/// A part as a model lists it.
#[derive(Debug, Clone, Copy)]
pub struct Listed<P> {
    /// Id of its channel.
    pub id: &'static str,
    /// Which it is.
    pub part: P,
    /// What can be done with it.
    pub reach: Reach,
}

/// What can be done with a listed part, and how far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// Read; deviation of its noise for 1 °C of configured noise, in its own unit.
    Sensor(f64),
    /// Set within these ends.
    Slider(f64, f64),
    /// Set to 0 or 1.
    Switch,
}

/// A machine's physics, moved on in steps of [`STEP_S`].
pub trait Physics: Debug + Send {
    /// Names of its parts.
    type Part: Copy + Debug + 'static;

    /// Its parts in their usual order.
    const PARTS: &'static [Listed<Self::Part>];

    /// Goes on by one step.
    fn step(&mut self);

    /// What a part shows, without noise.
    fn get(&self, part: Self::Part, now_ms: u64) -> f64;

    /// Sets a control to a value it can reach; how long until the machine confirms it. Unit: ms.
    fn set(&mut self, part: Self::Part, value: f64, now_ms: u64) -> u64;

    /// In whose hands a control is.
    fn hand(&self, _part: Self::Part) -> Hand {
        Hand::Wire
    }

    /// What a camera sees.
    fn picture(&self, _part: Self::Part, _now_ms: u64) -> Option<Picture> {
        None
    }
}

/// A machine made of its physics.
#[derive(Debug, Clone, PartialEq)]
pub struct Stand<P> {
    seed: u64,
    noise: f64,
    ticks: Ticks,
    now_ms: u64,
    physics: P,
}

impl<P: Physics> Stand<P> {
    /// The machine at time 0.
    pub fn new(config: &SimulatorConfig, physics: P) -> Self {
        Self { seed: config.seed, noise: config.noise, ticks: Ticks::default(), now_ms: 0, physics }
    }
}

impl<P: Physics> Machine for Stand<P> {
    fn find(&self, channel: &str) -> Option<Part> {
        let place = P::PARTS.iter().position(|listed| listed.id == channel)?;
        let nature = match P::PARTS.get(place)?.reach {
            Reach::Sensor(_) => Nature::Sensor,
            Reach::Slider(..) => Nature::Slider,
            Reach::Switch => Nature::Switch,
        };
        Some(Part { place, nature })
    }

    fn controls(&self) -> Vec<&'static str> {
        P::PARTS.iter().filter(|listed| !matches!(listed.reach, Reach::Sensor(_))).map(|listed| listed.id).collect()
    }

    fn advance_to(&mut self, now_ms: u64) {
        for _ in 0..self.ticks.take_due(now_ms) {
            self.physics.step();
        }
        self.now_ms = self.now_ms.max(now_ms);
    }

    fn value(&self, part: Part) -> f64 {
        let Some(listed) = P::PARTS.get(part.place) else { return f64::NAN };
        let value = self.physics.get(listed.part, self.now_ms);
        match listed.reach {
            Reach::Sensor(scale) => {
                let purpose = Purpose::Sensor(part.place as u8);
                value + self.noise * scale * normal(self.seed, purpose, self.ticks.count())
            }
            Reach::Slider(..) | Reach::Switch => value,
        }
    }

    fn order(&mut self, part: Part, value: f64) -> u64 {
        let Some(listed) = P::PARTS.get(part.place) else { return 0 };
        let reached = match listed.reach {
            Reach::Slider(min, max) if !value.is_nan() => value.clamp(min, max),
            Reach::Switch if !value.is_nan() => f64::from(u8::from(value >= 0.5)),
            Reach::Sensor(_) | Reach::Slider(..) | Reach::Switch => return 0,
        };
        self.physics.set(listed.part, reached, self.now_ms)
    }

    fn hand(&self, part: Part) -> Hand {
        P::PARTS.get(part.place).map_or(Hand::Wire, |listed| self.physics.hand(listed.part))
    }

    fn picture(&self, part: Part) -> Option<Picture> {
        self.physics.picture(P::PARTS.get(part.place)?.part, self.now_ms)
    }
}
