use super::*;
use crate::model::mark::MarkSource;

#[test]
fn a_condition_must_hold_for_its_delay() {
    let mut desk = Desk::new([rule(Comparison::Above(230.0), 2.0, 3_000)]);
    assert_eq!(desk.feed(Some(231.0), 3), []);
    assert_eq!(desk.feed(Some(229.9), 1), []);
    assert_eq!(desk.feed(Some(231.0), 3), []);
    assert_eq!(desk.feed(Some(231.0), 1), [(Unacked, 1)]);
}

#[test]
fn a_condition_must_be_gone_for_its_delay() {
    let mut desk = Desk::new([AlarmRule { off_delay_ms: 30_000, ..above_230() }]);
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.feed(Some(220.0), 30), []);
    assert_eq!(desk.feed(Some(220.0), 1), [(ClearedUnacked, 1)]);
}

#[test]
fn a_value_inside_the_deadband_does_not_clear() {
    for (comparison, raised, inside, outside) in [
        (Comparison::Above(230.0), 231.0, 228.1, 228.0),
        (Comparison::AtLeast(230.0), 230.0, 228.0, 227.9),
        (Comparison::Below(20.0), 19.0, 21.9, 22.0),
        (Comparison::AtMost(20.0), 20.0, 22.0, 22.1),
        (Comparison::Equals(3.0), 3.0, 4.5, 5.1),
    ] {
        let mut desk = Desk::new([rule(comparison, 2.0, 0)]);
        assert_eq!(desk.feed(Some(raised), 1), [(Unacked, 1)], "{comparison:?}");
        assert_eq!(desk.feed(Some(inside), 59), [], "{comparison:?}");
        assert_eq!(desk.feed(Some(outside), 6), [(ClearedUnacked, 1)], "{comparison:?}");
    }
}

#[test]
fn a_missing_value_neither_raises_nor_clears() {
    let mut desk = Desk::new([above_230()]);
    assert_eq!(desk.feed(None, 60), []);
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.feed(None, 600), []);
    assert_eq!(desk.feed(Some(220.0), 5), []);
    assert_eq!(desk.feed(None, 60), []);
    assert_eq!(desk.feed(Some(220.0), 5), []);
    assert_eq!(desk.feed(Some(220.0), 1), [(ClearedUnacked, 1)]);
}

#[test]
fn a_sensor_that_fails_every_other_poll_still_raises() {
    let mut desk = Desk::new([rule(Comparison::Above(230.0), 2.0, 4_000)]);
    let told: Vec<_> = (0..10).flat_map(|i| desk.feed((i % 2 == 0).then_some(231.0), 1)).collect();
    assert_eq!(told, [(Unacked, 1)]);
}

#[test]
fn a_rule_on_a_channel_that_is_not_there_stays_silent() {
    let mut desk = Desk::new([rule(Comparison::Above(230.0), 2.0, 0)]);
    assert_eq!(desk.read(&[]), []);
}

#[test]
fn all_of_a_condition_must_hold_and_any_part_that_is_back_ends_it() {
    let burner_on = Clause {
        condition: Condition { channel: 2, comparison: Comparison::Above(10.0) },
        quantity: Quantity::Value,
        deadband: 5.0,
    };
    let when = vec![clause(Comparison::Above(230.0), 2.0), burner_on];
    let mut desk = Desk::new([AlarmRule { when, delay_ms: 0, off_delay_ms: 0, ..above_230() }]);
    let mut feed = |bt, burner| short(&desk.read(&[Ok(bt), Ok(0.0), burner]));
    assert_eq!(feed(231.0, Ok(0.0)), []);
    assert_eq!(feed(200.0, Ok(50.0)), []);
    assert_eq!(feed(231.0, Err(missing())), [], "nobody knows whether the burner is on");
    assert_eq!(feed(231.0, Ok(50.0)), [(Unacked, 1)]);
    assert_eq!(feed(231.0, Ok(6.0)), [], "inside its own deadband");
    assert_eq!(feed(231.0, Err(missing())), []);
    assert_eq!(feed(231.0, Ok(5.0)), [(ClearedUnacked, 1)]);
}

#[test]
fn a_rate_is_compared_per_minute() {
    let when = vec![Clause { quantity: Quantity::Rate, ..clause(Comparison::Above(20.0), 2.0) }];
    let mut desk = Desk::new([AlarmRule { when, ..above_230() }]);
    let climb = |desk: &mut Desk, from: f64, per_minute: f64, seconds: u32| -> Vec<_> {
        (0..seconds).flat_map(|s| desk.feed(Some(from + per_minute * f64::from(s) / 60.0), 1)).collect()
    };
    assert_eq!(climb(&mut desk, 100.0, 15.0, 60), []);
    assert_eq!(climb(&mut desk, 115.0, 30.0, 60), [(Unacked, 1)]);
    assert_eq!(climb(&mut desk, 145.0, 19.0, 20), [], "inside the deadband");
    assert_eq!(climb(&mut desk, 145.0 + 19.0 / 3.0, 5.0, 60), [(ClearedUnacked, 1)]);
}

#[test]
fn a_rule_may_wait_for_an_event_and_hold_in_some_states_only() {
    let mut desk = Desk::new([AlarmRule {
        after: Some(MarkKind::FirstCrackStart),
        during: vec![SessionState::Recording],
        delay_ms: 0,
        ..above_230()
    }]);
    desk.state = SessionState::Recording;
    assert_eq!(desk.feed(Some(240.0), 30), [], "no first crack yet");
    let mark =
        Mark { kind: MarkKind::FirstCrackStart, at: SessionMs(0), source: MarkSource::Manual, bt: None, et: None };
    desk.marks.insert(mark.kind, mark);
    assert_eq!(desk.feed(Some(240.0), 1), [(Unacked, 1)]);
    desk.state = SessionState::Finished;
    assert_eq!(desk.feed(Some(240.0), 10), [(ClearedUnacked, 1)]);
}

fn air_before_fire() -> InterlockRule {
    InterlockRule {
        id: RuleId::parse("air_before_fire").unwrap(),
        blocks: Some(Condition { channel: 0, comparison: Comparison::Above(0.0) }),
        unless: vec![Condition { channel: 1, comparison: Comparison::AtLeast(20.0) }],
        forces: None,
        message: "Open the air first".to_owned(),
    }
}

fn with_interlock() -> (Desk, RuleId) {
    let rule = air_before_fire();
    let id = rule.id.clone();
    (Desk::of(MachineSpec { interlocks: vec![rule], ..roaster("probat") }), id)
}

#[test]
fn an_interlock_is_an_alarm_from_the_order_it_blocks_until_it_would_let_one_pass() {
    let (mut desk, id) = with_interlock();
    let (closed, open) = ([Ok(0.0), Ok(0.0)], [Ok(0.0), Ok(30.0)]);
    for _ in 0..10 {
        assert_eq!(desk.read(&closed), [], "nobody wanted anything");
    }
    let raised = desk.act(|book, moment, next| book.blocked(&id, moment, next));
    assert_eq!((raised[0].state, raised[0].message.as_str()), (Unacked, "Order blocked: Open the air first"));
    assert_eq!(desk.act(|book, moment, next| book.blocked(&id, moment, next)), [], "it is up already");
    assert_eq!(desk.read(&closed), []);
    assert_eq!(short(&desk.act(|book, moment, _| book.ack(&id, None, "Anna", moment).unwrap())), [(Acked, 1)]);
    let told: Vec<_> = (0..30).flat_map(|_| short(&desk.read(&open))).collect();
    assert_eq!(told, [(Normal, 1)]);
    assert_eq!(short(&desk.act(|book, moment, next| book.blocked(&id, moment, next))), [(Unacked, 2)]);
}

#[test]
fn a_lost_sensor_keeps_the_alarm_of_an_interlock_up() {
    let (mut desk, id) = with_interlock();
    desk.act(|book, moment, next| book.blocked(&id, moment, next));
    let lost = [Ok(0.0), Err(missing())];
    assert!((1..100).all(|_| desk.read(&lost).is_empty()));
}

#[test]
fn what_an_interlock_did_is_not_forgotten_over_an_order_it_blocks_before_somebody_has_seen_it() {
    let (mut desk, id) = with_interlock();
    let cry = Cry::critical("The burner is off");
    desk.act(|book, moment, next| book.tripped(&id, cry, moment, next));
    let over: Vec<_> = (0..30).flat_map(|_| short(&desk.read(&[Ok(0.0), Ok(30.0)]))).collect();
    assert_eq!(over, [(ClearedUnacked, 1)]);
    let again = desk.act(|book, moment, next| book.blocked(&id, moment, next));
    assert_eq!((again[0].state, again[0].severity, again[0].count), (Unacked, Severity::Critical, 2));
    assert_eq!(again[0].message, "The burner is off");
}

#[test]
fn what_an_interlock_did_is_worse_than_an_order_it_blocked_and_told_anew() {
    let (mut desk, id) = with_interlock();
    desk.act(|book, moment, next| book.blocked(&id, moment, next));
    desk.act(|book, moment, _| book.ack(&id, None, "Anna", moment).unwrap());
    let cry = Cry::critical("The burner is off");
    let told = desk.act(|book, moment, next| book.tripped(&id, cry.clone(), moment, next));
    assert_eq!((told[0].state, told[0].severity), (Unacked, Severity::Critical));
    assert_eq!(told[0].message, "The burner is off");
    assert_eq!((&told[0].acked_by, told[0].acked_wall), (&None, None), "Anna has not seen that");
    assert_eq!(desk.act(|book, moment, next| book.tripped(&id, cry, moment, next)), [], "it is known");
    assert_eq!(desk.act(|book, moment, next| book.blocked(&id, moment, next)), [], "and worse than that");
}
