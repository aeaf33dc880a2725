//! Replay: a saved profile played to all watchers, and on request to the hardware through the same gate as a slider.

use std::sync::Arc;

use actix::prelude::*;

use super::Machine;
use super::commands::{Answer, done, refused};
use crate::archive::ArchiveError;
use crate::logic::gate;
use crate::logic::lease::Mandate;
use crate::logic::replay::{Controls, Replay, ReplayEffect};
use crate::model::command::{Actor, Command, Outcome, Principal, ReplayAction, UserRole, Want};
use crate::model::event::EventBody;
use crate::model::ids::{ChannelId, SessionId};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::session::SessionState;
use crate::model::units::Fraction;
use crate::runtime::clock::MachineClock;

/// A running replay. It plays in real time, whatever the machine's own clock does.
pub struct Playing {
    replay: Replay,
    /// Who started it.
    starter: Actor,
    clock: MachineClock,
    timer: Option<SpawnHandle>,
    controls: Controls,
    /// What entitles its control moves.
    mandate: Mandate,
}

impl Playing {
    /// Whether it steers the hardware.
    pub fn controls(&self) -> Controls {
        self.controls
    }
}

impl Machine {
    pub(super) fn replay_action(&mut self, action: ReplayAction, principal: &Principal, mandate: Mandate) -> Answer {
        match action {
            ReplayAction::Start { profile, speed, apply_controls } => {
                let controls = if apply_controls { Controls::Applied } else { Controls::Shown };
                self.start_replay(profile, speed, controls, principal, mandate)
            }
            ReplayAction::Pause => self.steer(principal, Replay::pause),
            ReplayAction::Resume => self.steer(principal, Replay::resume),
            ReplayAction::Stop => self.steer(principal, Replay::stop),
            ReplayAction::Seek { to } => self.steer(principal, move |replay, now| replay.seek(now, to)),
        }
    }

    fn start_replay(
        &mut self,
        id: SessionId,
        speed: f64,
        controls: Controls,
        principal: &Principal,
        mandate: Mandate,
    ) -> Answer {
        if let Err(refusal) = self.may_replay(controls) {
            return refused(refusal);
        }
        let number = self.next_command();
        self.replay_to_come = Some(number);
        let (starter, by) = (principal.actor.clone(), principal.actor.label().to_owned());
        let (archive, scope) = (self.house.archive.clone(), principal.scope.clone());
        let loading = async move { tokio::task::spawn_blocking(move || archive.profile(id)).await };
        Box::pin(loading.into_actor(self).map(move |loaded, machine, ctx| {
            let profile = match loaded {
                Ok(Ok(profile)) if scope.includes(&profile.machine) => profile,
                Ok(Ok(_) | Err(ArchiveError::NotFound(_))) => {
                    return Err(Refusal::new(RefusalCode::ProfileNotFound, format!("there is no profile {id}")));
                }
                Ok(Err(error)) => return Err(Refusal::new(RefusalCode::Internal, error.to_string())),
                Err(panicked) => {
                    return Err(Refusal::new(RefusalCode::Internal, format!("the storage crashed: {panicked}")));
                }
            };
            machine.may_replay(controls)?;
            if machine.replay_to_come != Some(number) {
                let words =
                    "what ends a replay came before this one could start: look at the machine, then start it again";
                return Err(Refusal::new(RefusalCode::InvalidTransition, words));
            }
            if !machine.steering.epochs().honour(mandate) {
                let words = "control of this machine changed hands before the replay could start";
                return Err(Refusal::new(RefusalCode::SessionLocked, words));
            }
            let clock = MachineClock::new(1.0);
            let replay = Replay::new(Arc::new(profile), speed, by, controls, clock.now())
                .map_err(|fault| Refusal::new(RefusalCode::InvalidMessage, fault.to_string()))?;
            machine.play(Playing { replay, starter, clock, timer: None, controls, mandate }, ctx);
            Ok(Outcome::Done)
        }))
    }

    fn may_replay(&self, controls: Controls) -> Result<(), Refusal> {
        if controls == Controls::Applied {
            // What it sets would be refused until somebody re-arms for another reason, and then come as a surprise.
            return gate::must_not_be_latched(&self.bus.decided().safety);
        }
        if self.snapshot_state() != SessionState::Recording {
            return Ok(());
        }
        let words = "cannot start a replay while recording: it would hide the roast; use apply_controls to roast by it";
        Err(Refusal::new(RefusalCode::InvalidTransition, words))
    }

    fn play(&mut self, playing: Playing, ctx: &mut Context<Self>) {
        self.end_replay();
        self.replay = Some(playing);
        self.advance_replay(ctx);
    }

    /// Ends the replay that runs, or is about to, if one does: by somebody's wish, by STOP, or with the link.
    pub(super) fn end_replay(&mut self) {
        self.replay_to_come = None;
        if let Some(mut playing) = self.replay.take() {
            let effects = playing.replay.stop(playing.clock.now());
            self.show(effects, playing.mandate);
        }
    }

    /// A task steers the replay that it started, and no other: it may have been paused while somebody began one of their own.
    fn steer(
        &mut self,
        principal: &Principal,
        steer: impl FnOnce(&mut Replay, crate::model::time::MonoMs) -> Vec<ReplayEffect> + 'static,
    ) -> Answer {
        let Some(playing) = &mut self.replay else {
            return refused(Refusal::new(RefusalCode::InvalidTransition, "no replay is running: start one first"));
        };
        if matches!(principal.actor, Actor::Task { .. }) && playing.starter != principal.actor {
            let words = "another replay runs on this machine by now: start yours again when it has ended";
            return refused(Refusal::new(RefusalCode::InvalidTransition, words));
        }
        let now = playing.clock.now();
        let (effects, mandate) = (steer(&mut playing.replay, now), playing.mandate);
        self.show(effects, mandate);
        Box::pin(done().map(|answer, machine, ctx| {
            machine.advance_replay(ctx);
            answer
        }))
    }

    /// Plays what is due and sets the timer for what comes next.
    fn advance_replay(&mut self, ctx: &mut Context<Self>) {
        if self.pulse.is_revoked() {
            return ctx.terminate();
        }
        let Some(playing) = &mut self.replay else { return };
        if let Some(timer) = playing.timer.take() {
            ctx.cancel_future(timer);
        }
        if !self.steering.epochs().honour(playing.mandate) {
            // Somebody else steers now.
            return self.end_replay();
        }
        let (now, mandate) = (playing.clock.now(), playing.mandate);
        let effects = playing.replay.step(now);
        let next = playing.replay.next_due(now);
        let wait = next.map(|due| std::time::Duration::from_millis(due.since(now).max(1)));
        if playing.replay.is_over() {
            self.replay = None;
        } else if let Some(wait) = wait {
            playing.timer = Some(ctx.run_later(wait, Self::advance_replay));
        }
        self.show(effects, mandate);
    }

    fn show(&mut self, effects: Vec<ReplayEffect>, mandate: Mandate) {
        for effect in effects {
            match effect {
                ReplayEffect::Point(point) => {
                    self.bus.publish(EventBody::Replay(point));
                }
                ReplayEffect::Status(status) => {
                    self.bus.publish(EventBody::ReplayStatus(status));
                }
                ReplayEffect::Move { channel, value } => self.move_control(channel, value, mandate),
            }
        }
    }

    /// A control move of the profile: judged like anybody's, told to all either way.
    fn move_control(&mut self, channel: ChannelId, value: Fraction, mandate: Mandate) {
        let principal = Principal::everywhere(Actor::Replay, UserRole::Operator);
        let want = Want::Control { channel: channel.clone(), value };
        let command = Command { id: self.next_command(), principal, request_id: None, want };
        match self.admit(&command, channel.as_str(), value) {
            Ok(order) => drop(self.submit(order.under(mandate))),
            Err(refusal) => {
                tracing::info!(machine = %self.spec.id, %channel, %refusal, "replayed move refused");
                self.tell_blocked(&command, channel.as_str(), value, &refusal);
            }
        }
    }
}
