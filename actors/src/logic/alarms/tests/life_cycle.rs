use proptest::prelude::*;

use super::*;

#[test]
fn an_alarm_is_raised_acknowledged_and_cleared() {
    let mut desk = Desk::new([above_230()]);
    assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 1)]);
    assert_eq!(desk.ack(), [(Acked, 1)]);
    assert_eq!(desk.ack(), []);
    assert_eq!(desk.feed(Some(220.0), 10), [(Normal, 1)]);
    assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 2)]);
}

#[test]
fn an_alarm_that_clears_unseen_waits_to_be_seen() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.feed(Some(220.0), 10), [(ClearedUnacked, 1)]);
    assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 1)]);
    assert_eq!(desk.feed(Some(220.0), 10), [(ClearedUnacked, 1)]);
    assert_eq!(desk.ack(), [(Normal, 1)]);
    assert_eq!(desk.standing(), None);
}

#[test]
fn a_notice_tells_when_how_hot_and_how_often() {
    let mut desk = Desk::new([rule(Comparison::Above(230.0), 2.0, 0)]);
    desk.second = 12;
    let told = desk.read(&[Ok(231.0)]);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].raised_at, told[0].raised_wall, told[0].latched),
        (SessionMs(12_000), Some(WallMs(12_000)), false)
    );
    assert_eq!((told[0].bt, told[0].et, told[0].severity), (Some(200.0), None, Severity::Warning));
    assert_eq!((told[0].count, &told[0].acked_by, &told[0].first_cause), (1, &None, &None));
}

#[test]
fn who_acknowledged_is_told_and_forgotten_with_the_occurrence() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    let told = desk.act(|book, moment, _| book.ack(&high(), Some(1), "Anna", moment).unwrap());
    assert_eq!(told[0].acked_by.as_deref(), Some("Anna"));
    desk.feed(Some(220.0), 10);
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.standing().unwrap().acked_by, None);
}

#[test]
fn when_it_was_acknowledged_stays_the_same_over_shelves_and_restarts() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.standing().unwrap().acked_wall, None);
    let acked = moment(desk.second).wall;
    desk.ack();
    desk.shelve(1);
    desk.feed(Some(231.0), 70);
    let unshelved = desk.standing().unwrap();
    assert_eq!((unshelved.state, unshelved.acked_wall), (Acked, Some(acked)));
    let mut desk = desk.restarted();
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.standing().unwrap().acked_wall, Some(acked));
}

#[test]
fn an_acknowledgement_for_a_past_occurrence_is_refused() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    desk.ack();
    desk.feed(Some(220.0), 10);
    desk.feed(Some(231.0), 5);
    for old in [1, 3] {
        let refused = desk.book.ack(&high(), Some(old), "Anna", moment(0)).unwrap_err();
        assert_eq!(refused.code(), RefusalCode::InvalidMessage);
        assert!(refused.to_string().contains(&format!("no open occurrence {old}")), "{refused}");
    }
    assert_eq!(desk.standing().unwrap().state, Unacked);
    assert!(desk.book.ack(&high(), Some(2), "Anna", moment(0)).is_ok());
}

#[test]
fn an_order_that_cannot_be_is_refused_with_its_reason() {
    let mut desk = Desk::new([above_230()]);
    let other = RuleId::parse("other").unwrap();
    let unknown = desk.book.ack(&other, None, "Anna", moment(0)).unwrap_err();
    assert_eq!(unknown.code(), RefusalCode::UnknownAlarm);
    assert!(unknown.to_string().contains("high_bt"));
    for minutes in [0, 61, u32::MAX] {
        assert!(desk.book.shelve(&high(), minutes, moment(0), &mut || 1).is_err(), "{minutes}");
    }
}

#[test]
fn an_hour_of_noise_around_the_limit_is_one_alarm() {
    for deadband in [0.0, 0.5, 2.0] {
        let mut desk = Desk::new([rule(Comparison::Above(230.0), deadband, 1_000)]);
        let mut random = fastrand::Rng::with_seed(7);
        let told: Vec<_> = (0..3_600).flat_map(|_| desk.feed(Some(229.5 + random.f64()), 1)).collect();
        assert_eq!(desk.occurrences, 1);
        assert!(deadband == 0.0 || told == [(Unacked, 1)], "{told:?}");
    }
}

#[test]
fn an_acknowledged_alarm_that_chatters_becomes_one_that_stays_and_counts() {
    let mut desk = Desk::new([above_230()]);
    let mut raised = Vec::new();
    for _ in 0..60 {
        raised.extend(desk.feed(Some(231.0), 2));
        desk.ack();
        desk.feed(Some(220.0), 7);
    }
    let occurrences: std::collections::BTreeSet<u64> = raised.iter().map(|(_, occurrence)| *occurrence).collect();
    assert_eq!(occurrences.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(desk.standing().unwrap().count, 58, "one for each time it came since it is one that stays");
    assert_eq!(desk.feed(Some(220.0), 60), [(Normal, 3)]);
}

#[test]
fn a_growing_count_is_told_once_a_minute() {
    let mut desk = Desk::new([rule(Comparison::Above(230.0), 2.0, 0)]);
    let mut told = Vec::new();
    for _ in 0..300 {
        told.extend(desk.feed(Some(231.0), 1));
        told.extend(desk.feed(Some(220.0), 1));
    }
    assert!((10..=11).contains(&told.len()), "ten minutes: {}", told.len());
    assert!(desk.standing().unwrap().count >= 299);
}

#[test]
fn a_shelf_hides_until_it_ends_by_itself() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.shelve(1), [(Shelved, 1)]);
    assert_eq!(desk.standing().unwrap().shelf.unwrap().until, WallMs(65_000));
    assert_eq!(desk.feed(Some(231.0), 60), []);
    assert_eq!(desk.feed(Some(231.0), 1), [(Unacked, 1)]);
    desk.shelve(60);
    assert_eq!(desk.ack(), []);
    assert_eq!(desk.feed(Some(220.0), 3_599), []);
    assert_eq!(desk.feed(Some(220.0), 2), [(Normal, 1)]);
}

#[test]
fn a_shelf_ends_while_no_reading_comes() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    desk.shelve(1);
    assert!(desk.book.is_waiting());
    assert_eq!(desk.wait(120), [(Unacked, 1)]);
    assert!(!desk.book.is_waiting());
}

#[test]
fn an_alarm_raised_on_the_shelf_is_told_when_the_shelf_ends() {
    let mut desk = Desk::new([above_230()]);
    assert_eq!(desk.shelve(1), [(Shelved, 1)]);
    assert_eq!(desk.shelve(2), [(Shelved, 1)], "the time grew");
    assert_eq!(desk.feed(Some(231.0), 120), []);
    assert_eq!(desk.feed(Some(231.0), 1), [(Unacked, 1)]);
}

fn stops() -> AlarmRule {
    AlarmRule { actions: vec![AlarmAction::Stop], latching: true, ..above_230() }
}

#[test]
fn an_alarm_that_stopped_the_machine_needs_ack_and_rearm_in_either_order() {
    for acked_first in [true, false] {
        let mut desk = Desk::new([stops()]);
        assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 1)]);
        assert_eq!(desk.trips.len(), 1);
        assert!(desk.standing().unwrap().latched);
        assert_eq!(desk.feed(Some(220.0), 10), [(ClearedUnacked, 1)]);
        if acked_first {
            assert_eq!(desk.ack(), [(Acked, 1)]);
            assert!(desk.standing().unwrap().latched, "it waits to be re-armed");
            assert_eq!(desk.rearm(), [(Normal, 1)]);
        } else {
            assert_eq!(desk.rearm(), [(ClearedUnacked, 1)]);
            assert!(!desk.standing().unwrap().latched);
            assert_eq!(desk.ack(), [(Normal, 1)]);
        }
        assert_eq!(desk.standing(), None);
    }
}

#[test]
fn a_machine_is_not_rearmed_while_what_stopped_it_is_there() {
    let mut desk = Desk::new([stops()]);
    desk.feed(Some(231.0), 5);
    desk.ack();
    let refused = desk.book.rearm().unwrap_err();
    assert_eq!(refused.code(), RefusalCode::Latched);
    assert!(refused.to_string().contains("BT exceeded 230C"), "{refused}");
    assert_eq!(desk.feed(Some(220.0), 10), [], "acknowledged and latched, as before");
    assert_eq!(desk.rearm(), [(Normal, 1)]);
}

#[test]
fn a_latched_alarm_that_comes_back_is_the_same_and_unseen() {
    let mut desk = Desk::new([stops()]);
    desk.feed(Some(231.0), 5);
    desk.feed(Some(220.0), 10);
    desk.ack();
    assert_eq!(desk.feed(Some(231.0), 5), [(Unacked, 1)]);
    assert_eq!((desk.trips.len(), desk.standing().unwrap().acked_by), (2, None));
}

#[test]
fn a_shelved_alarm_still_trips() {
    let mut desk = Desk::new([stops()]);
    desk.shelve(60);
    assert_eq!(desk.feed(Some(231.0), 5), []);
    assert_eq!(desk.trips, [Trip { alarm: high(), actions: vec![AlarmAction::Stop] }]);
    assert!(desk.book.rearm().is_err(), "nor does a shelf let anybody re-arm");
}

#[test]
fn what_is_unacknowledged_or_latched_survives_a_restart() {
    let mut desk = Desk::new([stops()]);
    desk.feed(Some(231.0), 5);
    let unacked = desk.standing().unwrap();
    assert_eq!(desk.restarted().standing(), Some(unacked));
    desk.feed(Some(220.0), 10);
    assert_eq!(desk.restarted().standing().unwrap().state, ClearedUnacked);
    desk.ack();
    let mut again = desk.restarted();
    assert_eq!(again.feed(Some(220.0), 20), [], "what is over is latched still");
    let latched = again.standing().unwrap();
    assert_eq!((latched.state, latched.latched, latched.acked_by.as_deref()), (Acked, true, Some("Anna")));
    assert_eq!(again.rearm(), [(Normal, 1)]);
}

#[test]
fn a_trip_that_a_restart_cut_short_is_carried_out() {
    let mut desk = Desk::new([stops()]);
    desk.feed(Some(231.0), 5);
    let mut again = desk.restarted();
    again.wait(30);
    assert_eq!(again.feed(Some(231.0), 3), []);
    assert_eq!(again.trips.len(), 1, "as soon as there is a reading");
    let mut over = desk.restarted();
    over.feed(Some(220.0), 3);
    assert_eq!(over.trips, []);
    over.feed(Some(231.0), 3);
    assert_eq!(over.trips.len(), 1, "it had not been gone for long enough to be over");
}

#[test]
fn a_trip_that_a_restart_cut_short_waits_for_the_first_value() {
    let mut desk = Desk::new([stops()]);
    desk.feed(Some(231.0), 5);
    let mut again = desk.restarted();
    again.feed(None, 30);
    assert_eq!(again.trips, []);
    let spec = again.spec.clone();
    let _ = again.book.reconfigure(&spec);
    again.feed(None, 3);
    again.feed(Some(231.0), 3);
    assert_eq!(again.trips.len(), 1, "once, and a new configuration does not forget it");

    let mut over = desk.restarted();
    over.feed(None, 3);
    over.feed(Some(220.0), 30);
    over.feed(None, 3);
    assert_eq!(over.trips, []);
}

#[test]
fn a_restart_ends_a_shelf_and_keeps_what_it_hid() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    desk.shelve(60);
    desk.feed(Some(220.0), 10);
    let mut again = desk.restarted();
    let standing = again.standing().unwrap();
    assert_eq!((standing.state, standing.shelf), (ClearedUnacked, None));
    assert_eq!(again.ack(), [(Normal, 1)]);

    let mut idle = Desk::new([above_230()]);
    idle.shelve(60);
    let mut fresh = Desk::new([above_230()]);
    assert_eq!(short(&fresh.book.restore(&idle.book.standing()).notices), [(Normal, 1)]);
    assert_eq!(fresh.standing(), None);
}

#[test]
fn an_alarm_whose_rule_is_gone_ends() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    let standing = desk.book.standing();
    let mut without = Desk::new([]);
    assert_eq!(short(&without.book.restore(&standing).notices), [(Normal, 1)]);
    assert_eq!(short(&desk.book.reconfigure(&without.spec).notices), [(Normal, 1)]);
    assert_eq!(desk.book.standing(), []);
}

#[test]
fn a_new_configuration_keeps_what_people_know() {
    let mut desk = Desk::new([above_230()]);
    desk.feed(Some(231.0), 5);
    desk.ack();
    let spec = MachineSpec { alarms: vec![rule(Comparison::Above(200.0), 2.0, 0)], ..desk.spec.clone() };
    assert_eq!(desk.book.reconfigure(&spec).notices, []);
    assert_eq!(desk.feed(Some(220.0), 30), [], "it is still above the new limit");
    assert_eq!(desk.feed(Some(190.0), 30), [(Normal, 1)]);
}

#[test]
fn in_a_flood_of_fifty_each_names_the_first_cause() {
    let rules = (0..50).map(|i| AlarmRule { id: RuleId::parse(&format!("rule-{i}")).unwrap(), ..above_230() });
    let mut desk = Desk::new(rules);
    let lost = desk.signal(BuiltIn::DriverLost, Some(Cry::critical("gone")));
    assert_eq!(lost[0].first_cause, None);
    let told: Vec<AlarmNotice> = (0..5).flat_map(|_| desk.read(&[Ok(231.0)])).collect();
    assert_eq!(told.len(), 50);
    assert!(told.iter().all(|notice| notice.first_cause == Some(BuiltIn::DriverLost.rule())), "{told:?}");
}

#[test]
fn alarms_far_apart_have_nothing_to_do_with_each_other() {
    let mut desk = Desk::new([above_230()]);
    desk.signal(BuiltIn::StorageFull, Some(Cry::critical("full")));
    desk.feed(Some(200.0), 60);
    desk.feed(Some(231.0), 5);
    assert_eq!(desk.standing().unwrap().first_cause, None);
}

/// What may happen to an alarm.
#[derive(Debug, Clone)]
enum Input {
    Readings(Option<f64>, u32),
    Silence(u32),
    Ack,
    Shelve,
    Rearm,
    Restart,
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => (prop::option::weighted(0.9, 215.0..240.0f64), 1u32..20).prop_map(|(value, s)| Input::Readings(value, s)),
        1 => (1u32..90).prop_map(Input::Silence),
        2 => Just(Input::Ack),
        1 => Just(Input::Shelve),
        1 => Just(Input::Rearm),
        1 => Just(Input::Restart),
    ]
}

/// The table of the life cycle: where a told state may lead, shelves aside.
fn is_legal(from: &AlarmNotice, to: &AlarmNotice) -> bool {
    matches!(
        (from.state, to.state, from.latched),
        (Normal, Unacked, _)
            | (Unacked, Unacked | Acked | ClearedUnacked, _)
            | (Acked, Acked | Normal, _)
            | (Acked, Unacked, true)
            | (ClearedUnacked, Unacked | ClearedUnacked, _)
            | (ClearedUnacked, Normal, false)
            | (ClearedUnacked, Acked, true)
            | (_, Shelved, _)
            | (Shelved, _, _)
    )
}

proptest! {
    #[test]
    fn every_notice_is_a_step_of_the_life_cycle(
        inputs in prop::collection::vec(any_input(), 0..150), latching in any::<bool>(),
    ) {
        let actions = if latching { vec![AlarmAction::Stop] } else { Vec::new() };
        let mut desk = Desk::new([AlarmRule { latching, actions, ..above_230() }]);
        let mut last: Option<AlarmNotice> = None;
        for input in inputs {
            let told = match input {
                Input::Readings(value, seconds) =>
                    (0..seconds).flat_map(|_| desk.read(&[value.ok_or(missing())])).collect(),
                Input::Silence(seconds) => (0..seconds).flat_map(|_| {
                    desk.second += 1;
                    desk.act(|book, moment, next| book.pass(moment, next))
                }).collect(),
                Input::Ack => desk.act(|book, moment, _| book.ack(&high(), None, "Anna", moment).unwrap()),
                Input::Shelve => desk.act(|book, moment, next| book.shelve(&high(), 1, moment, next).unwrap()),
                Input::Rearm => desk.act(|book, _, _| book.rearm().unwrap_or_default()),
                Input::Restart => {
                    let standing = desk.book.standing();
                    desk.book = AlarmBook::new(&desk.spec);
                    desk.book.restore(&standing).notices
                }
            };
            for notice in told {
                if let Some(last) = &last {
                    prop_assert!(is_legal(last, &notice), "{last:?} to {notice:?}");
                    prop_assert!(notice.occurrence >= last.occurrence);
                    let ended = last.state == Normal;
                    prop_assert!(!ended || notice.occurrence > last.occurrence, "an occurrence ends once");
                } else {
                    prop_assert!(matches!(notice.state, Unacked | Shelved), "{notice:?}");
                }
                prop_assert_eq!(notice.shelf.is_some(), notice.state == Shelved);
                prop_assert!(notice.state != Acked || notice.acked_by.is_some());
                let is_unseen = matches!(notice.beneath(), Unacked | ClearedUnacked);
                prop_assert!(!is_unseen || (notice.acked_by.is_none() && notice.acked_wall.is_none()), "{notice:?}");
                last = Some(notice);
            }
            // What is told last is what holds.
            let standing = desk.standing();
            prop_assert_eq!(standing.as_ref().map_or(Normal, |n| n.state), last.as_ref().map_or(Normal, |n| n.state));
        }
    }

    #[test]
    fn a_condition_that_comes_always_trips(
        inputs in prop::collection::vec(any_input(), 0..100),
    ) {
        let mut desk = Desk::new([AlarmRule { actions: vec![AlarmAction::Stop], latching: true, ..rule(Comparison::Above(230.0), 2.0, 0) }]);
        for input in inputs {
            match input {
                Input::Readings(value, seconds) => { desk.feed(value, seconds); }
                Input::Silence(seconds) => { desk.wait(seconds); }
                Input::Ack => { desk.ack(); }
                Input::Shelve => { desk.shelve(60); }
                Input::Rearm => { let _ = desk.book.rearm(); }
                Input::Restart => desk = desk.restarted(),
            }
        }
        // Whatever was before: it is gone for long, and comes again.
        desk.feed(Some(200.0), 120);
        desk.trips.clear();
        desk.feed(Some(231.0), 1);
        prop_assert_eq!(desk.trips.len(), 1);
        prop_assert!(desk.book.rearm().is_err());
    }
}
