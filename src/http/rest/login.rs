//! Logging in with a browser, and becoming the first admin. The secret of a session goes to the browser as a cookie that no page
//! can read.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::command::Scope;
use hearth_actors::runtime::clock::wall_now;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body;
use super::machines::invalid_at;
use super::profiles::away;
use crate::access::bearer::{Bearer, Who};
use crate::access::book::BookError;
use crate::access::people::{PeopleError, Wanted};
use crate::access::sessions::LogInError;
use crate::config::parse::parse_all;
use crate::config::users::RoleConfig;
use crate::http::deeds::note_login;
use crate::http::door::{address, granted, session_cookie};
use crate::http::peer;
use crate::http::problem::Problem;
use crate::http::sign_in::{begin_session, end_session};
use crate::http::state::AppState;
use crate::wire::words::UserRole;

/// How long a browser keeps its cookie. It is the daemon that judges when a session has ended. Unit: s.
const COOKIE_LIFE_S: u32 = 365 * 24 * 3600;
/// What somebody is told to wait who tried too often. Source: safety design, 5. Unit: s.
const WAIT_S: HeaderValue = HeaderValue::from_static("30");

type Answer = Result<HttpResponse, Problem>;

/// Who is at a page, and what it may offer.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Me {
    /// By what.
    access: Standing,
    /// Who, with what they may do; `null` where nobody is let in.
    user: Option<MeUser>,
    /// Whether there is no admin yet and one must be made first.
    setup_needed: bool,
    /// Whether anybody can log in with a password.
    login_possible: bool,
}

/// By what somebody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They sit at the daemon's own computer, which nothing else reaches.
    Local,
    /// The configuration lets everybody do everything.
    Open,
    /// The listener or their network grants it.
    Guest,
    /// They logged in.
    User,
    /// They have a token.
    Token,
    /// Not at all.
    None,
}

/// Somebody who was let in.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MeUser {
    /// How they log in; `null` for those who need not, and for tokens.
    email: Option<String>,
    /// How they are shown; `null` for those who need not log in.
    name: Option<String>,
    /// What they may do.
    role: UserRole,
    /// With which machines; `null` is all.
    machines: Option<Vec<String>>,
}

/// The first admin.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct FirstAdmin {
    /// What stands behind `token=` in the link that the daemon prints.
    token: String,
    /// How they will log in.
    email: String,
    /// How they are shown; the address where it is left out.
    #[serde(default)]
    name: Option<String>,
    /// At least 8 characters.
    password: String,
}

/// Another password.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewPassword {
    /// The one that counts now.
    old: String,
    /// At least 8 characters.
    new: String,
}

impl Me {
    fn of(bearer: Option<&Bearer>, state: &AppState) -> Self {
        let access = match bearer.map(|bearer| &bearer.who) {
            Some(Who::Local) => Standing::Local,
            Some(Who::Open) => Standing::Open,
            Some(Who::Guest) => Standing::Guest,
            Some(Who::User { .. }) => Standing::User,
            Some(Who::Token { .. }) => Standing::Token,
            None => Standing::None,
        };
        Self {
            access,
            user: bearer.map(MeUser::of),
            setup_needed: state.access.needs_set_up(),
            login_possible: state.access.login_is_possible(),
        }
    }
}

impl MeUser {
    fn of(bearer: &Bearer) -> Self {
        let (email, name) = match &bearer.who {
            Who::User { email, name } => (Some(email.clone()), Some(name.clone())),
            Who::Token { name, .. } => (None, Some(name.clone())),
            Who::Local | Who::Open | Who::Guest => (None, None),
        };
        let machines = match &bearer.scope {
            Scope::All => None,
            Scope::Only(machines) => Some(machines.iter().map(ToString::to_string).collect()),
        };
        Self { email, name, role: bearer.role.into(), machines }
    }
}

/// `GET /api/auth/me`
pub async fn me(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(Me::of(granted(&request).bearer.ok().as_ref(), &state))
}

/// `POST /api/auth/login`
pub async fn log_in(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Answer {
    let credentials = read(&request, payload, &state).await?;
    match begin_session(&request, &state, credentials).await {
        Ok((secret, bearer)) => Ok(entered(&request, &secret, &bearer, &state)),
        Err(error @ LogInError::TooMany(_)) => Ok(too_many(&of_log_in(&error))),
        Err(error) => Err(of_log_in(&error)),
    }
}

/// `POST /api/auth/logout`
pub async fn log_out(request: HttpRequest, state: Data<AppState>) -> Answer {
    end_session(&request, &state).await?;
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, cookie(&request, "", 0))).finish())
}

/// `POST /api/auth/setup`
pub async fn set_up(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Answer {
    let FirstAdmin { token, email, name, password } = read(&request, payload, &state).await?;
    let wanted =
        Wanted { email: email.clone(), name, role: RoleConfig::Admin, machines: None, password: Some(password) };
    let (access, from, now) = (state.access.clone(), address(&request), wall_now());
    let done = away(move || access.set_up(&token, wanted, from, now)).await?;
    let result = done.as_ref().map(|_| ()).map_err(|error| of_people(error).code);
    note_login(&state, &request, &email, "set_up", result);
    finish(&request, &state, done)
}

/// `POST /api/auth/password`
pub async fn change_password(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Answer {
    let NewPassword { old, new } = read(&request, payload, &state).await?;
    let Ok(Bearer { who: who @ Who::User { .. }, .. }) = granted(&request).bearer else {
        let words = "only somebody who logged in with a password has one to change";
        return Err(Problem::new(StatusCode::CONFLICT, "NO_PASSWORD", words));
    };
    let done = state.access.change_password(&who, old, new, address(&request), wall_now()).await;
    finish(&request, &state, done)
}

fn finish(request: &HttpRequest, state: &AppState, done: Result<String, PeopleError>) -> Answer {
    match done {
        Ok(secret) => match state.access.whose(&secret, wall_now()) {
            Some(bearer) => Ok(entered(request, &secret, &bearer, state)),
            None => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL", "you were logged out meanwhile")),
        },
        Err(error @ PeopleError::TooMany(_)) => Ok(too_many(&of_people(&error))),
        Err(error) => Err(of_people(&error)),
    }
}

fn entered(request: &HttpRequest, secret: &str, bearer: &Bearer, state: &AppState) -> HttpResponse {
    let cookie = cookie(request, secret, COOKIE_LIFE_S);
    HttpResponse::Ok().insert_header((SET_COOKIE, cookie)).json(Me::of(Some(bearer), state))
}

fn cookie(request: &HttpRequest, secret: &str, max_age_s: u32) -> String {
    let is_https = peer::of(request).is_https;
    let (name, secure) = (session_cookie(is_https), if is_https { "; Secure" } else { "" });
    format!("{name}={secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age={max_age_s}{secure}")
}

fn too_many(problem: &Problem) -> HttpResponse {
    let mut response = HttpResponse::from(problem);
    response.headers_mut().insert(RETRY_AFTER, WAIT_S);
    response
}

/// Reads a body into its type; every fault is told.
///
/// # Errors
/// The answer to give.
pub(super) async fn read<T: serde::de::DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    state: &AppState,
) -> Result<T, Problem> {
    let value: Value = body::json(request, payload, state.limits.body_bytes).await?;
    parse_all(value).map_err(|faults| Problem::invalid(&faults))
}

/// What is kept of who may log in cannot be read or written.
pub fn of_book(error: &BookError) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "STORAGE_FAILED", error.to_string())
}

/// Somebody is not logged in.
pub fn of_log_in(error: &LogInError) -> Problem {
    let (status, code, words) = match error {
        LogInError::Wrong => (StatusCode::UNAUTHORIZED, "WRONG_PASSWORD", format!("{error}: try again")),
        LogInError::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", error.to_string()),
        LogInError::Book(error) => return of_book(error),
    };
    Problem::new(status, code, words)
}

/// People are not changed so.
pub(super) fn of_people(error: &PeopleError) -> Problem {
    let (status, code) = match error {
        PeopleError::Unfit(pointer, words) => return invalid_at(pointer, words),
        PeopleError::Book(error) => return of_book(error),
        PeopleError::Exists(_) => (StatusCode::CONFLICT, "USER_EXISTS"),
        PeopleError::Unknown(_) => (StatusCode::NOT_FOUND, "USER_NOT_FOUND"),
        PeopleError::Fixed(_) => (StatusCode::CONFLICT, "USER_FIXED"),
        PeopleError::LastAdmin(_) => (StatusCode::CONFLICT, "LAST_ADMIN"),
        PeopleError::WrongPassword => (StatusCode::UNAUTHORIZED, "WRONG_PASSWORD"),
        PeopleError::NoSetUp => (StatusCode::FORBIDDEN, "SETUP_OVER"),
        PeopleError::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"),
    };
    Problem::new(status, code, error.to_string())
}
