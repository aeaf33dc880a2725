//! Orders: through the gate, into the lanes, and back as an acknowledgement that everybody sees.

use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::Machine;
use super::commands::{Answer, done, refused};
use crate::driver::Applied;
use crate::logic::alarms::Trip;
use crate::logic::gate::{self, Admitted, Circumstances};
use crate::logic::lease::Mandate;
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::command::{Actor, Command, OrderStage, OrderStep, Outcome, Principal, Settled, UserRole, Want};
use crate::model::connection::DriverState;
use crate::model::event::{EventBody, Safety, SafetyReason};
use crate::model::fault::FaultCode;
use crate::model::reading::Value;
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::session::SessionState;
use crate::model::spec::{AlarmAction, MachineSpec};
use crate::model::units::Fraction;
use crate::runtime::drive::Link;

/// After this a STOP that no device confirmed is reported as unconfirmed; the orders stay in the lane.
pub(super) const STOP_DEADLINE: Duration = Duration::from_secs(3);
/// What the sender of an overtaken value is told. Source: wire contract, `control_ack`.
const SUPERSEDED: &str = "superseded";

/// An order that has not ended yet, and who waits for that.
pub(super) struct UnderWay {
    order: Admitted,
    waiters: Vec<oneshot::Sender<Result<Settled, Refusal>>>,
}

impl Machine {
    pub(super) fn control(&mut self, command: &Command, mandate: Mandate, channel: &str, value: Fraction) -> Answer {
        let admitted = match self.admit(command, channel, value) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                self.tell_blocked(command, channel, value, &refusal);
                return refused(refusal);
            }
        };
        let settled = self.submit(admitted.under(mandate));
        let channel = channel.to_owned();
        let answer = settled.into_actor(self).map(move |settled, _, _| match settled {
            Ok(Ok(settled)) if settled.applied => Ok(Outcome::Settled(settled)),
            Ok(Ok(settled)) => Err(Refusal::new(RefusalCode::WriteFailed, settled.message)),
            Ok(Err(refusal)) => Err(refusal.of_control(channel, value)),
            Err(_) => Err(Refusal::new(RefusalCode::MachineFailed, "the machine is restarting: try again in a moment")),
        });
        Box::pin(answer)
    }

    pub(super) fn admit(&self, command: &Command, channel: &str, value: Fraction) -> Result<Admitted, Refusal> {
        // What was decided, not what was told: an event that waits for the disk must not hide a latch.
        let decided = self.bus.decided();
        let values = self.values_by_then(channel);
        let now = Circumstances {
            spec: &self.spec,
            values: &values,
            connected: self.is_connected(),
            safety: &decided.safety,
        };
        gate::admit_control(&command.principal, command.id, command.request_id.as_deref(), channel, value, &now)
    }

    /// What is known, but of the channel that is to be set the lowest that it may be once the orders before are written: whether an
    /// order raises is judged by that.
    fn values_by_then(&self, channel_id: &str) -> Vec<Value> {
        let mut values = self.values.clone();
        let found = self.spec.channels.controls().find(|(_, channel, _)| channel.id.as_str() == channel_id);
        let Some((index, channel, control)) = found else { return values };
        if let Some(Ok(known)) = values.get_mut(index) {
            let present = channel.unit.outward(*known);
            let under_way = self.orders.values().map(|UnderWay { order, .. }| order);
            // One that waits in turn is not written: this one takes its place.
            let is_meant = |order: &&Admitted| order.channel() == index && !self.lanes.is_waiting(order);
            let under_way = under_way.filter(is_meant).map(Admitted::native);
            let open = |native: &f64| control.to_fraction(*native).get();
            let lowest = under_way.chain([present]).min_by(|a, b| open(a).total_cmp(&open(b)));
            *known = channel.unit.inward(lowest.unwrap_or(present));
        }
        values
    }

    /// Puts an admitted order into the ordinary lane; the sender of the one it overtakes is told.
    pub(super) fn submit(&mut self, order: Admitted) -> oneshot::Receiver<Result<Settled, Refusal>> {
        let (waiter, settled) = oneshot::channel();
        self.orders.insert(order.command(), UnderWay { order: order.clone(), waiters: vec![waiter] });
        self.interlocks.note_order(order.channel());
        self.tell_step(&order, OrderStage::Queued);
        if let Some(overtaken) = self.lanes.submit(order) {
            self.overtake(&overtaken);
        }
        settled
    }

    /// Puts orders before all ordinary ones, each under a number of its own; what they overtake is told.
    pub(super) fn submit_urgent(&mut self, orders: Vec<Admitted>) -> Vec<oneshot::Receiver<Result<Settled, Refusal>>> {
        let orders: Vec<Admitted> = orders.into_iter().map(|order| order.renumbered(self.next_command())).collect();
        let mut waiting = Vec::with_capacity(orders.len());
        for order in &orders {
            let (waiter, settled) = oneshot::channel();
            self.orders.insert(order.command(), UnderWay { order: order.clone(), waiters: vec![waiter] });
            self.tell_step(order, OrderStage::Queued);
            waiting.push(settled);
        }
        for overtaken in self.lanes.submit_urgent(orders.clone()) {
            if let Some(same) = orders.iter().find(|order| order.says_the_same(&overtaken)) {
                self.wait_on(&overtaken, same);
            }
            self.overtake(&overtaken);
        }
        waiting
    }

    /// Whoever waits for a safe value waits on for the newer order that says the same: nothing is confirmed yet.
    fn wait_on(&mut self, overtaken: &Admitted, by: &Admitted) {
        let Some(overtaken) = self.orders.remove(&overtaken.command()) else { return };
        if let Some(by) = self.orders.get_mut(&by.command()) {
            by.waiters.extend(overtaken.waiters);
        }
    }

    /// An order ended: whoever waits for it is told.
    fn answer_waiters(&mut self, order: &Admitted, ended: &Result<Settled, Refusal>) {
        let waiters = self.orders.remove(&order.command()).map(|over| over.waiters);
        answer(waiters.unwrap_or_default(), ended);
    }

    /// Tells how far an order is.
    pub(super) fn tell_step(&self, order: &Admitted, stage: OrderStage) {
        let Some(channel) = self.spec.channels.get(order.channel()) else { return };
        self.bus.publish(EventBody::Order(OrderStep {
            command: order.command(),
            request_id: order.request_id().map(str::to_owned),
            channel: order.channel(),
            channel_id: channel.id.clone(),
            value: order.value(),
            by: order.by().clone(),
            stage,
        }));
    }

    /// Tells of an order that the gate refused; one for a channel that does not exist is nobody else's business. An interlock
    /// that forbids raises its alarm.
    pub(super) fn tell_blocked(&mut self, command: &Command, channel: &str, value: Fraction, refusal: &Refusal) {
        let found = self.spec.channels.find(channel).and_then(|index| Some((index, self.spec.channels.get(index)?)));
        let Some((index, channel)) = found else { return };
        self.bus.publish(EventBody::Order(OrderStep {
            command: command.id,
            request_id: command.request_id.clone(),
            channel: index,
            channel_id: channel.id.clone(),
            value,
            by: command.principal.actor.clone(),
            stage: OrderStage::Blocked(refusal.clone()),
        }));
        if let Some(rule) = &refusal.interlock {
            self.alarms.blocked(rule);
        }
    }

    /// A newer order took its place: everybody is told, and whoever waits.
    pub(super) fn overtake(&mut self, order: &Admitted) {
        self.tell_step(order, OrderStage::Superseded);
        self.answer_waiters(order, &Err(Refusal::new(RefusalCode::Superseded, SUPERSEDED)));
    }

    /// Control changed hands while an order waited or rose: everybody is told, the device sees no more of it.
    pub(super) fn outdated(&mut self, order: &Admitted) {
        let words =
            "control of this machine changed hands: the order was not done, or no further than its output had risen";
        self.blocked_late(order, Refusal::new(RefusalCode::SessionLocked, words));
    }

    /// An order that was admitted is refused before all of it was written: everybody is told, and whoever waits.
    pub(super) fn blocked_late(&mut self, order: &Admitted, refusal: Refusal) {
        self.tell_step(order, OrderStage::Blocked(refusal.clone()));
        self.answer_waiters(order, &Err(refusal));
    }

    /// The device answered an order, or did not in time.
    pub(super) fn answered(&mut self, order: &Admitted, result: Result<Applied, String>, latency_ms: u64) {
        let Some(settled) = self.settled(order, result, latency_ms) else { return };
        if settled.applied {
            self.unconfirmed.remove(&settled.channel);
            if self.unconfirmed.is_empty() {
                self.alarms.clear(BuiltIn::WriteFailed);
            }
            return;
        }
        self.unconfirmed.insert(settled.channel);
        let words = format!("`{}` was not set: {}", settled.channel_id, settled.message);
        let is_grave = order.lowers_heat();
        self.alarms.raise(BuiltIn::WriteFailed, if is_grave { Cry::critical(words) } else { Cry::warning(words) });
    }

    /// An order ended: everybody is told, then whoever waits for it.
    pub(super) fn settled(
        &mut self,
        order: &Admitted,
        result: Result<Applied, String>,
        latency_ms: u64,
    ) -> Option<Settled> {
        let settled = ended(&self.spec, order, result, latency_ms)?;
        if settled.applied {
            self.note_written(order.channel(), order.native());
        }
        let waiters = self.orders.remove(&order.command()).map(|over| over.waiters).unwrap_or_default();
        let ended = Ok(settled.clone());
        match self.bus.record(EventBody::Settled(settled.clone())) {
            None => answer(waiters, &ended),
            Some(recorded) => {
                actix_rt::spawn(async move {
                    recorded.told().await;
                    answer(waiters, &ended);
                });
            }
        }
        if settled.applied {
            self.withdraw_forbidden();
        }
        Some(settled)
    }

    /// The device confirmed a value, in its native unit.
    pub(super) fn note_written(&mut self, channel: usize, native: f64) {
        let unit = self.spec.channels.get(channel).map(|about| &about.unit);
        if let (Some(unit), Some(known)) = (unit, self.values.get_mut(channel)) {
            *known = Ok(unit.inward(native));
        }
    }

    /// Alarms act: what they do passes the gate like everything else, and does not wait for the lease.
    pub(super) fn trip(&mut self, trips: Vec<Trip>, ctx: &mut Context<Self>) {
        for Trip { alarm, actions } in trips {
            for action in actions {
                let by = Actor::Alarm(alarm.clone());
                let answer = match action {
                    AlarmAction::Stop => self.stop(&by),
                    AlarmAction::Set { channel, value } => self.set_by(by, channel, value),
                    AlarmAction::Mark(kind) if self.snapshot_state() == SessionState::Recording => {
                        self.mark(kind, None)
                    }
                    AlarmAction::Mark(_) => continue,
                };
                let alarm = alarm.clone();
                ctx.spawn(answer.map(move |done, machine, _| {
                    if let Err(refusal) = done {
                        let words = format!("alarm `{alarm}` could not do what it should: {refusal}");
                        machine.tell_fault(FaultCode::WriteFailed, words);
                    }
                }));
            }
        }
    }

    fn set_by(&mut self, by: Actor, channel: usize, value: Fraction) -> Answer {
        let Some(id) = self.spec.channels.get(channel).map(|channel| channel.id.clone()) else { return done() };
        let want = Want::Control { channel: id.clone(), value };
        let principal = Principal::everywhere(by, UserRole::Operator);
        let command = Command { id: self.next_command(), principal, request_id: None, want };
        self.control(&command, Mandate::House, id.as_str(), value)
    }

    /// Software STOP: never refused, urgent, latched.
    pub(super) fn stop(&mut self, by: &Actor) -> Answer {
        self.latch(SafetyReason::Stop);
        self.end_replay();
        // Also over a link that is about to be let go: somebody may change their mind. Also before a fresh actor has its first link.
        let connection = self.bus.decided().connection.state;
        let is_coming = matches!(connection, DriverState::Restarting | DriverState::Connecting);
        if connection != DriverState::Connected && !(is_coming && *self.link.borrow() == Link::Wanted) {
            let words = "STOP is latched, but the machine is not connected: use the machine's own switch";
            return refused(Refusal::new(RefusalCode::DriverDisconnected, words));
        }
        self.note_heat_off();
        let orders = gate::stop_orders(&self.spec, self.next_command(), by);
        let waiting = self.submit_urgent(orders);
        let confirmed = async move { tokio::time::timeout(STOP_DEADLINE, join_all(waiting)).await };
        Box::pin(confirmed.into_actor(self).map(|confirmed, _, _| {
            let failed = match confirmed {
                Ok(ends) => ends.into_iter().find_map(|end| match end {
                    Ok(Ok(settled)) if settled.applied => None,
                    Ok(Ok(settled)) => Some(settled.message),
                    Ok(Err(overtaken)) => Some(overtaken.message),
                    Err(_) => Some("the machine is restarting".to_owned()),
                }),
                Err(_) => Some(format!("no answer within {} s", STOP_DEADLINE.as_secs())),
            };
            match failed {
                None => Ok(Outcome::Done),
                Some(words) => Err(Refusal::new(
                    RefusalCode::WriteFailed,
                    format!("STOP could not be confirmed ({words}): use the machine's own switch"),
                )),
            }
        }))
    }

    /// Leaves the latched safe state. Writes nothing: heat comes back only by an order.
    pub(super) fn rearm(&mut self) -> Answer {
        if let Err(refusal) = self.alarms.rearm() {
            return refused(refusal);
        }
        if self.bus.decided().safety.latched.is_some() {
            self.bus.publish(EventBody::Safety(Safety::default()));
        }
        self.count_losses_anew();
        done()
    }
}

fn answer(waiters: Vec<oneshot::Sender<Result<Settled, Refusal>>>, ended: &Result<Settled, Refusal>) {
    for waiter in waiters {
        // Whoever waited may have gone.
        let _ = waiter.send(ended.clone());
    }
}

/// How an order ended: what the device said, and what its read-back has against it.
pub(super) fn ended(
    spec: &MachineSpec,
    order: &Admitted,
    result: Result<Applied, String>,
    latency_ms: u64,
) -> Option<Settled> {
    let channel = spec.channels.get(order.channel())?;
    let control = channel.control()?;
    let readback = result.as_ref().ok().and_then(|applied| applied.readback);
    let message = match &result {
        Err(words) => words.clone(),
        Ok(applied) => applied.objection(control, order).unwrap_or_default(),
    };
    Some(Settled {
        command: order.command(),
        request_id: order.request_id().map(str::to_owned),
        channel: order.channel(),
        channel_id: channel.id.clone(),
        value: order.value(),
        applied: message.is_empty(),
        by: order.by().clone(),
        message,
        readback: readback.map(|native| control.to_fraction(native)),
        latency_ms,
    })
}
