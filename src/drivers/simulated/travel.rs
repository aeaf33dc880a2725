//! Something that takes its time to get from one position to another.

/// A way from here to there. Positions in any unit, times in ms of the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Travel {
    from: f64,
    to: f64,
    starts_ms: u64,
    takes_ms: u64,
}

impl Travel {
    /// Stands still here.
    pub fn resting_at(position: f64) -> Self {
        Self { from: position, to: position, starts_ms: 0, takes_ms: 0 }
    }

    /// Sets off from where it is now; how long it takes there. A target it has already stays as it is.
    pub fn go(&mut self, to: f64, ms_per_unit: f64, now_ms: u64) -> u64 {
        if to != self.to {
            let from = self.at(now_ms);
            let takes_ms = ((to - from).abs() * ms_per_unit).ceil() as u64;
            *self = Self { from, to, starts_ms: now_ms, takes_ms };
        }
        self.starts_ms.saturating_add(self.takes_ms).saturating_sub(now_ms)
    }

    /// Where it is.
    pub fn at(&self, now_ms: u64) -> f64 {
        let gone_ms = now_ms.saturating_sub(self.starts_ms);
        if gone_ms >= self.takes_ms {
            self.to
        } else {
            self.from + (self.to - self.from) * gone_ms as f64 / self.takes_ms as f64
        }
    }
}
