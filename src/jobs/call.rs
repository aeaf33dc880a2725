//! The arguments of a job, by position or by keyword.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::faults::Faults;
use crate::wire::fields::{FieldFault, Fields, list, number, shown, text, whole};

/// What a job was called with. Its parameters are read in their order.
pub(super) struct Call<'a> {
    args: Vec<Value>,
    kwargs: Map<String, Value>,
    known: Vec<&'static str>,
    faults: &'a mut Faults,
}

impl<'a> Call<'a> {
    /// Takes `args` and `kwargs` of a body; absent ones are empty.
    pub(super) fn read(fields: &Fields<'_>, faults: &'a mut Faults) -> Self {
        let mut note = |fault: FieldFault| faults.add(fault.pointer, fault.detail);
        let args = fields.may("args", list).map_err(&mut note).ok().flatten().cloned().unwrap_or_default();
        let kwargs = fields.may("kwargs", object).map_err(&mut note).ok().flatten().cloned().unwrap_or_default();
        Self { args, kwargs, known: Vec::new(), faults }
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

    /// A parameter; `null` counts as absent.
    pub(super) fn take<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
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
        if value.is_null() {
            return None;
        }
        read(value).map_err(|detail| self.faults.add(pointer, detail)).ok()
    }

    /// A parameter that must be there was not.
    pub(super) fn missing(&mut self, name: &str, needed: &str) {
        let told = [format!("/kwargs/{name}"), format!("/args/{}", self.known.len().saturating_sub(1))];
        if !told.iter().any(|pointer| self.faults.concern(pointer)) {
            self.faults.add(format!("/kwargs/{name}"), format!("is missing: {needed} is needed"));
        }
    }

    /// Tells what was given beyond the parameters; what was given.
    pub(super) fn finish(self) -> (Vec<Value>, Map<String, Value>) {
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
        (self.args, self.kwargs)
    }
}

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("is {}: an object is needed", shown(value)))
}
