//! What a bus knows about its units: who answers, who is silent and need not be asked now, whose late answer may still come, and to
//! which writes. Pure.
//!
//! ```text
//!            answer                     2nd silence in a row
//! present <---------- silent once ------------------------> resting (100 ms, 200 ms … 6.4 s)
//!    ^                                                          | rest over, or urgent
//!    +------------------------- answer -------------------------+
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::op::Op;

/// First rest of a silent unit. Unit: ms.
const REST_MS: u64 = 100;
/// Longest rest is `REST_MS << REST_DOUBLINGS_MAX` = 6.4 s.
const REST_DOUBLINGS_MAX: u32 = 6;
/// A unit that nobody asked for this long is no neighbour any more.
const NEIGHBOUR_FOR: Duration = Duration::from_secs(30);
/// Longest wait for a late answer, however long answers may take.
const LATE_ANSWER_MAX: Duration = Duration::from_secs(1);
/// Writes of one unit that are remembered while their answers may still come; each takes some ms, so there are never more.
const OPEN_MAX: usize = 64;

/// The units of one bus.
#[derive(Debug, Default)]
pub struct Units {
    known: BTreeMap<u8, Unit>,
}

#[derive(Debug, Clone)]
struct Unit {
    asked: Instant,
    answered: Option<Instant>,
    silences: u32,
    rests_until: Option<Instant>,
    may_answer_late_until: Option<Instant>,
    /// Writes whose answers may still come, oldest first.
    open: Vec<Open>,
}

/// A write whose answer may still come.
#[derive(Debug, Clone, Copy)]
struct Open {
    op: Op,
    until: Instant,
}

/// What the other units on the bus do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbours {
    /// There is no other unit.
    None,
    /// At least one of them answers.
    Answer,
    /// None of them answers.
    Silent,
}

impl Units {
    /// How long a unit that was silent still rests. A unit alone on its bus never does: nobody else waits.
    pub fn rest(&self, unit: u8, now: Instant) -> Option<Duration> {
        if self.neighbours(unit, now) == Neighbours::None {
            return None;
        }
        let until = self.known.get(&unit)?.rests_until?;
        Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    /// Until when an answer to an earlier question may still come from a unit.
    pub fn late_answer_until(&self, unit: u8, now: Instant) -> Option<Instant> {
        self.known.get(&unit)?.may_answer_late_until.filter(|until| *until > now)
    }

    /// Whether an answer to `op` shows that the device is now as `op` wants it. Answers come in the order of the questions, so it may
    /// belong to the oldest question that is still open and has the same answer, and then those after it are yet to be done.
    pub fn proves(&self, unit: u8, op: Op, now: Instant) -> bool {
        let mut since_oldest = self.open(unit, now).skip_while(|older| !older.op.is_answered_like(op));
        since_oldest.all(|older| older.op == op || !older.op.writes_over(op))
    }

    /// A unit answered `op`, if only to say no (`is_refusal`), within `limit`.
    pub fn answered(&mut self, unit: u8, op: Op, is_refusal: bool, now: Instant, limit: Duration) {
        let mut open: Vec<_> = self.open(unit, now).collect();
        let alike =
            |older: &Open| if is_refusal { older.op.is_refused_like(op) } else { older.op.is_answered_like(op) };
        match open.iter().position(alike) {
            // Then its own answer may be on its way.
            Some(oldest) => {
                open.drain(..=oldest);
                open.push(Open { op, until: now + limit + late(limit) });
            }
            None => open.clear(),
        }
        let may_answer_late_until = open.last().map(|newest| newest.until);
        let answered =
            Unit { asked: now, answered: Some(now), silences: 0, rests_until: None, may_answer_late_until, open };
        self.known.insert(unit, answered);
    }

    /// A unit did not answer within `limit`; it may still do so.
    pub fn silent(&mut self, unit: u8, op: Op, now: Instant, limit: Duration) {
        self.leave_open(unit, op, now, now + late(limit));
        let state = self.state(unit, now);
        state.silences = state.silences.saturating_add(1);
        // One lost frame is no absence: the next question is asked at once.
        state.rests_until = state.silences.checked_sub(2).map(|n| {
            let rest_ms = REST_MS << n.min(REST_DOUBLINGS_MAX);
            now + Duration::from_millis(rest_ms)
        });
        state.may_answer_late_until = Some(now + late(limit));
    }

    /// Something came that was not the answer, or nothing any more; the answer may still come.
    pub fn unanswered(&mut self, unit: u8, op: Op, now: Instant, limit: Duration) {
        self.leave_open(unit, op, now, now + limit + late(limit));
        self.state(unit, now).may_answer_late_until = Some(now + late(limit));
    }

    fn leave_open(&mut self, unit: u8, op: Op, now: Instant, until: Instant) {
        let mut open: Vec<_> = self.open(unit, now).collect();
        if matches!(op, Op::Write { .. }) {
            open.truncate(OPEN_MAX - 1);
            open.push(Open { op, until });
        }
        self.state(unit, now).open = open;
    }

    fn open(&self, unit: u8, now: Instant) -> impl Iterator<Item = Open> {
        let known = self.known.get(&unit).map_or(&[][..], |state| &state.open);
        known.iter().filter(move |open| open.until > now).copied()
    }

    /// What the other units on the bus do.
    pub fn neighbours(&self, unit: u8, now: Instant) -> Neighbours {
        let mut others = self
            .known
            .iter()
            .filter(|(other, state)| **other != unit && now.saturating_duration_since(state.asked) < NEIGHBOUR_FOR)
            .peekable();
        if others.peek().is_none() {
            return Neighbours::None;
        }
        if others.any(|(_, state)| state.silences == 0 && state.answered.is_some()) {
            Neighbours::Answer
        } else {
            Neighbours::Silent
        }
    }

    fn state(&mut self, unit: u8, now: Instant) -> &mut Unit {
        let fresh = Unit {
            asked: now,
            answered: None,
            silences: 0,
            rests_until: None,
            may_answer_late_until: None,
            open: Vec::new(),
        };
        let state = self.known.entry(unit).or_insert(fresh);
        state.asked = now;
        state
    }
}

fn late(limit: Duration) -> Duration {
    limit.min(LATE_ANSWER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::modbus::Register;
    use crate::drivers::modbus::codec::Payload;

    const LIMIT: Duration = Duration::from_millis(400);
    const READ: Op = Op::Read { register: Register::Holding, address: 0, count: 1 };

    /// A 32-bit write: its answer says where, but not what.
    fn pair(value: u16) -> Op {
        Op::Write { address: 4, payload: Payload::Pair([value, 0]) }
    }

    fn word(value: u16) -> Op {
        Op::Write { address: 4, payload: Payload::Word(value) }
    }

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn an_absent_unit_rests_longer_and_longer_but_never_over_6_4_s() {
        let start = Instant::now();
        let mut units = Units::default();
        units.answered(1, READ, false, start, LIMIT);
        let mut rests = Vec::new();
        for _ in 0..10 {
            units.silent(5, READ, start, LIMIT);
            rests.push(units.rest(5, start).map_or(0, |r| r.as_millis()));
        }
        assert_eq!(rests, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 6_400, 6_400]);
        assert_eq!(units.rest(5, start + ms(6_400)), None, "a rest ends");
        assert_eq!(units.rest(1, start), None, "its neighbour is not concerned");
    }

    #[test]
    fn one_answer_ends_the_rest() {
        let start = Instant::now();
        let mut units = Units::default();
        units.answered(1, READ, false, start, LIMIT);
        units.silent(5, READ, start, LIMIT);
        units.silent(5, READ, start, LIMIT);
        units.answered(5, READ, false, start, LIMIT);
        units.silent(5, READ, start, LIMIT);
        assert_eq!(units.rest(5, start), None);
    }

    #[test]
    fn a_unit_alone_on_its_bus_never_rests() {
        let start = Instant::now();
        let mut units = Units::default();
        for _ in 0..10 {
            units.silent(5, READ, start, LIMIT);
        }
        assert_eq!(units.rest(5, start), None);
        units.silent(6, READ, start, LIMIT);
        assert!(units.rest(5, start).is_some());
        assert_eq!(units.rest(5, start + NEIGHBOUR_FOR), None, "a neighbour that nobody asks is forgotten");
    }

    #[test]
    fn a_late_answer_is_awaited_as_long_as_the_first_but_bounded() {
        let start = Instant::now();
        let mut units = Units::default();
        units.silent(5, READ, start, LIMIT);
        assert_eq!(units.late_answer_until(5, start), Some(start + LIMIT));
        assert_eq!(units.late_answer_until(5, start + LIMIT), None);
        units.unanswered(5, READ, start, ms(60_000));
        assert_eq!(units.late_answer_until(5, start), Some(start + LATE_ANSWER_MAX));
        units.answered(5, READ, false, start, LIMIT);
        assert_eq!(units.late_answer_until(5, start), None);
    }

    #[test]
    fn neighbours_are_told_apart() {
        let start = Instant::now();
        let mut units = Units::default();
        assert_eq!(units.neighbours(5, start), Neighbours::None);
        units.silent(6, READ, start, LIMIT);
        assert_eq!(units.neighbours(5, start), Neighbours::Silent);
        units.answered(7, READ, false, start, LIMIT);
        assert_eq!(units.neighbours(5, start), Neighbours::Answer);
    }

    #[test]
    fn an_answer_that_may_be_that_to_another_write_proves_nothing() {
        let now = Instant::now();
        let mut units = Units::default();
        assert!(units.proves(5, pair(0), now));
        units.silent(5, pair(60), now, LIMIT);
        assert!(!units.proves(5, pair(0), now));
        assert!(units.proves(5, pair(60), now), "whichever of the two it answers");
        assert!(units.proves(5, pair(0), now + LIMIT), "too late for the first");
        assert!(units.proves(6, pair(0), now), "another unit");
        let elsewhere = Op::Write { address: 6, payload: Payload::Pair([0, 0]) };
        assert!(units.proves(5, elsewhere, now), "another register");
        units.silent(5, elsewhere, now, LIMIT);
        assert!(units.proves(5, pair(60), now), "what was written elsewhere since is no matter");
        assert!(units.proves(5, word(0), now), "another function");
    }

    #[test]
    fn an_answer_that_names_its_value_proves_it_unless_another_was_written_since() {
        let now = Instant::now();
        let mut units = Units::default();
        units.silent(5, word(60), now, LIMIT);
        assert!(units.proves(5, word(0), now));
        units.silent(5, word(0), now, LIMIT);
        assert!(!units.proves(5, word(60), now), "60, 0, 60: it may be that to the first 60");
        assert!(units.proves(5, word(0), now));
    }

    #[test]
    fn the_second_answer_to_the_same_write_proves_it() {
        let now = Instant::now();
        let mut units = Units::default();
        units.silent(5, pair(60), now, LIMIT);
        // What came was the answer to 60 or to this one.
        units.answered(5, pair(0), false, now, LIMIT);
        assert!(units.proves(5, pair(0), now));
        assert!(!units.proves(5, pair(30), now), "the answer to the 0 may still come");
        units.answered(5, pair(0), false, now, LIMIT);
        assert!(!units.proves(5, pair(30), now + LIMIT));
        assert!(units.proves(5, pair(30), now + 2 * LIMIT));
        assert_eq!(units.late_answer_until(5, now), Some(now + 2 * LIMIT), "readings wait for it");
    }

    #[test]
    fn a_late_refusal_leaves_the_answer_to_the_next_write_open() {
        let now = Instant::now();
        let mut units = Units::default();
        units.silent(5, pair(60), now, LIMIT);
        units.answered(5, pair(0), true, now, LIMIT);
        assert!(!units.proves(5, pair(30), now));
        units.answered(5, word(7), true, now, LIMIT);
        assert!(units.proves(5, pair(30), now), "a refusal of another function is younger than all of them");
    }
}
