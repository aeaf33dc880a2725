//! Outputs that may rise only so fast: an order that raises one is written in steps, one each interval of sampling. Falling, and what
//! brings outputs to safety, is written at once. Source: safety design, outputs. Pure: time is an argument.

use super::gate::Admitted;
use crate::model::channel::{Channel, ControlSpec};
use crate::model::reading::Value;
use crate::model::spec::MachineSpec;
use crate::model::time::MonoMs;
use crate::model::units::Unit;

/// Longest pause between two steps where readings are further apart. Unit: ms of the machine's clock.
const STEP_MS_MAX: u64 = 1_000;

/// The outputs of a machine that may rise only so fast.
#[derive(Debug, Default)]
pub struct Rises {
    outputs: Vec<Output>,
}

#[derive(Debug)]
struct Output {
    channel: usize,
    control: ControlSpec,
    unit: Unit,
    per_ms: f64,
    /// From step to step. Unit: ms.
    pace_ms: u64,
    /// What the device has, as far as is known. Native unit.
    stands_at: Option<f64>,
    written: Option<MonoMs>,
    climb: Option<Climb>,
}

#[derive(Debug)]
struct Climb {
    order: Admitted,
    /// How far it may be by now, off the grid. Native unit.
    reached: f64,
}

/// What is to be written of an order now.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The whole order.
    pub order: Admitted,
    /// As much of it as may be written.
    pub part: Admitted,
    /// Whether that is all of it.
    pub is_last: bool,
}

impl Rises {
    /// Nothing rises yet.
    pub fn new(spec: &MachineSpec) -> Self {
        let output = |(channel, about, control): (usize, &Channel, &ControlSpec)| {
            let per_ms = control.max_rise_per_s? / 1000.0;
            // A step that is finer than the grid would never arrive.
            let grid_ms = (control.step / per_ms).ceil() as u64;
            let pace_ms = spec.sampling_interval_ms.min(STEP_MS_MAX).max(grid_ms);
            let (control, unit) = (control.clone(), about.unit.clone());
            Some(Output { channel, control, unit, per_ms, pace_ms, stands_at: None, written: None, climb: None })
        };
        Self { outputs: spec.channels.controls().filter_map(output).collect() }
    }

    /// An order is about to be written: the one that rises on its channel is over.
    pub fn end(&mut self, channel: usize) {
        if let Some(output) = self.output(channel) {
            output.climb = None;
        }
    }

    /// All that rise are over.
    pub fn end_all(&mut self) {
        self.outputs.iter_mut().for_each(|output| output.climb = None);
    }

    /// Nothing is known of the device any more: the link is new.
    pub fn forget_all(&mut self) {
        self.outputs.iter_mut().for_each(|output| (output.stands_at, output.written) = (None, None));
    }

    /// The first step of an order that may not be written at once.
    pub fn begin(&mut self, order: &Admitted, now: MonoMs) -> Option<Step> {
        let output = self.output(order.channel()).filter(|_| !order.is_at_once())?;
        // What is not known counts as off, the most careful guess.
        let from = output.stands_at.unwrap_or(output.control.min);
        output.climb = (order.native() > from).then(|| Climb { order: order.clone(), reached: from });
        let step = output.step(now)?;
        if step.is_last {
            output.climb = None;
            return None;
        }
        Some(step)
    }

    /// A step whose time has come.
    pub fn due(&mut self, now: MonoMs) -> Option<Step> {
        let is_due = |output: &&mut Output| output.written.is_none_or(|at| now.since(at) >= output.pace_ms);
        self.outputs.iter_mut().filter(is_due).find_map(|output| output.step(now))
    }

    /// The device confirmed this value.
    pub fn wrote(&mut self, order: &Admitted, now: MonoMs) {
        if let Some(output) = self.output(order.channel()) {
            (output.stands_at, output.written) = (Some(order.native()), Some(now));
        }
    }

    /// The device was read, by channel index in internal units; `is_new` says which values it told anew.
    pub fn read(&mut self, values: &[Value], is_new: impl Fn(usize) -> bool) {
        for Output { channel, unit, stands_at, .. } in &mut self.outputs {
            if let Some(Ok(shown)) = values.get(*channel).filter(|_| is_new(*channel)) {
                *stands_at = Some(unit.outward(*shown));
            }
        }
    }

    fn output(&mut self, channel: usize) -> Option<&mut Output> {
        self.outputs.iter_mut().find(|output| output.channel == channel)
    }
}

impl Output {
    fn step(&mut self, now: MonoMs) -> Option<Step> {
        let Climb { order, reached } = self.climb.as_mut()?;
        let since = self.written.map_or(self.pace_ms, |at| now.since(at).min(self.pace_ms));
        *reached += self.per_ms * since as f64;
        let is_last = *reached + 1e-9 >= order.native();
        let part = if is_last { order.clone() } else { order.clone().short_of(self.control.floor(*reached)) };
        Some(Step { order: order.clone(), part, is_last })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::logic::gate::{self, Circumstances};
    use crate::model::channel::{ChannelKind, ChannelTable};
    use crate::model::command::{Actor, Principal, UserRole};
    use crate::model::event::Safety;
    use crate::model::ids::CommandId;
    use crate::model::units::Fraction;
    use crate::testing::roaster;

    const BURNER: usize = 2;

    fn rises_at(per_s: f64, step: f64) -> (MachineSpec, Rises) {
        let mut spec = roaster("a");
        let mut channels: Vec<_> = spec.channels.iter().map(|(_, channel)| channel.clone()).collect();
        if let Some(ChannelKind::Control(burner)) = channels.get_mut(BURNER).map(|channel| &mut channel.kind) {
            (burner.max_rise_per_s, burner.step) = (Some(per_s), step);
        }
        spec.channels = Arc::new(ChannelTable::new(channels));
        let rises = Rises::new(&spec);
        (spec, rises)
    }

    fn order(spec: &MachineSpec, to: f64) -> Admitted {
        let values = [Ok(200.0), Ok(210.0), Ok(0.0)];
        let now = Circumstances { spec, values: &values, connected: true, safety: &Safety::default() };
        let principal = Principal::everywhere(Actor::Rest, UserRole::Operator);
        let value = Fraction::new(to).unwrap();
        gate::admit_control(&principal, CommandId(1), None, "burner", value, &now).unwrap()
    }

    /// Writes an order and its steps, looking every 200 ms; what was written, and when.
    fn climb(rises: &mut Rises, order: &Admitted, from_ms: i64) -> Vec<(i64, f64)> {
        let mut written = Vec::new();
        let mut next = rises.begin(order, MonoMs(from_ms));
        if next.is_none() {
            rises.wrote(order, MonoMs(from_ms));
            return vec![(from_ms, order.native())];
        }
        for now in (from_ms..).step_by(200) {
            if let Some(step) = next.take().or_else(|| rises.due(MonoMs(now))) {
                rises.wrote(&step.part, MonoMs(now));
                written.push((now, step.part.native()));
                if step.is_last {
                    rises.end(BURNER);
                    return written;
                }
            }
        }
        written
    }

    #[test]
    fn an_order_rises_step_by_step_to_all_of_it() {
        let (spec, mut rises) = rises_at(20.0, 1.0);
        let written = climb(&mut rises, &order(&spec, 0.7), 0);
        assert_eq!(written, [(0, 20.0), (1_000, 40.0), (2_000, 60.0), (3_000, 70.0)]);
    }

    #[test]
    fn a_rise_that_is_finer_than_the_grid_still_arrives_and_loses_nothing_to_it() {
        let (spec, mut rises) = rises_at(1.5, 1.0);
        let written = climb(&mut rises, &order(&spec, 0.06), 0);
        assert_eq!(written, [(0, 1.0), (1_000, 3.0), (2_000, 4.0), (3_000, 6.0)]);
        let (spec, mut rises) = rises_at(0.5, 1.0);
        assert_eq!(climb(&mut rises, &order(&spec, 0.02), 0), [(0, 1.0), (2_000, 2.0)]);
    }

    #[test]
    fn falling_is_written_at_once_and_ends_what_rises() {
        let (spec, mut rises) = rises_at(20.0, 1.0);
        let rising = order(&spec, 0.7);
        let first = rises.begin(&rising, MonoMs(0)).unwrap();
        rises.wrote(&first.part, MonoMs(0));
        rises.end(BURNER);
        assert_eq!(rises.begin(&order(&spec, 0.1), MonoMs(100)), None);
        assert_eq!(rises.due(MonoMs(60_000)), None);
    }

    #[test]
    fn many_orders_rise_no_faster_than_one() {
        let (spec, mut rises) = rises_at(20.0, 1.0);
        for tenth in 0..=20 {
            rises.end(BURNER);
            let now = MonoMs(tenth * 100);
            if let Some(step) = rises.begin(&order(&spec, 0.9), now) {
                rises.wrote(&step.part, now);
                assert!(step.part.native() <= 20.0 + 2.0 * tenth as f64, "{} at {tenth}", step.part.native());
            }
        }
    }

    #[test]
    fn what_brings_outputs_to_safety_does_not_rise_slowly() {
        let (spec, mut rises) = rises_at(20.0, 1.0);
        let safe = gate::stop_orders(&spec, CommandId(1), &Actor::Rest).remove(0);
        assert_eq!(rises.begin(&safe, MonoMs(0)), None);
    }

    #[test]
    fn a_rise_begins_where_the_device_is_known_to_be_and_at_the_bottom_over_a_new_link() {
        let (spec, mut rises) = rises_at(20.0, 1.0);
        rises.read(&[Ok(200.0), Ok(210.0), Ok(45.0)], |_| true);
        rises.read(&[Ok(200.0), Ok(210.0), Ok(99.0)], |channel| channel != BURNER);
        let first = rises.begin(&order(&spec, 0.9), MonoMs(0)).unwrap();
        assert_eq!((first.part.native(), first.order.native()), (65.0, 90.0));
        rises.end(BURNER);
        rises.forget_all();
        assert_eq!(rises.begin(&order(&spec, 0.9), MonoMs(0)).unwrap().part.native(), 20.0);
    }

    #[test]
    fn an_output_without_a_limit_is_written_at_once() {
        let spec = roaster("a");
        assert_eq!(Rises::new(&spec).begin(&order(&spec, 0.9), MonoMs(0)), None);
    }
}
