//! The dialect of machine control panels: pages that show devices and hear at once when one has changed.
//!
//! A *device* is a channel, named by its tag. Panels look on this socket; they set devices by REST. [`wire`] are the frames,
//! [`device`] is what a channel looks like to a panel, [`order`] what it may be set to.

pub mod crowd;
pub mod device;
mod lenient;
pub mod order;
pub mod wire;

use std::collections::BTreeMap;

use bytestring::ByteString;
use hearth_actors::dialect::{
    Ask, Change as Chosen, Choice, Dialect, DialectId, Encoded, Frame, Heard, Intent, Told, Topic, Unasked, Viewer,
};
use hearth_actors::model::channel::{Channel, ChannelTable};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::reading::Reading;
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::WallMs;
use serde_json::{Map, Value};

use super::Name;
use crate::wire::fields::{DEPTH_MAX, depth, shortened};
use crowd::Member;
use device::{Amount, DeviceKind, Status, of_control, of_sensor, seconds, statuses, value};
use wire::{Cause, Change, ErrorCode, Said, Stamped};

/// What all machines look like now.
pub type Look = Box<dyn Fn() -> Vec<Snapshot> + Send>;

/// A panel.
pub struct ControlPanel {
    /// Asked afresh for every answer, so that a panel that has just set a device finds it set.
    look: Look,
    member: Member,
    /// What it was told of each channel, by index. A machine that came later is not in it: all that it shows is news.
    told: BTreeMap<MachineId, Vec<Option<Amount>>>,
}

impl ControlPanel {
    /// One that came.
    pub fn new(look: Look, member: Member) -> Self {
        Self { look, member, told: BTreeMap::new() }
    }

    fn all(&self) -> BTreeMap<String, Status> {
        by_id((self.look)().iter())
    }

    /// What a well-formed message asks.
    fn asked(&self, message: &Map<String, Value>, now: WallMs) -> Ask {
        let action = match message.get("action") {
            None | Some(Value::Null) => "None".to_owned(),
            Some(Value::String(action)) => action.clone(),
            Some(other) => other.to_string(),
        };
        let on_device = |then: &dyn Fn(&str) -> Ask| match message.get("device_id") {
            Some(Value::String(id)) if !id.is_empty() => then(id),
            None | Some(Value::Null | Value::String(_)) => {
                fault(ErrorCode::ValidationError, format!("device_id required for {action} action"), now)
            }
            Some(_) => fault(ErrorCode::ValidationError, format!("device_id of {action} action must be a text"), now),
        };
        match action.as_str() {
            "subscribe" => on_device(&|id| Ask::Subscribe(self.choice(id))),
            "unsubscribe" => on_device(&|id| Ask::Unsubscribe(self.choice(id))),
            "get_status" => on_device(&|id| self.status(id, now)),
            "get_all_status" => answer(Said::AllDeviceStatus { data: self.all() }, now),
            "ping" => answer(Said::Pong, now),
            _ => fault(ErrorCode::UnknownAction, format!("Unknown action: {}", shortened(&action)), now),
        }
    }

    fn status(&self, id: &str, now: WallMs) -> Ask {
        match self.all().remove(id) {
            Some(data) => answer(Said::DeviceStatus { device_id: id, data }, now),
            None => fault(ErrorCode::DeviceNotFound, format!("Device {} not found", shortened(id)), now),
        }
    }

    /// A device that there is not can be chosen as well: there is nothing to hear of it.
    fn choice(&self, id: &str) -> Choice {
        let machines = (self.look)();
        let channels = machines.iter().flat_map(|machine| machine.channels.iter());
        let topics = channels.filter(|(_, channel)| channel.tag == id);
        Choice {
            topics: topics.map(|(_, channel)| Topic::Channel(channel.endpoint)).collect(),
            named: vec![id.to_owned()],
        }
    }

    /// Tells what is another value than was told of it before.
    fn compare(
        &mut self,
        event: &Event,
        channels: &ChannelTable,
        values: impl Iterator<Item = (usize, Option<Amount>)>,
    ) -> Encoded {
        let known = self.told.entry(event.machine.clone()).or_default();
        known.resize(channels.len(), None);
        let changes = values.filter_map(|(index, value)| {
            let channel = channels.get(index)?;
            let before = std::mem::replace(known.get_mut(index)?, value);
            let cause = if channel.control().is_some() { Cause::DeviceControl } else { Cause::SensorReading };
            let kind = DeviceKind::of(channel);
            let told = || Change {
                device_id: &channel.tag,
                device_type: kind,
                previous_state: kind.state(before),
                new_state: kind.state(value),
                changed: true,
                action: cause,
                last_updated: seconds(event.wall),
            };
            (before != value)
                .then(|| Told { topic: Topic::Channel(channel.endpoint), frame: update(event, &channel.tag, told()) })
        });
        let changes: Vec<Told> = changes.collect();
        if changes.is_empty() { Encoded::Silent } else { Encoded::Personal(changes) }
    }

    fn know(&mut self, machine: &Snapshot) {
        let known = machine.channels.iter().map(|(index, channel)| value(machine, index, channel)).collect();
        self.told.insert(machine.machine.clone(), known);
    }
}

impl Dialect for ControlPanel {
    fn id(&self) -> DialectId {
        Name::ControlPanel.id()
    }

    fn unasked(&self) -> Unasked {
        Unasked::All
    }

    fn greet(&mut self, machines: &[Snapshot], _: &Viewer, now: WallMs) -> Vec<Frame> {
        machines.iter().for_each(|machine| self.know(machine));
        let message = "Connected to Machine Control Panel";
        let total_connections = self.member.came_as();
        vec![
            text(Said::ConnectionEstablished { message, total_connections }, now),
            text(Said::InitialStatus { data: by_id(machines.iter()) }, now),
        ]
    }

    fn left(&mut self, machine: &MachineId) {
        self.told.remove(machine);
    }

    fn decode(&self, message: &str, now: WallMs) -> Result<Intent, Refusal> {
        let ask = match serde_json::from_str(message) {
            Ok(message) if depth(&message) > DEPTH_MAX => {
                let words = format!("Error processing message: it nests deeper than {DEPTH_MAX} levels");
                fault(ErrorCode::ProcessingError, words, now)
            }
            Ok(Value::Object(message)) => self.asked(&message, now),
            Ok(_) => {
                let words = "Error processing message: it must be a JSON object";
                fault(ErrorCode::ProcessingError, words.to_owned(), now)
            }
            Err(_) => fault(ErrorCode::JsonError, "Invalid JSON format".to_owned(), now),
        };
        Ok(Intent { request_id: None, ask })
    }

    fn encode(&mut self, event: &Event, channels: &ChannelTable, _: &Viewer) -> Encoded {
        match &event.body {
            EventBody::Reading(reading) => self.compare(event, channels, shown(reading, channels)),
            EventBody::Settled(settled) if settled.applied => {
                let control = channels.get(settled.channel).and_then(|channel| Some((channel, channel.control()?)));
                let now = control.map(|(channel, spec)| of_control(channel, spec, settled.value));
                self.compare(event, channels, now.map(|now| (settled.channel, Some(now))).into_iter())
            }
            // Its sensors say nothing any more, and no reading comes that would show it.
            EventBody::Connection(link) if link.state != DriverState::Connected => {
                self.compare(event, channels, sensors(channels).map(|(index, _)| (index, None)))
            }
            EventBody::Channels(_) => {
                self.told.remove(&event.machine);
                Encoded::Silent
            }
            EventBody::Mark(_)
            | EventBody::Unmark(_)
            | EventBody::Session(_)
            | EventBody::Alarm(_)
            | EventBody::Order(_)
            | EventBody::Settled(_)
            | EventBody::Connection(_)
            | EventBody::Safety(_)
            | EventBody::Lease(_)
            | EventBody::Replay(_)
            | EventBody::ReplayStatus(_)
            | EventBody::Fault(_) => Encoded::Silent,
        }
    }

    fn refuse(&self, refusal: &Refusal, now: WallMs) -> Vec<Frame> {
        let message = refusal.message.clone();
        vec![text(Said::Error { error_code: ErrorCode::ProcessingError, message }, now)]
    }

    fn heard(&self, heard: &Heard<'_>, now: WallMs) -> Vec<Frame> {
        let told = |device_id: &String| match heard.change {
            Chosen::Added => {
                let message = format!("Subscribed to device {device_id}");
                text(Said::SubscriptionConfirmed { device_id, message }, now)
            }
            Chosen::Removed => {
                let message = format!("Unsubscribed from device {device_id}");
                text(Said::SubscriptionRemoved { device_id, message }, now)
            }
        };
        heard.choice.named.iter().map(told).collect()
    }
}

/// What a reading shows: every control whose value it has, and every sensor whether it says something or not.
fn shown<'a>(
    reading: &'a Reading,
    channels: &'a ChannelTable,
) -> impl Iterator<Item = (usize, Option<Amount>)> + use<'a> {
    let controls = reading.controls().filter_map(|(index, share)| {
        let channel = channels.get(index)?;
        Some((index, Some(of_control(channel, channel.control()?, share))))
    });
    let value = |index, channel| reading.value(index).map(|internal| of_sensor(channel, internal));
    controls.chain(sensors(channels).map(move |(index, channel)| (index, value(index, channel))))
}

fn sensors(channels: &ChannelTable) -> impl Iterator<Item = (usize, &Channel)> {
    channels.iter().filter(|(_, channel)| channel.control().is_none())
}

fn by_id<'a>(machines: impl Iterator<Item = &'a Snapshot>) -> BTreeMap<String, Status> {
    machines.flat_map(statuses).map(|status| (status.device_id.clone(), status)).collect()
}

fn update(event: &Event, device_id: &str, data: Change<'_>) -> Frame {
    let said = Said::DeviceUpdate {
        device_id,
        data,
        machine_id: event.machine.as_str(),
        session_id: event.session.map(|session| session.to_string()),
        seq: event.seq.0,
    };
    text(said, event.wall)
}

fn answer(said: Said<'_>, now: WallMs) -> Ask {
    Ask::Answered(vec![text(said, now)])
}

fn fault(error_code: ErrorCode, message: String, now: WallMs) -> Ask {
    answer(Said::Error { error_code, message }, now)
}

fn text(said: Said<'_>, now: WallMs) -> Frame {
    let unwritable = r#"{"type":"error","error_code":"processing_error","message":"a frame could not be written"}"#;
    let stamped = Stamped { said, timestamp: seconds(now) };
    serde_json::to_string(&stamped).map_or_else(|_| ByteString::from_static(unwritable), Frame::from)
}
