//! Operations of the OpenScan dialect, each served under every version prefix that its clients use.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{Route, web};
use hearth_actors::model::action::Action;
use serde_json::{Value, json};

use super::{as_client, as_named, examples, slug};
use crate::dialects::openscan::PREFIXES;
use crate::dialects::openscan::wire::{CameraView, DeviceView, LightView, MotorView, known_as};
use crate::http::openscan::projects::Project;
use crate::http::openscan::{self, Versions, parts, projects, tasks};
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::wire::task::{TaskBody, TaskView};
use crate::http::websocket::entrances;

/// What stands before the sockets: clients of some documents use none.
const OF_SOCKETS: [&str; 5] = ["", PREFIXES[0], PREFIXES[1], PREFIXES[2], PREFIXES[3]];

/// Said of every order to a part.
const ORDERED: &str = "Passes the same gate as any other order; 409 where a rule or STOP forbids it or the machine is not \
    connected, 423 where somebody else controls the machine, 502 where the device did not do it.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    let mut operations = vec![follow_tasks(), follow_device(), versions()];
    let rest = [jobs(), steering(), projects(), looks(), orders()].into_iter().flatten();
    operations.extend(rest.map(|operation| operation.under(&PREFIXES)));
    operations
}

fn follow_tasks() -> Operation {
    socket(
        Operation::new(
            Action::SeeTasks,
            Method::GET,
            "/ws/tasks",
            || web::get().to(entrances::openscan_tasks),
            "followTasks",
        )
        .told(
            Tag::OpenScan,
            "Follow tasks (WebSocket)",
            "`task.update` whenever a task is new or changed; none on connect. What a client sends is ignored.",
        ),
    )
}

fn follow_device() -> Operation {
    socket(
        Operation::new(Action::Follow, Method::GET, "/ws/device", || web::get().to(entrances::openscan_device), "followDevice")
            .told(
                Tag::OpenScan,
                "Follow a machine (WebSocket)",
                "`device.status` whenever something changed, with the dotted paths that did; none on connect. What a client \
                 sends is ignored.",
            )
            .takes(which()),
    )
    .refuses(404, "MACHINE_NOT_FOUND", "There is no such machine.")
}

fn socket(operation: Operation) -> Operation {
    operation
        .under(&OF_SOCKETS)
        .switches("The connection is a WebSocket now.")
        .refuses(426, "UPGRADE_REQUIRED", "The request is no WebSocket handshake.")
        .refuses(503, "FULL", "All sockets of the daemon, or of this address, are in use.")
}

fn versions() -> Operation {
    Operation::new(
        Action::SeeDaemon,
        Method::GET,
        "/versions",
        || web::get().to(openscan::versions),
        "openscanVersions",
    )
    .told(Tag::OpenScan, "The API versions that are spoken", "")
    .answers(
        200,
        "Each stands before the paths, with a `v`.",
        Shape::written::<Versions>(),
        json!({ "versions": ["0.9"], "latest": "v0.9" }),
    )
}

fn jobs() -> Vec<Operation> {
    let list = || Shape::written::<Vec<TaskView>>();
    vec![
        Operation::new(Action::SeeTasks, Method::GET, "/tasks", || web::get().to(tasks::list), "openscanTasks")
            .told(Tag::OpenScan, "Tasks, in the order in which they were asked for", "")
            .answers(200, "The tasks, with their arguments.", list(), json!([examples::task()])),
        Operation::new(
            Action::SeeTasks,
            Method::GET,
            "/projects/{project}/tasks",
            || web::get().to(tasks::of_project),
            "openscanProjectTasks",
        )
        .told(Tag::OpenScan, "Tasks of a project", "")
        .takes(Parameter::path("project", "The project.", json!({ "type": "string", "example": "kiln" })))
        .answers(200, "The tasks that name it.", list(), json!([examples::task()])),
        Operation::new(
            Action::StartTask,
            Method::POST,
            "/tasks/{task}",
            || web::post().to(tasks::create),
            "openscanStartTask",
        )
        .told(Tag::OpenScan, "Ask for a job", "404 where no job has this name, 422 with every fault of its arguments.")
        .takes(Parameter::path("task", "The job's name.", json!({ "type": "string", "enum": names() })))
        .reads(
            Shape::read::<TaskBody>(),
            Presence::Optional,
            vec![("by position", json!({ "args": [10, 0.5], "kwargs": {} }))],
        )
        .answers(202, "The task, often running already.", Shape::written::<TaskView>(), examples::task()),
    ]
}

/// What may be asked for, under the names of this dialect.
fn names() -> Vec<String> {
    crate::jobs::names().into_iter().map(|name| known_as(name).to_owned()).collect()
}

fn steering() -> Vec<Operation> {
    let one = |action, method, path, route: fn() -> Route, id, summary, about| {
        Operation::new(action, method, path, route, id).told(Tag::OpenScan, summary, about).takes(task())
    };
    let now = |operation: Operation| {
        operation.answers(200, "The task as it is now.", Shape::written::<TaskView>(), examples::task())
    };
    vec![
        now(one(
            Action::SeeTasks,
            Method::GET,
            "/tasks/{task}",
            || web::get().to(tasks::show),
            "openscanTask",
            "A task",
            "",
        )),
        now(one(
            Action::SteerTask,
            Method::DELETE,
            "/tasks/{task}",
            || web::delete().to(tasks::cancel),
            "openscanCancelTask",
            "Cancel a task",
            "`completed_at` is set when its job has ended. A finished one stays as it is.",
        )),
        now(one(
            Action::SteerTask,
            Method::POST,
            "/tasks/{task}/pause",
            || web::post().to(tasks::pause),
            "openscanPauseTask",
            "Let a task stand still",
            "One that is not running stays as it is; 404 where it cannot be paused at all.",
        )),
        now(one(
            Action::SteerTask,
            Method::POST,
            "/tasks/{task}/resume",
            || web::post().to(tasks::resume),
            "openscanResumeTask",
            "Let a task go on",
            "One that is not paused stays as it is.",
        )),
        one(
            Action::SteerTask,
            Method::DELETE,
            "/tasks/{task}/cleanup",
            || web::delete().to(tasks::clean_up),
            "openscanCleanUpTask",
            "Take a finished task off the list",
            "One that is not there is clean already; 409 while it has not ended.",
        ),
    ]
}

fn looks() -> Vec<Operation> {
    let look = |path, route: fn() -> Route, id, summary| {
        Operation::new(Action::SeeMachines, Method::GET, path, route, id)
            .told(Tag::OpenScan, summary, "What it shows is what `device.status` tells.")
            .takes(which())
    };
    vec![
        look("/device/info", || web::get().to(parts::info), "openscanDevice", "A machine as it is").answers(
            200,
            "The whole of it.",
            Shape::written::<DeviceView>(),
            device(),
        ),
        look("/motors", || web::get().to(parts::motors), "openscanMotors", "What turns, by name").answers(
            200,
            "The motors.",
            Shape::written::<BTreeMap<String, MotorView>>(),
            json!({ "turntable": motor() }),
        ),
        look("/lights", || web::get().to(parts::lights), "openscanLights", "What shines, by name").answers(
            200,
            "The lights.",
            Shape::written::<BTreeMap<String, LightView>>(),
            json!({ "ring": light() }),
        ),
        look("/cameras", || web::get().to(parts::cameras), "openscanCameras", "What takes pictures, by name").answers(
            200,
            "The cameras.",
            Shape::written::<BTreeMap<String, CameraView>>(),
            json!({ "main": camera() }),
        ),
        look("/cameras/{name}", || web::get().to(parts::camera), "openscanCamera", "A camera").takes(named()).answers(
            200,
            "The camera.",
            Shape::written::<CameraView>(),
            camera(),
        ),
        photo(),
        look("/motors/{name}", || web::get().to(parts::motor), "openscanMotor", "A motor").takes(named()).answers(
            200,
            "The motor.",
            Shape::written::<MotorView>(),
            motor(),
        ),
        look("/lights/{name}", || web::get().to(parts::light), "openscanLight", "A light").takes(named()).answers(
            200,
            "The light.",
            Shape::written::<LightView>(),
            light(),
        ),
    ]
}

fn photo() -> Operation {
    Operation::new(Action::TakePicture, Method::GET, "/cameras/{name}/photo", || web::get().to(parts::photo), "openscanPhoto")
        .told(
            Tag::OpenScan,
            "Take a picture",
            "Between two orders, and without control of the machine, but with the role of an operator: 403 without. 409 where it is \
             not connected, 502 where the camera gave none.",
        )
        .takes(named())
        .takes(which())
        .answers_text("The picture.", &["image/png", "image/jpeg", "application/octet-stream"])
}

fn projects() -> Vec<Operation> {
    let many = || json!({ "owl": project() });
    vec![
        Operation::new(
            Action::SeeTasks,
            Method::GET,
            "/projects",
            || web::get().to(projects::list),
            "openscanProjects",
        )
        .told(Tag::OpenScan, "Projects, by name", "A project is there as long as a scan that names it is remembered.")
        .answers(200, "The projects.", Shape::written::<BTreeMap<String, Project>>(), many()),
        Operation::new(
            Action::SeeTasks,
            Method::GET,
            "/projects/{project}",
            || web::get().to(projects::show),
            "openscanProject",
        )
        .told(Tag::OpenScan, "A project", "404 where no scan names it.")
        .takes(Parameter::path("project", "The project.", json!({ "type": "string", "example": "owl" })))
        .answers(200, "The project with its scans.", Shape::written::<Project>(), project()),
    ]
}

fn orders() -> Vec<Operation> {
    let ordered = |method, path, route: fn() -> Route, id, summary| {
        let operation = Operation::new(Action::Control, method, path, route, id).told(Tag::OpenScan, summary, ORDERED);
        operation.takes(named()).takes(which()).takes(as_client()).takes(as_named())
    };
    let turned = |operation: Operation| operation.answers(200, "It is there.", Shape::written::<MotorView>(), motor());
    let switched = |path, route: fn() -> Route, id, summary| {
        let operation = ordered(Method::PATCH, path, route, id, summary);
        operation.answers(200, "Done.", Shape::written::<LightView>(), light())
    };
    let degrees = Parameter::query("degrees", "Where to; needed.", json!({ "type": "number", "example": 90 }));
    vec![
        turned(
            ordered(
                Method::PUT,
                "/motors/{name}/angle",
                || web::put().to(parts::turn_to),
                "openscanTurnTo",
                "Turn a motor to an angle",
            )
            .takes(degrees),
        ),
        turned(
            ordered(
                Method::PATCH,
                "/motors/{name}/angle",
                || web::patch().to(parts::turn_by),
                "openscanTurnBy",
                "Turn a motor by an angle",
            )
            .reads(
                Shape::read::<parts::TurnBody>(),
                Presence::Needed,
                vec![("on", json!({ "degrees": 15 }))],
            ),
        ),
        switched("/lights/{name}/turn_on", || web::patch().to(parts::turn_on), "openscanTurnOn", "Switch a light on"),
        switched(
            "/lights/{name}/turn_off",
            || web::patch().to(parts::turn_off),
            "openscanTurnOff",
            "Switch a light off",
        ),
        switched("/lights/{name}/toggle", || web::patch().to(parts::toggle), "openscanToggle", "Switch a light over"),
    ]
}

fn which() -> Parameter {
    Parameter::query("machine", "Which; without it the first scanner, else the first machine.", slug())
}

fn task() -> Parameter {
    Parameter::path("task", "The task's id.", json!({ "type": "string", "format": "uuid", "example": examples::TASK }))
}

fn named() -> Parameter {
    Parameter::path("name", "The channel's id.", json!({ "type": "string", "example": "turntable" }))
}

fn motor() -> Value {
    let settings = json!({ "min": 0, "max": 360, "step": 0.1 });
    json!({ "name": "Turntable", "busy": false, "angle": 90, "target_angle": 90, "settings": settings })
}

fn light() -> Value {
    json!({ "name": "Ring light", "is_on": true, "value": 1, "settings": { "min": 0, "max": 1, "step": 1 } })
}

fn camera() -> Value {
    json!({ "name": "Camera", "busy": false, "settings": null })
}

fn project() -> Value {
    let scan = json!({
        "project_name": "owl", "index": 1, "created": "2026-05-02T09:30:00Z", "status": "completed", "current_step": 2,
        "system_message": null, "task_id": examples::TASK, "photos": ["0001.png", "0002.png"],
    });
    json!({ "name": "owl", "created": "2026-05-02T09:30:00Z", "scans": { "scan01": scan } })
}

fn device() -> Value {
    json!({
        "name": "Demo scanner", "model": "scanner", "shield": "Simulator", "initialized": true, "idle": true,
        "cameras": { "main": camera() }, "motors": { "turntable": motor() }, "lights": { "ring": light() },
        "sensors": {}, "controls": {}, "triggers": {},
        "motors_timeout": null, "scan_radius_mm": null, "startup_mode": null, "calibrate_mode": null,
    })
}
