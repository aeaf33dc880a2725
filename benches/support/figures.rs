//! Figures from many single measurements.

use std::time::Duration;

/// Many measurements of the same thing. Unit: µs.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    micros: Vec<f64>,
}

impl Distribution {
    /// Takes one measurement.
    pub fn push(&mut self, took: Duration) {
        self.micros.push(took.as_secs_f64() * 1e6);
    }

    /// The value that this share of all measurements does not exceed; 0 where nothing was measured. Unit: µs.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.micros.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of an index is an index")]
        let at = (last as f64 * share).round() as usize;
        sorted.get(at).copied().unwrap_or_default()
    }

    /// The middle one. Unit: µs.
    pub fn p50(&self) -> f64 {
        self.quantile(0.5)
    }

    /// 99 of 100 are not above. Unit: µs.
    pub fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    /// The largest one. Unit: µs.
    pub fn worst(&self) -> f64 {
        self.quantile(1.0)
    }
}

impl Extend<Duration> for Distribution {
    fn extend<T: IntoIterator<Item = Duration>>(&mut self, measured: T) {
        measured.into_iter().for_each(|took| self.push(took));
    }
}
