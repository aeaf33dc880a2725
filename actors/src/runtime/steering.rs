//! Steering: the lease of a machine where threads, time and the bus come in. It stands beside the bus and outlives the
//! machine's actor as that does; what may be is decided in [`logic::lease`](crate::logic::lease).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};

use super::bus::Bus;
use super::clock::{MachineClock, wall_now};
use crate::logic::lease::{Effect, Epoch, Identity, Input, LeaseBook, Mandate, Need, Verdict};
use crate::model::command::{Actor, Claimant, LeaseAction, Principal, UserRole};
use crate::model::event::{EventBody, Lease};
use crate::model::ids::ClientId;
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::time::{MonoMs, WallMs};

/// Orders of one client that may wait for one answer of the holder.
const WAITING_MAX: usize = 64;

/// The holder is asked for the lease.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who is asked.
    pub holder: Claimant,
    /// Who asks.
    pub by: ClientId,
    /// What that is called.
    pub name: String,
    until: MonoMs,
    clock: MachineClock,
}

impl Asked {
    /// Time left to answer. Unit: ms.
    pub fn expires_in_ms(&self) -> u64 {
        self.until.since(self.clock.now())
    }
}

/// The present epoch, readable from every thread.
#[derive(Debug, Clone, Default)]
pub struct Epochs(Arc<AtomicU64>);

impl Epochs {
    /// Whether a mandate still entitles.
    pub fn honour(&self, mandate: Mandate) -> bool {
        mandate.holds(Epoch(self.0.load(Ordering::Acquire)))
    }

    pub(super) fn set(&self, Epoch(epoch): Epoch) {
        self.0.store(epoch, Ordering::Release);
    }
}

/// Who steers one machine.
#[derive(Debug)]
pub struct Steering {
    bus: Arc<Bus>,
    clock: MachineClock,
    epochs: Epochs,
    inner: Mutex<Inner>,
    asked: watch::Sender<Option<Asked>>,
    /// Rung when the next deadline may be another one.
    bell: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    book: LeaseBook,
    /// Open sockets of clients that could steer.
    operators: u32,
    /// When the last one closed, or somebody who could steer gave an order.
    operator_seen: MonoMs,
    waiting: Vec<(Claimant, oneshot::Sender<Result<(), Refusal>>)>,
}

/// An open socket of a client that could steer; when it is dropped, the socket is gone.
#[derive(Debug)]
pub struct Attendance {
    steering: Arc<Steering>,
    client: Claimant,
}

impl Drop for Attendance {
    fn drop(&mut self) {
        {
            let mut inner = self.steering.lock();
            inner.operators = inner.operators.saturating_sub(1);
            inner.operator_seen = self.steering.clock.now();
        }
        self.steering.step(Input::Left { client: &self.client });
    }
}

impl Steering {
    /// A free lease, told on this bus. Its deadlines are kept by a task of the calling thread until it is dropped.
    pub fn start(bus: Arc<Bus>) -> Arc<Self> {
        let steering = Arc::new(Self {
            bus,
            clock: MachineClock::new(1.0),
            epochs: Epochs::default(),
            inner: Mutex::default(),
            asked: watch::Sender::new(None),
            bell: Arc::default(),
        });
        actix_rt::spawn(keep_time(Arc::downgrade(&steering), Arc::clone(&steering.bell)));
        steering
    }

    /// The present epoch, for whoever carries orders.
    pub fn epochs(&self) -> Epochs {
        self.epochs.clone()
    }

    /// A socket of somebody opened. One who could not steer holds no lease, and keeps none alive.
    pub fn attend(self: &Arc<Self>, somebody: &Principal, identity: Identity) -> Option<Attendance> {
        let client = somebody.claimant().filter(|_| somebody.role >= UserRole::Operator)?;
        self.step(Input::Came { client: &client, name: somebody.actor.label(), identity });
        self.lock().operators += 1;
        Some(Attendance { steering: Arc::clone(self), client })
    }

    /// Somebody gave an order, on a socket or without one. Only people who could steer are looked for: no task, no replay.
    pub fn notice(&self, principal: &Principal) {
        let is_somebody = match &principal.actor {
            Actor::Client { .. } | Actor::Rest => principal.role >= UserRole::Operator,
            Actor::Replay | Actor::Task { .. } | Actor::Interlock | Actor::Alarm(_) | Actor::Failsafe => false,
        };
        if is_somebody {
            self.lock().operator_seen = self.clock.now();
        }
    }

    /// Now, and when somebody who could steer was last there: now as well while one is. In real time.
    pub fn operator_seen(&self) -> (MonoMs, MonoMs) {
        let inner = self.lock();
        let now = self.clock.now();
        (now, if inner.operators > 0 { now } else { inner.operator_seen })
    }

    /// What the holder is asked now and from now on.
    pub fn asked(&self) -> watch::Receiver<Option<Asked>> {
        self.asked.subscribe()
    }

    /// Whether somebody may give an order with this need. A free lease is taken by it.
    ///
    /// # Errors
    /// [`RefusalCode::SessionLocked`], naming who steers.
    pub fn permit(&self, principal: &Principal, need: Need) -> Result<Mandate, Refusal> {
        match self.step(Input::Order(principal, need)) {
            Verdict::Passed(mandate) => Ok(mandate),
            Verdict::Refused(refusal) => Err(refusal),
            Verdict::Waits => Err(gone()),
        }
    }

    /// Steers the lease itself. Asking the holder takes as long as its answer.
    ///
    /// # Errors
    /// [`RefusalCode::SessionLocked`] when somebody else holds it, or keeps it; [`RefusalCode::InvalidMessage`] when a
    /// client without an id asks, or nobody asked who is answered.
    pub async fn lease(&self, principal: &Principal, action: &LeaseAction) -> Result<(), Refusal> {
        let answer = {
            let mut inner = self.lock();
            match self.step_in(&mut inner, Input::Asks(principal, action)) {
                Verdict::Passed(_) => return Ok(()),
                Verdict::Refused(refusal) => return Err(refusal),
                Verdict::Waits => self.wait(&mut inner)?,
            }
        };
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    fn wait(&self, inner: &mut Inner) -> Result<oneshot::Receiver<Result<(), Refusal>>, Refusal> {
        let Some(request) = inner.book.request() else { return Err(gone()) };
        let by = request.by.clone();
        inner.waiting.retain(|(_, waiter)| !waiter.is_closed());
        if inner.waiting.len() >= WAITING_MAX {
            return Err(Refusal::new(RefusalCode::RateLimited, "control was asked for already: wait for the answer"));
        }
        let (waiter, answer) = oneshot::channel();
        inner.waiting.push((by, waiter));
        Ok(answer)
    }

    fn step(&self, input: Input<'_>) -> Verdict {
        self.step_in(&mut self.lock(), input)
    }

    /// What follows is told under the lock: the bus tells it in the order in which it became true.
    fn step_in(&self, inner: &mut Inner, input: Input<'_>) -> Verdict {
        let due = inner.book.due();
        let now = self.clock.now();
        let (verdict, effects) = inner.book.step(now, input);
        self.epochs.set(inner.book.epoch());
        for effect in effects {
            match effect {
                Effect::Changed => {
                    self.bus.publish(EventBody::Lease(told(&inner.book, now)));
                }
                Effect::Requested => {
                    self.asked.send_replace(self.question(&inner.book));
                }
                Effect::Answered { client, answer } => {
                    let (its, others) = inner.waiting.drain(..).partition(|(by, _)| *by == client);
                    inner.waiting = others;
                    let its: Vec<(Claimant, oneshot::Sender<_>)> = its;
                    for (_, waiter) in its {
                        let _ = waiter.send(answer.clone());
                    }
                }
            }
        }
        if inner.book.due() != due {
            self.bell.notify_one();
        }
        verdict
    }

    fn question(&self, book: &LeaseBook) -> Option<Asked> {
        let (holder, request) = (book.holder()?, book.request()?);
        Some(Asked {
            holder: holder.claimant.clone(),
            by: request.by.client.clone(),
            name: request.name.clone(),
            until: request.until,
            clock: self.clock,
        })
    }

    fn due_in(&self) -> Option<Duration> {
        let due = self.lock().book.due()?;
        Some(Duration::from_millis(due.since(self.clock.now()).max(1)))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Steering {
    fn drop(&mut self) {
        self.bell.notify_one();
    }
}

/// The lease as everybody is told it.
fn told(book: &LeaseBook, now: MonoMs) -> Lease {
    let Some(holder) = book.holder() else { return Lease::default() };
    let left = |until: MonoMs| WallMs(wall_now().0.saturating_add_unsigned(until.since(now)));
    Lease { holder: Some((holder.claimant.client.clone(), holder.name.clone())), expires: holder.until.map(left) }
}

async fn keep_time(steering: Weak<Steering>, bell: Arc<Notify>) {
    loop {
        let Some(due) = steering.upgrade().map(|steering| steering.due_in()) else { return };
        match due {
            Some(wait) => drop(tokio::time::timeout(wait, bell.notified()).await),
            None => bell.notified().await,
        }
        let Some(steering) = steering.upgrade() else { return };
        steering.step(Input::TimePasses);
    }
}

fn gone() -> Refusal {
    Refusal::new(RefusalCode::MachineFailed, "the machine was removed, or nobody is left to ask: try again")
}
