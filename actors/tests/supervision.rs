//! A crash stops at its own machine's door.
#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use hearth_actors::model::command::{Actor, OrderStage, OrderStep, SessionAction};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{EventBody, SafetyReason};
use hearth_actors::model::ids::ChannelId;
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::session::SessionState;
use hearth_actors::model::units::Fraction;
use hearth_actors::registry::{Policy, Restart};
use hearth_actors::testing::{Device, Step, roaster};
use support::{Watcher, World, connected, wait_for};

fn quick(id: &str) -> hearth_actors::model::spec::MachineSpec {
    hearth_actors::model::spec::MachineSpec { sampling_interval_ms: 20, ..roaster(id) }
}

fn unparked() -> Policy {
    Policy { max_restarts: 1_000_000, backoff_min_ms: 5, backoff_max_ms: 20, ..Policy::default() }
}

#[actix::test]
async fn a_machine_that_panics_comes_back_and_its_watchers_stay() {
    let world = World::new(unparked());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    let mut watcher = Watcher::on(&machine);
    device.then([Step::Panic]);
    let restarting = watcher
        .until(
            "restarting",
            |event| matches!(&event.body, EventBody::Connection(c) if c.state == DriverState::Restarting),
        )
        .await;
    let EventBody::Connection(connection) = restarting.body else { unreachable!() };
    assert!(connection.message.contains("scripted panic"), "{}", connection.message);
    watcher
        .until("connected", |e| matches!(&e.body, EventBody::Connection(c) if c.state == DriverState::Connected))
        .await;
    watcher.readings(3).await;
    let seqs: Vec<u64> = watcher.seen.iter().map(|event| event.seq.0).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seqs:?}");
}

#[actix::test]
async fn neighbours_of_a_machine_that_panics_never_notice() {
    let world = World::new(unparked());
    let wild = Device::answering(&[1.0]);
    wild.then((0..200).flat_map(|_| [Step::Panic, Step::Values(vec![1.0])]));
    let quiet = Device::answering(&[200.0, 210.0]);
    let _a = world.machine(quick("a"), &wild).await;
    let b = world.machine(quick("b"), &quiet).await;
    connected(&b).await;
    let mut watcher = Watcher::on(&b);
    watcher.readings(50).await;
    let alien = watcher.seen.iter().filter(|event| !matches!(event.body, EventBody::Reading(_))).count();
    assert_eq!(alien, 0, "{:?}", watcher.seen);
    assert_eq!(quiet.connects(), 1);
}

#[actix::test]
async fn a_thread_that_blocks_is_left_behind_and_the_machine_goes_on() {
    let world = World::new(unparked());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    let mut watcher = Watcher::on(&machine);
    device.then([Step::Block(8000)]);
    watcher
        .until("restarting", |e| matches!(&e.body, EventBody::Connection(c) if c.state == DriverState::Restarting))
        .await;
    watcher
        .until("connected", |e| matches!(&e.body, EventBody::Connection(c) if c.state == DriverState::Connected))
        .await;
    watcher.readings(3).await;
    assert_eq!(machine.abandoned_threads(), 1);
}

#[actix::test]
async fn a_thread_that_comes_back_counts_no_more() {
    let world = World::new(unparked());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    device.then([Step::Stick]);
    let left = async |count: usize| {
        while machine.abandoned_threads() != count {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        left(1).await;
        device.let_go();
        left(0).await;
    })
    .await
    .expect("left behind, then back");
}

#[actix::test]
async fn a_read_that_never_returns_costs_the_link_not_the_machine() {
    let world = World::new(unparked());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    let mut watcher = Watcher::on(&machine);
    device.then([Step::Hang]);
    let lost = watcher
        .until("reconnecting", |e| matches!(&e.body, EventBody::Connection(c) if c.state == DriverState::Reconnecting))
        .await;
    assert!(
        matches!(&lost.body, EventBody::Connection(c) if c.restarts == 0 && c.message.contains("hung")),
        "{lost:?}"
    );
    watcher
        .until("connected", |e| matches!(&e.body, EventBody::Connection(c) if c.state == DriverState::Connected))
        .await;
    watcher.readings(1).await;
}

#[actix::test]
async fn too_many_crashes_park_a_machine_until_somebody_restarts_it() {
    let world = World::new(Policy { backoff_min_ms: 5, backoff_max_ms: 10, ..Policy::default() });
    let device = Device::default();
    device.rest_at(Step::Panic);
    let machine = world.machine(quick("a"), &device).await;
    wait_for(&machine, "failed", |snapshot| snapshot.connection.state == DriverState::Failed).await;
    assert_eq!(machine.bus().look(|snapshot| snapshot.connection.restarts), 5);
    let refused = world.set(&machine, "burner", 0.5).await.expect_err("nobody is there");
    assert_eq!(refused.code, RefusalCode::MachineFailed);
    device.rest_at(Step::Values(vec![200.0, 210.0]));
    world.house.registry().send(Restart(machine.id().clone())).await.expect("registry lives").expect("restarted");
    connected(&machine).await;
}

#[actix::test]
async fn after_a_crash_the_first_bytes_are_the_safe_ones_and_heat_stays_latched_until_rearmed() {
    let world = World::new(unparked());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    assert!(device.changes().is_empty(), "a clean connect writes nothing");
    world.set(&machine, "burner", 0.7).await.expect("first order arms");
    assert_eq!(device.changes(), [(2, 70.0)]);
    device.then([Step::Panic]);
    wait_for(&machine, "latch", |snapshot| snapshot.safety.latched == Some(SafetyReason::Crash)).await;
    connected(&machine).await;
    assert_eq!(device.changes()[1], (2, 0.0));
    let refused = world.set(&machine, "burner", 0.5).await.expect_err("latched");
    assert_eq!(refused.code, RefusalCode::Latched);
    world.order(&machine, hearth_actors::model::command::Want::Rearm).await.expect("rearmed");
    world.set(&machine, "burner", 0.5).await.expect("armed again");
    assert_eq!(device.changes().last(), Some(&(2, 50.0)));
}

#[actix::test]
async fn a_recording_goes_on_through_its_actors_death() {
    let world = World::new(unparked());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    world.act(&machine, SessionAction::StartRecording).await.expect("recording");
    let session = machine.bus().look(|snapshot| snapshot.session).expect("session");
    let mut watcher = Watcher::on(&machine);
    watcher.readings(5).await;
    device.then([Step::Panic]);
    watcher
        .until("restarting", |e| matches!(&e.body, EventBody::Connection(c) if c.state == DriverState::Restarting))
        .await;
    watcher
        .until("connected", |e| matches!(&e.body, EventBody::Connection(c) if c.state == DriverState::Connected))
        .await;
    watcher.readings(5).await;
    assert!(
        machine.bus().look(|snapshot| snapshot.state == SessionState::Recording && snapshot.session == Some(session))
    );
    world.act(&machine, SessionAction::StopRecording).await.expect("stopped");
    let log = world.archive.log(session).expect("journal");
    assert!(log.sealed);
    let kept: Vec<u64> = log.events.iter().map(|event| event.seq.0).collect();
    let to_keep = watcher.seen.iter().filter(|event| event.body.is_kept());
    let seen: Vec<u64> = to_keep.map(|event| event.seq.0).collect();
    assert!(seen.iter().all(|seq| kept.contains(seq)), "seen but not kept");
    assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "in order of seq");
}

#[actix::test]
async fn whoever_follows_an_order_hears_of_its_end_also_when_the_machine_dies_over_it() {
    let world = World::new(unparked());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    let mut watcher = Watcher::on(&machine);
    let ended = world.house.surroundings().next_command();
    let open = world.house.surroundings().next_command();
    for (command, stage) in [(ended, OrderStage::Sent), (open, OrderStage::Sent), (ended, OrderStage::Superseded)] {
        machine.bus().publish(EventBody::Order(OrderStep {
            command,
            request_id: Some("mine".into()),
            channel: 2,
            channel_id: ChannelId::parse("burner").expect("id"),
            value: Fraction::new(0.5).expect("fraction"),
            by: Actor::Replay,
            stage,
        }));
    }
    device.then([Step::Panic]);
    let told = watcher.until("the end", |event| matches!(event.body, EventBody::Settled(_))).await;
    let EventBody::Settled(settled) = told.body else { unreachable!() };
    assert_eq!((settled.command, settled.applied, settled.request_id.as_deref()), (open, false, Some("mine")));
    assert!(settled.message.contains("before the device confirmed"), "{}", settled.message);
}
