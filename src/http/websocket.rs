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
mod feed;
mod outlet;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use actix_http::ws::Codec;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws;
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, StreamExt, stream};
use hearth_actors::client::history::{self, Past};
use hearth_actors::client::{Budget, Client, Reaction};
use hearth_actors::dialect::{DialectId, Frame, SyncRequest, SyncSummary, Viewer};
use hearth_actors::logic::lease::Identity;
use hearth_actors::model::command::{Actor as Hand, Principal, UserRole, Want};
use hearth_actors::model::ids::{ClientId, MachineId};
use hearth_actors::model::time::SessionMs;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::runtime::steering::Asked;
use hearth_actors::slot::MachineHandle;
use serde::Deserialize;
use tokio::time::Instant;

use super::lobby::{Notice, Presence};
use super::problem::Problem;
use super::state::{AppState, Seat};
use crate::dialects;
use crate::dialects::openroast::CLOSE_MACHINE_NOT_FOUND;
use assembly::{Assembly, Broken};
use bucket::{Bucket, Pace};
pub use feed::Feeds;
use outlet::{Line, Outlet};

/// A socket from which nothing was heard for this long is closed.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Events of the past handed to the socket at a time, so that it drains between two lots.
const PAST_LOT: usize = 128;

/// What a client says of itself when it connects.
#[derive(Debug, Deserialize)]
pub struct Introduction {
    name: Option<String>,
    client_id: Option<String>,
    heartbeat: Option<String>,
}

/// `GET /ws/live/{machine_id}`: the OpenRoast dialect.
///
/// # Errors
/// When the request is no WebSocket handshake.
pub async fn openroast(
    request: HttpRequest,
    body: web::Payload,
    path: web::Path<String>,
    introduction: web::Query<Introduction>,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let mut response = match ws::handshake(&request) {
        Ok(response) => response,
        Err(error) => return Ok(no_handshake(&error)),
    };
    let address = request.peer_addr().map_or(std::net::Ipv4Addr::LOCALHOST.into(), |peer| peer.ip());
    let seat = match state.seats.take(address, &state.limits) {
        Ok(seat) => seat,
        Err(full) => {
            return Ok(HttpResponse::from(&Problem::new(StatusCode::SERVICE_UNAVAILABLE, "FULL", full.to_string())));
        }
    };
    let id = MachineId::parse(&path).ok();
    let machine = match &id {
        Some(id) => state.house.find(id).await,
        None => None,
    };
    let Some(machine) = machine else {
        let farewell = Farewell { frame: dialects::openroast::machine_not_found(&path), seat: Some(seat) };
        return ws::WsResponseBuilder::new(farewell, &request, body).start();
    };
    let dialect = dialects::dialect(DialectId::OpenRoast, machine.id().clone());
    let (viewer, identity) = introduction.viewer();
    let live = feeds.follow(machine.id(), machine.bus());
    let removed = live.ended();
    let (client, greeting) = Client::attach(dialect, viewer, identity, machine, wall_now());
    let heartbeat = introduction.heartbeat();
    let line = Rc::new(Line {
        client: RefCell::new(client),
        told: Cell::new(heartbeat.map(|_| Instant::now())),
        parting: Cell::new(false),
    });
    let socket = Socket::new(Rc::clone(&line), state.as_ref().clone(), seat, greeting, heartbeat, Box::pin(removed));
    // The codec measures the payload; one byte more than allowed must arrive here to be answered with 1009.
    let codec = Codec::new().max_size(state.limits.frame_bytes);
    let session = ws::WebsocketContext::with_codec(socket, body, codec);
    Ok(response.streaming(Outlet::new(session, line, live)))
}

/// Somebody came with plain HTTP, or with a handshake that cannot be answered.
fn no_handshake(error: &ws::HandshakeError) -> HttpResponse {
    let detail = format!("this path is a WebSocket: {error}; connect with a WebSocket client");
    let mut response = HttpResponse::from(&Problem::new(StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED", detail));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response
}

impl Introduction {
    fn viewer(&self) -> (Viewer, Identity) {
        let (client, identity) = match self.client_id.as_deref().and_then(|id| ClientId::parse(id).ok()) {
            Some(kept) => (kept, Identity::Kept),
            None => (passing_client(), Identity::Passing),
        };
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name =
            name.map_or_else(|| format!("client {:.4}", client.as_str()), |name| name.chars().take(64).collect());
        let principal = Principal { actor: Hand::Client { id: client.clone(), name }, role: UserRole::Operator };
        (Viewer { client, principal }, identity)
    }

    fn heartbeat(&self) -> Option<Duration> {
        let seconds: f64 = self.heartbeat.as_deref()?.parse().ok()?;
        (0.5..=3600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
    }
}

/// An id for the life of one socket.
fn passing_client() -> ClientId {
    let text = format!("{:032x}", (u128::from(fastrand::u64(..)) << 64) | u128::from(fastrand::u64(..)));
    ClientId::parse(&text).unwrap_or_else(|_| unreachable!("hexadecimal digits are a valid id"))
}

/// Tells one last thing and closes.
struct Farewell {
    frame: Frame,
    seat: Option<Seat>,
}

impl Actor for Farewell {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.text(self.frame.clone());
        ctx.close(Some((ws::CloseCode::Other(CLOSE_MACHINE_NOT_FOUND), "no such machine").into()));
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
    _seat: Seat,
    /// In the lobby, from the start on.
    _presence: Option<Presence>,
    greeting: Vec<Frame>,
    heartbeat: Option<Duration>,
    /// Comes when the machine was removed; taken at the start.
    removed: Option<LocalBoxFuture<'static, ()>>,
    assembly: Assembly,
    bucket: Bucket,
    heard: Instant,
    /// A sync that came while another one runs.
    next_sync: Option<SyncRequest>,
}

impl Socket {
    fn new(
        line: Rc<Line>,
        state: AppState,
        seat: Seat,
        greeting: Vec<Frame>,
        heartbeat: Option<Duration>,
        removed: LocalBoxFuture<'static, ()>,
    ) -> Self {
        let now = Instant::now();
        Self {
            line,
            assembly: Assembly::new(state.limits.frame_bytes),
            bucket: Bucket::new(state.limits.messages_per_s, state.limits.message_burst, now),
            state,
            _seat: seat,
            _presence: None,
            greeting,
            heartbeat,
            removed: Some(removed),
            heard: now,
            next_sync: None,
        }
    }

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
            client.fell_behind();
            std::iter::from_fn(|| Some(client.catch_up()).filter(|lot| !lot.is_empty())).flatten().collect::<Vec<_>>()
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
        let budget = match self.bucket.take(Instant::now()) {
            Pace::Fine => Budget::Left,
            Pace::TooFast => Budget::Spent,
            Pace::StillTooFast => {
                let reaction = self.line.client.borrow_mut().text(text, Budget::Spent);
                if let Reaction::Command(stop, request_id) = reaction {
                    self.command(stop, request_id, ctx);
                }
                return self.part(ws::CloseCode::Policy, "too many messages", ctx);
            }
        };
        let reaction = self.line.client.borrow_mut().text(text, budget);
        match reaction {
            Reaction::Answer(frames) => self.tell(frames, ctx),
            Reaction::Command(want, request_id) => self.command(want, request_id, ctx),
            Reaction::Sync(request) => self.sync(request, ctx),
            Reaction::Nothing => {}
        }
    }

    fn command(&mut self, want: Want, request_id: Option<String>, ctx: &mut ws::WebsocketContext<Self>) {
        let client = self.line.client.borrow();
        let command = client.command(self.state.house.surroundings().next_command(), want, request_id);
        let machine = client.machine().clone();
        let answer = async move { machine.command(command).await };
        ctx.spawn(answer.into_actor(self).map(|answer, socket, ctx| {
            if let Err(refusal) = answer {
                let frames = socket.line.client.borrow().refuse(&refusal);
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
        let sent_after = client.begin_past();
        let bus = Arc::clone(client.machine().bus());
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

    fn check_liveness(&mut self, ctx: &mut ws::WebsocketContext<Self>) {
        if self.heard.elapsed() > SILENCE_MAX {
            return self.part(ws::CloseCode::Away, "nothing heard for 60 s", ctx);
        }
        ctx.ping(b"");
    }

    fn beat(&mut self, ctx: &mut ws::WebsocketContext<Self>) {
        let silent = self.line.told.get().map(|told| told.elapsed());
        if self.heartbeat.is_some_and(|every| silent >= Some(every)) {
            let frame = self.line.client.borrow().heartbeat();
            self.tell(frame, ctx);
        }
    }
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
        if let Some(removed) = self.removed.take() {
            ctx.spawn(removed.into_actor(self).map(|(), socket, ctx| {
                socket.part(ws::CloseCode::Other(CLOSE_MACHINE_NOT_FOUND), "the machine was removed", ctx);
            }));
        }
        ctx.add_stream(questions(self.line.client.borrow().machine()));
        self._presence = Some(self.state.lobby.enter(ctx.address().recipient()));
        if let Some(every) = self.heartbeat {
            ctx.run_interval(every.min(Duration::from_secs(1)), Self::beat);
        }
    }
}

impl StreamHandler<Lot> for Socket {
    fn handle(&mut self, lot: Lot, ctx: &mut Self::Context) {
        match lot {
            Lot::Events(events) => {
                let client = self.line.client.borrow();
                let frames: Vec<Frame> = events.iter().filter_map(|past| client.past(past)).collect();
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
