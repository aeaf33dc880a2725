//! The warden: whoever is at the door of a machine that is parked.
//!
//! A machine is parked because its driver crashed too often, perhaps with heat on. Its warden takes no readings and no orders. With a
//! fresh driver for each attempt it brings the outputs to safety, and on STOP to where they stop, until the device confirms.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::orders::{STOP_DEADLINE, ended};
use super::{Incarnation, latch};
use crate::logic::backoff::{Backoff, First};
use crate::logic::gate::{self, Admitted};
use crate::model::alarm::{BuiltIn, Cry, Severity};
use crate::model::command::{Actor as By, Command, Outcome, Want};
use crate::model::event::{EventBody, SafetyReason};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::runtime::drive::{Drive, Entry, Given, Gone, Link, Listener, Report};
use crate::runtime::lane::Lanes;

/// First pause after a driver that crashed over the attempt, or whose device refused. Unit: ms.
const AGAIN_MIN_MS: u64 = 1_000;
/// Longest pause: a driver that crashes each time must not fill the log. Unit: ms.
const AGAIN_MAX_MS: u64 = 30_000;
/// Share of chance in each pause.
const AGAIN_JITTER: f64 = 0.3;

/// What is asked of the one who watches and not yet heard, at most.
const ASKED_MAX: usize = 16;
/// What everybody is told who wants more of a parked machine than STOP.
pub const PARKED: &str = "the machine crashed too often and is parked: look at the reason, then restart it";

/// The actor.
pub struct Warden {
    incarnation: Rc<Incarnation>,
    asks: mpsc::Sender<Ask>,
    asked: Option<mpsc::Receiver<Ask>>,
}

/// What somebody asks for, and waits for until the device has confirmed it.
struct Ask {
    /// Whose STOP it is; nobody's where the outputs are to be safe and no more.
    stop: Option<By>,
    confirmed: oneshot::Sender<()>,
}

impl Warden {
    /// Takes the place of the incarnation that would have been started.
    pub fn new(incarnation: Incarnation) -> Self {
        let (asks, asked) = mpsc::channel(ASKED_MAX);
        Self { incarnation: Rc::new(incarnation), asks, asked: Some(asked) }
    }

    fn stop(&self, by: By) -> ResponseFuture<Result<Outcome, Refusal>> {
        latch(&self.incarnation.bus, &self.incarnation.spec, SafetyReason::Stop);
        if self.incarnation.link == Link::Unwanted {
            let words = "STOP is latched, but the machine is not connected: use the machine's own switch";
            return no(Refusal::new(RefusalCode::DriverDisconnected, words));
        }
        self.ask(Some(by), "STOP could not be confirmed")
    }

    fn ask(&self, stop: Option<By>, what_failed: &'static str) -> ResponseFuture<Result<Outcome, Refusal>> {
        let asks = self.asks.clone();
        let asking = async move {
            let (confirmed, done) = oneshot::channel();
            asks.send(Ask { stop, confirmed }).await.ok()?;
            done.await.ok()
        };
        Box::pin(async move {
            match tokio::time::timeout(STOP_DEADLINE, asking).await {
                Ok(Some(())) => Ok(Outcome::Done),
                Ok(None) | Err(_) => Err(Refusal::new(
                    RefusalCode::WriteFailed,
                    format!("{what_failed} (the machine is parked, it is tried again): use the machine's own switch"),
                )),
            }
        })
    }
}

impl Actor for Warden {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        latch(&self.incarnation.bus, &self.incarnation.spec, SafetyReason::Crash);
        if let Some(asked) = self.asked.take() {
            ctx.spawn(watch_over(Rc::clone(&self.incarnation), asked).into_actor(self));
        }
    }
}

impl Handler<Command> for Warden {
    type Result = ResponseFuture<Result<Outcome, Refusal>>;

    fn handle(&mut self, command: Command, _: &mut Context<Self>) -> Self::Result {
        let allowed = gate::must_be_allowed(&command, &self.incarnation.spec.id);
        let answer = match (allowed, command.want) {
            (Err(refusal), _) => no(refusal),
            (Ok(()), Want::Stop) => self.stop(command.principal.actor),
            // The house is about to let go of the machine.
            (Ok(()), Want::Disconnect) if command.principal.actor == By::Failsafe => {
                self.ask(None, "outputs could not be brought to safety")
            }
            (Ok(()), _) => no(Refusal::new(RefusalCode::MachineFailed, PARKED)),
        };
        let request_id = command.request_id;
        Box::pin(async move { answer.await.map_err(|refusal| refusal.in_reply_to(request_id)) })
    }
}

fn no(refusal: Refusal) -> ResponseFuture<Result<Outcome, Refusal>> {
    Box::pin(std::future::ready(Err(refusal)))
}

/// Writes what is to be written until it is confirmed, and again for each STOP, until another incarnation takes this one's place.
async fn watch_over(parked: Rc<Incarnation>, mut asked: mpsc::Receiver<Ask>) {
    let mut orders = gate::failsafe_orders(&parked.spec, parked.house.next_command());
    let mut is_stopping = false;
    let mut waiting = Vec::new();
    let mut backoff = Backoff::new(AGAIN_MIN_MS, AGAIN_MAX_MS, AGAIN_JITTER, First::Waits);
    let mut due = (parked.link == Link::Wanted && !orders.is_empty()).then(Instant::now);
    while !parked.pulse.is_revoked() {
        // One that writes the same is let go on, however many press STOP.
        let asking = async {
            loop {
                let Ask { stop, confirmed } = asked.recv().await?;
                waiting.retain(|confirmed: &oneshot::Sender<()>| !confirmed.is_closed());
                let rests = due.is_none_or(|due| due > Instant::now());
                match stop {
                    None if due.is_none() => {
                        let _ = confirmed.send(());
                        continue;
                    }
                    _ => waiting.push(confirmed),
                }
                if rests || stop.is_some() && !is_stopping {
                    return Some(stop);
                }
            }
        };
        tokio::select! {
            biased;
            stop = asking => {
                let Some(stop) = stop else { return };
                if let Some(by) = stop {
                    orders = gate::stop_orders(&parked.spec, parked.house.next_command(), &by);
                    is_stopping = true;
                }
                due = Some(Instant::now());
            }
            made_safe = attempt_when(due, &parked, &orders) => match made_safe {
                _ if parked.pulse.is_revoked() => return,
                Ok(()) => {
                    due = None;
                    backoff.reset();
                    parked.alarms.clear(BuiltIn::WriteFailed);
                    for confirmed in waiting.drain(..) {
                        // Whoever waited may have gone.
                        let _ = confirmed.send(());
                    }
                }
                Err(words) => {
                    parked.not_safe(&words);
                    due = Some(Instant::now() + Duration::from_millis(backoff.next_ms(fastrand::f64())));
                }
            },
        }
    }
}

/// One attempt, when it is due. It is a task of its own: a driver that crashes where it is dropped takes nobody with it.
async fn attempt_when(due: Option<Instant>, parked: &Rc<Incarnation>, orders: &[Admitted]) -> Result<(), String> {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
    let (parked, orders) = (Rc::clone(parked), orders.to_vec());
    let attempt = AbortOnDropHandle::new(actix_rt::spawn(async move { parked.attempt(&orders).await }));
    attempt.await.unwrap_or_else(|crash| Err(format!("the driver crashed: {crash}")))
}

impl Incarnation {
    /// Has a fresh driver write these, and let go. Waits for a device that does not answer.
    async fn attempt(&self, orders: &[Admitted]) -> Result<(), String> {
        if self.pulse.is_revoked() {
            return Err("another program of the machine took over".to_owned());
        }
        let (link, wanted) = watch::channel(Link::Wanted);
        let (ended, end) = watch::channel(None);
        let given = Given {
            driver: (self.make_driver)(&self.spec),
            lanes: Arc::new(Lanes::new(self.steering.epochs())),
            link: wanted,
            // Parting writes them.
            entry: Entry::Clean,
            safe_orders: orders.to_vec(),
            pulse: self.pulse.clone(),
            health: Arc::clone(&self.health),
            listener: Ear { parked: self, link, ended },
        };
        Drive::new(&self.spec, self.bus.clock(), given).run().await;
        let ended = end.borrow().clone();
        ended.unwrap_or_else(|| Err("another program of the machine took over".to_owned()))
    }

    fn not_safe(&self, words: &str) {
        // Told once, and not with every try, whose words differ.
        if self.alarms.held(BuiltIn::WriteFailed) == Some(Severity::Critical) {
            return;
        }
        tracing::error!(machine = %self.spec.id, why = words, "a parked machine's outputs are not safe, it is tried again");
        let words = format!(
            "The machine is parked, and its outputs could not be brought to safety: {words}; use the machine's own switch"
        );
        self.alarms.raise(BuiltIn::WriteFailed, Cry::critical(words));
    }
}

/// Hears one attempt out.
struct Ear<'a> {
    parked: &'a Incarnation,
    link: watch::Sender<Link>,
    ended: watch::Sender<Option<Result<(), String>>>,
}

impl Ear<'_> {
    fn end(&self, made_safe: Result<(), String>) -> Result<(), Gone> {
        self.ended.send_replace(Some(made_safe));
        Err(Gone)
    }
}

impl Listener for Ear<'_> {
    async fn tell(&self, report: Report) -> Result<(), Gone> {
        match report {
            Report::Connected { .. } => {
                self.link.send_replace(Link::Unwanted);
            }
            Report::NotConnected { message, .. } => self.parked.not_safe(&message),
            Report::Settled { order, result, latency_ms } => {
                let settled = ended(&self.parked.spec, &order, result, latency_ms);
                settled.map(|settled| self.parked.bus.publish(EventBody::Settled(settled)));
            }
            Report::Parted { made_safe } => return self.end(made_safe),
            Report::Panicked(text) => return self.end(Err(format!("the driver crashed: {text}"))),
            Report::Connecting
            | Report::Reading { .. }
            | Report::Writing(_)
            | Report::Risen { .. }
            | Report::Overtaken(_)
            | Report::Outdated(_)
            | Report::NotRefreshed { .. } => {}
        }
        Ok(())
    }
}
