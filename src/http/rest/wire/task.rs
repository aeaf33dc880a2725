//! Tasks: long jobs and how far they are.

use hearth_actors::model::task::{Company, Manner, Task};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::wire::rfc3339;
use crate::wire::words::TaskStatus;

/// A long job of the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TaskView {
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
    /// The machine it works for.
    pub machine_id: Option<String>,
    /// What people file it under.
    pub project: Option<String>,
    /// Arguments by position.
    #[cfg_attr(test, ts(type = "unknown[]"))]
    pub run_args: Vec<Value>,
    /// Arguments by keyword.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub run_kwargs: Map<String, Value>,
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

/// What a job is asked to do.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct TaskBody {
    /// Arguments by position.
    #[schemars(default)]
    pub args: Option<Vec<Value>>,
    /// Arguments by keyword.
    #[schemars(default)]
    pub kwargs: Option<Map<String, Value>>,
    /// The machine it works for.
    #[schemars(default)]
    pub machine_id: Option<String>,
    /// What to file it under.
    #[schemars(default)]
    pub project: Option<String>,
}

impl From<&Task> for TaskView {
    fn from(task: &Task) -> Self {
        let arguments: Value = serde_json::from_str(&task.arguments).unwrap_or_default();
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
            machine_id: task.machine.as_ref().map(ToString::to_string),
            project: task.project.as_deref().map(str::to_owned),
            run_args: arguments["args"].as_array().cloned().unwrap_or_default(),
            run_kwargs: arguments["kwargs"].as_object().cloned().unwrap_or_default(),
        }
    }
}
