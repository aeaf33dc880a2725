//! Guests: those who came to a socket, before anything is said; and those who are told one last thing instead.

use actix::prelude::*;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use actix_web_actors::ws;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use hearth_actors::dialect::{DialectId, Frame};
use hearth_actors::model::command::UserRole;
use hearth_actors::runtime::clock::wall_now;

use crate::dialects::Name;
use crate::http::door::{Granted, granted, token};
use crate::http::openscan::Refused;
use crate::http::problem::Problem;
use crate::http::state::{AppState, NoSeat, Seat};

/// What one that may do nothing is closed with, but for clients that know another code. Source: safety design, 5.
const CLOSE_UNAUTHORISED: u16 = 4401;

/// A client that was let in: the beginning of its answer, its seat, what it may do, and until when.
pub struct Guest {
    pub(super) response: HttpResponseBuilder,
    pub(super) seat: Seat,
    pub(super) role: Result<UserRole, &'static str>,
    /// Of who logged in.
    pub(super) login_ends: Option<LocalBoxFuture<'static, ()>>,
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
pub(super) fn unauthorised(dialect: DialectId) -> ws::CloseCode {
    if dialect == Name::WebMacs.id() { ws::CloseCode::Policy } else { ws::CloseCode::Other(CLOSE_UNAUTHORISED) }
}

/// Tells one that may do nothing why, and closes.
pub(super) fn turn_away(
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
