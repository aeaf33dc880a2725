//! What clients of the BevForge dialect ask over HTTP, and the shape of its errors and lists.

pub mod alarms;
pub mod commands;
pub mod events;
pub mod plant;
pub mod telemetry;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::web::Query;
use actix_web::{HttpResponse, ResponseError};
use hearth_actors::model::ids::EndpointId;
use hearth_actors::registry::directory::Place;
use hearth_actors::runtime::clock::wall_now;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::seen::Seen;
use crate::dialects::bevforge::wire::moment;

/// Rows of a list at most. Source: facts about the protocols, 2.3.
const LIMIT_MAX: usize = 1_000;

type Answer = Result<HttpResponse, Complaint>;

/// An error as this dialect tells it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Complaint {
    #[serde(skip)]
    status: StatusCode,
    /// What kind of error.
    pub error: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Complaint {
    fn new(status: StatusCode, error: &str, message: impl Into<String>) -> Self {
        Self { status, error: error.to_owned(), message: message.into() }
    }

    fn invalid(error: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, message)
    }
}

impl From<Problem> for Complaint {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status(), &problem.title, problem.detail)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Complaint {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(self)
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Deserialize)]
pub struct Turn {
    limit: Option<String>,
    offset: Option<String>,
}

/// A list, or a part of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rows<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where they stand.
    pub meta: Meta,
}

/// Where the rows of a list stand.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Meta {
    /// How many there are in all.
    pub total: usize,
    /// How many may come at once.
    pub limit: usize,
    /// How many were left out in front.
    pub offset: usize,
    /// How many came.
    pub count: usize,
}

impl Turn {
    /// The answer with the rows that are wanted.
    fn rows<T: Serialize>(&self, all: Vec<T>, usual: usize) -> Answer {
        Ok(HttpResponse::Ok().json(self.of(all, usual)?))
    }

    /// The rows that are wanted.
    fn of<T>(&self, all: Vec<T>, usual: usize) -> Result<Rows<T>, Complaint> {
        let number =
            |text: &Option<String>, usual: usize| text.as_ref().map_or(Ok(usual), |text| text.parse::<usize>());
        let limit = number(&self.limit, usual).ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        let limit = limit.ok_or_else(|| {
            Complaint::invalid("Invalid limit parameter", format!("limit must be a whole number from 1 to {LIMIT_MAX}"))
        })?;
        let offset = number(&self.offset, 0)
            .map_err(|_| Complaint::invalid("Invalid offset parameter", "offset must be a whole number, 0 or more"))?;
        let total = all.len();
        let data: Vec<T> = all.into_iter().skip(offset).take(limit).collect();
        let meta = Meta { total, limit, offset, count: data.len() };
        Ok(Rows { data, meta })
    }
}

/// The daemon answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alive {
    /// Always `ok`.
    pub status: &'static str,
    /// Now. RFC 3339, UTC.
    pub timestamp: String,
    /// In plain words.
    pub message: &'static str,
}

/// `GET /api/health`
pub async fn health() -> HttpResponse {
    HttpResponse::Ok().json(Alive { status: "ok", timestamp: moment(wall_now()), message: "Hearth is running" })
}

/// The channel with a number.
fn endpoint(seen: &Seen, number: u64) -> Result<Place, Complaint> {
    let found = u32::try_from(number).ok().and_then(|id| seen.endpoint(EndpointId(id)));
    found.ok_or_else(|| {
        Complaint::new(StatusCode::NOT_FOUND, "Endpoint not found", format!("No endpoint found with id {number}"))
    })
}

/// Whether a query asks for something more, such as `include=current`.
fn includes(include: &Option<String>, what: &str) -> bool {
    include.as_deref().is_some_and(|include| include.split(',').any(|word| word.trim() == what))
}

/// The rows of a list without a query of its own.
type Paged = Query<Turn>;
