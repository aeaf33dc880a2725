//! What raises an alarm, and what clears it.

use super::Facts;
use super::watch::{Delays, Sign};
use crate::logic::cadence::Cadence;
use crate::logic::rate::{ROAST_WINDOW_MS, RateOfRise};
use crate::model::alarm::Cry;
use crate::model::reading::Value;
use crate::model::spec::{AlarmRule, Clause, Comparison, InterlockRule, Quantity};
use crate::model::time::MonoMs;

/// How long what nobody configured must be gone. Unit: ms. Source: safety design, alarms.
pub(super) const OFF_DELAY_MS: u64 = 5_000;

/// A reason for an alarm.
#[derive(Debug, Clone)]
pub(super) enum Cause {
    /// Values that are where they should not be.
    Rule(RuleCause),
    /// An interlock that refused an order or acted; over when it is open.
    Interlock(InterlockRule),
    /// What somebody else in the house found out.
    Signal { cry: Option<Cry>, on_delay_ms: u64 },
}

/// A rule, and the rates that it looks at.
#[derive(Debug, Clone)]
pub(super) struct RuleCause {
    rule: AlarmRule,
    /// One per clause; `None` where the value itself is compared.
    rates: Vec<Option<RateOfRise>>,
}

impl Cause {
    pub(super) fn of_rule(rule: AlarmRule, cadence: Cadence) -> Self {
        let rate =
            |clause: &Clause| (clause.quantity == Quantity::Rate).then(|| RateOfRise::new(ROAST_WINDOW_MS, cadence));
        let rates = rule.when.iter().map(rate).collect();
        Self::Rule(RuleCause { rule, rates })
    }

    pub(super) fn delays(&self) -> Delays {
        match self {
            Self::Rule(RuleCause { rule, .. }) => Delays { on_ms: rule.delay_ms, off_ms: rule.off_delay_ms },
            Self::Interlock(_) => Delays { on_ms: 0, off_ms: OFF_DELAY_MS },
            Self::Signal { on_delay_ms, .. } => Delays { on_ms: *on_delay_ms, off_ms: OFF_DELAY_MS },
        }
    }

    /// What a reading says.
    pub(super) fn judge(&mut self, now: MonoMs, facts: &Facts<'_>, is_up: bool) -> Sign {
        match self {
            Self::Rule(rule) => rule.judge(now, facts, is_up),
            Self::Interlock(rule) => {
                // That an order would be refused is no alarm; that one was is told by itself. One that is always closed is over at once.
                let is_over = rule.unless.is_empty() || rule.is_open(|input| number(facts.values, input));
                if is_over || !is_up { Sign::Good } else { Sign::Bad }
            }
            Self::Signal { cry, .. } => {
                if cry.is_some() {
                    Sign::Bad
                } else {
                    Sign::Good
                }
            }
        }
    }

    /// What can be said while no reading comes; `None` where nothing can.
    pub(super) fn judge_blindly(&self) -> Option<Sign> {
        match self {
            Self::Signal { cry, .. } => Some(if cry.is_some() { Sign::Bad } else { Sign::Good }),
            Self::Rule(_) | Self::Interlock(_) => None,
        }
    }
}

impl RuleCause {
    fn judge(&mut self, now: MonoMs, facts: &Facts<'_>, is_up: bool) -> Sign {
        let signs: Vec<Sign> = self
            .rule
            .when
            .iter()
            .zip(&mut self.rates)
            .map(|(clause, rate)| judge(clause, rate.as_mut(), now, facts.values, is_up))
            .collect();
        let rule = &self.rule;
        let in_place = rule.after.is_none_or(|mark| facts.marks.contains_key(&mark))
            && (rule.during.is_empty() || rule.during.contains(&facts.state));
        if !in_place || signs.contains(&Sign::Good) {
            Sign::Good
        } else if signs.is_empty() || signs.contains(&Sign::Unknown) {
            Sign::Unknown
        } else {
            Sign::Bad
        }
    }
}

fn judge(clause: &Clause, rate: Option<&mut RateOfRise>, now: MonoMs, values: &[Value], is_up: bool) -> Sign {
    let comparison = clause.condition.comparison;
    let value = number(values, clause.condition.channel);
    let looked_at = match rate {
        None => value,
        // A rate goes on for a while without values; the sensor is lost nevertheless.
        Some(rate) => rate.step(now, value).filter(|_| value.is_some()).map(|rate| rate.0),
    };
    match looked_at {
        None => Sign::Unknown,
        Some(value) if is_up && is_back(comparison, clause.deadband, value) => Sign::Good,
        Some(value) if !is_up && !comparison.holds(value) => Sign::Good,
        Some(_) => Sign::Bad,
    }
}

/// The value of a channel, if it is one.
pub(super) fn number(values: &[Value], channel: usize) -> Option<f64> {
    values.get(channel).and_then(|v| v.ok()).filter(|v| v.is_finite())
}

/// Whether a value has come back by the deadband.
fn is_back(comparison: Comparison, deadband: f64, value: f64) -> bool {
    match comparison {
        Comparison::Above(_) | Comparison::AtLeast(_) => !comparison.holds(value + deadband),
        Comparison::Below(_) | Comparison::AtMost(_) => !comparison.holds(value - deadband),
        Comparison::Equals(limit) => !comparison.holds(value) && (value - limit).abs() > deadband,
    }
}
