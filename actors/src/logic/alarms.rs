//! Alarms: the life of every alarm rule and of every interlock of a machine. Source of states and figures: safety design, alarms (after ISA-18.2).
//!
//! ```text
//! normal --holds for its delay--> unacked --ack--> acked --clear--> normal
//!                                  |    ^
//!                                clear  returns (same occurrence)
//!                                  v    |
//!                             cleared_unacked --ack--> normal
//! ```
//!
//! An interlock's alarm is raised by an order that it refused, and clears when it would let such an order pass.
//!
//! Shelving lies over all of it: what happens below goes on unannounced and shows when the shelf ends. A missing value
//! neither raises nor clears.

use thiserror::Error;

use self::life::Life;
use crate::model::alarm::AlarmNotice;
use crate::model::ids::RuleId;
use crate::model::reading::Value;
use crate::model::refusal::RefusalCode;
use crate::model::spec::{AlarmRule, InterlockRule};
use crate::model::time::{MonoMs, SessionMs};

mod life;
mod watch;

/// The longest an alarm can be hidden. Unit: minutes.
pub const SHELVE_MAX_MINUTES: u32 = 60;

/// Gives the next occurrence number, unique in the daemon.
pub type NextOccurrence<'a> = &'a mut dyn FnMut() -> u64;

/// The moment of a reading, and what a notice tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The machine's clock; delays count on it.
    pub now: MonoMs,
    /// The session's clock, for `raised_at`.
    pub at: SessionMs,
    /// Unit: °C.
    pub bt: Option<f64>,
    /// Unit: °C.
    pub et: Option<f64>,
}

/// Why an order to an alarm was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AlarmFault {
    /// The machine has no such rule.
    #[error("unknown alarm `{alarm}`: this machine has {known}")]
    Unknown {
        /// What was asked for.
        alarm: RuleId,
        /// What there is.
        known: String,
    },
    /// The occurrence is not the current one.
    #[error("alarm `{alarm}` has no open occurrence {occurrence}: it has passed, or a newer one has taken its place")]
    NotCurrent {
        /// Which alarm.
        alarm: RuleId,
        /// What was asked for.
        occurrence: u64,
    },
    /// Shelving needs a sensible time.
    #[error("an alarm can be shelved for 1 to {SHELVE_MAX_MINUTES} minutes, not for {minutes}")]
    ShelfTime {
        /// What was asked for.
        minutes: u32,
    },
}

impl AlarmFault {
    /// The code under which it is refused.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::Unknown { .. } => RefusalCode::UnknownAlarm,
            Self::NotCurrent { .. } | Self::ShelfTime { .. } => RefusalCode::InvalidMessage,
        }
    }
}

/// The alarms of one machine.
#[derive(Debug, Clone)]
pub struct AlarmBook {
    alarms: Vec<Life>,
}

impl AlarmBook {
    /// All normal.
    pub fn new(rules: &[AlarmRule], interlocks: &[InterlockRule]) -> Self {
        let watched = rules.iter().cloned().map(Life::of_rule);
        Self { alarms: watched.chain(interlocks.iter().cloned().map(Life::of_interlock)).collect() }
    }

    /// Takes up the alarms that were not normal before a restart, as last told. What was shelved is not any more: nobody knows for
    /// how long. Yields the end of those whose rule is gone.
    pub fn restore<'a>(&mut self, notices: impl IntoIterator<Item = &'a AlarmNotice>) -> Vec<AlarmNotice> {
        let mut orphans = Vec::new();
        for notice in notices {
            match self.alarms.iter_mut().find(|life| *life.id() == notice.alarm) {
                Some(life) => life.restore(notice),
                None => orphans.extend(life::end_of(notice)),
            }
        }
        orphans
    }

    /// Takes one reading, by channel index in internal units, and tells every change of a state.
    pub fn step(&mut self, moment: Moment, values: &[Value], next: NextOccurrence<'_>) -> Vec<AlarmNotice> {
        self.alarms.iter_mut().filter_map(|life| life.step(moment, values, next)).collect()
    }

    /// An interlock refused an order. `None` when its alarm is up already, or hidden.
    pub fn blocked(&mut self, interlock: &RuleId, moment: Moment, next: NextOccurrence<'_>) -> Option<AlarmNotice> {
        self.alarms.iter_mut().find(|life| life.id() == interlock)?.blocked(moment, next)
    }

    /// Acknowledges the current occurrence, or the one named. `None` when there is nothing left to acknowledge.
    ///
    /// # Errors
    /// When there is no such rule, or the occurrence named is not the current one.
    pub fn ack(&mut self, alarm: &RuleId, occurrence: Option<u64>) -> Result<Option<AlarmNotice>, AlarmFault> {
        let life = self.find(alarm)?;
        if let Some(occurrence) = occurrence
            && life.occurrence() != Some(occurrence)
        {
            return Err(AlarmFault::NotCurrent { alarm: alarm.clone(), occurrence });
        }
        Ok(life.ack())
    }

    /// Hides an alarm for some minutes of the machine's clock; shelving it again counts from now.
    ///
    /// # Errors
    /// When there is no such rule, or the time is not 1 to 60 minutes.
    pub fn shelve(
        &mut self,
        alarm: &RuleId,
        minutes: u32,
        moment: Moment,
        next: NextOccurrence<'_>,
    ) -> Result<Option<AlarmNotice>, AlarmFault> {
        let life = self.find(alarm)?;
        if !(1..=SHELVE_MAX_MINUTES).contains(&minutes) {
            return Err(AlarmFault::ShelfTime { minutes });
        }
        Ok(life.shelve(minutes, moment, next))
    }

    fn find(&mut self, alarm: &RuleId) -> Result<&mut Life, AlarmFault> {
        match self.alarms.iter().position(|life| life.id() == alarm) {
            Some(i) => Ok(&mut self.alarms[i]),
            None => {
                let known: Vec<&str> = self.alarms.iter().map(|life| life.id().as_str()).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                Err(AlarmFault::Unknown { alarm: alarm.clone(), known })
            }
        }
    }
}

#[cfg(test)]
mod tests;
