//! The OpenRoast dialect against its golden frames.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth::dialects::openroast::{OpenRoast, machine_not_found};
use hearth_actors::dialect::{Ask, Dialect, Encoded, Frame, Intent, SyncSummary, Viewer};
use hearth_actors::driver::Sample;
use hearth_actors::model::alarm::{AlarmNotice, AlarmState, Severity};
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, DeviceType, Failsafe, OutputClass, Role,
};
use hearth_actors::model::command::{
    Actor, LeaseAction, Principal, ReplayAction, SessionAction, Settled, UserRole, Want,
};
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{
    Event, EventBody, Hand, Lease, ReplayPoint, ReplayState, ReplayStatus, Safety, SafetyReason, Unmark,
};
use hearth_actors::model::fault::{Fault, FaultCode};
use hearth_actors::model::ids::{ChannelId, ClientId, CommandId, EndpointId, MachineId, RuleId, Seq, SessionId};
use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::reading::{Missing, MissingReason, News, Reading, Value as ChannelValue};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::session::{SessionChange, SessionState};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::{CelsiusPerMinute, Fraction, Unit};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check_documented, golden};

const SESSION: SessionId = SessionId(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc);
const EARLIER: SessionId = SessionId(0x0192_3456_0000_7bcd_8ef0_1234_5678_9abc);
const WALL: WallMs = WallMs(1_767_225_600_000);

fn machine() -> MachineId {
    MachineId::parse("machine-a").unwrap()
}

fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

fn viewer(id: &str) -> Viewer {
    let actor = Actor::Client { id: client(id), name: "tablet-1".to_owned() };
    Viewer { client: client(id), principal: Principal::everywhere(actor, UserRole::Operator) }
}

fn channel(id: &str, role: Option<Role>, unit: Unit, kind: ChannelKind) -> Channel {
    let id = ChannelId::parse(id).unwrap();
    Channel {
        tag: format!("machine-a.{id}"),
        endpoint: EndpointId::NONE,
        group: DeviceType::usual_group(None, &kind).to_owned(),
        device: None,
        label: id.to_string(),
        id,
        role,
        unit,
        kind,
    }
}

fn control(shape: ControlShape, max: f64, class: OutputClass) -> ChannelKind {
    let step = if max > 1.0 { 1.0 } else { 0.0 };
    let failsafe = Failsafe::Hold;
    ChannelKind::Control(ControlSpec {
        shape,
        min: 0.0,
        max,
        step,
        class,
        failsafe,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: true,
    })
}

/// bt 0, et 1, inlet_temp 2, burner 3, airflow 4, drum 5.
fn roaster() -> Arc<ChannelTable> {
    let toggle = ControlShape::Toggle { on: 1.0, off: 0.0 };
    let channels = ChannelTable::new(vec![
        channel("bt", Some(Role::Bt), Unit::Celsius, ChannelKind::Sensor),
        channel("et", Some(Role::Et), Unit::Celsius, ChannelKind::Sensor),
        channel("inlet_temp", None, Unit::Celsius, ChannelKind::Sensor),
        channel("burner", None, Unit::Percent, control(ControlShape::Slider, 100.0, OutputClass::Heat)),
        channel("airflow", None, Unit::Percent, control(ControlShape::Slider, 100.0, OutputClass::Air)),
        channel("drum", None, Unit::None, control(toggle, 1.0, OutputClass::Motion)),
    ]);
    Arc::new(channels.numbered(&[1000, 1001, 1002, 1003, 1004, 1005].map(EndpointId)))
}

fn event(at: u64, body: EventBody) -> Event {
    Event {
        machine: machine(),
        seq: Seq(42),
        prev: Some(Seq(41)),
        session: Some(SESSION),
        at: SessionMs(at),
        wall: WALL,
        body,
    }
}

fn reading(values: &[ChannelValue], bt_ror: Option<f64>, et_ror: Option<f64>) -> EventBody {
    reading_of(roaster(), values, bt_ror, et_ror)
}

fn reading_of(
    channels: Arc<ChannelTable>,
    values: &[ChannelValue],
    bt_ror: Option<f64>,
    et_ror: Option<f64>,
) -> EventBody {
    EventBody::Reading(Reading {
        channels,
        values: values.into(),
        bt_ror: bt_ror.map(CelsiusPerMinute),
        et_ror: et_ror.map(CelsiusPerMinute),
        news: News::All,
    })
}

fn missing(reason: MissingReason, polls: u32) -> ChannelValue {
    Err(Missing { reason, polls })
}

fn mark(kind: MarkKind, at: u64, source: MarkSource) -> Mark {
    Mark { kind, at: SessionMs(at), source, bt: Some(155.2), et: Some(210.5) }
}

fn alarm(state: AlarmState) -> AlarmNotice {
    AlarmNotice {
        alarm: RuleId::parse("high_bt").unwrap(),
        occurrence: 7,
        state,
        severity: Severity::Warning,
        latched: false,
        message: "BT exceeded 230C".to_owned(),
        raised_at: SessionMs(120_000),
        bt: Some(231.2),
        et: Some(285.0),
        raised_wall: None,
        acked_by: None,
        acked_wall: None,
        count: 1,
        first_cause: None,
        shelf: None,
    }
}

fn settled(applied: bool, message: &str) -> Settled {
    Settled {
        command: CommandId(9),
        request_id: Some("r-1".to_owned()),
        channel: 3,
        channel_id: ChannelId::parse("burner").unwrap(),
        value: Fraction::clamped(0.8),
        applied,
        by: Actor::Client { id: client("c-1"), name: "tablet-1".to_owned() },
        message: message.to_owned(),
        readback: applied.then(|| Fraction::clamped(0.79)),
        latency_ms: 38,
    }
}

fn connection(state: DriverState, message: &str, retry_in_ms: Option<u64>, restarts: u32) -> Connection {
    Connection { state, driver_name: "Modbus RTU".to_owned(), message: message.to_owned(), retry_in_ms, restarts }
}

fn replay_status(state: ReplayState) -> ReplayStatus {
    ReplayStatus {
        profile: EARLIER,
        state,
        speed: 2.5,
        position: SessionMs(3000),
        total: SessionMs(780_000),
        by: "tablet-1".to_owned(),
    }
}

fn lease() -> Lease {
    Lease { holder: Some((client("c-1"), "tablet-1".to_owned())), expires: Some(WallMs(WALL.0 + 12_500)) }
}

fn latched() -> Safety {
    Safety { latched: Some(SafetyReason::Stop), since: Some(WALL), channels: vec![3, 4] }
}

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::new(machine(), roaster());
    snapshot.connection = connection(DriverState::Connected, "", None, 1);
    snapshot.state = SessionState::Recording;
    snapshot.session = Some(SESSION);
    snapshot.previous_session = Some(EARLIER);
    snapshot.started_at = Some(WALL);
    snapshot.at = SessionMs(45_000);
    snapshot.applied.insert(3, Fraction::clamped(0.7));
    snapshot.alarms.insert(RuleId::parse("high_bt").unwrap(), alarm(AlarmState::Acked));
    snapshot.safety = latched();
    snapshot.lease = lease();
    snapshot.replay = Some(replay_status(ReplayState::Paused));
    snapshot
}

/// What happens in every `server-` case, and to whose eyes.
fn server_events() -> Vec<(&'static str, &'static str, Event)> {
    use EventBody as B;
    let detected = |provisional| MarkSource::Detected { provisional };
    let full = [Ok(185.3), Ok(210.5), Ok(305.0), Ok(70.0), Ok(50.0), Ok(1.0)];
    let holes = [
        missing(MissingReason::Timeout, 3),
        missing(MissingReason::Garbled, 1),
        missing(MissingReason::NotYet, 0),
        missing(MissingReason::NotYet, 0),
        Ok(50.0),
        missing(MissingReason::Disconnected, 9),
    ];
    let change = |from, to, started_at, previous| {
        B::Session(SessionChange { from, to, session: Some(SESSION), previous, started_at })
    };
    let unstarted = B::Session(SessionChange {
        from: SessionState::Idle,
        to: SessionState::Idle,
        session: None,
        previous: None,
        started_at: None,
    });
    let point = |at| {
        let controls = [("burner", 0.7), ("airflow", 0.5)];
        B::Replay(ReplayPoint {
            at: SessionMs(at),
            et: Some(200.1),
            bt: Some(150.8),
            et_ror: Some(CelsiusPerMinute(6.5)),
            bt_ror: Some(CelsiusPerMinute(10.2)),
            controls: controls.map(|(id, value)| (id.to_owned(), Fraction::clamped(value))).to_vec(),
            total: SessionMs(780_000),
        })
    };
    let fault = |code, message: &str| B::Fault(Fault { code, message: message.to_owned() });
    let timeout = "Modbus timeout reading BT register";
    vec![
        ("temperature", "c-1", event(45_000, reading(&full, Some(12.4), Some(8.2)))),
        ("temperature-missing", "c-1", event(45_000, reading(&holes, None, None))),
        ("temperature-fahrenheit", "c-1", event(45_000, reading_of(fahrenheit(), &[Ok(100.0), Ok(150.0)], None, None))),
        ("event", "c-1", event(9000, B::Mark(mark(MarkKind::Charge, 5000, detected(false))))),
        ("event-provisional", "c-1", event(9000, B::Mark(mark(MarkKind::TurningPoint, 5000, detected(true))))),
        ("event-manual", "c-1", event(9000, B::Mark(mark(MarkKind::FirstCrackStart, 9000, MarkSource::Manual)))),
        ("event_removed", "c-1", event(9000, B::Unmark(Unmark { kind: MarkKind::SecondCrackEnd, by: Hand::Person }))),
        (
            "state",
            "c-1",
            event(0, change(SessionState::Monitoring, SessionState::Recording, Some(WALL), Some(EARLIER))),
        ),
        ("state-unstarted", "c-1", Event { session: None, ..event(0, unstarted) }),
        ("alarm", "c-1", event(121_000, B::Alarm(alarm(AlarmState::Unacked)))),
        ("alarm-cleared", "c-1", event(130_000, B::Alarm(alarm(AlarmState::ClearedUnacked)))),
        ("replay", "c-1", event(9000, point(3000))),
        ("replay-end", "c-1", event(9000, point(780_000))),
        ("replay_status", "c-1", event(9000, B::ReplayStatus(replay_status(ReplayState::Playing)))),
        ("control_ack", "c-1", event(9000, B::Settled(settled(true, "")))),
        ("control_ack-failed", "c-1", event(9000, B::Settled(settled(false, "writing register 100: no answer")))),
        ("error-read", "c-1", event(9000, fault(FaultCode::ReadFailed, timeout))),
        ("error-write", "c-1", event(9000, fault(FaultCode::WriteFailed, "writing register 100: no answer"))),
        ("error-disconnected", "c-1", event(9000, fault(FaultCode::Disconnected, "the device closed the link"))),
        ("connection", "c-1", event(0, B::Connection(connection(DriverState::Connected, "", None, 0)))),
        (
            "connection-reconnecting",
            "c-1",
            event(9000, B::Connection(connection(DriverState::Reconnecting, "no route to host", Some(4000), 2))),
        ),
        ("controls", "c-1", event(9000, B::Channels(roaster()))),
        ("safety", "c-1", event(9000, B::Safety(latched()))),
        ("safety-rearmed", "c-1", event(9000, B::Safety(Safety::default()))),
        ("control_lease-yours", "c-1", event(9000, B::Lease(lease()))),
        ("control_lease-held", "c-1", event(9000, B::Lease(Lease { expires: None, ..lease() }))),
        ("control_lease-theirs", "c-2", event(9000, B::Lease(lease()))),
        ("control_lease-free", "c-2", event(9000, B::Lease(Lease::default()))),
        (
            "first-of-a-run",
            "c-1",
            Event {
                prev: None,
                session: None,
                ..event(0, B::Unmark(Unmark { kind: MarkKind::Cool, by: Hand::Person }))
            },
        ),
    ]
}

fn fahrenheit() -> Arc<ChannelTable> {
    Arc::new(ChannelTable::new(vec![
        channel("exhaust", None, Unit::Fahrenheit, ChannelKind::Sensor),
        channel("setpoint", None, Unit::Fahrenheit, control(ControlShape::Slider, 604.0, OutputClass::Heat)),
    ]))
}

/// What only one client is told.
fn server_answers() -> Vec<(&'static str, Vec<Frame>)> {
    let mut greeter = OpenRoast::new(machine());
    let mut wire = greeter.clone();
    let refused = |code, message: &str| {
        let refusal = Refusal::new(code, message).of_control("burner", Fraction::clamped(0.8));
        wire.refuse(&refusal.in_reply_to(Some("r-1".to_owned())), WALL)
    };
    let codes = [
        RefusalCode::InvalidMessage,
        RefusalCode::InvalidTransition,
        RefusalCode::MachineNotFound,
        RefusalCode::UnknownChannel,
        RefusalCode::UnknownAlarm,
        RefusalCode::ProfileNotFound,
        RefusalCode::DriverDisconnected,
        RefusalCode::ConnectFailed,
        RefusalCode::WriteFailed,
        RefusalCode::Superseded,
        RefusalCode::SessionLocked,
        RefusalCode::InterlockBlocked,
        RefusalCode::EmergencyStop,
        RefusalCode::Latched,
        RefusalCode::Forbidden,
        RefusalCode::RateLimited,
        RefusalCode::MachineFailed,
        RefusalCode::Internal,
    ];
    let every = codes.iter().flat_map(|&code| wire.refuse(&Refusal::new(code, format!("{code:?}")), WALL)).collect();
    let synced = SyncSummary { from: SessionMs(46_000), last: SessionMs(90_000), count: 45, truncated: false };
    vec![
        ("greeting", greeter.greet(&[snapshot()], &viewer("c-1"), WALL)),
        (
            "greeting-unstarted",
            greeter.greet(&[Snapshot::new(machine(), Arc::new(ChannelTable::default()))], &viewer("c-1"), WALL),
        ),
        ("machine_not_found", vec![machine_not_found("nowhere")]),
        ("refused-every-code", every),
        ("refused-control-interlock", refused(RefusalCode::InterlockBlocked, "Open the air first")),
        ("refused-control-unknown", refused(RefusalCode::UnknownChannel, "unknown control channel `burner`")),
        ("refused-control-superseded", refused(RefusalCode::Superseded, "a newer value came first")),
        ("sync_complete", wire.synced(&synced).into_iter().collect()),
        ("control_request", wire.asked_for_control(&client("c-2"), "tablet-2", 10_000).into_iter().collect()),
        ("heartbeat", wire.heartbeat(SessionMs(45_000)).into_iter().collect()),
    ]
}

fn encode(viewer_id: &str, event: &Event) -> (Frame, bool) {
    match OpenRoast::new(machine()).encode(event, &roaster(), &viewer(viewer_id)) {
        Encoded::Shared(told) => (told[0].frame.clone(), true),
        Encoded::Personal(told) => (told[0].frame.clone(), false),
        Encoded::Silent => panic!("every linked event is a frame in this dialect"),
    }
}

fn parsed(frames: &[Frame]) -> Value {
    frames.iter().map(|frame| serde_json::from_str::<Value>(frame).unwrap()).collect()
}

#[test]
fn every_server_frame_is_the_golden_one() {
    let files = golden("openroast", "server-");
    let mut made: BTreeMap<String, Value> =
        server_answers().iter().map(|(case, frames)| (case.to_string(), parsed(frames))).collect();
    for (case, viewer_id, event) in server_events() {
        made.insert(case.to_owned(), parsed(&[encode(viewer_id, &event).0]));
    }
    for (case, file) in &files {
        let frames = made.get(case).unwrap_or_else(|| panic!("nothing makes the frames of server-{case}.json"));
        assert_eq!(*frames, file["frames"], "server-{case}.json");
        check_documented(case, file, &frames[0]);
    }
    let names = |map: &BTreeMap<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&made), names(&files), "every frame has its file");
}

#[test]
fn only_the_lease_looks_different_to_each_viewer() {
    for (case, viewer_id, event) in server_events() {
        let (mine, shared) = encode(viewer_id, &event);
        assert_eq!(shared, !matches!(event.body, EventBody::Lease(_)), "{case}");
        if shared {
            assert_eq!(mine, encode("somebody-else", &event).0, "{case}");
        }
    }
}

#[test]
fn every_type_of_the_document_has_a_documented_example_among_the_golden_frames() {
    let examples: BTreeSet<String> = golden("openroast", "server-")
        .values()
        .filter_map(|file| file["documented"]["type"].as_str().map(str::to_owned))
        .collect();
    let document = ["alarm", "connection", "control_ack", "error", "event", "replay", "state", "temperature"];
    assert_eq!(examples, document.map(str::to_owned).into());
}

/// An intent in words that no rename inside the house can change.
fn means(intent: &Intent) -> Value {
    let mut words = match &intent.ask {
        Ask::Command(want) => wanted(want),
        Ask::Sync(sync) => json!({
            "ask": "sync",
            "last_timestamp_ms": sync.last_timestamp.map(|at| at.0),
            "session_id": sync.session.map(|id| id.to_string()),
            "last_seq": sync.last_seq.map(|seq| seq.0),
        }),
        Ask::Auth { token } => json!({"ask": "auth", "token": token}),
        Ask::Subscribe(_) | Ask::Unsubscribe(_) | Ask::Answered(_) | Ask::Telemetry(_) => panic!("not in this dialect"),
    };
    if let Some(id) = &intent.request_id {
        words["request_id"] = json!(id);
    }
    words
}

fn wanted(want: &Want) -> Value {
    match want {
        Want::Control { channel, value } => {
            json!({"ask": "control", "channel": channel.as_str(), "value": value.get()})
        }
        Want::Session(action) => json!({"ask": SessionAction::name(*action)}),
        Want::Mark { kind, at } => json!({"ask": "mark", "kind": format!("{kind:?}"), "at_ms": at.map(|at| at.0)}),
        Want::Unmark { kind } => json!({"ask": "unmark", "kind": format!("{kind:?}")}),
        Want::Replay(ReplayAction::Start { profile, speed, apply_controls }) => json!({
            "ask": "replay start", "profile": profile.to_string(), "speed": speed, "apply_controls": apply_controls,
        }),
        Want::Replay(ReplayAction::Pause) => json!({"ask": "replay pause"}),
        Want::Replay(ReplayAction::Resume) => json!({"ask": "replay resume"}),
        Want::Replay(ReplayAction::Stop) => json!({"ask": "replay stop"}),
        Want::Replay(ReplayAction::Seek { to }) => json!({"ask": "replay seek", "to_ms": to.0}),
        Want::AckAlarm { alarm, occurrence } => {
            json!({"ask": "ack", "alarm": alarm.as_str(), "occurrence": occurrence})
        }
        Want::ShelveAlarm { alarm, minutes } => json!({"ask": "shelve", "alarm": alarm.as_str(), "minutes": minutes}),
        Want::Lease(LeaseAction::Acquire) => json!({"ask": "acquire"}),
        Want::Lease(LeaseAction::Release) => json!({"ask": "release"}),
        Want::Lease(LeaseAction::Take) => json!({"ask": "take"}),
        Want::Lease(LeaseAction::Answer { client, grant }) => {
            json!({"ask": "answer", "client": client.as_str(), "grant": grant})
        }
        Want::Stop => json!({"ask": "stop"}),
        Want::Rearm => json!({"ask": "rearm"}),
        Want::Connect | Want::Disconnect => panic!("no frame of this dialect asks for that"),
    }
}

/// The answer to a client's text, as its golden file tells it.
fn answered(text: &str) -> Value {
    let wire = OpenRoast::new(machine());
    match wire.decode(text, WALL) {
        Ok(intent) => json!({"means": means(&intent)}),
        Err(refusal) => {
            json!({"refused": format!("{:?}", refusal.code), "frames": parsed(&wire.refuse(&refusal, WALL))})
        }
    }
}

#[test]
fn every_client_frame_is_taken_for_the_golden_meaning() {
    for (case, file) in golden("openroast", "client-") {
        let text = file["text"].as_str().unwrap_or_else(|| panic!("client-{case}.json has no text"));
        let answer = answered(text);
        for key in ["means", "refused", "frames"] {
            assert_eq!(answer.get(key), file.get(key), "client-{case}.json: {key}");
        }
    }
}

#[test]
fn every_message_about_a_bad_frame_names_what_was_got_and_what_would_be_right() {
    let mut seen = 0;
    for (case, file) in golden("openroast", "client-bad-") {
        for frame in file["frames"].as_array().unwrap() {
            let message = frame["message"].as_str().unwrap();
            assert!(message.contains(": "), "client-bad-{case}: {message}");
            assert!(message.len() < 400, "client-bad-{case}: {message}");
            seen += 1;
        }
    }
    assert!(seen > 20);
}

#[test]
fn nesting_is_looked_at_sixteen_levels_deep_and_no_deeper() {
    let nested = |levels: usize| {
        let extra = format!("{}{}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"type":"command","action":"rearm","extra":{extra}}}"#)
    };
    let wire = OpenRoast::new(machine());
    assert!(wire.decode(&nested(16), WALL).is_ok());
    assert_eq!(wire.decode(&nested(17), WALL).unwrap_err().code, RefusalCode::InvalidMessage);
    assert_eq!(wire.decode(&nested(100_000), WALL).unwrap_err().code, RefusalCode::InvalidMessage);
}

#[test]
fn what_our_own_client_types_write_is_what_is_understood() {
    use hearth::dialects::openroast::wire::{ClientFrame, Command, ReplayCommand};
    use hearth::wire::words::EventType;
    let command = |action| ClientFrame::Command { action, request_id: Some("r-9".to_owned()) };
    let replay = |action| ClientFrame::ReplayControl { action, request_id: None };
    let id = || SESSION.to_string();
    let frames = vec![
        ClientFrame::Control { channel: "burner".to_owned(), value: 0.25, request_id: None },
        ClientFrame::Auth { token: "hth_x".to_owned() },
        command(Command::StartMonitoring),
        command(Command::StopMonitoring),
        command(Command::StartRecording),
        command(Command::StopRecording),
        command(Command::Reset),
        command(Command::MarkEvent { event_type: EventType::Drop, timestamp_ms: Some(1) }),
        command(Command::UnmarkEvent { event_type: EventType::TurningPoint }),
        command(Command::Sync { last_timestamp_ms: Some(1), session_id: Some(id()), last_seq: Some(2) }),
        command(Command::AcquireControl),
        command(Command::ReleaseControl),
        command(Command::TakeControl),
        command(Command::AnswerControl { client_id: "c-2".to_owned(), grant: true }),
        command(Command::AckAlarm { alarm_id: "high_bt".to_owned(), occurrence: None }),
        command(Command::ShelveAlarm { alarm_id: "high_bt".to_owned(), minutes: 60 }),
        command(Command::EmergencyStop),
        command(Command::Rearm),
        replay(ReplayCommand::Start { profile_id: id(), speed: None, apply_controls: Some(true) }),
        replay(ReplayCommand::Pause),
        replay(ReplayCommand::Resume),
        replay(ReplayCommand::Stop),
        replay(ReplayCommand::Seek { timestamp_ms: 5 }),
    ];
    let mut meanings = BTreeSet::new();
    for frame in &frames {
        let text = serde_json::to_string(frame).unwrap();
        let intent =
            OpenRoast::new(machine()).decode(&text, WALL).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        meanings.insert(means(&intent).to_string());
    }
    assert_eq!(meanings.len(), frames.len(), "each means something of its own");
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "type",
        "action",
        "control",
        "command",
        "replay_control",
        "auth",
        "channel",
        "value",
        "sync",
        "start",
        "seek",
        "mark_event",
        "event_type",
        "FCs",
        "request_id",
        "last_timestamp_ms",
        "minutes",
        "alarm_id",
        "shelve_alarm",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.clone().prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(words.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn all_finite(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(f64::is_finite),
        Value::Array(items) => items.iter().all(all_finite),
        Value::Object(map) => map.values().all(all_finite),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

proptest! {
    #[test]
    fn decoding_never_panics_on_any_text(text in any::<Vec<u8>>().prop_map(|b| String::from_utf8_lossy(&b).into_owned())) {
        let wire = OpenRoast::new(machine());
        if let Err(refusal) = wire.decode(&text, WALL) {
            prop_assert!(!refusal.message.is_empty());
        }
    }

    #[test]
    fn decoding_never_panics_on_any_json(document in any_json()) {
        let wire = OpenRoast::new(machine());
        if let Err(refusal) = wire.decode(&document.to_string(), WALL) {
            prop_assert!(!refusal.message.is_empty());
            prop_assert!(!wire.refuse(&refusal, WALL).is_empty());
        }
    }

    #[test]
    fn no_control_value_outside_zero_to_one_is_taken(value in any::<f64>()) {
        let text = json!({"type": "control", "channel": "burner", "value": value}).to_string();
        let taken = OpenRoast::new(machine()).decode(&text, WALL).is_ok();
        prop_assert_eq!(taken, (0.0..=1.0).contains(&value));
    }

    #[test]
    fn every_frame_of_a_reading_is_json_with_finite_numbers(
        values in prop::collection::vec(any::<f64>(), 6), bt_ror in any::<f64>(), at in any::<u64>(),
    ) {
        let mut sample = Sample::missing(6, MissingReason::NotYet);
        values.iter().enumerate().for_each(|(index, &value)| sample.set(index, value));
        let (frame, _) = encode("c-1", &event(at, reading(sample.values(), Some(bt_ror), None)));
        let frame: Value = serde_json::from_str(&frame).unwrap();
        prop_assert!(all_finite(&frame));
prop_assert_eq!(frame["bt"].is_number(), values[0].is_finite());
    }

    #[test]
    fn every_refusal_is_json_however_odd_its_words(message in ".*", channel in ".*", id in prop::option::of(".*")) {
        let refusal = Refusal::new(RefusalCode::Latched, message).of_control(channel, Fraction::ONE).in_reply_to(id.clone());
        for frame in OpenRoast::new(machine()).refuse(&refusal, WALL) {
            let frame: Value = serde_json::from_str(&frame).unwrap();
            prop_assert_eq!(frame.get("request_id").and_then(Value::as_str), id.as_deref());
        }
    }
}
