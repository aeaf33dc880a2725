//! Floor 5: starts the tree and stops it in order. [`House`] is the one typed handle to everything inside.

pub mod view;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter};
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::archive::{Archive, ArchiveError, Interrupted};
use crate::logic::gate;
use crate::machine::Surroundings;
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::command::Scope;
use crate::model::event::{Event, EventBody, Lease};
use crate::model::ids::{CommandId, MachineId, Seq};
use crate::model::session::SessionState;
use crate::model::snapshot::Snapshot;
use crate::model::time::SessionMs;
use crate::recorder;
use crate::registry::directory::Directory;
use crate::registry::{Policy, Registry, Roster};
use crate::runtime::bus::Bus;
use crate::runtime::clock::MachineClock;
use crate::runtime::conditions::Conditions;
use crate::runtime::standing::AlarmKeeper;
use crate::slot::MachineHandle;
use crate::tasks::Tasks;
use view::View;

/// Positions that one start of the daemon may give out. 2^53 of them exist for JavaScript: nine million starts.
const SEQS_PER_START: u64 = 1_000_000_000;
/// A cut recording that is younger than this goes on. Source: safety design, durability. Unit: ms of real time.
const RESUME_WITHIN_MS: u64 = 5 * 60 * 1000;
/// How long machines may take to bring outputs to safety when the daemon stops.
const PARTING_DEADLINE: Duration = Duration::from_millis(2500);
/// How much of a resumed session goes back into the ring. Unit: ms of the machine's clock.
const RING_MS: u64 = 60_000;

/// The running house.
#[derive(Clone)]
pub struct House {
    registry: Addr<Registry>,
    roster: watch::Receiver<Roster>,
    directory: watch::Receiver<Arc<Directory>>,
    surroundings: Surroundings,
    tasks: Tasks,
}

/// Why the house does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The storage is not usable.
    #[error("the storage cannot be used")]
    Storage(#[from] ArchiveError),
    /// A thread that everything needs cannot be started.
    #[error("a thread of the recorder or of the tasks cannot be started: {0}; are there too many processes?")]
    Thread(#[from] std::io::Error),
}

impl House {
    /// Starts registry, recorder and task manager. Call inside an actix system; machines are adopted afterwards.
    ///
    /// # Errors
    /// When the storage cannot number this start, or no thread can be had.
    pub fn start(archive: Arc<dyn Archive>, policy: Policy) -> Result<Self, StartError> {
        let boot = archive.next_boot()?;
        let last_run = archive.open_run()?;
        let first_seq = boot.saturating_mul(SEQS_PER_START);
        let surroundings = Surroundings {
            recorder: recorder::start()?,
            alarms: AlarmKeeper::start(Arc::clone(&archive))?,
            archive,
            conditions: Conditions::default(),
            occurrences: Arc::new(AtomicU64::new(first_seq)),
            commands: Arc::new(AtomicU64::new(first_seq)),
        };
        let tasks = Tasks::start_on(&Arbiter::try_new()?.handle(), Arc::clone(&surroundings.archive))?;
        let (roster, machines) = watch::channel(Roster::default());
        let (directory, places) = watch::channel(Arc::default());
        let registry = Registry::new(surroundings.clone(), policy, Seq(first_seq), last_run, roster, directory).start();
        Ok(Self { registry, roster: machines, directory: places, surroundings, tasks })
    }

    /// The house as somebody sees it whose access is limited to these machines.
    pub fn seen_by(&self, scope: &Scope) -> View {
        View::new(self.clone(), scope.clone())
    }

    /// The registry.
    pub fn registry(&self) -> &Addr<Registry> {
        &self.registry
    }

    /// Something is wrong with the house itself: every machine has the alarm, with these words, until it is cleared.
    pub fn raise(&self, built_in: BuiltIn, cry: Cry) {
        self.surroundings.conditions.hold(built_in, cry.clone());
        self.machines().iter().for_each(|machine| machine.alarms().raise(built_in, cry.clone()));
    }

    /// What was wrong is right again.
    pub fn clear(&self, built_in: BuiltIn) {
        self.surroundings.conditions.end(built_in);
        self.machines().iter().for_each(|machine| machine.alarms().clear(built_in));
    }

    /// Something happened to the house and was over at once: at every machine it waits to be seen.
    pub fn flash(&self, built_in: BuiltIn, cry: &Cry) {
        self.machines().iter().for_each(|machine| machine.alarms().flash(built_in, cry.clone()));
    }

    /// Long jobs.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// What is kept on disk.
    pub fn archive(&self) -> &Arc<dyn Archive> {
        &self.surroundings.archive
    }

    /// What machines share; also numbers commands.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Finds a machine.
    pub fn find(&self, id: &MachineId) -> Option<MachineHandle> {
        let machines = self.roster.borrow();
        let place = machines.binary_search_by(|machine| machine.id().cmp(id)).ok()?;
        machines.get(place).cloned()
    }

    /// All machines in order of id.
    pub fn machines(&self) -> Roster {
        self.roster.borrow().clone()
    }

    /// All machines, and word of every change of which there are.
    pub fn roster(&self) -> watch::Receiver<Roster> {
        self.roster.clone()
    }

    /// Where every channel is, by endpoint id and by tag.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.borrow().clone()
    }

    /// Where every channel is, and word of every change of a machine's definition.
    pub fn directories(&self) -> watch::Receiver<Arc<Directory>> {
        self.directory.clone()
    }

    /// Rebuilds the bus of a session that the daemon's death cut, if it is to go on; otherwise seals its journal.
    ///
    /// # Errors
    /// When the journal can neither be continued nor sealed; nothing is lost, it is tried again at the next start.
    pub fn recover(&self, interrupted: Interrupted, first_seq: Seq) -> Result<Option<Arc<Bus>>, ArchiveError> {
        let Interrupted { log, silent_ms } = interrupted;
        let session = log.header.session;
        let mut snapshot = Snapshot::new(log.header.machine.clone(), log.header.channels.clone());
        let kept = self.surroundings.alarms.kept(&snapshot.machine).into_iter();
        snapshot.alarms = kept.map(|notice| (notice.alarm.clone(), notice)).collect();
        for event in &log.events {
            snapshot.apply(event);
        }
        // The journal may know of a change that was cut on its way to where alarms are kept.
        self.surroundings.alarms.keep(snapshot.machine.clone(), snapshot.alarms.values().cloned().collect());
        let mut journal = self.surroundings.archive.resume(session)?;
        let goes_on = silent_ms.filter(|silent| *silent < RESUME_WITHIN_MS && snapshot.state.is_running());
        let Some(silent_ms) = goes_on else {
            journal.seal()?;
            return Ok(None);
        };
        let clock = MachineClock::new(log.header.clock_speed);
        let elapsed = SessionMs(snapshot.at.0 + clock.scaled_ms(silent_ms));
        let was_held = snapshot.lease.holder.is_some();
        forget_the_world(&mut snapshot);
        let next = snapshot.seq.map_or(first_seq, |last| first_seq.max(last.next()));
        let horizon = snapshot.at.0.saturating_sub(RING_MS);
        let bus = Bus::resumed(snapshot, clock, next, elapsed);
        let recent: Vec<Event> = log.events.into_iter().filter(|event| event.at.0 >= horizon).collect();
        bus.recall(recent);
        match self.surroundings.recorder.adopt(session, journal) {
            Ok(handle) => bus.attach_journal(handle),
            Err(error) => tracing::error!(%session, %error, "session goes on without a journal"),
        }
        if was_held {
            // Whoever reads on where the journal broke off learns that the lease is free.
            bus.publish(EventBody::Lease(Lease::default()));
        }
        Ok(Some(Arc::new(bus)))
    }

    /// Where the events of this start begin.
    pub fn first_seq(&self) -> Seq {
        Seq(self.surroundings.occurrences.load(std::sync::atomic::Ordering::Relaxed))
    }

    /// Stops in order: outputs to safety, tasks interrupted, everything to disk. Running sessions stay open and go on at the next start.
    ///
    /// `parted` is told, as soon as it is known, which machines did not confirm their safe values: somebody else has to see to them.
    pub async fn stop(&self, parted: impl FnOnce(BTreeSet<MachineId>)) {
        let machines = self.machines();
        let unsettled = machines.iter().filter(|machine| !is_calm(machine)).map(|machine| machine.id().clone());
        let mut unsettled: BTreeSet<MachineId> = unsettled.collect();
        let partings = async {
            let unconfirmed = self.bring_all_to_safety(&machines).await;
            parted(unconfirmed.clone());
            unconfirmed
        };
        let (unconfirmed, ()) = tokio::join!(partings, self.tasks.stop());
        unsettled.extend(unconfirmed);
        if let Err(error) = self.surroundings.recorder.stop().await {
            tracing::error!(%error, "the last seconds may not be on disk");
        }
        let keeper = self.surroundings.alarms.clone();
        if tokio::task::spawn_blocking(move || keeper.stop()).await.is_err() {
            tracing::warn!("alarms may not be on disk");
        }
        if let Err(error) = self.surroundings.archive.close_run(&unsettled) {
            tracing::warn!(%error, "the next start will take this one for killed and latch all heat");
        }
    }

    /// Parts from every machine; yields those that have something to be brought to safety and did not confirm it.
    async fn bring_all_to_safety(&self, machines: &Roster) -> BTreeSet<MachineId> {
        let part = async |machine: &MachineHandle| {
            let could = can_confirm(machine);
            let parted = tokio::time::timeout(PARTING_DEADLINE, machine.part(&self.surroundings)).await;
            let has_nothing_to_confirm = gate::failsafe_orders(&machine.spec(), CommandId(0)).is_empty();
            has_nothing_to_confirm || (could && matches!(parted, Ok(Ok(()))))
        };
        let confirmed = join_all(machines.iter().map(part)).await;
        let unconfirmed = machines.iter().zip(confirmed).filter(|(_, confirmed)| !confirmed);
        unconfirmed.map(|(machine, _)| machine.id().clone()).collect()
    }
}

/// Whether it can be told that outputs are safe once a machine has parted: one that was not reached and is latched owes a safe value that
/// no device has confirmed.
fn can_confirm(machine: &MachineHandle) -> bool {
    machine.bus().decided().is_connected() || is_calm(machine)
}

/// Whether nothing is latched. What was latched because the link was lost is not safe before there is one again, and a STOP holds
/// until somebody re-arms.
fn is_calm(machine: &MachineHandle) -> bool {
    machine.bus().decided().safety.latched.is_none()
}

/// What was true of the hardware before the daemon died is not known to be true now.
fn forget_the_world(snapshot: &mut Snapshot) {
    snapshot.connection = Default::default();
    snapshot.replay = None;
    snapshot.lease = Default::default();
    if snapshot.state != SessionState::Recording && snapshot.state != SessionState::Monitoring {
        snapshot.applied.clear();
    }
}
