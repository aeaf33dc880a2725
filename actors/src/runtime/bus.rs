//! A machine's bus: where what happened becomes the one truth that every client, the journal and the next actor share.
//!
//! Every event passes here once, under one lock, and gets its `seq`; it goes to the journal, is folded into the snapshot, kept in the
//! ring and broadcast, in that order and in order of `seq`. The bus belongs to the registry's side of the door, so it outlives
//! its machine's actor. An event that must not be seen before it is on disk is *held*: those behind it wait in line.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;

use super::clock::{MachineClock, wall_now};
use super::journal::{JournalHandle, RECORD_DEADLINE, SaveError, Waits};
use crate::dialect::{DialectId, Encoded, Told};
use crate::model::channel::ChannelTable;
use crate::model::connection::{Connection, DriverState};
use crate::model::event::{Event, EventBody, Safety};
use crate::model::ids::{MachineId, Seq, SessionId};
use crate::model::snapshot::Snapshot;
use crate::model::time::{MonoMs, SessionMs, WallMs};

/// How far back the ring reaches at least, while it holds fewer than [`RING_EVENTS_MAX`]. Source: wire contract, `sync`.
const RING_SECONDS: u64 = 60;
/// Bound of the ring's memory.
const RING_EVENTS_MAX: usize = 8192;
/// Events a client may be behind before it is resynchronised from the ring.
const BROADCAST_CAPACITY: usize = 512;

/// An event on its way to many clients, with the frames that one dialect's clients share.
#[derive(Debug)]
pub struct Published {
    /// What happened.
    pub event: Event,
    /// What the event's channel indices mean.
    pub channels: Arc<ChannelTable>,
    frames: [OnceLock<Arc<[Told]>>; DialectId::MOST],
    at: Instant,
}

impl Published {
    fn new(event: Event, channels: Arc<ChannelTable>) -> Self {
        Self { event, channels, frames: std::array::from_fn(|_| OnceLock::new()), at: Instant::now() }
    }

    /// The event's frames in a dialect. Shared ones are encoded by the first client that asks; others by each for itself.
    pub fn encoded(&self, dialect: DialectId, encode: impl FnOnce() -> Encoded) -> Encoded {
        let shared = &self.frames[dialect.place()];
        if let Some(told) = shared.get() {
            return Encoded::Shared(Arc::clone(told));
        }
        let encoded = encode();
        if let Encoded::Shared(told) = &encoded {
            // Another thread may have been quicker with the same.
            let _ = shared.set(Arc::clone(told));
        }
        encoded
    }
}

/// Somebody who watches a machine; counted while it lives.
#[derive(Debug)]
pub struct Watcher {
    _counted: Arc<()>,
}

/// The recent past, as far as the ring has it.
#[derive(Debug)]
pub struct Recent {
    /// The events asked for that are still here, in order.
    pub events: Vec<Arc<Published>>,
    /// The oldest event the ring still holds.
    pub oldest: Option<Arc<Published>>,
}

/// A machine's bus. Cheap to share; every method is short and never waits for I/O.
#[derive(Debug)]
pub struct Bus {
    clock: MachineClock,
    watched: Arc<()>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` once the machine was removed.
    live: Option<broadcast::Sender<Arc<Published>>>,
    next: Seq,
    zero: Option<MonoMs>,
    session: Option<SessionId>,
    snapshot: Snapshot,
    /// The last linked event that was told.
    last_linked: Option<Seq>,
    /// When the grace of the lease ends that the snapshot has, whatever the wall says.
    grace_ends: Option<Instant>,
    decided: Decided,
    ring: VecDeque<Arc<Published>>,
    journal: Option<JournalHandle>,
    line: VecDeque<Waiting>,
}

/// What holds at the machine by what was decided, also while events wait in line to be told.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    /// Whether outputs are latched safe.
    pub safety: Safety,
    /// Where the driver stands.
    pub connection: Connection,
}

impl Decided {
    /// Whether the driver is connected.
    pub fn is_connected(&self) -> bool {
        self.connection.state == DriverState::Connected
    }
}

#[derive(Debug)]
struct Waiting {
    event: Event,
    held: bool,
}

/// A held event: nobody sees it, nor anything behind it, before it is settled. Dropped unsettled, it is released: whoever held
/// it died, and the others must not wait for ever.
#[derive(Debug)]
pub struct Held {
    bus: Arc<Bus>,
    seq: Seq,
    saved: Option<oneshot::Receiver<Result<(), SaveError>>>,
}

impl Held {
    /// Waits until the event is on disk and releases it, or takes it out of the line when it could not be saved.
    ///
    /// # Errors
    /// Why it could not be saved; the event was then never seen.
    pub async fn settle(self) -> Result<(), SaveError> {
        self.settle_after(async { Ok(()) }).await
    }

    /// The same, with work between disk and release: who hears of the event finds that work done.
    ///
    /// # Errors
    /// Why the event could not be saved (it was then never seen, nor the work begun), or what went wrong with the work.
    pub async fn settle_after(mut self, work: impl Future<Output = Result<(), SaveError>>) -> Result<(), SaveError> {
        let saved = match self.saved.take() {
            Some(saved) => super::journal::within_deadline(saved).await,
            None => Ok(()),
        };
        if saved.is_err() {
            self.bus.lock().line.retain(|waiting| waiting.event.seq != self.seq);
            return saved;
        }
        work.await
    }
}

/// Holds back what happened until it is dropped, by the recorder as soon as it has written it.
#[derive(Debug)]
pub struct Recording {
    _held: Held,
    /// Closed afterwards.
    _told: oneshot::Sender<()>,
}

/// What happened and is about to be told.
#[derive(Debug)]
pub struct Recorded {
    bus: Arc<Bus>,
    seq: Seq,
    told: oneshot::Receiver<()>,
}

impl Recorded {
    /// Waits until it is told: by the recorder, which needs nobody for that, or after [`RECORD_DEADLINE`].
    pub async fn told(self) {
        if tokio::time::timeout(RECORD_DEADLINE, self.told).await.is_err() {
            self.bus.let_out(self.seq);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bus.let_out(self.seq);
    }
}

impl Bus {
    /// A bus whose first event gets `first`.
    pub fn new(machine: MachineId, channels: Arc<ChannelTable>, clock: MachineClock, first: Seq) -> Self {
        Self::with_snapshot(Snapshot::new(machine, channels), clock, first)
    }

    /// A bus that goes on from a snapshot whose session clock shows `elapsed` now.
    pub fn resumed(snapshot: Snapshot, clock: MachineClock, first: Seq, elapsed: SessionMs) -> Self {
        let bus = Self::with_snapshot(snapshot, clock, first);
        {
            let mut inner = bus.lock();
            inner.zero = Some(clock.now() - elapsed.0);
            inner.session = inner.snapshot.session;
        }
        bus
    }

    fn with_snapshot(snapshot: Snapshot, clock: MachineClock, first: Seq) -> Self {
        Self {
            clock,
            watched: Arc::default(),
            inner: Mutex::new(Inner {
                live: Some(broadcast::Sender::new(BROADCAST_CAPACITY)),
                next: first,
                zero: None,
                session: None,
                last_linked: snapshot.seq,
                grace_ends: None,
                decided: Decided { safety: snapshot.safety.clone(), connection: snapshot.connection.clone() },
                snapshot,
                ring: VecDeque::new(),
                journal: None,
                line: VecDeque::new(),
            }),
        }
    }

    /// The machine's clock.
    pub fn clock(&self) -> MachineClock {
        self.clock
    }

    /// Tells everybody that something happened now.
    pub fn publish(&self, body: EventBody) -> Seq {
        self.publish_at(self.clock.now(), body)
    }

    /// Tells everybody that something happened at a moment.
    pub fn publish_at(&self, at: MonoMs, body: EventBody) -> Seq {
        self.publish_taken(at, None, body)
    }

    /// Tells everybody that something happened at a moment, which whoever noticed it dates on the wall.
    pub fn publish_taken(&self, at: MonoMs, taken: Option<WallMs>, body: EventBody) -> Seq {
        let mut inner = self.lock();
        let mut event = inner.stamp(at, body);
        event.wall = taken.unwrap_or(event.wall);
        let seq = event.seq;
        inner.to_journal(&event, Waits::Nobody);
        inner.line.push_back(Waiting { event, held: false });
        inner.release();
        seq
    }

    /// Takes an event's place in line and asks the journal to make it durable; nobody sees it, nor anything behind it, before
    /// it is settled. Without a running journal there is nothing to wait for.
    pub fn hold(self: &Arc<Self>, body: EventBody) -> Held {
        let mut inner = self.lock();
        let event = inner.stamp(self.clock.now(), body);
        let seq = event.seq;
        let saved = inner.journal.is_some().then(|| {
            let (done, saved) = oneshot::channel();
            inner.to_journal(&event, Waits::ForDisk(done));
            saved
        });
        inner.line.push_back(Waiting { event, held: true });
        Held { bus: Arc::clone(self), seq, saved }
    }

    /// Tells everybody that something happened now, once it survives the daemon's death; at once where there is no journal (`None`), and
    /// after [`RECORD_DEADLINE`] all the same.
    pub fn record(self: &Arc<Self>, body: EventBody) -> Option<Recorded> {
        let mut inner = self.lock();
        let event = inner.stamp(self.clock.now(), body);
        let seq = event.seq;
        if inner.journal.is_none() {
            inner.line.push_back(Waiting { event, held: false });
            inner.release();
            return None;
        }
        let (_told, told) = oneshot::channel();
        let held = Held { bus: Arc::clone(self), seq, saved: None };
        let refused = inner.to_journal(&event, Waits::ForRecord(Recording { _held: held, _told }));
        inner.line.push_back(Waiting { event, held: true });
        // What is dropped lets the event out, which takes the lock.
        drop(inner);
        drop(refused);
        Some(Recorded { bus: Arc::clone(self), seq, told })
    }

    /// Begins a session: zeroes the session clock, and from here on the journal (if any) gets every event, `body` first.
    pub fn begin_session(
        &self,
        at: MonoMs,
        session: SessionId,
        journal: Option<JournalHandle>,
        body: EventBody,
    ) -> Option<JournalHandle> {
        let mut inner = self.lock();
        inner.zero = Some(at);
        inner.session = Some(session);
        let old = std::mem::replace(&mut inner.journal, journal);
        let event = inner.stamp(at, body);
        inner.to_journal(&event, Waits::Nobody);
        inner.line.push_back(Waiting { event, held: false });
        inner.release();
        old
    }

    /// Connects the journal of a session that goes on after a crash.
    pub fn attach_journal(&self, journal: JournalHandle) {
        self.lock().journal = Some(journal);
    }

    /// Parts from the journal, for sealing it.
    pub fn detach_journal(&self) -> Option<JournalHandle> {
        self.lock().journal.take()
    }

    /// Starts the session clock of a machine that was never started, at its first connect.
    pub fn zero_if_unset(&self) {
        let now = self.clock.now();
        self.lock().zero.get_or_insert(now);
    }

    /// Puts events of the past back into the ring, after a crash of the daemon. They are not broadcast.
    pub fn recall(&self, events: impl IntoIterator<Item = Event>) {
        let mut inner = self.lock();
        for event in events {
            let channels = inner.snapshot.channels.clone();
            inner.ring.push_back(Arc::new(Published::new(event, channels)));
        }
    }

    /// A moment of the machine's clock as session time.
    pub fn session_time(&self, at: MonoMs) -> SessionMs {
        self.lock().session_time(at)
    }

    /// A session time as a moment of the machine's clock.
    pub fn moment(&self, at: SessionMs) -> MonoMs {
        self.lock().zero.unwrap_or_default() + at.0
    }

    /// Everything published from now on. Whoever wants what holds as well subscribes first and then takes the snapshot.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        match &self.lock().live {
            Some(live) => live.subscribe(),
            None => broadcast::channel(1).1,
        }
    }

    /// What holds now.
    pub fn snapshot(&self) -> Snapshot {
        let inner = self.lock();
        let mut snapshot = inner.snapshot.clone();
        let left = inner.grace_ends.map(|ends| ends.saturating_duration_since(Instant::now()));
        // A label of now: a wall clock that jumped since this was told makes the grace neither longer nor shorter.
        snapshot.lease.expires = left.map(|left| {
            let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
            WallMs(wall_now().0.saturating_add_unsigned(left_ms))
        });
        snapshot
    }

    /// A look at what holds now, without copying it.
    pub fn look<T>(&self, at: impl FnOnce(&Snapshot) -> T) -> T {
        at(&self.lock().snapshot)
    }

    /// The events in the ring that a client wants.
    pub fn recent(&self, wanted: impl Fn(&Event) -> bool) -> Recent {
        let inner = self.lock();
        Recent {
            events: inner.ring.iter().filter(|p| wanted(&p.event)).cloned().collect(),
            oldest: inner.ring.front().cloned(),
        }
    }

    /// Looks at each event of the ring, and behind them at those that wait to be told, in order.
    pub fn look_back(&self, mut look: impl FnMut(&Event)) {
        let inner = self.lock();
        inner.ring.iter().for_each(|published| look(&published.event));
        inner.line.iter().for_each(|waiting| look(&waiting.event));
    }

    /// The next `most` events of the ring after a point.
    pub fn after(&self, seq: Option<Seq>, most: usize) -> Vec<Arc<Published>> {
        let inner = self.lock();
        let from = inner.ring.partition_point(|published| Some(published.event.seq) <= seq);
        inner.ring.range(from..).take(most).cloned().collect()
    }

    /// Whether the machine was removed.
    pub fn is_closed(&self) -> bool {
        self.lock().live.is_none()
    }

    /// Ends the stream of every client: the machine was removed.
    pub fn close(&self) {
        self.lock().live = None;
    }

    /// What was decided, told or not: what is decided by.
    pub fn decided(&self) -> Decided {
        self.lock().decided.clone()
    }

    /// Counts one more who watches the machine.
    pub fn watch(&self) -> Watcher {
        Watcher { _counted: Arc::clone(&self.watched) }
    }

    /// How many watch the machine.
    pub fn watchers(&self) -> usize {
        Arc::strong_count(&self.watched) - 1
    }

    /// Lets a held event out.
    fn let_out(&self, seq: Seq) {
        let mut inner = self.lock();
        if let Some(waiting) = inner.line.iter_mut().find(|waiting| waiting.event.seq == seq) {
            waiting.held = false;
        }
        inner.release();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn session_time(&self, at: MonoMs) -> SessionMs {
        SessionMs(self.zero.map_or(0, |zero| at.since(zero)))
    }

    fn stamp(&mut self, at: MonoMs, body: EventBody) -> Event {
        let seq = self.next;
        self.next = seq.next();
        match &body {
            EventBody::Safety(safety) => self.decided.safety = safety.clone(),
            EventBody::Connection(connection) => self.decided.connection = connection.clone(),
            _ => {}
        }
        Event {
            machine: self.snapshot.machine.clone(),
            seq,
            // The journal writes it down before the line moves.
            prev: self
                .line
                .iter()
                .rev()
                .map(|w| &w.event)
                .find(|e| e.body.is_linked())
                .map(|e| e.seq)
                .or(self.last_linked),
            session: self.session,
            at: self.session_time(at),
            wall: wall_now(),
            body,
        }
    }

    /// Hands an event that is kept to the journal; yields who waits for it where it was not taken.
    fn to_journal(&self, event: &Event, waits: Waits) -> Option<Waits> {
        match &self.journal {
            Some(journal) if event.body.is_kept() => journal.append(event.clone(), waits),
            Some(_) | None => None,
        }
    }

    /// Lets everything at the head of the line out that is not held.
    fn release(&mut self) {
        while self.line.front().is_some_and(|w| !w.held) {
            let Some(Waiting { mut event, .. }) = self.line.pop_front() else { return };
            event.prev = self.last_linked;
            if event.body.is_linked() {
                self.last_linked = Some(event.seq);
            }
            if let EventBody::Lease(lease) = &event.body {
                let left_ms = |expires: WallMs| u64::try_from(expires.0.saturating_sub(event.wall.0)).unwrap_or(0);
                self.grace_ends = lease.expires.map(|expires| Instant::now() + Duration::from_millis(left_ms(expires)));
            }
            self.snapshot.apply(&event);
            let published = Arc::new(Published::new(event, self.snapshot.channels.clone()));
            self.ring.push_back(published.clone());
            if let Some(live) = &self.live {
                // Nobody listening is no failure.
                let _ = live.send(published);
            }
        }
        self.forget_old();
    }

    fn forget_old(&mut self) {
        let is_old = |p: &Arc<Published>| p.at.elapsed().as_secs() > RING_SECONDS;
        while self.ring.len() > RING_EVENTS_MAX || self.ring.front().is_some_and(is_old) {
            self.ring.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
