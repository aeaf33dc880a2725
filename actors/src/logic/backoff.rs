//! Backoff: how long to wait before the next attempt.

/// Doubles from `min_ms` to `max_ms`, with a share of chance on top so that many machines do not knock at once.
#[derive(Debug, Clone)]
pub struct Backoff {
    min_ms: u64,
    max_ms: u64,
    jitter: f64,
    first: First,
    attempts: u32,
}

/// Whether the first attempt waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// It comes at once; the one after it waits `min_ms`.
    Immediate,
    /// It waits `min_ms`.
    Waits,
}

impl Backoff {
    /// `jitter` is the greatest share added by chance, such as 0.3; anything outside `0..=1` is moved to the nearer end.
    /// A `max_ms` below `min_ms` counts as `min_ms`.
    pub fn new(min_ms: u64, max_ms: u64, jitter: f64, first: First) -> Self {
        let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
        Self { min_ms, max_ms: max_ms.max(min_ms), jitter, first, attempts: 0 }
    }

    /// Time to wait before the next attempt, `chance` being a random number in `0..1`. Unit: ms of real time.
    ///
    /// The jitter comes on top of the limit: the longest wait is `max_ms * (1 + jitter)`.
    pub fn next_ms(&mut self, chance: f64) -> u64 {
        let attempt = self.attempts;
        self.attempts = self.attempts.saturating_add(1);
        let doublings = match self.first {
            First::Immediate if attempt == 0 => return 0,
            First::Immediate => attempt - 1,
            First::Waits => attempt,
        };
        let wait = 1u64.checked_shl(doublings).and_then(|f| self.min_ms.checked_mul(f)).unwrap_or(self.max_ms);
        let wait = wait.min(self.max_ms);
        let chance = if chance.is_nan() { 0.0 } else { chance.clamp(0.0, 1.0) };
        wait.saturating_add((wait as f64 * self.jitter * chance) as u64)
    }

    /// How many attempts were counted since the last reset.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Begins at the shortest wait again.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_doubles_up_to_its_limit_and_stays_there() {
        let mut backoff = Backoff::new(1_000, 30_000, 0.3, First::Waits);
        let waits: Vec<u64> = (0..7).map(|_| backoff.next_ms(0.0)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        backoff.reset();
        assert_eq!(backoff.next_ms(1.0), 1_300);
    }

    #[test]
    fn the_first_attempt_can_come_at_once() {
        let mut backoff = Backoff::new(100, 30_000, 0.3, First::Immediate);
        assert_eq!([backoff.next_ms(0.9), backoff.next_ms(0.0), backoff.next_ms(0.0)], [0, 100, 200]);
    }

    proptest! {
        #[test]
        fn a_wait_is_never_outside_its_limits(min in 1u64..10_000, max in 1u64..100_000, chance in any::<f64>(), attempts in 1usize..200) {
            let mut backoff = Backoff::new(min, max, 0.3, First::Waits);
            for _ in 0..attempts {
                let wait = backoff.next_ms(chance);
                prop_assert!(wait >= min && wait as f64 <= max.max(min) as f64 * 1.3);
            }
        }
    }
}
