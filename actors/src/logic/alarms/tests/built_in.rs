use super::*;

#[test]
fn every_built_in_alarm_has_a_name_of_its_own_that_is_a_valid_id() {
    for built_in in BuiltIn::ALL {
        assert_eq!(RuleId::parse(built_in.name()).unwrap(), built_in.rule());
        assert_eq!(BuiltIn::named(built_in.name()), Some(built_in));
    }
    assert_eq!(BuiltIn::named("high_bt"), None);
}

#[test]
fn a_critical_one_is_raised_at_once_and_cleared_after_its_delay() {
    let mut desk = Desk::new([]);
    let raised = desk.signal(BuiltIn::DriverLost, Some(Cry::critical("the cable")));
    assert_eq!(
        (raised[0].state, raised[0].severity, raised[0].message.as_str()),
        (Unacked, Severity::Critical, "the cable")
    );
    assert_eq!(desk.wait(60), []);
    assert_eq!(desk.signal(BuiltIn::DriverLost, None), []);
    assert_eq!(desk.wait(5), []);
    assert_eq!(desk.wait(1), [(ClearedUnacked, 1)]);
}

#[test]
fn a_link_that_is_back_at_once_is_no_warning() {
    let mut desk = Desk::new([]);
    assert_eq!(desk.signal(BuiltIn::DriverLost, Some(Cry::warning("the cable"))), []);
    assert_eq!(desk.wait(2), []);
    assert_eq!(desk.signal(BuiltIn::DriverLost, None), []);
    assert_eq!(desk.wait(10), []);
    desk.signal(BuiltIn::DriverLost, Some(Cry::warning("the cable")));
    assert_eq!(desk.wait(4), [(Unacked, 1)]);
}

#[test]
fn what_happened_and_is_over_waits_to_be_seen() {
    let mut desk = Desk::new([]);
    let told = desk.act(|book, moment, next| book.flash(BuiltIn::ClockJump, Cry::warning("by an hour"), moment, next));
    assert_eq!(short(&told), [(Unacked, 1)]);
    assert_eq!(desk.wait(10), [(ClearedUnacked, 1)]);
    let id = BuiltIn::ClockJump.rule();
    assert_eq!(short(&desk.act(|book, moment, _| book.ack(&id, Some(1), "Anna", moment).unwrap())), [(Normal, 1)]);
}

#[test]
fn a_warning_that_is_over_in_time_waits_for_nobody_to_arm_the_machine() {
    let mut desk = Desk::new([]);
    let told = desk.signal(BuiltIn::OperatorLost, Some(Cry::warning("nobody for 30 s")));
    assert!(!told[0].latched);
    desk.signal(BuiltIn::OperatorLost, None);
    assert_eq!(desk.wait(10), [(ClearedUnacked, 1)]);
    let id = BuiltIn::OperatorLost.rule();
    assert_eq!(short(&desk.act(|book, moment, _| book.ack(&id, None, "Anna", moment).unwrap())), [(Normal, 1)]);
}

#[test]
fn what_grows_worse_wants_to_be_seen_again() {
    let mut desk = Desk::new([]);
    desk.signal(BuiltIn::OperatorLost, Some(Cry::warning("nobody for 30 s")));
    let id = BuiltIn::OperatorLost.rule();
    desk.act(|book, moment, _| book.ack(&id, None, "Anna", moment).unwrap());
    let worse = desk.signal(BuiltIn::OperatorLost, Some(Cry::critical("heat was switched off")));
    assert_eq!(
        (worse[0].state, worse[0].severity, worse[0].message.as_str()),
        (Unacked, Severity::Critical, "heat was switched off")
    );
    assert!(worse[0].latched);
    assert_eq!(desk.signal(BuiltIn::OperatorLost, Some(Cry::critical("heat was switched off"))), []);
}

fn acked(desk: &mut Desk, built_in: BuiltIn) {
    let told = desk.act(|book, moment, _| book.ack(&built_in.rule(), None, "Anna", moment).unwrap());
    assert_eq!(told[0].state, Acked);
}

#[test]
fn a_second_cause_as_bad_as_the_first_is_told_and_wants_to_be_seen() {
    let mut desk = Desk::new([]);
    let (first, second) = (Cry::warning("`burner` was not set"), Cry::warning("`airflow` was not set"));
    desk.signal(BuiltIn::WriteFailed, Some(first.clone()));
    let told = desk.signal(BuiltIn::WriteFailed, Some(second.clone()));
    assert_eq!((told[0].state, told[0].occurrence, told[0].message.as_str()), (Unacked, 1, "`airflow` was not set"));
    acked(&mut desk, BuiltIn::WriteFailed);
    assert_eq!(desk.signal(BuiltIn::WriteFailed, Some(second)), [], "that was seen");
    let told = desk.signal(BuiltIn::WriteFailed, Some(first));
    assert_eq!((told[0].state, told[0].occurrence, told[0].message.as_str()), (Unacked, 1, "`burner` was not set"));
}

#[test]
fn what_is_less_than_what_stands_is_told_but_need_not_be_seen_again() {
    let mut desk = Desk::new([]);
    desk.signal(BuiltIn::StorageCorrupt, Some(Cry::critical("the disk refuses")));
    acked(&mut desk, BuiltIn::StorageCorrupt);
    let told = desk.signal(BuiltIn::StorageCorrupt, Some(Cry::warning("a journal is damaged")));
    assert_eq!(
        (told[0].state, told[0].severity, told[0].message.as_str()),
        (Acked, Severity::Critical, "a journal is damaged")
    );
}

#[test]
fn what_takes_the_heat_away_again_after_a_re_arm_latches_and_is_told_again() {
    let mut desk = Desk::new([]);
    let lost = Cry::critical("BT has given no reading");
    assert!(desk.signal(BuiltIn::SensorLost, Some(lost.clone()))[0].latched);
    acked(&mut desk, BuiltIn::SensorLost);
    desk.act(|book, _, _| book.rearm().unwrap());
    let told = desk.signal(BuiltIn::SensorLost, Some(lost));
    assert_eq!((told[0].state, told[0].latched), (Unacked, true));
}

#[test]
fn what_happens_again_before_it_was_over_is_told_and_counted() {
    let mut desk = Desk::new([]);
    let mut jump = |words: &str| {
        let cry = Cry::warning(words);
        desk.act(|book, moment, next| book.flash(BuiltIn::ClockJump, cry, moment, next))
    };
    assert_eq!(jump("forward")[0].count, 1);
    let told = jump("back");
    assert_eq!((told[0].state, told[0].occurrence, told[0].count), (Unacked, 1, 2));
    assert_eq!(told[0].message, "back");
    acked(&mut desk, BuiltIn::ClockJump);
    let told = desk.act(|book, moment, next| book.flash(BuiltIn::ClockJump, Cry::warning("back"), moment, next));
    assert_eq!((told[0].state, told[0].count), (Unacked, 3), "the same words, but it happened again");
}

#[test]
fn what_happens_on_the_shelf_stays_hidden() {
    let mut desk = Desk::new([]);
    desk.signal(BuiltIn::WriteFailed, Some(Cry::warning("`burner` was not set")));
    let id = BuiltIn::WriteFailed.rule();
    desk.act(|book, moment, next| book.shelve(&id, 1, moment, next).unwrap());
    assert_eq!(desk.signal(BuiltIn::WriteFailed, Some(Cry::warning("`airflow` was not set"))), []);
    let shown = desk.act(|book, moment, next| book.pass(Moment { now: moment.now + 60_000, ..moment }, next));
    assert_eq!((shown[0].state, shown[0].message.as_str()), (Unacked, "`airflow` was not set"));
}

#[test]
fn a_link_that_was_lost_before_a_restart_is_lost_until_it_is_reported_back() {
    let mut desk = Desk::new([]);
    desk.signal(BuiltIn::DriverLost, Some(Cry::critical("the cable")));
    desk.signal(BuiltIn::StorageFull, Some(Cry::critical("no room")));
    let mut again = desk.restarted();
    assert_eq!(again.wait(60), [(ClearedUnacked, 2)], "whether there is room is found out anew");
    again.signal(BuiltIn::DriverLost, None);
    assert_eq!(again.wait(10), [(ClearedUnacked, 1)]);
}
