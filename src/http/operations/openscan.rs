//! Operations of the OpenScan dialect: its sockets, under every version prefix its clients use.

use actix_web::http::Method;
use actix_web::web;

use super::slug;
use crate::http::operation::{Operation, Parameter, Tag};
use crate::http::websocket::entrances;

/// Where tasks are told, and the name of each place.
const TASKS: [(&str, &str); 5] = [
    ("/ws/tasks", "followTasks"),
    ("/latest/ws/tasks", "followTasksLatest"),
    ("/v0.9/ws/tasks", "followTasksV09"),
    ("/next/ws/tasks", "followTasksNext"),
    ("/api/v0.9/ws/tasks", "followTasksApiV09"),
];
/// Where a machine is told, and the name of each place.
const DEVICE: [(&str, &str); 5] = [
    ("/ws/device", "followDevice"),
    ("/latest/ws/device", "followDeviceLatest"),
    ("/v0.9/ws/device", "followDeviceV09"),
    ("/next/ws/device", "followDeviceNext"),
    ("/api/v0.9/ws/device", "followDeviceApiV09"),
];

/// All of them.
pub fn operations() -> Vec<Operation> {
    TASKS.map(tasks).into_iter().chain(DEVICE.map(device)).collect()
}

fn tasks((path, id): (&'static str, &'static str)) -> Operation {
    socket(Operation::new(Method::GET, path, || web::get().to(entrances::openscan_tasks), id).told(
        Tag::OpenScan,
        "Follow tasks (WebSocket)",
        "`task.update` whenever a task is new or changed; none on connect. What a client sends is ignored.",
    ))
}

fn device((path, id): (&'static str, &'static str)) -> Operation {
    socket(
        Operation::new(Method::GET, path, || web::get().to(entrances::openscan_device), id)
            .told(
                Tag::OpenScan,
                "Follow a machine (WebSocket)",
                "`device.status` whenever something changed, with the dotted paths that did; none on connect. What a client \
                 sends is ignored.",
            )
            .takes(Parameter::query("machine", "Which; without it the first scanner, else the first machine.", slug())),
    )
    .refuses(404, "MACHINE_NOT_FOUND", "There is no such machine.")
}

fn socket(operation: Operation) -> Operation {
    operation
        .switches("The connection is a WebSocket now.")
        .refuses(426, "UPGRADE_REQUIRED", "The request is no WebSocket handshake.")
        .refuses(503, "FULL", "All sockets of the daemon, or of this address, are in use.")
}
