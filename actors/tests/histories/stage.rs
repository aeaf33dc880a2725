//! One machine on one thread in virtual time: its actor and all that outlives it, as they are, and a small registry that makes a fresh
//! actor when one dies. The real registry gives every machine a thread with a clock of its own, which no test can stop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix::{Actor as _, Addr};
use hearth_actors::archive::Archive as _;
use hearth_actors::logic::lease::Identity;
use hearth_actors::machine::{ExitGuard, Exited, Incarnation, Machine, Surroundings};
use hearth_actors::model::channel::{Channel, ChannelKind, ChannelTable, Failsafe, OutputClass};
use hearth_actors::model::command::{Actor, Command, LeaseAction, Outcome, Principal, ReplayAction, UserRole, Want};
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ChannelId, ClientId, RuleId, Seq, SessionId};
use hearth_actors::model::journal::{JournalHeader, Keep};
use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::reading::{News, Reading, Value};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::spec::{Comparison, Condition, Forced, InterlockRule, MachineSpec, SafetySpec};
use hearth_actors::model::task::TaskId;
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::Fraction;
use hearth_actors::runtime::bus::Bus;
use hearth_actors::runtime::clock::MachineClock;
use hearth_actors::runtime::conditions::Conditions;
use hearth_actors::runtime::desk::AlarmDesk;
use hearth_actors::runtime::drive::{Entry, Link};
use hearth_actors::runtime::guarded::Pulse;
use hearth_actors::runtime::health::Health;
use hearth_actors::runtime::standing::AlarmKeeper;
use hearth_actors::runtime::steering::{Attendance, Steering};
use hearth_actors::testing::{MemoryArchive, roaster};
use tokio::sync::mpsc;

use super::device::Device;
use super::judge::{AIR, BT, BURNER, Interlock, Judge, OPERATOR_LOSS, Ordered, REPLAYED, SENSOR_LOSS, Setup, TOO_HOT};
use super::lease::{ADMIN, CLIENTS, PASSING, Who, Wish};

/// The roast that can be repeated.
const ROAST: SessionId = SessionId(1);
/// Pause before a fresh actor: none the first time.
const RESTART: Duration = Duration::from_millis(100);

pub struct Stage {
    pub device: Device,
    spec: Arc<MachineSpec>,
    bus: Arc<Bus>,
    steering: Arc<Steering>,
    alarms: Arc<AlarmDesk>,
    health: Arc<Health>,
    house: Surroundings,
    address: RefCell<Option<Addr<Machine>>>,
    pulse: RefCell<Pulse>,
    generation: Cell<u64>,
    link: Cell<Link>,
    exits: mpsc::Sender<Exited>,
    sockets: RefCell<Vec<(Who, Option<Attendance>)>>,
    /// Events that wait for a disk, and hold up all behind them.
    held_up: Cell<u32>,
}

impl Stage {
    pub fn start(setup: Setup) -> Rc<Self> {
        let spec = Arc::new(spec(setup));
        let archive = MemoryArchive::default();
        keep_roast(&archive, &spec);
        // Journals are written by a thread, which knows nothing of virtual time.
        archive.refuse(true);
        let house = Surroundings {
            recorder: hearth_actors::recorder::start().expect("a thread"),
            alarms: AlarmKeeper::start(Arc::new(archive.clone())).expect("a thread"),
            archive: Arc::new(archive),
            conditions: Conditions::default(),
            occurrences: Arc::new(AtomicU64::new(1)),
            commands: Arc::new(AtomicU64::new(1)),
        };
        let bus = Arc::new(Bus::new(spec.id.clone(), spec.channels.clone(), MachineClock::new(1.0), Seq(1)));
        let (exits, exited) = mpsc::channel(8);
        let stage = Rc::new(Self {
            device: Device::new(setup.make, Judge::new(setup)),
            alarms: AlarmDesk::start(&spec, bus.clone(), house.occurrences.clone(), house.alarms.clone()),
            steering: Steering::start(bus.clone()),
            health: Arc::default(),
            address: RefCell::default(),
            pulse: RefCell::default(),
            generation: Cell::new(0),
            link: Cell::new(Link::Wanted),
            sockets: RefCell::default(),
            held_up: Cell::new(0),
            spec,
            bus,
            house,
            exits,
        });
        stage.begin(Entry::Clean);
        actix_rt::spawn(supervise(stage.clone(), exited));
        stage
    }

    fn begin(&self, entry: Entry) {
        self.generation.set(self.generation.get() + 1);
        *self.pulse.borrow_mut() = Pulse::default();
        let machine = Machine::new(Incarnation {
            spec: self.spec.clone(),
            bus: self.bus.clone(),
            steering: self.steering.clone(),
            alarms: self.alarms.clone(),
            health: self.health.clone(),
            pulse: self.pulse.borrow().clone(),
            make_driver: self.device.factory(),
            entry,
            link: self.link.get(),
            exit: ExitGuard::new(self.spec.id.clone(), self.generation.get(), self.exits.clone()),
            house: self.house.clone(),
        });
        *self.address.borrow_mut() = Some(machine.start());
    }

    /// The present actor's time is over.
    fn part(&self) {
        self.pulse.borrow().revoke();
        *self.address.borrow_mut() = None;
        self.generation.set(self.generation.get() + 1);
        match self.bus.decided().connection.state {
            DriverState::Disconnected => self.link.set(Link::Unwanted),
            DriverState::Connecting | DriverState::Connected | DriverState::Reconnecting => self.link.set(Link::Wanted),
            DriverState::Restarting | DriverState::Failed => {}
        }
        let restarting = Connection { state: DriverState::Restarting, ..Connection::default() };
        self.bus.publish(EventBody::Connection(restarting));
    }

    /// Somebody restarts the machine by hand.
    pub fn restart(&self) {
        self.device.lock().judge.replaced();
        self.part();
        self.begin(Entry::SafeFirst);
    }

    pub fn is_alive(&self) -> bool {
        self.address.borrow().is_some()
    }

    /// Gives an order and sees to its answer.
    pub fn order(self: &Rc<Self>, who: Who, want: Want) -> actix_rt::task::JoinHandle<Result<Outcome, Refusal>> {
        let id = self.house.next_command();
        let principal = principal(who);
        self.steering.notice(&principal);
        {
            self.device.lock().judge.orders(id, who, ordered(&want), self.is_alive());
        }
        // It is in the mailbox now, whenever the answer is waited for.
        let sent = self.address.borrow().as_ref().map(|to| to.send(Command { id, principal, request_id: None, want }));
        let stage = self.clone();
        actix_rt::spawn(async move {
            let nobody = || Err(Refusal::new(RefusalCode::MachineFailed, "nobody is there"));
            let answer = match sent {
                Some(sent) => sent.await.unwrap_or_else(|_| nobody()),
                None => nobody(),
            };
            let mut device = stage.device.lock();
            let burner = device.burner;
            device.judge.answered(id, &answer, burner);
            answer
        })
    }

    pub fn set(
        self: &Rc<Self>,
        who: Who,
        channel: usize,
        percent: u8,
    ) -> actix_rt::task::JoinHandle<Result<Outcome, Refusal>> {
        let channel = self.spec.channels.get(channel).expect("a channel").id.clone();
        self.order(who, Want::Control { channel, value: Fraction::clamped(f64::from(percent) / 100.0) })
    }

    /// A kept roast is repeated, with what was set in it.
    pub fn replay(self: &Rc<Self>, who: Who, speed: u8) {
        let action = ReplayAction::Start { profile: ROAST, speed: f64::from(speed), apply_controls: true };
        drop(self.order(who, Want::Replay(action)));
    }

    pub fn wish(&self, client: usize, wish: Wish) {
        {
            let judge = &mut self.device.lock().judge;
            let now = judge.now();
            judge.say(format!("client {client} wishes {wish:?}"));
            judge.lease.wishes(client, wish, now);
        }
        let action = match wish {
            Wish::Acquire => LeaseAction::Acquire,
            Wish::Release => LeaseAction::Release,
            Wish::Take => LeaseAction::Take,
            Wish::Answer { asker, grant } => LeaseAction::Answer { client: client_id(asker), grant },
        };
        let (steering, principal) = (self.steering.clone(), principal(Who::Client(client)));
        actix_rt::spawn(async move { steering.lease(&principal, &action).await });
    }

    pub fn comes(&self, who: Who) {
        let principal = principal(who);
        let is_passing = matches!(who, Who::Client(PASSING) | Who::Viewer);
        let identity = if is_passing { Identity::Passing } else { Identity::Kept };
        {
            let judge = &mut self.device.lock().judge;
            let now = judge.now();
            judge.say(format!("{who:?} comes"));
            judge.comes(principal.role >= UserRole::Operator);
            if let Who::Client(client) = who {
                judge.lease.comes(client, now);
            }
        }
        let socket = self.steering.attend(&principal, identity);
        self.sockets.borrow_mut().push((who, socket));
    }

    /// A socket of somebody goes away, if there is one.
    pub fn goes(&self, who: Who) {
        let Some(at) = self.sockets.borrow().iter().position(|(whose, _)| *whose == who) else { return };
        {
            let judge = &mut self.device.lock().judge;
            let now = judge.now();
            judge.say(format!("{who:?} goes"));
            judge.goes(principal(who).role >= UserRole::Operator);
            if let Who::Client(client) = who {
                judge.lease.goes(client, now);
            }
        }
        drop(self.sockets.borrow_mut().remove(at));
    }

    /// A mark waits for a slow disk, and all that is told waits behind it.
    pub fn hold_up(self: &Rc<Self>, ms: u64) {
        self.device.lock().judge.say(format!("what is told waits for {ms} ms"));
        let mark = Mark { kind: MarkKind::Drop, at: SessionMs(0), source: MarkSource::Manual, bt: None, et: None };
        let held = self.bus.hold(EventBody::Mark(mark));
        self.held_up.set(self.held_up.get() + 1);
        let stage = self.clone();
        actix_rt::spawn(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            drop(held);
            stage.held_up.set(stage.held_up.get() - 1);
        });
    }

    /// Nothing is under way at this moment: the house is held to what it says.
    pub fn compare(&self) {
        if !self.is_alive() {
            return;
        }
        let holder = self.bus.look(|snapshot| snapshot.lease.holder.as_ref().map(|(id, _)| id.clone()));
        let holder = holder.and_then(|id| (0..CLIENTS).find(|client| client_id(*client) == id));
        let holder = (self.held_up.get() == 0).then_some(holder);
        let is_latched = self.bus.decided().safety.latched.is_some();
        self.device.lock().judge.compare(holder, is_latched);
    }

    /// Waits a moment where a deadline of the lease is so near that nobody can tell what comes first.
    pub async fn pass_deadlines(&self) {
        let is_near = {
            let judge = &self.device.lock().judge;
            let now = judge.now();
            judge.lease.due().is_some_and(|due| due.abs_diff(now) <= Duration::from_millis(3))
        };
        if is_near {
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
    }
}

async fn supervise(stage: Rc<Stage>, mut exited: mpsc::Receiver<Exited>) {
    let mut pause = Duration::ZERO;
    while let Some(Exited { generation, .. }) = exited.recv().await {
        if generation != stage.generation.get() {
            continue;
        }
        stage.part();
        let generation = stage.generation.get();
        tokio::time::sleep(pause).await;
        pause = RESTART;
        if stage.generation.get() == generation {
            stage.begin(Entry::SafeFirst);
        }
    }
}

fn client_id(client: usize) -> ClientId {
    ClientId::parse(["a", "b", "boss", "passing"][client]).expect("id")
}

fn principal(who: Who) -> Principal {
    let named = |client: usize| Actor::Client { id: client_id(client), name: client_id(client).to_string() };
    let (actor, role) = match who {
        Who::Client(client) => (named(client), if client == ADMIN { UserRole::Admin } else { UserRole::Operator }),
        Who::Rest => (Actor::Rest, UserRole::Operator),
        Who::TaskOf(client) => {
            let task = TaskId(1);
            (Actor::Task { task, name: "task".to_owned(), owner: Some(client_id(client)) }, UserRole::Operator)
        }
        Who::Viewer => {
            let id = ClientId::parse("viewer").expect("id");
            (Actor::Client { id, name: "viewer".to_owned() }, UserRole::Viewer)
        }
    };
    Principal::everywhere(actor, role)
}

fn ordered(want: &Want) -> Ordered {
    match want {
        Want::Control { channel, value } => {
            let channel = if channel.as_str() == "burner" { BURNER } else { AIR };
            Ordered::Set { channel, native: (value.get() * 100.0).round() }
        }
        Want::Stop => Ordered::Stop,
        Want::Rearm => Ordered::Rearm,
        Want::Session(_) => Ordered::Session,
        Want::Replay(_) => Ordered::Replay,
        Want::Disconnect => Ordered::Disconnect,
        _ => Ordered::Connect,
    }
}

/// A roaster with air.
fn spec(setup: Setup) -> MachineSpec {
    let spec = roaster("a");
    let mut channels: Vec<Channel> = spec.channels.iter().map(|(_, channel)| channel.clone()).collect();
    let mut air = Channel { id: ChannelId::parse("air").expect("id"), tag: "a.air".into(), ..channels[BURNER].clone() };
    if let ChannelKind::Control(control) = &mut air.kind {
        (control.class, control.failsafe) = (OutputClass::Air, Failsafe::Hold);
    }
    if let ChannelKind::Control(control) = &mut channels[BURNER].kind {
        control.has_readback = setup.make.reads_back;
        control.max_rise_per_s = setup.rises_slowly.then_some(20.0);
    }
    channels.push(air);
    let operator_loss_ms = setup.operator_is_missed.then_some(OPERATOR_LOSS.as_millis() as u64);
    MachineSpec {
        sampling_interval_ms: setup.interval_ms,
        safety: SafetySpec { sensor_loss_ms: SENSOR_LOSS.as_millis() as u64, operator_loss_ms },
        channels: Arc::new(ChannelTable::new(channels)),
        interlocks: rule(setup.interlock).into_iter().collect(),
        ..spec
    }
}

/// A roast that can be repeated.
fn keep_roast(archive: &MemoryArchive, spec: &MachineSpec) {
    let header = JournalHeader {
        session: ROAST,
        previous: None,
        machine: spec.id.clone(),
        machine_name: spec.name.clone(),
        channels: spec.channels.clone(),
        created_at: WallMs(0),
        keep: Keep::AsProfile,
        clock_speed: 1.0,
    };
    let mut journal = archive.create(&header).expect("a journal");
    for (second, burner) in (0..).zip(REPLAYED) {
        let values: [Value; 4] = [Ok(200.0), Ok(210.0), Ok(f64::from(burner)), Ok(0.0)];
        let (bt_ror, et_ror) = (None, None);
        let reading =
            Reading { channels: spec.channels.clone(), values: Box::new(values), bt_ror, et_ror, news: News::All };
        let event = Event {
            machine: spec.id.clone(),
            seq: Seq(second + 1),
            prev: None,
            session: Some(ROAST),
            at: SessionMs(second * 1_000),
            wall: WallMs(0),
            body: EventBody::Reading(reading),
        };
        journal.append(&event).expect("kept");
    }
    journal.seal().expect("sealed");
}

fn rule(interlock: Interlock) -> Option<InterlockRule> {
    let blocks = Condition { channel: BURNER, comparison: Comparison::Above(0.0) };
    let forced = |channel, native| Some(Forced { channel, native });
    let (blocks, forces) = match interlock {
        Interlock::None => return None,
        Interlock::BlocksHeat => (Some(blocks), None),
        Interlock::ForcesHeatOff => (None, forced(BURNER, 0.0)),
        Interlock::ForcesAir => (None, forced(AIR, 100.0)),
    };
    Some(InterlockRule {
        id: RuleId::parse("hot_beans").expect("id"),
        blocks,
        unless: vec![Condition { channel: BT, comparison: Comparison::Below(TOO_HOT) }],
        forces,
        message: "the beans are too hot".to_owned(),
    })
}
