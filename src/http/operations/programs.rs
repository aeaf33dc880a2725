//! Operations on stored programs.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::examples;
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::programs;
use crate::http::rest::wire::program::{ProgramBody, ProgramView};
use crate::http::rest::wire::task::TaskView;

const NOT_FOUND: &str = "No program has this id.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![list(), show(), put(), remove(), start()]
}

fn program() -> Parameter {
    Parameter::path("id", "The program's id.", super::slug())
}

fn list() -> Operation {
    Operation::new(Action::SeePrograms, Method::GET, "/api/programs", || web::get().to(programs::list), "listPrograms")
        .told(Tag::Tasks, "Stored programs, in order of their ids", "")
        .takes(Parameter::query("machine_id", "Only those for this machine.", super::slug()))
        .answers(200, "The programs.", Shape::written::<Vec<ProgramView>>(), json!([examples::stored_program()]))
}

fn show() -> Operation {
    Operation::new(
        Action::SeePrograms,
        Method::GET,
        "/api/programs/{id}",
        || web::get().to(programs::show),
        "showProgram",
    )
    .told(Tag::Tasks, "A stored program", "")
    .takes(program())
    .answers(200, "The program.", Shape::written::<ProgramView>(), examples::stored_program())
    .refuses(404, "PROGRAM_NOT_FOUND", NOT_FOUND)
}

fn put() -> Operation {
    Operation::new(Action::SaveProgram, Method::PUT, "/api/programs/{id}", || web::put().to(programs::put), "putProgram")
        .told(
            Tag::Tasks,
            "Keep a program",
            "It is checked against the channels of its machine, all faults are told at once. One that runs already goes on as it \
             was started. The answer is 201 where there was none with this id.",
        )
        .takes(program())
        .reads(Shape::read::<ProgramBody>(), Presence::Needed, vec![("a mash", examples::program())])
        .answers(200, "The program.", Shape::written::<ProgramView>(), examples::stored_program())
        .refuses(400, "MALFORMED", "The id cannot be one.")
        .refuses(409, "EXISTS", "A program of a machine that you do not see has this id: choose another.")
        .refuses(507, "STORAGE_FULL", "The disk is full: make room.")
}

fn remove() -> Operation {
    Operation::new(
        Action::DeleteProgram,
        Method::DELETE,
        "/api/programs/{id}",
        || web::delete().to(programs::remove),
        "removeProgram",
    )
    .told(Tag::Tasks, "Forget a program", "One that runs already goes on.")
    .takes(program())
    .refuses(404, "PROGRAM_NOT_FOUND", NOT_FOUND)
}

fn start() -> Operation {
    Operation::new(
        Action::RunProgram,
        Method::POST,
        "/api/programs/{id}/start",
        || web::post().to(programs::start),
        "startProgram",
    )
    .told(Tag::Tasks, "Run a stored program", "As the job `program`, in the name of the client in `X-Client-Id`.")
    .takes(program())
    .takes(super::as_client())
    .answers(202, "The task, often running already.", Shape::written::<TaskView>(), examples::task())
    .with_header("Location", "Path of the task.")
    .refuses(404, "PROGRAM_NOT_FOUND", NOT_FOUND)
    .refuses(422, "INVALID", "The program does not fit its machine any more.")
    .refuses(429, "TOO_MANY_TASKS", "Too many tasks wait or work.")
    .refuses(503, "STOPPING", "The daemon is stopping.")
}
