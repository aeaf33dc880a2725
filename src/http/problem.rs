//! Problem documents: every error of REST, as RFC 9457 describes them.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use hearth_actors::archive::ArchiveError;
use hearth_actors::logic::tasks::TaskRefusal;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::tasks::TaskError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::faults::Faults;

/// Media type of a problem document. Source: RFC 9457 section 3.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One fault of a body: where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProblemField {
    /// JSON pointer into the body, or a line such as `line 12` where the body is a text file.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened, in plain words, and what to do.
    pub detail: String,
    /// A word to match on.
    pub code: &'static str,
    /// Whether asking again, later or otherwise, can succeed.
    pub recoverable: bool,
    /// All faults of the body; empty where the body is not at fault.
    pub errors: Vec<ProblemField>,
}

impl Problem {
    /// A problem with no fault in the body.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            recoverable: !matches!(code, "MACHINE_NOT_FOUND" | "FORBIDDEN"),
            errors: Vec::new(),
        }
    }

    /// A body that is not JSON at all, or a query that cannot be read: 400.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MALFORMED", detail)
    }

    /// A well-formed body with these faults: 422.
    pub fn invalid(faults: &Faults) -> Self {
        let errors: Vec<ProblemField> = faults
            .iter()
            .map(|fault| ProblemField { pointer: fault.pointer.clone(), detail: fault.detail.clone() })
            .collect();
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{}: {}", only.pointer, only.detail),
            many => format!("{} faults, each is listed under `errors`", many.len()),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "INVALID", detail) }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Status and code of a refusal. Source: wire contract 1.2.
fn of_refusal(code: RefusalCode) -> (StatusCode, &'static str) {
    match code {
        RefusalCode::InvalidMessage => (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_MESSAGE"),
        RefusalCode::InvalidTransition => (StatusCode::CONFLICT, "INVALID_STATE_TRANSITION"),
        RefusalCode::MachineNotFound => (StatusCode::NOT_FOUND, "MACHINE_NOT_FOUND"),
        RefusalCode::UnknownChannel => (StatusCode::NOT_FOUND, "CHANNEL_NOT_FOUND"),
        RefusalCode::UnknownAlarm => (StatusCode::NOT_FOUND, "ALARM_NOT_FOUND"),
        RefusalCode::ProfileNotFound => (StatusCode::NOT_FOUND, "PROFILE_NOT_FOUND"),
        RefusalCode::DriverDisconnected => (StatusCode::CONFLICT, "DRIVER_DISCONNECTED"),
        RefusalCode::ConnectFailed => (StatusCode::BAD_GATEWAY, "DRIVER_CONNECT_FAILED"),
        RefusalCode::ConnectTimeout => (StatusCode::GATEWAY_TIMEOUT, "DRIVER_CONNECT_FAILED"),
        RefusalCode::WriteFailed => (StatusCode::BAD_GATEWAY, "DRIVER_WRITE_FAILED"),
        RefusalCode::Superseded => (StatusCode::CONFLICT, "SUPERSEDED"),
        RefusalCode::SessionLocked => (StatusCode::LOCKED, "SESSION_LOCKED"),
        RefusalCode::InterlockBlocked => (StatusCode::CONFLICT, "INTERLOCK_BLOCKED"),
        RefusalCode::EmergencyStop => (StatusCode::CONFLICT, "EMERGENCY_STOP"),
        RefusalCode::Latched => (StatusCode::CONFLICT, "LATCHED"),
        RefusalCode::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        RefusalCode::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"),
        RefusalCode::MachineFailed => (StatusCode::SERVICE_UNAVAILABLE, "MACHINE_FAILED"),
        RefusalCode::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let (status, code) = of_refusal(refusal.code);
        Self::new(status, code, refusal.message.clone())
    }
}

impl From<&ArchiveError> for Problem {
    fn from(error: &ArchiveError) -> Self {
        let (status, code) = match error {
            ArchiveError::NotFound(_) => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            ArchiveError::Exists(_) => (StatusCode::CONFLICT, "EXISTS"),
            ArchiveError::Full { .. } => (StatusCode::INSUFFICIENT_STORAGE, "STORAGE_FULL"),
            ArchiveError::Io { .. } | ArchiveError::Damaged { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "STORAGE_FAILED")
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<&TaskError> for Problem {
    fn from(error: &TaskError) -> Self {
        let (status, code) = match error {
            TaskError::Storage(cause) => return Self { detail: error.to_string(), ..Self::from(cause) },
            TaskError::OutOfReach => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            TaskError::NoAnswer => (StatusCode::SERVICE_UNAVAILABLE, "INTERNAL"),
            TaskError::Refused(TaskRefusal::Unknown(_)) => (StatusCode::NOT_FOUND, "TASK_NOT_FOUND"),
            TaskError::Refused(TaskRefusal::Full) => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_TASKS"),
            TaskError::Refused(TaskRefusal::Closing) => (StatusCode::SERVICE_UNAVAILABLE, "STOPPING"),
            TaskError::Refused(TaskRefusal::Unfinished) => (StatusCode::CONFLICT, "TASK_UNFINISHED"),
            TaskError::Refused(TaskRefusal::Unpausable(_) | TaskRefusal::NotAtWork(_)) => {
                (StatusCode::CONFLICT, "INVALID_STATE_TRANSITION")
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<&Problem> for HttpResponse {
    fn from(problem: &Problem) -> Self {
        let mut response = Self::build(problem.status()).insert_header((CONTENT_TYPE, MEDIA_TYPE)).json(problem);
        // For dialects that tell it in their own shape.
        response.extensions_mut().insert(problem.clone());
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

impl actix_web::ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_rt::test]
    async fn a_refusal_is_answered_as_a_problem_document() {
        let refusal = Refusal::new(RefusalCode::SessionLocked, "tablet-2 controls this machine: ask for control");
        let response = HttpResponse::from(&Problem::from(&refusal));
        assert_eq!(response.status(), StatusCode::LOCKED);
        assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), MEDIA_TYPE);
        let body: serde_json::Value = serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "about:blank", "title": "Locked", "status": 423, "code": "SESSION_LOCKED",
                "detail": "tablet-2 controls this machine: ask for control", "recoverable": true, "errors": [],
            })
        );
    }

    #[test]
    fn every_fault_of_a_body_is_listed() {
        let mut faults = Faults::new();
        faults.add("/name", "is 3: a text is needed");
        faults.add("/series/bt", "has 2 values, `timestamp_ms` has 3: columns must have equal length");
        let problem = Problem::invalid(&faults);
        assert_eq!(problem.status, 422);
        assert_eq!(problem.errors.len(), 2);
        assert_eq!(problem.errors[1].pointer, "/series/bt");
    }

    #[test]
    fn a_full_disk_is_not_told_as_the_clients_fault() {
        let problem = Problem::from(&ArchiveError::Full { free_mib: 3, needed_mib: 64 });
        assert_eq!((problem.status, problem.code), (507, "STORAGE_FULL"));
        assert!(problem.detail.contains("make room"));
    }
}
