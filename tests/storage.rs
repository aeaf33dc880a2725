//! A daemon on a disk that refuses, fills up or stands beside a clock that jumps: control and live view go on, what was acknowledged is
//! there afterwards, and everybody is told.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

#[path = "support/faults.rs"]
mod faults;
mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use awc::http::Method;
use faults::{EIO, EMFILE, ENOSPC, EROFS, Faults};
use futures_util::future::join_all;
use hearth::storage::disk::Act;
use serde_json::{Value, json};
use support::{House, Live, Sent, simulator};
use tokio::time::Instant;

const LIVE: &str = "/ws/live/machine-a";
const MIB: u64 = 1 << 20;
/// An alarm of a disk that refuses, and all being written again once it is well. Source: safety design, durability. Judged where
/// `HEARTH_LIMITS` is set.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
const WELL_WITHIN: Duration = Duration::from_secs(5);

fn kind(frame: &Value) -> &str {
    frame["type"].as_str().unwrap()
}

/// A daemon on such a disk, with a machine that is read twenty times a second.
async fn house() -> (Arc<Faults>, House) {
    let (faults, disk) = Faults::new();
    let house = House::on(disk, &[simulator("machine-a", 1.0, 50)]).await;
    (faults, house)
}

async fn act(house: &House, action: &str) -> support::Answer {
    house.post("/api/machines/machine-a/session", json!({ "action": action })).await
}

async fn storage(house: &House) -> Value {
    let health = house.get("/health").await.json();
    let is_well = health["storage"]["state"] == "ok";
    assert_eq!(health["degraded"], if is_well { json!([]) } else { json!(["storage"]) });
    health["storage"].clone()
}

/// Readings after which something that does not come is not coming: a minute of them.
const READINGS_MAX: usize = 1_200;

/// The next frame that is wanted, and all before it.
async fn until(socket: &mut Live, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> (Vec<Value>, Value) {
    let mut before = Vec::new();
    while before.len() < READINGS_MAX {
        let frame = socket.text().await;
        if wanted(&frame) {
            return (before, frame);
        }
        before.push(frame);
    }
    before.retain(|frame| kind(frame) != "temperature");
    panic!("no {what}, but {before:#?}");
}

/// What `/health` says of the storage as soon as it is in this state, and all frames before.
async fn until_storage(house: &House, socket: &mut Live, state: &str) -> (Vec<Value>, Value) {
    let mut frames = Vec::new();
    for _ in 0..READINGS_MAX {
        let now = storage(house).await;
        if now["state"] == state {
            return (frames, now);
        }
        // The daemon looks once a second; readings come until then, whatever the disk does.
        let (before, reading) = until(socket, "reading", |frame| kind(frame) == "temperature").await;
        frames.extend(before.into_iter().chain([reading]));
    }
    panic!("the storage is not {state}: {}", storage(house).await);
}

async fn until_alarm(socket: &mut Live, alarm: &str, state: &str) -> Value {
    let wanted = |frame: &Value| kind(frame) == "alarm" && frame["alarm_id"] == alarm && frame["alarm_state"] == state;
    until(socket, &format!("{alarm} {state}"), wanted).await.1
}

fn moments(frames: &[Value], session: &Value) -> BTreeSet<u64> {
    let readings = frames.iter().filter(|frame| kind(frame) == "temperature" && frame["session_id"] == *session);
    readings.map(|frame| frame["timestamp_ms"].as_u64().unwrap()).collect()
}

/// A roast through which the disk refuses everything for a while.
async fn roast_through(errno: i32) {
    let (faults, house) = house().await;
    let mut socket = house.live(LIVE).await;
    until(&mut socket, "reading", |frame| kind(frame) == "temperature" && frame["bt"].is_number()).await;
    assert_eq!(act(&house, "start_monitoring").await.status, 200);
    assert_eq!(act(&house, "start_recording").await.status, 200);
    let (_, began) =
        until(&mut socket, "recording", |frame| kind(frame) == "state" && frame["state"] == "recording").await;
    let session = began["session_id"].clone();
    let mut seen = Vec::new();
    socket.say(json!({ "type": "command", "action": "mark_event", "event_type": "DRY_END" })).await;
    seen.extend(until(&mut socket, "mark", |frame| kind(frame) == "event").await.0);

    faults.refuse_all(errno);
    let refused_at = Instant::now();
    let (before, raised) = until(&mut socket, "alarm", |frame| {
        kind(frame) == "alarm" && frame["alarm_id"].as_str().unwrap().starts_with("storage_")
    })
    .await;
    let raised_after = refused_at.elapsed();
    seen.extend(before);
    assert_eq!((&raised["severity"], &raised["alarm_state"]), (&json!("critical"), &json!("unacked")), "{raised}");
    let told = storage(&house).await;
    assert_eq!(told["state"], if errno == ENOSPC { "full" } else { "failing" }, "{told}");
    socket.say(json!({ "type": "control", "channel": "burner", "value": 0.4, "request_id": "hot" })).await;
    let (before, ack) = until(&mut socket, "control_ack", |frame| kind(frame) == "control_ack").await;
    seen.extend(before);
    assert_eq!(ack["applied"], true, "{ack}");
    socket.say(json!({ "type": "command", "action": "mark_event", "event_type": "FCs" })).await;
    let (before, refused) = until(&mut socket, "refusal", |frame| kind(frame) == "error").await;
    assert!(before.iter().all(|frame| kind(frame) != "event"), "a mark that is not saved is not told");
    seen.extend(before);
    assert!(refused["message"].as_str().unwrap().contains("could not be saved"), "{refused}");
    let document = json!({ "id": "machine-b", "driver": { "type": "simulator" } });
    let machine = house.send(Method::POST, "/api/machines", Sent::Json(document.clone())).await;
    assert!(machine.status >= 500, "{}", machine.text());
    assert_eq!(house.get("/api/machines/machine-b").await.status, 404, "refused is refused");
    socket.say(json!({ "type": "command", "action": "stop_recording" })).await;
    let (before, refused) = until(&mut socket, "refusal", |frame| kind(frame) == "error").await;
    assert!(
        before.iter().all(|frame| kind(frame) != "state"),
        "the end of a roast is told once it is on disk: {before:?}"
    );
    assert!(refused["message"].as_str().unwrap().contains("could not be saved"), "{refused}");
    seen.extend(before);
    let (before, _) = until(&mut socket, "reading", |frame| kind(frame) == "temperature").await;
    seen.extend(before);

    faults.heal();
    let healed_at = Instant::now();
    seen.extend(until_storage(&house, &mut socket, "ok").await.0);
    let well_after = healed_at.elapsed();
    let alarm = raised["alarm_id"].as_str().unwrap();
    let (before, _) = until(&mut socket, "end of the alarm", |frame| {
        kind(frame) == "alarm" && frame["alarm_id"] == alarm && frame["alarm_state"] == "cleared_unacked"
    })
    .await;
    seen.extend(before);
    let figure = format!("error {errno}: alarm after {raised_after:.1?}, well {well_after:.1?} after the disk was\n");
    std::io::Write::write_all(&mut std::io::stdout(), figure.as_bytes()).unwrap();
    if std::env::var_os("HEARTH_LIMITS").is_some() {
        assert!(raised_after <= TOLD_WITHIN && well_after <= WELL_WITHIN, "{figure}");
    }
    assert_eq!(house.send(Method::POST, "/api/machines", Sent::Json(document)).await.status, 201);
    socket.say(json!({ "type": "command", "action": "stop_recording" })).await;
    let (before, _) =
        until(&mut socket, "end of the recording", |frame| kind(frame) == "state" && frame["state"] == "finished")
            .await;
    seen.extend(before);
    let saved = house.post("/api/profiles", json!({ "machine_id": "machine-a", "name": "Survivor" })).await;
    assert_eq!(saved.status, 201, "{}", saved.text());
    let profile = house.get(&format!("/api/profiles/{}", session.as_str().unwrap())).await.json();
    let kept: BTreeSet<u64> =
        profile["series"]["timestamp_ms"].as_array().unwrap().iter().map(|at| at.as_u64().unwrap()).collect();
    let lost: Vec<u64> = moments(&seen, &session).difference(&kept).copied().collect();
    assert!(lost.is_empty(), "readings that were shown are not in the profile: {lost:?}");
    let marks: Vec<&str> =
        profile["events"].as_array().unwrap().iter().map(|event| event["event_type"].as_str().unwrap()).collect();
    assert!(marks.contains(&"DRY_END") && !marks.contains(&"FCs"), "{marks:?}");
}

#[actix_rt::test]
async fn a_disk_that_refuses_everything_costs_no_control_no_curve_and_nothing_acknowledged() {
    join_all([ENOSPC, EIO, EROFS, EMFILE].map(roast_through)).await;
}

#[actix_rt::test]
async fn a_flush_that_fails_once_is_an_alarm_and_costs_nothing_that_is_shown() {
    let (faults, house) = house().await;
    let mut socket = house.live(LIVE).await;
    act(&house, "start_monitoring").await;
    act(&house, "start_recording").await;
    let (_, began) =
        until(&mut socket, "recording", |frame| kind(frame) == "state" && frame["state"] == "recording").await;
    let session = began["session_id"].clone();
    let (mut seen, _) = until(&mut socket, "reading", |frame| kind(frame) == "temperature").await;
    faults.refuse(EIO, |act, path| act == Act::Flush && path.extension().is_some_and(|ending| ending == "jnl"));
    seen.extend(
        until(&mut socket, "alarm", |frame| kind(frame) == "alarm" && frame["alarm_id"] == "storage_corrupt").await.0,
    );
    faults.heal();
    until_alarm(&mut socket, "storage_corrupt", "cleared_unacked").await;
    assert_eq!(act(&house, "stop_recording").await.status, 200);
    let profile = house.get(&format!("/api/profiles/{}", session.as_str().unwrap())).await.json();
    let kept: BTreeSet<u64> =
        profile["series"]["timestamp_ms"].as_array().unwrap().iter().map(|at| at.as_u64().unwrap()).collect();
    let lost: Vec<u64> = moments(&seen, &session).difference(&kept).copied().collect();
    assert!(lost.is_empty(), "{lost:?}");
    let files = std::fs::read_dir(house.config.storage.path.join("journal/machine-a")).unwrap().count();
    assert!(files >= 2, "what could not be flushed is never trusted again: {files} segment");
}

#[actix_rt::test]
async fn a_disk_that_fills_up_warns_then_takes_no_new_recording_and_lets_one_that_runs_end() {
    let (faults, house) = house().await;
    let mut socket = house.live(LIVE).await;
    assert_eq!(until_storage(&house, &mut socket, "ok").await.1["messages"], json!([]));
    act(&house, "start_monitoring").await;
    act(&house, "start_recording").await;
    faults.say_free(150 * MIB);
    let warned = until_alarm(&mut socket, "storage_full", "unacked").await;
    assert_eq!(warned["severity"], "warning", "{warned}");
    assert_eq!(storage(&house).await["state"], "low");
    faults.say_free(50 * MIB);
    let (_, told) = until_storage(&house, &mut socket, "full").await;
    assert!(told["messages"][0].as_str().unwrap().contains("50 MiB"), "{told}");
    assert_eq!(act(&house, "stop_recording").await.status, 200, "what runs goes on to its end");
    act(&house, "start_monitoring").await;
    let refused = act(&house, "start_recording").await;
    assert!(refused.status >= 400 && refused.text().contains("make room"), "{}", refused.text());
    faults.heal();
    until_storage(&house, &mut socket, "ok").await;
    assert_eq!(act(&house, "start_recording").await.status, 200);
}

#[actix_rt::test]
async fn monitoring_and_control_need_no_disk() {
    let (faults, house) = house().await;
    let mut socket = house.live(LIVE).await;
    until(&mut socket, "reading", |frame| kind(frame) == "temperature" && frame["bt"].is_number()).await;
    faults.refuse_all(EROFS);
    let began = act(&house, "start_monitoring").await;
    assert_eq!(began.status, 200, "{}", began.text());
    socket.say(json!({ "type": "control", "channel": "burner", "value": 0.4 })).await;
    assert_eq!(until(&mut socket, "control_ack", |frame| kind(frame) == "control_ack").await.1["applied"], true);
    assert!(act(&house, "start_recording").await.status >= 400, "a roast that cannot be kept does not begin");
    assert_eq!(house.post("/api/stop", json!({})).await.status, 200);
}

#[actix_rt::test]
async fn a_wall_clock_that_jumps_changes_no_session_time_and_no_lease_and_is_told() {
    const HOUR_MS: i64 = 3_600_000;
    const DECADE_MS: i64 = 10 * 365 * 24 * HOUR_MS;
    let (_faults, house) = house().await;
    let mut socket = house.live(&format!("{LIVE}?client_id=tab-1")).await;
    until(&mut socket, "reading", |frame| kind(frame) == "temperature" && frame["bt"].is_number()).await;
    act(&house, "start_monitoring").await;
    act(&house, "start_recording").await;
    let (_, began) =
        until(&mut socket, "recording", |frame| kind(frame) == "state" && frame["state"] == "recording").await;
    let session = began["session_id"].clone();
    socket.say(json!({ "type": "command", "action": "acquire_control" })).await;
    until(&mut socket, "lease", |frame| kind(frame) == "control_lease" && frame["holder"].is_object()).await;
    let mut last = 0;
    for (nth, thrown_ms) in [DECADE_MS, -DECADE_MS, HOUR_MS, -HOUR_MS, 0].into_iter().enumerate() {
        hearth_actors::runtime::clock::throw_wall(thrown_ms);
        // From the third within a minute on it is chatter: one alarm, which stands.
        let is_told = nth < 2;
        let mut readings = 0;
        let (before, _) = until(&mut socket, "what follows a jump", |frame| {
            readings += u32::from(kind(frame) == "temperature");
            if is_told { kind(frame) == "alarm" && frame["alarm_id"] == "clock_jump" } else { readings == 30 }
        })
        .await;
        for frame in before.iter().filter(|frame| kind(frame) == "temperature" && frame["session_id"] == session) {
            let at = frame["timestamp_ms"].as_u64().unwrap();
            assert!((last..last + 600_000).contains(&at), "{last} then {at} as the wall was thrown by {thrown_ms} ms");
            last = at + 1;
        }
        assert!(before.iter().all(|frame| kind(frame) != "control_lease"), "the lease is nobody else's: {before:?}");
        socket.say(json!({ "type": "control", "channel": "burner", "value": 0.4 })).await;
        assert_eq!(until(&mut socket, "control_ack", |frame| kind(frame) == "control_ack").await.1["applied"], true);
        if is_told {
            socket.say(json!({ "type": "command", "action": "ack_alarm", "alarm_id": "clock_jump" })).await;
            until_alarm(&mut socket, "clock_jump", "normal").await;
        }
    }
    socket.say(json!({ "type": "command", "action": "stop_recording" })).await;
    until(&mut socket, "end of the recording", |frame| kind(frame) == "state" && frame["state"] == "finished").await;
    let profile = house.get(&format!("/api/profiles/{}", session.as_str().unwrap())).await.json();
    assert_eq!(profile["gaps"], json!([]), "no jump is a gap");
}
