//! Commands: who may, and which room answers.

use actix::prelude::*;
use tokio::sync::oneshot;

use super::Machine;
use super::playing::Playing;
use crate::logic::gate;
use crate::logic::lease::{self, Mandate};
use crate::model::command::{Command, Outcome, Want};
use crate::model::connection::DriverState;
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
        if let Err(refusal) = gate::must_be_allowed(&command, &self.spec.id) {
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
            // Answered before the command comes here, by what outlives this actor.
            Want::Lease(_) | Want::AckAlarm { .. } | Want::ShelveAlarm { .. } => done(),
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
        if self.link.send_replace(link) != link {
            let words = "somebody asked for the opposite before it was done: look at the machine, then try again";
            self.answer_link_waiters(&Err(Refusal::new(RefusalCode::Superseded, words)));
        }
        if self.bus.decided().connection.state == target {
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
}

/// Yes, at once.
pub(super) fn done() -> Answer {
    Box::pin(actix::fut::ready(Ok(Outcome::Done)))
}

/// No, at once.
pub(super) fn refused(refusal: Refusal) -> Answer {
    Box::pin(actix::fut::ready(Err(refusal)))
}
