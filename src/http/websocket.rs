//! WebSockets: the only module that knows actix-web-actors. One session actor per socket hosts one client of the heart.
//!
//! ```text
//!  what the client sends -> session actor -> what it says -+
//!  machine's bus -> feed (one per serving thread) ---------+-> outlet -> wire
//! ```
//! The actor freezes, timers included, when the peer stops reading; so nothing is pushed at a socket: its outlet draws from
//! the feed, which forgets for it what the ring still knows, and the kernel's user time-out cuts a peer that is gone.

mod assembly;
mod bucket;
pub mod entrances;
mod feed;
mod outlet;
pub mod telemetry;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use actix_http::ws::Codec;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use actix_web_actors::ws;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream};
use futures_util::{FutureExt, Stream, StreamExt};
use hearth_actors::client::history::{self, Past};
use hearth_actors::client::{Budget, Client, Reaction};
use hearth_actors::dialect::{Dialect, DialectId, Frame, SyncRequest, SyncSummary, Viewer};
use hearth_actors::logic::lease::Identity;
use hearth_actors::model::command::{UserRole, Want};
use hearth_actors::model::task::{Task, TaskEvent};
use hearth_actors::model::time::SessionMs;
use hearth_actors::registry::Roster;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::runtime::steering::Asked;
use hearth_actors::slot::MachineHandle;
use hearth_actors::tasks::Tasks;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_stream::wrappers::WatchStream;

use super::door::{Granted, granted, token};
use super::lobby::{Notice, Presence};
use super::openscan::Refused;
use super::problem::Problem;
use super::state::{AppState, NoSeat, Seat};
use crate::config::tree::LimitsConfig;
use crate::dialects::Name;
use crate::dialects::openroast::CLOSE_MACHINE_NOT_FOUND;
use assembly::{Assembly, Broken};
use bucket::{Bucket, Pace};
use feed::Cursor;
pub use feed::Feeds;
use outlet::{Line, Outlet};
use telemetry::Ingest;

/// A socket from which nothing was heard for this long is closed.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Events of the past handed to the socket at a time, so that it drains between two lots.
const PAST_LOT: usize = 128;

/// What one that may do nothing is closed with, but for clients that know another code. Source: safety design, 5.
const CLOSE_UNAUTHORISED: u16 = 4401;

/// Who comes to a socket, and what for.
pub struct Visit {
    /// What it speaks.
    pub dialect: Box<dyn Dialect>,
    /// Who it is.
    pub viewer: Viewer,
    /// Whether it will be known again when it comes back.
    pub identity: Identity,
    /// What it watches.
    pub watches: Watches,
    /// When it wants a sign of life.
    pub heartbeat: Heartbeat,
    /// Largest message it may send. Unit: bytes.
    pub frame_bytes: usize,
    /// How many messages it may send in a second, and at once.
    pub pace: (u32, u32),
}

impl Visit {
    /// Somebody who watches all machines, is forgotten when they go, wants no sign of life and keeps to the limits of everybody.
    pub fn new(dialect: impl Dialect + 'static, viewer: Viewer, limits: &LimitsConfig) -> Self {
        Self {
            dialect: Box::new(dialect),
            viewer,
            identity: Identity::Passing,
            watches: Watches::All,
            heartbeat: Heartbeat::None,
            frame_bytes: limits.frame_bytes,
            pace: (limits.messages_per_s, limits.message_burst),
        }
    }
}

/// When a client wants a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// Never.
    None,
    /// When nothing was sent to it for this long.
    Untold(Duration),
    /// When it sent no text for this long, whatever it was sent.
    Unheard(Duration),
}

impl Heartbeat {
    fn every(self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Untold(every) | Self::Unheard(every) => Some(every),
        }
    }
}

/// What a client watches.
pub enum Watches {
    /// One machine; when that is removed, the client goes.
    One(MachineHandle),
    /// All machines there are and will be.
    All,
    /// The tasks, and no machine.
    Tasks,
    /// None: it only has something to say.
    Nothing,
}

/// A client that was let in: the beginning of its answer, its seat, what it may do, and until when.
pub struct Guest {
    response: HttpResponseBuilder,
    seat: Seat,
    role: Result<UserRole, &'static str>,
    /// Of who logged in.
    login_ends: Option<LocalBoxFuture<'static, ()>>,
}

impl Guest {
    /// What it came to is not there. One that may do nothing does not learn that.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn without(self, body: web::Payload, missing: Refused) -> Result<HttpResponse, actix_web::Error> {
        match self.role {
            Ok(_) => Err(missing.into()),
            Err(why) => Ok(turn_away(self, body, ws::CloseCode::Other(CLOSE_UNAUTHORISED), why)),
        }
    }

    /// Turns away one whose role is lower.
    pub fn needing(mut self, least: UserRole) -> Self {
        self.role =
            self.role.and_then(|role| if role < least { Err("your role does not allow this") } else { Ok(role) });
        self
    }
}

/// Lets a client in, if it came to a WebSocket and there is a seat for it.
///
/// # Errors
/// The answer to one that is not.
pub fn welcome(request: &HttpRequest, state: &AppState) -> Result<Guest, actix_web::Error> {
    let response = ws::handshake(request)
        .map_err(|error| InternalError::from_response("no WebSocket handshake", no_handshake(&error)))?;
    let address = request.peer_addr().map_or(std::net::Ipv4Addr::LOCALHOST.into(), |peer| peer.ip());
    let full = |full: NoSeat| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "FULL", full.to_string());
    let seat = state.seats.take(address, &state.limits).map_err(full)?;
    let Granted { role, person } = granted(request);
    let token = person.and_then(|_| token(request));
    let login_ends = token.map(|token| state.logins.end_of(&token, wall_now()).boxed_local());
    Ok(Guest { response, seat, role, login_ends })
}

/// What one that may do nothing is closed with.
fn unauthorised(dialect: DialectId) -> ws::CloseCode {
    if dialect == Name::WebMacs.id() { ws::CloseCode::Policy } else { ws::CloseCode::Other(CLOSE_UNAUTHORISED) }
}

/// Hosts a client until it goes. One that may do nothing is told why by the code that its socket is closed with.
pub fn host(guest: Guest, body: web::Payload, state: &AppState, feeds: &Feeds, mut visit: Visit) -> HttpResponse {
    let unauthorised = unauthorised(visit.dialect.id());
    visit.viewer.principal.role = match guest.role {
        Ok(role) => role,
        Err(why) => return turn_away(guest, body, unauthorised, why),
    };
    let Guest { mut response, seat, login_ends, .. } = guest;
    let mut roster = state.house.roster();
    let machines: Vec<MachineHandle> = match &visit.watches {
        Watches::One(machine) => vec![machine.clone()],
        Watches::All => roster.borrow_and_update().to_vec(),
        Watches::Tasks | Watches::Nothing => Vec::new(),
    };
    let live: Vec<Cursor> = machines.iter().map(|machine| feeds.follow(machine.id(), machine.bus())).collect();
    let changes = match (&visit.watches, live.first()) {
        (Watches::One(_), Some(cursor)) => stream::once(cursor.ended()).map(|()| Change::Removed).boxed_local(),
        (Watches::Tasks, _) => task_changes(state.house.tasks().clone()),
        (Watches::One(_), None) | (Watches::Nothing, _) => stream::empty().boxed_local(),
        (Watches::All, _) => WatchStream::from_changes(roster).map(Change::Roster).boxed_local(),
    };
    let changes = match login_ends {
        Some(end) => stream::select(changes, stream::once(end).map(|()| Change::LoggedOut)).boxed_local(),
        None => changes,
    };
    let limit = state.limits.subscriptions;
    let (client, greeting) = Client::attach(visit.dialect, visit.viewer, visit.identity, machines, limit, wall_now());
    let line = Rc::new(Line {
        client: RefCell::new(client),
        live: RefCell::new(live),
        told: Cell::new(matches!(visit.heartbeat, Heartbeat::Untold(_)).then(Instant::now)),
        parting: Cell::new(false),
    });
    let now = Instant::now();
    let socket = Socket {
        line: Rc::clone(&line),
        bucket: Bucket::new(visit.pace.0, visit.pace.1, now),
        ingest: Ingest::default(),
        assembly: Assembly::new(visit.frame_bytes),
        state: state.clone(),
        feeds: feeds.clone(),
        _seat: seat,
        _presence: None,
        greeting,
        heartbeat: visit.heartbeat,
        unauthorised,
        changes: Some(changes),
        heard: now,
        said: now,
        next_sync: None,
    };
    // The codec measures the payload; one byte more than allowed must arrive here to be answered with 1009.
    let codec = Codec::new().max_size(visit.frame_bytes);
    let session = ws::WebsocketContext::with_codec(socket, body, codec);
    response.streaming(Outlet::new(session, line))
}

/// Tells one that may do nothing why, and closes.
fn turn_away(
    Guest { mut response, seat, .. }: Guest,
    body: web::Payload,
    code: ws::CloseCode,
    why: &'static str,
) -> HttpResponse {
    let farewell = Farewell { frame: None, code, why, seat: Some(seat) };
    response.streaming(ws::WebsocketContext::create(farewell, body))
}

/// Tells a client that was let in one last thing, and closes. One that may do nothing is told only that.
///
/// # Errors
/// None: the handshake was good before.
pub fn dismiss(
    guest: Guest,
    request: &HttpRequest,
    body: web::Payload,
    frame: Frame,
    code: ws::CloseCode,
    why: &'static str,
) -> Result<HttpResponse, actix_web::Error> {
    if let Err(why) = guest.role {
        return Ok(turn_away(guest, body, ws::CloseCode::Other(CLOSE_UNAUTHORISED), why));
    }
    let farewell = Farewell { frame: Some(frame), code, why, seat: Some(guest.seat) };
    ws::WsResponseBuilder::new(farewell, request, body).start()
}

/// Somebody came with plain HTTP, or with a handshake that cannot be answered.
fn no_handshake(error: &ws::HandshakeError) -> HttpResponse {
    let detail = format!("this path is a WebSocket: {error}; connect with a WebSocket client");
    let mut response = HttpResponse::from(&Problem::new(StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED", detail));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response
}

/// Tells one last thing and closes.
struct Farewell {
    frame: Option<Frame>,
    code: ws::CloseCode,
    why: &'static str,
    seat: Option<Seat>,
}

impl Actor for Farewell {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(frame) = self.frame.take() {
            ctx.text(frame);
        }
        ctx.close(Some((self.code, self.why).into()));
        ctx.stop();
        self.seat = None;
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Farewell {
    fn handle(&mut self, _: Result<ws::Message, ws::ProtocolError>, _: &mut Self::Context) {}
}

/// The session actor of one socket.
pub struct Socket {
    line: Rc<Line>,
    state: AppState,
    feeds: Feeds,
    _seat: Seat,
    /// In the lobby, from the start on.
    _presence: Option<Presence>,
    greeting: Vec<Frame>,
    heartbeat: Heartbeat,
    /// What it is closed with once its login has ended.
    unauthorised: ws::CloseCode,
    /// Taken at the start.
    changes: Option<LocalBoxStream<'static, Change>>,
    assembly: Assembly,
    bucket: Bucket,
    ingest: Ingest,
    heard: Instant,
    /// When its client last sent text, or was reminded to.
    said: Instant,
    /// A sync that came while another one runs.
    next_sync: Option<SyncRequest>,
}

impl Socket {
    fn tell(&mut self, frames: impl IntoIterator<Item = Frame>, ctx: &mut ws::WebsocketContext<Self>) {
        for frame in frames {
            ctx.text(frame);
        }
        self.line.tells();
    }

    /// Tells what happened until now, says why, and goes.
    fn part(&mut self, code: ws::CloseCode, why: &str, ctx: &mut ws::WebsocketContext<Self>) {
        let last = {
            let mut client = self.line.client.borrow_mut();
            let mut last = Vec::new();
            for place in 0..client.machines().count() {
                client.fell_behind(place);
                last.extend(
                    std::iter::from_fn(|| Some(client.catch_up(place)).filter(|lot| !lot.is_empty())).flatten(),
                );
            }
            last
        };
        self.tell(last, ctx);
        self.close(Some((code, why).into()), ctx);
    }

    fn close(&mut self, reason: Option<ws::CloseReason>, ctx: &mut ws::WebsocketContext<Self>) {
        self.line.parting.set(true);
        ctx.close(reason);
        ctx.stop();
    }

    fn text(&mut self, text: &str, ctx: &mut ws::WebsocketContext<Self>) {
        self.said = Instant::now();
        let budget = match self.bucket.take(Instant::now()) {
            Pace::Fine => Budget::Left,
            Pace::TooFast => Budget::Spent,
            Pace::StillTooFast => {
                let reaction = self.line.client.borrow_mut().text(text, Budget::Spent, wall_now());
                if let Reaction::Command(stop, request_id) = reaction {
                    self.command(stop, request_id, ctx);
                }
                return self.part(ws::CloseCode::Policy, "too many messages", ctx);
            }
        };
        let reaction = self.line.client.borrow_mut().text(text, budget, wall_now());
        match reaction {
            Reaction::Answer(frames) => self.tell(frames, ctx),
            Reaction::Command(want, request_id) => self.command(want, request_id, ctx),
            Reaction::Sync(request) => self.sync(request, ctx),
            Reaction::Telemetry(values) => {
                let now = wall_now();
                if let Some(refusal) = self.ingest.take(values, &self.state, now) {
                    let frames = self.line.client.borrow().refuse(&refusal, now);
                    self.tell(frames, ctx);
                }
            }
            Reaction::Nothing => {}
        }
    }

    fn command(&mut self, want: Want, request_id: Option<String>, ctx: &mut ws::WebsocketContext<Self>) {
        let client = self.line.client.borrow();
        let Some(machine) = client.machine().cloned() else { return };
        let command = client.command(self.state.house.surroundings().next_command(), want, request_id);
        let answer = async move { machine.command(command).await };
        ctx.spawn(answer.into_actor(self).map(|answer, socket, ctx| {
            if let Err(refusal) = answer {
                let frames = socket.line.client.borrow().refuse(&refusal, wall_now());
                socket.tell(frames, ctx);
            }
        }));
    }

    /// Fetches the past off this thread, then sends it lot by lot.
    fn sync(&mut self, request: SyncRequest, ctx: &mut ws::WebsocketContext<Self>) {
        let mut client = self.line.client.borrow_mut();
        if client.is_syncing() {
            self.next_sync = Some(request);
            return;
        }
        let Some(bus) = client.machine().map(|machine| Arc::clone(machine.bus())) else { return };
        let sent_after = client.begin_past();
        let archive = Arc::clone(self.state.house.archive());
        let fetching = web::block(move || history::fetch(&bus, archive.as_ref(), request, sent_after));
        ctx.spawn(fetching.into_actor(self).map(|fetched, _, ctx| {
            let history = fetched.unwrap_or_else(|_| history::History { events: Vec::new(), truncated: true });
            let time = |past: Option<&Past>| past.map_or(SessionMs(0), |past| past.event().at);
            let summary = SyncSummary {
                from: time(history.events.first()),
                last: time(history.events.last()),
                count: history.events.len() as u64,
                truncated: history.truncated,
            };
            let begins =
                history.events.first().map(|past| hearth_actors::model::ids::Seq(past.event().seq.0.saturating_sub(1)));
            let lots: Vec<Lot> = lots(history.events).chain(std::iter::once(Lot::End { summary, begins })).collect();
            ctx.add_stream(stream::iter(lots).then(|lot| async {
                tokio::task::yield_now().await;
                lot
            }));
        }));
    }

    /// Watches the machines that came, and no more those that went.
    fn follow(&mut self, machines: &Roster) {
        let mut client = self.line.client.borrow_mut();
        let mut live = self.line.live.borrow_mut();
        for place in (0..live.len()).rev() {
            let stays = |watched: &MachineHandle| machines.iter().any(|m| Arc::ptr_eq(m.bus(), watched.bus()));
            if !client.machines().nth(place).is_some_and(stays) {
                client.leave(place);
                live.remove(place);
            }
        }
        for machine in machines.iter().filter(|machine| client.place_of(machine.id()).is_none()).collect::<Vec<_>>() {
            live.push(self.feeds.follow(machine.id(), machine.bus()));
            client.join(machine.clone());
        }
    }

    fn check_liveness(&mut self, ctx: &mut ws::WebsocketContext<Self>) {
        if self.heard.elapsed() > SILENCE_MAX {
            return self.part(ws::CloseCode::Away, "nothing heard for 60 s", ctx);
        }
        ctx.ping(b"");
    }

    fn beat(&mut self, ctx: &mut ws::WebsocketContext<Self>) {
        let due = match self.heartbeat {
            Heartbeat::None => false,
            Heartbeat::Untold(every) => self.line.told.get().is_some_and(|told| told.elapsed() >= every),
            Heartbeat::Unheard(every) => self.said.elapsed() >= every,
        };
        if due {
            self.said = Instant::now();
            let frame = self.line.client.borrow_mut().heartbeat();
            self.tell(frame, ctx);
        }
    }
}

/// What happens to tasks from here on; one that was too slow for it gets them all as they are.
fn task_changes(tasks: Tasks) -> LocalBoxStream<'static, Change> {
    let events = tasks.attach().events;
    let again: VecDeque<Arc<Task>> = VecDeque::new();
    stream::unfold((tasks, events, again), |(tasks, mut events, mut again)| async move {
        loop {
            if let Some(task) = again.pop_front() {
                return Some((Change::Task(Arc::new(TaskEvent::Changed(task))), (tasks, events, again)));
            }
            match events.recv().await {
                Ok(event) => return Some((Change::Task(event), (tasks, events, again))),
                Err(RecvError::Lagged(_)) => {
                    events = tasks.attach().events;
                    again = tasks.list().into();
                }
                Err(RecvError::Closed) => return None,
            }
        }
    })
    .boxed_local()
}

/// What a client follows beside the buses has changed.
enum Change {
    /// The one that is watched was removed.
    Removed,
    /// All there are now.
    Roster(Roster),
    /// A task.
    Task(Arc<TaskEvent>),
    /// Its login is worth nothing any more.
    LoggedOut,
}

/// What the holder of the machine's lease is asked: what stands now, then every change.
fn questions(machine: &MachineHandle) -> impl Stream<Item = Question> + 'static {
    let mut asked = machine.steering().asked();
    asked.mark_changed();
    stream::unfold(asked, |mut asked| async move {
        asked.changed().await.ok()?;
        let question = Question(asked.borrow_and_update().clone());
        Some((question, asked))
    })
}

/// A question to the holder of the lease, or that there is none any more.
struct Question(Option<Asked>);

impl StreamHandler<Question> for Socket {
    fn handle(&mut self, Question(asked): Question, ctx: &mut Self::Context) {
        let frame = asked.and_then(|asked| self.line.client.borrow().asked(&asked));
        if frame.is_some() {
            self.tell(frame, ctx);
        }
    }

    /// The machine is gone; the socket is told elsewhere.
    fn finished(&mut self, _: &mut Self::Context) {}
}

/// A lot of the past on its way to the socket.
enum Lot {
    Events(Vec<Past>),
    End { summary: SyncSummary, begins: Option<hearth_actors::model::ids::Seq> },
}

fn lots(events: Vec<Past>) -> impl Iterator<Item = Lot> {
    let mut events = events.into_iter();
    std::iter::from_fn(move || {
        let lot: Vec<Past> = events.by_ref().take(PAST_LOT).collect();
        (!lot.is_empty()).then_some(Lot::Events(lot))
    })
}

impl Actor for Socket {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let greeting = std::mem::take(&mut self.greeting);
        self.tell(greeting, ctx);
        if let Some(changes) = self.changes.take() {
            ctx.add_stream(changes);
        }
        if let Some(machine) = self.line.client.borrow().machine() {
            ctx.add_stream(questions(machine));
        }
        self._presence = Some(self.state.lobby.enter(ctx.address().recipient()));
        if let Some(every) = self.heartbeat.every() {
            ctx.run_interval(every.min(Duration::from_secs(1)), Self::beat);
        }
    }
}

impl StreamHandler<Change> for Socket {
    fn handle(&mut self, change: Change, ctx: &mut Self::Context) {
        match change {
            Change::Removed => {
                self.part(ws::CloseCode::Other(CLOSE_MACHINE_NOT_FOUND), "the machine was removed", ctx);
            }
            Change::Roster(machines) => self.follow(&machines),
            // It is told nothing more, not even what it missed.
            Change::LoggedOut => self.close(Some((self.unauthorised, "your login has ended: log in again").into()), ctx),
            Change::Task(event) => {
                let frames = self.line.client.borrow_mut().task(&event);
                self.tell(frames, ctx);
            }
        }
    }

    /// Nothing changes any more; the socket lives on.
    fn finished(&mut self, _: &mut Self::Context) {}
}

impl StreamHandler<Lot> for Socket {
    fn handle(&mut self, lot: Lot, ctx: &mut Self::Context) {
        match lot {
            Lot::Events(events) => {
                let mut client = self.line.client.borrow_mut();
                let frames: Vec<Frame> = events.iter().flat_map(|past| client.past(past)).collect();
                drop(client);
                self.tell(frames, ctx);
            }
            Lot::End { summary, begins } => {
                let frame = self.line.client.borrow_mut().end_past(&summary, begins);
                self.tell(frame, ctx);
                if let Some(request) = self.next_sync.take() {
                    self.sync(request, ctx);
                }
            }
        }
    }

    /// The past has been sent; the socket lives on.
    fn finished(&mut self, _: &mut Self::Context) {}
}

impl Handler<Notice> for Socket {
    type Result = ();

    fn handle(&mut self, notice: Notice, ctx: &mut Self::Context) {
        match notice {
            Notice::LookAlive => self.check_liveness(ctx),
            Notice::Stopping => self.part(ws::CloseCode::Away, "the daemon is stopping", ctx),
        }
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Socket {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        self.heard = Instant::now();
        match message {
            Ok(ws::Message::Text(text)) => self.text(&text, ctx),
            Ok(ws::Message::Continuation(item)) => match self.assembly.take(item) {
                Ok(Some(text)) => self.text(&text, ctx),
                Ok(None) => {}
                Err(Broken::TooLarge) => self.part(ws::CloseCode::Size, "message too large", ctx),
                Err(Broken::Binary) => self.part(ws::CloseCode::Unsupported, "text frames only", ctx),
                Err(Broken::NotText) => self.part(ws::CloseCode::Invalid, "not UTF-8", ctx),
                Err(Broken::OutOfOrder) => self.part(ws::CloseCode::Protocol, "fragments out of order", ctx),
            },
            Ok(ws::Message::Binary(_)) => self.part(ws::CloseCode::Unsupported, "text frames only", ctx),
            Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            Ok(ws::Message::Close(reason)) => {
                self.close(reason.filter(|reason| !matches!(reason.code, ws::CloseCode::Abnormal)), ctx);
            }
            Err(ws::ProtocolError::Overflow) => self.part(ws::CloseCode::Size, "message too large", ctx),
            Err(ws::ProtocolError::Io(_)) => ctx.stop(),
            Err(_) => self.part(ws::CloseCode::Protocol, "broken frame", ctx),
        }
    }
}
