//! Operations of the BevForge dialect.

use actix_web::http::Method;
use actix_web::web;

use crate::http::operation::{Operation, Tag};
use crate::http::websocket::entrances;

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![socket()]
}

fn socket() -> Operation {
    Operation::new(Method::GET, "/ws", || web::get().to(entrances::bevforge), "followEndpoints")
        .told(
            Tag::BevForge,
            "Subscribe to channels, alarms and commands (WebSocket)",
            "`{\"type\": \"subscribe\", \"channel\": \"telemetry\", \"endpointIds\": [59]}`, `alarms`, or `commands` with \
             `commandIds`; without ids all. What holds now is told at once. `ping` is answered by `pong`.",
        )
        .switches("The connection is a WebSocket now.")
        .refuses(426, "UPGRADE_REQUIRED", "The request is no WebSocket handshake.")
        .refuses(503, "FULL", "All sockets of the daemon, or of this address, are in use.")
}
