//! What it costs to tell many clients, beside a bare `write()` loop that sends the same bytes to as many sockets.
//!
//! ```text
//! core 0: the daemon, one simulated machine          core 1: N clients that read (this process)
//! core 0: the bare loop (this program once more)             + one client that never reads
//! ```
//! The two senders are measured in turn, bare loop before and after the daemon, so that whatever else the machine does meets
//! both. All that is done three times, each with a daemon of its own, and the middle one is told: where the processes happen to
//! lie in memory makes a third of a frame's price. Loss is counted by `seq`. Limits: architecture, fan-out.
//!
//! With numbers as arguments (`cargo bench --bench sockets -- 100 1000`) only crowds of these sizes are tried.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use support::crowd::{Crowd, Entrance, Notes, Sender, deaf_client};
use support::figures::Distribution;
use support::process::{Daemon, cpu_time, resident_kib};
use support::report::{Bound, Table};
use support::websocket::{Blocking, Frames, number};
use support::{cores, websocket};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

/// Where the clients listen.
const PATH: &str = "/ws/live/m";
const ENTRANCE: Entrance = Entrance { path: PATH, says: None };
/// What the machine sends in each second.
const RATE_HZ: u64 = 10;
/// How long the daemon is measured for each number of clients; the bare loop as long, in two halves.
const WINDOW: Duration = Duration::from_secs(12);
/// Time for a crowd to settle.
const SETTLE: Duration = Duration::from_millis(1500);
/// The ratio of CPU per frame to the bare loop that is still right.
const CPU_RATIO_MOST: f64 = 1.6;
/// Unit: KiB.
const CLIENT_MEMORY_MOST: f64 = 20.0;
/// How often daemon and bare loop are compared; odd, so that there is a middle.
const ROUNDS: usize = 3;
/// Frames that the bare loop repeats.
const SAMPLE_FRAMES: usize = 50;
/// The stalled reader is tried at a rate that fills every buffer before it within seconds. Unit: frames per second.
const FLOOD_HZ: f64 = 400.0;
/// By then the ring is full and the daemon's memory stands still. Source: 8,192 events at [`FLOOD_HZ`].
const RING_FULL: Duration = Duration::from_secs(22);
/// How much the daemon may grow while a client does not read: what the kernel does not hold is held nowhere. Unit: KiB.
const STALL_GROWTH_MOST: f64 = 1024.0;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, file, clients] = arguments.as_slice()
        && role == "bare-loop"
    {
        return bare_loop(Path::new(file), clients.parse()?);
    }
    let crowds: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    cores::allow_files(4096)?;
    cores::pin(cores::LOAD)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(measure(&crowds)))
}

/// Everything, or only crowds of these sizes.
async fn measure(only: &[usize]) -> anyhow::Result<()> {
    let mut table = Table::new("sockets");
    for &clients in if only.is_empty() { &[100, 1000] } else { only } {
        fan_out(clients, &mut table).await?;
    }
    if only.is_empty() {
        stalled_reader(&mut table).await?;
    }
    table.finish()
}

fn config(speed: f64) -> String {
    let interval_ms = 1000 / RATE_HZ;
    format!(
        "[limits]\nsockets = 20000\nsockets_per_address = 20000\n\
         [[machines]]\nid = 'm'\nsampling_interval_ms = {interval_ms}\n\
         driver = {{ type = 'simulator', model = 'roaster', speed = {speed:.1} }}\n"
    )
}

/// Frames of the daemon as they come over the wire, for the bare loop to repeat.
fn sample(address: SocketAddr) -> anyhow::Result<Vec<u8>> {
    let mut socket = Blocking::open(address, PATH)?;
    let mut bytes = Vec::new();
    for _ in 0..SAMPLE_FRAMES {
        let frame = socket.wait_for(|f| number(f.payload, "seq").map(|_| f.whole.to_vec()))?;
        bytes.extend(frame);
    }
    Ok(bytes)
}

/// Share of a core.
async fn without_clients(daemon: &Daemon) -> anyhow::Result<f64> {
    sleep(SETTLE).await;
    let before = cpu_time(daemon.pid())?;
    sleep(WINDOW / 2).await;
    Ok((cpu_time(daemon.pid())? - before).as_secs_f64() / (WINDOW / 2).as_secs_f64())
}

/// What a sender did in a window.
#[derive(Default)]
struct Spent {
    cpu: Duration,
    frames: u64,
    lost: u64,
    behind_first: Vec<Distribution>,
}

impl Spent {
    fn add(&mut self, cpu: Duration, notes: Notes) {
        self.cpu += cpu;
        self.frames += notes.frames;
        self.lost += notes.lost;
        self.behind_first.push(notes.behind_first);
    }

    /// Unit: µs.
    fn per_frame(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.frames.max(1) as f64
    }

    /// The mean of the windows' quantiles. Unit: ms.
    fn behind_ms(&self, share: f64) -> f64 {
        let windows = self.behind_first.len().max(1) as f64;
        self.behind_first.iter().map(|d| d.quantile(share)).sum::<f64>() / windows / 1000.0
    }
}

/// The daemon beside the bare loop, once.
struct Round {
    told: Spent,
    bare: Spent,
    /// What the daemon needs for its machine where nobody listens, for each frame told. Unit: µs.
    own: f64,
    /// Unit: KiB.
    memory_per_client: f64,
}

impl Round {
    fn ratio(&self) -> f64 {
        (self.told.per_frame() - self.own) / self.bare.per_frame()
    }
}

async fn round(clients: usize) -> anyhow::Result<Round> {
    let daemon = cores::started_on(cores::SERVER, || Daemon::start(&config(1.0)))?;
    let frames = tempfile::NamedTempFile::new()?;
    fs::write(frames.path(), sample(daemon.address())?).context("keeping the sample")?;
    let alone = without_clients(&daemon).await?;
    let mut bare = Spent::default();
    bare_window(frames.path(), clients, &mut bare).await?;
    let empty = resident_kib(daemon.pid())?;
    let crowd = Crowd::connect(clients, daemon.address(), Sender::Daemon(&ENTRANCE)).await?;
    let deaf = deaf_client(daemon.address(), PATH).await?;
    sleep(SETTLE).await;
    let mut told = Spent::default();
    window(daemon.pid(), &crowd, WINDOW, &mut told).await?;
    let full = resident_kib(daemon.pid())?;
    drop((crowd, deaf));
    bare_window(frames.path(), clients, &mut bare).await?;
    let own = alone * WINDOW.as_secs_f64() * 1e6 / told.frames.max(1) as f64;
    Ok(Round { told, bare, own, memory_per_client: (full - empty) / clients as f64 })
}

async fn fan_out(clients: usize, table: &mut Table) -> anyhow::Result<()> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(round(clients).await?);
    }
    let lost: u64 = rounds.iter().map(|round| round.told.lost).sum();
    rounds.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let ratios: Vec<String> = rounds.iter().map(|round| format!("{:.2}", round.ratio())).collect();
    let Round { told, bare, own, memory_per_client } = rounds.swap_remove(ROUNDS / 2);

    let what = |words: &str| format!("{clients} clients × {RATE_HZ} Hz: {words}");
    let pair = (told.per_frame() - own, bare.per_frame());
    let each = format!("CPU per delivered frame (rounds: {})", ratios.join(", "));
    table.compare(&what(&each), pair, "µs", "bare write()", Bound::AtMost(CPU_RATIO_MOST));
    let pair = (told.per_frame(), bare.per_frame());
    table.compare(&what("the same with the machine that is read"), pair, "µs", "bare write()", Bound::None);
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let pair = (told.behind_ms(share), bare.behind_ms(share));
        table.compare(&what(&format!("behind the first client, {name}")), pair, "ms", "bare write()", Bound::None);
    }
    table.limit(&what("frames lost, with one client that never reads"), lost as f64, 0.0, "");
    table.limit(&what("memory per client"), memory_per_client, CLIENT_MEMORY_MOST, "KiB");
    Ok(())
}

async fn window(pid: u32, crowd: &Crowd, length: Duration, spent: &mut Spent) -> anyhow::Result<()> {
    drop(crowd.take_notes());
    let before = cpu_time(pid)?;
    sleep(length).await;
    let cpu = cpu_time(pid)? - before;
    let notes = crowd.take_notes();
    if notes.closed > 0 || notes.frames == 0 {
        bail!("{} clients were closed, {} frames arrived: nothing to compare", notes.closed, notes.frames);
    }
    spent.add(cpu, notes);
    Ok(())
}

/// Half a window of the bare loop.
async fn bare_window(frames: &Path, clients: usize, spent: &mut Spent) -> anyhow::Result<()> {
    let sender = BareLoop::start(frames, clients)?;
    let crowd = Crowd::connect(clients, sender.address, Sender::Bare).await?;
    sleep(SETTLE).await;
    window(sender.child.id(), &crowd, WINDOW / 2, spent).await
}

/// One client stops reading: the others must not notice, and nobody may keep its frames.
async fn stalled_reader(table: &mut Table) -> anyhow::Result<()> {
    const CLIENTS: usize = 100;
    let speed = FLOOD_HZ / RATE_HZ as f64;
    let daemon = cores::started_on(cores::SERVER, || Daemon::start(&config(speed)))?;
    let crowd = Crowd::connect(CLIENTS, daemon.address(), Sender::Daemon(&ENTRANCE)).await?;
    sleep(RING_FULL).await;
    let (mut before, mut during) = (Spent::default(), Spent::default());
    window(daemon.pid(), &crowd, WINDOW / 2, &mut before).await?;
    let full = resident_kib(daemon.pid())?;
    let deaf = deaf_client(daemon.address(), PATH).await?;
    let began = Instant::now();
    let mut cut_after = None;
    while began.elapsed() < WINDOW * 2 && cut_after.is_none() {
        window(daemon.pid(), &crowd, Duration::from_secs(1), &mut during).await?;
        cut_after = (sockets(daemon.address()).await? == CLIENTS as u64).then(|| began.elapsed());
    }
    let grown = resident_kib(daemon.pid())? - full;
    drop(deaf);
    let what = |words: &str| format!("{CLIENTS} clients × {FLOOD_HZ:.0} Hz, one more never reads: {words}");
    table.limit(&what("frames lost by the others"), (before.lost + during.lost) as f64, 0.0, "");
    let pair = (during.behind_ms(0.99), before.behind_ms(0.99));
    table.compare(&what("the others behind the first, p99"), pair, "ms", "without it", Bound::None);
    table.limit(&what("growth of the daemon"), grown.max(0.0), STALL_GROWTH_MOST, "KiB");
    match cut_after {
        Some(after) => table.figure(&what("cut after"), after.as_secs_f64(), "s"),
        None => table.figure(&what("not cut within"), began.elapsed().as_secs_f64(), "s"),
    }
    Ok(())
}

/// Sockets that the daemon has open, as its metrics say.
async fn sockets(address: SocketAddr) -> anyhow::Result<u64> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let figure = answer.lines().find_map(|line| line.strip_prefix("hearth_sockets "));
    figure.context("no count of sockets in the metrics")?.trim().parse().context("the count of sockets")
}

/// This program once more, as the bare loop.
struct BareLoop {
    child: Child,
    address: SocketAddr,
}

impl BareLoop {
    fn start(frames: &Path, clients: usize) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command.arg("bare-loop").arg(frames).arg(clients.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = cores::started_on(cores::SERVER, || command.spawn().context("starting the bare loop"))?;
        let mut line = String::new();
        let answers = child.stdout.take().context("the bare loop has no standard output")?;
        BufReader::new(answers).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse().context("where the bare loop listens")? })
    }
}

impl Drop for BareLoop {
    fn drop(&mut self) {
        // It ends with its standard input.
        self.child.stdin = None;
        let _ = self.child.wait();
    }
}

/// Sends one frame after the other to so many sockets, each with a `write()` of its own, until the standard input ends.
fn bare_loop(file: &Path, clients: usize) -> anyhow::Result<()> {
    let mut sample = Frames::default();
    sample.push(&fs::read(file).context("reading the sample")?);
    let mut frames = Vec::new();
    while let Some(websocket::Frame { whole, .. }) = sample.next() {
        frames.push(whole.to_vec());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(stdout(), "{}", listener.local_addr()?)?;
    let mut sockets = Vec::with_capacity(clients);
    for _ in 0..clients {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        sockets.push(socket);
    }
    std::thread::spawn(|| {
        let _ = stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let mut next = Instant::now();
    for frame in frames.iter().cycle() {
        next += Duration::from_secs(1) / u32::try_from(RATE_HZ)?;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        for socket in &mut sockets {
            // Whoever has gone is going to end this process.
            let _ = socket.write_all(frame);
        }
    }
    Ok(())
}
