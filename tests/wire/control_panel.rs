//! Golden frames of the control panel's dialect, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth::dialects::control_panel::ControlPanel;
use hearth::dialects::control_panel::crowd::Crowd;
use hearth_actors::dialect::{Ask, Change, Choice, Dialect, Frame, Heard, Topic, Viewer};
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, DeviceType, Failsafe, OutputClass,
};
use hearth_actors::model::command::{Actor, Principal, Settled, UserRole};
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ChannelId, ClientId, CommandId, EndpointId, MachineId, Seq, SessionId};
use hearth_actors::model::reading::{Missing, MissingReason, News, Reading, Value as Measured};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::{Fraction, Unit};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check_documented, golden};

const SESSION: SessionId = SessionId(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc);
/// The moments of the document's examples.
const GREETED: WallMs = WallMs(1_725_364_800_123);
const UPDATED: WallMs = WallMs(1_725_364_800_789);
const REFUSED: WallMs = WallMs(1_725_364_800_567);

fn machine() -> MachineId {
    MachineId::parse("panel").unwrap()
}

fn viewer() -> Viewer {
    let client = ClientId::parse("c-1").unwrap();
    let actor = Actor::Client { id: client.clone(), name: "page".to_owned() };
    Viewer { client, principal: Principal::everywhere(actor, UserRole::Operator) }
}

fn channel(tag: &str, endpoint: u32, device: Option<DeviceType>, unit: Unit, kind: ChannelKind) -> Channel {
    let (tag, label, group) = (tag.to_owned(), tag.to_owned(), "controls".to_owned());
    Channel {
        id: ChannelId::parse(&tag).unwrap(),
        tag,
        endpoint: EndpointId(endpoint),
        group,
        device,
        label,
        role: None,
        unit,
        kind,
    }
}

fn control(shape: ControlShape, max: f64, step: f64) -> ChannelKind {
    let (class, failsafe) = (OutputClass::Other, Failsafe::Hold);
    ChannelKind::Control(ControlSpec {
        shape,
        min: 0.0,
        max,
        step,
        class,
        failsafe,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: false,
    })
}

const MOTOR: usize = 0;
const SERVO: usize = 1;
const VALVE: usize = 2;
const HEATER: usize = 4;

fn table() -> Arc<ChannelTable> {
    let toggle = ControlShape::Toggle { on: 1.0, off: 0.0 };
    let slider = ControlShape::Slider;
    Arc::new(ChannelTable::new(vec![
        channel("motor_01", 11, Some(DeviceType::Motor), Unit::None, control(slider, 255.0, 1.0)),
        channel("servo_01", 12, Some(DeviceType::Servo), Unit::None, control(slider, 180.0, 1.0)),
        channel("valve_01", 13, Some(DeviceType::Valve), Unit::None, control(toggle, 1.0, 1.0)),
        channel("temp_01", 14, Some(DeviceType::TemperatureSensor), Unit::Fahrenheit, ChannelKind::Sensor),
        channel("heater_01", 15, None, Unit::Percent, control(slider, 100.0, 0.0)),
    ]))
}

fn event(seq: u64, body: EventBody) -> Event {
    let (seq, prev) = (Seq(seq), Some(Seq(seq - 1)));
    Event { machine: machine(), seq, prev, session: Some(SESSION), at: SessionMs(45_000), wall: UPDATED, body }
}

/// Motor at 100, servo at 90, valve shut, 68 °F, heater at a third.
const VALUES: [Measured; 5] = [Ok(100.0), Ok(90.0), Ok(0.0), Ok(20.0), Ok(100.0 / 3.0)];

fn reading(values: [Measured; 5]) -> EventBody {
    let values = Box::new(values);
    EventBody::Reading(Reading { channels: table(), values, bt_ror: None, et_ror: None, news: News::All })
}

fn settled(channel: usize, value: f64, applied: bool) -> EventBody {
    EventBody::Settled(Settled {
        command: CommandId(7),
        request_id: None,
        channel,
        channel_id: ChannelId::parse("motor_01").unwrap(),
        value: Fraction::clamped(value),
        applied,
        by: Actor::Rest,
        message: String::new(),
        readback: None,
        latency_ms: 3,
    })
}

/// The machine as a reading left it.
fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::new(machine(), table());
    let connected = Connection { state: DriverState::Connected, ..Connection::default() };
    snapshot.apply(&event(40, EventBody::Connection(connected)));
    snapshot.apply(&event(41, reading(VALUES)));
    snapshot
}

/// The third panel of a machine that looks like this.
fn panel_of(snapshot: Snapshot) -> (ControlPanel, Vec<Frame>) {
    let crowd = Crowd::default();
    let _others = [crowd.join(), crowd.join()];
    let seen = snapshot.clone();
    let mut panel = ControlPanel::new(Box::new(move || vec![seen.clone()]), crowd.join());
    let greeting = panel.greet(&[snapshot], &viewer(), GREETED);
    (panel, greeting)
}

fn panel() -> ControlPanel {
    panel_of(snapshot()).0
}

fn told(panel: &mut ControlPanel, event: &Event) -> Vec<Frame> {
    panel.encode(event, &table(), &viewer()).frames().iter().map(|told| told.frame.clone()).collect()
}

fn parsed(frames: &[Frame]) -> Value {
    frames.iter().map(|frame| serde_json::from_str::<Value>(frame).unwrap()).collect()
}

/// What a message means, where the heart does it, and the frames that answer it.
fn answered(panel: &ControlPanel, text: &str) -> (Value, Vec<Frame>) {
    let heard = |change, choice: Choice| {
        let machines = [snapshot()];
        let frames = panel.heard(&Heard { change, choice: &choice, request_id: None, machines: &machines }, REFUSED);
        let topics: Vec<String> = choice.topics.iter().map(|topic| format!("{topic:?}")).collect();
        (json!({ "change": format!("{change:?}"), "topics": topics }), frames)
    };
    match panel.decode(text, REFUSED).map(|intent| intent.ask) {
        Ok(Ask::Answered(frames)) => (Value::Null, frames),
        Ok(Ask::Subscribe(choice)) => heard(Change::Added, choice),
        Ok(Ask::Unsubscribe(choice)) => heard(Change::Removed, choice),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_server_frame_is_the_golden_one() {
    let (mut panel, greeting) = panel_of(snapshot());
    let lost = Err(Missing { reason: MissingReason::Timeout, polls: 1 });
    let made: BTreeMap<&str, Vec<Frame>> = BTreeMap::from([
        ("connection_established", greeting),
        ("device_update", told(&mut panel, &event(42, settled(MOTOR, 150.0 / 255.0, true)))),
        ("device_update-valve", told(&mut panel, &event(43, settled(VALVE, 1.0, true)))),
        (
            "device_update-reading",
            told(&mut panel, &event(44, reading([Ok(150.0), Ok(91.0), Ok(1.0), Ok(100.0), Ok(50.0)]))),
        ),
        ("device_update-lost", told(&mut panel, &event(45, reading([Ok(150.0), Ok(91.0), Ok(1.0), lost, Ok(50.0)])))),
        ("error-too-fast", panel.refuse(&Refusal::new(RefusalCode::RateLimited, "too many messages"), REFUSED)),
        ("initial_status-unknown", panel_of(Snapshot::new(machine(), table())).1.split_off(1)),
    ]);
    let files = golden("control_panel", "server-");
    for (case, file) in &files {
        let frames = made.get(case.as_str()).unwrap_or_else(|| panic!("nothing makes server-{case}.json"));
        let frames = parsed(frames);
        assert_eq!(frames, file["frames"], "server-{case}.json");
        check_documented(case, file, &frames[0]);
    }
    assert_eq!(made.keys().copied().collect::<BTreeSet<_>>(), files.keys().map(String::as_str).collect());
}

#[test]
fn every_client_frame_is_answered_as_the_golden_file_says() {
    for (case, file) in golden("control_panel", "client-") {
        let text = file["text"].as_str().map_or_else(|| file["text"].to_string(), str::to_owned);
        let (means, frames) = answered(&panel(), &text);
        assert_eq!(means, file["means"], "client-{case}.json");
        let frames = parsed(&frames);
        assert_eq!(frames, file["frames"], "client-{case}.json");
        check_documented(&case, &file, &frames[0]);
    }
}

#[test]
fn what_did_not_change_is_not_told() {
    let mut panel = panel();
    assert!(told(&mut panel, &event(42, reading(VALUES))).is_empty());
    assert!(told(&mut panel, &event(43, settled(SERVO, 0.5, true))).is_empty(), "90 degrees are half of 180");
    assert!(told(&mut panel, &event(44, settled(SERVO, 1.0, false))).is_empty(), "the device did not take it");
    assert_eq!(told(&mut panel, &event(45, settled(SERVO, 1.0, true))).len(), 1);
    let after = [Ok(100.0), Ok(180.0), Ok(0.0), Ok(20.0), Ok(100.0 / 3.0)];
    assert!(told(&mut panel, &event(46, reading(after))).is_empty(), "the reading shows what was told already");
}

#[test]
fn a_value_that_is_no_round_number_does_not_change_on_its_way_through_other_units() {
    let mut panel = panel();
    let third = 33.3;
    assert_eq!(told(&mut panel, &event(42, settled(HEATER, third / 100.0, true))).len(), 1);
    let shown = [Ok(100.0), Ok(90.0), Ok(0.0), Ok(20.0), Ok(third)];
    assert!(told(&mut panel, &event(43, reading(shown))).is_empty());
}

#[test]
fn each_update_is_about_its_own_device() {
    let values = [Ok(1.0), Ok(2.0), Ok(1.0), Ok(30.0), Ok(50.0)];
    let encoded = panel().encode(&event(42, reading(values)), &table(), &viewer());
    let mut topics: Vec<Topic> = encoded.frames().iter().map(|told| told.topic).collect();
    topics.sort();
    assert_eq!(topics, [11, 12, 13, 14, 15].map(|endpoint| Topic::Channel(EndpointId(endpoint))));
}

#[test]
fn a_machine_that_comes_or_is_made_anew_tells_what_it_has_as_news() {
    let (mut panel, _) = panel_of(Snapshot::new(machine(), table()));
    assert_eq!(told(&mut panel, &event(42, reading(VALUES))).len(), VALUES.len());
    panel.left(&machine());
    assert_eq!(told(&mut panel, &event(43, reading(VALUES))).len(), VALUES.len());
    assert!(told(&mut panel, &event(44, EventBody::Channels(table()))).is_empty());
    let frames = parsed(&told(&mut panel, &event(45, reading(VALUES))));
    assert_eq!(frames.as_array().unwrap().len(), VALUES.len());
    assert_eq!(frames[0]["data"]["previous_state"], json!({"speed": null}));
}

#[test]
fn a_device_whose_machine_is_away_is_in_error_and_its_sensor_says_nothing() {
    let mut away = snapshot();
    away.apply(&event(42, EventBody::Connection(Connection::default())));
    let (mut late, greeting) = panel_of(away);
    let data = &parsed(&greeting)[1]["data"];
    assert_eq!((&data["motor_01"]["status"], &data["motor_01"]["current_value"]), (&json!("error"), &json!(100)));
    assert_eq!((&data["temp_01"]["status"], &data["temp_01"]["current_value"]), (&json!("error"), &Value::Null));
    let gone = event(43, EventBody::Connection(Connection::default()));
    assert!(told(&mut late, &gone).is_empty(), "it was greeted with that");
    let frames = parsed(&told(&mut panel(), &gone));
    assert_eq!(frames.as_array().unwrap().len(), 1);
    assert_eq!(frames[0]["device_id"], "temp_01");
    assert_eq!(frames[0]["data"]["previous_state"], json!({"value": 68.0}));
    assert_eq!(frames[0]["data"]["new_state"], json!({"value": null}));
}

proptest! {
    #[test]
    fn whatever_is_said_is_answered_once_and_in_json(text in ".{0,200}", action in ".{0,20}", id in ".{0,20}") {
        let panel = panel();
        let message = json!({ "action": action, "device_id": id }).to_string();
        for text in [text, message] {
            let (_, frames) = answered(&panel, &text);
            prop_assert_eq!(frames.len(), 1);
            prop_assert!(parsed(&frames)[0]["type"].is_string());
        }
    }
}
