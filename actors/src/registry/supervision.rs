//! Keeping one machine alive: its thread, its incarnations, its restarts.

use std::sync::Arc;

use actix::prelude::*;

use super::{Policy, Registry, RegistryError};
use crate::driver::DriverFactory;
use crate::logic::backoff::{Backoff, First};
use crate::logic::restarts::{RestartLog, Verdict};
use crate::machine::warden::Warden;
use crate::machine::{ExitGuard, Exited, Incarnation, Machine};
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::command::{OrderStage, OrderStep, Settled};
use crate::model::connection::{Connection, DriverState};
use crate::model::event::EventBody;
use crate::model::ids::MachineId;
use crate::model::time::MonoMs;
use crate::runtime::clock::MachineClock;
use crate::runtime::drive::{Entry, Link};
use crate::runtime::guarded::Pulse;
use crate::slot::MachineHandle;

/// A machine without progress for this long, or three of its intervals, is hung. Source: supervision design. Unit: ms.
const HUNG_AFTER_MS: u64 = 3_000;
/// Threads of one machine that may be left behind at the same time before it is parked.
const ABANDONED_MAX: usize = 8;

/// Share of chance in each pause before a restart. Source: supervision design.
const BACKOFF_JITTER: f64 = 0.3;

/// Where a machine's life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    Pausing,
    Parked,
    Ended,
}

fn restart_log(policy: Policy) -> RestartLog {
    let backoff = Backoff::new(policy.backoff_min_ms, policy.backoff_max_ms, BACKOFF_JITTER, First::Immediate);
    RestartLog::new(policy.max_restarts as usize, policy.within_ms, backoff)
}

/// A machine and everything needed to start it again.
pub(super) struct Supervised {
    handle: MachineHandle,
    make_driver: DriverFactory,
    link: Link,
    arbiter: Arbiter,
    generation: u64,
    life: Life,
    pulse: Pulse,
    /// Pulse at the last look, and when it last moved.
    seen: (u64, MonoMs),
    log: RestartLog,
    clock: MachineClock,
}

impl Supervised {
    pub(super) fn new(
        handle: MachineHandle,
        make_driver: DriverFactory,
        link: Link,
        policy: Policy,
    ) -> std::io::Result<Self> {
        Ok(Self {
            handle,
            make_driver,
            link,
            arbiter: Arbiter::try_new()?,
            generation: 0,
            life: Life::Pausing,
            pulse: Pulse::default(),
            seen: (0, MonoMs(0)),
            log: restart_log(policy),
            clock: MachineClock::new(1.0),
        })
    }

    pub(super) fn handle(&self) -> &MachineHandle {
        &self.handle
    }

    /// Ends this machine for good.
    pub(super) fn end(&mut self) {
        self.life = Life::Ended;
        self.part();
        self.arbiter.stop();
    }

    /// A parked machine's next actor gets a thread of its own: its warden may be stuck in the old one.
    pub(super) fn leave_warden(&mut self) -> std::io::Result<()> {
        if self.life == Life::Parked {
            let fresh = Arbiter::try_new()?;
            std::mem::replace(&mut self.arbiter, fresh).stop();
        }
        Ok(())
    }

    /// Takes a new configuration; the next start uses it.
    pub(super) fn exchange(&mut self, make_driver: DriverFactory, link: Link) {
        self.part();
        self.make_driver = make_driver;
        self.link = link;
    }

    /// Tells the present incarnation that its time is over.
    fn part(&mut self) {
        self.pulse.revoke();
        self.handle.vacate();
        self.generation += 1;
        self.end_orders();
    }

    /// What it had in hand nobody ends any more: everybody who follows those orders is told.
    fn end_orders(&self) {
        let bus = self.handle.bus();
        let mut open: Vec<OrderStep> = Vec::new();
        bus.look_back(|event| {
            let (EventBody::Order(OrderStep { command, channel, .. })
            | EventBody::Settled(Settled { command, channel, .. })) = &event.body
            else {
                return;
            };
            open.retain(|step| (step.command, step.channel) != (*command, *channel));
            if let EventBody::Order(step) = &event.body
                && matches!(step.stage, OrderStage::Queued | OrderStage::Sent)
            {
                open.push(step.clone());
            }
        });
        for OrderStep { command, request_id, channel, channel_id, value, by, stage } in open {
            let message = match stage {
                OrderStage::Sent => "the machine's program ended before the device confirmed it",
                _ => "the machine's program ended before it was written",
            };
            let message = message.to_owned();
            bus.publish(EventBody::Settled(Settled {
                command,
                request_id,
                channel,
                channel_id,
                value,
                applied: false,
                by,
                message,
                readback: None,
                latency_ms: 0,
            }));
        }
    }

    fn is_hung(&mut self) -> bool {
        let now = self.clock.now();
        let beats = self.pulse.beats();
        if beats != self.seen.0 {
            self.seen = (beats, now);
        }
        let interval_ms = self.handle.spec().sampling_interval_ms;
        let limit = HUNG_AFTER_MS
            .max(u64::try_from(self.handle.bus().clock().real(3 * interval_ms).as_millis()).unwrap_or(u64::MAX));
        self.life == Life::Running && now.since(self.seen.1) >= limit
    }

    fn tell(&self, state: DriverState, message: &str, retry_in_ms: Option<u64>) {
        let bus = self.handle.bus();
        let name = bus.look(|snapshot| snapshot.connection.driver_name.clone());
        bus.publish(EventBody::Connection(Connection {
            state,
            driver_name: name,
            message: message.to_owned(),
            retry_in_ms,
            restarts: self.log.total(),
        }));
    }
}

impl Registry {
    /// Starts a fresh incarnation on the machine's thread.
    pub(super) fn start_machine(&mut self, id: &MachineId, entry: Entry, _: &mut Context<Self>) {
        let Some((machine, incarnation)) = self.incarnate(id, entry) else { return };
        machine.life = Life::Running;
        let address = Machine::start_in_arbiter(&machine.arbiter.handle(), move |_| Machine::new(incarnation));
        machine.handle.attend(address);
    }

    /// What the next one needs who takes the place of a machine's actor.
    fn incarnate(&mut self, id: &MachineId, entry: Entry) -> Option<(&mut Supervised, Incarnation)> {
        let machine = self.machines.get_mut(id)?;
        machine.generation += 1;
        machine.pulse = Pulse::default();
        machine.seen = (0, machine.clock.now());
        let incarnation = Incarnation {
            spec: machine.handle.spec(),
            bus: Arc::clone(machine.handle.bus()),
            steering: Arc::clone(machine.handle.steering()),
            alarms: Arc::clone(machine.handle.alarms()),
            health: Arc::clone(machine.handle.health()),
            pulse: machine.pulse.clone(),
            make_driver: Arc::clone(&machine.make_driver),
            entry,
            link: machine.link,
            exit: ExitGuard::new(id.clone(), machine.generation, self.exits.clone()),
            house: self.house.clone(),
        };
        Some((machine, incarnation))
    }

    /// Gives a machine up until somebody restarts it; whatever it has on is switched off by its warden.
    fn park(&mut self, id: &MachineId, why: &str) {
        let Some(machine) = self.machines.get_mut(id) else { return };
        machine.remember_link();
        machine.life = Life::Parked;
        let Some((machine, incarnation)) = self.incarnate(id, Entry::SafeFirst) else { return };
        // Before it is told that nobody runs the machine: a STOP finds somebody.
        let warden = Warden::start_in_arbiter(&machine.arbiter.handle(), move |_| Warden::new(incarnation));
        machine.handle.guard(warden);
        machine.give_up(why);
    }

    /// Looks at every machine's pulse.
    pub(super) fn watch(&mut self, ctx: &mut Context<Self>) {
        let hung: Vec<MachineId> =
            self.machines.iter_mut().filter_map(|(id, machine)| machine.is_hung().then(|| id.clone())).collect();
        for id in hung {
            self.abandon(&id, ctx);
        }
    }

    /// Leaves a hung machine's thread behind and starts anew on another one.
    fn abandon(&mut self, id: &MachineId, ctx: &mut Context<Self>) {
        let Some(machine) = self.machines.get_mut(id) else { return };
        machine.part();
        // Ends the old thread should it ever come back; until then it counts.
        let left_behind = machine.handle.leave_behind();
        machine.arbiter.spawn(async move {
            let _there = left_behind;
            std::future::pending::<()>().await;
        });
        machine.arbiter.stop();
        let abandoned = machine.handle.abandoned_threads();
        tracing::error!(machine = %id, abandoned, "machine hangs, its thread is left behind");
        match Arbiter::try_new() {
            Ok(arbiter) => machine.arbiter = arbiter,
            Err(error) => {
                machine.remember_link();
                machine.life = Life::Parked;
                machine.give_up(&format!("no new thread could be started: {error}"));
                // Whoever waits for somebody learns that nobody comes.
                return machine.handle.vacate();
            }
        }
        if abandoned > ABANDONED_MAX {
            return self.park(id, "its driver blocked its thread too often: restart the daemon");
        }
        self.after_crash(id, "the driver hung and was replaced", ctx);
    }

    /// Restarts a crashed machine, now or later, or parks it.
    fn after_crash(&mut self, id: &MachineId, why: &str, ctx: &mut Context<Self>) {
        let Some(machine) = self.machines.get_mut(id) else { return };
        machine.part();
        let Verdict::RestartIn(pause_ms) = machine.log.died(machine.clock.now(), fastrand::f64()) else {
            return self.park(id, why);
        };
        machine.life = Life::Pausing;
        machine.remember_link();
        let words = format!("The machine's program was restarted: {why}");
        machine.handle.alarms().flash(BuiltIn::MachineFault, Cry::critical(words));
        machine.tell(DriverState::Restarting, why, Some(pause_ms));
        let generation = machine.generation;
        let id = id.clone();
        ctx.run_later(std::time::Duration::from_millis(pause_ms), move |registry, ctx| {
            let due = registry.machines.get(&id).is_some_and(|m| m.generation == generation && m.life == Life::Pausing);
            if due {
                registry.start_machine(&id, Entry::SafeFirst, ctx);
            }
        });
    }

    pub(super) fn restart_by_hand(&mut self, id: &MachineId, ctx: &mut Context<Self>) -> Result<(), RegistryError> {
        let machine = self.machines.get_mut(id).ok_or_else(|| RegistryError::NotFound(id.clone()))?;
        machine.remember_link();
        machine.leave_warden().map_err(|error| RegistryError::NoThread(id.clone(), error.to_string()))?;
        machine.part();
        machine.handle.alarms().clear(BuiltIn::MachineFault);
        machine.log.forgive();
        machine.tell(DriverState::Restarting, "restarted by hand", None);
        self.start_machine(id, Entry::SafeFirst, ctx);
        Ok(())
    }
}

impl Supervised {
    /// A fresh incarnation connects if this one was asked to, whoever asked.
    fn remember_link(&mut self) {
        match self.handle.bus().decided().connection.state {
            DriverState::Disconnected => self.link = Link::Unwanted,
            DriverState::Connecting | DriverState::Connected | DriverState::Reconnecting => self.link = Link::Wanted,
            DriverState::Restarting | DriverState::Failed => {}
        }
    }

    fn give_up(&self, why: &str) {
        let words = format!("The machine is parked until somebody restarts it: {why}");
        self.handle.alarms().raise(BuiltIn::MachineFault, Cry::critical(words));
        self.tell(DriverState::Failed, why, None);
        tracing::error!(machine = %self.handle.id(), why, "machine parked");
    }
}

/// A machine's incarnation ended.
impl StreamHandler<Exited> for Registry {
    fn handle(&mut self, exited: Exited, ctx: &mut Context<Self>) {
        let current = self
            .machines
            .get(&exited.machine)
            .is_some_and(|m| m.generation == exited.generation && m.life == Life::Running);
        if current {
            tracing::warn!(machine = %exited.machine, why = exited.why, "machine ended, starting a fresh one");
            self.after_crash(&exited.machine, &exited.why, ctx);
        }
    }
}
