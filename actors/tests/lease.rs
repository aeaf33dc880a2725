//! The lease through a whole machine: an order of who steered before never reaches the device, and a crash frees nothing.
#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use hearth_actors::logic::lease::Identity;
use hearth_actors::model::command::{
    Actor, Command, LeaseAction, OrderStage, OrderStep, Outcome, Principal, UserRole, Want,
};
use hearth_actors::model::event::{EventBody, Lease};
use hearth_actors::model::ids::{ChannelId, ClientId, Seq};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::model::time::WallMs;
use hearth_actors::model::units::Fraction;
use hearth_actors::registry::Policy;
use hearth_actors::runtime::bus::{Bus, Published};
use hearth_actors::runtime::clock::{MachineClock, throw_wall, wall_now};
use hearth_actors::slot::MachineHandle;
use hearth_actors::testing::{Device, Step, roaster};
use support::{World, connected, wait_for};

fn quick(id: &str) -> MachineSpec {
    MachineSpec { sampling_interval_ms: 20, ..roaster(id) }
}

fn id(client: &str) -> ClientId {
    ClientId::parse(client).expect("id")
}

fn person(client: &str, role: UserRole) -> Principal {
    Principal::everywhere(Actor::Client { id: id(client), name: client.to_owned() }, role)
}

async fn wants(
    world: &World,
    machine: &MachineHandle,
    by: &str,
    role: UserRole,
    want: Want,
) -> Result<Outcome, Refusal> {
    let principal = person(by, role);
    let id = world.house.surroundings().next_command();
    machine.command(Command { id, principal, request_id: None, want }).await
}

fn burner(value: f64) -> Want {
    Want::Control { channel: ChannelId::parse("burner").expect("id"), value: Fraction::clamped(value) }
}

/// The orders that were told as not let through: why, and what they asked for.
fn blocked(machine: &MachineHandle) -> Vec<(RefusalCode, f64)> {
    let orders = machine.bus().recent(|event| matches!(event.body, EventBody::Order(_))).events;
    let of = |published: &Arc<Published>| match &published.event.body {
        EventBody::Order(OrderStep { stage: OrderStage::Blocked(refusal), value, .. }) => {
            Some((refusal.code, value.get()))
        }
        _ => None,
    };
    orders.iter().filter_map(of).collect()
}

fn holder(machine: &MachineHandle) -> Option<String> {
    machine.bus().look(|snapshot| snapshot.lease.holder.as_ref().map(|(id, _)| id.to_string()))
}

#[actix::test]
async fn an_order_that_comes_to_its_turn_after_control_changed_hands_is_not_written_and_its_sender_is_told() {
    let world = World::new(Policy::default());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    wants(&world, &machine, "first", UserRole::Operator, burner(0.2)).await.expect("the first one steers");
    let written = device.changes();
    device.then([Step::Block(800)]);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let waits = wants(&world, &machine, "first", UserRole::Operator, burner(0.9));
    let takes = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        wants(&world, &machine, "boss", UserRole::Admin, Want::Lease(LeaseAction::Take)).await
    };
    let (waited, taken) = tokio::join!(waits, takes);
    taken.expect("an admin takes it at once");
    assert_eq!(waited.expect_err("not done").code, RefusalCode::SessionLocked);
    assert_eq!(blocked(&machine), [(RefusalCode::SessionLocked, 0.9)], "everybody is told, too");
    assert_eq!(device.changes(), written, "the device saw the order of somebody who does not steer any more");
    assert_eq!(holder(&machine).as_deref(), Some("boss"));
}

#[actix::test]
async fn a_machine_that_crashes_leaves_the_lease_where_it_was() {
    let world = World::new(Policy::default());
    let device = Device::answering(&[200.0, 210.0]);
    let machine = world.machine(quick("a"), &device).await;
    connected(&machine).await;
    let socket = machine.steering().attend(&person("first", UserRole::Operator), Identity::Kept);
    wants(&world, &machine, "first", UserRole::Operator, burner(0.2)).await.expect("the first one steers");
    device.then([Step::Panic]);
    wait_for(&machine, "a restart", |snapshot| snapshot.connection.restarts == 1).await;
    connected(&machine).await;
    assert_eq!(holder(&machine).as_deref(), Some("first"));
    let refused = wants(&world, &machine, "second", UserRole::Operator, burner(0.3)).await;
    assert_eq!(refused.expect_err("not its machine").code, RefusalCode::SessionLocked);
    assert_eq!(blocked(&machine), [(RefusalCode::SessionLocked, 0.3)], "everybody is told that it was not let through");
    drop(socket);
    assert!(machine.bus().look(|snapshot| snapshot.lease.expires.is_some()), "its grace has begun");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_grace_does_not_depend_on_the_wall() {
    let bus = Bus::new(quick("a").id, Arc::default(), MachineClock::new(50.0), Seq(1));
    let expires = Some(WallMs(wall_now().0 + 30_000));
    bus.publish(EventBody::Lease(Lease { holder: Some((id("tablet"), "tablet".to_owned())), expires }));
    for (passes_s, jumps_ms, left_ms) in [(12, -3_600_000, 18_000), (0, 3_600_000, 18_000), (20, 0, 0)] {
        tokio::time::advance(Duration::from_secs(passes_s)).await;
        throw_wall(jumps_ms);
        let left = bus.snapshot().lease.expires.expect("it has a grace").0 - wall_now().0;
        // The wall of the computer that runs this goes on.
        assert!((left_ms - 2_000..=left_ms + 100).contains(&left), "{left} instead of {left_ms}");
    }
    throw_wall(0);
}
