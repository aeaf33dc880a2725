//! Where clients come in: one path, one dialect.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use hearth_actors::dialect::Viewer;
use hearth_actors::logic::lease::Identity;
use hearth_actors::model::command::{Actor, Principal, UserRole};
use hearth_actors::model::ids::{ClientId, MachineId};
use hearth_actors::runtime::clock::wall_now;
use serde::Deserialize;

use super::guest::{LastWord, welcome};
use super::visit::{Heartbeat, Visit, Watches};
use super::{Feeds, host};
use crate::dialects::Name;
use crate::dialects::bevforge::BevForge;
use crate::dialects::control_panel::ControlPanel;
use crate::dialects::openroast::{OpenRoast, machine_not_found};
use crate::dialects::openscan::{DeviceStatus, PING_EVERY, TaskUpdates};
use crate::dialects::webmacs;
use crate::http::openscan::Looking;
use crate::http::seen::Seen;
use crate::http::state::AppState;

/// A message of telemetry may hold 500 values of some 100 bytes.
const TELEMETRY_BYTES: usize = 64 * 1024;
/// A controller sends every value in a message of its own, several times a second: messages in a second, and at once.
const TELEMETRY_PACE: (u32, u32) = (500, 1_000);

/// How often it is looked for values of a stream that wait for their turn, at most.
const LOOK_MIN: Duration = Duration::from_millis(100);

/// Largest message of a control panel. Source: wire contract 4. Unit: bytes.
const PANEL_BYTES: usize = 1024;

/// What a client says of itself when it connects.
#[derive(Debug, Deserialize)]
pub struct Introduction {
    name: Option<String>,
    client_id: Option<String>,
    heartbeat: Option<String>,
}

/// `GET /ws/live/{machine_id}`: the OpenRoast dialect.
///
/// # Errors
/// When the request is no WebSocket handshake, or all seats are taken.
pub async fn openroast(
    request: HttpRequest,
    body: web::Payload,
    path: web::Path<String>,
    introduction: web::Query<Introduction>,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let (viewer, identity) = introduction.viewer();
    let heartbeat = introduction.heartbeat().map_or(Heartbeat::None, Heartbeat::Untold);
    let limits = Arc::clone(&state.limits);
    let visit = move |seen: &Seen| {
        let machine = MachineId::parse(&path).ok().and_then(|id| seen.find(&id));
        let machine = machine.ok_or_else(|| LastWord::no_such_machine(Some(machine_not_found(&path))))?;
        let dialect = OpenRoast::new(machine.id().clone());
        Ok(Visit { identity, watches: Watches::One(machine), heartbeat, ..Visit::new(dialect, viewer, &limits) })
    };
    Ok(host(guest, body, &state, &feeds, Name::OpenRoast.id(), visit))
}

/// How a page of WebMACS wants its stream.
#[derive(Debug, Deserialize)]
pub struct StreamWish {
    interval_ms: Option<u32>,
}

/// `GET /ws/datapoints/stream`: every value of every machine, in the WebMACS dialect.
///
/// # Errors
/// When the request is no WebSocket handshake, or all seats are taken.
pub async fn datapoints_stream(
    request: HttpRequest,
    body: web::Payload,
    wish: web::Query<StreamWish>,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let interval_ms = wish.interval_ms.unwrap_or(0);
    // A value that waits for its turn is told in time, also where no other one comes.
    let heartbeat = match interval_ms {
        0 => Heartbeat::None,
        some => Heartbeat::Untold(Duration::from_millis(some.into()).max(LOOK_MIN)),
    };
    let (stream, viewer) = (webmacs::Stream::every(interval_ms), nobody_in_particular("webmacs page"));
    let visit = Visit { heartbeat, ..Visit::new(stream, viewer, &state.limits) };
    Ok(host(guest, body, &state, &feeds, Name::WebMacs.id(), |_| Ok(visit)))
}

/// `GET /ws/controller/telemetry`: values of remote controllers, in the WebMACS dialect.
///
/// # Errors
/// When the request is no WebSocket handshake, or all seats are taken.
pub async fn controller_telemetry(
    request: HttpRequest,
    body: web::Payload,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let visit = Visit {
        watches: Watches::Nothing,
        frame_bytes: state.limits.frame_bytes.max(TELEMETRY_BYTES),
        pace: TELEMETRY_PACE,
        ..Visit::new(webmacs::Controller, nobody_in_particular("webmacs controller"), &state.limits)
    };
    Ok(host(guest, body, &state, &feeds, Name::WebMacs.id(), |_| Ok(visit)))
}

/// `GET /ws/devices`: all devices, in the dialect of control panels.
///
/// # Errors
/// When the request is no WebSocket handshake, or all seats are taken.
pub async fn devices(
    request: HttpRequest,
    body: web::Payload,
    introduction: web::Query<Introduction>,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let (viewer, identity) = introduction.viewer();
    let (limits, panels) = (Arc::clone(&state.limits), state.panels.clone());
    let visit = move |seen: &Seen| {
        let seen = seen.clone();
        let look = Box::new(move || seen.machines().iter().map(|machine| machine.bus().snapshot()).collect());
        let dialect = ControlPanel::new(look, panels.join());
        let frame_bytes = limits.frame_bytes.min(PANEL_BYTES);
        Ok(Visit { identity, frame_bytes, ..Visit::new(dialect, viewer, &limits) })
    };
    Ok(host(guest, body, &state, &feeds, Name::ControlPanel.id(), visit))
}

/// `GET /ws`: the BevForge dialect.
///
/// # Errors
/// When the request is no WebSocket handshake, or all seats are taken.
pub async fn bevforge(
    request: HttpRequest,
    body: web::Payload,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let limits = Arc::clone(&state.limits);
    let visit = move |seen: &Seen| Ok(Visit::new(BevForge::new(seen.ledger().clone()), bevforge_viewer(), &limits));
    Ok(host(guest, body, &state, &feeds, Name::BevForge.id(), visit))
}

/// A client of the BevForge dialect, with an id such as its document shows: `client-<ms>-<nine letters or digits>`.
pub fn bevforge_viewer() -> Viewer {
    let random: String = std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(9).collect();
    let text = format!("client-{}-{random}", wall_now().0);
    let client = ClientId::parse(&text).unwrap_or_else(|_| passing_client());
    let actor = Actor::Client { id: client.clone(), name: "bevforge client".to_owned() };
    Viewer { client, principal: Principal::everywhere(actor, UserRole::Operator) }
}

/// `GET /ws/tasks`: the OpenScan dialect, tasks.
///
/// # Errors
/// When the request is no WebSocket handshake, or all seats are taken.
pub async fn openscan_tasks(
    request: HttpRequest,
    body: web::Payload,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let visit = Visit {
        watches: Watches::Tasks,
        heartbeat: Heartbeat::Unheard(PING_EVERY),
        ..Visit::new(TaskUpdates, nobody_in_particular("openscan client"), &state.limits)
    };
    Ok(host(guest, body, &state, &feeds, Name::OpenScan.id(), |_| Ok(visit)))
}

/// `GET /ws/device`: the OpenScan dialect, one machine.
///
/// # Errors
/// When the request is no WebSocket handshake, all seats are taken, or there is no such machine.
pub async fn openscan_device(
    request: HttpRequest,
    body: web::Payload,
    looking: web::Query<Looking>,
    state: web::Data<AppState>,
    feeds: web::ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    // Who is known already is answered in plain HTTP.
    if let Some(seen) = guest.seen(&state) {
        looking.machine(&seen)?;
    }
    let limits = Arc::clone(&state.limits);
    let visit = move |seen: &Seen| {
        let machine = looking.machine(seen).map_err(|_| LastWord::no_such_machine(None))?;
        let scanner = machine.clone();
        let look = Box::new(move || (scanner.spec().name.clone(), scanner.spec().kind));
        Ok(Visit {
            watches: Watches::One(machine),
            heartbeat: Heartbeat::Unheard(PING_EVERY),
            ..Visit::new(DeviceStatus::new(look), nobody_in_particular("openscan client"), &limits)
        })
    };
    Ok(host(guest, body, &state, &feeds, Name::OpenScan.id(), visit))
}

impl Introduction {
    fn viewer(&self) -> (Viewer, Identity) {
        let (client, identity) = match self.client_id.as_deref().and_then(|id| ClientId::parse(id).ok()) {
            Some(kept) => (kept, Identity::Kept),
            None => (passing_client(), Identity::Passing),
        };
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name =
            name.map_or_else(|| format!("client {:.4}", client.as_str()), |name| name.chars().take(64).collect());
        let principal = Principal::everywhere(Actor::Client { id: client.clone(), name }, UserRole::Operator);
        (Viewer { client, principal }, identity)
    }

    fn heartbeat(&self) -> Option<Duration> {
        let seconds: f64 = self.heartbeat.as_deref()?.parse().ok()?;
        (0.5..=3600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
    }
}

/// A client that does not say who it is.
pub fn nobody_in_particular(name: &str) -> Viewer {
    let client = passing_client();
    let actor = Actor::Client { id: client.clone(), name: name.to_owned() };
    Viewer { client, principal: Principal::everywhere(actor, UserRole::Operator) }
}

/// An id for the life of one socket.
fn passing_client() -> ClientId {
    let text = format!("{:032x}", (u128::from(fastrand::u64(..)) << 64) | u128::from(fastrand::u64(..)));
    ClientId::parse(&text).unwrap_or_else(|_| unreachable!("hexadecimal digits are a valid id"))
}
