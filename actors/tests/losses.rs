//! What heat depends on is gone: a sensor, the people, the machine's own program. No heat stays, none comes back unasked.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::time::Duration;

use hearth_actors::logic::lease::Identity;
use hearth_actors::model::alarm::{AlarmNotice, AlarmState, BuiltIn, Severity};
use hearth_actors::model::channel::Role;
use hearth_actors::model::command::{Actor, Principal, SessionAction, UserRole, Want};
use hearth_actors::model::event::{EventBody, SafetyReason};
use hearth_actors::model::ids::ClientId;
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::session::SessionState;
use hearth_actors::model::spec::{MachineSpec, SafetySpec};
use hearth_actors::registry::{Policy, Restart};
use hearth_actors::runtime::steering::Attendance;
use hearth_actors::slot::MachineHandle;
use hearth_actors::testing::{Device, Step, roaster};
use support::{Watcher, World, connected, wait_for};

const SENSOR_LOSS_MS: u64 = 400;
const OPERATOR_LOSS_MS: u64 = 500;
const SOON: SafetySpec = SafetySpec { sensor_loss_ms: SENSOR_LOSS_MS, operator_loss_ms: None };
/// A loss may be seen this much early.
const EARLY_MS: u64 = 100 + SENSOR_LOSS_MS / 20;

/// A connected machine that reads every 20 ms, with heat on.
async fn hot(device: &Device, operator_loss_ms: Option<u64>) -> (World, MachineHandle) {
    let safety = SafetySpec { sensor_loss_ms: SENSOR_LOSS_MS, operator_loss_ms };
    hot_on(MachineSpec { sampling_interval_ms: 20, safety, ..roaster("a") }, device).await
}

/// A connected machine with heat on.
async fn hot_on(spec: MachineSpec, device: &Device) -> (World, MachineHandle) {
    let world = World::new(Policy::default());
    let machine = world.machine(spec, device).await;
    connected(&machine).await;
    Watcher::on(&machine).readings(1).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    (world, machine)
}

/// Where an alarm stands, how bad it is and whether it waits for the machine to be armed again.
fn alarm(machine: &MachineHandle, which: BuiltIn) -> Option<(AlarmState, Severity, bool)> {
    machine
        .bus()
        .look(|snapshot| snapshot.alarms.get(&which.rule()).map(|alarm| (alarm.state, alarm.severity, alarm.latched)))
}

async fn latched(machine: &MachineHandle, reason: SafetyReason) {
    wait_for(machine, "a latch", |snapshot| snapshot.safety.latched == Some(reason)).await;
}

/// Waits until the device has been told this.
async fn told(machine: &MachineHandle, device: &Device, writes: &[(usize, f64)]) {
    let mut watcher = Watcher::on(machine);
    while device.changes().len() < writes.len() {
        watcher.until("an event", |_| true).await;
    }
    assert_eq!(device.changes(), writes);
}

fn somebody(machine: &MachineHandle, role: UserRole) -> Option<Attendance> {
    let actor = Actor::Client { id: ClientId::parse("watcher").expect("id"), name: "watcher".to_owned() };
    machine.steering().attend(&Principal::everywhere(actor, role), Identity::Passing)
}

#[actix::test]
async fn a_lost_sensor_takes_the_heat_away_latches_and_leaves_the_recording_alone() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = hot(&device, None).await;
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    world.act(&machine, SessionAction::StartRecording).await.expect("recording");
    device.rest_at(Step::Timeout);
    latched(&machine, SafetyReason::Sensor).await;
    told(&machine, &device, &[(2, 80.0), (2, 0.0)]).await;
    assert_eq!(alarm(&machine, BuiltIn::SensorLost), Some((AlarmState::Unacked, Severity::Critical, true)));
    assert_eq!(machine.bus().look(|snapshot| snapshot.state), SessionState::Recording);
    device.rest_at(Step::Values(vec![200.0, 210.0]));
    Watcher::on(&machine).readings(3).await;
    let refused = world.set(&machine, "burner", 0.6).await.expect_err("latched");
    assert_eq!(refused.code, RefusalCode::Latched);
    world.order(&machine, Want::Rearm).await.expect("armed");
    world.set(&machine, "burner", 0.6).await.expect("heat");
    assert_eq!(device.changes(), [(2, 80.0), (2, 0.0), (2, 60.0)]);
}

/// However slow the computer is: where the good readings are close enough, the heat stays.
#[actix::test]
async fn a_reading_that_fails_now_and_then_is_no_lost_sensor() {
    let device = Device::answering(&[200.0, 210.0]);
    let (_world, machine) = hot(&device, None).await;
    let mut watcher = Watcher::on(&machine);
    watcher.readings(1).await;
    let good = Step::Values(vec![200.0, 210.0]);
    device.then((0..120).map(|n| if n % 3 == 0 { good.clone() } else { Step::Timeout }));
    watcher.readings(120).await;
    let told = watcher.seen.iter().filter_map(|event| match &event.body {
        EventBody::Reading(reading) => reading.role(Role::Bt).map(|_| event.at.0),
        _ => None,
    });
    let told: Vec<u64> = told.collect();
    let longest = told.windows(2).map(|pair| pair[1] - pair[0]).max().expect("two good ones");
    assert!(told[told.len() - 1] - told[0] > SENSOR_LOSS_MS, "it was tried for long enough");
    assert!(device.changes() == [(2, 80.0)] || longest + EARLY_MS >= SENSOR_LOSS_MS, "lost after {longest} ms");
}

#[actix::test]
async fn heat_off_that_the_device_refuses_is_written_until_it_takes_it_also_when_the_sensor_is_back() {
    let device = Device::answering(&[200.0, 210.0]);
    // What is tried again after 5 s is tried again after 100 ms.
    let (world, machine) =
        hot_on(MachineSpec { clock_speed: 50.0, sampling_interval_ms: 1_000, safety: SOON, ..roaster("a") }, &device)
            .await;
    device.refuse_writes(true);
    device.rest_at(Step::Timeout);
    latched(&machine, SafetyReason::Sensor).await;
    device.rest_at(Step::Values(vec![200.0, 210.0]));
    let over = |alarm: &AlarmNotice| alarm.state == AlarmState::ClearedUnacked;
    let rule = BuiltIn::SensorLost.rule();
    wait_for(&machine, "the sensor", |snapshot| snapshot.alarms.get(&rule).is_some_and(over)).await;
    assert_eq!(device.changes(), [(2, 80.0)]);
    device.refuse_writes(false);
    told(&machine, &device, &[(2, 80.0), (2, 0.0)]).await;
    world.order(&machine, Want::Rearm).await.expect("armed");
}

#[actix::test]
async fn a_stop_that_the_device_refuses_is_written_until_it_takes_it() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) =
        hot_on(MachineSpec { clock_speed: 50.0, sampling_interval_ms: 1_000, safety: SOON, ..roaster("a") }, &device)
            .await;
    device.refuse_writes(true);
    world.order(&machine, Want::Stop).await.expect_err("not confirmed");
    device.refuse_writes(false);
    told(&machine, &device, &[(2, 80.0), (2, 0.0)]).await;
}

#[actix::test]
async fn a_sensor_that_stays_away_after_the_re_arm_takes_the_heat_away_again() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = hot(&device, None).await;
    device.rest_at(Step::Timeout);
    latched(&machine, SafetyReason::Sensor).await;
    told(&machine, &device, &[(2, 80.0), (2, 0.0)]).await;
    world.order(&machine, Want::Rearm).await.expect("armed");
    world.set(&machine, "burner", 0.5).await.expect("an operator's own order");
    latched(&machine, SafetyReason::Sensor).await;
    told(&machine, &device, &[(2, 80.0), (2, 0.0), (2, 50.0), (2, 0.0)]).await;
}

#[actix::test]
async fn heat_with_nobody_there_goes_off_and_the_recording_goes_on() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = hot(&device, Some(OPERATOR_LOSS_MS)).await;
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    world.act(&machine, SessionAction::StartRecording).await.expect("recording");
    wait_for(&machine, "a warning", |snapshot| snapshot.alarms.contains_key(&BuiltIn::OperatorLost.rule())).await;
    latched(&machine, SafetyReason::Operator).await;
    told(&machine, &device, &[(2, 80.0), (2, 0.0)]).await;
    assert_eq!(machine.bus().look(|snapshot| snapshot.state), SessionState::Recording);
}

#[actix::test]
async fn heat_stays_while_somebody_who_could_steer_watches_and_goes_when_they_do() {
    let device = Device::answering(&[200.0, 210.0]);
    let (_world, machine) = hot(&device, Some(OPERATOR_LOSS_MS)).await;
    let watcher = somebody(&machine, UserRole::Operator);
    Watcher::on(&machine).readings(2 * OPERATOR_LOSS_MS as usize / 20).await;
    assert_eq!(device.changes(), [(2, 80.0)]);
    drop(watcher);
    latched(&machine, SafetyReason::Operator).await;
    told(&machine, &device, &[(2, 80.0), (2, 0.0)]).await;
}

#[actix::test]
async fn whoever_may_only_look_does_not_keep_the_heat_on() {
    let device = Device::answering(&[200.0, 210.0]);
    let (_world, machine) = hot(&device, Some(OPERATOR_LOSS_MS)).await;
    let _watcher = somebody(&machine, UserRole::Viewer);
    latched(&machine, SafetyReason::Operator).await;
}

#[actix::test]
async fn nobody_is_missed_where_no_time_is_set_or_no_heat_is_on() {
    let device = Device::answering(&[200.0, 210.0]);
    let (_world, machine) = hot(&device, None).await;
    Watcher::on(&machine).readings(2 * OPERATOR_LOSS_MS as usize / 20).await;
    let cold = Device::answering(&[200.0, 210.0]);
    let (world, other) = hot(&cold, Some(OPERATOR_LOSS_MS)).await;
    world.set(&other, "burner", 0.0).await.expect("off");
    Watcher::on(&other).readings(2 * OPERATOR_LOSS_MS as usize / 20).await;
    assert_eq!(machine.bus().look(|snapshot| snapshot.safety.latched), None);
    assert_eq!(other.bus().look(|snapshot| snapshot.safety.latched), None);
}

/// Heat is written again after 800 ms: at this moment, the one before is about to.
#[actix::test]
async fn a_machine_that_is_restarted_is_not_heated_again_by_the_one_before() {
    let device = Device::answering(&[200.0, 210.0]);
    let world = World::new(Policy::default());
    // Its readings are far apart, so that it is idle when its time is over.
    let machine = world.machine(MachineSpec { sampling_interval_ms: 5_000, ..roaster("a") }, &device).await;
    connected(&machine).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    tokio::time::sleep(Duration::from_millis(650)).await;
    world.house.registry().send(Restart(machine.id().clone())).await.expect("registry lives").expect("restarted");
    latched(&machine, SafetyReason::Crash).await;
    connected(&machine).await;
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert_eq!(device.changes(), [(2, 80.0), (2, 0.0)]);
}
