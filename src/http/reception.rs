//! Receptions: what a dialect's own listener answers at `/` and `/health`, in the shape that its clients know.

use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpResponse, Route};
use hearth_actors::model::connection::DriverState;
use serde::Serialize;

use super::bevforge;
use super::state::AppState;
use crate::dialects::Name;
use crate::wire::rfc3339;

const SERVICE: &str = "hearth";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Registers `/` and `/health` of a dialect. OpenRoast has the pages and the health of the house.
pub fn routes(config: &mut ServiceConfig, dialect: Name) {
    let (root, health): (Route, Route) = match dialect {
        Name::OpenRoast => return,
        Name::WebMacs => (get().to(named), get().to(webmacs_health)),
        Name::ControlPanel => (get().to(panel_root), get().to(panel_health)),
        Name::BevForge => (get().to(named), get().to(bevforge::health)),
        Name::OpenScan => (get().to(named), get().to(openscan_health)),
    };
    config.route("/", root).route("/health", health);
}

#[derive(Serialize)]
struct Named {
    service: &'static str,
    version: &'static str,
}

/// For clients that expect a page there and get to know whom they met.
async fn named() -> HttpResponse {
    HttpResponse::Ok().json(Named { service: SERVICE, version: VERSION })
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
    let machines = state.house.unscoped().machines();
    let last =
        machines.iter().filter_map(|machine| machine.bus().look(|snapshot| snapshot.read_at)).max_by_key(|at| at.0);
    HttpResponse::Ok().json(WebMacsHealth {
        status: "ok",
        version: VERSION,
        database: "ok",
        last_datapoint: last.and_then(rfc3339),
        uptime_seconds: state.started.elapsed().as_secs_f64(),
    })
}

#[derive(Serialize)]
struct PanelRoot {
    service: &'static str,
    version: &'static str,
    devices: PanelDevices,
    endpoints: PanelEndpoints,
}

/// Devices by whether their machine is connected.
#[derive(Serialize)]
struct PanelDevices {
    connected: usize,
    disconnected: usize,
}

#[derive(Serialize)]
struct PanelEndpoints {
    devices: &'static str,
    websocket: &'static str,
    health: &'static str,
}

async fn panel_root(state: Data<AppState>) -> HttpResponse {
    let is_connected = |machine: &hearth_actors::slot::MachineHandle| {
        machine.bus().look(|snapshot| snapshot.connection.state == DriverState::Connected)
    };
    let directory = state.house.unscoped().directory();
    let connected = directory.places().filter(|place| is_connected(&place.machine)).count();
    HttpResponse::Ok().json(PanelRoot {
        service: SERVICE,
        version: VERSION,
        devices: PanelDevices { connected, disconnected: directory.places().count() - connected },
        endpoints: PanelEndpoints { devices: "/api/v1/devices/", websocket: "/ws/devices", health: "/health" },
    })
}

#[derive(Serialize)]
struct PanelHealth {
    status: &'static str,
    service: &'static str,
    devices_count: usize,
    message: &'static str,
}

async fn panel_health(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(PanelHealth {
        status: "healthy",
        service: SERVICE,
        devices_count: state.house.unscoped().directory().places().count(),
        message: "Machine control panel is running",
    })
}
