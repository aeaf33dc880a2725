//! The life of one alarm.

use super::cause::Cause;
use super::occurrence::{Acked, Occurrence};
use super::stage::Stage;
use super::watch::{Sign, Turn, Watch};
use super::{Facts, Moment, NextOccurrence, Tide};
use crate::logic::cadence::Cadence;
use crate::model::alarm::{AlarmNotice, AlarmState, BuiltIn, Cry, Severity, Shelf};
use crate::model::ids::RuleId;
use crate::model::spec::{AlarmAction, AlarmRule, InterlockRule};
use crate::model::time::{MonoMs, WallMs};

const MS_PER_MINUTE: u64 = 60_000;
/// How often at most it is told that the count of a chattering alarm grew. Unit: ms.
const COUNT_TOLD_EVERY_MS: u64 = 60_000;
/// How long a link may be away, or a sensor silent, before that is a warning. Unit: ms. Source: safety design, on-delay.
const ON_DELAY_MS: u64 = 2_000;

/// One alarm, its condition, and what people know of it.
#[derive(Debug, Clone)]
pub(super) struct Life {
    id: RuleId,
    severity: Severity,
    message: String,
    latching: bool,
    actions: Vec<AlarmAction>,
    cause: Cause,
    watch: Watch,
    stage: Stage,
    /// There while the stage is not normal or the alarm is shelved.
    occurrence: Option<Occurrence>,
    shelf: Option<OnShelf>,
    /// A trip that a restart may have cut short.
    trips_again: bool,
    count_told_at: MonoMs,
}

#[derive(Debug, Clone, Copy)]
struct OnShelf {
    until: MonoMs,
    until_wall: WallMs,
}

/// What a step came to.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// What to tell.
    pub(super) notice: Option<AlarmNotice>,
    /// Whether its condition came.
    pub(super) raised: bool,
    /// Whether its actions are due.
    pub(super) trips: bool,
    /// Whether anything changed that a restart must not forget.
    pub(super) worth_keeping: bool,
}

impl Life {
    pub(super) fn of_rule(rule: AlarmRule, cadence: Cadence) -> Self {
        let AlarmRule { id, severity, message, latching, actions, .. } = rule.clone();
        Self { latching, actions, ..Self::new(id, severity, message, Cause::of_rule(rule, cadence)) }
    }

    pub(super) fn of_interlock(rule: InterlockRule) -> Self {
        Self::new(rule.id.clone(), Severity::Warning, rule.message.clone(), Cause::Interlock(rule))
    }

    pub(super) fn of_house(built_in: BuiltIn, trips: bool) -> Self {
        let on_delay_ms = match built_in {
            BuiltIn::DriverLost | BuiltIn::StaleData => ON_DELAY_MS,
            _ => 0,
        };
        let cause = Cause::Signal { cry: None, on_delay_ms };
        let latching = trips || matches!(built_in, BuiltIn::SensorLost | BuiltIn::OperatorLost);
        let actions = if trips { vec![AlarmAction::Stop] } else { Vec::new() };
        Self { latching, actions, ..Self::new(built_in.rule(), Severity::Warning, String::new(), cause) }
    }

    fn new(id: RuleId, severity: Severity, message: String, cause: Cause) -> Self {
        Self {
            id,
            severity,
            message,
            latching: false,
            actions: Vec::new(),
            watch: Watch::new(cause.delays()),
            cause,
            stage: Stage::Normal,
            occurrence: None,
            shelf: None,
            trips_again: false,
            count_told_at: MonoMs(0),
        }
    }

    pub(super) fn id(&self) -> &RuleId {
        &self.id
    }

    pub(super) fn actions(&self) -> &[AlarmAction] {
        &self.actions
    }

    /// The current occurrence, if there is one.
    pub(super) fn occurrence(&self) -> Option<u64> {
        self.occurrence.as_ref().map(|o| o.number)
    }

    /// What holds, if anything but normal does.
    pub(super) fn notice(&self) -> Option<AlarmNotice> {
        self.occurrence.as_ref().map(|occurrence| self.tell(occurrence))
    }

    /// Whether what it acts upon is still there.
    pub(super) fn still_trips(&self) -> bool {
        self.watch.is_up() && self.actions.contains(&AlarmAction::Stop)
    }

    /// What it says.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// How bad it is, while somebody else in the house says that it holds.
    pub(super) fn held(&self) -> Option<Severity> {
        match &self.cause {
            Cause::Signal { cry, .. } => cry.as_ref().map(|cry| cry.severity),
            Cause::Rule(_) | Cause::Interlock(_) => None,
        }
    }

    /// Whether time alone may change something.
    pub(super) fn is_waiting(&self) -> bool {
        self.shelf.is_some() || self.watch.is_waiting() || self.is_about_to_turn()
    }

    fn is_about_to_turn(&self) -> bool {
        let holds = self.cause.judge_blindly().map(|sign| sign == Sign::Bad);
        holds.is_some_and(|holds| holds != self.watch.is_up())
    }

    /// Takes up what was last told before a restart of the daemon. A shelf does not outlive it: nobody knows for how long.
    pub(super) fn restore(&mut self, notice: &AlarmNotice) {
        self.stage = Stage::of(notice.beneath());
        let is_up = matches!(self.stage, Stage::Unacked | Stage::Acked);
        self.watch.restore(is_up);
        self.trips_again = is_up && !self.actions.is_empty();
        self.shelf = None;
        self.occurrence = (self.stage != Stage::Normal).then(|| Occurrence::of(notice));
        if !matches!(self.cause, Cause::Rule(_)) {
            self.severity = notice.severity;
            self.message.clone_from(&notice.message);
        }
        if let Cause::Signal { cry, .. } = &mut self.cause {
            // The link is still away until somebody reports it back; everything else is found out anew.
            let goes_on = is_up && self.id.as_str() == BuiltIn::DriverLost.name();
            *cry = goes_on.then(|| Cry { severity: notice.severity, message: notice.message.clone() });
        }
    }

    /// Goes on where another life of the same alarm was, under a new configuration.
    pub(super) fn succeed(&mut self, old: Self) {
        if let (Cause::Signal { cry: new, .. }, Cause::Signal { cry, .. }) = (&mut self.cause, &old.cause) {
            new.clone_from(cry);
        }
        if !matches!(self.cause, Cause::Rule(_)) {
            (self.severity, self.message) = (old.severity, old.message);
        }
        self.watch = old.watch.with(self.cause.delays());
        (self.stage, self.occurrence, self.shelf) = (old.stage, old.occurrence, old.shelf);
        self.trips_again = old.trips_again && !self.actions.is_empty();
    }

    pub(super) fn step(
        &mut self,
        moment: Moment,
        facts: Option<&Facts<'_>>,
        tide: &Tide,
        next: NextOccurrence<'_>,
    ) -> Change {
        let sign = match facts {
            Some(facts) => Some(self.cause.judge(moment.now, facts, self.watch.is_up())),
            None => self.cause.judge_blindly(),
        };
        let turn = sign.and_then(|sign| self.watch.step(moment.now, sign));
        let mut change = self.turn(turn, moment, tide, next);
        change.trips |= facts.is_some() && self.makes_up(sign);
        if self.shelf.is_some_and(|shelf| moment.now >= shelf.until) {
            change.notice = self.unshelve();
            change.worth_keeping = true;
        }
        change
    }

    /// Whether a trip that a restart cut short is due: as soon as its condition is known to hold, unless it was known to be over first.
    fn makes_up(&mut self, sign: Option<Sign>) -> bool {
        self.trips_again &= self.watch.is_up();
        self.trips_again && sign == Some(Sign::Bad) && std::mem::take(&mut self.trips_again)
    }

    /// An order was refused by the interlock.
    pub(super) fn blocked(&mut self, moment: Moment, tide: &Tide, next: NextOccurrence<'_>) -> Change {
        let Cause::Interlock(rule) = &self.cause else { return Change::default() };
        let cry = Cry::warning(format!("Order blocked: {}", rule.message));
        self.tripped(cry, moment, tide, next)
    }

    /// The interlock found something where it must not be. What is worse than what is known is told anew.
    pub(super) fn tripped(&mut self, cry: Cry, moment: Moment, tide: &Tide, next: NextOccurrence<'_>) -> Change {
        let grew_worse = self.watch.is_up() && cry.severity > self.severity;
        if grew_worse || !self.watch.is_up() && !self.hides(cry.severity) {
            (self.severity, self.message) = (cry.severity, cry.message);
        }
        if grew_worse {
            self.see_again();
        }
        let turn = self.watch.at_once(moment.now);
        let change = self.turn(turn, moment, tide, next);
        if grew_worse && change.notice.is_none() { self.news(change) } else { change }
    }

    /// Somebody else in the house found out, or found that it is over.
    pub(super) fn signal(
        &mut self,
        signal: Option<Cry>,
        moment: Moment,
        tide: &Tide,
        next: NextOccurrence<'_>,
    ) -> Change {
        let Cause::Signal { cry, .. } = &mut self.cause else { return Change::default() };
        cry.clone_from(&signal);
        let is_news = signal.is_some_and(|cry| self.take(cry));
        let turn = match (&self.cause, self.severity) {
            (Cause::Signal { cry: Some(_), .. }, Severity::Critical) => self.watch.at_once(moment.now),
            (Cause::Signal { cry, .. }, _) => {
                self.watch.step(moment.now, if cry.is_some() { Sign::Bad } else { Sign::Good })
            }
            _ => None,
        };
        let change = self.turn(turn, moment, tide, next);
        if is_news && change.notice.is_none() { self.news(change) } else { change }
    }

    /// It happened, and was over at once.
    pub(super) fn flash(&mut self, cry: Cry, moment: Moment, tide: &Tide, next: NextOccurrence<'_>) -> Change {
        self.take(cry);
        match (self.watch.at_once(moment.now), &mut self.occurrence) {
            (None, Some(occurrence)) => {
                occurrence.count = occurrence.count.saturating_add(1);
                self.see_again();
                self.news(Change::default())
            }
            (turn, _) => self.turn(turn, moment, tide, next),
        }
    }

    /// Takes what the house says. Whether that is news while it is up already: worse, of something else, or of what took the heat away
    /// again since the machine was armed. Whoever acknowledged has not seen that.
    fn take(&mut self, Cry { severity, message }: Cry) -> bool {
        if !self.watch.is_up() {
            (self.severity, self.message) = (severity, message);
            return false;
        }
        let is_worse = severity > self.severity;
        let is_other = message != self.message;
        let is_less = severity < self.severity;
        self.severity = self.severity.max(severity);
        self.message = message;
        let latches = self.latches() && !is_less;
        let Some(occurrence) = &mut self.occurrence else { return false };
        let latches_again = latches && !occurrence.latched;
        occurrence.latched |= latches;
        if is_worse || latches_again || (is_other && !is_less) {
            self.see_again();
        }
        is_worse || latches_again || is_other
    }

    /// Whether something worse is over that nobody has seen: it stays what it is until somebody has.
    fn hides(&self, severity: Severity) -> bool {
        self.stage == Stage::ClearedUnacked && severity < self.severity
    }

    fn see_again(&mut self) {
        if self.stage == Stage::Acked {
            self.stage = Stage::Unacked;
        }
        if let Some(occurrence) = &mut self.occurrence {
            occurrence.acked = None;
        }
    }

    fn news(&self, change: Change) -> Change {
        Change { notice: self.unhidden(), worth_keeping: true, ..change }
    }

    pub(super) fn ack(&mut self, by: &str, moment: Moment) -> Change {
        let stage = match (self.stage, self.is_latched()) {
            (Stage::Unacked, _) => Stage::Acked,
            (Stage::ClearedUnacked, true) => Stage::Latched,
            (Stage::ClearedUnacked, false) => Stage::Normal,
            (Stage::Normal | Stage::Acked | Stage::Latched, _) => return Change::default(),
        };
        if let Some(occurrence) = &mut self.occurrence {
            occurrence.acked = Some(Acked { by: by.to_owned(), wall: Some(moment.wall) });
        }
        self.go(stage)
    }

    /// The machine is armed again: no more than an acknowledgement is needed.
    pub(super) fn rearm(&mut self) -> Change {
        if !self.is_latched() {
            return Change::default();
        }
        if let Some(occurrence) = &mut self.occurrence {
            occurrence.latched = false;
        }
        self.go(if self.stage == Stage::Latched { Stage::Normal } else { self.stage })
    }

    pub(super) fn shelve(&mut self, minutes: u32, moment: Moment, next: NextOccurrence<'_>) -> Change {
        let span_ms = u64::from(minutes) * MS_PER_MINUTE;
        self.shelf = Some(OnShelf { until: moment.now + span_ms, until_wall: moment.wall_after(span_ms) });
        let latching = self.latching;
        let occurrence = self.occurrence.get_or_insert_with(|| Occurrence::new(next(), latching, moment)).clone();
        Change { notice: Some(self.tell(&occurrence)), worth_keeping: true, ..Change::default() }
    }

    fn unshelve(&mut self) -> Option<AlarmNotice> {
        self.shelf = None;
        let notice = self.notice();
        if self.stage == Stage::Normal {
            self.occurrence = None;
        }
        notice
    }

    fn turn(&mut self, turn: Option<Turn>, moment: Moment, tide: &Tide, next: NextOccurrence<'_>) -> Change {
        match turn {
            Some(Turn::Raised) => {
                Change { raised: true, trips: !self.actions.is_empty(), ..self.raise(moment, tide, next) }
            }
            Some(Turn::Again) => self.again(moment.now),
            Some(Turn::Cleared) => self.clear(),
            None => Change::default(),
        }
    }

    /// Whether it waits for the machine to be armed again. What the house only warns of has taken nothing away.
    fn latches(&self) -> bool {
        let only_warns =
            matches!(self.cause, Cause::Signal { .. }) && self.severity < Severity::Critical && self.actions.is_empty();
        self.latching && !only_warns
    }

    fn raise(&mut self, moment: Moment, tide: &Tide, next: NextOccurrence<'_>) -> Change {
        self.count_told_at = moment.now;
        let latches = self.latches();
        match &mut self.occurrence {
            // Nobody has seen that it was gone, or armed the machine since: it is still the same alarm.
            Some(occurrence) if self.stage != Stage::Normal => {
                occurrence.count = occurrence.count.saturating_add(1);
                occurrence.latched = latches;
                if self.stage == Stage::Latched {
                    occurrence.acked = None;
                }
            }
            held => {
                let number = held.as_ref().map_or_else(&mut *next, |shelved| shelved.number);
                let first_cause = tide.first_cause(moment.now, &self.id);
                *held = Some(Occurrence { first_cause, ..Occurrence::new(number, latches, moment) });
            }
        }
        if matches!(self.stage, Stage::Unacked | Stage::Acked) {
            return Change::default();
        }
        self.go(Stage::Unacked)
    }

    /// Flutters while it is up: counted, and told now and then.
    fn again(&mut self, now: MonoMs) -> Change {
        let Some(occurrence) = &mut self.occurrence else { return Change::default() };
        occurrence.count = occurrence.count.saturating_add(1);
        if now.since(self.count_told_at) < COUNT_TOLD_EVERY_MS {
            return Change::default();
        }
        self.count_told_at = now;
        Change { notice: self.unhidden(), ..Change::default() }
    }

    fn clear(&mut self) -> Change {
        match (self.stage, self.is_latched()) {
            (Stage::Unacked, _) => self.go(Stage::ClearedUnacked),
            (Stage::Acked, true) => self.go(Stage::Latched),
            (Stage::Acked, false) => self.go(Stage::Normal),
            (Stage::Normal | Stage::ClearedUnacked | Stage::Latched, _) => Change::default(),
        }
    }

    fn go(&mut self, stage: Stage) -> Change {
        let told = self.stage.state();
        self.stage = stage;
        let notice = self.unhidden().filter(|notice| notice.state != told || !notice.latched);
        if stage == Stage::Normal && self.shelf.is_none() {
            self.occurrence = None;
        }
        Change { notice, worth_keeping: true, ..Change::default() }
    }

    /// What holds, unless a shelf hides it.
    fn unhidden(&self) -> Option<AlarmNotice> {
        self.notice().filter(|_| self.shelf.is_none())
    }

    fn is_latched(&self) -> bool {
        self.occurrence.as_ref().is_some_and(|o| o.latched) && self.stage != Stage::Normal
    }

    fn tell(&self, occurrence: &Occurrence) -> AlarmNotice {
        let Occurrence { number, raised_at, raised_wall, bt, et, count, .. } = *occurrence;
        let stage = self.stage.state();
        AlarmNotice {
            alarm: self.id.clone(),
            occurrence: number,
            state: if self.shelf.is_some() { AlarmState::Shelved } else { stage },
            severity: self.severity,
            latched: self.is_latched(),
            message: self.message.clone(),
            raised_at,
            raised_wall,
            bt,
            et,
            acked_by: occurrence.acked.as_ref().map(|acked| acked.by.clone()),
            acked_wall: occurrence.acked.as_ref().and_then(|acked| acked.wall),
            count,
            first_cause: occurrence.first_cause.clone(),
            shelf: self.shelf.map(|shelf| Shelf { until: shelf.until_wall, beneath: stage }),
        }
    }
}

/// The notice that ends an occurrence, if it has not ended yet.
pub(super) fn end_of(notice: &AlarmNotice) -> Option<AlarmNotice> {
    let ended = AlarmNotice { state: AlarmState::Normal, shelf: None, ..notice.clone() };
    (notice.state != AlarmState::Normal).then_some(ended)
}
