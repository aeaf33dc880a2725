//! Machines: which there are, what they are, whether they are connected.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::command::{Actor, Command, Principal, UserRole, Want};
use hearth_actors::model::ids::MachineId;
use hearth_actors::registry::{Add, Definition, Force, RegistryError, Remove, Replace, Restart};
use hearth_actors::slot::MachineHandle;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body, problem};
use crate::config::machine::MachineConfig;
use crate::http::rest::wire::{HealthView, MachineSummary};
use crate::http::state::AppState;
use crate::wire::words::driver_state_text;

type Answer = Result<HttpResponse, HttpResponse>;

/// `GET /api/machines`
pub async fn list(state: Data<AppState>) -> HttpResponse {
    let machines = state.house.machines().await;
    let summaries: Vec<MachineSummary> =
        machines.iter().map(|machine| MachineSummary::of(&machine.spec(), &machine.bus().snapshot())).collect();
    HttpResponse::Ok().json(summaries)
}

/// `POST /api/machines`
pub async fn create(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Answer {
    let config: MachineConfig = body::parsed(&request, payload, state.limits.body_bytes).await?;
    let definition = define(&state, &config)?;
    let handle = asked(state.house.registry().send(Add(definition)).await)?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/api/machines/{}", handle.id())))
        .content_type("application/json")
        .body(handle.document().to_string()))
}

/// `GET /api/machines/{id}`
pub async fn show(path: Path<String>, state: Data<AppState>) -> Answer {
    let handle = find(&state, &path).await?;
    Ok(document(&handle))
}

/// `PUT /api/machines/{id}`
pub async fn replace(request: HttpRequest, path: Path<String>, payload: Payload, state: Data<AppState>) -> Answer {
    let handle = find(&state, &path).await?;
    let mut value = body::json(&request, payload, state.limits.body_bytes).await?;
    if let Value::Object(members) = &mut value {
        members.entry("id").or_insert_with(|| json!(handle.id().as_str()));
    }
    let config: MachineConfig = crate::config::parse::parse_all(value).map_err(|faults| problem::invalid(&faults))?;
    if config.id != handle.id().as_str() {
        let detail = format!("the id cannot be changed: it is `{}` in the path and `{}` in the body", handle.id(), config.id);
        return Err(problem::invalid_at("/id", &detail));
    }
    let definition = define(&state, &config)?;
    let reopen = needs_a_fresh_start(&handle.document(), &definition.document);
    let handle = asked(state.house.registry().send(Replace { definition, reopen }).await)?;
    Ok(document(&handle))
}

/// What a machine may be removed with.
#[derive(Debug, Deserialize)]
pub struct RemoveQuery {
    force: Option<bool>,
}

/// `DELETE /api/machines/{id}`
pub async fn remove(path: Path<String>, query: Query<RemoveQuery>, state: Data<AppState>) -> Answer {
    let handle = find(&state, &path).await?;
    let force = if query.force == Some(true) { Force::Yes } else { Force::No };
    asked(state.house.registry().send(Remove { id: handle.id().clone(), force }).await)?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/machines/{id}/connect`
pub async fn connect(path: Path<String>, state: Data<AppState>) -> Answer {
    link(&state, &path, Want::Connect).await
}

/// `POST /api/machines/{id}/disconnect`
pub async fn disconnect(path: Path<String>, state: Data<AppState>) -> Answer {
    link(&state, &path, Want::Disconnect).await
}

/// `POST /api/machines/{id}/restart`
pub async fn restart(path: Path<String>, state: Data<AppState>) -> Answer {
    let handle = find(&state, &path).await?;
    asked(state.house.registry().send(Restart(handle.id().clone())).await)?;
    Ok(HttpResponse::Accepted().json(json!({ "driver_state": driver_state(&handle) })))
}

/// `GET /api/machines/{id}/health`
pub async fn health(path: Path<String>, state: Data<AppState>) -> Answer {
    let handle = find(&state, &path).await?;
    Ok(HttpResponse::Ok().json(HealthView::of(&handle)))
}

async fn link(state: &AppState, id: &str, want: Want) -> Answer {
    let handle = find(state, id).await?;
    handle.command(order(state, want)).await.map_err(|refusal| problem::of_refusal(&refusal))?;
    Ok(HttpResponse::Ok().json(json!({ "driver_state": driver_state(&handle), "machine_id": handle.id().as_str() })))
}

fn driver_state(handle: &MachineHandle) -> &'static str {
    driver_state_text(handle.bus().look(|snapshot| snapshot.connection.state))
}

fn define(state: &AppState, config: &MachineConfig) -> Result<Definition, HttpResponse> {
    state.workshop.definition(config).map_err(|faults| problem::invalid(&faults))
}

fn document(handle: &MachineHandle) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(handle.document().to_string())
}

/// A change that the actor does not hold, such as the name, needs no new driver.
fn needs_a_fresh_start(old: &str, new: &str) -> bool {
    let without_name = |text: &str| {
        let mut value: Value = serde_json::from_str(text).unwrap_or_default();
        if let Value::Object(members) = &mut value {
            members.remove("name");
        }
        value
    };
    without_name(old) != without_name(new)
}

/// Finds a machine or says 404.
///
/// # Errors
/// The answer to give.
pub async fn find(state: &AppState, id: &str) -> Result<MachineHandle, HttpResponse> {
    let found = match MachineId::parse(id) {
        Ok(id) => state.house.find(&id).await,
        Err(_) => None,
    };
    found.ok_or_else(|| problem::missing("MACHINE_NOT_FOUND", &format!("there is no machine `{}`", id.escape_debug())))
}

/// A command in the name of REST.
pub fn order(state: &AppState, want: Want) -> Command {
    let principal = Principal { actor: Actor::Rest, role: UserRole::Operator };
    Command { id: state.house.surroundings().next_command(), principal, request_id: None, want }
}

fn asked<T>(answer: Result<Result<T, RegistryError>, actix::MailboxError>) -> Result<T, HttpResponse> {
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(of_registry(&error)),
        Err(_) => Err(problem::unavailable("the daemon is stopping")),
    }
}

fn of_registry(error: &RegistryError) -> HttpResponse {
    let detail = error.to_string();
    match error {
        RegistryError::NotFound(_) => problem::missing("MACHINE_NOT_FOUND", &detail),
        RegistryError::Exists(_) => problem::answer(StatusCode::CONFLICT, "MACHINE_EXISTS", &detail),
        RegistryError::Recording(_) => problem::answer(StatusCode::CONFLICT, "INVALID_STATE_TRANSITION", &detail),
        RegistryError::Storage(_) | RegistryError::NoThread(..) => {
            problem::answer(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL", &detail)
        }
    }
}
