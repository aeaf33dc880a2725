//! No heat comes unasked: whatever crosses on the way.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use hearth_actors::model::command::{SessionAction, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{EventBody, SafetyReason};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::model::time::SessionMs;
use hearth_actors::registry::{Definition, Force, Policy, Remove, Replace};
use hearth_actors::slot::MachineHandle;
use hearth_actors::testing::{Device, roaster};
use support::{Watcher, World, connected, wait_for};

async fn roasting(device: &Device) -> (World, MachineHandle) {
    let world = World::new(Policy::default());
    let machine = world.machine(MachineSpec { sampling_interval_ms: 20, ..roaster("a") }, device).await;
    connected(&machine).await;
    Watcher::on(&machine).readings(1).await;
    (world, machine)
}

#[actix::test]
async fn a_stop_holds_while_a_mark_still_waits_for_the_disk() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    let mark = Mark { kind: MarkKind::Drop, at: SessionMs(0), source: MarkSource::Manual, bt: None, et: None };
    let held = machine.bus().hold(EventBody::Mark(mark));
    world.order(&machine, Want::Stop).await.expect("stopped");
    let refused = world.set(&machine, "burner", 0.6).await.expect_err("STOP is in force");
    assert_eq!(refused.code, RefusalCode::EmergencyStop);
    assert_eq!(device.changes(), [(2, 0.0)]);
    drop(held);
    wait_for(&machine, "latch", |snapshot| snapshot.safety.latched == Some(SafetyReason::Stop)).await;
}

#[actix::test]
async fn nothing_ordered_before_a_disconnect_is_written_after_the_next_connect() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    world.order(&machine, Want::Disconnect).await.expect("parted");
    let refused = world.set(&machine, "burner", 0.9).await.expect_err("not connected");
    assert_eq!(refused.code, RefusalCode::DriverDisconnected);
    world.order(&machine, Want::Stop).await.expect_err("nobody is there to stop");
    world.order(&machine, Want::Connect).await.expect("connected");
    Watcher::on(&machine).readings(2).await;
    assert_eq!(device.changes(), [(2, 80.0), (2, 0.0)]);
}

#[actix::test]
async fn a_device_that_refuses_its_safe_value_is_told_tried_again_and_latched() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    device.refuse_writes(true);
    let unsafe_parting = world.order(&machine, Want::Disconnect).await.expect_err("not safe");
    assert_eq!(unsafe_parting.code, RefusalCode::WriteFailed);
    assert_eq!(machine.bus().look(|snapshot| snapshot.connection.state), DriverState::Disconnected);
    assert!(machine.bus().look(|snapshot| snapshot.safety.latched.is_some()));
    device.refuse_writes(false);
    world.order(&machine, Want::Connect).await.expect("connected");
    assert_eq!(device.changes().last(), Some(&(2, 0.0)), "the first bytes are the safe ones");
}

#[actix::test]
async fn parting_is_not_confirmed_by_a_device_that_owes_its_answer_about_the_safe_value() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    device.owe_answers(true);
    let refused = world.order(&machine, Want::Disconnect).await.expect_err("it took it, and did not confirm it");
    assert_eq!(refused.code, RefusalCode::WriteFailed);
    assert!(refused.message.contains("`burner` was not confirmed"), "{}", refused.message);
    assert_eq!(machine.bus().look(|snapshot| snapshot.safety.latched), Some(SafetyReason::Link));
}

#[actix::test]
async fn a_machine_that_cannot_be_reached_can_still_be_disconnected() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    device.unreachable(true);
    device.then([hearth_actors::testing::Step::Disconnect]);
    wait_for(&machine, "reconnecting", |snapshot| snapshot.connection.state == DriverState::Reconnecting).await;
    world.order(&machine, Want::Disconnect).await.expect("parted");
    assert_eq!(machine.bus().look(|snapshot| snapshot.connection.state), DriverState::Disconnected);
}

#[actix::test]
async fn a_device_switched_on_after_the_daemon_is_not_written_to_unasked() {
    let device = Device::answering(&[200.0, 210.0]);
    device.unreachable(true);
    let world = World::new(Policy::default());
    let machine = world.machine(MachineSpec { sampling_interval_ms: 20, ..roaster("a") }, &device).await;
    wait_for(&machine, "an attempt", |snapshot| snapshot.connection.state == DriverState::Reconnecting).await;
    device.unreachable(false);
    connected(&machine).await;
    Watcher::on(&machine).readings(2).await;
    assert!(device.changes().is_empty());
}

async fn again(world: World, machine: &MachineHandle, device: &Device, ending: Ending) -> (World, MachineHandle) {
    if let Ending::InOrder = ending {
        world.house.stop(drop).await;
    }
    let spec = MachineSpec::clone(&machine.spec());
    let world = World::on(world.archive, Policy::default());
    let machine = world.machine(spec, device).await;
    connected(&machine).await;
    (world, machine)
}

enum Ending {
    InOrder,
    Killed,
}

#[actix::test]
async fn after_a_killed_daemon_heat_is_safe_first_and_latched_also_where_nothing_was_recorded() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    // What a killed daemon's device had been told is still on it; this one is another.
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = again(world, &machine, &device, Ending::Killed).await;
    assert_eq!(device.changes(), [(2, 0.0)], "the first bytes are the safe ones");
    let refused = world.set(&machine, "burner", 0.6).await.expect_err("latched");
    assert_eq!(refused.code, RefusalCode::Latched);
    world.order(&machine, Want::Rearm).await.expect("armed");
    world.set(&machine, "burner", 0.6).await.expect("heat");
}

#[actix::test]
async fn after_an_orderly_stop_the_first_order_arms() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    let fresh = Device::answering(&[200.0, 210.0]);
    let (world, machine) = again(world, &machine, &fresh, Ending::InOrder).await;
    assert!(fresh.writes().is_empty());
    world.set(&machine, "burner", 0.6).await.expect("heat");
}

#[actix::test]
async fn an_orderly_stop_tells_which_machines_did_not_confirm_their_safe_values() {
    let world = World::new(Policy::default());
    let machine = async |id: &str| {
        let device = Device::answering(&[200.0, 210.0]);
        let machine = world.machine(MachineSpec { sampling_interval_ms: 20, ..roaster(id) }, &device).await;
        connected(&machine).await;
        world.set(&machine, "burner", 0.8).await.expect("heat");
        (machine, device)
    };
    let (_confirms, _) = machine("confirms").await;
    let (_refuses, refusing) = machine("refuses").await;
    let (gone, device) = machine("gone").await;
    let (parted, _) = machine("parted").await;
    refusing.refuse_writes(true);
    device.unreachable(true);
    device.then([hearth_actors::testing::Step::Disconnect]);
    wait_for(&gone, "reconnecting", |snapshot| snapshot.connection.state == DriverState::Reconnecting).await;
    world.order(&parted, Want::Disconnect).await.expect("parted");
    let never = Device::default();
    never.unreachable(true);
    world.machine(MachineSpec { sampling_interval_ms: 20, ..roaster("never-reached") }, &never).await;
    let mut unsafe_machines = None;
    world.house.stop(|unconfirmed| unsafe_machines = Some(unconfirmed)).await;
    let told = unsafe_machines.expect("told");
    assert_eq!(told.iter().map(MachineId::as_str).collect::<Vec<_>>(), ["gone", "refuses"]);
}

#[actix::test]
async fn a_stop_outlives_an_orderly_restart_of_the_daemon() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    world.order(&machine, Want::Stop).await.expect("stopped");
    let (world, machine) = again(world, &machine, &device, Ending::InOrder).await;
    let refused = world.set(&machine, "burner", 0.6).await.expect_err("latched");
    assert_eq!(refused.code, RefusalCode::Latched);
}

#[actix::test]
async fn a_machine_that_is_changed_after_its_link_was_lost_is_brought_to_safety_first() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    device.unreachable(true);
    device.then([hearth_actors::testing::Step::Disconnect]);
    wait_for(&machine, "reconnecting", |snapshot| snapshot.connection.state == DriverState::Reconnecting).await;
    world.order(&machine, Want::Disconnect).await.expect("parted");
    device.unreachable(false);
    let spec = std::sync::Arc::new(MachineSpec { sampling_interval_ms: 20, ..roaster("a") });
    let definition = Definition { spec, driver: device.factory(), document: "{}".into() };
    let replaced = world.house.registry().send(Replace { definition, reopen: true }).await;
    replaced.expect("registry lives").expect("replaced");
    connected(&machine).await;
    Watcher::on(&machine).readings(1).await;
    assert_eq!(device.changes(), [(2, 80.0), (2, 0.0)]);
}

#[actix::test]
async fn a_stop_whose_sender_goes_before_a_busy_machine_has_taken_it_is_carried_out() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = roasting(&device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    device.then([hearth_actors::testing::Step::Block(1000)]);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let stop = world.order(&machine, Want::Stop);
    tokio::time::timeout(std::time::Duration::from_millis(100), stop).await.expect_err("the machine is busy");
    wait_for(&machine, "latch", |snapshot| snapshot.safety.latched == Some(SafetyReason::Stop)).await;
    Watcher::on(&machine).readings(2).await;
    assert_eq!(device.changes(), [(2, 80.0), (2, 0.0)]);
}

#[actix::test]
async fn a_machine_that_is_removed_while_somebody_connects_it_is_brought_to_safety_first() {
    for _ in 0..20 {
        let device = Device::answering(&[200.0, 210.0]);
        let (world, machine) = roasting(&device).await;
        world.set(&machine, "burner", 0.8).await.expect("heat");
        let remove = Remove { id: machine.id().clone(), force: Force::Yes };
        let (removed, ()) = tokio::join!(world.house.registry().send(remove), async {
            for _ in 0..20 {
                let _ = world.order(&machine, Want::Connect).await;
            }
        });
        removed.expect("registry lives").expect("removed");
        assert_eq!(device.changes(), [(2, 80.0), (2, 0.0)]);
    }
}
