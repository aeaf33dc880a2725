//! How a simulated machine is described, and which channels it has.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::Faults;

mod channels;

pub use channels::known_channels;

/// More noise than this hides the roast. Unit: °C.
const NOISE_MAX: f64 = 5.0;

/// Longest single fault. Unit: ms.
const FAULT_MS_MAX: u64 = 600_000;

/// Most faults in one list.
const FAULTS_MAX: usize = 100;

/// The `driver` object of a simulated machine.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SimulatorConfig {
    /// What is simulated.
    pub model: Model,
    /// Factor of the machine's clock over real time, `0.1..=100`.
    pub speed: f64,
    /// Seed of everything random in it: noise, batch weights, drop temperatures.
    pub seed: u64,
    /// Standard deviation of the noise on every sensor, `0..=5`; what measures no temperature has its fitting share. Unit: °C.
    pub noise: f64,
    /// Whether somebody roasts batch after batch at the machine's own panel; only a roaster has one.
    pub operator: bool,
    /// What goes wrong, and when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultConfig>,
}

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// A 5 kg drum roaster with a gas burner.
    #[default]
    Roaster,
    /// A brewery: hot liquor tank, mash tun, fermenter.
    Kettle,
    /// A control panel: motor, servo, valve, thermometer.
    Panel,
    /// A laboratory reactor with flow and pressures.
    Rig,
    /// A turntable with lights and a camera.
    Scanner,
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Roaster => "roaster",
            Self::Kettle => "kettle",
            Self::Panel => "panel",
            Self::Rig => "rig",
            Self::Scanner => "scanner",
        })
    }
}

/// Something that goes wrong at the simulated machine. Times are on the machine's own clock, which runs `speed` times as fast.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultConfig {
    /// What goes wrong.
    pub kind: FaultKind,
    /// When, counted from the machine's first connect in this run of the daemon. Unit: ms.
    pub at_ms: u64,
    /// For how long, `1..=600000`; a panic is over at once. Unit: ms.
    #[serde(default = "default_for_ms")]
    pub for_ms: u64,
    /// Repeats it this often, longer than it lasts; once where absent. Unit: ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<u64>,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// One read panics.
    Panic,
    /// Whatever is asked is never answered.
    Hang,
    /// One read blocks its thread.
    Block,
    /// Whatever is asked is answered by a time-out.
    Timeout,
    /// Readings are nonsense.
    Garbage,
    /// The link is down.
    Disconnect,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self { model: Model::default(), speed: 1.0, seed: 1, noise: 0.1, operator: false, faults: Vec::new() }
    }
}

fn default_for_ms() -> u64 {
    2_000
}

impl SimulatorConfig {
    /// Adds every fault of the `driver` object that stands at `pointer`.
    pub fn check(&self, pointer: &str, faults: &mut Faults) {
        if !(0.1..=100.0).contains(&self.speed) {
            faults.add(format!("{pointer}/speed"), "use 0.1 to 100; 1 is real time");
        }
        if !(0.0..=NOISE_MAX).contains(&self.noise) {
            faults.add(format!("{pointer}/noise"), format!("use 0 to {NOISE_MAX} °C"));
        }
        if self.operator && self.model != Model::Roaster {
            faults.add(format!("{pointer}/operator"), "only the model roaster has an operator: remove it");
        }
        if self.faults.len() > FAULTS_MAX {
            faults.add(format!("{pointer}/faults"), format!("use at most {FAULTS_MAX}; every_ms repeats one"));
        }
        for (i, fault) in self.faults.iter().enumerate().take(FAULTS_MAX) {
            fault.check(&format!("{pointer}/faults/{i}"), faults);
        }
    }
}

impl FaultConfig {
    fn check(&self, pointer: &str, faults: &mut Faults) {
        if !(1..=FAULT_MS_MAX).contains(&self.for_ms) {
            faults.add(format!("{pointer}/for_ms"), format!("use 1 to {FAULT_MS_MAX} ms"));
        }
        if self.every_ms.is_some_and(|every| every <= self.for_ms) {
            faults.add(format!("{pointer}/every_ms"), "use more than for_ms, or leave it out for a single time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<SimulatorConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn pointers(config: &SimulatorConfig) -> Vec<String> {
        let mut faults = Faults::new();
        config.check("/driver", &mut faults);
        faults.iter().map(|fault| fault.pointer.clone()).collect()
    }

    #[test]
    fn an_empty_object_is_a_roaster_in_real_time_with_nobody_at_it() {
        let config = parse("{}").unwrap();
        assert_eq!(config, SimulatorConfig::default());
        assert_eq!((config.speed, config.seed, config.noise, config.operator), (1.0, 1, 0.1, false));
        assert_eq!(pointers(&config), Vec::<String>::new());
    }

    #[test]
    fn a_fault_is_read_with_its_default_length() {
        let config = parse(r#"{"faults":[{"kind":"block","at_ms":5000},{"kind":"panic","at_ms":1,"every_ms":9000}]}"#);
        let faults = config.unwrap().faults;
        assert_eq!(faults[0], FaultConfig { kind: FaultKind::Block, at_ms: 5000, for_ms: 2000, every_ms: None });
        assert_eq!(faults[1].every_ms, Some(9000));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for bad in [
            r#"{"sped":2}"#,
            r#"{"model":"toaster"}"#,
            r#"{"seed":-1}"#,
            r#"{"operator":1}"#,
            r#"{"faults":[{"kind":"panic"}]}"#,
            r#"{"faults":[{"kind":"fire","at_ms":1}]}"#,
            r#"{"faults":[{"kind":"panic","at_ms":1,"for":2}]}"#,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_range_that_is_left_is_told_with_its_place() {
        let fault = |for_ms, every_ms| FaultConfig { kind: FaultKind::Hang, at_ms: 0, for_ms, every_ms };
        let config = SimulatorConfig {
            speed: f64::NAN,
            noise: -0.1,
            faults: vec![fault(2000, Some(2000)), fault(0, None), fault(600_001, None), fault(600_000, Some(600_001))],
            ..SimulatorConfig::default()
        };
        let expected = ["speed", "noise", "faults/0/every_ms", "faults/1/for_ms", "faults/2/for_ms"];
        assert_eq!(pointers(&config), expected.map(|key| format!("/driver/{key}")));
        let many = SimulatorConfig { faults: vec![fault(1, None); 101], ..SimulatorConfig::default() };
        assert_eq!(pointers(&many), ["/driver/faults"]);
    }

    #[test]
    fn a_configuration_is_written_as_it_was_read() {
        let text = r#"{"model":"roaster","speed":2.0,"seed":7,"noise":0.0,"operator":true,"faults":[{"kind":"garbage","at_ms":1,"for_ms":2,"every_ms":3}]}"#;
        assert_eq!(serde_json::to_string(&parse(text).unwrap()).unwrap(), text);
    }

    #[test]
    fn only_a_roaster_has_an_operator() {
        let staffed = |model| SimulatorConfig { model, operator: true, ..SimulatorConfig::default() };
        assert_eq!(pointers(&staffed(Model::Roaster)), Vec::<String>::new());
        assert_eq!(pointers(&staffed(Model::Kettle)), ["/driver/operator"]);
    }
}
