//! Doors: listeners, each with what it serves and what it grants; and who comes in by them.

use std::net::IpAddr;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use hearth_actors::model::action::Action;
use hearth_actors::model::command::{Actor, Principal, Scope, UserRole};
use hearth_actors::runtime::clock::wall_now;

use super::deeds;
use super::manner::retell;
use super::operation::Operation;
use super::peer::{self, Peer};
use super::problem::Problem;
use super::state::AppState;
use crate::access::bearer::Bearer;
use crate::access::entry::Came;
use crate::config::dialects::{AnonymousRole, DialectConfig, DialectsConfig};
use crate::dialects::Name;

/// Where a browser keeps the secret of its session.
pub const SESSION_COOKIE: &str = "hearth_session";

/// A listener as its requests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The dialects that are spoken there.
    pub dialects: Vec<Name>,
    /// Whether the pages and the daemon's own REST are served.
    pub house: House,
    /// What it grants by itself to somebody without a login, if it says anything of that.
    pub granted: Option<AnonymousRole>,
}

/// Whether the pages and the daemon's own REST are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    /// They are.
    Open,
    /// Only one dialect is.
    Closed,
}

/// What a route says of those who ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What one does with it.
    pub action: Action,
    /// How it goes on.
    pub length: Length,
}

/// How long an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// It has an end.
    Whole,
    /// A stream of events, whose readers cannot send headers.
    Stream,
    /// A socket, which is always let in: a browser learns only from its close code why it is not served.
    Socket,
}

/// Who came with a request.
#[derive(Debug, Clone)]
pub struct Granted {
    /// Somebody, or why they are nobody.
    pub bearer: Result<Bearer, Nobody>,
    /// What they showed.
    pub credential: Option<String>,
    /// What they are about to do.
    pub action: Action,
}

/// Why somebody who came is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nobody {
    /// They showed nothing, and nothing is granted to them.
    NoCredential,
    /// What they showed is worth nothing.
    BadCredential,
}

impl Nobody {
    /// In words. Source: protocol of WebMACS, close reasons.
    pub fn why(self) -> &'static str {
        match self {
            Self::NoCredential => "Authentication required",
            Self::BadCredential => "Invalid or expired token",
        }
    }
}

impl Door {
    /// The port that all share.
    pub fn shared(dialects: &DialectsConfig) -> Self {
        let open = keyed(dialects).into_iter().filter(|(_, dialect)| dialect.enabled).map(|(id, _)| id);
        Self { dialects: open.collect(), house: House::Open, granted: None }
    }

    /// A dialect's own listener.
    pub fn of(dialect: Name, config: &DialectConfig) -> Self {
        let house = match dialect {
            Name::OpenRoast => House::Open,
            Name::WebMacs | Name::ControlPanel | Name::BevForge | Name::OpenScan => House::Closed,
        };
        Self { dialects: vec![dialect], house, granted: config.anonymous_role }
    }

    /// Whether an operation is served here.
    pub fn serves(&self, operation: &Operation) -> bool {
        operation.dialect.map_or(self.house == House::Open, |dialect| self.dialects.contains(&dialect))
    }
}

/// What a dialect is called in the configuration.
pub fn key(dialect: Name) -> &'static str {
    match dialect {
        Name::OpenRoast => "openroast",
        Name::WebMacs => "webmacs",
        Name::ControlPanel => "control_panel",
        Name::BevForge => "bevforge",
        Name::OpenScan => "openscan",
    }
}

/// Each dialect with its part of the configuration.
pub fn keyed(config: &DialectsConfig) -> [(Name, &DialectConfig); 5] {
    [
        (Name::OpenRoast, &config.openroast),
        (Name::WebMacs, &config.webmacs),
        (Name::ControlPanel, &config.control_panel),
        (Name::BevForge, &config.bevforge),
        (Name::OpenScan, &config.openscan),
    ]
}

/// Tells every refusal in the shape of the dialect whose path was asked.
///
/// # Errors
/// What the handler's own answer may fail with.
pub async fn speak<B: MessageBody + 'static>(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    Ok(retell(next.call(request).await?.map_into_left_body(), &state.door))
}

/// Lets a request in to a route whose rule allows it, or answers it. What changes something is written down either way.
///
/// # Errors
/// What the handler's own answer may fail with.
pub async fn admit(
    rule: Rule,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    let Some(state) = request.app_data::<web::Data<AppState>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError().finish()));
    };
    let granted = grant(request.request(), &state, rule);
    let refused = match &granted.bearer {
        _ if rule.length == Length::Socket => None,
        Err(_) if rule.action.is_for(None) => None,
        Err(nobody) => Some(no_login(nobody.why())),
        Ok(bearer) if bearer.may(rule.action) => None,
        Ok(bearer) => Some(HttpResponse::from(&no_right(bearer.role, rule.action))),
    };
    request.extensions_mut().insert(granted);
    let response = match refused {
        Some(refused) => request.into_response(refused),
        None => next.call(request).await?,
    };
    deeds::note_answer(&state, rule, &response);
    Ok(response)
}

/// What [`admit`] found.
pub fn granted(request: &HttpRequest) -> Granted {
    let nobody = || Granted { bearer: Err(Nobody::NoCredential), credential: None, action: Action::Probe };
    request.extensions().get().cloned().unwrap_or_else(nobody)
}

/// Whoever sent a request, as the giver of an order. One that is nobody may do as little as there is to do.
pub fn principal(request: &HttpRequest, actor: Actor) -> Principal {
    match granted(request).bearer {
        Ok(bearer) => bearer.principal(actor),
        Err(_) => {
            Principal { actor, account: "".into(), role: UserRole::Controller, scope: Scope::Only(Default::default()) }
        }
    }
}

/// Where a request comes from.
pub fn address(request: &HttpRequest) -> IpAddr {
    peer::of(request).address
}

/// The secret of the session that a browser sent along.
pub fn session(request: &HttpRequest) -> Option<String> {
    let cookies = request.headers().get_all(COOKIE).filter_map(|cookies| cookies.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut secrets = pairs.filter(|(name, _)| *name == SESSION_COOKIE).map(|(_, secret)| secret);
    let first = secrets.next()?;
    // Of two that differ, one was put there by somebody else: a page beside this one, or the network.
    secrets.all(|other| other == first).then(|| first.to_owned())
}

/// The token a request carries; in its query only where nothing else can be sent along.
fn token(request: &HttpRequest, length: Length) -> Option<String> {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let in_query = || {
        let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
        query.into_inner().into_iter().find(|(name, _)| name == "token").map(|(_, token)| token)
    };
    let bearer = bearer.map(|token| token.trim().to_owned());
    bearer.or_else(|| if length == Length::Whole { None } else { in_query() })
}

fn grant(request: &HttpRequest, state: &AppState, rule: Rule) -> Granted {
    let (action, now) = (rule.action, wall_now());
    // Where nobody can have a token, one that a client carries along says nothing.
    let token = token(request, rule.length).filter(|_| state.access.credentials_exist());
    if let Some(token) = token {
        let bearer = state.access.whose(&token, now).ok_or(Nobody::BadCredential);
        return Granted { bearer, credential: Some(token), action };
    }
    // A browser sends its cookie whether it is worth something or not: one that is not is none.
    let session = session(request).and_then(|secret| Some((state.access.whose(&secret, now)?, secret)));
    if let Some((bearer, secret)) = session {
        return Granted { bearer: Ok(bearer), credential: Some(secret), action };
    }
    let entry = state.access.entry().without_login(state.door.granted, &came(request));
    Granted { bearer: entry.ok_or(Nobody::NoCredential), credential: None, action }
}

fn came(request: &HttpRequest) -> Came {
    let Peer { address, is_loopback_host, is_forwarded, .. } = peer::of(request);
    Came { peer: address, to_loopback: is_loopback_host, is_forwarded }
}

fn no_right(role: UserRole, action: Action) -> Problem {
    let words = if action.is_for(Some(role)) {
        "this concerns the whole house, and your access is limited to some machines: ask somebody whose access is not"
    } else {
        "your role does not allow this: ask for a higher one"
    };
    Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", words)
}

fn no_login(why: &str) -> HttpResponse {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHORISED", format!("{why}."));
    let mut response = HttpResponse::from(&problem);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
