//! Who is let in, and as what: every route and every socket against every kind of credential.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;

use awc::http::Method;
use awc::http::header::{COOKIE, SET_COOKIE};
use futures_util::StreamExt;
use futures_util::future::join_all;
use hearth::access::Access;
use hearth::access::bearer::Bearer;
use hearth::access::book::Book;
use hearth::access::people;
use hearth::access::tokens::{self, Wanted};
use hearth::config::users::RoleConfig;
use hearth::http::door::Length;
use hearth::http::operations;
use hearth::storage::disk::Disk;
use hearth_actors::model::time::WallMs;
use hearth_actors::runtime::clock::wall_now;
use serde_json::{Value, json};
use support::{Answer, Frame, House, Live, Message, simulator, within};

/// What sockets are closed with that may do nothing. Source: safety design, 5.
const UNAUTHORISED: u16 = 4401;
/// The same for clients of WebMACS.
const POLICY: u16 = 1008;
/// The same for a machine that is not there, or not theirs.
const NO_SUCH_MACHINE: u16 = 4004;
const LIVE: &str = "/ws/live/machine-a";
const PASSWORD: &str = "first crack";

/// A house that others reach through a proxy, so that one must log in.
async fn house() -> House {
    let machines = [simulator("machine-a", 100.0, 1000), simulator("machine-b", 100.0, 1000)];
    House::configured(&machines, |config| {
        config.server.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
        // All kinds of clients come at once.
        (config.limits.sockets, config.limits.sockets_per_address) = (1000, 1000);
    })
    .await
}

fn access(house: &House) -> &Access {
    &house.daemon.state().access
}

fn token(house: &House, role: RoleConfig, machines: Option<&[&str]>) -> String {
    let machines = machines.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
    let wanted = Wanted { name: "test".into(), role, machines, expires_at: None };
    access(house).create_token(wanted, wall_now()).unwrap().0
}

fn user(house: &House, email: &str, role: RoleConfig) {
    let (email, password) = (email.to_owned(), Some(PASSWORD.to_owned()));
    access(house).add(people::Wanted { email, name: None, role, machines: None, password }).unwrap();
}

async fn ask(house: &House, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
    // As a browser does, which is the one that has cookies.
    let origin = format!("http://{}", house.address());
    let has_cookie = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let headers: Vec<_> = headers.iter().copied().chain(has_cookie.then_some(("origin", &*origin))).collect();
    house.send_with(&headers, method, path, body.into()).await
}

async fn with_token(house: &House, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
    ask(house, method, path, &[("authorization", &format!("Bearer {token}"))], body).await
}

/// The cookie of somebody who logs in.
async fn log_in(house: &House, email: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = ask(house, Method::POST, "/api/auth/login", &[], Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    cookie(&answer)
}

fn cookie(answer: &Answer) -> String {
    let set = answer.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
    for word in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(word), "{set}");
    }
    set.split(';').next().unwrap().to_owned()
}

/// Every kind of credential, with the role that it gives, if any.
fn credentials(house: &House) -> Vec<(&'static str, Option<String>, Option<Bearer>)> {
    let expired = Wanted { name: "old".into(), role: RoleConfig::Admin, machines: None, expires_at: Some(WallMs(2)) };
    let (expired, _) = access(house).create_token(expired, WallMs(1)).unwrap();
    let revoked = Wanted { name: "gone".into(), role: RoleConfig::Admin, machines: None, expires_at: None };
    let (revoked, kept) = access(house).create_token(revoked, wall_now()).unwrap();
    access(house).revoke_token(&kept.id).unwrap();
    let of = |name, role, machines| (name, Some(token(house, role, machines)), None);
    let mut shown = vec![
        ("none", None, None),
        ("expired", Some(expired), None),
        ("revoked", Some(revoked), None),
        of("controller", RoleConfig::Controller, Some(&["machine-a"])),
        of("viewer", RoleConfig::Viewer, None),
        of("operator", RoleConfig::Operator, None),
        of("operator of another machine", RoleConfig::Operator, Some(&["machine-b"])),
        of("admin of one machine", RoleConfig::Admin, Some(&["machine-a"])),
        of("admin", RoleConfig::Admin, None),
    ];
    for (name, token, bearer) in &mut shown {
        *bearer = token.as_ref().and_then(|token| access(house).whose(token, wall_now()));
        assert_eq!(bearer.is_none(), ["none", "expired", "revoked"].contains(name), "{name}");
    }
    shown
}

/// A path with something in place of each parameter that is nowhere there.
fn filled(path: &str) -> String {
    let fill = |part: &str| if part.starts_with('{') { "nobody".to_owned() } else { part.to_owned() };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

#[actix_rt::test]
async fn every_route_is_for_those_whom_its_action_is_for_and_for_nobody_else() {
    let house = house().await;
    let credentials = credentials(&house);
    let mut judged = 0;
    for operation in operations::all() {
        let rule = operation.rule();
        if rule.length == Length::Socket {
            continue;
        }
        for place in operation.places() {
            for (name, token, bearer) in &credentials {
                let header = token.as_ref().map(|token| format!("Bearer {token}"));
                let headers: Vec<(&str, &str)> =
                    header.iter().map(|header| ("authorization", header.as_str())).collect();
                let answer =
                    ask(&house, operation.method.as_str().parse().unwrap(), &filled(&place), &headers, None).await;
                let is_let_in = !matches!(answer.status, 401 | 403);
                let expected = match bearer {
                    // Says by itself that nobody is there.
                    None if operation.id == "whoAmI" => 401,
                    None if rule.action.is_for(None) => 0,
                    None => 401,
                    Some(bearer) if bearer.may(rule.action) => 0,
                    Some(_) => 403,
                };
                let found = if is_let_in { 0 } else { answer.status };
                assert_eq!(found, expected, "{} {place} with {name}: {}", operation.method, answer.text());
                judged += 1;
            }
        }
    }
    assert!(judged > 1000, "{judged} places and credentials");
}

#[actix_rt::test]
async fn every_socket_is_for_those_whom_its_action_is_for_and_for_nobody_else() {
    let house = &house().await;
    let credentials = credentials(house);
    let mut visits = Vec::new();
    for operation in operations::all() {
        let rule = operation.rule();
        for place in operation.places().filter(|_| rule.length == Length::Socket) {
            for (name, token, bearer) in credentials.clone() {
                let path = place.replace("{machine_id}", "machine-a");
                let code =
                    if path.contains("datapoints") || path.contains("controller") { POLICY } else { UNAUTHORISED };
                visits.push(async move {
                    let query = token.map(|token| format!("?token={token}")).unwrap_or_default();
                    let mut socket = house.live(&format!("{path}{query}")).await;
                    let is_elsewhere = path.contains("/ws/live/") && name == "operator of another machine";
                    if is_elsewhere {
                        assert_eq!(socket.text().await["code"], "MACHINE_NOT_FOUND");
                        assert_eq!(socket.closed().await, NO_SUCH_MACHINE);
                    } else if bearer.is_some_and(|bearer| bearer.may(rule.action)) {
                        socket.send(Message::Ping("still there".into())).await;
                        loop {
                            match socket.next().await {
                                Some(Frame::Pong(_)) => break,
                                Some(Frame::Text(_) | Frame::Ping(_)) => {}
                                other => panic!("{path} with {name}: {other:?}"),
                            }
                        }
                    } else {
                        // The first frame is the last: nothing is told before.
                        match socket.next().await {
                            Some(Frame::Close(Some(reason))) => {
                                assert_eq!(u16::from(reason.code), code, "{path} {name}")
                            }
                            other => panic!("{path} with {name}: {other:?}"),
                        }
                    }
                });
            }
        }
    }
    assert!(visits.len() > 100, "{}", visits.len());
    join_all(visits).await;
}

#[actix_rt::test]
async fn every_order_over_a_socket_is_judged_by_role() {
    let house = house().await;
    let command = |action: &str| json!({ "type": "command", "action": action });
    let replay = |mut order: Value| {
        order["type"] = json!("replay_control");
        order
    };
    let orders = [
        json!({ "type": "control", "channel": "burner", "value": 0.5 }),
        command("start_monitoring"),
        command("reset"),
        json!({ "type": "command", "action": "mark_event", "event_type": "CHARGE" }),
        json!({ "type": "command", "action": "unmark_event", "event_type": "CHARGE" }),
        json!({ "type": "command", "action": "ack_alarm", "alarm_id": "x" }),
        json!({ "type": "command", "action": "shelve_alarm", "alarm_id": "x", "minutes": 5 }),
        command("acquire_control"),
        command("release_control"),
        command("take_control"),
        json!({ "type": "command", "action": "answer_control", "client_id": "x", "grant": true }),
        replay(json!({ "action": "start", "profile_id": "018f0000-0000-7000-8000-000000000000" })),
        replay(json!({ "action": "pause" })),
        replay(json!({ "action": "resume" })),
        replay(json!({ "action": "seek", "timestamp_ms": 0 })),
        replay(json!({ "action": "stop" })),
        command("rearm"),
    ];
    let viewer = token(&house, RoleConfig::Viewer, None);
    let mut socket = house.live(&format!("{LIVE}?token={viewer}")).await;
    for (number, order) in orders.iter().enumerate() {
        let mut order = order.clone();
        order["request_id"] = json!(number.to_string());
        socket.say(order.clone()).await;
        let (_, answer) =
            socket.until(|frame| frame["request_id"] == order["request_id"] && frame["type"] == "error").await;
        assert_eq!(answer["code"], "FORBIDDEN", "{order} {answer}");
    }
    socket.say(json!({ "type": "command", "action": "emergency_stop", "request_id": "stop" })).await;
    socket.until(|frame| frame["type"] == "safety" && frame["latched"] == true).await;
}

#[actix_rt::test]
async fn a_browser_logs_in_with_a_cookie_that_no_page_reads_and_out_again_with_its_sockets() {
    let house = house().await;
    user(&house, "anna@x.example", RoleConfig::Admin);
    let me = |cookie: String| {
        let house = &house;
        async move { ask(house, Method::GET, "/api/auth/me", &[("cookie", &cookie)], None).await.json() }
    };
    let nobody = json!({ "access": "none", "user": null, "setup_needed": false, "login_possible": true });
    assert_eq!(me(String::new()).await, nobody);
    let body = json!({ "email": "anna@x.example", "password": "second crack" });
    ask(&house, Method::POST, "/api/auth/login", &[], Some(body)).await.problem(401, "WRONG_PASSWORD");
    ask(&house, Method::POST, "/api/auth/login", &[], Some(json!({ "email": 7 }))).await.problem(422, "INVALID");

    let cookie = log_in(&house, " Anna@X.example").await;
    let anna = me(cookie.clone()).await;
    assert_eq!(
        (&anna["access"], &anna["user"]["role"], &anna["user"]["machines"]),
        (&json!("user"), &json!("admin"), &Value::Null)
    );
    let mut socket = live_with(&house, &cookie).await;
    assert_eq!(socket.text().await["type"], "connection");
    let out = ask(&house, Method::POST, "/api/auth/logout", &[(COOKIE.as_str(), &cookie)], None).await;
    assert_eq!(out.status, 204);
    assert_eq!(socket.closed().await, UNAUTHORISED);
    assert_eq!(me(cookie).await, nobody, "a cookie that is worth nothing is none");
}

/// A socket as a browser opens it that is logged in.
async fn live_with(house: &House, cookie: &str) -> Live {
    let origin = format!("Origin: http://{}", house.address());
    Live::open_with(house.address(), LIVE, &format!("Cookie: other=1; {cookie}\r\n{origin}\r\n")).await.unwrap()
}

#[actix_rt::test]
async fn a_login_is_tried_five_times_and_then_waits() {
    let house = house().await;
    user(&house, "anna@x.example", RoleConfig::Admin);
    let attempt = |path: &'static str, password: &'static str| {
        let house = &house;
        let body = json!({ "email": "anna@x.example", "password": password });
        async move { ask(house, Method::POST, path, &[], Some(body)).await }
    };
    for _ in 0..5 {
        attempt("/api/auth/login", "second crack").await.problem(401, "WRONG_PASSWORD");
    }
    let refused = attempt("/api/auth/login", PASSWORD).await;
    assert_eq!(refused.header("retry-after"), "30");
    refused.problem(429, "RATE_LIMITED");
    assert_eq!(attempt("/api/v1/auth/login", PASSWORD).await.status, 429, "both ways are one");
}

#[actix_rt::test]
async fn the_first_admin_comes_with_the_link_that_is_printed_and_nobody_comes_after() {
    let house = house().await;
    let secret = access(&house).offer_set_up().expect("there is no admin");
    let set_up = |token: &str, password: &str| {
        let body = json!({ "token": token, "email": "anna@x.example", "password": password });
        let house = &house;
        async move { ask(house, Method::POST, "/api/auth/setup", &[], Some(body)).await }
    };
    assert_eq!(ask(&house, Method::GET, "/api/auth/me", &[], None).await.json()["setup_needed"], true);
    set_up("made-up", PASSWORD).await.problem(403, "SETUP_OVER");
    assert_eq!(set_up(&secret, "short").await.pointers(), ["/password"]);
    let done = set_up(&secret, PASSWORD).await;
    assert_eq!((done.status, &done.json()["user"]["role"]), (200, &json!("admin")), "{}", done.text());
    let cookie = cookie(&done);
    assert_eq!(ask(&house, Method::GET, "/api/users", &[("cookie", &cookie)], None).await.status, 200);
    set_up(&secret, PASSWORD).await.problem(403, "SETUP_OVER");
    assert_eq!(access(&house).offer_set_up(), None);
}

#[actix_rt::test]
async fn users_are_added_changed_and_removed_and_an_admin_always_stays() {
    let house = house().await;
    user(&house, "anna@x.example", RoleConfig::Admin);
    let admin = token(&house, RoleConfig::Admin, None);
    let ask = |method, path: &'static str, body| with_token(&house, method, path, &admin, body);
    let otto = || json!({ "email": "otto@x.example", "role": "operator", "password": PASSWORD });
    assert_eq!(ask(Method::POST, "/api/users", Some(otto())).await.status, 201);
    ask(Method::POST, "/api/users", Some(otto())).await.problem(409, "USER_EXISTS");
    for (bad, pointer) in [
        (json!({ "email": "nobody", "role": "viewer", "password": PASSWORD }), "/email"),
        (json!({ "email": "a@b", "role": "king", "password": PASSWORD }), "/role"),
        (json!({ "email": "a@b", "role": "viewer", "password": "short" }), "/password"),
        (json!({ "email": "a@b", "role": "viewer", "password": PASSWORD, "machines": [] }), "/machines"),
        (json!({ "email": "a@b", "role": "controller", "password": PASSWORD }), "/machines"),
    ] {
        assert_eq!(ask(Method::POST, "/api/users", Some(bad)).await.pointers(), [pointer]);
    }
    let listed = ask(Method::GET, "/api/users", None).await.json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[1]["role"]), (2, &json!("operator")));
    assert!(!listed.to_string().contains("argon2"), "{listed}");

    let mut socket = live_with(&house, &log_in(&house, "otto@x.example").await).await;
    let lowered = json!({ "role": "viewer", "machines": ["machine-a"] });
    assert_eq!(ask(Method::PUT, "/api/users/otto@x.example", Some(lowered)).await.status, 200);
    assert_eq!(socket.closed().await, UNAUTHORISED, "one whose role is lowered comes in anew");
    let mut socket = live_with(&house, &log_in(&house, "otto@x.example").await).await;
    assert_eq!(ask(Method::DELETE, "/api/users/otto@x.example", None).await.status, 204);
    assert_eq!(socket.closed().await, UNAUTHORISED);
    ask(Method::DELETE, "/api/users/otto@x.example", None).await.problem(404, "USER_NOT_FOUND");

    ask(Method::DELETE, "/api/users/anna@x.example", None).await.problem(409, "LAST_ADMIN");
    let viewer = || Some(json!({ "role": "viewer" }));
    ask(Method::PUT, "/api/users/anna@x.example", viewer()).await.problem(409, "LAST_ADMIN");
    user(&house, "eve@x.example", RoleConfig::Admin);
    assert_eq!(ask(Method::PUT, "/api/users/anna@x.example", viewer()).await.status, 200);
}

#[actix_rt::test]
async fn another_password_ends_all_other_sessions() {
    let house = house().await;
    user(&house, "anna@x.example", RoleConfig::Admin);
    let (here, there) = (log_in(&house, "anna@x.example").await, log_in(&house, "anna@x.example").await);
    let mut socket = live_with(&house, &there).await;
    let change = |old: &str, new: &str| {
        let (house, here, body) = (&house, &here, json!({ "old": old, "new": new }));
        async move { ask(house, Method::POST, "/api/auth/password", &[("cookie", here)], Some(body)).await }
    };
    change("second crack", "a third one").await.problem(401, "WRONG_PASSWORD");
    assert_eq!(change(PASSWORD, "short").await.pointers(), ["/new"]);
    let changed = change(PASSWORD, "second crack").await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(socket.closed().await, UNAUTHORISED);
    let fresh = cookie(&changed);
    let status = |cookie: String| {
        let house = &house;
        async move { ask(house, Method::GET, "/api/machines", &[("cookie", &cookie)], None).await.status }
    };
    assert_eq!((status(fresh).await, status(here.clone()).await, status(there).await), (200, 401, 401));
}

#[actix_rt::test]
async fn a_token_is_told_once_and_what_hangs_on_it_ends_when_it_is_revoked() {
    let house = house().await;
    let admin = token(&house, RoleConfig::Admin, None);
    let ask = |method, path: String, body| {
        let (house, admin) = (&house, &admin);
        async move { with_token(house, method, &path, admin, body).await }
    };
    let wanted = json!({ "name": "screen", "role": "viewer", "expires_at": "2999-01-01T00:00:00Z" });
    let given = ask(Method::POST, "/api/tokens".into(), Some(wanted)).await;
    assert_eq!(given.status, 201, "{}", given.text());
    let (secret, id) =
        (given.json()["token"].as_str().unwrap().to_owned(), given.json()["id"].as_str().unwrap().to_owned());
    for (bad, pointer) in [
        (json!({ "name": "x", "role": "viewer", "expires_at": "tomorrow" }), "/expires_at"),
        (json!({ "name": "x", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z" }), "/expires_at"),
        (json!({ "name": " ", "role": "viewer" }), "/name"),
        (json!({ "name": "x", "role": "controller" }), "/machines"),
    ] {
        assert_eq!(ask(Method::POST, "/api/tokens".into(), Some(bad)).await.pointers(), [pointer]);
    }
    let mut socket = house.live(&format!("{LIVE}?token={secret}")).await;
    let request = awc::Client::builder().disable_timeout().finish();
    let request = request.get(format!("http://{}/api/os/events?token={secret}", house.address()));
    let mut events = request.send().await.unwrap();
    assert_eq!(events.status().as_u16(), 200);
    let listed = ask(Method::GET, "/api/tokens".into(), None).await;
    assert!(!listed.text().contains(&secret));
    assert!(listed.json()[1]["last_used"].is_string(), "{}", listed.text());
    assert_eq!(ask(Method::DELETE, format!("/api/tokens/{id}"), None).await.status, 204);
    assert_eq!(socket.closed().await, UNAUTHORISED);
    while within(events.next()).await.is_some_and(|told| told.is_ok()) {}
    ask(Method::DELETE, format!("/api/tokens/{id}"), None).await.problem(404, "TOKEN_NOT_FOUND");
    let query = format!("/api/machines?token={}", token(&house, RoleConfig::Viewer, None));
    assert_eq!(self::ask(&house, Method::GET, &query, &[], None).await.status, 401, "in a query it would be logged");
}

#[actix_rt::test]
async fn what_the_command_line_changes_counts_at_once_in_a_daemon_that_runs() {
    let house = house().await;
    let book = Book::open(Disk::default(), &house.config.storage.path).unwrap();
    let wanted = Wanted { name: "by hand".into(), role: RoleConfig::Viewer, machines: None, expires_at: None };
    let (secret, kept) = tokens::create(&book, wanted, wall_now()).unwrap();
    while with_token(&house, Method::GET, "/api/machines", &secret, None).await.status != 200 {
        tokio::task::yield_now().await;
    }
    let mut socket = house.live(&format!("{LIVE}?token={secret}")).await;
    tokens::revoke(&book, &kept.id).unwrap();
    assert_eq!(socket.closed().await, UNAUTHORISED);
}

#[actix_rt::test]
async fn a_socket_without_a_credential_may_show_one_in_its_first_frame() {
    let house = house().await;
    let viewer = token(&house, RoleConfig::Viewer, None);
    let auth = |token: &str| json!({ "type": "auth", "token": token });
    for path in [LIVE, "/ws", "/ws/devices", "/ws/datapoints/stream"] {
        let mut socket = house.live(path).await;
        socket.send(Message::Ping("nothing is told yet".into())).await;
        socket.say(auth(&viewer)).await;
        assert!(socket.text().await.is_object(), "{path} greets");
    }
    let code = |path: &'static str, first: Message| {
        let house = &house;
        async move {
            let mut socket = house.live(path).await;
            socket.send(first).await;
            socket.closed().await
        }
    };
    let text = |frame: Value| Message::Text(frame.to_string().into());
    assert_eq!(code(LIVE, text(auth("made-up"))).await, UNAUTHORISED);
    assert_eq!(code(LIVE, text(json!({ "type": "command", "action": "emergency_stop" }))).await, UNAUTHORISED);
    assert_eq!(code(LIVE, Message::Text("{".into())).await, UNAUTHORISED);
    assert_eq!(code(LIVE, Message::Binary("x".into())).await, UNAUTHORISED);
    assert_eq!(code(LIVE, Message::Text("x".repeat(5000).into())).await, UNAUTHORISED);
    assert_eq!(code("/ws/datapoints/stream", text(auth("made-up"))).await, POLICY);
    let controller = token(&house, RoleConfig::Controller, Some(&["machine-a"]));
    assert_eq!(code(LIVE, text(auth(&controller))).await, UNAUTHORISED, "a controller only hands over readings");

    let mut socket = house.live("/ws/live/nowhere").await;
    socket.say(auth(&viewer)).await;
    assert_eq!(socket.text().await["code"], "MACHINE_NOT_FOUND");
    assert_eq!(socket.closed().await, 4004);
}

#[actix_rt::test]
async fn what_is_said_right_after_the_credential_is_heard() {
    let house = house().await;
    let operator = token(&house, RoleConfig::Operator, None);
    let mut socket = house.live(LIVE).await;
    socket.say(json!({ "type": "auth", "token": operator })).await;
    socket.say(json!({ "type": "command", "action": "acquire_control", "request_id": "r" })).await;
    socket.until(|frame| frame["type"] == "control_lease" && frame["yours"] == true).await;
}

#[actix_rt::test]
async fn at_this_computer_nobody_logs_in_and_nobody_else_pretends_to_be_there() {
    let house = House::with(&[simulator("machine-a", 100.0, 1000)]).await;
    let me = |headers: &'static [(&'static str, &'static str)]| {
        let house = &house;
        async move { ask(house, Method::GET, "/api/auth/me", headers, None).await.json() }
    };
    let here = me(&[]).await;
    assert_eq!((&here["access"], &here["user"]["role"]), (&json!("local"), &json!("admin")));
    assert_eq!((&here["setup_needed"], &here["login_possible"]), (&json!(false), &json!(false)));
    assert_eq!(me(&[("cookie", "hearth_session=of-another-daemon")]).await["access"], "local");
    for header in [
        &[("x-forwarded-for", "10.0.0.1")],
        &[("x-forwarded-host", "127.0.0.1")],
        &[("forwarded", "for=10.0.0.1")],
        &[("via", "1.1 proxy")],
    ] {
        assert_eq!(me(header).await["access"], "none", "{header:?}");
        assert_eq!(ask(&house, Method::POST, "/api/stop", header, None).await.status, 401, "{header:?}");
    }
    ask(&house, Method::GET, "/api/auth/me", &[("host", "evil.example")], None).await.problem(421, "UNKNOWN_HOST");
}

#[actix_rt::test]
async fn a_login_survives_a_restart_of_the_daemon() {
    let house = house().await;
    user(&house, "anna@x.example", RoleConfig::Admin);
    let here = [127, 0, 0, 1].into();
    let (secret, anna) = access(&house).log_in("anna@x.example", PASSWORD.into(), here, wall_now()).await.unwrap();
    let next = Access::open(&house.config, Disk::default()).unwrap();
    assert_eq!(next.whose(&secret, wall_now()), Some(anna));
    assert_eq!(next.offer_set_up(), None);
}

#[actix_rt::test]
async fn who_did_what_is_written_down_and_no_secret_with_it() {
    let house = house().await;
    user(&house, "anna@x.example", RoleConfig::Admin);
    let admin = token(&house, RoleConfig::Admin, None);
    let viewer = token(&house, RoleConfig::Viewer, None);
    let wrong = json!({ "email": "anna@x.example", "password": "second crack" });
    ask(&house, Method::POST, "/api/auth/login", &[], Some(wrong)).await;
    let cookie = log_in(&house, "anna@x.example").await;
    let mut socket = live_with(&house, &cookie).await;
    socket.say(json!({ "type": "control", "channel": "burner", "value": 0.5, "request_id": "r" })).await;
    socket.until(|frame| frame["type"] == "control_ack" && frame["request_id"] == "r").await;
    with_token(&house, Method::POST, "/api/machines/machine-a/rearm", &viewer, None).await.problem(403, "FORBIDDEN");
    with_token(&house, Method::POST, "/api/machines/machine-a/stop", &viewer, None).await;
    let new = json!({ "email": "otto@x.example", "role": "viewer", "password": PASSWORD });
    with_token(&house, Method::POST, "/api/users", &admin, Some(new)).await;

    let read = |query: &'static str| {
        let (house, admin) = (&house, &admin);
        async move { with_token(house, Method::GET, query, admin, None).await.json().as_array().unwrap().clone() }
    };
    let wanted = ["log_in", "control", "rearm", "stop", "manage_users"];
    let mut deeds = read("/api/audit").await;
    while deeds.len() < wanted.len() + 1 {
        deeds = read("/api/audit").await;
    }
    let by_action: BTreeMap<String, Value> =
        deeds.iter().map(|deed| (deed["action"].as_str().unwrap().to_owned(), deed.clone())).collect();
    assert_eq!(by_action.len(), wanted.len(), "{deeds:?}");
    let control = &by_action["control"];
    assert_eq!((&control["who"], &control["role"]), (&json!("anna@x.example"), &json!("admin")));
    assert_eq!((&control["machine"], &control["new"]["burner"]), (&json!("machine-a"), &json!(0.5)), "{control}");
    assert_eq!((&by_action["rearm"]["result"], &by_action["stop"]["result"]), (&json!("FORBIDDEN"), &json!("done")));
    assert_eq!(by_action["manage_users"]["new"]["email"], "otto@x.example");
    assert_eq!(deeds.iter().filter(|deed| deed["action"] == "log_in" && deed["result"] != "done").count(), 1);
    assert_eq!(read("/api/audit?machine=machine-a&limit=1").await[0]["action"], "stop");
    assert!(read("/api/audit?who=nobody-of-this-name").await.is_empty());
    let text = serde_json::to_string(&deeds).unwrap();
    for secret in [admin.as_str(), viewer.as_str(), cookie.split('=').nth(1).unwrap(), PASSWORD, "argon2"] {
        assert!(!text.contains(secret));
    }
}

#[actix_rt::test]
async fn a_password_in_the_wrong_field_is_not_written_down_and_that_somebody_has_another_one_is() {
    let house = house().await;
    let admin = token(&house, RoleConfig::Admin, None);
    user(&house, "anna@x.example", RoleConfig::Operator);
    for email in [PASSWORD, "Anna@X.example"] {
        let wrong = json!({ "email": email, "password": "second crack" });
        ask(&house, Method::POST, "/api/auth/login", &[], Some(wrong)).await.problem(401, "WRONG_PASSWORD");
    }
    let changed = json!({ "role": "operator", "password": "second crack" });
    let ask_for = |email: &str| format!("/api/users/{email}");
    with_token(&house, Method::PUT, &ask_for("anna@x.example"), &admin, Some(changed.clone())).await;
    with_token(&house, Method::PUT, &ask_for("otto@x.example"), &admin, Some(changed))
        .await
        .problem(404, "USER_NOT_FOUND");
    let deeds = loop {
        let deeds = with_token(&house, Method::GET, "/api/audit", &admin, None).await.json();
        if deeds.as_array().unwrap().len() == 4 {
            break deeds;
        }
    };
    assert_eq!((&deeds[3]["who"], &deeds[2]["who"]), (&json!("nobody"), &json!("anna@x.example")), "{deeds}");
    assert_eq!((&deeds[1]["old"]["password"], &deeds[1]["new"]["password"]), (&Value::Null, &json!("another one")));
    assert_eq!((&deeds[0]["result"], &deeds[0]["new"]["email"]), (&json!("USER_NOT_FOUND"), &json!("otto@x.example")));
    assert!(!deeds.to_string().contains(PASSWORD) && !deeds.to_string().contains("second crack"));
}

#[actix_rt::test]
async fn every_answer_is_for_one_asker_and_what_it_says_that_it_is() {
    let house = house().await;
    let admin = token(&house, RoleConfig::Admin, None);
    for (path, status, cache) in
        [("/api/users", 200, "no-store"), ("/api/nothing", 404, "no-store"), ("/api/openapi.json", 200, "no-cache")]
    {
        let answer = with_token(&house, Method::GET, path, &admin, None).await;
        assert_eq!((answer.status, answer.header("cache-control")), (status, cache), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[actix_rt::test]
async fn what_strangers_try_all_night_takes_a_few_lines_of_the_audit_and_what_is_done_stands_there_whole() {
    let house = house().await;
    user(&house, "anna@x.example", RoleConfig::Admin);
    let operator = token(&house, RoleConfig::Operator, None);
    let viewer = token(&house, RoleConfig::Viewer, None);
    for _ in 0..30 {
        ask(&house, Method::POST, "/api/stop", &[], None).await.problem(401, "UNAUTHORISED");
        let wrong = json!({ "email": "anna@x.example", "password": "second crack" });
        ask(&house, Method::POST, "/api/auth/login", &[], Some(wrong)).await;
        with_token(&house, Method::POST, "/api/machines/machine-a/rearm", &viewer, None)
            .await
            .problem(403, "FORBIDDEN");
    }
    for _ in 0..3 {
        with_token(&house, Method::POST, "/api/machines/machine-a/stop", &operator, None).await;
    }
    let admin = token(&house, RoleConfig::Admin, None);
    let told = async || {
        let written = with_token(&house, Method::GET, "/api/audit", &admin, None).await.json();
        let words = |deed: &Value| format!("{} {}", deed["action"].as_str().unwrap(), deed["result"].as_str().unwrap());
        written.as_array().unwrap().iter().rev().map(words).collect::<Vec<_>>()
    };
    while told().await.iter().filter(|deed| *deed == "stop done").count() < 3 {
        tokio::task::yield_now().await;
    }
    let done = ["stop done"; 3];
    let refused = ["stop UNAUTHORISED", "log_in WRONG_PASSWORD", "rearm FORBIDDEN", "log_in RATE_LIMITED"];
    assert_eq!(told().await, [&refused[..], &done[..]].concat());
}

#[actix_rt::test]
async fn a_path_that_is_written_in_another_way_is_the_same_deed_and_refused_in_the_same_words() {
    let house = house().await;
    let operator = token(&house, RoleConfig::Operator, None);
    for path in ["/api/machines/machine-a/stop", "/%61pi/machines/machine-a/stop", "/api/m%61chines/machine-%61/stop"] {
        assert_eq!(with_token(&house, Method::POST, path, &operator, None).await.status, 200, "{path}");
    }
    let admin = token(&house, RoleConfig::Admin, None);
    let of_machine = async || {
        let written = with_token(&house, Method::GET, "/api/audit?machine=machine-a", &admin, None).await.json();
        written.as_array().unwrap().len()
    };
    while of_machine().await < 3 {
        tokio::task::yield_now().await;
    }
    let refused = ask(&house, Method::GET, "/%61pi/v1/datapoints", &[], None).await;
    assert_eq!((refused.status, refused.json()["detail"].is_string()), (401, true), "{}", refused.text());
    assert_eq!(refused.json().as_object().unwrap().len(), 1, "{}", refused.text());
    let elsewhere = "GET /%61pi/v1/datapoints HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let answer = house.raw(elsewhere.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 421 ") && answer.contains("{\"detail\":"), "{answer}");
}

#[actix_rt::test]
async fn a_token_does_not_end_by_logging_out_and_nobody_is_told_that_it_did() {
    let house = house().await;
    let viewer = token(&house, RoleConfig::Viewer, None);
    for path in ["/api/auth/logout", "/api/v1/auth/logout"] {
        let answer = with_token(&house, Method::POST, path, &viewer, None).await;
        assert_eq!(answer.status, 409, "{path}: {}", answer.text());
        assert!(answer.text().contains("DELETE /api/tokens/"), "{}", answer.text());
    }
    assert_eq!(with_token(&house, Method::GET, "/api/machines", &viewer, None).await.status, 200);
    assert_eq!(
        ask(&house, Method::POST, "/api/auth/logout", &[], None).await.status,
        204,
        "nobody is logged out already"
    );
}

#[actix_rt::test]
async fn an_admin_sees_who_is_connected_and_has_them_go() {
    let house = house().await;
    let admin = token(&house, RoleConfig::Admin, None);
    let viewer = token(&house, RoleConfig::Viewer, None);
    let ask = |method, path: String| {
        let (house, admin) = (&house, &admin);
        async move { with_token(house, method, &path, admin, None).await }
    };
    let operator = token(&house, RoleConfig::Operator, None);
    let mut socket = house.live(&format!("{LIVE}?token={operator}&name=kitchen")).await;
    socket.say(json!({ "type": "command", "action": "acquire_control" })).await;
    socket.until(|frame| frame["type"] == "control_lease" && frame["yours"] == true).await;
    let request = awc::Client::builder().disable_timeout().finish();
    let request = request.get(format!("http://{}/api/os/events?token={viewer}", house.address()));
    let mut events = request.send().await.unwrap();
    let clients = ask(Method::GET, "/api/clients".into()).await.json();
    let [kitchen, reader] = clients.as_array().unwrap().as_slice() else { panic!("{clients}") };
    assert_eq!(
        (&kitchen["name"], &kitchen["dialect"], &kitchen["machine"]),
        (&json!("kitchen"), &json!("openroast"), &json!("machine-a"))
    );
    assert_eq!((&reader["role"], &reader["machine"]), (&json!("viewer"), &Value::Null));
    assert_eq!((&kitchen["steers"], &reader["steers"]), (&json!(["machine-a"]), &json!([])));
    for client in [kitchen, reader] {
        assert_eq!(ask(Method::DELETE, format!("/api/clients/{}", client["id"])).await.status, 204);
    }
    assert_eq!(socket.closed().await, POLICY);
    while within(events.next()).await.is_some_and(|told| told.is_ok()) {}
    ask(Method::DELETE, "/api/clients/nobody".into()).await.problem(404, "CLIENT_NOT_FOUND");
    ask(Method::DELETE, "/api/clients/99999".into()).await.problem(404, "CLIENT_NOT_FOUND");
}
