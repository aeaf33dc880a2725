//! Values and orders of the WebMACS dialect over HTTP: what is refused, what it costs, and what a changed machine remembers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};
use socket2::SockRef;
use support::{Answer, House, Sent, within};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

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
    with_patience(channels, 500)
}

fn with_patience(channels: Value, ack_timeout_ms: u64) -> Value {
    let driver = json!({ "type": "push", "stale_after_ms": 30_000, "ack_timeout_ms": ack_timeout_ms });
    json!({ "id": "rig", "kind": "rig", "autoconnect": true, "driver": driver, "channels": channels })
}

/// A rig whose controller was heard.
async fn house() -> House {
    let house = House::with(&[rig(json!([sensor("inlet"), control("heater"), control("pump")]))]).await;
    heard(&house).await;
    house
}

/// The same, whose controller may take its time to confirm.
async fn patient() -> House {
    let channels = json!([sensor("inlet"), control("heater"), control("pump")]);
    let house = House::with(&[with_patience(channels, 30_000)]).await;
    heard(&house).await;
    house
}

async fn heard(house: &House) {
    let mut page = house.live("/ws/live/rig").await;
    let value = json!({ "event_public_id": "evt_inlet", "value": 20 });
    // The first one brings the link up, the second one is read over it.
    assert_eq!(post(house, value.clone()).await.status, 201);
    page.until(|frame| frame["type"] == "connection" && frame["driver_state"] == "connected").await;
    assert_eq!(post(house, value).await.status, 201);
    page.until(|frame| frame["type"] == "temperature" && frame["extra_channels"]["inlet"] == 20.0).await;
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
    let mut page = house.live("/ws/live/rig").await;
    let put = house.send(Method::PUT, "/api/machines/rig", Sent::Json(changed)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    page.until(|frame| frame["type"] == "controls" && frame["channels"][0]["id"] == "pump").await;
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
    let mut page = house.live("/ws/live/rig").await;
    let put = house.send(Method::PUT, "/api/machines/rig", Sent::Json(changed)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let is_there = |frame: &Value| frame["driver_state"] == "connected" && frame["driver_name"] != "Remote controller";
    page.until(|frame| frame["type"] == "connection" && is_there(frame)).await;
    let answer = post(&house, json!({ "event_public_id": "evt_inlet", "value": 20 })).await;
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
    let mut page = house.live("/ws/datapoints/stream").await;
    post(&house, json!({ "event_public_id": "evt_inlet", "value": 77 })).await;
    page.until(|frame| frame["value"] == 77.0).await;
    let listed = house.get("/api/v1/datapoints?page_size=100").await.json()["data"].clone();
    let listed = listed.as_array().unwrap();
    let of = |value: f64| &listed.iter().find(|datapoint| datapoint["value"] == value).unwrap()["experiment_public_id"];
    assert_eq!((of(77.0), of(20.0)), (&recording, &Value::Null));
}

/// A valve that is open at 0.
fn valve() -> Value {
    json!({
        "id": "valve", "kind": "control", "control": "toggle", "class": "other", "failsafe": "hold",
        "on_value": 0, "off_value": 1, "tag": "evt_valve",
    })
}

#[actix_rt::test]
async fn true_means_on_also_where_on_is_a_zero_at_the_device() {
    let house = House::with(&[with_patience(json!([sensor("inlet"), valve()]), 30_000)]).await;
    heard(&house).await;
    let mut controller = house.live("/ws/controller/telemetry").await;
    for (is_on, native) in [(true, 0.0), (false, 1.0)] {
        let mut pages = house.live("/ws/datapoints/stream").await;
        let confirming = async {
            // It shows what it was told only once it was told.
            while latest(&house, "evt_valve").await != native {
                tokio::task::yield_now().await;
            }
            controller.say(json!({ "event_public_id": "evt_valve", "value": is_on })).await;
            pages.until(|frame| frame["event_public_id"] == "evt_valve").await.1
        };
        let ordering = post(&house, json!({ "event_public_id": "evt_valve", "value": is_on }));
        let (answer, shown) = futures_util::join!(ordering, confirming);
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(shown["value"], native);
        let row = house.get("/api/os/endpoints?include=current").await.json();
        let valve = row["data"].as_array().unwrap().iter().find(|row| row["channelId"] == "valve").unwrap().clone();
        let reading = json!({ "endpointId": valve["id"], "value": is_on });
        assert_eq!(house.post("/api/os/telemetry/ingest", reading).await.status, 200);
        let now = house.get(&format!("/api/os/telemetry/latest?endpointId={}", valve["id"])).await.json();
        assert_eq!(now["valueBool"], is_on, "{now}");
    }
    let slider = House::with(&[rig(json!([sensor("inlet"), control("heater")]))]).await;
    let answer = post(&slider, json!({ "event_public_id": "evt_heater", "value": true })).await;
    assert_eq!(answer.status, 422, "on and off are no words for a slider: {}", answer.text());
}

#[actix_rt::test]
async fn orders_of_one_message_wait_for_their_controller_side_by_side() {
    let house = patient().await;
    let both = json!({ "datapoints": [
        { "event_public_id": "evt_heater", "value": 70 }, { "event_public_id": "evt_pump", "value": 30 },
    ] });
    let confirming = async {
        let mut controller = house.live("/ws/controller/telemetry").await;
        // The second one is confirmed while the first one waits.
        for (tag, value) in [("evt_pump", 30.0), ("evt_heater", 70.0)] {
            while latest(&house, tag).await != value {
                tokio::task::yield_now().await;
            }
            controller.say(json!({ "event_public_id": tag, "value": value })).await;
        }
        // What it said last is only heard while it stays.
        controller
    };
    let (answer, _) = futures_util::join!(house.post("/api/v1/datapoints/batch", both), confirming);
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[actix_rt::test]
async fn two_orders_of_one_message_to_the_same_control_are_carried_out_one_after_the_other() {
    let house = patient().await;
    let twice = json!({ "datapoints": [
        { "event_public_id": "evt_heater", "value": 70 }, { "event_public_id": "evt_heater", "value": 20 },
    ] });
    let confirming = async {
        let mut controller = house.live("/ws/controller/telemetry").await;
        for value in [70.0, 20.0] {
            while latest(&house, "evt_heater").await != value {
                tokio::task::yield_now().await;
            }
            controller.say(json!({ "event_public_id": "evt_heater", "value": value })).await;
        }
        controller
    };
    let (answer, _) = futures_util::join!(house.post("/api/v1/datapoints/batch", twice), confirming);
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[actix_rt::test]
async fn an_order_that_an_interlock_judges_waits_for_those_before_it_in_its_message() {
    let mut machine = with_patience(json!([sensor("inlet"), control("heater"), control("pump")]), 30_000);
    machine["interlocks"] = json!([{
        "id": "pump_before_heat", "blocks": { "channel": "heater", "above": 0 },
        "unless": [{ "channel": "pump", "at_least": 20 }], "message": "Start the pump first",
    }]);
    let house = House::with(&[machine]).await;
    heard(&house).await;
    let batch = |heater: f64, pump: f64| {
        json!({ "datapoints": [
            { "event_public_id": "evt_pump", "value": pump }, { "event_public_id": "evt_heater", "value": heater },
        ] })
    };
    let mut controller = house.live("/ws/controller/telemetry").await;
    let confirming = async {
        for (tag, value) in [("evt_pump", 30.0), ("evt_heater", 70.0)] {
            while latest(&house, tag).await != value {
                tokio::task::yield_now().await;
            }
            let heater = latest(&house, "evt_heater").await;
            assert!(tag != "evt_pump" || heater.is_null(), "nobody has said that the pump runs");
            controller.say(json!({ "event_public_id": tag, "value": value })).await;
        }
    };
    let (answer, ()) = futures_util::join!(house.post("/api/v1/datapoints/batch", batch(70.0, 30.0)), confirming);
    assert_eq!(answer.status, 201, "{}", answer.text());
    // What takes heat away is judged by no interlock and waits for nobody.
    let confirming = async {
        for (tag, value) in [("evt_heater", 0.0), ("evt_pump", 40.0)] {
            while latest(&house, tag).await != value {
                tokio::task::yield_now().await;
            }
            controller.say(json!({ "event_public_id": tag, "value": value })).await;
        }
    };
    let (answer, ()) = futures_util::join!(house.post("/api/v1/datapoints/batch", batch(0.0, 40.0)), confirming);
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[actix_rt::test]
async fn an_order_that_fails_keeps_none_behind_it_from_being_tried() {
    let house = house().await;
    let twice = json!({ "datapoints": [
        { "event_public_id": "evt_heater", "value": 70 }, { "event_public_id": "evt_heater", "value": 0 },
    ] });
    // Nobody confirms either.
    assert_eq!(house.post("/api/v1/datapoints/batch", twice).await.status, 502);
    assert_eq!(latest(&house, "evt_heater").await, 0.0);
}

/// Sends an order, and resets the connection while the daemon waits for the controller to confirm it.
async fn order_and_vanish(house: &House, path: &str, body: &Value, (tag, value): (&str, f64)) {
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let body = body.to_string();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json");
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    while latest(house, tag).await != value {
        tokio::task::yield_now().await;
    }
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
    // Each thread that serves has looked at its connections since.
    for _ in 0..8 {
        house.assert_alive().await;
    }
}

#[actix_rt::test]
async fn who_orders_over_rest_and_vanishes_is_written_down_all_the_same_and_once() {
    let house = patient().await;
    let mut controller = house.live("/ws/controller/telemetry").await;
    let one = json!({ "event_public_id": "evt_heater", "value": 70 });
    order_and_vanish(&house, "/api/machines/rig/controls/pump", &json!({ "value": 0.3 }), ("evt_pump", 30.0)).await;
    order_and_vanish(&house, "/api/v1/datapoints", &one, ("evt_heater", 70.0)).await;
    for (tag, value) in [("evt_pump", 30), ("evt_heater", 70)] {
        controller.say(json!({ "event_public_id": tag, "value": value })).await;
    }
    let deeds = async |action: &str| {
        let written = house.get("/api/audit").await.json();
        let wanted = |deed: &&Value| deed["action"] == action && deed["machine"] == "rig" && deed["result"] == "done";
        written.as_array().unwrap().iter().filter(wanted).count()
    };
    let written = async {
        while deeds("control").await < 2 {
            tokio::task::yield_now().await;
        }
    };
    within(written).await;
    // What is written down stands in order.
    assert_eq!(house.post("/api/machines/rig/stop", json!({})).await.status, 200);
    while deeds("stop").await == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(deeds("control").await, 2);
}
