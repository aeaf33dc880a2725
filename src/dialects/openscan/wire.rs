//! Frames of the OpenScan dialect.

use hearth_actors::dialect::Frame;
use hearth_actors::model::task::{Company, Manner, Task as ModelTask};
use serde::Serialize;
use serde_json::Value;

use crate::wire::rfc3339;
use crate::wire::words::TaskStatus;

/// What the daemon sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum ServerFrame {
    /// A task is new or changed.
    #[serde(rename = "task.update")]
    TaskUpdate {
        /// The whole of it.
        task: Task,
    },
    /// Something of a machine changed.
    #[serde(rename = "device.status")]
    DeviceStatus {
        /// The whole machine.
        device: Value,
        /// Dotted paths that differ from the frame before; nothing where the whole is new.
        changed: Option<Vec<String>>,
        /// Which machine.
        machine_id: String,
        /// Its session, if it was ever started.
        session_id: Option<String>,
        /// Position in the machine's stream.
        seq: u64,
    },
    /// A sign of life.
    #[serde(rename = "ping")]
    Ping,
}

/// A task, without its arguments.
#[derive(Debug, Serialize)]
pub struct Task {
    id: String,
    name: String,
    task_type: String,
    is_exclusive: bool,
    is_blocking: bool,
    status: TaskStatus,
    progress: Progress,
    result: Option<Value>,
    error: Option<String>,
    created_at: Option<String>,
    started_at: Option<String>,
    completed_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct Progress {
    current: u64,
    total: u64,
    message: String,
}

impl From<&ModelTask> for Task {
    fn from(task: &ModelTask) -> Self {
        Self {
            id: task.id.to_string(),
            name: task.name.to_string(),
            task_type: task.name.to_string(),
            is_exclusive: task.company == Company::Alone,
            is_blocking: task.manner == Manner::Blocking,
            status: task.status.into(),
            progress: Progress {
                current: task.progress.current,
                total: task.progress.total,
                message: task.progress.message.clone(),
            },
            result: task.result.as_deref().map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into())),
            error: task.error.clone(),
            created_at: rfc3339(task.created_at),
            started_at: task.started_at.and_then(rfc3339),
            completed_at: task.completed_at.and_then(rfc3339),
        }
    }
}

/// A frame as text.
pub fn text(frame: &ServerFrame) -> Frame {
    serde_json::to_string(frame).unwrap_or_default().into()
}
