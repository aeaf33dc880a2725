//! A client: what one WebSocket has been told and what it may still be told. The socket itself belongs to whoever hosts it.
//!
//! One rule keeps every client whole: what has been sent of a machine is always everything from some point on. A client attaches
//! at a snapshot and gets each event after it; when it asks for the past (`sync`), when it lagged behind the bus, or when the
//! daemon had forgotten it, the events before that point are read from ring and journal and sent with their own `seq`.

pub mod history;
pub mod interest;

use crate::dialect::{
    Ask, Change, Dialect, DialectId, Encoded, Frame, Heard, Intent, SyncRequest, SyncSummary, Telemetry, Told, Topic,
    Viewer,
};
use crate::logic::lease::Identity;
use crate::model::command::{Command, Want};
use crate::model::ids::{CommandId, MachineId, Seq};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::snapshot::Snapshot;
use crate::model::task::TaskEvent;
use crate::model::time::{SessionMs, WallMs};
use crate::runtime::bus::{Published, Watcher};
use crate::runtime::steering::{Asked, Attendance};
use crate::slot::MachineHandle;
use interest::{Added, Interest};

/// Missed events told at a time, so that the socket drains between two lots.
const LOT: usize = 128;

/// One client of one machine, or of several.
pub struct Client {
    dialect: Box<dyn Dialect>,
    viewer: Viewer,
    identity: Identity,
    interest: Interest,
    watched: Vec<Watched>,
}

/// One machine, and how far the client knows it.
struct Watched {
    machine: MachineHandle,
    /// Everything after this was sent, or is about to be.
    sent_after: Option<Seq>,
    /// The last event sent live.
    last_live: Option<Seq>,
    stage: Stage,
    _counted: Watcher,
    _attending: Option<Attendance>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Live,
    /// A sync is being sent; what happens meanwhile waits in the ring.
    Syncing,
    /// What was missed is being sent from the ring.
    Behind,
}

impl Watched {
    fn new(machine: MachineHandle, snapshot: &Snapshot, attending: Option<Attendance>) -> Self {
        let counted = machine.bus().watch();
        let known = snapshot.seq;
        Self {
            machine,
            sent_after: known,
            last_live: known,
            stage: Stage::Live,
            _counted: counted,
            _attending: attending,
        }
    }
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
    /// Values to give to the machines whose channels they are of.
    Telemetry(Vec<Telemetry>),
    /// Nothing to do.
    Nothing,
}

impl Client {
    /// Attaches to machines, with the frames of the greeting. Whoever hosts it must have subscribed to their buses before: what
    /// those tell beyond the greeting is then neither lost nor told twice. It may choose up to `topics_most` topics.
    pub fn attach(
        mut dialect: Box<dyn Dialect>,
        viewer: Viewer,
        identity: Identity,
        machines: Vec<MachineHandle>,
        topics_most: usize,
        now: WallMs,
    ) -> (Self, Vec<Frame>) {
        // Who comes back in time has its lease again, and is greeted with it.
        let attend = |machine: &MachineHandle| machine.steering().attend(&viewer.principal, identity);
        let attending: Vec<Option<Attendance>> = machines.iter().map(attend).collect();
        let snapshots: Vec<Snapshot> = machines.iter().map(|machine| machine.bus().snapshot()).collect();
        let greeting = dialect.greet(&snapshots, &viewer, now);
        let watched = machines.into_iter().zip(&snapshots).zip(attending);
        let watched = watched.map(|((machine, snapshot), attending)| Watched::new(machine, snapshot, attending));
        let interest = Interest::new(dialect.unasked(), topics_most);
        let client = Self { watched: watched.collect(), dialect, viewer, identity, interest };
        (client, greeting)
    }

    /// Watches one more machine from now on; subscribe to its bus before. Yields its place.
    pub fn join(&mut self, machine: MachineHandle) -> usize {
        let attending = machine.steering().attend(&self.viewer.principal, self.identity);
        let snapshot = machine.bus().snapshot();
        self.dialect.joined(&snapshot);
        self.watched.push(Watched::new(machine, &snapshot, attending));
        self.watched.len() - 1
    }

    /// Watches a machine no more. The places behind it move up.
    pub fn leave(&mut self, place: usize) {
        if place < self.watched.len() {
            let gone = self.watched.remove(place);
            self.dialect.left(gone.machine.id());
        }
    }

    /// The dialect it speaks.
    pub fn dialect(&self) -> DialectId {
        self.dialect.id()
    }

    /// The machines it watches, each in its place.
    pub fn machines(&self) -> impl Iterator<Item = &MachineHandle> {
        self.watched.iter().map(|watched| &watched.machine)
    }

    /// The place of a machine.
    pub fn place_of(&self, machine: &MachineId) -> Option<usize> {
        self.watched.iter().position(|watched| watched.machine.id() == machine)
    }

    /// The machine it steers: the first it watches.
    pub fn machine(&self) -> Option<&MachineHandle> {
        self.watched.first().map(|watched| &watched.machine)
    }

    /// Who it is.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// Whether it hears of a topic.
    pub fn hears(&self, topic: Topic) -> bool {
        self.interest.includes(topic)
    }

    /// A live event arrived: whether it is this client's to tell, with [`Client::encode`]; it then counts as told. It is not
    /// where the client has it already, or gets it with what it missed.
    pub fn takes(&mut self, place: usize, published: &Published) -> bool {
        let seq = Some(published.event.seq);
        let Some(watched) = self.watched.get_mut(place) else { return false };
        let due = watched.stage == Stage::Live && seq > watched.last_live;
        if due {
            watched.last_live = seq;
        }
        due
    }

    /// How far the client knows a machine.
    pub fn told(&self, place: usize) -> Option<Seq> {
        self.watched.get(place).and_then(|watched| watched.last_live)
    }

    /// The client knows a machine as far as this, whatever was told here: it takes what came after.
    pub fn knows(&mut self, place: usize, seq: Option<Seq>) {
        if let Some(watched) = self.watched.get_mut(place) {
            watched.last_live = seq;
        }
    }

    /// The client missed live events of a machine: [`Client::catch_up`] has them.
    pub fn fell_behind(&mut self, place: usize) {
        if let Some(watched) = self.watched.get_mut(place)
            && watched.stage == Stage::Live
        {
            watched.stage = Stage::Behind;
        }
    }

    /// The next lot of what the client missed, as far as the ring has it; empty once it is no longer behind.
    pub fn catch_up(&mut self, place: usize) -> Vec<Frame> {
        loop {
            let Some(watched) = self.watched.get_mut(place) else { return Vec::new() };
            if watched.stage != Stage::Behind {
                return Vec::new();
            }
            let missed = watched.machine.bus().after(watched.last_live, LOT);
            match missed.last() {
                Some(last) => watched.last_live = Some(last.event.seq),
                None => watched.stage = Stage::Live,
            }
            let frames: Vec<Frame> = missed.iter().flat_map(|published| self.frames(published)).collect();
            if !frames.is_empty() {
                return frames;
            }
        }
    }

    /// A text frame arrived. Over its budget a client gets nothing but STOP through.
    pub fn text(&mut self, text: &str, budget: Budget, now: WallMs) -> Reaction {
        let decoded = self.dialect.decode(text, now);
        let stops = matches!(&decoded, Ok(intent) if intent.ask == Ask::Command(Want::Stop));
        if budget == Budget::Spent && !stops {
            let words = "too many messages: slow down to the limit of the daemon";
            let request_id = decoded.map_or_else(|refusal| refusal.request_id, |intent| intent.request_id);
            let refusal = Refusal::new(RefusalCode::RateLimited, words).in_reply_to(request_id);
            return Reaction::Answer(self.dialect.refuse(&refusal, now));
        }
        match decoded {
            Ok(intent) => self.react(intent, now),
            Err(refusal) => Reaction::Answer(self.dialect.refuse(&refusal, now)),
        }
    }

    fn react(&mut self, intent: Intent, now: WallMs) -> Reaction {
        let Intent { request_id, ask } = intent;
        let heard = |change, choice, machines| Heard { change, choice, request_id: request_id.as_deref(), machines };
        match ask {
            Ask::Command(want) => Reaction::Command(want, request_id),
            Ask::Sync(request) => Reaction::Sync(request),
            Ask::Answered(frames) => Reaction::Answer(frames),
            Ask::Telemetry(values) => Reaction::Telemetry(values),
            // Who it is was judged before it came in; to say it again changes nothing.
            Ask::Auth { .. } => Reaction::Nothing,
            Ask::Subscribe(choice) => {
                let (mut frames, machines) = self.up_to_now();
                frames.extend(match self.choose(&choice.topics) {
                    Added::Yes => self.dialect.heard(&heard(Change::Added, &choice, &machines), now),
                    Added::TooMany(most) => {
                        let words = format!("a client may subscribe to {most} topics: unsubscribe from some first");
                        let refusal = Refusal::new(RefusalCode::RateLimited, words).in_reply_to(request_id);
                        self.dialect.refuse(&refusal, now)
                    }
                });
                Reaction::Answer(frames)
            }
            Ask::Unsubscribe(choice) => {
                self.interest.remove(&choice.topics);
                let machines = self.snapshots();
                Reaction::Answer(self.dialect.heard(&heard(Change::Removed, &choice, &machines), now))
            }
        }
    }

    /// What holds now, and what was still to be told before: else a value could follow one that is newer.
    fn up_to_now(&mut self) -> (Vec<Frame>, Vec<Snapshot>) {
        let machines = self.snapshots();
        let mut missed = Vec::new();
        for (watched, snapshot) in self.watched.iter_mut().zip(&machines) {
            if watched.stage != Stage::Syncing {
                let untold = watched.machine.bus().after(watched.last_live, usize::MAX);
                missed.extend(untold.into_iter().filter(|published| Some(published.event.seq) <= snapshot.seq));
                watched.last_live = watched.last_live.max(snapshot.seq);
            }
        }
        (missed.iter().flat_map(|published| self.frames(published)).collect(), machines)
    }

    fn snapshots(&self) -> Vec<Snapshot> {
        self.machines().map(|machine| machine.bus().snapshot()).collect()
    }

    /// Adds topics. Where they are too many, those of which nothing more will be told go first.
    fn choose(&mut self, topics: &[Topic]) -> Added {
        if self.interest.add(topics) == Added::Yes {
            return Added::Yes;
        }
        let Self { dialect, watched, interest, .. } = self;
        let knows = |machine: &str, seq: Seq| {
            watched.iter().any(|watched| watched.machine.id().as_str() == machine && watched.last_live >= Some(seq))
        };
        interest.clear(|topic| dialect.is_over(topic, &knows));
        interest.add(topics)
    }

    /// A command of this client.
    pub fn command(&self, id: CommandId, want: Want, request_id: Option<String>) -> Command {
        Command { id, principal: self.viewer.principal.clone(), request_id, want }
    }

    /// The answer to something refused.
    pub fn refuse(&self, refusal: &Refusal, now: WallMs) -> Vec<Frame> {
        self.dialect.refuse(refusal, now)
    }

    /// What the client is told of a request to the holder of the lease: only if it is the holder.
    pub fn asked(&self, asked: &Asked) -> Option<Frame> {
        if self.viewer.principal.claimant().as_ref() != Some(&asked.holder) {
            return None;
        }
        self.dialect.asked_for_control(&asked.by, &asked.name, asked.expires_in_ms())
    }

    /// A sign of life.
    pub fn heartbeat(&mut self) -> Option<Frame> {
        let bus = self.machine().map(MachineHandle::bus);
        let elapsed = bus.map_or(SessionMs(0), |bus| bus.session_time(bus.clock().now()));
        self.dialect.heartbeat(elapsed)
    }

    /// Something happened to a task: what a client that follows tasks is told.
    pub fn task(&mut self, event: &TaskEvent) -> Vec<Frame> {
        self.dialect.task(event)
    }

    /// From here on live events of the machine wait until [`Client::end_past`]. Gives the point up to which the past is wanted.
    pub fn begin_past(&mut self) -> Option<Seq> {
        let watched = self.watched.first_mut()?;
        watched.stage = Stage::Syncing;
        watched.sent_after
    }

    /// Whether a sync is being sent.
    pub fn is_syncing(&self) -> bool {
        self.watched.first().is_some_and(|watched| watched.stage == Stage::Syncing)
    }

    /// One event of the past.
    pub fn past(&mut self, event: &history::Past) -> Vec<Frame> {
        match event {
            history::Past::Recent(published) => self.frames(published),
            history::Past::Kept(event, channels) => {
                let encoded = self.dialect.encode(event, channels, &self.viewer);
                self.chosen(&encoded)
            }
        }
    }

    /// The past was sent: its summary. What happened meanwhile follows with [`Client::catch_up`].
    pub fn end_past(&mut self, summary: &SyncSummary, reaches_back_to: Option<Seq>) -> Option<Frame> {
        let watched = self.watched.first_mut()?;
        if let Some(first) = reaches_back_to {
            watched.sent_after = Some(watched.sent_after.map_or(first, |known| known.min(first)));
        }
        watched.stage = Stage::Behind;
        self.dialect.synced(summary)
    }

    /// An event as this client's dialect tells it, whatever the client chose.
    pub fn encode(&mut self, published: &Published) -> Encoded {
        let Self { dialect, viewer, .. } = self;
        published.encoded(dialect.id(), || dialect.encode(&published.event, &published.channels, viewer))
    }

    /// What of an event this client hears.
    pub fn frames(&mut self, published: &Published) -> Vec<Frame> {
        let encoded = self.encode(published);
        self.chosen(&encoded)
    }

    fn chosen(&self, encoded: &Encoded) -> Vec<Frame> {
        let told = encoded.frames().iter().filter(|Told { topic, .. }| self.hears(*topic));
        told.map(|Told { frame, .. }| frame.clone()).collect()
    }
}
