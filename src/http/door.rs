//! Doors: listeners, each with what it serves and what it grants to somebody without a login.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use hearth_actors::model::command::UserRole;
use hearth_actors::runtime::clock::wall_now;

use super::logins::Person;
use super::manner::retell;
use super::operation::Operation;
use super::problem::Problem;
use super::state::AppState;
use crate::config::dialects::{AnonymousRole, DialectConfig, DialectsConfig};
use crate::dialects::Name;
use crate::dialects::openscan::PREFIXES;

/// A listener as its requests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The dialects that are spoken there.
    pub dialects: Vec<Name>,
    /// Whether the pages and the daemon's own REST are served.
    pub house: House,
    /// What somebody without a login may do; `None` is nothing.
    pub anonymous: Option<UserRole>,
}

/// Whether the pages and the daemon's own REST are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    /// They are.
    Open,
    /// Only one dialect is.
    Closed,
}

/// What a request may do: the role, or why it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The role, or why there is none.
    pub role: Result<UserRole, &'static str>,
    /// Who it is, if somebody logged in.
    pub person: Option<Person>,
}

/// Why a request has no role. Source: protocol of WebMACS, close reasons.
const NO_TOKEN: &str = "Authentication required";
const BAD_TOKEN: &str = "Invalid or expired token";

impl Door {
    /// The port that all share.
    pub fn shared(dialects: &DialectsConfig) -> Self {
        let open = keyed(dialects).into_iter().filter(|(_, dialect)| dialect.enabled).map(|(id, _)| id);
        Self { dialects: open.collect(), house: House::Open, anonymous: Some(UserRole::Operator) }
    }

    /// A dialect's own listener.
    pub fn of(dialect: Name, config: &DialectConfig) -> Self {
        let house = match dialect {
            Name::OpenRoast => House::Open,
            Name::WebMacs | Name::ControlPanel | Name::BevForge | Name::OpenScan => House::Closed,
        };
        let anonymous = match config.anonymous_role {
            None | Some(AnonymousRole::Operator) => Some(UserRole::Operator),
            Some(AnonymousRole::Viewer) => Some(UserRole::Viewer),
            Some(AnonymousRole::None) => None,
        };
        Self { dialects: vec![dialect], house, anonymous }
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

/// Lets a request in with its role, or answers it. A socket is always let in: a browser learns only from its close code why.
///
/// # Errors
/// What the handler's own answer may fail with.
pub async fn admit<B: MessageBody + 'static>(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let granted = grant(request.request(), &state);
    let refused = match granted.role {
        _ if is_for_everybody(&request) => None,
        Err(why) => Some(no_login(why)),
        Ok(UserRole::Viewer) if !is_for_viewers(&request) => Some(HttpResponse::from(&no_right())),
        Ok(_) => None,
    };
    let response = match refused {
        Some(refused) => request.into_response(refused).map_into_right_body(),
        None => {
            request.extensions_mut().insert(granted);
            next.call(request).await?.map_into_left_body()
        }
    };
    Ok(retell(response, &state.door))
}

/// What [`admit`] found.
pub fn granted(request: &HttpRequest) -> Granted {
    request.extensions().get().cloned().unwrap_or(Granted { role: Err(NO_TOKEN), person: None })
}

/// Asks for more than the door does.
///
/// # Errors
/// When the role is lower.
pub fn must_be(request: &HttpRequest, least: UserRole) -> Result<(), Problem> {
    if granted(request).role.is_ok_and(|role| role >= least) { Ok(()) } else { Err(no_right()) }
}

/// The token a request carries.
pub fn token(request: &HttpRequest) -> Option<String> {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let in_query = || {
        let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
        query.into_inner().into_iter().find(|(name, _)| name == "token").map(|(_, token)| token)
    };
    bearer.map(|token| token.trim().to_owned()).or_else(in_query)
}

fn grant(request: &HttpRequest, state: &AppState) -> Granted {
    // Where nobody can log in, a token that a client carries along says nothing.
    let token = token(request).filter(|_| state.logins.are_possible());
    match token {
        None => Granted { role: state.door.anonymous.ok_or(NO_TOKEN), person: None },
        Some(token) => {
            let person = state.logins.whose(&token, wall_now());
            Granted { role: person.as_ref().map(|person| person.role).ok_or(BAD_TOKEN), person }
        }
    }
}

/// Probes, the way to a login, and sockets, which judge by themselves.
fn is_for_everybody(request: &ServiceRequest) -> bool {
    let path = request.path();
    matches!(path, "/" | "/health" | "/healthz" | "/readyz" | "/api/health" | "/api/v1/auth/login" | "/ws")
        || *request.method() == Method::GET && is_socket(path)
}

/// Sockets stand below `/ws`, those of OpenScan also behind its prefixes. Anywhere else `ws` is somebody's name.
fn is_socket(path: &str) -> bool {
    let behind = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix));
    behind.unwrap_or(path).starts_with("/ws/")
}

/// Looking, STOP, and leaving.
fn is_for_viewers(request: &ServiceRequest) -> bool {
    let path = request.path();
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => true,
        Method::POST => matches!(path, "/api/stop" | "/api/v1/auth/logout") || is_stop_of_a_machine(path),
        _ => false,
    }
}

/// Whether it is that path and nothing that only ends alike, such as a machine or a mark called `stop`.
fn is_stop_of_a_machine(path: &str) -> bool {
    let machine = path.strip_prefix("/api/machines/").and_then(|rest| rest.strip_suffix("/stop"));
    machine.is_some_and(|machine| !machine.is_empty() && !machine.contains('/'))
}

fn no_right() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", "your role does not allow this: ask for a higher one")
}

fn no_login(why: &str) -> HttpResponse {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHORISED", format!("{why}."));
    let mut response = HttpResponse::from(&problem);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
