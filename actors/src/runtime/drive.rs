//! The drive task: the only one that calls a machine's driver. It makes no decisions.
//!
//! ```text
//!            wanted                     connected
//!  parked ----------> connecting ---------------------> serving: orders first, then one request of the reading at a time
//!    ^                  | ^  failed: wait, try again       |
//!    |     unwanted     v |                                | lost, overdue
//!    +------------------+ +--------------------------------+
//! ```
//!
//! Orders are taken between any two requests, so a write never waits for more than one I/O. A panic of the driver ends the task
//! with [`Report::Panicked`]; whoever supervises makes a fresh driver.

mod report;
mod rising;
mod writing;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::clock::MachineClock;
use super::guarded::{BEAT, Ended, Pulse, guarded};
use super::health::Health;
use super::lane::{Lanes, Shot};
use super::promises::Promises;
use super::refresh::Refresh;
use crate::driver::{Driver, DriverError, ErrorKind, Pace, Sample};
use crate::logic::backoff::{Backoff, First};
use crate::logic::gate::Admitted;
use crate::logic::rise::Rises;
use crate::model::channel::ChannelTable;
use crate::model::reading::MissingReason;
use crate::model::spec::MachineSpec;
pub use report::{Gone, Listener, Report};

/// Longest time one read or write may take before it counts as hung. STOP waits at most this long.
const IO_DEADLINE: Duration = Duration::from_secs(2);
/// Longest time one attempt to connect may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// First pause between two attempts to connect, after one that comes at once. Unit: ms.
const RETRY_MIN_MS: u64 = 1_000;
/// Longest pause: a device that comes back is found within 2 s. Source: safety design, link lost. Unit: ms.
const RETRY_MAX_MS: u64 = 1_500;
/// Pause between two attempts to bring outputs to safety on a link that answers.
const SAFE_AGAIN: Duration = Duration::from_secs(5);
/// Share of chance in each pause.
const RETRY_JITTER: f64 = 0.3;
/// Attempts for an order that lowers heat. Source: safety design, honest ack.
const LOWERING_ATTEMPTS: u32 = 3;

/// Whether the driver is to be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Connect, and stay connected.
    Wanted,
    /// Bring outputs to safety and let go.
    Unwanted,
}

/// Whether outputs must be brought to safety before anything else is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A clean start: nothing is written unasked.
    Clean,
    /// After a crash or a lost link: the first bytes written are the safe values.
    SafeFirst,
}

/// What a drive task is given.
pub struct Given<L> {
    /// The driver, fresh.
    pub driver: Box<dyn Driver>,
    /// Orders.
    pub lanes: Arc<Lanes>,
    /// Whether to be connected.
    pub link: watch::Receiver<Link>,
    /// Whether the first connect makes safe.
    pub entry: Entry,
    /// What to write to be safe.
    pub safe_orders: Vec<Admitted>,
    /// Sign of life.
    pub pulse: Pulse,
    /// Counters.
    pub health: Arc<Health>,
    /// Who is told.
    pub listener: L,
}

/// The drive task.
pub struct Drive<L> {
    driver: Box<dyn Driver>,
    channels: Arc<ChannelTable>,
    /// Time between readings.
    period: Duration,
    clock: MachineClock,
    lanes: Arc<Lanes>,
    link: watch::Receiver<Link>,
    entry: Entry,
    safe_orders: Vec<Admitted>,
    /// When outputs that could not be brought to safety are tried again.
    safe_again: Instant,
    pulse: Pulse,
    /// Orders that the device confirms later.
    promises: Promises,
    /// Heat that is on.
    refresh: Refresh,
    /// Outputs that may rise only so fast.
    rises: Rises,
    /// Channels that were written since the reading that is taken began.
    written: BTreeSet<usize>,
    health: Arc<Health>,
    listener: L,
}

/// Why serving ended.
enum Stop {
    Unwanted,
    Lost { message: String, kind: ErrorKind },
    Panicked(String),
    Gone,
}

/// Why the task is over.
enum Over {
    Gone,
    Panicked(String),
}

/// Whether there is a link to write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linked {
    Yes,
    No,
}

impl From<Gone> for Over {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<Gone> for Stop {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl<L: Listener> Drive<L> {
    /// Of a machine whose clock this is. Nothing is known of its device yet.
    pub fn new(spec: &MachineSpec, clock: MachineClock, given: Given<L>) -> Self {
        let Given { driver, lanes, link, entry, safe_orders, pulse, health, listener } = given;
        Self {
            driver,
            channels: Arc::clone(&spec.channels),
            period: clock.real(spec.sampling_interval_ms),
            clock,
            lanes,
            link,
            entry,
            safe_orders,
            safe_again: Instant::now(),
            pulse,
            promises: Promises::default(),
            refresh: Refresh::new(spec),
            rises: Rises::new(spec),
            written: BTreeSet::new(),
            health,
            listener,
        }
    }

    /// Drives until nobody listens any more or the driver panics.
    pub async fn run(mut self) {
        let mut backoff = Backoff::new(RETRY_MIN_MS, RETRY_MAX_MS, RETRY_JITTER, First::Immediate);
        loop {
            if self.parked().await.is_err() {
                return;
            }
            let ended = match self.connect().await {
                Ok(()) => {
                    if backoff.attempts() > 0 {
                        self.health.reconnected();
                    }
                    backoff.reset();
                    let stop = self.serve().await;
                    if self.break_promises().await.is_err() || self.give_up_rising().await.is_err() {
                        return;
                    }
                    if let Stop::Lost { .. } = stop {
                        self.entry = Entry::SafeFirst;
                    }
                    self.deal_with(stop, Linked::Yes, &mut backoff).await
                }
                Err(stop) => self.deal_with(stop, Linked::No, &mut backoff).await,
            };
            match ended {
                Ok(()) => {}
                Err(Over::Gone) => return,
                Err(Over::Panicked(text)) => return self.discard(text).await,
            }
        }
    }

    async fn deal_with(&mut self, stop: Stop, linked: Linked, backoff: &mut Backoff) -> Result<(), Over> {
        match stop {
            Stop::Gone => return Err(Over::Gone),
            Stop::Panicked(text) => return Err(Over::Panicked(text)),
            Stop::Unwanted => self.part(linked).await?,
            Stop::Lost { message, kind } => {
                self.wait_to_retry(message, kind, backoff).await?;
                if *self.link.borrow() == Link::Unwanted {
                    self.part(Linked::No).await?;
                }
            }
        }
        Ok(())
    }

    /// Waits until a link is wanted.
    async fn parked(&mut self) -> Result<(), Gone> {
        while *self.link.borrow_and_update() == Link::Unwanted {
            self.beating_until(None).await?;
        }
        Ok(())
    }

    async fn connect(&mut self) -> Result<(), Stop> {
        self.tell(Report::Connecting).await?;
        self.refresh.forget_all();
        self.rises.forget_all();
        let connected = guarded(self.driver.connect(), CONNECT_DEADLINE, &self.pulse).await;
        self.returned(connected, "connecting", CONNECT_DEADLINE)?.map_err(|error| self.lost(&error))?;
        let made_safe = match self.entry {
            Entry::SafeFirst if !self.safe_orders.is_empty() => Some(self.bring_to_safety().await?),
            Entry::SafeFirst | Entry::Clean => None,
        };
        self.settle_entry(made_safe.as_ref());
        let (name, pace) = (self.driver.name(), self.driver.pace());
        self.tell(Report::Connected { name, pace, made_safe }).await?;
        Ok(())
    }

    /// Serves until something ends it.
    async fn serve(&mut self) -> Stop {
        match self.serve_on().await {
            Ok(never) => match never {},
            Err(stop) => stop,
        }
    }

    async fn serve_on(&mut self) -> Result<std::convert::Infallible, Stop> {
        let mut tick = tokio::time::interval(self.period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let lanes = self.lanes.clone();
        let pace = self.driver.pace();
        loop {
            self.pulse.beat();
            if self.pulse.is_revoked() {
                return Err(Stop::Gone);
            }
            self.link.mark_unchanged();
            self.apply_waiting().await?;
            if self.entry == Entry::SafeFirst && Instant::now() >= self.safe_again {
                let made_safe = self.bring_to_safety().await?;
                self.settle_entry(Some(&made_safe));
            }
            if let Some(shot) = lanes.next_shot() {
                self.take_picture(shot).await?;
                continue;
            }
            tokio::select! {
                biased;
                () = lanes.arrival() => {}
                changed = self.link.changed() => if changed.is_err() { return Err(Stop::Gone) },
                kept = self.promises.next_kept() => self.settle_promise(kept).await?,
                () = self.driver.arrival(), if pace == Pace::Told => self.read().await?,
                _ = tick.tick(), if pace == Pace::Asked => self.read().await?,
                // Only where readings are further apart: each of them beats as well.
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    async fn read(&mut self) -> Result<(), Stop> {
        let mut sample = Sample::missing(self.channels.len(), MissingReason::Timeout);
        let mut failure = None;
        let mut request = 0;
        self.written.clear();
        // A driver may learn while it reads that it needs more requests.
        while request < self.driver.requests() {
            // After the last one, what was read is told first: it may be against what waits.
            if request > 0 {
                // Another hand that shows already is not written over.
                self.refresh.read(&sample);
                self.apply_waiting().await?;
                std::mem::take(&mut self.written).into_iter().for_each(|channel| sample.keep(channel));
            }
            let began = Instant::now();
            let read = guarded(self.driver.read(request, &mut sample), IO_DEADLINE, &self.pulse).await;
            match self.returned(read, "reading", IO_DEADLINE)? {
                Ok(()) => self.health.read_answered(began.elapsed()),
                Err(error) if error.kind() == ErrorKind::Disconnected => return Err(self.lost(&error)),
                Err(error) => {
                    let words = error.to_string();
                    self.health.failed(error.kind(), &words);
                    failure.get_or_insert(words);
                }
            }
            request += 1;
        }
        self.refresh.read(&sample);
        self.rises.read(sample.values(), |channel| !sample.is_kept(channel));
        let at = self.clock.now();
        self.tell(Report::Reading { at, sample, failure }).await?;
        Ok(())
    }

    async fn take_picture(&mut self, Shot { channel, taken }: Shot) -> Result<(), Stop> {
        let picture = guarded(self.driver.capture(channel), IO_DEADLINE, &self.pulse).await;
        let picture = self.returned(picture, "taking a picture", IO_DEADLINE)?;
        let lost = match &picture {
            Err(error) if error.kind() == ErrorKind::Disconnected => Some(self.lost(error)),
            Ok(_) | Err(_) => None,
        };
        // Whoever waited may have gone.
        let _ = taken.send(picture);
        lost.map_or(Ok(()), Err)
    }

    /// Lets go on request: outputs to safety first, where there is a link to write to.
    async fn part(&mut self, linked: Linked) -> Result<(), Over> {
        let made_safe = match linked {
            Linked::No => Ok(()),
            Linked::Yes => match self.bring_to_safety().await {
                Ok(Ok(())) => self.await_promises_of_safety().await?,
                Ok(Err(words)) => Err(words),
                Err(Stop::Lost { message, .. }) => Err(message),
                Err(Stop::Panicked(text)) => return Err(Over::Panicked(text)),
                Err(Stop::Gone | Stop::Unwanted) => return Err(Over::Gone),
            },
        };
        let _ = guarded(self.driver.disconnect(), IO_DEADLINE, &self.pulse).await;
        if linked == Linked::Yes {
            self.settle_entry(Some(&made_safe));
        }
        Ok(self.tell(Report::Parted { made_safe }).await?)
    }

    async fn wait_to_retry(&mut self, message: String, kind: ErrorKind, backoff: &mut Backoff) -> Result<(), Gone> {
        let retry_in_ms = backoff.next_ms(fastrand::f64());
        self.tell(Report::NotConnected { message, kind, retry_in_ms }).await?;
        let until = Instant::now() + Duration::from_millis(retry_in_ms);
        while Instant::now() < until && *self.link.borrow_and_update() == Link::Wanted {
            self.beating_until(Some(until)).await?;
        }
        Ok(())
    }

    /// Waits for a change of mind or a moment, beating.
    async fn beating_until(&mut self, until: Option<Instant>) -> Result<(), Gone> {
        self.pulse.beat();
        if self.pulse.is_revoked() {
            return Err(Gone);
        }
        let next_beat = Instant::now() + BEAT;
        let wake = until.map_or(next_beat, |until| until.min(next_beat));
        tokio::select! {
            changed = self.link.changed() => changed.map_err(|_| Gone),
            () = tokio::time::sleep_until(wake) => Ok(()),
        }
    }

    /// Throws a driver away that panicked; a panic in its `Drop` is caught as well.
    async fn discard(self, text: String) {
        let Self { driver, listener, .. } = self;
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || drop(driver)));
        let _ = listener.tell(Report::Panicked(text)).await;
    }

    fn returned<T>(
        &self,
        ended: Ended<Result<T, DriverError>>,
        what: &str,
        deadline: Duration,
    ) -> Result<Result<T, DriverError>, Stop> {
        if self.pulse.is_revoked() {
            return Err(Stop::Gone);
        }
        match ended {
            Ended::Returned(result) => Ok(result),
            Ended::Panicked(text) => Err(Stop::Panicked(text)),
            Ended::Overdue => {
                let message = format!("the driver hung while {what}: nothing for {} s", deadline.as_secs());
                self.health.failed(ErrorKind::Timeout, &message);
                Err(Stop::Lost { message, kind: ErrorKind::Timeout })
            }
        }
    }

    fn lost(&self, error: &DriverError) -> Stop {
        let message = error.to_string();
        self.health.failed(error.kind(), &message);
        Stop::Lost { message, kind: error.kind() }
    }

    async fn tell(&self, report: Report) -> Result<(), Gone> {
        if self.pulse.is_revoked() {
            return Err(Gone);
        }
        let told = std::panic::AssertUnwindSafe(self.listener.tell(report)).catch_unwind().await;
        told.unwrap_or(Err(Gone))
    }
}
