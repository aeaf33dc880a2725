//! Tasks: long jobs of the daemon, and how far they are.
//!
//! ```text
//! pending --> running <--> paused          a final state is never left
//!    |           |           |
//!    |           +-----------+--> completed | error
//!    +-----------+-----------+--> cancelled | interrupted
//! ```

use std::fmt;
use std::sync::Arc;

use super::ids::{MachineId, SessionId};
use super::time::WallMs;

/// A task, unique for ever: a UUID (version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u128);

impl TaskId {
    /// Reads the hyphenated text form.
    pub fn parse(text: &str) -> Option<Self> {
        SessionId::parse(text).map(|SessionId(uuid)| Self(uuid))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SessionId(self.0).fmt(f)
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Waits for its turn.
    Pending,
    /// Works.
    Running,
    /// Stands still until it is resumed.
    Paused,
    /// Did what it should.
    Completed,
    /// Somebody did not want it any more.
    Cancelled,
    /// Failed; `error` says why.
    Error,
    /// The daemon ended before it did.
    Interrupted,
}

impl TaskStatus {
    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::Running | Self::Paused => false,
            Self::Completed | Self::Cancelled | Self::Error | Self::Interrupted => true,
        }
    }
}

/// Beside which others a task may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Company {
    /// Beside others that do not want to be alone.
    Shared,
    /// Beside none.
    Alone,
}

/// How a task works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// Waits for something most of the time; can be paused.
    Waiting,
    /// Keeps a thread of its own busy; cannot be paused.
    Blocking,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Steps done.
    pub current: u64,
    /// Steps in all; 0 while nobody knows.
    pub total: u64,
    /// What it is at, in plain words.
    pub message: String,
}

/// A long job of the daemon.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Name of the job.
    pub name: Arc<str>,
    /// Beside which others it may run.
    pub company: Company,
    /// How it works.
    pub manner: Manner,
    /// The machine it works for, if any.
    pub machine: Option<MachineId>,
    /// What people file it under.
    pub project: Option<Arc<str>>,
    /// Its number among the tasks of its name in its project, from 1, as long as it is remembered; `None` without a project.
    pub number: Option<u32>,
    /// What it was asked to do, in the words of the edge that took it; kept as it is.
    pub arguments: Arc<str>,
    /// Where it stands.
    pub status: TaskStatus,
    /// How far it is.
    pub progress: Progress,
    /// What came of it, in the words of the job; kept as it is.
    pub result: Option<Arc<str>>,
    /// Why it did not complete.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: WallMs,
    /// When its job began.
    pub started_at: Option<WallMs>,
    /// When it ended: its job as well, not only its status. `None` where nobody saw it.
    pub completed_at: Option<WallMs>,
}

/// What happened to a task.
#[derive(Debug, Clone)]
pub enum TaskEvent {
    /// It is new or changed; the whole of it as it is now.
    Changed(Arc<Task>),
    /// It was cleaned up; as it was.
    Removed(Arc<Task>),
}
