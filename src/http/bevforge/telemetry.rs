//! Values by number: taken in from remote controllers, and the last ones there are.

use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::dialect::{Said, Telemetry as Taken};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::slot::MachineHandle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, Complaint, Rows, Turn, endpoint};
use crate::dialects::bevforge::pushes;
use crate::dialects::bevforge::wire::{Origin, Scalar, Telemetry};
use crate::http::rest::body;
use crate::http::rest::machines::find;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::http::websocket::telemetry::deliver;
use crate::wire::fields::{FieldFault, Fields, MAX_WHOLE, list, shown, text, whole};
use crate::wire::senders_moment;
use crate::wire::words::Quality;

/// Values in one message at most; as many as another dialect takes.
const READINGS_MAX: usize = 500;
const MOMENT_CHARS_MAX: usize = 64;
/// Rows of a list where nobody says. Source: facts about the protocols, 2.3.
const USUAL_ROWS: usize = 100;

/// A value that a remote controller took.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct NewReading {
    /// The channel.
    pub endpoint_id: u32,
    /// Native unit: a number; of a toggle also whether it is on.
    pub value: Value,
    /// RFC 3339; now where it is left out.
    #[schemars(default)]
    pub timestamp: Option<String>,
}

/// What was taken in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Accepted {
    /// `ok`.
    pub status: &'static str,
    /// How many values.
    pub accepted: usize,
}

/// The last value of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Latest {
    /// The channel.
    pub endpoint_id: u32,
    /// When it was taken. RFC 3339, UTC.
    pub timestamp: String,
    /// The value of a toggle.
    pub value_bool: Option<bool>,
    /// The value of anything else, native unit.
    pub value_num: Option<f64>,
    /// Always `null`: no channel holds text.
    pub value_string: Option<String>,
    /// Always `null`: no channel holds more than one value.
    pub value_json: Option<Value>,
    /// How far it can be believed.
    pub quality: Quality,
    /// `sensor`, or `command` for what is set by orders.
    pub source: &'static str,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

impl Latest {
    /// The last values of a machine's channels.
    pub fn of(machine: &Snapshot) -> Vec<Self> {
        let controls = |endpoint: u32| {
            machine.channels.iter().any(|(_, channel)| channel.endpoint.0 == endpoint && channel.control().is_some())
        };
        let latest = pushes::latest(machine, wall_now());
        latest.map(|value| Self::new(&value, if controls(value.endpoint_id) { "command" } else { "sensor" })).collect()
    }

    fn new(latest: &Telemetry, source: &'static str) -> Self {
        let (value_bool, value_num) = match latest.value {
            Some(Scalar::Switch(on)) => (Some(on), None),
            Some(Scalar::Number(number)) => (None, Some(number)),
            None => (None, None),
        };
        Self {
            endpoint_id: latest.endpoint_id,
            timestamp: latest.timestamp.clone(),
            value_bool,
            value_num,
            value_string: None,
            value_json: None,
            quality: latest.quality,
            source,
            origin: latest.origin.clone(),
        }
    }
}

/// What is told of one channel, or of a machine.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LastValues {
    /// Of `endpointId`; `null` where it has none yet.
    OfChannel(Option<Latest>),
    /// Of `tileId` or `nodeId`.
    OfMachine(Rows<Latest>),
}

/// Whose last values are wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whose {
    endpoint_id: Option<String>,
    tile_id: Option<String>,
    node_id: Option<String>,
}

/// `GET /api/os/telemetry/latest`: of one channel an object, of a machine a list.
pub async fn latest(whose: Query<Whose>, turn: Query<Turn>, seen: Seen) -> Answer {
    if let Some(written) = &whose.endpoint_id {
        let number = written.parse().map_err(|_| {
            Complaint::invalid("Invalid endpointId parameter", "endpointId must be a whole number, 1 or more")
        })?;
        let place = endpoint(&seen, number)?;
        let rows = Latest::of(&place.machine.bus().snapshot());
        let row = rows.into_iter().find(|row| u64::from(row.endpoint_id) == number);
        return Ok(HttpResponse::Ok().json(LastValues::OfChannel(row)));
    }
    let Some(machine) = whose.tile_id.as_ref().or(whose.node_id.as_ref()) else {
        return Err(Complaint::invalid("Missing parameter", "one of endpointId, tileId, nodeId is needed"));
    };
    let rows = find(&seen, machine).map(|machine| Latest::of(&machine.bus().snapshot())).unwrap_or_default();
    Ok(HttpResponse::Ok().json(LastValues::OfMachine(turn.of(rows, USUAL_ROWS)?)))
}

/// `POST /api/os/telemetry/ingest`: all values of a message, or none.
pub async fn ingest(request: HttpRequest, payload: Payload, seen: Seen, state: Data<AppState>) -> Answer {
    let body = body::json(&request, payload, state.limits.body_bytes).await?;
    let invalid = |fault: FieldFault| Complaint::invalid("Invalid request", fault.to_string());
    let fields = Fields::of(&body, "").map_err(invalid)?;
    let single = std::slice::from_ref(&body);
    let readings = fields.may("readings", list).map_err(invalid)?;
    if readings.is_some_and(|readings| readings.len() > READINGS_MAX) {
        let message = format!("more than {READINGS_MAX} readings: send them in several messages");
        return Err(Complaint::invalid("Invalid request", message));
    }
    let now = wall_now();
    let mut values = Vec::new();
    for (index, item) in readings.map_or(single, Vec::as_slice).iter().enumerate() {
        let at = readings.map_or_else(String::new, |_| format!("/readings/{index}"));
        let fields = Fields::of(item, at).map_err(invalid)?;
        let number = fields.must("endpointId", "the number of an endpoint", whole(1..=MAX_WHOLE)).map_err(invalid)?;
        let value = fields.must("value", "a number, true or false", number_or_switch).map_err(invalid)?;
        let written = fields.may("timestamp", text(MOMENT_CHARS_MAX)).map_err(invalid)?;
        let taken = written.map(|written| {
            senders_moment(written, now).ok_or_else(|| {
                let message = format!(
                    "`timestamp` is {}: a moment such as 2026-01-31T12:00:00Z is needed",
                    shown(&Value::from(written))
                );
                Complaint::invalid("Invalid request", message)
            })
        });
        let place = endpoint(&seen, number)?;
        must_be_pushed(&state, &place.machine)?;
        values.push(Taken { tag: place.channel().tag.clone(), value, at: taken.transpose()? });
    }
    let accepted = values.len();
    deliver(values, &seen, &state.workshop.inboxes, now);
    Ok(HttpResponse::Ok().json(Accepted { status: "ok", accepted }))
}

fn must_be_pushed(state: &AppState, machine: &MachineHandle) -> Result<(), Complaint> {
    let message =
        || format!("{} reads its own hardware: values are taken for machines with the driver `push`", machine.id());
    let inbox = state.workshop.inboxes.find(machine.id());
    inbox.map(|_| ()).ok_or_else(|| Complaint::invalid("Endpoint not pushed", message()))
}

fn number_or_switch(value: &Value) -> Result<Said, String> {
    match value {
        Value::Bool(on) => Ok(Said::Switch(*on)),
        other => {
            let number = other.as_f64().map(Said::Number);
            number.ok_or_else(|| format!("is {}: a number, true or false is needed", shown(other)))
        }
    }
}
