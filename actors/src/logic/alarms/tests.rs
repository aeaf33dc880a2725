use proptest::prelude::*;

use super::*;
use crate::model::alarm::{AlarmState, Severity};
use crate::model::reading::{Missing, MissingReason};
use crate::model::spec::{Comparison, Condition};
use AlarmState::{Acked, ClearedUnacked, Normal, Shelved, Unacked};

fn rule(comparison: Comparison, deadband: f64, delay_ms: u64) -> AlarmRule {
    AlarmRule {
        id: high(),
        when: Condition { channel: 0, comparison },
        deadband,
        delay_ms,
        severity: Severity::Warning,
        message: "BT exceeded 230C".to_owned(),
    }
}

fn high() -> RuleId {
    RuleId::parse("high_bt").unwrap()
}

fn moment(second: i64) -> Moment {
    Moment { now: MonoMs(second * 1000), at: SessionMs(second as u64 * 1000), bt: Some(200.0), et: None }
}

/// A book with one rule, fed once a second.
struct Desk {
    book: AlarmBook,
    second: i64,
    occurrences: u64,
}

impl Desk {
    fn new(rule: AlarmRule) -> Self {
        Self { book: AlarmBook::new(&[rule], &[]), second: 0, occurrences: 0 }
    }

    fn above_230() -> Self {
        Self::new(rule(Comparison::Above(230.0), 2.0, 1_000))
    }

    fn feed(&mut self, value: Option<f64>, seconds: u32) -> Vec<(AlarmState, u64)> {
        let mut told = Vec::new();
        for _ in 0..seconds {
            let values = [value.ok_or(Missing { reason: MissingReason::Timeout, polls: 1 })];
            let next = &mut || {
                self.occurrences += 1;
                self.occurrences
            };
            told.extend(self.book.step(moment(self.second), &values, next).iter().map(|n| (n.state, n.occurrence)));
            self.second += 1;
        }
        told
    }

    fn ack(&mut self) -> Option<AlarmState> {
        self.book.ack(&high(), None).unwrap().map(|n| n.state)
    }

    fn shelve(&mut self, minutes: u32) -> Option<AlarmState> {
        let next = &mut || {
            self.occurrences += 1;
            self.occurrences
        };
        self.book.shelve(&high(), minutes, moment(self.second), next).unwrap().map(|n| n.state)
    }
}

#[test]
fn an_alarm_is_raised_acknowledged_and_cleared() {
    let mut desk = Desk::above_230();
    assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 1)]);
    assert_eq!(desk.ack(), Some(Acked));
    assert_eq!(desk.ack(), None);
    assert_eq!(desk.feed(Some(220.0), 10), [(Normal, 1)]);
    assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 2)]);
}

#[test]
fn an_alarm_that_clears_unseen_waits_to_be_seen() {
    let mut desk = Desk::above_230();
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.feed(Some(220.0), 10), [(ClearedUnacked, 1)]);
    assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 1)]);
    assert_eq!(desk.feed(Some(220.0), 10), [(ClearedUnacked, 1)]);
    assert_eq!(desk.ack(), Some(Normal));
}

#[test]
fn a_notice_tells_when_and_how_hot_it_was() {
    let mut book = AlarmBook::new(&[rule(Comparison::Above(230.0), 2.0, 0)], &[]);
    let told = book.step(Moment { et: Some(250.0), ..moment(12) }, &[Ok(231.0)], &mut || 41);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].occurrence, told[0].raised_at, told[0].latched), (41, SessionMs(12_000), false));
    assert_eq!((told[0].bt, told[0].et, told[0].severity), (Some(200.0), Some(250.0), Severity::Warning));
}

#[test]
fn a_condition_must_hold_for_its_delay() {
    let mut desk = Desk::new(rule(Comparison::Above(230.0), 2.0, 3_000));
    assert_eq!(desk.feed(Some(231.0), 3), []);
    assert_eq!(desk.feed(Some(229.9), 1), []);
    assert_eq!(desk.feed(Some(231.0), 3), []);
    assert_eq!(desk.feed(Some(231.0), 1), [(Unacked, 1)]);
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
        let mut desk = Desk::new(rule(comparison, 2.0, 0));
        assert_eq!(desk.feed(Some(raised), 1), [(Unacked, 1)], "{comparison:?}");
        assert_eq!(desk.feed(Some(inside), 60), [], "{comparison:?}");
        assert_eq!(desk.feed(Some(outside), 6), [(ClearedUnacked, 1)], "{comparison:?}");
    }
}

#[test]
fn a_missing_value_neither_raises_nor_clears() {
    let mut desk = Desk::above_230();
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
    let mut desk = Desk::new(rule(Comparison::Above(230.0), 2.0, 4_000));
    let told: Vec<_> = (0..10).flat_map(|i| desk.feed((i % 2 == 0).then_some(231.0), 1)).collect();
    assert_eq!(told, [(Unacked, 1)]);
}

#[test]
fn an_hour_of_noise_around_the_limit_is_one_alarm() {
    for deadband in [0.0, 0.5, 2.0] {
        let mut desk = Desk::new(rule(Comparison::Above(230.0), deadband, 1_000));
        let mut random = fastrand::Rng::with_seed(7);
        let told: Vec<_> = (0..3_600).flat_map(|_| desk.feed(Some(229.5 + random.f64()), 1)).collect();
        assert_eq!(desk.occurrences, 1);
        assert!(deadband == 0.0 || told.len() == 1, "{told:?}");
    }
}

#[test]
fn an_acknowledged_alarm_that_chatters_becomes_one_that_stays() {
    let mut desk = Desk::above_230();
    let mut raised = 0;
    for _ in 0..60 {
        raised += desk.feed(Some(231.0), 2).len();
        desk.ack();
        desk.feed(Some(220.0), 7);
    }
    assert_eq!(raised, 3);
    assert_eq!(desk.feed(Some(220.0), 60), [(Normal, 3)]);
}

#[test]
fn a_shelf_hides_until_it_ends_by_itself() {
    let mut desk = Desk::above_230();
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.shelve(1), Some(Shelved));
    assert_eq!(desk.feed(Some(231.0), 60), []);
    assert_eq!(desk.feed(Some(231.0), 1), [(Unacked, 1)]);
    desk.shelve(60);
    assert_eq!(desk.ack(), None);
    assert_eq!(desk.feed(Some(220.0), 3_599), []);
    assert_eq!(desk.feed(Some(220.0), 2), [(Normal, 1)]);
}

#[test]
fn an_alarm_raised_on_the_shelf_is_told_when_the_shelf_ends() {
    let mut desk = Desk::above_230();
    assert_eq!(desk.shelve(1), Some(Shelved));
    assert_eq!(desk.shelve(2), None);
    assert_eq!(desk.feed(Some(231.0), 120), []);
    assert_eq!(desk.feed(Some(231.0), 1), [(Unacked, 1)]);
}

#[test]
fn an_order_that_cannot_be_is_refused_with_its_reason() {
    let mut desk = Desk::above_230();
    let other = RuleId::parse("other").unwrap();
    let unknown = desk.book.ack(&other, None).unwrap_err();
    assert_eq!(unknown.code(), RefusalCode::UnknownAlarm);
    assert!(unknown.to_string().contains("high_bt"));
    for minutes in [0, 61, u32::MAX] {
        assert!(desk.book.shelve(&high(), minutes, moment(0), &mut || 1).is_err(), "{minutes}");
    }
    desk.feed(Some(231.0), 5);
    assert!(desk.book.ack(&high(), Some(9)).is_err());
    assert!(desk.book.ack(&high(), Some(1)).unwrap().is_some());
}

fn notice(state: AlarmState) -> AlarmNotice {
    AlarmNotice {
        alarm: high(),
        occurrence: 17,
        state,
        severity: Severity::Warning,
        latched: false,
        message: String::new(),
        raised_at: SessionMs(5),
        bt: None,
        et: None,
    }
}

#[test]
fn a_restart_goes_on_where_the_alarm_was() {
    let restored = |state| {
        let mut desk = Desk::above_230();
        assert_eq!(desk.book.restore([&notice(state)]), []);
        desk
    };
    assert_eq!(restored(Unacked).feed(Some(231.0), 60), []);
    assert_eq!(restored(Unacked).ack(), Some(Acked));
    assert_eq!(restored(Acked).feed(Some(220.0), 60), [(Normal, 17)]);
    assert_eq!(restored(ClearedUnacked).feed(Some(231.0), 60), [(Unacked, 17)]);
    assert_eq!(restored(Shelved).feed(Some(231.0), 60), [(Normal, 17), (Unacked, 1)]);
}

#[test]
fn an_alarm_whose_rule_is_gone_ends() {
    let mut book = AlarmBook::new(&[], &[]);
    let ended = book.restore([&notice(Unacked), &notice(Normal)]);
    assert_eq!(ended.iter().map(|n| (n.state, n.occurrence)).collect::<Vec<_>>(), [(Normal, 17)]);
}

#[test]
fn a_rule_on_a_channel_that_is_not_there_stays_silent() {
    let mut book = AlarmBook::new(&[rule(Comparison::Above(230.0), 2.0, 0)], &[]);
    assert_eq!(book.step(moment(0), &[], &mut || 1), []);
}

proptest! {
    #[test]
    fn every_notice_is_a_step_of_the_life_cycle(
        inputs in prop::collection::vec((0u8..12, prop::option::of(215.0..240.0f64), 1u32..20), 0..200)
    ) {
        let mut desk = Desk::above_230();
        let mut state = Normal;
        let mut newest = 0;
        for (order, value, seconds) in inputs {
            let mut told = desk.feed(value, seconds);
            if order == 0 {
                told.extend(desk.book.ack(&high(), None).unwrap().map(|n| (n.state, n.occurrence)));
            } else if order == 1 {
                told.extend(desk.shelve(1).map(|s| (s, desk.book.alarms[0].occurrence().unwrap())));
            }
            for (next, occurrence) in told {
                let legal = matches!(
                    (state, next),
                    (Normal, Unacked) | (Unacked, Acked | ClearedUnacked) | (Acked, Normal)
                        | (ClearedUnacked, Unacked | Normal) | (_, Shelved) | (Shelved, _)
                );
                prop_assert!(legal, "{state:?} to {next:?}");
                prop_assert!(occurrence >= newest, "occurrence {occurrence} after {newest}");
                (state, newest) = (next, occurrence);
            }
        }
    }
}

fn air_before_fire() -> InterlockRule {
    InterlockRule {
        id: RuleId::parse("air_before_fire").unwrap(),
        blocks: Condition { channel: 0, comparison: Comparison::Above(0.0) },
        unless: vec![Condition { channel: 1, comparison: Comparison::AtLeast(20.0) }],
        message: "Open the air first".to_owned(),
    }
}

#[test]
fn an_interlock_is_an_alarm_from_the_order_it_blocks_until_it_would_let_one_pass() {
    let rule = air_before_fire();
    let mut book = AlarmBook::new(&[], std::slice::from_ref(&rule));
    let mut occurrences = 0;
    let mut next = || {
        occurrences += 1;
        occurrences
    };
    let (closed, open) = ([Ok(0.0), Ok(0.0)], [Ok(0.0), Ok(30.0)]);
    for second in 0..10 {
        assert_eq!(book.step(moment(second), &closed, &mut next), [], "nobody wanted anything");
    }
    let raised = book.blocked(&rule.id, moment(10), &mut next).unwrap();
    assert_eq!((raised.state, raised.message.as_str()), (Unacked, "Order blocked: Open the air first"));
    assert_eq!(book.blocked(&rule.id, moment(11), &mut next), None, "it is up already");
    assert_eq!(book.step(moment(12), &closed, &mut next), []);
    assert_eq!(book.ack(&rule.id, None).unwrap().unwrap().state, Acked);
    let told: Vec<_> = (13..30).flat_map(|second| book.step(moment(second), &open, &mut next)).collect();
    assert_eq!(told.iter().map(|n| (n.state, n.occurrence)).collect::<Vec<_>>(), [(Normal, raised.occurrence)]);
    let again = book.blocked(&rule.id, moment(40), &mut next).unwrap();
    assert_eq!((again.state, again.occurrence), (Unacked, raised.occurrence + 1));
}

#[test]
fn a_lost_sensor_keeps_the_alarm_of_an_interlock_up() {
    let rule = air_before_fire();
    let mut book = AlarmBook::new(&[], std::slice::from_ref(&rule));
    book.blocked(&rule.id, moment(0), &mut || 1).unwrap();
    let lost = [Ok(0.0), Err(Missing { reason: MissingReason::Timeout, polls: 1 })];
    assert!((1..100).all(|second| book.step(moment(second), &lost, &mut || 2).is_empty()));
}
