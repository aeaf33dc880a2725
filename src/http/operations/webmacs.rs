//! Operations of the WebMACS dialect.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::access::TOKEN_STAYS;
use crate::dialects::webmacs::wire::{Datapoint, NewDatapoint, NewDatapoints};
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::sign_in::{self, Credentials, LoggedIn, Me};
use crate::http::webmacs::{self, Page, Status};
use crate::http::websocket::entrances;

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![telemetry(), stream(), latest(), list(), post_one(), post_batch(), log_in(), log_out(), me()]
}

fn telemetry() -> Operation {
    Operation::new(
        Action::PushTelemetry,
        Method::GET,
        "/ws/controller/telemetry",
        || web::get().to(entrances::controller_telemetry),
        "pushTelemetry",
    )
    .told(
        Tag::WebMacs,
        "Push values of a remote controller (WebSocket)",
        "One object `{event_public_id, value, timestamp?}` per message, or `{\"datapoints\": […]}` with up to 500. \
         Nothing is acknowledged; errors are told seldom.",
    )
    .switches("The connection is a WebSocket now.")
    .refuses(426, "UPGRADE_REQUIRED", "The request is no WebSocket handshake.")
    .refuses(503, "FULL", "All sockets of the daemon, or of this address, are in use.")
}

fn stream() -> Operation {
    Operation::new(
        Action::Follow,
        Method::GET,
        "/ws/datapoints/stream",
        || web::get().to(entrances::datapoints_stream),
        "followDatapoints",
    )
    .told(Tag::WebMacs, "Hear every value of every machine (WebSocket)", "`ping` is answered by `pong`.")
    .takes(Parameter::query(
        "interval_ms",
        "Shortest time between two values of a channel.",
        json!({ "type": "integer", "minimum": 0 }),
    ))
    .switches("The connection is a WebSocket now.")
    .refuses(426, "UPGRADE_REQUIRED", "The request is no WebSocket handshake.")
    .refuses(503, "FULL", "All sockets of the daemon, or of this address, are in use.")
}

fn latest() -> Operation {
    Operation::new(
        Action::ReadLatest,
        Method::GET,
        "/api/v1/datapoints/latest",
        || web::get().to(webmacs::latest),
        "latestDatapoints",
    )
    .told(
        Tag::WebMacs,
        "The last value of every channel",
        "Here remote controllers fetch what their controls shall be set to.",
    )
    .answers(200, "One per channel.", Shape::written::<Vec<Datapoint>>(), json!([datapoint()]))
}

fn list() -> Operation {
    Operation::new(Action::Follow, Method::GET, "/api/v1/datapoints", || web::get().to(webmacs::list), "listDatapoints")
        .told(Tag::WebMacs, "Values of the last minute, newest first", "")
        .takes(Parameter::query("page", "Which page.", json!({ "type": "integer", "minimum": 1 })))
        .takes(Parameter::query(
            "page_size",
            "How many stand on one.",
            json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
        ))
        .answers(
            200,
            "A page.",
            Shape::written::<Page>(),
            json!({ "page": 1, "page_size": 25, "total": 1, "data": [datapoint()] }),
        )
}

fn post_one() -> Operation {
    Operation::new(
        Action::PushTelemetry,
        Method::POST,
        "/api/v1/datapoints",
        || web::post().to(webmacs::post_one),
        "createDatapoint",
    )
    .told(
        Tag::WebMacs,
        "A value: of a sensor that a remote controller has, or to set a control to",
        "Orders pass the same gate as any other.",
    )
    .reads(
        Shape::read::<NewDatapoint>(),
        Presence::Needed,
        vec![("a heater", json!({ "event_public_id": "rig.heater", "value": 40 }))],
    )
    .answers(
        201,
        "Taken.",
        Shape::written::<Status>(),
        json!({ "status": "success", "message": "Datapoint successfully created." }),
    )
}

fn post_batch() -> Operation {
    Operation::new(
        Action::PushTelemetry,
        Method::POST,
        "/api/v1/datapoints/batch",
        || web::post().to(webmacs::post_batch),
        "createDatapoints",
    )
    .told(Tag::WebMacs, "Up to 500 values at once", "")
    .reads(
        Shape::read::<NewDatapoints>(),
        Presence::Needed,
        vec![("two", json!({ "datapoints": [{ "event_public_id": "rig.inlet", "value": 21.5 }] }))],
    )
    .answers(
        201,
        "Taken.",
        Shape::written::<Status>(),
        json!({ "status": "success", "message": "1 datapoints successfully created." }),
    )
}

fn log_in() -> Operation {
    Operation::new(Action::LogIn, Method::POST, "/api/v1/auth/login", || web::post().to(sign_in::log_in), "logIn")
        .told(Tag::WebMacs, "A token for a password", "Users stand in the configuration, under `[[auth.users]]`.")
        .reads(
            Shape::read::<Credentials>(),
            Presence::Needed,
            vec![("anna", json!({ "email": "anna@roastery.example", "password": "first crack" }))],
        )
        .answers(
            200,
            "Logged in.",
            Shape::written::<LoggedIn>(),
            json!({
                "status": "success", "message": "Successfully logged in.", "access_token": "5f0c…",
                "public_id": "anna@roastery.example", "username": "Anna"
            }),
        )
        .refuses(401, "UNAUTHORISED", "No such user, or another password. The answer is `{\"detail\": …}`.")
}

fn log_out() -> Operation {
    Operation::new(Action::LogIn, Method::POST, "/api/v1/auth/logout", || web::post().to(sign_in::log_out), "logOut")
        .told(Tag::WebMacs, "Makes the token of the request worthless", "Only one that came by logging in.")
        .answers(
            200,
            "Logged out.",
            Shape::written::<Status>(),
            json!({ "status": "success", "message": "Successfully logged out." }),
        )
        .refuses(409, "NO_SESSION", TOKEN_STAYS)
}

fn me() -> Operation {
    Operation::new(Action::AskWhoIAm, Method::GET, "/api/v1/auth/me", || web::get().to(sign_in::me), "whoAmI")
        .told(Tag::WebMacs, "Whose token the request carries", "")
        .answers(
            200,
            "Somebody who logged in.",
            Shape::written::<Me>(),
            json!({
                "public_id": "anna@roastery.example", "email": "anna@roastery.example", "username": "Anna",
                "role": "operator", "admin": false
            }),
        )
        .refuses(401, "UNAUTHORISED", "The request carries no token that is good. The answer is `{\"detail\": …}`.")
}

fn datapoint() -> serde_json::Value {
    json!({
        "public_id": "dp_rig_1000000042_0", "value": 21.5, "timestamp": "2026-01-01T00:00:00.25Z",
        "event_public_id": "rig.inlet", "experiment_public_id": null, "machine_id": "rig", "session_id": null,
        "seq": 1_000_000_042
    })
}
