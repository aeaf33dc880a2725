use std::sync::Arc;

use super::*;
use crate::model::channel::{ChannelKind, ControlShape};
use crate::model::command::{Scope, UserRole, Want};
use crate::model::ids::RuleId;
use crate::model::reading::{Missing, MissingReason};
use crate::model::spec::{Comparison, Condition};
use crate::testing::roaster;

const UNKNOWN: Value = Err(Missing { reason: MissingReason::NotYet, polls: 0 });

/// A roaster whose burner is a switch that is on at 0 and off at 1.
fn active_low() -> MachineSpec {
    let mut spec = roaster("a");
    let mut channels: Vec<_> = spec.channels.iter().map(|(_, channel)| channel.clone()).collect();
    if let Some(ChannelKind::Control(burner)) = channels.get_mut(2).map(|channel| &mut channel.kind) {
        burner.shape = ControlShape::Toggle { on: 0.0, off: 1.0 };
        burner.failsafe = Failsafe::Value(1.0);
    }
    spec.channels = Arc::new(ChannelTable::new(channels));
    spec
}

fn judge(spec: &MachineSpec, burner: Value, latched: Option<SafetyReason>, to: f64) -> Result<Admitted, RefusalCode> {
    let values = [Ok(200.0), Ok(210.0), burner];
    let safety = Safety { latched, ..Safety::default() };
    let now = Circumstances { spec, values: &values, connected: true, safety: &safety };
    let principal = Principal::everywhere(Actor::Rest, UserRole::Operator);
    let value = Fraction::new(to).unwrap();
    admit_control(&principal, CommandId(1), None, "burner", value, &now).map_err(|refusal| refusal.code)
}

#[test]
fn a_latched_switch_that_is_on_at_zero_cannot_be_switched_on() {
    let spec = active_low();
    assert_eq!(judge(&spec, Ok(1.0), Some(SafetyReason::Crash), 1.0), Err(RefusalCode::Latched));
    let off = judge(&spec, Ok(0.0), Some(SafetyReason::Crash), 0.0).unwrap();
    assert_eq!((off.native(), off.lowers_heat()), (1.0, true));
}

#[test]
fn an_order_that_adds_heat_is_not_one_that_lowers_it_whatever_is_written_for_on() {
    for (spec, off) in [(active_low(), 1.0), (roaster("a"), 0.0)] {
        assert!(!judge(&spec, Ok(off), None, 1.0).unwrap().lowers_heat());
        assert!(!judge(&spec, UNKNOWN, None, 1.0).unwrap().lowers_heat(), "unknown counts as off");
        assert!(judge(&spec, Ok(1.0 - off), None, 0.0).unwrap().lowers_heat());
    }
}

#[test]
fn a_machine_is_hot_while_its_heat_is_known_to_be_above_its_fail_safe() {
    for (spec, on, off) in [(active_low(), 0.0, 1.0), (roaster("a"), 5.0, 0.0)] {
        assert!(is_hot(&spec, &[UNKNOWN, UNKNOWN, Ok(on)]));
        assert!(!is_hot(&spec, &[UNKNOWN, UNKNOWN, Ok(off)]));
        assert!(!is_hot(&spec, &[UNKNOWN, UNKNOWN, UNKNOWN]), "what is not known was never ordered");
    }
}

#[test]
fn heat_off_writes_heat_and_nothing_else() {
    let spec = active_low();
    let written: Vec<_> = heat_off_orders(&spec, CommandId(1)).iter().map(|o| (o.channel(), o.native())).collect();
    assert_eq!(written, [(2, 1.0)]);
}

#[test]
fn a_command_passes_for_a_role_that_may_and_a_machine_that_is_theirs() {
    let (mine, other) = (MachineId::parse("mine").expect("id"), MachineId::parse("other").expect("id"));
    let judged = |role, want: Want, machine: &MachineId| {
        let scope = Scope::Only(std::sync::Arc::new([mine.clone()].into()));
        let principal = Principal { role, scope, ..Principal::everywhere(Actor::Rest, role) };
        must_be_allowed(&Command { id: CommandId(1), principal, request_id: None, want }, machine).map_err(|no| no.code)
    };
    let forbidden = Err(RefusalCode::Forbidden);
    assert_eq!(judged(UserRole::Operator, Want::Rearm, &mine), Ok(()));
    assert_eq!(judged(UserRole::Operator, Want::Rearm, &other), forbidden);
    assert_eq!(judged(UserRole::Viewer, Want::Rearm, &mine), forbidden);
    assert_eq!(judged(UserRole::Viewer, Want::Stop, &mine), Ok(()));
    assert_eq!(judged(UserRole::Admin, Want::Stop, &other), forbidden);
    assert_eq!(judged(UserRole::Controller, Want::Stop, &mine), forbidden);
}

#[test]
fn an_interlock_has_a_say_in_what_it_may_block_and_in_nothing_else() {
    let mut spec = roaster("a");
    spec.interlocks.push(InterlockRule {
        id: RuleId::parse("air").unwrap(),
        blocks: Some(Condition { channel: 2, comparison: Comparison::Above(0.0) }),
        unless: vec![Condition { channel: 1, comparison: Comparison::Above(50.0) }],
        forces: None,
        message: "open the air first".to_owned(),
    });
    let asked = |channel, value| is_interlocked(&spec, channel, Fraction::new(value).unwrap());
    assert!(asked("burner", 0.5));
    assert!(!asked("burner", 0.0), "heat may always go");
    assert!(!asked("bt", 0.5) && !asked("nothing", 0.5));
}

fn closed(blocks: Option<Condition>, forces: Option<Forced>) -> MachineSpec {
    let rule = InterlockRule {
        id: RuleId::parse("lock").unwrap(),
        blocks,
        unless: vec![Condition { channel: 0, comparison: Comparison::Below(100.0) }],
        forces,
        message: "too hot".to_owned(),
    };
    MachineSpec { interlocks: vec![rule], ..roaster("a") }
}

#[test]
fn an_output_that_is_forced_takes_no_other_order_but_less_heat() {
    let spec = closed(None, Some(Forced { channel: 2, native: 0.0 }));
    assert_eq!(judge(&spec, Ok(0.0), None, 0.5), Err(RefusalCode::InterlockBlocked));
    assert!(judge(&spec, Ok(80.0), None, 0.5).unwrap().lowers_heat());
    assert_eq!(judge(&spec, Ok(0.0), None, 0.0).unwrap().native(), 0.0);
}

#[test]
fn a_forced_value_comes_at_once_in_the_interlocks_name_and_not_while_stop_is_latched() {
    let forced = Forced { channel: 2, native: 0.0 };
    let spec = closed(None, Some(forced));
    let order = |latched| forced_order(&spec, CommandId(1), forced, &Safety { latched, ..Safety::default() });
    let forcing = order(Some(SafetyReason::Interlock)).unwrap();
    assert!(forcing.is_at_once() && forcing.lowers_heat() && *forcing.by() == Actor::Interlock);
    assert_eq!(order(Some(SafetyReason::Stop)), None);
}

#[test]
fn an_interlock_without_a_way_out_refuses_for_ever() {
    let mut spec = closed(Some(Condition { channel: 2, comparison: Comparison::Above(60.0) }), None);
    spec.interlocks[0].unless.clear();
    assert_eq!(judge(&spec, Ok(0.0), None, 0.7), Err(RefusalCode::InterlockBlocked));
    assert!(judge(&spec, Ok(0.0), None, 0.6).is_ok());
}
