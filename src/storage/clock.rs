//! The clocks of the disk side: how long the host has been up, which start of the host this is, and what the wall says.
//!
//! Whether a session that was cut short goes on depends on how long it was silent. Wall time can jump, so the answer comes
//! from the time since boot, which is comparable only within one boot; hence the boot's own id beside it.

use std::fs;

use hearth_actors::model::time::WallMs;
use rustix::time::{ClockId, clock_gettime};

/// One start of the host's kernel; all zero where the system does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootId(pub u128);

impl BootId {
    /// Stands for a host that does not tell its boots apart: never the same as any, itself included.
    pub const UNKNOWN: Self = Self(0);

    /// Whether times since boot under both ids can be compared.
    pub fn is_same_boot(self, other: Self) -> bool {
        self == other && self != Self::UNKNOWN
    }
}

/// What the storage needs to know of time.
pub trait StorageClock: Send + Sync {
    /// Which start of the host this is.
    fn boot_id(&self) -> BootId;

    /// Time since the host started, sleep included. Unit: ms.
    fn uptime_ms(&self) -> u64;

    /// What the wall clock says; only ever a label.
    fn wall_now(&self) -> WallMs;
}

/// The host's own clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    boot_id: BootId,
}

impl SystemClock {
    /// Reads the boot's id once. Source: `/proc/sys/kernel/random/boot_id` of Linux.
    pub fn new() -> Self {
        let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self { boot_id: parse_boot_id(&text) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl StorageClock for SystemClock {
    fn boot_id(&self) -> BootId {
        self.boot_id
    }

    fn uptime_ms(&self) -> u64 {
        let t = clock_gettime(ClockId::Boottime);
        u64::try_from(millis(t.tv_sec, t.tv_nsec)).unwrap_or(0)
    }

    fn wall_now(&self) -> WallMs {
        hearth_actors::runtime::clock::wall_now()
    }
}

fn millis(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(1000).saturating_add(nanoseconds / 1_000_000)
}

fn parse_boot_id(text: &str) -> BootId {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    u128::from_str_radix(&digits, 16).map_or(BootId::UNKNOWN, BootId)
}

#[cfg(test)]
pub(super) mod testing {
    //! A clock that tests turn by hand.

    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{BootId, StorageClock, WallMs};

    pub(crate) struct ManualClock {
        pub(crate) boot: BootId,
        uptime_ms: AtomicU64,
    }

    impl ManualClock {
        pub(crate) fn new(boot: u128, uptime_ms: u64) -> Self {
            Self { boot: BootId(boot), uptime_ms: AtomicU64::new(uptime_ms) }
        }

        pub(crate) fn advance(&self, ms: u64) {
            self.uptime_ms.fetch_add(ms, Ordering::SeqCst);
        }
    }

    impl StorageClock for ManualClock {
        fn boot_id(&self) -> BootId {
            self.boot
        }

        fn uptime_ms(&self) -> u64 {
            self.uptime_ms.load(Ordering::SeqCst)
        }

        fn wall_now(&self) -> WallMs {
            WallMs(1_700_000_000_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_runs_forward_within_one_boot() {
        let clock = SystemClock::new();
        let first = clock.uptime_ms();
        assert!(clock.uptime_ms() >= first);
        assert!(clock.wall_now().0 > 1_600_000_000_000);
    }

    #[test]
    fn an_unreadable_boot_id_is_never_the_same_boot() {
        let unknown = parse_boot_id("not hex");
        assert!(!unknown.is_same_boot(unknown));
        let known = parse_boot_id("0fc1a7e6-02a5-4b4e-a3b8-7a52f1f7e9f0\n");
        assert!(known.is_same_boot(known));
    }
}
