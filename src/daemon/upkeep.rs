//! What is wrong with the house itself, told as an alarm of every machine: its disk, and the clock on its wall.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_actors::model::alarm::{BuiltIn, Cry};
use hearth_actors::model::time::WallMs;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::system::House;
use tokio::sync::watch;

use crate::storage::clock::{StorageClock, SystemClock};
use crate::storage::watch::StorageState;
use crate::wire::storage::StorageWord;

/// How often the wall clock is compared with the one that never jumps.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A clock that is put right by less is no news. Unit: ms.
const JUMP_MS: u64 = 2_000;

/// Tells of the storage, for as long as there is one.
pub async fn tell_of_storage(house: House, mut storage: watch::Receiver<StorageState>) {
    let mut told = BTreeMap::new();
    loop {
        let mut now = BTreeMap::new();
        // The worst comes first; what is less than it has nothing to add to the same alarm.
        for trouble in storage.borrow_and_update().troubles() {
            now.entry(alarm(trouble.word)).or_insert(trouble);
        }
        for (built_in, trouble) in &now {
            if told.get(built_in) != Some(&trouble.word) {
                house.raise(*built_in, cry(trouble.word, &trouble.message));
            }
        }
        for ended in told.keys().filter(|known| !now.contains_key(known)) {
            house.clear(*ended);
        }
        told = now.into_iter().map(|(built_in, trouble)| (built_in, trouble.word)).collect();
        if storage.changed().await.is_err() {
            return;
        }
    }
}

fn alarm(word: StorageWord) -> BuiltIn {
    match word {
        StorageWord::Low | StorageWord::Full => BuiltIn::StorageFull,
        StorageWord::Slow => BuiltIn::StorageSlow,
        StorageWord::Ok | StorageWord::Damaged | StorageWord::Failing => BuiltIn::StorageCorrupt,
    }
}

fn cry(word: StorageWord, message: &str) -> Cry {
    let message = format!("The storage: {message}.");
    match word {
        StorageWord::Full | StorageWord::Failing => Cry::critical(message),
        StorageWord::Ok | StorageWord::Low | StorageWord::Slow | StorageWord::Damaged => Cry::warning(message),
    }
}

/// Tells of a wall clock that jumps: times of day before and after do not fit together, everything else counts on another clock.
pub async fn tell_of_jumps(house: House) {
    let clock = SystemClock::new();
    let mut wall = Wall::new(clock.uptime_ms(), wall_now());
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Some(by_ms) = wall.jumped(clock.uptime_ms(), wall_now()) {
            let way = if by_ms > 0 { "forward" } else { "back" };
            let span = span(by_ms.unsigned_abs());
            tracing::warn!(by_ms, "the wall clock jumped");
            house.flash(
                BuiltIn::ClockJump,
                &Cry::warning(format!(
                    "The clock of this computer jumped {span} {way}: times of day from before and after do not fit together. \
                     Curves, leases and alarms are not touched."
                )),
            );
        }
    }
}

/// How far the wall clock is ahead of the one that never jumps.
struct Wall {
    ahead_ms: i64,
}

impl Wall {
    fn new(uptime_ms: u64, wall: WallMs) -> Self {
        Self { ahead_ms: wall.0.saturating_sub_unsigned(uptime_ms) }
    }

    /// By how much it jumped since it was last asked. Unit: ms.
    fn jumped(&mut self, uptime_ms: u64, wall: WallMs) -> Option<i64> {
        let now = Self::new(uptime_ms, wall).ahead_ms;
        let by = now.saturating_sub(std::mem::replace(&mut self.ahead_ms, now));
        (by.unsigned_abs() >= JUMP_MS).then_some(by)
    }
}

fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, ..) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_keeps_pace_or_is_put_right_gently_did_not_jump() {
        let mut wall = Wall::new(5_000, WallMs(1_000_000));
        for second in 1..3_600 {
            // Half a second per second is far more than any correction does.
            assert_eq!(wall.jumped(5_000 + second * 1000, WallMs(1_000_000 + second as i64 * 1500)), None);
        }
    }

    #[test]
    fn a_jump_is_told_once_with_its_size_and_direction() {
        let mut wall = Wall::new(0, WallMs(0));
        assert_eq!(wall.jumped(1_000, WallMs(3_601_000)), Some(3_600_000));
        assert_eq!(wall.jumped(2_000, WallMs(3_602_000)), None);
        assert_eq!(wall.jumped(3_000, WallMs(3_000)), Some(-3_600_000));
        assert_eq!(wall.jumped(4_000, WallMs(i64::MIN)), Some(i64::MIN));
    }

    #[test]
    fn spans_are_said_as_people_say_them() {
        let said: Vec<String> = [2_000, 61_000, 3_600_000, 315_360_000_000].map(span).into();
        assert_eq!(said, ["2 s", "1 min 1 s", "1 h 0 min", "3650 d 0 h"]);
    }
}
