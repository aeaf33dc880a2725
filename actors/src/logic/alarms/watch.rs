//! Whether an alarm's condition holds: with a deadband, a delay before it is believed, and one before it is believed to be gone.

use std::collections::VecDeque;

use crate::model::reading::Value;
use crate::model::spec::{AlarmRule, Comparison, InterlockRule};
use crate::model::time::MonoMs;

/// A value must be back for so long. Unit: ms. Source: safety design, alarms.
const OFF_DELAY_MS: u64 = 5_000;
/// So many raises within [`CHATTER_WITHIN_MS`] are chatter: the alarm then stays up until it has been quiet for as long. Same source.
const CHATTER_RAISES: usize = 3;
const CHATTER_WITHIN_MS: u64 = 60_000;

/// What the condition has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Raised,
    Cleared,
}

/// What raises an alarm, and what clears it.
#[derive(Debug, Clone)]
enum Cause {
    /// A value that is where it should not be.
    Rule(AlarmRule),
    /// An order that an interlock refused; over when it would let one pass.
    Interlock(InterlockRule),
}

/// Whether there is still reason for an alarm.
enum Sign {
    Bad,
    Good,
    Unknown,
}

/// Watches one condition.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    cause: Cause,
    is_up: bool,
    holds_since: Option<MonoMs>,
    gone_since: Option<MonoMs>,
    raises: VecDeque<MonoMs>,
}

impl Watch {
    pub(super) fn of_rule(rule: AlarmRule) -> Self {
        Self::new(Cause::Rule(rule))
    }

    pub(super) fn of_interlock(rule: InterlockRule) -> Self {
        Self::new(Cause::Interlock(rule))
    }

    fn new(cause: Cause) -> Self {
        Self { cause, is_up: false, holds_since: None, gone_since: None, raises: VecDeque::new() }
    }

    /// Takes up what was known before a restart.
    pub(super) fn restore(&mut self, is_up: bool) {
        self.turn(is_up);
        self.raises.clear();
    }

    pub(super) fn step(&mut self, now: MonoMs, values: &[Value]) -> Option<Turn> {
        match self.sign(values) {
            Sign::Unknown => {
                // The way up goes on, or a sensor that fails every other poll could never raise an alarm; the way down begins anew.
                self.gone_since = None;
                None
            }
            Sign::Bad if self.is_up => {
                self.gone_since = None;
                None
            }
            Sign::Good if self.is_up => self.fall(now),
            Sign::Bad => self.rise(now),
            Sign::Good => {
                self.holds_since = None;
                None
            }
        }
    }

    /// An order was refused. `None` when that is known already.
    pub(super) fn blocked(&mut self, now: MonoMs) -> Option<Turn> {
        self.gone_since = None;
        if self.is_up {
            return None;
        }
        self.raise(now)
    }

    fn sign(&self, values: &[Value]) -> Sign {
        let value = |channel: usize| values.get(channel).and_then(|v| v.ok()).filter(|v| v.is_finite());
        match &self.cause {
            Cause::Rule(rule) => match value(rule.when.channel) {
                None => Sign::Unknown,
                Some(value) if self.is_up && is_back(rule.when.comparison, rule.deadband, value) => Sign::Good,
                Some(value) if !self.is_up && !rule.when.comparison.holds(value) => Sign::Good,
                Some(_) => Sign::Bad,
            },
            Cause::Interlock(rule) => {
                let lets_pass = rule.unless.iter().all(|c| value(c.channel).is_some_and(|v| c.comparison.holds(v)));
                // That an order would be refused is no alarm; that one was is told by itself.
                if lets_pass || !self.is_up { Sign::Good } else { Sign::Bad }
            }
        }
    }

    fn rise(&mut self, now: MonoMs) -> Option<Turn> {
        let since = *self.holds_since.get_or_insert(now);
        if now.since(since) < self.on_delay_ms() {
            return None;
        }
        self.raise(now)
    }

    fn raise(&mut self, now: MonoMs) -> Option<Turn> {
        self.turn(true);
        self.raises.push_back(now);
        if self.raises.len() > CHATTER_RAISES {
            self.raises.pop_front();
        }
        Some(Turn::Raised)
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

    fn on_delay_ms(&self) -> u64 {
        match &self.cause {
            Cause::Rule(rule) => rule.delay_ms,
            Cause::Interlock(_) => 0,
        }
    }

    fn off_delay_ms(&self) -> u64 {
        let chatters = self.raises.len() == CHATTER_RAISES
            && self.raises.front().zip(self.raises.back()).is_some_and(|(a, b)| b.since(*a) <= CHATTER_WITHIN_MS);
        if chatters { CHATTER_WITHIN_MS } else { OFF_DELAY_MS }
    }
}

/// Whether a value has come back by the deadband.
fn is_back(comparison: Comparison, deadband: f64, value: f64) -> bool {
    match comparison {
        Comparison::Above(_) | Comparison::AtLeast(_) => !comparison.holds(value + deadband),
        Comparison::Below(_) | Comparison::AtMost(_) => !comparison.holds(value - deadband),
        Comparison::Equals(limit) => !comparison.holds(value) && (value - limit).abs() > deadband,
    }
}
