//! Tasks from outside: asked for, watched, steered and cleaned up over REST.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use awc::http::Method;
use serde_json::{Value, json};
use support::{House, Sent, simulator};

async fn house() -> House {
    House::with(&[simulator("machine-a", 1.0, 1000)]).await
}

/// The path of a new task.
async fn ask(house: &House, job: &str, body: Value) -> String {
    let answer = house.post(&format!("/api/tasks/{job}"), body).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let path = answer.header("location").to_owned();
    assert_eq!(path, format!("/api/tasks/{}", answer.json()["id"].as_str().unwrap()));
    path
}

async fn delete(house: &House, path: &str) -> support::Answer {
    house.send(Method::DELETE, path, Sent::Nothing).await
}

/// A task once it fits. It is looked at whenever something of a task is told.
async fn once(house: &House, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let mut told = house.live("/ws/tasks").await;
    loop {
        let task = house.get(path).await.json();
        if fits(&task) {
            return task;
        }
        told.text().await;
    }
}

#[actix_rt::test]
async fn a_task_is_asked_for_watched_to_its_end_and_cleaned_up() {
    let house = house().await;
    let path = ask(&house, "generator_task", json!({ "args": [3], "kwargs": { "interval": 0.01 } })).await;
    let done = once(&house, &path, |task| task["status"] == "completed").await;
    assert_eq!(done["progress"]["current"], 3);
    assert_eq!((&done["run_args"], &done["run_kwargs"]), (&json!([3]), &json!({ "interval": 0.01 })));
    for moment in ["created_at", "started_at", "completed_at"] {
        assert!(done[moment].is_string(), "{done}");
    }
    assert_eq!(house.get("/api/tasks/").await.json(), json!([done]));
    assert_eq!(delete(&house, &format!("{path}/cleanup")).await.status, 204);
    house.get(&path).await.problem(404, "TASK_NOT_FOUND");
    assert_eq!(delete(&house, &format!("{path}/cleanup")).await.status, 204, "it is clean already");
    assert_eq!(house.get("/api/tasks").await.json(), json!([]));
}

#[actix_rt::test]
async fn a_task_is_paused_resumed_and_cancelled() {
    let house = house().await;
    let path = ask(&house, "generator_task", json!({ "args": [1000, 0.05] })).await;
    delete(&house, &format!("{path}/cleanup")).await.problem(409, "TASK_UNFINISHED");
    let paused = house.post(&format!("{path}/pause"), json!({})).await;
    assert_eq!((paused.status, &paused.json()["status"]), (200, &json!("paused")));
    let resumed = house.send(Method::POST, &format!("{path}/resume"), Sent::Nothing).await;
    assert_eq!((resumed.status, &resumed.json()["status"]), (200, &json!("running")));
    let cancelled = delete(&house, &path).await;
    assert_eq!((cancelled.status, &cancelled.json()["status"]), (200, &json!("cancelled")));
    let ended = once(&house, &path, |task| task["completed_at"].is_string()).await;
    assert_eq!(ended["error"], "Task was cancelled by user.");
    assert_eq!(delete(&house, &path).await.json(), ended, "once is enough");
    house.post(&format!("{path}/pause"), json!({})).await.problem(409, "INVALID_STATE_TRANSITION");
    house.post(&format!("{path}/resume"), json!({})).await.problem(409, "INVALID_STATE_TRANSITION");
}

#[actix_rt::test]
async fn the_list_can_be_narrowed() {
    let house = house().await;
    let failed = json!({ "machine_id": "machine-a", "project": "kiln", "args": ["no"] });
    let path = ask(&house, "failing_task", failed).await;
    once(&house, &path, |task| task["status"] == "error").await;
    ask(&house, "generator_task", json!({ "args": [1000, 1] })).await;
    let names = |found: Value| -> Vec<String> {
        found.as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap().to_owned()).collect()
    };
    for query in ["status=error", "machine_id=machine-a", "project=kiln", "status=error&project=kiln"] {
        assert_eq!(names(house.get(&format!("/api/tasks?{query}")).await.json()), ["failing_task"], "{query}");
    }
    for query in ["status=paused", "machine_id=machine-b", "project=shop", "status=running&project=kiln"] {
        assert_eq!(house.get(&format!("/api/tasks?{query}")).await.json(), json!([]), "{query}");
    }
    house.get("/api/tasks?status=asleep").await.problem(400, "MALFORMED");
    house.get("/api/tasks?machine_id=Not%20A%20Slug").await.problem(400, "MALFORMED");
    let metrics = house.get("/metrics").await.text();
    assert!(metrics.contains("hearth_tasks{status=\"error\"} 1\n"), "{metrics}");
}

#[actix_rt::test]
async fn what_cannot_be_asked_for_is_refused_with_every_fault() {
    let house = house().await;
    let unknown = house.post("/api/tasks/scan_task", json!({})).await.problem(404, "JOB_NOT_FOUND");
    assert!(unknown["detail"].as_str().unwrap().contains("backup"), "{unknown}");
    let wrong = house.post("/api/tasks/generator_task", json!({ "args": ["many", -1], "kwargs": { "x": 1 } })).await;
    let pointers: Vec<String> = wrong.problem(422, "INVALID")["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(pointers, ["/args/0", "/args/1", "/kwargs/x"]);
    house.post("/api/tasks/backup", json!({ "machine_id": "nobody" })).await.problem(404, "MACHINE_NOT_FOUND");
    let broken = Sent::Raw("application/json", b"{\"args\": [".to_vec());
    house.send(Method::POST, "/api/tasks/backup", broken).await.problem(400, "MALFORMED");
    for id in ["nothing", "..%2f..", "01920000-0000-7000-8000-000000000000", "%F0%9F%94%A5"] {
        house.get(&format!("/api/tasks/{id}")).await.problem(404, "TASK_NOT_FOUND");
        delete(&house, &format!("/api/tasks/{id}")).await.problem(404, "TASK_NOT_FOUND");
        house.post(&format!("/api/tasks/{id}/pause"), json!({})).await.problem(404, "TASK_NOT_FOUND");
    }
    assert_eq!(house.get("/api/tasks").await.json(), json!([]));
}

#[actix_rt::test]
async fn a_profile_goes_out_in_bulk_and_a_backup_is_made_of_everything() {
    let house = house().await;
    let profile = json!({
        "machine_id": "machine-a", "name": "Kenya, light",
        "series": { "timestamp_ms": [0, 1000], "bt": [195.0, 181.3], "et": [210.5, 205.0] },
    });
    let kept = house.post("/api/profiles", profile).await.header("location").to_owned();
    let path = ask(&house, "export_profiles", json!({})).await;
    let done = once(&house, &path, |task| task["completed_at"].is_string()).await;
    let data = &house.config.storage.path;
    let id = kept.rsplit('/').next().unwrap();
    let file = data.join(done["result"]["folder"].as_str().unwrap()).join(format!("{id}.json"));
    let exported: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(exported["name"], "Kenya, light");

    let path = ask(&house, "backup", json!({})).await;
    let done = once(&house, &path, |task| task["completed_at"].is_string()).await;
    assert!(data.join(done["result"]["file"].as_str().unwrap()).is_file(), "{done}");
}

#[actix_rt::test]
async fn the_pictures_of_a_scan_are_served_and_nothing_else_is() {
    let scanner = json!({
        "id": "bench", "name": "Bench", "kind": "scanner", "autoconnect": true, "sampling_interval_ms": 100,
        "driver": { "type": "simulator", "model": "scanner", "speed": 100.0, "noise": 0.0 },
    });
    let house = House::with(&[scanner]).await;
    // In the dark one picture is as black as the other.
    let is_there = |frame: &Value| frame["type"] == "connection" && frame["driver_state"] == "connected";
    house.live("/ws/live/bench").await.until(is_there).await;
    let light = house.post("/api/machines/bench/controls/ring_light", json!({ "value": 1.0 })).await;
    assert_eq!(light.status, 200, "{}", light.text());
    let path = ask(&house, "scan", json!({ "kwargs": { "machine_id": "bench", "positions": 3 } })).await;
    once(&house, &path, |task| task["status"] == "completed").await;
    let first = house.get(&format!("{path}/pictures/1")).await;
    assert_eq!((first.status, first.header("content-type")), (200, "image/png"));
    assert!(first.body.starts_with(b"\x89PNG"), "it is what its type says");
    assert_ne!(first.body, house.get(&format!("{path}/pictures/2")).await.body, "each position has its own");
    for none in ["0", "4", "-1", "x", "70000", "..%2F..%2Flock", "0001.png"] {
        house.get(&format!("{path}/pictures/{none}")).await.problem(404, "PICTURE_NOT_FOUND");
    }
    house.get("/api/tasks/..%2F../pictures/1").await.problem(404, "TASK_NOT_FOUND");
}
