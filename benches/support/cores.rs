//! Which core a process runs on, and how many files it may open.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What is measured runs here.
pub const SERVER: usize = 0;
/// What produces load and measures runs here.
pub const LOAD: usize = 1;

/// Keeps this thread, and whatever it starts from here on, on one core. On a machine with one core everything shares it.
///
/// # Errors
/// When the system refuses.
pub fn pin(core: usize) -> anyhow::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core.min(available() - 1));
    sched_setaffinity(None, &cores).context("pinning to a core")
}

/// Runs `start` so that a process it starts stays on a core; this thread comes back to where it was.
///
/// # Errors
/// When the system refuses, or what `start` says.
pub fn started_on<T>(core: usize, start: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let before = sched_getaffinity(None).context("reading which cores are mine")?;
    pin(core)?;
    let started = start();
    sched_setaffinity(None, &before).context("going back to my cores")?;
    started
}

/// Raises the bound of open files to what the system allows; processes started from here on have it as well.
///
/// # Errors
/// When it stays below `needed`; the message says how to raise it.
pub fn allow_files(needed: u64) -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("raising the bound of open files")?;
    match maximum {
        Some(allowed) if allowed < needed => {
            anyhow::bail!(
                "{needed} open files are needed, {allowed} are allowed: run `ulimit -Hn {needed}` as root first"
            )
        }
        _ => Ok(()),
    }
}

/// Number of cores, at least 1.
pub fn available() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).max(cores_of_the_machine())
}

/// A pinned thread is told of its own core only.
fn cores_of_the_machine() -> usize {
    let listed = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    listed.lines().filter(|line| line.starts_with("processor")).count()
}
