//! A disk that refuses on request: stands in the daemon's door to the file system, so no test needs to be root.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use hearth::storage::disk::{Act, Disk, Guard};

/// No space left on device.
pub const ENOSPC: i32 = 28;
/// Input/output error.
pub const EIO: i32 = 5;
/// Read-only file system.
pub const EROFS: i32 = 30;
/// Too many open files.
pub const EMFILE: i32 = 24;

/// Which acts are refused.
type Which = fn(Act, &Path) -> bool;

/// What the disk does.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    acts: u64,
    fired: u64,
    refusing: Option<Refusing>,
    /// Bytes that are still taken.
    room: Option<usize>,
    free: Option<u64>,
}

#[derive(Debug)]
struct Refusing {
    from: u64,
    times: u64,
    errno: i32,
    which: Which,
}

impl Faults {
    /// A disk that is well, and the door to it.
    pub fn new() -> (Arc<Self>, Disk) {
        let faults = Arc::new(Self::default());
        (faults.clone(), Disk::guarded(faults))
    }

    /// From now on these acts are refused.
    pub fn refuse(&self, errno: i32, which: Which) {
        self.plan().refusing = Some(Refusing { from: 0, times: u64::MAX, errno, which });
    }

    /// From now on everything is refused.
    pub fn refuse_all(&self, errno: i32) {
        self.refuse(errno, |_, _| true);
    }

    /// The `nth` act from now, counted from 0, and the `times - 1` after it are refused.
    pub fn refuse_nth(&self, nth: u64, times: u64, errno: i32) {
        let mut plan = self.plan();
        plan.fired = 0;
        plan.refusing = Some(Refusing { from: plan.acts + nth, times, errno, which: |_, _| true });
    }

    /// So many bytes are still taken, over all files.
    pub fn leave_room(&self, bytes: usize) {
        self.plan().room = Some(bytes);
    }

    /// What the system says is free.
    pub fn say_free(&self, bytes: u64) {
        self.plan().free = Some(bytes);
    }

    /// The disk is well again.
    pub fn heal(&self) {
        let mut plan = self.plan();
        (plan.refusing, plan.room, plan.free) = (None, None, None);
    }

    /// How often something was refused.
    pub fn fired(&self) -> u64 {
        self.plan().fired
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap()
    }
}

impl Guard for Faults {
    fn pass(&self, act: Act, path: &Path) -> io::Result<()> {
        let mut plan = self.plan();
        let nth = plan.acts;
        plan.acts += 1;
        let hit = plan.refusing.as_mut().filter(|refusing| {
            let is_due = nth >= refusing.from && refusing.times > 0;
            is_due && (refusing.which)(act, path)
        });
        let Some(refusing) = hit else { return Ok(()) };
        refusing.times -= 1;
        let errno = refusing.errno;
        plan.fired += 1;
        Err(io::Error::from_raw_os_error(errno))
    }

    fn room(&self, _: &Path, bytes: usize) -> usize {
        let mut plan = self.plan();
        let Some(room) = &mut plan.room else { return bytes };
        let taken = bytes.min(*room);
        *room -= taken;
        plan.fired += u64::from(taken < bytes);
        taken
    }

    fn free_bytes(&self) -> Option<u64> {
        self.plan().free
    }
}
