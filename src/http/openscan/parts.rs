//! A machine as it is, and orders to its motors and lights. Each goes through the gate like any other, and is answered when the
//! device did it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::machine::pictures::CaptureError;
use hearth_actors::model::channel::{Channel, ControlSpec};
use hearth_actors::model::command::Want;
use hearth_actors::model::ids::ChannelId;
use hearth_actors::model::units::Fraction;
use hearth_actors::slot::MachineHandle;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Looking, Refused, of_body};
use crate::dialects::openscan::device::{Group, view};
use crate::dialects::openscan::wire::{DeviceView, LightView, MotorView};
use crate::http::rest::body;
use crate::http::rest::caller::caller;
use crate::http::rest::machines::put;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::fields::{Fields, number, shortened};

type Answer = Result<HttpResponse, Refused>;

/// Furthest a motor is turned by at once; the reach of each is far less. Unit: degree.
const DEGREES_MAX: f64 = 1e6;

/// Where a motor shall go.
#[derive(Debug, Deserialize)]
pub struct Turn {
    degrees: Option<String>,
}

/// By how much a motor shall turn.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TurnBody {
    /// Unit: degree.
    pub degrees: f64,
}

/// `GET device/info`
pub async fn info(looking: Query<Looking>, seen: Seen) -> Answer {
    Ok(HttpResponse::Ok().json(device(&looking.machine(&seen)?)))
}

/// `GET motors/`
pub async fn motors(looking: Query<Looking>, seen: Seen) -> Answer {
    Ok(HttpResponse::Ok().json(device(&looking.machine(&seen)?).motors))
}

/// `GET lights/`
pub async fn lights(looking: Query<Looking>, seen: Seen) -> Answer {
    Ok(HttpResponse::Ok().json(device(&looking.machine(&seen)?).lights))
}

/// `GET cameras/`
pub async fn cameras(looking: Query<Looking>, seen: Seen) -> Answer {
    Ok(HttpResponse::Ok().json(device(&looking.machine(&seen)?).cameras))
}

/// `GET motors/{name}`
pub async fn motor(name: Path<String>, looking: Query<Looking>, seen: Seen) -> Answer {
    Ok(HttpResponse::Ok().json(motor_of(&looking.machine(&seen)?, &name)?))
}

/// `GET lights/{name}`
pub async fn light(name: Path<String>, looking: Query<Looking>, seen: Seen) -> Answer {
    Ok(HttpResponse::Ok().json(light_of(&looking.machine(&seen)?, &name)?))
}

/// `GET cameras/{name}`
pub async fn camera(name: Path<String>, looking: Query<Looking>, seen: Seen) -> Answer {
    let camera = device(&looking.machine(&seen)?).cameras.remove(name.as_str());
    Ok(HttpResponse::Ok().json(camera.ok_or_else(|| missing("camera", &name))?))
}

/// `GET cameras/{name}/photo`: takes a picture, between two orders. It is a `GET` that makes a device work, so looking is not enough.
pub async fn photo(name: Path<String>, looking: Query<Looking>, seen: Seen) -> Answer {
    let machine = looking.machine(&seen)?;
    let channels = machine.bus().snapshot().channels;
    let is_camera =
        |(_, channel): &(usize, &Channel)| Group::of(channel) == Group::Cameras && channel.id.as_str() == name.as_str();
    let camera = channels.iter().find(is_camera).map(|(_, channel)| channel.id.clone());
    let picture = machine.capture(&camera.ok_or_else(|| missing("camera", &name))?).await.map_err(|error| {
        let status = match &error {
            CaptureError::UnknownChannel(_) => StatusCode::NOT_FOUND,
            CaptureError::NotConnected => StatusCode::CONFLICT,
            CaptureError::Device(_) => StatusCode::BAD_GATEWAY,
            CaptureError::Busy | CaptureError::Lost => StatusCode::SERVICE_UNAVAILABLE,
        };
        Refused::new(status, error.to_string())
    })?;
    Ok(HttpResponse::Ok().content_type(picture.mime).body(picture.bytes))
}

/// `PUT motors/{name}/angle?degrees=`: turns it to there.
pub async fn turn_to(
    request: HttpRequest,
    name: Path<String>,
    looking: Query<Looking>,
    turn: Query<Turn>,
    seen: Seen,
) -> Answer {
    let machine = looking.machine(&seen)?;
    let wanted = || Refused::fault("float_parsing", vec!["query", "degrees"], "degrees: a number is needed");
    let degrees: f64 = turn.degrees.as_deref().and_then(|text| text.parse().ok()).ok_or_else(wanted)?;
    turned(&request, &seen, &machine, &name, degrees, "query").await
}

/// `PATCH motors/{name}/angle`: turns it by so much.
pub async fn turn_by(
    request: HttpRequest,
    name: Path<String>,
    looking: Query<Looking>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let machine = looking.machine(&seen)?;
    let value = of_body(body::json(&request, payload, state.limits.body_bytes).await)?;
    let read = |fields: Fields<'_>| {
        let range = -DEGREES_MAX..=DEGREES_MAX;
        fields.must("degrees", "by how many degrees it shall turn", number(range))
    };
    let read = Fields::of(&value, "").and_then(read).map(|degrees| TurnBody { degrees });
    let by = read.map_err(|fault| Refused::fault("float_type", vec!["body", "degrees"], fault.detail))?;
    let unknown = || Refused::new(StatusCode::CONFLICT, "where it stands is not known yet: turn it to an angle first");
    let from = motor_of(&machine, &name)?.angle.ok_or_else(unknown)?;
    turned(&request, &seen, &machine, &name, from + by.degrees, "body").await
}

/// `PATCH lights/{name}/turn_on`
pub async fn turn_on(request: HttpRequest, name: Path<String>, looking: Query<Looking>, seen: Seen) -> Answer {
    switched(&request, &name, &looking, &seen, |_| true).await
}

/// `PATCH lights/{name}/turn_off`
pub async fn turn_off(request: HttpRequest, name: Path<String>, looking: Query<Looking>, seen: Seen) -> Answer {
    switched(&request, &name, &looking, &seen, |_| false).await
}

/// `PATCH lights/{name}/toggle`: one of which nothing is known goes on.
pub async fn toggle(request: HttpRequest, name: Path<String>, looking: Query<Looking>, seen: Seen) -> Answer {
    switched(&request, &name, &looking, &seen, |light| light.is_on != Some(true)).await
}

async fn turned(
    request: &HttpRequest,
    seen: &Seen,
    machine: &MachineHandle,
    name: &str,
    degrees: f64,
    place: &str,
) -> Answer {
    let (channel, control) = control(machine, name, Group::Motors)?;
    if !control.accepts(degrees) {
        let words = format!("{degrees}° is out of its reach: from {} to {}", control.min, control.max);
        return Err(Refused::fault("value_error", vec![place, "degrees"], words));
    }
    command(request, seen, machine, channel, control.to_fraction(degrees)).await?;
    Ok(HttpResponse::Ok().json(motor_of(machine, name)?))
}

async fn switched(
    request: &HttpRequest,
    name: &str,
    looking: &Looking,
    seen: &Seen,
    shines: impl Fn(&LightView) -> bool,
) -> Answer {
    let machine = looking.machine(seen)?;
    let (channel, _) = control(&machine, name, Group::Lights)?;
    let value = if shines(&light_of(&machine, name)?) { Fraction::ONE } else { Fraction::ZERO };
    command(request, seen, &machine, channel, value).await?;
    Ok(HttpResponse::Ok().json(light_of(&machine, name)?))
}

async fn command(
    request: &HttpRequest,
    seen: &Seen,
    machine: &MachineHandle,
    channel: ChannelId,
    value: Fraction,
) -> Result<(), Refused> {
    let caller = caller(request)?;
    put(request, seen, machine, caller.actor(), Want::Control { channel, value }).await?;
    Ok(())
}

fn device(machine: &MachineHandle) -> DeviceView {
    let spec = machine.spec();
    view(&spec.name, spec.kind, &machine.bus().snapshot())
}

fn motor_of(machine: &MachineHandle, name: &str) -> Result<MotorView, Refused> {
    device(machine).motors.remove(name).ok_or_else(|| missing("motor", name))
}

fn light_of(machine: &MachineHandle, name: &str) -> Result<LightView, Refused> {
    device(machine).lights.remove(name).ok_or_else(|| missing("light", name))
}

/// The control of this name in a group.
fn control(machine: &MachineHandle, name: &str, group: Group) -> Result<(ChannelId, ControlSpec), Refused> {
    let word = if group == Group::Motors { "motor" } else { "light" };
    let channels = machine.bus().snapshot().channels;
    let channel = channels.find(name).and_then(|index| channels.get(index));
    let fitting = channel.filter(|channel| Group::of(channel) == group);
    let found = fitting.and_then(|channel| Some((channel.id.clone(), channel.control()?.clone())));
    found.ok_or_else(|| missing(word, name))
}

fn missing(word: &str, name: &str) -> Refused {
    Refused::not_found(format!("there is no {word} \"{}\": the list of them says which there are", shortened(name)))
}
