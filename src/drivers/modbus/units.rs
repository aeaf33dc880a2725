//! What a bus knows about its units: who answers, who is silent and need not be asked now, whose late answer may still come. Pure.
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

/// First rest of a silent unit. Unit: ms.
const REST_MS: u64 = 100;
/// Longest rest is `REST_MS << REST_DOUBLINGS_MAX` = 6.4 s.
const REST_DOUBLINGS_MAX: u32 = 6;
/// A unit that nobody asked for this long is no neighbour any more.
const NEIGHBOUR_FOR: Duration = Duration::from_secs(30);
/// Longest wait for a late answer, however long answers may take.
const LATE_ANSWER_MAX: Duration = Duration::from_secs(1);

/// The units of one bus.
#[derive(Debug, Default)]
pub struct Units {
    known: BTreeMap<u8, Unit>,
}

#[derive(Debug, Clone, Copy)]
struct Unit {
    asked: Instant,
    answered: Option<Instant>,
    silences: u32,
    rests_until: Option<Instant>,
    may_answer_late_until: Option<Instant>,
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

    /// A unit answered, if only to say no.
    pub fn answered(&mut self, unit: u8, now: Instant) {
        let answered =
            Unit { asked: now, answered: Some(now), silences: 0, rests_until: None, may_answer_late_until: None };
        self.known.insert(unit, answered);
    }

    /// A unit did not answer within `limit`; it may still do so.
    pub fn silent(&mut self, unit: u8, now: Instant, limit: Duration) {
        let state = self.state(unit, now);
        state.silences = state.silences.saturating_add(1);
        // One lost frame is no absence: the next question is asked at once.
        state.rests_until = state.silences.checked_sub(2).map(|n| {
            let rest_ms = REST_MS << n.min(REST_DOUBLINGS_MAX);
            now + Duration::from_millis(rest_ms)
        });
        state.may_answer_late_until = Some(now + limit.min(LATE_ANSWER_MAX));
    }

    /// Something came that was not the answer; the answer may still come.
    pub fn garbled(&mut self, unit: u8, now: Instant, limit: Duration) {
        self.state(unit, now).may_answer_late_until = Some(now + limit.min(LATE_ANSWER_MAX));
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
        let fresh = Unit { asked: now, answered: None, silences: 0, rests_until: None, may_answer_late_until: None };
        let state = self.known.entry(unit).or_insert(fresh);
        state.asked = now;
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(400);

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn an_absent_unit_rests_longer_and_longer_but_never_over_6_4_s() {
        let start = Instant::now();
        let mut units = Units::default();
        units.answered(1, start);
        let mut rests = Vec::new();
        for _ in 0..10 {
            units.silent(5, start, LIMIT);
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
        units.answered(1, start);
        units.silent(5, start, LIMIT);
        units.silent(5, start, LIMIT);
        units.answered(5, start);
        units.silent(5, start, LIMIT);
        assert_eq!(units.rest(5, start), None);
    }

    #[test]
    fn a_unit_alone_on_its_bus_never_rests() {
        let start = Instant::now();
        let mut units = Units::default();
        for _ in 0..10 {
            units.silent(5, start, LIMIT);
        }
        assert_eq!(units.rest(5, start), None);
        units.silent(6, start, LIMIT);
        assert!(units.rest(5, start).is_some());
        assert_eq!(units.rest(5, start + NEIGHBOUR_FOR), None, "a neighbour that nobody asks is forgotten");
    }

    #[test]
    fn a_late_answer_is_awaited_as_long_as_the_first_but_bounded() {
        let start = Instant::now();
        let mut units = Units::default();
        units.silent(5, start, LIMIT);
        assert_eq!(units.late_answer_until(5, start), Some(start + LIMIT));
        assert_eq!(units.late_answer_until(5, start + LIMIT), None);
        units.garbled(5, start, ms(60_000));
        assert_eq!(units.late_answer_until(5, start), Some(start + LATE_ANSWER_MAX));
        units.answered(5, start);
        assert_eq!(units.late_answer_until(5, start), None);
    }

    #[test]
    fn neighbours_are_told_apart() {
        let start = Instant::now();
        let mut units = Units::default();
        assert_eq!(units.neighbours(5, start), Neighbours::None);
        units.silent(6, start, LIMIT);
        assert_eq!(units.neighbours(5, start), Neighbours::Silent);
        units.answered(7, start);
        assert_eq!(units.neighbours(5, start), Neighbours::Answer);
    }
}
