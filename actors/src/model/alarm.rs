//! Alarms as they are told; the life cycle itself is `logic::alarms`.

use super::ids::RuleId;
use super::time::SessionMs;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Needs attention.
    Warning,
    /// Needs action now.
    Critical,
}

/// Life cycle of an occurrence. Source: ISA-18.2 states as named in the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmState {
    /// Condition holds, nobody has seen it.
    Unacked,
    /// Condition holds, somebody has seen it.
    Acked,
    /// Condition is gone, nobody has seen it.
    ClearedUnacked,
    /// Over.
    Normal,
    /// Hidden for a while; the trip still trips.
    Shelved,
}

/// One change in the life of one occurrence of an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmNotice {
    /// The rule that raised it.
    pub alarm: RuleId,
    /// Number of this occurrence, unique in the daemon.
    pub occurrence: u64,
    /// Its state now.
    pub state: AlarmState,
    /// How bad it is.
    pub severity: Severity,
    /// Needs ack and re-arm before it can return to normal.
    pub latched: bool,
    /// What the rule says.
    pub message: String,
    /// When it was raised, on the session's clock.
    pub raised_at: SessionMs,
    /// BT when it was raised. Unit: °C.
    pub bt: Option<f64>,
    /// ET when it was raised. Unit: °C.
    pub et: Option<f64>,
}
