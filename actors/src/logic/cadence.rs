//! The cadence of a machine's readings, and when a silence between two of them is a gap.

/// A gap is longer than so many usual intervals.
const GAP_INTERVALS: u64 = 5;
/// And than this: two lost polls a second apart are none. Unit: ms.
const GAP_MIN_MS: u64 = 3_000;
/// And than this in real time: on a fast clock a busy computer loses much of the machine's time at once. Unit: ms.
const GAP_MIN_REAL_MS: f64 = 300.0;

/// What was known of the link during a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkMeanwhile {
    /// It was never reported lost.
    Held,
    /// It was lost, or nobody was there to see: it was not the clock that stuttered.
    Interrupted,
}

/// How often readings come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    usual_ms: u64,
    limit_ms: u64,
}

impl Cadence {
    /// `usual_ms` between two readings on the machine's clock, which runs `clock_speed` times as fast as real time. A speed
    /// below 1, or none at all, counts as 1.
    pub fn new(usual_ms: u64, clock_speed: f64) -> Self {
        let speed = if clock_speed.is_finite() { clock_speed.max(1.0) } else { 1.0 };
        let limit_ms = usual_ms.saturating_mul(GAP_INTERVALS).max(GAP_MIN_MS).max((GAP_MIN_REAL_MS * speed) as u64);
        Self { usual_ms, limit_ms }
    }

    /// Whether a silence of `span_ms` is a gap: longer than five usual intervals and than three seconds, or than one and a half
    /// intervals where the link was interrupted.
    pub fn is_gap(self, span_ms: u64, link: LinkMeanwhile) -> bool {
        match link {
            LinkMeanwhile::Held => span_ms > self.limit_ms,
            LinkMeanwhile::Interrupted => span_ms > self.usual_ms.saturating_add(self.usual_ms / 2),
        }
    }
}
