//! Interlocks act: heat that one forbids goes at the reading that shows it, what one forces is set, and nothing comes back by itself.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::sync::Arc;

use hearth_actors::model::alarm::{AlarmState, Severity};
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, Failsafe, OutputClass,
};
use hearth_actors::model::command::{Actor, Want};
use hearth_actors::model::event::{EventBody, SafetyReason};
use hearth_actors::model::ids::{ChannelId, RuleId};
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::spec::{Comparison, Condition, Forced, InterlockRule, MachineSpec};
use hearth_actors::registry::Policy;
use hearth_actors::slot::MachineHandle;
use hearth_actors::testing::{Device, Step, roaster};
use support::{Watcher, World, connected, wait_for};

const BT: usize = 0;
const BURNER: usize = 2;
const AIR: usize = 3;

fn rule(id: &str) -> InterlockRule {
    InterlockRule {
        id: RuleId::parse(id).expect("id"),
        blocks: None,
        unless: vec![Condition { channel: BT, comparison: Comparison::Below(250.0) }],
        forces: None,
        message: "the beans are too hot".to_owned(),
    }
}

fn no_heat_on_hot_beans() -> InterlockRule {
    let blocks = Condition { channel: BURNER, comparison: Comparison::Above(0.0) };
    InterlockRule { blocks: Some(blocks), ..rule("hot_beans") }
}

fn forced(channel: usize, native: f64) -> InterlockRule {
    InterlockRule { forces: Some(Forced { channel, native }), ..rule("forced") }
}

/// A roaster with air, whose outputs change as a test wants.
fn with_air(change: impl Fn(&str, &mut ControlSpec)) -> MachineSpec {
    let spec = roaster("a");
    let mut channels: Vec<Channel> = spec.channels.iter().map(|(_, channel)| channel.clone()).collect();
    let mut air = Channel { id: ChannelId::parse("air").expect("id"), tag: "a.air".into(), ..channels[BURNER].clone() };
    if let ChannelKind::Control(control) = &mut air.kind {
        (control.class, control.failsafe) = (OutputClass::Air, Failsafe::Hold);
    }
    channels.push(air);
    for channel in &mut channels {
        if let ChannelKind::Control(control) = &mut channel.kind {
            change(channel.id.as_str(), control);
        }
    }
    MachineSpec { sampling_interval_ms: 20, channels: Arc::new(ChannelTable::new(channels)), ..spec }
}

async fn running(spec: MachineSpec, device: &Device) -> (World, MachineHandle) {
    let world = World::new(Policy::default());
    let machine = world.machine(spec, device).await;
    connected(&machine).await;
    Watcher::on(&machine).readings(1).await;
    (world, machine)
}

fn locked(rule: InterlockRule) -> MachineSpec {
    MachineSpec { interlocks: vec![rule], ..with_air(|_, _| {}) }
}

fn beans(bt: f64) -> Step {
    Step::Values(vec![bt, 210.0])
}

fn alarm(machine: &MachineHandle, id: &str) -> Option<(AlarmState, Severity)> {
    let id = RuleId::parse(id).expect("id");
    machine.bus().look(|snapshot| snapshot.alarms.get(&id).map(|alarm| (alarm.state, alarm.severity)))
}

/// Waits until the device has been told this.
async fn told(machine: &MachineHandle, device: &Device, writes: &[(usize, f64)]) {
    let mut watcher = Watcher::on(machine);
    while device.changes().len() < writes.len() {
        watcher.until("an event", |_| true).await;
    }
    assert_eq!(device.changes(), writes);
}

#[actix::test]
async fn heat_that_an_interlock_forbids_goes_off_is_latched_and_stays_off_when_it_is_over() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = running(locked(no_heat_on_hot_beans()), &device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    device.rest_at(beans(251.0));
    wait_for(&machine, "a latch", |snapshot| snapshot.safety.latched == Some(SafetyReason::Interlock)).await;
    told(&machine, &device, &[(BURNER, 80.0), (BURNER, 0.0)]).await;
    assert_eq!(alarm(&machine, "hot_beans"), Some((AlarmState::Unacked, Severity::Critical)));
    device.rest_at(beans(200.0));
    Watcher::on(&machine).readings(5).await;
    assert_eq!(world.set(&machine, "burner", 0.6).await.expect_err("latched").code, RefusalCode::Latched);
    world.order(&machine, Want::Rearm).await.expect("armed");
    world.set(&machine, "burner", 0.6).await.expect("heat");
    assert_eq!(device.changes(), [(BURNER, 80.0), (BURNER, 0.0), (BURNER, 60.0)]);
}

#[actix::test]
async fn a_reading_that_is_missing_for_a_moment_costs_no_roast() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = running(locked(no_heat_on_hot_beans()), &device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    device.then((0..30).map(|n| if n % 3 == 0 { beans(200.0) } else { Step::Timeout }));
    Watcher::on(&machine).readings(30).await;
    assert_eq!(device.changes(), [(BURNER, 80.0)]);
}

#[actix::test]
async fn what_an_interlock_forces_is_set_in_its_name_kept_and_let_go_when_it_is_over() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = running(locked(forced(AIR, 100.0)), &device).await;
    world.set(&machine, "air", 0.2).await.expect("air");
    let mut watcher = Watcher::on(&machine);
    device.rest_at(beans(251.0));
    let settled =
        watcher.until("a forced value", |event| matches!(&event.body, EventBody::Settled(s) if s.applied)).await;
    let EventBody::Settled(settled) = settled.body else { unreachable!() };
    assert_eq!((settled.channel, settled.value.get(), settled.by), (AIR, 1.0, Actor::Interlock));
    assert_eq!(alarm(&machine, "forced"), Some((AlarmState::Unacked, Severity::Critical)));
    let refused = world.set(&machine, "air", 0.3).await.expect_err("forced");
    assert_eq!((refused.code, refused.message.as_str()), (RefusalCode::InterlockBlocked, "the beans are too hot"));
    world.set(&machine, "air", 1.0).await.expect("that is what it forces");
    assert_eq!(machine.bus().look(|snapshot| snapshot.safety.latched), None, "heat was none of its business");
    device.rest_at(beans(200.0));
    Watcher::on(&machine).readings(3).await;
    assert_eq!(device.changes(), [(AIR, 20.0), (AIR, 100.0)], "nobody changes it back");
    world.set(&machine, "air", 0.3).await.expect("it is over");
}

#[actix::test]
async fn a_switch_that_an_interlock_throws_is_told_as_on_and_not_as_a_number() {
    let device = Device::answering(&[200.0, 210.0]);
    let spec = with_air(|id, control| {
        if id == "air" {
            control.shape = ControlShape::Toggle { on: 1.0, off: 0.0 };
        }
    });
    let (_world, machine) = running(MachineSpec { interlocks: vec![forced(AIR, 1.0)], ..spec }, &device).await;
    device.rest_at(beans(251.0));
    let id = RuleId::parse("forced").expect("id");
    wait_for(&machine, "an alarm", |snapshot| snapshot.alarms.contains_key(&id)).await;
    let message = machine.bus().look(|snapshot| snapshot.alarms.get(&id).map(|alarm| alarm.message.clone()));
    let label = machine.spec().channels.get(AIR).map(|channel| channel.label.clone()).expect("air");
    assert_eq!(message, Some(format!("{label} is switched on: the beans are too hot")));
    told(&machine, &device, &[(AIR, 1.0)]).await;
}

#[actix::test]
async fn heat_that_an_interlock_forces_down_is_latched_too() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = running(locked(forced(BURNER, 0.0)), &device).await;
    world.set(&machine, "burner", 0.8).await.expect("heat");
    device.rest_at(beans(251.0));
    wait_for(&machine, "a latch", |snapshot| snapshot.safety.latched == Some(SafetyReason::Interlock)).await;
    told(&machine, &device, &[(BURNER, 80.0), (BURNER, 0.0)]).await;
}

#[actix::test]
async fn after_a_stop_nothing_is_forced_until_somebody_re_arms() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = running(locked(forced(AIR, 100.0)), &device).await;
    world.order(&machine, Want::Stop).await.expect("stopped");
    device.rest_at(beans(251.0));
    Watcher::on(&machine).readings(5).await;
    assert_eq!(device.changes(), [(BURNER, 0.0)]);
    world.order(&machine, Want::Rearm).await.expect("armed");
    told(&machine, &device, &[(BURNER, 0.0), (AIR, 100.0)]).await;
}

#[actix::test]
async fn what_stands_where_an_interlock_forbids_it_and_is_no_heat_is_only_told() {
    let device = Device::answering(&[200.0, 210.0]);
    let blocks = Some(Condition { channel: AIR, comparison: Comparison::Below(10.0) });
    let (world, machine) = running(locked(InterlockRule { blocks, ..rule("air_is_needed") }), &device).await;
    world.set(&machine, "air", 0.0).await.expect("allowed while it is open");
    device.rest_at(beans(251.0));
    wait_for(&machine, "an alarm", |snapshot| !snapshot.alarms.is_empty()).await;
    assert_eq!(alarm(&machine, "air_is_needed"), Some((AlarmState::Unacked, Severity::Warning)));
    assert_eq!(device.changes(), [(AIR, 0.0)]);
}

/// 2000 % a second: 40 % an interval.
fn slow() -> MachineSpec {
    with_air(|_, control| control.max_rise_per_s = Some(2_000.0))
}

#[actix::test]
async fn an_output_rises_step_by_step_and_its_order_is_applied_when_it_is_there() {
    let device = Device::answering(&[200.0, 210.0]);
    let (world, machine) = running(slow(), &device).await;
    world.set(&machine, "burner", 0.9).await.expect("heat");
    let written: Vec<f64> = device.changes().iter().map(|(_, value)| *value).collect();
    assert!(written[0] <= 40.0, "{written:?}");
    assert!(written.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] <= 40.0), "{written:?}");
    assert_eq!(written.last(), Some(&90.0));
    world.set(&machine, "burner", 0.1).await.expect("less heat");
    assert_eq!(device.changes().last(), Some(&(BURNER, 10.0)), "falling is at once");
}

#[actix::test]
async fn a_stop_ends_whatever_still_rises() {
    let device = Device::answering(&[200.0, 210.0]);
    let spec = with_air(|_, control| control.max_rise_per_s = Some(10.0));
    let (world, machine) = running(spec, &device).await;
    let (burner, air, stopped) =
        tokio::join!(world.set(&machine, "burner", 0.9), world.set(&machine, "air", 0.9), async {
            wait_for(&machine, "a first step", |_| device.changes().len() >= 2).await;
            world.order(&machine, Want::Stop).await
        });
    stopped.expect("stopped");
    let codes = [burner, air].map(|ended| ended.expect_err("still rising").code);
    assert_eq!(codes, [RefusalCode::Superseded; 2]);
    let after = device.changes().len();
    assert_eq!(device.changes().last(), Some(&(BURNER, 0.0)));
    Watcher::on(&machine).readings(60).await;
    assert_eq!(device.changes().len(), after);
}

#[actix::test]
async fn a_step_that_fails_ends_the_rise_and_is_told() {
    let device = Device::answering(&[200.0, 210.0]);
    let spec = with_air(|_, control| control.max_rise_per_s = Some(10.0));
    let (world, machine) = running(spec, &device).await;
    let (ended, ()) = tokio::join!(world.set(&machine, "burner", 0.9), async {
        wait_for(&machine, "a first step", |_| !device.changes().is_empty()).await;
        device.refuse_writes(true);
    });
    assert_eq!(ended.expect_err("refused").code, RefusalCode::WriteFailed);
    device.refuse_writes(false);
    let after = device.changes();
    Watcher::on(&machine).readings(60).await;
    assert_eq!(device.changes(), after, "what failed is not tried again");
}

#[actix::test]
async fn a_reading_that_is_missing_for_a_moment_does_not_end_a_rise_and_one_that_is_against_it_does() {
    let device = Device::answering(&[200.0, 210.0]);
    let slow = with_air(|_, control| control.max_rise_per_s = Some(100.0));
    let (world, machine) = running(MachineSpec { interlocks: vec![no_heat_on_hot_beans()], ..slow }, &device).await;
    let (risen, ()) = tokio::join!(world.set(&machine, "burner", 0.6), async {
        wait_for(&machine, "a first step", |_| !device.changes().is_empty()).await;
        device.then([Step::Timeout, Step::Timeout]);
    });
    risen.expect("it rose on");
    let (ended, ()) = tokio::join!(world.set(&machine, "burner", 0.9), async {
        wait_for(&machine, "a step", |_| device.changes().last().is_some_and(|(_, native)| *native > 60.0)).await;
        device.rest_at(beans(251.0));
    });
    let code = ended.expect_err("it is taken back").code;
    assert!(matches!(code, RefusalCode::InterlockBlocked | RefusalCode::Superseded), "{code:?}");
    wait_for(&machine, "a latch", |snapshot| snapshot.safety.latched == Some(SafetyReason::Interlock)).await;
    assert!(device.changes().iter().all(|(_, native)| *native < 90.0), "{:?}", device.changes());
}

#[actix::test]
async fn an_order_that_waits_behind_one_that_closes_its_interlock_is_not_written() {
    let device = Device::answering(&[200.0, 210.0]);
    let needs_air = InterlockRule {
        unless: vec![Condition { channel: AIR, comparison: Comparison::AtLeast(20.0) }],
        ..no_heat_on_hot_beans()
    };
    let (world, machine) = running(locked(needs_air), &device).await;
    for _ in 0..10 {
        world.set(&machine, "air", 0.5).await.expect("air");
        let (air, burner) = tokio::join!(world.set(&machine, "air", 0.0), world.set(&machine, "burner", 0.6));
        air.expect("no air");
        assert_eq!(burner.expect_err("no heat without air").code, RefusalCode::InterlockBlocked);
    }
    assert!(device.changes().iter().all(|(channel, _)| *channel == AIR), "{:?}", device.changes());
}
