//! Sessions and marks: judged by `logic::session`, kept by the recorder, true once they are on the bus.

use std::sync::Arc;

use actix::prelude::*;

use super::Machine;
use super::commands::{Answer, done, refused};
use crate::logic::session::{Transition, judge};
use crate::model::channel::Role;
use crate::model::command::{Outcome, SessionAction};
use crate::model::event::{EventBody, Hand, Unmark};
use crate::model::ids::SessionId;
use crate::model::journal::{JournalHeader, Keep};
use crate::model::mark::{Mark, MarkKind, MarkSource};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::session::{SessionChange, SessionState};
use crate::model::time::SessionMs;
use crate::runtime::clock::{new_session_id, wall_now};
use crate::runtime::journal::{JournalHandle, SaveError};

impl Machine {
    pub(super) fn session_action(&mut self, action: SessionAction) -> Answer {
        if self.transition_under_way {
            let words = format!("cannot {}: another change of the session is being written to disk", action.name());
            return refused(Refusal::new(RefusalCode::InvalidTransition, words));
        }
        match judge(self.snapshot_state(), action, self.is_connected()) {
            Err(refusal) => refused(refusal),
            Ok(Transition::Begin(state)) => self.begin(state),
            Ok(Transition::End(state)) => self.end(state),
            Ok(Transition::Reset) => self.reset(),
        }
    }

    /// Begins a session once its journal stands on disk.
    fn begin(&mut self, state: SessionState) -> Answer {
        self.transition_under_way = true;
        let header = self.header(state);
        let session = header.session;
        let archive = self.house.archive.clone();
        let opening = async move { tokio::task::spawn_blocking(move || archive.create(&header)).await };
        Box::pin(opening.into_actor(self).map(move |opened, machine, _| {
            machine.transition_under_way = false;
            let journal = match opened {
                Ok(Ok(journal)) => journal,
                // Nothing of it is kept for long anyway, and a disk that refuses must not keep people from watching.
                Ok(Err(error)) if state == SessionState::Monitoring => {
                    tracing::error!(machine = %machine.spec.id, %error, "monitoring goes on without a journal");
                    machine.enter(state, session, None);
                    return Ok(Outcome::Done);
                }
                Ok(Err(error)) => return Err(not_saved(&SaveError::from(error))),
                Err(panicked) => {
                    return Err(Refusal::new(RefusalCode::Internal, format!("the storage crashed: {panicked}")));
                }
            };
            let journal = machine.house.recorder.adopt(session, journal).map_err(|error| not_saved(&error))?;
            machine.enter(state, session, Some(journal));
            Ok(Outcome::Done)
        }))
    }

    /// From here on the new session is the truth.
    fn enter(&mut self, state: SessionState, session: SessionId, journal: Option<JournalHandle>) {
        let now = self.bus.clock().now();
        let (from, previous) = self.bus.look(|snapshot| (snapshot.state, snapshot.session));
        if state == SessionState::Recording {
            self.detector.begin_recording(now);
        }
        let change = SessionChange { from, to: state, session: Some(session), previous, started_at: Some(wall_now()) };
        if let Some(old) = self.bus.begin_session(now, session, journal, EventBody::Session(change)) {
            old.release();
        }
    }

    fn header(&self, state: SessionState) -> JournalHeader {
        JournalHeader {
            session: new_session_id(),
            previous: self.session(),
            machine: self.spec.id.clone(),
            machine_name: self.spec.name.clone(),
            channels: self.spec.channels.clone(),
            created_at: wall_now(),
            keep: if state == SessionState::Recording { Keep::AsProfile } else { Keep::UntilNextSession },
            clock_speed: self.spec.clock_speed,
        }
    }

    /// Ends the running session: the change is on disk before anybody hears of it.
    fn end(&mut self, to: SessionState) -> Answer {
        self.transition_under_way = true;
        if self.snapshot_state() == SessionState::Recording {
            let findings = self.detector.finish(self.bus.clock().now());
            self.tell_findings(findings);
        }
        let change = self.bus.look(|snapshot| SessionChange {
            from: snapshot.state,
            to,
            session: snapshot.session,
            previous: None,
            started_at: snapshot.started_at,
        });
        let held = self.bus.hold(EventBody::Session(change));
        let bus = Arc::clone(&self.bus);
        // Who hears that a recording is finished may ask for its profile at once: it is sealed before.
        let ending = held.settle_after(async move {
            match bus.detach_journal() {
                Some(journal) => journal.seal().await,
                None => Ok(()),
            }
        });
        Box::pin(ending.into_actor(self).map(|ended, machine, _| {
            machine.transition_under_way = false;
            ended.map(|()| Outcome::Done).map_err(|error| not_saved(&error))
        }))
    }

    /// Puts everything back; a recording stays as a draft.
    fn reset(&mut self) -> Answer {
        let running = self.snapshot_state().is_running();
        let ending = if running { self.end(SessionState::Idle) } else { done() };
        Box::pin(ending.map(|ended, machine, _| {
            ended?;
            machine.enter(SessionState::Idle, new_session_id(), None);
            Ok(Outcome::Done)
        }))
    }

    /// Sets a mark, or moves it: answered once it is on disk.
    pub(super) fn mark(&mut self, kind: MarkKind, at: Option<SessionMs>) -> Answer {
        if let Err(refusal) = self.must_record("mark_event") {
            return refused(refusal);
        }
        let now = self.bus.session_time(self.bus.clock().now());
        let at = at.unwrap_or(now);
        if at > now {
            let words = format!("`timestamp_ms` {} lies ahead: the session is at {}", at.0, now.0);
            return refused(Refusal::new(RefusalCode::InvalidMessage, words));
        }
        let (bt, et) = self.temperatures_at(at);
        let mark = Mark { kind, at, source: MarkSource::Manual, bt, et };
        let moment = self.bus.moment(at);
        self.keep(EventBody::Mark(mark), move |machine| machine.detector.set_manually(kind, moment))
    }

    pub(super) fn unmark(&mut self, kind: MarkKind) -> Answer {
        if let Err(refusal) = self.must_record("unmark_event") {
            return refused(refusal);
        }
        if !self.is_marked(kind) {
            return refused(Refusal::new(RefusalCode::InvalidMessage, "this mark is not set"));
        }
        self.keep(EventBody::Unmark(Unmark { kind, by: Hand::Person }), move |machine| machine.detector.unmark(kind))
    }

    /// Publishes an event once it is durable, then does what follows from it.
    fn keep(&mut self, body: EventBody, then: impl FnOnce(&mut Self) + 'static) -> Answer {
        let held = self.bus.hold(body);
        Box::pin(held.settle().into_actor(self).map(|saved, machine, _| {
            saved.map_err(|error| not_saved(&error))?;
            then(machine);
            Ok(Outcome::Done)
        }))
    }

    fn must_record(&self, action: &str) -> Result<(), Refusal> {
        let state = self.snapshot_state();
        if state == SessionState::Recording && !self.transition_under_way {
            return Ok(());
        }
        if self.transition_under_way {
            let words = format!("cannot {action}: the session is just ending");
            return Err(Refusal::new(RefusalCode::InvalidTransition, words));
        }
        let words =
            format!("cannot {action} while {}: start_recording comes first", crate::logic::session::name(state));
        Err(Refusal::new(RefusalCode::InvalidTransition, words))
    }

    /// BT and ET of the reading nearest to a moment, as far as the ring reaches. In the first moment of a session there is none
    /// yet: then as they were last known.
    fn temperatures_at(&self, at: SessionMs) -> (Option<f64>, Option<f64>) {
        let session = self.session();
        let readings = self.bus.recent(|event| event.session == session && matches!(event.body, EventBody::Reading(_)));
        let nearest = readings.events.iter().min_by_key(|published| published.event.at.0.abs_diff(at.0));
        match nearest.map(|published| &published.event.body) {
            Some(EventBody::Reading(reading)) => (reading.role(Role::Bt), reading.role(Role::Et)),
            _ => (self.last_known(Role::Bt), self.last_known(Role::Et)),
        }
    }

    fn last_known(&self, role: Role) -> Option<f64> {
        self.values.get(self.spec.channels.role(role)?).copied().and_then(Result::ok)
    }
}

fn not_saved(error: &SaveError) -> Refusal {
    Refusal::new(RefusalCode::Internal, format!("not done, {error}"))
}
