//! What a machine does when what its heat depends on is gone: heat to safety, latched, told. Whether it is gone is decided in
//! [`logic::losses`](crate::logic::losses).

use std::time::Duration;

use super::Machine;
use crate::driver::{Pace, Sample};
use crate::logic::gate;
use crate::logic::losses::{ALONE_TOLD_AFTER_MS, Care, LOOK_EVERY_MS, OperatorWatch, SensorWatch};
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::command::OrderStage;
use crate::model::event::SafetyReason;
use crate::model::spec::MachineSpec;
use crate::model::time::MonoMs;

/// How often a machine looks.
pub const LOOK_EVERY: Duration = Duration::from_millis(LOOK_EVERY_MS);
/// Pause before heat that did not go off is written again. Unit: ms of the machine's clock.
const AGAIN_AFTER_MS: u64 = 5_000;

/// What a machine watches, and what it did about it.
pub(super) struct Losses {
    sensors: SensorWatch,
    operator: OperatorWatch,
    /// Readings come when this machine asks for them: that none comes is a loss.
    is_asked: bool,
    /// When heat was last written off.
    tripped_at: Option<MonoMs>,
    told_alone: bool,
}

impl Losses {
    pub(super) fn new(spec: &MachineSpec, now: MonoMs) -> Self {
        Self {
            sensors: SensorWatch::new(spec, now),
            operator: OperatorWatch::new(spec.safety.operator_loss_ms),
            is_asked: false,
            tripped_at: None,
            told_alone: false,
        }
    }
}

impl Machine {
    /// A link is up: from now on its sensors are missed.
    pub(super) fn watch_sensors(&mut self, pace: Pace) {
        self.losses.is_asked = pace == Pace::Asked;
        self.losses.sensors.begin(self.bus.clock().now());
    }

    /// Somebody re-armed: nothing is lost before it has been missing for the whole time again.
    pub(super) fn count_losses_anew(&mut self) {
        self.losses.tripped_at = None;
        self.losses.sensors.begin(self.bus.clock().now());
    }

    /// A reading came. What a sensor did not tell anew is no sign of life.
    pub(super) fn note_sensors(&mut self, at: MonoMs, sample: &Sample) {
        self.losses.sensors.read(at, sample.values(), |index| !sample.is_kept(index));
    }

    pub(super) fn look_for_losses(&mut self) {
        if self.pulse.is_revoked() {
            return;
        }
        self.look_for_sensors();
        self.look_for_the_operator();
    }

    fn look_for_sensors(&mut self) {
        let now = self.bus.clock().now();
        if !self.is_connected() || !self.losses.is_asked {
            return;
        }
        let Some(lost) = self.losses.sensors.lost(now) else {
            if self.losses.sensors.is_whole() && self.alarms.is_open(BuiltIn::SensorLost) {
                self.alarms.clear(BuiltIn::SensorLost);
            }
            return;
        };
        let name = self.spec.channels.get(lost).map_or("a sensor", |channel| channel.label.as_str());
        let seconds = self.spec.safety.sensor_loss_ms as f64 / 1000.0;
        let words = format!(
            "{name} has given no reading for {seconds} s: heat is switched off and latched. Mend the sensor, or raise \
             sampling_interval_ms if the line is too slow; then re-arm"
        );
        self.take_heat_away(SafetyReason::Sensor, BuiltIn::SensorLost, words);
    }

    fn look_for_the_operator(&mut self) {
        let (now, seen_at) = self.steering.operator_seen();
        let is_hot = self.is_connected() && gate::is_hot(&self.spec, &self.values);
        match self.losses.operator.look(now, is_hot, seen_at) {
            Care::Here => {
                self.losses.told_alone = false;
                if self.alarms.is_open(BuiltIn::OperatorLost) {
                    self.alarms.clear(BuiltIn::OperatorLost);
                }
            }
            Care::Alone { left_ms } if !self.losses.told_alone => {
                self.losses.told_alone = true;
                let alone_s = ALONE_TOLD_AFTER_MS / 1000;
                let left_s = left_ms.div_ceil(1000);
                let words = format!("heat is on and nobody has been here for {alone_s} s: it goes off in {left_s} s");
                tracing::warn!(machine = %self.spec.id, words);
                self.alarms.raise(BuiltIn::OperatorLost, Cry::warning(words));
            }
            Care::Alone { .. } => {}
            Care::Lost => {
                let seconds = self.spec.safety.operator_loss_ms.unwrap_or_default() / 1000;
                let words = format!(
                    "nobody was here for {seconds} s while heat was on: heat is switched off and latched. Look at the machine, \
                     then re-arm"
                );
                self.take_heat_away(SafetyReason::Operator, BuiltIn::OperatorLost, words);
            }
        }
    }

    /// Heat to safety, urgently, and latched. While the device does not take it, again and again.
    fn take_heat_away(&mut self, reason: SafetyReason, alarm: BuiltIn, words: String) {
        let now = self.bus.clock().now();
        let is_due = self.losses.tripped_at.is_none_or(|at| {
            gate::is_hot(&self.spec, &self.values) && now.since(at) >= self.bus.clock().scaled_ms(AGAIN_AFTER_MS)
        });
        if !is_due {
            return;
        }
        if self.losses.tripped_at.replace(now).is_none() {
            tracing::error!(machine = %self.spec.id, why = words, "heat is taken away");
            self.latch(reason);
            self.end_replay();
            self.alarms.raise(alarm, Cry::critical(words));
        }
        let orders = gate::heat_off_orders(&self.spec, self.next_command());
        let orders: Vec<_> = orders.into_iter().map(|order| order.renumbered(self.next_command())).collect();
        for order in &orders {
            self.tell_step(order, OrderStage::Queued);
        }
        for overtaken in self.lanes.submit_urgent(orders) {
            self.overtake(&overtaken);
        }
    }
}
