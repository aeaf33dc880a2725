//! Machines: which there are, what they are, whether they are connected.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::command::{Actor, Command, Outcome, Want};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::registry::{Add, Definition, Force, RegistryError, Remove, Replace, Restart};
use hearth_actors::slot::MachineHandle;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use crate::config::faults::Faults;
use crate::config::machine::MachineConfig;
use crate::config::together::clashes;
use crate::http::deeds::Details;
use crate::http::door::principal;
use crate::http::problem::Problem;
use crate::http::rest::health::HealthView;
use crate::http::rest::wire::machine::{DriverAnswer, MachineSummary};
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::fields::shortened;

type Answer = Result<HttpResponse, Problem>;

/// `GET /api/machines`
pub async fn list(seen: Seen) -> HttpResponse {
    let machines = seen.machines();
    let summaries: Vec<MachineSummary> =
        machines.iter().map(|machine| MachineSummary::of(&machine.spec(), &machine.bus().snapshot())).collect();
    HttpResponse::Ok().json(summaries)
}

/// `POST /api/machines`
pub async fn create(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Answer {
    let value = body::json(&request, payload, state.limits.body_bytes).await?;
    let config = MachineConfig::parse(value).map_err(|faults| Problem::invalid(&faults))?;
    must_not_clash(&state, &config)?;
    let definition = define(&state, &config)?;
    Details { machine: Some(config.id.clone()), ..Details::default() }.note(&request);
    let handle = asked(state.house.unscoped().registry().send(Add(definition)).await)?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/api/machines/{}", handle.id())))
        .json(addressed(&handle)?))
}

/// `GET /api/machines/{id}`
pub async fn show(path: Path<String>, seen: Seen) -> Answer {
    let handle = find(&seen, &path)?;
    Ok(HttpResponse::Ok().json(addressed(&handle)?))
}

/// `PUT /api/machines/{id}`
pub async fn replace(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let handle = find(&seen, &path)?;
    let mut value = body::json(&request, payload, state.limits.body_bytes).await?;
    if let Value::Object(members) = &mut value {
        members.entry("id").or_insert_with(|| json!(handle.id().as_str()));
    }
    let config = MachineConfig::parse(value).map_err(|faults| Problem::invalid(&faults))?;
    if config.id != handle.id().as_str() {
        let detail =
            format!("the id cannot be changed: it is `{}` in the path and `{}` in the body", handle.id(), config.id);
        return Err(invalid_at("/id", detail));
    }
    must_not_clash(&state, &config)?;
    let definition = define(&state, &config)?;
    let (before, after) = (addressed(&handle)?, to_be(config, &definition.spec, &handle.spec()));
    Details::of_change(&before, &after).note(&request);
    let reopen = needs_a_fresh_start(before, after);
    let handle = asked(state.house.unscoped().registry().send(Replace { definition, reopen }).await)?;
    Ok(HttpResponse::Ok().json(addressed(&handle)?))
}

/// What a machine may be removed with.
#[derive(Debug, Deserialize)]
pub struct RemoveQuery {
    force: Option<bool>,
}

/// `DELETE /api/machines/{id}`
pub async fn remove(path: Path<String>, query: Query<RemoveQuery>, seen: Seen, state: Data<AppState>) -> Answer {
    let handle = find(&seen, &path)?;
    let force = if query.force == Some(true) { Force::Yes } else { Force::No };
    asked(state.house.unscoped().registry().send(Remove { id: handle.id().clone(), force }).await)?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/machines/{id}/connect`
pub async fn connect(request: HttpRequest, path: Path<String>, seen: Seen) -> Answer {
    link(&request, &seen, &path, Want::Connect).await
}

/// `POST /api/machines/{id}/disconnect`
pub async fn disconnect(request: HttpRequest, path: Path<String>, seen: Seen) -> Answer {
    link(&request, &seen, &path, Want::Disconnect).await
}

/// `POST /api/machines/{id}/restart`
pub async fn restart(path: Path<String>, seen: Seen, state: Data<AppState>) -> Answer {
    let handle = find(&seen, &path)?;
    asked(state.house.unscoped().registry().send(Restart(handle.id().clone())).await)?;
    Ok(HttpResponse::Accepted().json(driver_answer(&handle)))
}

/// `GET /api/machines/{id}/health`
pub async fn health(path: Path<String>, seen: Seen) -> Answer {
    let handle = find(&seen, &path)?;
    Ok(HttpResponse::Ok().json(HealthView::of(&handle)))
}

async fn link(request: &HttpRequest, seen: &Seen, id: &str, want: Want) -> Answer {
    let handle = find(seen, id)?;
    put(request, seen, &handle, Actor::Rest, want).await.map_err(|refusal| Problem::from(&refusal))?;
    Ok(HttpResponse::Ok().json(driver_answer(&handle)))
}

fn driver_answer(handle: &MachineHandle) -> DriverAnswer {
    DriverAnswer { driver_state: handle.bus().look(|snapshot| snapshot.connection.state).into() }
}

fn define(state: &AppState, config: &MachineConfig) -> Result<Definition, Problem> {
    state.workshop.definition(config).map_err(|faults| Problem::invalid(&faults))
}

/// What is unique in the daemon must stay so: tags, endpoint ids, and the settings of a serial line that machines share.
fn must_not_clash(state: &AppState, config: &MachineConfig) -> Result<(), Problem> {
    let others = state.house.unscoped().machines();
    let others = others.iter().filter(|other| other.id().as_str() != config.id);
    let others: Vec<MachineConfig> = others.filter_map(|other| addressed(other).ok()).collect();
    clashes(config, &others).unless_any(()).map_err(|faults| Problem::invalid(&faults))
}

/// A machine's document as it was given.
///
/// # Errors
/// When what is kept cannot be read: 500.
pub fn document(handle: &MachineHandle) -> Result<MachineConfig, Problem> {
    let given = serde_json::from_str(&handle.document()).map_err(|error| error.to_string());
    let config = given.and_then(|value| MachineConfig::parse(value).map_err(|faults| faults.to_string()));
    config.map_err(|why| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", why))
}

/// A machine's document as it was given, with the address of every channel.
fn addressed(handle: &MachineHandle) -> Result<MachineConfig, Problem> {
    Ok(document(handle)?.addressed(&handle.spec().channels))
}

/// A changed document with the address of every channel: what is not said stays as it is.
fn to_be(config: MachineConfig, new: &MachineSpec, old: &MachineSpec) -> MachineConfig {
    config.addressed(&new.channels).addressed(&old.channels)
}

/// A change that the actor does not hold, such as the name, needs no new driver.
fn needs_a_fresh_start(old: MachineConfig, new: MachineConfig) -> bool {
    MachineConfig { name: None, ..old } != MachineConfig { name: None, ..new }
}

/// Finds a machine or says 404.
///
/// # Errors
/// The answer to give.
pub fn find(seen: &Seen, id: &str) -> Result<MachineHandle, Problem> {
    let found = MachineId::parse(id).ok().and_then(|id| seen.find(&id));
    found.ok_or_else(|| no_machine(id))
}

/// A command that came with a request; whoever sent that is judged by the gate.
pub fn order(request: &HttpRequest, seen: &Seen, actor: Actor, want: Want) -> Command {
    let principal = principal(request, actor);
    Command { id: seen.next_command(), principal, request_id: None, want }
}

/// Puts a command that came with a request to its machine.
///
/// # Errors
/// The machine's refusal.
pub async fn put(
    request: &HttpRequest,
    seen: &Seen,
    machine: &MachineHandle,
    actor: Actor,
    want: Want,
) -> Result<Outcome, Refusal> {
    Details::of_order(machine, &want).note(request);
    machine.command(order(request, seen, actor, want)).await
}

fn asked<T>(answer: Result<Result<T, RegistryError>, actix::MailboxError>) -> Result<T, Problem> {
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(of_registry(&error)),
        Err(_) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL", "the daemon is stopping")),
    }
}

fn of_registry(error: &RegistryError) -> Problem {
    if let RegistryError::Numbers(clashes) = error {
        let mut faults = Faults::new();
        clashes.iter().for_each(|c| faults.add(format!("/channels/{}/endpoint_id", c.channel), c.to_string()));
        return Problem::invalid(&faults);
    }
    let (status, code) = match error {
        RegistryError::NotFound(_) => (StatusCode::NOT_FOUND, "MACHINE_NOT_FOUND"),
        RegistryError::Busy(_) => (StatusCode::CONFLICT, "MACHINE_BUSY"),
        RegistryError::Exists(_) => (StatusCode::CONFLICT, "MACHINE_EXISTS"),
        RegistryError::Tag { .. } | RegistryError::Numbers(_) => (StatusCode::CONFLICT, "ADDRESS_TAKEN"),
        RegistryError::Recording(_) => (StatusCode::CONFLICT, "INVALID_STATE_TRANSITION"),
        RegistryError::Storage(_) | RegistryError::NoThread(..) => (StatusCode::SERVICE_UNAVAILABLE, "INTERNAL"),
    };
    Problem::new(status, code, error.to_string())
}

/// A well-formed body with one fault.
pub fn invalid_at(pointer: &str, detail: impl Into<String>) -> Problem {
    let mut faults = Faults::new();
    faults.add(pointer, detail);
    Problem::invalid(&faults)
}

/// The answer to whoever asks for a machine that is not there, or that they do not see.
pub fn no_machine(id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "MACHINE_NOT_FOUND", format!("there is no machine `{}`", shortened(id)))
}
