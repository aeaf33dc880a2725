//! What clients of the OpenScan dialect ask over HTTP: tasks, a machine as it is, and orders to its motors and lights.

pub mod parts;
pub mod projects;
pub mod tasks;

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::spec::MachineKind;
use hearth_actors::slot::MachineHandle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::manner::Detail;
use super::problem::Problem;
use super::seen::Seen;
use crate::wire::fields::shortened;

/// The API versions that are spoken. Source: the prefixes of wire contract 5.
const VERSIONS: [&str; 1] = ["0.9"];
const LATEST: &str = "v0.9";

/// Which machine a client looks at.
#[derive(Debug, Deserialize)]
pub struct Looking {
    machine: Option<String>,
}

impl Looking {
    /// The machine asked for; else the first scanner, else the first there is.
    ///
    /// # Errors
    /// 404 where there is none.
    pub fn machine(&self, seen: &Seen) -> Result<MachineHandle, Refused> {
        let machines = seen.machines();
        let found = match self.machine.as_deref() {
            Some(id) => machines.iter().find(|machine| machine.id().as_str() == id),
            None => machines.iter().find(|m| m.spec().kind == MachineKind::Scanner).or(machines.first()),
        };
        found.cloned().ok_or_else(|| {
            Refused::not_found(self.machine.as_deref().map_or_else(
                || "there is no machine yet: configure one first".to_owned(),
                |id| format!("there is no machine \"{}\": GET /api/machines lists those there are", shortened(id)),
            ))
        })
    }
}

/// Why a request was not done, as this dialect tells it: `{"detail": …}`, a text, or for 422 a list of faults with their places.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    detail: Value,
}

impl Refused {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: Value::String(detail.into()) }
    }

    fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The answer's body.
    pub fn told(&self) -> Detail {
        Detail { detail: self.detail.clone() }
    }

    /// One fault: its kind, its place such as `["query", "degrees"]`, and what would be right.
    fn fault(kind: &str, place: Vec<&str>, words: impl Into<String>) -> Self {
        let detail = json!([{ "type": kind, "loc": place, "msg": words.into() }]);
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        if problem.errors.is_empty() {
            return Self::new(problem.status(), problem.detail);
        }
        let faults = problem.errors.iter().map(|field| {
            let place: Vec<&str> = std::iter::once("body").chain(field.pointer.split('/').skip(1)).collect();
            json!({ "type": "value_error", "loc": place, "msg": field.detail })
        });
        Self { status: problem.status(), detail: faults.collect() }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Problem::from(&refusal).into()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.detail)
    }
}

impl std::error::Error for Refused {}

impl actix_web::ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(self.told())
    }
}

/// A body that was read, or why not: what is no JSON is a fault of the body here.
fn of_body(read: Result<Value, Problem>) -> Result<Value, Refused> {
    read.map_err(|problem| match problem.status() {
        StatusCode::BAD_REQUEST => Refused::fault("json_invalid", vec!["body"], problem.detail),
        _ => problem.into(),
    })
}

/// The API versions that are spoken.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Versions {
    /// All of them.
    pub versions: Vec<&'static str>,
    /// The newest, as it stands before paths.
    pub latest: &'static str,
}

/// `GET /versions`
pub async fn versions() -> HttpResponse {
    HttpResponse::Ok().json(Versions { versions: VERSIONS.to_vec(), latest: LATEST })
}
