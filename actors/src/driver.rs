//! Door 1: what talks to hardware.
//!
//! A driver lives on its machine's own thread and is called from one task, never concurrently. Each call runs under a
//! deadline; when that passes, the call is dropped where it waits, and the next call is `connect`. So every method must
//! be safe to drop at any `.await`: a half-sent request must never be answered by the next one's reply.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::LocalBoxFuture;

use crate::logic::gate::Admitted;
use crate::model::channel::ControlSpec;
use crate::model::reading::{Missing, MissingReason, Value};
use crate::model::spec::MachineSpec;
use crate::model::time::WallMs;

/// Talks to one piece of hardware.
///
/// Order of calls: `connect` until it succeeds; then `read` (each request in turn) and `apply` in any order, until one fails
/// with [`ErrorKind::Disconnected`] or a deadline passes; then `connect` again.
#[async_trait(?Send)]
pub trait Driver {
    /// What people call it, such as `Modbus TCP`.
    fn name(&self) -> String;

    /// Opens the link and asks for one answer. Writes nothing. Closes an old link first.
    ///
    /// # Errors
    /// When the device cannot be reached or does not answer as it should; the message says what to look at.
    async fn connect(&mut self) -> Result<(), DriverError>;

    /// How many requests one full reading takes. Orders may be applied between two of them.
    fn requests(&self) -> usize {
        1
    }

    /// Performs one request of a reading and puts what it brings into `sample` (internal units).
    ///
    /// # Errors
    /// When this request failed; the channels it would have filled stay as they are (missing). Other requests are still tried
    /// unless the kind is `Disconnected`.
    async fn read(&mut self, request: usize, sample: &mut Sample) -> Result<(), DriverError>;

    /// Writes one admitted order and, where the channel has a read-back, reads it.
    ///
    /// # Errors
    /// When the device did not confirm. A read-back that differs is no error: the caller compares.
    async fn apply(&mut self, order: &Admitted) -> Result<Applied, DriverError>;

    /// How an order that was applied is confirmed later, where the device itself does not answer at once: a promise that ends when
    /// it was seen to be done, or not in time. Asked right after each `apply` that went well. A newer order for the same channel
    /// takes the promise's place.
    fn promise(&mut self, _order: &Admitted) -> Option<Promise> {
        None
    }

    /// Who sets the pace of readings.
    fn pace(&self) -> Pace {
        Pace::Asked
    }

    /// Waits until a device that sets the pace itself has something to tell, or has been silent for too long; then it is read.
    async fn arrival(&mut self) {
        std::future::pending().await
    }

    /// Takes a picture with the camera that a channel is.
    ///
    /// # Errors
    /// When the channel is no camera, and when the device did not deliver.
    async fn capture(&mut self, _channel: usize) -> Result<Picture, DriverError> {
        Err(DriverError::no_camera("taking a picture"))
    }

    /// Closes the link.
    async fn disconnect(&mut self);
}

/// Makes a fresh driver on the machine's own thread. A restart never reuses the old one.
pub type DriverFactory = Arc<dyn Fn(&MachineSpec) -> Box<dyn Driver> + Send + Sync>;

/// The end of an order, some time later; owns what it waits for.
pub type Promise = LocalBoxFuture<'static, Result<(), DriverError>>;

/// Who sets the pace of readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The daemon asks, once per interval.
    Asked,
    /// The device tells when it likes.
    Told,
}

/// What a device said to an order.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Applied {
    /// What the channel's read-back shows, native unit; `None` where it has none.
    pub readback: Option<f64>,
}

impl Applied {
    /// What speaks against an order having been done, in plain words: the read-back shows something else.
    pub fn objection(&self, control: &ControlSpec, order: &Admitted) -> Option<String> {
        let shown = self.readback.filter(|shown| !control.agrees(*shown, order.native()))?;
        Some(format!("the device reads back {shown} where {} was written", order.native()))
    }
}

/// A picture as a camera delivered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Media type of `bytes`, such as `image/png`.
    pub mime: &'static str,
    /// The whole file.
    pub bytes: Vec<u8>,
}

/// A reading under construction, by channel index.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    values: Vec<Value>,
    kept: Vec<usize>,
    taken: Option<WallMs>,
}

impl Sample {
    /// All channels missing, for `reason`.
    pub fn missing(channels: usize, reason: MissingReason) -> Self {
        Self { values: vec![Err(Missing { reason, polls: 0 }); channels], kept: Vec::new(), taken: None }
    }

    /// Sets a channel's value in internal units. A number that is not finite counts as garbled.
    pub fn set(&mut self, channel: usize, value: f64) {
        if value.is_finite() {
            self.put(channel, Ok(value));
        } else {
            self.fail(channel, MissingReason::Garbled);
        }
    }

    /// Says why a channel has no value.
    pub fn fail(&mut self, channel: usize, reason: MissingReason) {
        self.put(channel, Err(Missing { reason, polls: 0 }));
    }

    /// Nothing new of a channel: what was known of it holds, unless a value is set after all.
    pub fn keep(&mut self, channel: usize) {
        self.kept.push(channel);
    }

    /// Whether there is nothing new of a channel.
    pub fn is_kept(&self, channel: usize) -> bool {
        self.kept.contains(&channel)
    }

    /// The device's own word for when it took the values.
    pub fn taken_at(&mut self, wall: WallMs) {
        self.taken = Some(wall);
    }

    /// When the device says it took the values; `None` where it says nothing, and that is now.
    pub fn taken(&self) -> Option<WallMs> {
        self.taken
    }

    /// The values by channel index.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    fn put(&mut self, channel: usize, value: Value) {
        self.kept.retain(|kept| *kept != channel);
        if let Some(slot) = self.values.get_mut(channel) {
            *slot = value;
        }
    }
}

/// What went wrong at a device, with enough context for a person to find it.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// No answer in time.
    #[error("{what}: no answer within {after_ms} ms{}", hint_suffix(.hint))]
    Timeout {
        /// What was asked, such as `reading 2 holding registers from 0, unit 1`.
        what: String,
        /// How long was waited.
        after_ms: u64,
        /// What to look at, or empty.
        hint: String,
    },
    /// There is no link, or it just broke.
    #[error("{what}: {cause}{}", hint_suffix(.hint))]
    Disconnected {
        /// What was attempted, such as `connecting to 192.168.1.20:502`.
        what: String,
        /// The system's own words.
        cause: String,
        /// What to look at, or empty.
        hint: String,
    },
    /// The device answered no.
    #[error("{what}: the device refused: {cause}{}", hint_suffix(.hint))]
    Rejected {
        /// What was asked.
        what: String,
        /// The device's reason.
        cause: String,
        /// What to look at, or empty.
        hint: String,
    },
    /// The device answered something that cannot be.
    #[error("{what}: unusable answer: {cause}{}", hint_suffix(.hint))]
    Garbled {
        /// What was asked.
        what: String,
        /// What is wrong with the answer.
        cause: String,
        /// What to look at, or empty.
        hint: String,
    },
}

fn hint_suffix(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!(" ({hint})") }
}

/// The few kinds of driver errors that generic code tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No answer in time.
    Timeout,
    /// No link.
    Disconnected,
    /// The device said no.
    Rejected,
    /// The answer was unusable.
    Garbled,
}

impl DriverError {
    /// The answer of whatever has no camera. `what` was asked.
    pub fn no_camera(what: impl Into<String>) -> Self {
        Self::Rejected {
            what: what.into(),
            cause: "this machine has no camera".into(),
            hint: "use a channel that is a camera".into(),
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Disconnected { .. } => ErrorKind::Disconnected,
            Self::Rejected { .. } => ErrorKind::Rejected,
            Self::Garbled { .. } => ErrorKind::Garbled,
        }
    }
}

impl ErrorKind {
    /// Why a channel is missing after an error of this kind.
    pub fn missing(self) -> MissingReason {
        match self {
            Self::Timeout => MissingReason::Timeout,
            Self::Disconnected => MissingReason::Disconnected,
            Self::Rejected => MissingReason::Rejected,
            Self::Garbled => MissingReason::Garbled,
        }
    }
}
