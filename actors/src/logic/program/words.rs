//! What a program is at, and what it stumbled over, in plain words.

use super::{Run, Stage, Step, Target};
use crate::model::channel::{Channel, ControlShape};
use crate::model::spec::{Comparison, Condition};
use crate::model::time::MonoMs;
use crate::model::units::Unit;

impl Run {
    /// What the program is at, such as `step 3 of 7: Heater to 60 % over 120 s, 45 s left`.
    pub fn words(&self, now: MonoMs) -> String {
        let Some(step) = self.steps.get(self.at) else { return "done".to_owned() };
        let (number, total) = self.position();
        let left = self.left_ms(step, self.paused.unwrap_or(now));
        let left = left.map(|ms| format!(", {} left", seconds(ms.div_ceil(1000) * 1000))).unwrap_or_default();
        format!("step {number} of {total}: {}{left}", self.describe(step))
    }

    fn left_ms(&self, step: &Step, now: MonoMs) -> Option<u64> {
        let ms = match step {
            Step::Ramp { over_ms, .. } => *over_ms,
            Step::Hold { ms } => *ms,
            Step::Wait { timeout, .. } => timeout.as_ref()?.ms,
            Step::Set(_) | Step::Ask { .. } => return None,
        };
        match self.stage {
            Stage::Ahead => None,
            Stage::Begun { at, .. } => Some(ms.saturating_sub(now.since(at))),
        }
    }

    fn describe(&self, step: &Step) -> String {
        match step {
            Step::Set(targets) => targets.iter().map(|target| self.target(*target)).collect::<Vec<_>>().join(", "),
            Step::Ramp { to, over_ms } => format!("{} over {}", self.target(*to), seconds(*over_ms)),
            Step::Hold { ms } => format!("hold for {}", seconds(*ms)),
            Step::Wait { until, .. } => format!("until {}", self.condition(*until)),
            Step::Ask { message } => format!("asks: {message}"),
        }
    }

    fn target(&self, target: Target) -> String {
        let Some(channel) = self.channels.get(target.channel) else { return String::new() };
        match channel.control().map(|control| control.shape) {
            Some(ControlShape::Toggle { on, .. }) => {
                format!("{} {}", channel.label, if target.native == on { "on" } else { "off" })
            }
            Some(ControlShape::Slider) | None => format!("{} to {}", channel.label, amount(target.native, channel)),
        }
    }

    fn condition(&self, condition: Condition) -> String {
        let Some(channel) = self.channels.get(condition.channel) else { return String::new() };
        let (relation, limit) = match condition.comparison {
            Comparison::Above(limit) => ("above", limit),
            Comparison::Below(limit) => ("below", limit),
            Comparison::AtLeast(limit) => ("at least", limit),
            Comparison::AtMost(limit) => ("at most", limit),
            Comparison::Equals(limit) => ("equal to", limit),
        };
        format!("{} is {relation} {}", channel.label, amount(channel.unit.outward(limit), channel))
    }

    pub(super) fn too_long(&self, until: Condition, ms: u64) -> String {
        format!("{} s have passed, and it is not so that {}", ms / 1000, self.condition(until))
    }

    pub(super) fn lost(&self, channel: usize) -> String {
        format!("{} cannot be read: see to the sensor, then resume", self.label(channel))
    }

    pub(super) fn unknown_start(&self, channel: usize) -> String {
        format!("nobody knows where {} is, so it cannot be moved evenly: set it, then resume", self.label(channel))
    }

    fn label(&self, channel: usize) -> &str {
        self.channels.get(channel).map_or("", |channel| &channel.label)
    }
}

fn seconds(ms: u64) -> String {
    format!("{} s", ms as f64 / 1000.0)
}

/// A native value with its unit.
fn amount(native: f64, channel: &Channel) -> String {
    // Conversions leave digits behind that nobody wrote.
    let native = (native * 1e6).round() / 1e6;
    match &channel.unit {
        Unit::Celsius => format!("{native} °C"),
        Unit::Fahrenheit => format!("{native} °F"),
        Unit::Percent => format!("{native} %"),
        Unit::None => native.to_string(),
        Unit::Other(unit) => format!("{native} {unit}"),
    }
}
