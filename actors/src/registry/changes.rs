//! What the registry is asked for: to run, add, change, remove and restart a machine. On disk first, then alive.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;

use super::addressing;
use super::supervision::Supervised;
use super::{Definition, Origin, Registry, RegistryError};
use crate::archive::{Archive, ArchiveError};
use crate::model::command::Want;
use crate::model::connection::DriverState;
use crate::model::event::EventBody;
use crate::model::ids::MachineId;
use crate::model::session::SessionState;
use crate::runtime::bus::Bus;
use crate::runtime::drive::{Entry, Link};
use crate::runtime::journal::JournalHandle;
use crate::slot::MachineHandle;

/// How long a machine that goes away may take to bring its outputs to safety.
const PARTING_DEADLINE: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parting {
    Needed,
    Needless,
}

/// How a machine parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parted {
    /// Its outputs are safe, or it had none to bring to safety.
    InOrder,
    /// Nobody knows.
    Unconfirmed,
}

/// Runs a machine whose configuration is on disk already, and whose channels have their numbers (at start).
pub struct Adopt {
    /// The machine.
    pub definition: Definition,
    /// The bus of a session that goes on.
    pub resumed: Option<Arc<Bus>>,
}

impl Message for Adopt {
    type Result = Result<MachineHandle, RegistryError>;
}

impl Handler<Adopt> for Registry {
    type Result = Result<MachineHandle, RegistryError>;

    fn handle(&mut self, adopt: Adopt, ctx: &mut Context<Self>) -> Self::Result {
        let id = adopt.definition.spec.id.clone();
        if self.machines.contains_key(&id) {
            return Err(RegistryError::Exists(id));
        }
        self.tags_must_be_free(&adopt.definition.spec)?;
        let origin = adopt.resumed.map_or(Origin::Known, Origin::Resumed);
        self.insert(adopt.definition, origin, ctx)
    }
}

/// Adds a machine: on disk first, then alive.
pub struct Add(pub Definition);

impl Message for Add {
    type Result = Result<MachineHandle, RegistryError>;
}

impl Handler<Add> for Registry {
    type Result = ResponseActFuture<Self, Result<MachineHandle, RegistryError>>;

    fn handle(&mut self, Add(definition): Add, _: &mut Context<Self>) -> Self::Result {
        let id = definition.spec.id.clone();
        if self.machines.contains_key(&id) || self.changing.contains_key(&id) {
            return Box::pin(actix::fut::ready(Err(RegistryError::Exists(id))));
        }
        if let Err(error) = self.tags_must_be_free(&definition.spec) {
            return Box::pin(actix::fut::ready(Err(error)));
        }
        let tags = addressing::tags(&definition.spec);
        let saving = self.on_disk(move |archive| addressing::save(archive, definition, None));
        let addition = saving.map(move |saved, registry, ctx| registry.insert(saved?, Origin::New, ctx));
        self.alone(id, tags, Box::pin(addition))
    }
}

/// Changes a machine: its driver is opened anew only if `reopen` says that its part changed.
pub struct Replace {
    /// The machine as it shall be.
    pub definition: Definition,
    /// Whether anything that the actor holds changed.
    pub reopen: bool,
}

impl Message for Replace {
    type Result = Result<MachineHandle, RegistryError>;
}

impl Handler<Replace> for Registry {
    type Result = ResponseActFuture<Self, Result<MachineHandle, RegistryError>>;

    fn handle(&mut self, Replace { definition, reopen }: Replace, _: &mut Context<Self>) -> Self::Result {
        let id = definition.spec.id.clone();
        let allowed = self
            .must_not_change(&id)
            .and_then(|()| self.must_not_record(&id).map(|_| ()))
            .and_then(|()| self.tags_must_be_free(&definition.spec));
        if let Err(error) = allowed {
            return Box::pin(actix::fut::ready(Err(error)));
        }
        let tags = addressing::tags(&definition.spec);
        let was_linked = self.is_linked(&id);
        let parting = self.parting(&id, if reopen { Parting::Needed } else { Parting::Needless });
        let changing = id.clone();
        // Saved last: a change that is refused on the way leaves the disk as it was.
        let change = parting
            .then(move |parted, registry: &mut Self, _| {
                let saving = match registry.must_not_record(&id) {
                    Ok(machine) => {
                        let before = machine.handle().spec();
                        registry.on_disk(move |archive| addressing::save(archive, definition, Some(&before)))
                    }
                    Err(error) => Box::pin(actix::fut::ready(Err(error))),
                };
                saving.map(move |saved, _, _| (saved, parted, id))
            })
            .map(move |(saved, parted, id), registry, ctx| {
                let handle =
                    registry.machines.get(&id).ok_or_else(|| RegistryError::NotFound(id.clone()))?.handle().clone();
                let definition = match saved {
                    Ok(definition) => definition,
                    Err(error) => {
                        if reopen && was_linked {
                            registry.ask_to_connect(handle);
                        }
                        return Err(error);
                    }
                };
                handle.reconfigure(definition.spec.clone(), definition.document.clone());
                registry.publish_directory();
                if reopen {
                    registry.exchange(&id, definition, parted, ctx);
                }
                Ok(handle)
            });
        self.alone(changing, tags, Box::pin(change))
    }
}

/// Whether a machine may be removed while it records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// The recording is kept as a draft.
    Yes,
    /// Refused while recording.
    No,
}

/// Removes a machine; its profiles stay.
pub struct Remove {
    /// Which.
    pub id: MachineId,
    /// Even while it records.
    pub force: Force,
}

impl Message for Remove {
    type Result = Result<(), RegistryError>;
}

impl Handler<Remove> for Registry {
    type Result = ResponseActFuture<Self, Result<(), RegistryError>>;

    fn handle(&mut self, Remove { id, force }: Remove, _: &mut Context<Self>) -> Self::Result {
        match self.must_not_change(&id).and_then(|()| self.must_not_record(&id).map(|_| ())) {
            Ok(()) => {}
            Err(RegistryError::Recording(_)) if force == Force::Yes => {}
            Err(error) => return Box::pin(actix::fut::ready(Err(error))),
        }
        let forgotten = {
            let id = id.clone();
            self.on_disk(move |archive| Ok(archive.delete_machine(&id)?))
        };
        let changing = id.clone();
        let removal = forgotten
            .then(|forgotten, registry: &mut Self, _| {
                let parting = if forgotten.is_ok() { Parting::Needed } else { Parting::Needless };
                registry.parting(&id, parting).map(move |_, _, _| (forgotten, id))
            })
            .then(move |(forgotten, id), registry: &mut Self, _| {
                let journal = forgotten.as_ref().ok().and_then(|()| registry.take_out(&id));
                // Whoever is told that the machine is gone may ask for its recording at once.
                let sealed = async move {
                    if let Some(journal) = journal
                        && let Err(error) = journal.seal().await
                    {
                        tracing::warn!(%error, "journal of a removed machine not sealed");
                    }
                    forgotten
                };
                sealed.into_actor(registry)
            });
        self.alone(changing, Vec::new(), Box::pin(removal))
    }
}

/// Starts a fresh actor, also for a machine that is parked as failed.
pub struct Restart(pub MachineId);

impl Message for Restart {
    type Result = Result<(), RegistryError>;
}

impl Handler<Restart> for Registry {
    type Result = Result<(), RegistryError>;

    fn handle(&mut self, Restart(id): Restart, ctx: &mut Context<Self>) -> Self::Result {
        self.restart_by_hand(&id, ctx)
    }
}

impl Registry {
    fn must_not_change(&self, id: &MachineId) -> Result<(), RegistryError> {
        if self.changing.contains_key(id) { Err(RegistryError::Busy(id.clone())) } else { Ok(()) }
    }

    fn must_not_record(&self, id: &MachineId) -> Result<&Supervised, RegistryError> {
        let machine = self.machines.get(id).ok_or_else(|| RegistryError::NotFound(id.clone()))?;
        if machine.handle().bus().look(|snapshot| snapshot.state) == SessionState::Recording {
            return Err(RegistryError::Recording(id.clone()));
        }
        Ok(machine)
    }

    /// Does something on disk, off this thread.
    fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Archive) -> Result<T, RegistryError> + Send + 'static,
    ) -> ResponseActFuture<Self, Result<T, RegistryError>> {
        let archive = self.house.archive.clone();
        let working = async move { tokio::task::spawn_blocking(move || work(archive.as_ref())).await };
        Box::pin(working.into_actor(self).map(|worked, _, _| match worked {
            Ok(result) => result,
            Err(panicked) => Err(RegistryError::Storage(Arc::new(ArchiveError::Damaged {
                what: "the machine store".into(),
                why: panicked.to_string(),
            }))),
        }))
    }

    /// Ends a machine and its clients' streams; the journal it leaves is to be sealed.
    fn take_out(&mut self, id: &MachineId) -> Option<JournalHandle> {
        let mut machine = self.machines.remove(id)?;
        self.publish_roster();
        machine.end();
        machine.handle().bus().close();
        // Whoever waits for somebody learns that nobody comes.
        machine.handle().vacate();
        self.house.alarms.keep(id.clone(), Vec::new());
        machine.handle().bus().detach_journal()
    }

    /// Lets a machine bring its outputs to safety and let go of its device, but does not wait for ever.
    fn parting(&self, id: &MachineId, parting: Parting) -> ResponseActFuture<Self, Parted> {
        let handle = self.machines.get(id).map(|machine| machine.handle().clone());
        let house = self.house.clone();
        Box::pin(
            async move {
                let (Some(handle), Parting::Needed) = (handle, parting) else { return Parted::InOrder };
                match tokio::time::timeout(PARTING_DEADLINE, handle.part(&house)).await {
                    Ok(Ok(())) => return Parted::InOrder,
                    Ok(Err(refusal)) => {
                        tracing::warn!(machine = %handle.id(), %refusal, "machine did not part in order")
                    }
                    Err(_) => tracing::warn!(machine = %handle.id(), "machine did not part in time"),
                }
                Parted::Unconfirmed
            }
            .into_actor(self),
        )
    }

    /// Puts a machine with a new configuration in the place of the old one; everybody who watches stays.
    fn exchange(&mut self, id: &MachineId, definition: Definition, parted: Parted, ctx: &mut Context<Self>) {
        let Some(machine) = self.machines.get_mut(id) else { return };
        if let Err(error) = machine.leave_warden() {
            tracing::error!(machine = %id, %error, "no new thread could be started: the one of its warden is used");
        }
        machine.exchange(definition.driver, if definition.spec.autoconnect { Link::Wanted } else { Link::Unwanted });
        machine.handle().bus().publish(EventBody::Channels(definition.spec.channels.clone()));
        // One that parted without a link parted in order, and its outputs are as they were when the link was lost.
        let is_latched = machine.handle().bus().decided().safety.latched.is_some();
        let entry = match parted {
            Parted::InOrder if !is_latched => Entry::Clean,
            Parted::InOrder | Parted::Unconfirmed => Entry::SafeFirst,
        };
        self.start_machine(id, entry, ctx);
    }

    /// Performs a change of one machine's definition; until it ended, no other change of it begins, and nobody else takes these tags.
    fn alone<T: 'static>(
        &mut self,
        id: MachineId,
        tags: Vec<String>,
        change: ResponseActFuture<Self, Result<T, RegistryError>>,
    ) -> ResponseActFuture<Self, Result<T, RegistryError>> {
        self.changing.insert(id.clone(), tags);
        Box::pin(change.map(move |done, registry, _| {
            registry.changing.remove(&id);
            done
        }))
    }

    fn is_linked(&self, id: &MachineId) -> bool {
        let state = self.machines.get(id).map(|machine| machine.handle().bus().decided().connection.state);
        state.is_some_and(|state| state != DriverState::Disconnected)
    }

    fn ask_to_connect(&self, handle: MachineHandle) {
        let command = self.house.order_of_the_house(Want::Connect);
        actix_rt::spawn(async move {
            if let Err(refusal) = handle.command(command).await {
                tracing::warn!(machine = %handle.id(), %refusal, "machine not connected again after a refused change");
            }
        });
    }
}
