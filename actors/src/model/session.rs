//! Sessions: a machine's monitored or recorded run, seen from outside.

use super::ids::SessionId;
use super::time::WallMs;

/// Where a session stands. Transitions: `logic::session`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SessionState {
    /// Nothing runs; temperatures still flow.
    #[default]
    Idle,
    /// The session clock runs, nothing will be kept.
    Monitoring,
    /// A roast is being kept.
    Recording,
    /// The roast ended and is kept as a draft profile.
    Finished,
}

impl SessionState {
    /// Whether a session is running.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Monitoring | Self::Recording)
    }
}

/// A session moved from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionChange {
    /// State before.
    pub from: SessionState,
    /// State now.
    pub to: SessionState,
    /// The session that this state belongs to; `None` if the machine was never started.
    pub session: Option<SessionId>,
    /// The session before it, where this change began a new one.
    pub previous: Option<SessionId>,
    /// When the session clock was last zeroed.
    pub started_at: Option<WallMs>,
}
