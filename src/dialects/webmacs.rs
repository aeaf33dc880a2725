//! The WebMACS dialect: remote controllers push values in on one socket, pages hear every value on another.
//!
//! A *datapoint* is one value of one channel; the *event* it belongs to is the channel, named by its tag; an *experiment* is a
//! recording. [`wire`] are the frames.

pub mod wire;

use std::collections::{BTreeMap, HashMap};

use bytestring::ByteString;
use hearth_actors::dialect::{Ask, Dialect, DialectId, Encoded, Frame, Intent, Said, Telemetry, Unasked, Viewer};
use hearth_actors::model::channel::{Channel, ChannelTable};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{MachineId, Seq, SessionId};
use hearth_actors::model::reading::Reading;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::session::SessionState;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};
use serde::Serialize;
use serde_json::Value;

use super::Name;
use crate::wire::fields::{DEPTH_MAX, depth};
use crate::wire::{rfc3339, senders_moment};
use wire::{Batch, Datapoint, Plain};

/// Values in one message at most. Source: wire contract 2.
pub const BATCH_MAX: usize = 500;

/// A page that hears every value of every machine.
#[derive(Debug, Default)]
pub struct Stream {
    /// Shortest time between two values of a channel; 0 tells all. Unit: ms.
    interval_ms: i64,
    recordings: HashMap<MachineId, SessionId>,
    /// By machine and tag; empty where all is told.
    paces: BTreeMap<MachineId, BTreeMap<String, ChannelPace>>,
}

/// A channel whose values come faster than they are told.
#[derive(Debug, Default)]
struct ChannelPace {
    told: Option<WallMs>,
    /// The newest value, and when it came, until its turn has come.
    held: Option<(WallMs, Datapoint)>,
}

impl ChannelPace {
    /// The newest value, told in its turn.
    fn take(&mut self, interval_ms: i64) -> Option<Datapoint> {
        let (came, datapoint) = self.held.take()?;
        // Where it waited for its turn, that was the turn: on its own machine's clock.
        let late = self.told.map_or(0, |last| interval_ms - (came.0 - last.0).abs()).max(0);
        self.told = Some(WallMs(came.0.saturating_add(late)));
        Some(datapoint)
    }
}

impl Stream {
    /// Tells at most one value of a channel in this time, the newest. Its host gives it a heartbeat where it told nothing for as
    /// long, for those that come before a silence. Unit: ms.
    pub fn every(interval_ms: u32) -> Self {
        Self { interval_ms: i64::from(interval_ms), ..Self::default() }
    }

    fn note(&mut self, machine: &MachineId, state: SessionState, session: Option<SessionId>) {
        match session.filter(|_| state == SessionState::Recording) {
            Some(session) => self.recordings.insert(machine.clone(), session),
            None => self.recordings.remove(machine),
        };
    }

    fn taken<'a>(&self, event: &'a Event) -> Taken<'a> {
        let Event { machine, seq, session, wall, .. } = event;
        let recording = self.recordings.get(machine).copied();
        Taken { machine, seq: *seq, session: *session, wall: *wall, recording }
    }

    /// What of new values is told now.
    fn tell(&mut self, event: &Event, new: Vec<Datapoint>) -> Encoded {
        batch(self.thinned(&event.machine, event.wall, new)).map_or(Encoded::Silent, Encoded::personal)
    }

    /// Of new values of a machine, and of those that waited, the ones whose turn has come: the newest of each channel.
    fn thinned(&mut self, machine: &MachineId, now: WallMs, new: Vec<Datapoint>) -> Vec<Datapoint> {
        let interval_ms = self.interval_ms;
        if interval_ms == 0 {
            return new;
        }
        let paces = self.paces.entry(machine.clone()).or_default();
        for datapoint in new {
            let tag = datapoint.event_public_id.clone();
            paces.entry(tag).or_default().held = Some((now, datapoint));
        }
        let all = self.paces.values_mut().flat_map(BTreeMap::values_mut);
        let due = all.filter(|pace| pace.told.is_none_or(|last| (now.0 - last.0).abs() >= interval_ms));
        due.filter_map(|pace| pace.take(interval_ms)).collect()
    }
}

/// Where and when values were taken.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// The machine.
    pub machine: &'a MachineId,
    /// Position in the machine's stream.
    pub seq: Seq,
    /// The machine's session.
    pub session: Option<SessionId>,
    /// When.
    pub wall: WallMs,
    /// The recording that runs.
    pub recording: Option<SessionId>,
}

impl Taken<'_> {
    /// A value of the channel at an index, in its native unit.
    pub fn datapoint(&self, index: usize, channel: &Channel, value: f64) -> Datapoint {
        Datapoint {
            public_id: format!("dp_{}_{}_{index}", self.machine, self.seq.0),
            value,
            timestamp: rfc3339(self.wall).unwrap_or_default(),
            event_public_id: channel.tag.clone(),
            experiment_public_id: self.recording.map(|session| session.to_string()),
            machine_id: self.machine.to_string(),
            session_id: self.session.map(|session| session.to_string()),
            seq: self.seq.0,
        }
    }

    /// The new values of a reading.
    pub fn news<'r>(&'r self, reading: &'r Reading) -> impl Iterator<Item = Datapoint> + 'r {
        reading.channels.iter().filter(|(index, _)| reading.news.includes(*index)).filter_map(|(index, channel)| {
            Some(self.datapoint(index, channel, channel.unit.outward(reading.value(index)?)))
        })
    }
}

impl Dialect for Stream {
    fn id(&self) -> DialectId {
        Name::WebMacs.id()
    }

    fn unasked(&self) -> Unasked {
        Unasked::All
    }

    fn greet(&mut self, machines: &[Snapshot], _: &Viewer, _: WallMs) -> Vec<Frame> {
        machines.iter().for_each(|machine| self.joined(machine));
        vec![text(&Plain::Connected { message: "Subscribed to live datapoint stream." })]
    }

    fn joined(&mut self, machine: &Snapshot) {
        self.note(&machine.machine, machine.state, machine.session);
    }

    fn left(&mut self, machine: &MachineId) {
        self.recordings.remove(machine);
        self.paces.remove(machine);
    }

    /// Nothing was told for as long as values may wait: those that still do are told.
    fn heartbeat(&mut self, _: SessionMs) -> Option<Frame> {
        let interval_ms = self.interval_ms;
        let all = self.paces.values_mut().flat_map(BTreeMap::values_mut);
        batch(all.filter_map(|pace| pace.take(interval_ms)).collect())
    }

    /// Pages say nothing but `ping`; whatever else they say is passed over, as long as it is JSON.
    fn decode(&self, message: &str, _: WallMs) -> Result<Intent, Refusal> {
        let message = json(message)?;
        let answer = if message["type"] == "ping" { vec![text(&Plain::Pong)] } else { Vec::new() };
        Ok(Intent { request_id: None, ask: Ask::Answered(answer) })
    }

    fn encode(&mut self, event: &Event, channels: &ChannelTable, _: &Viewer) -> Encoded {
        match &event.body {
            EventBody::Session(change) => {
                self.note(&event.machine, change.to, change.session);
                Encoded::Silent
            }
            EventBody::Reading(reading) => {
                let new = self.taken(event).news(reading).collect();
                self.tell(event, new)
            }
            // Set from now on, not from the next reading on.
            EventBody::Settled(settled) if settled.applied => {
                let set = channels.get(settled.channel).and_then(|channel| {
                    let native = channel.control()?.to_native(settled.value);
                    Some(self.taken(event).datapoint(settled.channel, channel, native))
                });
                self.tell(event, set.into_iter().collect())
            }
            EventBody::Mark(_)
            | EventBody::Unmark(_)
            | EventBody::Alarm(_)
            | EventBody::Order(_)
            | EventBody::Settled(_)
            | EventBody::Connection(_)
            | EventBody::Safety(_)
            | EventBody::Lease(_)
            | EventBody::Replay(_)
            | EventBody::ReplayStatus(_)
            | EventBody::Fault(_)
            | EventBody::Channels(_) => Encoded::Silent,
        }
    }

    fn refuse(&self, refusal: &Refusal, _: WallMs) -> Vec<Frame> {
        vec![error(&refusal.message)]
    }
}

/// A remote controller that pushes values. It is never told that they arrived: the known one does not read its socket.
#[derive(Debug, Default)]
pub struct Controller;

impl Dialect for Controller {
    fn id(&self) -> DialectId {
        Name::WebMacs.id()
    }

    fn unasked(&self) -> Unasked {
        Unasked::Nothing
    }

    fn greet(&mut self, _: &[Snapshot], _: &Viewer, _: WallMs) -> Vec<Frame> {
        Vec::new()
    }

    fn decode(&self, message: &str, now: WallMs) -> Result<Intent, Refusal> {
        let message = json(message)?;
        Ok(Intent { request_id: None, ask: Ask::Telemetry(telemetry(&message, now)?) })
    }

    fn encode(&mut self, _: &Event, _: &ChannelTable, _: &Viewer) -> Encoded {
        Encoded::Silent
    }

    fn refuse(&self, refusal: &Refusal, _: WallMs) -> Vec<Frame> {
        vec![error(&refusal.message)]
    }
}

/// The values of a message: one object, or a batch of them. What cannot be a value is passed over, unless nothing is left.
///
/// # Errors
/// When a batch is too large or holds no value at all.
pub fn telemetry(message: &Value, now: WallMs) -> Result<Vec<Telemetry>, Refusal> {
    let refuse = |words: String| Refusal::new(RefusalCode::InvalidMessage, words);
    let single = std::slice::from_ref(message);
    let items = match &message["datapoints"] {
        Value::Null => single,
        Value::Array(items) => items.as_slice(),
        _ => return Err(refuse("`datapoints` must be a list".into())),
    };
    if items.len() > BATCH_MAX {
        return Err(refuse(format!("Batch too large ({}), max {BATCH_MAX}", items.len())));
    }
    let values: Vec<Telemetry> = items.iter().filter_map(|item| datum(item, now)).collect();
    if values.is_empty() && !items.is_empty() {
        return Err(refuse("No valid datapoints in batch".into()));
    }
    Ok(values)
}

fn datum(item: &Value, now: WallMs) -> Option<Telemetry> {
    let number = |number: f64| number.is_finite().then_some(Said::Number(number));
    let value = match &item["value"] {
        Value::Number(given) => number(given.as_f64()?)?,
        Value::String(digits) => number(digits.trim().parse().ok()?)?,
        Value::Bool(on) => Said::Switch(*on),
        _ => return None,
    };
    let at = item["timestamp"].as_str().and_then(|text| senders_moment(text, now));
    Some(Telemetry { tag: item["event_public_id"].as_str()?.to_owned(), value, at })
}

/// Values in one frame, unless there are none.
fn batch(datapoints: Vec<Datapoint>) -> Option<Frame> {
    let last = datapoints.last()?.clone();
    Some(text(&Batch { kind: "datapoints_batch", datapoints, last }))
}

/// An error frame.
fn error(message: &str) -> Frame {
    text(&Plain::Error { message })
}

fn json(message: &str) -> Result<Value, Refusal> {
    let refused = |words: &str| Refusal::new(RefusalCode::InvalidMessage, words);
    let message: Value = serde_json::from_str(message).map_err(|_| refused("this is no JSON"))?;
    if depth(&message) > DEPTH_MAX { Err(refused("this nests too deeply")) } else { Ok(message) }
}

fn text(frame: &impl Serialize) -> Frame {
    let unwritable = r#"{"type":"error","message":"a frame could not be written"}"#;
    serde_json::to_string(frame).map_or_else(|_| ByteString::from_static(unwritable), Frame::from)
}
