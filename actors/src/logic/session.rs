//! The state machine of a session.
//!
//! ```text
//!            start_monitoring             start_recording             stop_recording
//!   idle ---------------------> monitoring -------------> recording ----------------> finished
//!     ^ <--------------------------'  ^                                                  |
//!     |        stop_monitoring        '--------------------------------------------------'
//!     '------------- reset (from any) -------------         start_monitoring
//! ```

use crate::model::command::SessionAction;
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::session::SessionState;

/// What has to happen for a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// A new session begins: the clock is zeroed, a journal opened.
    Begin(SessionState),
    /// The running session ends in this state and keeps its id.
    End(SessionState),
    /// Everything is put back; a recording is kept as a draft. A new session id, no journal.
    Reset,
}

/// Judges a session action.
///
/// # Errors
/// When the state does not allow it, or a start is wanted without a connected driver; the message names state and action.
pub fn judge(state: SessionState, action: SessionAction, connected: bool) -> Result<Transition, Refusal> {
    use SessionAction::{Reset, StartMonitoring, StartRecording, StopMonitoring, StopRecording};
    use SessionState::{Finished, Idle, Monitoring, Recording};
    let transition = match (state, action) {
        (Idle | Finished, StartMonitoring) => Transition::Begin(Monitoring),
        (Monitoring, StartRecording) => Transition::Begin(Recording),
        (Monitoring, StopMonitoring) => return Ok(Transition::End(Idle)),
        (Recording, StopRecording) => return Ok(Transition::End(Finished)),
        (Idle | Monitoring | Recording | Finished, Reset) => return Ok(Transition::Reset),
        (Monitoring | Recording, StartMonitoring)
        | (Idle | Recording | Finished, StartRecording)
        | (Idle | Recording | Finished, StopMonitoring)
        | (Idle | Monitoring | Finished, StopRecording) => {
            return Err(Refusal::new(
                RefusalCode::InvalidTransition,
                format!("cannot {} while {}: {}", action.name(), name(state), way_out(state)),
            ));
        }
    };
    if connected {
        Ok(transition)
    } else {
        Err(Refusal::new(
            RefusalCode::DriverDisconnected,
            format!("cannot {}: the machine is not connected, connect it first", action.name()),
        ))
    }
}

/// A state's name to people and on the wire.
pub fn name(state: SessionState) -> &'static str {
    match state {
        SessionState::Idle => "idle",
        SessionState::Monitoring => "monitoring",
        SessionState::Recording => "recording",
        SessionState::Finished => "finished",
    }
}

fn way_out(state: SessionState) -> &'static str {
    match state {
        SessionState::Idle | SessionState::Finished => "start_monitoring comes next",
        SessionState::Monitoring => "start_recording or stop_monitoring comes next",
        SessionState::Recording => "stop_recording comes next",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_allows_exactly_the_documented_actions() {
        use SessionAction as A;
        use SessionState as S;
        let allowed = [
            (S::Idle, A::StartMonitoring),
            (S::Finished, A::StartMonitoring),
            (S::Monitoring, A::StartRecording),
            (S::Monitoring, A::StopMonitoring),
            (S::Recording, A::StopRecording),
            (S::Idle, A::Reset),
            (S::Monitoring, A::Reset),
            (S::Recording, A::Reset),
            (S::Finished, A::Reset),
        ];
        for state in [S::Idle, S::Monitoring, S::Recording, S::Finished] {
            for action in [A::StartMonitoring, A::StopMonitoring, A::StartRecording, A::StopRecording, A::Reset] {
                assert_eq!(
                    judge(state, action, true).is_ok(),
                    allowed.contains(&(state, action)),
                    "{state:?} {action:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_starts_without_a_driver_but_everything_can_be_stopped() {
        let start = judge(SessionState::Idle, SessionAction::StartMonitoring, false);
        assert_eq!(start.map_err(|r| r.code), Err(RefusalCode::DriverDisconnected));
        assert!(judge(SessionState::Recording, SessionAction::StopRecording, false).is_ok());
        assert!(judge(SessionState::Recording, SessionAction::Reset, false).is_ok());
    }

    #[test]
    fn a_refusal_names_the_state_and_the_action() {
        let Err(refusal) = judge(SessionState::Idle, SessionAction::StartRecording, true) else { panic!("admitted") };
        assert!(refusal.message.contains("start_recording") && refusal.message.contains("idle"), "{}", refusal.message);
    }
}
