//! A machine as a scanner's clients see it, and what of it changed.

use std::collections::{BTreeMap, BTreeSet};

use hearth_actors::model::channel::{Channel, ControlShape, ControlSpec};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::session::SessionState;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::spec::MachineKind;
use hearth_actors::model::units::Fraction;
use serde_json::Value;

use super::wire::{CameraView, ControlView, DeviceView, LightView, MotorView, SensorView, Settings};

/// What people call a machine, and its kind, as they are now: both may be changed.
pub type Look = Box<dyn Fn() -> (String, MachineKind) + Send>;

/// What one client was told of a machine.
pub struct Device {
    look: Look,
    snapshot: Option<Snapshot>,
    told: Value,
}

/// A frame to be.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// The machine.
    pub device: Value,
    /// Dotted paths that differ; nothing where the whole is new.
    pub changed: Option<Vec<String>>,
}

/// Where a channel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What turns.
    Motors,
    /// What shines.
    Lights,
    /// What takes pictures.
    Cameras,
    /// What else is read.
    Sensors,
    /// What else is set.
    Controls,
}

impl Group {
    /// The group of a channel: the one it is configured with, where this dialect has it and the channel can be in it.
    pub fn of(channel: &Channel) -> Self {
        match (channel.group.as_str(), channel.control()) {
            ("cameras", _) => Self::Cameras,
            ("motors", Some(_)) => Self::Motors,
            ("lights", Some(_)) => Self::Lights,
            (_, Some(_)) => Self::Controls,
            (_, None) => Self::Sensors,
        }
    }
}

impl Device {
    /// A machine of which nothing was told.
    pub fn new(look: Look) -> Self {
        Self { look, snapshot: None, told: Value::Null }
    }

    /// Starts from here.
    pub fn begin(&mut self, machine: &Snapshot) {
        self.told = self.picture(machine);
        self.snapshot = Some(machine.clone());
    }

    /// Folds an event in; what is to be told of it, if anything changed.
    pub fn fold(&mut self, event: &Event) -> Option<Told> {
        let mut snapshot = self.snapshot.take()?;
        let before = snapshot.connection.state;
        snapshot.apply(event);
        let connected = before != DriverState::Connected && snapshot.connection.state == DriverState::Connected;
        let anew = connected || matches!(event.body, EventBody::Channels(_));
        let device = self.picture(&snapshot);
        self.snapshot = Some(snapshot);
        let mut paths = Vec::new();
        differences("", &self.told, &device, &mut paths);
        if paths.is_empty() && !anew {
            return None;
        }
        self.told.clone_from(&device);
        Some(Told { device, changed: (!anew).then_some(paths) })
    }

    fn picture(&self, machine: &Snapshot) -> Value {
        let (name, kind) = (self.look)();
        serde_json::to_value(view(&name, kind, machine)).unwrap_or_default()
    }
}

/// A machine as it is.
pub fn view(name: &str, kind: MachineKind, machine: &Snapshot) -> DeviceView {
    let mut view = DeviceView {
        name: name.to_owned(),
        model: model(kind),
        shield: machine.connection.driver_name.clone(),
        initialized: machine.connection.state == DriverState::Connected,
        idle: machine.state == SessionState::Idle && machine.under_way.is_empty(),
        cameras: BTreeMap::new(),
        motors: BTreeMap::new(),
        lights: BTreeMap::new(),
        sensors: BTreeMap::new(),
        controls: BTreeMap::new(),
        triggers: BTreeMap::new(),
        motors_timeout: None,
        scan_radius_mm: None,
        startup_mode: None,
        calibrate_mode: None,
    };
    for (index, channel) in machine.channels.iter() {
        place(&mut view, machine, index, channel);
    }
    view
}

fn place(view: &mut DeviceView, machine: &Snapshot, index: usize, channel: &Channel) {
    let (id, name) = (channel.id.to_string(), channel.label.clone());
    let busy = machine.under_way.contains_key(&index);
    let Some(control) = channel.control() else {
        if Group::of(channel) == Group::Cameras {
            view.cameras.insert(id, CameraView { name, busy, settings: None });
        } else {
            let value = machine.last_reading.as_ref().and_then(|(_, reading)| reading.value(index));
            let value = value.map(|value| plain(channel.unit.outward(value)));
            view.sensors.insert(id, SensorView { name, value, unit: channel.unit.to_string() });
        }
        return;
    };
    let native = |fraction: Fraction| plain(control.to_native(fraction));
    let applied = machine.applied.get(&index).copied();
    let value = applied.map(native);
    let settings = settings(control);
    match Group::of(channel) {
        Group::Motors => {
            let target_angle = machine.under_way.get(&index).map(|order| native(order.value)).or(value);
            view.motors.insert(id, MotorView { name, busy, angle: value, target_angle, settings });
        }
        Group::Lights => {
            let is_on = applied.map(|fraction| is_on(control, fraction));
            view.lights.insert(id, LightView { name, is_on, value, settings });
        }
        Group::Cameras => {
            view.cameras.insert(id, CameraView { name, busy, settings: Some(settings) });
        }
        Group::Sensors | Group::Controls => {
            view.controls.insert(id, ControlView { name, busy, value, settings });
        }
    }
}

fn settings(control: &ControlSpec) -> Settings {
    Settings { min: control.min, max: control.max, step: control.step }
}

fn is_on(control: &ControlSpec, fraction: Fraction) -> bool {
    match control.shape {
        ControlShape::Toggle { .. } => fraction.get() >= 0.5,
        ControlShape::Slider => fraction.get() > 0.0,
    }
}

fn model(kind: MachineKind) -> &'static str {
    match kind {
        MachineKind::Roaster => "roaster",
        MachineKind::Kettle => "kettle",
        MachineKind::Panel => "panel",
        MachineKind::Rig => "rig",
        MachineKind::Scanner => "scanner",
    }
}

/// A number without the dust of its conversion.
fn plain(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Every path at which two values differ, down to the smallest part.
fn differences(path: &str, a: &Value, b: &Value, out: &mut Vec<String>) {
    let (Value::Object(before), Value::Object(after)) = (a, b) else {
        if a != b {
            out.push(path.to_owned());
        }
        return;
    };
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        differences(&path, before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null), out);
    }
}
