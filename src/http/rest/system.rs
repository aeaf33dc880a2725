//! The daemon as a whole: probes, and STOP for everything.

use actix_web::HttpResponse;
use actix_web::web::Data;
use futures_util::future::join_all;
use hearth_actors::model::command::Want;
use serde_json::{Map, Value, json};

use super::machines::order;
use crate::http::state::AppState;

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// `GET /readyz`: the registry answers as well.
pub async fn readyz(state: Data<AppState>) -> HttpResponse {
    let machines = state.house.machines().await.len();
    HttpResponse::Ok().json(json!({ "status": "ok", "machines": machines }))
}

/// `GET /health`
pub async fn health(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": state.started.elapsed().as_secs_f64(),
    }))
}

/// `POST /api/stop`: software STOP of every machine, at the same time; says for each whether it was confirmed.
pub async fn stop_all(state: Data<AppState>) -> HttpResponse {
    let machines = state.house.machines().await;
    let stops = machines.iter().map(|machine| machine.command(order(&state, Want::Stop)));
    let ends = join_all(stops).await;
    let told = machines.iter().zip(ends).map(|(machine, end)| {
        let told = match end {
            Ok(_) => json!({ "confirmed": true, "message": "" }),
            Err(refusal) => json!({ "confirmed": false, "message": refusal.message }),
        };
        (machine.id().to_string(), told)
    });
    HttpResponse::Ok().json(json!({ "machines": told.collect::<Map<String, Value>>() }))
}
