//! Tasks: long jobs and how far they are.

use hearth_actors::model::task::Task;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::wire::task::TaskState;

/// A long job of the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TaskView {
    /// What everybody is told of it.
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub state: TaskState,
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
        Self {
            state: task.into(),
            machine_id: task.machine.as_ref().map(ToString::to_string),
            project: task.project.as_deref().map(str::to_owned),
            run_args: arguments["args"].as_array().cloned().unwrap_or_default(),
            run_kwargs: arguments["kwargs"].as_object().cloned().unwrap_or_default(),
        }
    }
}
