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

mod rising;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::clock::MachineClock;
use super::guarded::{BEAT, Ended, Pulse, guarded};
use super::health::Health;
use super::lane::{Lanes, Shot};
use super::promises::{Ending, Kept, Promises};
use super::refresh::{Failure, Refresh};
use crate::driver::{Applied, Driver, DriverError, ErrorKind, Pace, Sample};
use crate::logic::backoff::{Backoff, First};
use crate::logic::gate::Admitted;
use crate::logic::rise::Rises;
use crate::model::reading::MissingReason;
use crate::model::time::MonoMs;

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
    /// Control changed hands while this order waited: it was not written.
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

/// Everything the drive task needs.
pub struct Drive<L> {
    /// The driver; `None` once it was thrown away.
    pub driver: Box<dyn Driver>,
    /// Number of channels of the machine.
    pub channels: usize,
    /// Time between readings.
    pub period: Duration,
    /// The machine's clock.
    pub clock: MachineClock,
    /// Orders.
    pub lanes: Arc<Lanes>,
    /// Whether to be connected.
    pub link: watch::Receiver<Link>,
    /// Whether the first connect makes safe.
    pub entry: Entry,
    /// What to write to be safe.
    pub safe_orders: Vec<Admitted>,
    /// When outputs that could not be brought to safety are tried again.
    pub safe_again: Instant,
    /// Sign of life.
    pub pulse: Pulse,
    /// Orders that the device confirms later.
    pub promises: Promises,
    /// Heat that is on.
    pub refresh: Refresh,
    /// Outputs that may rise only so fast.
    pub rises: Rises,
    /// Since when an order rises, by channel.
    pub rising_since: BTreeMap<usize, Instant>,
    /// Counters.
    pub health: Arc<Health>,
    /// Who is told.
    pub listener: L,
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
            self.apply_waiting().await?;
            if *self.link.borrow_and_update() == Link::Unwanted {
                return Err(Stop::Unwanted);
            }
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
        let mut sample = Sample::missing(self.channels, MissingReason::Timeout);
        let mut failure = None;
        let mut request = 0;
        // A driver may learn while it reads that it needs more requests.
        while request < self.driver.requests() {
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
            self.apply_waiting().await?;
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

    /// Orders first, then what rises, then heat that is to be written again.
    async fn apply_waiting(&mut self) -> Result<(), Stop> {
        loop {
            self.apply_orders().await?;
            if let Some(step) = self.rises.due(self.clock.now()) {
                self.rise(step).await?;
                continue;
            }
            let Some(order) = self.refresh.due() else { return Ok(()) };
            self.write_again(&order).await?;
        }
    }

    async fn write_again(&mut self, order: &Admitted) -> Result<(), Stop> {
        // Another one may be in its place already, and have written the safe value.
        if self.pulse.is_revoked() {
            return Err(Stop::Gone);
        }
        let written = guarded(self.driver.apply(order), IO_DEADLINE, &self.pulse).await;
        let written = self.returned(written, "writing", IO_DEADLINE)?;
        let failure = self.refresh.written(order, written.is_ok());
        let Err(error) = written else { return Ok(()) };
        let message = error.to_string();
        self.health.write_failed(error.kind(), &message);
        if error.kind() == ErrorKind::Disconnected {
            return Err(self.lost(&error));
        }
        if failure == Some(Failure::First) {
            self.tell(Report::NotRefreshed { message }).await?;
        }
        Ok(())
    }

    async fn apply_orders(&mut self) -> Result<(), Stop> {
        loop {
            self.make_way().await?;
            let Some(order) = self.lanes.try_next() else { return Ok(()) };
            if self.lanes.is_outdated(&order) {
                self.tell(Report::Outdated(order)).await?;
                continue;
            }
            // Whether it was confirmed is told to whoever gave it.
            let _ = self.apply(order).await?;
        }
    }

    fn confirmed(&mut self, part: &Admitted) {
        self.health.write_confirmed();
        self.refresh.hold(part);
        self.rises.wrote(part, self.clock.now());
    }

    /// Writes every safe value, heat first, each under a deadline and with attempts of its own; one that fails does not keep the
    /// others from being tried. Yields the first failure.
    async fn bring_to_safety(&mut self) -> Result<Result<(), String>, Stop> {
        let mut orders = self.safe_orders.clone();
        orders.sort_by_key(|order| !order.lowers_heat());
        let mut made_safe = Ok(());
        for order in orders {
            let confirmed = self.apply(order).await?;
            made_safe = made_safe.and(confirmed);
        }
        Ok(made_safe)
    }

    /// Outputs that could not be brought to safety are tried again in a while.
    fn settle_entry(&mut self, made_safe: Option<&Result<(), String>>) {
        if let Some(Err(_)) = made_safe {
            self.entry = Entry::SafeFirst;
            self.safe_again = Instant::now() + SAFE_AGAIN;
        } else {
            self.entry = Entry::Clean;
        }
    }

    /// Writes one order and tells how it ended; yields the same.
    async fn apply(&mut self, order: Admitted) -> Result<Result<(), String>, Stop> {
        let began = Instant::now();
        let attempts = if order.lowers_heat() { LOWERING_ATTEMPTS } else { 1 };
        let mut attempt = 1;
        self.tell(Report::Writing(order.clone())).await?;
        self.refresh.forget(order.channel());
        if let Some(step) = self.begin_to_rise(&order, began).await? {
            return self.rise(step).await.map(Ok);
        }
        let (result, stop) = loop {
            if self.pulse.is_revoked() {
                return Err(Stop::Gone);
            }
            let ended = guarded(self.driver.apply(&order), IO_DEADLINE, &self.pulse).await;
            match self.returned(ended, "writing", IO_DEADLINE) {
                Ok(Ok(applied)) => {
                    if let Some(promise) = self.driver.promise(&order) {
                        self.promises.add(order, began, promise);
                        return Ok(Ok(()));
                    }
                    self.confirmed(&order);
                    break (Ok(applied), None);
                }
                Ok(Err(error)) => {
                    let words = error.to_string();
                    self.health.write_failed(error.kind(), &words);
                    let lost = error.kind() == ErrorKind::Disconnected;
                    if lost || attempt == attempts {
                        break (Err(words), lost.then(|| self.lost(&error)));
                    }
                    attempt += 1;
                }
                Err(Stop::Lost { message, kind }) => break (Err(message.clone()), Some(Stop::Lost { message, kind })),
                Err(stop) => break (Err("the driver crashed while writing".into()), Some(stop)),
            }
        };
        let confirmed = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.tell_settled(order, began, result).await?;
        stop.map_or(Ok(confirmed), Err)
    }

    async fn tell_settled(&self, order: Admitted, began: Instant, result: Result<Applied, String>) -> Result<(), Gone> {
        let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.tell(Report::Settled { order, result, latency_ms }).await
    }

    /// A promise ended, one way or the other.
    async fn settle_promise(&self, Kept { order, began, ending }: Kept) -> Result<(), Gone> {
        let outcome = match ending {
            Ending::Overtaken => return self.tell(Report::Overtaken(order)).await,
            Ending::Device(outcome) => outcome,
        };
        match &outcome {
            Ok(()) => self.health.write_confirmed(),
            Err(error) => self.health.write_failed(error.kind(), &error.to_string()),
        }
        let result = outcome.map(|()| Applied::default()).map_err(|error| error.to_string());
        self.tell_settled(order, began, result).await
    }

    /// Without a link no promise can be kept.
    async fn break_promises(&mut self) -> Result<(), Gone> {
        for (order, began) in self.promises.give_up() {
            self.tell_settled(order, began, Err("not confirmed before the link was lost".into())).await?;
        }
        Ok(())
    }

    /// Lets go on request: outputs to safety first, where there is a link to write to.
    async fn part(&mut self, linked: Linked) -> Result<(), Over> {
        let made_safe = match linked {
            Linked::No => Ok(()),
            Linked::Yes => match self.bring_to_safety().await {
                Ok(made_safe) => made_safe,
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
