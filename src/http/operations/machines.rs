//! Operations on machines.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::{examples, machine};
use crate::config::machine::MachineConfig;
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::health::HealthView;
use crate::http::rest::machines;
use crate::http::rest::wire::machine::{DriverAnswer, MachineSummary};

const NOT_FOUND: &str = "No machine has this id.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    let mut operations = collection();
    operations.extend(one());
    operations.extend(link());
    operations
}

fn collection() -> Vec<Operation> {
    vec![
        Operation::new(Action::SeeMachines, Method::GET, "/api/machines", || web::get().to(machines::list), "listMachines")
            .told(Tag::Machines, "All machines at a glance", "")
            .answers(200, "One summary per machine.", Shape::written::<Vec<MachineSummary>>(), examples::summaries()),
        Operation::new(Action::ConfigureMachine, Method::POST, "/api/machines", || web::post().to(machines::create), "createMachine")
            .told(
                Tag::Machines,
                "Add a machine",
                "The machine is stored and started at once. Its configuration is checked as a whole: the answer lists every \
                 fault, not only the first. A channel without an endpoint id is given one, for good.",
            )
            .reads(Shape::read::<MachineConfig>(), Presence::Needed, examples::machines())
            .answers(201, "The machine as it is stored.", Shape::read::<MachineConfig>(), examples::simulator())
            .with_header("Location", "Path of the new machine.")
            .refuses(409, "MACHINE_EXISTS", "Another machine has this id.")
            .refuses(409, "ADDRESS_TAKEN", "A machine that came at the same moment has one of its tags."),
    ]
}

fn one() -> Vec<Operation> {
    vec![
        Operation::new(
            Action::SeeMachines,
            Method::GET,
            "/api/machines/{id}",
            || web::get().to(machines::show),
            "showMachine",
        )
        .told(
            Tag::Machines,
            "A machine's configuration",
            "As it was given, with the address of every channel: its tag, endpoint id, group and kind of device.",
        )
        .takes(machine())
        .answers(200, "The machine as it is stored.", Shape::read::<MachineConfig>(), examples::simulator())
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND),
        Operation::new(
            Action::ConfigureMachine,
            Method::PUT,
            "/api/machines/{id}",
            || web::put().to(machines::replace),
            "replaceMachine",
        )
        .told(
            Tag::Machines,
            "Change a machine",
            "The whole configuration is replaced. The driver is opened anew only if something other than the name \
                 changed. The id cannot change; it may be left out of the body.",
        )
        .takes(machine())
        .reads(Shape::read::<MachineConfig>(), Presence::Needed, examples::machines())
        .answers(200, "The machine as it is stored now.", Shape::read::<MachineConfig>(), examples::simulator())
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
        .refuses(409, "INVALID_STATE_TRANSITION", "The machine is recording: stop the recording first.")
        .refuses(409, "ADDRESS_TAKEN", "A machine that came at the same moment has one of its tags."),
        Operation::new(
            Action::ConfigureMachine,
            Method::DELETE,
            "/api/machines/{id}",
            || web::delete().to(machines::remove),
            "deleteMachine",
        )
        .told(Tag::Machines, "Remove a machine", "Its outputs are brought to safety first. Its profiles stay.")
        .takes(machine())
        .takes(Parameter::query(
            "force",
            "Remove it even while it is recording; the recording is kept as a draft profile.",
            json!({ "type": "boolean", "default": false }),
        ))
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
        .refuses(409, "INVALID_STATE_TRANSITION", "The machine is recording, and `force` is not given."),
    ]
}

fn link() -> Vec<Operation> {
    let driver = || Shape::written::<DriverAnswer>();
    vec![
        Operation::new(
            Action::Link,
            Method::POST,
            "/api/machines/{id}/connect",
            || web::post().to(machines::connect),
            "connectMachine",
        )
        .told(Tag::Machines, "Connect to the hardware", "A machine that is connected stays so.")
        .takes(machine())
        .answers(200, "Where the driver stands now.", driver(), json!({ "driver_state": "connected" }))
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
        .refuses(502, "DRIVER_CONNECT_FAILED", "The device could not be reached; `detail` has the driver's own words.")
        .refuses(503, "MACHINE_FAILED", "The machine is restarting or parked as failed: restart it.")
        .refuses(504, "DRIVER_CONNECT_FAILED", "The device did not answer in time."),
        Operation::new(
            Action::Link,
            Method::POST,
            "/api/machines/{id}/disconnect",
            || web::post().to(machines::disconnect),
            "disconnectMachine",
        )
        .told(Tag::Machines, "Let go of the hardware", "Outputs are brought to safety first.")
        .takes(machine())
        .answers(200, "Where the driver stands now.", driver(), json!({ "driver_state": "disconnected" }))
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
        .refuses(503, "MACHINE_FAILED", "The machine is restarting or parked as failed: restart it."),
        Operation::new(
            Action::RestartMachine,
            Method::POST,
            "/api/machines/{id}/restart",
            || web::post().to(machines::restart),
            "restartMachine",
        )
        .told(
            Tag::Machines,
            "Restart a machine",
            "A fresh start, also of one that is parked as failed. Sockets stay open and see it go through `restarting`.",
        )
        .takes(machine())
        .answers(202, "It is being restarted.", driver(), json!({ "driver_state": "restarting" }))
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND),
        Operation::new(Action::SeeMachines, Method::GET, "/api/machines/{id}/health", || web::get().to(machines::health), "machineHealth")
            .told(Tag::Machines, "How well the hardware answers", "Counted since the daemon started.")
            .takes(machine())
            .answers(200, "The health of the link.", Shape::written::<HealthView>(), examples::health())
            .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND),
    ]
}
