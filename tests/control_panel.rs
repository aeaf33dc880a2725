//! The control panel's socket and REST together: what one sets, all see.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use hearth::config::tree::LimitsConfig;
use serde_json::{Value, json};
use support::{House, Live, Message};

const DEVICES: &str = "/ws/devices";
/// Largest message. Source: wire contract 4. Unit: bytes.
const MESSAGE_MAX: usize = 1024;

fn panel(id: &str, number: &str) -> Value {
    let channel = |id: &str, tag: &str, device: &str| json!({ "id": id, "tag": format!("{tag}_{number}"), "device_type": device });
    json!({
        "id": id, "autoconnect": true, "sampling_interval_ms": 1000,
        "driver": { "type": "simulator", "model": "panel", "noise": 0.0 },
        "channels": [
            channel("motor", "motor", "motor"),
            channel("servo", "servo", "servo"),
            channel("valve", "valve", "valve"),
            channel("temperature", "temp", "temperature_sensor"),
        ],
    })
}

/// A house whose panel's devices can be reached.
async fn house() -> House {
    let house = House::with(&[panel("panel", "01")]).await;
    reached(&house, "motor_01").await;
    house
}

async fn reached(house: &House, device: &str) {
    let mut socket = house.live(DEVICES).await;
    // Every reading makes another value of a thermometer or none: asking again waits for nothing else.
    loop {
        socket.say(json!({ "action": "get_status", "device_id": device })).await;
        let (_, frame) = socket.until(|frame| matches!(kind(frame), "device_status" | "error")).await;
        if frame["data"]["status"] == "online" {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn kind(frame: &Value) -> &str {
    frame["type"].as_str().unwrap()
}

fn updates(device: &str) -> impl Fn(&Value) -> bool {
    move |frame| kind(frame) == "device_update" && frame["device_id"] == device
}

/// Greeted, and answered once, so that it hears of all that comes after.
async fn come(house: &House) -> Live {
    let mut socket = house.live(DEVICES).await;
    socket.until(|frame| kind(frame) == "initial_status").await;
    socket
}

/// The only panel there is, and its greeting. Those that went may be counted for a moment.
async fn alone(house: &House) -> (Live, Vec<Value>) {
    loop {
        let mut socket = house.live(DEVICES).await;
        let greeting = vec![socket.text().await, socket.text().await];
        assert_eq!(greeting.iter().map(kind).collect::<Vec<_>>(), ["connection_established", "initial_status"]);
        if greeting[0]["total_connections"] == 1 {
            return (socket, greeting);
        }
    }
}

async fn set(house: &House, device: &str, body: Value) -> Value {
    let answer = house.post(&format!("/api/v1/devices/{device}"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[actix_rt::test]
async fn a_panel_is_greeted_and_counted_while_it_is_there() {
    let house = house().await;
    let (first, mut greeting) = alone(&house).await;
    assert_eq!(greeting.remove(0)["message"], "Connected to Machine Control Panel");
    let devices: Vec<&String> = greeting[0]["data"].as_object().unwrap().keys().collect();
    assert_eq!(devices, ["motor_01", "servo_01", "temp_01", "valve_01"]);
    let mut second = house.live(DEVICES).await;
    assert_eq!(second.text().await["total_connections"], 2);
    let _roaster = house.live("/ws/live/panel").await;
    let mut third = house.live(DEVICES).await;
    assert_eq!(third.text().await["total_connections"], 3, "sockets of other dialects are not counted");
    drop((first, second, third));
    alone(&house).await;
}

#[actix_rt::test]
async fn what_one_sets_reaches_every_socket_with_the_same_event() {
    let house = house().await;
    let (mut one, mut two) = (come(&house).await, come(&house).await);
    for speed in [42, 43, 0, 255] {
        let reply = set(&house, "motor_01", json!({ "speed": speed })).await;
        let (_, heard) = one.until(updates("motor_01")).await;
        assert_eq!(heard, two.until(updates("motor_01")).await.1);
        assert_eq!(heard["data"]["new_state"], json!({ "speed": speed }));
        assert_eq!(heard["data"]["previous_state"], reply["previous_state"]);
        assert_eq!(heard["machine_id"], "panel");
    }
}

#[actix_rt::test]
async fn an_order_of_another_dialect_is_heard_like_one_of_its_own() {
    let house = house().await;
    let mut socket = come(&house).await;
    let answer = house.post("/api/machines/panel/controls/servo", json!({ "value": 1.0 })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (_, heard) = socket.until(updates("servo_01")).await;
    assert_eq!(heard["data"]["new_state"], json!({ "angle": 180 }));
    assert_eq!(heard["data"]["action"], "device_control");
}

#[actix_rt::test]
async fn who_subscribed_hears_only_that_and_who_never_did_hears_all() {
    let house = house().await;
    let (mut choosy, mut curious) = (come(&house).await, come(&house).await);
    choosy.say(json!({ "action": "subscribe", "device_id": "motor_01" })).await;
    choosy.until(|frame| kind(frame) == "subscription_confirmed").await;
    set(&house, "valve_01", json!({ "state": true })).await;
    set(&house, "motor_01", json!({ "speed": 7 })).await;
    let (before, _) = choosy.until(updates("motor_01")).await;
    assert!(before.iter().all(|frame| kind(frame) != "device_update"), "{before:?}");
    curious.until(updates("valve_01")).await;
    curious.until(updates("motor_01")).await;
    choosy.say(json!({ "action": "unsubscribe", "device_id": "motor_01" })).await;
    choosy.until(|frame| kind(frame) == "subscription_removed").await;
    set(&house, "motor_01", json!({ "speed": 8 })).await;
    curious.until(updates("motor_01")).await;
    choosy.say(json!({ "action": "ping" })).await;
    let (before, _) = choosy.until(|frame| kind(frame) == "pong").await;
    assert!(before.is_empty(), "who left its last device hears of none: {before:?}");
}

#[actix_rt::test]
async fn who_asks_after_an_answer_finds_what_was_set() {
    let house = house().await;
    let mut socket = come(&house).await;
    for speed in 1..=20 {
        set(&house, "motor_01", json!({ "speed": speed })).await;
        socket.say(json!({ "action": "get_status", "device_id": "motor_01" })).await;
        let (_, status) = socket.until(|frame| kind(frame) == "device_status").await;
        assert_eq!(status["data"]["current_value"], speed);
    }
}

#[actix_rt::test]
async fn a_machine_that_comes_later_is_there_for_panels_that_were() {
    let house = house().await;
    let mut socket = come(&house).await;
    let answer = house.post("/api/machines", panel("second", "02")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let (_, heard) = socket.until(updates("servo_02")).await;
    assert_eq!(heard["data"]["previous_state"], json!({ "angle": null }));
    set(&house, "servo_02", json!({ "angle": 12 })).await;
    let (_, heard) = socket.until(updates("servo_02")).await;
    assert_eq!(heard["data"]["new_state"], json!({ "angle": 12 }));
}

#[actix_rt::test]
async fn a_message_up_to_the_limit_is_read_and_one_byte_more_closes() {
    let house = house().await;
    let mut socket = come(&house).await;
    let sized = |bytes: usize| {
        let bare = json!({ "action": "ping", "more": "" }).to_string().len();
        json!({ "action": "ping", "more": "x".repeat(bytes - bare) })
    };
    socket.say(sized(MESSAGE_MAX)).await;
    socket.until(|frame| kind(frame) == "pong").await;
    socket.say(sized(MESSAGE_MAX + 1)).await;
    assert_eq!(socket.closed().await, 1009);
    let mut binary = come(&house).await;
    binary.send(Message::Binary(vec![1, 2, 3].into())).await;
    assert_eq!(binary.closed().await, 1003);
    house.assert_alive().await;
}

#[actix_rt::test]
async fn nonsense_is_answered_and_the_socket_stays() {
    let house = house().await;
    let mut socket = come(&house).await;
    for (said, code) in [
        ("{", "json_error"),
        ("[1]", "processing_error"),
        ("{}", "unknown_action"),
        (r#"{"action":"subscribe"}"#, "validation_error"),
        (r#"{"action":"get_status","device_id":"nobody"}"#, "device_not_found"),
    ] {
        socket.send(Message::Text(said.into())).await;
        let (_, error) = socket.until(|frame| kind(frame) == "error").await;
        assert_eq!(error["error_code"], code, "{said}");
    }
    socket.say(json!({ "action": "ping" })).await;
    socket.until(|frame| kind(frame) == "pong").await;
}

#[actix_rt::test]
async fn there_is_no_seat_beyond_the_limit() {
    let limits = LimitsConfig { sockets: 2, ..LimitsConfig::default() };
    let house = House::within(&[panel("panel", "01")], limits).await;
    let _seated = [come(&house).await, come(&house).await];
    let refused = Live::open(house.address(), DEVICES).await.err().unwrap();
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("limits.sockets"), "{refused}");
}
