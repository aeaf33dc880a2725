//! Golden frames of the WebMACS dialect, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth::dialects::webmacs::{Controller, Stream};
use hearth_actors::dialect::{Ask, Dialect, Frame, Said, Viewer};
use hearth_actors::model::channel::{Channel, ChannelKind, ChannelTable};
use hearth_actors::model::command::{Actor, Principal, UserRole};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ChannelId, ClientId, EndpointId, MachineId, Seq, SessionId};
use hearth_actors::model::reading::{Missing, MissingReason, News, Reading};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::session::{SessionChange, SessionState};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::Unit;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check_documented, golden};

const SESSION: SessionId = SessionId(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc);
/// 2025-01-15T14:32:10Z
const WALL: WallMs = WallMs(1_736_951_530_000);

fn machine() -> MachineId {
    MachineId::parse("rig").unwrap()
}

fn viewer() -> Viewer {
    let client = ClientId::parse("c-1").unwrap();
    let actor = Actor::Client { id: client.clone(), name: "page".to_owned() };
    Viewer { client, principal: Principal::everywhere(actor, UserRole::Operator) }
}

fn sensor(id: &str, unit: Unit) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap(),
        tag: format!("evt_{id}"),
        endpoint: EndpointId::NONE,
        group: "sensors".to_owned(),
        device: None,
        label: id.to_owned(),
        role: None,
        unit,
        kind: ChannelKind::Sensor,
    }
}

fn table() -> Arc<ChannelTable> {
    Arc::new(ChannelTable::new(vec![
        sensor("temp01", Unit::Celsius),
        sensor("temp02", Unit::Fahrenheit),
        sensor("temp03", Unit::Celsius),
    ]))
}

fn event(at: WallMs, body: EventBody) -> Event {
    let (seq, prev) = (Seq(42), Some(Seq(41)));
    Event { machine: machine(), seq, prev, session: Some(SESSION), at: SessionMs(45_000), wall: at, body }
}

/// 23.45 °C, 212 °F, and a sensor that did not answer.
fn reading(news: News) -> EventBody {
    let missing = Missing { reason: MissingReason::Timeout, polls: 1 };
    let values = Box::new([Ok(23.45), Ok(100.0), Err(missing)]);
    EventBody::Reading(Reading { channels: table(), values, bt_ror: None, et_ror: None, news })
}

fn told(page: &mut Stream, event: &Event) -> Vec<Frame> {
    page.encode(event, &table(), &viewer()).frames().iter().map(|told| told.frame.clone()).collect()
}

fn recording() -> Stream {
    let mut page = Stream::default();
    let change = SessionChange {
        from: SessionState::Monitoring,
        to: SessionState::Recording,
        session: Some(SESSION),
        previous: None,
        started_at: Some(WALL),
    };
    assert!(told(&mut page, &event(WALL, EventBody::Session(change))).is_empty());
    page
}

fn parsed(frames: &[Frame]) -> Value {
    frames.iter().map(|frame| serde_json::from_str::<Value>(frame).unwrap()).collect()
}

fn answered(dialect: &impl Dialect, text: &str) -> Vec<Frame> {
    match dialect.decode(text, WALL) {
        Ok(intent) => match intent.ask {
            Ask::Answered(frames) => frames,
            other => panic!("{other:?}"),
        },
        Err(refusal) => dialect.refuse(&refusal, WALL),
    }
}

#[test]
fn every_server_frame_is_the_golden_one() {
    let mut page = Stream::default();
    let too_fast = Refusal::new(RefusalCode::RateLimited, "too many messages");
    let made: BTreeMap<&str, Vec<Frame>> = BTreeMap::from([
        ("connected", page.greet(&[Snapshot::new(machine(), table())], &viewer(), WALL)),
        ("pong", answered(&page, r#"{"type":"ping"}"#)),
        ("error", page.refuse(&too_fast, WALL)),
        ("error-no-json", answered(&page, "{nonsense")),
        ("datapoints_batch", told(&mut page, &event(WALL, reading(News::All)))),
        ("datapoints_batch-one", told(&mut recording(), &event(WALL, reading(News::Only(Box::new([0])))))),
    ]);
    let files = golden("webmacs", "server-");
    for (case, file) in &files {
        let frames = made.get(case.as_str()).unwrap_or_else(|| panic!("nothing makes server-{case}.json"));
        let frames = parsed(frames);
        assert_eq!(frames, file["frames"], "server-{case}.json");
        check_documented(case, file, &frames[0]);
    }
    assert_eq!(made.keys().copied().collect::<BTreeSet<_>>(), files.keys().map(String::as_str).collect());
}

fn said(value: Said) -> Value {
    match value {
        Said::Number(number) => json!(number),
        Said::Switch(is_on) => json!(is_on),
    }
}

#[test]
fn every_client_frame_is_understood_as_the_golden_file_says() {
    for (case, file) in golden("webmacs", "client-") {
        let text = file["frame"].as_str().map_or_else(|| file["frame"].to_string(), str::to_owned);
        let understood = match Controller.decode(&text, WALL) {
            Ok(intent) => match intent.ask {
                Ask::Telemetry(values) => values
                    .iter()
                    .map(
                        |value| json!({"tag": value.tag, "value": said(value.value), "at": value.at.map(|at| at.0 - WALL.0)}),
                    )
                    .collect(),
                other => panic!("{case}: {other:?}"),
            },
            Err(refusal) => json!({"refused": refusal.message}),
        };
        assert_eq!(understood, file["understood"], "client-{case}.json");
    }
}

#[test]
fn a_page_that_wants_fewer_values_gets_each_channel_at_most_so_often() {
    let mut page = Stream::every(1_000);
    let at = |ms: i64| event(WallMs(WALL.0 + ms), reading(News::All));
    let counts: Vec<usize> = [0, 500, 999, 1_000, 1_400, 2_000].map(|ms| told(&mut page, &at(ms)).len()).into();
    assert_eq!(counts, [1, 0, 0, 1, 0, 1]);
}

#[test]
fn the_newest_value_that_came_too_early_is_told_later_and_none_twice() {
    let mut page = Stream::every(1_000);
    let (machine, seqs) = (machine(), |frames: &[Frame]| -> Vec<u64> {
        let points = frames.iter().flat_map(|frame| {
            let frame: Value = serde_json::from_str(frame).unwrap();
            frame["datapoints"].as_array().unwrap().clone()
        });
        points.map(|point| point["seq"].as_u64().unwrap()).collect()
    });
    let mut at = |ms: i64, seq: u64, news: &[usize]| {
        let event = Event { seq: Seq(seq), ..event(WallMs(WALL.0 + ms), reading(News::Only(news.into()))) };
        seqs(&told(&mut page, &event))
    };
    assert_eq!(at(0, 1, &[0]), [1]);
    assert!(at(300, 2, &[0]).is_empty() && at(600, 3, &[0]).is_empty());
    assert_eq!(at(1_100, 4, &[1]), [3, 4], "another channel's value takes it along");
    assert!(at(1_500, 5, &[0]).is_empty());
    let waited: Vec<Frame> = page.heartbeat(SessionMs(0)).into_iter().collect();
    assert_eq!(seqs(&waited), [5]);
    assert!(page.heartbeat(SessionMs(0)).is_none());
    page.left(&machine);
    assert_eq!(seqs(&told(&mut page, &event(WALL, reading(News::Only(Box::new([0])))))), [42]);
}

#[test]
fn a_recording_that_ends_is_no_experiment_any_more() {
    let mut page = recording();
    let ended = SessionChange {
        from: SessionState::Recording,
        to: SessionState::Finished,
        session: Some(SESSION),
        previous: None,
        started_at: Some(WALL),
    };
    told(&mut page, &event(WALL, EventBody::Session(ended)));
    let frames = parsed(&told(&mut page, &event(WALL, reading(News::All))));
    assert_eq!(frames[0]["experiment_public_id"], Value::Null);
}

proptest! {
    #[test]
    fn decoding_never_panics_and_never_yields_what_is_no_number(text in ".{0,200}", value in any::<f64>()) {
        let _ = Controller.decode(&text, WALL);
        let _ = Stream::default().decode(&text, WALL);
        let message = format!(r#"{{"event_public_id":"t","value":{value:e}}}"#);
        if let Ok(intent) = Controller.decode(&message, WALL)
            && let Ask::Telemetry(values) = intent.ask
        {
            prop_assert!(values.iter().all(|value| matches!(value.value, Said::Number(number) if number.is_finite())));
        }
    }
}
