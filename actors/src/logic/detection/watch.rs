//! A watch over one kind of break: suspicion, provisional mark, confirmation or withdrawal.
//!
//! ```text
//! idle --rule fires--> suspected --clear of the noise--> provisional --stays fallen--> confirmed (idle)
//!   ^-----back at the top, or too slow-----+------------------+  withdrawn
//! ```

use super::bean_break::{Break, Limits, find};
use super::grid::{Grid, Point};
use crate::model::time::MonoMs;

/// A real break ends this far under the top. Unit: °C. Source: roasting reference 2.4, confirm window.
const CONFIRM_FALL: f64 = 5.0;
/// How long it must stay there. Unit: ms. Same source.
const CONFIRM_MS: u64 = 6_000;
/// Half the fall is enough where ET falls by the whole of it too: two sensors agree. Unit: °C.
const CONFIRM_FALL_WITH_ET: f64 = 2.5;
/// After so long without having come under that line it was no break. Unit: ms. Beans cool a probe by 5 °C in 6 to 12 s.
const GIVE_UP_MS: u64 = 30_000;
/// How long a break may take to stand out from the noise. Unit: ms, and not less than this many steps.
const SUSPICION_MS: u64 = 15_000;
const SUSPICION_STEPS: u64 = 4;

/// What the watch found out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sighting {
    /// A break, not yet sure.
    Seen(Point),
    /// It is one.
    Confirmed(Point),
    /// It was none.
    Lost,
}

/// Watches for one kind of break.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    limits: Limits,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Idle,
    Suspected { found: Break, since: MonoMs, last: Point },
    Provisional(Provisional),
}

#[derive(Debug, Clone)]
struct Provisional {
    found: Break,
    since: MonoMs,
    last: Point,
    et_top: Option<f64>,
    fallen_since: Option<MonoMs>,
}

impl Watch {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, state: State::Idle }
    }

    /// Forgets what it was about to find.
    pub(super) fn forget(&mut self) {
        self.state = State::Idle;
    }

    /// Goes on with a provisional mark of a run that was cut.
    pub(super) fn resume(&mut self, event: Point) {
        let found = Break { event, top: event.bt, clear_of_noise: 0.0 };
        self.state = State::Provisional(Provisional::new(found, event.at, event));
    }

    /// Takes the newest point of the grid. `may_be` judges whether a break at that moment is wanted at all.
    pub(super) fn step(&mut self, grid: &Grid, point: Point, may_be: impl Fn(MonoMs) -> bool) -> Option<Sighting> {
        if matches!(self.state, State::Idle)
            && let Some(found) = find(grid, self.limits)
            && may_be(found.event.at)
        {
            self.state = State::Suspected { found, since: point.at, last: point };
        }
        match &mut self.state {
            State::Idle => None,
            State::Suspected { found, since, last } => {
                let jumped = grid.is_gap(std::mem::replace(last, point), point);
                let fall = found.top - point.bt;
                if jumped || fall <= 0.0 || point.at.since(*since) > SUSPICION_MS.max(SUSPICION_STEPS * grid.step_ms())
                {
                    self.state = State::Idle;
                    None
                } else if fall >= found.clear_of_noise {
                    let event = found.event;
                    self.state = State::Provisional(Provisional::new(*found, point.at, point));
                    Some(Sighting::Seen(event))
                } else {
                    None
                }
            }
            State::Provisional(provisional) => {
                let sighting = provisional.judge(grid, point)?;
                self.state = State::Idle;
                Some(sighting)
            }
        }
    }

    /// The recording ends here: a provisional break counts if BT is still down, because ending it is evidence too.
    pub(super) fn settle(&mut self, last: Option<Point>) -> Option<Sighting> {
        let State::Provisional(provisional) = std::mem::replace(&mut self.state, State::Idle) else { return None };
        let found = provisional.found;
        let is_down = last.is_some_and(|p| found.top - p.bt > found.clear_of_noise);
        Some(if is_down { Sighting::Confirmed(found.event) } else { Sighting::Lost })
    }
}

impl Provisional {
    fn new(found: Break, since: MonoMs, last: Point) -> Self {
        Self { found, since, last, et_top: found.event.et, fallen_since: None }
    }

    fn judge(&mut self, grid: &Grid, point: Point) -> Option<Sighting> {
        if point.at <= self.found.event.at {
            return None;
        }
        if grid.is_gap(self.last, point) {
            self.fallen_since = None;
        }
        self.last = point;
        let fall = self.found.top - point.bt;
        if fall <= 0.0 {
            return Some(Sighting::Lost);
        }
        if fall < CONFIRM_FALL && !(fall >= CONFIRM_FALL_WITH_ET && self.et_fell(point)) {
            self.fallen_since = None;
            return (point.at.since(self.since) >= GIVE_UP_MS).then_some(Sighting::Lost);
        }
        let since = *self.fallen_since.get_or_insert(point.at);
        (point.at.since(since) >= CONFIRM_MS).then_some(Sighting::Confirmed(self.found.event))
    }

    fn et_fell(&self, point: Point) -> bool {
        self.et_top.zip(point.et).is_some_and(|(top, et)| top - et >= CONFIRM_FALL)
    }
}
