//! A program as it is written: its steps as JSON, read against the channels of the machine that it is for.

use hearth_actors::logic::program::{Step, Target, Then, Timeout};
use hearth_actors::model::channel::{Channel, ChannelTable, ControlShape, ControlSpec};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::spec::{Comparison, Condition};
use hearth_actors::system::view::View;
use serde_json::{Map, Value, json};

use super::NAME_CHARS_MAX;
use crate::config::faults::Faults;
use crate::jobs::{ARGUMENTS_BYTES_MAX, machine_id};
use crate::wire::fields::{FieldFault, Fields, list, number, shortened, shown, text, word};

/// Steps of one program.
const STEPS_MAX: usize = 500;
/// Longest time in a step: a week. Unit: s.
const SECONDS_MAX: f64 = 604_800.0;
const MESSAGE_CHARS_MAX: usize = 500;
const CHANNEL_CHARS_MAX: usize = 64;

const MEMBERS: [&str; 3] = ["name", "machine_id", "steps"];
const KINDS: [&str; 5] = ["set", "ramp", "hold", "wait", "ask"];
const RELATIONS: [&str; 5] = ["above", "below", "at_least", "at_most", "equals"];
const THENS: [&str; 3] = ["pause", "next", "fail"];

/// A program as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The machine that it is for.
    pub machine: MachineId,
    /// What it is called.
    pub name: Option<String>,
    /// Its steps, as they were written.
    pub steps: Value,
}

/// Reads a whole program: `{name?, machine_id, steps}`.
///
/// # Errors
/// Every fault of it, also that there is no such machine.
pub fn program(body: &Value, seen: &View) -> Result<Written, Faults> {
    let mut faults = Faults::new();
    let fields = match Fields::of(body, "") {
        Ok(fields) => fields,
        Err(fault) => {
            note(&mut faults, fault);
            return Err(faults);
        }
    };
    for key in body.as_object().into_iter().flat_map(Map::keys).filter(|key| !MEMBERS.contains(&key.as_str())) {
        faults.add(fields.pointer(key), format!("is unknown: a program has {}", MEMBERS.join(", ")));
    }
    let name = fields.may("name", text(NAME_CHARS_MAX)).map_err(|fault| note(&mut faults, fault)).ok().flatten();
    let id = fields.must("machine_id", "the id of a machine", machine_id);
    let id = id.map_err(|fault| note(&mut faults, fault)).ok();
    let machine = id.as_ref().and_then(|id| seen.find(id));
    if let (Some(id), None) = (&id, &machine) {
        faults.add("/machine_id", format!("is `{id}`: there is no such machine"));
    }
    match (fields.raw("steps"), machine) {
        (None, _) => faults.add("/steps", "is missing: a list of steps is needed"),
        (Some(written), Some(machine)) => drop(steps(written, "/steps", &machine.spec().channels, &mut faults)),
        (Some(_), None) => {}
    }
    let bytes = body.to_string().len();
    if bytes > ARGUMENTS_BYTES_MAX {
        faults.add("", format!("takes {bytes} bytes: at most {ARGUMENTS_BYTES_MAX} can be run"));
    }
    let Some(machine) = id else { return Err(faults) };
    let name = name.map(str::to_owned);
    faults.unless_any(Written { machine, name, steps: body["steps"].clone() })
}

impl Written {
    /// The document that is kept: also the keyword arguments of the job.
    pub fn to_json(&self) -> Value {
        json!({ "name": self.name, "machine_id": self.machine.as_str(), "steps": self.steps })
    }
}

/// Reads the steps that stand at a JSON pointer; every fault is noted, and what has one is left out.
pub fn steps(value: &Value, at: &str, channels: &ChannelTable, faults: &mut Faults) -> Vec<Step> {
    let written = match list(value) {
        Ok(written) => written,
        Err(detail) => {
            faults.add(at, detail);
            return Vec::new();
        }
    };
    if written.is_empty() || written.len() > STEPS_MAX {
        faults.add(at, format!("has {} steps: 1 to {STEPS_MAX} are needed", written.len()));
        return Vec::new();
    }
    let read = written.iter().enumerate().filter_map(|(number, step)| {
        let fields = Fields::of(step, format!("{at}/{number}")).map_err(|fault| note(faults, fault)).ok()?;
        let map = step.as_object()?;
        let told = faults.len();
        let step = Reader { fields, map, channels, faults }.step();
        // It can be read in spite of a fault, such as a key that does not belong there.
        step.filter(|_| faults.len() == told)
    });
    read.collect()
}

fn kind(text: &str) -> Option<&'static str> {
    KINDS.into_iter().find(|kind| *kind == text)
}

fn then(text: &str) -> Option<Then> {
    THENS.into_iter().zip([Then::Pause, Then::Next, Then::Fail]).find(|(name, _)| *name == text).map(|(_, then)| then)
}

fn note(faults: &mut Faults, fault: FieldFault) {
    faults.add(fault.pointer, fault.detail);
}

/// Reads one step.
struct Reader<'a> {
    fields: Fields<'a>,
    map: &'a Map<String, Value>,
    channels: &'a ChannelTable,
    faults: &'a mut Faults,
}

impl<'a> Reader<'a> {
    fn step(mut self) -> Option<Step> {
        match self.must("type", &format!("one of {}", KINDS.join(", ")), word(kind, &KINDS))? {
            "set" => self.set(),
            "ramp" => self.ramp(),
            "hold" => self.hold(),
            "wait" => self.wait(),
            _ => self.ask(),
        }
    }

    fn set(mut self) -> Option<Step> {
        self.knows(&["values"]);
        let needed = "an object of channels with values";
        let object =
            |value: &'a Value| value.as_object().ok_or_else(|| format!("is {}: {needed} is needed", shown(value)));
        let values = self.must("values", needed, object)?;
        if values.is_empty() {
            self.fault("values", "is empty: name at least one channel with its value");
        }
        let mut targets = Vec::new();
        for (id, value) in values {
            let place = format!("values/{}", id.replace('~', "~0").replace('/', "~1"));
            if let Some((channel, spec, control)) = self.control(&place, id)
                && let Some(native) = self.native(&place, value, spec, control)
            {
                targets.push(Target { channel, native });
            }
        }
        (!values.is_empty() && targets.len() == values.len()).then_some(Step::Set(targets))
    }

    fn ramp(mut self) -> Option<Step> {
        self.knows(&["channel", "to", "over_s"]);
        let over_ms = self.time("over_s", "a time in seconds");
        if self.fields.raw("to").is_none() {
            self.fault("to", "is missing: a value in the channel's unit is needed");
        }
        let id =
            self.must("channel", "the id of a control", |value| text(CHANNEL_CHARS_MAX)(value).map(str::to_owned))?;
        let (channel, spec, control) = self.control("channel", &id)?;
        if matches!(control.shape, ControlShape::Toggle { .. }) {
            self.fault("channel", format!("is `{id}`, a switch: it can only be set"));
            return None;
        }
        let native = self.native("to", self.fields.raw("to")?, spec, control)?;
        Some(Step::Ramp { to: Target { channel, native }, over_ms: over_ms? })
    }

    fn hold(mut self) -> Option<Step> {
        self.knows(&["for_s"]);
        self.time("for_s", "a time in seconds").map(|ms| Step::Hold { ms })
    }

    fn wait(mut self) -> Option<Step> {
        self.knows(&["channel", "above", "below", "at_least", "at_most", "equals", "timeout_s", "on_timeout"]);
        let timeout = self.timeout();
        let limit = self.limit();
        let id =
            self.must("channel", "the id of a channel", |value| text(CHANNEL_CHARS_MAX)(value).map(str::to_owned))?;
        let (channel, spec) = self.channel("channel", &id)?;
        let (relation, limit) = limit?;
        let limit = spec.unit.inward(limit);
        let comparison = match relation {
            "above" => Comparison::Above(limit),
            "below" => Comparison::Below(limit),
            "at_least" => Comparison::AtLeast(limit),
            "at_most" => Comparison::AtMost(limit),
            _ => Comparison::Equals(limit),
        };
        Some(Step::Wait { until: Condition { channel, comparison }, timeout: timeout? })
    }

    fn ask(mut self) -> Option<Step> {
        self.knows(&["message"]);
        let words = |value: &Value| match text(MESSAGE_CHARS_MAX)(value)?.trim() {
            "" => Err("is empty: say what is to be done or decided".to_owned()),
            message => Ok(message.to_owned()),
        };
        self.must("message", "a text", words).map(|message| Step::Ask { message })
    }

    /// The one limit of a condition.
    fn limit(&mut self) -> Option<(&'static str, f64)> {
        let given: Vec<&'static str> = RELATIONS.into_iter().filter(|name| self.fields.raw(name).is_some()).collect();
        let Some((first, more)) = given.split_first() else {
            self.fault("", format!("waits for nothing: one of {} is needed", RELATIONS.join(", ")));
            return None;
        };
        for name in more {
            self.fault(name, format!("is one too many beside `{first}`: write one condition in a step"));
        }
        self.must(first, "a number", number(f64::MIN..=f64::MAX)).map(|limit| (*first, limit))
    }

    /// How long to wait at most; the outer `None` stands for a fault.
    fn timeout(&mut self) -> Option<Option<Timeout>> {
        let then = self.fields.may("on_timeout", word(then, &THENS)).map_err(|fault| note(self.faults, fault)).ok()?;
        if self.fields.raw("timeout_s").is_none() {
            if then.is_some() {
                self.fault("on_timeout", "is of no use without `timeout_s`: say how long to wait, or leave it out");
            }
            return then.is_none().then_some(None);
        }
        let ms = self.time("timeout_s", "a time in seconds")?;
        Some(Some(Timeout { ms, then: then.unwrap_or(Then::Pause) }))
    }

    fn time(&mut self, key: &str, needed: &str) -> Option<u64> {
        let seconds = self.must(key, needed, number(0.0..=SECONDS_MAX))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a week")]
        let ms = (seconds * 1000.0).round() as u64;
        Some(ms)
    }

    fn channel(&mut self, place: &str, id: &str) -> Option<(usize, &'a Channel)> {
        let channels = self.channels;
        let found = channels.find(id).and_then(|index| Some((index, channels.get(index)?)));
        if found.is_none() {
            let known: Vec<&str> = channels.iter().map(|(_, channel)| channel.id.as_str()).collect();
            let id = shortened(id);
            self.fault(place, format!("names `{id}`, which this machine does not have: it has {}", known.join(", ")));
        }
        found
    }

    fn control(&mut self, place: &str, id: &str) -> Option<(usize, &'a Channel, &'a ControlSpec)> {
        let (index, channel) = self.channel(place, id)?;
        let control = channel.control();
        if control.is_none() {
            self.fault(place, format!("names `{id}`, a sensor: only controls can be set"));
        }
        Some((index, channel, control?))
    }

    /// A value that the control takes, on its grid. A switch also takes true and false.
    fn native(&mut self, place: &str, value: &Value, channel: &Channel, control: &ControlSpec) -> Option<f64> {
        let (given, needed) = match control.shape {
            ControlShape::Toggle { on, off } => {
                let given = value.as_bool().map(|is_on| if is_on { on } else { off }).or_else(|| value.as_f64());
                (given, format!("{on} or true for on, {off} or false for off"))
            }
            ControlShape::Slider => (value.as_f64(), format!("a number from {} to {}", control.min, control.max)),
        };
        match given.filter(|given| control.accepts(*given)) {
            Some(given) => Some(control.to_native(control.to_fraction(given))),
            None => {
                self.fault(place, format!("is {}: {} takes {needed}", shown(value), channel.label));
                None
            }
        }
    }

    /// Whatever else stands in the step is a fault: a key that was mistyped would be missed.
    fn knows(&mut self, keys: &[&str]) {
        for key in self.map.keys().filter(|key| *key != "type" && !keys.contains(&key.as_str())) {
            let detail = format!("is unknown: this step takes {}", keys.join(", "));
            self.faults.add(self.fields.pointer(key), detail);
        }
    }

    fn must<T>(&mut self, key: &str, needed: &str, read: impl FnOnce(&'a Value) -> Result<T, String>) -> Option<T> {
        self.fields.must(key, needed, read).map_err(|fault| note(self.faults, fault)).ok()
    }

    /// Notes a fault of a place in the step; the empty place is the step itself.
    fn fault(&mut self, place: &str, detail: impl Into<String>) {
        let at = self.fields.pointer("");
        let pointer = if place.is_empty() { at.trim_end_matches('/').to_owned() } else { at + place };
        self.faults.add(pointer, detail);
    }
}
