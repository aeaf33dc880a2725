//! What follows from the daemon's end. Pure.

use crate::cli::{EXIT_UNSAFE, EXIT_USAGE};

/// How the daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Killed(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// What the guard knows of the daemon's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// It had told what to write, at least once since the guard was started.
    pub was_up: bool,
    /// The guard was told to stop, and passed it on.
    pub asked_to_stop: bool,
    /// The guard had to kill it, because it did not stop in time.
    pub overdue: bool,
}

/// What the guard does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Write the safe values first.
    pub make_safe: bool,
    /// Then end with this code; `None`: start the daemon again.
    pub exit: Option<u8>,
}

/// What follows.
///
/// A daemon that never came up is not tried again: whoever started it is to see why. One that ran is started for ever.
pub fn judge(end: End, life: Life) -> Verdict {
    let ends_with = |exit| Verdict { make_safe: life.was_up, exit: Some(exit) };
    match end {
        // It stopped in order, by itself or because it was asked to: outputs are as it left them.
        End::Exited(0) => Verdict { make_safe: false, exit: Some(0) },
        // It stopped in order, but not with everything safe: what is left is for the guard. Whoever asked it wants it stopped.
        End::Exited(code) if code == i32::from(EXIT_UNSAFE) => ends_with(EXIT_UNSAFE),
        // Trying again cures no faulty configuration.
        End::Exited(code) if code == i32::from(EXIT_USAGE) => ends_with(EXIT_USAGE),
        End::Exited(code) if life.asked_to_stop || !life.was_up => ends_with(u8::try_from(code).unwrap_or(1)),
        // Asked before it could listen to signals.
        End::Killed(_) if life.asked_to_stop && !life.overdue => ends_with(0),
        End::Killed(_) if life.asked_to_stop || !life.was_up => ends_with(1),
        End::Exited(_) | End::Killed(_) => Verdict { make_safe: true, exit: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Life = Life { was_up: true, asked_to_stop: false, overdue: false };
    const NEVER_UP: Life = Life { was_up: false, ..UP };
    const ASKED: Life = Life { asked_to_stop: true, ..UP };
    const KILL: End = End::Killed(9);

    #[test]
    fn a_daemon_that_dies_is_made_safe_and_started_again() {
        for end in [KILL, End::Killed(6), End::Exited(1), End::Exited(101)] {
            assert_eq!(judge(end, UP), Verdict { make_safe: true, exit: None }, "{end}");
        }
    }

    #[test]
    fn a_daemon_that_stopped_in_order_is_left_alone() {
        for life in [UP, NEVER_UP, ASKED] {
            assert_eq!(judge(End::Exited(0), life), Verdict { make_safe: false, exit: Some(0) });
        }
    }

    #[test]
    fn a_daemon_that_never_came_up_is_not_tried_again_and_its_code_is_passed_on() {
        assert_eq!(judge(End::Exited(1), NEVER_UP), Verdict { make_safe: false, exit: Some(1) });
        assert_eq!(judge(KILL, NEVER_UP), Verdict { make_safe: false, exit: Some(1) });
    }

    #[test]
    fn a_faulty_configuration_ends_the_guard_too_but_not_with_heat_on() {
        assert_eq!(judge(End::Exited(2), NEVER_UP), Verdict { make_safe: false, exit: Some(2) });
        assert_eq!(judge(End::Exited(2), UP), Verdict { make_safe: true, exit: Some(2) });
    }

    #[test]
    fn a_stop_that_left_outputs_unsafe_is_made_safe_and_not_taken_back_and_its_code_tells() {
        for life in [UP, ASKED] {
            assert_eq!(judge(End::Exited(3), life), Verdict { make_safe: true, exit: Some(3) });
        }
    }

    #[test]
    fn a_stop_that_went_wrong_is_made_safe_and_not_taken_back() {
        assert_eq!(judge(End::Exited(1), ASKED), Verdict { make_safe: true, exit: Some(1) });
        assert_eq!(judge(KILL, Life { overdue: true, ..ASKED }), Verdict { make_safe: true, exit: Some(1) });
        assert_eq!(judge(End::Killed(15), ASKED), Verdict { make_safe: true, exit: Some(0) });
    }
}
