//! What a machine does about its interlocks at every reading: heat that one forbids goes, what one forces is set, the rest is told.
//! What they want is decided in [`logic::interlocks`](crate::logic::interlocks).

use std::collections::BTreeMap;

use super::Machine;
use crate::logic::gate::{self, Admitted};
use crate::logic::interlocks::{Deed, Finding, InterlockWatch};
use crate::model::alarm::Cry;
use crate::model::channel::{Channel, ControlShape};
use crate::model::event::SafetyReason;
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::spec::{InterlockRule, MachineSpec};
use crate::model::time::MonoMs;

/// Pause before a forced value that the device does not show is written again. Unit: ms of the machine's clock.
const FORCE_AGAIN_AFTER_MS: u64 = 1_000;

/// What a machine watches, and what it did about it.
pub(super) struct Interlocks {
    watch: InterlockWatch,
    /// When each channel was last forced.
    forced_at: BTreeMap<usize, MonoMs>,
}

impl Interlocks {
    pub(super) fn new(spec: &MachineSpec, now: MonoMs) -> Self {
        Self { watch: InterlockWatch::new(spec, now), forced_at: BTreeMap::new() }
    }

    /// Somebody sets a channel: what was forced there before says nothing any more.
    pub(super) fn note_order(&mut self, channel: usize) {
        self.forced_at.remove(&channel);
    }
}

impl Machine {
    /// A link is up: from now on inputs are missed.
    pub(super) fn watch_interlocks(&mut self) {
        self.interlocks.watch.begin(self.bus.clock().now());
    }

    /// A reading came.
    pub(super) fn hold_to_interlocks(&mut self, at: MonoMs) {
        let spec = self.spec.clone();
        self.withdraw_forbidden();
        for finding in self.interlocks.watch.read(at, &spec, &self.values) {
            if let Some(rule) = spec.interlocks.get(finding.rule) {
                self.enforce(rule, finding, at);
            }
        }
    }

    /// An order may have waited for what is known now, which is against it. One that was written in part goes on while an input is
    /// merely missing: it has the time that heat has.
    pub(super) fn withdraw_forbidden(&mut self) {
        let spec = self.spec.clone();
        let forbidding = |order: &Admitted| gate::forbidden_since(order, &spec, &self.values);
        let is_against = |rule: &InterlockRule| rule.is_against(|input| gate::known(&self.values, input));
        let withdrawn =
            self.lanes.withdraw(|order| forbidding(order).is_some(), |order| forbidding(order).is_some_and(is_against));
        for order in withdrawn {
            let Some(rule) = gate::forbidden_since(&order, &spec, &self.values) else { continue };
            let refusal = Refusal::new(RefusalCode::InterlockBlocked, rule.message.clone());
            self.blocked_late(&order, refusal.of_interlock(rule.id.clone()));
            self.alarms.blocked(&rule.id);
        }
    }

    fn enforce(&mut self, rule: &InterlockRule, Finding { deed, .. }: Finding, at: MonoMs) {
        let label = rule.channel().and_then(|channel| self.spec.channels.get(channel)).map(|about| about.label.clone());
        let label = label.unwrap_or_default();
        let cry = match deed {
            Deed::TakeHeat => {
                self.take_heat_away(SafetyReason::Interlock, &rule.message);
                Cry::critical(format!("{label} is switched off and heat latched: {}", rule.message))
            }
            Deed::Force => {
                let Some(what) = self.force(rule, at) else { return };
                Cry::critical(format!("{what}: {}", rule.message))
            }
            Deed::Tell => Cry::warning(format!("{label} is where it must not be: {}", rule.message)),
        };
        self.alarms.tripped(&rule.id, cry);
    }

    /// Sets what an interlock forces; yields the output and its value, in words. Heat that is taken away so is latched as well.
    fn force(&mut self, rule: &InterlockRule, at: MonoMs) -> Option<String> {
        let forced = rule.forces?;
        let order = gate::forced_order(&self.spec, self.next_command(), forced, &self.bus.decided().safety)?;
        let words = in_words(self.spec.channels.get(forced.channel)?, forced.native)?;
        let pause = self.bus.clock().scaled_ms(FORCE_AGAIN_AFTER_MS);
        let last = self.interlocks.forced_at.get(&forced.channel);
        if last.is_none_or(|last| at.since(*last) >= pause) {
            self.interlocks.forced_at.insert(forced.channel, at);
            tracing::warn!(machine = %self.spec.id, interlock = %rule.id, words, "an interlock forces");
            if order.lowers_heat() {
                self.take_heat_away(SafetyReason::Interlock, &rule.message);
            }
            self.submit_urgent(vec![order]);
        }
        Some(words)
    }
}

/// What a control is made to be.
fn in_words(channel: &Channel, native: f64) -> Option<String> {
    let label = &channel.label;
    Some(match channel.control()?.shape {
        ControlShape::Toggle { on, .. } if native == on => format!("{label} is switched on"),
        ControlShape::Toggle { .. } => format!("{label} is switched off"),
        ControlShape::Slider => format!("{label} is set to {native}"),
    })
}
