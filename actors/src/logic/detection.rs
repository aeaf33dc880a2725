//! Detection: which marks of a roast the readings show.
//!
//! CHARGE and DROP by the break in BT, the turning point by the minimum after CHARGE, the end of drying and first crack by
//! temperature where a limit is configured. Marks are dated back to the event. A break is *provisional* until BT has stayed
//! 5 °C under where it was for 6 s (half of that where ET fell too) and is withdrawn when it does not; what follows from
//! CHARGE waits for its confirmation. A mark set by hand wins, and a mark taken away is not found again in this session.
//!
//! Nothing in here can touch an output: what it yields are findings about the past.

use self::crossing::Crossing;
use self::grid::{Grid, Point};
use self::ledger::Ledger;
use self::watch::{Sighting, Watch};
use crate::model::mark::{MarkKind, MarkSource};
use crate::model::spec::DetectionSpec;
use crate::model::time::MonoMs;

mod bean_break;
mod crossing;
mod grid;
mod ledger;
pub(super) mod turning_point;
mod watch;

/// No DROP is looked for before. Unit: ms after CHARGE. Source: roasting reference 2.4.
const DROP_AFTER_MS: u64 = 7 * 60_000;
/// A recording that is stopped later than this without DROP gets one. Unit: ms after CHARGE. Same source.
const DROP_AT_STOP_AFTER_MS: u64 = 5 * 60_000;
/// Time for the turning point to be corrected by a lower reading. Unit: ms after CHARGE.
const TURNING_POINT_UNTIL_MS: u64 = 5 * 60_000;

/// A mark on the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// What happened.
    pub kind: MarkKind,
    /// When, dated back to the event itself.
    pub at: MonoMs,
    /// Who says so; of a finding always a detector.
    pub source: MarkSource,
    /// BT at that moment. Unit: °C.
    pub bt: Option<f64>,
    /// ET at that moment. Unit: °C.
    pub et: Option<f64>,
}

/// What a reading led to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Finding {
    /// The mark is set, moved or confirmed.
    Set(Found),
    /// The mark of this kind was provisional and turned out to be none.
    Withdraw(MarkKind),
}

/// Finds the marks of one machine, session after session.
#[derive(Debug, Clone)]
pub struct Detector {
    spec: DetectionSpec,
    grid: Grid,
    ledger: Ledger,
    charge: Watch,
    drop: Watch,
    dry_end: Crossing,
    first_crack: Crossing,
}

impl Detector {
    /// Nothing recorded yet. Unit of the interval: ms on the machine's clock.
    pub fn new(spec: &DetectionSpec, sampling_interval_ms: u64) -> Self {
        Self {
            spec: spec.clone(),
            grid: Grid::new(sampling_interval_ms),
            ledger: Ledger::default(),
            charge: Watch::new(bean_break::CHARGE),
            drop: Watch::new(bean_break::DROP),
            dry_end: Crossing::default(),
            first_crack: Crossing::default(),
        }
    }

    /// Begins a recording: marks are forgotten and every detector is armed again. What is known of the curve stays, so that
    /// beans charged in the moment of the start are seen.
    pub fn begin_recording(&mut self, now: MonoMs) {
        self.ledger = Ledger::begin(now);
        self.charge.forget();
        self.drop.forget();
        self.dry_end = Crossing::default();
        self.first_crack = Crossing::default();
    }

    /// Goes on with a recording that a crash cut: `marks` as they were, `disarmed` what had been taken away by hand. Feed the last
    /// minute of readings next; what they show and is not among the marks is found.
    pub fn restore(&mut self, started: MonoMs, marks: &[Found], disarmed: &[MarkKind]) {
        self.begin_recording(started);
        disarmed.iter().for_each(|&kind| self.ledger.take_away(kind));
        for mark in marks {
            if mark.is_provisional() {
                // Without its temperature nobody can tell whether BT has stayed below: it is found again, or was none.
                let Some(bt) = mark.bt else { continue };
                let event = Point { at: mark.at, bt, et: mark.et };
                match mark.kind {
                    MarkKind::Charge => self.charge.resume(event),
                    MarkKind::Drop => self.drop.resume(event),
                    _ => continue,
                }
            }
            self.ledger.put(*mark);
        }
    }

    /// Takes note that the link was lost, or that nobody was there to read: a jump over the silence is neither CHARGE nor DROP.
    pub fn interrupt(&mut self) {
        self.grid.interrupt();
    }

    /// Takes one poll, `None` being a missing value. While nothing is recorded it only learns the curve.
    pub fn step(&mut self, now: MonoMs, bt: Option<f64>, et: Option<f64>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for point in self.grid.push(now, bt, et) {
            self.grid.append(point);
            if self.ledger.is_recording(point.at) {
                findings.extend(self.watch_charge(point));
                findings.extend(self.watch_drop(point));
                findings.extend(self.seek_turning_point(point));
                findings.extend(self.cross(MarkKind::DryEnd, point));
                findings.extend(self.cross(MarkKind::FirstCrackStart, point));
            }
        }
        findings
    }

    /// Takes note of a mark set by hand; its detector stops.
    pub fn set_manually(&mut self, kind: MarkKind, at: MonoMs) {
        self.forget(kind);
        self.ledger.put(Found { kind, at, source: MarkSource::Manual, bt: None, et: None });
    }

    /// Takes note that a mark was taken away by hand; its detector is disarmed for this session.
    pub fn unmark(&mut self, kind: MarkKind) {
        self.forget(kind);
        self.ledger.take_away(kind);
    }

    /// Ends the recording: what is provisional is decided, and a roast of more than five minutes without DROP ends at its last
    /// reading.
    pub fn finish(&mut self, now: MonoMs) -> Vec<Finding> {
        let last = self.grid.newest().filter(|p| p.at <= now && self.ledger.is_recording(p.at));
        let mut findings = Vec::new();
        let charge = self.charge.settle(None);
        findings.extend(charge.and_then(|s| self.take(MarkKind::Charge, s)));
        let drop = self.drop.settle(last);
        findings.extend(drop.and_then(|s| self.take(MarkKind::Drop, s)));
        if let Some(last) = last
            && self.ledger.wants(MarkKind::Drop, self.spec.drop)
            && self.ledger.since_charge(last.at).is_some_and(|ms| ms > DROP_AT_STOP_AFTER_MS)
            && self.ledger.fits(MarkKind::Drop, last.at)
        {
            findings.push(self.set(MarkKind::Drop, last, Sure::Yes));
        }
        self.ledger.end();
        findings
    }

    fn watch_charge(&mut self, point: Point) -> Option<Finding> {
        let (kind, ledger) = (MarkKind::Charge, &self.ledger);
        let wanted = ledger.wants(kind, self.spec.charge);
        let sighting = self.charge.step(&self.grid, point, |at| wanted && ledger.fits(kind, at));
        self.take(kind, sighting?)
    }

    fn watch_drop(&mut self, point: Point) -> Option<Finding> {
        let (kind, ledger) = (MarkKind::Drop, &self.ledger);
        let wanted = ledger.wants(kind, self.spec.drop);
        let may_be =
            |at| wanted && ledger.since_charge(at).is_some_and(|ms| ms > DROP_AFTER_MS) && ledger.fits(kind, at);
        let sighting = self.drop.step(&self.grid, point, may_be);
        self.take(kind, sighting?)
    }

    fn seek_turning_point(&mut self, point: Point) -> Option<Finding> {
        let kind = MarkKind::TurningPoint;
        let charge = self.ledger.charge()?;
        let present = self.ledger.get(kind);
        let open = match present {
            Some(mark) => mark.source != MarkSource::Manual && point.at.since(charge.at) <= TURNING_POINT_UNTIL_MS,
            None => self.ledger.wants(kind, self.spec.turning_point),
        };
        if !open || self.ledger.get(MarkKind::Drop).is_some() {
            return None;
        }
        let lowest = turning_point::find(&self.grid, charge.at, point)?;
        let is_news = present.is_none_or(|mark| mark.bt.is_some_and(|bt| lowest.bt < bt - turning_point::FLAT));
        (is_news && self.ledger.fits(kind, lowest.at)).then(|| self.set(kind, lowest, Sure::Yes))
    }

    fn cross(&mut self, kind: MarkKind, point: Point) -> Option<Finding> {
        let dry = kind == MarkKind::DryEnd;
        let limit = if dry { self.spec.dry_end_bt } else { self.spec.first_crack_bt };
        if !self.ledger.wants(kind, limit.is_some()) || !self.ledger.has_turned(point.at) {
            return None;
        }
        let crossing = if dry { &mut self.dry_end } else { &mut self.first_crack };
        let crossed = crossing.step(point, limit?)?;
        self.ledger.fits(kind, crossed.at).then(|| self.set(kind, crossed, Sure::Yes))
    }

    fn take(&mut self, kind: MarkKind, sighting: Sighting) -> Option<Finding> {
        match sighting {
            Sighting::Seen(event) => Some(self.set(kind, event, Sure::NotYet)),
            Sighting::Confirmed(event) => Some(self.set(kind, event, Sure::Yes)),
            Sighting::Lost => self.ledger.withdraw(kind).then_some(Finding::Withdraw(kind)),
        }
    }

    fn set(&mut self, kind: MarkKind, event: Point, sure: Sure) -> Finding {
        let source = MarkSource::Detected { provisional: sure == Sure::NotYet };
        let found = Found { kind, at: self.ledger.in_recording(event.at), source, bt: Some(event.bt), et: event.et };
        self.ledger.put(found);
        Finding::Set(found)
    }

    fn forget(&mut self, kind: MarkKind) {
        match kind {
            MarkKind::Charge => {
                self.charge.forget();
                self.dry_end = Crossing::default();
                self.first_crack = Crossing::default();
            }
            MarkKind::Drop => self.drop.forget(),
            MarkKind::DryEnd => self.dry_end = Crossing::default(),
            MarkKind::FirstCrackStart => self.first_crack = Crossing::default(),
            MarkKind::TurningPoint
            | MarkKind::FirstCrackEnd
            | MarkKind::SecondCrackStart
            | MarkKind::SecondCrackEnd
            | MarkKind::Cool => {}
        }
    }
}

/// Whether a mark is certain when it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sure {
    Yes,
    NotYet,
}

#[cfg(test)]
mod tests;
