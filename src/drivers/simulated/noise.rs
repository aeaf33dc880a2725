//! Randomness without a state: every draw is a function of the seed and of what it is for, so it does not depend on how often
//! anybody looks.

use fastrand::Rng;

/// Mixing constant: the golden ratio's bits, which spread neighbouring numbers.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// What a draw is for. Two purposes never share a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Noise of the sensor with this number.
    Sensor(u8),
    /// Weight of a batch.
    Weight,
    /// Drop temperature of a batch.
    DropTemperature,
    /// How long a move takes.
    Latency,
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Self::Weight => 0,
            Self::DropTemperature => 1,
            Self::Sensor(sensor) => 2 + u64::from(sensor),
            Self::Latency => 1_000,
        }
    }
}

/// An even draw in `0..1`, the `index`-th for its purpose.
pub fn even(seed: u64, purpose: Purpose, index: u64) -> f64 {
    rng(seed, purpose, index).f64()
}

/// A draw from the normal distribution with mean 0 and deviation 1, the `index`-th for its purpose; by Box and Muller's way.
pub fn normal(seed: u64, purpose: Purpose, index: u64) -> f64 {
    let mut rng = rng(seed, purpose, index);
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

fn rng(seed: u64, purpose: Purpose, index: u64) -> Rng {
    let mixed = [purpose.number(), index]
        .into_iter()
        .fold(seed, |mixed, part| (mixed ^ part).wrapping_add(1).wrapping_mul(SPREAD).rotate_left(31));
    let mut rng = Rng::with_seed(mixed);
    // One draw apart from its seed, neighbours are unrelated.
    rng.u64(..);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_zero_and_deviation_one() {
        let draws: Vec<f64> = (0..20_000).map(|i| normal(1, Purpose::Sensor(0), i)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn neighbours_and_purposes_are_unrelated() {
        let n = 20_000_u64;
        let related = |f: &dyn Fn(u64) -> f64, g: &dyn Fn(u64) -> f64| {
            ((0..n).map(|i| f(i) * g(i)).sum::<f64>() / n as f64).abs() > 0.03
        };
        let bt = |i| normal(1, Purpose::Sensor(0), i);
        assert!(!related(&bt, &|i| normal(1, Purpose::Sensor(0), i + 1)));
        assert!(!related(&bt, &|i| normal(1, Purpose::Sensor(1), i)));
        assert!(!related(&bt, &|i| normal(2, Purpose::Sensor(0), i)));
    }
}
