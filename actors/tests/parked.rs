//! A machine that crashes too often is left alone, but never hot, and never deaf to STOP.
#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::sync::Arc;

use hearth_actors::model::alarm::{AlarmState, BuiltIn, Severity};
use hearth_actors::model::channel::{Channel, ChannelKind, ChannelTable};
use hearth_actors::model::command::{Outcome, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{EventBody, SafetyReason};
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::registry::{Definition, Force, Policy, Remove, Replace, Restart};
use hearth_actors::slot::MachineHandle;
use hearth_actors::testing::{Device, Step, roaster};
use support::{Watcher, World, connected, wait_for};

const BURNER: usize = 2;
/// Where the burner of these tests goes on STOP, to tell it from its fail-safe.
const STOPPED: f64 = 3.0;
const GOOD: [f64; 2] = [200.0, 210.0];

fn quick() -> MachineSpec {
    let spec = roaster("a");
    let mut channels: Vec<Channel> = spec.channels.iter().map(|(_, channel)| channel.clone()).collect();
    if let ChannelKind::Control(burner) = &mut channels[BURNER].kind {
        burner.stop_value = Some(STOPPED);
    }
    MachineSpec { sampling_interval_ms: 20, channels: Arc::new(ChannelTable::new(channels)), ..spec }
}

fn strict() -> Policy {
    Policy { max_restarts: 0, ..Policy::default() }
}

async fn parked(machine: &MachineHandle) {
    wait_for(machine, "parked", |snapshot| snapshot.connection.state == DriverState::Failed).await;
}

async fn back_after(machine: &MachineHandle, deaths: u32) {
    wait_for(machine, "a restart", |snapshot| {
        snapshot.connection.restarts == deaths && snapshot.connection.state == DriverState::Connected
    })
    .await;
}

/// A machine that reads well, with heat on.
async fn hot(world: &World, device: &Device) -> MachineHandle {
    let machine = world.machine(quick(), device).await;
    connected(&machine).await;
    Watcher::on(&machine).readings(1).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    machine
}

/// A machine that died with heat on and was parked, its outputs safe.
async fn parked_and_safe(world: &World, device: &Device) -> MachineHandle {
    let machine = hot(world, device).await;
    let mut watcher = Watcher::on(&machine);
    device.rest_at(Step::Panic);
    watcher.until("the safe value", |event| matches!(&event.body, EventBody::Settled(end) if end.applied)).await;
    parked(&machine).await;
    machine
}

async fn unsafe_alarm(machine: &MachineHandle, is_open: bool) {
    let rule = BuiltIn::WriteFailed.rule();
    wait_for(machine, "an alarm of outputs that are not safe, or its end", |snapshot| {
        let alarm = snapshot.alarms.get(&rule);
        alarm.is_some_and(|it| (it.state == AlarmState::Unacked) == is_open && it.severity == Severity::Critical)
    })
    .await;
}

#[actix::test]
async fn whatever_was_on_when_a_machine_is_parked_is_switched_off_and_latched() {
    let world = World::new(Policy::default());
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    for death in 1..=5 {
        device.then([Step::Panic]);
        back_after(&machine, death).await;
        world.order(&machine, Want::Rearm).await.expect("armed");
        world.set(&machine, "burner", 0.8).await.expect("heat again");
    }
    let mut watcher = Watcher::on(&machine);
    device.rest_at(Step::Panic);
    watcher.until("the safe value", |event| matches!(&event.body, EventBody::Settled(end) if end.applied)).await;
    parked(&machine).await;
    assert_eq!(device.changes()[10..], [(BURNER, 80.0), (BURNER, 0.0)]);
    assert_eq!(machine.bus().look(|snapshot| snapshot.safety.latched), Some(SafetyReason::Crash));
    let refused = world.set(&machine, "burner", 0.5).await.expect_err("parked");
    assert_eq!(refused.code, RefusalCode::MachineFailed);
    let connects = device.connects();
    device.rest_at(Step::Values(GOOD.to_vec()));
    world.house.registry().send(Restart(machine.id().clone())).await.expect("registry lives").expect("restarted");
    connected(&machine).await;
    assert_eq!(device.connects(), connects + 1, "nobody but the fresh one connects");
    assert_eq!(world.set(&machine, "burner", 0.5).await.expect_err("latched").code, RefusalCode::Latched);
}

#[actix::test]
async fn stop_reaches_a_machine_that_is_parked() {
    let world = World::new(strict());
    let device = Device::answering(&GOOD);
    let machine = parked_and_safe(&world, &device).await;
    assert!(matches!(world.order(&machine, Want::Stop).await, Ok(Outcome::Done)));
    assert_eq!(device.changes().last(), Some(&(BURNER, STOPPED)));
    assert_eq!(machine.bus().look(|snapshot| snapshot.safety.latched), Some(SafetyReason::Stop));
}

#[actix::test]
async fn a_driver_that_crashes_at_each_attempt_is_tried_until_the_outputs_are_safe() {
    let world = World::new(strict());
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    device.crash_connecting(true);
    device.rest_at(Step::Panic);
    parked(&machine).await;
    unsafe_alarm(&machine, true).await;
    assert_eq!(device.changes(), [(BURNER, 80.0)]);
    device.crash_connecting(false);
    unsafe_alarm(&machine, false).await;
    assert_eq!(device.changes(), [(BURNER, 80.0), (BURNER, 0.0)]);
}

#[actix::test]
async fn a_device_that_does_not_answer_or_refuses_is_tried_until_the_outputs_are_safe() {
    let world = World::new(strict());
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    device.unreachable(true);
    device.refuse_writes(true);
    device.rest_at(Step::Panic);
    unsafe_alarm(&machine, true).await;
    device.unreachable(false);
    while device.refusals() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(device.changes(), [(BURNER, 80.0)]);
    device.refuse_writes(false);
    unsafe_alarm(&machine, false).await;
    assert_eq!(device.changes(), [(BURNER, 80.0), (BURNER, 0.0)]);
}

#[actix::test]
async fn a_stop_that_no_parked_device_confirms_says_so_and_is_carried_out_later() {
    let world = World::new(strict());
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    device.unreachable(true);
    device.rest_at(Step::Panic);
    parked(&machine).await;
    let refused = world.order(&machine, Want::Stop).await.expect_err("nobody answers");
    assert_eq!(refused.code, RefusalCode::WriteFailed);
    assert!(refused.message.contains("own switch"), "{}", refused.message);
    device.unreachable(false);
    unsafe_alarm(&machine, false).await;
    assert_eq!(device.changes(), [(BURNER, 80.0), (BURNER, STOPPED)]);
}

#[actix::test]
async fn a_stop_that_comes_while_a_machine_restarts_is_carried_out_by_the_next_one() {
    let world = World::new(Policy { backoff_min_ms: 300, ..Policy::default() });
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    device.then([Step::Panic]);
    back_after(&machine, 1).await;
    let mut watcher = Watcher::on(&machine);
    device.then([Step::Panic]);
    watcher
        .until(
            "restarting",
            |event| matches!(&event.body, EventBody::Connection(about) if about.state == DriverState::Restarting),
        )
        .await;
    let stopped = world.order(&machine, Want::Stop).await;
    assert!(matches!(stopped, Ok(Outcome::Done)), "{stopped:?}");
    assert_eq!(device.changes().last(), Some(&(BURNER, STOPPED)));
    assert_eq!(machine.bus().look(|snapshot| snapshot.safety.latched), Some(SafetyReason::Stop));
}

#[actix::test]
async fn a_stop_over_which_a_machine_dies_is_carried_out_by_the_next_one() {
    let world = World::new(Policy::default());
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    device.crash_writing(1);
    let stopped = world.order(&machine, Want::Stop).await;
    assert!(matches!(stopped, Ok(Outcome::Done)), "{stopped:?}");
    assert_eq!(device.changes(), [(BURNER, 80.0), (BURNER, 0.0), (BURNER, STOPPED)]);
}

#[actix::test]
async fn a_parked_machine_that_is_removed_is_brought_to_safety_first() {
    let world = World::new(strict());
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    device.crash_connecting(true);
    device.rest_at(Step::Panic);
    unsafe_alarm(&machine, true).await;
    device.crash_connecting(false);
    let remove = Remove { id: machine.id().clone(), force: Force::No };
    world.house.registry().send(remove).await.expect("registry lives").expect("removed");
    assert_eq!(device.changes(), [(BURNER, 80.0), (BURNER, 0.0)]);
    let refused = world.order(&machine, Want::Stop).await.expect_err("it is gone");
    assert_eq!(refused.code, RefusalCode::MachineFailed);
}

#[actix::test]
async fn a_parked_machine_that_is_changed_is_run_anew_and_its_warden_writes_no_more() {
    let world = World::new(strict());
    let device = Device::answering(&GOOD);
    let machine = parked_and_safe(&world, &device).await;
    let other = Device::answering(&GOOD);
    let definition = Definition { spec: Arc::new(quick()), driver: other.factory(), document: "{}".into() };
    let replace = Replace { definition, reopen: true };
    world.house.registry().send(replace).await.expect("registry lives").expect("changed");
    connected(&machine).await;
    let before = device.writes();
    assert!(matches!(world.order(&machine, Want::Stop).await, Ok(Outcome::Done)));
    assert_eq!(other.changes().last(), Some(&(BURNER, STOPPED)));
    assert_eq!(device.writes(), before);
}

#[actix::test]
async fn a_stop_that_a_hung_machine_did_not_take_is_carried_out_by_the_next_one() {
    let world = World::new(Policy::default());
    let device = Device::answering(&GOOD);
    let machine = hot(&world, &device).await;
    device.then([Step::Stick]);
    while !device.is_stuck() {
        tokio::task::yield_now().await;
    }
    let stopped = world.order(&machine, Want::Stop).await;
    assert!(matches!(stopped, Ok(Outcome::Done)), "{stopped:?}");
    assert_eq!(device.changes().last(), Some(&(BURNER, STOPPED)));
    device.let_go();
}
