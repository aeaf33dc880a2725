//! Limits to named machines: every route and every socket, asked by somebody who may see one machine of several. Of the others no byte
//! is told, and what is asked of them is answered as what is not there.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use actix_rt::task::JoinHandle;
use awc::error::PayloadError;
use awc::http::Method;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use hearth::access::tokens::Wanted;
use hearth::config::users::RoleConfig;
use hearth::http::door::Length;
use hearth::http::operation::{Operation, Place};
use hearth::http::operations;
use hearth_actors::model::alarm::{BuiltIn, Cry};
use hearth_actors::model::ids::MachineId;
use hearth_actors::runtime::clock::wall_now;
use serde_json::{Value, json};
use support::{Answer, Frame, House, Live, Message, simulator, within};
use tokio_stream::wrappers::BroadcastStream;

/// The machine that is theirs; the others are not.
const OURS: &str = "drum";
const SCANNER: &str = "kiln-q7x";
const RIG: &str = "rig-q7x";
/// What stands in every answer that says something of the others: ids, labels, tags, channels, numbers.
const HIDDEN: [&str; 7] = ["q7x", "Zebra", "zebra", "turntable", "ring_light", "back_light", "77000"];
const LIMITED: [RoleConfig; 4] = [RoleConfig::Controller, RoleConfig::Viewer, RoleConfig::Operator, RoleConfig::Admin];
/// Frames after which the last one is not waited for any more.
const FRAMES_MAX: usize = 20_000;

/// A house that others reach through a proxy, so that one must log in, with an admin of all machines.
struct Shop {
    house: House,
    admin: String,
}

/// What there is of the hidden machines.
#[derive(Default)]
struct Hoard {
    profile: String,
    task: String,
    command: String,
    occurrence: String,
}

fn scanner() -> Value {
    let motor = |id: &str, number: u32, min: f64| {
        json!({ "id": id, "label": "Zebra motor", "group": "motors", "kind": "control", "class": "motion", "min": min, "max": 360,
                "step": 0.1, "unit": "°", "failsafe": "hold", "tag": format!("zebra.{id}"), "endpoint_id": number })
    };
    let light = |id: &str, number: u32| {
        json!({ "id": id, "label": "Zebra light", "group": "lights", "kind": "control", "control": "toggle", "class": "other",
                "failsafe": "hold", "tag": format!("zebra.{id}"), "endpoint_id": number })
    };
    let camera = json!({ "id": "camera", "label": "Zebra camera", "group": "cameras", "kind": "sensor", "unit": "lux",
                         "tag": "zebra.camera", "endpoint_id": 770_005 });
    json!({
        "id": SCANNER, "name": "Zebra furnace", "kind": "scanner", "autoconnect": true, "sampling_interval_ms": 500,
        "driver": { "type": "simulator", "model": "scanner", "speed": 4.0, "noise": 0.0 },
        "channels": [
            motor("turntable", 770_001, 0.0), motor("rotor", 770_002, -90.0), light("ring_light", 770_003),
            light("back_light", 770_004), camera,
        ],
    })
}

fn rig(name: &str) -> Value {
    let inlet = json!({ "id": "zebra_inlet", "kind": "sensor", "unit": "celsius", "tag": "zebra.inlet", "endpoint_id": 770_011 });
    json!({ "id": RIG, "name": name, "kind": "rig", "autoconnect": true, "driver": { "type": "push" }, "channels": [inlet] })
}

impl Shop {
    async fn open() -> Self {
        let machines = [simulator(OURS, 2.0, 1000), scanner(), rig("Zebra rig")];
        let house =
            House::configured(&machines, |config| config.server.trusted_proxies = vec!["192.0.2.1".parse().unwrap()])
                .await;
        let admin = token(&house, RoleConfig::Admin, None);
        let shop = Self { house, admin };
        shop.once("/api/machines", |machines| {
            let is_there =
                |id| machines.as_array().unwrap().iter().any(|m| m["id"] == id && m["driver_state"] == "connected");
            is_there(OURS) && is_there(SCANNER)
        })
        .await;
        shop
    }

    /// Somebody who may see our machine only.
    fn limited(&self, role: RoleConfig) -> String {
        token(&self.house, role, Some(&[OURS]))
    }

    async fn ask(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let headers = [("authorization", &*format!("Bearer {token}"))];
        self.house.send_with(&headers, method, path, body.into()).await
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.ask(token, Method::GET, path, None).await
    }

    /// What an admin of everything does, and must be able to.
    async fn done(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let answer = self.ask(&self.admin, method.clone(), path, body).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// What is there once it fits, as an admin of everything sees it; looked at again with all that happens.
    async fn once(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let house = self.house.daemon.state().house.unscoped();
        let machines = house.machines();
        let buses =
            machines.iter().map(|machine| BroadcastStream::new(machine.bus().subscribe()).map(drop).boxed_local());
        let tasks = BroadcastStream::new(house.tasks().attach().events).map(drop);
        let mut news = stream::select_all(buses.chain([tasks.boxed_local()]));
        let looking = async {
            loop {
                let found = self.get(&self.admin, path).await.json();
                if fits(&found) {
                    return found;
                }
                news.next().await;
            }
        };
        within(looking).await
    }

    /// Fills the hidden machines with everything that there can be of one.
    async fn fill(&self) -> Hoard {
        let at = |path: &str| format!("/api/machines/{SCANNER}{path}");
        let light = json!({ "endpointId": 770_003, "value": true, "commandType": "write" });
        let command = self.done(Method::POST, "/api/os/command", Some(light)).await["commandId"].clone();
        let action = |action: &str| Some(json!({ "action": action }));
        self.done(Method::POST, &at("/session"), action("start_monitoring")).await;
        self.done(Method::POST, &at("/session"), action("start_recording")).await;
        let document = json!({
            "machine_id": SCANNER, "machine_name": "Zebra furnace", "name": "Zebra roast",
            "series": { "timestamp_ms": [0, 1000], "bt": [20.0, 21.0], "extra_channels": { "turntable": [1.0, 2.0] } },
        });
        let profile = self.done(Method::POST, "/api/profiles", Some(document)).await["id"].clone();
        let program = json!({ "machine_id": SCANNER, "steps": [{ "type": "set", "values": { "ring_light": false } }] });
        self.done(Method::PUT, "/api/programs/zebra-day", Some(program)).await;
        let scan = json!({ "kwargs": { "machine_id": SCANNER, "positions": 2 }, "project": "zebra-project" });
        let task = self.done(Method::POST, "/api/tasks/scan", Some(scan)).await["id"].clone();
        let house = json!({ "kwargs": { "error_message": "Zebra" } });
        self.done(Method::POST, "/api/tasks/failing_task", Some(house)).await;
        self.once(&format!("/api/tasks/{}", text(&task)), |task| task["status"] == "completed").await;
        let id = MachineId::parse(SCANNER).unwrap();
        let machine = self.house.daemon.state().house.unscoped().find(&id).unwrap();
        machine.alarms().raise(BuiltIn::WriteFailed, Cry::critical("Zebra trouble"));
        let is_ours = |alarm: &Value| alarm["tileId"] == SCANNER;
        let alarms = self.once("/api/os/alarms", |alarms| alarms["data"].as_array().unwrap().iter().any(is_ours)).await;
        let occurrence =
            alarms["data"].as_array().unwrap().iter().find(|alarm| is_ours(alarm)).unwrap()["id"].to_string();
        Hoard { profile: text(&profile), task: text(&task), command: text(&command), occurrence }
    }
}

fn token(house: &House, role: RoleConfig, machines: Option<&[&str]>) -> String {
    let machines = machines.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
    let wanted = Wanted { name: "test".into(), role, machines, expires_at: None };
    house.daemon.state().access.create_token(wanted, wall_now()).unwrap().0
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Whether something tells of a machine that is hidden.
fn leaks<'a>(told: &str, hoard: &'a Hoard) -> Vec<&'a str> {
    let own = [&hoard.profile, &hoard.task, &hoard.command].map(String::as_str);
    HIDDEN.into_iter().chain(own).filter(|word| !word.is_empty() && told.contains(word)).collect()
}

#[track_caller]
fn must_not_leak(what: &str, answer: &Answer, hoard: &Hoard) {
    let told = format!("{:?} {}", answer.headers, answer.text());
    assert_eq!(leaks(&told, hoard), Vec::<&str>::new(), "{what}: {told}");
}

impl Hoard {
    /// What stands for a parameter: of a hidden machine, and of none at all. `None` where it names nothing of a machine.
    fn of(&self, operation: &Operation, parameter: &str) -> Option<(String, &'static str)> {
        const NOWHERE: &str = "0197a000-0000-7000-8000-00000000beef";
        let path = operation.path;
        let is_job = operation.method == awc::http::Method::POST.as_str() && path.ends_with("/tasks/{task}");
        Some(match parameter {
            "id" if path.starts_with("/api/machines/") || path.starts_with("/api/os/tiles/") => {
                (SCANNER.to_owned(), "kiln-none")
            }
            "machine_id" => (SCANNER.to_owned(), "kiln-none"),
            "id" if path.starts_with("/api/profiles/") => (self.profile.clone(), NOWHERE),
            "id" if path.starts_with("/api/programs/") => ("zebra-day".to_owned(), "other-day"),
            "id" if path.starts_with("/api/os/command/") => {
                (self.command.clone(), "00000fff-0000-8000-8000-000000000009")
            }
            "id" if path.starts_with("/api/os/alarms/") => (self.occurrence.clone(), "424242424242"),
            "task" if !is_job => (self.task.clone(), NOWHERE),
            "project" => ("zebra-project".to_owned(), "other-project"),
            "device_id" => ("zebra.ring_light".to_owned(), "other.ring_light"),
            _ => return None,
        })
    }
}

/// The path of an operation, with something in place of each parameter.
fn filled(place: &str, fill: impl Fn(&str) -> String) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => fill(name),
        None => part.to_owned(),
    };
    place.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn parameters(operation: &Operation) -> Vec<&'static str> {
    operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Path)
        .map(|parameter| parameter.name)
        .collect()
}

fn method(operation: &Operation) -> Method {
    operation.method.as_str().parse().unwrap()
}

/// Everything that can be asked by HTTP.
fn asked() -> Vec<Operation> {
    let tells = |operation: &Operation| operation.rule().length == Length::Whole;
    // The description is the same for everybody, with examples of its own.
    let is_fixed = |operation: &Operation| ["openApi", "docs"].contains(&operation.id);
    operations::all().into_iter().filter(|operation| tells(operation) && !is_fixed(operation)).collect()
}

/// Queries that ask for something of a machine, by the end of a path.
fn queries(place: &str) -> Vec<String> {
    let by: &[&str] = match place {
        "/api/profiles" | "/api/tasks" | "/api/programs" => &["machine_id"],
        "/api/os/telemetry/latest" => &["tileId", "nodeId"],
        "/api/os/endpoints" => &["nodeId"],
        _ => &["machine"],
    };
    by.iter().map(|key| format!("{place}?{key}=")).collect()
}

#[actix_rt::test]
async fn no_list_and_no_answer_tells_of_a_machine_that_is_not_theirs() {
    let shop = Shop::open().await;
    let hoard = shop.fill().await;
    let tokens = LIMITED.map(|role| (role, shop.limited(role)));
    let (mut judged, mut told) = (0, String::new());
    for operation in asked().iter().filter(|operation| operation.method == "GET") {
        for place in operation.places() {
            let ours = |name: &str| match name {
                "id" | "machine_id" => OURS.to_owned(),
                "channel" => "burner".to_owned(),
                "device_id" => format!("{OURS}.bt"),
                _ => "nobody".to_owned(),
            };
            let path = filled(&place, ours);
            let several = ["", "?include=current&limit=1000", "?status=cleared_acked", "?q=zebra", "?include=series"];
            for query in several {
                let path = format!("{path}{query}");
                for (role, token) in &tokens {
                    must_not_leak(&format!("{role:?} {path}"), &shop.get(token, &path).await, &hoard);
                    judged += 1;
                }
                // Who may see everything is told of it: the words are the right ones.
                told.push_str(&shop.get(&shop.admin, &path).await.text());
            }
        }
    }
    assert!(judged > 700, "{judged}");
    for word in HIDDEN.into_iter().chain([&*hoard.profile, &*hoard.task]) {
        assert!(told.contains(word), "{word} is told to nobody");
    }
}

#[actix_rt::test]
async fn what_is_not_theirs_is_answered_as_what_is_not_there_and_stays_as_it_is() {
    let shop = Shop::open().await;
    let hoard = shop.fill().await;
    let tokens = LIMITED.map(|role| (role, shop.limited(role)));
    let as_it_is = async || {
        let mut all = Vec::new();
        for path in ["/api/profiles", "/api/tasks", "/api/programs"] {
            all.push(shop.get(&shop.admin, path).await.json());
        }
        // The rig's controller never sends, and after a while that is an alarm.
        let alarms = shop.get(&shop.admin, "/api/os/alarms").await.json()["data"].as_array().unwrap().clone();
        all.extend(alarms.into_iter().filter(|alarm| alarm["machine_id"] != RIG));
        let view = shop.get(&shop.admin, &format!("/api/machines/{SCANNER}/session")).await.json();
        all.extend(["state", "safety", "controls", "driver_state"].map(|key| view[key].clone()));
        all
    };
    let before = as_it_is().await;
    let mut judged = 0;
    for operation in asked() {
        let named = parameters(&operation);
        let values: Vec<(String, &str)> = named.iter().filter_map(|name| hoard.of(&operation, name)).collect();
        if !named.is_empty() && values.is_empty() && !operation.path.contains("{name}") {
            continue;
        }
        for place in operation.places() {
            let with = |hidden: bool| {
                filled(&place, |name| match hoard.of(&operation, name) {
                    Some((value, _)) if hidden => value,
                    Some((_, nowhere)) => nowhere.to_owned(),
                    None if name == "number" => "1".to_owned(),
                    None => "ring_light".to_owned(),
                })
            };
            let (mut pairs, mut values) = (vec![(with(true), with(false))], values.clone());
            if operation.method == "GET" || operation.path.contains("{name}") {
                values.push((SCANNER.to_owned(), "kiln-none"));
                pairs.extend(
                    queries(&with(true))
                        .into_iter()
                        .zip(queries(&with(false)))
                        .map(|(hidden, nowhere)| (hidden + SCANNER, nowhere + "kiln-none")),
                );
            }
            for (hidden, nowhere) in pairs.into_iter().filter(|(hidden, nowhere)| hidden != nowhere) {
                for (role, token) in &tokens {
                    let what = format!("{} {hidden} as {role:?}", operation.method);
                    // What was asked for may be said again, and nothing else.
                    let ask = async || {
                        let answer = shop.ask(token, method(&operation), &hidden, None).await;
                        let expected = shop.ask(token, method(&operation), &nowhere, None).await;
                        let told = values.iter().fold(answer.text(), |text, (value, _)| text.replace(value, "X"));
                        let wanted = values.iter().fold(expected.text(), |text, (_, none)| text.replace(none, "X"));
                        ((answer.status, told), (expected.status, wanted))
                    };
                    let (mut told, mut wanted) = ask().await;
                    if !place.contains("latest") && !place.ends_with("/metrics") && !place.ends_with("/health") {
                        if told != wanted && operation.method == "GET" {
                            // A reading came between the two; the next one takes longer than asking again.
                            (told, wanted) = ask().await;
                        }
                        assert_eq!(told, wanted, "{what}");
                    }
                    let (_, told) = told;
                    assert_eq!(leaks(&told.replace("ring_light", ""), &hoard), Vec::<&str>::new(), "{what}: {told}");
                    judged += 1;
                }
            }
        }
    }
    assert!(judged > 500, "{judged}");
    assert_eq!(as_it_is().await, before);
}

#[actix_rt::test]
async fn what_a_body_names_is_found_only_where_it_is_theirs() {
    let shop = Shop::open().await;
    let hoard = shop.fill().await;
    let operator = shop.limited(RoleConfig::Operator);
    let series = json!({ "timestamp_ms": [0, 1000], "bt": [20.0, 21.0] });
    let bodies = |machine: &str, tag: &str, number: u32| {
        let by_machine = json!({ "machine_id": machine });
        let steps = json!([{ "type": "hold", "for_s": 1 }]);
        vec![
            (Method::POST, "/api/os/command", json!({ "endpointId": number, "value": true, "commandType": "write" })),
            (Method::POST, "/api/os/telemetry/ingest", json!({ "endpointId": number, "value": 1 })),
            (Method::POST, "/api/v1/datapoints", json!({ "event_public_id": tag, "value": 1 })),
            (
                Method::POST,
                "/api/v1/datapoints/batch",
                json!({ "datapoints": [{ "event_public_id": tag, "value": 1 }] }),
            ),
            (Method::POST, "/api/profiles", by_machine.clone()),
            (Method::POST, "/api/profiles", json!({ "machine_id": machine, "name": "x", "series": series })),
            (Method::POST, "/api/profiles/import", json!({ "machine_id": machine, "name": "x", "series": series })),
            (Method::PUT, "/api/programs/fresh", json!({ "machine_id": machine, "steps": steps })),
            (Method::POST, "/api/tasks/generator_task", by_machine.clone()),
            (Method::POST, "/latest/tasks/generator_task", by_machine.clone()),
            (Method::POST, "/api/tasks/scan", json!({ "kwargs": by_machine })),
            (Method::POST, "/api/tasks/program", json!({ "kwargs": { "machine_id": machine, "steps": steps } })),
            (
                Method::POST,
                "/api/tasks/replay",
                json!({ "kwargs": { "machine_id": machine, "profile_id": hoard.profile } }),
            ),
        ]
    };
    // A scanner that is there has channels; one that is not has none, and that is told as well.
    let shown =
        |answer: &Answer, sent: [&str; 3]| sent.iter().fold(answer.text(), |told, word| told.replace(word, "X"));
    for (tag, number) in [("zebra.ring_light", 770_003), ("zebra.inlet", 770_011)] {
        let machine = if number == 770_011 { RIG } else { SCANNER };
        let nowhere = ("kiln-none", "other.tag", 990_003);
        let pairs = bodies(machine, tag, number).into_iter().zip(bodies(nowhere.0, nowhere.1, nowhere.2));
        for ((method, path, body), (_, _, nothing)) in pairs {
            let answer = shop.ask(&operator, method.clone(), path, Some(body.clone())).await;
            let expected = shop.ask(&operator, method, path, Some(nothing)).await;
            let told = shown(&answer, [machine, tag, &number.to_string()]);
            let wanted = shown(&expected, [nowhere.0, nowhere.1, &nowhere.2.to_string()]);
            assert!((400..500).contains(&answer.status), "{path} {body}: {told}");
            assert_eq!((answer.status, told), (expected.status, wanted), "{path} {body}");
        }
    }
    assert_eq!(
        shop.get(&shop.admin, "/api/os/telemetry/latest?endpointId=770011").await.json()["valueNum"],
        Value::Null
    );
    let taken = json!({ "machine_id": OURS, "steps": [{ "type": "hold", "for_s": 1 }] });
    let refused = shop.ask(&operator, Method::PUT, "/api/programs/zebra-day", Some(taken.clone())).await;
    refused.problem(409, "EXISTS");
    assert_eq!(shop.ask(&operator, Method::PUT, "/api/programs/our-day", Some(taken)).await.status, 201);
    assert_eq!(shop.get(&operator, "/api/programs").await.json()[0]["id"], "our-day");
}

#[actix_rt::test]
async fn a_task_of_theirs_is_seen_and_one_of_the_house_is_not_started() {
    let shop = Shop::open().await;
    let (operator, admin) = (shop.limited(RoleConfig::Operator), shop.limited(RoleConfig::Admin));
    let start = |token: String, job: &'static str, body: Value| {
        let shop = &shop;
        async move { shop.ask(&token, Method::POST, &format!("/api/tasks/{job}"), Some(body)).await }
    };
    start(operator.clone(), "generator_task", json!({})).await.problem(403, "FORBIDDEN");
    for job in ["export_profiles", "import_profiles", "backup", "modbus_scan"] {
        start(admin.clone(), job, json!({ "machine_id": OURS })).await.problem(403, "FORBIDDEN");
    }
    let made = start(operator.clone(), "generator_task", json!({ "machine_id": OURS, "args": [1, 0] })).await;
    assert_eq!(made.status, 202, "{}", made.text());
    let listed = shop.get(&operator, "/api/tasks").await.json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &made.json()["id"]));
}

#[actix_rt::test]
async fn a_roast_of_another_machine_is_replayed_by_nobody_who_does_not_see_it() {
    let shop = Shop::open().await;
    let hoard = shop.fill().await;
    let operator = shop.limited(RoleConfig::Operator);
    let mut socket = shop.house.live(&format!("/ws/live/{OURS}?token={operator}")).await;
    let start = |profile: &str| json!({ "type": "replay_control", "action": "start", "profile_id": profile, "request_id": profile });
    for profile in [&*hoard.profile, "0197a000-0000-7000-8000-00000000beef"] {
        socket.say(start(profile)).await;
        let (_, answer) = socket.until(|frame| frame["request_id"] == profile).await;
        assert_eq!(answer["code"], "PROFILE_NOT_FOUND", "{answer}");
    }
    let body = json!({ "kwargs": { "machine_id": OURS, "profile_id": hoard.profile } });
    let task = shop.ask(&operator, Method::POST, "/api/tasks/replay", Some(body)).await.json();
    let path = format!("/api/tasks/{}", text(&task["id"]));
    let ended = shop.once(&path, |task| task["completed_at"].is_string()).await;
    assert_eq!(ended["error"], format!("there is no profile {}", hoard.profile));
}

#[actix_rt::test]
async fn stop_of_everything_stops_also_what_is_not_seen_and_names_only_what_is() {
    let shop = Shop::open().await;
    let viewer = shop.limited(RoleConfig::Viewer);
    let stopped = shop.ask(&viewer, Method::POST, "/api/stop", None).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    let named: Vec<String> = stopped.json()["machines"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, [OURS]);
    must_not_leak("stop", &stopped, &Hoard::default());
    for machine in [OURS, SCANNER] {
        let path = format!("/api/machines/{machine}/session");
        shop.once(&path, |view| view["safety"]["latched"] == true).await;
    }
}

/// Somebody who listens to a socket or a stream, and what it was told up to its last word.
struct Ear {
    what: String,
    told: JoinHandle<String>,
}

/// Listens to a socket until it has heard a word.
async fn hear(mut socket: Live, what: String, word: &'static str) -> String {
    let mut told = String::new();
    for _ in 0..FRAMES_MAX {
        match socket.next().await {
            Some(Frame::Text(text)) => {
                let text = String::from_utf8_lossy(&text);
                told.push_str(&text);
                told.push('\n');
                if text.contains(word) {
                    return told;
                }
            }
            Some(Frame::Ping(payload)) => socket.send(Message::Pong(payload)).await,
            Some(Frame::Pong(_)) => {}
            other => panic!("{what}: {other:?} after {}", end(&told)),
        }
    }
    panic!("{what} was never told {word}: {}", end(&told))
}

/// Reads a stream until it has told a word.
async fn read(mut stream: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin, word: &'static str) -> String {
    let mut told = String::new();
    while !told.contains(word) {
        let bytes = within(stream.next()).await.unwrap_or_else(|| panic!("the events ended after {}", end(&told)));
        told.push_str(&String::from_utf8_lossy(&bytes.unwrap()));
    }
    told
}

fn end(told: &str) -> String {
    let skipped = told.chars().count().saturating_sub(1_000);
    told.chars().skip(skipped).collect()
}

/// All sockets and streams that tell of machines, opened with a token, asking for as much as one can ask for.
async fn ears(shop: &Shop, token: &str, sees_all: bool) -> Vec<Ear> {
    let all = ["telemetry", "alarms", "commands"].map(|channel| json!({ "type": "subscribe", "channel": channel }));
    let by_number = json!({ "type": "subscribe", "channel": "telemetry", "endpointIds": [770_003] });
    let by_tag = json!({ "action": "get_status", "device_id": "zebra.ring_light" });
    let mut sockets = vec![
        (format!("/ws/live/{OURS}"), vec![json!({ "type": "command", "action": "sync", "last_timestamp_ms": null })]),
        ("/ws".to_owned(), all.to_vec()),
        ("/ws".to_owned(), [vec![by_number], all.to_vec()].concat()),
        ("/ws/devices".to_owned(), vec![json!({ "action": "get_all_status" }), by_tag]),
        ("/ws/datapoints/stream".to_owned(), Vec::new()),
    ];
    for prefix in ["", "/latest", "/v0.9", "/next", "/api/v0.9"] {
        sockets.push((format!("{prefix}/ws/tasks"), Vec::new()));
        sockets.push((format!("{prefix}/ws/device"), Vec::new()));
    }
    let mut ears = Vec::new();
    for (path, says) in sockets {
        let mut live = shop.house.live(&format!("{path}?token={token}")).await;
        for frame in &says {
            live.say(frame.clone()).await;
        }
        // The last word is of the machine that both see.
        let word = match path.as_str() {
            path if path.ends_with("/ws/tasks") => "\"generator_task\"",
            // There it is the scanner's, which is stopped by then, or ours.
            path if path.ends_with("/ws/device") && sees_all => "\"ring_light\"",
            path if path.starts_with("/ws/live/") => ":0.37",
            _ => "\"value\":37",
        };
        let what = format!("{path} {says:?}");
        ears.push(Ear { told: actix_rt::spawn(hear(live, what.clone(), word)), what });
    }
    for known in ["", "kiln-q7x:1,drum:1"] {
        let client = awc::Client::builder().disable_timeout().finish();
        let request = client.get(format!("http://{}/api/os/events", shop.house.address())).bearer_auth(token);
        let request = if known.is_empty() { request } else { request.insert_header(("Last-Event-ID", known)) };
        let body = request.send().await.unwrap();
        assert_eq!(body.status().as_u16(), 200);
        ears.push(Ear { what: format!("events {known}"), told: actix_rt::spawn(read(body, "\"value\":37")) });
    }
    ears
}

#[actix_rt::test]
async fn no_socket_and_no_stream_tells_of_a_machine_that_is_not_theirs() {
    let shop = Shop::open().await;
    let (all, limited) = (token(&shop.house, RoleConfig::Viewer, None), shop.limited(RoleConfig::Operator));
    let (free, bound) = (ears(&shop, &all, true).await, ears(&shop, &limited, false).await);
    let hoard = shop.fill().await;
    let at = |path: &str| format!("/api/machines/{SCANNER}{path}");
    // Machines that come, change, break and go.
    shop.done(Method::POST, &at("/stop"), None).await;
    shop.done(Method::POST, &at("/rearm"), None).await;
    shop.done(Method::POST, &at("/disconnect"), None).await;
    shop.done(Method::POST, &at("/connect"), None).await;
    shop.done(Method::PUT, &format!("/api/machines/{RIG}"), Some(rig("Zebra rig II"))).await;
    shop.done(Method::DELETE, &format!("/api/machines/{RIG}"), None).await;
    shop.done(Method::POST, "/api/machines", Some(rig("Zebra rig III"))).await;
    let inlet = json!({ "event_public_id": "zebra.inlet", "value": 31.25 });
    shop.done(Method::POST, "/api/v1/datapoints", Some(inlet)).await;
    shop.done(Method::DELETE, &format!("/api/tasks/{}/cleanup", hoard.task), None).await;
    let last = json!({ "machine_id": OURS, "args": [1, 0] });
    shop.done(Method::POST, "/api/tasks/generator_task", Some(last)).await;
    let start = json!({ "action": "start_monitoring" });
    shop.done(Method::POST, &format!("/api/machines/{OURS}/session"), Some(start)).await;
    shop.done(Method::POST, &format!("/api/machines/{OURS}/controls/burner"), Some(json!({ "value": 0.37 }))).await;
    for Ear { what, told } in bound {
        // What was asked for in vain is said again.
        let told = told.await.unwrap().replace("Device zebra.ring_light not found", "");
        let told = told.replace("\"unknown\":[\"770003\"]", "");
        assert_eq!(leaks(&told, &hoard), Vec::<&str>::new(), "{what}: {}", end(&told));
    }
    for Ear { what, told } in free.into_iter().filter(|ear| !ear.what.contains("/ws/live/")) {
        let told = told.await.unwrap();
        assert!(!leaks(&told, &hoard).is_empty(), "{what} is blind: {}", end(&told));
    }
}

#[actix_rt::test]
async fn a_socket_of_a_machine_that_is_not_theirs_is_closed_as_one_of_none() {
    let shop = Shop::open().await;
    let operator = shop.limited(RoleConfig::Operator);
    for machine in [SCANNER, "kiln-none"] {
        let mut with_query = shop.house.live(&format!("/ws/live/{machine}?token={operator}")).await;
        let mut with_frame = shop.house.live(&format!("/ws/live/{machine}")).await;
        with_frame.say(json!({ "type": "auth", "token": operator })).await;
        for socket in [&mut with_query, &mut with_frame] {
            let told = socket.text().await;
            assert_eq!(
                (&told["code"], told["message"].as_str().unwrap().contains(machine)),
                (&json!("MACHINE_NOT_FOUND"), true)
            );
            assert_eq!(socket.closed().await, 4004);
        }
        let refused = Live::open(shop.house.address(), &format!("/ws/device?machine={machine}&token={operator}")).await;
        let refused = refused.err().unwrap().replace(machine, "X");
        assert!(refused.starts_with("HTTP/1.1 404") && refused.contains("there is no machine \\\"X\\\""), "{refused}");
        let mut device = shop.house.live(&format!("/ws/device?machine={machine}")).await;
        device.say(json!({ "type": "auth", "token": operator })).await;
        assert_eq!(device.closed().await, 4004);
    }
}

#[actix_rt::test]
async fn a_controller_hands_over_readings_of_its_machines_only() {
    let shop = Shop::open().await;
    let theirs = token(&shop.house, RoleConfig::Controller, Some(&[RIG]));
    let others = shop.limited(RoleConfig::Controller);
    let value = json!({ "event_public_id": "zebra.inlet", "value": 20.5 });
    let push = |token: String| {
        let (shop, value) = (&shop, value.clone());
        async move { shop.ask(&token, Method::POST, "/api/v1/datapoints", Some(value)).await.status }
    };
    assert_eq!((push(others.clone()).await, push(theirs).await), (404, 201));
    let mut socket = shop.house.live(&format!("/ws/controller/telemetry?token={others}")).await;
    socket.say(value).await;
    assert!(socket.text().await.to_string().contains("no machine with a remote controller"));
}
