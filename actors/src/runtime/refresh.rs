//! Refresh: heat that is on is written again each second. A device with a watchdog of its own then takes it away when nobody writes any
//! more, however the daemon, its computer or the cable died. Source: safety design, outputs.

use std::time::Duration;

use tokio::time::Instant;

use crate::driver::Sample;
use crate::logic::gate::{self, Admitted};
use crate::model::channel::{ControlSpec, OutputClass};
use crate::model::spec::MachineSpec;
use crate::model::units::Unit;

/// Pause between two writes. The drive task looks five times a second: where readings come as often, no two are further apart than 1 s.
/// Source: safety design, outputs.
const EVERY: Duration = Duration::from_millis(800);

/// The heat outputs of a machine, and what was last confirmed of each.
#[derive(Debug, Default)]
pub struct Refresh {
    outputs: Vec<Output>,
}

#[derive(Debug)]
struct Output {
    channel: usize,
    control: ControlSpec,
    unit: Unit,
    /// Whether readings tell what it is set to.
    is_shown: bool,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    order: Admitted,
    written: Instant,
    /// Since it was written, the device has shown what was ordered; one that shows nothing always does.
    agrees: bool,
    fails: bool,
}

/// Whether a failure is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The first since it last went well.
    First,
    /// It is known.
    Again,
}

impl Refresh {
    /// Nothing is on yet.
    pub fn new(spec: &MachineSpec) -> Self {
        let heats = spec.channels.controls().filter(|(_, _, control)| control.class == OutputClass::Heat);
        let output = |(channel, about, control): (usize, &crate::model::channel::Channel, &ControlSpec)| Output {
            channel,
            control: control.clone(),
            unit: about.unit.clone(),
            is_shown: false,
            held: None,
        };
        Self { outputs: heats.map(output).collect() }
    }

    /// An order is about to be written. Whatever becomes of it, what was ordered before is not written again.
    pub fn forget(&mut self, channel: usize) {
        self.outputs.iter_mut().filter(|output| output.channel == channel).for_each(|output| output.held = None);
    }

    /// Nothing that was ordered is worth anything any more: the link is new.
    pub fn forget_all(&mut self) {
        self.outputs.iter_mut().for_each(|output| output.held = None);
    }

    /// The device confirmed an order. Heat that is off needs no refresh.
    pub fn hold(&mut self, order: &Admitted) {
        let Some(output) = self.outputs.iter_mut().find(|output| output.channel == order.channel()) else { return };
        let is_hot = !gate::is_safe(&output.control, order.native());
        let agrees = !output.is_shown;
        let held = || Held { order: order.clone(), written: Instant::now(), agrees, fails: false };
        output.held = is_hot.then(held);
    }

    /// The device was read. Where it shows something else than was ordered, another hand is at work, such as one at the machine's own
    /// panel: that is not written over. So each write waits for a reading since the one before, and comes no more often than those do.
    pub fn read(&mut self, sample: &Sample) {
        for Output { channel, control, unit, is_shown, held } in &mut self.outputs {
            let Some(Ok(shown)) = sample.values().get(*channel).filter(|_| !sample.is_kept(*channel)) else { continue };
            *is_shown = true;
            if let Some(held) = held {
                held.agrees = control.agrees(unit.outward(*shown), held.order.native());
            }
        }
    }

    /// What is to be written again now.
    pub fn due(&self) -> Option<Admitted> {
        let now = Instant::now();
        let held = self.outputs.iter().filter_map(|output| output.held.as_ref());
        held.filter(|held| held.agrees && now - held.written >= EVERY).map(|held| held.order.clone()).next()
    }

    /// It was written again.
    pub fn written(&mut self, order: &Admitted, went_well: bool) -> Option<Failure> {
        let output = self.outputs.iter_mut().find(|output| output.channel == order.channel())?;
        let held = output.held.as_mut()?;
        held.written = Instant::now();
        held.agrees = !output.is_shown;
        let before = std::mem::replace(&mut held.fails, !went_well);
        (!went_well).then_some(if before { Failure::Again } else { Failure::First })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::command::{Actor, Principal, UserRole};
    use crate::model::event::Safety;
    use crate::model::ids::CommandId;
    use crate::model::reading::MissingReason;
    use crate::model::units::Fraction;
    use crate::testing::roaster;

    const BURNER: usize = 2;

    fn order(to: f64) -> Admitted {
        let spec = roaster("a");
        let now = gate::Circumstances {
            spec: &spec,
            values: &[Ok(200.0), Ok(210.0), Ok(0.0)],
            connected: true,
            safety: &Safety::default(),
        };
        let principal = Principal::everywhere(Actor::Rest, UserRole::Operator);
        let value = Fraction::new(to).unwrap();
        gate::admit_control(&principal, CommandId(1), None, "burner", value, &now).unwrap()
    }

    fn shows(burner: f64) -> Sample {
        let mut sample = Sample::missing(3, MissingReason::Timeout);
        sample.set(BURNER, burner);
        sample
    }

    async fn a_while() {
        tokio::time::advance(EVERY).await;
    }

    #[tokio::test(start_paused = true)]
    async fn heat_is_written_again_and_again_while_it_is_on() {
        let mut refresh = Refresh::new(&roaster("a"));
        refresh.hold(&order(0.8));
        assert_eq!(refresh.due(), None);
        for _ in 0..3 {
            a_while().await;
            let due = refresh.due().unwrap();
            assert_eq!((due.channel(), due.native()), (BURNER, 80.0));
            assert_eq!(refresh.written(&due, true), None);
            assert_eq!(refresh.due(), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn heat_that_is_off_or_about_to_be_is_left_alone() {
        let mut refresh = Refresh::new(&roaster("a"));
        refresh.hold(&order(0.0));
        a_while().await;
        assert_eq!(refresh.due(), None);
        refresh.hold(&order(0.8));
        a_while().await;
        refresh.forget(BURNER);
        assert_eq!(refresh.due(), None, "an order that failed leaves nothing to be written");
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_hand_set_at_the_machine_is_not_written_over() {
        let mut refresh = Refresh::new(&roaster("a"));
        refresh.hold(&order(0.8));
        refresh.read(&shows(80.3));
        a_while().await;
        assert!(refresh.due().is_some(), "rounding is no other hand");
        refresh.read(&shows(30.0));
        assert_eq!(refresh.due(), None);
        refresh.read(&Sample::missing(3, MissingReason::Timeout));
        assert_eq!(refresh.due(), None, "a reading that fails tells nothing new");
        refresh.read(&shows(80.0));
        assert!(refresh.due().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_changed_since_it_was_last_seen_is_not_written_over() {
        let mut refresh = Refresh::new(&roaster("a"));
        refresh.read(&shows(0.0));
        refresh.hold(&order(0.8));
        a_while().await;
        assert_eq!(refresh.due(), None, "no reading since the order");
        refresh.read(&shows(80.0));
        let due = refresh.due().unwrap();
        refresh.written(&due, true);
        a_while().await;
        assert_eq!(refresh.due(), None, "no reading since the last write");
        refresh.read(&shows(80.0));
        assert!(refresh.due().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_once() {
        let mut refresh = Refresh::new(&roaster("a"));
        refresh.hold(&order(0.8));
        let told: Vec<_> = [false, false, true, false].map(|well| refresh.written(&order(0.8), well)).into();
        assert_eq!(told, [Some(Failure::First), Some(Failure::Again), None, Some(Failure::First)]);
    }
}
