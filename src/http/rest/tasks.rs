//! Tasks: asking for long jobs, watching them, calling them off.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::logic::tasks::TaskRefusal;
use hearth_actors::model::command::Scope;
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::task::{Task, TaskId};
use hearth_actors::tasks::TaskError;
use serde::Deserialize;
use serde_json::Value;

use super::body;
use super::caller::caller;
use super::machines::find;
use super::profiles::away;
use crate::http::deeds::Details;
use crate::http::door::{granted, principal};
use crate::http::problem::Problem;
use crate::http::rest::wire::task::TaskView;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::jobs::{JobFault, action};
use crate::wire::fields::shortened;
use crate::wire::words::TaskStatus;

type Answer = Result<HttpResponse, Problem>;

/// Which tasks are asked for.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    status: Option<String>,
    machine_id: Option<String>,
    project: Option<String>,
}

/// What every task in an answer fits.
struct Wanted {
    status: Option<TaskStatus>,
    machine: Option<MachineId>,
    project: Option<String>,
}

impl ListQuery {
    fn read(self) -> Result<Wanted, Problem> {
        let status = self.status.as_deref().map(|word| {
            let needed = TaskStatus::TEXTS.join(", ");
            TaskStatus::parse(word).ok_or_else(|| {
                Problem::malformed(format!("status is \"{}\": one of {needed} is needed", shortened(word)))
            })
        });
        let machine = self.machine_id.as_deref().map(|id| {
            MachineId::parse(id).map_err(|_| {
                Problem::malformed(format!("machine_id is \"{}\": a machine's id is needed", shortened(id)))
            })
        });
        Ok(Wanted { status: status.transpose()?, machine: machine.transpose()?, project: self.project })
    }
}

impl Wanted {
    fn fits(&self, task: &Task) -> bool {
        self.status.is_none_or(|status| status == task.status.into())
            && self.machine.as_ref().is_none_or(|machine| task.machine.as_ref() == Some(machine))
            && self.project.as_deref().is_none_or(|project| task.project.as_deref() == Some(project))
    }
}

/// `GET /api/tasks`
pub async fn list(query: Query<ListQuery>, seen: Seen) -> Answer {
    let wanted = query.into_inner().read()?;
    let tasks = seen.tasks().list();
    let views: Vec<TaskView> = tasks.iter().filter(|task| wanted.fits(task)).map(|task| (&**task).into()).collect();
    Ok(HttpResponse::Ok().json(views))
}

/// `GET /api/tasks/{task}`
pub async fn show(path: Path<String>, seen: Seen) -> Answer {
    let task = seen.tasks().find(parse_id(&path)?).ok_or_else(|| not_found(&path))?;
    Ok(HttpResponse::Ok().json(TaskView::from(&*task)))
}

/// `POST /api/tasks/{task}`: the path names the job.
pub async fn create(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let value = body::json(&request, payload, state.limits.body_bytes).await?;
    submit(&request, &path, &value, &seen, &state).await.map(|task| accepted(&task))
}

/// The answer to whoever asked for a job.
pub fn accepted(task: &Task) -> HttpResponse {
    let location = format!("/api/tasks/{}", task.id);
    HttpResponse::Accepted().insert_header((LOCATION, location)).json(TaskView::from(task))
}

/// Asks for a job in the name of who sends the request.
///
/// # Errors
/// The problem to answer with.
pub async fn submit(
    request: &HttpRequest,
    job: &str,
    value: &Value,
    seen: &Seen,
    state: &AppState,
) -> Result<Arc<Task>, Problem> {
    if !granted(request).bearer.is_ok_and(|bearer| bearer.may(action(job))) {
        let words = "only an admin may ask for this job, or only who is not limited to some machines";
        return Err(Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", words));
    }
    let asker = principal(request, caller(request)?.actor());
    let new = state.jobs.make_for(asker, job, value).map_err(|fault| match fault {
        JobFault::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "JOB_NOT_FOUND", fault.to_string()),
        JobFault::Invalid(faults) => Problem::invalid(&faults),
    })?;
    if let Some(machine) = &new.machine {
        find(seen, machine.as_str())?;
    }
    let details = Details { machine: new.machine.as_ref().map(ToString::to_string), new: Some(job.into()), old: None };
    details.note(request);
    seen.tasks().submit(new).await.map_err(|error| Problem::from(&error))
}

/// `GET /api/tasks/{task}/pictures/{number}`
pub async fn picture(path: Path<(String, String)>, seen: Seen, state: Data<AppState>) -> Answer {
    let (task, number) = path.into_inner();
    let id = parse_id(&task)?;
    let none = || {
        let detail = format!("task {id} keeps no picture {}", shortened(&number));
        Problem::new(StatusCode::NOT_FOUND, "PICTURE_NOT_FOUND", detail)
    };
    let wanted: u16 = number.parse().map_err(|_| none())?;
    if *seen.scope() != Scope::All && seen.tasks().find(id).is_none() {
        return Err(none());
    }
    let jobs = state.jobs.clone();
    let (bytes, media) = away(move || jobs.picture(id, wanted)).await?.ok_or_else(none)?;
    Ok(HttpResponse::Ok().content_type(media).body(bytes))
}

/// `POST /api/tasks/{task}/pause`
pub async fn pause(path: Path<String>, seen: Seen) -> Answer {
    let task = seen.tasks().pause(parse_id(&path)?).await.map_err(|error| Problem::from(&error))?;
    Ok(HttpResponse::Ok().json(TaskView::from(&*task)))
}

/// `POST /api/tasks/{task}/resume`
pub async fn resume(path: Path<String>, seen: Seen) -> Answer {
    let task = seen.tasks().resume(parse_id(&path)?).await.map_err(|error| Problem::from(&error))?;
    Ok(HttpResponse::Ok().json(TaskView::from(&*task)))
}

/// `DELETE /api/tasks/{task}`
pub async fn cancel(path: Path<String>, seen: Seen) -> Answer {
    let task = seen.tasks().cancel(parse_id(&path)?).await.map_err(|error| Problem::from(&error))?;
    Ok(HttpResponse::Ok().json(TaskView::from(&*task)))
}

/// `DELETE /api/tasks/{task}/cleanup`: what is not there is clean already.
pub async fn clean_up(path: Path<String>, seen: Seen) -> Answer {
    if let Some(id) = TaskId::parse(&path) {
        match seen.tasks().clean_up(id).await {
            Ok(()) | Err(TaskError::Refused(TaskRefusal::Unknown(_))) => {}
            Err(error) => return Err(Problem::from(&error)),
        }
    }
    Ok(HttpResponse::NoContent().finish())
}

fn parse_id(text: &str) -> Result<TaskId, Problem> {
    TaskId::parse(text).ok_or_else(|| not_found(text))
}

fn not_found(id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "TASK_NOT_FOUND", format!("there is no task {}", shortened(id)))
}
