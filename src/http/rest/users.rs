//! People who may log in: those of the configuration, who are fixed, and those that admins add.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::login::{of_people, read};
use super::profiles::away;
use crate::access::document::User;
use crate::access::people::{Fixed, Wanted};
use crate::config::users::RoleConfig;
use crate::http::deeds::Details;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::wire::fields::shortened;
use crate::wire::words::UserRole;

type Answer = Result<HttpResponse, Problem>;

/// Somebody who may log in.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UserView {
    /// How they log in.
    email: String,
    /// How they are shown.
    name: String,
    /// What they may do.
    role: UserRole,
    /// With which machines; `null` is all.
    machines: Option<Vec<String>>,
    /// Whether they stand in the configuration, where alone they are changed.
    fixed: bool,
}

/// Somebody to add.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewUser {
    /// How they will log in.
    email: String,
    /// How they are shown; the address where it is left out.
    #[serde(default)]
    name: Option<String>,
    /// What they may do.
    #[schemars(with = "UserRole")]
    role: RoleConfig,
    /// With which machines; all where it is left out.
    #[serde(default)]
    machines: Option<Vec<String>>,
    /// At least 8 characters.
    password: String,
}

/// Somebody as they shall be.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangedUser {
    /// How they are shown; the address where it is left out.
    #[serde(default)]
    name: Option<String>,
    /// What they may do.
    #[schemars(with = "UserRole")]
    role: RoleConfig,
    /// With which machines; all where it is left out.
    #[serde(default)]
    machines: Option<Vec<String>>,
    /// Another password; as it was where it is left out.
    #[serde(default)]
    password: Option<String>,
}

impl UserView {
    fn of(user: User, fixed: Fixed) -> Self {
        let User { email, name, role, machines, .. } = user;
        let role = hearth_actors::model::command::UserRole::from(role).into();
        Self { email, name, role, machines, fixed: fixed == Fixed::Yes }
    }
}

/// `GET /api/users`
pub async fn list(state: Data<AppState>) -> HttpResponse {
    let views: Vec<UserView> =
        state.access.people().into_iter().map(|(user, fixed)| UserView::of(user, fixed)).collect();
    HttpResponse::Ok().json(views)
}

/// `POST /api/users`
pub async fn create(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Answer {
    let NewUser { email, name, role, machines, password } = read(&request, payload, &state).await?;
    let wanted = Wanted { email, name, role, machines, password: Some(password) };
    whom(&wanted.email).note(&request);
    let access = state.access.clone();
    let added = away(move || access.add(wanted)).await?.map_err(|error| of_people(&error))?;
    Details { new: Some(told(&added)), ..Details::default() }.note(&request);
    let location = format!("/api/users/{}", added.email);
    Ok(HttpResponse::build(StatusCode::CREATED)
        .insert_header((LOCATION, location))
        .json(UserView::of(added, Fixed::No)))
}

/// `PUT /api/users/{email}`
pub async fn replace(request: HttpRequest, path: Path<String>, payload: Payload, state: Data<AppState>) -> Answer {
    let ChangedUser { name, role, machines, password } = read(&request, payload, &state).await?;
    let email = path.into_inner();
    whom(&email).note(&request);
    let has_new_password = password.is_some();
    let wanted = Wanted { email: email.clone(), name, role, machines, password };
    let access = state.access.clone();
    let changed = away(move || access.change(&email, wanted)).await?;
    let (before, now) = changed.map_err(|error| of_people(&error))?;
    let mut new = told(&now);
    if has_new_password {
        new["password"] = json!("another one");
    }
    Details { old: Some(told(&before)), new: Some(new), machine: None }.note(&request);
    Ok(HttpResponse::Ok().json(UserView::of(now, Fixed::No)))
}

/// `DELETE /api/users/{email}`
pub async fn remove(request: HttpRequest, path: Path<String>, state: Data<AppState>) -> Answer {
    let (access, email) = (state.access.clone(), path.into_inner());
    whom(&email).note(&request);
    let gone = away(move || access.remove(&email)).await?.map_err(|error| of_people(&error))?;
    Details { old: Some(told(&gone)), ..Details::default() }.note(&request);
    Ok(HttpResponse::NoContent().finish())
}

/// Whom it is about, as it is written down where it is refused.
fn whom(email: &str) -> Details {
    Details { new: Some(json!({ "email": shortened(email) })), ..Details::default() }
}

/// As it is written down who changed whom.
fn told(user: &User) -> serde_json::Value {
    json!({ "email": user.email, "role": user.role, "machines": user.machines })
}
