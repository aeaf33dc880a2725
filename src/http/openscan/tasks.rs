//! Tasks, with the words and statuses that clients of this dialect know.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::logic::tasks::TaskRefusal;
use hearth_actors::model::task::{Task, TaskId};
use hearth_actors::tasks::TaskError;

use super::{Refused, of_body};
use crate::dialects::openscan::wire::{job, known};
use crate::http::problem::Problem;
use crate::http::rest::wire::task::TaskView;
use crate::http::rest::{body, tasks};
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::fields::shortened;

type Answer = Result<HttpResponse, Refused>;

/// `GET tasks/`
pub async fn list(seen: Seen) -> HttpResponse {
    those(&seen, |_| true)
}

/// `GET projects/{project}/tasks`
pub async fn of_project(path: Path<String>, seen: Seen) -> HttpResponse {
    those(&seen, |task| task.project.as_deref() == Some(path.as_str()))
}

fn those(seen: &Seen, wanted: impl Fn(&Task) -> bool) -> HttpResponse {
    let tasks = seen.tasks().list();
    let views: Vec<TaskView> = tasks.iter().filter(|task| wanted(task)).map(|task| view(task)).collect();
    HttpResponse::Ok().json(views)
}

/// `GET tasks/{task}`
pub async fn show(path: Path<String>, seen: Seen) -> Answer {
    let task = TaskId::parse(&path).and_then(|id| seen.tasks().find(id)).ok_or_else(not_found)?;
    Ok(told(&task))
}

/// `POST tasks/{task}`: the path names the job.
pub async fn create(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let value = of_body(body::json(&request, payload, state.limits.body_bytes).await)?;
    let task =
        tasks::submit(&request, job(&path), &value, &seen, &state).await.map_err(|problem| match problem.code {
            "JOB_NOT_FOUND" => Refused::not_found(format!("Task '{}' is not registered.", shortened(&path))),
            _ => problem.into(),
        })?;
    Ok(HttpResponse::Accepted().json(view(&task)))
}

/// `POST tasks/{task}/pause`: one that is not running stays as it is.
pub async fn pause(path: Path<String>, seen: Seen) -> Answer {
    let id = TaskId::parse(&path).ok_or_else(|| cannot(&path, "paused"))?;
    steered(&seen, id, seen.tasks().pause(id).await).map_err(|refused| otherwise(refused, &path, "paused"))
}

/// `POST tasks/{task}/resume`: one that is not paused stays as it is.
pub async fn resume(path: Path<String>, seen: Seen) -> Answer {
    let id = TaskId::parse(&path).ok_or_else(|| cannot(&path, "resumed"))?;
    steered(&seen, id, seen.tasks().resume(id).await).map_err(|refused| otherwise(refused, &path, "resumed"))
}

/// `DELETE tasks/{task}`: cancels it.
pub async fn cancel(path: Path<String>, seen: Seen) -> Answer {
    let id = TaskId::parse(&path).ok_or_else(not_found)?;
    match steered(&seen, id, seen.tasks().cancel(id).await) {
        Err(TaskError::Refused(TaskRefusal::Unknown(_))) => Err(not_found()),
        answer => answer.map_err(|error| Problem::from(&error).into()),
    }
}

/// `DELETE tasks/{task}/cleanup`: what is not there is clean already.
pub async fn clean_up(path: Path<String>, seen: Seen) -> Answer {
    Ok(tasks::clean_up(path, seen).await?)
}

/// The task as it is now; one that stands elsewhere than the order needs is no error here.
fn steered(seen: &Seen, id: TaskId, ended: Result<std::sync::Arc<Task>, TaskError>) -> Result<HttpResponse, TaskError> {
    match ended {
        Ok(task) => Ok(told(&task)),
        Err(TaskError::Refused(TaskRefusal::NotAtWork(word))) => match seen.tasks().find(id) {
            Some(task) => Ok(told(&task)),
            None => Err(TaskError::Refused(TaskRefusal::NotAtWork(word))),
        },
        Err(error) => Err(error),
    }
}

/// A task under the name that clients of this dialect know.
pub fn view(task: &Task) -> TaskView {
    let view = TaskView::from(task);
    TaskView { state: known(view.state), ..view }
}

fn told(task: &Task) -> HttpResponse {
    HttpResponse::Ok().json(view(task))
}

fn otherwise(error: TaskError, id: &str, done: &str) -> Refused {
    match error {
        TaskError::Refused(TaskRefusal::Unknown(_) | TaskRefusal::Unpausable(_)) => cannot(id, done),
        error => Problem::from(&error).into(),
    }
}

fn cannot(id: &str, done: &str) -> Refused {
    Refused::not_found(format!("Task {} not found or cannot be {done}.", shortened(id)))
}

fn not_found() -> Refused {
    Refused::new(StatusCode::NOT_FOUND, "Task not found")
}
