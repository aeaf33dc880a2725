//! Looks at machines that are being set up. Reads, never writes, and leaves the registry alone.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::connection::DriverState;
use serde_json::{Value, json};

use super::body;
use super::machines::{document, invalid_at};
use crate::config::driver::DriverConfig;
use crate::config::machine::MachineConfig;
use crate::drivers::modbus::access::lead_alike;
use crate::drivers::modbus::ports::ports;
use crate::http::problem::Problem;
use crate::http::rest::wire::probe::{ProbeView, SerialPortView};
use crate::http::seen::Seen;
use crate::http::state::AppState;

type Answer = Result<HttpResponse, Problem>;

/// Id of a machine that has none yet.
const NAMELESS: &str = "new-machine";

/// `POST /api/probe`
pub async fn probe(request: HttpRequest, payload: Payload, seen: Seen, state: Data<AppState>) -> Answer {
    let mut value = body::json(&request, payload, state.limits.body_bytes).await?;
    let asks_for_a_sign = complete(&mut value);
    let config = MachineConfig::parse(value).map_err(|faults| Problem::invalid(&faults))?;
    let spec = config.to_spec().map_err(|faults| Problem::invalid(&faults))?;
    let busy = || {
        let words = "other machines are being tested right now: try again in a few seconds";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", words)
    };
    let _place = state.workshop.trials.enter().ok_or_else(busy)?;
    let Some(outcome) = state.workshop.try_out(&config, &spec).await else {
        let detail = "a machine whose controller sends its readings cannot be asked: save it and see what arrives";
        return Err(invalid_at("/driver/type", detail));
    };
    let mut view = ProbeView::of(&spec, outcome, note(&seen, &config));
    if asks_for_a_sign {
        view.values.clear();
    }
    Ok(HttpResponse::Ok().json(view))
}

/// `GET /api/serial-ports`
pub async fn serial_ports() -> Answer {
    let unknown = |why: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL", why);
    let found = web::block(ports).await.map_err(|error| unknown(error.to_string()))?.map_err(unknown)?;
    let views: Vec<SerialPortView> = found.into_iter().map(SerialPortView::from).collect();
    Ok(HttpResponse::Ok().json(views))
}

/// Fills in what a look can do without: the id, and for a Modbus link without channels one question that any device answers,
/// if only with no. Whether that question was put in.
fn complete(document: &mut Value) -> bool {
    let Value::Object(members) = document else { return false };
    members.entry("id").or_insert_with(|| json!(NAMELESS));
    let kind = members.get("driver").and_then(|driver| driver.get("type")).and_then(Value::as_str);
    let is_modbus = kind.is_some_and(|kind| kind.starts_with("modbus"));
    let has_none = members.get("channels").is_none_or(|channels| channels.as_array().is_some_and(Vec::is_empty));
    if is_modbus && has_none {
        let question = json!({ "id": "sign", "kind": "sensor", "source": { "register": "holding", "address": 0 } });
        members.insert("channels".to_owned(), json!([question]));
    }
    is_modbus && has_none
}

/// Who else is at the same place, since that may be why nothing comes.
fn note(seen: &Seen, config: &MachineConfig) -> String {
    let DriverConfig::Modbus(mine) = &config.driver else { return String::new() };
    let machines = seen.machines();
    let is_connected =
        |state| matches!(state, DriverState::Connected | DriverState::Connecting | DriverState::Reconnecting);
    let there =
        machines.iter().filter(|machine| is_connected(machine.bus().look(|snapshot| snapshot.connection.state)));
    let there = there.filter(|machine| {
        document(machine)
            .is_ok_and(|other| matches!(&other.driver, DriverConfig::Modbus(theirs) if lead_alike(mine, theirs)))
    });
    let names: Vec<String> = there.map(|machine| machine.spec().name.clone()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!(
            "{} uses the same link now: the test took turns with it. If the device takes one connection only, or to try \
             other settings, disconnect that machine first.",
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_without_channels_is_asked_for_a_sign_of_life() {
        let mut bare = json!({ "driver": { "type": "modbus_tcp", "host": "plc" } });
        assert!(complete(&mut bare));
        assert!(MachineConfig::parse(bare).is_ok());
        let mut simulator = json!({ "id": "a", "driver": { "type": "simulator" } });
        assert!(!complete(&mut simulator));
        assert_eq!(simulator["id"], "a");
        for odd in
            [json!([]), json!(7), json!({ "driver": 7 }), json!({ "channels": 7, "driver": { "type": "modbus_tcp" } })]
        {
            assert!(!complete(&mut odd.clone()), "{odd}");
        }
    }
}
