//! REST from outside: the manners of the wire contract, and that no mistake of a client takes the daemon down.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::collections::BTreeSet;

use awc::http::Method;
use hearth::config::tree::LimitsConfig;
use serde_json::{Value, json};
use support::{House, Sent, simulator};

const BODY_BYTES: usize = 16 << 10;

async fn house() -> House {
    let limits = LimitsConfig { body_bytes: BODY_BYTES, import_bytes: 64 << 10, ..LimitsConfig::default() };
    House::within(&[simulator("machine-a", 1.0, 1000)], limits).await
}

fn profile() -> Value {
    json!({
        "machine_id": "machine-a", "name": "Kenya, light",
        "series": {"timestamp_ms": [0, 1000, 2000], "bt": [195.0, 181.3, 168.2], "et": [210.5, null, 203.4]},
        "events": [{"event_type": "CHARGE", "timestamp_ms": 0}],
    })
}

/// Every described path with its methods; parameters are filled with ids that nothing has.
async fn described(house: &House) -> Vec<(String, BTreeSet<String>)> {
    let document = house.get("/api/openapi.json").await.json();
    let fill = |path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "nobody" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let methods = |item: &Value| item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
    document["paths"].as_object().unwrap().iter().map(|(path, item)| (fill(path), methods(item))).collect()
}

#[actix_rt::test]
async fn every_described_path_is_there_and_names_exactly_its_methods_when_asked_with_another() {
    let house = house().await;
    let described = described(&house).await;
    assert!(described.len() > 20, "{described:?}");
    for (path, methods) in described {
        let answer = house.send(Method::from_bytes(b"PROPFIND").unwrap(), &path, Sent::Nothing).await;
        assert_eq!(answer.status, 405, "{path}: {}", answer.text());
        let allowed: BTreeSet<String> = answer.header("allow").split(", ").map(str::to_owned).collect();
        assert_eq!(allowed, methods, "{path}");
        for method in methods {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = house.send(method, &path, Sent::Nothing).await;
            assert!(answer.status != 405, "{path}");
            assert!(answer.status != 404 || answer.json()["code"] != "NOT_FOUND", "{path}: {}", answer.text());
            let kind = answer.header("content-type");
            // Dialects that document an envelope of their own keep it.
            let dialects = ["/api/v1/", "/api/os/", "/latest/", "/v0.9/", "/next/", "/api/v0.9/", "/ws/"];
            let is_dialects = path == "/ws" || dialects.iter().any(|prefix| path.starts_with(prefix));
            let is_dialects = is_dialects && !path.starts_with("/ws/live/");
            let wanted = if is_dialects { "application/json" } else { "application/problem+json" };
            assert!(answer.status < 400 || kind == wanted, "{path}: {} {kind}", answer.status);
        }
    }
}

#[actix_rt::test]
async fn a_path_answers_the_same_with_and_without_a_slash_at_its_end() {
    let house = house().await;
    for path in
        ["/api/openapi.json", "/api/docs", "/api/machines", "/api/machines/machine-a", "/api/profiles", "/healthz"]
    {
        let (bare, slashed) = (house.get(path).await, house.get(&format!("{path}/")).await);
        assert_eq!((bare.status, slashed.status), (200, 200), "{path}");
        assert_eq!(bare.header("content-type"), slashed.header("content-type"));
        // The list tells the time since the last reading; all else is the same to the byte.
        assert!(path == "/api/machines" || bare.body == slashed.body, "{path}");
    }
    let created = house.post("/api/machines/", simulator("with-a-slash", 1.0, 1000)).await;
    assert_eq!((created.status, created.header("location")), (201, "/api/machines/with-a-slash"));
}

#[actix_rt::test]
async fn a_path_that_is_not_there_is_a_problem_and_so_is_one_that_tries_to_leave() {
    let house = house().await;
    let huge = format!("/api/{}", "x".repeat(1000));
    let unknown =
        ["/api", "/api/nothing", "/nothing", "/api/machines/machine-a/nothing", "/api/docs/index.html", &huge];
    for path in unknown {
        house.get(path).await.problem(404, "NOT_FOUND");
    }
    house.get(&format!("/api/{}", "x".repeat(4000))).await.problem(414, "TOO_LONG");
    for path in
        ["/../../etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/api/docs/../../x"]
    {
        let answer =
            house.raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(!answer.contains("root:"), "{path}");
    }
    house.assert_alive().await;
}

#[actix_rt::test]
async fn an_id_that_no_machine_or_profile_can_have_is_not_found_and_nothing_else() {
    let house = house().await;
    let huge = "a".repeat(900);
    for id in ["nobody", "..%2f..%2fetc", "%2e%2e", "a%00b", "Machine-A", "%F0%9F%94%A5", "a%0d%0aSet-Cookie:x", &huge]
    {
        house.get(&format!("/api/machines/{id}")).await.problem(404, "MACHINE_NOT_FOUND");
        house.post(&format!("/api/machines/{id}/stop"), json!({})).await.problem(404, "MACHINE_NOT_FOUND");
        house.get(&format!("/api/profiles/{id}")).await.problem(404, "PROFILE_NOT_FOUND");
        house.get(&format!("/api/profiles/{id}/export")).await.problem(404, "PROFILE_NOT_FOUND");
        let control = format!("/api/machines/machine-a/controls/{id}");
        house.post(&control, json!({"value": 0.5})).await.problem(404, "CHANNEL_NOT_FOUND");
    }
    house.get("/api/machines/%ff%fe").await.problem(404, "MACHINE_NOT_FOUND");
    house.assert_alive().await;
}

#[actix_rt::test]
async fn a_query_that_cannot_be_read_is_a_problem_like_any_other() {
    let house = house().await;
    for path in
        ["/api/machines/machine-a/session?since_ms=soon", "/api/profiles?limit=many", "/api/profiles?from=today"]
    {
        house.get(path).await.problem(400, "MALFORMED");
    }
    let answer = house.send(Method::DELETE, "/api/machines/machine-a?force=perhaps", Sent::Nothing).await;
    answer.problem(400, "MALFORMED");
    assert_eq!(house.get("/api/machines/machine-a").await.status, 200);
}

#[actix_rt::test]
async fn a_body_is_refused_by_what_is_wrong_with_it() {
    let house = house().await;
    for path in ["/api/machines", "/api/machines/machine-a/session", "/api/machines/machine-a/controls/burner"] {
        let send = |kind, body: &[u8]| house.send(Method::POST, path, Sent::Raw(kind, body.to_vec()));
        send("text/plain", b"{}").await.problem(415, "UNSUPPORTED_MEDIA_TYPE");
        send("application/json", b"{\"id\":").await.problem(400, "MALFORMED");
        send("application/json", b"\xff\xfe").await.problem(400, "MALFORMED");
        send("application/json", b"NaN").await.problem(400, "MALFORMED");
        send("application/json", &vec![b' '; BODY_BYTES + 1]).await.problem(413, "TOO_LARGE");
        for wrong in ["[]", "null", "17", "\"text\"", "{}"] {
            let answer = send("application/json", wrong.as_bytes()).await;
            answer.problem(422, "INVALID");
        }
        let nested = format!("{}1{}", "{\"a\":".repeat(40), "}".repeat(40));
        send("application/json", nested.as_bytes()).await.problem(422, "INVALID");
        // Deeper than the parser itself goes.
        send("application/json", "[".repeat(BODY_BYTES).as_bytes()).await.problem(400, "MALFORMED");
        house.assert_alive().await;
    }
}

#[actix_rt::test]
async fn a_body_that_ends_early_harms_nobody() {
    let house = house().await;
    let head = "POST /api/machines HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    for rest in [
        "Content-Length: 1000\r\n\r\n{\"id\":",
        "Content-Length: 1000\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"id\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 99999999999999999999999\r\n\r\n{}",
        "Content-Length: 2\r\n",
    ] {
        let answer = house.raw(format!("{head}{rest}").as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{rest:?}: {answer}");
        house.assert_alive().await;
    }
    assert_eq!(house.get("/api/machines").await.json().as_array().unwrap().len(), 1);
}

#[actix_rt::test]
async fn a_machine_with_ten_faults_is_told_all_ten() {
    let house = house().await;
    let machine = json!({
        "id": "Not A Slug", "name": "", "sampling_interval_ms": 1, "clock_speed": 1000, "colour": "red",
        "driver": {"type": "modbus_tcp", "host": 7, "port": 70000},
        "channels": [{"id": "bt", "kind": "sensor", "source": {"register": "nowhere", "address": 0}}],
        "safety": {"on_sensor_loss_ms": 1, "operator_loss_ms": 1},
    });
    let answer = house.post("/api/machines", machine).await;
    answer.problem(422, "INVALID");
    let mut told = answer.pointers();
    told.sort();
    let expected = [
        "/channels/0/source/register",
        "/clock_speed",
        "/colour",
        "/driver/host",
        "/driver/port",
        "/id",
        "/name",
        "/safety/on_sensor_loss_ms",
        "/safety/operator_loss_ms",
        "/sampling_interval_ms",
    ];
    assert_eq!(told, expected);
    assert!(answer.json()["errors"].as_array().unwrap().iter().all(|error| error["detail"] != ""));
}

#[actix_rt::test]
async fn the_recording_of_a_removed_machine_is_there_as_soon_as_the_machine_is_gone() {
    let house = house().await;
    for round in 0..10 {
        let path = format!("/api/machines/removed-{round}");
        assert_eq!(
            house.post("/api/machines", simulator(&path["/api/machines/".len()..], 100.0, 1000)).await.status,
            201
        );
        support::within(async {
            while house.get(&format!("{path}/session")).await.json()["last_reading"].is_null() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        for action in ["start_monitoring", "start_recording"] {
            let answer = house.post(&format!("{path}/session"), json!({ "action": action })).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let session = house.get(&format!("{path}/session")).await.json()["session_id"].as_str().unwrap().to_owned();
        house.send(Method::DELETE, &path, Sent::Nothing).await.problem(409, "INVALID_STATE_TRANSITION");
        assert_eq!(house.send(Method::DELETE, &format!("{path}?force=true"), Sent::Nothing).await.status, 204);
        let kept = house.get(&format!("/api/profiles/{session}")).await;
        assert_eq!((kept.status, &kept.json()["status"]), (200, &json!("draft")), "{}", kept.text());
    }
}

#[actix_rt::test]
async fn an_id_is_taken_once() {
    let house = house().await;
    house.post("/api/machines", simulator("machine-a", 1.0, 1000)).await.problem(409, "MACHINE_EXISTS");
    assert_eq!(house.post("/api/machines", simulator("machine-b", 1.0, 1000)).await.status, 201);
    house.post("/api/machines", simulator("machine-b", 1.0, 1000)).await.problem(409, "MACHINE_EXISTS");
    assert_eq!(house.get("/api/machines").await.json().as_array().unwrap().len(), 2);
}

#[actix_rt::test]
async fn a_profile_goes_out_and_comes_back_in_every_format() {
    let house = house().await;
    let kept = house.post("/api/profiles", profile()).await;
    assert_eq!(kept.status, 201, "{}", kept.text());
    let path = kept.header("location").to_owned();
    for (format, kind) in [
        ("json", "application/json"),
        ("alog", "text/plain; charset=utf-8"),
        ("csv", "text/tab-separated-values; charset=utf-8"),
    ] {
        let file = house.get(&format!("{path}/export?format={format}")).await;
        assert_eq!((file.status, file.header("content-type")), (200, kind));
        let disposition = format!("attachment; filename=\"Kenya-light.{format}\"");
        assert_eq!(file.header("content-disposition"), disposition);
        for asked in ["auto", format] {
            let import = format!("/api/profiles/import?format={asked}");
            let back = house.send(Method::POST, &import, Sent::Raw("image/png", file.body.clone())).await;
            assert_eq!(back.status, 201, "{format} as {asked}: {}", back.text());
            assert_eq!(back.header("location"), format!("/api/profiles/{}", back.json()["id"].as_str().unwrap()));
            assert!(back.json().get("series").is_none());
            let series = house.get(back.header("location")).await.json()["series"].clone();
            assert_eq!(series["bt"], json!([195.0, 181.3, 168.2]), "{format}");
        }
    }
    let other = house.get(&format!("{path}/export")).await;
    assert_eq!(other.header("content-type"), "application/json");
}

#[actix_rt::test]
async fn a_name_cannot_write_headers_or_leave_the_folder_of_downloads() {
    let house = house().await;
    for name in ["\"; filename=\"x.exe", "../../etc/passwd", "a\r\nSet-Cookie: x", "C:\\x|y", "コーヒー", "."] {
        let mut profile = profile();
        profile["name"] = json!(name);
        let kept = house.post("/api/profiles", profile).await;
        assert_eq!(kept.status, 201, "{name:?}: {}", kept.text());
        let file = house.get(&format!("{}/export?format=csv", kept.header("location"))).await;
        let given = file.header("content-disposition").strip_prefix("attachment; filename=\"").expect("a file name");
        let given = given.strip_suffix(".csv\"").unwrap_or_else(|| panic!("{given}"));
        assert!(!given.is_empty() && given.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name:?}: {given}");
        assert!(file.headers.get("set-cookie").is_none());
    }
}

#[actix_rt::test]
async fn a_file_that_is_no_profile_is_refused_with_its_place() {
    let house = house().await;
    let send = |format: &str, body: Vec<u8>| {
        let path = format!("/api/profiles/import?format={format}");
        let house = &house;
        async move { house.send(Method::POST, &path, Sent::Raw("", body)).await }
    };
    send("docx", b"x".to_vec()).await.problem(400, "MALFORMED");
    send("auto", vec![b'x'; (64 << 10) + 1]).await.problem(413, "TOO_LARGE");
    for nonsense in [&b""[..], b"\0\0\0", b"\xff", b"{", b"{'mode': __import__('os')}", b"hello"] {
        send("auto", nonsense.to_vec()).await.problem(422, "INVALID");
    }
    let backwards = json!({"machine_id": "m", "series": {"timestamp_ms": [1000, 0], "bt": [1, 2, 3]}});
    let answer = send("json", backwards.to_string().into_bytes()).await;
    answer.problem(422, "INVALID");
    assert_eq!(answer.pointers(), ["/series/timestamp_ms/1", "/series/bt"]);
    house.post("/api/profiles/import", Value::Null).await.problem(422, "INVALID");
    assert_eq!(house.get("/api/profiles").await.json()["items"], json!([]));
}

#[actix_rt::test]
async fn the_page_of_the_description_loads_nothing_from_elsewhere() {
    let house = house().await;
    let page = house.get("/api/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text();
    assert!(
        !text.contains("http://")
            && !text.contains("https://")
            && !text.contains("<style")
            && !text.contains("onclick")
    );
    for (path, kind) in
        [("/api/docs/docs.css", "text/css; charset=utf-8"), ("/api/docs/docs.js", "text/javascript; charset=utf-8")]
    {
        assert!(text.contains(path), "{path}");
        let file = house.get(path).await;
        assert_eq!((file.status, file.header("content-type")), (200, kind));
        assert!(!file.text().contains("innerHTML") && !file.text().contains("://"), "{path}");
    }
}

#[actix_rt::test]
async fn after_a_daemon_that_was_killed_heat_is_latched_also_where_nothing_was_recorded() {
    let house = House::with(&[simulator("drum", 1.0, 100)]).await;
    let marker = house.config.storage.path.join("running");
    let latched = |view: Value| view["safety"]["latched"].clone();
    assert_eq!(latched(house.get("/api/machines/drum/session").await.json()), false, "nobody was there before");
    assert_eq!(std::fs::read_to_string(&marker).unwrap(), "", "this is what one that is killed leaves behind");
    let folder = tempfile::tempdir().unwrap();
    let mut config = house.config.clone();
    config.storage.path = folder.path().to_owned();
    std::fs::copy(&marker, folder.path().join("running")).unwrap();
    let after = hearth::daemon::Daemon::start(config).await.unwrap();
    let machine =
        after.state().house.unscoped().find(&hearth_actors::model::ids::MachineId::parse("drum").unwrap()).unwrap();
    let mut events = machine.bus().subscribe();
    while machine.bus().look(|snapshot| snapshot.safety.latched.is_none()) {
        events.recv().await.unwrap();
    }
    house.daemon.stop(drop).await;
    assert!(!marker.exists(), "one that stopped in order leaves nothing behind");
}
