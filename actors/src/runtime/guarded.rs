//! One call into a driver: under a deadline, with its panic caught, and with the machine's pulse beating while it waits.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;

/// How often a waiting drive task shows that its thread still turns.
pub const BEAT: Duration = Duration::from_millis(200);

/// The sign of life of one incarnation of a machine, and the word that it is no longer wanted.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    beats: AtomicU64,
    revoked: AtomicBool,
}

impl Pulse {
    /// Shows that progress was made.
    pub fn beat(&self) {
        self.shared.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// How often progress was made.
    pub fn beats(&self) -> u64 {
        self.shared.beats.load(Ordering::Relaxed)
    }

    /// Tells this incarnation that another one took its place: it must not write, nor tell anybody anything.
    pub fn revoke(&self) {
        self.shared.revoked.store(true, Ordering::SeqCst);
    }

    /// Whether another incarnation took its place.
    pub fn is_revoked(&self) -> bool {
        self.shared.revoked.load(Ordering::SeqCst)
    }
}

/// How a guarded call ended.
#[derive(Debug)]
pub enum Ended<T> {
    /// It returned.
    Returned(T),
    /// It did not return in time and was dropped where it waited.
    Overdue,
    /// It panicked; the text is the panic's own.
    Panicked(String),
}

/// Runs one call.
pub async fn guarded<T>(call: impl Future<Output = T>, deadline: Duration, pulse: &Pulse) -> Ended<T> {
    let caught = AssertUnwindSafe(call).catch_unwind();
    let limited = tokio::time::timeout(deadline, caught);
    tokio::pin!(limited);
    let mut beat = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            biased;
            ended = &mut limited => {
                pulse.beat();
                return match ended {
                    Ok(Ok(value)) => Ended::Returned(value),
                    Ok(Err(payload)) => Ended::Panicked(panic_text(payload.as_ref())),
                    Err(_) => Ended::Overdue,
                };
            }
            _ = beat.tick() => pulse.beat(),
        }
    }
}

/// The words of a panic.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "panicked without a message".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_returns_is_dropped_at_its_deadline_while_the_pulse_beats() {
        let pulse = Pulse::default();
        let ended = guarded(std::future::pending::<()>(), Duration::from_secs(2), &pulse).await;
        assert!(matches!(ended, Ended::Overdue));
        assert!(pulse.beats() >= 10, "{}", pulse.beats());
    }

    #[tokio::test]
    async fn a_panic_becomes_a_value_with_its_words() {
        let ended = guarded(async { panic!("probe {}", 7) }, Duration::from_secs(1), &Pulse::default()).await;
        let Ended::Panicked(text) = ended else { panic!("{ended:?}") };
        let _: () = ();
        assert_eq!(text, "probe 7");
    }
}
