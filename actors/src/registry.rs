//! The registry: which machines there are, and that each of them lives.
//!
//! It is the only one that starts machines. A machine that ends, however it ends, is started again from its factory: at once the
//! first time, then after a growing pause; too often within a while, and it is parked as failed until an operator restarts it. A
//! machine that makes no progress is abandoned with its thread and replaced like a dead one.

mod addressing;
mod changes;
pub mod directory;
mod supervision;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

use crate::archive::{ArchiveError, LastRun};
use crate::driver::DriverFactory;
use crate::logic::addresses::Clash;
use crate::logic::gate;
use crate::machine::{Exited, Surroundings};
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::event::EventBody;
use crate::model::ids::{MachineId, Seq};
use crate::model::spec::MachineSpec;
use crate::runtime::bus::Bus;
use crate::runtime::clock::MachineClock;
use crate::runtime::drive::{Entry, Link};
use crate::slot::MachineHandle;
pub use changes::{Add, Adopt, Force, Remove, Replace, Restart};
use directory::Directory;
use supervision::Supervised;

/// How often the watchdog looks at every machine's pulse.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// When a machine is restarted, and when it is parked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// More restarts than this within `within_ms` park it.
    pub max_restarts: u32,
    /// Unit: ms.
    pub within_ms: u64,
    /// First pause before a restart. Unit: ms.
    pub backoff_min_ms: u64,
    /// Longest pause. Unit: ms.
    pub backoff_max_ms: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { max_restarts: 5, within_ms: 60_000, backoff_min_ms: 100, backoff_max_ms: 500 }
    }
}

/// A machine to be run.
#[derive(Clone)]
pub struct Definition {
    /// What it is.
    pub spec: Arc<MachineSpec>,
    /// Makes its driver.
    pub driver: DriverFactory,
    /// Its configuration as it was given; kept as it is.
    pub document: Arc<str>,
}

/// Where a machine's truth begins.
pub enum Origin {
    /// Nobody had it before.
    New,
    /// An earlier run of the daemon had it; nothing of a session is left to go on with.
    Known,
    /// A session was cut by the daemon's death and goes on: its bus is rebuilt.
    Resumed(Arc<Bus>),
}

/// Why the registry says no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    /// The id is taken.
    #[error("a machine `{0}` exists already: choose another id or change that one")]
    Exists(MachineId),
    /// There is no such machine.
    #[error("there is no machine `{0}`")]
    NotFound(MachineId),
    /// A roast is being recorded.
    #[error("`{0}` is recording: stop the recording first")]
    Recording(MachineId),
    /// Another change of it has not ended.
    #[error("`{0}` is just being changed by somebody else: look at it and try again")]
    Busy(MachineId),
    /// Another machine's channel has the tag.
    #[error("the tag `{tag}` is taken by a channel of machine `{owner}`: use another")]
    Tag {
        /// The tag.
        tag: String,
        /// Whose it is.
        owner: MachineId,
    },
    /// Numbers that were asked for are other channels'.
    #[error("{}", .0.iter().map(Clash::to_string).collect::<Vec<_>>().join("; "))]
    Numbers(Vec<Clash>),
    /// The change is not on disk.
    #[error("the machine's configuration could not be saved: {0}")]
    Storage(Arc<ArchiveError>),
    /// No thread could be had.
    #[error("no thread could be started for `{0}`: {1}")]
    NoThread(MachineId, String),
}

/// The actor.
pub struct Registry {
    machines: BTreeMap<MachineId, Supervised>,
    /// Machines whose definition is being changed, with the tags that they will have.
    changing: BTreeMap<MachineId, Vec<String>>,
    house: Surroundings,
    policy: Policy,
    first_seq: Seq,
    last_run: LastRun,
    exits: mpsc::Sender<Exited>,
    exited: Option<mpsc::Receiver<Exited>>,
    roster: watch::Sender<Roster>,
    directory: watch::Sender<Arc<Directory>>,
}

/// All machines in order of id, as they are at one moment.
pub type Roster = Arc<[MachineHandle]>;

impl Registry {
    /// A registry without machines. The bus of each machine that is added begins at `first_seq`; those that
    /// `last_run` left open are brought to safety first; `roster` and `directory` always hold those there are and their channels.
    pub fn new(
        house: Surroundings,
        policy: Policy,
        first_seq: Seq,
        last_run: LastRun,
        roster: watch::Sender<Roster>,
        directory: watch::Sender<Arc<Directory>>,
    ) -> Self {
        const EXITS_WAITING_MAX: usize = 1024;
        let (exits, exited) = mpsc::channel(EXITS_WAITING_MAX);
        Self {
            machines: BTreeMap::new(),
            changing: BTreeMap::new(),
            house,
            policy,
            first_seq,
            last_run,
            exits,
            exited: Some(exited),
            roster,
            directory,
        }
    }

    fn publish_roster(&self) {
        self.roster.send_replace(self.machines.values().map(|machine| machine.handle().clone()).collect());
        self.publish_directory();
    }

    fn publish_directory(&self) {
        self.directory.send_replace(Arc::new(Directory::new(self.machines.values().map(Supervised::handle))));
    }

    fn insert(
        &mut self,
        definition: Definition,
        origin: Origin,
        ctx: &mut Context<Self>,
    ) -> Result<MachineHandle, RegistryError> {
        let spec = definition.spec.clone();
        let id = spec.id.clone();
        let fresh = |seq| {
            let clock = MachineClock::new(spec.clock_speed);
            Arc::new(Bus::new(id.clone(), spec.channels.clone(), clock, seq))
        };
        let was_cut = !matches!(origin, Origin::New) && self.last_run == LastRun::Cut;
        let wanted = if spec.autoconnect { Link::Wanted } else { Link::Unwanted };
        let (bus, entry, link) = match origin {
            Origin::New => (fresh(self.first_seq), Entry::Clean, wanted),
            Origin::Known if self.last_run.left_open(&id) => (fresh(self.first_seq), Entry::SafeFirst, wanted),
            Origin::Known => (fresh(self.first_seq), Entry::Clean, wanted),
            Origin::Resumed(bus) => {
                if bus.look(|snapshot| *snapshot.channels != *spec.channels) {
                    bus.publish(EventBody::Channels(spec.channels.clone()));
                }
                (bus, Entry::SafeFirst, Link::Wanted)
            }
        };
        let handle = MachineHandle::new(spec, definition.document.clone(), bus, &self.house);
        let supervised = Supervised::new(handle.clone(), definition.driver, link, self.policy)
            .map_err(|error| RegistryError::NoThread(id.clone(), error.to_string()))?;
        if was_cut && !gate::heat_channels(&handle.spec()).is_empty() {
            let words = "The daemon ended without bringing the outputs to safety: heat was switched off and latched";
            handle.alarms().flash(BuiltIn::UncleanRestart, Cry::warning(words));
        }
        self.machines.insert(id.clone(), supervised);
        self.publish_roster();
        for (built_in, cry) in self.house.conditions.all() {
            handle.alarms().raise(built_in, cry);
        }
        self.start_machine(&id, entry, ctx);
        Ok(handle)
    }
}

impl Actor for Registry {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if let Some(exited) = self.exited.take() {
            ctx.add_stream(ReceiverStream::new(exited));
        }
        ctx.run_interval(WATCH_EVERY, Self::watch);
    }
}
