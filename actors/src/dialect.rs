//! Door 2: one wire protocol. Synchronous: text and events in, text out; no socket, no clock.

use std::sync::Arc;

use bytestring::ByteString;

use crate::model::channel::{Channel, ChannelTable, ControlShape};
use crate::model::command::{Principal, Want};
use crate::model::event::Event;
use crate::model::ids::{ClientId, CommandId, EndpointId, MachineId, Seq, SessionId};
use crate::model::refusal::Refusal;
use crate::model::snapshot::Snapshot;
use crate::model::task::TaskEvent;
use crate::model::time::{SessionMs, WallMs};

/// One text frame, shared by all clients that get it.
pub type Frame = ByteString;

/// Which dialect, by a number that whoever keeps the list of dialects gives out. It says where an event keeps the frames that
/// all clients of one dialect share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DialectId(u8);

impl DialectId {
    /// How many dialects there may be.
    pub const MOST: usize = 8;

    /// The dialect with this number.
    ///
    /// # Panics
    /// Where the number is not below [`DialectId::MOST`]; a constant then does not compile.
    pub const fn new(number: u8) -> Self {
        assert!((number as usize) < Self::MOST, "more dialects than an event has room for");
        Self(number)
    }

    /// Its place among [`DialectId::MOST`].
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// Who looks at the frames: what makes one client's frame differ from another's.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The client.
    pub client: ClientId,
    /// Who is behind it.
    pub principal: Principal,
}

/// What a frame is about, for clients that choose what they hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// For everybody.
    Everything,
    /// The value of one channel.
    Channel(EndpointId),
    /// The values of all channels.
    Channels,
    /// Alarms.
    Alarms,
    /// The life of one order.
    Command(CommandId),
    /// The lives of all orders.
    Commands,
}

/// A frame and what it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What it is about.
    pub topic: Topic,
    /// The text.
    pub frame: Frame,
}

/// How an event looks in a dialect.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoded {
    /// The same frames for every client that hears of their topics; made once and shared.
    Shared(Arc<[Told]>),
    /// Frames for this viewer only.
    Personal(Vec<Told>),
    /// This dialect does not tell this event.
    Silent,
}

impl Encoded {
    /// One frame for every client.
    pub fn shared(frame: Frame) -> Self {
        Self::Shared(Arc::new([Told { topic: Topic::Everything, frame }]))
    }

    /// One frame for this viewer only.
    pub fn personal(frame: Frame) -> Self {
        Self::Personal(vec![Told { topic: Topic::Everything, frame }])
    }

    /// The frames.
    pub fn frames(&self) -> &[Told] {
        match self {
            Self::Shared(told) => told,
            Self::Personal(told) => told,
            Self::Silent => &[],
        }
    }
}

/// What a client hears before it chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// Everything there is.
    All,
    /// Only what is for everybody.
    Nothing,
}

/// What a client wants, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The sender's own reference, echoed in every answer.
    pub request_id: Option<String>,
    /// What is wanted.
    pub ask: Ask,
}

/// The kinds of intents.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Something of the machine.
    Command(Want),
    /// The past since a point.
    Sync(SyncRequest),
    /// Presenting a credential as the first frame.
    Auth {
        /// The credential.
        token: String,
    },
    /// To hear of these topics from now on.
    Subscribe(Choice),
    /// To hear of these topics no more.
    Unsubscribe(Choice),
    /// Something the dialect answers by itself, such as a sign of life.
    Answered(Vec<Frame>),
    /// Values that a remote controller took.
    Telemetry(Vec<Telemetry>),
}

/// A value that a remote controller took.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// The channel's tag.
    pub tag: String,
    /// What of it.
    pub value: Said,
    /// When, by the controller's clock; `None` is now.
    pub at: Option<WallMs>,
}

/// What a remote controller says of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said {
    /// Native unit; finite.
    Number(f64),
    /// Whether it is on.
    Switch(bool),
}

impl Said {
    /// As a number of a channel, native unit: a toggle has its own two for on and off, anything else 1 and 0.
    pub fn native(self, channel: &Channel) -> f64 {
        match (self, channel.control().map(|control| control.shape)) {
            (Self::Number(native), _) => native,
            (Self::Switch(is_on), Some(ControlShape::Toggle { on, off })) => {
                if is_on {
                    on
                } else {
                    off
                }
            }
            (Self::Switch(is_on), _) => f64::from(u8::from(is_on)),
        }
    }
}

/// Topics that a client names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// Those there are.
    pub topics: Vec<Topic>,
    /// What the sender called them, for the answer.
    pub named: Vec<String>,
}

/// Whether topics were added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The client hears of them from now on.
    Added,
    /// It hears of them no more.
    Removed,
}

/// How a wish to hear of topics, or no more of them, ended.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// What was done.
    pub change: Change,
    /// With which topics.
    pub choice: &'a Choice,
    /// The sender's own reference.
    pub request_id: Option<&'a str>,
    /// The machines the client watches, as they are.
    pub machines: &'a [Snapshot],
}

/// Where a client's knowledge ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SyncRequest {
    /// The last session time it has.
    pub last_timestamp: Option<SessionMs>,
    /// The session that belongs to.
    pub session: Option<SessionId>,
    /// The last event it has.
    pub last_seq: Option<Seq>,
}

/// What a sync brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncSummary {
    /// Session time of the first replayed event.
    pub from: SessionMs,
    /// Session time of the last replayed event.
    pub last: SessionMs,
    /// How many events were replayed.
    pub count: u64,
    /// Whether older ones that were asked for are gone.
    pub truncated: bool,
}

/// One wire protocol, for one client. It may remember what it told that client. What a dialect has no word for, it leaves out.
pub trait Dialect: Send {
    /// Which one.
    fn id(&self) -> DialectId;

    /// What its clients hear before they chose.
    fn unasked(&self) -> Unasked;

    /// Frames sent when a client attaches to these machines, as they are.
    fn greet(&mut self, machines: &[Snapshot], viewer: &Viewer, now: WallMs) -> Vec<Frame>;

    /// A machine came that the client watches from now on, as it is.
    fn joined(&mut self, _machine: &Snapshot) {}

    /// A machine was removed.
    fn left(&mut self, _machine: &MachineId) {}

    /// Reads a client's text frame.
    ///
    /// # Errors
    /// A refusal (malformed, unknown, wrong types) that [`Dialect::refuse`] turns into the answer.
    fn decode(&self, text: &str, now: WallMs) -> Result<Intent, Refusal>;

    /// Turns an event into frames. `channels` is the table that the event's channel indices refer to.
    fn encode(&mut self, event: &Event, channels: &ChannelTable, viewer: &Viewer) -> Encoded;

    /// Turns what happened to a task into frames, for a client that follows tasks; most dialects tell none.
    fn task(&mut self, _: &TaskEvent) -> Vec<Frame> {
        Vec::new()
    }

    /// The answer to something refused; goes to its sender only.
    fn refuse(&self, refusal: &Refusal, now: WallMs) -> Vec<Frame>;

    /// The answer to a change of what a client hears; goes to its sender only.
    fn heard(&self, _heard: &Heard<'_>, _now: WallMs) -> Vec<Frame> {
        Vec::new()
    }

    /// Whether nothing more will be told of a topic. `knows` says whether the client was told everything of a machine up to there.
    fn is_over(&self, _topic: Topic, _knows: &dyn Fn(&str, Seq) -> bool) -> bool {
        false
    }

    /// The end of a sync; goes to its sender only.
    fn synced(&self, _summary: &SyncSummary) -> Option<Frame> {
        None
    }

    /// Tells the holder of the lease that somebody asks for it; goes to the holder only. Silence for `expires_in_ms` grants it.
    fn asked_for_control(&self, _by: &ClientId, _name: &str, _expires_in_ms: u64) -> Option<Frame> {
        None
    }

    /// A sign of life for a client that asked for one, after this many ms of session time.
    fn heartbeat(&mut self, _elapsed: SessionMs) -> Option<Frame> {
        None
    }
}
