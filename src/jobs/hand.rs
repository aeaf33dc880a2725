//! The hand of a job at a machine: orders in its name, news from the bus, and standing still where a person is needed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hearth_actors::logic::gate::latch_words;
use hearth_actors::logic::program::Target;
use hearth_actors::machine::Surroundings;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::command::{Command, Principal, Settled, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{EventBody, SafetyReason};
use hearth_actors::model::ids::Seq;
use hearth_actors::model::reading::{Missing, MissingReason, Value};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::time::MonoMs;
use hearth_actors::runtime::bus::Published;
use hearth_actors::slot::MachineHandle;
use hearth_actors::tasks::job::{JobError, Steps};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// How long a job that ends early waits until its heat is off: less than it is given. The orders stay in the lane.
const SAFE_DEADLINE: Duration = Duration::from_millis(800);
/// Longest wait for the next news; a machine without readings must not hide that a job is paused or over. Unit: ms.
const LOOK_EVERY_MS: u64 = 60_000;

/// The hand of a job at a machine.
pub(super) struct Hand {
    pub(super) machine: MachineHandle,
    pub(super) steps: Steps,
    pub(super) channels: Arc<ChannelTable>,
    /// Last known values by channel index, internal units.
    pub(super) values: Vec<Value>,
    /// How many readings came since it listens.
    pub(super) readings: u64,
    house: Surroundings,
    principal: Principal,
    events: broadcast::Receiver<Arc<Published>>,
    /// The last event that it took in.
    heard: Option<Seq>,
    /// Why nothing can be done at the machine.
    trouble: Option<String>,
}

/// What became of something that a job waits for.
#[derive(Debug)]
pub(super) enum Came<T> {
    /// It ended, or there are news.
    This(T),
    /// The task was paused or told to stop first: [`Hand::be_paused`] says which.
    Pause,
}

impl Hand {
    /// A hand that gives orders in the name of a task, for who asked for it.
    pub(super) fn new(
        machine: MachineHandle,
        house: Surroundings,
        steps: Steps,
        name: String,
        asker: Principal,
    ) -> Self {
        let principal = asker.for_task(steps.task(), name);
        Self {
            channels: machine.spec().channels.clone(),
            events: machine.bus().subscribe(),
            machine,
            steps,
            values: Vec::new(),
            readings: 0,
            house,
            principal,
            heard: None,
            trouble: None,
        }
    }

    pub(super) fn now(&self) -> MonoMs {
        self.machine.bus().clock().now()
    }

    /// Takes in all news there are; why nothing can be done, if so.
    ///
    /// # Errors
    /// When the job is to stop, or the machine is not the one any more that it was asked for.
    pub(super) fn trouble(&mut self) -> Result<Option<String>, JobError> {
        self.steps.check()?;
        self.catch_up()?;
        Ok(self.trouble.take())
    }

    /// What a channel shows. Native unit.
    pub(super) fn shown(&self, channel: usize) -> Option<f64> {
        Some(self.channels.get(channel)?.unit.outward(self.values.get(channel).copied()?.ok()?))
    }

    /// Gives an order.
    pub(super) async fn order(&mut self, target: Target) -> Result<Came<Result<(), Refusal>>, JobError> {
        let Some(command) = self.command(target) else {
            return Err(JobError::Failed("a step names a channel that the machine does not have".to_owned()));
        };
        let machine = self.machine.clone();
        Ok(match self.steps.unless_told(machine.command(command)).await {
            Some(answer) => Came::This(answer.map(|_| ())),
            None => Came::Pause,
        })
    }

    /// Why an order was not done: what happened to the machine says more than what became of the order.
    pub(super) fn why_not(&mut self, target: Target, refusal: &Refusal) -> Result<String, JobError> {
        self.catch_up()?;
        let label = self.channels.get(target.channel).map_or("", |channel| &channel.label);
        Ok(self.trouble.take().unwrap_or_else(|| match refusal.code {
            RefusalCode::Superseded => format!("{label}: somebody else set it at the same moment"),
            _ => format!("{label}: {}", refusal.message),
        }))
    }

    /// Brings outputs to safety, as far as that can be done.
    pub(super) async fn make_safe(&self, targets: Vec<Target>) {
        let orders = targets.into_iter().filter_map(|target| self.command(target));
        let orders = orders.map(|command| self.machine.command(command));
        let machine = self.machine.id();
        match tokio::time::timeout(SAFE_DEADLINE, join_all(orders)).await {
            Ok(ends) => {
                for refusal in ends.into_iter().filter_map(Result::err) {
                    tracing::warn!(%machine, %refusal, "heat of a program that ended early is not confirmed off");
                }
            }
            Err(_) => tracing::warn!(%machine, "heat of a program that ended early is not confirmed off yet"),
        }
    }

    /// Waits for a moment or the next news, whichever comes first.
    pub(super) async fn wait(&mut self, until: Option<MonoMs>) -> Result<Came<()>, JobError> {
        let clock = self.machine.bus().clock();
        let ms = until.map_or(LOOK_EVERY_MS, |until| until.since(clock.now()).clamp(1, LOOK_EVERY_MS));
        let events = &mut self.events;
        let news = async { tokio::time::timeout(clock.real(ms), events.recv()).await };
        match self.steps.unless_told(news).await {
            Some(Ok(Ok(event))) => self.hear(&event)?,
            Some(Ok(Err(RecvError::Lagged(_)))) => self.make_up()?,
            Some(Ok(Err(RecvError::Closed))) => return Err(gone()),
            Some(Err(_)) => {}
            None => return Ok(Came::Pause),
        }
        Ok(Came::This(()))
    }

    /// Pauses the task because of this, until somebody resumes it.
    pub(super) async fn stand_still(&mut self, done: u64, total: u64, why: String) -> Result<(), JobError> {
        let Self { steps, events, channels, .. } = self;
        tokio::select! {
            resumed = steps.stand_still(done, total, why) => resumed?,
            end = end_of(events, channels) => return Err(end),
        }
        self.attend()
    }

    /// Somebody paused the task, or let it stop.
    pub(super) async fn be_paused(&mut self) -> Result<(), JobError> {
        let Self { steps, events, channels, .. } = self;
        tokio::select! {
            resumed = steps.step() => resumed?,
            end = end_of(events, channels) => return Err(end),
        }
        self.attend()
    }

    fn command(&self, target: Target) -> Option<Command> {
        let channel = self.channels.get(target.channel)?;
        let value = channel.control()?.to_fraction(target.native);
        let want = Want::Control { channel: channel.id.clone(), value };
        Some(Command { id: self.house.next_command(), principal: self.principal.clone(), request_id: None, want })
    }

    /// Listens from here on, and takes in what holds already.
    pub(super) fn attend(&mut self) -> Result<(), JobError> {
        self.events = self.machine.bus().subscribe();
        let snapshot = self.machine.bus().snapshot();
        self.heard = snapshot.seq;
        if *snapshot.channels != *self.channels {
            return Err(changed());
        }
        let unknown = Err(Missing { reason: MissingReason::NotYet, polls: 0 });
        self.values = match &snapshot.last_reading {
            Some((_, reading)) => reading.values.to_vec(),
            None => vec![unknown; self.channels.len()],
        };
        self.trouble = match (snapshot.connection.state, snapshot.safety.latched) {
            (_, Some(reason)) => Some(latched(reason)),
            (DriverState::Connected, None) => None,
            (state, None) => Some(unlinked(state).to_owned()),
        };
        Ok(())
    }

    /// Takes in all news there are.
    fn catch_up(&mut self) -> Result<(), JobError> {
        loop {
            match self.events.try_recv() {
                Ok(event) => self.hear(&event)?,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Lagged(_)) => self.make_up()?,
                Err(TryRecvError::Closed) => return Err(gone()),
            }
        }
    }

    /// Takes in from the ring what it was too slow for: a STOP that somebody took back since is one all the same.
    fn make_up(&mut self) -> Result<(), JobError> {
        self.events = self.machine.bus().subscribe();
        let heard = self.heard;
        let missed = self.machine.bus().recent(|event| Some(event.seq) > heard);
        missed.events.iter().try_for_each(|event| self.hear(event))
    }

    /// What was in the way for a moment only is in the way until somebody has seen it.
    fn hear(&mut self, published: &Published) -> Result<(), JobError> {
        let seq = Some(published.event.seq);
        if seq <= self.heard {
            return Ok(());
        }
        self.heard = seq;
        match &published.event.body {
            EventBody::Reading(reading) => {
                self.values = reading.values.to_vec();
                self.readings += 1;
            }
            EventBody::Settled(settled) if settled.applied => self.settled(settled),
            EventBody::Connection(connection) if connection.state != DriverState::Connected => {
                // What it all began with says most.
                self.trouble.get_or_insert_with(|| unlinked(connection.state).to_owned());
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
