//! What clients of the WebMACS dialect ask over HTTP: the fallback of its pages, and where remote controllers fetch their orders.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::join_all;
use hearth_actors::dialect::{Said, Telemetry};
use hearth_actors::logic::gate;
use hearth_actors::model::channel::{ControlShape, ControlSpec};
use hearth_actors::model::command::{Actor, Want};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::session::SessionState;
use hearth_actors::model::time::WallMs;
use hearth_actors::model::units::Fraction;
use hearth_actors::registry::directory::Place;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::slot::MachineHandle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::deeds::{Details, note_order};
use super::door::{address, granted};
use super::manner::Detail;
use super::problem::Problem;
use super::rest::body;
use super::rest::machines::order;
use super::seen::Seen;
use super::state::AppState;
use super::websocket::telemetry::deliver;
use crate::dialects::webmacs::wire::Datapoint;
use crate::dialects::webmacs::{Taken, telemetry};

/// Datapoints on a page at most.
const PAGE_MAX: usize = 100;

/// What became of something that was sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Status {
    /// `success`.
    pub status: &'static str,
    /// In plain words.
    pub message: String,
}

/// A page of datapoints, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Page {
    /// Which page, from 1.
    pub page: usize,
    /// How many stand on one.
    pub page_size: usize,
    /// How many there are.
    pub total: usize,
    /// Those of this page.
    pub data: Vec<Datapoint>,
}

/// Which page is wanted.
#[derive(Debug, Deserialize)]
pub struct Turn {
    page: Option<usize>,
    page_size: Option<usize>,
}

/// `GET /api/v1/datapoints/latest`: one per channel. A control that a remote controller shall set shows what it shall be set to.
pub async fn latest(seen: Seen, state: Data<AppState>) -> HttpResponse {
    let now = wall_now();
    let datapoints: Vec<Datapoint> =
        seen.machines().iter().flat_map(|machine| latest_of(machine, &state, now)).collect();
    HttpResponse::Ok().json(datapoints)
}

fn latest_of(machine: &MachineHandle, state: &AppState, now: WallMs) -> Vec<Datapoint> {
    let snapshot = machine.bus().snapshot();
    let wanted = state.workshop.inboxes.find(machine.id()).map(|inbox| inbox.wanted(&snapshot.channels));
    let wanted = wanted.unwrap_or_default();
    let seen = snapshot.last_reading.as_ref();
    let taken = Taken {
        machine: machine.id(),
        seq: snapshot.seq.unwrap_or_default(),
        session: snapshot.session,
        wall: snapshot.read_at.unwrap_or(now),
        recording: snapshot.session.filter(|_| snapshot.state == SessionState::Recording),
    };
    let value = |index: usize| {
        let known = || seen.and_then(|(_, reading)| reading.value(index));
        wanted.get(&index).copied().or_else(|| Some(snapshot.channels.get(index)?.unit.outward(known()?)))
    };
    let channels = snapshot.channels.iter();
    channels.filter_map(|(index, channel)| Some(taken.datapoint(index, channel, value(index)?))).collect()
}

/// `GET /api/v1/datapoints`: what was taken in the last minute or more, newest first.
pub async fn list(turn: Query<Turn>, seen: Seen) -> HttpResponse {
    let page = turn.page.unwrap_or(1).max(1);
    let page_size = turn.page_size.unwrap_or(25).clamp(1, PAGE_MAX);
    let mut all: Vec<(WallMs, Datapoint)> = Vec::new();
    for machine in seen.machines().iter() {
        let wanted = |event: &Event| matches!(event.body, EventBody::Reading(_) | EventBody::Session(_));
        let events = machine.bus().recent(wanted).events;
        let mut changes = events.iter().filter_map(|published| match &published.event.body {
            EventBody::Session(change) => Some(change.from),
            _ => None,
        });
        let mut state = changes.next().unwrap_or_else(|| machine.bus().look(|snapshot| snapshot.state));
        for published in &events {
            let event = &published.event;
            match &event.body {
                EventBody::Session(change) => state = change.to,
                EventBody::Reading(reading) => {
                    let (seq, session, wall) = (event.seq, event.session, event.wall);
                    let recording = session.filter(|_| state == SessionState::Recording);
                    let taken = Taken { machine: machine.id(), seq, session, wall, recording };
                    all.extend(taken.news(reading).map(|datapoint| (wall, datapoint)));
                }
                _ => {}
            }
        }
    }
    all.sort_by_key(|(wall, datapoint)| std::cmp::Reverse((*wall, datapoint.seq)));
    let total = all.len();
    let data = all.into_iter().map(|(_, datapoint)| datapoint).skip((page - 1).saturating_mul(page_size));
    HttpResponse::Ok().json(Page { page, page_size, total, data: data.take(page_size).collect() })
}

/// `POST /api/v1/datapoints`: one value: of a sensor of a remote controller, or to set a control to.
pub async fn post_one(request: HttpRequest, payload: Payload, seen: Seen, state: Data<AppState>) -> HttpResponse {
    take(request, payload, seen, state, |_| "Datapoint successfully created.".to_owned()).await
}

/// `POST /api/v1/datapoints/batch`: up to 500 of them.
pub async fn post_batch(request: HttpRequest, payload: Payload, seen: Seen, state: Data<AppState>) -> HttpResponse {
    take(request, payload, seen, state, |count| format!("{count} datapoints successfully created.")).await
}

async fn take(
    request: HttpRequest,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
    words: impl Fn(usize) -> String,
) -> HttpResponse {
    let message = match body::json(&request, payload, state.limits.body_bytes).await {
        Ok(message) => message,
        Err(problem) => return of_problem(&problem),
    };
    match accept(&request, &message, &seen, &state).await {
        Ok(count) => HttpResponse::Created().json(Status { status: "success", message: words(count) }),
        Err((status, detail)) => HttpResponse::build(status).json(Detail::from(detail)),
    }
}

/// Gives each value to whoever it is for. Yields how many there were.
async fn accept(
    request: &HttpRequest,
    message: &Value,
    seen: &Seen,
    state: &AppState,
) -> Result<usize, (StatusCode, String)> {
    let now = wall_now();
    let values = telemetry(message, now).map_err(|refusal| (StatusCode::UNPROCESSABLE_ENTITY, refusal.message))?;
    let count = values.len();
    let (mut orders, mut readings) = (Vec::new(), Vec::new());
    for value in values {
        match seen.tagged(&value.tag).and_then(|place| Some((place.channel().control()?.clone(), place))) {
            Some((control, place)) => {
                let beyond = || (StatusCode::UNPROCESSABLE_ENTITY, beyond(&value, &control));
                let value = wanted(value.value, &control).ok_or_else(beyond)?;
                orders.push((place, value));
            }
            None => readings.push(value),
        }
    }
    // What was measured is true whatever becomes of the orders, which may take their time.
    if let Some(tag) = deliver(readings, seen, &state.workshop.inboxes, now).first() {
        return Err((StatusCode::NOT_FOUND, format!("Event '{tag}' not found.")));
    }
    let orders = orders.iter().map(|(place, value)| (place, *value)).collect();
    let answers =
        join_all(by_machine(orders).into_values().map(|orders| carry_out(request, orders, seen, state))).await;
    answers.into_iter().collect::<Result<(), Refusal>>().map_err(|refusal| (status_of(&refusal), refusal.message))?;
    Ok(count)
}

/// The orders of each machine, in the order in which they came. Machines wait for no other.
fn by_machine(orders: Vec<(&Place, Fraction)>) -> BTreeMap<&MachineId, Vec<(&Place, Fraction)>> {
    let mut machines: BTreeMap<&MachineId, Vec<(&Place, Fraction)>> = BTreeMap::new();
    for (place, value) in orders {
        machines.entry(place.machine.id()).or_default().push((place, value));
    }
    machines
}

/// Each order comes to the gate as if it had come in a message of its own; what the first one that failed was told.
async fn carry_out(
    request: &HttpRequest,
    orders: Vec<(&Place, Fraction)>,
    seen: &Seen,
    state: &AppState,
) -> Result<(), Refusal> {
    let mut first = Ok(());
    for lot in lots(orders) {
        let answers = lot.into_iter().map(|(place, value)| put_one(request, place, value, seen, state));
        for answer in join_all(answers).await {
            first = first.and(answer);
        }
    }
    first
}

async fn put_one(
    request: &HttpRequest,
    place: &Place,
    value: Fraction,
    seen: &Seen,
    state: &AppState,
) -> Result<(), Refusal> {
    let want = Want::Control { channel: place.channel().id.clone(), value };
    let (action, details) = (want.action(), Details::of_order(&place.machine, &want));
    let outcome = place.machine.command(order(request, seen, Actor::Rest, want)).await;
    if let Ok(bearer) = granted(request).bearer {
        note_order(state, &bearer, &address(request).to_string(), action, details, &outcome);
    }
    outcome.map(drop)
}

/// Orders that may wait for their controller side by side. The next lot begins when all of one are settled: before a second order
/// to the same control, and before one that an interlock judges, which goes by what was settled.
fn lots(orders: Vec<(&Place, Fraction)>) -> Vec<Vec<(&Place, Fraction)>> {
    let mut lots: Vec<Vec<(&Place, Fraction)>> = Vec::new();
    for (place, value) in orders {
        let id = &place.channel().id;
        let is_interlocked = gate::is_interlocked(&place.machine.spec(), id.as_str(), value);
        let fits = |lot: &&mut Vec<(&Place, Fraction)>| {
            !is_interlocked && lot.iter().all(|(other, _)| other.channel().id != *id)
        };
        match lots.last_mut().filter(fits) {
            Some(lot) => lot.push((place, value)),
            None => lots.push(vec![(place, value)]),
        }
    }
    lots
}

/// What a control shall be set to, if it can be: whether it is on is a word for toggles only.
fn wanted(said: Said, control: &ControlSpec) -> Option<Fraction> {
    match (said, control.shape) {
        (Said::Number(native), _) => control.accepts(native).then(|| control.to_fraction(native)),
        (Said::Switch(is_on), ControlShape::Toggle { .. }) => Some(if is_on { Fraction::ONE } else { Fraction::ZERO }),
        (Said::Switch(_), ControlShape::Slider) => None,
    }
}

fn beyond(Telemetry { tag, value, .. }: &Telemetry, control: &ControlSpec) -> String {
    let value = match value {
        Said::Number(number) => number.to_string(),
        Said::Switch(is_on) => is_on.to_string(),
    };
    let needed = match control.shape {
        ControlShape::Toggle { on, off } => format!("{on} or true (on), {off} or false (off)"),
        ControlShape::Slider => format!("a value from {} to {}", control.min, control.max),
    };
    format!("Event '{tag}' cannot be set to {value}: {needed} is needed.")
}

fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal.code {
        RefusalCode::Forbidden => StatusCode::FORBIDDEN,
        RefusalCode::WriteFailed => StatusCode::BAD_GATEWAY,
        RefusalCode::MachineFailed | RefusalCode::DriverDisconnected => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    }
}

/// A problem as this dialect tells it.
pub fn of_problem(problem: &Problem) -> HttpResponse {
    HttpResponse::build(problem.status()).json(Detail::from(problem.detail.clone()))
}
