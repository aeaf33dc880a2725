//! The long jobs that one principal sees: those that work for a machine of its scope. What works for no machine is the house's.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::logic::tasks::TaskRefusal;
use crate::model::command::Scope;
use crate::model::task::{Task, TaskEvent, TaskId};
use crate::tasks::{NewTask, TaskError, Tasks};

/// The way to the tasks. Cheap to clone.
#[derive(Clone)]
pub struct SeenTasks {
    tasks: Tasks,
    scope: Scope,
}

/// What happens to tasks from here on.
pub struct SeenTaskEvents {
    events: broadcast::Receiver<Arc<TaskEvent>>,
    scope: Scope,
}

impl SeenTasks {
    pub(super) fn new(tasks: Tasks, scope: Scope) -> Self {
        Self { tasks, scope }
    }

    /// Asks for a task: [`Tasks::submit`].
    ///
    /// # Errors
    /// [`TaskError::OutOfReach`] when it works for no machine that is seen; else as there.
    pub async fn submit(&self, new: NewTask) -> Result<Arc<Task>, TaskError> {
        let is_seen = new.machine.as_ref().map_or(self.scope == Scope::All, |machine| self.scope.includes(machine));
        if is_seen { self.tasks.submit(new).await } else { Err(TaskError::OutOfReach) }
    }

    /// Lets a task stand still: [`Tasks::pause`].
    ///
    /// # Errors
    /// As there.
    pub async fn pause(&self, id: TaskId) -> Result<Arc<Task>, TaskError> {
        self.must_see(id)?;
        self.tasks.pause(id).await
    }

    /// Lets a task go on: [`Tasks::resume`].
    ///
    /// # Errors
    /// As there.
    pub async fn resume(&self, id: TaskId) -> Result<Arc<Task>, TaskError> {
        self.must_see(id)?;
        self.tasks.resume(id).await
    }

    /// Cancels a task: [`Tasks::cancel`].
    ///
    /// # Errors
    /// As there.
    pub async fn cancel(&self, id: TaskId) -> Result<Arc<Task>, TaskError> {
        self.must_see(id)?;
        self.tasks.cancel(id).await
    }

    /// Takes a finished task off the list: [`Tasks::clean_up`].
    ///
    /// # Errors
    /// As there.
    pub async fn clean_up(&self, id: TaskId) -> Result<(), TaskError> {
        self.must_see(id)?;
        self.tasks.clean_up(id).await
    }

    /// The tasks as told last, in the order in which they were asked for.
    pub fn list(&self) -> Vec<Arc<Task>> {
        let mut tasks = self.tasks.list();
        tasks.retain(|task| is_seen(task, &self.scope));
        tasks
    }

    /// A task as told last.
    pub fn find(&self, id: TaskId) -> Option<Arc<Task>> {
        self.tasks.find(id).filter(|task| is_seen(task, &self.scope))
    }

    /// What happens to tasks from here on.
    pub fn events(&self) -> SeenTaskEvents {
        SeenTaskEvents { events: self.tasks.attach().events, scope: self.scope.clone() }
    }

    fn must_see(&self, id: TaskId) -> Result<(), TaskError> {
        match self.scope {
            Scope::All => Ok(()),
            Scope::Only(_) => self.find(id).map(drop).ok_or(TaskError::Refused(TaskRefusal::Unknown(id))),
        }
    }
}

impl SeenTaskEvents {
    /// The next one.
    ///
    /// # Errors
    /// When some were missed, or the daemon has ended.
    pub async fn next(&mut self) -> Result<Arc<TaskEvent>, RecvError> {
        loop {
            let event = self.events.recv().await?;
            let (TaskEvent::Changed(task) | TaskEvent::Removed(task)) = &*event;
            if is_seen(task, &self.scope) {
                return Ok(event);
            }
        }
    }
}

fn is_seen(task: &Task, scope: &Scope) -> bool {
    task.machine.as_ref().map_or(*scope == Scope::All, |machine| scope.includes(machine))
}
