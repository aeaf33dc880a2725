//! Values and orders of the WebMACS dialect over HTTP: what is refused, what it costs, and what a changed machine remembers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};
use support::{Answer, House, Sent};

fn sensor(id: &str) -> Value {
    json!({ "id": id, "kind": "sensor", "unit": "celsius", "tag": format!("evt_{id}") })
}

fn control(id: &str) -> Value {
    json!({
        "id": id, "kind": "control", "class": "other", "min": 0, "max": 100, "unit": "percent", "failsafe": "hold",
        "tag": format!("evt_{id}"),
    })
}

fn rig(channels: Value) -> Value {
    let driver = json!({ "type": "push", "stale_after_ms": 30_000, "ack_timeout_ms": 500 });
    json!({ "id": "rig", "kind": "rig", "autoconnect": true, "driver": driver, "channels": channels })
}

/// A rig whose controller was heard.
async fn house() -> House {
    let house = House::with(&[rig(json!([sensor("inlet"), control("heater"), control("pump")]))]).await;
    heard(&house).await;
    house
}

async fn heard(house: &House) {
    for _ in 0..600 {
        post(house, json!({ "event_public_id": "evt_inlet", "value": 20 })).await;
        if house.get("/api/machines/rig/session").await.json()["driver_state"] == "connected" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never connected");
}

async fn post(house: &House, body: Value) -> Answer {
    house.post("/api/v1/datapoints", body).await
}

/// The last value of a tag.
async fn latest(house: &House, tag: &str) -> Value {
    let all = house.get("/api/v1/datapoints/latest").await.json();
    let found = all.as_array().unwrap().iter().find(|datapoint| datapoint["event_public_id"] == tag);
    found.map_or(Value::Null, |datapoint| datapoint["value"].clone())
}

#[actix_rt::test]
async fn an_order_beyond_what_a_control_can_is_refused_and_not_cut_to_its_limit() {
    let house = house().await;
    for value in [json!(1000), json!(-1), json!("100.5")] {
        let answer = post(&house, json!({ "event_public_id": "evt_heater", "value": value })).await;
        assert_eq!(answer.status, 422, "{value}: {}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains("evt_heater"), "{}", answer.text());
    }
    let untouched = json!({ "datapoints": [
        { "event_public_id": "evt_pump", "value": 70 }, { "event_public_id": "evt_heater", "value": 101 },
    ] });
    assert_eq!(house.post("/api/v1/datapoints/batch", untouched).await.status, 422);
    assert_eq!((latest(&house, "evt_heater").await, latest(&house, "evt_pump").await), (Value::Null, Value::Null));
}

#[actix_rt::test]
async fn an_order_that_fails_does_not_cost_the_values_that_came_with_it() {
    let house = house().await;
    let mixed = json!({ "datapoints": [
        { "event_public_id": "evt_heater", "value": 70 }, { "event_public_id": "evt_inlet", "value": 33 },
    ] });
    // Nobody confirms it.
    assert_eq!(house.post("/api/v1/datapoints/batch", mixed).await.status, 502);
    assert_eq!(latest(&house, "evt_inlet").await, 33.0);
}

#[actix_rt::test]
async fn what_was_ordered_of_a_channel_is_never_shown_as_another_ones_when_channels_change() {
    let house = house().await;
    post(&house, json!({ "event_public_id": "evt_heater", "value": 70 })).await;
    assert_eq!(latest(&house, "evt_heater").await, 70.0);
    // The pump stands now where the heater stood.
    let changed = rig(json!([sensor("inlet"), control("pump")]));
    let put = house.send(Method::PUT, "/api/machines/rig", Sent::Json(changed)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(latest(&house, "evt_pump").await, Value::Null);
    heard(&house).await;
    assert_eq!(latest(&house, "evt_pump").await, Value::Null);
}

#[actix_rt::test]
async fn a_machine_that_reads_its_own_hardware_now_takes_no_values_any_more() {
    let mut changed = rig(json!([sensor("inlet"), control("heater")]));
    let house = House::with(std::slice::from_ref(&changed)).await;
    heard(&house).await;
    post(&house, json!({ "event_public_id": "evt_heater", "value": 70 })).await;
    changed["driver"] = json!({ "type": "simulator", "model": "rig" });
    let put = house.send(Method::PUT, "/api/machines/rig", Sent::Json(changed)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let mut answer = post(&house, json!({ "event_public_id": "evt_inlet", "value": 20 })).await;
    for _ in 0..100 {
        if answer.status == 404 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer = post(&house, json!({ "event_public_id": "evt_inlet", "value": 20 })).await;
    }
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert_ne!(latest(&house, "evt_heater").await, 70.0);
}

#[actix_rt::test]
async fn a_page_that_wants_fewer_values_hears_the_last_one_before_a_silence() {
    let house = house().await;
    let mut page = house.live("/ws/datapoints/stream?interval_ms=400").await;
    for value in [51, 52, 53] {
        assert_eq!(post(&house, json!({ "event_public_id": "evt_inlet", "value": value })).await.status, 201);
    }
    page.until(|frame| frame["value"] == 53.0).await;
}

#[actix_rt::test]
async fn values_of_a_recording_are_its_experiments_also_in_the_list() {
    let house = house().await;
    let act = |action: &'static str| house.post("/api/machines/rig/session", json!({ "action": action }));
    assert_eq!(act("start_monitoring").await.status, 200);
    assert_eq!(act("start_recording").await.status, 200);
    let recording = house.get("/api/machines/rig/session").await.json()["session_id"].clone();
    assert!(recording.is_string());
    post(&house, json!({ "event_public_id": "evt_inlet", "value": 77 })).await;
    let mut listed = Value::Null;
    for _ in 0..600 {
        listed = house.get("/api/v1/datapoints?page_size=100").await.json()["data"].clone();
        if listed[0]["value"] == 77.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let listed = listed.as_array().unwrap();
    let of = |value: f64| &listed.iter().find(|datapoint| datapoint["value"] == value).unwrap()["experiment_public_id"];
    assert_eq!((of(77.0), of(20.0)), (&recording, &Value::Null));
}
