//! Logging in, as clients of the WebMACS dialect do it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::command::UserRole;
use hearth_actors::runtime::clock::wall_now;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::deeds::note_login;
use super::door::{Granted, address, granted};
use super::manner::Detail;
use super::problem::Problem;
use super::rest::body;
use super::rest::login::{of_book, of_log_in};
use super::rest::profiles::away;
use super::state::AppState;
use super::webmacs::{Status, of_problem};
use crate::access::bearer::{Bearer, Who};
use crate::access::sessions::LogInError;
use crate::wire::words;

/// Who wants to log in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Credentials {
    /// Upper and lower case are the same.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Somebody is logged in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoggedIn {
    /// `success`.
    status: &'static str,
    /// In plain words.
    message: &'static str,
    /// For `Authorization: Bearer`, or for `?token=` of a socket; good until it was not used for a day.
    access_token: String,
    /// Who it is: the e-mail address.
    public_id: String,
    /// How they are shown.
    username: String,
}

/// Who is logged in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    /// Who it is: the e-mail address.
    public_id: String,
    /// The e-mail address.
    email: String,
    /// How they are shown.
    username: String,
    /// What they may do.
    role: words::UserRole,
    /// Whether the role is `admin`.
    admin: bool,
}

/// `POST /api/v1/auth/login`
pub async fn log_in(request: HttpRequest, payload: Payload, state: Data<AppState>) -> HttpResponse {
    let sent: Value = match body::json(&request, payload, state.limits.body_bytes).await {
        Ok(sent) => sent,
        Err(problem) => return of_problem(&problem),
    };
    let Ok(credentials) = serde_json::from_value(sent) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "email and password are needed, both as text");
    };
    match begin_session(&request, &state, credentials).await {
        Ok((access_token, bearer)) => {
            let (public_id, username) = named(&bearer.who);
            let message = "Successfully logged in.";
            HttpResponse::Ok().json(LoggedIn { status: "success", message, access_token, public_id, username })
        }
        Err(LogInError::Wrong) => refuse(StatusCode::UNAUTHORIZED, "Invalid email or password."),
        Err(error) => of_problem(&of_log_in(&error)),
    }
}

/// Logs somebody in, and writes down whether they could. Yields the secret of their session, and who they are.
///
/// # Errors
/// When the password is not theirs, or was tried too often.
pub async fn begin_session(
    request: &HttpRequest,
    state: &AppState,
    Credentials { email, password }: Credentials,
) -> Result<(String, Bearer), LogInError> {
    let begun = state.access.log_in(&email, password, address(request), wall_now()).await;
    let result = begun.as_ref().map(|_| ()).map_err(|error| of_log_in(error).code);
    // What stands in the field of a stranger may be a password.
    let who = state.access.named(&email).unwrap_or_else(|| "nobody".to_owned());
    note_login(state, request, &who, "log_in", result);
    begun
}

/// `POST /api/v1/auth/logout`
pub async fn log_out(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    if let Err(problem) = end_session(&request, &state).await {
        return of_problem(&problem);
    }
    HttpResponse::Ok().json(Status { status: "success", message: "Successfully logged out.".to_owned() })
}

/// Ends the session that a request shows, if it shows one.
///
/// # Errors
/// When it cannot be ended, or what is shown is a token, which others gave out and revoke.
pub async fn end_session(request: &HttpRequest, state: &AppState) -> Result<(), Problem> {
    let Granted { bearer: Ok(bearer), credential: Some(secret), .. } = granted(request) else { return Ok(()) };
    if let Who::Token { id, .. } = &bearer.who {
        let words = format!(
            "a token does not end by logging out: have an admin revoke it, as `{id}` (DELETE /api/tokens/{id})"
        );
        return Err(Problem::new(StatusCode::CONFLICT, "NO_SESSION", words));
    }
    let access = state.access.clone();
    away(move || access.log_out(&secret)).await?.map_err(|error| of_book(&error))?;
    note_login(state, request, &bearer.who.label(), "log_out", Ok(()));
    Ok(())
}

/// `GET /api/v1/auth/me`
pub async fn me(request: HttpRequest) -> HttpResponse {
    let Ok(bearer) = granted(&request).bearer else {
        return refuse(StatusCode::UNAUTHORIZED, "Authentication required.");
    };
    let (email, username) = match bearer.who {
        Who::User { email, name } => (email, name),
        Who::Token { id, name } => (id, name),
        Who::Local | Who::Open | Who::Guest => return refuse(StatusCode::UNAUTHORIZED, "Authentication required."),
    };
    let admin = bearer.role == UserRole::Admin;
    HttpResponse::Ok().json(Me { public_id: email.clone(), email, username, role: bearer.role.into(), admin })
}

/// The address and the name of somebody who logged in.
fn named(who: &Who) -> (String, String) {
    match who {
        Who::User { email, name } => (email.clone(), name.clone()),
        Who::Local | Who::Open | Who::Guest | Who::Token { .. } => (who.label(), who.label()),
    }
}

fn refuse(status: StatusCode, detail: &str) -> HttpResponse {
    HttpResponse::build(status).json(Detail::from(detail.to_owned()))
}
