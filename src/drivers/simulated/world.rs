//! The simulated roaster as a whole: physics, panel, operator and sensors, moved on in fixed steps to whatever time it is.
//!
//! Deterministic: with the same seed and the same orders at the same times it shows the same, however often it is read.

use hearth_actors::driver::Picture;

use crate::config::simulator::SimulatorConfig;

use super::machine::{Hand, Machine, Nature, Part};
use super::noise::{Purpose, even, normal};
use super::operator::{DrumFill, Operator, Seen};
use super::panel::{Control, Panel};
use super::roaster::{ROOM_C, Roaster};
use super::ticks::Ticks;

/// With an operator the machine was used just before: a visitor sees a roast within minutes. Unit: °C.
const WARM_C: f64 = 190.0;

/// Batches differ in weight within these bounds. Unit: kg.
const BATCH_KG_MIN: f64 = 4.75;
const BATCH_KG_MAX: f64 = 5.25;

/// A sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensor {
    /// In the beans, or in the empty drum.
    Bt,
    /// In the drum's air.
    Et,
    /// Before the drum.
    Inlet,
    /// Behind the drum.
    Exhaust,
}

impl Sensor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bt, Self::Et, Self::Inlet, Self::Exhaust];

    /// The sensor of the channel with this id.
    pub fn of_channel(id: &str) -> Option<Self> {
        match id {
            "bt" => Some(Self::Bt),
            "et" => Some(Self::Et),
            "inlet" => Some(Self::Inlet),
            "exhaust" => Some(Self::Exhaust),
            _ => None,
        }
    }
}

/// The simulated machine.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    seed: u64,
    noise: f64,
    roaster: Roaster,
    panel: Panel,
    operator: Option<Operator>,
    batches: u64,
    ticks: Ticks,
}

impl World {
    /// The machine at time 0: cold, or still warm where an operator is at work.
    pub fn new(config: &SimulatorConfig) -> Self {
        let operator = config.operator.then(|| Operator::new(config.seed));
        let celsius = if operator.is_some() { WARM_C } else { ROOM_C };
        Self {
            seed: config.seed,
            noise: config.noise,
            roaster: Roaster::at(celsius),
            panel: Panel::default(),
            operator,
            batches: 0,
            ticks: Ticks::default(),
        }
    }

    /// Goes on to `now_ms` of the machine's clock; time that lies behind changes nothing.
    pub fn advance_to(&mut self, now_ms: u64) {
        for _ in 0..self.ticks.take_due(now_ms) {
            self.step();
        }
    }

    /// Sets a control over the wire.
    pub fn order(&mut self, control: Control, value: f64) {
        if let Some(operator) = &mut self.operator {
            operator.lets_go(control);
        }
        self.panel.set(control, value);
        self.move_beans();
    }

    /// Whether a control is in the hands of the operator at the machine.
    pub fn operator_holds(&self, control: Control) -> bool {
        self.operator.as_ref().is_some_and(|operator| operator.holds(control))
    }

    /// What a control is set to, in its unit.
    pub fn control(&self, control: Control) -> f64 {
        self.panel.get(control)
    }

    /// What a sensor shows. Unit: °C.
    pub fn sensor(&self, sensor: Sensor) -> f64 {
        let probes = self.roaster.probes();
        let celsius = match sensor {
            Sensor::Bt => probes.bt,
            Sensor::Et => probes.et,
            Sensor::Inlet => probes.inlet,
            Sensor::Exhaust => probes.exhaust,
        };
        celsius + self.noise * normal(self.seed, Purpose::Sensor(sensor as u8), self.ticks.count())
    }

    fn step(&mut self) {
        if let Some(operator) = &mut self.operator {
            let drum = if self.roaster.beans().is_some() { DrumFill::Beans } else { DrumFill::Empty };
            let seen = Seen { bt: self.roaster.probes().bt, drum, batches: self.batches };
            operator.step(&seen, &mut self.panel);
            self.move_beans();
        }
        self.roaster.step(&self.panel.settings());
    }

    /// Lets beans in or out as the panel says.
    fn move_beans(&mut self) {
        match (self.panel.is_on(Control::Charge), self.roaster.beans()) {
            (true, None) => {
                let share = even(self.seed, Purpose::Weight, self.batches);
                self.roaster.charge(BATCH_KG_MIN + (BATCH_KG_MAX - BATCH_KG_MIN) * share);
                self.batches += 1;
            }
            (false, Some(_)) => self.roaster.drop_beans(),
            (true, Some(_)) | (false, None) => {}
        }
    }
}

/// Its parts are the sensors and behind them the controls.
impl Machine for World {
    fn find(&self, channel: &str) -> Option<Part> {
        let sensor = Sensor::of_channel(channel).map(|sensor| Part { place: sensor as usize, nature: Nature::Sensor });
        let control = |control: Control| Part {
            place: Sensor::ALL.len() + control as usize,
            nature: if control.is_switch() { Nature::Switch } else { Nature::Slider },
        };
        sensor.or_else(|| Control::of_channel(channel).map(control))
    }

    fn controls(&self) -> Vec<&'static str> {
        Control::ALL.map(Control::id).to_vec()
    }

    fn advance_to(&mut self, now_ms: u64) {
        self.advance_to(now_ms);
    }

    fn value(&self, part: Part) -> f64 {
        match (Sensor::ALL.get(part.place), control_of(part)) {
            (Some(sensor), _) => self.sensor(*sensor),
            (None, Some(control)) => self.control(control),
            (None, None) => f64::NAN,
        }
    }

    fn order(&mut self, part: Part, value: f64) -> u64 {
        if let Some(control) = control_of(part) {
            self.order(control, value);
        }
        0
    }

    fn hand(&self, part: Part) -> Hand {
        if control_of(part).is_some_and(|control| self.operator_holds(control)) { Hand::Local } else { Hand::Wire }
    }

    fn picture(&self, _part: Part) -> Option<Picture> {
        None
    }
}

fn control_of(part: Part) -> Option<Control> {
    Control::ALL.get(part.place.checked_sub(Sensor::ALL.len())?).copied()
}
