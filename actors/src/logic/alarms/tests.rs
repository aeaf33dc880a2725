use super::*;
use crate::model::alarm::{AlarmState, Severity};
use crate::model::reading::{Missing, MissingReason};
use crate::model::spec::{AlarmRule, Clause, Comparison, Condition, InterlockRule, Quantity};
use crate::testing::roaster;
use AlarmState::{Acked, ClearedUnacked, Normal, Shelved, Unacked};

mod built_in;
mod conditions;
mod life_cycle;
mod senses;

fn clause(comparison: Comparison, deadband: f64) -> Clause {
    Clause { condition: Condition { channel: 0, comparison }, quantity: Quantity::Value, deadband }
}

fn rule(comparison: Comparison, deadband: f64, delay_ms: u64) -> AlarmRule {
    AlarmRule {
        id: high(),
        when: vec![clause(comparison, deadband)],
        after: None,
        during: Vec::new(),
        delay_ms,
        off_delay_ms: OFF_DELAY_MS,
        severity: Severity::Warning,
        message: "BT exceeded 230C".to_owned(),
        actions: Vec::new(),
        latching: false,
    }
}

fn above_230() -> AlarmRule {
    rule(Comparison::Above(230.0), 2.0, 1_000)
}

fn high() -> RuleId {
    RuleId::parse("high_bt").unwrap()
}

fn missing() -> Missing {
    Missing { reason: MissingReason::Timeout, polls: 1 }
}

fn moment(second: i64) -> Moment {
    let at = SessionMs(second as u64 * 1000);
    Moment { now: MonoMs(second * 1000), at, wall: WallMs(second * 1000), speed: 1.0, bt: Some(200.0), et: None }
}

/// A book of a roaster (`bt` is channel 0, `et` 1, `burner` 2), fed once a second.
struct Desk {
    book: AlarmBook,
    spec: MachineSpec,
    second: i64,
    occurrences: u64,
    state: SessionState,
    marks: BTreeMap<MarkKind, Mark>,
    trips: Vec<Trip>,
}

impl Desk {
    fn new(rules: impl IntoIterator<Item = AlarmRule>) -> Self {
        Self::of(MachineSpec { alarms: rules.into_iter().collect(), ..roaster("probat") })
    }

    fn of(spec: MachineSpec) -> Self {
        Self {
            book: AlarmBook::new(&spec),
            spec,
            second: 0,
            occurrences: 0,
            state: SessionState::Monitoring,
            marks: BTreeMap::new(),
            trips: Vec::new(),
        }
    }

    fn act(&mut self, act: impl FnOnce(&mut AlarmBook, Moment, NextOccurrence<'_>) -> Changes) -> Vec<AlarmNotice> {
        let occurrences = &mut self.occurrences;
        let next = &mut || {
            *occurrences += 1;
            *occurrences
        };
        let changes = act(&mut self.book, moment(self.second), next);
        self.trips.extend(changes.trips);
        changes.notices
    }

    /// One reading of all channels.
    fn read(&mut self, values: &[Value]) -> Vec<AlarmNotice> {
        let (state, marks) = (self.state, self.marks.clone());
        let told = self.act(|book, moment, next| book.step(moment, &Facts { values, state, marks: &marks }, next));
        self.second += 1;
        told
    }

    /// So many readings of BT alone; state and occurrence of what was told.
    fn feed(&mut self, bt: Option<f64>, seconds: u32) -> Vec<(AlarmState, u64)> {
        (0..seconds).flat_map(|_| short(&self.read(&[bt.ok_or(missing())]))).collect()
    }

    /// Time without readings.
    fn wait(&mut self, seconds: u32) -> Vec<(AlarmState, u64)> {
        let pass = |desk: &mut Self| {
            let told = desk.act(|book, moment, next| book.pass(moment, next));
            desk.second += 1;
            short(&told)
        };
        (0..seconds).flat_map(|_| pass(self)).collect()
    }

    fn ack(&mut self) -> Vec<(AlarmState, u64)> {
        short(&self.act(|book, moment, _| book.ack(&high(), None, "Anna", moment).unwrap()))
    }

    fn shelve(&mut self, minutes: u32) -> Vec<(AlarmState, u64)> {
        short(&self.act(|book, moment, next| book.shelve(&high(), minutes, moment, next).unwrap()))
    }

    fn rearm(&mut self) -> Vec<(AlarmState, u64)> {
        short(&self.act(|book, _, _| book.rearm().unwrap()))
    }

    fn signal(&mut self, built_in: BuiltIn, cry: Option<Cry>) -> Vec<AlarmNotice> {
        self.act(|book, moment, next| book.signal(built_in, cry, moment, next))
    }

    /// As the next start of the daemon would find it.
    fn restarted(&self) -> Self {
        let mut fresh = Self { second: 0, occurrences: 1_000, ..Self::of(self.spec.clone()) };
        let _ = fresh.book.restore(&self.book.standing());
        fresh
    }

    fn standing(&self) -> Option<AlarmNotice> {
        self.book.standing().into_iter().find(|notice| notice.alarm == high())
    }
}

fn short(notices: &[AlarmNotice]) -> Vec<(AlarmState, u64)> {
    notices.iter().map(|notice| (notice.state, notice.occurrence)).collect()
}
