//! How many messages a client may send: a token bucket with patience.

use std::time::Duration;

use tokio::time::Instant;

/// A client that goes on too fast for this long is cut. Source: safety design, limits.
const PATIENCE: Duration = Duration::from_secs(5);
/// A token bucket.
#[derive(Debug)]
pub struct Bucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled: Instant,
    /// Since when it has been too fast.
    too_fast: Option<Instant>,
}

/// How a client behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Within its limit.
    Fine,
    /// Over it.
    TooFast,
    /// Over it for too long: cut it.
    StillTooFast,
}

impl Bucket {
    /// A full bucket.
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        Self { per_second: per_second.into(), burst: burst.into(), tokens: burst.into(), filled: now, too_fast: None }
    }

    /// Takes a token for one message.
    pub fn take(&mut self, now: Instant) -> Pace {
        let since = now.saturating_duration_since(self.filled);
        self.tokens = (self.tokens + since.as_secs_f64() * self.per_second).min(self.burst);
        self.filled = now;
        // A bucket that had time to fill up again means that the client slowed down.
        if self.tokens >= self.burst {
            self.too_fast = None;
        }
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Pace::Fine;
        }
        let since = *self.too_fast.get_or_insert(now);
        if now.saturating_duration_since(since) > PATIENCE { Pace::StillTooFast } else { Pace::TooFast }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_fine_a_flood_is_told_and_then_cut() {
        let mut bucket = Bucket::new(10, 20, Instant::now());
        let paces: Vec<Pace> = (0..21).map(|_| bucket.take(Instant::now())).collect();
        assert!(paces[..20].iter().all(|pace| *pace == Pace::Fine));
        assert_eq!(paces[20], Pace::TooFast);
        for _ in 0..1000 {
            tokio::time::advance(Duration::from_millis(5)).await;
            assert_ne!(bucket.take(Instant::now()), Pace::StillTooFast);
        }
        let cut = (0..100).any(|_| bucket.take(Instant::now() + Duration::from_millis(20)) == Pace::StillTooFast);
        assert!(cut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_slows_down_is_forgiven() {
        let mut bucket = Bucket::new(10, 20, Instant::now());
        while bucket.take(Instant::now()) == Pace::Fine {}
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(bucket.take(Instant::now()), Pace::Fine);
        while bucket.take(Instant::now()) == Pace::Fine {}
        assert_eq!(bucket.take(Instant::now()), Pace::TooFast);
    }
}
