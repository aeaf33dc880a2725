//! What one principal sees of the house: the machines of its scope, and what is kept and done for them. Anything else is as if it
//! were not there.

pub mod kept;
pub mod tasks;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;

use super::House;
use crate::client::history::{self, History};
use crate::dialect::SyncRequest;
use crate::model::command::{Command, Scope, Want};
use crate::model::ids::{CommandId, EndpointId, MachineId, Seq};
use crate::registry::Roster;
use crate::registry::directory::Place;
use crate::slot::MachineHandle;
use kept::Kept;
use tasks::SeenTasks;

/// The house as one principal sees it. Cheap to clone.
#[derive(Clone)]
pub struct View {
    house: House,
    scope: Scope,
}

/// The machines that one principal sees, and word of every change of which there are.
#[derive(Clone)]
pub struct SeenRoster {
    roster: watch::Receiver<Roster>,
    scope: Scope,
}

impl View {
    pub(super) fn new(house: House, scope: Scope) -> Self {
        Self { house, scope }
    }

    /// Which machines are seen.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Finds a machine.
    pub fn find(&self, id: &MachineId) -> Option<MachineHandle> {
        self.house.find(id).filter(|_| self.scope.includes(id))
    }

    /// The machines in order of id.
    pub fn machines(&self) -> Roster {
        seen(&self.house.machines(), &self.scope)
    }

    /// The machines, and word of every change of which there are.
    pub fn roster(&self) -> SeenRoster {
        SeenRoster { roster: self.house.roster(), scope: self.scope.clone() }
    }

    /// The channel with this number.
    pub fn endpoint(&self, id: EndpointId) -> Option<Place> {
        self.house.directory().endpoint(id).filter(|place| self.scope.includes(place.machine.id())).cloned()
    }

    /// The channel with this tag.
    pub fn tagged(&self, tag: &str) -> Option<Place> {
        self.house.directory().tagged(tag).filter(|place| self.scope.includes(place.machine.id())).cloned()
    }

    /// Long jobs.
    pub fn tasks(&self) -> SeenTasks {
        SeenTasks::new(self.house.tasks().clone(), self.scope.clone())
    }

    /// What is kept on disk.
    pub fn kept(&self) -> Kept {
        Kept::new(Arc::clone(self.house.archive()), self.scope.clone())
    }

    /// What a client of a machine lacks: [`history::fetch`]. Blocks on the disk.
    pub fn past(&self, machine: &MachineHandle, request: SyncRequest, sent_after: Option<Seq>) -> History {
        history::fetch(machine.bus(), self.house.archive().as_ref(), request, sent_after)
    }

    /// A number for a command.
    pub fn next_command(&self) -> CommandId {
        self.house.surroundings().next_command()
    }

    /// A command that nobody gives but the house itself.
    pub fn order_of_the_house(&self, want: Want) -> Command {
        self.house.surroundings().order_of_the_house(want)
    }

    /// Where the events of this start of the daemon begin.
    pub fn first_seq(&self) -> Seq {
        self.house.first_seq()
    }
}

impl SeenRoster {
    /// The machines in order of id. What changes after this is word of a change.
    pub fn now(&mut self) -> Roster {
        let roster = self.roster.borrow_and_update().clone();
        seen(&roster, &self.scope)
    }

    /// Waits for a change, perhaps of a machine that is not seen.
    ///
    /// # Errors
    /// When the daemon has ended.
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        self.roster.changed().await
    }
}

fn seen(roster: &Roster, scope: &Scope) -> Roster {
    match scope {
        Scope::All => Arc::clone(roster),
        Scope::Only(_) => roster.iter().filter(|machine| scope.includes(machine.id())).cloned().collect(),
    }
}
