//! A session as it stands in its journal.

use std::sync::Arc;

use super::channel::ChannelTable;
use super::event::Event;
use super::ids::{MachineId, SessionId};
use super::profile::Annotation;
use super::time::WallMs;

/// What stands at the head of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalHeader {
    /// The session.
    pub session: SessionId,
    /// The session before it on this machine.
    pub previous: Option<SessionId>,
    /// The machine.
    pub machine: MachineId,
    /// Its name at the time.
    pub machine_name: String,
    /// Its channels at the time.
    pub channels: Arc<ChannelTable>,
    /// When the session began.
    pub created_at: WallMs,
    /// Whether it is kept as a profile when it ends, or thrown away.
    pub keep: Keep,
    /// Factor of the machine's clock over real time.
    pub clock_speed: f64,
}

/// What becomes of a journal when its session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keep {
    /// A recording: becomes a profile.
    AsProfile,
    /// Monitoring only: deleted when the next session starts.
    UntilNextSession,
}

/// A journal as read back.
#[derive(Debug, Clone)]
pub struct SessionLog {
    /// Its head.
    pub header: JournalHeader,
    /// Its events in order of `seq`.
    pub events: Vec<Event>,
    /// What people added, merged.
    pub annotation: Annotation,
    /// Whether the session ended properly.
    pub sealed: bool,
    /// Whether the file was damaged and read up to the damage only.
    pub damaged: bool,
}
