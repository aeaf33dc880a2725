//! Restarts: whether a machine's actor that died is started again, and when.

use std::collections::VecDeque;

use super::backoff::{Backoff, First};
use crate::model::time::MonoMs;

/// More restarts than this inside [`WITHIN_MS`] park a machine. Source: architecture, supervision.
pub const MAX_RESTARTS: usize = 5;
/// The span in which restarts are counted. Unit: ms.
pub const WITHIN_MS: u64 = 60_000;
/// After so long without a death the next restart is as quick as the first one. Unit: ms.
pub const HEALTHY_AFTER_MS: u64 = 60_000;

const BACKOFF_MIN_MS: u64 = 100;
const BACKOFF_MAX_MS: u64 = 500;
const BACKOFF_JITTER: f64 = 0.3;

/// What to do about an actor that died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Start a fresh one after so long. Unit: ms of real time.
    RestartIn(u64),
    /// It died too often: leave it until an operator restarts it.
    Park,
}

/// The restarts of one machine. Times are real (unscaled): a simulator's clock says nothing about the health of its thread.
#[derive(Debug, Clone)]
pub struct RestartLog {
    max: usize,
    within_ms: u64,
    deaths: VecDeque<MonoMs>,
    backoff: Backoff,
    total: u32,
}

impl Default for RestartLog {
    fn default() -> Self {
        let backoff = Backoff::new(BACKOFF_MIN_MS, BACKOFF_MAX_MS, BACKOFF_JITTER, First::Immediate);
        Self::new(MAX_RESTARTS, WITHIN_MS, backoff)
    }
}

impl RestartLog {
    /// At most `max` restarts within `within_ms`, spaced by `backoff`.
    pub fn new(max: usize, within_ms: u64, backoff: Backoff) -> Self {
        Self { max, within_ms, deaths: VecDeque::new(), backoff, total: 0 }
    }

    /// Counts a death and judges it, `chance` being a random number in `0..1`.
    pub fn died(&mut self, now: MonoMs, chance: f64) -> Verdict {
        self.healthy(now);
        while self.deaths.front().is_some_and(|&death| now.since(death) >= self.within_ms) {
            self.deaths.pop_front();
        }
        if self.deaths.len() >= self.max {
            return Verdict::Park;
        }
        self.deaths.push_back(now);
        self.total = self.total.saturating_add(1);
        Verdict::RestartIn(self.backoff.next_ms(chance))
    }

    /// Takes note that the actor makes progress: once it has done so long enough, the backoff begins anew.
    pub fn healthy(&mut self, now: MonoMs) {
        if self.deaths.back().is_some_and(|&last| now.since(last) >= HEALTHY_AFTER_MS) {
            self.backoff.reset();
        }
    }

    /// How often the actor was restarted in this run of the daemon.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// An operator restarts the machine: what was counted against it is forgotten, the total is not.
    pub fn forgive(&mut self) {
        self.deaths.clear();
        self.backoff.reset();
        self.total = self.total.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_restart_within_a_minute_parks_the_machine() {
        let mut log = RestartLog::default();
        for second in 0..5 {
            assert!(matches!(log.died(MonoMs(second * 1_000), 0.5), Verdict::RestartIn(_)), "{second}");
        }
        assert_eq!(log.died(MonoMs(59_999), 0.5), Verdict::Park);
        assert_eq!(log.total(), 5);
    }

    #[test]
    fn restarts_spread_over_time_never_park() {
        let mut log = RestartLog::default();
        for i in 0..100 {
            assert!(matches!(log.died(MonoMs(i * 12_000), 0.5), Verdict::RestartIn(_)), "{i}");
        }
    }

    #[test]
    fn a_minute_of_health_makes_the_next_restart_immediate() {
        let mut log = RestartLog::default();
        assert_eq!(log.died(MonoMs(0), 0.0), Verdict::RestartIn(0));
        assert_eq!(log.died(MonoMs(1_000), 0.0), Verdict::RestartIn(100));
        log.healthy(MonoMs(60_000));
        assert_eq!(log.died(MonoMs(60_500), 0.0), Verdict::RestartIn(200));
        log.healthy(MonoMs(120_500));
        assert_eq!(log.died(MonoMs(121_000), 0.0), Verdict::RestartIn(0));
    }

    #[test]
    fn an_operator_s_restart_forgives() {
        let mut log = RestartLog::default();
        for _ in 0..6 {
            log.died(MonoMs(0), 0.0);
        }
        log.forgive();
        assert_eq!(log.died(MonoMs(1), 0.0), Verdict::RestartIn(0));
        assert_eq!(log.total(), 7);
    }
}
