//! What a machine that is not set up yet would read: asked once, outside the registry. No output is ever written.

use std::sync::Arc;
use std::time::Duration;

use hearth_actors::driver::{DriverError, DriverFactory, Sample};
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::spec::MachineSpec;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// How long a trial may take in all: less than a page waits for an answer.
pub const TRIAL_LIMIT: Duration = Duration::from_secs(8);

/// Trials at once: each holds a connection, and somebody waits for it.
const TRIALS_MAX: usize = 4;

/// Which of a channel's two registers was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Where it is read, and for a control written.
    Source,
    /// Where a control shows what it really does.
    Readback,
}

/// What came of reading one value.
#[derive(Debug)]
pub struct Tried {
    /// Index of the channel.
    pub channel: usize,
    /// Which of its registers.
    pub part: Part,
    /// What the device sent, before divisor and offset; a simulator sends no such thing.
    pub raw: Option<f64>,
    /// The value in the channel's native unit.
    pub native: Option<f64>,
    /// From question to answer; `None` where it was not asked.
    pub took: Option<Duration>,
    /// Why there is no value.
    pub why_not: Option<Why>,
}

/// Why a value was not read.
#[derive(Debug)]
pub enum Why {
    /// It was asked for.
    Failed(DriverError),
    /// It was not, for this reason.
    NotAsked(&'static str),
}

/// Places for trials. Cheap to clone.
#[derive(Clone)]
pub struct Trials(Arc<Semaphore>);

impl Default for Trials {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TRIALS_MAX)))
    }
}

impl Trials {
    /// A place for one trial; `None` while all are taken.
    pub fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

/// Reads every channel of a machine once through a driver of its own.
///
/// # Errors
/// When the driver cannot connect.
pub async fn read_once(factory: &DriverFactory, spec: &MachineSpec, until: Instant) -> Result<Vec<Tried>, DriverError> {
    let too_slow = || DriverError::Timeout {
        what: format!("reading {}", spec.id),
        after_ms: TRIAL_LIMIT.as_millis().try_into().unwrap_or(u64::MAX),
        hint: String::new(),
    };
    let mut driver = factory(spec);
    timeout_at(until, driver.connect()).await.map_err(|_| too_slow())??;
    let mut sample = Sample::missing(spec.channels.len(), MissingReason::NotYet);
    let asked_at = Instant::now();
    for request in 0..driver.requests() {
        timeout_at(until, driver.read(request, &mut sample)).await.map_err(|_| too_slow())??;
    }
    let took = Some(asked_at.elapsed());
    driver.disconnect().await;
    let native = |channel: usize, internal| Some(spec.channels.get(channel)?.unit.outward(internal));
    let tried = sample.values().iter().enumerate().map(|(channel, value)| Tried {
        channel,
        part: Part::Source,
        raw: None,
        native: value.as_ref().ok().and_then(|internal| native(channel, *internal)),
        took,
        why_not: value.is_err().then_some(Why::NotAsked("the device told nothing about it")),
    });
    Ok(tried.collect())
}
