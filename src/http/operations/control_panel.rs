//! Operations of the control panel's dialect.

use actix_web::http::Method;
use actix_web::web;
use serde_json::json;

use crate::http::operation::{Operation, Parameter, Tag};
use crate::http::websocket::entrances;

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![socket()]
}

fn socket() -> Operation {
    Operation::new(Method::GET, "/ws/devices", || web::get().to(entrances::devices), "followDevices")
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
