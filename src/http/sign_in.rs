//! Logging in, as clients of the WebMACS dialect do it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::command::UserRole;
use hearth_actors::runtime::clock::wall_now;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::door::{granted, token};
use super::logins::Person;
use super::rest::body;
use super::state::AppState;
use super::webmacs::{Detail, Status, of_problem};

/// Who wants to log in.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Credentials {
    /// As in the configuration; upper and lower case are the same.
    email: String,
    /// The password.
    password: String,
}

/// Somebody is logged in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoggedIn {
    /// `success`.
    status: &'static str,
    /// In plain words.
    message: &'static str,
    /// For `Authorization: Bearer`, or for `?token=` of a socket; good for a day, or until the daemon ends.
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
    /// `viewer`, `operator` or `admin`.
    role: &'static str,
    /// Whether the role is `admin`.
    admin: bool,
}

/// `POST /api/v1/auth/login`
pub async fn log_in(request: HttpRequest, payload: Payload, state: Data<AppState>) -> HttpResponse {
    let sent: Value = match body::json(&request, payload, state.limits.body_bytes).await {
        Ok(sent) => sent,
        Err(problem) => return of_problem(&problem),
    };
    let Ok(Credentials { email, password }) = serde_json::from_value(sent) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "email and password are needed, both as text");
    };
    match state.logins.log_in(&email, password, wall_now()).await {
        Some((access_token, Person { email, name, .. })) => HttpResponse::Ok().json(LoggedIn {
            status: "success",
            message: "Successfully logged in.",
            access_token,
            public_id: email,
            username: name,
        }),
        None => refuse(StatusCode::UNAUTHORIZED, "Invalid email or password."),
    }
}

/// `POST /api/v1/auth/logout`
pub async fn log_out(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    if let Some(token) = token(&request) {
        state.logins.log_out(&token);
    }
    HttpResponse::Ok().json(Status { status: "success", message: "Successfully logged out.".to_owned() })
}

/// `GET /api/v1/auth/me`
pub async fn me(request: HttpRequest) -> HttpResponse {
    let Some(Person { email, name, role }) = granted(&request).person else {
        return refuse(StatusCode::UNAUTHORIZED, "Authentication required.");
    };
    let (role, admin) = match role {
        UserRole::Viewer => ("viewer", false),
        UserRole::Operator => ("operator", false),
        UserRole::Admin => ("admin", true),
    };
    HttpResponse::Ok().json(Me { public_id: email.clone(), email, username: name, role, admin })
}

fn refuse(status: StatusCode, detail: &str) -> HttpResponse {
    HttpResponse::build(status).json(Detail { detail: detail.to_owned() })
}
