//! Setting machines up from outside: looks at devices, what is wrong with a description, the machines that the pages know.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use awc::http::Method;
use serde_json::{Value, json};
use support::{House, Sent, simulator};

#[actix_rt::test]
async fn a_machine_that_is_not_there_yet_can_be_read_once_and_leaves_no_trace() {
    let house = House::with(&[]).await;
    let broken = json!({"driver": {"type": "simulator", "faults": [{"kind": "panic", "at_ms": 0}]}});
    let view = house.post("/api/probe", broken).await.json();
    assert_eq!((&view["reached"], &view["fault"]), (&json!(true), &Value::Null));
    let bt = view["values"].as_array().unwrap().iter().find(|value| value["id"] == "bt").unwrap();
    assert!(bt["value"].is_f64() && bt["unit"] == "celsius", "{bt}");
    assert_eq!(house.get("/api/machines").await.json(), json!([]));
}

#[actix_rt::test]
async fn a_link_is_tested_before_it_has_channels_and_what_is_wrong_is_said_in_plain_words() {
    let house = House::with(&[]).await;
    let nobody = json!({"driver": {"type": "modbus_tcp", "host": "127.0.0.1", "port": 1}});
    let view = house.post("/api/probe", nobody).await.json();
    assert_eq!((&view["reached"], &view["values"]), (&json!(false), &json!([])));
    assert!(view["fault"]["hint"].as_str().unwrap().contains("enabled on port 1"), "{view}");
    let unplugged = json!({"driver": {"type": "modbus_rtu", "port": "/dev/no-such-port"}});
    let view = house.post("/api/probe", unplugged).await.json();
    assert!(view["fault"]["hint"].as_str().unwrap().contains("plugged in"), "{view}");
}

#[actix_rt::test]
async fn what_cannot_be_tested_is_refused_at_its_place() {
    let house = House::with(&[]).await;
    let refused = |body: Value| {
        let house = &house;
        async move {
            let answer = house.post("/api/probe", body).await;
            answer.problem(422, "INVALID");
            answer.pointers()
        }
    };
    assert_eq!(refused(json!({})).await, ["/driver"]);
    assert_eq!(refused(json!({"driver": {"type": "modbus_tcp", "host": "http://x"}})).await, ["/driver/host"]);
    let push = json!({"driver": {"type": "push"}, "channels": [{"id": "a", "kind": "sensor"}]});
    assert_eq!(refused(push).await, ["/driver/type"]);
    let wrong = json!({"driver": {"type": "modbus_tcp", "host": "a"}, "channels": [{"id": "bt", "kind": "sensor"}]});
    assert_eq!(refused(wrong).await, ["/channels/0/source"]);
    for nonsense in [json!([]), json!(7), json!({"driver": 7}), json!({"driver": {"type": "telepathy"}})] {
        house.post("/api/probe", nonsense).await.problem(422, "INVALID");
    }
    house
        .send(Method::POST, "/api/probe", Sent::Raw("application/json", b"{".to_vec()))
        .await
        .problem(400, "MALFORMED");
    house.assert_alive().await;
}

#[actix_rt::test]
async fn serial_ports_are_a_list_even_where_there_are_none() {
    let ports = House::with(&[]).await.get("/api/serial-ports").await;
    assert_eq!(ports.status, 200);
    assert!(ports.json().is_array());
}

#[actix_rt::test]
async fn an_alarm_that_is_over_stays_in_the_history_of_its_machine() {
    let mut hot = simulator("hot", 100.0, 50);
    hot["alarms"] =
        json!([{"id": "warm", "when": {"channel": "bt", "above": -50, "delay_ms": 0}, "severity": "critical"}]);
    let house = House::with(&[hot, simulator("cold", 1.0, 1000)]).await;
    let mut live = house.live("/ws/live/hot").await;
    live.until(|frame| frame["type"] == "alarm").await;
    assert_eq!(house.post("/api/machines/hot/alarms/warm/ack", json!({})).await.status, 200);
    let past = house.get("/api/machines/hot/alarms/history").await.json();
    assert_eq!((&past[0]["alarm_id"], &past[0]["alarm_state"]), (&json!("warm"), &json!("acked")));
    assert!(past[0]["acked_at"].is_string() && past[0]["cleared_at"].is_null(), "{past}");
    let acked_at = past[0]["acked_at"].clone();
    // A minute of its clock.
    live.say(json!({ "type": "command", "action": "shelve_alarm", "alarm_id": "warm", "minutes": 1 })).await;
    let stands = |word: &'static str| move |frame: &Value| frame["type"] == "alarm" && frame["alarm_state"] == word;
    live.until(stands("shelved")).await;
    live.until(stands("acked")).await;
    let past = house.get("/api/machines/hot/alarms/history").await.json();
    assert_eq!((&past[0]["alarm_state"], &past[0]["acked_at"]), (&json!("acked"), &acked_at));
    assert_eq!(house.get("/api/machines/cold/alarms/history").await.json(), json!([]));
    house.get("/api/machines/nobody/alarms/history").await.problem(404, "MACHINE_NOT_FOUND");
}

#[actix_rt::test]
async fn every_known_machine_that_the_pages_offer_is_one_that_the_daemon_takes() {
    let house = House::with(&[]).await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/static/public/presets.json");
    let presets: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for (at, preset) in presets.as_array().unwrap().iter().enumerate() {
        let mut machine = preset["machine"].clone();
        machine["id"] = json!(format!("preset-{at}"));
        machine["autoconnect"] = json!(false);
        for (key, value) in [("host", "192.0.2.1"), ("port", "/dev/no-such-port")] {
            if machine["driver"][key] == "" {
                machine["driver"][key] = json!(value);
            }
        }
        // Presets of one wire may run it differently.
        let added = house.post("/api/machines", machine).await;
        assert_eq!(added.status, 201, "{}: {}", preset["name"], added.text());
        assert_eq!(house.send(Method::DELETE, added.header("location"), Sent::Nothing).await.status, 204);
    }
}
