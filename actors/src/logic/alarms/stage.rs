//! How far an alarm has come in its life.

use crate::model::alarm::AlarmState;

/// What there is to see while nothing hides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Normal,
    Unacked,
    Acked,
    ClearedUnacked,
    Latched,
}

impl Stage {
    pub(super) fn of(state: AlarmState) -> Self {
        match state {
            AlarmState::Unacked => Self::Unacked,
            AlarmState::Acked => Self::Acked,
            AlarmState::ClearedUnacked => Self::ClearedUnacked,
            AlarmState::Normal | AlarmState::Shelved => Self::Normal,
        }
    }

    pub(super) fn state(self) -> AlarmState {
        match self {
            Self::Normal => AlarmState::Normal,
            Self::Unacked => AlarmState::Unacked,
            Self::Acked => AlarmState::Acked,
            Self::ClearedUnacked => AlarmState::ClearedUnacked,
            // What is over and waits to be re-armed is told by `latched`.
            Self::Latched => AlarmState::Acked,
        }
    }
}
