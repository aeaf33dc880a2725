//! WebSockets: the only module that knows actix-web-actors. One session actor per socket hosts one client of the heart.
//!
//! ```text
//!  what the client sends -> session actor -> what it says -+
//!  machine's bus -> feed (one per serving thread) ---------+-> outlet -> wire
//! ```
//! The actor freezes, timers included, when the peer stops reading; so nothing is pushed at a socket: its outlet draws from
//! the feed, which forgets for it what the ring still knows, and the kernel's user time-out cuts a peer that is gone.

mod announced;
mod assembly;
mod bucket;
mod doorstep;
pub mod entrances;
mod feed;
mod guest;
mod news;
mod outlet;
pub mod telemetry;
mod visit;

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use actix_http::ws::Codec;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use actix_web_actors::ws;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{LocalBoxStream, Stream};
use hearth_actors::client::history::History;
use hearth_actors::client::{Budget, Client, Reaction};
use hearth_actors::dialect::{DialectId, Frame, SyncRequest};
use hearth_actors::model::command::Want;
use hearth_actors::model::refusal::Refusal;
use hearth_actors::registry::Roster;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::slot::MachineHandle;
use tokio::time::Instant;

use super::deeds::{Details, note_order};
use super::lobby::{Card, Notice, Presence};
use super::seen::Seen;
use super::state::{AppState, Seat};
use crate::access::bearer::{Bearer, Who};
use crate::dialects::openroast::CLOSE_MACHINE_NOT_FOUND;
use assembly::{Assembly, Broken};
use bucket::{Bucket, Pace};
use feed::Cursor;
pub use feed::Feeds;
use guest::{Guest, unauthorised};
pub use guest::{LastWord, welcome};
use news::{Change, Lot, Question, lots, questions};
use outlet::{Line, Outlet, Parting};
use telemetry::Ingest;
pub use visit::{Heartbeat, Visit, Watches};

/// A socket from which nothing was heard for this long is closed.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// So many pings, pongs and fragments may come for each message that may.
const PIECES_PER_MESSAGE: u32 = 10;

/// Hosts a client of a dialect until it goes. What it visits is found once it is known who it is, and so what it sees. One that may
/// do nothing is told why by the code that its socket is closed with.
pub fn host(
    guest: Guest,
    body: web::Payload,
    state: &AppState,
    feeds: &Feeds,
    dialect: DialectId,
    visit: impl FnOnce(&Seen) -> Result<Visit, LastWord> + 'static,
) -> HttpResponse {
    let unauthorised = unauthorised(dialect);
    let (state, feeds, address) = (state.clone(), feeds.clone(), guest.address.to_string());
    guest.serve(body, &state.clone(), unauthorised, move |admission, said| {
        let seen = state.house.seen_by(&admission.bearer.scope);
        match visit(&seen) {
            Ok(visit) => {
                let ends = End { code: unauthorised, login: admission.ends };
                let who = Visitor { bearer: admission.bearer, address, seat: admission.seat, seen };
                converse(who, ends, said, &state, &feeds, visit).left_stream()
            }
            Err(word) => word.said_to(said).right_stream(),
        }
    })
}

/// Who visits, from where, and what they see.
struct Visitor {
    bearer: Bearer,
    address: String,
    seat: Seat,
    seen: Seen,
}

/// How a visit ends with its login.
struct End {
    code: ws::CloseCode,
    login: Option<LocalBoxFuture<'static, ()>>,
}

/// What a client is told, from its greeting to the end.
fn converse(
    Visitor { bearer, address, seat, seen }: Visitor,
    ends: End,
    said: doorstep::Said,
    state: &AppState,
    feeds: &Feeds,
    mut visit: Visit,
) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + use<> {
    visit.viewer.principal = bearer.principal(visit.viewer.principal.actor);
    let mut roster = seen.roster();
    let machines: Vec<MachineHandle> = match &visit.watches {
        Watches::One(machine) => vec![machine.clone()],
        Watches::All => roster.now().to_vec(),
        Watches::Tasks | Watches::Nothing => Vec::new(),
    };
    let live: Vec<Cursor> = machines.iter().map(|machine| feeds.follow(machine.id(), machine.bus())).collect();
    let changes = news::changes(&visit.watches, live.first(), &seen, roster, ends.login);
    let limit = state.limits.subscriptions;
    let (client, greeting) = Client::attach(visit.dialect, visit.viewer, visit.identity, machines, limit, wall_now());
    let line = Rc::new(Line {
        client: RefCell::new(client),
        live: RefCell::new(live),
        told: Cell::new(matches!(visit.heartbeat, Heartbeat::Untold(_)).then(Instant::now)),
        parting: Cell::new(Parting::No),
    });
    let now = Instant::now();
    let socket = Socket {
        line: Rc::clone(&line),
        bucket: Bucket::new(visit.pace.0, visit.pace.1, now),
        pieces: Bucket::new(PIECES_PER_MESSAGE * visit.pace.0, PIECES_PER_MESSAGE * visit.pace.1, now),
        ingest: Ingest::default(),
        assembly: Assembly::new(visit.frame_bytes),
        state: state.clone(),
        seen,
        feeds: feeds.clone(),
        follows_one: matches!(visit.watches, Watches::One(_)),
        bearer,
        address,
        _seat: seat,
        _presence: None,
        greeting,
        heartbeat: visit.heartbeat,
        unauthorised: ends.code,
        changes: Some(changes),
        heard: now,
        said: now,
        next_sync: None,
    };
    // The codec measures the payload; one byte more than allowed must arrive here to be answered with 1009.
    let codec = Codec::new().max_size(visit.frame_bytes);
    let session = ws::WebsocketContext::with_codec(socket, said.and_more(visit.frame_bytes), codec);
    Outlet::new(session, line)
}

/// The session actor of one socket.
pub struct Socket {
    line: Rc<Line>,
    state: AppState,
    /// What of the house it may see.
    seen: Seen,
    feeds: Feeds,
    /// Whether one machine is all it came for.
    follows_one: bool,
    /// Who is at the other end.
    bearer: Bearer,
    address: String,
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
    /// Of what is no whole message: pings, pongs and fragments.
    pieces: Bucket,
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
        self.close(Parting::Friendly, Some((code, why).into()), ctx);
    }

    fn close(&mut self, how: Parting, reason: Option<ws::CloseReason>, ctx: &mut ws::WebsocketContext<Self>) {
        self.line.parting.set(how);
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
                if let Some(refusal) = self.ingest.take(values, &self.seen, &self.state.workshop.inboxes, now) {
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
        let (action, details) = (want.action(), Details::of_order(&machine, &want));
        let command = client.command(self.seen.next_command(), want, request_id);
        let socket = ctx.address();
        let (state, bearer, address) = (self.state.clone(), self.bearer.clone(), self.address.clone());
        // Not in the actor's context, which forgets what it was given when the socket closes: an order that came is carried out.
        actix_web::rt::spawn(async move {
            let outcome = machine.command(command).await;
            note_order(&state, &bearer, &address, action, details, &outcome);
            if let Err(refusal) = outcome {
                // Whoever has gone needs no answer.
                let _ = socket.try_send(Unwilling(refusal));
            }
        });
    }

    /// Fetches the past off this thread, then sends it lot by lot.
    fn sync(&mut self, request: SyncRequest, ctx: &mut ws::WebsocketContext<Self>) {
        let mut client = self.line.client.borrow_mut();
        if client.is_syncing() {
            self.next_sync = Some(request);
            return;
        }
        let Some(machine) = client.machine().cloned() else { return };
        let sent_after = client.begin_past();
        let seen = self.seen.clone();
        let fetching = web::block(move || seen.past(&machine, request, sent_after));
        ctx.spawn(fetching.into_actor(self).map(|fetched, _, ctx| {
            ctx.add_stream(lots(fetched.unwrap_or_else(|_| History { events: Vec::new(), truncated: true })));
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

    /// How it is shown to admins.
    fn card(&self) -> Card {
        let client = self.line.client.borrow();
        Card {
            who: self.bearer.who.label(),
            role: self.bearer.role,
            address: self.address.clone(),
            name: client.viewer().principal.actor.label().to_owned(),
            client: client.viewer().client.clone(),
            dialect: client.dialect(),
            machine: client.machine().filter(|_| self.follows_one).map(|machine| machine.id().clone()),
            since: wall_now(),
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
        let card = self.card();
        self._presence = Some(self.state.lobby.enter(ctx.address().recipient(), card));
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
            Change::LoggedOut => {
                let why = match &self.bearer.who {
                    Who::Token { .. } => "your token is worth nothing any more: ask an admin for another one",
                    _ => "your login has ended: log in again",
                };
                let why = (self.unauthorised, why).into();
                self.close(Parting::Abrupt, Some(why), ctx);
            }
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

/// An order was refused.
struct Unwilling(Refusal);

impl Message for Unwilling {
    type Result = ();
}

impl Handler<Unwilling> for Socket {
    type Result = ();

    fn handle(&mut self, Unwilling(refusal): Unwilling, ctx: &mut Self::Context) {
        let frames = self.line.client.borrow().refuse(&refusal, wall_now());
        self.tell(frames, ctx);
    }
}

impl Handler<Notice> for Socket {
    type Result = ();

    fn handle(&mut self, notice: Notice, ctx: &mut Self::Context) {
        match notice {
            Notice::LookAlive => self.check_liveness(ctx),
            Notice::Dismissed => self.part(ws::CloseCode::Policy, "an admin ended this connection", ctx),
            Notice::Stopping => self.part(ws::CloseCode::Away, "the daemon is stopping", ctx),
        }
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Socket {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        self.heard = Instant::now();
        let is_whole = matches!(message, Ok(ws::Message::Text(_)));
        let pace = if is_whole { Pace::Fine } else { self.pieces.take(self.heard) };
        match message {
            Ok(ws::Message::Text(text)) => self.text(&text, ctx),
            Ok(_) if pace == Pace::StillTooFast => self.part(ws::CloseCode::Policy, "too many frames", ctx),
            Ok(ws::Message::Ping(_)) if pace == Pace::TooFast => {}
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
                let reason = reason.filter(|reason| !matches!(reason.code, ws::CloseCode::Abnormal));
                self.close(Parting::Friendly, reason, ctx);
            }
            Err(ws::ProtocolError::Overflow) => self.part(ws::CloseCode::Size, "message too large", ctx),
            // How the codec tells of bits that are reserved.
            Err(ws::ProtocolError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                self.part(ws::CloseCode::Protocol, "broken frame", ctx);
            }
            // And of a text that is none; or its peer is gone, and hears nothing.
            Err(ws::ProtocolError::Io(_)) => self.part(ws::CloseCode::Invalid, "not UTF-8", ctx),
            Err(_) => self.part(ws::CloseCode::Protocol, "broken frame", ctx),
        }
    }
}
