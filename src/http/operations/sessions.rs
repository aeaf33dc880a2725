//! Operations on a machine's session.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::{as_client, as_named, examples, machine, slug};
use crate::dialects::Name;
use crate::dialects::openroast::wire::Command;
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::sessions;
use crate::http::rest::wire::machine::{ControlBody, SessionView};
use crate::http::websocket;
use crate::wire::views::ControlAck;

const NOT_FOUND: &str = "No machine has this id.";
const PARKED: &str = "The machine is restarting or parked as failed.";
const LOCKED: &str =
    "Another client controls the machine; an order without `X-Client-Id` is served only while nobody does.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![show(), act(), control(), live()]
}

fn show() -> Operation {
    Operation::new(
        Action::Follow,
        Method::GET,
        "/api/machines/{id}/session",
        || web::get().to(sessions::show),
        "showSession",
    )
    .told(Tag::Sessions, "What a machine is doing", "")
    .takes(machine())
    .takes(Parameter::query(
        "include",
        "`series` adds the curves so far.",
        json!({ "type": "string", "enum": ["series"] }),
    ))
    .takes(Parameter::query(
        "since_ms",
        "With `include=series`: only rows after this moment of the session clock.",
        json!({ "type": "integer", "minimum": 0 }),
    ))
    .takes(as_client())
    .answers(200, "The running or last session.", Shape::written::<SessionView>(), examples::session())
    .refuses(400, "MALFORMED", "`X-Client-Id` is no id.")
    .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
}

fn act() -> Operation {
    Operation::new(
        Action::RunSession,
        Method::POST,
        "/api/machines/{id}/session",
        || web::post().to(sessions::act),
        "sessionAction",
    )
    .told(
        Tag::Sessions,
        "Start, stop, mark",
        "The actions of `command` on the socket, but for `sync`. Marking an event again moves it. A recording that is \
             reset is kept as a draft profile. `request_id` (at most 64 characters) may be added.",
    )
    .takes(machine())
    .takes(as_client())
    .takes(as_named())
    .reads(
        Shape::read::<Command>(),
        Presence::Needed,
        vec![
            ("start recording", json!({ "action": "start_recording" })),
            ("mark first crack", json!({ "action": "mark_event", "event_type": "FCs" })),
            ("move the drop", json!({ "action": "mark_event", "event_type": "DROP", "timestamp_ms": 612_000 })),
        ],
    )
    .answers(200, "The session as it is now.", Shape::written::<SessionView>(), examples::session())
    .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
    .refuses(404, "ALARM_NOT_FOUND", "The machine has no such alarm.")
    .refuses(409, "INVALID_STATE_TRANSITION", "The session's state does not allow this action.")
    .refuses(409, "DRIVER_DISCONNECTED", "The machine is not connected.")
    .refuses(409, "LATCHED", "Outputs are latched safe: re-arm first.")
    .refuses(423, "SESSION_LOCKED", LOCKED)
    .refuses(503, "MACHINE_FAILED", PARKED)
}

fn control() -> Operation {
    Operation::new(
        Action::Control,
        Method::POST,
        "/api/machines/{id}/controls/{channel}",
        || web::post().to(sessions::control),
        "setControl",
    )
    .told(
        Tag::Sessions,
        "Move a control",
        "The answer comes when the device has confirmed. 0 to 1 stands for the control's `min` to `max`; a toggle is on from \
         0.5. A value that a newer one overtakes on its way is answered 409.",
    )
    .takes(machine())
    .takes(as_client())
    .takes(as_named())
    .takes(Parameter::path("channel", "The control's id.", json!({ "type": "string", "example": "burner" })))
    .reads(Shape::read::<ControlBody>(), Presence::Needed, vec![("burner at 80 %", json!({ "value": 0.8 }))])
    .answers(
        200,
        "The device confirmed.",
        Shape::written::<ControlAck>(),
        json!({
            "channel": "burner", "value": 0.8, "applied": true, "message": "", "command_id": 1042, "by": "rest",
            "readback": 0.8, "latency_ms": 36,
        }),
    )
    .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
    .refuses(404, "CHANNEL_NOT_FOUND", "The machine has no such control.")
    .refuses(409, "INTERLOCK_BLOCKED", "An interlock forbids it; `detail` says which and why.")
    .refuses(409, "DRIVER_DISCONNECTED", "The machine is not connected.")
    .refuses(409, "EMERGENCY_STOP", "STOP is being carried out.")
    .refuses(409, "LATCHED", "Outputs are latched safe: re-arm first.")
    .refuses(409, "SUPERSEDED", "A newer value for this control came first.")
    .refuses(423, "SESSION_LOCKED", LOCKED)
    .refuses(502, "DRIVER_WRITE_FAILED", "The device did not confirm.")
    .refuses(503, "MACHINE_FAILED", PARKED)
}

fn live() -> Operation {
    Operation::new(
        Action::Follow,
        Method::GET,
        "/ws/live/{machine_id}",
        || web::get().to(websocket::entrances::openroast),
        "followMachine",
    )
    .told(
        Tag::Sessions,
        "Follow and steer a machine live (WebSocket)",
        "A WebSocket of JSON text frames. A machine that is not there is told by an `error` frame and close code 4004.",
    )
    .speaks(Name::OpenRoast)
    .takes(Parameter::path("machine_id", "The machine's id.", slug()))
    .takes(Parameter::query("name", "Shown to others as who controls the machine.", json!({ "type": "string" })))
    .takes(Parameter::query(
        "client_id",
        "An id that this client keeps, so that it finds its control of the machine again after a cut.",
        json!({ "type": "string", "format": "uuid" }),
    ))
    .takes(Parameter::query(
        "heartbeat",
        "How often an idle socket gets a `heartbeat` frame. Unit: s.",
        json!({ "type": "number", "minimum": 0.5, "maximum": 3600 }),
    ))
    .switches("The connection is a WebSocket now.")
    .refuses(426, "UPGRADE_REQUIRED", "The request is no WebSocket handshake.")
    .refuses(503, "FULL", "All sockets of the daemon, or of this address, are in use.")
}
