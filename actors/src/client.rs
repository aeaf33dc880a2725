//! A client: what one WebSocket has been told and what it may still be told. The socket itself belongs to whoever hosts it.
//!
//! One rule keeps every client whole: what has been sent is always everything from some point on. A client attaches at a
//! snapshot and gets each event after it; when it asks for the past (`sync`), when it lagged behind the bus, or when the daemon
//! had forgotten it, the events before that point are read from ring and journal and sent with their own `seq`.

pub mod history;

use crate::dialect::{Ask, Dialect, DialectId, Encoded, Frame, SyncRequest, SyncSummary, Viewer};
use crate::logic::lease::Identity;
use crate::model::command::{Command, Want};
use crate::model::ids::{CommandId, Seq};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::time::WallMs;
use crate::runtime::bus::{Published, Watcher};
use crate::runtime::steering::{Asked, Attendance};
use crate::slot::MachineHandle;

/// Missed events told at a time, so that the socket drains between two lots.
const LOT: usize = 128;

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
    _watching: Watcher,
    _attending: Attendance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Live,
    /// A sync is being sent; what happens meanwhile waits in the ring.
    Syncing,
    /// What was missed is being sent from the ring.
    Behind,
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
    /// Attaches to a machine, with the frames of the greeting. Whoever hosts it must have subscribed to the machine's bus
    /// before: what that tells beyond the greeting is then neither lost nor told twice.
    pub fn attach(
        dialect: Box<dyn Dialect>,
        viewer: Viewer,
        identity: Identity,
        machine: MachineHandle,
        now: WallMs,
    ) -> (Self, Vec<Frame>) {
        // Who comes back in time has its lease again, and is greeted with it.
        let attending = machine.steering().attend(&viewer.client, viewer.principal.actor.label(), identity);
        let snapshot = machine.bus().snapshot();
        let greeting = dialect.greet(&snapshot, &viewer, now);
        let watching = machine.bus().watch();
        let told = snapshot.seq;
        let client = Self {
            dialect,
            viewer,
            machine,
            sent_after: told,
            last_live: told,
            stage: Stage::Live,
            _watching: watching,
            _attending: attending,
        };
        (client, greeting)
    }

    /// The dialect it speaks.
    pub fn dialect(&self) -> DialectId {
        self.dialect.id()
    }

    /// The machine it watches.
    pub fn machine(&self) -> &MachineHandle {
        &self.machine
    }

    /// Who it is.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// A live event arrived: whether it is this client's to tell, with [`Client::encode`]; it then counts as told. It is not
    /// where the client has it already, or gets it with what it missed.
    pub fn takes(&mut self, published: &Published) -> bool {
        let seq = Some(published.event.seq);
        let due = self.stage == Stage::Live && seq > self.last_live;
        if due {
            self.last_live = seq;
        }
        due
    }

    /// The client missed live events: [`Client::catch_up`] has them.
    pub fn fell_behind(&mut self) {
        if self.stage == Stage::Live {
            self.stage = Stage::Behind;
        }
    }

    /// The next lot of what the client missed, as far as the ring has it; empty once it is no longer behind.
    pub fn catch_up(&mut self) -> Vec<Frame> {
        while self.stage == Stage::Behind {
            let missed = self.machine.bus().after(self.last_live, LOT);
            if missed.is_empty() {
                self.stage = Stage::Live;
            }
            if let Some(last) = missed.last() {
                self.last_live = Some(last.event.seq);
            }
            let frames: Vec<Frame> = missed.iter().filter_map(|published| frame_of(self.encode(published))).collect();
            if !frames.is_empty() {
                return frames;
            }
        }
        Vec::new()
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

    /// What the client is told of a request to the holder of the lease: only if it is the holder.
    pub fn asked(&self, asked: &Asked) -> Option<Frame> {
        if asked.holder != self.viewer.client {
            return None;
        }
        self.dialect.asked_for_control(&asked.by, &asked.name, asked.expires_in_ms())
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
        self.stage == Stage::Syncing
    }

    /// One event of the past.
    pub fn past(&self, event: &history::Past) -> Option<Frame> {
        let encoded = match event {
            history::Past::Recent(published) => self.encode(published),
            history::Past::Kept(event, channels) => self.dialect.encode(event, channels, &self.viewer),
        };
        frame_of(encoded)
    }

    /// The past was sent: its summary. What happened meanwhile follows with [`Client::catch_up`].
    pub fn end_past(&mut self, summary: &SyncSummary, reaches_back_to: Option<Seq>) -> Option<Frame> {
        if let Some(first) = reaches_back_to {
            self.sent_after = Some(self.sent_after.map_or(first, |known| known.min(first)));
        }
        self.stage = Stage::Behind;
        self.dialect.synced(summary)
    }

    /// An event as this client is told it.
    pub fn encode(&self, published: &Published) -> Encoded {
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
