//! The guard's own process: starts the daemon, waits for its end, deals with it.

use std::ffi::OsString;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hearth_actors::logic::backoff::{Backoff, First};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::time::Instant;

use super::lifeline;
use super::verdict::{End, Life, Verdict, judge};
use crate::cli::EXIT_UNSAFE;
use crate::drivers::modbus::bus::BusDirectory;
use crate::drivers::modbus::will::{self, Settled, Will};

/// How long the guard tries to write before it starts the daemon again, which then goes on trying. Source: safety design, 2: safe
/// values within 2 s.
const WRITE_WITHIN: Duration = Duration::from_millis(1_900);
/// How long the daemon may take to stop. Source: wire contract, command line.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// First and longest pause before the daemon is started again, after one start that comes at once. Short: a roast goes on without it
/// meanwhile. Unit: ms.
const RESTART_MS: (u64, u64) = (100, 2_000);
/// Share of chance in each pause.
const RESTART_JITTER: f64 = 0.3;
/// After a life of this length the next start comes at once again.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);
/// Signals that may wait. More of the same kind tell nothing more.
const SIGNALS_WAITING_MAX: usize = 64;
/// What tells the daemon that its standard input leads to a guard.
pub const GUARDED: &str = "--guarded";

/// What the daemon told last.
type Told = Arc<Mutex<Option<Vec<Will>>>>;

/// The guard's process.
struct Guard {
    /// As it was called when the guard was started: a newer one may take its place on disk.
    program: PathBuf,
    signals: Receiver<i32>,
    told: Told,
    asked_to_stop: bool,
}

/// A daemon that runs.
struct Daemon {
    pid: Pid,
    since: Instant,
    listener: JoinHandle<()>,
}

/// Runs the daemon, this same program with these same arguments, until it ends in order; yields this process's exit code.
///
/// # Errors
/// When the system denies what the guard itself needs, or the daemon cannot be started at all.
pub fn run() -> io::Result<ExitCode> {
    let mut caught = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD])?;
    let (heard, signals) = sync_channel(SIGNALS_WAITING_MAX);
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in caught.forever() {
            if heard.send(signal).is_err() {
                return;
            }
        }
    })?;
    let program = std::env::current_exe()?;
    let mut guard = Guard { program, signals, told: Told::default(), asked_to_stop: false };
    let mut backoff = Backoff::new(RESTART_MS.0, RESTART_MS.1, RESTART_JITTER, First::Immediate);
    loop {
        let lived = match guard.start() {
            Ok(daemon) => {
                let since = daemon.since;
                if let Some(code) = guard.stand_by(daemon) {
                    return Ok(code);
                }
                since.elapsed()
            }
            Err(error) if guard.was_up() => {
                tracing::error!(%error, "the daemon cannot be started again, trying on");
                Duration::ZERO
            }
            Err(error) => return Err(error),
        };
        if lived >= HEALTHY_AFTER {
            backoff.reset();
        }
        if let Some(code) = guard.pause(Duration::from_millis(backoff.next_ms(fastrand::f64()))) {
            return Ok(code);
        }
        tracing::warn!("starting the daemon again");
    }
}

impl Guard {
    fn start(&self) -> io::Result<Daemon> {
        let (guards, daemons) = lifeline::pair()?;
        let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
        let child = Command::new(&self.program).args(arguments).arg(GUARDED).stdin(daemons).spawn()?;
        let pid = Pid::from_child(&child);
        let listener = listen(guards, Arc::clone(&self.told))?;
        Ok(Daemon { pid, since: Instant::now(), listener })
    }

    /// Waits for the daemon's end and deals with it; yields the exit code, or nothing where it is to be started again.
    fn stand_by(&mut self, Daemon { pid, listener, .. }: Daemon) -> Option<ExitCode> {
        let (end, overdue) = self.wait(pid);
        // Nobody holds the other end any more: what was told last is heard to its end.
        let _ = listener.join();
        let life = Life { was_up: self.was_up(), asked_to_stop: self.asked_to_stop, overdue };
        let Verdict { make_safe, exit } = judge(end, life);
        if end != End::Exited(0) {
            tracing::error!(%end, "the daemon died");
        }
        let all_safe = !make_safe || self.make_safe();
        exit.map(|code| ExitCode::from(if code == 0 && !all_safe { EXIT_UNSAFE } else { code }))
    }

    /// How the daemon ended, and whether it had to be killed because it would not stop.
    fn wait(&mut self, pid: Pid) -> (End, bool) {
        let mut kill_at: Option<Instant> = None;
        let mut overdue = false;
        loop {
            if let Some(end) = reap(pid) {
                return (end, overdue);
            }
            let signal = match kill_at {
                None => self.signals.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.signals.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match signal {
                Ok(SIGCHLD) => {}
                Ok(_) => {
                    self.asked_to_stop = true;
                    pass_on(pid, Signal::TERM);
                    kill_at.get_or_insert_with(|| Instant::now() + STOP_WITHIN);
                }
                Err(RecvTimeoutError::Timeout) => {
                    tracing::error!("the daemon does not stop: it is killed");
                    overdue = true;
                    pass_on(pid, Signal::KILL);
                    kill_at = Some(Instant::now() + STOP_WITHIN);
                }
                // Without signals the daemon's end is still seen, only later.
                Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Waits before the next start; yields the exit code if the guard is told to stop meanwhile.
    fn pause(&mut self, pause: Duration) -> Option<ExitCode> {
        let until = Instant::now() + pause;
        loop {
            match self.signals.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(SIGCHLD) => reap_orphans(),
                Ok(_) => return Some(ExitCode::from(if self.make_safe() { 0 } else { EXIT_UNSAFE })),
                Err(_) => return None,
            }
        }
    }

    fn was_up(&self) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Writes every safe value that the daemon had told; says whether all were confirmed.
    fn make_safe(&self) -> bool {
        let wills = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
        if wills.is_empty() {
            return true;
        }
        // Made only now that the daemon is dead: until then the guard holds nothing that could break.
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(carry_out(&wills)),
            Err(error) => {
                tracing::error!(%error, "the guard cannot write the safe values: use the machines' own switches");
                false
            }
        }
    }
}

async fn carry_out(wills: &[Will]) -> bool {
    let done = will::carry_out(wills, &BusDirectory::new(), Instant::now() + WRITE_WITHIN).await;
    let mut all_safe = true;
    for Settled { machine, channel, what, result } in done {
        match result {
            Ok(()) => tracing::warn!(machine, channel, what, "made safe by the guard"),
            Err(why) => {
                all_safe = false;
                tracing::error!(
                    machine,
                    channel,
                    why,
                    "the guard could not make this output safe: use the machine's own switch"
                );
            }
        }
    }
    all_safe
}

fn listen(guards: UnixStream, told: Told) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("lifeline".into()).spawn(move || {
        lifeline::listen(guards, |wills| *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(wills));
    })
}

fn pass_on(pid: Pid, signal: Signal) {
    // It may have ended by itself this very moment.
    let _ = kill_process(pid, signal);
}

/// The daemon's end, if it came. As the first process of a container the guard is also handed the orphans of others.
fn reap(daemon: Pid) -> Option<End> {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if pid == daemon
            && let Some(end) = end_of(status)
        {
            return Some(end);
        }
    }
    None
}

fn reap_orphans() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

fn end_of(status: WaitStatus) -> Option<End> {
    status.exit_status().map(End::Exited).or(status.terminating_signal().map(End::Killed))
}
