//! Operations of the control panel's dialect.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::{Value, json};

use super::{as_client, as_named};
use crate::dialects::control_panel::device::Status;
use crate::dialects::control_panel::order::NewState;
use crate::http::control_panel::{self, Reply};
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::websocket::entrances;

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![socket(), list(), show(), set()]
}

fn socket() -> Operation {
    Operation::new(Action::Follow, Method::GET, "/ws/devices", || web::get().to(entrances::devices), "followDevices")
        .told(
            Tag::ControlPanel,
            "Hear at once when a device has changed (WebSocket)",
            "Actions: `subscribe`, `unsubscribe`, `get_status` with `device_id`, `get_all_status`, `ping`. Who never subscribed \
             hears of all devices.",
        )
        .takes(Parameter::query("client_id", "An id that this client keeps.", json!({ "type": "string" })))
        .switches("The connection is a WebSocket now.")
        .refuses(426, "UPGRADE_REQUIRED", "The request is no WebSocket handshake.")
        .refuses(503, "FULL", "All sockets of the daemon, or of this address, are in use.")
}

fn list() -> Operation {
    Operation::new(
        Action::SeeMachines,
        Method::GET,
        "/api/v1/devices",
        || web::get().to(control_panel::list),
        "listDevices",
    )
    .told(Tag::ControlPanel, "How every device stands", "Also with a slash at the end.")
    .answers(200, "By device.", Shape::written::<BTreeMap<String, Status>>(), json!({ "motor_01": motor() }))
}

fn show() -> Operation {
    Operation::new(
        Action::SeeMachines,
        Method::GET,
        "/api/v1/devices/{device_id}",
        || web::get().to(control_panel::show),
        "showDevice",
    )
    .told(Tag::ControlPanel, "How a device stands", "404 where there is none.")
    .takes(device())
    .answers(200, "The device.", Shape::written::<Status>(), motor())
}

fn set() -> Operation {
    Operation::new(Action::Control, Method::POST, "/api/v1/devices/{device_id}", || web::post().to(control_panel::set), "setDevice")
        .told(
            Tag::ControlPanel,
            "Set a device",
            "Passes the same gate as any other order; every panel hears of the change. 400 for what is read only and for the \
             field of another device, 404 where there is none, 409 where the machine does not allow it, 422 for values that \
             cannot be, 423 where somebody else controls the machine, 502 where the device did not confirm.",
        )
        .takes(device())
        .takes(as_client())
        .takes(as_named())
        .reads(
            Shape::read::<NewState>(),
            Presence::Needed,
            vec![
                ("a motor", json!({ "speed": 150 })),
                ("a servo", json!({ "angle": 90 })),
                ("a valve", json!({ "state": true })),
                ("any other control", json!({ "value": 40 })),
            ],
        )
        .answers(
            200,
            "The device confirmed.",
            Shape::written::<Reply>(),
            json!({
                "device_id": "motor_01", "device_type": "motor", "previous_state": { "speed": 100 },
                "new_state": { "speed": 150 }, "status": "success", "message": "Motor speed changed: 100 → 150",
                "changed": true
            }),
        )
}

fn device() -> Parameter {
    let schema = json!({ "type": "string", "example": "motor_01" });
    Parameter::path("device_id", "The channel's tag.", schema)
}

fn motor() -> Value {
    json!({
        "device_id": "motor_01", "device_type": "motor", "status": "online", "current_value": 150,
        "last_updated": 1_767_225_600.25, "machine_id": "panel", "seq": 1_000_000_042
    })
}
