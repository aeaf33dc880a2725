//! The daemon as a whole: probes, and STOP for everything.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::join_all;
use hearth_actors::model::command::{Actor, Scope, Want};
use schemars::JsonSchema;
use serde::Serialize;

use super::machines::order;
use crate::http::door::granted;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::storage::{StorageView, StorageWord};

/// What a probe that answers says.
const OK: &str = "ok";

/// The process answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alive {
    /// Always `ok`.
    status: &'static str,
}

/// The registry answers as well.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// Always `ok`.
    status: &'static str,
    /// How many machines there are.
    machines: usize,
}

/// Which daemon this is.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
    /// Of the daemon.
    version: &'static str,
    /// Since it started. Unit: s.
    uptime_seconds: f64,
    /// The parts that somebody should look at: `storage`, or none.
    degraded: Vec<&'static str>,
    /// Where everything is kept; `null` to somebody who may not look.
    storage: Option<StorageView>,
}

/// What came of stopping everything.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Stopped {
    /// By machine id.
    machines: BTreeMap<String, StopEnd>,
}

/// What came of stopping one machine.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StopEnd {
    /// Whether the device confirmed it.
    confirmed: bool,
    /// Why not, or empty.
    message: String,
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Alive { status: OK })
}

/// `GET /readyz`: the registry answers as well.
pub async fn readyz(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(Ready { status: OK, machines: state.house.unscoped().machines().len() })
}

/// `GET /health`: for everybody, but for the details of the disk.
pub async fn health(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    let uptime_seconds = state.started.elapsed().as_secs_f64();
    let storage = state.jobs.storage();
    HttpResponse::Ok().json(Health {
        status: OK,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds,
        degraded: if storage.state == StorageWord::Ok { Vec::new() } else { vec!["storage"] },
        storage: granted(&request).bearer.is_ok().then_some(storage),
    })
}

/// `POST /api/stop`: software STOP of every machine, at the same time, also of those that who asks does not see; says for each that
/// they see whether it was confirmed.
pub async fn stop_all(request: HttpRequest, seen: Seen, state: Data<AppState>) -> HttpResponse {
    let machines = state.house.unscoped().machines();
    let stops = machines.iter().map(|machine| {
        let mut stop = order(&request, &seen, Actor::Rest, Want::Stop);
        stop.principal.scope = Scope::All;
        machine.command(stop)
    });
    let ends = join_all(stops).await;
    let told =
        machines.iter().zip(ends).filter(|(machine, _)| seen.scope().includes(machine.id())).map(|(machine, end)| {
            let told = match end {
                Ok(_) => StopEnd { confirmed: true, message: String::new() },
                Err(refusal) => StopEnd { confirmed: false, message: refusal.message },
            };
            (machine.id().to_string(), told)
        });
    HttpResponse::Ok().json(Stopped { machines: told.collect() })
}
