//! A machine as a scanner's clients see it, and what of it changed.

use std::collections::{BTreeMap, BTreeSet};

use hearth_actors::model::channel::{Channel, ControlShape};
use hearth_actors::model::command::OrderStage;
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::session::SessionState;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::spec::{MachineKind, MachineSpec};
use hearth_actors::model::units::Fraction;
use serde_json::{Map, Value, json};

/// What one client was told of a machine.
#[derive(Debug)]
pub struct Device {
    name: String,
    kind: MachineKind,
    snapshot: Option<Snapshot>,
    /// Orders on their way, and their channels.
    under_way: BTreeMap<CommandId, usize>,
    /// What each control was last ordered to.
    targets: BTreeMap<usize, Fraction>,
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
enum Group {
    Motors,
    Lights,
    Cameras,
    Sensors,
    Controls,
}

/// The group of a channel, by its unit and its name.
fn group(channel: &Channel) -> Group {
    let id = channel.id.as_str();
    match channel.control() {
        None if id.contains("camera") => Group::Cameras,
        None => Group::Sensors,
        Some(_) if channel.unit.to_string() == "°" => Group::Motors,
        Some(_) if id.contains("light") => Group::Lights,
        Some(_) => Group::Controls,
    }
}

impl Device {
    /// A machine of which nothing was told.
    pub fn new(machine: &MachineSpec) -> Self {
        let (name, kind) = (machine.name.clone(), machine.kind);
        Self { name, kind, snapshot: None, under_way: BTreeMap::new(), targets: BTreeMap::new(), told: Value::Null }
    }

    /// Starts from here.
    pub fn begin(&mut self, machine: &Snapshot) {
        self.snapshot = Some(machine.clone());
        self.told = self.picture(machine);
    }

    /// Folds an event in; what is to be told of it, if anything changed.
    pub fn fold(&mut self, event: &Event) -> Option<Told> {
        let mut snapshot = self.snapshot.take()?;
        let before = snapshot.connection.state;
        snapshot.apply(event);
        let connected = before != DriverState::Connected && snapshot.connection.state == DriverState::Connected;
        let anew = connected || matches!(event.body, EventBody::Channels(_));
        if anew {
            self.under_way.clear();
            self.targets.clear();
        }
        self.follow_orders(&event.body);
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

    fn follow_orders(&mut self, body: &EventBody) {
        match body {
            EventBody::Order(step) => match step.stage {
                OrderStage::Queued | OrderStage::Sent => {
                    self.under_way.insert(step.command, step.channel);
                    self.targets.insert(step.channel, step.value);
                }
                OrderStage::Blocked(_) | OrderStage::Superseded => {
                    self.under_way.remove(&step.command);
                }
            },
            EventBody::Settled(settled) => {
                self.under_way.remove(&settled.command);
            }
            _ => {}
        }
    }

    fn picture(&self, machine: &Snapshot) -> Value {
        let mut groups: [Map<String, Value>; 5] = Default::default();
        for (index, channel) in machine.channels.iter() {
            let view = self.channel(machine, index, channel);
            groups[group(channel) as usize].insert(channel.id.to_string(), view);
        }
        let [motors, lights, cameras, sensors, controls] = groups;
        json!({
            "name": self.name,
            "model": model(self.kind),
            "shield": machine.connection.driver_name,
            "initialized": machine.connection.state == DriverState::Connected,
            "idle": machine.state == SessionState::Idle && self.under_way.is_empty(),
            "cameras": cameras,
            "motors": motors,
            "lights": lights,
            "sensors": sensors,
            "controls": controls,
            "triggers": {},
            "motors_timeout": null,
            "scan_radius_mm": null,
            "startup_mode": null,
            "calibrate_mode": null,
        })
    }

    fn channel(&self, machine: &Snapshot, index: usize, channel: &Channel) -> Value {
        let name = &channel.label;
        let busy = self.under_way.values().any(|moving| *moving == index);
        let Some(control) = channel.control() else {
            let value = machine.last_reading.as_ref().and_then(|(_, reading)| reading.value(index));
            let value = value.map(|value| plain(channel.unit.outward(value)));
            return match group(channel) {
                Group::Cameras => json!({ "name": name, "type": "simulated", "busy": busy, "settings": {} }),
                _ => json!({ "name": name, "value": value, "unit": channel.unit.to_string() }),
            };
        };
        let native = |fraction: &Fraction| plain(control.to_native(*fraction));
        let value = machine.applied.get(&index).map(native);
        let settings = json!({ "min": control.min, "max": control.max, "step": control.step });
        match group(channel) {
            Group::Motors => {
                let target = self.targets.get(&index).map(native).or(value);
                json!({ "name": name, "busy": busy, "angle": value, "target_angle": target, "settings": settings })
            }
            Group::Lights => {
                let on = machine.applied.get(&index).map(|fraction| match control.shape {
                    ControlShape::Toggle { .. } => fraction.get() >= 0.5,
                    ControlShape::Slider => fraction.get() > 0.0,
                });
                json!({ "name": name, "is_on": on, "value": value, "settings": settings })
            }
            Group::Cameras | Group::Sensors | Group::Controls => {
                json!({ "name": name, "busy": busy, "value": value, "settings": settings })
            }
        }
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
