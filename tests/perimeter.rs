//! The perimeter over real connections: names, origins, proxies, encryption, and how many may call.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use awc::http::Method;
use hearth::access::{people, tokens};
use hearth::cli::healthcheck;
use hearth::config::Config;
use hearth::config::tree::{AuthMode, LimitsConfig};
use hearth::config::users::RoleConfig;
use hearth::http::door::Length;
use hearth::http::operations;
use hearth_actors::runtime::clock::wall_now;
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
/// What sockets of WebMACS are closed with that may do nothing.
const POLICY: u16 = 1008;
/// What a socket is closed with for which there is no seat.
const AGAIN: u16 = 1013;
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

/// A daemon at which one logs in, with Anna, who is an admin, and the secret of her session.
async fn logged_in(set: impl FnOnce(&mut Config)) -> (House, String) {
    let house = House::configured(&machines(), |config| {
        config.server.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
        set(config);
    })
    .await;
    anna(&house);
    let access = &house.daemon.state().access;
    let log_in = access.log_in("anna@x.example", PASSWORD.into(), [127, 0, 0, 1].into(), wall_now());
    let (secret, _) = log_in.await.unwrap();
    (house, secret)
}

#[actix_rt::test]
async fn an_app_of_another_origin_has_nothing_of_the_login_of_its_browser() {
    let (house, secret) = logged_in(|config| {
        for dialect in [&mut config.dialects.webmacs, &mut config.dialects.openroast] {
            dialect.allowed_origins = vec![APP.parse().unwrap()];
        }
    })
    .await;
    let own = format!("http://{}", house.address());
    let host = house.address().to_string();
    let cookie = format!("hearth_session={secret}");
    let status = |line: &'static str, origin: String| {
        let (house, host, cookie) = (&house, &host, &cookie);
        async move {
            let lines = [("Host", host.as_str()), ("Origin", &origin), ("Cookie", cookie), ("Content-Length", "0")];
            asked(house, line, &lines).await.split(' ').nth(1).unwrap().to_owned()
        }
    };
    for (line, expected) in [("GET /api/v1/datapoints", "200"), ("GET /api/users", "200"), ("POST /api/users", "422")] {
        assert_eq!(status(line, own.clone()).await, expected, "{line}");
        assert_eq!(status(line, APP.to_owned()).await, "401", "{line}");
    }
    let path = "/ws/datapoints/stream";
    let socket = |origin: String| {
        let lines = format!("Origin: {origin}\r\nCookie: {cookie}\r\n");
        let address = house.address();
        async move { Live::open_with(address, path, &lines).await.unwrap() }
    };
    assert!(socket(own).await.text().await.is_object());
    let mut of_app = socket(APP.to_owned()).await;
    of_app.say(json!({ "type": "nothing that says who it is" })).await;
    assert_eq!(of_app.closed().await, POLICY);
    let mut with_token = socket(APP.to_owned()).await;
    with_token.say(json!({ "type": "auth", "token": token(&house, RoleConfig::Viewer) })).await;
    assert!(with_token.text().await.is_object(), "it brings a token");
}

fn token(house: &House, role: RoleConfig) -> String {
    let wanted = tokens::Wanted { name: "test".into(), role, machines: None, expires_at: None };
    house.daemon.state().access.create_token(wanted, wall_now()).unwrap().0
}

#[actix_rt::test]
async fn what_a_page_of_somebody_else_shows_makes_no_device_work() {
    let house = House::with(&machines()).await;
    let photo = "GET /latest/cameras/main/photo";
    let status = |line: &'static str, lines: &'static [(&'static str, &'static str)]| {
        let house = &house;
        async move {
            let lines = [&[("Host", "localhost")][..], lines].concat();
            asked(house, line, &lines).await.split(' ').nth(1).unwrap().to_owned()
        }
    };
    assert_eq!(status(photo, &[]).await, "404", "there is no camera");
    for site in [&[("Sec-Fetch-Site", "cross-site")], &[("Sec-Fetch-Site", "same-site")]] {
        for line in [photo, "GET /api/os/events", "GET /api/machines"] {
            assert_eq!(status(line, site).await, "403", "{line}");
        }
    }
    assert_eq!(status("GET /api/machines", &[("Sec-Fetch-Site", "same-origin")]).await, "200");
    let followed = &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    assert_eq!(status("GET /api/machines", followed).await, "200", "a link is followed");
}

#[actix_rt::test]
async fn those_who_do_not_say_who_they_are_keep_nobody_out() {
    let (house, _) = logged_in(|config| (config.limits.sockets, config.limits.operator_sockets) = (2, 1)).await;
    let (viewer, operator) = (token(&house, RoleConfig::Viewer), token(&house, RoleConfig::Operator));
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(house.live(LIVE).await);
    }
    let enter = |token: String| {
        let house = &house;
        async move {
            let mut socket = house.live(LIVE).await;
            socket.say(json!({ "type": "auth", "token": token })).await;
            socket
        }
    };
    let mut looking = enter(viewer.clone()).await;
    assert_eq!(looking.text().await["type"], "connection");
    assert_eq!(enter(viewer.clone()).await.closed().await, AGAIN, "the last seat is for those who steer");
    assert_eq!(enter(operator.clone()).await.text().await["type"], "connection", "also with the first frame");
    drop(silent);
    looking.send(Message::Ping("still there".into())).await;
    while !matches!(looking.next().await, Some(Frame::Pong(_))) {}
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
    assert_nothing_was_done(&house).await;
}

/// What is written down stands in order: before a STOP of one's own, nothing was done.
async fn assert_nothing_was_done(house: &House) {
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
async fn a_client_that_its_proxy_does_not_name_is_no_guest_for_being_beside_it() {
    let house = House::configured(&machines(), |config| {
        config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.auth.guest_view_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for (name, said, status) in [
        ("X-Forwarded-For", "127.0.0.9", "200"),
        ("X-Forwarded-For", "unix:", "401"),
        ("X-Forwarded-For", "garbage, 127.0.0.1", "401"),
        ("Forwarded", "for=_hidden", "401"),
        ("Forwarded", "for=unknown;proto=http", "401"),
    ] {
        let answer = asked(&house, "GET /api/machines", &[("Host", "localhost"), (name, said)]).await;
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{name}: {said}: {answer}");
    }
}

#[actix_rt::test]
async fn a_proxy_that_nobody_named_makes_nobody_the_local_admin() {
    let house = House::with(&machines()).await;
    let lines = "Host: 127.0.0.1:8080\r\nConnection: close\r\n";
    let me = |version: &'static str, more: &'static str| {
        let (house, request) = (&house, format!("GET /api/auth/me HTTP/{version}\r\n{lines}{more}\r\n"));
        async move { house.raw(request.as_bytes()).await }
    };
    assert!(me("1.1", "").await.contains("\"access\":\"local\""));
    for (version, more) in [
        ("1.0", ""),
        ("1.1", "X-Real-IP: 198.51.100.7\r\n"),
        ("1.1", "CF-Connecting-IP: 198.51.100.7\r\n"),
        ("1.1", "True-Client-IP: 198.51.100.7\r\n"),
    ] {
        let answer = me(version, more).await;
        assert!(answer.contains("\"access\":\"none\""), "HTTP/{version} {more}: {answer}");
    }
}

#[actix_rt::test]
async fn two_session_cookies_that_differ_are_worth_nothing() {
    let (house, secret) = logged_in(|_| {}).await;
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

/// As browsers ask who are offered it: the daemon's name is in the address, and there is no `Host`.
async fn by_http_2(address: SocketAddr, made: &Made, whole: &str) -> u16 {
    let mut config = made.connector.config().as_ref().clone();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap();
    let (mut client, connection) = within(h2::client::handshake(stream)).await.unwrap();
    let connection = actix_rt::spawn(connection);
    let (answer, _) = client.send_request(http::Request::get(whole).body(()).unwrap(), true).unwrap();
    let status = within(answer).await.unwrap().status().as_u16();
    connection.abort();
    status
}

#[actix_rt::test]
async fn with_a_certificate_everything_is_encrypted() {
    let made = made();
    let file = |name| Some(made.folder.path().join(name));
    let house = House::configured(&machines(), |config| {
        (config.server.tls_cert, config.server.tls_key) = (file("cert.pem"), file("key.pem"));
        config.server.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
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
    let secret = cookie.strip_prefix("__Host-hearth_session=").expect("a name that nobody else can give");
    let status = |cookies: String| {
        let request = format!("GET /api/machines HTTP/1.1\r\n{host}Cookie: {cookies}\r\nConnection: close\r\n\r\n");
        let made = &made;
        async move { encrypted(address, made, &request).await.split(' ').nth(1).map(str::to_owned) }
    };
    assert_eq!(status(cookie.to_owned()).await.as_deref(), Some("200"));
    assert_eq!(status(format!("hearth_session=tossed; {cookie}")).await.as_deref(), Some("200"));
    assert_eq!(
        status(format!("hearth_session={secret}")).await.as_deref(),
        Some("401"),
        "anybody may have put it there"
    );

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

    let port = address.port();
    assert_eq!(by_http_2(address, &made, &format!("https://localhost:{port}/healthz")).await, 200);
    assert_eq!(by_http_2(address, &made, &format!("https://foreign.example:{port}/healthz")).await, 421);

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
    for _ in 0..20 {
        // At once, so that it is there already when the connection is hung up.
        let mut refused = std::net::TcpStream::connect(house.address()).unwrap();
        let _ = std::io::Write::write_all(&mut refused, b"POST /api/stop HTTP/1.1\r\nHost: localhost\r\n\r\n");
        refused.set_nonblocking(true).unwrap();
        let mut refused = TcpStream::from_std(refused).unwrap();
        assert_eq!(within(refused.read(&mut [0])).await.unwrap_or(0), 0, "hung up");
    }
    open.clear();
    while house.daemon.lines().open() > 0 {
        tokio::task::yield_now().await;
    }
    assert_nothing_was_done(&house).await;
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
    let files = ["/assets/{file}", "/{file}"].map(|path| ("GET".to_owned(), path.to_owned()));
    let named: Vec<(String, String)> = operations::all()
        .iter()
        .filter(|operation| operation.rule().length != Length::Socket)
        // What is not there is clean already, and has no tasks.
        .filter(|operation| !operation.path.ends_with("/cleanup") && !operation.path.ends_with("/tasks"))
        .filter_map(|operation| Some((operation.method.to_string(), operation.places().next()?)))
        .filter(|(_, path)| path.contains('{'))
        .chain(files)
        .collect();
    for one in ["/api/tasks/{task}/pictures/{number}", "/api/profiles/{id}/export", "/latest/projects/{project}"] {
        assert!(named.iter().any(|(_, path)| path == one), "{one}: {named:?}");
    }
    for id in ids.iter().copied().chain([long.as_str()]) {
        for (method, path) in &named {
            let part = |part: &str| if part.starts_with('{') { id.to_owned() } else { part.to_owned() };
            let path = path.split('/').map(part).collect::<Vec<_>>().join("/");
            let answer = asked(&house, &format!("{method} {path}"), &[("Host", "localhost")]).await;
            let status: u16 = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            let shown: String = answer.chars().take(300).collect();
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
