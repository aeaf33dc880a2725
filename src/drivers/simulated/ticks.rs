//! Fixed steps of a machine's clock.

/// Length of one step. Unit: ms.
pub const STEP_MS: u64 = 100;

/// A longer time without a look at the machine is cut to this: by then it has settled. Unit: ms.
const GAP_MS_MAX: u64 = 3_600_000;

/// How many steps were made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ticks {
    steps: u64,
    skipped_ms: u64,
}

impl Ticks {
    /// Counts the steps that are due at `now_ms` as made; how many they are. None for a time that lies behind.
    pub fn take_due(&mut self, now_ms: u64) -> u64 {
        let due_ms = now_ms.saturating_sub(self.skipped_ms);
        let gap_ms = due_ms.saturating_sub(self.steps.saturating_mul(STEP_MS));
        let skip_ms = gap_ms.saturating_sub(GAP_MS_MAX);
        self.skipped_ms = self.skipped_ms.saturating_add(skip_ms);
        let due = (gap_ms - skip_ms) / STEP_MS;
        self.steps += due;
        due
    }

    /// Steps made so far.
    pub fn count(&self) -> u64 {
        self.steps
    }
}
