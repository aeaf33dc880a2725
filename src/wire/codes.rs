//! Error codes: why something did not happen, as a word that a client can match on.

use hearth_actors::model::fault::FaultCode;
use hearth_actors::model::refusal::RefusalCode;
use serde::Serialize;

/// The code of an `error` frame; REST problems use the same words. Source: wire contract 1.1, "Error codes".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// Hardware read failed.
    DriverReadFailed,
    /// The device did not confirm a write.
    DriverWriteFailed,
    /// There is no link to the hardware.
    DriverDisconnected,
    /// The session's state does not allow it.
    InvalidStateTransition,
    /// The message cannot be understood.
    InvalidMessage,
    /// No such machine.
    MachineNotFound,
    /// Another client controls the machine.
    SessionLocked,
    /// An interlock forbids it.
    InterlockBlocked,
    /// STOP is in force.
    EmergencyStop,
    /// Outputs are latched safe until somebody re-arms.
    Latched,
    /// No such profile.
    ProfileNotFound,
    /// The role does not allow it.
    Forbidden,
    /// Too many messages.
    RateLimited,
    /// The machine is restarting or parked as failed.
    MachineFailed,
    /// The daemon's own fault.
    Internal,
}

impl ErrorCode {
    /// Whether asking again, later or otherwise, can succeed on the same connection.
    pub fn is_recoverable(self) -> bool {
        !matches!(self, Self::MachineNotFound | Self::Forbidden)
    }
}

impl From<RefusalCode> for ErrorCode {
    /// What the contract has no word for of its own is told as the nearest one; the message says the rest.
    fn from(code: RefusalCode) -> Self {
        match code {
            RefusalCode::InvalidMessage | RefusalCode::UnknownChannel | RefusalCode::UnknownAlarm => {
                Self::InvalidMessage
            }
            RefusalCode::InvalidTransition => Self::InvalidStateTransition,
            RefusalCode::MachineNotFound => Self::MachineNotFound,
            RefusalCode::ProfileNotFound => Self::ProfileNotFound,
            RefusalCode::DriverDisconnected | RefusalCode::ConnectFailed | RefusalCode::ConnectTimeout => {
                Self::DriverDisconnected
            }
            RefusalCode::WriteFailed | RefusalCode::Superseded => Self::DriverWriteFailed,
            RefusalCode::SessionLocked => Self::SessionLocked,
            RefusalCode::InterlockBlocked => Self::InterlockBlocked,
            RefusalCode::EmergencyStop => Self::EmergencyStop,
            RefusalCode::Latched => Self::Latched,
            RefusalCode::Forbidden => Self::Forbidden,
            RefusalCode::RateLimited => Self::RateLimited,
            RefusalCode::MachineFailed => Self::MachineFailed,
            RefusalCode::Internal => Self::Internal,
        }
    }
}

impl From<FaultCode> for ErrorCode {
    fn from(code: FaultCode) -> Self {
        match code {
            FaultCode::ReadFailed => Self::DriverReadFailed,
            FaultCode::WriteFailed => Self::DriverWriteFailed,
            FaultCode::Disconnected => Self::DriverDisconnected,
        }
    }
}
