use proptest::prelude::*;

use super::*;
use crate::model::channel::{Channel, ChannelKind, ControlShape};
use crate::model::ids::ChannelId;
use crate::model::reading::{Missing, MissingReason};
use crate::model::spec::Comparison;
use crate::model::units::Unit;

const TEMPERATURE: usize = 0;
const HEATER: usize = 1;
const PUMP: usize = 2;
const HOLD: usize = 3;

fn channel(id: &str, unit: Unit, kind: ChannelKind) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap(),
        tag: id.into(),
        endpoint: crate::model::ids::EndpointId::NONE,
        label: id.into(),
        group: "controls".into(),
        device: None,
        role: None,
        unit,
        kind,
    }
}

fn slider(step: f64, class: OutputClass, failsafe: Failsafe) -> ChannelKind {
    ChannelKind::Control(ControlSpec {
        shape: ControlShape::Slider,
        min: 0.0,
        max: 100.0,
        step,
        class,
        failsafe,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: false,
    })
}

/// A thermometer in °F, two heats with a fail-safe value, and a pump between them.
fn channels(grid: f64) -> Arc<ChannelTable> {
    let heat = || slider(grid, OutputClass::Heat, Failsafe::Value(0.0));
    Arc::new(ChannelTable::new(vec![
        channel("temperature", Unit::Fahrenheit, ChannelKind::Sensor),
        channel("heater", Unit::Percent, heat()),
        channel("pump", Unit::None, slider(1.0, OutputClass::Motion, Failsafe::Hold)),
        channel("hold", Unit::None, heat()),
    ]))
}

fn run(steps: impl IntoIterator<Item = Step>) -> Run {
    Run::new(steps.into_iter().collect(), channels(1.0), 1000)
}

fn target(channel: usize, native: f64) -> Target {
    Target { channel, native }
}

fn at(ms: i64) -> MonoMs {
    MonoMs(ms)
}

/// The temperature in °C, all controls at 0.
fn cold(celsius: f64) -> Vec<Value> {
    vec![Ok(celsius), Ok(0.0), Ok(0.0), Ok(0.0)]
}

fn until(comparison: Comparison, timeout: Option<Timeout>) -> Step {
    Step::Wait { until: Condition { channel: TEMPERATURE, comparison }, timeout }
}

fn ramp(to: f64, over_ms: u64) -> Step {
    Step::Ramp { to: target(HEATER, to), over_ms }
}

/// The orders that are due now, each confirmed, and what comes then.
fn carried_out(run: &mut Run, now: MonoMs, values: &[Value]) -> (Vec<Target>, Due) {
    let mut orders = Vec::new();
    loop {
        match run.due(now, values) {
            Due::Order(order) => {
                orders.push(order);
                run.confirmed();
            }
            due => return (orders, due),
        }
    }
}

#[test]
fn steps_follow_each_other_and_time_is_the_machines() {
    let mut run = run([Step::Set(vec![target(PUMP, 1.0)]), Step::Hold { ms: 600_000 }, ramp(3.0, 3000)]);
    assert_eq!(carried_out(&mut run, at(5), &cold(20.0)), (vec![target(PUMP, 1.0)], Due::Wait(Some(at(600_005)))));
    assert_eq!(run.words(at(60_005)), "step 2 of 3: hold for 600 s, 540 s left");
    assert_eq!(run.due(at(600_004), &cold(20.0)), Due::Wait(Some(at(600_005))));
    assert_eq!(
        carried_out(&mut run, at(600_005), &cold(20.0)),
        (vec![target(HEATER, 0.0)], Due::Wait(Some(at(601_005))))
    );
    assert_eq!(carried_out(&mut run, at(601_005), &cold(20.0)).0, [target(HEATER, 1.0)]);
    assert_eq!(carried_out(&mut run, at(700_000), &cold(20.0)), (vec![target(HEATER, 3.0)], Due::Finished));
}

#[test]
fn heat_goes_down_first_and_up_last() {
    let hot: Vec<Value> = vec![Ok(20.0), Ok(80.0), Ok(0.0), Ok(0.0)];
    let mut run = run([Step::Set(vec![target(HOLD, 1.0), target(PUMP, 1.0), target(HEATER, 10.0)])]);
    let (orders, _) = carried_out(&mut run, at(0), &hot);
    assert_eq!(orders, [target(HEATER, 10.0), target(PUMP, 1.0), target(HOLD, 1.0)]);
}

#[test]
fn an_order_stays_due_until_it_is_done() {
    let mut run = run([Step::Set(vec![target(HEATER, 60.0)])]);
    for now in 0..3 {
        assert_eq!(run.due(at(now), &cold(20.0)), Due::Order(target(HEATER, 60.0)));
    }
    run.confirmed();
    assert_eq!(run.due(at(3), &cold(20.0)), Due::Finished);
}

#[test]
fn a_ramp_begins_where_the_control_is_and_not_where_nobody_knows() {
    let mut values = cold(20.0);
    values[HEATER] = Err(Missing { reason: MissingReason::NotYet, polls: 0 });
    let mut run = run([ramp(100.0, 10_000)]);
    assert!(matches!(run.due(at(0), &values), Due::Trouble(why) if why.contains("nobody knows where heater is")));
    values[HEATER] = Ok(50.0);
    assert_eq!(run.due(at(0), &values), Due::Order(target(HEATER, 50.0)));
    run.confirmed();
    assert_eq!(run.due(at(5000), &values), Due::Order(target(HEATER, 75.0)));
}

#[test]
fn a_condition_counts_in_the_channels_unit_and_needs_a_reading() {
    let mut run = run([until(Comparison::AtLeast(65.0), None)]);
    assert_eq!(run.words(at(0)), "step 1 of 1: until temperature is at least 149 °F");
    let missing = |polls| Err(Missing { reason: MissingReason::Timeout, polls });
    let mut values = cold(64.9);
    assert_eq!(run.due(at(0), &values), Due::Wait(None));
    values[TEMPERATURE] = missing(1);
    assert_eq!(run.due(at(1), &values), Due::Wait(None));
    values[TEMPERATURE] = missing(3);
    assert!(matches!(run.due(at(2), &values), Due::Trouble(why) if why.contains("cannot be read")));
    assert_eq!(run.due(at(3), &cold(65.0)), Due::Finished);
}

#[test]
fn patience_ends_as_it_was_written() {
    for then in [Then::Next, Then::Fail, Then::Pause] {
        let mut run = run([until(Comparison::Above(65.0), Some(Timeout { ms: 5000, then })), Step::Hold { ms: 1 }]);
        assert_eq!(run.due(at(0), &cold(20.0)), Due::Wait(Some(at(5000))), "{then:?}");
        let due = run.due(at(5000), &cold(20.0));
        match then {
            Then::Next => assert_eq!(due, Due::Wait(Some(at(5001)))),
            Then::Fail => assert!(matches!(due, Due::Failed(why) if why.starts_with("5 s have passed"))),
            Then::Pause => {
                assert!(matches!(due, Due::Trouble(_)));
                run.pause(at(5000));
                run.resume(at(9000));
                assert_eq!(run.due(at(9000), &cold(20.0)), Due::Wait(Some(at(14_000))), "as long again");
            }
        }
    }
}

#[test]
fn a_question_waits_for_its_answer_and_no_other_step_takes_one() {
    let mut run = run([Step::Hold { ms: 10 }, Step::Ask { message: "Add the hops".into() }]);
    run.due(at(0), &cold(20.0));
    run.answered();
    assert_eq!(run.due(at(1), &cold(20.0)), Due::Wait(Some(at(10))));
    assert_eq!(run.due(at(10), &cold(20.0)), Due::Ask("Add the hops".into()));
    assert_eq!(run.due(at(1_000_000), &cold(20.0)), Due::Ask("Add the hops".into()));
    assert_eq!(run.words(at(20)), "step 2 of 2: asks: Add the hops");
    run.answered();
    assert_eq!(run.due(at(1_000_001), &cold(20.0)), Due::Finished);
}

#[test]
fn time_stands_still_while_it_is_paused_and_what_it_set_is_ordered_again_heat_last() {
    let set = Step::Set(vec![target(HEATER, 60.0), target(PUMP, 1.0)]);
    let mut run = run([set, Step::Hold { ms: 10_000 }]);
    carried_out(&mut run, at(0), &cold(20.0));
    run.pause(at(4000));
    run.pause(at(5000));
    assert_eq!(run.words(at(50_000)), "step 2 of 2: hold for 10 s, 6 s left");
    run.resume(at(104_000));
    let again = carried_out(&mut run, at(104_000), &cold(20.0));
    assert_eq!(again, (vec![target(PUMP, 1.0), target(HEATER, 60.0)], Due::Wait(Some(at(110_000)))));
}

#[test]
fn what_was_set_last_wins_when_it_is_ordered_again() {
    let steps = [target(HOLD, 1.0), target(HEATER, 60.0), target(HOLD, 0.0)].map(|target| Step::Set(vec![target]));
    let mut run = run(steps.into_iter().chain([Step::Hold { ms: 1000 }]));
    carried_out(&mut run, at(0), &cold(20.0));
    run.pause(at(1));
    run.resume(at(2));
    assert_eq!(carried_out(&mut run, at(2), &cold(20.0)).0, [target(HEATER, 60.0), target(HOLD, 0.0)]);
}

#[test]
fn heat_that_was_ordered_is_brought_to_safety_even_where_nobody_confirmed_it() {
    let mut run = run([Step::Set(vec![target(HEATER, 60.0), target(PUMP, 1.0)])]);
    assert_eq!(run.safe_targets(), []);
    assert_eq!(run.due(at(0), &cold(20.0)), Due::Order(target(PUMP, 1.0)));
    assert_eq!(run.safe_targets(), []);
    run.confirmed();
    run.due(at(0), &cold(20.0));
    assert_eq!(run.safe_targets(), [target(HEATER, 0.0)]);
}

fn any_step() -> impl Strategy<Value = Step> {
    let value = || (1..=3usize, 0..=100u32).prop_map(|(channel, native)| target(channel, native.into()));
    let then = prop_oneof![Just(Then::Pause), Just(Then::Next), Just(Then::Fail)];
    let timeout = proptest::option::of((0..20_000u64, then).prop_map(|(ms, then)| Timeout { ms, then }));
    prop_oneof![
        prop::collection::vec(value(), 1..4).prop_map(Step::Set),
        (value(), 0..20_000u64).prop_map(|(to, over_ms)| Step::Ramp { to, over_ms }),
        (0..20_000u64).prop_map(|ms| Step::Hold { ms }),
        (-50.0..150.0, timeout).prop_map(|(limit, timeout)| until(Comparison::Above(limit), timeout)),
        Just(Step::Ask { message: "go on?".into() }),
    ]
}

proptest! {
    #[test]
    fn a_ramp_never_leaves_its_range_nor_its_grid_and_ends_where_it_should(
        from in 0.0..=100.0f64, to in 0.0..=100.0f64, grid in prop_oneof![Just(0.0), Just(0.5), Just(7.0)],
        over_ms in 0..100_000u64, strides in prop::collection::vec(1..9000i64, 1..80),
    ) {
        let table = channels(grid);
        let control = table.get(HEATER).unwrap().control().unwrap().clone();
        let on_grid = |native| control.to_native(control.to_fraction(native));
        let mut run = Run::new([ramp(on_grid(to), over_ms)].into(), table, 1000);
        let values: Vec<Value> = vec![Ok(20.0), Ok(from), Ok(0.0), Ok(0.0)];
        let (low, high) = (on_grid(from).min(on_grid(to)), on_grid(from).max(on_grid(to)));
        let (mut now, mut last) = (at(0), None);
        for stride in strides.into_iter().chain([100_000]) {
            let (orders, due) = carried_out(&mut run, now, &values);
            for order in orders {
                prop_assert!((low - 1e-9..=high + 1e-9).contains(&order.native), "{order:?} {low} {high}");
                prop_assert!((order.native - on_grid(order.native)).abs() < 1e-9);
                prop_assert!(last.is_none_or(|last: f64| (order.native - last) * (to - from) >= 0.0), "it turns back");
                last = Some(order.native);
            }
            prop_assert_eq!(due == Due::Finished, now.since(at(0)) >= over_ms);
            now = at(now.0 + stride);
        }
        let (orders, due) = carried_out(&mut run, now, &values);
        prop_assert_eq!(due, Due::Finished);
        let last = orders.last().map(|order| order.native).or(last);
        prop_assert!(last.is_some_and(|last| (last - on_grid(to)).abs() < 1e-9), "{last:?}");
    }

    #[test]
    fn whatever_happens_a_program_never_waits_for_the_past_and_comes_to_its_end(
        steps in prop::collection::vec(any_step(), 0..8),
        happenings in prop::collection::vec((0..8u8, 0..9000i64, -60.0..160.0f64), 0..200),
    ) {
        let mut run = run(steps);
        let mut now = at(0);
        let ways_out = std::iter::repeat_n((0, 30_000, 155.0), 400);
        let mut over = false;
        for (what, stride, celsius) in happenings.into_iter().chain(ways_out) {
            let due = run.due(now, &cold(celsius));
            match &due {
                Due::Wait(Some(then)) => prop_assert!(*then > now, "{due:?} at {now:?}"),
                Due::Finished | Due::Failed(_) => { over = true; break }
                _ => {}
            }
            match (what, due) {
                (1, _) | (_, Due::Trouble(_)) => { run.pause(now); now = at(now.0 + stride); run.resume(now) }
                (2, _) => run.pause(now),
                (_, Due::Order(_)) => run.confirmed(),
                (_, Due::Ask(_)) => run.answered(),
                _ => {}
            }
            run.resume(now);
            now = at(now.0 + stride);
            prop_assert!(run.words(now).starts_with("step ") || run.words(now) == "done");
        }
        prop_assert!(over, "{run:?}");
    }
}
