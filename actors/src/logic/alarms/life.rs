//! The life of one alarm.

use super::watch::{Turn, Watch};
use super::{Moment, NextOccurrence};
use crate::model::alarm::{AlarmNotice, AlarmState, Severity};
use crate::model::ids::RuleId;
use crate::model::reading::Value;
use crate::model::spec::{AlarmRule, InterlockRule};
use crate::model::time::{MonoMs, SessionMs};

const MS_PER_MINUTE: u64 = 60_000;

/// One rule or interlock, its condition, and what people know of it.
#[derive(Debug, Clone)]
pub(super) struct Life {
    id: RuleId,
    severity: Severity,
    message: String,
    watch: Watch,
    stage: Stage,
    shelf: Option<Shelf>,
    /// A notice of a shelf that a restart has ended, not yet told.
    dissolved: Option<AlarmNotice>,
}

/// What there is to see while nothing hides it.
#[derive(Debug, Clone)]
enum Stage {
    Normal,
    Unacked(Occurrence),
    Acked(Occurrence),
    ClearedUnacked(Occurrence),
}

#[derive(Debug, Clone, Copy)]
struct Occurrence {
    number: u64,
    raised_at: SessionMs,
    bt: Option<f64>,
    et: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Shelf {
    until: MonoMs,
    occurrence: Occurrence,
}

impl Life {
    pub(super) fn of_rule(rule: AlarmRule) -> Self {
        Self::new(rule.id.clone(), rule.severity, rule.message.clone(), Watch::of_rule(rule))
    }

    pub(super) fn of_interlock(rule: InterlockRule) -> Self {
        Self::new(
            rule.id.clone(),
            Severity::Warning,
            format!("Order blocked: {}", rule.message),
            Watch::of_interlock(rule),
        )
    }

    fn new(id: RuleId, severity: Severity, message: String, watch: Watch) -> Self {
        Self { id, severity, message, watch, stage: Stage::Normal, shelf: None, dissolved: None }
    }

    pub(super) fn id(&self) -> &RuleId {
        &self.id
    }

    /// The current occurrence, if there is one.
    pub(super) fn occurrence(&self) -> Option<u64> {
        self.open().or(self.shelf.map(|shelf| shelf.occurrence)).map(|o| o.number)
    }

    pub(super) fn restore(&mut self, notice: &AlarmNotice) {
        let occurrence =
            Occurrence { number: notice.occurrence, raised_at: notice.raised_at, bt: notice.bt, et: notice.et };
        self.stage = match notice.state {
            AlarmState::Unacked => Stage::Unacked(occurrence),
            AlarmState::Acked => Stage::Acked(occurrence),
            AlarmState::ClearedUnacked => Stage::ClearedUnacked(occurrence),
            AlarmState::Normal | AlarmState::Shelved => Stage::Normal,
        };
        self.watch.restore(matches!(notice.state, AlarmState::Unacked | AlarmState::Acked));
        self.shelf = None;
        self.dissolved = if notice.state == AlarmState::Shelved { end_of(notice) } else { None };
    }

    pub(super) fn step(&mut self, moment: Moment, values: &[Value], next: NextOccurrence<'_>) -> Option<AlarmNotice> {
        if let Some(ended) = self.dissolved.take() {
            return Some(ended);
        }
        let changed = match self.watch.step(moment.now, values) {
            Some(Turn::Raised) => self.raise(moment, next),
            Some(Turn::Cleared) => self.clear(),
            None => None,
        };
        match self.shelf {
            Some(shelf) if moment.now < shelf.until => None,
            Some(shelf) => {
                self.shelf = None;
                Some(self.tell(self.open().unwrap_or(shelf.occurrence)))
            }
            None => changed.map(|o| self.tell(o)),
        }
    }

    pub(super) fn blocked(&mut self, moment: Moment, next: NextOccurrence<'_>) -> Option<AlarmNotice> {
        self.watch.blocked(moment.now)?;
        let occurrence = self.raise(moment, next)?;
        self.shelf.is_none().then(|| self.tell(occurrence))
    }

    pub(super) fn ack(&mut self) -> Option<AlarmNotice> {
        let (stage, occurrence) = match &self.stage {
            Stage::Unacked(o) => (Stage::Acked(*o), *o),
            Stage::ClearedUnacked(o) => (Stage::Normal, *o),
            Stage::Normal | Stage::Acked(_) => return None,
        };
        self.stage = stage;
        self.shelf.is_none().then(|| self.tell(occurrence))
    }

    pub(super) fn shelve(&mut self, minutes: u32, moment: Moment, next: NextOccurrence<'_>) -> Option<AlarmNotice> {
        let until = moment.now + u64::from(minutes) * MS_PER_MINUTE;
        if let Some(shelf) = &mut self.shelf {
            shelf.until = until;
            return None;
        }
        let occurrence = self.open().unwrap_or_else(|| Occurrence::new(next(), moment));
        self.shelf = Some(Shelf { until, occurrence });
        self.dissolved = None;
        Some(self.tell(occurrence))
    }

    fn raise(&mut self, moment: Moment, next: NextOccurrence<'_>) -> Option<Occurrence> {
        let occurrence = match (&self.stage, self.shelf) {
            // Nobody has seen that it was gone: it is still the same alarm.
            (Stage::ClearedUnacked(o), _) => *o,
            (Stage::Normal, Some(shelf)) => Occurrence::new(shelf.occurrence.number, moment),
            (Stage::Normal, None) => Occurrence::new(next(), moment),
            (Stage::Unacked(_) | Stage::Acked(_), _) => return None,
        };
        self.stage = Stage::Unacked(occurrence);
        Some(occurrence)
    }

    /// Moves on to where the alarm is after its condition is gone; yields the occurrence that this concerns.
    fn clear(&mut self) -> Option<Occurrence> {
        let (stage, occurrence) = match &self.stage {
            Stage::Unacked(o) => (Stage::ClearedUnacked(*o), *o),
            Stage::Acked(o) => (Stage::Normal, *o),
            Stage::Normal | Stage::ClearedUnacked(_) => return None,
        };
        self.stage = stage;
        Some(occurrence)
    }

    fn open(&self) -> Option<Occurrence> {
        match &self.stage {
            Stage::Unacked(o) | Stage::Acked(o) | Stage::ClearedUnacked(o) => Some(*o),
            Stage::Normal => None,
        }
    }

    fn state(&self) -> AlarmState {
        match &self.stage {
            _ if self.shelf.is_some() => AlarmState::Shelved,
            Stage::Normal => AlarmState::Normal,
            Stage::Unacked(_) => AlarmState::Unacked,
            Stage::Acked(_) => AlarmState::Acked,
            Stage::ClearedUnacked(_) => AlarmState::ClearedUnacked,
        }
    }

    fn tell(&self, occurrence: Occurrence) -> AlarmNotice {
        AlarmNotice {
            alarm: self.id.clone(),
            occurrence: occurrence.number,
            state: self.state(),
            severity: self.severity,
            latched: false,
            message: self.message.clone(),
            raised_at: occurrence.raised_at,
            bt: occurrence.bt,
            et: occurrence.et,
        }
    }
}

impl Occurrence {
    fn new(number: u64, moment: Moment) -> Self {
        Self { number, raised_at: moment.at, bt: moment.bt, et: moment.et }
    }
}

/// The notice that ends an occurrence, if it has not ended yet.
pub(super) fn end_of(notice: &AlarmNotice) -> Option<AlarmNotice> {
    (notice.state != AlarmState::Normal).then(|| AlarmNotice { state: AlarmState::Normal, ..notice.clone() })
}
