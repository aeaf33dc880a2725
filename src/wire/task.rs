//! A long job as everybody is told of it.

use hearth_actors::model::task::{Company, Manner, Task};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::rfc3339;
use super::words::TaskStatus;

/// A long job of the daemon, without what it was asked with.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TaskState {
    /// Unique for ever.
    pub id: String,
    /// Name of the job.
    pub name: String,
    /// The same, as clients of the OpenScan protocol look for it.
    pub task_type: String,
    /// Whether it runs beside no other.
    pub is_exclusive: bool,
    /// Whether it keeps a thread busy; it cannot be paused then.
    pub is_blocking: bool,
    /// Where it stands.
    pub status: TaskStatus,
    /// How far it is.
    pub progress: TaskProgress,
    /// What came of it.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub result: Option<Value>,
    /// Why it did not complete.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Option<String>,
    /// When its job began.
    pub started_at: Option<String>,
    /// When its job ended.
    pub completed_at: Option<String>,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TaskProgress {
    /// Steps done.
    #[cfg_attr(test, ts(type = "number"))]
    pub current: u64,
    /// Steps in all; 0 while nobody knows.
    #[cfg_attr(test, ts(type = "number"))]
    pub total: u64,
    /// What it is at.
    pub message: String,
}

impl From<&Task> for TaskState {
    fn from(task: &Task) -> Self {
        let at = |at: Option<_>| at.and_then(rfc3339);
        Self {
            id: task.id.to_string(),
            name: task.name.to_string(),
            task_type: task.name.to_string(),
            is_exclusive: task.company == Company::Alone,
            is_blocking: task.manner == Manner::Blocking,
            status: task.status.into(),
            progress: TaskProgress {
                current: task.progress.current,
                total: task.progress.total,
                message: task.progress.message.clone(),
            },
            result: task.result.as_deref().map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into())),
            error: task.error.clone(),
            created_at: rfc3339(task.created_at),
            started_at: at(task.started_at),
            completed_at: at(task.completed_at),
        }
    }
}
