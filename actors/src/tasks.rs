//! Tasks: long jobs of the daemon, with progress.
//!
//! ```text
//! Tasks (handle) --order--> manager (actor) --step--> logic::tasks --effects--> disk, then board, jobs
//!                              ^                                                        |
//!                              +------------ progress and ends, a bounded queue --------+
//! ```
//! The book of tasks, the board and the jobs at work stand outside the manager: one that crashes is followed by a fresh one that
//! takes up all three. Jobs run on the manager's thread or, where they block, on one of their own, never among the machines.

mod at_work;
mod board;
pub mod job;
mod manager;

use std::sync::Arc;
use std::time::Duration;

use actix_rt::ArbiterHandle;

use crate::archive::{Archive, ArchiveError};
use crate::logic::tasks::{Input, TaskRefusal};
use crate::model::ids::MachineId;
use crate::model::task::{Company, Progress, Task, TaskId, TaskStatus};
use crate::runtime::clock::{new_task_id, wall_now};
use at_work::Shared;
pub use board::TaskAttachment;
use job::Work;
use manager::Order;

/// How long somebody who asks waits for the manager; disks can be slow.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
/// How long jobs may take to end when the daemon stops.
const STOP_DEADLINE: Duration = Duration::from_secs(2);

/// A task to be.
pub struct NewTask {
    /// Name of the job.
    pub name: Arc<str>,
    /// Beside which others it may run.
    pub company: Company,
    /// The machine it works for, if any.
    pub machine: Option<MachineId>,
    /// What people file it under.
    pub project: Option<Arc<str>>,
    /// What it is asked to do, in the words of the edge; kept as it is.
    pub arguments: Arc<str>,
    /// What is to be done.
    pub work: Work,
}

/// Why something was not done with a task.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// It cannot be.
    #[error(transparent)]
    Refused(#[from] TaskRefusal),
    /// It could not be saved, so it was not taken.
    #[error("the task could not be saved and was not taken: {0}")]
    Storage(#[source] ArchiveError),
    /// It works for no machine that who asks may see.
    #[error("your access is limited to some machines: say with `machine_id` for which of them the task works")]
    OutOfReach,
    /// Nobody answers.
    #[error("the task manager does not answer: try again in a moment, and look at the log")]
    NoAnswer,
}

/// Everybody's way to the tasks. Cheap to clone.
#[derive(Clone)]
pub struct Tasks {
    shared: Arc<Shared>,
}

impl Tasks {
    /// Takes up the tasks on disk and starts the manager on the present thread.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn start(archive: Arc<dyn Archive>) -> Result<Self, ArchiveError> {
        let shared = Shared::restored(archive)?;
        actix::spawn(manager::keep_alive(Arc::clone(&shared)));
        Ok(Self { shared })
    }

    /// The same, with the manager and all jobs that do not block on another thread.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn start_on(thread: &ArbiterHandle, archive: Arc<dyn Archive>) -> Result<Self, ArchiveError> {
        let shared = Shared::restored(archive)?;
        thread.spawn(manager::keep_alive(Arc::clone(&shared)));
        Ok(Self { shared })
    }

    /// Asks for a task; as it is once it was told, often running already. It is on disk when this returns.
    ///
    /// # Errors
    /// When too many are unfinished, the daemon stops, or it could not be saved.
    pub async fn submit(&self, new: NewTask) -> Result<Arc<Task>, TaskError> {
        let NewTask { name, company, machine, project, arguments, work } = new;
        let task = Task {
            id: new_task_id(),
            name,
            company,
            manner: work.manner(),
            machine,
            project,
            number: None,
            arguments,
            status: TaskStatus::Pending,
            progress: Progress::default(),
            result: None,
            error: None,
            created_at: wall_now(),
            started_at: None,
            completed_at: None,
        };
        let id = task.id;
        self.order(Order::Take(Box::new(task), work)).await?;
        self.told(id)
    }

    /// Lets a task stand still at its next step. One that is paused stays so.
    ///
    /// # Errors
    /// When there is none, it does not run, or its job blocks.
    pub async fn pause(&self, id: TaskId) -> Result<Arc<Task>, TaskError> {
        self.order(Order::Step(Input::Pause(id))).await?;
        self.told(id)
    }

    /// Lets a task go on. One that runs stays so.
    ///
    /// # Errors
    /// When there is none, or it is not paused.
    pub async fn resume(&self, id: TaskId) -> Result<Arc<Task>, TaskError> {
        self.order(Order::Step(Input::Resume(id))).await?;
        self.told(id)
    }

    /// Cancels a task. One that is finished stays as it is.
    ///
    /// # Errors
    /// When there is none.
    pub async fn cancel(&self, id: TaskId) -> Result<Arc<Task>, TaskError> {
        self.order(Order::Step(Input::Cancel(id))).await?;
        self.told(id)
    }

    /// Takes a finished task off the list and off the disk.
    ///
    /// # Errors
    /// When there is none, or it has not ended.
    pub async fn clean_up(&self, id: TaskId) -> Result<(), TaskError> {
        self.order(Order::Step(Input::Forget(id))).await
    }

    /// All tasks as told last, in the order in which they were asked for.
    pub fn list(&self) -> Vec<Arc<Task>> {
        self.shared.board.list()
    }

    /// A task as told last.
    pub fn find(&self, id: TaskId) -> Option<Arc<Task>> {
        self.shared.board.find(id)
    }

    /// All tasks, and everything that happens to them from here on.
    pub fn attach(&self) -> TaskAttachment {
        self.shared.board.attach()
    }

    /// Interrupts everything and takes nothing new; returns when all jobs have ended, or after two seconds.
    pub async fn stop(&self) {
        let stopping = async {
            if let Err(error) = self.order(Order::Step(Input::Close)).await {
                tracing::error!(%error, "tasks could not be interrupted in order");
            }
            self.shared.all_ended().await;
        };
        if tokio::time::timeout(STOP_DEADLINE, stopping).await.is_err() {
            tracing::warn!("a job did not end before the stop");
        }
    }

    /// Ends the manager as a fault in it would.
    #[cfg(any(test, feature = "testing"))]
    pub async fn crash(&self) {
        let _ = self.order(Order::Crash).await;
    }

    fn told(&self, id: TaskId) -> Result<Arc<Task>, TaskError> {
        self.find(id).ok_or(TaskError::Refused(TaskRefusal::Unknown(id)))
    }

    async fn order(&self, order: Order) -> Result<(), TaskError> {
        let asking = async {
            let manager = self.shared.manager().await.ok_or(TaskError::NoAnswer)?;
            manager.send(order).await.map_err(|_| TaskError::NoAnswer)?
        };
        tokio::time::timeout(ANSWER_DEADLINE, asking).await.map_err(|_| TaskError::NoAnswer)?
    }
}
