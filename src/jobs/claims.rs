//! Claims: one machine is steered by one job at a time.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hearth_actors::model::ids::MachineId;
use hearth_actors::model::task::TaskId;
use hearth_actors::tasks::job::JobError;

/// Which machines are steered by a job.
#[derive(Debug, Default)]
pub struct Claims(Mutex<BTreeMap<MachineId, TaskId>>);

/// A machine that no other job may steer while this lives.
pub(super) struct Claim<'a> {
    claims: &'a Claims,
    machine: &'a MachineId,
}

impl Claims {
    /// Claims a machine for a task.
    ///
    /// # Errors
    /// When another one has it.
    pub(super) fn claim<'a>(&'a self, machine: &'a MachineId, task: TaskId) -> Result<Claim<'a>, JobError> {
        let mut claimed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = claimed.get(machine) {
            let why = format!("task {other} works with `{machine}`: cancel that one, or wait for its end");
            return Err(JobError::Failed(why));
        }
        claimed.insert(machine.clone(), task);
        Ok(Claim { claims: self, machine })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.claims.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.machine);
    }
}
