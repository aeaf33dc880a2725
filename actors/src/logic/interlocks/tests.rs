use super::*;
use crate::model::ids::RuleId;
use crate::model::reading::{Missing, MissingReason};
use crate::model::spec::{Comparison, Condition, Forced, SafetySpec};
use crate::testing::roaster;

const BT: usize = 0;
const BURNER: usize = 2;
const GONE: Value = Err(Missing { reason: MissingReason::Timeout, polls: 1 });

/// No heat above 250 °C, of which nothing must be missing for 3 s.
fn hot_beans() -> InterlockRule {
    InterlockRule {
        id: RuleId::parse("hot_beans").unwrap(),
        blocks: Some(Condition { channel: BURNER, comparison: Comparison::Above(0.0) }),
        unless: vec![Condition { channel: BT, comparison: Comparison::Below(250.0) }],
        forces: None,
        message: "too hot".to_owned(),
    }
}

fn with(rule: InterlockRule) -> (MachineSpec, InterlockWatch) {
    let safety = SafetySpec { sensor_loss_ms: 3_000, operator_loss_ms: None };
    let spec = MachineSpec { interlocks: vec![rule], safety, ..roaster("a") };
    let watch = InterlockWatch::new(&spec, MonoMs(0));
    (spec, watch)
}

fn deeds(spec: &MachineSpec, watch: &mut InterlockWatch, at_ms: i64, bt: Value, burner: Value) -> Vec<Deed> {
    watch.read(MonoMs(at_ms), spec, &[bt, Ok(210.0), burner]).into_iter().map(|finding| finding.deed).collect()
}

#[test]
fn heat_that_is_on_is_taken_away_at_the_reading_that_closes_the_interlock() {
    let (spec, mut watch) = with(hot_beans());
    assert_eq!(deeds(&spec, &mut watch, 0, Ok(249.0), Ok(80.0)), []);
    assert_eq!(deeds(&spec, &mut watch, 1_000, Ok(250.0), Ok(80.0)), [Deed::TakeHeat]);
}

#[test]
fn heat_that_is_off_or_was_never_ordered_is_left_alone() {
    let (spec, mut watch) = with(hot_beans());
    assert_eq!(deeds(&spec, &mut watch, 0, Ok(300.0), Ok(0.0)), []);
    assert_eq!(deeds(&spec, &mut watch, 60_000, GONE, GONE), []);
}

#[test]
fn an_input_that_is_missing_closes_it_when_it_has_been_for_as_long_as_a_sensor_may_be() {
    let (spec, mut watch) = with(hot_beans());
    assert_eq!(deeds(&spec, &mut watch, 0, Ok(200.0), Ok(80.0)), []);
    assert_eq!(deeds(&spec, &mut watch, 2_999, GONE, Ok(80.0)), []);
    assert_eq!(deeds(&spec, &mut watch, 3_000, GONE, Ok(80.0)), [Deed::TakeHeat]);
    assert_eq!(deeds(&spec, &mut watch, 4_000, Ok(200.0), Ok(80.0)), []);
    watch.begin(MonoMs(90_000));
    assert_eq!(deeds(&spec, &mut watch, 92_000, GONE, Ok(80.0)), [], "a new link counts anew");
}

#[test]
fn one_input_that_is_against_it_is_enough_whatever_is_missing() {
    let mut rule = hot_beans();
    rule.unless.push(Condition { channel: 1, comparison: Comparison::Below(100.0) });
    let (spec, mut watch) = with(rule);
    assert_eq!(deeds(&spec, &mut watch, 0, GONE, Ok(80.0)), [Deed::TakeHeat], "ET is at 210");
}

#[test]
fn an_interlock_without_a_way_out_is_always_closed() {
    let rule = InterlockRule {
        blocks: Some(Condition { channel: BURNER, comparison: Comparison::Above(60.0) }),
        unless: Vec::new(),
        ..hot_beans()
    };
    let (spec, mut watch) = with(rule);
    assert_eq!(deeds(&spec, &mut watch, 0, Ok(200.0), Ok(60.0)), []);
    assert_eq!(deeds(&spec, &mut watch, 1_000, Ok(200.0), Ok(61.0)), [Deed::TakeHeat]);
}

#[test]
fn heat_is_forced_down_and_never_up() {
    let rule = InterlockRule { blocks: None, forces: Some(Forced { channel: BURNER, native: 0.0 }), ..hot_beans() };
    let (spec, mut watch) = with(rule);
    assert_eq!(deeds(&spec, &mut watch, 0, Ok(200.0), Ok(80.0)), []);
    assert_eq!(deeds(&spec, &mut watch, 1_000, Ok(260.0), Ok(80.0)), [Deed::Force]);
    assert_eq!(deeds(&spec, &mut watch, 2_000, Ok(260.0), Ok(0.0)), []);
    assert_eq!(deeds(&spec, &mut watch, 3_000, Ok(260.0), GONE), []);
}
