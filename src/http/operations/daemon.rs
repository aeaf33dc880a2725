//! Operations on the daemon as a whole.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use crate::http::operation::{Operation, Shape, Tag};
use crate::http::rest::system::{self, Alive, Health, Ready};
use crate::http::{docs, metrics, openapi};

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Action::Probe, Method::GET, "/healthz", || web::get().to(system::healthz), "isAlive")
            .told(Tag::Daemon, "Is the process alive?", "")
            .answers(200, "It is.", Shape::written::<Alive>(), json!({ "status": "ok" })),
        Operation::new(Action::Probe, Method::GET, "/readyz", || web::get().to(system::readyz), "isReady")
            .told(Tag::Daemon, "Is the daemon ready to serve?", "")
            .answers(200, "It is.", Shape::written::<Ready>(), json!({ "status": "ok", "machines": 2 })),
        Operation::new(Action::Probe, Method::GET, "/health", || web::get().to(system::health), "daemonHealth")
            .told(
                Tag::Daemon,
                "Which daemon, since when, and how its storage is",
                "`status` says that it answers; trouble with the disk stands in `storage` and is an alarm of every machine. \
                 Where a login is needed and there is none, `storage` is `null`: `degraded` says which part is not well.",
            )
            .answers(
                200,
                "Its version, how long it has run, and how its storage is.",
                Shape::written::<Health>(),
                json!({
                    "status": "ok", "version": env!("CARGO_PKG_VERSION"), "uptime_seconds": 86_400.5,
                    "degraded": [],
                    "storage": { "state": "ok", "messages": [], "free_bytes": 64_000_000_000_u64, "index": "ready" },
                }),
            ),
        Operation::new(Action::SeeDaemon, Method::GET, "/metrics", || web::get().to(metrics::text), "metrics")
            .told(Tag::Daemon, "Figures for Prometheus", "")
            .answers_text("Prometheus text format 0.0.4.", &["text/plain"]),
        Operation::new(Action::SeeDaemon, Method::GET, "/api/openapi.json", || web::get().to(openapi::serve), "openApi")
            .told(Tag::Daemon, "This description", "OpenAPI 3.1.")
            .answers_text("The description.", &["application/json"]),
        Operation::new(Action::SeeDaemon, Method::GET, "/api/docs", || web::get().to(docs::page), "docs")
            .told(Tag::Daemon, "This description, to read", "Loads nothing from elsewhere.")
            .answers_text("A page.", &["text/html"]),
    ]
}
