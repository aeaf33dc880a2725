//! Reads bodies, and says in the contract's way what is wrong with them.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use serde_json::Value;
use tokio::time::timeout;

use super::bodies;
use crate::http::problem::Problem;

/// How long a client may take for a body: enough for the largest file to import over a slow radio link.
const BODY_DEADLINE: Duration = Duration::from_secs(60);

/// Reads a body up to a limit.
///
/// # Errors
/// The answer to give: 413 when it is larger, 400 when it does not arrive whole, 408 when it takes too long.
pub async fn bytes(payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    match timeout(BODY_DEADLINE, payload.to_bytes_limited(limit)).await {
        Err(_) => Err(too_slow()),
        Ok(Err(_)) => Err(too_large(limit)),
        Ok(Ok(Err(error))) => Err(Problem::malformed(format!("the body did not arrive whole: {error}"))),
        Ok(Ok(Ok(bytes))) => Ok(bytes),
    }
}

/// Reads a JSON body.
///
/// # Errors
/// The answer to give: 415 for another media type, 413, 400 for what is no JSON.
pub async fn json(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Value, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.is_empty() && essence != "application/json" && !essence.ends_with("+json") {
        let detail = format!("the body is {essence}: send application/json");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail));
    }
    let bytes = bytes(payload, limit).await?;
    if bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    bodies::json(&bytes)
}

fn too_slow() -> Problem {
    let detail = format!("the body did not arrive within {} s: send it faster", BODY_DEADLINE.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", detail)
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "TOO_LARGE",
        format!("the body is larger than the limit of {limit} bytes"),
    )
}
