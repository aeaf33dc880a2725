//! Receptions: what a dialect's own listener answers at `/` and `/health`, in that dialect's shape.

use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpResponse, Route};
use hearth_actors::runtime::clock::wall_now;
use serde::Serialize;

use super::state::AppState;
use super::webmacs::last_taken;
use crate::dialects::Name;
use crate::wire::rfc3339;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Registers `/` and `/health` of a dialect. OpenRoast has the pages and the health of the house.
pub fn routes(config: &mut ServiceConfig, dialect: Name) {
    let (root, health): (Route, Route) = match dialect {
        Name::OpenRoast => return,
        Name::WebMacs => (get().to(webmacs_root), get().to(webmacs_health)),
        Name::OpenScan => (get().to(openscan_root), get().to(openscan_health)),
    };
    config.route("/", root).route("/health", health);
}

#[derive(Serialize)]
struct WebMacsRoot {
    service: &'static str,
    version: &'static str,
    dialect: &'static str,
}

async fn webmacs_root() -> HttpResponse {
    HttpResponse::Ok().json(WebMacsRoot { service: "hearth", version: VERSION, dialect: "webmacs" })
}

#[derive(Serialize)]
struct OpenScanRoot {
    message: &'static str,
    version: &'static str,
}

async fn openscan_root() -> HttpResponse {
    HttpResponse::Ok()
        .json(OpenScanRoot { message: "hearth speaks the OpenScan dialect: see /versions", version: VERSION })
}

#[derive(Serialize)]
struct OpenScanHealth {
    status: &'static str,
    version: &'static str,
}

async fn openscan_health() -> HttpResponse {
    HttpResponse::Ok().json(OpenScanHealth { status: "ok", version: VERSION })
}

#[derive(Serialize)]
struct WebMacsHealth {
    status: &'static str,
    version: &'static str,
    database: &'static str,
    /// When a value of any machine was last taken. RFC 3339.
    last_datapoint: Option<String>,
    /// Unit: s.
    uptime_seconds: f64,
}

async fn webmacs_health(state: Data<AppState>) -> HttpResponse {
    let machines = state.house.machines();
    let now = wall_now();
    let last = machines.iter().filter_map(|machine| last_taken(machine, now)).max_by_key(|at| at.0);
    HttpResponse::Ok().json(WebMacsHealth {
        status: "ok",
        version: VERSION,
        database: "ok",
        last_datapoint: last.and_then(rfc3339),
        uptime_seconds: state.started.elapsed().as_secs_f64(),
    })
}
