//! One owner per shared line. Machines live on threads of their own; the line lives on one of its own, too, and serves them
//! in turn: writes before reads. It ends when the last machine lets go.
//!
//! ```text
//! machine a --+  urgent (16)   +--------------+
//!             +--------------->|  bus thread  |--- the wire
//! machine b --+  ordinary (64) +--------------+
//! ```
//!
//! A panic in the bus fails the requests that wait and nothing else: the thread starts its worker anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::{Instant, timeout};

use super::failure::Failure;
use super::link::OpenLine;
use super::op::{Op, Reply};
use super::serial::SerialLine;
use super::tcp::Address;
use super::worker::Worker;

/// Orders that may wait at once: one per machine and a few to spare.
const URGENT_MAX: usize = 16;
/// Reads that may wait at once; each machine has at most one.
const ORDINARY_MAX: usize = 64;
/// How long a request may wait for its turn, besides four times its answer limit.
const TURN_LIMIT: Duration = Duration::from_secs(2);
/// How much later than promised the bus may answer before it counts as hung, and how long its successor waits for its end.
const HUNG_AFTER: Duration = Duration::from_secs(2);
/// Pause before a bus that panicked goes on.
const RESTART_AFTER: Duration = Duration::from_millis(100);

const BUSY_HINT: &str = "the line has more to do than it can: raise sampling_interval_ms or the baud rate";

/// Which line, and how it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A serial port.
    Serial(SerialLine),
    /// A serial line behind a network adapter.
    Gateway(Address),
}

/// Where a line is, however it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A port, by the path that all its names lead to.
    Port(std::path::PathBuf),
    /// An adapter.
    Network(String, u16),
}

/// Which requests go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Orders, what confirms them, and the question whether anybody is there.
    Urgent,
    /// Everything else. A unit that keeps silent is not asked each time.
    Ordinary,
}

/// A request on its way to the bus.
#[derive(Debug)]
pub struct Job {
    /// Which unit is asked.
    pub unit: u8,
    /// What.
    pub op: Op,
    /// How it came.
    pub lane: Lane,
    /// How long its answer may take.
    pub limit: Duration,
    /// When it is no longer worth asking.
    pub start_by: Instant,
    /// Where the answer goes; closed when the caller is gone.
    pub reply: oneshot::Sender<Result<Reply, Failure>>,
}

/// All lines in use. Made once, where the daemon is composed; clones share it.
#[derive(Debug, Clone, Default)]
pub struct BusDirectory {
    buses: Arc<Mutex<Vec<Started>>>,
}

/// A bus from its start to the end of its thread.
#[derive(Debug)]
struct Started {
    line: Line,
    shared: Weak<Shared>,
    ended: Ended,
}

/// Closed by the end of a bus, when its line is closed too.
type Ended = oneshot::Receiver<()>;

/// A machine's share in a bus. The bus ends with the last of them.
#[derive(Debug, Clone)]
pub struct BusHandle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    line: Line,
    urgent: mpsc::Sender<Job>,
    ordinary: mpsc::Sender<Job>,
}

impl BusDirectory {
    /// No line in use yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A share in the bus of a line, which is started if nobody uses it yet. The line itself is opened with the first request.
    ///
    /// # Errors
    /// When another machine runs the same port with other settings, or no thread can be started.
    pub fn join(&self, line: &Line) -> Result<BusHandle, Failure> {
        self.join_with(line, super::worker::opener(line))
    }

    /// A share in the bus of a line that nobody uses now. A machine that wants it later takes turns with it.
    ///
    /// # Errors
    /// When a connected machine uses the line, or no thread can be started.
    pub fn join_unused(&self, line: &Line) -> Result<BusHandle, Failure> {
        let place = line.place();
        let is_used = self.lock().iter().any(|bus| bus.shared.strong_count() > 0 && bus.line.place() == place);
        if is_used {
            let (cause, hint) =
                ("a connected machine uses this line", "disconnect it first, and connect it again later");
            return Err(Failure::broken(cause, hint));
        }
        self.join(line)
    }

    /// The same with another way to open the line.
    pub(super) fn join_with(&self, line: &Line, open: OpenLine) -> Result<BusHandle, Failure> {
        let mut buses = self.lock();
        buses.retain_mut(|bus| bus.ended.try_recv() == Err(TryRecvError::Empty));
        // Asked anew each time: an adapter that was plugged in again may have another path behind the same name.
        let place = line.place();
        let is_here = |bus: &Started| bus.line.place() == place;
        let alive = |bus: &Started| bus.shared.upgrade().filter(|shared| !shared.urgent.is_closed());
        if let Some(shared) = buses.iter().filter(|bus| is_here(bus)).find_map(alive) {
            shared.line.may_be_shared_with(line)?;
            return Ok(BusHandle { shared });
        }
        let ending = buses.extract_if(.., |bus| is_here(bus)).map(|bus| bus.ended).collect();
        let (shared, ended) = start(line, open, ending)?;
        let shared = Arc::new(shared);
        buses.push(Started { line: line.clone(), shared: Arc::downgrade(&shared), ended });
        Ok(BusHandle { shared })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Started>> {
        self.buses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BusHandle {
    /// Asks a unit when it is its turn and waits up to `limit` for the answer.
    ///
    /// Dropped before its end, a request that was not sent yet is never sent.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn call(&self, unit: u8, op: Op, lane: Lane, limit: Duration) -> Result<Reply, Failure> {
        let limit = match &self.shared.line {
            Line::Serial(line) => limit + line.wire_time(op.frame_bytes()),
            Line::Gateway(_) => limit,
        };
        let patience = TURN_LIMIT + 4 * limit;
        let (reply, answer) = oneshot::channel();
        let job = Job { unit, op, lane, limit, start_by: Instant::now() + patience, reply };
        let queue = match lane {
            Lane::Urgent => &self.shared.urgent,
            Lane::Ordinary => &self.shared.ordinary,
        };
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Failure::Silent { after_ms: 0, hint: BUSY_HINT.into() },
            TrySendError::Closed(_) => program_failed(),
        })?;
        let dial_limit = match &self.shared.line {
            Line::Serial(_) => Duration::ZERO,
            Line::Gateway(address) => address.dial_limit,
        };
        match timeout(patience + dial_limit + limit + HUNG_AFTER, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(program_failed()),
            Err(_) => {
                Err(Failure::broken("the line is stuck in the system", "unplug the adapter and plug it in again"))
            }
        }
    }
}

impl Line {
    /// What people call it.
    pub fn name(&self) -> String {
        match self {
            Self::Serial(line) => line.port.clone(),
            Self::Gateway(address) => address.to_string(),
        }
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        match self {
            // One port has many names under /dev/serial; a port that is not there yet has only the given one.
            Self::Serial(line) => {
                Place::Port(std::fs::canonicalize(&line.port).unwrap_or_else(|_| line.port.clone().into()))
            }
            Self::Gateway(address) => Place::Network(address.host.to_ascii_lowercase(), address.port),
        }
    }

    fn may_be_shared_with(&self, other: &Self) -> Result<(), Failure> {
        match (self, other) {
            (Self::Serial(ours), Self::Serial(theirs)) if !ours.runs_like(theirs) => Err(Failure::broken(
                format!("another machine runs this port at {}, this one wants {}", ours.settings(), theirs.settings()),
                "all machines on one wire need the same baud rate, parity and stop bits",
            )),
            _ => Ok(()),
        }
    }
}

/// Starts a bus. `before` are those of the same line that were let go and may not have closed it yet.
fn start(line: &Line, open: OpenLine, before: Vec<Ended>) -> Result<(Shared, Ended), Failure> {
    let (shared, jobs) = queues(line);
    let (alive, ended) = oneshot::channel();
    let name = line.name();
    std::thread::Builder::new()
        .name("modbus-bus".into())
        .spawn(move || run(&name, &open, before, jobs, alive))
        .map_err(|error| Failure::broken(error.to_string(), "the system has no thread left"))?;
    Ok((shared, ended))
}

/// What waits for a bus.
struct Jobs {
    urgent: mpsc::Receiver<Job>,
    ordinary: mpsc::Receiver<Job>,
}

fn queues(line: &Line) -> (Shared, Jobs) {
    let (urgent, urgent_jobs) = mpsc::channel(URGENT_MAX);
    let (ordinary, ordinary_jobs) = mpsc::channel(ORDINARY_MAX);
    (Shared { line: line.clone(), urgent, ordinary }, Jobs { urgent: urgent_jobs, ordinary: ordinary_jobs })
}

/// Serves until the last machine lets go. A panic drops the worker with its connection and starts another. `_alive`
/// outlives them all.
fn run(name: &str, open: &OpenLine, before: Vec<Ended>, mut jobs: Jobs, _alive: oneshot::Sender<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(line = name, %error, "bus cannot start"),
    };
    // A port is opened for one alone: without this a machine that connects anew would find its own port held. One that is stuck is
    // not waited for for ever.
    let _ = runtime.block_on(async { timeout(HUNG_AFTER, join_all(before)).await });
    loop {
        let mut worker = Worker::new(name, open);
        let serve = AssertUnwindSafe(|| runtime.block_on(worker.serve(&mut jobs.urgent, &mut jobs.ordinary)));
        match catch_unwind(serve) {
            Ok(()) => return tracing::debug!(line = name, "bus ends: no machine uses it any more"),
            Err(_) => {
                tracing::error!(line = name, "bus program failed; it starts anew");
                runtime.block_on(async { tokio::time::sleep(RESTART_AFTER).await });
            }
        }
    }
}

fn program_failed() -> Failure {
    Failure::broken("the bus program failed and starts anew", "please report it with the log")
}

/// A bus on this thread, in its runtime: tests of it run in virtual time.
#[cfg(test)]
pub(super) fn serve_here(buses: &BusDirectory, line: &Line, open: OpenLine) -> BusHandle {
    let (shared, mut jobs) = queues(line);
    let (alive, ended) = oneshot::channel();
    tokio::task::spawn_local(async move {
        Worker::new("here", &open).serve(&mut jobs.urgent, &mut jobs.ordinary).await;
        drop(alive);
    });
    let shared = Arc::new(shared);
    buses.lock().push(Started { line: line.clone(), shared: Arc::downgrade(&shared), ended });
    BusHandle { shared }
}
