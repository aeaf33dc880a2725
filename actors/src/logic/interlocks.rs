//! Interlocks at every reading: what stands where one forbids it, and what one forces. The orders themselves are judged by the
//! [`gate`]. Source: safety design, outputs; decided in ADR 20. Pure: time and values are arguments.

use super::gate::{self, known};
use crate::model::channel::OutputClass;
use crate::model::reading::Value;
use crate::model::spec::{InterlockRule, MachineSpec};
use crate::model::time::MonoMs;

/// What an interlock that is closed wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Heat stands where it must not: away with it.
    TakeHeat,
    /// Its output is not at the value that it forces.
    Force,
    /// Another output stands where it must not: people are told.
    Tell,
}

/// An interlock that is closed, and what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Index of the rule.
    pub rule: usize,
    /// What it wants.
    pub deed: Deed,
}

/// Watches the interlocks of a machine.
#[derive(Debug, Clone)]
pub struct InterlockWatch {
    /// How long an input may be missing. Unit: ms of the machine's clock.
    grace_ms: u64,
    /// When all inputs of each rule were last known.
    known_at: Vec<MonoMs>,
}

impl InterlockWatch {
    /// An input may be missing for as long as a sensor that heat depends on.
    pub fn new(spec: &MachineSpec, now: MonoMs) -> Self {
        let grace_ms = (spec.safety.sensor_loss_ms as f64 * spec.clock_speed) as u64;
        Self { grace_ms: grace_ms.max(1), known_at: vec![now; spec.interlocks.len()] }
    }

    /// Counts anew: a link came up.
    pub fn begin(&mut self, now: MonoMs) {
        self.known_at.fill(now);
    }

    /// A reading came: the last values by channel index, internal units.
    pub fn read(&mut self, now: MonoMs, spec: &MachineSpec, values: &[Value]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, (rule, known_at)) in spec.interlocks.iter().zip(&mut self.known_at).enumerate() {
            if is_closed(rule, known_at, now, self.grace_ms, values) {
                let deed = force(spec, rule, values).or_else(|| objection(spec, rule, values));
                findings.extend(deed.map(|deed| Finding { rule: index, deed }));
            }
        }
        findings
    }
}

/// An input that is against it closes it at once; one that is missing, when it has been for long.
fn is_closed(rule: &InterlockRule, known_at: &mut MonoMs, now: MonoMs, grace_ms: u64, values: &[Value]) -> bool {
    if rule.unless.iter().all(|condition| known(values, condition.channel).is_some()) {
        *known_at = now;
    }
    rule.is_against(|input| known(values, input)) || now.since(*known_at) >= grace_ms
}

fn force(spec: &MachineSpec, rule: &InterlockRule, values: &[Value]) -> Option<Deed> {
    let forced = rule.forces?;
    let channel = spec.channels.get(forced.channel)?;
    let control = channel.control()?;
    let native = known(values, forced.channel).map(|value| channel.unit.outward(value));
    let is_there = match (control.class, native) {
        // What is not known of heat was never ordered.
        (OutputClass::Heat, native) => {
            native.is_none_or(|native| control.to_fraction(native) <= control.to_fraction(forced.native))
        }
        (_, native) => native.is_some_and(|native| control.agrees(native, forced.native)),
    };
    (!is_there).then_some(Deed::Force)
}

fn objection(spec: &MachineSpec, rule: &InterlockRule, values: &[Value]) -> Option<Deed> {
    let blocks = rule.blocks?;
    let channel = spec.channels.get(blocks.channel)?;
    let control = channel.control()?;
    let value = known(values, blocks.channel).filter(|value| blocks.comparison.holds(*value))?;
    match control.class {
        OutputClass::Heat => (!gate::is_safe(control, channel.unit.outward(value))).then_some(Deed::TakeHeat),
        OutputClass::Motion | OutputClass::Air | OutputClass::Cool | OutputClass::Other => Some(Deed::Tell),
    }
}

#[cfg(test)]
mod tests;
