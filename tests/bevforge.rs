//! The BevForge socket and its events from inside: what a client that is slow, late, or outlived by its machine is told.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::time::Duration;

use awc::error::PayloadError;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hearth::config::tree::LimitsConfig;
use serde_json::{Value, json};
use support::{House, Live, simulator, within};

/// Events that the memory of a machine holds at most. Source: `RING_EVENTS_MAX` of the bus.
const RING_EVENTS_MAX: u64 = 8192;

/// A machine that takes a hundred readings a second.
async fn house() -> House {
    House::with(&[simulator("machine-a", 100.0, 1000)]).await
}

async fn connected(house: &House) -> Live {
    let mut socket = house.live("/ws").await;
    socket.until(|frame| frame["type"] == "connected").await;
    socket
}

/// The number of a channel.
async fn endpoint(house: &House, channel: &str) -> u64 {
    let rows = house.get("/api/os/endpoints").await.json();
    let row = rows["data"].as_array().unwrap().iter().find(|row| row["channelId"] == channel);
    row.unwrap_or_else(|| panic!("no {channel} in {rows}"))["id"].as_u64().unwrap()
}

fn subscribe(channel: &str, endpoints: &[u64]) -> Value {
    json!({ "type": "subscribe", "channel": channel, "endpointIds": endpoints })
}

/// Reads events as they come: the fields of each.
struct Events<S> {
    body: S,
    read: String,
    last_id: String,
}

async fn events(
    house: &House,
    query: &str,
    last_id: &str,
) -> Events<impl Stream<Item = Result<Bytes, PayloadError>> + Unpin + use<>> {
    let client = awc::Client::builder().disable_timeout().finish();
    let request = client.get(format!("http://{}/api/os/events{query}", house.address()));
    let request = if last_id.is_empty() { request } else { request.insert_header(("Last-Event-ID", last_id)) };
    let body = request.send().await.unwrap();
    assert_eq!(body.status().as_u16(), 200);
    Events { body, read: String::new(), last_id: last_id.to_owned() }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Events<S> {
    /// The next event that carries something, and its kind.
    async fn next(&mut self) -> (String, Value) {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                self.last_id = field("id: ").unwrap_or(std::mem::take(&mut self.last_id));
                if let Some(data) = field("data: ") {
                    return (field("event: ").unwrap_or_default(), serde_json::from_str(&data).unwrap());
                }
            }
            let bytes = within(self.body.next()).await.expect("the stream goes on").unwrap();
            self.read.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    async fn telemetry(&mut self) -> Value {
        loop {
            let (_, event) = self.next().await;
            if event["type"] == "telemetry" {
                return event;
            }
        }
    }
}

#[actix_rt::test]
async fn a_reader_that_comes_back_has_every_value_once_and_in_order() {
    let house = house().await;
    let bt = endpoint(&house, "bt").await;
    let query = format!("?channels=telemetry&endpointIds={bt}");
    let mut seen: Vec<u64> = Vec::new();
    let mut last_id = String::new();
    for _ in 0..10 {
        let mut reader = events(&house, &query, &last_id).await;
        for _ in 0..20 {
            seen.push(reader.telemetry().await["seq"].as_u64().unwrap());
        }
        last_id = reader.last_id;
    }
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "twice or out of order: {seen:?}");
    let mut socket = house.live("/ws/live/machine-a").await;
    socket.say(json!({ "type": "command", "action": "sync", "last_timestamp_ms": null, "last_seq": seen[0] })).await;
    let (past, _) = socket.until(|frame| frame["type"] == "sync_complete").await;
    let all: Vec<u64> =
        past.iter().filter(|frame| frame["type"] == "temperature").map(|f| f["seq"].as_u64().unwrap()).collect();
    let last = *seen.last().unwrap();
    let missed: Vec<&u64> = all.iter().filter(|seq| (seen[0]..=last).contains(seq) && !seen.contains(seq)).collect();
    assert!(all.len() > 100 && missed.is_empty(), "missed {missed:?}");
}

#[actix_rt::test]
async fn what_holds_at_a_subscription_is_never_followed_by_what_held_before() {
    let house = House::with(&[simulator("machine-a", 100.0, 100)]).await;
    let bt = endpoint(&house, "bt").await;
    let mut socket = connected(&house).await;
    socket.say(subscribe("alarms", &[])).await;
    let mut last = None;
    for _ in 0..50 {
        socket.say(subscribe("telemetry", &[bt])).await;
        for _ in 0..3 {
            let seq = socket.until(|frame| frame["type"] == "telemetry").await.1["seq"].as_u64();
            assert!(seq >= last, "{seq:?} after {last:?}");
            last = seq;
        }
    }
}

#[actix_rt::test]
async fn a_reader_that_stays_away_too_long_is_told_that_something_is_missing() {
    let house = House::with(&[simulator("machine-a", 100.0, 100)]).await;
    let bt = endpoint(&house, "bt").await;
    let mut reader = events(&house, &format!("?channels=telemetry&endpointIds={bt}"), "").await;
    let first = reader.telemetry().await["seq"].as_u64().unwrap();
    let cut = reader.last_id.clone();
    drop(reader);
    let mut watcher = house.live("/ws/live/machine-a").await;
    watcher.until(|frame| frame["seq"].as_u64() > Some(first + RING_EVENTS_MAX + 100)).await;
    let mut late = events(&house, &format!("?channels=telemetry&endpointIds={bt}"), &cut).await;
    loop {
        let (kind, event) = late.next().await;
        assert_ne!(event["type"], "telemetry", "the gap is told before what follows it");
        if kind == "gap" {
            break;
        }
    }
    assert!(late.telemetry().await["seq"].as_u64() > Some(first + 100));
}

#[actix_rt::test]
async fn a_machine_that_comes_later_is_heard_without_asking_again_and_one_that_goes_is_missed_by_nobody() {
    let house = house().await;
    let mut socket = connected(&house).await;
    socket.say(json!({ "type": "subscribe", "channel": "telemetry" })).await;
    let mut reader = events(&house, "?channels=telemetry", "").await;
    assert_eq!(house.post("/api/machines", simulator("machine-b", 100.0, 1000)).await.status, 201);
    assert_eq!(house.post("/api/machines/machine-b/connect", json!({})).await.status, 200);
    socket.until(|frame| frame["machine_id"] == "machine-b" && frame["value"].is_number()).await;
    while reader.telemetry().await["machine_id"] != "machine-b" {}
    let gone =
        house.send(awc::http::Method::DELETE, "/api/machines/machine-b?force=true", support::Sent::Nothing).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    let bt = endpoint(&house, "bt").await;
    let mark = socket.until(|frame| frame["machine_id"] == "machine-a").await.1["seq"].as_u64();
    socket.until(|frame| frame["machine_id"] == "machine-a" && frame["seq"].as_u64() > mark).await;
    while reader.telemetry().await["endpointId"] != bt {}
}

#[actix_rt::test]
async fn a_slow_reader_of_events_never_delays_a_socket() {
    let house = House::with(&[simulator("machine-a", 100.0, 100)]).await;
    let bt = endpoint(&house, "bt").await;
    let mut slow = events(&house, "?channels=telemetry", "").await;
    slow.telemetry().await;
    let mut socket = connected(&house).await;
    socket.say(subscribe("telemetry", &[bt])).await;
    let mut last = None;
    for _ in 0..2_000 {
        let frame = socket.until(|frame| frame["type"] == "telemetry").await.1;
        assert!(frame["seq"].as_u64() > last, "out of order");
        last = frame["seq"].as_u64();
    }
    let reading = async { while slow.telemetry().await["seq"].as_u64() < last {} };
    assert!(tokio::time::timeout(Duration::from_secs(60), reading).await.is_ok(), "the slow one arrives as well");
}

#[actix_rt::test]
async fn what_is_named_a_thousand_times_is_told_once() {
    let house = house().await;
    let burner = endpoint(&house, "burner").await;
    let mut socket = connected(&house).await;
    socket.say(subscribe("telemetry", &[burner; 1000])).await;
    socket.say(json!({ "type": "ping" })).await;
    let (before, _) = socket.until(|frame| frame["type"] == "pong").await;
    let answer = before.iter().find(|frame| frame["type"] == "subscribed").unwrap();
    assert_eq!(answer["endpointIds"], json!([burner]));
    // Those that happen meanwhile are few: a reading comes a hundred times a second.
    assert!(before.len() < 100, "{} frames", before.len());
}

#[actix_rt::test]
async fn a_pulse_whose_machine_is_away_at_its_end_is_ended_when_it_is_back() {
    let house = House::with(&[json!({
        "id": "panel", "autoconnect": true, "sampling_interval_ms": 200,
        "driver": { "type": "simulator", "model": "panel", "noise": 0.0 },
        "channels": [{ "id": "valve", "kind": "control", "control": "toggle", "class": "other", "failsafe": "hold" }],
    })])
    .await;
    let valve = endpoint(&house, "valve").await;
    let mut socket = connected(&house).await;
    socket.say(subscribe("telemetry", &[valve])).await;
    socket.until(|frame| frame["type"] == "telemetry" && frame["value"] == false).await;
    let pulse = json!({ "endpointId": valve, "value": true, "commandType": "pulse", "durationMs": 1500 });
    let answer = house.post("/api/os/command", pulse).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    socket.say(json!({ "type": "subscribe", "channel": "commands" })).await;
    assert_eq!(house.post("/api/machines/panel/disconnect", json!({})).await.status, 200);
    // The end of the pulse was tried, and not done.
    socket.until(|frame| frame["type"] == "command_status" && frame["status"] == "blocked").await;
    assert_eq!(house.post("/api/machines/panel/connect", json!({})).await.status, 200);
    socket.until(|frame| frame["type"] == "telemetry" && frame["value"] == false).await;
}

#[actix_rt::test]
async fn a_command_that_an_interlock_blocks_raises_an_alarm() {
    let mut machine = simulator("machine-a", 1.0, 100);
    machine["interlocks"] = json!([{
        "id": "air_before_fire", "blocks": { "channel": "burner", "above": 0 },
        "unless": [{ "channel": "airflow", "at_least": 20 }], "message": "Open the air first",
    }]);
    let house = House::with(&[machine]).await;
    let burner = endpoint(&house, "burner").await;
    let mut socket = connected(&house).await;
    socket.say(json!({ "type": "subscribe", "channel": "alarms" })).await;
    socket.until(|frame| frame["type"] == "subscribed").await;
    let answer =
        house.post("/api/os/command", json!({ "endpointId": burner, "value": 50, "commandType": "write" })).await;
    assert_eq!(
        (answer.status, answer.json()["interlockId"].as_str()),
        (403, Some("air_before_fire")),
        "{}",
        answer.text()
    );
    let (_, alarm) = socket.until(|frame| frame["type"] == "alarm").await;
    assert_eq!(
        (alarm["status"].as_str(), alarm["ruleId"].as_str()),
        (Some("active"), Some("air_before_fire")),
        "{alarm}"
    );
    let listed = house.get("/api/os/alarms").await.json();
    assert_eq!(listed["data"][0]["endpointId"], burner, "{listed}");
}

#[actix_rt::test]
async fn a_reader_that_names_a_channel_a_thousand_times_is_told_once_what_holds() {
    let house = house().await;
    let named = vec!["telemetry"; 1000].join(",");
    let mut reader = events(&house, &format!("?channels={named}"), "").await;
    let mut answers = 0;
    for _ in 0..100 {
        let (_, event) = reader.next().await;
        answers += usize::from(event["type"] == "subscribed");
    }
    assert_eq!(answers, 1);
}

#[actix_rt::test]
async fn a_reader_that_claims_to_know_the_end_of_time_is_told_what_holds() {
    let house = house().await;
    let mut reader = events(&house, "?channels=telemetry", &format!("machine-a:{}", u64::MAX)).await;
    while reader.next().await.0 != "gap" {}
    reader.telemetry().await;
}

#[actix_rt::test]
async fn every_command_is_told_its_end_also_where_its_machine_starts_anew_meanwhile() {
    let house = House::with(&[rig()]).await;
    let _controller = controller(&house).await;
    let heater = endpoint(&house, "heater").await;
    let mut socket = connected(&house).await;
    socket.say(json!({ "type": "subscribe", "channel": "commands" })).await;
    socket.until(|frame| frame["type"] == "subscribed").await;
    let ordering = async {
        // Its controller never confirms it.
        let order = json!({ "endpointId": heater, "value": 40, "commandType": "write" });
        house.post("/api/os/command", order).await
    };
    let restarting = async {
        let queued = socket.until(|frame| frame["type"] == "command_status").await.1;
        assert_eq!(house.post("/api/machines/rig/restart", json!({})).await.status, 202);
        let is_its_end = |frame: &Value| {
            frame["commandId"] == queued["commandId"] && (frame["status"] == "failed" || frame["status"] == "blocked")
        };
        socket.until(is_its_end).await.1
    };
    let (answer, end) = futures_util::join!(ordering, restarting);
    assert_eq!((answer.status, &answer.json()["status"]), (500, &end["status"]));
}

/// A rig whose controller was heard, for orders that wait until it confirms them.
fn rig() -> Value {
    let control = |id: &str| json!({ "id": id, "kind": "control", "class": "other", "min": 0, "max": 100, "failsafe": "hold", "tag": id });
    json!({
        "id": "rig", "kind": "rig", "autoconnect": true,
        "driver": { "type": "push", "stale_after_ms": 30_000, "ack_timeout_ms": 30_000 },
        "channels": [control("heater"), control("pump"), { "id": "inlet", "kind": "sensor", "tag": "inlet" }],
    })
}

/// The controller of the rig, once the rig has heard it.
async fn controller(house: &House) -> Live {
    let mut page = house.live("/ws/live/rig").await;
    let mut controller = house.live("/ws/controller/telemetry").await;
    controller.say(json!({ "event_public_id": "inlet", "value": 20 })).await;
    page.until(|frame| frame["type"] == "temperature").await;
    controller
}

#[actix_rt::test]
async fn commands_that_have_ended_and_endpoints_that_are_gone_make_room_for_new_subscriptions() {
    let limits =
        LimitsConfig { subscriptions: 2, messages_per_s: 1000, message_burst: 1000, ..LimitsConfig::default() };
    let house = House::within(&[rig(), simulator("machine-b", 1.0, 1000)], limits).await;
    let (heater, pump, bt) =
        (endpoint(&house, "heater").await, endpoint(&house, "pump").await, endpoint(&house, "bt").await);
    let mut controller = controller(&house).await;
    let mut watcher = connected(&house).await;
    watcher.say(json!({ "type": "subscribe", "channel": "commands" })).await;
    watcher.until(|frame| frame["type"] == "subscribed").await;
    let mut socket = connected(&house).await;
    let answered = |frame: &Value| frame["type"] == "subscribed" || frame["type"] == "error";
    let order = house.post("/api/os/command", json!({ "endpointId": heater, "value": 40, "commandType": "write" }));
    let following = async {
        let (_, sent) = watcher.until(|frame| frame["status"] == "sent").await;
        let id = sent["commandId"].clone();
        socket.say(json!({ "type": "subscribe", "channel": "commands", "commandIds": [id] })).await;
        assert_eq!(socket.until(answered).await.1["commandIds"], json!([id]));
        socket.say(subscribe("telemetry", &[bt])).await;
        assert_eq!(socket.until(answered).await.1["type"], "subscribed");
        socket.say(subscribe("telemetry", &[pump])).await;
        assert_eq!(socket.until(answered).await.1["code"], "RATE_LIMITED", "neither is over");
        controller.say(json!({ "event_public_id": "heater", "value": 40 })).await;
        socket.until(|frame| frame["commandId"] == id && frame["status"] == "succeeded").await;
    };
    let (answer, ()) = futures_util::join!(order, following);
    assert_eq!(answer.status, 200, "{}", answer.text());
    socket.say(subscribe("telemetry", &[pump])).await;
    assert_eq!(socket.until(answered).await.1["endpointIds"], json!([pump]), "the command has ended");
    socket.say(subscribe("telemetry", &[heater])).await;
    assert_eq!(socket.until(answered).await.1["code"], "RATE_LIMITED");
    let gone =
        house.send(awc::http::Method::DELETE, "/api/machines/machine-b?force=true", support::Sent::Nothing).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    // Nothing tells a socket that a machine is gone, and its own thread hears of it in its own time.
    let mut answer = Value::Null;
    while answer["type"] != "subscribed" {
        socket.say(subscribe("telemetry", &[heater])).await;
        answer = socket.until(answered).await.1;
    }
    assert_eq!(answer["endpointIds"], json!([heater]));
}
