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
