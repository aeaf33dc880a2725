//! Stored programs: kept by an id, changed, started.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::ids::{MachineId, ProgramId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use super::profiles::on_disk;
use super::tasks::{accepted, submit};
use crate::http::problem::Problem;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::jobs::program::document;
use crate::wire::fields::shortened;

type Answer = Result<HttpResponse, Problem>;

/// Which programs are asked for.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    machine_id: Option<String>,
}

/// `GET /api/programs`
pub async fn list(query: Query<ListQuery>, seen: Seen) -> Answer {
    let mut programs = all(&seen).await?;
    if let Some(machine) = &query.machine_id {
        programs.retain(|program| program["machine_id"] == machine.as_str());
    }
    Ok(HttpResponse::Ok().json(programs))
}

/// `GET /api/programs/{id}`
pub async fn show(path: Path<String>, seen: Seen) -> Answer {
    Ok(HttpResponse::Ok().json(find(&seen, &path).await?))
}

/// `PUT /api/programs/{id}`: 201 where there was none.
pub async fn put(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let id = ProgramId::parse(&path).map_err(|bad| Problem::malformed(bad.to_string()))?;
    let mut value = body::json(&request, payload, state.limits.body_bytes).await?;
    // What was read may be sent back.
    if value.get("id").is_some_and(|sent| sent == id.as_str())
        && let Value::Object(members) = &mut value
    {
        members.remove("id");
    }
    let written = document::program(&value, &seen).map_err(|faults| Problem::invalid(&faults))?;
    let is_new = !all(&seen).await?.iter().any(|program| program["id"] == id.as_str());
    let document = written.to_json();
    let (text, kept) = (document.to_string(), id.clone());
    on_disk(&seen, move |disk| disk.put_program(&kept, &text, machine)).await?;
    let mut answer = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    if is_new {
        answer.insert_header((LOCATION, format!("/api/programs/{id}")));
    }
    Ok(answer.json(shown(&id, document)))
}

/// `DELETE /api/programs/{id}`
pub async fn remove(path: Path<String>, seen: Seen) -> Answer {
    find(&seen, &path).await?;
    if let Ok(id) = ProgramId::parse(&path) {
        on_disk(&seen, move |disk| disk.delete_program(&id, machine)).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/programs/{id}/start`: the program as the job `program`.
pub async fn start(request: HttpRequest, path: Path<String>, seen: Seen, state: Data<AppState>) -> Answer {
    let mut kwargs = find(&seen, &path).await?;
    if let Value::Object(members) = &mut kwargs {
        members.remove("id");
    }
    submit(&request, "program", &json!({ "kwargs": kwargs }), &seen, &state).await.map(|task| accepted(&task))
}

async fn all(seen: &Seen) -> Result<Vec<Value>, Problem> {
    let documents = on_disk(seen, |disk| disk.programs(machine)).await?;
    let read = documents.into_iter().filter_map(|(id, document)| match serde_json::from_str(&document) {
        Ok(document) => Some(shown(&id, document)),
        Err(error) => {
            tracing::error!(program = %id, %error, "stored program cannot be read, it is left out");
            None
        }
    });
    Ok(read.collect())
}

async fn find(seen: &Seen, id: &str) -> Result<Value, Problem> {
    let not_found = || {
        let detail = format!("there is no program {}", shortened(id));
        Problem::new(StatusCode::NOT_FOUND, "PROGRAM_NOT_FOUND", detail)
    };
    all(seen).await?.into_iter().find(|program| program["id"] == id).ok_or_else(not_found)
}

/// The machine that a kept document is for.
fn machine(document: &str) -> Option<MachineId> {
    let document: Value = serde_json::from_str(document).ok()?;
    MachineId::parse(document["machine_id"].as_str()?).ok()
}

fn shown(id: &ProgramId, mut document: Value) -> Value {
    if let Value::Object(members) = &mut document {
        members.insert("id".to_owned(), json!(id.as_str()));
    }
    document
}
