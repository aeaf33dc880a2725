//! Tokens of programs: which there are, giving one out, revoking one.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::time::WallMs;
use hearth_actors::runtime::clock::wall_now;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::login::{of_book, read};
use super::machines::invalid_at;
use super::profiles::away;
use crate::access::document::Token;
use crate::access::tokens::{TokenError, Wanted};
use crate::config::users::RoleConfig;
use crate::http::deeds::Details;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::wire::words::UserRole;
use crate::wire::{parse_rfc3339, rfc3339};

type Answer = Result<HttpResponse, Problem>;

/// A token, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TokenView {
    /// What it is revoked by.
    id: String,
    /// How it is shown.
    name: String,
    /// What it may do.
    role: UserRole,
    /// With which machines; `null` is all.
    machines: Option<Vec<String>>,
    /// When it was given out. RFC 3339.
    created_at: Option<String>,
    /// When it is worth nothing any more; `null` is never. RFC 3339.
    expires_at: Option<String>,
    /// When it was last used; `null` is not yet. RFC 3339.
    last_used: Option<String>,
}

/// A token that was just given out.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GivenToken {
    /// The secret, for `Authorization: Bearer`. It is told only now.
    token: String,
    /// What is kept of it.
    #[serde(flatten)]
    view: TokenView,
}

/// A token to give out.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewToken {
    /// How it is shown.
    name: String,
    /// What it may do.
    #[schemars(with = "UserRole")]
    role: RoleConfig,
    /// With which machines; all where it is left out. A controller's must be named.
    #[serde(default)]
    machines: Option<Vec<String>>,
    /// When it is worth nothing any more; never where it is left out. RFC 3339.
    #[serde(default)]
    expires_at: Option<String>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        let moment = |at: Option<i64>| at.and_then(|at| rfc3339(WallMs(at)));
        Self {
            created_at: moment(Some(token.created_at)),
            expires_at: moment(token.expires_at),
            last_used: moment(token.last_used),
            role: hearth_actors::model::command::UserRole::from(token.role).into(),
            id: token.id,
            name: token.name,
            machines: token.machines,
        }
    }
}

/// `GET /api/tokens`
pub async fn list(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(state.access.tokens().into_iter().map(TokenView::from).collect::<Vec<_>>())
}

/// `POST /api/tokens`
pub async fn create(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Answer {
    let NewToken { name, role, machines, expires_at } = read(&request, payload, &state).await?;
    let no_moment = || invalid_at("/expires_at", "a moment is needed, such as 2030-01-01T00:00:00Z");
    let expires_at = expires_at.map(|text| parse_rfc3339(&text).ok_or_else(no_moment)).transpose()?;
    let (access, now) = (state.access.clone(), wall_now());
    let wanted = Wanted { name, role, machines, expires_at };
    let (secret, token) = away(move || access.create_token(wanted, now)).await?.map_err(|error| of_token(&error))?;
    Details { new: Some(told(&token)), ..Details::default() }.note(&request);
    Ok(HttpResponse::build(StatusCode::CREATED).json(GivenToken { token: secret, view: token.into() }))
}

/// `DELETE /api/tokens/{id}`
pub async fn revoke(request: HttpRequest, path: Path<String>, state: Data<AppState>) -> Answer {
    let (access, id) = (state.access.clone(), path.into_inner());
    let gone = away(move || access.revoke_token(&id)).await?.map_err(|error| of_token(&error))?;
    Details { old: Some(told(&gone)), ..Details::default() }.note(&request);
    Ok(HttpResponse::NoContent().finish())
}

/// As it is written down who gave it out.
fn told(token: &Token) -> serde_json::Value {
    json!({ "id": token.id, "name": token.name, "role": token.role, "machines": token.machines })
}

fn of_token(error: &TokenError) -> Problem {
    match error {
        TokenError::Unfit(pointer, words) => invalid_at(pointer, words),
        TokenError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "TOKEN_NOT_FOUND", error.to_string()),
        TokenError::Book(error) => of_book(error),
    }
}
