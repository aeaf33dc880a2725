//! Listeners of single dialects, roles and logins, from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::net::SocketAddr;

use awc::http::Method;
use futures_util::StreamExt;
use hearth::access::password;
use hearth::config::dialects::{AnonymousRole, DialectConfig};
use hearth::config::tree::LimitsConfig;
use hearth::config::users::{RoleConfig, UserConfig};
use hearth::dialects::Name;
use serde_json::{Value, json};
use support::{Answer, Frame, House, Live, Message, Sent, simulator, within};

/// What clients of WebMACS know: the close code for a policy. Source: RFC 6455 7.4.1.
const POLICY: u16 = 1008;
/// What all others are closed with. Source: safety design, 5.
const UNAUTHORISED: u16 = 4401;

fn own_listener(anonymous_role: Option<AnonymousRole>) -> DialectConfig {
    DialectConfig { listen: Some(([127, 0, 0, 1], 0).into()), anonymous_role, ..DialectConfig::default() }
}

async fn openroast(role: AnonymousRole) -> House {
    House::configured(&[simulator("machine-a", 100.0, 1000)], |config| {
        config.dialects.openroast = own_listener(Some(role));
    })
    .await
}

async fn webmacs(role: Option<AnonymousRole>) -> House {
    let user = |email: &str, role| UserConfig {
        email: email.to_owned(),
        name: None,
        password_hash: password::hash("first crack").unwrap(),
        role,
        machines: None,
    };
    let rig = json!({
        "id": "rig", "autoconnect": true, "driver": { "type": "push" },
        "channels": [{ "id": "inlet", "kind": "sensor", "unit": "celsius", "tag": "evt_inlet" }],
    });
    House::configured(&[rig], |config| {
        config.dialects.webmacs = own_listener(role);
        config.auth.users = vec![user("anna@x", RoleConfig::Operator), user("guest@x", RoleConfig::Viewer)];
    })
    .await
}

async fn ask(at: SocketAddr, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
    let client = awc::Client::default();
    let mut request = client.request(method, format!("http://{at}{path}"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let mut response = match body {
        Some(body) => request.send_json(&body).await.unwrap(),
        None => request.send().await.unwrap(),
    };
    let body = response.body().await.unwrap().to_vec();
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

async fn log_in(at: SocketAddr, email: &str) -> String {
    let answer =
        ask(at, Method::POST, "/api/v1/auth/login", None, Some(json!({ "email": email, "password": "first crack" })))
            .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[actix_rt::test]
async fn who_may_only_look_hears_forbidden_and_the_socket_stays_open() {
    let house = openroast(AnonymousRole::Viewer).await;
    let mut socket = Live::open(house.own_listener(), "/ws/live/machine-a").await.unwrap();
    for frame in [
        json!({ "type": "command", "action": "start_monitoring", "request_id": "r1" }),
        json!({ "type": "control", "channel": "burner", "value": 0.5, "request_id": "r2" }),
        json!({ "type": "command", "action": "rearm", "request_id": "r3" }),
    ] {
        socket.say(frame.clone()).await;
        let (_, answer) = socket.until(|answer| answer["request_id"] == frame["request_id"]).await;
        match answer["type"].as_str() {
            Some("error") => {
                assert_eq!((&answer["code"], &answer["recoverable"]), (&json!("FORBIDDEN"), &json!(false)));
            }
            _ => assert_eq!((&answer["type"], &answer["applied"]), (&json!("control_ack"), &json!(false)), "{answer}"),
        }
    }
    socket.say(json!({ "type": "command", "action": "emergency_stop" })).await;
    socket.until(|frame| frame["type"] == "safety" && frame["latched"] == true).await;
}

#[actix_rt::test]
async fn who_may_only_look_reads_and_stops_over_rest_and_changes_nothing() {
    let house = openroast(AnonymousRole::Viewer).await;
    let viewers = house.own_listener();
    let ask = |method, path: &'static str, body| ask(viewers, method, path, None, body);
    let start = || Some(json!({ "action": "start_monitoring" }));
    ask(Method::POST, "/api/machines/machine-a/session", start()).await.problem(403, "FORBIDDEN");
    ask(Method::DELETE, "/api/machines/machine-a", None).await.problem(403, "FORBIDDEN");
    ask(Method::POST, "/api/tasks/backup", Some(json!({}))).await.problem(403, "FORBIDDEN");
    assert_eq!(ask(Method::GET, "/api/machines", None).await.status, 200);
    assert_eq!(ask(Method::POST, "/api/machines/machine-a/stop", None).await.status, 200);
    assert_eq!(ask(Method::POST, "/api/stop", None).await.status, 200);
    // The shared port of the same daemon grants what it always did.
    assert_eq!(house.post("/api/machines/machine-a/session", start().unwrap()).await.status, 200);
}

#[actix_rt::test]
async fn a_dialects_own_listener_has_its_own_root_and_health_and_nothing_of_the_house() {
    let house = webmacs(None).await;
    let own = house.own_listener();
    let get = |path: &'static str| ask(own, Method::GET, path, None, None);
    let health = get("/health").await.json();
    assert_eq!(
        (&health["status"], &health["database"], &health["last_datapoint"]),
        (&json!("ok"), &json!("ok"), &Value::Null)
    );
    assert!(health["version"].is_string() && health["uptime_seconds"].is_number());
    assert_eq!(get("/").await.json()["service"], "hearth");
    assert_eq!(get("/api/v1/datapoints/latest").await.status, 200);
    let nothing = get("/api/machines").await;
    assert_eq!((nothing.status, nothing.json()), (404, json!({ "detail": "there is no path /api/machines" })));
    assert!(house.get("/health").await.json()["database"].is_null(), "the shared port keeps its own");
}

#[actix_rt::test]
async fn a_dialect_that_is_off_is_not_on_the_shared_port() {
    let house = House::configured(&[], |config| config.dialects.webmacs.enabled = false).await;
    house.get("/api/v1/datapoints/latest").await.problem(404, "NOT_FOUND");
    assert_eq!(house.get("/api/machines").await.status, 200);
}

#[actix_rt::test]
async fn where_nothing_is_granted_only_a_login_opens() {
    let house = webmacs(Some(AnonymousRole::None)).await;
    let own = house.own_listener();
    let latest = |token: Option<String>| async move {
        ask(own, Method::GET, "/api/v1/datapoints/latest", token.as_deref(), None).await
    };
    let refused = latest(None).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"));
    assert_eq!(refused.json()["detail"], "Authentication required.");
    assert_eq!(ask(own, Method::GET, "/health", None, None).await.status, 200);
    for body in [json!({ "email": "anna@x", "password": "second crack" }), json!({ "email": "eve@x", "password": "" })]
    {
        let answer = ask(own, Method::POST, "/api/v1/auth/login", None, Some(body)).await;
        assert_eq!((answer.status, &answer.json()["detail"]), (401, &json!("Invalid email or password.")));
    }
    let answer = ask(own, Method::POST, "/api/v1/auth/login", None, Some(json!({ "email": 7 }))).await;
    assert_eq!(answer.status, 422);

    let token = log_in(own, "anna@x").await;
    assert_eq!(latest(Some(token.clone())).await.status, 200);
    let me = ask(own, Method::GET, "/api/v1/auth/me", Some(&token), None).await.json();
    assert_eq!((&me["email"], &me["role"], &me["admin"]), (&json!("anna@x"), &json!("operator"), &json!(false)));
    assert_eq!(ask(own, Method::POST, "/api/v1/auth/logout", Some(&token), None).await.status, 200);
    assert_eq!(latest(Some(token)).await.status, 401);
}

#[actix_rt::test]
async fn a_socket_learns_from_its_close_code_why_it_is_not_served() {
    let house = webmacs(Some(AnonymousRole::None)).await;
    let own = house.own_listener();
    let guest = log_in(own, "guest@x").await;
    for path in [
        "/ws/datapoints/stream".to_owned(),
        "/ws/datapoints/stream?token=made-up".to_owned(),
        format!("/ws/controller/telemetry?token={guest}"),
    ] {
        assert_eq!(Live::open(own, &path).await.unwrap().closed().await, POLICY, "{path}");
    }
    let mut stream = Live::open(own, &format!("/ws/datapoints/stream?token={guest}")).await.unwrap();
    assert_eq!(stream.text().await["type"], "connected");

    let anna = log_in(own, "anna@x").await;
    let mut controller = Live::open(own, &format!("/ws/controller/telemetry?token={anna}")).await.unwrap();
    controller.say(json!({ "event_public_id": "evt_inlet", "value": 21.5 })).await;
    let (_, frame) = stream.until(|frame| frame["event_public_id"] == "evt_inlet").await;
    assert_eq!(frame["value"], 21.5);
    let order = json!({ "event_public_id": "evt_inlet", "value": 1.0 });
    let answer = ask(own, Method::POST, "/api/v1/datapoints", Some(&guest), Some(order)).await;
    assert_eq!((answer.status, answer.header("content-type")), (403, "application/json"));
}

#[actix_rt::test]
async fn a_token_counts_on_the_shared_port_too() {
    let house = webmacs(None).await;
    let guest = log_in(house.address(), "guest@x").await;
    for (token, status) in [(None, 201), (Some("made-up"), 401), (Some(guest.as_str()), 403)] {
        let order = Some(json!({ "event_public_id": "evt_inlet", "value": 1.0 }));
        let answer = ask(house.address(), Method::POST, "/api/v1/datapoints", token, order).await;
        assert_eq!(answer.status, status, "{token:?}");
    }
}

#[actix_rt::test]
async fn a_name_that_looks_like_a_socket_or_like_stop_opens_no_door() {
    let mut machine = simulator("ws", 100.0, 1000);
    machine["autoconnect"] = json!(false);
    let mut other = simulator("stop", 100.0, 1000);
    other["autoconnect"] = json!(false);
    for (role, refused) in [(AnonymousRole::Viewer, 403), (AnonymousRole::None, 401)] {
        let house = House::configured(&[machine.clone(), other.clone()], |config| {
            config.dialects.openroast = own_listener(Some(role));
        })
        .await;
        let at = house.own_listener();
        for (method, path) in [
            (Method::POST, "/api/machines/ws/connect"),
            (Method::POST, "/api/machines/ws/controls/burner"),
            (Method::DELETE, "/api/machines/stop"),
            (Method::PUT, "/api/machines/stop"),
        ] {
            let answer = ask(at, method.clone(), path, None, Some(json!({ "value": 1.0 }))).await;
            assert_eq!(answer.status, refused, "{method} {path}: {}", answer.text());
        }
        let looked = ask(at, Method::GET, "/api/machines/ws/session", None, None).await.status;
        assert_eq!(looked == 401, role == AnonymousRole::None);
    }
}

#[actix_rt::test]
async fn who_may_do_nothing_does_not_learn_which_machines_there_are() {
    let house = House::configured(&[simulator("machine-a", 100.0, 1000)], |config| {
        config.dialects.openscan = own_listener(Some(AnonymousRole::None));
    })
    .await;
    for machine in ["machine-a", "machine-b"] {
        let mut socket =
            Live::open(house.own_listener(), &format!("/latest/ws/device?machine={machine}")).await.unwrap();
        assert_eq!(socket.closed().await, UNAUTHORISED, "{machine}");
    }
    let house = openroast(AnonymousRole::None).await;
    for machine in ["machine-a", "machine-b"] {
        let mut socket = Live::open(house.own_listener(), &format!("/ws/live/{machine}")).await.unwrap();
        assert_eq!(socket.closed().await, UNAUTHORISED, "{machine}");
    }
}

/// Lets everybody look, or nobody do anything, in one dialect.
async fn other(dialect: Name, role: AnonymousRole) -> House {
    House::configured(&[simulator("machine-a", 100.0, 1000)], |config| {
        let own = own_listener(Some(role));
        match dialect {
            Name::OpenRoast => config.dialects.openroast = own,
            Name::WebMacs => config.dialects.webmacs = own,
            Name::ControlPanel => config.dialects.control_panel = own,
            Name::BevForge => config.dialects.bevforge = own,
            Name::OpenScan => config.dialects.openscan = own,
        }
    })
    .await
}

/// A refusal has the shape that clients of the dialect can read, and nothing else.
#[track_caller]
fn assert_told(answer: &Answer, dialect: Name, status: u16) {
    assert_eq!((answer.status, answer.header("content-type")), (status, "application/json"), "{}", answer.text());
    let body = answer.json();
    let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    match dialect {
        Name::BevForge => {
            assert_eq!(keys, ["error", "message"], "{body}");
            assert!(body["message"].as_str().is_some_and(|words| !words.is_empty()), "{body}");
        }
        _ => {
            assert_eq!(keys, ["detail"], "{body}");
            assert!(body["detail"].as_str().is_some_and(|words| !words.is_empty()) || body["detail"].is_array());
        }
    }
}

#[actix_rt::test]
async fn what_the_door_refuses_is_told_in_the_shape_of_the_dialect() {
    for (dialect, look, order) in [
        (Name::BevForge, "/api/os/endpoints", "/api/os/command"),
        (Name::OpenScan, "/latest/motors", "/latest/tasks/scan"),
        (Name::ControlPanel, "/api/v1/devices", "/api/v1/devices/machine-a.burner"),
        (Name::WebMacs, "/api/v1/datapoints/latest", "/api/v1/datapoints"),
    ] {
        let house = other(dialect, AnonymousRole::None).await;
        let unknown = ask(house.own_listener(), Method::GET, look, None, None).await;
        assert_told(&unknown, dialect, 401);
        assert_eq!(unknown.header("www-authenticate"), "Bearer");

        let house = other(dialect, AnonymousRole::Viewer).await;
        let at = house.own_listener();
        assert_eq!(ask(at, Method::GET, look, None, None).await.status, 200, "{look}");
        assert_told(&ask(at, Method::POST, order, None, Some(json!({}))).await, dialect, 403);
        assert_told(&ask(at, Method::GET, "/no/such/path", None, None).await, dialect, 404);
        let wrong = ask(at, Method::GET, order, None, None).await;
        if wrong.status == 405 {
            assert_told(&wrong, dialect, 405);
            assert_eq!(wrong.header("allow"), "POST");
        }
    }
}

#[actix_rt::test]
async fn what_cannot_be_read_is_told_in_the_shape_of_the_dialect_on_the_shared_port() {
    let limits = LimitsConfig { body_bytes: 64, ..LimitsConfig::default() };
    let house = House::within(&[simulator("machine-a", 100.0, 1000)], limits).await;
    for (dialect, order, unknown) in [
        (Name::BevForge, "/api/os/command", "/api/os/groups"),
        (Name::OpenScan, "/latest/tasks/scan", "/latest/firmware"),
        (Name::ControlPanel, "/api/v1/devices/machine-a.burner", "/api/v1/users"),
        (Name::WebMacs, "/api/v1/datapoints", "/api/v1/rules"),
    ] {
        let post = |body: Vec<u8>| house.send(Method::POST, order, Sent::Raw("application/json", body));
        let nonsense = post(b"{nonsense".to_vec()).await;
        assert!(matches!(nonsense.status, 400 | 422), "{order}: {}", nonsense.status);
        assert_told(&nonsense, dialect, nonsense.status);
        assert_told(&post(vec![b' '; 65]).await, dialect, 413);
        assert_told(&house.send(Method::POST, order, Sent::Raw("text/plain", b"x".to_vec())).await, dialect, 415);
        assert_told(&house.get(unknown).await, dialect, 404);
    }
    let no_socket = house.raw(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(
        no_socket.starts_with("HTTP/1.1 426 ") && no_socket.contains("{\"error\":\"Upgrade Required\""),
        "{no_socket}"
    );
    house.get("/api/nothing").await.problem(404, "NOT_FOUND");
}

#[actix_rt::test]
async fn a_socket_and_a_reader_of_events_end_with_their_login() {
    let house = webmacs(None).await;
    for (path, code) in [
        ("/ws/datapoints/stream", POLICY),
        ("/ws/live/rig", UNAUTHORISED),
        ("/ws", UNAUTHORISED),
        ("/ws/devices", UNAUTHORISED),
        ("/latest/ws/tasks", UNAUTHORISED),
        ("/latest/ws/device", UNAUTHORISED),
    ] {
        let at = house.address();
        let (leaves, stays) = (log_in(at, "anna@x").await, log_in(at, "anna@x").await);
        let mut socket = house.live(&format!("{path}?token={leaves}")).await;
        let mut other = house.live(&format!("{path}?token={stays}")).await;
        let out = ask(at, Method::POST, "/api/v1/auth/logout", Some(&leaves), None).await;
        assert_eq!(out.status, 200, "{}", out.text());
        assert_eq!(socket.closed().await, code, "{path}");
        other.send(Message::Ping("still there".into())).await;
        while !matches!(other.next().await, Some(Frame::Pong(_))) {}
    }
}

#[actix_rt::test]
async fn events_of_who_logged_out_end() {
    let house = webmacs(None).await;
    let at = house.address();
    let token = log_in(at, "guest@x").await;
    let client = awc::Client::builder().disable_timeout().finish();
    let request = client.get(format!("http://{at}/api/os/events")).bearer_auth(&token);
    let mut events = request.send().await.unwrap();
    assert_eq!(events.status().as_u16(), 200);
    assert!(within(events.next()).await.is_some_and(|told| told.is_ok()), "it has begun");
    assert_eq!(ask(at, Method::POST, "/api/v1/auth/logout", Some(&token), None).await.status, 200);
    while within(events.next()).await.is_some_and(|told| told.is_ok()) {}
}

#[actix_rt::test]
async fn who_may_only_look_takes_no_pictures_under_any_prefix() {
    let scanner = json!({
        "id": "bench", "kind": "scanner", "autoconnect": true, "driver": { "type": "simulator", "model": "scanner" },
    });
    let house = House::configured(&[scanner], |config| {
        config.dialects.openscan = own_listener(Some(AnonymousRole::Viewer));
    })
    .await;
    let at = house.own_listener();
    for prefix in ["/latest", "/v0.9", "/next", "/api/v0.9"] {
        for end in ["", "/"] {
            let path = format!("{prefix}/cameras/camera/photo{end}");
            assert_told(&ask(at, Method::GET, &path, None, None).await, Name::OpenScan, 403);
        }
        assert_eq!(ask(at, Method::GET, &format!("{prefix}/cameras"), None, None).await.status, 200);
    }
}

#[actix_rt::test]
async fn who_may_not_look_learns_how_the_daemon_is_and_nothing_of_its_disk() {
    let house = openroast(AnonymousRole::None).await;
    let health = ask(house.own_listener(), Method::GET, "/health", None, None).await.json();
    assert_eq!((&health["status"], &health["degraded"], &health["storage"]), (&json!("ok"), &json!([]), &Value::Null));
    assert!(health["version"].is_string() && health["uptime_seconds"].is_number(), "{health}");
    let house = openroast(AnonymousRole::Viewer).await;
    let health = ask(house.own_listener(), Method::GET, "/health", None, None).await.json();
    assert!(health["storage"]["free_bytes"].is_number(), "{health}");
}
