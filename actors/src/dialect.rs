//! Door 2: one wire protocol. Pure and synchronous: text and events in, text out; no socket, no clock.

use bytestring::ByteString;

use crate::model::channel::ChannelTable;
use crate::model::command::{Principal, Want};
use crate::model::event::Event;
use crate::model::ids::{ClientId, Seq, SessionId};
use crate::model::refusal::Refusal;
use crate::model::snapshot::Snapshot;
use crate::model::time::{SessionMs, WallMs};

/// One text frame, shared by all clients that get it.
pub type Frame = ByteString;

/// Which dialect; indexes the frames that an event keeps for all clients of one dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DialectId {
    /// OpenRoast.
    OpenRoast,
}

impl DialectId {
    /// How many there are.
    pub const COUNT: usize = 1;
}

/// Who looks at the frames: what makes one client's frame differ from another's.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The client.
    pub client: ClientId,
    /// Who is behind it.
    pub principal: Principal,
}

/// How an event looks in a dialect.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoded {
    /// The same frame for every client; made once and shared.
    Shared(Frame),
    /// A frame for this viewer only.
    Personal(Frame),
    /// This dialect does not tell this event.
    Silent,
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
    /// A sign of life, answered by the dialect itself.
    Ping,
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

/// One wire protocol, for one client.
pub trait Dialect: Send {
    /// Which one.
    fn id(&self) -> DialectId;

    /// Frames sent when a client attaches, from the snapshot it attached at.
    fn greet(&self, snapshot: &Snapshot, viewer: &Viewer, now: WallMs) -> Vec<Frame>;

    /// Reads a client's text frame.
    ///
    /// # Errors
    /// A refusal (malformed, unknown, wrong types) that [`Dialect::refuse`] turns into the answer.
    fn decode(&self, text: &str) -> Result<Intent, Refusal>;

    /// Turns an event into a frame. `channels` is the table that the event's channel indices refer to.
    fn encode(&self, event: &Event, channels: &ChannelTable, viewer: &Viewer) -> Encoded;

    /// The answer to something refused; goes to its sender only.
    fn refuse(&self, refusal: &Refusal) -> Vec<Frame>;

    /// The end of a sync; goes to its sender only.
    fn synced(&self, summary: &SyncSummary) -> Option<Frame>;

    /// Tells the holder of the lease that somebody asks for it; goes to the holder only. Silence for `expires_in_ms` grants it.
    fn asked_for_control(&self, by: &ClientId, name: &str, expires_in_ms: u64) -> Option<Frame>;

    /// The answer to [`Ask::Ping`], if the dialect has one.
    fn pong(&self) -> Option<Frame>;

    /// A sign of life for a client that asked for one, after this many ms of session time.
    fn heartbeat(&self, elapsed: SessionMs) -> Option<Frame>;
}
