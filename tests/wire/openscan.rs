//! Golden frames of the OpenScan dialect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth::dialects::openscan::{DeviceStatus, TaskUpdates};
use hearth_actors::dialect::{Ask, Dialect, Frame, Viewer};
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, Failsafe, OutputClass,
};
use hearth_actors::model::command::{Actor, OrderStage, OrderStep, Principal, Settled, UserRole};
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ChannelId, ClientId, CommandId, EndpointId, MachineId, Seq};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::spec::MachineKind;
use hearth_actors::model::task::{Company, Manner, Progress, Task, TaskEvent, TaskId, TaskStatus};
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::{Fraction, Unit};
use proptest::prelude::*;
use serde_json::Value;

use super::{check_documented, golden};

/// 2025-01-15T14:32:10Z
const WALL: WallMs = WallMs(1_736_951_530_000);
const TURNTABLE: usize = 0;

fn machine() -> MachineId {
    MachineId::parse("mini").unwrap()
}

fn viewer() -> Viewer {
    let client = ClientId::parse("c-1").unwrap();
    let actor = Actor::Client { id: client.clone(), name: "page".to_owned() };
    Viewer { client, principal: Principal::everywhere(actor, UserRole::Viewer) }
}

fn channel(id: &str, group: &str, unit: Unit, kind: ChannelKind) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap(),
        tag: format!("mini.{id}"),
        endpoint: EndpointId::NONE,
        group: group.to_owned(),
        device: None,
        label: id.to_owned(),
        role: None,
        unit,
        kind,
    }
}

fn control(shape: ControlShape, max: f64) -> ChannelKind {
    ChannelKind::Control(ControlSpec {
        shape,
        min: 0.0,
        max,
        step: 0.0,
        class: OutputClass::Motion,
        failsafe: Failsafe::Hold,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: true,
    })
}

/// The machine of the document's example.
fn table() -> Arc<ChannelTable> {
    let toggle = ControlShape::Toggle { on: 1.0, off: 0.0 };
    Arc::new(ChannelTable::new(vec![
        channel("turntable", "motors", Unit::Other("°".to_owned()), control(ControlShape::Slider, 360.0)),
        channel("ring", "lights", Unit::None, control(toggle, 1.0)),
        channel("main", "cameras", Unit::Other("lux".to_owned()), ChannelKind::Sensor),
    ]))
}

fn before() -> Snapshot {
    let mut snapshot = Snapshot::new(machine(), table());
    let driver_name = "greenshield".to_owned();
    snapshot.connection = Connection { state: DriverState::Connected, driver_name, ..Connection::default() };
    snapshot.applied.extend([(TURNTABLE, Fraction::ZERO), (1, Fraction::ONE)]);
    snapshot
}

fn device() -> DeviceStatus {
    let mut device = DeviceStatus::new(Box::new(|| ("OpenScan Mini".to_owned(), MachineKind::Scanner)));
    assert!(device.greet(&[before()], &viewer(), WALL).is_empty(), "nothing is told on connect");
    device
}

fn event(body: EventBody) -> Event {
    let (seq, prev) = (Seq(42), Some(Seq(41)));
    Event { machine: machine(), seq, prev, session: None, at: SessionMs(45_000), wall: WALL, body }
}

fn step(stage: OrderStage) -> EventBody {
    EventBody::Order(OrderStep {
        command: CommandId(7),
        request_id: None,
        channel: TURNTABLE,
        channel_id: ChannelId::parse("turntable").unwrap(),
        value: Fraction::clamped(0.5),
        by: Actor::Rest,
        stage,
    })
}

fn settled() -> EventBody {
    EventBody::Settled(Settled {
        command: CommandId(7),
        request_id: None,
        channel: TURNTABLE,
        channel_id: ChannelId::parse("turntable").unwrap(),
        value: Fraction::clamped(0.5),
        applied: true,
        by: Actor::Rest,
        message: String::new(),
        readback: None,
        latency_ms: 3_600,
    })
}

fn told(device: &mut DeviceStatus, body: EventBody) -> Vec<Frame> {
    device.encode(&event(body), &table(), &viewer()).frames().iter().map(|told| told.frame.clone()).collect()
}

fn reconnected() -> Vec<Frame> {
    let mut device = device();
    told(&mut device, EventBody::Connection(Connection { state: DriverState::Reconnecting, ..before().connection }));
    told(&mut device, EventBody::Connection(before().connection))
}

fn moving() -> (Vec<Frame>, Vec<Frame>) {
    let mut device = device();
    let begins = told(&mut device, step(OrderStage::Queued));
    assert!(told(&mut device, step(OrderStage::Sent)).is_empty(), "busy is told once");
    (begins, told(&mut device, settled()))
}

fn task(status: TaskStatus) -> Task {
    Task {
        id: TaskId::parse("0198f2a4-7e02-7c11-8a40-5d2b9e6f1a07").unwrap(),
        name: "scan_task".into(),
        company: Company::Alone,
        manner: Manner::Waiting,
        machine: Some(machine()),
        project: Some("owl".into()),
        number: Some(1),
        arguments: r#"{"args":[10],"kwargs":{}}"#.into(),
        status,
        progress: Progress { current: 3, total: 10, message: "Capturing photo 3/10".to_owned() },
        result: None,
        error: None,
        created_at: WALL,
        started_at: Some(WALL),
        completed_at: None,
    }
}

fn tasks(task: Task) -> Vec<Frame> {
    TaskUpdates.task(&TaskEvent::Changed(Arc::new(task)))
}

fn failed() -> Task {
    let error = Some("no film".to_owned());
    Task { error, completed_at: Some(WALL), ..task(TaskStatus::Error) }
}

#[test]
fn every_server_frame_is_the_golden_one() {
    let (begins, ends) = moving();
    let made: BTreeMap<&str, Vec<Frame>> = BTreeMap::from([
        ("task.update", tasks(task(TaskStatus::Running))),
        ("task.update-error", tasks(failed())),
        ("device.status-begins", begins),
        ("device.status-ends", ends),
        ("device.status-anew", reconnected()),
        ("ping", TaskUpdates.heartbeat(SessionMs(0)).into_iter().collect()),
    ]);
    let files = golden("openscan", "server-");
    for (case, file) in &files {
        let frames = made.get(case.as_str()).unwrap_or_else(|| panic!("nothing makes server-{case}.json"));
        let frames: Value = frames.iter().map(|frame| serde_json::from_str::<Value>(frame).unwrap()).collect();
        assert_eq!(frames, file["frames"], "server-{case}.json");
        check_documented(case, file, &frames[0]);
    }
    assert_eq!(made.keys().copied().collect::<BTreeSet<_>>(), files.keys().map(String::as_str).collect());
}

#[test]
fn a_task_that_was_cleaned_up_is_not_told() {
    assert!(TaskUpdates.task(&TaskEvent::Removed(task(TaskStatus::Completed).into())).is_empty());
}

#[test]
fn a_task_that_is_cancelled_is_told_once_when_its_job_has_ended() {
    assert!(tasks(task(TaskStatus::Cancelled)).is_empty());
    let ended = Task { completed_at: Some(WALL), ..task(TaskStatus::Cancelled) };
    assert_eq!(tasks(ended).len(), 1);
}

#[test]
fn a_scan_has_the_name_that_the_document_gives_it_and_other_jobs_keep_theirs() {
    for (name, told) in [("scan", "scan_task"), ("scan_task", "scan_task"), ("backup", "backup")] {
        let frame = tasks(Task { name: name.into(), ..task(TaskStatus::Running) }).remove(0);
        let frame: Value = serde_json::from_str(&frame).unwrap();
        assert_eq!((&frame["task"]["name"], &frame["task"]["task_type"]), (&told.into(), &told.into()));
    }
}

#[test]
fn a_machine_that_is_renamed_is_told_under_its_new_name() {
    let name = Arc::new(std::sync::Mutex::new("OpenScan Mini"));
    let look = Arc::clone(&name);
    let mut device = DeviceStatus::new(Box::new(move || (look.lock().unwrap().to_string(), MachineKind::Scanner)));
    device.greet(&[before()], &viewer(), WALL);
    *name.lock().unwrap() = "Midi";
    let frame: Value = serde_json::from_str(&told(&mut device, step(OrderStage::Queued)).remove(0)).unwrap();
    assert_eq!(frame["device"]["name"], "Midi");
    assert!(frame["changed"].as_array().unwrap().contains(&"name".into()), "{frame}");
}

#[test]
fn an_order_that_is_refused_moves_nothing_and_is_not_told() {
    let refusal = Refusal::new(RefusalCode::SessionLocked, "somebody else controls this machine");
    assert!(told(&mut device(), step(OrderStage::Blocked(refusal))).is_empty());
}

proptest! {
    #[test]
    fn whatever_a_client_says_is_ignored(text in ".{0,200}") {
        let silent = |ask| matches!(ask, Ask::Answered(frames) if frames.is_empty());
        prop_assert!(TaskUpdates.decode(&text, WALL).is_ok_and(|intent| silent(intent.ask)));
        prop_assert!(device().decode(&text, WALL).is_ok_and(|intent| silent(intent.ask)));
    }
}
