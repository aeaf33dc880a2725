//! Commands: who may, and which room answers.

use std::sync::atomic::Ordering;

use actix::prelude::*;
use tokio::sync::oneshot;

use super::Machine;
use super::playing::Playing;
use crate::logic::alarms::{AlarmFault, Moment};
use crate::logic::gate;
use crate::logic::lease::{self, Mandate};
use crate::model::alarm::AlarmNotice;
use crate::model::channel::Role;
use crate::model::command::{Command, Outcome, Want};
use crate::model::connection::DriverState;
use crate::model::event::EventBody;
use crate::model::ids::RuleId;
use crate::model::refusal::{Refusal, RefusalCode};
use crate::runtime::drive::Link;

/// The answer to a command, some time later.
pub type Answer = ResponseActFuture<Machine, Result<Outcome, Refusal>>;

impl Message for Command {
    type Result = Result<Outcome, Refusal>;
}

impl Handler<Command> for Machine {
    type Result = Answer;

    fn handle(&mut self, command: Command, ctx: &mut Context<Self>) -> Answer {
        if self.pulse.is_revoked() {
            ctx.terminate();
            return refused(Refusal::new(
                RefusalCode::MachineFailed,
                "the machine is restarting: try again in a moment",
            ));
        }
        if let Err(refusal) = gate::must_be_allowed(&command) {
            return refused(refusal);
        }
        let need = lease::need(&command.want, self.replay.as_ref().map(Playing::controls));
        let mandate = match self.steering.permit(&command.principal, need) {
            Ok(mandate) => mandate,
            Err(refusal) => {
                if let Want::Control { channel, value } = &command.want {
                    self.tell_blocked(&command, channel.as_str(), *value, &refusal);
                }
                return refused(refusal);
            }
        };
        let request_id = command.request_id.clone();
        let answer = self.perform(command, mandate);
        Box::pin(answer.map(move |result, _, _| result.map_err(|refusal| refusal.in_reply_to(request_id))))
    }
}

impl Machine {
    fn perform(&mut self, command: Command, mandate: Mandate) -> Answer {
        match command.want {
            Want::Control { ref channel, value } => self.control(&command, mandate, channel.as_str(), value),
            Want::Session(action) => self.session_action(action),
            Want::Mark { kind, at } => self.mark(kind, at),
            Want::Unmark { kind } => self.unmark(kind),
            Want::Replay(action) => self.replay_action(action, &command.principal, mandate),
            Want::AckAlarm { alarm, occurrence } => self.ack_alarm(&alarm, occurrence),
            Want::ShelveAlarm { alarm, minutes } => self.shelve_alarm(&alarm, minutes),
            // Answered before the command comes here, by what outlives this actor.
            Want::Lease(_) => done(),
            Want::Stop => self.stop(&command.principal.actor),
            Want::Rearm => self.rearm(),
            Want::Connect => self.set_link(Link::Wanted),
            Want::Disconnect => self.set_link(Link::Unwanted),
        }
    }

    fn set_link(&mut self, link: Link) -> Answer {
        let target = match link {
            Link::Wanted => DriverState::Connected,
            Link::Unwanted => DriverState::Disconnected,
        };
        self.link.send_replace(link);
        if self.bus.look(|snapshot| snapshot.connection.state) == target {
            return done();
        }
        let (waiter, settled) = oneshot::channel();
        self.link_waiters.push(waiter);
        Box::pin(settled.into_actor(self).map(|settled, _, _| match settled {
            Ok(Ok(_)) => Ok(Outcome::Done),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(Refusal::new(RefusalCode::MachineFailed, "the machine is restarting: try again in a moment")),
        }))
    }

    fn ack_alarm(&mut self, alarm: &RuleId, occurrence: Option<u64>) -> Answer {
        let acked = self.alarms.ack(alarm, occurrence);
        self.tell_alarm(acked)
    }

    fn shelve_alarm(&mut self, alarm: &RuleId, minutes: u32) -> Answer {
        let moment = self.present_moment();
        let numbers = &self.house.occurrences;
        let shelved = self.alarms.shelve(alarm, minutes, moment, &mut || numbers.fetch_add(1, Ordering::Relaxed));
        self.tell_alarm(shelved)
    }

    pub(super) fn raise_interlock(&mut self, rule: &RuleId) {
        let moment = self.present_moment();
        let numbers = &self.house.occurrences;
        if let Some(notice) = self.alarms.blocked(rule, moment, &mut || numbers.fetch_add(1, Ordering::Relaxed)) {
            self.bus.publish(EventBody::Alarm(notice));
        }
    }

    /// Now, with what was read last.
    fn present_moment(&self) -> Moment {
        let now = self.bus.clock().now();
        let (bt, et) = self.bus.look(|snapshot| {
            let last = snapshot.last_reading.as_ref().map(|(_, reading)| reading);
            (last.and_then(|reading| reading.role(Role::Bt)), last.and_then(|reading| reading.role(Role::Et)))
        });
        Moment { now, at: self.bus.session_time(now), bt, et }
    }

    fn tell_alarm(&self, changed: Result<Option<AlarmNotice>, AlarmFault>) -> Answer {
        match changed {
            Ok(notice) => {
                if let Some(notice) = notice {
                    self.bus.publish(EventBody::Alarm(notice));
                }
                done()
            }
            Err(fault) => refused(Refusal::new(fault.code(), fault.to_string())),
        }
    }
}

/// Yes, at once.
pub(super) fn done() -> Answer {
    Box::pin(actix::fut::ready(Ok(Outcome::Done)))
}

/// No, at once.
pub(super) fn refused(refusal: Refusal) -> Answer {
    Box::pin(actix::fut::ready(Err(refusal)))
}
