//! Whether a condition is believed: a delay before it is, and one before it is believed to be gone. Chatter makes the latter longer.

use std::collections::VecDeque;

use crate::model::time::MonoMs;

/// So many raises within [`CHATTER_WITHIN_MS`] are chatter: the alarm then stays up until it has been quiet for as long. Source:
/// safety design, alarms.
const CHATTER_RAISES: usize = 3;
const CHATTER_WITHIN_MS: u64 = 60_000;

/// What the condition has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Raised,
    /// It was on its way to be gone, and came back.
    Again,
    Cleared,
}

/// Whether there is reason for an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Bad,
    Good,
    Unknown,
}

/// How long a condition must hold, and be gone. Unit: ms of the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delays {
    pub(super) on_ms: u64,
    pub(super) off_ms: u64,
}

/// Watches one condition.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    delays: Delays,
    is_up: bool,
    holds_since: Option<MonoMs>,
    gone_since: Option<MonoMs>,
    raises: VecDeque<MonoMs>,
}

impl Watch {
    pub(super) fn new(delays: Delays) -> Self {
        Self { delays, is_up: false, holds_since: None, gone_since: None, raises: VecDeque::new() }
    }

    /// The same with other delays.
    pub(super) fn with(self, delays: Delays) -> Self {
        Self { delays, ..self }
    }

    /// Takes up what was known before a restart.
    pub(super) fn restore(&mut self, is_up: bool) {
        self.turn(is_up);
        self.raises.clear();
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up
    }

    /// Whether time alone may change something.
    pub(super) fn is_waiting(&self) -> bool {
        self.holds_since.is_some() || self.gone_since.is_some()
    }

    pub(super) fn step(&mut self, now: MonoMs, sign: Sign) -> Option<Turn> {
        match sign {
            Sign::Unknown => {
                // The way up goes on, or a sensor that fails every other poll could never raise an alarm; the way down begins anew.
                self.gone_since = None;
                None
            }
            Sign::Bad if self.is_up => self.gone_since.take().map(|_| Turn::Again),
            Sign::Good if self.is_up => self.fall(now),
            Sign::Bad => self.rise(now),
            Sign::Good => {
                self.holds_since = None;
                None
            }
        }
    }

    /// It holds, and there is nothing to wait for. `None` when that is known already.
    pub(super) fn at_once(&mut self, now: MonoMs) -> Option<Turn> {
        self.gone_since = None;
        if self.is_up { None } else { Some(self.raise(now)) }
    }

    fn rise(&mut self, now: MonoMs) -> Option<Turn> {
        let since = *self.holds_since.get_or_insert(now);
        (now.since(since) >= self.delays.on_ms).then(|| self.raise(now))
    }

    fn raise(&mut self, now: MonoMs) -> Turn {
        self.turn(true);
        self.raises.push_back(now);
        if self.raises.len() > CHATTER_RAISES {
            self.raises.pop_front();
        }
        Turn::Raised
    }

    fn fall(&mut self, now: MonoMs) -> Option<Turn> {
        let since = *self.gone_since.get_or_insert(now);
        if now.since(since) < self.off_delay_ms() {
            return None;
        }
        self.turn(false);
        Some(Turn::Cleared)
    }

    fn turn(&mut self, is_up: bool) {
        (self.is_up, self.holds_since, self.gone_since) = (is_up, None, None);
    }

    fn off_delay_ms(&self) -> u64 {
        let chatters = self.raises.len() == CHATTER_RAISES
            && self.raises.front().zip(self.raises.back()).is_some_and(|(a, b)| b.since(*a) <= CHATTER_WITHIN_MS);
        if chatters { CHATTER_WITHIN_MS.max(self.delays.off_ms) } else { self.delays.off_ms }
    }
}
