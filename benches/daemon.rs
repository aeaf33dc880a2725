//! What the daemon itself costs: how soon it answers, and what idle machines take of memory and processor.
//!
//! Machines are simulated, connected, sampled once a second and watched by nobody. All houses run side by side for longer than
//! the ring reaches back, so that memory has come to rest; one without machines is subtracted.

mod support;

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};
use support::cores;
use support::figures::Distribution;
use support::process::{Daemon, cpu_time, filled_kib, resident_kib};
use support::report::Table;
use tokio::time::Instant;

const STARTS: usize = 11;
/// Unit: ms.
const START_MOST: f64 = 100.0;
/// Unit: KiB.
const MACHINE_MEMORY_MOST: f64 = 1024.0;
/// Longer than the 60 s of the ring.
const AT_REST: Duration = Duration::from_secs(62);
const WINDOW: Duration = Duration::from_secs(15);

fn main() -> anyhow::Result<()> {
    cores::allow_files(4096)?;
    let mut table = Table::new("daemon");
    start_up(&mut table)?;
    machines(&mut table)?;
    table.finish()
}

fn start_up(table: &mut Table) -> anyhow::Result<()> {
    let mut starts = Distribution::default();
    for _ in 0..STARTS {
        let began = Instant::now();
        let daemon = Daemon::start(&house(1))?;
        first_answer(&daemon)?;
        starts.push(began.elapsed());
    }
    table.limit("start to the first answer, one machine, p50", starts.p50() / 1000.0, START_MOST, "ms");
    table.limit("start to the first answer, worst of 11", starts.worst() / 1000.0, START_MOST, "ms");
    Ok(())
}

fn first_answer(daemon: &Daemon) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(daemon.address()).context("connecting")?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET /api/machines HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", daemon.address())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("waiting for the first answer")?;
    if !answer.starts_with("HTTP/1.1 200") {
        bail!("the daemon answered {answer:?}");
    }
    Ok(())
}

fn machines(table: &mut Table) -> anyhow::Result<()> {
    let empty = Daemon::start(&house(0))?;
    let houses = [1, 10, 100].map(|count| Daemon::start(&house(count)).map(|daemon| (count, daemon)));
    let houses = houses.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    std::thread::sleep(AT_REST);
    let pids: Vec<u32> =
        std::iter::once(&empty).chain(houses.iter().map(|(_, daemon)| daemon)).map(Daemon::pid).collect();
    let before = pids.iter().map(|pid| cpu_time(*pid)).collect::<anyhow::Result<Vec<_>>>()?;
    std::thread::sleep(WINDOW);
    let after = pids.iter().map(|pid| cpu_time(*pid)).collect::<anyhow::Result<Vec<_>>>()?;
    let percent: Vec<f64> = before
        .iter()
        .zip(after)
        .map(|(before, after)| (after - *before).as_secs_f64() / WINDOW.as_secs_f64() * 100.0)
        .collect();
    let alone_kib = filled_kib(empty.pid())?;
    table.figure("memory without machines, code included", resident_kib(empty.pid())?, "KiB");
    table.figure("memory without machines", alone_kib, "KiB");
    for (count, daemon) in &houses {
        let each = (filled_kib(daemon.pid())? - alone_kib) / f64::from(*count);
        table.limit(&format!("memory per idle machine, {count} at 1 Hz"), each, MACHINE_MEMORY_MOST, "KiB");
    }
    let counts = std::iter::once(0).chain(houses.iter().map(|(count, _)| *count));
    for (count, percent) in counts.zip(percent) {
        table.figure(&format!("CPU with {count} machines at 1 Hz"), percent, "% of a core");
    }
    Ok(())
}

fn house(machines: u32) -> String {
    (0..machines).fold(String::new(), |mut config, n| {
        let _ = write!(config, "[[machines]]\nid = 'm{n}'\ndriver = {{ type = 'simulator', seed = {n} }}\n");
        config
    })
}
