//! Refusals: the answer no, with its reason. An answer, not an error.

use super::ids::RuleId;
use super::units::Fraction;
use std::fmt;

/// Why something was refused. Every dialect maps these to its own codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The message cannot be understood or carries a value that cannot be.
    InvalidMessage,
    /// The session's state does not allow it.
    InvalidTransition,
    /// No such machine.
    MachineNotFound,
    /// No such channel on this machine.
    UnknownChannel,
    /// No such alarm on this machine.
    UnknownAlarm,
    /// No such profile.
    ProfileNotFound,
    /// The driver is not connected.
    DriverDisconnected,
    /// The device could not be reached in the first place.
    ConnectFailed,
    /// The device did not answer the attempt to connect in time.
    ConnectTimeout,
    /// The device did not confirm the write.
    WriteFailed,
    /// A newer value for the same channel came first.
    Superseded,
    /// Another client controls the machine.
    SessionLocked,
    /// An interlock forbids it.
    InterlockBlocked,
    /// STOP is in force.
    EmergencyStop,
    /// Outputs are latched safe until somebody re-arms.
    Latched,
    /// The role does not allow it.
    Forbidden,
    /// Too many messages.
    RateLimited,
    /// The machine is restarting or parked as failed.
    MachineFailed,
    /// The house's own fault (disk, time-out); the message says what to do.
    Internal,
}

/// A refusal with its reason in plain words.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Which kind.
    pub code: RefusalCode,
    /// Why, and what to do.
    pub message: String,
    /// For a refused control order: the channel as asked for and its value.
    pub control: Option<(String, Fraction)>,
    /// The interlock that forbids it.
    pub interlock: Option<RuleId>,
    /// The sender's own reference.
    pub request_id: Option<String>,
}

impl Refusal {
    /// A refusal that concerns no control order.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), control: None, interlock: None, request_id: None }
    }

    /// The same, as the answer to a control order.
    #[must_use]
    pub fn of_control(mut self, channel: impl Into<String>, value: Fraction) -> Self {
        self.control = Some((channel.into(), value));
        self
    }

    /// The same, naming the interlock that forbids it.
    #[must_use]
    pub fn of_interlock(mut self, rule: RuleId) -> Self {
        self.interlock = Some(rule);
        self
    }

    /// The same, with the sender's own reference.
    #[must_use]
    pub fn in_reply_to(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
