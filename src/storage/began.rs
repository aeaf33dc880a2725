//! When a session began, read from what its journal holds: that is how the clock of one that was cut short goes on where it would
//! stand. Were it counted from when the last record was written, each restart would set it back by as much as that was written
//! late, and a moment that was lived before the daemon's death could be lived again.

use hearth_actors::model::event::Event;
use hearth_actors::model::time::SessionMs;

use super::clock::{BootId, StorageClock};

/// No event is written so late; where it seems so, the computer slept. Unit: ms.
const SLEPT_MS: i64 = 60_000;

/// A moment at which a session's clock stood at zero: time since that boot, before it where negative. Unit: ms of real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Began {
    boot: BootId,
    uptime_ms: i64,
}

impl Began {
    /// As an event tells it that was written as soon as it happened; one that was written late tells a later moment. `written_ms` is
    /// the time since that boot, `speed` the session clock's over real time.
    pub fn told_by(event: &Event, boot: BootId, written_ms: u64, speed: f64) -> Self {
        Self { boot, uptime_ms: whole(written_ms).saturating_sub(real_ms(event.at, speed)) }
    }

    /// Of two that were told, the nearer to the truth: no event is written before it happened. Unless the computer slept between them, as
    /// a session's clock does not go on then.
    pub fn nearer(self, told_before: Option<Self>) -> Self {
        match told_before {
            Some(before) if before.boot == self.boot && (0..SLEPT_MS).contains(&self.later_than(before)) => before,
            _ => self,
        }
    }

    fn later_than(self, other: Self) -> i64 {
        self.uptime_ms.saturating_sub(other.uptime_ms)
    }

    /// How long ago the session's clock stood at `at`; `None` in another boot than that of `clock`. Unit: ms of real time.
    pub fn passed_since(self, at: SessionMs, speed: f64, clock: &dyn StorageClock) -> Option<u64> {
        let then = self.uptime_ms.saturating_add(real_ms(at, speed));
        let passed = whole(clock.uptime_ms()).saturating_sub(then);
        self.boot.is_same_boot(clock.boot_id()).then(|| u64::try_from(passed).unwrap_or(0))
    }
}

fn whole(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn real_ms(at: SessionMs, speed: f64) -> i64 {
    let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, reason = "saturates after 292 million years")]
    let ms = (at.0 as f64 / speed) as i64;
    ms
}

#[cfg(test)]
mod tests {
    use super::super::clock::testing::ManualClock;
    use super::super::samples::{event, reading};
    use super::*;
    use proptest::prelude::*;

    const BOOT: BootId = BootId(7);

    /// Events stand at a second for each number.
    fn told(second: u64, written_ms: u64, speed: f64) -> Began {
        Began::told_by(&event(1, second, reading(200.0)), BOOT, written_ms, speed)
    }

    fn passed_since(began: Began, at_ms: u64, speed: f64, boot: u128, now_ms: u64) -> Option<u64> {
        began.passed_since(SessionMs(at_ms), speed, &ManualClock::new(boot, now_ms))
    }

    #[test]
    fn a_fast_session_began_less_long_ago() {
        let began = told(60, 5_000, 60.0);
        assert_eq!(passed_since(began, 60_000, 60.0, 7, 5_500), Some(500));
        assert_eq!(passed_since(began, 0, 60.0, 7, 5_500), Some(1_500));
    }

    #[test]
    fn what_the_computer_slept_is_no_time_of_the_session() {
        let slept = 3_600_000;
        let told = [told(1, 5_000, 1.0), told(2, 6_000 + slept, 1.0), told(3, 7_100 + slept, 1.0)];
        let began = told.into_iter().fold(None, |before, told| Some(told.nearer(before))).expect("some");
        assert_eq!(passed_since(began, 3_000, 1.0, 7, 9_000 + slept), Some(2_000));
    }

    #[test]
    fn another_boot_tells_nothing() {
        assert_eq!(passed_since(told(1, 5_000, 1.0), 1_000, 1.0, 8, 9_000), None);
    }

    #[test]
    fn a_session_older_than_its_boot_is_no_trouble() {
        assert_eq!(passed_since(told(100, 5_000, 1.0), 100_000, 1.0, 7, 6_000), Some(1_000));
    }

    proptest! {
        /// Whatever the delays: the clock goes on where it would stand, but for the shortest of them, and never further.
        #[test]
        fn late_writes_set_no_clock_back(late_ms in proptest::collection::vec(0..5_000_u64, 1..50)) {
            const BEGAN_MS: u64 = 777;
            let events = (1..).zip(&late_ms).map(|(second, late)| told(second, BEGAN_MS + second * 1_000 + late, 1.0));
            let began = events.fold(None, |before, told| Some(told.nearer(before))).expect("at least one");
            let shortest = late_ms.iter().min().copied().unwrap_or(0);
            let now_ms = 1_000_000;
            prop_assert_eq!(passed_since(began, 0, 1.0, 7, now_ms), Some(now_ms - BEGAN_MS - shortest));
        }
    }
}
