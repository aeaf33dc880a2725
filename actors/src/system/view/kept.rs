//! What is kept on disk of the machines that one principal sees. Synchronous, like the archive behind it.

use std::sync::Arc;

use crate::archive::{Archive, ArchiveError, ProfilePage, ProfileQuery};
use crate::model::command::Scope;
use crate::model::ids::{MachineId, ProgramId, SessionId};
use crate::model::journal::SessionLog;
use crate::model::profile::{Annotation, Profile};

/// Profiles, sessions and programs. Cheap to clone.
#[derive(Clone)]
pub struct Kept {
    archive: Arc<dyn Archive>,
    scope: Scope,
}

impl Kept {
    pub(super) fn new(archive: Arc<dyn Archive>, scope: Scope) -> Self {
        Self { archive, scope }
    }

    /// A journal's events.
    ///
    /// # Errors
    /// When there is no such journal or it cannot be read.
    pub fn session(&self, session: SessionId) -> Result<SessionLog, ArchiveError> {
        let log = self.archive.read(session, None)?;
        self.must_include(&log.header.machine, || format!("the journal of session {session}"))?;
        Ok(log)
    }

    /// One page of profiles.
    ///
    /// # Errors
    /// When the index fails and cannot be rebuilt.
    pub fn profiles(&self, query: ProfileQuery) -> Result<ProfilePage, ArchiveError> {
        self.archive.profiles(&ProfileQuery { scope: self.scope.clone(), ..query })
    }

    /// A profile, whole.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`] when there is none.
    pub fn profile(&self, id: SessionId) -> Result<Profile, ArchiveError> {
        let profile = self.archive.profile(id)?;
        self.must_include(&profile.machine, || no_profile(id))?;
        Ok(profile)
    }

    /// Adds what people say about a profile; durable when this returns.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`] when there is none.
    pub fn annotate(&self, id: SessionId, annotation: Annotation) -> Result<Profile, ArchiveError> {
        self.must_see(id)?;
        self.archive.annotate(id, annotation)
    }

    /// Keeps a whole profile; durable when this returns.
    ///
    /// # Errors
    /// [`ArchiveError::Exists`] when the id is taken; [`ArchiveError::NotFound`] when it is of a machine that is not seen.
    pub fn import(&self, profile: &Profile) -> Result<(), ArchiveError> {
        self.must_include(&profile.machine, || format!("machine {}", profile.machine))?;
        self.archive.import(profile)
    }

    /// Deletes a profile.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`] when there is none.
    pub fn delete(&self, id: SessionId) -> Result<(), ArchiveError> {
        self.must_see(id)?;
        self.archive.delete(id)
    }

    /// The documents of all programs in order of their ids. Which machine a document is for, only who wrote it can tell: `machine`
    /// does. One that is for none is for nobody whose scope is limited.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn programs(
        &self,
        machine: impl Fn(&str) -> Option<MachineId>,
    ) -> Result<Vec<(ProgramId, String)>, ArchiveError> {
        let mut programs = self.archive.programs()?;
        if self.scope != Scope::All {
            programs.retain(|(_, document)| machine(document).is_some_and(|machine| self.scope.includes(&machine)));
        }
        Ok(programs)
    }

    /// Keeps the document of a program for a machine; durable when this returns. `machine` as for [`Kept::programs`].
    ///
    /// # Errors
    /// [`ArchiveError::Exists`] when a program that is not seen has the id.
    pub fn put_program(
        &self,
        id: &ProgramId,
        document: &str,
        machine: impl Fn(&str) -> Option<MachineId>,
    ) -> Result<(), ArchiveError> {
        let is_this = |(known, _): &(ProgramId, String)| known == id;
        if self.scope != Scope::All
            && self.archive.programs()?.iter().any(is_this)
            && !self.programs(machine)?.iter().any(is_this)
        {
            return Err(ArchiveError::Exists(format!("program {id} of another machine")));
        }
        self.archive.put_program(id, document)
    }

    /// Forgets a program. Nothing to do where there is none. `machine` as for [`Kept::programs`].
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn delete_program(
        &self,
        id: &ProgramId,
        machine: impl Fn(&str) -> Option<MachineId>,
    ) -> Result<(), ArchiveError> {
        if self.programs(machine)?.iter().any(|(known, _)| known == id) {
            self.archive.delete_program(id)?;
        }
        Ok(())
    }

    fn must_see(&self, id: SessionId) -> Result<(), ArchiveError> {
        match self.scope {
            Scope::All => Ok(()),
            // Whose it is stands in it.
            Scope::Only(_) => self.profile(id).map(drop),
        }
    }

    fn must_include(&self, machine: &MachineId, what: impl Fn() -> String) -> Result<(), ArchiveError> {
        if self.scope.includes(machine) { Ok(()) } else { Err(ArchiveError::NotFound(what())) }
    }
}

/// As the store says it, so that nobody can tell a profile that is not there from one that is not seen.
fn no_profile(id: SessionId) -> String {
    format!("profile {id}")
}
