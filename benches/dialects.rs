//! What five protocols at once cost beside one, and how soon a change made over one of them is seen by clients of all.
//!
//! The machine is a simulated control panel that is read ten times a second. Its motor confirms a speed after 25 to 75 ms, which
//! is part of what is measured. Limits: issue "four more dialects".

mod support;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use support::cores;
use support::crowd::{Crowd, Entrance, Sender};
use support::figures::Distribution;
use support::process::{Daemon, cpu_time};
use support::report::{Bound, Table};
use support::websocket::{Blocking, number};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

/// Clients of one dialect, or of all together.
const CLIENTS: usize = 100;
const SETTLE: Duration = Duration::from_millis(1500);
/// How long each crowd is measured each time.
const WINDOW: Duration = Duration::from_secs(6);
/// How often the two crowds take turns.
const TURNS: usize = 3;
/// The ratio of five dialects to one that is still right.
const CPU_RATIO_MOST: f64 = 2.0;
/// Events that wait to be looked at; more than happen during one change.
const EVENTS_KEPT: usize = 10_000;
/// Changes that are followed.
const CHANGES: u64 = 200;
/// Unit: ms.
const SEEN_MOST: f64 = 100.0;

const CONFIG: &str = "[limits]\nsockets = 20000\nsockets_per_address = 20000\n\
     [[machines]]\nid = 'panel'\nkind = 'panel'\nsampling_interval_ms = 100\n\
     driver = { type = 'simulator', model = 'panel', noise = 0.0 }\n\
     channels = [{ id = 'motor', tag = 'motor_01', device_type = 'motor', kind = 'control', class = 'motion', \
     min = 0, max = 255, step = 1, failsafe = 0, group = 'motors' }]\n";

fn main() -> anyhow::Result<()> {
    cores::allow_files(4096)?;
    cores::pin(cores::LOAD)?;
    let mut table = Table::new("dialects");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(five_beside_one(&mut table)))?;
    seen_by_all(&mut table)?;
    table.finish()
}

/// Where clients of each dialect come in; the first is that of OpenRoast.
fn entrances(address: SocketAddr) -> anyhow::Result<[Entrance; 5]> {
    let endpoints = ask(address, "GET", "/api/os/endpoints", "")?;
    let motor = number(endpoints.as_bytes(), "id").context("the motor has no number")?;
    let subscribe = format!(r#"{{"type":"subscribe","channel":"telemetry","endpointIds":[{motor}]}}"#);
    let silent = |path| Entrance { path, says: None };
    Ok([
        silent("/ws/live/panel"),
        silent("/ws/datapoints/stream"),
        Entrance { path: "/ws", says: Some(subscribe) },
        silent("/ws/devices"),
        silent("/ws/device"),
    ])
}

async fn five_beside_one(table: &mut Table) -> anyhow::Result<()> {
    let daemon = cores::started_on(cores::SERVER, || Daemon::start(CONFIG))?;
    let entrances = entrances(daemon.address())?;
    let (mut one, mut five) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..TURNS {
        one += spent(&daemon, &entrances[..1]).await?;
        five += spent(&daemon, &entrances).await?;
    }
    let share = |cpu: Duration| cpu.as_secs_f64() * 100.0 / (WINDOW.as_secs_f64() * TURNS as f64);
    let what = format!("{} clients of each of five dialects at one machine: CPU", CLIENTS / entrances.len());
    let beside = format!("{CLIENTS} clients of one");
    table.compare(&what, (share(five), share(one)), "% of a core", &beside, Bound::AtMost(CPU_RATIO_MOST));
    Ok(())
}

/// What a crowd that comes in by these entrances costs, a value changing all the time.
async fn spent(daemon: &Daemon, entrances: &[Entrance]) -> anyhow::Result<Duration> {
    let mut crowds = Vec::with_capacity(entrances.len());
    for entrance in entrances {
        crowds.push(Crowd::connect(CLIENTS / entrances.len(), daemon.address(), Sender::Daemon(entrance)).await?);
    }
    let stop = mover(daemon.address());
    sleep(SETTLE).await;
    crowds.iter().for_each(|crowd| drop(crowd.take_notes()));
    let before = cpu_time(daemon.pid())?;
    sleep(WINDOW).await;
    let cpu = cpu_time(daemon.pid())? - before;
    drop(stop);
    for (crowd, entrance) in crowds.iter().zip(entrances) {
        let notes = crowd.take_notes();
        if notes.closed > 0 || notes.frames == 0 {
            bail!("{}: {} clients were closed, {} frames arrived", entrance.path, notes.closed, notes.frames);
        }
    }
    Ok(cpu)
}

/// Moves the motor ten times a second, so that dialects that only tell changes have something to tell. Ends with what it returns.
fn mover(address: SocketAddr) -> SyncSender<()> {
    let (stop, stopped) = sync_channel(0);
    thread::spawn(move || {
        for speed in (1..=255).cycle() {
            let began = Instant::now();
            let _ = set_motor(address, speed);
            let rest = Duration::from_millis(100).saturating_sub(began.elapsed());
            if !matches!(stopped.recv_timeout(rest), Err(RecvTimeoutError::Timeout)) {
                return;
            }
        }
    });
    stop
}

/// When each event came to a client, by its `seq`, and where the panel's dialect told a speed, which.
struct Seen {
    at: Instant,
    seq: u64,
    speed: Option<u64>,
}

/// Follows a socket from a thread of its own, until nobody listens any more.
fn follow(address: SocketAddr, entrance: &Entrance) -> anyhow::Result<Receiver<Seen>> {
    let mut socket = Blocking::open(address, entrance.path)?;
    if let Some(words) = &entrance.says {
        socket.send(words)?;
    }
    let (tell, told) = sync_channel(EVENTS_KEPT);
    thread::spawn(move || {
        let seen = socket.wait_for(|frame| {
            let seq = number(frame.payload, "seq")?;
            let seen = Seen { at: Instant::now(), seq, speed: new_speed(frame.payload) };
            tell.send(seen).err().map(|_| ())
        });
        drop(seen);
    });
    Ok(told)
}

fn new_speed(payload: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(payload).ok()?;
    let (_, state) = text.split_once("\"new_state\":{")?;
    number(state.split_once('}')?.0.as_bytes(), "speed")
}

fn seen_by_all(table: &mut Table) -> anyhow::Result<()> {
    let daemon = cores::started_on(cores::SERVER, || Daemon::start(CONFIG))?;
    let entrances = entrances(daemon.address())?;
    let sockets =
        entrances.iter().map(|entrance| follow(daemon.address(), entrance)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut seen: Vec<HashMap<u64, Instant>> = vec![HashMap::new(); sockets.len()];
    let (mut last_of_all, mut after_the_first) = (Distribution::default(), Distribution::default());
    for change in 0..CHANGES {
        let speed = 1 + change % 255;
        let began = Instant::now();
        set_motor(daemon.address(), speed)?;
        let seq = loop {
            let Seen { at, seq, speed: told } =
                sockets[3].recv_timeout(Duration::from_secs(5)).context("no update of the motor")?;
            seen[3].insert(seq, at);
            if told == Some(speed) {
                break seq;
            }
        };
        for (socket, seen) in sockets.iter().zip(&mut seen) {
            while !seen.contains_key(&seq) {
                let Seen { at, seq, .. } =
                    socket.recv_timeout(Duration::from_secs(5)).context("an event did not come to all")?;
                seen.entry(seq).or_insert(at);
            }
        }
        let times = || seen.iter().map(|seen| seen[&seq]);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { bail!("nobody listens") };
        last_of_all.push(last - began);
        after_the_first.push(last - first);
        seen.iter_mut().for_each(HashMap::clear);
    }
    let most = SEEN_MOST;
    table.limit(
        "a motor moved by REST: seen by clients of all five with the same seq, p99",
        last_of_all.p99() / 1000.0,
        most,
        "ms",
    );
    table.figure("the same, p50; the motor itself takes 25 to 75 ms", last_of_all.p50() / 1000.0, "ms");
    table.figure("the last of the five after the first, p99", after_the_first.p99() / 1000.0, "ms");
    Ok(())
}

fn set_motor(address: SocketAddr, speed: u64) -> anyhow::Result<String> {
    ask(address, "POST", "/api/v1/devices/motor_01", &format!(r#"{{"speed":{speed}}}"#))
}

/// One request; the body of its answer.
fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).context("connecting")?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("waiting for an answer")?;
    if !answer.starts_with("HTTP/1.1 200") {
        bail!("{method} {path} was answered {answer:?}");
    }
    Ok(answer)
}
