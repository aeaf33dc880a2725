//! Whether an alarm's condition holds: with a deadband, a delay before it is believed, and one before it is believed to be gone.

use std::collections::VecDeque;

use crate::model::reading::Value;
use crate::model::spec::{AlarmRule, Comparison};
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

/// Watches one condition.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    is_up: bool,
    holds_since: Option<MonoMs>,
    gone_since: Option<MonoMs>,
    raises: VecDeque<MonoMs>,
}

impl Watch {
    pub(super) fn restored(is_up: bool) -> Self {
        Self { is_up, ..Self::default() }
    }

    pub(super) fn step(&mut self, rule: &AlarmRule, now: MonoMs, values: &[Value]) -> Option<Turn> {
        let value = values.get(rule.when.channel).and_then(|v| v.ok()).filter(|v| v.is_finite());
        let Some(value) = value else {
            // The way up goes on, or a sensor that fails every other poll could never raise an alarm; the way down begins anew.
            self.gone_since = None;
            return None;
        };
        if self.is_up { self.while_up(rule, now, value) } else { self.while_down(rule, now, value) }
    }

    fn while_down(&mut self, rule: &AlarmRule, now: MonoMs, value: f64) -> Option<Turn> {
        if !rule.when.comparison.holds(value) {
            self.holds_since = None;
            return None;
        }
        let since = *self.holds_since.get_or_insert(now);
        if now.since(since) < rule.delay_ms {
            return None;
        }
        *self = Self { is_up: true, raises: std::mem::take(&mut self.raises), ..Self::default() };
        self.raises.push_back(now);
        if self.raises.len() > CHATTER_RAISES {
            self.raises.pop_front();
        }
        Some(Turn::Raised)
    }

    fn while_up(&mut self, rule: &AlarmRule, now: MonoMs, value: f64) -> Option<Turn> {
        if !is_back(rule.when.comparison, rule.deadband, value) {
            self.gone_since = None;
            return None;
        }
        let since = *self.gone_since.get_or_insert(now);
        if now.since(since) < self.off_delay_ms() {
            return None;
        }
        *self = Self { raises: std::mem::take(&mut self.raises), ..Self::default() };
        Some(Turn::Cleared)
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
