//! What became of commands and alarms lately. A command's id is known only once it was answered, so whoever asks for its life has
//! always missed some of it; and alarms that are over are on no machine's snapshot.
//!
//! It stands with the only dialect that asks for the past by id. It reads the rings of all machines whenever it is asked, and
//! once a second besides, so what a machine has told is never missing from an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hearth_actors::model::alarm::{AlarmNotice, AlarmState};
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::command::{OrderStep, Scope, Settled};
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{CommandId, MachineId, Seq, SessionId};
use hearth_actors::model::time::WallMs;
use hearth_actors::registry::Roster;
use hearth_actors::runtime::bus::Bus;
use tokio::sync::watch;

use super::wire::{CommandStatus, Origin, Status, moment};

/// Commands, and alarms, that are remembered: the newest.
const KEPT_MAX: usize = 1_000;
/// Events taken from a ring at a time.
const LOT: usize = 128;
/// A ring holds a minute at least.
const READ_EVERY: Duration = Duration::from_secs(1);

/// Shared by all who ask. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    roster: watch::Receiver<Roster>,
    inner: Arc<Mutex<Inner>>,
    /// Of which machines it answers; it reads all.
    scope: Scope,
}

#[derive(Default)]
struct Inner {
    read: Vec<(Arc<Bus>, Option<Seq>)>,
    commands: BTreeMap<CommandId, Life>,
    alarms: BTreeMap<u64, AlarmLife>,
}

/// What was asked by a request of this dialect, beyond what an order says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// `write`, `toggle` or `pulse`.
    pub command_type: &'static str,
    /// Who says that they asked.
    pub requested_by: String,
    /// The sender's own reference.
    pub correlation_id: Option<String>,
}

/// The life of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// How far it is.
    pub last: CommandStatus,
    /// What was asked.
    pub asked: Asked,
    /// When it was asked.
    pub requested_at: WallMs,
    /// When the device was written.
    pub sent_at: Option<WallMs>,
    /// When the device took it.
    pub acked_at: Option<WallMs>,
    /// The last that was told of it on its machine's bus.
    heard: Option<Status>,
}

/// The life of one occurrence of an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmLife {
    /// Where.
    pub machine: MachineId,
    /// In which session.
    pub session: Option<SessionId>,
    /// Position of the last change.
    pub seq: Option<Seq>,
    /// What it is now.
    pub notice: AlarmNotice,
    /// When it was first told.
    pub triggered_at: WallMs,
    /// When its condition was gone.
    pub cleared_at: Option<WallMs>,
}

impl Ledger {
    /// An empty one that reads the machines of this roster.
    pub fn new(roster: watch::Receiver<Roster>) -> Self {
        Self { roster, inner: Arc::default(), scope: Scope::All }
    }

    /// The same, for somebody whose access is limited to these machines: it answers of no other.
    pub fn seen_by(&self, scope: &Scope) -> Self {
        Self { scope: scope.clone(), ..self.clone() }
    }

    /// Reads on until the daemon ends.
    pub async fn keep(self) {
        let mut tick = tokio::time::interval(READ_EVERY);
        loop {
            tick.tick().await;
            drop(self.read());
        }
    }

    /// The life of a command, if it is remembered.
    pub fn command(&self, id: CommandId) -> Option<Life> {
        self.read().commands.get(&id).filter(|life| self.sees(life)).cloned()
    }

    /// The commands that are remembered.
    pub fn commands(&self) -> Vec<CommandId> {
        let inner = self.read();
        inner.commands.iter().filter(|(_, life)| self.sees(life)).map(|(id, _)| *id).collect()
    }

    /// The ends of the commands that were told of and got lost with the actor of their machine, at this position of its stream.
    pub fn lost(&self, machine: &MachineId, at: Seq) -> Vec<(CommandId, CommandStatus)> {
        let inner = self.read();
        let at_this = |origin: &Origin| origin.machine_id == machine.as_str() && origin.seq == Some(at.0);
        let lost = inner.commands.iter().filter(|(_, life)| life.heard.is_some() && at_this(&life.last.origin));
        lost.map(|(id, life)| (*id, life.last.clone())).collect()
    }

    /// One occurrence of an alarm, if it is remembered.
    pub fn alarm(&self, occurrence: u64) -> Option<AlarmLife> {
        self.read().alarms.get(&occurrence).filter(|life| self.scope.includes(&life.machine)).cloned()
    }

    /// The alarms that are remembered, newest first.
    pub fn alarms(&self) -> Vec<AlarmLife> {
        let inner = self.read();
        inner.alarms.values().rev().filter(|life| self.scope.includes(&life.machine)).cloned().collect()
    }

    /// A request of this dialect is about to give an order.
    pub fn asked(&self, id: CommandId, asked: Asked, first: CommandStatus, at: WallMs) {
        let mut inner = self.read();
        inner.commands.insert(id, Life::new(first, asked, at));
        inner.forget();
    }

    /// An order ended without a word on any bus: its machine was not there.
    pub fn ended(&self, id: CommandId, status: Status, message: &str, at: WallMs) {
        if let Some(life) = self.read().commands.get_mut(&id) {
            life.end(status, message, at);
        }
    }

    /// Takes in what an event says.
    pub fn note(&self, event: &Event, channels: &ChannelTable) {
        self.lock().note(event, channels);
    }

    fn sees(&self, life: &Life) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Only(machines) => machines.iter().any(|machine| machine.as_str() == life.last.origin.machine_id),
        }
    }

    fn read(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        let machines = self.roster.borrow().clone();
        inner.read.retain(|(known, _)| machines.iter().any(|machine| Arc::ptr_eq(machine.bus(), known)));
        for machine in machines.iter() {
            let bus = machine.bus();
            let known = inner.read.iter().position(|(known, _)| Arc::ptr_eq(known, bus));
            let place = known.unwrap_or_else(|| {
                inner.read.push((Arc::clone(bus), None));
                inner.read.len() - 1
            });
            loop {
                let news = bus.after(inner.read[place].1, LOT);
                let Some(last) = news.last() else { break };
                inner.read[place].1 = Some(last.event.seq);
                news.iter().for_each(|published| inner.note(&published.event, &published.channels));
            }
            if known.is_none() {
                inner.note_standing(bus);
            }
        }
        inner.forget();
        inner
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn note(&mut self, event: &Event, channels: &ChannelTable) {
        match &event.body {
            EventBody::Order(OrderStep { by, request_id, .. }) | EventBody::Settled(Settled { by, request_id, .. }) => {
                let Some((id, steps)) = CommandStatus::of(event, channels) else { return };
                for step in steps {
                    let asked = || Asked {
                        command_type: "write",
                        requested_by: by.label().to_owned(),
                        correlation_id: request_id.clone(),
                    };
                    let life = self.commands.entry(id);
                    life.or_insert_with(|| Life::new(step.clone(), asked(), event.wall)).take(step, event.wall);
                }
            }
            EventBody::Alarm(notice) => {
                let life = self.alarms.entry(notice.occurrence).or_insert_with(|| AlarmLife {
                    machine: event.machine.clone(),
                    session: event.session,
                    seq: None,
                    notice: notice.clone(),
                    triggered_at: first_told(notice, event.wall),
                    cleared_at: None,
                });
                life.take(notice, event);
            }
            // What waited in an actor that died is never heard of again.
            EventBody::Connection(Connection { state: DriverState::Restarting | DriverState::Failed, .. }) => {
                let machine = event.machine.as_str();
                let lost = self.commands.values_mut().filter(|life| life.last.origin.machine_id == machine);
                for life in lost {
                    life.end(Status::Failed, "the machine was restarted meanwhile", event.wall);
                    if life.heard.is_some_and(|heard| !heard.is_final()) {
                        life.heard = Some(life.last.status);
                        life.last.origin.seq = Some(event.seq.0);
                    }
                }
            }
            _ => {}
        }
    }

    /// Alarms that a machine brings along from before this run of the daemon.
    fn note_standing(&mut self, bus: &Bus) {
        bus.look(|snapshot| {
            for notice in snapshot.alarms.values() {
                let raised = snapshot.started_at.map(|zero| WallMs(zero.0.saturating_add_unsigned(notice.raised_at.0)));
                self.alarms.entry(notice.occurrence).or_insert_with(|| AlarmLife {
                    machine: snapshot.machine.clone(),
                    session: snapshot.session,
                    seq: snapshot.seq,
                    notice: notice.clone(),
                    triggered_at: notice.raised_wall.or(raised).or(snapshot.read_at).unwrap_or_default(),
                    cleared_at: None,
                });
            }
        });
    }

    fn forget(&mut self) {
        while self.commands.len() > KEPT_MAX {
            self.commands.pop_first();
        }
        while self.alarms.len() > KEPT_MAX {
            self.alarms.pop_first();
        }
    }
}

/// When an occurrence was raised: what is told first is so now, unless it comes from before this run of the daemon.
fn first_told(notice: &AlarmNotice, now: WallMs) -> WallMs {
    const TELLING_MS: i64 = 2_000;
    notice.raised_wall.filter(|raised| now.0.saturating_sub(raised.0) > TELLING_MS).unwrap_or(now)
}

impl Life {
    fn new(last: CommandStatus, asked: Asked, requested_at: WallMs) -> Self {
        Self { last, asked, requested_at, sent_at: None, acked_at: None, heard: None }
    }

    fn end(&mut self, status: Status, message: &str, at: WallMs) {
        if !self.last.status.is_final() {
            self.last.status = status;
            self.last.completed_at = Some(moment(at));
            message.clone_into(&mut self.last.message);
        }
    }

    fn take(&mut self, step: CommandStatus, at: WallMs) {
        match step.status {
            Status::Sent => self.sent_at = Some(at),
            Status::Acked => self.acked_at = Some(at),
            Status::Queued | Status::Succeeded | Status::Failed | Status::Blocked => {}
        }
        self.heard = Some(step.status);
        self.last = step;
    }
}

impl AlarmLife {
    fn take(&mut self, notice: &AlarmNotice, event: &Event) {
        use AlarmState::{Acked, ClearedUnacked, Normal, Shelved, Unacked};
        match notice.state {
            Normal if self.notice.state == ClearedUnacked => {}
            ClearedUnacked | Normal => self.cleared_at = Some(event.wall),
            Unacked => self.cleared_at = None,
            Acked | Shelved => {}
        }
        self.notice = notice.clone();
        (self.session, self.seq) = (event.session, Some(event.seq));
    }
}
