//! What a machine that is being set up would read.

use std::time::Duration;

use hearth_actors::driver::DriverError;
use hearth_actors::model::spec::MachineSpec;
use schemars::JsonSchema;
use serde::Serialize;

use crate::drivers::modbus::ports::Port;
use crate::drivers::trial::{Part, Tried, Why};

/// What came of one look at a machine.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProbeView {
    /// Whether the device answered anything at all, if only to say no.
    pub reached: bool,
    /// Why not; `null` where it was reached.
    pub fault: Option<ProbeFault>,
    /// The fastest answer. Unit: ms.
    pub round_trip_ms: Option<f64>,
    /// What else there is to know, such as who shares the line; empty if nothing.
    pub note: String,
    /// Each value that was asked for, in the order of the channels.
    pub values: Vec<ProbedValue>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProbedValue {
    /// The channel.
    pub id: String,
    /// Where it stands in the document that was sent, such as `/channels/0/source`.
    pub pointer: String,
    /// What the device sent, before divisor and offset; `null` for a simulator.
    pub raw: Option<f64>,
    /// The value in `unit`.
    pub value: Option<f64>,
    /// The channel's native unit; empty where it has none.
    pub unit: String,
    /// From question to answer. Unit: ms; `null` where it was not asked.
    pub round_trip_ms: Option<f64>,
    /// Why there is no value.
    pub fault: Option<ProbeFault>,
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProbeFault {
    /// What was asked; empty where nothing was.
    pub asked: String,
    /// What happened.
    pub message: String,
    /// What to look at; empty if there is nothing to say.
    pub hint: String,
}

/// A serial port of the computer that the daemon runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SerialPortView {
    /// The path to configure: the lasting one where there is one.
    pub path: String,
    /// The path of the device itself.
    pub device: String,
    /// What the adapter calls itself; empty where it says nothing.
    pub about: String,
}

impl ProbeView {
    /// What a trial of the machine `spec` brought.
    pub fn of(spec: &MachineSpec, outcome: Result<Vec<Tried>, DriverError>, note: String) -> Self {
        let tried = match outcome {
            Ok(tried) => tried,
            Err(error) => {
                let fault = Some(ProbeFault::of(&error));
                return Self { reached: false, fault, round_trip_ms: None, note, values: Vec::new() };
            }
        };
        let has_answer = |tried: &Tried| match &tried.why_not {
            None | Some(Why::Failed(DriverError::Rejected { .. } | DriverError::Garbled { .. })) => true,
            Some(Why::Failed(DriverError::Timeout { .. } | DriverError::Disconnected { .. }) | Why::NotAsked(_)) => {
                false
            }
        };
        let answered = || tried.iter().filter(|tried| has_answer(tried));
        let fastest = answered().filter_map(|tried| tried.took).min();
        let first_failure = || {
            tried.iter().find_map(|tried| match &tried.why_not {
                Some(Why::Failed(error)) => Some(ProbeFault::of(error)),
                Some(Why::NotAsked(_)) | None => None,
            })
        };
        let reached = tried.is_empty() || answered().next().is_some();
        Self {
            reached,
            fault: if reached { None } else { first_failure() },
            round_trip_ms: fastest.map(ms),
            note,
            values: tried.iter().filter_map(|tried| ProbedValue::of(spec, tried)).collect(),
        }
    }
}

impl ProbedValue {
    fn of(spec: &MachineSpec, tried: &Tried) -> Option<Self> {
        let channel = spec.channels.get(tried.channel)?;
        let part = match tried.part {
            Part::Source => "source",
            Part::Readback => "readback",
        };
        Some(Self {
            id: channel.id.to_string(),
            pointer: format!("/channels/{}/{part}", tried.channel),
            raw: tried.raw,
            value: tried.native,
            unit: channel.unit.to_string(),
            round_trip_ms: tried.took.map(ms),
            fault: tried.why_not.as_ref().map(|why| match why {
                Why::Failed(error) => ProbeFault::of(error),
                Why::NotAsked(why) => {
                    ProbeFault { asked: String::new(), message: (*why).to_owned(), hint: String::new() }
                }
            }),
        })
    }
}

impl ProbeFault {
    fn of(error: &DriverError) -> Self {
        let (asked, message, hint) = match error {
            DriverError::Timeout { what, after_ms, hint } => (what, format!("no answer within {after_ms} ms"), hint),
            DriverError::Disconnected { what, cause, hint } => (what, cause.clone(), hint),
            DriverError::Rejected { what, cause, hint } => (what, format!("the device refused: {cause}"), hint),
            DriverError::Garbled { what, cause, hint } => (what, format!("unusable answer: {cause}"), hint),
        };
        Self { asked: asked.clone(), message, hint: hint.clone() }
    }
}

impl From<Port> for SerialPortView {
    fn from(port: Port) -> Self {
        Self { path: port.path, device: port.device, about: port.about }
    }
}

/// Unit: ms, to the microsecond.
fn ms(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}
