//! Operations that make safe, and alarms.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::{as_client, as_named, examples, machine};
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::system::Stopped;
use crate::http::rest::wire::machine::{AckBody, PastAlarm, SessionView};
use crate::http::rest::{sessions, system};
use crate::wire::views::Alarm;

const NOT_FOUND: &str = "No machine has this id.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    let mut operations = stops();
    operations.extend(alarms());
    operations
}

fn stops() -> Vec<Operation> {
    let view = || Shape::written::<SessionView>();
    vec![
        Operation::new(Action::Stop, Method::POST, "/api/stop", || web::post().to(system::stop_all), "stopAll")
            .told(
                Tag::Safety,
                "STOP every machine",
                "Every output of every machine goes to its stop value and is latched there until somebody re-arms. Always \
                 passes: no lease, interlock or rate limit stands before it. Whoever is limited to some machines stops all of them, \
                 too, and is told of those they see.",
            )
            .answers(
                200,
                "For each machine whether its device confirmed.",
                Shape::written::<Stopped>(),
                json!({ "machines": {
                    "machine-a": { "confirmed": true, "message": "" },
                    "machine-b": { "confirmed": false, "message": "the device does not answer: cut its power" },
                } }),
            ),
        Operation::new(Action::Stop, Method::POST, "/api/machines/{id}/stop", || web::post().to(sessions::stop), "stopMachine")
            .told(Tag::Safety, "STOP a machine", "Every output goes to its stop value and is latched there.")
            .takes(machine())
            .answers(200, "The device confirmed.", view(), examples::session())
            .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
            .refuses(409, "DRIVER_DISCONNECTED", "The machine is not connected: nothing could be written.")
            .refuses(502, "DRIVER_WRITE_FAILED", "The device did not confirm: treat its outputs as still on."),
        Operation::new(Action::Rearm, Method::POST, "/api/machines/{id}/rearm", || web::post().to(sessions::rearm), "rearmMachine")
            .told(Tag::Safety, "Leave STOP", "Takes the latch off, also that of alarms. No output moves by itself.")
            .takes(machine())
            .takes(as_client())
            .takes(as_named())
            .answers(200, "The session as it is now.", view(), examples::session())
            .refuses(400, "MALFORMED", "`X-Client-Id` is no id.")
            .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
            .refuses(409, "LATCHED", "What latched the outputs is still there; `detail` says what.")
            .refuses(423, "SESSION_LOCKED", "Somebody else controls the machine."),
    ]
}

fn alarms() -> Vec<Operation> {
    vec![
        Operation::new(
            Action::Follow,
            Method::GET,
            "/api/machines/{id}/alarms",
            || web::get().to(sessions::alarms),
            "listAlarms",
        )
        .told(Tag::Safety, "Alarms that are not normal", "")
        .takes(machine())
        .answers(200, "The alarms.", Shape::written::<Vec<Alarm>>(), json!([examples::alarm()]))
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND),
        Operation::new(
            Action::Follow,
            Method::GET,
            "/api/machines/{id}/alarms/history",
            || web::get().to(sessions::past_alarms),
            "listPastAlarms",
        )
        .told(
            Tag::Safety,
            "What alarms there were lately",
            "The newest 200 occurrences since the daemon started, also those that are over, newest first.",
        )
        .takes(machine())
        .answers(200, "The occurrences.", Shape::written::<Vec<PastAlarm>>(), json!([examples::past_alarm()]))
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND),
        Operation::new(
            Action::AckAlarm,
            Method::POST,
            "/api/machines/{id}/alarms/{alarm}/ack",
            || web::post().to(sessions::ack_alarm),
            "acknowledgeAlarm",
        )
        .told(
            Tag::Safety,
            "Acknowledge an alarm",
            "In the name that `X-Client-Name` tells. Without an occurrence the present one; again changes nothing.",
        )
        .takes(machine())
        .takes(Parameter::path("alarm", "The alarm's id.", json!({ "type": "string", "example": "high_bt" })))
        .reads(
            Shape::read::<AckBody>(),
            Presence::Optional,
            vec![("this occurrence only", json!({ "occurrence": 17 }))],
        )
        .answers(200, "The session as it is now.", Shape::written::<SessionView>(), examples::session())
        .refuses(404, "MACHINE_NOT_FOUND", NOT_FOUND)
        .refuses(404, "ALARM_NOT_FOUND", "The machine has no such alarm.")
        .refuses(422, "INVALID_MESSAGE", "The occurrence named has passed; `detail` says so."),
    ]
}
