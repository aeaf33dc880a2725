//! Visits: who comes to a socket, what it speaks, and what it watches.

use std::time::Duration;

use hearth_actors::dialect::{Dialect, Viewer};
use hearth_actors::logic::lease::Identity;
use hearth_actors::slot::MachineHandle;

use crate::config::tree::LimitsConfig;

/// Who comes to a socket, and what for.
pub struct Visit {
    /// What it speaks.
    pub dialect: Box<dyn Dialect>,
    /// Who it is.
    pub viewer: Viewer,
    /// Whether it will be known again when it comes back.
    pub identity: Identity,
    /// What it watches.
    pub watches: Watches,
    /// When it wants a sign of life.
    pub heartbeat: Heartbeat,
    /// Largest message it may send. Unit: bytes.
    pub frame_bytes: usize,
    /// How many messages it may send in a second, and at once.
    pub pace: (u32, u32),
}

impl Visit {
    /// Somebody who watches all machines, is forgotten when they go, wants no sign of life and keeps to the limits of everybody.
    pub fn new(dialect: impl Dialect + 'static, viewer: Viewer, limits: &LimitsConfig) -> Self {
        Self {
            dialect: Box::new(dialect),
            viewer,
            identity: Identity::Passing,
            watches: Watches::All,
            heartbeat: Heartbeat::None,
            frame_bytes: limits.frame_bytes,
            pace: (limits.messages_per_s, limits.message_burst),
        }
    }
}

/// When a client wants a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// Never.
    None,
    /// When nothing was sent to it for this long.
    Untold(Duration),
    /// When it sent no text for this long, whatever it was sent.
    Unheard(Duration),
}

impl Heartbeat {
    pub(super) fn every(self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Untold(every) | Self::Unheard(every) => Some(every),
        }
    }
}

/// What a client watches.
pub enum Watches {
    /// One machine; when that is removed, the client goes.
    One(MachineHandle),
    /// All machines there are and will be.
    All,
    /// The tasks, and no machine.
    Tasks,
    /// None: it only has something to say.
    Nothing,
}
