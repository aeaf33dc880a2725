//! Marks: the events of a roast.

use super::time::SessionMs;

/// The nine events of a roast. Source: protocol document, `event_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MarkKind {
    /// Beans into the drum.
    Charge,
    /// Turning point: the lowest BT after CHARGE.
    TurningPoint,
    /// End of drying.
    DryEnd,
    /// First crack starts.
    FirstCrackStart,
    /// First crack ends.
    FirstCrackEnd,
    /// Second crack starts.
    SecondCrackStart,
    /// Second crack ends.
    SecondCrackEnd,
    /// Beans out of the drum.
    Drop,
    /// Cooling ends.
    Cool,
}

impl MarkKind {
    /// All kinds in the order of a roast.
    pub const ALL: [Self; 9] = [
        Self::Charge,
        Self::TurningPoint,
        Self::DryEnd,
        Self::FirstCrackStart,
        Self::FirstCrackEnd,
        Self::SecondCrackStart,
        Self::SecondCrackEnd,
        Self::Drop,
        Self::Cool,
    ];
}

/// Who set a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkSource {
    /// A detector; `provisional` until its confirmation window has passed.
    Detected {
        /// Still awaits confirmation.
        provisional: bool,
    },
    /// A person (or a client in a person's name).
    Manual,
}

/// One event of a roast: what, when, who said so, and how hot it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// What happened.
    pub kind: MarkKind,
    /// When, on the session's clock; a detected mark is dated back to the event itself.
    pub at: SessionMs,
    /// Who said so.
    pub source: MarkSource,
    /// BT at that moment. Unit: °C.
    pub bt: Option<f64>,
    /// ET at that moment. Unit: °C.
    pub et: Option<f64>,
}

impl Mark {
    /// Whether a detector set it.
    pub fn is_detected(&self) -> bool {
        matches!(self.source, MarkSource::Detected { .. })
    }

    /// Whether it still awaits confirmation.
    pub fn is_provisional(&self) -> bool {
        self.source == MarkSource::Detected { provisional: true }
    }
}
