//! How a machine is described whose readings a remote controller sends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::parse::child;

/// The `driver` object of a machine that tells its readings itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PushConfig {
    /// Silence after which the controller counts as gone, `500..=600000`. Unit: ms.
    pub stale_after_ms: u64,
    /// How long an order may take until a reading shows it, `500..=60000`. Unit: ms.
    pub ack_timeout_ms: u64,
}

impl Default for PushConfig {
    fn default() -> Self {
        Self { stale_after_ms: 10_000, ack_timeout_ms: 5_000 }
    }
}

impl PushConfig {
    /// Adds every fault of the object that stands at `pointer`.
    pub(super) fn check(&self, pointer: &str, faults: &mut Faults) {
        if !(500..=600_000).contains(&self.stale_after_ms) {
            faults.add(
                child(pointer, "stale_after_ms"),
                "use 500 to 600000 ms; a few times the controller's own interval",
            );
        }
        if !(500..=60_000).contains(&self.ack_timeout_ms) {
            faults.add(child(pointer, "ack_timeout_ms"), "use 500 to 60000 ms");
        }
    }
}
