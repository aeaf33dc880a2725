//! Floods: many alarms at once mostly have one cause, and it came first.

use crate::model::ids::RuleId;
use crate::model::time::MonoMs;

/// Alarms that follow each other so closely belong together. Unit: ms of the machine's clock.
const GAP_MS: u64 = 10_000;

/// The alarms of late, in short.
#[derive(Debug, Clone, Default)]
pub(super) struct Tide {
    first: Option<RuleId>,
    last: MonoMs,
}

impl Tide {
    /// Which alarm began the flood that this one comes in; `None` where it comes alone, or is the first itself.
    pub(super) fn first_cause(&self, now: MonoMs, alarm: &RuleId) -> Option<RuleId> {
        self.first.clone().filter(|first| self.goes_on(now) && first != alarm)
    }

    /// An alarm was raised.
    pub(super) fn rose(&mut self, now: MonoMs, alarm: &RuleId) {
        if self.first.is_none() || !self.goes_on(now) {
            self.first = Some(alarm.clone());
        }
        self.last = now;
    }

    fn goes_on(&self, now: MonoMs) -> bool {
        now.since(self.last) <= GAP_MS
    }
}
