//! Operations on long jobs.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::examples;
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::tasks;
use crate::http::rest::wire::task::{TaskBody, TaskView};
use crate::wire::words::TaskStatus;

const NOT_FOUND: &str = "No task has this id.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    let mut operations = vec![list(), create()];
    operations.extend(one());
    operations.extend(steer());
    operations
}

fn task() -> Parameter {
    Parameter::path("task", "The task's id.", json!({ "type": "string", "format": "uuid", "example": examples::TASK }))
}

fn list() -> Operation {
    Operation::new(Action::SeeTasks, Method::GET, "/api/tasks", || web::get().to(tasks::list), "listTasks")
        .told(
            Tag::Tasks,
            "Tasks, in the order in which they were asked for",
            "Finished ones are kept, at most 200 of them.",
        )
        .takes(Parameter::query(
            "status",
            "Only those that stand there.",
            json!({ "type": "string", "enum": TaskStatus::TEXTS }),
        ))
        .takes(Parameter::query("machine_id", "Only those of this machine.", super::slug()))
        .takes(Parameter::query("project", "Only those of this project.", json!({ "type": "string" })))
        .answers(200, "The tasks.", Shape::written::<Vec<TaskView>>(), json!([examples::task()]))
        .refuses(400, "MALFORMED", "A part of the query cannot be read.")
}

fn create() -> Operation {
    Operation::new(Action::StartTask, Method::POST, "/api/tasks/{task}", || web::post().to(tasks::create), "startTask")
        .told(
            Tag::Tasks,
            "Ask for a job",
            "Tasks begin strictly in the order in which they are asked for; one that is exclusive runs alone, of the others \
             at most three side by side that do not block. It is on disk before the answer comes. Jobs: `backup()` writes \
             `backups/<task>.tar` in the data directory; `export_profiles(machine_id)` writes a file for each profile into \
             `exports/<task>/`; `import_profiles(folder)` reads every file in `imports/<folder>/`; \
             `program(machine_id, steps, name)` sets, ramps, holds, waits and asks on a machine, in the name of the client in \
             `X-Client-Id`: it pauses where a person is needed, and says why; resuming it answers what it asks; \
             `scan(machine_id, positions, turntable, camera)` turns a turntable once and keeps a picture of each position in \
             `scans/<task>/`; `modbus_scan(driver, table, from, to)` reads up to 2000 registers of a device, as a machine's `driver` \
             leads to it, tells which answered, and never writes; \
             `replay(machine_id, profile_id, speed, apply_controls)` plays a profile to its end. To try things out: \
             `generator_task(total_steps, interval)`, `hello_world_async_task(total_steps, delay)`, \
             `hello_world_blocking_task(duration)`, `exclusive_demo_task(duration)`, `failing_task(error_message)`. Whoever is limited to \
             some machines says with `machine_id` for which of them it works, and neither exports nor imports in bulk.",
        )
        .takes(Parameter::path("task", "The job's name.", json!({ "type": "string", "enum": crate::jobs::names() })))
        .takes(super::as_client())
        .reads(
            Shape::read::<TaskBody>(),
            Presence::Optional,
            vec![
                ("by keyword", json!({ "kwargs": { "total_steps": 10, "interval": 0.5 }, "project": "kiln" })),
                ("by position", json!({ "args": [10, 0.5] })),
                ("a program", json!({ "kwargs": examples::program() })),
            ],
        )
        .answers(202, "The task, often running already.", Shape::written::<TaskView>(), examples::task())
        .with_header("Location", "Path of the task.")
        .refuses(404, "JOB_NOT_FOUND", "No job has this name.")
        .refuses(404, "MACHINE_NOT_FOUND", "No machine has the id in the body.")
        .refuses(429, "TOO_MANY_TASKS", "Too many tasks wait or work.")
        .refuses(503, "STOPPING", "The daemon is stopping.")
        .refuses(507, "STORAGE_FULL", "The disk is full: make room.")
}

fn one() -> Vec<Operation> {
    vec![
        Operation::new(Action::SeeTasks, Method::GET, "/api/tasks/{task}", || web::get().to(tasks::show), "showTask")
            .told(Tag::Tasks, "A task", "")
            .takes(task())
            .answers(200, "The task.", Shape::written::<TaskView>(), examples::task())
            .refuses(404, "TASK_NOT_FOUND", NOT_FOUND),
        picture(),
        Operation::new(Action::SteerTask, Method::DELETE, "/api/tasks/{task}", || web::delete().to(tasks::cancel), "cancelTask")
            .told(
                Tag::Tasks,
                "Cancel a task",
                "It counts as cancelled at once; `completed_at` is set when its job has ended. A finished one stays as it is.",
            )
            .takes(task())
            .answers(200, "The task as it is now.", Shape::written::<TaskView>(), examples::task())
            .refuses(404, "TASK_NOT_FOUND", NOT_FOUND),
        Operation::new(
            Action::SteerTask,
            Method::DELETE,
            "/api/tasks/{task}/cleanup",
            || web::delete().to(tasks::clean_up),
            "cleanUpTask",
        )
        .told(Tag::Tasks, "Take a finished task off the list", "One that is not there is clean already.")
        .takes(task())
        .refuses(409, "TASK_UNFINISHED", "It has not ended: cancel it first."),
    ]
}

fn picture() -> Operation {
    let number = json!({ "type": "integer", "minimum": 1, "maximum": 1000, "example": 1 });
    Operation::new(
        Action::SeeTasks,
        Method::GET,
        "/api/tasks/{task}/pictures/{number}",
        || web::get().to(tasks::picture),
        "showTaskPicture",
    )
    .told(
        Tag::Tasks,
        "A picture of a scan",
        "Also while the scan goes on: `progress.current` of them are there. One that was cancelled or failed keeps none.",
    )
    .takes(task())
    .takes(Parameter::path("number", "Which picture, counted from 1.", number))
    .answers_text("The picture.", &["image/png", "image/jpeg", "application/octet-stream"])
    .refuses(404, "TASK_NOT_FOUND", "This cannot be a task's id.")
    .refuses(404, "PICTURE_NOT_FOUND", "The task keeps no such picture.")
}

fn steer() -> Vec<Operation> {
    let steer = |path, route, id, summary, when| {
        Operation::new(Action::SteerTask, Method::POST, path, route, id)
            .told(Tag::Tasks, summary, "One that is so already stays so.")
            .takes(task())
            .answers(200, "The task as it is now.", Shape::written::<TaskView>(), examples::task())
            .refuses(404, "TASK_NOT_FOUND", NOT_FOUND)
            .refuses(409, "INVALID_STATE_TRANSITION", when)
    };
    vec![
        steer(
            "/api/tasks/{task}/pause",
            || web::post().to(tasks::pause),
            "pauseTask",
            "Let a task stand still",
            "It is not running, or its job keeps a thread busy.",
        ),
        steer(
            "/api/tasks/{task}/resume",
            || web::post().to(tasks::resume),
            "resumeTask",
            "Let a task go on",
            "It is not paused.",
        ),
    ]
}
