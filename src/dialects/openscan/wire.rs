//! Frames of the OpenScan dialect.

use std::collections::BTreeMap;

use hearth_actors::dialect::Frame;
use hearth_actors::model::task::{Company, Manner, Task as ModelTask};
use schemars::JsonSchema;
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

/// A machine, its channels by group and id. Values are in each channel's own unit; one that is not known is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DeviceView {
    /// What people call it.
    pub name: String,
    /// Its kind.
    pub model: &'static str,
    /// What its driver calls itself.
    pub shield: String,
    /// Whether it answers.
    pub initialized: bool,
    /// Whether no session runs and no order is under way.
    pub idle: bool,
    /// What takes pictures.
    pub cameras: BTreeMap<String, CameraView>,
    /// What turns.
    pub motors: BTreeMap<String, MotorView>,
    /// What shines.
    pub lights: BTreeMap<String, LightView>,
    /// What else is read.
    pub sensors: BTreeMap<String, SensorView>,
    /// What else is set.
    pub controls: BTreeMap<String, ControlView>,
    /// Always empty: a machine has none.
    pub triggers: BTreeMap<String, Value>,
    /// Always `null`, like the three below: a machine has no such setting.
    pub motors_timeout: Option<f64>,
    /// `null`.
    pub scan_radius_mm: Option<f64>,
    /// `null`.
    pub startup_mode: Option<String>,
    /// `null`.
    pub calibrate_mode: Option<String>,
}

/// A camera.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CameraView {
    /// What people call it.
    pub name: String,
    /// Whether an order to it is under way.
    pub busy: bool,
    /// Its limits, where it can be set.
    pub settings: Option<Settings>,
}

/// A motor.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MotorView {
    /// What people call it.
    pub name: String,
    /// Whether it is on its way.
    pub busy: bool,
    /// Where it is.
    pub angle: Option<f64>,
    /// Where it goes.
    pub target_angle: Option<f64>,
    /// Its limits.
    pub settings: Settings,
}

/// A light.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LightView {
    /// What people call it.
    pub name: String,
    /// Whether it shines.
    pub is_on: Option<bool>,
    /// How it is set.
    pub value: Option<f64>,
    /// Its limits.
    pub settings: Settings,
}

/// A sensor.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SensorView {
    /// What people call it.
    pub name: String,
    /// What it shows.
    pub value: Option<f64>,
    /// In this unit.
    pub unit: String,
}

/// Any other control.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ControlView {
    /// What people call it.
    pub name: String,
    /// Whether an order to it is under way.
    pub busy: bool,
    /// How it is set.
    pub value: Option<f64>,
    /// Its limits.
    pub settings: Settings,
}

/// What a control may be set to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Settings {
    /// Lower end.
    pub min: f64,
    /// Upper end.
    pub max: f64,
    /// Grid counted from `min`; 0 is none.
    pub step: f64,
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
