//! The health of a machine's link: what was asked, what failed, how long it took.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::driver::ErrorKind;
use crate::model::time::WallMs;

/// Round trips kept for the percentiles.
const LATENCIES_KEPT: usize = 512;

/// Counters of one machine's link since the daemon started. Outlives the machine's actor.
#[derive(Debug, Default)]
pub struct Health {
    counters: Mutex<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    report: HealthReport,
    latencies_us: VecDeque<u32>,
}

/// The counters as they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HealthReport {
    /// Requests answered.
    pub reads: u64,
    /// Orders confirmed.
    pub writes: u64,
    /// Orders that failed.
    pub write_failures: u64,
    /// Requests without an answer in time.
    pub timeouts: u64,
    /// Answers that were unusable (CRC, length, protocol).
    pub garbled: u64,
    /// Answers that said no.
    pub rejected: u64,
    /// Times the link was lost.
    pub losses: u64,
    /// Times the link came back.
    pub reconnects: u64,
    /// Half of the round trips are faster. Unit: µs.
    pub latency_p50_us: Option<u32>,
    /// 99 of 100 round trips are faster. Unit: µs.
    pub latency_p99_us: Option<u32>,
    /// The last error in plain words, and when.
    pub last_error: Option<(WallMs, String)>,
}

impl Health {
    /// A request was answered.
    pub fn read_answered(&self, took: Duration) {
        let mut counters = self.lock();
        counters.report.reads += 1;
        if counters.latencies_us.len() == LATENCIES_KEPT {
            counters.latencies_us.pop_front();
        }
        counters.latencies_us.push_back(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// An order was confirmed.
    pub fn write_confirmed(&self) {
        self.lock().report.writes += 1;
    }

    /// An order failed.
    pub fn write_failed(&self, kind: ErrorKind, words: &str) {
        self.lock().report.write_failures += 1;
        self.failed(kind, words);
    }

    /// A request failed.
    pub fn failed(&self, kind: ErrorKind, words: &str) {
        let mut counters = self.lock();
        let counter = match kind {
            ErrorKind::Timeout => &mut counters.report.timeouts,
            ErrorKind::Garbled => &mut counters.report.garbled,
            ErrorKind::Rejected => &mut counters.report.rejected,
            ErrorKind::Disconnected => &mut counters.report.losses,
        };
        *counter += 1;
        counters.report.last_error = Some((super::clock::wall_now(), words.to_owned()));
    }

    /// The link came back.
    pub fn reconnected(&self) {
        self.lock().report.reconnects += 1;
    }

    /// The counters now.
    pub fn report(&self) -> HealthReport {
        let counters = self.lock();
        let mut sorted: Vec<u32> = counters.latencies_us.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get((sorted.len().saturating_sub(1)) * percent / 100).copied();
        HealthReport { latency_p50_us: at(50), latency_p99_us: at(99), ..counters.report.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
