//! What a machine does when what its heat depends on is gone: heat to safety, latched, told. Whether it is gone is decided in
//! [`logic::losses`](crate::logic::losses).

use std::time::Duration;

use super::Machine;
use crate::driver::{Pace, Sample};
use crate::logic::gate;
use crate::logic::losses::{ALONE_TOLD_AFTER_MS, Care, LOOK_EVERY_MS, OperatorWatch, SensorWatch};
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::command::Actor;
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
    /// Heat was taken away, and nobody has re-armed since.
    has_tripped: bool,
    /// When heat was last written off.
    off_at: Option<MonoMs>,
    told_alone: bool,
}

impl Losses {
    pub(super) fn new(spec: &MachineSpec, now: MonoMs) -> Self {
        Self {
            sensors: SensorWatch::new(spec, now),
            operator: OperatorWatch::new(spec.safety.operator_loss_ms),
            is_asked: false,
            has_tripped: false,
            off_at: None,
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
        self.losses.has_tripped = false;
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
        self.press_on();
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
        self.heat_is_unwatched(SafetyReason::Sensor, BuiltIn::SensorLost, words);
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
                self.heat_is_unwatched(SafetyReason::Operator, BuiltIn::OperatorLost, words);
            }
        }
    }

    /// What heat depends on is lost: told once, also where heat was taken away for another reason before.
    fn heat_is_unwatched(&mut self, reason: SafetyReason, built_in: BuiltIn, words: String) {
        let is_first = self.take_heat_away(reason, &words);
        let cry = Cry::critical(words);
        if is_first || self.alarms.held(built_in).is_none_or(|held| held < cry.severity) {
            self.alarms.raise(built_in, cry);
        }
    }

    /// Heat to safety, urgently, and latched; says whether it was not yet. Called again while the reason lasts, it writes again where
    /// heat shows nevertheless.
    pub(super) fn take_heat_away(&mut self, reason: SafetyReason, why: &str) -> bool {
        let is_first = !self.losses.has_tripped;
        if is_first {
            self.losses.has_tripped = true;
            tracing::error!(machine = %self.spec.id, why, "heat is taken away");
            self.latch(reason);
            self.end_replay();
        } else if !gate::is_hot(&self.spec, &self.values) || !self.is_time_to_write_off() {
            return false;
        }
        self.write_heat_off(|_| true);
        is_first
    }

    /// A safe value that the device did not confirm is written again until it does, also when its reason is gone.
    fn press_on(&mut self) {
        let is_latched = self.bus.decided().safety.latched.is_some();
        let owes = gate::heat_channels(&self.spec).iter().any(|channel| self.unconfirmed.contains(channel));
        if is_latched && owes && self.is_connected() && self.is_time_to_write_off() {
            let unconfirmed = self.unconfirmed.clone();
            self.write_heat_off(|channel| unconfirmed.contains(&channel));
        }
    }

    fn is_time_to_write_off(&self) -> bool {
        let pause = self.bus.clock().scaled_ms(AGAIN_AFTER_MS);
        self.losses.off_at.is_none_or(|at| self.bus.clock().now().since(at) >= pause)
    }

    /// Safe values are on their way: they have their time before they are written again.
    pub(super) fn note_heat_off(&mut self) {
        self.losses.off_at = Some(self.bus.clock().now());
    }

    fn write_heat_off(&mut self, is_meant: impl Fn(usize) -> bool) {
        self.note_heat_off();
        let number = self.next_command();
        let orders = match self.bus.decided().safety.latched {
            Some(SafetyReason::Stop) => gate::stop_orders(&self.spec, number, &Actor::Failsafe),
            _ => gate::failsafe_orders(&self.spec, number),
        };
        let orders = orders.into_iter().filter(|order| order.lowers_heat() && is_meant(order.channel()));
        self.submit_urgent(orders.collect());
    }
}
