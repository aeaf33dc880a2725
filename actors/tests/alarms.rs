//! Alarms that can be trusted: told to everybody in order, there after a restart, and acting whatever hides them.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use hearth_actors::archive::Archive;
use hearth_actors::logic::alarms::OFF_DELAY_MS;
use hearth_actors::model::alarm::{AlarmNotice, AlarmState, BuiltIn, Cry, Severity};
use hearth_actors::model::command::{SessionAction, Want};
use hearth_actors::model::event::{Event, EventBody, SafetyReason};
use hearth_actors::model::ids::{MachineId, RuleId};
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::spec::{AlarmAction, AlarmRule, Clause, Comparison, Condition, MachineSpec, Quantity};
use hearth_actors::model::units::Fraction;
use hearth_actors::registry::{Force, Policy, Remove};
use hearth_actors::slot::MachineHandle;
use hearth_actors::testing::{Device, MemoryArchive, Step, roaster};
use support::{Watcher, World, connected, wait_for};

const HOT: [f64; 2] = [240.0, 250.0];
const MILD: [f64; 2] = [180.0, 190.0];

fn high() -> RuleId {
    RuleId::parse("high_bt").expect("id")
}

fn too_hot(actions: Vec<AlarmAction>) -> AlarmRule {
    let condition = Condition { channel: 0, comparison: Comparison::Above(230.0) };
    AlarmRule {
        id: high(),
        when: vec![Clause { condition, quantity: Quantity::Value, deadband: 2.0 }],
        after: None,
        during: Vec::new(),
        delay_ms: 0,
        off_delay_ms: OFF_DELAY_MS,
        severity: Severity::Critical,
        message: "Too hot".to_owned(),
        latching: actions.contains(&AlarmAction::Stop),
        actions,
    }
}

/// A machine whose delays pass fifty times as fast.
fn fast(id: &str, rules: Vec<AlarmRule>) -> MachineSpec {
    MachineSpec { sampling_interval_ms: 1_000, clock_speed: 50.0, alarms: rules, ..roaster(id) }
}

fn ack(occurrence: Option<u64>) -> Want {
    Want::AckAlarm { alarm: high(), occurrence }
}

fn shelve(minutes: u32) -> Want {
    Want::ShelveAlarm { alarm: high(), minutes }
}

fn notice(event: &Event) -> Option<&AlarmNotice> {
    match &event.body {
        // On a busy computer a fast clock may raise others.
        EventBody::Alarm(notice) if notice.alarm == high() => Some(notice),
        _ => None,
    }
}

fn state_of(machine: &MachineHandle, alarm: &RuleId) -> AlarmState {
    machine.bus().look(|snapshot| snapshot.alarms.get(alarm).map_or(AlarmState::Normal, |notice| notice.state))
}

async fn until(machine: &MachineHandle, alarm: &RuleId, state: AlarmState) -> Option<AlarmNotice> {
    wait_for(machine, &format!("{alarm} {state:?}"), |snapshot| {
        snapshot.alarms.get(alarm).map_or(AlarmState::Normal, |notice| notice.state) == state
    })
    .await;
    machine.bus().look(|snapshot| snapshot.alarms.get(alarm).cloned())
}

#[actix::test]
async fn every_transition_reaches_every_tab_in_order() {
    let device = Device::answering(&HOT);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("told", vec![too_hot(Vec::new())]), &device).await;
    let mut tabs = [Watcher::on(&machine), Watcher::on(&machine)];
    until(&machine, &high(), AlarmState::Unacked).await;
    world.order(&machine, ack(None)).await.expect("acknowledged");
    device.rest_at(Step::Values(MILD.to_vec()));
    until(&machine, &high(), AlarmState::Normal).await;
    device.rest_at(Step::Values(HOT.to_vec()));
    until(&machine, &high(), AlarmState::Unacked).await;
    world.order(&machine, shelve(60)).await.expect("shelved");
    let mut told = Vec::new();
    for tab in &mut tabs {
        let is_last = |event: &Event| notice(event).is_some_and(|notice| notice.state == AlarmState::Shelved);
        tab.until("the shelf", is_last).await;
        let notices = tab.seen.iter().filter_map(|event| Some((event.seq, notice(event)?)));
        told.push(notices.map(|(seq, n)| (seq, n.state, n.occurrence, n.acked_by.clone())).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].is_sorted_by_key(|(seq, ..)| *seq));
    let states: Vec<AlarmState> = told[0].iter().map(|(_, state, ..)| *state).collect();
    use AlarmState::{Acked, Normal, Shelved, Unacked};
    assert_eq!(states, [Unacked, Acked, Normal, Unacked, Shelved]);
    assert_eq!(told[0][1].3.as_deref(), Some("tester"));
    assert!(told[0][3].2 > told[0][2].2, "a new occurrence has a new number");
}

#[actix::test]
async fn an_acknowledgement_names_its_occurrence() {
    let device = Device::answering(&HOT);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("named", vec![too_hot(Vec::new())]), &device).await;
    let raised = until(&machine, &high(), AlarmState::Unacked).await.expect("raised");
    let refused = world.order(&machine, ack(Some(raised.occurrence - 1))).await.expect_err("an old one");
    assert_eq!(refused.code, RefusalCode::InvalidMessage);
    assert_eq!(state_of(&machine, &high()), AlarmState::Unacked);
    world.order(&machine, ack(Some(raised.occurrence))).await.expect("the present one");
    assert_eq!(state_of(&machine, &high()), AlarmState::Acked);
}

#[actix::test]
async fn unacknowledged_and_latched_survive_the_daemons_death() {
    let archive = MemoryArchive::default();
    for round in 0..2 {
        // Each time it is killed; the second time the alarm is over, acknowledged and latched.
        let world = World::on(archive.clone(), Policy::default());
        let device = Device::answering(if round == 0 { &HOT } else { &MILD });
        let machine = world.machine(fast("kept", vec![too_hot(vec![AlarmAction::Stop])]), &device).await;
        let before = until(&machine, &high(), AlarmState::Unacked).await.expect("it stands");
        assert!(before.latched);
        if round == 1 {
            assert_eq!(before.acked_by, None);
            until(&machine, &high(), AlarmState::ClearedUnacked).await;
            world.order(&machine, ack(Some(before.occurrence))).await.expect("acknowledged");
        }
        world.house.surroundings().alarms.stop();
    }
    let world = World::on(archive.clone(), Policy::default());
    let machine = world.machine(fast("kept", vec![too_hot(vec![AlarmAction::Stop])]), &Device::answering(&MILD)).await;
    connected(&machine).await;
    let mut watcher = Watcher::on(&machine);
    watcher.readings(10).await;
    let standing = until(&machine, &high(), AlarmState::Acked).await.expect("it stands");
    assert!(standing.latched);
    assert_eq!(standing.acked_by.as_deref(), Some("tester"));
    world.order(&machine, Want::Rearm).await.expect("armed");
    assert_eq!(state_of(&machine, &high()), AlarmState::Normal);
    world.house.stop(drop).await;
    let kept = archive.alarms().expect("readable");
    assert!(kept.iter().all(|(_, standing)| standing.iter().all(|notice| notice.alarm != high())), "{kept:?}");
}

#[actix::test]
async fn an_alarm_stops_the_machine_also_from_the_shelf_and_holds_it_until_it_is_over() {
    let device = Device::answering(&MILD);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("trips", vec![too_hot(vec![AlarmAction::Stop])]), &device).await;
    connected(&machine).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    world.order(&machine, shelve(60)).await.expect("shelved");
    device.rest_at(Step::Values(HOT.to_vec()));
    wait_for(&machine, "a latch", |snapshot| snapshot.safety.latched == Some(SafetyReason::Stop)).await;
    let mut watcher = Watcher::on(&machine);
    while device.writes().last() != Some(&(2, 0.0)) {
        watcher.readings(1).await;
    }
    assert_eq!(state_of(&machine, &high()), AlarmState::Shelved, "nobody was told");
    let refused = world.order(&machine, Want::Rearm).await.expect_err("it is still hot");
    assert_eq!(refused.code, RefusalCode::Latched);
    assert!(refused.message.contains("Too hot"), "{}", refused.message);
    assert_eq!(world.set(&machine, "burner", 0.8).await.expect_err("stopped").code, RefusalCode::EmergencyStop);
    device.rest_at(Step::Values(MILD.to_vec()));
    let mut watcher = Watcher::on(&machine);
    loop {
        watcher.readings(1).await;
        if world.order(&machine, Want::Rearm).await.is_ok() {
            break;
        }
    }
    world.set(&machine, "burner", 0.5).await.expect("armed");
}

#[actix::test]
async fn an_alarm_sets_a_control_and_a_mark_in_its_own_name() {
    let actions = vec![AlarmAction::Set { channel: 2, value: Fraction::ZERO }, AlarmAction::Mark(MarkKind::Drop)];
    let device = Device::answering(&MILD);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("acts", vec![too_hot(actions)]), &device).await;
    connected(&machine).await;
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    world.act(&machine, SessionAction::StartRecording).await.expect("recording");
    world.set(&machine, "burner", 0.8).await.expect("heat");
    let mut watcher = Watcher::on(&machine);
    device.rest_at(Step::Values(HOT.to_vec()));
    let settled = watcher.until("its order", |event| matches!(&event.body, EventBody::Settled(_))).await;
    let EventBody::Settled(settled) = settled.body else { unreachable!("just looked") };
    assert_eq!((settled.by.label(), settled.applied, settled.value), ("high_bt", true, Fraction::ZERO));
    wait_for(&machine, "the mark", |snapshot| snapshot.marks.contains_key(&MarkKind::Drop)).await;
    assert_eq!(device.writes().last(), Some(&(2, 0.0)));
}

#[actix::test]
async fn a_lost_link_is_an_alarm_until_it_is_back() {
    let device = Device::answering(&MILD);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("cable", Vec::new()), &device).await;
    connected(&machine).await;
    device.unreachable(true);
    device.then([Step::Disconnect]);
    let lost = BuiltIn::DriverLost.rule();
    let raised = until(&machine, &lost, AlarmState::Unacked).await.expect("raised");
    assert_eq!(raised.severity, Severity::Critical, "it may be hot");
    device.unreachable(false);
    until(&machine, &lost, AlarmState::ClearedUnacked).await;
}

fn not_connected(id: &str) -> MachineSpec {
    MachineSpec { autoconnect: false, ..fast(id, Vec::new()) }
}

async fn severity_of(machine: &MachineHandle, alarm: &RuleId, severity: Severity) {
    wait_for(machine, &format!("{alarm} {severity:?}"), |snapshot| {
        snapshot.alarms.get(alarm).is_some_and(|notice| notice.severity == severity)
    })
    .await;
}

#[actix::test]
async fn a_device_that_is_not_reached_after_a_kill_is_an_alarm_until_it_is() {
    let (archive, lost) = (MemoryArchive::default(), BuiltIn::DriverLost.rule());
    let world = World::on(archive.clone(), Policy::default());
    connected(&world.machine(fast("gone", Vec::new()), &Device::answering(&MILD)).await).await;
    let world = World::on(archive, Policy::default());
    let device = Device::answering(&MILD);
    device.unreachable(true);
    let machine = world.machine(fast("gone", Vec::new()), &device).await;
    let raised = until(&machine, &lost, AlarmState::Unacked).await.expect("raised");
    assert_eq!(raised.severity, Severity::Critical, "what the daemon left there may be hot");
    device.unreachable(false);
    connected(&machine).await;
    until(&machine, &lost, AlarmState::ClearedUnacked).await;
}

#[actix::test]
async fn a_device_that_is_not_reached_after_a_crash_is_an_alarm_until_it_is() {
    let lost = BuiltIn::DriverLost.rule();
    let device = Device::answering(&MILD);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("crashed", Vec::new()), &device).await;
    connected(&machine).await;
    device.unreachable(true);
    device.then([Step::Panic]);
    let raised = until(&machine, &lost, AlarmState::Unacked).await.expect("raised");
    assert_eq!(raised.severity, Severity::Critical);
    device.unreachable(false);
    until(&machine, &lost, AlarmState::ClearedUnacked).await;
}

#[actix::test]
async fn a_device_that_was_never_hot_and_is_not_reached_is_a_warning_told_once() {
    let lost = BuiltIn::DriverLost.rule();
    let device = Device::answering(&MILD);
    device.unreachable(true);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("off", Vec::new()), &device).await;
    severity_of(&machine, &lost, Severity::Warning).await;
    let mut watcher = Watcher::on(&machine);
    let tried = |event: &Event| matches!(&event.body, EventBody::Connection(now) if now.retry_in_ms.is_some());
    watcher.until("another try", tried).await;
    device.unreachable(false);
    watcher.readings(1).await;
    let is_told = |event: &&Event| matches!(&event.body, EventBody::Alarm(notice) if notice.alarm == lost);
    assert_eq!(watcher.seen.iter().filter(is_told).count(), 0, "each try has its own words");
    until(&machine, &lost, AlarmState::ClearedUnacked).await;
}

#[actix::test]
async fn a_machine_that_nobody_wants_connected_is_not_lost() {
    let (archive, lost) = (MemoryArchive::default(), BuiltIn::DriverLost.rule());
    let world = World::on(archive.clone(), Policy::default());
    let device = Device::answering(&MILD);
    let machine = world.machine(fast("unwanted", Vec::new()), &device).await;
    connected(&machine).await;
    device.unreachable(true);
    device.then([Step::Disconnect]);
    until(&machine, &lost, AlarmState::Unacked).await;
    world.house.surroundings().alarms.stop();

    let world = World::on(archive, Policy::default());
    let device = Device::answering(&MILD);
    device.unreachable(true);
    let machine = world.machine(not_connected("unwanted"), &device).await;
    until(&machine, &lost, AlarmState::ClearedUnacked).await;
    let want = Want::AckAlarm { alarm: lost.clone(), occurrence: None };
    world.order(&machine, want).await.expect("acknowledged");
    assert_eq!(state_of(&machine, &lost), AlarmState::Normal);
    world.order(&machine, Want::Connect).await.expect_err("not reached");
    until(&machine, &lost, AlarmState::Unacked).await;
    world.order(&machine, Want::Disconnect).await.expect("parted");
    until(&machine, &lost, AlarmState::ClearedUnacked).await;
}

#[actix::test]
async fn an_order_that_the_device_refuses_is_an_alarm_until_one_is_confirmed() {
    let device = Device::answering(&MILD);
    let world = World::new(Policy::default());
    let machine = world.machine(fast("deaf", Vec::new()), &device).await;
    connected(&machine).await;
    device.refuse_writes(true);
    world.set(&machine, "burner", 0.5).await.expect_err("refused");
    let failed = BuiltIn::WriteFailed.rule();
    let raised = until(&machine, &failed, AlarmState::Unacked).await.expect("raised");
    assert!(raised.message.contains("`burner` was not set"), "{}", raised.message);
    device.refuse_writes(false);
    world.set(&machine, "burner", 0.5).await.expect("set");
    until(&machine, &failed, AlarmState::ClearedUnacked).await;
}

#[actix::test]
async fn a_machine_that_is_parked_is_alarmed_and_can_be_acknowledged() {
    let device = Device::answering(&MILD);
    device.rest_at(Step::Panic);
    let world = World::new(Policy { max_restarts: 1, ..Policy::default() });
    let machine = world.machine(fast("parked", Vec::new()), &device).await;
    let fault = BuiltIn::MachineFault.rule();
    wait_for(&machine, "parked", |snapshot| {
        snapshot.alarms.get(&fault).is_some_and(|notice| notice.message.contains("parked"))
            || snapshot.connection.state == hearth_actors::model::connection::DriverState::Failed
    })
    .await;
    let standing = until(&machine, &fault, AlarmState::Unacked).await.expect("it stands");
    let want = Want::AckAlarm { alarm: fault.clone(), occurrence: Some(standing.occurrence) };
    world.order(&machine, want).await.expect("nobody else needs to be there");
    assert_eq!(state_of(&machine, &fault), AlarmState::Acked);
}

#[actix::test]
async fn what_is_wrong_with_the_house_is_an_alarm_at_every_machine_also_at_a_new_one() {
    let world = World::new(Policy::default());
    let old = world.machine(fast("old", Vec::new()), &Device::answering(&MILD)).await;
    world.house.raise(BuiltIn::StorageFull, Cry::critical("3 MiB are left: make room"));
    let new = world.machine(fast("new", Vec::new()), &Device::answering(&MILD)).await;
    let full = BuiltIn::StorageFull.rule();
    for machine in [&old, &new] {
        assert_eq!(state_of(machine, &full), AlarmState::Unacked, "{}", machine.id());
    }
    world.house.clear(BuiltIn::StorageFull);
    for machine in [&old, &new] {
        until(machine, &full, AlarmState::ClearedUnacked).await;
    }
}

#[actix::test]
async fn a_machine_that_was_removed_leaves_no_alarm_behind() {
    let archive = MemoryArchive::default();
    let world = World::on(archive.clone(), Policy::default());
    let machine = world.machine(fast("gone", vec![too_hot(Vec::new())]), &Device::answering(&HOT)).await;
    until(&machine, &high(), AlarmState::Unacked).await;
    let id: MachineId = machine.id().clone();
    world.house.registry().send(Remove { id: id.clone(), force: Force::No }).await.expect("registry").expect("removed");
    assert_eq!(world.house.surroundings().alarms.kept(&id), []);
}

#[actix::test]
async fn after_a_kill_every_machine_with_heat_says_so_and_after_an_orderly_stop_none() {
    let archive = MemoryArchive::default();
    let unclean = BuiltIn::UncleanRestart.rule();
    for (orderly, expected) in [(false, AlarmState::Normal), (true, AlarmState::Unacked), (true, AlarmState::Normal)] {
        let world = World::on(archive.clone(), Policy::default());
        let machine = world.machine(fast("killed", Vec::new()), &Device::answering(&MILD)).await;
        assert_eq!(state_of(&machine, &unclean), expected);
        connected(&machine).await;
        if orderly {
            let want = Want::AckAlarm { alarm: unclean.clone(), occurrence: None };
            world.order(&machine, want).await.expect("acknowledged");
            world.order(&machine, Want::Rearm).await.expect("armed");
            until(&machine, &unclean, AlarmState::Normal).await;
            world.house.stop(drop).await;
        }
    }
}
