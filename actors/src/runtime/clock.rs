//! The one home of clocks. Everything else takes time as an argument or uses tokio's clock, which tests can stop.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::time::{MonoMs, WallMs};

/// A machine's clock: monotonic, and for simulators faster or slower than real time.
#[derive(Debug, Clone, Copy)]
pub struct MachineClock {
    origin: Instant,
    speed: f64,
}

impl MachineClock {
    /// Starts at zero now.
    pub fn new(speed: f64) -> Self {
        Self { origin: Instant::now(), speed: if speed.is_finite() && speed > 0.0 { speed } else { 1.0 } }
    }

    /// The machine's time now.
    pub fn now(&self) -> MonoMs {
        let real_ms = self.origin.elapsed().as_secs_f64() * 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "saturates after 292 million years")]
        let ms = (real_ms * self.speed) as i64;
        MonoMs(ms)
    }

    /// How long a span of the machine's time really takes.
    pub fn real(&self, machine_ms: u64) -> Duration {
        Duration::from_secs_f64(machine_ms as f64 / 1000.0 / self.speed)
    }

    /// How much of the machine's time passes in a real span. Unit: ms.
    pub fn scaled_ms(&self, real_ms: u64) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both factors are positive")]
        let ms = (real_ms as f64 * self.speed) as u64;
        ms
    }

    /// Factor over real time.
    pub fn speed(&self) -> f64 {
        self.speed
    }
}

/// Wall time now: a label, never a measure.
pub fn wall_now() -> WallMs {
    #[expect(clippy::disallowed_methods, reason = "this is its one home")]
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = since_epoch.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    #[cfg(any(test, feature = "testing"))]
    let now = now.saturating_add(THROWN_MS.load(std::sync::atomic::Ordering::Relaxed));
    WallMs(now)
}

#[cfg(any(test, feature = "testing"))]
static THROWN_MS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

/// Puts the wall clock of this process so far ahead of the host's, or behind, for tests. Unit: ms.
#[cfg(any(test, feature = "testing"))]
pub fn throw_wall(ahead_ms: i64) {
    THROWN_MS.store(ahead_ms, std::sync::atomic::Ordering::Relaxed);
}

/// A fresh session id: UUID version 7, so that ids sort by the time they were made.
pub fn new_session_id() -> crate::model::ids::SessionId {
    let millis = u128::from(wall_now().0.unsigned_abs()) & 0xffff_ffff_ffff;
    let random = (u128::from(fastrand::u64(..)) << 64) | u128::from(fastrand::u64(..));
    const VERSION_AND_VARIANT: u128 = 0x7000_8000_0000_0000_0000;
    const RANDOM_BITS: u128 = 0x0fff_3fff_ffff_ffff_ffff;
    crate::model::ids::SessionId((millis << 80) | VERSION_AND_VARIANT | (random & RANDOM_BITS))
}

/// A fresh task id, made as session ids are.
pub fn new_task_id() -> crate::model::task::TaskId {
    crate::model::task::TaskId(new_session_id().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_fast_machine_lives_faster() {
        let clock = MachineClock::new(60.0);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(clock.now(), MonoMs(120_000));
        assert_eq!(clock.real(60_000), Duration::from_secs(1));
    }

    #[test]
    fn a_session_id_is_a_version_7_uuid() {
        let text = new_session_id().to_string();
        assert_eq!(text.as_bytes()[14], b'7', "{text}");
        assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{text}");
    }
}
