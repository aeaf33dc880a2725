//! A client: what one WebSocket has been told and what it may still be told. The socket itself belongs to whoever hosts it.
//!
//! One rule keeps every client whole: what has been sent is always everything from some point on. A client attaches at a
//! snapshot and gets each event after it; when it asks for the past (`sync`), when it lagged behind the bus, or when the daemon
//! had forgotten it, the events before that point are read from ring and journal and sent with their own `seq`.

pub mod history;

use std::sync::Arc;

use crate::dialect::{Ask, Dialect, Encoded, Frame, SyncRequest, SyncSummary, Viewer};
use crate::model::command::{Command, Want};
use crate::model::ids::{CommandId, Seq};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::time::WallMs;
use crate::runtime::bus::{Attachment, Published};
use crate::slot::MachineHandle;
use tokio::sync::broadcast;

/// One client of one machine.
pub struct Client {
    dialect: Box<dyn Dialect>,
    viewer: Viewer,
    machine: MachineHandle,
    /// Everything after this was sent, or is about to be.
    sent_after: Option<Seq>,
    /// The last event sent live.
    last_live: Option<Seq>,
    stage: Stage,
}

enum Stage {
    Live,
    /// A sync is being sent; what happens meanwhile waits in the ring.
    Syncing,
}

/// Whether a client may still send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// It is within its limits.
    Left,
    /// It sent too much.
    Spent,
}

/// What a text frame leads to.
pub enum Reaction {
    /// Frames to send back at once.
    Answer(Vec<Frame>),
    /// A command to put to the machine; its refusal goes to [`Client::refuse`].
    Command(Want, Option<String>),
    /// The past to fetch with [`history::fetch`]; then [`Client::begin_past`].
    Sync(SyncRequest),
    /// Nothing to do.
    Nothing,
}

impl Client {
    /// Attaches to a machine: the frames of the greeting, and the stream that continues it.
    pub fn attach(
        dialect: Box<dyn Dialect>,
        viewer: Viewer,
        machine: MachineHandle,
        now: WallMs,
    ) -> (Self, Vec<Frame>, broadcast::Receiver<Arc<Published>>) {
        let Attachment { snapshot, events } = machine.bus().attach();
        let greeting = dialect.greet(&snapshot, &viewer, now);
        let client =
            Self { dialect, viewer, machine, sent_after: snapshot.seq, last_live: snapshot.seq, stage: Stage::Live };
        (client, greeting, events)
    }

    /// The machine it watches.
    pub fn machine(&self) -> &MachineHandle {
        &self.machine
    }

    /// Who it is.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// A live event arrived.
    pub fn event(&mut self, published: &Arc<Published>) -> Option<Frame> {
        match self.stage {
            Stage::Syncing => None,
            Stage::Live => self.tell(published),
        }
    }

    /// The bus ran ahead of this client: what it missed, as far as the ring has it.
    pub fn catch_up(&mut self) -> Vec<Frame> {
        if self.is_syncing() {
            return Vec::new();
        }
        let last = self.last_live;
        let missed = self.machine.bus().recent(|event| Some(event.seq) > last);
        missed.events.iter().filter_map(|published| self.tell(published)).collect()
    }

    /// A text frame arrived. Over its budget a client gets nothing but STOP through.
    pub fn text(&mut self, text: &str, budget: Budget) -> Reaction {
        let decoded = self.dialect.decode(text);
        let stops = matches!(&decoded, Ok(intent) if intent.ask == Ask::Command(Want::Stop));
        if budget == Budget::Spent && !stops {
            let words = "too many messages: slow down to the limit of the daemon";
            let request_id = decoded.map_or_else(|refusal| refusal.request_id, |intent| intent.request_id);
            let refusal = Refusal::new(RefusalCode::RateLimited, words).in_reply_to(request_id);
            return Reaction::Answer(self.dialect.refuse(&refusal));
        }
        let intent = match decoded {
            Ok(intent) => intent,
            Err(refusal) => return Reaction::Answer(self.dialect.refuse(&refusal)),
        };
        match intent.ask {
            Ask::Command(want) => Reaction::Command(want, intent.request_id),
            Ask::Sync(request) => Reaction::Sync(request),
            Ask::Ping => Reaction::Answer(self.dialect.pong().into_iter().collect()),
            // Nobody needs a credential until users exist; a client that sends one is served like any other.
            Ask::Auth { .. } => Reaction::Nothing,
        }
    }

    /// A command of this client.
    pub fn command(&self, id: CommandId, want: Want, request_id: Option<String>) -> Command {
        Command { id, principal: self.viewer.principal.clone(), request_id, want }
    }

    /// The answer to something refused.
    pub fn refuse(&self, refusal: &Refusal) -> Vec<Frame> {
        self.dialect.refuse(refusal)
    }

    /// A sign of life.
    pub fn heartbeat(&self) -> Option<Frame> {
        let bus = self.machine.bus();
        self.dialect.heartbeat(bus.session_time(bus.clock().now()))
    }

    /// From here on live events wait until [`Client::end_past`]. Gives the point up to which the past is wanted.
    pub fn begin_past(&mut self) -> Option<Seq> {
        self.stage = Stage::Syncing;
        self.sent_after
    }

    /// Whether a sync is being sent.
    pub fn is_syncing(&self) -> bool {
        matches!(self.stage, Stage::Syncing)
    }

    /// One event of the past.
    pub fn past(&self, event: &history::Past) -> Option<Frame> {
        let encoded = match event {
            history::Past::Recent(published) => self.encode(published),
            history::Past::Kept(event, channels) => self.dialect.encode(event, channels, &self.viewer),
        };
        frame_of(encoded)
    }

    /// The past was sent: its summary, then what happened meanwhile.
    pub fn end_past(&mut self, summary: &SyncSummary, reaches_back_to: Option<Seq>) -> Vec<Frame> {
        if let Some(first) = reaches_back_to {
            self.sent_after = Some(self.sent_after.map_or(first, |known| known.min(first)));
        }
        self.stage = Stage::Live;
        let mut frames: Vec<Frame> = self.dialect.synced(summary).into_iter().collect();
        frames.extend(self.catch_up());
        frames
    }

    fn tell(&mut self, published: &Arc<Published>) -> Option<Frame> {
        let seq = published.event.seq;
        if Some(seq) <= self.last_live {
            return None;
        }
        self.last_live = Some(seq);
        frame_of(self.encode(published))
    }

    fn encode(&self, published: &Published) -> Encoded {
        let encode = || self.dialect.encode(&published.event, &published.channels, &self.viewer);
        published.encoded(self.dialect.id(), encode)
    }
}

fn frame_of(encoded: Encoded) -> Option<Frame> {
    match encoded {
        Encoded::Shared(frame) | Encoded::Personal(frame) => Some(frame),
        Encoded::Silent => None,
    }
}
