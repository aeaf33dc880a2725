//! `GET /metrics`: the daemon in Prometheus text.

use std::fmt::Write as _;

use actix_web::{HttpResponse, web};
use hearth_actors::model::connection::DriverState;
use hearth_actors::slot::MachineHandle;

use super::seen::Seen;
use super::state::AppState;
use crate::wire::storage::StorageWord;
use crate::wire::words::TaskStatus;

/// Answers with all figures as they stand.
pub async fn text(seen: Seen, state: web::Data<AppState>) -> HttpResponse {
    let mut page = Page::default();
    page.family("hearth_uptime_seconds", "gauge", "Time since the daemon started.");
    page.value("hearth_uptime_seconds", "", state.started.elapsed().as_secs_f64());
    page.family("hearth_sockets", "gauge", "WebSockets that are open.");
    #[expect(clippy::cast_precision_loss, reason = "a count of sockets")]
    page.value("hearth_sockets", "", state.seats.taken() as f64);
    let storage = state.jobs.storage();
    if let Some(free) = storage.free_bytes {
        page.family("hearth_storage_free_bytes", "gauge", "Free space on the disk that everything is kept on.");
        #[expect(clippy::cast_precision_loss, reason = "a disk of 9 PB would be one byte off")]
        page.value("hearth_storage_free_bytes", "", free as f64);
    }
    page.family("hearth_storage_ok", "gauge", "1 while nothing is wrong with the storage.");
    page.value("hearth_storage_ok", "", f64::from(u8::from(storage.state == StorageWord::Ok)));
    let machines = seen.machines();
    for (name, kind, help, read) in MACHINE_FIGURES {
        page.family(name, kind, help);
        for machine in machines.iter() {
            page.value(name, &format!("machine=\"{}\"", machine.id()), read(machine));
        }
    }
    page.family("hearth_tasks", "gauge", "Tasks on the list, by status.");
    let tasks = seen.tasks().list();
    for status in TaskStatus::TEXTS {
        let count = tasks.iter().filter(|task| TaskStatus::from(task.status).text() == *status).count();
        #[expect(clippy::cast_precision_loss, reason = "a count of tasks")]
        page.value("hearth_tasks", &format!("status=\"{status}\""), count as f64);
    }
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(page.text)
}

type Figure = (&'static str, &'static str, &'static str, fn(&MachineHandle) -> f64);

#[expect(clippy::cast_precision_loss, reason = "counters stay far below 2^52")]
const MACHINE_FIGURES: [Figure; 9] = [
    ("hearth_machine_connected", "gauge", "1 while the driver is connected.", |m| {
        f64::from(u8::from(m.bus().look(|s| s.connection.state == DriverState::Connected)))
    }),
    ("hearth_machine_restarts_total", "counter", "Times the machine's actor was restarted.", |m| {
        f64::from(m.bus().look(|s| s.connection.restarts))
    }),
    ("hearth_machine_reads_total", "counter", "Requests answered.", |m| m.health().report().reads as f64),
    ("hearth_machine_timeouts_total", "counter", "Requests not answered in time.", |m| {
        m.health().report().timeouts as f64
    }),
    ("hearth_machine_garbled_total", "counter", "Answers that were unusable.", |m| m.health().report().garbled as f64),
    ("hearth_machine_losses_total", "counter", "Times the link was lost.", |m| m.health().report().losses as f64),
    ("hearth_machine_writes_total", "counter", "Orders confirmed.", |m| m.health().report().writes as f64),
    ("hearth_machine_write_failures_total", "counter", "Orders that failed.", |m| {
        m.health().report().write_failures as f64
    }),
    ("hearth_machine_watchers", "gauge", "Clients that watch the machine.", |m| m.bus().watchers() as f64),
];

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &str, value: f64) {
        let _ = match labels {
            "" => writeln!(self.text, "{name} {value}"),
            labels => writeln!(self.text, "{name}{{{labels}}} {value}"),
        };
    }
}
