//! Golden frames of the BevForge dialect, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth::dialects::bevforge::BevForge;
use hearth::dialects::bevforge::ledger::Ledger;
use hearth_actors::dialect::{Ask, Change, Dialect, Frame, Heard, Topic, Viewer};
use hearth_actors::model::alarm::{AlarmNotice, AlarmState, Severity};
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, Failsafe, OutputClass,
};
use hearth_actors::model::command::{Actor, OrderStage, OrderStep, Principal, Settled, UserRole};
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ChannelId, ClientId, CommandId, EndpointId, MachineId, RuleId, Seq, SessionId};
use hearth_actors::model::reading::{Missing, MissingReason, News, Reading};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::{Fraction, Unit};
use hearth_actors::registry::Roster;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{check_documented, golden};

const SESSION: SessionId = SessionId(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc);
/// 2025-12-27T06:00:00Z
const WALL: WallMs = WallMs(1_766_815_200_000);
const COMMAND: CommandId = CommandId(1_000_000_042);
const PUMP: usize = 1;

fn machine() -> MachineId {
    MachineId::parse("brewhouse").unwrap()
}

fn viewer() -> Viewer {
    let client = ClientId::parse("client-1766815200000-k3j9x2m1q").unwrap();
    let actor = Actor::Client { id: client.clone(), name: "page".to_owned() };
    Viewer { client, principal: Principal::everywhere(actor, UserRole::Operator) }
}

fn channel(id: &str, endpoint: u32, unit: Unit, kind: ChannelKind) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap(),
        tag: format!("brewhouse.{id}"),
        endpoint: EndpointId(endpoint),
        group: "sensors".to_owned(),
        device: None,
        label: id.to_owned(),
        role: None,
        unit,
        kind,
    }
}

fn control(shape: ControlShape, max: f64) -> ChannelKind {
    let (class, failsafe) = (OutputClass::Other, Failsafe::Hold);
    ChannelKind::Control(ControlSpec {
        shape,
        min: 0.0,
        max,
        step: 0.0,
        class,
        failsafe,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: false,
    })
}

fn table() -> Arc<ChannelTable> {
    Arc::new(ChannelTable::new(vec![
        channel("hlt", 59, Unit::Fahrenheit, ChannelKind::Sensor),
        channel("pump", 52, Unit::None, control(ControlShape::Toggle { on: 1.0, off: 0.0 }, 1.0)),
        channel("heater", 58, Unit::Percent, control(ControlShape::Slider, 100.0)),
        channel("hidden", 0, Unit::None, ChannelKind::Sensor),
    ]))
}

fn event(after_s: i64, body: EventBody) -> Event {
    let wall = WallMs(WALL.0 + after_s * 1000);
    Event {
        machine: machine(),
        seq: Seq(42),
        prev: Some(Seq(41)),
        session: Some(SESSION),
        at: SessionMs(45_000),
        wall,
        body,
    }
}

/// 180.5 °F, the pump on, the heater at 40 %, and something without a number.
fn reading(news: News) -> EventBody {
    let values = Box::new([Ok((180.5 - 32.0) / 1.8), Ok(1.0), Ok(40.0), Ok(7.0)]);
    EventBody::Reading(Reading { channels: table(), values, bt_ror: None, et_ror: None, news })
}

fn missing() -> EventBody {
    let missing = Missing { reason: MissingReason::Timeout, polls: 1 };
    let values = Box::new([Err(missing), Ok(1.0), Ok(40.0), Ok(7.0)]);
    EventBody::Reading(Reading { channels: table(), values, bt_ror: None, et_ror: None, news: only(0) })
}

fn only(index: usize) -> News {
    News::Only(Box::new([index]))
}

fn step(stage: OrderStage) -> EventBody {
    EventBody::Order(OrderStep {
        command: COMMAND,
        request_id: Some("batch-7".to_owned()),
        channel: PUMP,
        channel_id: ChannelId::parse("pump").unwrap(),
        value: Fraction::ONE,
        by: Actor::Rest,
        stage,
    })
}

fn settled(index: usize, applied: bool, readback: Option<Fraction>) -> EventBody {
    EventBody::Settled(Settled {
        command: COMMAND,
        request_id: None,
        channel: index,
        channel_id: table().get(index).unwrap().id.clone(),
        value: if index == PUMP { Fraction::ONE } else { Fraction::clamped(0.4) },
        applied,
        by: Actor::Rest,
        message: if applied { String::new() } else { "the device does not answer".to_owned() },
        readback,
        latency_ms: 12,
    })
}

fn notice(state: AlarmState) -> AlarmNotice {
    AlarmNotice {
        alarm: RuleId::parse("hlt_high").unwrap(),
        occurrence: 42,
        state,
        severity: Severity::Critical,
        latched: false,
        message: "HLT temperature exceeded 212°F".to_owned(),
        raised_at: SessionMs(44_000),
        bt: None,
        et: None,
        raised_wall: None,
        acked_by: None,
        acked_wall: None,
        count: 1,
        first_cause: None,
        shelf: None,
    }
}

fn connection(state: DriverState) -> EventBody {
    EventBody::Connection(Connection { state, ..Connection::default() })
}

/// The machine as it is connected, with a reading and an alarm.
fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::new(machine(), table());
    let alarm = event(2, EventBody::Alarm(notice(AlarmState::Unacked)));
    for event in [event(0, connection(DriverState::Connected)), event(0, reading(News::All)), alarm] {
        snapshot.apply(&event);
    }
    snapshot
}

/// A client that was greeted, and a ledger that has heard these events.
fn client(heard: &[Event]) -> BevForge {
    let (_, roster) = watch::channel(Roster::default());
    let ledger = Ledger::new(roster);
    heard.iter().for_each(|event| ledger.note(event, &table()));
    let mut client = BevForge::new(ledger);
    client.greet(&[snapshot()], &viewer(), WALL);
    client
}

fn told(event: &Event) -> Vec<Frame> {
    client(&[]).encode(event, &table(), &viewer()).frames().iter().map(|told| told.frame.clone()).collect()
}

/// What a client is answered; `machines` are as they are then.
fn answered(client: &BevForge, text: &str, machines: &[Snapshot]) -> Vec<Frame> {
    let (change, choice) = match client.decode(text, WALL) {
        Err(refusal) => return client.refuse(&refusal, WALL),
        Ok(intent) => match intent.ask {
            Ask::Answered(frames) => return frames,
            Ask::Subscribe(choice) => (Change::Added, choice),
            Ask::Unsubscribe(choice) => (Change::Removed, choice),
            other => panic!("{other:?}"),
        },
    };
    client.heard(&Heard { change, choice: &choice, request_id: None, machines }, WALL)
}

fn subscribed(text: &str) -> Vec<Frame> {
    let heard = [
        event(0, step(OrderStage::Queued)),
        event(1, settled(PUMP, true, None)),
        event(2, EventBody::Alarm(notice(AlarmState::Unacked))),
    ];
    answered(&client(&heard), text, &[snapshot()])
}

fn parsed(frames: &[Frame]) -> Value {
    frames.iter().map(|frame| serde_json::from_str::<Value>(frame).unwrap()).collect()
}

#[test]
fn every_server_frame_is_the_golden_one() {
    let mut lost = snapshot();
    lost.apply(&event(5, connection(DriverState::Reconnecting)));
    let refused = Refusal::new(RefusalCode::InterlockBlocked, "not enough liquor");
    let too_fast = Refusal::new(RefusalCode::RateLimited, "too many messages");
    let alarm = |state| event(2, EventBody::Alarm(notice(state)));
    let made: BTreeMap<&str, Vec<Frame>> = BTreeMap::from([
        ("connected", client(&[]).greet(&[], &viewer(), WALL)),
        ("pong", answered(&client(&[]), r#"{"type":"ping"}"#, &[])),
        ("telemetry", told(&event(0, reading(only(0))))),
        ("telemetry-all", told(&event(0, reading(News::All)))),
        ("telemetry-missing", told(&event(0, missing()))),
        ("telemetry-link-lost", told(&event(5, connection(DriverState::Reconnecting)))),
        ("command_status-queued", told(&event(0, step(OrderStage::Queued)))),
        ("command_status-sent", told(&event(0, step(OrderStage::Sent)))),
        ("command_status-succeeded", told(&event(1, settled(PUMP, true, None)))),
        ("command_status-number", told(&event(1, settled(2, true, Some(Fraction::clamped(0.41)))))),
        ("command_status-failed", told(&event(1, settled(PUMP, false, None)))),
        ("command_status-blocked", told(&event(1, step(OrderStage::Blocked(refused))))),
        ("command_status-superseded", told(&event(1, step(OrderStage::Superseded)))),
        ("alarm", told(&alarm(AlarmState::Unacked))),
        ("alarm-acked", told(&alarm(AlarmState::Acked))),
        ("alarm-cleared", told(&alarm(AlarmState::ClearedUnacked))),
        ("alarm-over", told(&alarm(AlarmState::Normal))),
        ("subscribed-telemetry", subscribed(r#"{"type":"subscribe","channel":"telemetry","endpointIds":[59,7]}"#)),
        ("subscribed-telemetry-all", subscribed(r#"{"type":"subscribe","channel":"telemetry"}"#)),
        ("subscribed-alarms", subscribed(r#"{"type":"subscribe","channel":"alarms"}"#)),
        ("subscribed-commands-all", subscribed(r#"{"type":"subscribe","channel":"commands"}"#)),
        (
            "subscribed-commands",
            subscribed(
                r#"{"type":"subscribe","channel":"commands",
                    "commandIds":["00000000-0000-8000-8000-00003b9aca2a","uuid-2"]}"#,
            ),
        ),
        (
            "subscribed-link-lost",
            answered(&client(&[]), r#"{"type":"subscribe","channel":"telemetry","endpointIds":[59]}"#, &[lost]),
        ),
        ("unsubscribed", subscribed(r#"{"type":"unsubscribe","channel":"telemetry","endpointIds":[59]}"#)),
        ("unsubscribed-all", subscribed(r#"{"type":"unsubscribe","channel":"commands"}"#)),
        ("error", client(&[]).refuse(&too_fast, WALL)),
        ("error-no-json", answered(&client(&[]), "{nonsense", &[])),
    ]);
    let files = golden("bevforge", "server-");
    for (case, file) in &files {
        let frames = made.get(case.as_str()).unwrap_or_else(|| panic!("nothing makes server-{case}.json"));
        let frames = parsed(frames);
        assert_eq!(frames, file["frames"], "server-{case}.json");
        let frames = frames.as_array().unwrap();
        let example = frames.iter().rfind(|frame| frame["type"] == file["documented"]["type"]);
        check_documented(case, file, example.or(frames.last()).unwrap());
    }
    assert_eq!(made.keys().copied().collect::<BTreeSet<_>>(), files.keys().map(String::as_str).collect());
}

#[test]
fn every_client_frame_is_understood_as_the_golden_file_says() {
    let heard = [event(0, step(OrderStage::Queued))];
    for (case, file) in golden("bevforge", "client-") {
        let text = file["frame"].as_str().map_or_else(|| file["frame"].to_string(), str::to_owned);
        let topics = |topics: &[Topic]| topics.iter().map(|topic| format!("{topic:?}")).collect::<Vec<_>>();
        let understood = match client(&heard).decode(&text, WALL) {
            Ok(intent) => match intent.ask {
                Ask::Subscribe(choice) => json!({ "hear": topics(&choice.topics), "named": choice.named }),
                Ask::Unsubscribe(choice) => json!({ "hear no more": topics(&choice.topics), "named": choice.named }),
                Ask::Answered(frames) => json!({ "answered": parsed(&frames) }),
                Ask::Auth { token } => json!({ "token": token }),
                other => panic!("{case}: {other:?}"),
            },
            Err(refusal) => json!({ "refused": refusal.message }),
        };
        assert_eq!(understood, file["understood"], "client-{case}.json");
    }
}

#[test]
fn what_happens_beyond_channels_alarms_and_orders_is_not_told() {
    for body in [connection(DriverState::Connected), EventBody::Channels(table())] {
        assert!(told(&event(0, body)).is_empty());
    }
}

#[test]
fn a_machine_that_is_configured_anew_or_removed_has_other_endpoints() {
    let mut client = client(&[]);
    let ask = |client: &BevForge, id: u32| {
        let text = format!(r#"{{"type":"subscribe","channel":"telemetry","endpointIds":[{id}]}}"#);
        match client.decode(&text, WALL).unwrap().ask {
            Ask::Subscribe(choice) => choice.topics,
            other => panic!("{other:?}"),
        }
    };
    let table = Arc::new(ChannelTable::new(vec![channel("mash", 60, Unit::Celsius, ChannelKind::Sensor)]));
    client.encode(&event(0, EventBody::Channels(Arc::clone(&table))), &table, &viewer());
    assert_eq!((ask(&client, 60), ask(&client, 59)), (vec![Topic::Channel(EndpointId(60))], Vec::new()));
    client.left(&machine());
    assert_eq!(ask(&client, 60), Vec::new());
}

proptest! {
    #[test]
    fn decoding_never_panics(text in ".{0,200}", id in any::<String>(), number in any::<f64>()) {
        let client = client(&[]);
        let _ = client.decode(&text, WALL);
        for message in [
            json!({ "type": "subscribe", "channel": "commands", "commandIds": [id] }),
            json!({ "type": "subscribe", "channel": "telemetry", "endpointIds": [number] }),
        ] {
            let _ = client.decode(&message.to_string(), WALL);
        }
    }
}

#[test]
fn a_command_that_got_lost_with_the_actor_of_its_machine_is_told_to_have_failed_and_only_that() {
    let lost = |seq: u64, body| Event { seq: Seq(seq), ..event(3, body) };
    let restarting = || lost(50, connection(DriverState::Restarting));
    let ends = |heard: &[Event]| -> Vec<Value> {
        let encoded = client(heard).encode(&restarting(), &table(), &viewer());
        let of_it = encoded.frames().iter().filter(|told| told.topic == Topic::Command(COMMAND));
        of_it.map(|told| serde_json::from_str(&told.frame).unwrap()).collect()
    };
    let under_way = [event(0, step(OrderStage::Queued)), event(1, step(OrderStage::Sent)), restarting()];
    let told = ends(&under_way);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["type"], &told[0]["status"]), (&json!("command_status"), &json!("failed")));
    assert_eq!((&told[0]["seq"], told[0]["completedAt"].is_string()), (&json!(50), true));
    assert!(ends(&[event(0, step(OrderStage::Queued)), event(1, settled(PUMP, true, None)), restarting()]).is_empty());
    assert!(ends(&[restarting()]).is_empty());
}
