//! Three kinds of time that must not be mixed. All logic takes them as arguments; nothing in here reads a clock.

use std::fmt;
use std::ops::{Add, Sub};

/// The machine's monotonic clock, scaled for simulators. Unit: ms since an arbitrary origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct MonoMs(pub i64);

/// Time on a session's clock, which restarts at 0 with each session (`timestamp_ms` on the wire). Unit: ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct SessionMs(pub u64);

/// Wall time, only ever a label. Unit: ms since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct WallMs(pub i64);

impl MonoMs {
    /// Milliseconds from `earlier` to here, zero if that lies ahead.
    pub fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl Add<u64> for MonoMs {
    type Output = Self;
    fn add(self, ms: u64) -> Self {
        Self(self.0.saturating_add_unsigned(ms))
    }
}

impl Sub<u64> for MonoMs {
    type Output = Self;
    fn sub(self, ms: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(ms))
    }
}

impl fmt::Display for SessionMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0 / 1000;
        write!(f, "{}:{:02}", s / 60, s % 60)
    }
}
