//! The BevForge dialect: a client subscribes to channels by number, to alarms and to commands, and is pushed what happens to them.
//!
//! Every push is the same for all who hear of it. [`wire`] are the frames, [`pushes`] those of
//! each event; [`ledger`] knows what a subscriber came too late for.

pub mod ledger;
pub mod pushes;
pub mod wire;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytestring::ByteString;
use hearth_actors::dialect::{
    Ask, Change, Choice, Dialect, DialectId, Encoded, Frame, Heard, Intent, Told, Topic, Unasked, Viewer,
};
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{CommandId, EndpointId, MachineId, Seq};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::WallMs;
use serde::Serialize;
use serde_json::Value;

use super::Name;
use crate::wire::fields::{DEPTH_MAX, FieldFault, Fields, MAX_WHOLE, depth, list, shortened, text, whole};
use ledger::Ledger;
use pushes::{pushes, values};
use wire::{Alarm, Origin, Plain, command_text, parse_command};

/// Longest word or id that is looked at.
const WORD_CHARS_MAX: usize = 64;
/// Longest credential that is looked at.
const TOKEN_CHARS_MAX: usize = 1024;
const TYPES: &str = "subscribe, unsubscribe, ping, auth";
const CHANNELS: &str = "telemetry, alarms, commands";

/// One client.
pub struct BevForge {
    ledger: Ledger,
    tables: HashMap<MachineId, Arc<ChannelTable>>,
}

/// What a client names when it wants to hear of something, or no more.
struct Named {
    channel: &'static str,
    topics: Vec<Topic>,
    /// Commands of which nothing more will be heard: they are told once.
    ended: Vec<CommandId>,
    unknown: Vec<String>,
}

impl BevForge {
    /// A client that asks this ledger for the past.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, tables: HashMap::new() }
    }

    fn has(&self, endpoint: EndpointId) -> bool {
        let mut channels = self.tables.values().flat_map(|table| table.iter());
        endpoint != EndpointId::NONE && channels.any(|(_, channel)| channel.endpoint == endpoint)
    }

    fn ask(&self, fields: &Fields<'_>) -> Result<Ask, FieldFault> {
        match fields.must("type", &format!("one of {TYPES}"), text(WORD_CHARS_MAX))? {
            "subscribe" => Ok(Ask::Subscribe(self.named(fields, Change::Added)?.into())),
            "unsubscribe" => Ok(Ask::Unsubscribe(self.named(fields, Change::Removed)?.into())),
            "ping" => Ok(Ask::Answered(vec![frame(&Plain::Pong)])),
            "auth" => Ok(Ask::Auth { token: fields.must("token", "a credential", text(TOKEN_CHARS_MAX))?.to_owned() }),
            unknown => Err(not_one_of(fields, "type", unknown, TYPES)),
        }
    }

    fn named(&self, fields: &Fields<'_>, change: Change) -> Result<Named, FieldFault> {
        match fields.must("channel", &format!("one of {CHANNELS}"), text(WORD_CHARS_MAX))? {
            "telemetry" => self.named_endpoints(fields, change),
            "alarms" => Ok(Named { topics: vec![Topic::Alarms], ..Named::of("alarms") }),
            "commands" => self.named_commands(fields, change),
            unknown => Err(not_one_of(fields, "channel", unknown, CHANNELS)),
        }
    }

    /// Channels by number; without numbers all of them. What is heard no more need not be there any more.
    fn named_endpoints(&self, fields: &Fields<'_>, change: Change) -> Result<Named, FieldFault> {
        let mut named = Named::of("telemetry");
        let Some(items) = fields.may("endpointIds", list)? else {
            named.topics.push(Topic::Channels);
            if change == Change::Removed {
                let all = self.tables.values().flat_map(|table| table.iter());
                named.topics.extend(all.map(|(_, channel)| Topic::Channel(channel.endpoint)));
            }
            return Ok(named);
        };
        for (index, item) in items.iter().enumerate() {
            let pointer = format!("/endpointIds/{index}");
            let number = whole(0..=MAX_WHOLE)(item).map_err(|detail| FieldFault { pointer, detail })?;
            match u32::try_from(number).map(EndpointId) {
                Ok(id) if change == Change::Removed || self.has(id) => named.topics.push(Topic::Channel(id)),
                _ => named.unknown.push(number.to_string()),
            }
        }
        Ok(named)
    }

    /// Commands by id; without ids all of them, also those that come.
    fn named_commands(&self, fields: &Fields<'_>, change: Change) -> Result<Named, FieldFault> {
        let mut named = Named::of("commands");
        let Some(items) = fields.may("commandIds", list)? else {
            named.topics.push(Topic::Commands);
            if change == Change::Removed {
                named.topics.extend(self.ledger.commands().into_iter().map(Topic::Command));
            }
            return Ok(named);
        };
        for (index, item) in items.iter().enumerate() {
            let pointer = format!("/commandIds/{index}");
            let written = text(WORD_CHARS_MAX)(item).map_err(|detail| FieldFault { pointer, detail })?;
            let id = parse_command(written);
            let life = id.and_then(|id| self.ledger.command(id));
            match id.filter(|_| change == Change::Removed || life.is_some()) {
                Some(id) if change == Change::Added && life.is_some_and(|life| life.last.status.is_final()) => {
                    named.ended.push(id);
                }
                Some(id) => named.topics.push(Topic::Command(id)),
                None => named.unknown.push(shortened(written)),
            }
        }
        Ok(named)
    }

    /// What holds now of topics that are heard from now on.
    fn current(&self, topics: &[Topic], machines: &[Snapshot], now: WallMs) -> Vec<Frame> {
        let mut frames = Vec::new();
        for topic in topics {
            match topic {
                Topic::Channel(id) => {
                    frames.extend(machines.iter().flat_map(|machine| values(machine, Some(*id), now)))
                }
                Topic::Channels => frames.extend(machines.iter().flat_map(|machine| values(machine, None, now))),
                Topic::Alarms => frames.extend(machines.iter().flat_map(|machine| self.alarms(machine, now))),
                Topic::Command(id) => frames.extend(self.ledger.command(*id).map(|life| frame(&life.last))),
                Topic::Commands | Topic::Everything => {}
            }
        }
        frames
    }

    /// The alarms of a machine that are not over.
    fn alarms(&self, machine: &Snapshot, now: WallMs) -> Vec<Frame> {
        let origin = Origin::new(&machine.machine, machine.session, machine.seq);
        let since = |occurrence| self.ledger.alarm(occurrence).map_or(now, |life| life.triggered_at);
        let alarms = machine.alarms.values();
        alarms.map(|notice| frame(&Alarm::of(notice, since(notice.occurrence), origin.clone()))).collect()
    }
}

impl Named {
    fn of(channel: &'static str) -> Self {
        Self { channel, topics: Vec::new(), ended: Vec::new(), unknown: Vec::new() }
    }
}

impl From<Named> for Choice {
    /// The answer needs the channel's name, the commands that have ended, and what was named in vain. What was named twice
    /// counts once: each is told what holds now, and a message must not ask for that a thousand times.
    fn from(Named { channel, topics, ended, unknown }: Named) -> Self {
        let (topics, ended, unknown) = (once(topics), once(ended), once(unknown));
        let ended = ended.into_iter().map(command_text);
        Self { topics, named: std::iter::once(channel.to_owned()).chain(ended).chain(unknown).collect() }
    }
}

impl Dialect for BevForge {
    fn id(&self) -> DialectId {
        Name::BevForge.id()
    }

    fn unasked(&self) -> Unasked {
        Unasked::Nothing
    }

    fn greet(&mut self, machines: &[Snapshot], viewer: &Viewer, _: WallMs) -> Vec<Frame> {
        machines.iter().for_each(|machine| self.joined(machine));
        vec![frame(&Plain::Connected { client_id: viewer.client.as_str() })]
    }

    fn joined(&mut self, machine: &Snapshot) {
        self.tables.insert(machine.machine.clone(), Arc::clone(&machine.channels));
    }

    fn left(&mut self, machine: &MachineId) {
        self.tables.remove(machine);
    }

    fn decode(&self, message: &str, _: WallMs) -> Result<Intent, Refusal> {
        let invalid = |words: String| Refusal::new(RefusalCode::InvalidMessage, words);
        let message: Value = serde_json::from_str(message)
            .map_err(|error| invalid(format!("the message is not JSON ({error}): send one JSON object per frame")))?;
        if depth(&message) > DEPTH_MAX {
            return Err(invalid(format!("the message nests deeper than {DEPTH_MAX} levels: send a flatter object")));
        }
        let fields = Fields::of(&message, "").map_err(|fault| invalid(format!("the message {fault}")))?;
        let ask = self.ask(&fields).map_err(|fault| invalid(fault.to_string()))?;
        Ok(Intent { request_id: None, ask })
    }

    fn encode(&mut self, event: &Event, channels: &ChannelTable, _: &Viewer) -> Encoded {
        if let EventBody::Channels(table) = &event.body {
            self.tables.insert(event.machine.clone(), Arc::clone(table));
        }
        let mut told = pushes(event, channels);
        if let EventBody::Connection(Connection { state: DriverState::Restarting | DriverState::Failed, .. }) =
            &event.body
        {
            // Nobody else tells of them any more.
            let lost = self.ledger.lost(&event.machine, event.seq).into_iter();
            told.extend(lost.map(|(id, step)| Told { topic: Topic::Command(id), frame: frame(&step) }));
        }
        match told {
            told if told.is_empty() => Encoded::Silent,
            told => Encoded::Shared(told.into()),
        }
    }

    fn refuse(&self, refusal: &Refusal, _: WallMs) -> Vec<Frame> {
        vec![frame(&Plain::Error { code: refusal.code.into(), message: &refusal.message })]
    }

    fn is_over(&self, topic: Topic, knows: &dyn Fn(&str, Seq) -> bool) -> bool {
        match topic {
            Topic::Channel(endpoint) => !self.has(endpoint),
            Topic::Command(id) => self.ledger.command(id).is_none_or(|life| {
                let Origin { machine_id, seq, .. } = &life.last.origin;
                let is_gone = !self.tables.keys().any(|machine| machine.as_str() == machine_id);
                is_gone || life.last.status.is_final() && seq.is_none_or(|seq| knows(machine_id, Seq(seq)))
            }),
            Topic::Everything | Topic::Channels | Topic::Alarms | Topic::Commands => false,
        }
    }

    fn heard(&self, heard: &Heard<'_>, now: WallMs) -> Vec<Frame> {
        let Choice { topics, named } = heard.choice;
        let Some((channel, others)) = named.split_first() else { return Vec::new() };
        let life = |name: &String| self.ledger.command(parse_command(name)?);
        let (ended, unknown): (Vec<&String>, Vec<&String>) = others.iter().partition(|name| life(name).is_some());
        let mut answer = wire::Heard { channel, unknown: &unknown, ..wire::Heard::default() };
        if !topics.iter().any(|topic| matches!(topic, Topic::Channels | Topic::Commands | Topic::Alarms)) {
            let commands = ended.iter().map(|name| (*name).clone()).chain(commands_of(topics));
            answer.endpoint_ids = (channel == "telemetry").then(|| endpoints_of(topics).collect());
            answer.command_ids = (channel == "commands").then(|| commands.collect());
        }
        match heard.change {
            Change::Added => {
                let mut frames = vec![frame(&Plain::Subscribed(answer))];
                frames.extend(ended.into_iter().filter_map(life).map(|life| frame(&life.last)));
                frames.extend(self.current(topics, heard.machines, now));
                frames
            }
            Change::Removed => vec![frame(&Plain::Unsubscribed(answer))],
        }
    }
}

/// In the order in which each was first named.
fn once<T: Ord + Clone>(all: Vec<T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|one| seen.insert(one.clone())).collect()
}

fn endpoints_of(topics: &[Topic]) -> impl Iterator<Item = u32> {
    topics.iter().filter_map(|topic| if let Topic::Channel(id) = topic { Some(id.0) } else { None })
}

fn commands_of(topics: &[Topic]) -> impl Iterator<Item = String> {
    topics.iter().filter_map(|topic| if let Topic::Command(id) = topic { Some(command_text(*id)) } else { None })
}

fn not_one_of(fields: &Fields<'_>, key: &str, got: &str, known: &str) -> FieldFault {
    let detail = format!("is \"{}\": one of {known} is needed", shortened(got));
    FieldFault { pointer: fields.pointer(key), detail }
}

fn frame(frame: &impl Serialize) -> Frame {
    let unwritable = r#"{"type":"error","code":"INTERNAL","message":"a frame could not be written"}"#;
    serde_json::to_string(frame).map_or_else(|_| ByteString::from_static(unwritable), Frame::from)
}
