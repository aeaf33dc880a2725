//! `replay(machine_id, profile_id, speed, apply_controls)`: a saved profile, played on a machine to its end.
//!
//! The machine plays it; the task follows, and pauses, resumes and stops it as it is paused, resumed and cancelled itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hearth_actors::model::command::{Command, Principal, ReplayAction, Want};
use hearth_actors::model::event::{EventBody, ReplayPoint, ReplayState, ReplayStatus};
use hearth_actors::model::ids::SessionId;
use hearth_actors::runtime::bus::Published;
use hearth_actors::slot::MachineHandle;
use hearth_actors::tasks::job::{Job, JobError, Steps, Work};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Hands;
use super::call::Call;
use crate::wire::fields::{boolean, number, text};

/// Factors over a profile's own time. Source: wire contract, `replay`.
const SPEED_MIN: f64 = 0.1;
const SPEED_MAX: f64 = 100.0;
const ID_CHARS_MAX: usize = 64;
/// How long a task that was called off waits until its replay has ended: less than its job is given.
const STOP_DEADLINE: Duration = Duration::from_millis(800);

/// `replay(machine_id, profile_id, speed, apply_controls)`.
pub(super) fn replay(call: &mut Call<'_>, hands: &Arc<Hands>) -> Work {
    let machine = call.machine(&hands.house);
    let profile = call.take("profile_id", profile_id);
    if profile.is_none() {
        call.missing("profile_id", "the id of a profile");
    }
    let speed = call.take("speed", number(SPEED_MIN..=SPEED_MAX)).unwrap_or(1.0);
    let apply_controls = call.take("apply_controls", boolean).unwrap_or_default();
    let start = profile.map(|profile| ReplayAction::Start { profile, speed, apply_controls });
    Work::Waiting(Box::new(Replay { hands: Arc::clone(hands), machine, start, asker: call.asker() }))
}

fn profile_id(value: &Value) -> Result<SessionId, String> {
    let id = text(ID_CHARS_MAX)(value)?;
    SessionId::parse(id).ok_or_else(|| "is no id of a profile: see the list of profiles".to_owned())
}

struct Replay {
    hands: Arc<Hands>,
    /// Both are there, or the arguments had a fault.
    machine: Option<MachineHandle>,
    start: Option<ReplayAction>,
    asker: Principal,
}

#[async_trait(?Send)]
impl Job for Replay {
    async fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        let Self { hands, machine, start, asker } = *self;
        let (Some(machine), Some(start @ ReplayAction::Start { profile, apply_controls, .. })) = (machine, start)
        else {
            return Err(JobError::Failed("it was started without a machine".to_owned()));
        };
        // One that is only shown is in nobody's way.
        let _claim = if apply_controls { Some(hands.claims.claim(machine.id(), steps.task())?) } else { None };
        let principal = asker.for_task(steps.task(), "replay".to_owned());
        let events = machine.bus().subscribe();
        let mut player = Player { hands: &hands, machine: machine.clone(), principal, steps, events, total_s: 0 };
        player.play(profile, start).await?;
        Ok(Some(json!({ "seconds": player.total_s }).to_string().into()))
    }
}

struct Player<'a> {
    hands: &'a Hands,
    machine: MachineHandle,
    principal: Principal,
    steps: Steps,
    events: Receiver<Arc<Published>>,
    /// Length of the profile.
    total_s: u64,
}

impl Player<'_> {
    async fn play(&mut self, profile: SessionId, start: ReplayAction) -> Result<(), JobError> {
        self.start(start).await?;
        // The end of the one before may be told first.
        let mut begun = false;
        loop {
            match self.steps.unless_told(self.events.recv()).await {
                Some(Ok(event)) => match &event.event.body {
                    EventBody::Replay(point) if begun => self.tell(point),
                    EventBody::ReplayStatus(status) => match status.state {
                        ReplayState::Playing => begun = true,
                        ReplayState::Finished if begun => return Ok(()),
                        ReplayState::Stopped if begun => return Err(stopped()),
                        ReplayState::Paused | ReplayState::Finished | ReplayState::Stopped => {}
                    },
                    _ => {}
                },
                Some(Err(RecvError::Closed)) => return Err(JobError::Failed("the machine was removed".to_owned())),
                Some(Err(RecvError::Lagged(_))) => match self.look_again(profile) {
                    Some(ReplayState::Playing | ReplayState::Paused) => begun = true,
                    Some(ReplayState::Finished) => return Ok(()),
                    Some(ReplayState::Stopped) | None => return Err(stopped()),
                },
                None => self.follow().await?,
            }
        }
    }

    /// Where it stands, when more was told than was heard. What is heard from now on is newer than that.
    fn look_again(&mut self, profile: SessionId) -> Option<ReplayState> {
        let bus = self.machine.bus();
        self.events = bus.subscribe();
        let is_mine = |status: &ReplayStatus| status.profile == profile && status.by == self.principal.actor.label();
        let plays = bus.look(|snapshot| snapshot.replay.clone().filter(is_mine));
        let status = plays.or_else(|| {
            // What has ended is on no snapshot.
            let told = bus.recent(|event| matches!(&event.body, EventBody::ReplayStatus(status) if is_mine(status)));
            told.events.last().and_then(|last| match &last.event.body {
                EventBody::ReplayStatus(status) => Some(status.clone()),
                _ => None,
            })
        })?;
        self.total_s = status.total.0 / 1000;
        Some(status.state)
    }

    /// Starts it. One that begins after its task was called off is stopped: nobody is left to do so.
    async fn start(&mut self, start: ReplayAction) -> Result<(), JobError> {
        let mut starting = Box::pin(self.wants(start));
        let mut paused = false;
        loop {
            if let Some(answer) = self.steps.unless_told(&mut starting).await {
                answer?;
                break;
            }
            if let Err(stop) = self.steps.check() {
                let stopping = self.wants(ReplayAction::Stop);
                actix_rt::spawn(async move {
                    if starting.await.is_ok()
                        && let Err(error) = stopping.await
                    {
                        tracing::warn!(%error, "a replay that was called off before it began could not be stopped");
                    }
                });
                return Err(stop.into());
            }
            paused = true;
        }
        if paused { self.follow().await } else { Ok(()) }
    }

    /// The task was paused or called off: so is the replay.
    async fn follow(&mut self) -> Result<(), JobError> {
        if self.steps.check().is_ok() {
            self.wants(ReplayAction::Pause).await?;
        }
        if let Err(stop) = self.steps.step().await {
            if let Ok(Err(error)) = tokio::time::timeout(STOP_DEADLINE, self.wants(ReplayAction::Stop)).await {
                tracing::info!(machine = %self.machine.id(), %error, "a replay that was called off had ended already");
            }
            return Err(stop.into());
        }
        self.wants(ReplayAction::Resume).await
    }

    fn tell(&mut self, point: &ReplayPoint) {
        self.total_s = point.total.0 / 1000;
        self.steps.report(point.at.0 / 1000, self.total_s, format!("{} of {}", point.at, point.total));
    }

    fn wants(&self, action: ReplayAction) -> impl Future<Output = Result<(), JobError>> + use<> {
        let id = self.hands.house.surroundings().next_command();
        let command = Command { id, principal: self.principal.clone(), request_id: None, want: Want::Replay(action) };
        let machine = self.machine.clone();
        async move { machine.command(command).await.map(drop).map_err(|refusal| JobError::Failed(refusal.message)) }
    }
}

fn stopped() -> JobError {
    let why = "the replay was stopped at the machine, or another one took its place";
    JobError::Failed(why.to_owned())
}
