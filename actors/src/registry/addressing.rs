//! That nothing in the house has the tag or the number of something else.

use std::sync::Arc;

use super::{Definition, Registry, RegistryError};
use crate::archive::{Archive, ArchiveError};
use crate::logic::addresses::{Answer, Request};
use crate::model::ids::EndpointId;
use crate::model::spec::MachineSpec;

impl From<ArchiveError> for RegistryError {
    fn from(error: ArchiveError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

impl Definition {
    /// The same machine with these numbers for its channels, in order.
    pub fn numbered(self, numbers: &[EndpointId]) -> Self {
        let channels = Arc::new(self.spec.channels.numbered(numbers));
        Self { spec: Arc::new(MachineSpec { channels, ..MachineSpec::clone(&self.spec) }), ..self }
    }
}

impl Registry {
    /// No other machine that is there, or is just coming or changing, has one of this one's tags.
    pub(super) fn tags_must_be_free(&self, spec: &MachineSpec) -> Result<(), RegistryError> {
        let directory = self.directory.borrow();
        for tag in tags(spec) {
            let there = directory.tagged(&tag).map(|place| place.machine.id()).filter(|owner| **owner != spec.id);
            let coming = || self.changing.iter().find(|(id, tags)| **id != spec.id && tags.contains(&tag));
            if let Some(owner) = there.or_else(|| coming().map(|(id, _)| id)).cloned() {
                return Err(RegistryError::Tag { tag, owner });
            }
        }
        Ok(())
    }
}

/// The tags of a machine's channels.
pub(super) fn tags(spec: &MachineSpec) -> Vec<String> {
    spec.channels.iter().map(|(_, channel)| channel.tag.clone()).collect()
}

/// Gives a machine its numbers and keeps its document. If that fails, the numbers are those of `before` again.
pub(super) fn save(
    archive: &dyn Archive,
    definition: Definition,
    before: Option<&MachineSpec>,
) -> Result<Definition, RegistryError> {
    let request = Request::of(&definition.spec);
    let answers = archive.assign(std::slice::from_ref(&request))?;
    let numbers = answers.into_iter().next().unwrap_or(Answer::Ok(Vec::new())).map_err(RegistryError::Numbers)?;
    if let Err(error) = archive.put_machine(&request.machine, &definition.document) {
        let back = before.map(|before| archive.assign(&[Request::of(before)]));
        if let Some(Err(error)) = back {
            tracing::error!(machine = %request.machine, %error, "endpoint ids of a change that was not saved stay changed");
        }
        return Err(error.into());
    }
    Ok(definition.numbered(&numbers))
}
