//! A crossing: BT reaches a limit from below and stays there.

use super::grid::Point;

/// Watches for one limit. Two readings in a row must have reached it, so that one noisy reading does not; the first one is the
/// event. A curve that was never below the limit does not cross it.
#[derive(Debug, Clone, Default)]
pub(super) struct Crossing {
    was_below: bool,
    reached: Option<Point>,
}

impl Crossing {
    /// Takes the newest point; yields the one at which the limit was reached.
    pub(super) fn step(&mut self, point: Point, limit: f64) -> Option<Point> {
        if point.bt < limit {
            *self = Self { was_below: true, reached: None };
            return None;
        }
        if !self.was_below {
            return None;
        }
        let crossed = self.reached.take();
        self.reached = crossed.or(Some(point));
        crossed
    }
}
