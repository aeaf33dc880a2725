//! What the drive task reports, turned into events.

use actix::prelude::*;

use super::Machine;
use crate::driver::{ErrorKind, Sample};
use crate::logic::alarms::Trip;
use crate::logic::detection::{Finding, Found};
use crate::logic::gate;
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::channel::Role;
use crate::model::command::OrderStage;
use crate::model::connection::DriverState;
use crate::model::event::{EventBody, Hand, SafetyReason, Unmark};
use crate::model::fault::{Fault, FaultCode};
use crate::model::mark::{Mark, MarkKind};
use crate::model::reading::{Missing, MissingReason, News, Reading};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::session::SessionState;
use crate::model::time::MonoMs;
use crate::runtime::drive::{Link, Report};

/// A report of the drive task.
pub struct Heard(pub Report);

impl Message for Heard {
    type Result = ();
}

impl Handler<Heard> for Machine {
    type Result = ();

    fn handle(&mut self, Heard(report): Heard, ctx: &mut Context<Self>) {
        if self.pulse.is_revoked() {
            return ctx.terminate();
        }
        match report {
            Report::Connecting => self.connecting(),
            Report::Connected { name, pace, made_safe } => {
                self.watch_sensors(pace);
                self.watch_interlocks();
                self.connected(name, made_safe);
            }
            Report::NotConnected { message, kind, retry_in_ms } => self.not_connected(message, kind, retry_in_ms),
            Report::Parted { made_safe } => self.parted(made_safe),
            Report::Reading { at, sample, failure } => {
                let trips = self.read(at, &sample, failure);
                self.trip(trips, ctx);
            }
            Report::Writing(order) => self.tell_step(&order, OrderStage::Sent),
            Report::Risen { channel, native } => {
                self.note_written(channel, native);
                self.withdraw_forbidden();
            }
            Report::Overtaken(order) => self.overtake(&order),
            Report::Settled { order, result, latency_ms } => self.answered(&order, result, latency_ms),
            Report::Outdated(order) => self.outdated(&order),
            Report::NotRefreshed { message } => self.not_refreshed(&message),
            Report::Panicked(text) => {
                self.exit.because(format!("the driver crashed: {text}"));
                ctx.terminate();
            }
        }
    }
}

impl Machine {
    fn connecting(&mut self) {
        // What the incarnation before knew is old.
        self.forget_values();
        let known = self.bus.decided().connection.state;
        if matches!(known, DriverState::Disconnected | DriverState::Restarting | DriverState::Failed) {
            self.tell_connection(DriverState::Connecting, String::new(), None);
        }
    }

    fn connected(&mut self, name: String, made_safe: Option<Result<(), String>>) {
        self.bus.zero_if_unset();
        if let Some(Err(words)) = made_safe {
            self.not_safe(format!("outputs could not be brought to safety: {words}"));
        }
        self.alarms.clear(BuiltIn::DriverLost);
        self.alarms.clear(BuiltIn::MachineFault);
        let mut connection = self.bus.decided().connection;
        if connection.state != DriverState::Connected {
            tracing::info!(machine = %self.spec.id, driver = name, "machine answers");
        }
        connection.state = DriverState::Connected;
        connection.driver_name = name;
        connection.message = String::new();
        connection.retry_in_ms = None;
        self.bus.publish(EventBody::Connection(connection));
        self.answer_who_connects(&Ok(DriverState::Connected));
    }

    fn not_connected(&mut self, message: String, kind: ErrorKind, retry_in_ms: u64) {
        let known = self.bus.decided().connection.state;
        if known == DriverState::Connected {
            self.end_replay();
            self.tell_fault(FaultCode::Disconnected, message.clone());
            self.latch(SafetyReason::Link);
            self.forget_values();
        }
        self.miss(&message);
        if known != DriverState::Reconnecting {
            tracing::warn!(machine = %self.spec.id, why = message, "machine does not answer, trying again until it does");
        }
        self.empty_lanes("the link to the machine was lost");
        self.tell_connection(DriverState::Reconnecting, message.clone(), Some(retry_in_ms));
        let code = if kind == ErrorKind::Timeout { RefusalCode::ConnectTimeout } else { RefusalCode::ConnectFailed };
        self.answer_who_connects(&Err(Refusal::new(code, message)));
    }

    /// The device of a machine that is to be connected does not answer. Told once and not with every try, whose words differ.
    fn miss(&self, message: &str) {
        if *self.link.borrow() == Link::Unwanted {
            return;
        }
        let words = format!("The link to the machine is lost: {message}");
        let was_hot = !gate::heat_channels(&self.spec).is_empty() && self.bus.decided().safety.latched.is_some();
        let cry = if was_hot { Cry::critical(words) } else { Cry::warning(words) };
        if self.alarms.held(BuiltIn::DriverLost).is_none_or(|held| held < cry.severity) {
            self.alarms.raise(BuiltIn::DriverLost, cry);
        }
    }

    fn not_refreshed(&self, message: &str) {
        let words =
            format!("heat that is on could not be written again, the device may switch it off by itself: {message}");
        self.tell_fault(FaultCode::WriteFailed, words);
    }

    fn parted(&mut self, made_safe: Result<(), String>) {
        self.end_replay();
        self.forget_values();
        self.empty_lanes("the machine was disconnected");
        let answer = match made_safe {
            Ok(()) => Ok(DriverState::Disconnected),
            Err(words) => {
                let words = format!(
                    "outputs could not be brought to safety before parting: {words}; use the machine's own switch"
                );
                self.not_safe(words.clone());
                self.latch(SafetyReason::Link);
                Err(Refusal::new(RefusalCode::WriteFailed, words))
            }
        };
        self.alarms.clear(BuiltIn::DriverLost);
        self.alarms.clear(BuiltIn::StaleData);
        self.tell_connection(DriverState::Disconnected, String::new(), None);
        // Whoever asked to connect meanwhile waits on: it is not their answer.
        if *self.link.borrow() == Link::Unwanted {
            self.answer_link_waiters(&answer);
        }
    }

    /// Orders that no device will see are answered.
    fn empty_lanes(&mut self, why: &str) {
        for order in self.lanes.clear() {
            self.settled(&order, Err(why.to_owned()), 0);
        }
    }

    fn read(&mut self, at: MonoMs, sample: &Sample, failure: Option<String>) -> Vec<Trip> {
        self.take(sample);
        self.note_sensors(at, sample);
        self.hold_to_interlocks(at);
        let reading = self.judge_reading(at, sample);
        let (bt, et) = (reading.role(Role::Bt), reading.role(Role::Et));
        self.bus.publish_taken(at, sample.taken(), EventBody::Reading(reading));
        if let Some(words) = failure {
            self.tell_fault(FaultCode::ReadFailed, words);
        }
        self.detect(at, bt, et);
        self.alarms.step(at, bt, et, &self.values)
    }

    /// Merges a sample into the known values. A control keeps what was last applied where the device does not say.
    fn take(&mut self, sample: &Sample) {
        for (index, new) in sample.values().iter().enumerate() {
            let is_control = self.spec.channels.get(index).is_some_and(|channel| channel.control().is_some());
            let Some(known) = self.values.get_mut(index) else { continue };
            match new {
                _ if sample.is_kept(index) => {}
                Ok(value) => *known = Ok(*value),
                Err(_) if is_control => {}
                Err(missing) => {
                    let before = known.err().map_or(0, |missing| missing.polls);
                    *known = Err(Missing { reason: missing.reason, polls: before.saturating_add(1) });
                }
            }
        }
    }

    fn judge_reading(&mut self, at: MonoMs, sample: &Sample) -> Reading {
        let new = (0..self.values.len()).filter(|index| !sample.is_kept(*index)).collect::<Box<[usize]>>();
        let mut reading = Reading {
            channels: self.spec.channels.clone(),
            values: self.values.clone().into_boxed_slice(),
            bt_ror: None,
            et_ror: None,
            news: if new.len() == self.values.len() { News::All } else { News::Only(new) },
        };
        reading.bt_ror = self.bt_rate.step(at, reading.role(Role::Bt));
        reading.et_ror = self.et_rate.step(at, reading.role(Role::Et));
        reading
    }

    /// Feeds a reading of the past to the filters. What the detectors see in it that was not marked yet is told now.
    pub(super) fn warm_up(&mut self, at: MonoMs, reading: &Reading) {
        let (bt, et) = (reading.role(Role::Bt), reading.role(Role::Et));
        self.bt_rate.step(at, bt);
        self.et_rate.step(at, et);
        let findings = self.detector.step(at, bt, et);
        self.tell_findings(findings);
    }

    fn detect(&mut self, at: MonoMs, bt: Option<f64>, et: Option<f64>) {
        let findings = self.detector.step(at, bt, et);
        self.tell_findings(findings);
    }

    /// Publishes what the detectors found.
    pub(super) fn tell_findings(&mut self, findings: Vec<Finding>) {
        if self.snapshot_state() != SessionState::Recording {
            return;
        }
        for finding in findings {
            match finding {
                Finding::Set(found) => {
                    self.bus.publish(EventBody::Mark(self.mark_found(&found)));
                }
                Finding::Withdraw(kind) => {
                    self.bus.publish(EventBody::Unmark(Unmark { kind, by: Hand::Detector }));
                }
            }
        }
    }

    fn mark_found(&self, found: &Found) -> Mark {
        Mark { kind: found.kind, at: self.bus.session_time(found.at), source: found.source, bt: found.bt, et: found.et }
    }

    /// Outputs may be hot, and the device does not say otherwise.
    fn not_safe(&self, words: String) {
        self.tell_fault(FaultCode::WriteFailed, words.clone());
        self.alarms.raise(BuiltIn::WriteFailed, Cry::critical(words));
    }

    /// Without a link nothing is known any more.
    fn forget_values(&mut self) {
        for value in &mut self.values {
            *value = Err(Missing { reason: MissingReason::Disconnected, polls: u32::MAX });
        }
        self.interrupt();
    }

    pub(super) fn tell_fault(&self, code: FaultCode, message: String) {
        self.bus.publish(EventBody::Fault(Fault { code, message }));
    }

    /// An attempt to connect ended. Whoever asked to disconnect meanwhile waits on: it is not their answer.
    fn answer_who_connects(&mut self, answer: &Result<DriverState, Refusal>) {
        if *self.link.borrow() == Link::Wanted {
            self.answer_link_waiters(answer);
        }
    }

    pub(super) fn answer_link_waiters(&mut self, answer: &Result<DriverState, Refusal>) {
        for waiter in self.link_waiters.drain(..) {
            let _ = waiter.send(answer.clone());
        }
    }

    /// Whether a mark of this kind is set.
    pub(super) fn is_marked(&self, kind: MarkKind) -> bool {
        self.bus.look(|snapshot| snapshot.marks.contains_key(&kind))
    }
}
