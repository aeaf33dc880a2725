//! Commands: orders to one channel by number, and what became of them. They pass the same gate as a slider's.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::channel::{Channel, ControlShape, ControlSpec};
use hearth_actors::model::command::{Command, Outcome, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::units::Fraction;
use hearth_actors::registry::directory::Place;
use hearth_actors::runtime::clock::wall_now;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Answer, Complaint, endpoint};
use crate::dialects::bevforge::ledger::{Asked, Life};
use crate::dialects::bevforge::wire::{CommandStatus, Origin, Scalar, Status, command_text, moment, parse_command};
use crate::http::deeds::Details;
use crate::http::rest::body;
use crate::http::rest::caller::caller;
use crate::http::rest::machines::order;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::fields::{FieldFault, Fields, MAX_WHOLE, shortened, shown, text, whole};

/// Longest reference or name of a sender.
const WORDS_CHARS_MAX: usize = 64;
/// Who asks, where nobody says. Source: facts about the protocols, 2.3.
const NOBODY: &str = "system";
/// How long a pulse is on, where nobody says. Unit: ms.
const PULSE_MS: u64 = 500;
/// The shortest and the longest pulse. Unit: ms.
const PULSE_RANGE_MS: std::ops::RangeInclusive<u64> = 50..=10_000;
/// How often, and how many times, a pulse's end is tried: for an hour.
const PULSE_END_EVERY: Duration = Duration::from_secs(1);
const PULSE_END_TRIES: u32 = 3_600;

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Sets a value.
    Write,
    /// Switches over what has two positions.
    Toggle,
    /// Switches on, and off again after a while.
    Pulse(Duration),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Toggle => "toggle",
            Self::Pulse(_) => "pulse",
        }
    }
}

/// A command as it is sent.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct NewCommand {
    /// The channel.
    pub endpoint_id: u32,
    /// Native unit: a number, or `true` or `false` for a toggle. `toggle` and `pulse` do not look at it.
    pub value: Value,
    /// `write`, `toggle` or `pulse`.
    pub command_type: String,
    /// The sender's own reference.
    #[schemars(default)]
    pub correlation_id: Option<String>,
    /// Who asks.
    #[schemars(default)]
    pub requested_by: Option<String>,
    /// How long a pulse is on. Unit: ms.
    #[schemars(default, range(min = 50, max = 10_000))]
    pub duration_ms: Option<u64>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// The command.
    pub command_id: String,
    /// `succeeded`, `blocked` or `failed`.
    pub status: Status,
    /// In plain words.
    pub message: String,
    /// What the channel has now, native unit; only of what succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual_value: Option<Scalar>,
    /// The interlock that forbids it; only where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interlock_id: Option<String>,
}

/// The life of a command.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandView {
    /// The command.
    pub command_id: String,
    /// How far it is.
    pub status: Status,
    /// The channel.
    pub endpoint_id: u32,
    /// The machine's tile.
    pub tile_id: String,
    /// `write`, `toggle` or `pulse`.
    pub command_type: &'static str,
    /// What was asked for, native unit.
    pub requested_value: Option<Scalar>,
    /// What the channel had at the end, native unit.
    pub actual_value: Option<Scalar>,
    /// When it was asked. RFC 3339, UTC.
    pub requested_at: String,
    /// When the device was written.
    pub sent_at: Option<String>,
    /// When the device took it.
    pub acked_at: Option<String>,
    /// When it ended.
    pub completed_at: Option<String>,
    /// Who asked.
    pub requested_by: String,
    /// The sender's own reference.
    pub correlation_id: Option<String>,
    /// Why it did not succeed.
    pub error_message: Option<String>,
    /// Where it is.
    #[serde(flatten)]
    pub origin: Origin,
}

impl From<Life> for CommandView {
    fn from(life: Life) -> Self {
        let Life { last, asked, requested_at, sent_at, acked_at, .. } = life;
        Self {
            command_id: last.command_id,
            status: last.status,
            endpoint_id: last.endpoint_id,
            tile_id: last.origin.machine_id.clone(),
            command_type: asked.command_type,
            requested_value: last.requested_value,
            actual_value: last.actual_value,
            requested_at: moment(requested_at),
            sent_at: sent_at.map(moment),
            acked_at: acked_at.map(moment),
            completed_at: last.completed_at,
            requested_by: asked.requested_by,
            correlation_id: asked.correlation_id,
            error_message: Some(last.message).filter(|message| !message.is_empty()),
            origin: last.origin,
        }
    }
}

/// `GET /api/os/command/{id}`
pub async fn show(path: Path<String>, seen: Seen) -> Answer {
    let life = parse_command(&path).and_then(|id| seen.ledger().command(id));
    let unknown = || {
        let message = format!("No command found with id {}; the newest 1000 are remembered", shortened(&path));
        Complaint::new(StatusCode::NOT_FOUND, "Command not found", message)
    };
    Ok(HttpResponse::Ok().json(CommandView::from(life.ok_or_else(unknown)?)))
}

/// `POST /api/os/command`
pub async fn create(request: HttpRequest, payload: Payload, seen: Seen, state: Data<AppState>) -> Answer {
    let body = body::json(&request, payload, state.limits.body_bytes).await?;
    let actor = caller(&request)?.actor();
    let fields = Fields::of(&body, "").map_err(|fault| invalid(&fault))?;
    let number = fields.may("endpointId", whole(0..=MAX_WHOLE)).map_err(|fault| invalid(&fault))?;
    let (Some(number), Some(value)) = (number.filter(|number| *number > 0), body.get("value")) else {
        return Err(Complaint::invalid("Invalid request", "endpointId and value are required"));
    };
    let kind = kind(&fields)?;
    let asked = asked(&fields, kind).map_err(|fault| invalid(&fault))?;
    let place = endpoint(&seen, number)?;
    let control = writable(&place)?;
    let fraction = match kind {
        Kind::Write => written(value, control, place.channel())?,
        Kind::Toggle => two_positions(control, kind).map(|()| flipped(&place))?,
        Kind::Pulse(_) => two_positions(control, kind).map(|()| Fraction::ONE)?,
    };
    let want = Want::Control { channel: place.channel().id.clone(), value: fraction };
    Details::of_order(&place.machine, &want).note(&request);
    let mut command = order(&request, &seen, actor, want);
    command.request_id.clone_from(&asked.correlation_id);
    let id = command.id;
    seen.ledger().asked(id, asked, first(id, &place, fraction), wall_now());
    // Both outlive the request: whoever asked may be gone before the order, or the pulse, has ended.
    let carried_out = actix_web::rt::spawn(carry_out(seen, place, command, kind));
    let ended = carried_out.await.map_err(|error| {
        Complaint::new(StatusCode::INTERNAL_SERVER_ERROR, "Command failed", format!("the daemon is stopping: {error}"))
    })?;
    let status = match ended.status {
        Status::Succeeded => StatusCode::OK,
        Status::Blocked => StatusCode::FORBIDDEN,
        Status::Failed | Status::Queued | Status::Sent | Status::Acked => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Ok(HttpResponse::build(status).json(ended))
}

fn kind(fields: &Fields<'_>) -> Result<Kind, Complaint> {
    let unknown = |got: String| {
        Complaint::invalid("Invalid commandType", format!("commandType {got}: one of write, toggle, pulse is needed"))
    };
    match fields.raw("commandType") {
        Some(Value::String(word)) if word == "write" => Ok(Kind::Write),
        Some(Value::String(word)) if word == "toggle" => Ok(Kind::Toggle),
        Some(Value::String(word)) if word == "pulse" => {
            let length = fields.may("durationMs", whole(PULSE_RANGE_MS)).map_err(|fault| invalid(&fault))?;
            Ok(Kind::Pulse(Duration::from_millis(length.unwrap_or(PULSE_MS))))
        }
        Some(other) => Err(unknown(format!("is {}", shown(other)))),
        None => Err(unknown("is missing".to_owned())),
    }
}

fn asked(fields: &Fields<'_>, kind: Kind) -> Result<Asked, FieldFault> {
    let words = |key| fields.may(key, text(WORDS_CHARS_MAX)).map(|words| words.map(str::to_owned));
    Ok(Asked {
        command_type: kind.name(),
        requested_by: words("requestedBy")?.unwrap_or_else(|| NOBODY.to_owned()),
        correlation_id: words("correlationId")?,
    })
}

fn writable(place: &Place) -> Result<&ControlSpec, Complaint> {
    let (channel, machine) = (place.channel(), &place.machine);
    let control = channel.control().ok_or_else(|| {
        let message = format!("{} of {} is a sensor: write to a control", channel.id, machine.id());
        Complaint::invalid("Endpoint not writable", message)
    })?;
    if machine.bus().look(|snapshot| snapshot.connection.state) != DriverState::Connected {
        let message = format!("{} is not connected: connect it first", machine.id());
        return Err(Complaint::invalid("Endpoint not active", message));
    }
    Ok(control)
}

fn two_positions(control: &ControlSpec, kind: Kind) -> Result<(), Complaint> {
    match control.shape {
        ControlShape::Toggle { .. } => Ok(()),
        ControlShape::Slider => {
            let message = format!("{} is for endpoints with two positions: write a number to this one", kind.name());
            Err(Complaint::invalid("Invalid commandType", message))
        }
    }
}

/// A value in the native unit; a toggle takes `true` and `false` besides its own two.
fn written(value: &Value, control: &ControlSpec, channel: &Channel) -> Result<Fraction, Complaint> {
    let (needed, fraction) = match control.shape {
        ControlShape::Toggle { on, off } => {
            let fraction = match value {
                Value::Bool(true) => Some(Fraction::ONE),
                Value::Bool(false) => Some(Fraction::ZERO),
                other => {
                    other.as_f64().filter(|native| control.accepts(*native)).map(|native| control.to_fraction(native))
                }
            };
            (format!("true ({on}) or false ({off})"), fraction)
        }
        ControlShape::Slider => {
            let native = value.as_f64().filter(|native| control.accepts(*native));
            let needed = format!("a number from {} to {} {}", control.min, control.max, channel.unit);
            (needed.trim_end().to_owned(), native.map(|native| control.to_fraction(native)))
        }
    };
    fraction
        .ok_or_else(|| Complaint::invalid("Invalid value", format!("value is {}: {needed} is needed", shown(value))))
}

/// The other position. What was never written counts as off, as its page shows it.
fn flipped(place: &Place) -> Fraction {
    let is_on = place.machine.bus().look(|snapshot| snapshot.applied.get(&place.index) == Some(&Fraction::ONE));
    if is_on { Fraction::ZERO } else { Fraction::ONE }
}

/// Puts an order to its machine and waits for its end.
async fn carry_out(seen: Seen, place: Place, command: Command, kind: Kind) -> Ended {
    let id = command.id;
    let answer = place.machine.command(command).await;
    let ended = match &answer {
        Ok(outcome) => succeeded(id, &place, outcome),
        Err(refusal) => {
            let status = status_of(refusal.code);
            seen.ledger().ended(id, status, &refusal.message, wall_now());
            refused(id, status, refusal)
        }
    };
    if let Kind::Pulse(length) = kind
        && may_be_on(&answer)
    {
        actix_web::rt::spawn(end_pulse(seen, place, length));
    }
    ended
}

/// Whether a device may have switched on: it did, or nobody knows.
fn may_be_on(answer: &Result<Outcome, Refusal>) -> bool {
    let unknown = [RefusalCode::WriteFailed, RefusalCode::MachineFailed, RefusalCode::Internal];
    answer.as_ref().map_or_else(|refusal| unknown.contains(&refusal.code), |_| true)
}

fn succeeded(id: CommandId, place: &Place, outcome: &Outcome) -> Ended {
    let actual = match outcome {
        Outcome::Settled(settled) => Some(settled.readback.unwrap_or(settled.value)),
        Outcome::Done => None,
    };
    Ended {
        command_id: command_text(id),
        status: Status::Succeeded,
        message: "Command executed successfully".to_owned(),
        actual_value: actual.and_then(|actual| Scalar::ordered(place.channel(), actual)),
        interlock_id: None,
    }
}

/// A command of which nothing was told yet.
fn first(id: CommandId, place: &Place, value: Fraction) -> CommandStatus {
    let (session, seq) = place.machine.bus().look(|snapshot| (snapshot.session, snapshot.seq));
    CommandStatus {
        command_id: command_text(id),
        status: Status::Queued,
        actual_value: None,
        completed_at: None,
        endpoint_id: place.channel().endpoint.0,
        requested_value: Scalar::ordered(place.channel(), value),
        message: String::new(),
        origin: Origin::new(place.machine.id(), session, seq),
    }
}

fn refused(id: CommandId, status: Status, refusal: &Refusal) -> Ended {
    let interlock_id = refusal.interlock.as_ref().map(ToString::to_string);
    let message = match &interlock_id {
        Some(interlock) => format!("Interlock '{interlock}': {}", refusal.message),
        None => refusal.message.clone(),
    };
    Ended { command_id: command_text(id), status, message, actual_value: None, interlock_id }
}

fn status_of(code: RefusalCode) -> Status {
    match code {
        RefusalCode::InterlockBlocked
        | RefusalCode::SessionLocked
        | RefusalCode::EmergencyStop
        | RefusalCode::Latched
        | RefusalCode::Forbidden
        | RefusalCode::DriverDisconnected => Status::Blocked,
        RefusalCode::InvalidMessage
        | RefusalCode::InvalidTransition
        | RefusalCode::MachineNotFound
        | RefusalCode::UnknownChannel
        | RefusalCode::UnknownAlarm
        | RefusalCode::ProfileNotFound
        | RefusalCode::ConnectFailed
        | RefusalCode::ConnectTimeout
        | RefusalCode::WriteFailed
        | RefusalCode::Superseded
        | RefusalCode::RateLimited
        | RefusalCode::MachineFailed
        | RefusalCode::Internal => Status::Failed,
    }
}

/// Switches off what a pulse switched on. It is the house that does it, so nobody who took control meanwhile keeps it on; and a
/// machine that is away by then is waited for, since what holds its outputs comes back with the pulse on.
async fn end_pulse(seen: Seen, place: Place, length: Duration) {
    tokio::time::sleep(length).await;
    for _ in 0..PULSE_END_TRIES {
        match switch_off(&seen, &place).await {
            Ok(_) => return,
            Err(refusal) if may_pass_later(refusal.code) => tokio::time::sleep(PULSE_END_EVERY).await,
            Err(refusal) => return not_ended(&place, &refusal.message),
        }
    }
    not_ended(&place, "its machine did not come back");
}

async fn switch_off(seen: &Seen, place: &Place) -> Result<Outcome, Refusal> {
    let want = Want::Control { channel: place.channel().id.clone(), value: Fraction::ZERO };
    place.machine.command(seen.order_of_the_house(want)).await
}

/// Whether an order may pass a little later: its machine was away, or did not do it.
fn may_pass_later(code: RefusalCode) -> bool {
    matches!(code, RefusalCode::DriverDisconnected | RefusalCode::MachineFailed | RefusalCode::WriteFailed)
}

fn not_ended(place: &Place, why: &str) {
    tracing::warn!(machine = %place.machine.id(), endpoint = %place.channel().endpoint, why, "a pulse could not be ended");
}

fn invalid(fault: &FieldFault) -> Complaint {
    Complaint::invalid("Invalid request", fault.to_string())
}
