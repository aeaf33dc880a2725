//! What a lost link leaves behind: one line in the log, and no rate over what nobody saw.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::fmt::{Debug, Write};
use std::sync::{Mutex, PoisonError};

use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::registry::Policy;
use hearth_actors::testing::{Device, Step, roaster};
use support::{Watcher, World, connected};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

/// Writes down every line of the heart, whatever thread it comes from.
struct Notebook;

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Notebook {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hearth_actors")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((*event.metadata().level(), words.0));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The levels of what was logged of a machine.
fn told_of(machine: &str) -> Vec<Level> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|(_, words)| words.contains(&format!("machine={machine} "))).map(|(level, _)| *level).collect()
}

#[actix::test]
async fn a_lost_link_is_one_warning_and_its_return_one_line() {
    tracing::subscriber::set_global_default(Notebook).expect("the only subscriber");
    let device = Device::answering(&[200.0, 210.0]);
    let world = World::new(Policy::default());
    let machine = world.machine(MachineSpec { sampling_interval_ms: 20, ..roaster("logged") }, &device).await;
    connected(&machine).await;
    assert_eq!(told_of("logged"), [Level::INFO]);
    device.unreachable(true);
    device.then([Step::Disconnect]);
    let mut watcher = Watcher::on(&machine);
    for _ in 0..3 {
        watcher.until("a retry", |event| state(event) == Some(DriverState::Reconnecting)).await;
    }
    assert_eq!(told_of("logged"), [Level::INFO, Level::WARN]);
    device.unreachable(false);
    connected(&machine).await;
    assert_eq!(told_of("logged"), [Level::INFO, Level::WARN, Level::INFO]);
}

#[actix::test]
async fn no_rate_is_told_over_what_nobody_saw() {
    let device = Device::answering(&[200.0, 210.0]);
    let world = World::new(Policy::default());
    let spec = MachineSpec { sampling_interval_ms: 200, clock_speed: 10.0, ..roaster("jumping") };
    let machine = world.machine(spec, &device).await;
    let mut watcher = Watcher::on(&machine);
    watcher.until("a rate", |event| matches!(&event.body, EventBody::Reading(r) if r.bt_ror.is_some())).await;
    device.rest_at(Step::Values(vec![20.0, 20.0]));
    device.unreachable(true);
    device.then([Step::Disconnect]);
    for _ in 0..2 {
        watcher.until("a retry", |event| state(event) == Some(DriverState::Reconnecting)).await;
    }
    device.unreachable(false);
    connected(&machine).await;
    for _ in 0..10 {
        let cold = |event: &Event| matches!(&event.body, EventBody::Reading(r) if r.values[0].ok() == Some(20.0));
        let event = watcher.until("a cold reading", cold).await;
        let EventBody::Reading(reading) = event.body else { unreachable!() };
        assert_eq!((reading.bt_ror, reading.et_ror), (None, None));
    }
}

fn state(event: &Event) -> Option<DriverState> {
    match &event.body {
        EventBody::Connection(connection) => Some(connection.state),
        _ => None,
    }
}
