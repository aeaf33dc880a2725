//! Guests: those who came to a socket, before anything is said; and those who are told one last thing instead.
//!
//! A seat is for somebody who is known: who has yet to say who they are waits beside them.

use std::borrow::Cow;
use std::net::IpAddr;

use actix::prelude::*;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, UPGRADE};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use actix_web_actors::ws;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::Stream;
use hearth_actors::dialect::{DialectId, Frame};
use hearth_actors::model::action::Action;
use hearth_actors::runtime::clock::wall_now;

use super::doorstep;
use crate::access::bearer::Bearer;
use crate::dialects::Name;
use crate::dialects::openroast::CLOSE_MACHINE_NOT_FOUND;
use crate::http::door::{Granted, Nobody, address, granted};
use crate::http::problem::Problem;
use crate::http::seen::Seen;
use crate::http::state::{AppState, NoSeat, Seat};

/// What one that may do nothing is closed with, but for clients that know another code. Source: safety design, 5.
const CLOSE_UNAUTHORISED: u16 = 4401;
/// What one is told whose role is not enough.
const NOT_FOR_YOU: &str = "your role does not allow this";

/// Largest frame of one that goes at once, whose words are not read. Unit: bytes.
const FAREWELL_FRAME_BYTES: usize = 4096;

/// A client at the door of a socket: the beginning of its answer, and who it is.
pub struct Guest {
    pub(super) response: HttpResponseBuilder,
    pub(super) address: IpAddr,
    pub(super) standing: Standing,
    /// What it is about to do.
    action: Action,
}

/// Whether a client may come in.
pub(super) enum Standing {
    /// It may.
    In(Admission),
    /// It may still say who it is, and waits there until it has.
    Asked(Seat),
    /// It may not, and why.
    Out(&'static str),
}

/// Somebody who may come in, where they sit, and until when.
pub(super) struct Admission {
    pub(super) bearer: Bearer,
    pub(super) seat: Seat,
    /// Of who showed a credential.
    pub(super) ends: Option<LocalBoxFuture<'static, ()>>,
}

/// Why somebody who said who they are does not come in.
pub(super) enum NoEntry {
    /// They may not.
    Out(&'static str),
    /// There is no seat.
    Full(NoSeat),
}

impl Admission {
    /// Lets somebody in if they may do what they came for, and there is a seat for them.
    fn of(
        bearer: Bearer,
        credential: Option<String>,
        action: Action,
        from: IpAddr,
        state: &AppState,
    ) -> Result<Self, NoEntry> {
        if !bearer.may(action) {
            return Err(NoEntry::Out(NOT_FOR_YOU));
        }
        let seat = state.seats.take(from, Some(bearer.role), &state.limits).map_err(NoEntry::Full)?;
        let ends = credential.map(|credential| state.access.end_of(credential, bearer.clone()).boxed_local());
        Ok(Self { bearer, seat, ends })
    }
}

impl NoEntry {
    /// What a socket is closed with, and the same in words; `unauthorised` is for those who may not.
    pub(super) fn told(self, unauthorised: ws::CloseCode) -> (ws::CloseCode, Cow<'static, str>) {
        match self {
            Self::Out(why) => (unauthorised, why.into()),
            Self::Full(full) => (ws::CloseCode::Again, full.to_string().into()),
        }
    }
}

impl Guest {
    /// What it may see, if it is known already who it is and that it may come in.
    pub fn seen(&self, state: &AppState) -> Option<Seen> {
        match &self.standing {
            Standing::In(admission) => Some(state.house.seen_by(&admission.bearer.scope)),
            Standing::Asked(_) | Standing::Out(_) => None,
        }
    }

    /// Serves one that may come in, now or once it has said who it is. One that may not is closed with `code`.
    pub(super) fn serve<S, E>(
        self,
        body: web::Payload,
        state: &AppState,
        code: ws::CloseCode,
        come_in: impl FnOnce(Admission, doorstep::Said) -> S + 'static,
    ) -> HttpResponse
    where
        S: Stream<Item = Result<Bytes, E>> + 'static,
        E: Into<Box<dyn std::error::Error>> + From<actix_web::Error> + 'static,
    {
        let Self { mut response, address, standing, action } = self;
        match standing {
            Standing::In(admission) => response.streaming(come_in(admission, doorstep::Said::nothing(body))),
            Standing::Out(why) => turn_away(response, body, code, why),
            Standing::Asked(place) => {
                let state = state.clone();
                let judge = move |token: &str| {
                    drop(place);
                    let bearer = state.access.whose(token, wall_now());
                    let bearer = bearer.ok_or(NoEntry::Out(Nobody::BadCredential.why()))?;
                    Admission::of(bearer, Some(token.to_owned()), action, address, &state)
                };
                response.streaming(doorstep::ask(body, code, judge, come_in))
            }
        }
    }
}

/// Lets a client to the door, if it came to a WebSocket and there is a seat for it, or a place to say who it is.
///
/// # Errors
/// The answer to one that is not.
pub fn welcome(request: &HttpRequest, state: &AppState) -> Result<Guest, actix_web::Error> {
    let response = ws::handshake(request)
        .map_err(|error| InternalError::from_response("no WebSocket handshake", no_handshake(&error)))?;
    let address = address(request);
    let full = |full: NoSeat| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "FULL", full.to_string());
    let Granted { bearer, credential, action } = granted(request);
    let standing = match bearer {
        Ok(bearer) => match Admission::of(bearer, credential, action, address, state) {
            Ok(admission) => Standing::In(admission),
            Err(NoEntry::Out(why)) => Standing::Out(why),
            Err(NoEntry::Full(no_seat)) => return Err(full(no_seat).into()),
        },
        Err(Nobody::NoCredential) => Standing::Asked(state.seats.wait(address, &state.limits).map_err(full)?),
        Err(nobody @ Nobody::BadCredential) => Standing::Out(nobody.why()),
    };
    Ok(Guest { response, address, standing, action })
}

/// What one that may do nothing is closed with.
pub(super) fn unauthorised(dialect: DialectId) -> ws::CloseCode {
    if dialect == Name::WebMacs.id() { ws::CloseCode::Policy } else { ws::CloseCode::Other(CLOSE_UNAUTHORISED) }
}

/// Tells one that may do nothing why, and closes.
fn turn_away(
    mut response: HttpResponseBuilder,
    body: web::Payload,
    code: ws::CloseCode,
    why: &'static str,
) -> HttpResponse {
    let said = doorstep::Said::nothing(body);
    response.streaming(LastWord { frame: None, code, why }.said_to(said))
}

/// Somebody came with plain HTTP, or with a handshake that cannot be answered.
fn no_handshake(error: &ws::HandshakeError) -> HttpResponse {
    let detail = format!("this path is a WebSocket: {error}; connect with a WebSocket client");
    let mut response = HttpResponse::from(&Problem::new(StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED", detail));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response
}

/// The one thing that a client is told before its socket is closed.
pub struct LastWord {
    /// A frame of its dialect.
    pub frame: Option<Frame>,
    /// What the socket is closed with.
    pub code: ws::CloseCode,
    /// The same in words.
    pub why: &'static str,
}

impl LastWord {
    /// That there is no machine such as was asked for.
    pub fn no_such_machine(frame: Option<Frame>) -> Self {
        Self { frame, code: ws::CloseCode::Other(CLOSE_MACHINE_NOT_FOUND), why: "no such machine" }
    }

    pub(super) fn said_to(self, said: doorstep::Said) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + use<> {
        ws::WebsocketContext::create(Farewell { word: Some(self) }, said.and_more(FAREWELL_FRAME_BYTES))
    }
}

/// Tells one last thing and closes.
struct Farewell {
    word: Option<LastWord>,
}

impl Actor for Farewell {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(LastWord { frame, code, why }) = self.word.take() {
            frame.into_iter().for_each(|frame| ctx.text(frame));
            ctx.close(Some((code, why).into()));
        }
        ctx.stop();
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Farewell {
    fn handle(&mut self, _: Result<ws::Message, ws::ProtocolError>, _: &mut Self::Context) {}
}
