//! The frames of the control panel's dialect.

use std::collections::BTreeMap;

use serde::Serialize;

use super::device::{DeviceKind, State, Status};

/// Everything that is sent. Every frame says when it was made, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stamped<'a> {
    /// What it says.
    #[serde(flatten)]
    pub said: Said<'a>,
    /// When.
    pub timestamp: f64,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Said<'a> {
    /// The greeting.
    ConnectionEstablished {
        /// In plain words.
        message: &'a str,
        /// How many panels there are, this one among them.
        total_connections: usize,
    },
    /// How all devices stand when a panel comes.
    InitialStatus {
        /// By device.
        data: BTreeMap<String, Status>,
    },
    /// How all devices stand.
    AllDeviceStatus {
        /// By device.
        data: BTreeMap<String, Status>,
    },
    /// How one device stands.
    DeviceStatus {
        /// Which.
        device_id: &'a str,
        /// How it stands.
        data: Status,
    },
    /// A device has changed.
    DeviceUpdate {
        /// Which.
        device_id: &'a str,
        /// From what to what.
        data: Change<'a>,
        /// The machine it belongs to.
        machine_id: &'a str,
        /// The machine's session.
        session_id: Option<String>,
        /// Position in the machine's stream.
        seq: u64,
    },
    /// The panel hears of a device.
    SubscriptionConfirmed {
        /// Which.
        device_id: &'a str,
        /// In plain words.
        message: String,
    },
    /// The panel hears of a device no more.
    SubscriptionRemoved {
        /// Which.
        device_id: &'a str,
        /// In plain words.
        message: String,
    },
    /// The answer to a ping.
    Pong,
    /// Something was not done.
    Error {
        /// A word to match on.
        error_code: ErrorCode,
        /// In plain words.
        message: String,
    },
}

/// How a device has changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change<'a> {
    /// Which.
    pub device_id: &'a str,
    /// What it is.
    pub device_type: DeviceKind,
    /// What this panel knew of it before.
    pub previous_state: State,
    /// What it is now.
    pub new_state: State,
    /// Always true: what did not change is not told.
    pub changed: bool,
    /// Why it changed.
    pub action: Cause,
    /// When. Unit: seconds since 1970.
    pub last_updated: f64,
}

/// Why a device has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was set, by whomever.
    DeviceControl,
    /// It was read.
    SensorReading,
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No JSON.
    JsonError,
    /// An action that there is not.
    UnknownAction,
    /// A field is missing or cannot be.
    ValidationError,
    /// No such device.
    DeviceNotFound,
    /// Anything else.
    ProcessingError,
}
