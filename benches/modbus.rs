//! What the daemon adds to Modbus TCP, beside the same requests made by a bare client of the same library to the same device.
//!
//! Control: a WebSocket client sends `control`, the device's register shows the write, `control_ack` arrives. Polling: the driver
//! reads in a tight loop. Daemon and bare client take turns, so that whatever else the machine does meets both. The device is a
//! server in this process, on a thread of its own. Limits: the list of what must be measured, `docs/performance.md`.

mod support;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use hearth::config::machine::MachineConfig;
use hearth::drivers::Workshop;
use hearth_actors::driver::{Driver, Sample};
use hearth_actors::model::reading::MissingReason;
use serde_json::{Value, json};
use support::figures::Distribution;
use support::process::Daemon;
use support::report::{Bound, Table};
use support::websocket::{Blocking, Frame, number};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};
use tokio_modbus::client::{Context as Client, Reader, Writer, tcp};
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};

/// Turns of each side.
const TURNS: usize = 20;
/// Control orders per turn.
const ORDERS: usize = 100;
/// Readings per turn of a device that answers at once, and of one that takes [`THINKING`].
const READINGS: [usize; 2] = [1000, 100];
/// How long a quick controller takes for an answer. Source: one program cycle of small controllers.
const THINKING: Duration = Duration::from_millis(1);
/// What the daemon may add to a bare write. Unit: µs.
const ADDED_MOST: f64 = 500.0;
const POLL_RATIO_LEAST: f64 = 0.9;
/// Where the burner is; the sensors are before it, so that one request reads all.
const BURNER: u16 = 4;
const REGISTERS: u16 = 5;

fn main() -> anyhow::Result<()> {
    support::cores::allow_files(256)?;
    let device = Device::default();
    let address = device.clone().start()?;
    let thinking = Device { answers_after: THINKING, ..Device::default() }.start()?;
    support::cores::pin(support::cores::LOAD)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::new("modbus");
    control(&runtime, &device, address, &mut table)?;
    let devices = [("a device that answers at once", address), ("a device that takes 1 ms", thinking)];
    for ((what, device), readings) in devices.into_iter().zip(READINGS) {
        runtime.block_on(polling(what, device, readings, &mut table))?;
    }
    table.finish()
}

/// Holding registers that count up, and when the last write came.
#[derive(Clone, Default)]
struct Device {
    answers_after: Duration,
    written: Arc<Mutex<Option<(u16, Instant)>>>,
}

impl Device {
    /// Serves on a thread of its own.
    fn start(self) -> anyhow::Result<SocketAddr> {
        let (told, listening) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || -> anyhow::Result<()> {
            support::cores::pin(support::cores::SERVER)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                told.send(listener.local_addr()?)?;
                let on_connected = |stream: tokio::net::TcpStream, at| {
                    let device = self.clone();
                    async move {
                        stream.set_nodelay(true)?;
                        accept_tcp_connection(stream, at, move |_| Ok(Some(device.clone())))
                    }
                };
                Ok(Server::new(listener).serve(&on_connected, |_| {}).await?)
            })
        });
        listening.recv().context("the device did not start")
    }

    fn last_write(&self) -> Option<(u16, Instant)> {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Device {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Response, ExceptionCode>> + Send>>;

    fn call(&self, SlaveRequest { request, .. }: Self::Request) -> Self::Future {
        let answer = match request {
            Request::ReadHoldingRegisters(from, count) => {
                Ok(Response::ReadHoldingRegisters((from..from + count).map(|a| 200 + a).collect()))
            }
            Request::WriteSingleRegister(address, word) => {
                *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some((word, Instant::now()));
                Ok(Response::WriteSingleRegister(address, word))
            }
            _ => Err(ExceptionCode::IllegalFunction),
        };
        let answers_after = self.answers_after;
        Box::pin(async move {
            if !answers_after.is_zero() {
                sleep(answers_after).await;
            }
            answer
        })
    }
}

/// Four sensors and a burner behind each other.
fn machine(device: SocketAddr) -> Value {
    let source = |address: u16| json!({ "register": "holding", "address": address, "divisor": 10 });
    let sensor =
        |id: &str, address| json!({ "id": id, "kind": "sensor", "unit": "celsius", "source": source(address) });
    json!({
        "id": "m",
        "driver": { "type": "modbus_tcp", "host": device.ip().to_string(), "port": device.port() },
        "channels": [
            { "id": "bt", "role": "bt", "kind": "sensor", "unit": "celsius", "source": source(0) },
            { "id": "et", "role": "et", "kind": "sensor", "unit": "celsius", "source": source(1) },
            sensor("inlet", 2),
            sensor("exhaust", 3),
            { "id": "burner", "kind": "control", "class": "heat", "unit": "percent", "min": 0, "max": 100, "failsafe": 0,
              "source": { "register": "holding", "address": BURNER } },
        ],
    })
}

async fn bare_client(device: SocketAddr) -> anyhow::Result<Client> {
    tcp::connect(device).await.context("connecting the bare client")
}

fn control(runtime: &Runtime, device: &Device, address: SocketAddr, table: &mut Table) -> anyhow::Result<()> {
    let config = toml::to_string(&json!({
        "limits": { "messages_per_s": 10_000, "message_burst": 10_000 },
        "machines": [machine(address)],
    }))?;
    let daemon = support::cores::started_on(support::cores::SERVER, || Daemon::start(&config))?;
    let mut socket = Blocking::open(daemon.address(), "/ws/live/m")?;
    // The first reading says that the machine is connected.
    socket.wait_for(|frame| is(frame, "temperature").then_some(()))?;
    let mut bare = runtime.block_on(bare_client(address))?;
    let (mut seen, mut acknowledged, mut written) = <[Distribution; 3]>::default().into();
    for turn in 0..TURNS {
        for order in 0..ORDERS {
            let id = turn * ORDERS + order;
            let took = order_round_trip(&mut socket, device, id)?;
            seen.push(took.seen);
            acknowledged.push(took.acknowledged);
        }
        runtime.block_on(bare_writes(&mut bare, &mut written))?;
    }
    let most = written.p50() + ADDED_MOST;
    table.limit("order to `control_ack`, p50 (limit: bare write p50 + 500 µs)", acknowledged.p50(), most, "µs");
    let pairs = [
        ("order to `control_ack`, p50", acknowledged.p50(), written.p50()),
        ("order to `control_ack`, p99", acknowledged.p99(), written.p99()),
        ("order to the register, p50", seen.p50(), written.p50()),
        ("order to the register, p99", seen.p99(), written.p99()),
    ];
    for (what, measured, other) in pairs {
        table.compare(what, (measured, other), "µs", "bare write and echo", Bound::None);
    }
    Ok(())
}

struct Took {
    seen: Duration,
    acknowledged: Duration,
}

/// Every order asks for another value, so that none is taken for the one before.
fn order_round_trip(socket: &mut Blocking, device: &Device, id: usize) -> anyhow::Result<Took> {
    let percent = u16::try_from(id % 100)?;
    let value = f64::from(percent) / 100.0;
    let order = format!(r#"{{"type":"control","channel":"burner","value":{value},"request_id":"{id}"}}"#);
    let mine = format!(r#""request_id":"{id}""#);
    let began = Instant::now();
    socket.send(&order)?;
    let answer = socket.wait_for(|frame| {
        (contains(frame, &mine)).then(|| (Instant::now(), String::from_utf8_lossy(frame.payload).into_owned()))
    })?;
    let (at, text) = answer;
    if !text.contains(r#""applied":true"#) {
        bail!("the order was not applied: {text}");
    }
    match device.last_write() {
        Some((word, seen)) if word == percent && seen <= at => {
            Ok(Took { seen: seen.saturating_duration_since(began), acknowledged: at - began })
        }
        other => bail!("acknowledged before the register showed it: {other:?} instead of {percent}"),
    }
}

async fn bare_writes(bare: &mut Client, written: &mut Distribution) -> anyhow::Result<()> {
    for word in 0..u16::try_from(ORDERS)? {
        let began = Instant::now();
        bare.write_single_register(BURNER, word).await?.map_err(|code| anyhow!("the device says {code}"))?;
        written.push(began.elapsed());
    }
    Ok(())
}

fn is(frame: &Frame<'_>, kind: &str) -> bool {
    number(frame.payload, "seq").is_some() && contains(frame, &format!(r#""type":"{kind}""#))
}

fn contains(frame: &Frame<'_>, words: &str) -> bool {
    frame.payload.windows(words.len()).any(|part| part == words.as_bytes())
}

async fn polling(what: &str, device: SocketAddr, readings: usize, table: &mut Table) -> anyhow::Result<()> {
    let config = MachineConfig::parse(machine(device)).map_err(|faults| anyhow!("{faults}"))?;
    let definition = Workshop::default().definition(&config).map_err(|faults| anyhow!("{faults}"))?;
    let mut driver = (definition.driver)(&definition.spec);
    driver.connect().await?;
    let channels = definition.spec.channels.len();
    if driver.requests() != 1 {
        bail!("the driver takes {} requests where the bare client takes one", driver.requests());
    }
    let mut bare = bare_client(device).await?;
    let (mut ours, mut theirs) = <[Distribution; 2]>::default().into();
    for _ in 0..TURNS {
        ours.push(driver_turn(driver.as_mut(), channels, readings).await?);
        theirs.push(bare_turn(&mut bare, readings).await?);
    }
    let rate = |turns: &Distribution| readings as f64 / turns.p50() * 1e6;
    let (what, pair) = (format!("readings of five registers, {what}"), (rate(&ours), rate(&theirs)));
    table.compare(&what, pair, "per s", "bare read", Bound::AtLeast(POLL_RATIO_LEAST));
    Ok(())
}

async fn driver_turn(driver: &mut dyn Driver, channels: usize, readings: usize) -> anyhow::Result<Duration> {
    let began = Instant::now();
    for _ in 0..readings {
        let mut sample = Sample::missing(channels, MissingReason::Timeout);
        driver.read(0, &mut sample).await?;
        if sample.values().iter().any(Result::is_err) {
            bail!("a reading is not whole: {sample:?}");
        }
    }
    Ok(began.elapsed())
}

async fn bare_turn(bare: &mut Client, readings: usize) -> anyhow::Result<Duration> {
    let began = Instant::now();
    for _ in 0..readings {
        let words =
            bare.read_holding_registers(0, REGISTERS).await?.map_err(|code| anyhow!("the device says {code}"))?;
        if words.len() != usize::from(REGISTERS) {
            bail!("{} registers instead of {REGISTERS}", words.len());
        }
    }
    Ok(began.elapsed())
}
