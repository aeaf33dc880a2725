//! Runs a program on a machine: what is due comes from the pure part, orders and news go over the machine's bus.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hearth_actors::logic::gate::latch_words;
use hearth_actors::logic::program::{Due, Run, Target};
use hearth_actors::machine::Surroundings;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::command::{Command, Principal, Settled, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{EventBody, SafetyReason};
use hearth_actors::model::reading::{Missing, MissingReason, Value};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::time::MonoMs;
use hearth_actors::runtime::bus::Published;
use hearth_actors::slot::MachineHandle;
use hearth_actors::tasks::job::{JobError, Steps};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// How long a program that ends early waits until its heat is off: less than its job is given. The orders stay in the lane.
const SAFE_DEADLINE: Duration = Duration::from_millis(800);
/// Longest wait for the next news; a machine without readings must not hide that it is paused or over. Unit: ms.
const LOOK_EVERY_MS: u64 = 60_000;

/// A program at work.
pub(super) struct Runner {
    machine: MachineHandle,
    house: Surroundings,
    principal: Principal,
    run: Run,
    steps: Steps,
    channels: Arc<ChannelTable>,
    events: broadcast::Receiver<Arc<Published>>,
    /// Last known values by channel index, internal units.
    values: Vec<Value>,
    /// Why nothing can be done at the machine.
    trouble: Option<String>,
    told: String,
}

impl Runner {
    /// A program that has not begun.
    pub(super) fn new(
        machine: MachineHandle,
        house: Surroundings,
        principal: Principal,
        run: Run,
        steps: Steps,
    ) -> Self {
        let channels = machine.spec().channels.clone();
        let events = machine.bus().subscribe();
        Self {
            machine,
            house,
            principal,
            run,
            steps,
            channels,
            events,
            values: Vec::new(),
            trouble: None,
            told: String::new(),
        }
    }

    /// Does every step.
    ///
    /// # Errors
    /// When it is told to stop, or cannot go on even with somebody's help.
    pub(super) async fn go(&mut self) -> Result<(), JobError> {
        self.attend()?;
        loop {
            self.steps.check()?;
            self.catch_up()?;
            if let Some(why) = self.trouble.take() {
                self.stand_still(why).await?;
                continue;
            }
            let due = self.run.due(self.now(), &self.values);
            self.tell();
            match due {
                Due::Order(target) => self.order(target).await?,
                Due::Wait(until) => self.wait(until).await?,
                Due::Ask(_) => {
                    self.stand_still(self.run.words(self.now())).await?;
                    self.run.answered();
                }
                Due::Trouble(why) => self.stand_still(why).await?,
                Due::Failed(why) => return Err(JobError::Failed(why)),
                Due::Finished => return Ok(()),
            }
        }
    }

    /// Brings the heat that it ordered to its fail-safe value, as far as that can be done.
    pub(super) async fn make_safe(&self) {
        let targets = self.run.safe_targets();
        let orders = targets.into_iter().filter_map(|target| self.command(target));
        let orders = orders.map(|command| self.machine.command(command));
        match tokio::time::timeout(SAFE_DEADLINE, join_all(orders)).await {
            Ok(ends) => {
                for refusal in ends.into_iter().filter_map(Result::err) {
                    tracing::warn!(machine = %self.machine.id(), %refusal, "heat of a program that ended early is not confirmed off");
                }
            }
            Err(_) => {
                tracing::warn!(machine = %self.machine.id(), "heat of a program that ended early is not confirmed off yet");
            }
        }
    }

    fn now(&self) -> MonoMs {
        self.machine.bus().clock().now()
    }

    /// Tells how far it is, where that is news.
    fn tell(&mut self) {
        let words = self.run.words(self.now());
        if words != self.told {
            let (done, total) = self.progress();
            self.steps.report(done, total, words.clone());
            self.told = words;
        }
    }

    /// Steps done, and steps in all.
    fn progress(&self) -> (u64, u64) {
        let (number, total) = self.run.position();
        (number.saturating_sub(1) as u64, total as u64)
    }

    async fn order(&mut self, target: Target) -> Result<(), JobError> {
        let Some(command) = self.command(target) else {
            return Err(JobError::Failed("a step names a channel that the machine does not have".to_owned()));
        };
        let machine = self.machine.clone();
        match self.steps.unless_told(machine.command(command)).await {
            Some(Ok(_)) => self.run.confirmed(),
            Some(Err(refusal)) => {
                // What happened to the machine says more than what became of the order.
                self.catch_up()?;
                let why = self.trouble.take().unwrap_or_else(|| self.refused(target, &refusal));
                self.stand_still(why).await?;
            }
            None => self.be_paused().await?,
        }
        Ok(())
    }

    async fn wait(&mut self, until: Option<MonoMs>) -> Result<(), JobError> {
        let clock = self.machine.bus().clock();
        let ms = until.map_or(LOOK_EVERY_MS, |until| until.since(clock.now()).clamp(1, LOOK_EVERY_MS));
        let events = &mut self.events;
        let news = async { tokio::time::timeout(clock.real(ms), events.recv()).await };
        match self.steps.unless_told(news).await {
            Some(Ok(Ok(event))) => self.hear(&event.event.body),
            Some(Ok(Err(RecvError::Lagged(_)))) => self.attend(),
            Some(Ok(Err(RecvError::Closed))) => Err(gone()),
            Some(Err(_)) => Ok(()),
            None => self.be_paused().await,
        }
    }

    /// Pauses because of this, until somebody resumes it.
    async fn stand_still(&mut self, why: String) -> Result<(), JobError> {
        let (done, total) = self.progress();
        self.run.pause(self.now());
        self.told.clear();
        let Self { steps, events, channels, .. } = self;
        tokio::select! {
            resumed = steps.stand_still(done, total, why) => resumed?,
            end = end_of(events, channels) => return Err(end),
        }
        self.go_on()
    }

    /// Somebody paused it, or let it stop.
    async fn be_paused(&mut self) -> Result<(), JobError> {
        self.run.pause(self.now());
        let Self { steps, events, channels, .. } = self;
        tokio::select! {
            resumed = steps.step() => resumed?,
            end = end_of(events, channels) => return Err(end),
        }
        self.go_on()
    }

    fn go_on(&mut self) -> Result<(), JobError> {
        self.attend()?;
        self.run.resume(self.now());
        Ok(())
    }

    fn command(&self, target: Target) -> Option<Command> {
        let channel = self.channels.get(target.channel)?;
        let value = channel.control()?.to_fraction(target.native);
        let want = Want::Control { channel: channel.id.clone(), value };
        Some(Command { id: self.house.next_command(), principal: self.principal.clone(), request_id: None, want })
    }

    fn refused(&self, target: Target, refusal: &Refusal) -> String {
        let label = self.channels.get(target.channel).map_or("", |channel| &channel.label);
        match refusal.code {
            RefusalCode::Superseded => format!("{label}: somebody else set it at the same moment"),
            _ => format!("{label}: {}", refusal.message),
        }
    }

    /// Listens from here on, and takes in what holds already.
    fn attend(&mut self) -> Result<(), JobError> {
        self.events = self.machine.bus().subscribe();
        let snapshot = self.machine.bus().snapshot();
        if *snapshot.channels != *self.channels {
            return Err(changed());
        }
        let unknown = Err(Missing { reason: MissingReason::NotYet, polls: 0 });
        self.values = match &snapshot.last_reading {
            Some((_, reading)) => reading.values.to_vec(),
            None => vec![unknown; self.channels.len()],
        };
        self.trouble = match (snapshot.connection.state, snapshot.safety.latched) {
            (DriverState::Connected, None) => None,
            (DriverState::Connected, Some(reason)) => Some(latched(reason)),
            (state, _) => Some(unlinked(state).to_owned()),
        };
        Ok(())
    }

    /// Takes in all news there are.
    fn catch_up(&mut self) -> Result<(), JobError> {
        loop {
            match self.events.try_recv() {
                Ok(event) => self.hear(&event.event.body)?,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Lagged(_)) => self.attend()?,
                Err(TryRecvError::Closed) => return Err(gone()),
            }
        }
    }

    /// What was in the way for a moment only is in the way until somebody has seen it.
    fn hear(&mut self, body: &EventBody) -> Result<(), JobError> {
        match body {
            EventBody::Reading(reading) => self.values = reading.values.to_vec(),
            EventBody::Settled(settled) if settled.applied => self.settled(settled),
            EventBody::Connection(connection) if connection.state != DriverState::Connected => {
                self.trouble = Some(unlinked(connection.state).to_owned());
            }
            EventBody::Safety(safety) => {
                if let Some(reason) = safety.latched {
                    self.trouble = Some(latched(reason));
                }
            }
            EventBody::Channels(channels) if **channels != *self.channels => return Err(changed()),
            _ => {}
        }
        Ok(())
    }

    /// The next reading may have been taken before.
    fn settled(&mut self, settled: &Settled) {
        let Some(channel) = self.channels.get(settled.channel) else { return };
        if let (Some(value), Some(control)) = (self.values.get_mut(settled.channel), channel.control()) {
            *value = Ok(channel.unit.inward(control.to_native(settled.value)));
        }
    }
}

/// Waits until the machine is not the one any more that the program was written for.
async fn end_of(events: &mut broadcast::Receiver<Arc<Published>>, channels: &ChannelTable) -> JobError {
    loop {
        match events.recv().await {
            Ok(event) => {
                if let EventBody::Channels(now) = &event.event.body
                    && **now != *channels
                {
                    return changed();
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return gone(),
        }
    }
}

fn latched(reason: SafetyReason) -> String {
    format!("outputs are latched safe ({}): re-arm the machine, then resume", latch_words(reason))
}

fn unlinked(state: DriverState) -> &'static str {
    match state {
        DriverState::Disconnected => "the machine is not connected: connect it, then resume",
        DriverState::Connecting | DriverState::Connected => "the machine is just being connected: resume in a moment",
        DriverState::Reconnecting => "the link to the machine was lost: see to it, re-arm the machine, then resume",
        DriverState::Restarting => "the machine's program was restarted: re-arm the machine, then resume",
        DriverState::Failed => "the machine crashed too often and is parked: restart it, then resume",
    }
}

fn gone() -> JobError {
    JobError::Failed("the machine was removed".to_owned())
}

fn changed() -> JobError {
    let why = "the machine's channels were changed: look the program through, and start it again";
    JobError::Failed(why.to_owned())
}
