//! The OpenRoast socket from outside: what comes in which order, what is never lost, and how misbehaviour ends.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::time::Duration;

use actix_http::ws::Item;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hearth::config::tree::LimitsConfig;
use serde_json::{Value, json};
use support::{Frame, House, Live, Message, simulator, within};

/// Events that the memory of a machine holds at most. Source: `RING_EVENTS_MAX` of the bus.
const RING_EVENTS_MAX: u64 = 8192;

const LIVE: &str = "/ws/live/machine-a";

/// A machine that takes a hundred readings a second.
async fn house() -> House {
    House::with(&[simulator("machine-a", 100.0, 1000)]).await
}

fn kind(frame: &Value) -> &str {
    frame["type"].as_str().unwrap()
}

fn seq(frame: &Value) -> Option<u64> {
    frame["seq"].as_u64()
}

async fn live_frames(socket: &mut Live, count: usize) -> Vec<Value> {
    let mut frames = Vec::with_capacity(count);
    while frames.len() < count {
        let frame = socket.text().await;
        if seq(&frame).is_some() {
            frames.push(frame);
        }
    }
    frames
}

/// Each frame follows the one before it: nothing is missing, nothing is there twice.
#[track_caller]
fn assert_chain(frames: &[Value]) {
    for pair in frames.windows(2) {
        assert_eq!(pair[1]["prev_seq"], pair[0]["seq"], "a gap between {} and {}", pair[0], pair[1]);
        assert!(seq(&pair[0]) < seq(&pair[1]));
    }
}

async fn act(house: &House, action: &str) {
    let answer = house.post("/api/machines/machine-a/session", json!({ "action": action })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The daemon's machine is connected and has taken a reading.
async fn warmed_up(house: &House) -> Live {
    let mut socket = house.live(LIVE).await;
    socket.until(|frame| kind(frame) == "temperature" && frame["bt"].is_number()).await;
    socket
}

#[actix_rt::test]
async fn the_greeting_comes_in_its_order_and_before_everything_live() {
    let house = house().await;
    drop(warmed_up(&house).await);
    let mut socket = house.live(LIVE).await;
    let (greeting, live) = socket.until(|frame| seq(frame).is_some()).await;
    let kinds: Vec<&str> = greeting.iter().map(kind).collect();
    assert_eq!(kinds, ["connection", "state", "controls", "safety", "control_lease"]);
    assert_eq!(greeting[1]["state"], greeting[1]["previous_state"]);
    assert!(greeting.iter().all(|frame| frame["machine_id"] == "machine-a" && frame.get("prev_seq").is_none()));
    assert!(live["prev_seq"].is_u64());
}

#[actix_rt::test]
async fn every_live_frame_names_the_one_before_it_and_two_sockets_see_the_same() {
    let house = house().await;
    let (mut one, mut two) = (house.live(LIVE).await, house.live(LIVE).await);
    let (one, two) = (live_frames(&mut one, 200).await, live_frames(&mut two, 200).await);
    assert_chain(&one);
    assert_chain(&two);
    let begins = two.iter().position(|frame| seq(frame) >= seq(&one[0])).unwrap();
    let offset = one.iter().position(|frame| seq(frame) == seq(&two[begins])).unwrap();
    let both = (two.len() - begins).min(one.len() - offset);
    assert!(both > 100);
    assert_eq!(one[offset..offset + both], two[begins..begins + both]);
}

#[actix_rt::test]
async fn a_sync_after_a_cut_fills_the_gap_from_memory() {
    let house = house().await;
    drop(warmed_up(&house).await);
    act(&house, "start_monitoring").await;
    let mut before = house.live(LIVE).await;
    let seen = live_frames(&mut before, 50).await;
    let last = seen.iter().rev().find(|frame| kind(frame) == "temperature").unwrap().clone();
    drop(before);
    let mut other = house.live(LIVE).await;
    live_frames(&mut other, 100).await;
    let mut after = house.live(LIVE).await;
    after.say(sync(&last)).await;
    let (past, complete) = after.until(|frame| kind(frame) == "sync_complete").await;
    assert_eq!(complete["truncated"], false);
    assert!(complete["count"].as_u64() >= Some(50), "{complete}");
    assert_filled(&last, past, live_frames(&mut after, 50).await);
}

/// Asks for what came after a frame.
fn sync(last: &Value) -> Value {
    json!({
        "type": "command", "action": "sync", "last_timestamp_ms": last["timestamp_ms"],
        "session_id": last["session_id"], "last_seq": last["seq"],
    })
}

/// What was seen last, what a sync brought and what came live are one chain once they are sorted.
#[track_caller]
fn assert_filled(last: &Value, past: Vec<Value>, live: Vec<Value>) {
    let mut frames: Vec<Value> = past.into_iter().chain(live).filter(|frame| seq(frame) > seq(last)).collect();
    frames.sort_by_key(seq);
    assert_eq!(frames[0]["prev_seq"], last["seq"], "the past does not begin where it was cut: {}", frames[0]);
    assert_chain(&frames);
}

#[actix_rt::test]
async fn a_sync_reaches_over_the_whole_recording_when_memory_no_longer_does() {
    let house = House::with(&[simulator("machine-a", 100.0, 50)]).await;
    let mut watcher = warmed_up(&house).await;
    act(&house, "start_monitoring").await;
    act(&house, "start_recording").await;
    let (_, recording) = watcher.until(|frame| kind(frame) == "state" && frame["state"] == "recording").await;
    let first = live_frames(&mut watcher, 1).await.remove(0);
    let beyond = seq(&recording).unwrap() + RING_EVENTS_MAX + 100;
    watcher.until(|frame| seq(frame) > Some(beyond)).await;
    let mut late = house.live(LIVE).await;
    late.say(sync(&first)).await;
    let (past, complete) = late.until(|frame| kind(frame) == "sync_complete").await;
    assert_eq!(complete["truncated"], false, "{complete}");
    assert!(complete["count"].as_u64() > Some(RING_EVENTS_MAX), "{complete}");
    assert_filled(&first, past, live_frames(&mut late, 50).await);
}

#[actix_rt::test]
async fn a_reader_that_stalls_is_brought_up_to_date_without_a_gap() {
    let house = House::with(&[simulator("machine-a", 100.0, 100)]).await;
    let mut stalled = house.live(LIVE).await;
    let first = live_frames(&mut stalled, 1).await;
    let mut other = house.live(LIVE).await;
    // More than the broadcast and the buffers of both kernels hold.
    let end = seq(live_frames(&mut other, 2500).await.last().unwrap()).unwrap();
    let mut frames = first;
    while seq(frames.last().unwrap()) < Some(end) {
        frames.extend(live_frames(&mut stalled, 1).await);
    }
    assert_chain(&frames);
}

#[actix_rt::test]
async fn a_message_in_fragments_is_one_message_with_pings_in_between() {
    let house = house().await;
    let mut socket = house.live(LIVE).await;
    let text = json!({"type": "command", "action": "fly", "request_id": "in-three-parts"}).to_string();
    let part = |from, to| Bytes::copy_from_slice(&text.as_bytes()[from..to]);
    socket.send(Message::Continuation(Item::FirstText(part(0, 10)))).await;
    socket.send(Message::Ping("between".into())).await;
    socket.send(Message::Continuation(Item::Continue(part(10, 20)))).await;
    socket.send(Message::Continuation(Item::Last(part(20, text.len())))).await;
    let mut ponged = false;
    loop {
        match socket.next().await {
            Some(Frame::Pong(payload)) => {
                assert_eq!(payload, "between");
                ponged = true;
            }
            Some(Frame::Text(frame)) => {
                let frame: Value = serde_json::from_slice(&frame).unwrap();
                if kind(&frame) == "error" {
                    assert_eq!(frame["code"], "INVALID_MESSAGE", "{frame}");
                    break;
                }
            }
            Some(_) => {}
            None => panic!("the socket was closed"),
        }
    }
    assert!(ponged);
}

#[actix_rt::test]
async fn what_is_no_text_of_fitting_size_closes_with_the_code_that_says_so() {
    let house = house().await;
    let limit = LimitsConfig::default().frame_bytes;
    let too_large = "x".repeat(limit + 1);
    let half = || Bytes::from("x".repeat(limit / 2 + 1));
    let cases: [(&str, Vec<Message>, u16); 7] = [
        ("one byte too many", vec![Message::Text(too_large.into())], 1009),
        ("far too many", vec![Message::Text("x".repeat(limit * 20).into())], 1009),
        (
            "too many in fragments",
            vec![Message::Continuation(Item::FirstText(half())), Message::Continuation(Item::Last(half()))],
            1009,
        ),
        ("binary", vec![Message::Binary("x".into())], 1003),
        ("binary in fragments", vec![Message::Continuation(Item::FirstBinary("x".into()))], 1003),
        (
            "text that is none",
            vec![
                Message::Continuation(Item::FirstText(Bytes::from_static(b"\xff"))),
                Message::Continuation(Item::Last(Bytes::from_static(b"\xfe"))),
            ],
            1007,
        ),
        ("a close of the client's own", vec![Message::Close(Some((1000.into(), "bye").into()))], 1000),
    ];
    for (what, messages, code) in cases {
        let mut socket = house.live(LIVE).await;
        for message in messages {
            socket.send(message).await;
        }
        assert_eq!(socket.closed().await, code, "{what}");
    }
    let mut fits = house.live(LIVE).await;
    fits.send(Message::Text(format!("\"{}\"", "x".repeat(limit - 2)).into())).await;
    let (_, refused) = fits.until(|frame| kind(frame) == "error").await;
    assert_eq!(refused["code"], "INVALID_MESSAGE");
    house.assert_alive().await;
}

#[actix_rt::test]
async fn a_flood_is_told_to_slow_down_and_then_cut_while_others_go_on() {
    let house = house().await;
    let mut calm = house.live(LIVE).await;
    let (mut send, mut receive) = house.live(LIVE).await.framed.split();
    let flood = actix_rt::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        loop {
            pace.tick().await;
            if send.send(Message::Text("{\"type\":\"unknown\"}".into())).await.is_err() {
                break;
            }
        }
    });
    let (mut told, mut code) = (0, None);
    while let Some(Ok(frame)) = within(receive.next()).await {
        match frame {
            Frame::Text(text) if String::from_utf8_lossy(&text).contains("RATE_LIMITED") => told += 1,
            Frame::Close(reason) => {
                code = reason.map(|reason| u16::from(reason.code));
                break;
            }
            _ => {}
        }
    }
    flood.abort();
    assert!(told > 0, "never told");
    assert_eq!(code, Some(1008));
    assert_chain(&live_frames(&mut calm, 100).await);
}

#[actix_rt::test]
async fn a_stop_that_comes_with_the_goodbye_is_carried_out() {
    let house = house().await;
    let mut stays = house.live(LIVE).await;
    let mut leaves = house.live(LIVE).await.framed;
    leaves.feed(Message::Text("{\"type\":\"command\",\"action\":\"emergency_stop\"}".into())).await.unwrap();
    leaves.feed(Message::Close(None)).await.unwrap();
    leaves.flush().await.unwrap();
    stays.until(|frame| kind(frame) == "safety" && frame["latched"] == true).await;
}

#[actix_rt::test]
async fn a_machine_that_is_not_there_is_told_and_closed_with_4004() {
    let house = house().await;
    for path in ["/ws/live/nobody", "/ws/live/..%2f..", "/ws/live/Machine-A", "/ws/live/nobody/"] {
        let mut socket = house.live(path).await;
        let error = socket.text().await;
        assert_eq!((kind(&error), &error["code"]), ("error", &json!("MACHINE_NOT_FOUND")));
        assert_eq!(error["recoverable"], false);
        assert_eq!(socket.closed().await, 4004, "{path}");
    }
}

#[actix_rt::test]
async fn a_machine_that_is_removed_takes_its_sockets_along() {
    let house = house().await;
    let mut socket = warmed_up(&house).await;
    let removed = house.send(awc::http::Method::DELETE, "/api/machines/machine-a", support::Sent::Nothing).await;
    assert_eq!(removed.status, 204, "{}", removed.text());
    assert_eq!(socket.closed().await, 4004);
}

#[actix_rt::test]
async fn a_socket_too_many_is_refused_until_another_leaves() {
    let limits = LimitsConfig { sockets_per_address: 2, ..LimitsConfig::default() };
    let house = House::within(&[simulator("machine-a", 1.0, 1000)], limits).await;
    let (first, _second) = (house.live(LIVE).await, house.live(LIVE).await);
    let refused = Live::open(house.address(), LIVE).await.err().expect("a third socket");
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("application/problem+json"), "{refused}");
    assert!(refused.contains("\"code\":\"FULL\"") && refused.contains("limits.sockets_per_address"), "{refused}");
    drop(first);
    let joins = async {
        while Live::open(house.address(), LIVE).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    within(joins).await;
}

#[actix_rt::test]
async fn plain_http_is_told_that_this_is_a_websocket() {
    let house = house().await;
    let request = format!("GET {LIVE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = house.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 426 ") && answer.contains("upgrade: websocket"), "{answer}");
    assert!(
        answer.contains("application/problem+json") && answer.contains("\"code\":\"UPGRADE_REQUIRED\""),
        "{answer}"
    );
}

#[actix_rt::test]
async fn a_daemon_that_stops_says_so_to_every_socket() {
    let house = house().await;
    let mut sockets = [warmed_up(&house).await, house.live(LIVE).await, house.live(LIVE).await];
    house.daemon.stop(drop).await;
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, 1001);
    }
}
