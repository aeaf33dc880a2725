//! Reads bodies, and says in the contract's way what is wrong with them.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use serde_json::Value;

use super::bodies;
use crate::http::problem::Problem;

/// Reads a body up to a limit.
///
/// # Errors
/// The answer to give: 413 when it is larger, 400 when it does not arrive whole.
pub async fn bytes(payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    match payload.to_bytes_limited(limit).await {
        Err(_) => Err(too_large(limit)),
        Ok(Err(error)) => Err(Problem::malformed(format!("the body did not arrive whole: {error}"))),
        Ok(Ok(bytes)) => Ok(bytes),
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

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "TOO_LARGE",
        format!("the body is larger than the limit of {limit} bytes"),
    )
}
