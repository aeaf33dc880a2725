//! Operations of the BevForge dialect.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::{Value, json};

use crate::http::bevforge::alarms::{self, AlarmView};
use crate::http::bevforge::commands::{self, CommandView, Ended, NewCommand};
use crate::http::bevforge::plant::{self, Endpoint, Tile, TileView};
use crate::http::bevforge::telemetry::{self, Accepted, LastValues, NewReading};
use crate::http::bevforge::{self, Alive, Rows, events};
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::websocket::entrances;

const COMMAND_ID: &str = "00000000-0000-8000-8000-00003b9aca2a";

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![
        socket(),
        stream(),
        create_command(),
        show_command(),
        ingest(),
        latest(),
        endpoints(),
        tiles(),
        tile(),
        list_alarms(),
        ack_alarm(),
        health(),
    ]
}

fn socket() -> Operation {
    Operation::new(Action::Follow, Method::GET, "/ws", || web::get().to(entrances::bevforge), "followEndpoints")
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

fn stream() -> Operation {
    Operation::new(Action::Follow, Method::GET, "/api/os/events", || web::get().to(events::follow), "streamEvents")
        .told(
            Tag::BevForge,
            "The same pushes as Server-Sent Events",
            "Each event ends with an `id`; whoever comes back with it as `Last-Event-ID` goes on from there. Where older \
             ones are no longer kept, an event `gap` says so and what holds now follows.",
        )
        .takes(text_query("channels", "Some of `telemetry,alarms,commands`; without it all."))
        .takes(text_query("endpointIds", "Channels by number, with commas between; without it all."))
        .takes(Parameter::header("Last-Event-ID", "The last `id` that the reader has.", json!({ "type": "string" })))
        .answers_text("Events, as long as the reader listens.", &["text/event-stream"])
}

fn create_command() -> Operation {
    let example = json!({ "endpointId": 52, "value": true, "commandType": "write", "requestedBy": "operator" });
    let succeeded = json!({
        "commandId": COMMAND_ID, "status": "succeeded", "message": "Command executed successfully", "actualValue": true,
    });
    Operation::new(
        Action::Control,
        Method::POST,
        "/api/os/command",
        || web::post().to(commands::create),
        "createCommand",
    )
    .told(
        Tag::BevForge,
        "Set a channel, switch it over, or switch it on for a moment",
        "Answered when the device has confirmed it (200) or not (500), or when it was not let through (403). 400 and \
             404 say `{\"error\", \"message\"}`. `pulse` switches on, and off again after `durationMs`.",
    )
    .reads(Shape::read::<NewCommand>(), Presence::Needed, vec![("a pump", example)])
    .answers(200, "Done and confirmed.", Shape::written::<Ended>(), succeeded)
}

fn show_command() -> Operation {
    let id = json!({ "type": "string", "format": "uuid", "example": COMMAND_ID });
    let example = json!({
        "commandId": COMMAND_ID, "status": "succeeded", "endpointId": 52, "tileId": "brewhouse", "commandType": "write",
        "requestedValue": true, "actualValue": true, "requestedAt": "2026-01-01T00:00:00.000Z",
        "sentAt": "2026-01-01T00:00:00.010Z", "ackedAt": "2026-01-01T00:00:00.020Z",
        "completedAt": "2026-01-01T00:00:00.020Z", "requestedBy": "operator", "correlationId": null, "errorMessage": null,
        "machine_id": "brewhouse", "session_id": null, "seq": 1_000_000_044,
    });
    Operation::new(Action::Follow, Method::GET, "/api/os/command/{id}", || web::get().to(commands::show), "showCommand")
        .told(Tag::BevForge, "What became of a command", "Of any dialect; the newest 1000 are remembered.")
        .takes(Parameter::path("id", "The command's id.", id))
        .answers(200, "Its life.", Shape::written::<CommandView>(), example)
}

fn ingest() -> Operation {
    let example = json!({ "endpointId": 59, "value": 21.5, "timestamp": "2026-01-01T00:00:00.000Z" });
    Operation::new(Action::PushTelemetry, Method::POST, "/api/os/telemetry/ingest", || web::post().to(telemetry::ingest), "ingestTelemetry")
        .told(
            Tag::BevForge,
            "Values of a remote controller",
            "One, or `{\"readings\": […]}` with up to 500: all are taken or none. Only for machines with the driver `push`.",
        )
        .reads(Shape::read::<NewReading>(), Presence::Needed, vec![("one", example)])
        .answers(200, "Taken.", Shape::written::<Accepted>(), json!({ "status": "ok", "accepted": 1 }))
}

fn latest() -> Operation {
    Operation::new(
        Action::ReadLatest,
        Method::GET,
        "/api/os/telemetry/latest",
        || web::get().to(telemetry::latest),
        "latestTelemetry",
    )
    .told(
        Tag::BevForge,
        "The last value of a channel",
        "With `tileId` or `nodeId` instead of `endpointId`, a list of all of that machine.",
    )
    .takes(Parameter::query("endpointId", "The channel.", json!({ "type": "integer", "minimum": 1 })))
    .takes(text_query("tileId", "A machine."))
    .takes(text_query("nodeId", "A machine."))
    .answers(200, "Its last value.", Shape::written::<LastValues>(), latest_example())
}

fn endpoints() -> Operation {
    let example = rows(json!({
        "id": 59, "nodeId": "brewhouse", "controllerId": "brewhouse", "name": "HLT", "channelId": "hlt_temp",
        "endpointKind": "AI", "direction": "input", "valueType": "float", "unit": "fahrenheit", "min": null, "max": null,
        "status": "active", "lastSeenAt": "2026-01-01T00:00:00.000Z", "lastRead": "2026-01-01T00:00:00.000Z", "lastWrite": null,
        "tag": "brewhouse.hlt_temp", "group": "sensors", "current": latest_example(),
    }));
    paged(Operation::new(
        Action::SeeMachines,
        Method::GET,
        "/api/os/endpoints",
        || web::get().to(plant::endpoints),
        "listEndpoints",
    ))
    .told(Tag::BevForge, "All channels of all machines", "In order of their numbers.")
    .takes(text_query("nodeId", "Only of this machine."))
    .takes(text_query("kind", "Only `AI`, `AO` or `DO`."))
    .takes(text_query("include", "`current` for their last values."))
    .answers(200, "The channels.", Shape::written::<Rows<Endpoint>>(), example)
}

fn tiles() -> Operation {
    paged(Operation::new(
        Action::SeeMachines,
        Method::GET,
        "/api/os/tiles",
        || web::get().to(plant::tiles),
        "listTiles",
    ))
    .told(Tag::BevForge, "All machines as tiles", "")
    .answers(200, "The tiles.", Shape::written::<Rows<Tile>>(), rows(tile_example()))
}

fn tile() -> Operation {
    let example = json!({
        "tile": tile_example(),
        "bindings": [{
            "id": 59, "tileId": "brewhouse", "endpointId": 59, "bindingRole": "hlt_temp", "direction": "input",
            "priority": 0, "transformInput": null, "transformOutput": null,
        }],
        "children": [], "group": null, "currentValues": [{ "endpointId": 59, "current": latest_example() }],
    });
    Operation::new(Action::SeeMachines, Method::GET, "/api/os/tiles/{id}", || web::get().to(plant::tile), "showTile")
        .told(Tag::BevForge, "A machine as a tile, with its channels", "")
        .takes(Parameter::path("id", "The machine's id.", super::slug()))
        .takes(text_query("include", "`current` for the last values of its channels."))
        .answers(200, "The tile.", Shape::written::<TileView>(), example)
}

fn list_alarms() -> Operation {
    let words = json!({ "type": "string", "enum": ["active", "cleared_unacked", "cleared_acked"] });
    paged(Operation::new(
        Action::Follow,
        Method::GET,
        "/api/os/alarms",
        || web::get().to(alarms::list),
        "listAlarmOccurrences",
    ))
    .told(Tag::BevForge, "Alarms of all machines", "Newest first; without a status those that are not over.")
    .takes(Parameter::query("status", "Only these.", words))
    .answers(200, "The alarms.", Shape::written::<Rows<AlarmView>>(), rows(alarm_example()))
}

fn ack_alarm() -> Operation {
    let id = json!({ "type": "integer", "minimum": 0, "example": 1_000_000_007 });
    Operation::new(
        Action::AckAlarm,
        Method::POST,
        "/api/os/alarms/{id}/ack",
        || web::post().to(alarms::ack),
        "ackAlarmOccurrence",
    )
    .told(Tag::BevForge, "Acknowledge one occurrence of an alarm", "Again changes nothing.")
    .takes(Parameter::path("id", "The occurrence.", id))
    .answers(200, "The alarm as it stands now.", Shape::written::<AlarmView>(), alarm_example())
}

fn health() -> Operation {
    Operation::new(Action::Probe, Method::GET, "/api/health", || web::get().to(bevforge::health), "bevforgeHealth")
        .told(Tag::BevForge, "Whether the daemon answers", "")
        .answers(
            200,
            "It does.",
            Shape::written::<Alive>(),
            json!({ "status": "ok", "timestamp": "2026-01-01T00:00:00.000Z", "message": "Hearth is running" }),
        )
}

fn paged(operation: Operation) -> Operation {
    let number = |minimum: u64| json!({ "type": "integer", "minimum": minimum, "maximum": 1_000 });
    operation.takes(Parameter::query("limit", "Rows at most.", number(1))).takes(Parameter::query(
        "offset",
        "Rows to leave out in front.",
        json!({ "type": "integer", "minimum": 0 }),
    ))
}

fn text_query(name: &'static str, about: &'static str) -> Parameter {
    Parameter::query(name, about, json!({ "type": "string" }))
}

fn rows(row: Value) -> Value {
    json!({ "data": [row], "meta": { "total": 1, "limit": 100, "offset": 0, "count": 1 } })
}

fn latest_example() -> Value {
    json!({
        "endpointId": 59, "timestamp": "2026-01-01T00:00:00.000Z", "valueBool": null, "valueNum": 180.5, "valueString": null,
        "valueJson": null, "quality": "good", "source": "sensor", "machine_id": "brewhouse", "session_id": null,
        "seq": 1_000_000_042,
    })
}

fn tile_example() -> Value {
    json!({
        "id": "brewhouse", "tileType": "kettle", "name": "Brewhouse", "x": 0, "y": 0, "w": 2, "h": 2, "parentTileId": null,
        "groupId": null, "status": "active", "config": {},
    })
}

fn alarm_example() -> Value {
    json!({
        "id": 1_000_000_007, "status": "active", "state": "unacked", "severity": "critical", "tileId": "brewhouse",
        "endpointId": 59, "triggeredAt": "2026-01-01T00:00:00.000Z", "clearedAt": null, "ackedAt": null, "ackedBy": null,
        "message": "HLT temperature exceeded 212°F", "ruleId": "hlt_high", "machine_id": "brewhouse", "session_id": null,
        "seq": 1_000_000_042,
    })
}
