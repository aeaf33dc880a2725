//! The health of a machine's link, as REST tells it.

use hearth_actors::slot::MachineHandle;
use schemars::JsonSchema;
use serde::Serialize;

use crate::wire::rfc3339;
use crate::wire::words::DriverState;

/// What was asked of the device, what failed, and how long it took, since the daemon started.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HealthView {
    /// Which machine.
    pub machine_id: String,
    /// Where the driver stands.
    pub driver_state: DriverState,
    /// Why, in plain words, with a hint; empty if there is nothing to say.
    pub message: String,
    /// Requests answered.
    pub reads: u64,
    /// Orders confirmed.
    pub writes: u64,
    /// Orders that failed.
    pub write_failures: u64,
    /// Requests without an answer in time.
    pub timeouts: u64,
    /// Answers that were unusable (CRC, length, protocol).
    pub protocol_errors: u64,
    /// Answers that said no.
    pub rejected: u64,
    /// Times the link was lost.
    pub losses: u64,
    /// Times the link came back.
    pub reconnects: u64,
    /// Times the machine's actor was restarted.
    pub restarts: u32,
    /// Threads that hung, were left behind, and have not come back since.
    pub abandoned_threads: usize,
    /// Half of the round trips are faster. Unit: ms.
    pub latency_p50_ms: Option<f64>,
    /// 99 of 100 round trips are faster. Unit: ms.
    pub latency_p99_ms: Option<f64>,
    /// The last error in plain words.
    pub last_error: Option<String>,
    /// When that was. RFC 3339.
    pub last_error_at: Option<String>,
}

impl HealthView {
    /// The health as it stands.
    pub fn of(machine: &MachineHandle) -> Self {
        let report = machine.health().report();
        let connection = machine.bus().look(|snapshot| snapshot.connection.clone());
        let ms = |us: u32| f64::from(us) / 1000.0;
        let (at, words) = report.last_error.map_or((None, None), |(at, words)| (rfc3339(at), Some(words)));
        Self {
            machine_id: machine.id().to_string(),
            driver_state: connection.state.into(),
            message: connection.message,
            reads: report.reads,
            writes: report.writes,
            write_failures: report.write_failures,
            timeouts: report.timeouts,
            protocol_errors: report.garbled,
            rejected: report.rejected,
            losses: report.losses,
            reconnects: report.reconnects,
            restarts: connection.restarts,
            abandoned_threads: machine.abandoned_threads(),
            latency_p50_ms: report.latency_p50_us.map(ms),
            latency_p99_ms: report.latency_p99_us.map(ms),
            last_error: words,
            last_error_at: at,
        }
    }
}
