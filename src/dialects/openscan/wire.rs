//! Frames of the OpenScan dialect.

use std::collections::BTreeMap;

use hearth_actors::dialect::Frame;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::wire::task::TaskState;

/// What the daemon sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum ServerFrame {
    /// A task is new or changed.
    #[serde(rename = "task.update")]
    TaskUpdate {
        /// The whole of it, without its arguments.
        task: TaskState,
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

/// The job that clients of this dialect know by a name of their own, as the daemon calls it and as they do.
const SCAN: (&str, &str) = ("scan", "scan_task");

/// The job that a client means.
pub fn job(named: &str) -> &str {
    if named == SCAN.1 { SCAN.0 } else { named }
}

/// Whether a job of the daemon is a scan.
pub fn is_scan(job: &str) -> bool {
    job == SCAN.0
}

/// What clients of this dialect call a job.
pub fn known_as(job: &str) -> &str {
    if job == SCAN.0 { SCAN.1 } else { job }
}

/// A task under the name that clients of this dialect know.
pub fn known(task: TaskState) -> TaskState {
    let name = known_as(&task.name).to_owned();
    TaskState { task_type: name.clone(), name, ..task }
}

/// A frame as text.
pub fn text(frame: &ServerFrame) -> Frame {
    serde_json::to_string(frame).unwrap_or_default().into()
}
