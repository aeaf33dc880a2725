//! Alarms: the life of every alarm rule, of every interlock and of what the house itself watches, on one machine. Source of states
//! and figures: safety design, alarms (after ISA-18.2).
//!
//! ```text
//! normal --holds for its delay--> unacked --ack--> acked --clear--> normal, or latched --re-arm--> normal
//!                                  |    ^                              ^
//!                                clear  returns (same occurrence)      |
//!                                  v    |                              |
//!                             cleared_unacked --ack--> normal, or latched
//! ```
//!
//! An interlock's alarm is raised by an order that it refused, or by what it found and did, and clears when it is open. What is built in
//! is raised by whoever in the house finds it out. An alarm that latches needs a re-arm besides its acknowledgement, in either order.
//!
//! Shelving lies over all of it: what happens below goes on unannounced, acts as ever, and shows when the shelf ends. A missing value
//! neither raises nor clears.

use std::collections::BTreeMap;

use thiserror::Error;

use self::life::{Change, Life};
use self::senses::Senses;
use self::tide::Tide;
use crate::logic::cadence::Cadence;
use crate::model::alarm::{AlarmNotice, BuiltIn, Cry, Severity};
use crate::model::ids::RuleId;
use crate::model::mark::{Mark, MarkKind};
use crate::model::reading::Value;
use crate::model::refusal::RefusalCode;
use crate::model::session::SessionState;
use crate::model::spec::{AlarmAction, MachineSpec};
use crate::model::time::{MonoMs, SessionMs, WallMs};

mod cause;
mod life;
mod occurrence;
mod senses;
mod stage;
mod tide;
mod watch;

/// The longest an alarm can be hidden. Unit: minutes.
pub const SHELVE_MAX_MINUTES: u32 = 60;

/// How long the condition of a rule must be gone where nobody says. Unit: ms of the machine's clock.
pub const OFF_DELAY_MS: u64 = cause::OFF_DELAY_MS;

/// Gives the next occurrence number, unique in the daemon.
pub type NextOccurrence<'a> = &'a mut dyn FnMut() -> u64;

/// A moment, and what a notice tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The machine's clock; delays count on it.
    pub now: MonoMs,
    /// The session's clock, for `raised_at`.
    pub at: SessionMs,
    /// The wall, a label.
    pub wall: WallMs,
    /// Factor of the machine's clock over real time.
    pub speed: f64,
    /// Unit: °C.
    pub bt: Option<f64>,
    /// Unit: °C.
    pub et: Option<f64>,
}

impl Moment {
    /// When a span of the machine's clock is over, on the wall. Unit: ms.
    fn wall_after(self, span_ms: u64) -> WallMs {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; a speed is positive")]
        let real_ms = (span_ms as f64 / self.speed) as u64;
        WallMs(self.wall.0.saturating_add_unsigned(real_ms))
    }
}

/// What conditions are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The last values by channel index, internal units.
    pub values: &'a [Value],
    /// The session's state.
    pub state: SessionState,
    /// The marks of the session.
    pub marks: &'a BTreeMap<MarkKind, Mark>,
}

/// An alarm acts.
#[derive(Debug, Clone, PartialEq)]
pub struct Trip {
    /// Which.
    pub alarm: RuleId,
    /// What it does, in order.
    pub actions: Vec<AlarmAction>,
}

/// What became of the alarms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Every change of a state, in the order in which it came about.
    pub notices: Vec<AlarmNotice>,
    /// What alarms do, also such as nobody is told of.
    pub trips: Vec<Trip>,
    /// Whether a restart would forget something that it must not.
    pub worth_keeping: bool,
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
    /// What tripped the machine is still there.
    #[error("not re-armed, `{alarm}` still holds ({message}): make that right first")]
    StillHolds {
        /// Which alarm.
        alarm: RuleId,
        /// What it says.
        message: String,
    },
}

impl AlarmFault {
    /// The code under which it is refused.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::Unknown { .. } => RefusalCode::UnknownAlarm,
            Self::NotCurrent { .. } | Self::ShelfTime { .. } => RefusalCode::InvalidMessage,
            Self::StillHolds { .. } => RefusalCode::Latched,
        }
    }
}

/// The alarms of one machine.
#[derive(Debug, Clone)]
pub struct AlarmBook {
    alarms: Vec<Life>,
    senses: Senses,
    tide: Tide,
}

impl AlarmBook {
    /// All normal.
    pub fn new(spec: &MachineSpec) -> Self {
        let cadence = Cadence::new(spec.sampling_interval_ms, spec.clock_speed);
        let stops = spec.verify_heat.is_some_and(|check| check.trip);
        let of_house = |built_in| {
            let trips = stops && matches!(built_in, BuiltIn::NotHeating | BuiltIn::HeatUnasked | BuiltIn::StuckSensor);
            Life::of_house(built_in, trips)
        };
        let rules = spec.alarms.iter().cloned().map(|rule| Life::of_rule(rule, cadence));
        let interlocks = spec.interlocks.iter().cloned().map(Life::of_interlock);
        let alarms = BuiltIn::ALL.into_iter().map(of_house).chain(rules).chain(interlocks).collect();
        Self { alarms, senses: Senses::new(spec), tide: Tide::default() }
    }

    /// Takes up the alarms that were not normal before a restart of the daemon, as last told. What was shelved is not any more:
    /// nobody knows for how long. Those whose rule is gone end.
    #[must_use]
    pub fn restore<'a>(&mut self, notices: impl IntoIterator<Item = &'a AlarmNotice>) -> Changes {
        let mut changes = Changes { worth_keeping: true, ..Changes::default() };
        for notice in notices {
            match self.alarms.iter_mut().find(|life| *life.id() == notice.alarm) {
                Some(life) => {
                    life.restore(notice);
                    changes.notices.extend(life.notice().or_else(|| life::end_of(notice)));
                }
                None => changes.notices.extend(life::end_of(notice)),
            }
        }
        changes
    }

    /// Goes on under a new configuration. Alarms whose rule is gone end.
    #[must_use]
    pub fn reconfigure(&mut self, spec: &MachineSpec) -> Changes {
        let old = std::mem::replace(self, Self::new(spec));
        self.tide = old.tide;
        let mut changes = Changes { worth_keeping: true, ..Changes::default() };
        for life in old.alarms {
            match self.alarms.iter_mut().find(|new| new.id() == life.id()) {
                Some(new) => new.succeed(life),
                None => changes.notices.extend(life.notice().as_ref().and_then(life::end_of)),
            }
        }
        changes
    }

    /// Every alarm that is not normal: what a restart must not forget.
    pub fn standing(&self) -> Vec<AlarmNotice> {
        self.alarms.iter().filter_map(Life::notice).collect()
    }

    /// Whether one of the built-in alarms is not normal.
    pub fn is_open(&self, built_in: BuiltIn) -> bool {
        self.alarms.iter().any(|life| life.id().as_str() == built_in.name() && life.occurrence().is_some())
    }

    /// How bad what a built-in alarm was last told of is; `None` when that is over.
    pub fn held(&self, built_in: BuiltIn) -> Option<Severity> {
        self.alarms.iter().find(|life| life.id().as_str() == built_in.name()).and_then(Life::held)
    }

    /// Whether time alone may change something.
    pub fn is_waiting(&self) -> bool {
        self.alarms.iter().any(Life::is_waiting)
    }

    /// Takes one reading, by channel index in internal units.
    #[must_use]
    pub fn step(&mut self, moment: Moment, facts: &Facts<'_>, next: NextOccurrence<'_>) -> Changes {
        let mut changes = Changes::default();
        for (built_in, cry) in self.senses.step(moment.now, facts) {
            changes.absorb(self.signal(built_in, cry, moment, next));
        }
        changes.absorb(self.each(moment, Some(facts), next));
        changes
    }

    /// Time passes while no reading comes: shelves end, and what others signalled is believed or over.
    #[must_use]
    pub fn pass(&mut self, moment: Moment, next: NextOccurrence<'_>) -> Changes {
        self.each(moment, None, next)
    }

    fn each(&mut self, moment: Moment, facts: Option<&Facts<'_>>, next: NextOccurrence<'_>) -> Changes {
        let mut changes = Changes::default();
        for life in &mut self.alarms {
            let change = life.step(moment, facts, &self.tide, next);
            changes.take(change, life, moment.now, &mut self.tide);
        }
        changes
    }

    /// A built-in alarm holds from now on, or is over.
    #[must_use]
    pub fn signal(&mut self, built_in: BuiltIn, cry: Option<Cry>, moment: Moment, next: NextOccurrence<'_>) -> Changes {
        self.one(&built_in.rule(), moment, |life, tide| life.signal(cry, moment, tide, next))
    }

    /// A built-in alarm happened and was over at once.
    #[must_use]
    pub fn flash(&mut self, built_in: BuiltIn, cry: Cry, moment: Moment, next: NextOccurrence<'_>) -> Changes {
        self.one(&built_in.rule(), moment, |life, tide| life.flash(cry, moment, tide, next))
    }

    /// An interlock refused an order. Nothing is told when its alarm is up already, or hidden.
    #[must_use]
    pub fn blocked(&mut self, interlock: &RuleId, moment: Moment, next: NextOccurrence<'_>) -> Changes {
        self.one(interlock, moment, |life, tide| life.blocked(moment, tide, next))
    }

    /// An interlock found something where it must not be, and did what these words say.
    #[must_use]
    pub fn tripped(&mut self, interlock: &RuleId, cry: Cry, moment: Moment, next: NextOccurrence<'_>) -> Changes {
        self.one(interlock, moment, |life, tide| life.tripped(cry, moment, tide, next))
    }

    fn one(&mut self, id: &RuleId, moment: Moment, act: impl FnOnce(&mut Life, &Tide) -> Change) -> Changes {
        let mut changes = Changes::default();
        if let Some(life) = self.alarms.iter_mut().find(|life| life.id() == id) {
            let change = act(life, &self.tide);
            changes.take(change, life, moment.now, &mut self.tide);
        }
        changes
    }

    /// Acknowledges the current occurrence, or the one named, in somebody's name. Nothing changes when there is nothing left to
    /// acknowledge.
    ///
    /// # Errors
    /// When there is no such rule, or the occurrence named is not the current one.
    pub fn ack(
        &mut self,
        alarm: &RuleId,
        occurrence: Option<u64>,
        by: &str,
        moment: Moment,
    ) -> Result<Changes, AlarmFault> {
        let life = self.find(alarm)?;
        if let Some(occurrence) = occurrence
            && life.occurrence() != Some(occurrence)
        {
            return Err(AlarmFault::NotCurrent { alarm: alarm.clone(), occurrence });
        }
        Ok(Changes::of(life.ack(by, moment)))
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
    ) -> Result<Changes, AlarmFault> {
        let life = self.find(alarm)?;
        if !(1..=SHELVE_MAX_MINUTES).contains(&minutes) {
            return Err(AlarmFault::ShelfTime { minutes });
        }
        Ok(Changes::of(life.shelve(minutes, moment, next)))
    }

    /// The machine is armed again: what latched needs no more than its acknowledgement.
    ///
    /// # Errors
    /// When what stopped the machine is still there.
    pub fn rearm(&mut self) -> Result<Changes, AlarmFault> {
        if let Some(life) = self.alarms.iter().find(|life| life.still_trips()) {
            return Err(AlarmFault::StillHolds { alarm: life.id().clone(), message: life.message().to_owned() });
        }
        let mut changes = Changes::default();
        for life in &mut self.alarms {
            changes.absorb(Changes::of(life.rearm()));
        }
        Ok(changes)
    }

    fn find(&mut self, alarm: &RuleId) -> Result<&mut Life, AlarmFault> {
        match self.alarms.iter().position(|life| life.id() == alarm) {
            Some(i) => Ok(&mut self.alarms[i]),
            None => {
                let known: Vec<&str> = self.alarms.iter().map(|life| life.id().as_str()).collect();
                Err(AlarmFault::Unknown { alarm: alarm.clone(), known: known.join(", ") })
            }
        }
    }
}

impl Changes {
    fn of(change: Change) -> Self {
        Self { notices: change.notice.into_iter().collect(), trips: Vec::new(), worth_keeping: change.worth_keeping }
    }

    fn take(&mut self, change: Change, life: &Life, now: MonoMs, tide: &mut Tide) {
        if change.raised {
            tide.rose(now, life.id());
        }
        if change.trips {
            self.trips.push(Trip { alarm: life.id().clone(), actions: life.actions().to_vec() });
        }
        self.absorb(Self::of(change));
    }

    fn absorb(&mut self, other: Self) {
        self.notices.extend(other.notices);
        self.trips.extend(other.trips);
        self.worth_keeping |= other.worth_keeping;
    }
}

#[cfg(test)]
mod tests;
