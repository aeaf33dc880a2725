//! The daemon as its users run it, in a directory of its own, and what a process costs.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A running daemon; it ends when this is dropped.
pub struct Daemon {
    child: Child,
    address: SocketAddr,
    /// Kept open: the daemon must not meet a closed pipe.
    _answers: BufReader<ChildStdout>,
    _home: TempDir,
}

impl Daemon {
    /// Starts one with this configuration on a free port, with an empty data directory, and waits until it listens.
    ///
    /// # Errors
    /// When it does not start; what it says stands on the standard error.
    pub fn start(config: &str) -> anyhow::Result<Self> {
        let home = tempfile::tempdir().context("making a directory")?;
        let file = home.path().join("hearth.toml");
        fs::write(&file, config).context("writing the configuration")?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_hearth"))
            // What is measured is the daemon, not the process that guards it.
            .arg("--unguarded")
            .arg("--config")
            .arg(&file)
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(home.path().join("data"))
            // Variables would change its configuration.
            .env_clear()
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the daemon")?;
        let Some(stdout) = child.stdout.take() else { bail!("the daemon has no standard output") };
        let mut answers = BufReader::new(stdout);
        let mut line = String::new();
        answers.read_line(&mut line).context("reading where the daemon listens")?;
        let address = line.trim().strip_prefix("listening on http://").map(str::parse);
        let Some(Ok(address)) = address else { bail!("the daemon did not start: it said {line:?}") };
        Ok(Self { child, address, _answers: answers, _home: home })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// CPU time that all threads of a process have used since they started. Threads that ended are not counted.
///
/// Source: the first figure of `schedstat`, in ns; the 10 ms of `stat` are too coarse for what is measured here.
///
/// # Errors
/// When the process is gone.
pub fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).context("listing the threads of a process")? {
        // A thread may end between being listed and being read.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanos += text.split_whitespace().next().and_then(|first| first.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(nanos))
}

/// Memory that a process holds, its code included as far as it was read in. Unit: KiB.
///
/// # Errors
/// When the process is gone.
pub fn resident_kib(pid: u32) -> anyhow::Result<f64> {
    status_kib(pid, "VmRSS:")
}

/// Memory that a process filled itself: what it holds without its code. Unit: KiB.
///
/// # Errors
/// When the process is gone.
pub fn filled_kib(pid: u32) -> anyhow::Result<f64> {
    status_kib(pid, "RssAnon:")
}

fn status_kib(pid: u32, key: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("reading the status of a process")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).context("a process without memory")?;
    line.trim().trim_end_matches("kB").trim().parse().context("reading how much memory a process holds")
}
