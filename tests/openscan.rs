//! The OpenScan sockets from outside: tasks and a machine's state, listened to.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use awc::http::Method;
use hearth::config::tree::LimitsConfig;
use serde_json::{Value, json};
use support::{House, Live, Message, Sent, simulator};

const PREFIXES: [&str; 5] = ["", "/latest", "/v0.9", "/next", "/api/v0.9"];

fn scanner(id: &str) -> Value {
    json!({
        "id": id, "name": "Bench", "kind": "scanner", "autoconnect": true, "sampling_interval_ms": 500,
        "driver": { "type": "simulator", "model": "scanner", "speed": 10.0, "noise": 0.0 },
    })
}

async fn house() -> House {
    House::with(&[simulator("machine-a", 1.0, 1000), scanner("bench")]).await
}

async fn ask(house: &House, job: &str, body: Value) -> Value {
    let answer = house.post(&format!("/api/tasks/{job}"), body).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()["id"].clone()
}

/// Nothing is told on connect: once the scanner answers, a light goes on and off, which tells the whole of it.
async fn connected(house: &House, socket: &mut Live) -> Value {
    let is_there = |frame: &Value| frame["type"] == "connection" && frame["driver_state"] == "connected";
    house.live("/ws/live/bench").await.until(is_there).await;
    set(house, "ring_light", 1.0).await;
    set(house, "ring_light", 0.0).await;
    let off =
        |frame: &Value| frame["device"]["lights"]["ring_light"]["is_on"] == false && frame["device"]["idle"] == true;
    let told = |frame: &Value| frame["device"]["initialized"] == true && off(frame);
    socket.until(told).await.1["device"].clone()
}

async fn set(house: &House, channel: &str, value: f64) {
    let path = format!("/api/machines/bench/controls/{channel}");
    let answer = house.post(&path, json!({ "value": value })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The part of a device at a dotted path.
fn at<'a>(device: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(device, |value, key| &value[key])
}

#[actix_rt::test]
async fn under_every_prefix_a_task_is_told_from_pending_to_completed_and_nothing_before() {
    let house = house().await;
    let mut sockets = Vec::new();
    for prefix in PREFIXES {
        sockets.push(house.live(&format!("{prefix}/ws/tasks")).await);
    }
    let id = ask(&house, "generator_task", json!({ "args": [3], "kwargs": { "interval": 0.01 } })).await;
    for socket in &mut sockets {
        let (before, last) = socket.until(|frame| frame["task"]["status"] == "completed").await;
        let words: Vec<&str> = before.iter().map(|frame| frame["task"]["status"].as_str().unwrap()).collect();
        assert_eq!((words[0], words[1]), ("pending", "running"), "{before:?}");
        assert!(before.iter().all(|frame| frame["type"] == "task.update" && frame["task"]["id"] == id));
        assert_eq!(last["task"]["progress"]["current"], 3);
        assert!(last["task"].get("run_args").is_none(), "arguments stay with REST");
    }
}

#[actix_rt::test]
async fn exclusive_and_shared_tasks_begin_in_the_order_in_which_they_were_asked_for() {
    let house = house().await;
    let mut socket = house.live("/latest/ws/tasks").await;
    let short = json!({ "kwargs": { "total_steps": 2, "interval": 0.01 } });
    let ids = [
        ask(&house, "generator_task", short.clone()).await,
        ask(&house, "exclusive_demo_task", json!({ "kwargs": { "duration": 0.05 } })).await,
        ask(&house, "generator_task", short).await,
    ];
    let mut life = Vec::new();
    while life.len() < 6 {
        let task = socket.text().await["task"].clone();
        let word = task["status"].as_str().unwrap().to_owned();
        let step = (task["id"].clone(), word);
        if (step.1 == "running" || step.1 == "completed") && !life.contains(&step) {
            life.push(step);
        }
    }
    let wanted = ids.iter().flat_map(|id| ["running", "completed"].map(|word| (id.clone(), word.to_owned())));
    assert_eq!(life, wanted.collect::<Vec<_>>());
}

#[actix_rt::test]
async fn a_cancelled_task_is_told_and_a_failing_one_says_why() {
    let house = house().await;
    let mut socket = house.live("/ws/tasks").await;
    let id = ask(&house, "generator_task", json!({ "kwargs": { "total_steps": 1000, "interval": 0.05 } })).await;
    socket.until(|frame| frame["task"]["status"] == "running").await;
    let path = format!("/api/tasks/{}", id.as_str().unwrap());
    assert_eq!(house.send(Method::DELETE, &path, Sent::Nothing).await.status, 200);
    socket.until(|frame| frame["task"]["id"] == id && frame["task"]["status"] == "cancelled").await;
    ask(&house, "failing_task", json!({ "kwargs": { "error_message": "no film" } })).await;
    let (_, failed) = socket.until(|frame| frame["task"]["status"] == "error").await;
    assert!(failed["task"]["error"].as_str().unwrap().contains("no film"), "{failed}");
}

#[actix_rt::test]
async fn the_first_scanner_is_told_and_changed_names_exactly_what_differs_from_the_frame_before() {
    let house = house().await;
    let mut socket = house.live("/v0.9/ws/device").await;
    let mut known = connected(&house, &mut socket).await;
    assert_eq!((&known["name"], &known["model"]), (&json!("Bench"), &json!("scanner")));
    assert_eq!(known["motors"].as_object().unwrap().keys().collect::<Vec<_>>(), ["rotor", "turntable"]);
    assert_eq!(known["lights"].as_object().unwrap().keys().collect::<Vec<_>>(), ["back_light", "ring_light"]);
    set(&house, "turntable", 0.25).await;
    set(&house, "ring_light", 1.0).await;
    let mut seen = std::collections::BTreeSet::new();
    let mut busy = Vec::new();
    while known["motors"]["turntable"]["angle"] != 90.0 || known["lights"]["ring_light"]["is_on"] != true {
        let frame = socket.text().await;
        assert_eq!((&frame["type"], &frame["machine_id"]), (&json!("device.status"), &json!("bench")));
        for path in frame["changed"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()) {
            assert_ne!(at(&known, &path), at(&frame["device"], &path), "{path}");
            if path == "motors.turntable.busy" {
                busy.push(at(&frame["device"], &path).clone());
            }
            *path.split('.').fold(&mut known, |value, key| &mut value[key]) = at(&frame["device"], &path).clone();
            seen.insert(path);
        }
        assert_eq!(known, frame["device"], "something differs that changed does not name");
    }
    for path in ["motors.turntable.angle", "motors.turntable.target_angle", "lights.ring_light.is_on"] {
        assert!(seen.contains(path), "{path} is missing in {seen:?}");
    }
    assert_eq!(busy, [json!(true), json!(false)]);
    assert_eq!(known["motors"]["turntable"]["target_angle"], 90.0);
}

#[actix_rt::test]
async fn what_comes_with_a_new_connection_is_told_as_a_whole() {
    let house = house().await;
    let mut socket = house.live("/ws/device?machine=bench").await;
    connected(&house, &mut socket).await;
    for action in ["disconnect", "connect"] {
        let answer = house.post(&format!("/api/machines/bench/{action}"), json!({})).await;
        assert!(answer.status < 300, "{}", answer.text());
    }
    let (before, whole) = socket.until(|frame| frame["changed"].is_null()).await;
    assert!(before.iter().any(|frame| frame["device"]["initialized"] == false));
    assert_eq!(whole["device"]["initialized"], true);
}

#[actix_rt::test]
async fn a_machine_that_is_not_there_is_refused_with_a_detail() {
    let house = house().await;
    let refused = Live::open(house.address(), "/ws/device?machine=nobody").await.err().unwrap();
    assert!(refused.starts_with("HTTP/1.1 404 ") && refused.contains("\"detail\""), "{refused}");
}

#[actix_rt::test]
async fn text_of_any_kind_is_ignored_while_binary_and_oversized_frames_end_the_socket() {
    let house = House::within(&[scanner("bench")], LimitsConfig { frame_bytes: 1024, ..LimitsConfig::default() }).await;
    for path in ["/ws/tasks", "/ws/device"] {
        let mut socket = house.live(path).await;
        for text in ["{\"type\":\"pong\"}", "not JSON", "{\"type\":\"stop\"}", "[]"] {
            socket.send(Message::Text(text.into())).await;
        }
        ask(&house, "generator_task", json!({ "args": [1], "kwargs": { "interval": 0.01 } })).await;
        match path {
            "/ws/tasks" => assert_eq!(socket.text().await["type"], "task.update"),
            _ => assert_eq!(connected(&house, &mut socket).await["name"], "Bench"),
        }
        socket.send(Message::Binary(vec![0].into())).await;
        assert_eq!(socket.closed().await, 1003, "{path}");
        let mut socket = house.live(path).await;
        socket.send(Message::Text("x".repeat(2000).into())).await;
        assert_eq!(socket.closed().await, 1009, "{path}");
    }
}

async fn ask_at(house: &House, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let answer = house.send(method, path, body.map_or(Sent::Nothing, Sent::Json)).await;
    (answer.status, if answer.body.is_empty() { Value::Null } else { answer.json() })
}

#[actix_rt::test]
async fn rest_is_the_same_under_every_prefix_with_and_without_a_slash_at_the_end() {
    let house = house().await;
    connected(&house, &mut house.live("/ws/device").await).await;
    for path in ["/tasks", "/device/info", "/motors", "/lights", "/cameras", "/projects/kiln/tasks"] {
        let first = house.get(&format!("/latest{path}")).await;
        assert_eq!(first.status, 200, "{path}: {}", first.text());
        for prefix in &PREFIXES[1..] {
            for end in ["", "/"] {
                let answer = house.get(&format!("{prefix}{path}{end}")).await;
                assert_eq!((answer.status, answer.json()), (200, first.json()), "{prefix}{path}{end}");
            }
        }
    }
    assert_eq!(house.get("/versions").await.json(), json!({ "versions": ["0.9"], "latest": "v0.9" }));
}

#[actix_rt::test]
async fn an_order_to_a_motor_is_answered_at_its_end_and_busy_between() {
    let house = house().await;
    let mut socket = house.live("/latest/ws/device").await;
    connected(&house, &mut socket).await;
    let (status, there) = ask_at(&house, Method::PUT, "/latest/motors/turntable/angle?degrees=90", None).await;
    assert_eq!((status, &there["angle"], &there["busy"]), (200, &json!(90.0), &json!(false)), "{there}");
    let (before, last) = socket.until(|frame| frame["device"]["motors"]["turntable"]["busy"] == false).await;
    assert!(before.iter().chain([&last]).all(|frame| frame["device"]["motors"]["turntable"]["target_angle"] == 90.0));
    assert_eq!(before[0]["device"]["motors"]["turntable"]["busy"], true);
    assert_eq!(last["device"]["motors"]["turntable"]["angle"], 90.0);
    let by = Some(json!({ "degrees": -15 }));
    let (status, there) = ask_at(&house, Method::PATCH, "/v0.9/motors/turntable/angle/", by).await;
    assert_eq!((status, &there["angle"]), (200, &json!(75.0)), "{there}");
    assert_eq!(house.get("/next/motors/turntable").await.json(), there);
}

#[actix_rt::test]
async fn while_a_motor_turns_rest_tells_the_same_of_it_as_the_socket() {
    let house = house().await;
    let mut socket = house.live("/ws/device").await;
    connected(&house, &mut socket).await;
    let turn = ask_at(&house, Method::PUT, "/latest/motors/rotor/angle?degrees=-90", None);
    let look = async {
        socket.until(|frame| frame["device"]["motors"]["rotor"]["busy"] == true).await;
        house.get("/latest/motors/rotor").await.json()
    };
    let ((status, _), seen) = futures_util::join!(turn, look);
    assert_eq!((status, &seen["busy"], &seen["target_angle"]), (200, &json!(true), &json!(-90.0)), "{seen}");
}

#[actix_rt::test]
async fn lights_go_on_and_off_and_over() {
    let house = house().await;
    connected(&house, &mut house.live("/ws/device").await).await;
    for (word, on) in [("turn_on", true), ("toggle", false), ("toggle", true), ("turn_off", false)] {
        for light in ["ring_light", "back_light"] {
            let (status, body) = ask_at(&house, Method::PATCH, &format!("/api/v0.9/lights/{light}/{word}"), None).await;
            assert_eq!((status, &body["is_on"]), (200, &json!(on)), "{light} {word}");
        }
    }
}

#[actix_rt::test]
async fn what_cannot_be_done_is_told_as_a_detail_with_the_status_that_clients_know() {
    let house = house().await;
    connected(&house, &mut house.live("/ws/device").await).await;
    let number = |degrees: Value| Some(json!({ "degrees": degrees }));
    let texts = [
        (Method::GET, "/tasks/nothing", None, 404, "Task not found"),
        (Method::POST, "/tasks/scan_moon", None, 404, "Task 'scan_moon' is not registered."),
        (Method::POST, "/tasks/nothing/pause", None, 404, "Task nothing not found or cannot be paused."),
        (Method::DELETE, "/tasks/nothing", None, 404, "Task not found"),
        (Method::GET, "/motors/ring_light", None, 404, "there is no motor"),
        (Method::PATCH, "/lights/turntable/toggle", None, 404, "there is no light"),
        (Method::PUT, "/motors/camera/angle?degrees=1", None, 404, "there is no motor"),
        (Method::GET, "/device/info?machine=nobody", None, 404, "there is no machine"),
        (Method::PATCH, "/motors/turntable/angle?machine=machine-a", number(json!(1)), 404, "there is no motor"),
        (Method::PATCH, "/tasks", None, 405, "takes"),
    ];
    for (method, path, body, status, words) in texts {
        let (told, answer) = ask_at(&house, method, &format!("/latest{path}"), body).await;
        assert_eq!(told, status, "{path}: {answer}");
        assert!(answer["detail"].as_str().unwrap().contains(words), "{path}: {answer}");
    }
    let faults = [
        (Method::PUT, "/motors/turntable/angle", None, json!(["query", "degrees"])),
        (Method::PUT, "/motors/turntable/angle?degrees=far", None, json!(["query", "degrees"])),
        (Method::PUT, "/motors/turntable/angle?degrees=NaN", None, json!(["query", "degrees"])),
        (Method::PUT, "/motors/turntable/angle?degrees=360.5", None, json!(["query", "degrees"])),
        (Method::PATCH, "/motors/turntable/angle", number(json!("1")), json!(["body", "degrees"])),
        (Method::PATCH, "/motors/turntable/angle", number(json!(-1)), json!(["body", "degrees"])),
        (Method::POST, "/tasks/generator_task", Some(json!({ "args": [0] })), json!(["body", "args", "0"])),
    ];
    for (method, path, body, place) in faults {
        let (told, answer) = ask_at(&house, method, &format!("/latest{path}"), body).await;
        assert_eq!((told, &answer["detail"][0]["loc"]), (422, &place), "{path}: {answer}");
        assert!(answer["detail"][0]["msg"].is_string() && answer["detail"][0]["type"].is_string(), "{answer}");
    }
    let garbage = Sent::Raw("application/json", b"{nonsense".to_vec());
    let answer = house.send(Method::POST, "/latest/tasks/generator_task", garbage).await;
    assert_eq!((answer.status, &answer.json()["detail"][0]["type"]), (422, &json!("json_invalid")));
}

#[actix_rt::test]
async fn a_machine_that_is_not_connected_answers_409_in_this_dialects_envelope() {
    let house = house().await;
    connected(&house, &mut house.live("/ws/device").await).await;
    assert_eq!(house.post("/api/machines/bench/disconnect", json!({})).await.status, 200);
    let (status, answer) = ask_at(&house, Method::PATCH, "/latest/lights/ring_light/turn_on", None).await;
    assert_eq!((status, answer.as_object().unwrap().len()), (409, 1), "{answer}");
    assert!(answer["detail"].is_string());
}

#[actix_rt::test]
async fn a_scan_is_asked_for_and_told_as_scan_task_and_its_project_shows_it() {
    let house = house().await;
    let mut machine = house.live("/latest/ws/device").await;
    connected(&house, &mut machine).await;
    let mut socket = house.live("/latest/ws/tasks").await;
    let body = json!({ "kwargs": { "machine_id": "bench", "positions": 2 }, "project": "owl" });
    let asked = house.post("/latest/tasks/scan_task", body.clone()).await;
    assert_eq!((asked.status, &asked.json()["task_type"]), (202, &json!("scan_task")), "{}", asked.text());
    let id = asked.json()["id"].clone();
    let (_, done) = socket.until(|frame| frame["task"]["status"] == "completed").await;
    assert_eq!((&done["task"]["id"], &done["task"]["name"]), (&id, &json!("scan_task")));
    let of_project = house.get("/latest/projects/owl/tasks").await.json();
    assert_eq!(of_project[0]["name"], "scan_task");

    let project = house.get("/latest/projects/owl").await.json();
    let scan = &project["scans"]["scan01"];
    assert_eq!((&scan["task_id"], &scan["status"], &scan["current_step"]), (&id, &json!("completed"), &json!(2)));
    assert_eq!(scan["photos"], json!(["0001.png", "0002.png"]));
    assert_eq!(house.get("/latest/projects/").await.json()["owl"], project);
    let again = house.post("/latest/tasks/scan_task", body).await.json()["id"].clone();
    socket.until(|frame| frame["task"]["id"] == again && frame["task"]["status"] == "completed").await;
    let forgotten = format!("/latest/tasks/{}/cleanup", id.as_str().unwrap());
    assert_eq!(house.send(Method::DELETE, &forgotten, Sent::Nothing).await.status, 204);
    let left = house.get("/latest/projects/owl").await.json()["scans"].clone();
    assert_eq!(left.as_object().unwrap().len(), 1, "{left}");
    assert_eq!((&left["scan02"]["task_id"], &left["scan02"]["index"]), (&again, &json!(2)), "{left}");
    let unknown = house.get("/latest/projects/no%20such").await;
    assert_eq!((unknown.status, unknown.json()), (404, json!({ "detail": "Project no such not found" })));
}

#[actix_rt::test]
async fn a_camera_is_shown_and_takes_a_photo_where_its_machine_answers() {
    let house = house().await;
    let mut socket = house.live("/latest/ws/device").await;
    let device = connected(&house, &mut socket).await;
    let name = device["cameras"].as_object().unwrap().keys().next().unwrap().clone();
    let camera = house.get(&format!("/latest/cameras/{name}")).await.json();
    assert_eq!(camera, device["cameras"][&name]);
    let photo = house.get(&format!("/latest/cameras/{name}/photo")).await;
    assert_eq!((photo.status, photo.header("content-type")), (200, "image/png"), "{}", photo.text());
    assert_eq!(photo.header("cache-control"), "no-store");
    assert!(photo.body.starts_with(b"\x89PNG"));
    for path in ["/latest/cameras/nobody", "/latest/cameras/nobody/photo", "/latest/cameras/turntable/photo"] {
        let missing = house.get(path).await;
        assert_eq!(missing.status, 404, "{path}");
        assert!(missing.json()["detail"].is_string(), "{path}");
    }
    assert_eq!(house.post("/api/machines/bench/disconnect", json!({})).await.status, 200);
    let away = house.get(&format!("/latest/cameras/{name}/photo")).await;
    assert_eq!(away.status, 409, "{}", away.text());
}

#[actix_rt::test]
async fn a_scanner_that_is_renamed_is_told_under_its_new_name() {
    let house = house().await;
    let mut socket = house.live("/latest/ws/device").await;
    connected(&house, &mut socket).await;
    let mut renamed = scanner("bench");
    renamed["name"] = json!("Bench by the window");
    let put = house.send(Method::PUT, "/api/machines/bench", Sent::Json(renamed)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    set(&house, "ring_light", 1.0).await;
    let (_, told) = socket.until(|frame| frame["device"]["name"] == "Bench by the window").await;
    assert!(told["changed"].is_null() || told["changed"].as_array().unwrap().contains(&json!("name")), "{told}");
}

#[actix_rt::test]
async fn a_task_that_is_cancelled_is_told_so_once_and_has_its_end() {
    let house = house().await;
    let mut socket = house.live("/ws/tasks").await;
    let id = ask(&house, "generator_task", json!({ "kwargs": { "total_steps": 1000, "interval": 0.05 } })).await;
    socket.until(|frame| frame["task"]["status"] == "running").await;
    let path = format!("/latest/tasks/{}", id.as_str().unwrap());
    assert_eq!(house.send(Method::DELETE, &path, Sent::Nothing).await.status, 200);
    let (_, cancelled) = socket.until(|frame| frame["task"]["status"] == "cancelled").await;
    assert!(cancelled["task"]["completed_at"].is_string(), "{cancelled}");
    let next = ask(&house, "generator_task", json!({ "args": [1, 0] })).await;
    let (between, _) = socket.until(|frame| frame["task"]["id"] == next).await;
    assert_eq!(between, Vec::<Value>::new());
}
