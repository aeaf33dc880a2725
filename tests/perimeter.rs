//! The perimeter over real connections: names, origins, proxies, encryption, and how many may call.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use awc::http::Method;
use hearth::access::people;
use hearth::cli::healthcheck;
use hearth::config::tree::{AuthMode, LimitsConfig};
use hearth::config::users::RoleConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use support::{Frame, House, Live, Message, Sent, simulator, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const LIVE: &str = "/ws/live/machine-a";
const APP: &str = "http://app.example:5173";
const PASSWORD: &str = "first crack";
/// Of what a socket on a machine is told first.
const GREETED: &str = "\"type\":\"state\"";

fn machines() -> [Value; 1] {
    [simulator("machine-a", 100.0, 1000)]
}

/// An answer in lower case, as it was written.
async fn asked(house: &House, line: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    house.raw(format!("{line} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").as_bytes()).await.to_lowercase()
}

#[actix_rt::test]
async fn by_another_name_it_answers_nothing_but_that_in_the_words_of_each_dialect() {
    let house = House::configured(&machines(), |config| config.auth.mode = AuthMode::Open).await;
    for (line, word) in [
        ("GET /", "\"code\":\"unknown_host\""),
        ("GET /api/machines", "\"code\":\"unknown_host\""),
        ("POST /api/stop", "\"code\":\"unknown_host\""),
        ("GET /healthz", "\"code\":\"unknown_host\""),
        ("GET /ws/live/machine-a", "\"code\":\"unknown_host\""),
        ("GET /api/v1/datapoints", "{\"detail\":"),
        ("GET /api/v1/devices", "{\"detail\":"),
        ("GET /api/os/endpoints", "{\"error\":"),
        ("GET /latest/projects", "{\"detail\":"),
    ] {
        let answer = asked(&house, line, &[("Host", "evil.example:8080")]).await;
        assert!(answer.starts_with("http/1.1 421 ") && answer.contains(word), "{line}: {answer}");
        assert!(answer.contains("server.public_urls") && answer.contains("evil.example:8080"), "{answer}");
    }
    assert!(asked(&house, "GET /healthz", &[("Host", "localhost")]).await.starts_with("http/1.1 200 "));
}

#[actix_rt::test]
async fn an_app_of_another_origin_works_where_it_is_allowed_and_only_there() {
    let house = House::configured(&machines(), |config| {
        config.dialects.webmacs.allowed_origins = vec![APP.parse().unwrap()];
    })
    .await;
    let of = |origin| [("Host", "localhost"), ("Origin", origin), ("Access-Control-Request-Method", "PUT")];
    let preflight = asked(&house, "OPTIONS /api/v1/datapoints", &of(APP)).await;
    assert!(preflight.starts_with("http/1.1 204 "), "{preflight}");
    for line in [
        format!("access-control-allow-origin: {APP}\r\n"),
        "access-control-allow-methods: get, head, post, put, patch, delete\r\n".to_owned(),
        "access-control-allow-headers: authorization, content-type".to_owned(),
        "vary: origin\r\n".to_owned(),
    ] {
        assert!(preflight.contains(&line), "{preflight}");
    }
    assert!(!preflight.contains("allow-credentials"), "{preflight}");
    let answer = asked(&house, "GET /api/v1/datapoints", &of(APP)).await;
    assert!(answer.starts_with("http/1.1 200 ") && answer.contains(&format!("allow-origin: {APP}\r\n")), "{answer}");
    for (line, origin) in [
        ("OPTIONS /api/machines", APP),
        ("GET /api/machines", APP),
        ("OPTIONS /api/v1/datapoints", "http://evil.example"),
        ("GET /api/v1/datapoints", "http://evil.example"),
        ("GET /api/v1/datapoints", "null"),
    ] {
        let answer = asked(&house, line, &of(origin)).await;
        assert!(answer.starts_with("http/1.1 403 ") && !answer.contains("access-control"), "{line} {origin}: {answer}");
    }
    let address = house.address();
    let socket = |path, origin: &str| {
        let lines = format!("Origin: {origin}\r\n");
        async move { Live::open_with(address, path, &lines).await }
    };
    let own = format!("http://{}", house.address());
    assert!(socket("/ws/datapoints/stream", APP).await.is_ok());
    assert!(socket(LIVE, &own).await.is_ok());
    for (path, origin) in [(LIVE, APP), ("/ws/datapoints/stream", "null"), (LIVE, "http://evil.example")] {
        let refused = socket(path, origin).await.err().expect("no socket");
        assert!(refused.starts_with("HTTP/1.1 403 "), "{path} {origin}: {refused}");
    }
}

#[actix_rt::test]
async fn a_form_of_another_page_does_nothing_though_nobody_logs_in_here() {
    let house = House::with(&machines()).await;
    for origin in ["null", "http://evil.example", "http://localhost:1"] {
        let lines = [
            ("Host", "localhost"),
            ("Origin", origin),
            ("Content-Type", "text/plain"),
            ("Content-Length", "28"),
            ("Cookie", "hearth_session=x"),
        ];
        let answer = asked(&house, "POST /api/machines/machine-a/stop", &lines).await;
        assert!(answer.starts_with("http/1.1 403 "), "{answer}");
    }
    // What is written down stands in order: before this one, nothing was done.
    assert_eq!(house.post("/api/machines/machine-a/stop", json!({})).await.status, 200);
    let deeds = || async { house.get("/api/audit").await.json().as_array().unwrap().clone() };
    let mut written = deeds().await;
    while written.is_empty() {
        written = deeds().await;
    }
    assert_eq!(written.len(), 1, "{written:?}");
}

fn anna(house: &House) {
    let wanted = people::Wanted {
        email: "anna@x.example".into(),
        name: None,
        role: RoleConfig::Admin,
        machines: None,
        password: Some(PASSWORD.into()),
    };
    house.daemon.state().access.add(wanted).unwrap();
}

fn log_in(body: &Value, lines: &str) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[actix_rt::test]
async fn behind_a_trusted_proxy_each_client_has_tries_of_its_own_and_its_address_is_written_down() {
    let house = House::configured(&machines(), |config| {
        config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    anna(&house);
    let try_as = |whom: &'static str, password: &'static str, account: String| {
        let lines = format!("X-Forwarded-For: 127.0.0.1, {whom}\r\nX-Forwarded-Proto: https\r\n");
        let request = log_in(&json!({ "email": account, "password": password }), &lines);
        let house = &house;
        async move { house.raw(request.as_bytes()).await }
    };
    for number in 0..5 {
        let answer = try_as("198.51.100.7", "wrong", format!("{number}@x.example")).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    let sixth = try_as("198.51.100.7", PASSWORD, "anna@x.example".into()).await;
    assert!(sixth.starts_with("HTTP/1.1 429 "), "{sixth}");
    let other = try_as("198.51.100.8", PASSWORD, "anna@x.example".into()).await;
    assert!(other.starts_with("HTTP/1.1 200 ") && other.contains("; Secure"), "{other}");
    let (secret, _) = other.split_once("hearth_session=").unwrap().1.split_once(';').unwrap();
    let read = || async {
        let lines = [("Host", "localhost"), ("Cookie", &*format!("hearth_session={secret}"))];
        asked(&house, "GET /api/audit", &lines).await
    };
    let mut written = read().await;
    while !written.contains("198.51.100.8") {
        written = read().await;
    }
    assert!(written.contains("198.51.100.7") && !written.contains("\"address\":\"127.0.0.1\""), "{written}");
}

#[actix_rt::test]
async fn somebody_who_says_that_they_are_a_proxy_is_none() {
    let house = House::configured(&machines(), |config| {
        config.server.listen = "127.0.0.1:0".parse().unwrap();
    })
    .await;
    anna(&house);
    let lines = "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n";
    let answer = house.raw(log_in(&json!({ "email": "anna@x.example", "password": PASSWORD }), lines).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("Secure"), "{answer}");
}

#[actix_rt::test]
async fn two_session_cookies_that_differ_are_worth_nothing() {
    let house = House::configured(&machines(), |config| {
        config.server.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
    })
    .await;
    anna(&house);
    let (secret, _) = {
        let access = &house.daemon.state().access;
        let now = hearth_actors::runtime::clock::wall_now();
        access.log_in("anna@x.example", PASSWORD.into(), [127, 0, 0, 1].into(), now).await.unwrap()
    };
    let status = |cookies: String| {
        let house = &house;
        async move {
            let answer = asked(house, "GET /api/machines", &[("Host", "localhost"), ("Cookie", &cookies)]).await;
            answer.split(' ').nth(1).map(str::to_owned)
        }
    };
    assert_eq!(status(format!("hearth_session={secret}")).await.as_deref(), Some("200"));
    assert_eq!(status(format!("hearth_session={secret}; hearth_session={secret}")).await.as_deref(), Some("200"));
    for tossed in [
        format!("hearth_session=tossed; hearth_session={secret}"),
        format!("hearth_session={secret}; hearth_session=tossed"),
        format!("hearth_session={secret}; hearth_session="),
    ] {
        assert_eq!(status(tossed.clone()).await.as_deref(), Some("401"), "{tossed}");
    }
}

/// A certificate in a folder, and a client that trusts it.
struct Made {
    folder: tempfile::TempDir,
    connector: TlsConnector,
}

fn made() -> Made {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()));
    Made { folder, connector }
}

async fn encrypted(address: SocketAddr, made: &Made, request: &str) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = within(made.connector.connect(name, stream)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = within(stream.read(&mut piece)).await {
        answer.extend_from_slice(&piece[..read]);
        // A socket does not end.
        if String::from_utf8_lossy(&answer).contains(GREETED) {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_rt::test]
async fn with_a_certificate_everything_is_encrypted() {
    let made = made();
    let file = |name| Some(made.folder.path().join(name));
    let house = House::configured(&machines(), |config| {
        (config.server.tls_cert, config.server.tls_key) = (file("cert.pem"), file("key.pem"));
    })
    .await;
    let address = house.address();
    let host = format!("Host: localhost:{}\r\n", address.port());
    anna(&house);
    let request = log_in(&json!({ "email": "anna@x.example", "password": PASSWORD }), "");
    let entered = encrypted(address, &made, &request).await;
    assert!(entered.starts_with("HTTP/1.1 200 ") && entered.contains("; Secure"), "{entered}");
    let (_, cookie) = entered.split_once("set-cookie: ").unwrap();
    let cookie = cookie.split(';').next().unwrap();

    let shake = |origin: &str| {
        format!(
            "GET {LIVE} HTTP/1.1\r\n{host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\nOrigin: {origin}\r\n\r\n"
        )
    };
    let own = format!("https://localhost:{}", address.port());
    let socket = encrypted(address, &made, &shake(&own)).await;
    assert!(socket.starts_with("HTTP/1.1 101 ") && socket.contains(GREETED), "{socket}");
    let plain = encrypted(address, &made, &shake(&own.replace("https", "http"))).await;
    assert!(plain.starts_with("HTTP/1.1 403 "), "{plain}");

    let unencrypted = house.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(!unencrypted.contains("HTTP/"), "{unencrypted}");
    let other = self::made();
    let ask = move |file| async move {
        tokio::task::spawn_blocking(move || healthcheck::ask(address, Some(file).as_deref())).await.unwrap()
    };
    ask(made.folder.path().join("cert.pem")).await.unwrap();
    assert!(ask(other.folder.path().join("cert.pem")).await.is_err(), "only the one of the configuration");
}

#[actix_rt::test]
async fn one_client_does_not_take_every_line_and_gets_one_again_after_it_hung_up() {
    let limits = LimitsConfig { sockets_per_address: 1, ..LimitsConfig::default() };
    let house = House::within(&machines(), limits).await;
    let most = house.daemon.lines().most();
    assert!(most.per_client < most.in_all);
    let mut open = Vec::new();
    while house.daemon.lines().open() < most.per_client {
        open.push(TcpStream::connect(house.address()).await.unwrap());
        tokio::task::yield_now().await;
    }
    let mut refused = TcpStream::connect(house.address()).await.unwrap();
    assert_eq!(within(refused.read(&mut [0])).await.unwrap_or(0), 0, "hung up");
    open.clear();
    while house.daemon.lines().open() > 0 {
        tokio::task::yield_now().await;
    }
    house.assert_alive().await;
}

#[actix_rt::test]
async fn a_frame_that_announces_more_than_may_come_is_refused_at_its_head() {
    let house = House::with(&machines()).await;
    for length in [1_u64 << 20, 1 << 32, 1 << 62] {
        let mut live = house.live(LIVE).await;
        live.text().await;
        let head = [&[0x81, 0xff][..], &length.to_be_bytes(), &[0; 4], &[b'x'; 100]].concat();
        live.framed.get_mut().write_all(&head).await.unwrap();
        assert_eq!(live.closed().await, 1009, "{length}");
    }
    let mut alive = house.live(LIVE).await;
    alive.send(Message::Ping("x".into())).await;
    while !matches!(alive.next().await, Some(Frame::Pong(_))) {}
}

#[actix_rt::test]
async fn no_id_leads_out_of_the_place_where_its_things_are() {
    let house = House::with(&machines()).await;
    let ids = [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "..%5c..%5c",
        "%00",
        "machine-a%00",
        "machine-a%2f..%2f..",
        ".",
        "%2e",
        "a%2fb",
        "%c0%ae%c0%ae",
        "%252e%252e%252f",
        "con",
        "~",
        "-",
        "*",
        "%0d%0aX-Evil:1",
        "%ff",
    ];
    let long = "x".repeat(60_000);
    for id in ids.iter().copied().chain([long.as_str()]) {
        for (method, path) in [
            ("GET", format!("/api/machines/{id}")),
            ("DELETE", format!("/api/machines/{id}")),
            ("GET", format!("/api/machines/{id}/config")),
            ("GET", format!("/api/profiles/{id}")),
            ("DELETE", format!("/api/profiles/{id}")),
            ("GET", format!("/api/profiles/{id}/export")),
            ("GET", format!("/api/tasks/{id}")),
            ("GET", format!("/api/tasks/{id}/file")),
            ("GET", format!("/api/programs/{id}")),
            ("DELETE", format!("/api/programs/{id}")),
            ("DELETE", format!("/api/users/{id}")),
            ("DELETE", format!("/api/tokens/{id}")),
            ("GET", format!("/latest/projects/{id}")),
            ("GET", format!("/api/os/groups/{id}")),
            ("GET", format!("/assets/{id}")),
            ("GET", format!("/{id}")),
        ] {
            let answer = asked(&house, &format!("{method} {path}"), &[("Host", "localhost")]).await;
            let status: u16 = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            let shown = &answer[..answer.len().min(300)];
            let is_list = ["..", "%2e%2e", ".", "%2e"].contains(&id);
            assert!(
                (400..500).contains(&status) || (is_list && status < 400),
                "{method} {}: {shown}",
                &path[..path.len().min(80)]
            );
            assert!(!answer.contains("root:") && !answer.contains("\nx-evil"), "{shown}");
        }
    }
    assert_eq!(house.get("/api/machines/machine-a").await.status, 200, "still there");
}

#[actix_rt::test]
async fn what_is_packed_is_not_unpacked() {
    let house = House::with(&machines()).await;
    let lines = [
        ("Host", "localhost"),
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
        ("Content-Length", "0"),
    ];
    let answer = asked(&house, "POST /api/machines", &lines).await;
    assert!(answer.starts_with("http/1.1 415 "), "{answer}");
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000)).into_bytes();
    let deep = house.send(Method::POST, "/api/machines", Sent::Raw("application/json", deep)).await;
    assert!((400..500).contains(&deep.status), "{}", deep.status);
    house.assert_alive().await;
}
