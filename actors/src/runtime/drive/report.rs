//! Reports: what the drive task tells its machine.

use crate::driver::{Applied, ErrorKind, Pace, Sample};
use crate::logic::gate::Admitted;
use crate::model::time::MonoMs;

/// What the drive task tells its machine.
#[derive(Debug)]
pub enum Report {
    /// An attempt to connect begins.
    Connecting,
    /// The device answers. With the outcome of making it safe, where that came first.
    Connected {
        /// What the driver calls itself.
        name: String,
        /// Who sets the pace of its readings.
        pace: Pace,
        /// The outcome of bringing outputs to safety, if that was due.
        made_safe: Option<Result<(), String>>,
    },
    /// The device does not answer; the next attempt comes in a while.
    NotConnected {
        /// In plain words.
        message: String,
        /// Kind of the failure.
        kind: ErrorKind,
        /// Time until the next attempt. Unit: ms.
        retry_in_ms: u64,
    },
    /// The link was let go on request.
    Parted {
        /// The outcome of bringing outputs to safety before; fine where there was no link.
        made_safe: Result<(), String>,
    },
    /// A reading was taken, with the first failure among its requests.
    Reading {
        /// When its last answer came.
        at: MonoMs,
        /// The values.
        sample: Sample,
        /// What failed, in plain words.
        failure: Option<String>,
    },
    /// An order is being written.
    Writing(Admitted),
    /// The device confirmed a part of an order that rises step by step.
    Risen {
        /// Index of the channel.
        channel: usize,
        /// Where it stands now. Native unit.
        native: f64,
    },
    /// A newer order for the same channel took the place of one that the device had not confirmed yet.
    Overtaken(Admitted),
    /// An order ended.
    Settled {
        /// Which.
        order: Admitted,
        /// What the device said, or why not, in plain words.
        result: Result<Applied, String>,
        /// How long it took. Unit: ms.
        latency_ms: u64,
    },
    /// Control changed hands while this order waited or rose: no more of it is written.
    Outdated(Admitted),
    /// Heat that is on could not be written again, for the first time since it last went well.
    NotRefreshed {
        /// In plain words.
        message: String,
    },
    /// The driver panicked; this task is over.
    Panicked(String),
}

/// Takes reports; waits until they are dealt with, so that a busy machine slows its own driver and nothing else.
pub trait Listener {
    /// Delivers one report.
    ///
    /// # Errors
    /// When nobody listens any more: the task then ends.
    fn tell(&self, report: Report) -> impl Future<Output = Result<(), Gone>>;
}

/// Nobody listens any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;
