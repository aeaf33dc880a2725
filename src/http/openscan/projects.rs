//! Projects: what scans are filed under. A project is there as long as a scan names it.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Path;
use hearth_actors::model::task::Task;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Refused;
use super::tasks::view;
use crate::dialects::openscan::wire::is_scan;
use crate::http::rest::wire::task::TaskView;
use crate::http::seen::Seen;
use crate::wire::fields::shortened;
use crate::wire::words::TaskStatus;

type Answer = Result<HttpResponse, Refused>;

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// When its first scan was asked for. RFC 3339, UTC.
    pub created: Option<String>,
    /// Its scans that are remembered, as `scan01` and so on by their numbers.
    pub scans: BTreeMap<String, Scan>,
}

/// A scan of a project.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Scan {
    /// The project.
    pub project_name: String,
    /// Its number in the project, from 1, which it keeps when older ones are forgotten: steer it by its task.
    pub index: u32,
    /// When it was asked for. RFC 3339, UTC.
    pub created: Option<String>,
    /// Where it stands.
    pub status: TaskStatus,
    /// Pictures taken.
    pub current_step: u64,
    /// Why it did not complete.
    pub system_message: Option<String>,
    /// The task that it is.
    pub task_id: String,
    /// Files of its pictures, once it is complete.
    pub photos: Vec<String>,
}

/// `GET projects/`
pub async fn list(seen: Seen) -> HttpResponse {
    HttpResponse::Ok().json(all(&seen))
}

/// `GET projects/{project}`
pub async fn show(path: Path<String>, seen: Seen) -> Answer {
    let unknown = || Refused::not_found(format!("Project {} not found", shortened(&path)));
    Ok(HttpResponse::Ok().json(all(&seen).remove(path.as_str()).ok_or_else(unknown)?))
}

fn all(seen: &Seen) -> BTreeMap<String, Project> {
    let mut projects: BTreeMap<String, Project> = BTreeMap::new();
    for task in seen.tasks().list().iter().filter(|task| is_scan(&task.name)) {
        let (Some(name), Some(index)) = (task.project.as_deref(), task.number) else { continue };
        let project = projects.entry(name.to_owned()).or_insert_with(|| Project {
            name: name.to_owned(),
            created: view(task).state.created_at,
            scans: BTreeMap::new(),
        });
        project.scans.insert(format!("scan{index:02}"), Scan::of(name, index, task));
    }
    projects
}

impl Scan {
    fn of(project: &str, index: u32, task: &Task) -> Self {
        let TaskView { state, .. } = view(task);
        let pictures = state.result.as_ref().and_then(|result| result["pictures"].as_array());
        let file = |picture: &Value| picture["file"].as_str().map(str::to_owned);
        Self {
            project_name: project.to_owned(),
            index,
            photos: pictures.into_iter().flatten().filter_map(file).collect(),
            created: state.created_at,
            status: state.status,
            current_step: state.progress.current,
            system_message: state.error,
            task_id: state.id,
        }
    }
}
