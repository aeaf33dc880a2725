//! A machine: one supervised actor on a thread of its own that owns a driver and a session.
//!
//! It turns the driver's reports into events and people's commands into orders. It decides little itself: sessions, marks, alarms
//! and the gate are in `logic`; what holds now is on the [`Bus`], which outlives this actor. It never waits for hardware or disk
//! inside a handler: the drive task does the one, futures with re-checks the other.

pub mod commands;
pub mod interlocks;
pub mod losses;
pub mod orders;
pub mod pictures;
pub mod playing;
pub mod reports;
pub mod sessions;
pub mod warden;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix::{Addr, AsyncContext, Context};
use tokio::sync::{mpsc, oneshot, watch};

use crate::archive::Archive;
use crate::driver::DriverFactory;
use crate::logic::cadence::Cadence;
use crate::logic::detection::{Detector, Found};
use crate::logic::gate;
use crate::logic::rate::{ROAST_WINDOW_MS, RateOfRise};
use crate::model::alarm::BuiltIn;
use crate::model::command::{Actor, Command, Principal, UserRole, Want};
use crate::model::connection::{Connection, DriverState};
use crate::model::event::{EventBody, ReplayState, ReplayStatus, Safety, SafetyReason};
use crate::model::ids::{CommandId, MachineId, SessionId};
use crate::model::mark::{Mark, MarkKind};
use crate::model::reading::{Missing, MissingReason, Value};
use crate::model::refusal::Refusal;
use crate::model::session::SessionState;
use crate::model::spec::MachineSpec;
use crate::model::time::SessionMs;
use crate::runtime::bus::Bus;
use crate::runtime::clock::wall_now;
use crate::runtime::conditions::Conditions;
use crate::runtime::desk::AlarmDesk;
use crate::runtime::drive::{Drive, Entry, Given, Gone, Link, Listener, Report};
use crate::runtime::guarded::Pulse;
use crate::runtime::health::Health;
use crate::runtime::journal::RecorderQueue;
use crate::runtime::lane::Lanes;
use crate::runtime::standing::AlarmKeeper;
use crate::runtime::steering::Steering;
/// How much of the past warms the filters of a fresh actor.
const WARM_UP_MS: u64 = 60_000;

/// What machines share with the rest of the house.
#[derive(Clone)]
pub struct Surroundings {
    /// Where journals are written.
    pub recorder: RecorderQueue,
    /// Where profiles are read.
    pub archive: Arc<dyn Archive>,
    /// Where alarms are kept that a restart must not forget.
    pub alarms: AlarmKeeper,
    /// What is wrong with the house itself.
    pub conditions: Conditions,
    /// Numbers alarm occurrences, unique in the daemon.
    pub occurrences: Arc<AtomicU64>,
    /// Numbers commands, unique in the daemon's run.
    pub commands: Arc<AtomicU64>,
}

impl Surroundings {
    /// A number for a new command.
    pub fn next_command(&self) -> CommandId {
        CommandId(self.commands.fetch_add(1, Ordering::Relaxed))
    }

    /// A command that the house itself gives.
    pub fn order_of_the_house(&self, want: Want) -> Command {
        let principal = Principal::everywhere(Actor::Failsafe, UserRole::Operator);
        Command { id: self.next_command(), principal, request_id: None, want }
    }
}

/// One incarnation of a machine, ready to start.
pub struct Incarnation {
    /// What it is.
    pub spec: Arc<MachineSpec>,
    /// Its truth, which outlives it.
    pub bus: Arc<Bus>,
    /// Who may steer it, which outlives it.
    pub steering: Arc<Steering>,
    /// Its alarms, which outlive it.
    pub alarms: Arc<AlarmDesk>,
    /// Its link's counters, which outlive it.
    pub health: Arc<Health>,
    /// Its sign of life.
    pub pulse: Pulse,
    /// Makes its driver, on its own thread.
    pub make_driver: DriverFactory,
    /// Whether the one before it crashed.
    pub entry: Entry,
    /// Whether to connect at once.
    pub link: Link,
    /// Told when it ends, however it ends.
    pub exit: ExitGuard,
    /// The rest of the house.
    pub house: Surroundings,
}

/// How an incarnation ended.
#[derive(Debug, Clone)]
pub struct Exited {
    /// Which machine.
    pub machine: MachineId,
    /// Which incarnation.
    pub generation: u64,
    /// Why, in plain words.
    pub why: String,
}

/// Reports the end of an incarnation when it is dropped, whatever the cause.
#[derive(Debug)]
pub struct ExitGuard {
    exited: Option<Exited>,
    to: mpsc::Sender<Exited>,
}

impl ExitGuard {
    /// Guards one incarnation.
    pub fn new(machine: MachineId, generation: u64, to: mpsc::Sender<Exited>) -> Self {
        Self { exited: Some(Exited { machine, generation, why: String::new() }), to }
    }

    fn because(&mut self, why: String) {
        if let Some(exited) = &mut self.exited {
            exited.why = why;
        }
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        let Some(mut exited) = self.exited.take() else { return };
        if exited.why.is_empty() {
            exited.why = if std::thread::panicking() { "panicked" } else { "ended" }.to_owned();
        }
        // A full queue is no loss: the watchdog sees the missing pulse.
        let _ = self.to.try_send(exited);
    }
}

/// The actor.
pub struct Machine {
    spec: Arc<MachineSpec>,
    bus: Arc<Bus>,
    steering: Arc<Steering>,
    house: Surroundings,
    pulse: Pulse,
    lanes: Arc<Lanes>,
    link: watch::Sender<Link>,
    /// Last known values by channel index, internal units.
    values: Vec<Value>,
    bt_rate: RateOfRise,
    et_rate: RateOfRise,
    detector: Detector,
    losses: losses::Losses,
    interlocks: interlocks::Interlocks,
    alarms: Arc<AlarmDesk>,
    /// Channels whose last order the device did not confirm.
    unconfirmed: BTreeSet<usize>,
    replay: Option<playing::Playing>,
    /// The order to start a replay whose profile is being read.
    replay_to_come: Option<CommandId>,
    /// Orders on their way to the device and who waits for their end.
    orders: HashMap<CommandId, orders::UnderWay>,
    /// Who waits for the link to come or go.
    link_waiters: Vec<oneshot::Sender<Result<DriverState, Refusal>>>,
    /// A transition that waits for the disk; others are refused meanwhile.
    transition_under_way: bool,
    starting: Option<Starting>,
    exit: ExitGuard,
}

/// What is needed once, at the start.
struct Starting {
    make_driver: DriverFactory,
    health: Arc<Health>,
    entry: Entry,
    link: watch::Receiver<Link>,
}

impl Machine {
    /// Makes the actor on its own thread.
    pub fn new(incarnation: Incarnation) -> Self {
        let Incarnation { spec, bus, steering, alarms, health, pulse, make_driver, entry, link, exit, house } =
            incarnation;
        let (link, link_receiver) = watch::channel(link);
        let cadence = Cadence::new(spec.sampling_interval_ms, spec.clock_speed);
        let mut machine = Self {
            values: vec![Err(Missing { reason: MissingReason::NotYet, polls: 0 }); spec.channels.len()],
            bt_rate: RateOfRise::new(ROAST_WINDOW_MS, cadence),
            et_rate: RateOfRise::new(ROAST_WINDOW_MS, cadence),
            detector: Detector::new(&spec.detection, spec.sampling_interval_ms),
            losses: losses::Losses::new(&spec, bus.clock().now()),
            interlocks: interlocks::Interlocks::new(&spec, bus.clock().now()),
            alarms,
            unconfirmed: BTreeSet::new(),
            replay: None,
            replay_to_come: None,
            lanes: Arc::new(Lanes::new(steering.epochs())),
            orders: HashMap::new(),
            link_waiters: Vec::new(),
            transition_under_way: false,
            starting: Some(Starting { make_driver, health, entry, link: link_receiver }),
            spec,
            bus,
            steering,
            house,
            pulse,
            link,
            exit,
        };
        machine.remember();
        machine
    }

    /// Takes up where the incarnation before left off: everything is on the bus.
    fn remember(&mut self) {
        let snapshot = self.bus.snapshot();
        if let Some(replay) = snapshot.replay {
            self.bus.publish(EventBody::ReplayStatus(ReplayStatus { state: ReplayState::Stopped, ..replay }));
        }
        if !snapshot.state.is_running()
            && let Some(journal) = self.bus.detach_journal()
        {
            // The incarnation before died while it ended the session.
            actix_rt::spawn(async move {
                if let Err(error) = journal.seal().await {
                    tracing::error!(%error, "an ended session could not be sealed");
                }
            });
        }
        if let Some((_, reading)) = &snapshot.last_reading
            && reading.values.len() == self.values.len()
        {
            self.values.clone_from_slice(&reading.values);
        }
        if snapshot.state == SessionState::Recording {
            let found = |mark: &Mark| Found {
                kind: mark.kind,
                at: self.bus.moment(mark.at),
                source: mark.source,
                bt: mark.bt,
                et: mark.et,
            };
            let marks: Vec<Found> = snapshot.marks.values().map(found).collect();
            let disarmed: Vec<MarkKind> = snapshot.disarmed.iter().copied().collect();
            self.detector.restore(self.bus.moment(SessionMs(0)), &marks, &disarmed);
        }
        let since = self.bus.clock().now() - WARM_UP_MS;
        let past = self.bus.recent(|event| matches!(event.body, EventBody::Reading(_) | EventBody::Connection(_)));
        for event in past.events {
            let at = self.bus.moment(event.event.at);
            if event.event.session != snapshot.session || at < since {
                continue;
            }
            match &event.event.body {
                EventBody::Reading(reading) => self.warm_up(at, reading),
                EventBody::Connection(connection) if connection.state != DriverState::Connected => self.interrupt(),
                _ => {}
            }
        }
        self.interrupt();
    }

    /// Between the reading before and the next one nobody knows what happened.
    fn interrupt(&mut self) {
        self.bt_rate.interrupt();
        self.et_rate.interrupt();
        self.detector.interrupt();
    }

    fn snapshot_state(&self) -> SessionState {
        self.bus.look(|snapshot| snapshot.state)
    }

    fn session(&self) -> Option<SessionId> {
        self.bus.look(|snapshot| snapshot.session)
    }

    fn is_connected(&self) -> bool {
        self.bus.decided().is_connected() && *self.link.borrow() == Link::Wanted
    }

    fn next_command(&self) -> CommandId {
        self.house.next_command()
    }

    fn latch(&self, reason: SafetyReason) {
        latch(&self.bus, &self.spec, reason);
    }

    fn tell_connection(&self, state: DriverState, message: String, retry_in_ms: Option<u64>) {
        let old = self.bus.decided().connection;
        let connection = Connection { state, message, retry_in_ms, ..old.clone() };
        if connection != old {
            self.bus.publish(EventBody::Connection(connection));
        }
    }
}

/// Latches heat safe and tells everybody, unless it is latched already.
fn latch(bus: &Bus, spec: &MachineSpec, reason: SafetyReason) {
    let channels = gate::heat_channels(spec);
    let latched = bus.decided().safety.latched;
    if channels.is_empty() && reason != SafetyReason::Stop {
        return;
    }
    if latched.is_none() || reason == SafetyReason::Stop {
        // What else latches has a line of its own that says more.
        if reason == SafetyReason::Stop && latched != Some(reason) {
            tracing::warn!(machine = %spec.id, "STOP: the outputs are held safe until somebody re-arms");
        }
        bus.publish(EventBody::Safety(Safety { latched: Some(reason), since: Some(wall_now()), channels }));
    }
}

impl actix::Actor for Machine {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let Some(Starting { make_driver, health, entry, link }) = self.starting.take() else { return };
        if entry == Entry::SafeFirst {
            self.latch(SafetyReason::Crash);
        }
        if *link.borrow() == Link::Unwanted {
            // Nobody is about to reach it: a link that was lost before a restart is not missed any more.
            self.alarms.clear(BuiltIn::DriverLost);
        }
        let given = Given {
            driver: make_driver(&self.spec),
            lanes: self.lanes.clone(),
            link,
            entry,
            safe_orders: gate::failsafe_orders(&self.spec, self.next_command()),
            pulse: self.pulse.clone(),
            health,
            listener: Ear(ctx.address()),
        };
        let drive = Drive::new(&self.spec, self.bus.clock(), given);
        actix_rt::spawn(drive.run());
        ctx.run_interval(losses::LOOK_EVERY, |machine, _| machine.look_for_losses());
    }
}

/// The machine's ear to its drive task.
struct Ear(Addr<Machine>);

impl Listener for Ear {
    async fn tell(&self, report: Report) -> Result<(), Gone> {
        self.0.send(reports::Heard(report)).await.map_err(|_| Gone)
    }
}
