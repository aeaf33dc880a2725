//! What clients of control panels ask over HTTP: how devices stand, and what they shall be set to.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::channel::Channel;
use hearth_actors::model::command::{Outcome, Want};
use hearth_actors::registry::directory::Place;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::manner::Detail;
use super::problem::Problem;
use super::rest::body;
use super::rest::caller::caller;
use super::rest::machines::put;
use super::seen::Seen;
use super::state::AppState;
use crate::dialects::control_panel::device::{Amount, DeviceKind, State, Status, of_control, statuses, value};
use crate::dialects::control_panel::order::{Unfit, no_json, noun, read};
use crate::wire::fields::shortened;

/// What became of an order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The channel's tag.
    pub device_id: String,
    /// What it is.
    pub device_type: DeviceKind,
    /// What it was before.
    pub previous_state: State,
    /// What it is now.
    pub new_state: State,
    /// Whether that is another.
    pub status: Verdict,
    /// In plain words.
    pub message: String,
    /// Whether that is another.
    pub changed: bool,
}

/// Whether an order changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It did.
    Success,
    /// The device was set to that already.
    NoChange,
}

/// An error as this dialect tells it.
#[derive(Debug)]
struct Denied {
    status: StatusCode,
    told: Detail,
}

/// `GET /api/v1/devices/`: how every device stands, by its id.
pub async fn list(seen: Seen) -> HttpResponse {
    let snapshots: Vec<_> = seen.machines().iter().map(|machine| machine.bus().snapshot()).collect();
    let devices = snapshots.iter().flat_map(statuses).map(|status| (status.device_id.clone(), status));
    HttpResponse::Ok().json(devices.collect::<BTreeMap<String, Status>>())
}

/// `GET /api/v1/devices/{device_id}`: how one stands.
pub async fn show(path: Path<String>, seen: Seen) -> HttpResponse {
    let found = find(&seen, &path).and_then(|place| {
        let status = place.machine.bus().look(|snapshot| statuses(snapshot).find(|status| status.device_id == *path));
        status.ok_or_else(|| no_device(&path))
    });
    found.map_or_else(HttpResponse::from, |status| HttpResponse::Ok().json(status))
}

/// `POST /api/v1/devices/{device_id}`: sets it, through the same gate as every other order. Every panel hears of the change.
pub async fn set(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> HttpResponse {
    let reply = obey(&request, &path, payload, &seen, state.limits.body_bytes).await;
    reply.map_or_else(HttpResponse::from, |reply| HttpResponse::Ok().json(reply))
}

async fn obey(
    request: &HttpRequest,
    id: &str,
    payload: Payload,
    seen: &Seen,
    bytes_max: usize,
) -> Result<Reply, Denied> {
    let place = find(seen, id)?;
    let channel = place.channel();
    let actor = caller(request).map_err(|problem| of_problem(&problem))?.actor();
    let body = body::json(request, payload, bytes_max).await.map_err(|problem| of_body(&problem))?;
    let share = read(&body, channel)?;
    let before = place.machine.bus().look(|snapshot| {
        let index = snapshot.channels.find(channel.id.as_str())?;
        value(snapshot, index, channel)
    });
    let want = Want::Control { channel: channel.id.clone(), value: share };
    let outcome = put(request, seen, &place.machine, actor, want).await;
    let taken = match outcome.map_err(|refusal| of_problem(&Problem::from(&refusal)))? {
        Outcome::Settled(settled) => settled.value,
        Outcome::Done => share,
    };
    let now = channel.control().map(|spec| of_control(channel, spec, taken));
    Ok(Reply::of(channel, before, now))
}

impl Reply {
    fn of(channel: &Channel, before: Option<Amount>, now: Option<Amount>) -> Self {
        let kind = DeviceKind::of(channel);
        let changed = before != now;
        let what = if kind == DeviceKind::Valve { "state" } else { kind.field() };
        let what = format!("{} {what}", noun(kind));
        let message = if changed {
            format!("{what} changed: {} → {}", shown(before), shown(now))
        } else {
            format!("{what} is {} already", shown(now))
        };
        Self {
            device_id: channel.tag.clone(),
            device_type: kind,
            previous_state: kind.state(before),
            new_state: kind.state(now),
            status: if changed { Verdict::Success } else { Verdict::NoChange },
            message,
            changed,
        }
    }
}

fn shown(amount: Option<Amount>) -> String {
    match amount {
        None => "unknown".to_owned(),
        Some(Amount::Flag(on)) => on.to_string(),
        Some(Amount::Whole(number)) => number.to_string(),
        Some(Amount::Number(number)) => number.to_string(),
    }
}

fn find(seen: &Seen, id: &str) -> Result<Place, Denied> {
    seen.tagged(id).ok_or_else(|| no_device(id))
}

fn no_device(id: &str) -> Denied {
    Denied { status: StatusCode::NOT_FOUND, told: Detail::from(format!("Device '{}' not found", shortened(id))) }
}

fn of_problem(problem: &Problem) -> Denied {
    Denied { status: problem.status(), told: Detail::from(problem.detail.clone()) }
}

/// What is no JSON is as invalid to these clients as JSON that does not fit.
fn of_body(problem: &Problem) -> Denied {
    match problem.status() {
        StatusCode::BAD_REQUEST => Unfit::Invalid(vec![no_json(&problem.detail)]).into(),
        _ => of_problem(problem),
    }
}

impl From<Unfit> for Denied {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::NotForThis(words) => Self { status: StatusCode::BAD_REQUEST, told: Detail::from(words) },
            Unfit::Invalid(issues) => {
                Self { status: StatusCode::UNPROCESSABLE_ENTITY, told: Detail { detail: json!(issues) } }
            }
        }
    }
}

impl From<Denied> for HttpResponse {
    fn from(denied: Denied) -> Self {
        Self::build(denied.status).json(denied.told)
    }
}
