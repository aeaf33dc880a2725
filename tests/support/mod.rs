//! A daemon of one's own for each test: on a free port, with a folder of its own, asked from outside.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::net::SocketAddr;
use std::time::Duration;

use awc::http::Method;
use awc::{Client, Connector};
use futures_util::{SinkExt, StreamExt};
use hearth::config::Config;
use hearth::config::machine::MachineConfig;
use hearth::config::tree::LimitsConfig;
use hearth::daemon::Daemon;
use hearth::storage::disk::Disk;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::codec::Framed;

pub use actix_http::ws::{Frame, Message};

/// When to give up. No claim is made about time; this only ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running daemon.
pub struct House {
    pub daemon: Daemon,
    pub config: Config,
    _folder: tempfile::TempDir,
}

/// What the daemon answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: awc::http::header::HeaderMap,
    pub body: Vec<u8>,
}

/// A body and its media type.
pub enum Sent<'a> {
    Nothing,
    Json(Value),
    Raw(&'a str, Vec<u8>),
}

impl From<Option<Value>> for Sent<'_> {
    fn from(body: Option<Value>) -> Self {
        body.map_or(Self::Nothing, Self::Json)
    }
}

/// A simulated machine, `speed` times as fast as real time.
pub fn simulator(id: &str, speed: f64, sampling_interval_ms: u64) -> Value {
    json!({
        "id": id, "sampling_interval_ms": sampling_interval_ms,
        "driver": { "type": "simulator", "speed": speed, "noise": 0.0 },
    })
}

impl House {
    /// With these machines.
    pub async fn with(machines: &[Value]) -> Self {
        Self::within(machines, LimitsConfig::default()).await
    }

    /// With these machines and limits.
    pub async fn within(machines: &[Value], limits: LimitsConfig) -> Self {
        Self::configured(machines, |config| config.limits = limits).await
    }

    /// With these machines, on this disk.
    pub async fn on(disk: Disk, machines: &[Value]) -> Self {
        Self::built(disk, machines, |_| {}).await
    }

    /// With these machines and whatever else is set.
    pub async fn configured(machines: &[Value], set: impl FnOnce(&mut Config)) -> Self {
        Self::built(Disk::default(), machines, set).await
    }

    async fn built(disk: Disk, machines: &[Value], set: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        set(&mut config);
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.storage.path = folder.path().join("data");
        config.machines = machines.iter().map(|machine| MachineConfig::parse(machine.clone()).unwrap()).collect();
        let daemon = Daemon::start_on(disk, config.clone()).await.unwrap();
        Self { daemon, config, _folder: folder }
    }

    pub fn address(&self) -> SocketAddr {
        self.daemon.address()
    }

    /// Where the only dialect with a listener of its own listens.
    pub fn own_listener(&self) -> SocketAddr {
        let [(_, address)] = self.daemon.own_listeners() else { panic!("one listener beside the shared one") };
        *address
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Sent::Nothing).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Sent::Json(body)).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Sent<'_>) -> Answer {
        self.send_with(&[], method, path, body).await
    }

    /// Asks once, with these headers; a redirect is an answer like any other.
    pub async fn send_with(&self, headers: &[(&str, &str)], method: Method, path: &str, body: Sent<'_>) -> Answer {
        let connector = Connector::new().timeout(PATIENCE);
        let client = Client::builder().connector(connector).timeout(PATIENCE).disable_redirects().finish();
        let request = client.request(method, format!("http://{}{path}", self.address()));
        let request = headers.iter().fold(request, |request, header| request.insert_header(*header));
        let sent = match body {
            Sent::Nothing => request.send().await,
            Sent::Json(value) => request.send_json(&value).await,
            Sent::Raw(kind, bytes) => request.insert_header(("Content-Type", kind)).send_body(bytes).await,
        };
        let mut response = sent.unwrap();
        // A stream of events has no end.
        let is_endless = response.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_endless { Vec::new() } else { response.body().limit(64 << 20).await.unwrap().to_vec() };
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    /// Sends bytes as they are, says that no more will come, and reads what there is to read.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The daemon still answers.
    pub async fn assert_alive(&self) {
        assert_eq!(self.get("/healthz").await.status, 200);
    }

    /// A socket on a machine.
    pub async fn live(&self, path: &str) -> Live {
        Live::open(self.address(), path).await.unwrap_or_else(|refused| panic!("no socket: {refused}"))
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// It is a problem document with this status and code; its members.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        problem
    }

    /// Where the body has faults.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

/// One WebSocket, spoken by hand where a browser would not let a test misbehave.
pub struct Live {
    pub framed: Framed<TcpStream, actix_http::ws::Codec>,
}

impl Live {
    /// Shakes hands.
    ///
    /// # Errors
    /// The answer, where it is no socket.
    pub async fn open(address: SocketAddr, path: &str) -> Result<Self, String> {
        Self::open_with(address, path, "").await
    }

    /// Shakes hands, with these header lines beside the usual ones.
    ///
    /// # Errors
    /// The answer, where it is no socket.
    pub async fn open_with(address: SocketAddr, path: &str, lines: &str) -> Result<Self, String> {
        let socket = TcpSocket::new_v4().unwrap();
        // Small, so that a test that does not read is soon noticed.
        socket.set_recv_buffer_size(8 << 10).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = within(stream.read_u8()).await.map_err(|error| error.to_string())?;
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        if !head.starts_with("HTTP/1.1 101 ") {
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
            within(stream.read_exact(&mut body)).await.map_err(|error| error.to_string())?;
            return Err(head + &String::from_utf8_lossy(&body));
        }
        let codec = actix_http::ws::Codec::new().max_size(8 << 20).client_mode();
        Ok(Self { framed: Framed::new(stream, codec) })
    }

    pub async fn send(&mut self, message: Message) {
        self.framed.send(message).await.unwrap();
    }

    pub async fn say(&mut self, frame: Value) {
        self.send(Message::Text(frame.to_string().into())).await;
    }

    /// The next frame of any kind; [`None`] once the connection has ended.
    pub async fn next(&mut self) -> Option<Frame> {
        within(self.framed.next()).await.and_then(Result::ok)
    }

    /// The next text frame.
    pub async fn text(&mut self) -> Value {
        loop {
            match self.next().await {
                Some(Frame::Text(text)) => return serde_json::from_slice(&text).unwrap(),
                Some(Frame::Ping(payload)) => self.send(Message::Pong(payload)).await,
                Some(Frame::Pong(_)) => {}
                other => panic!("{other:?} instead of a text frame"),
            }
        }
    }

    /// The next frame of a type, and what came before it.
    pub async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> (Vec<Value>, Value) {
        let mut before = Vec::new();
        loop {
            let frame = self.text().await;
            if wanted(&frame) {
                return (before, frame);
            }
            before.push(frame);
        }
    }

    /// The code that the socket is closed with, whatever comes before.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Frame::Close(reason)) => return reason.expect("a reason").code.into(),
                Some(_) => {}
                None => panic!("the connection ended without a close frame"),
            }
        }
    }
}

/// Waits, but not for ever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("the daemon does not answer")
}
