//! The arguments of a job, by position or by keyword.

use std::time::Duration;

use hearth_actors::model::command::Principal;
use hearth_actors::model::ids::MachineId;
use hearth_actors::slot::MachineHandle;
use hearth_actors::system::House;
use serde_json::{Map, Value};

use super::machine_id;
use crate::config::faults::Faults;
use crate::wire::fields::{FieldFault, Fields, list, number, shown, text, whole};

/// Who asks for a job, and for which machine, as its body says outside of the arguments.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// Who asks.
    pub(super) asker: Principal,
    /// The machine that the task works for.
    pub(super) machine: Option<MachineId>,
}

/// What a job was called with. Its parameters are read in their order.
pub(super) struct Call<'a> {
    args: Vec<Value>,
    kwargs: Map<String, Value>,
    known: Vec<&'static str>,
    origin: Origin,
    faults: &'a mut Faults,
}

/// What a job was called with, once it has read that.
pub(super) struct Called {
    pub(super) args: Vec<Value>,
    pub(super) kwargs: Map<String, Value>,
    pub(super) machine: Option<MachineId>,
}

impl<'a> Call<'a> {
    /// Takes `args` and `kwargs` of a body; absent ones are empty.
    pub(super) fn read(fields: &Fields<'_>, origin: Origin, faults: &'a mut Faults) -> Self {
        let mut note = |fault: FieldFault| faults.add(fault.pointer, fault.detail);
        let args = fields.may("args", list).map_err(&mut note).ok().flatten().cloned().unwrap_or_default();
        let kwargs = fields.may("kwargs", object).map_err(&mut note).ok().flatten().cloned().unwrap_or_default();
        Self { args, kwargs, known: Vec::new(), origin, faults }
    }

    /// How many steps to take.
    pub(super) fn steps(&mut self, name: &'static str, usual: u64) -> u64 {
        const STEPS_MAX: u64 = 100_000;
        self.take(name, whole(1..=STEPS_MAX)).unwrap_or(usual)
    }

    /// How long to take. Unit: s.
    pub(super) fn seconds(&mut self, name: &'static str, usual: f64) -> Duration {
        const SECONDS_MAX: f64 = 86_400.0;
        Duration::from_secs_f64(self.take(name, number(0.0..=SECONDS_MAX)).unwrap_or(usual))
    }

    /// Words.
    pub(super) fn words(&mut self, name: &'static str, max: usize) -> Option<String> {
        self.take(name, |value| text(max)(value).map(str::to_owned))
    }

    /// Who asks.
    pub(super) fn asker(&self) -> Principal {
        self.origin.asker.clone()
    }

    /// Which machine to work with, in the arguments or beside them; the task counts as that machine's.
    pub(super) fn machine(&mut self, house: &House) -> Option<MachineHandle> {
        const NAME: &str = "machine_id";
        let (pointer, id) = match self.found(NAME) {
            Some((pointer, value)) => match machine_id(&value) {
                Ok(id) => (pointer, id),
                Err(detail) => {
                    self.faults.add(pointer, detail);
                    return None;
                }
            },
            None => match self.origin.machine.clone() {
                Some(id) => (format!("/{NAME}"), id),
                None => {
                    self.missing(NAME, "the id of a machine");
                    return None;
                }
            },
        };
        let machine = house.seen_by(&self.origin.asker.scope).find(&id);
        if machine.is_none() {
            self.faults.add(pointer, format!("is `{id}`: there is no such machine"));
        }
        self.origin.machine = Some(id);
        machine
    }

    /// A parameter with parts: `read` gets where it stands and notes every fault of it.
    pub(super) fn document<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value, &str, &mut Faults) -> T,
    ) -> Option<T> {
        let (pointer, value) = self.found(name)?;
        Some(read(&value, &pointer, self.faults))
    }

    /// A parameter; `null` counts as absent.
    pub(super) fn take<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        let (pointer, value) = self.found(name)?;
        read(&value).map_err(|detail| self.faults.add(pointer, detail)).ok()
    }

    /// Where the next parameter stands, and what it is.
    fn found(&mut self, name: &'static str) -> Option<(String, Value)> {
        let at = self.known.len();
        self.known.push(name);
        let (by_place, by_name) = (self.args.get(at), self.kwargs.get(name));
        let (pointer, value) = match (by_place, by_name) {
            (Some(_), Some(_)) => {
                self.faults.add(
                    format!("/kwargs/{name}"),
                    format!("is given by position as well, at /args/{at}: give it once"),
                );
                return None;
            }
            (Some(value), None) => (format!("/args/{at}"), value),
            (None, Some(value)) => (format!("/kwargs/{name}"), value),
            (None, None) => return None,
        };
        (!value.is_null()).then(|| (pointer, value.clone()))
    }

    /// A parameter that must be there was not.
    pub(super) fn missing(&mut self, name: &str, needed: &str) {
        let told = [format!("/kwargs/{name}"), format!("/args/{}", self.known.len().saturating_sub(1))];
        if !told.iter().any(|pointer| self.faults.concern(pointer)) {
            self.faults.add(format!("/kwargs/{name}"), format!("is missing: {needed} is needed"));
        }
    }

    /// Tells what was given beyond the parameters; what was given.
    pub(super) fn finish(self) -> Called {
        let takes = match self.known.as_slice() {
            [] => "takes no arguments".to_owned(),
            known => format!("takes {}", known.join(", ")),
        };
        for at in self.known.len()..self.args.len().min(self.known.len() + 10) {
            self.faults.add(format!("/args/{at}"), format!("is one too many: this job {takes}"));
        }
        for name in self.kwargs.keys().filter(|name| !self.known.contains(&name.as_str())).take(10) {
            let pointer = format!("/kwargs/{}", name.replace('~', "~0").replace('/', "~1"));
            self.faults.add(pointer, format!("is unknown: this job {takes}"));
        }
        Called { args: self.args, kwargs: self.kwargs, machine: self.origin.machine }
    }
}

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("is {}: an object is needed", shown(value)))
}
