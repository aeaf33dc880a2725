//! The grid: readings averaged to at least a second apart, and the recent past on it.
//!
//! The constants of the BT break hold for readings a second or more apart. A machine sampled faster is averaged over
//! whole readings up to that; a slower one is taken as it comes.

use std::collections::VecDeque;

use crate::logic::cadence::{Cadence, LinkMeanwhile};
use crate::model::time::MonoMs;

/// The finest spacing the break rule is made for. Unit: ms. Source: roasting reference 2.4, first class of intervals.
const FINEST_MS: u64 = 1_000;
/// Points kept: ten minutes at the finest spacing, so that a turning point is found also after a CHARGE set by hand and late.
const POINTS: usize = 600;
/// Two points so many spacings apart still belong together: two missed readings between them.
const BRIDGED_STEPS: u64 = 3;
/// As do two points so far apart: the longest gap in which a break cannot begin and end. Unit: ms.
const BRIDGED_MS: u64 = 5_000;
/// No temperature of a roast. Unit: °C.
const IMPLAUSIBLE: f64 = 2_000.0;
/// Triples of points that the noise is judged by.
const NOISE_TRIPLES: usize = 24;
const FEWEST_NOISE_TRIPLES: usize = 6;

/// One averaged reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: MonoMs,
    pub(super) bt: f64,
    pub(super) et: Option<f64>,
}

/// Turns polls into evenly meaningful points and keeps the recent ones.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    step_ms: u64,
    averaged: bool,
    open: Option<Cell>,
    points: VecDeque<Point>,
    last_poll: Option<MonoMs>,
    cadence: Cadence,
    link: LinkMeanwhile,
    /// The first readings after a silence in which the link was lost. Oldest first.
    torn_at: VecDeque<MonoMs>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    first: MonoMs,
    last: MonoMs,
    bt_sum: f64,
    bt_count: f64,
    et_sum: f64,
    et_count: f64,
}

impl Grid {
    pub(super) fn new(sampling_interval_ms: u64) -> Self {
        let interval = sampling_interval_ms.max(1);
        let step_ms = interval * FINEST_MS.div_ceil(interval);
        Self {
            step_ms,
            averaged: interval < FINEST_MS,
            open: None,
            points: VecDeque::new(),
            last_poll: None,
            cadence: Cadence::new(interval, 1.0),
            link: LinkMeanwhile::Held,
            torn_at: VecDeque::new(),
        }
    }

    /// Takes note that the link was lost, or that nobody was there to read: a jump to the next reading is no event.
    pub(super) fn interrupt(&mut self) {
        self.link = LinkMeanwhile::Interrupted;
    }

    pub(super) fn step_ms(&self) -> u64 {
        self.step_ms
    }

    /// Takes one poll; yields the points that it completes, to be appended one by one. Time that does not advance and missing
    /// values yield nothing; a short gap is filled on the line between its ends, so that it neither makes a break nor hides one.
    pub(super) fn push(&mut self, now: MonoMs, bt: Option<f64>, et: Option<f64>) -> Vec<Point> {
        if self.last_poll.is_some_and(|last| now <= last) {
            return Vec::new();
        }
        self.last_poll = Some(now);
        let plausible = |v: Option<f64>| v.filter(|v| v.abs() < IMPLAUSIBLE);
        let (bt, et) = (plausible(bt), plausible(et));
        if bt.is_some() {
            self.note_tear(now);
        }
        let done = if self.averaged { self.average(now, bt, et) } else { bt.map(|bt| Point { at: now, bt, et }) };
        done.map_or_else(Vec::new, |point| self.with_filling(point))
    }

    /// Appends the newest point.
    pub(super) fn append(&mut self, point: Point) {
        if self.points.len() == POINTS {
            self.points.pop_front();
        }
        self.points.push_back(point);
        let oldest = self.points.front().map_or(point.at, |p| p.at);
        while self.torn_at.front().is_some_and(|at| *at <= oldest) {
            self.torn_at.pop_front();
        }
    }

    /// What an interrupted link leaves behind: the readings before and after share no cell and no line.
    fn note_tear(&mut self, now: MonoMs) {
        if std::mem::replace(&mut self.link, LinkMeanwhile::Held) == LinkMeanwhile::Held {
            return;
        }
        let Some(newest) = self.newest() else { return };
        if self.cadence.is_gap(now.since(newest.at), LinkMeanwhile::Interrupted) {
            self.open = None;
            self.torn_at.push_back(now);
        }
    }

    fn with_filling(&self, point: Point) -> Vec<Point> {
        let Some(last) = self.last().filter(|last| !self.is_gap(*last, point)) else { return vec![point] };
        let ms = point.at.since(last.at);
        let steps = (ms + self.step_ms / 2) / self.step_ms;
        let mut points: Vec<Point> = (1..steps)
            .map(|i| {
                let part = i as f64 / steps as f64;
                Point {
                    at: last.at + ms * i / steps,
                    bt: last.bt + (point.bt - last.bt) * part,
                    et: last.et.zip(point.et).map(|(a, b)| a + (b - a) * part),
                }
            })
            .collect();
        points.push(point);
        points
    }

    fn average(&mut self, now: MonoMs, bt: Option<f64>, et: Option<f64>) -> Option<Point> {
        let full = self.open.is_some_and(|cell| now.since(cell.first) >= self.step_ms);
        let done = if full { self.open.take().map(Cell::point) } else { None };
        if let Some(bt) = bt {
            let cell = self.open.get_or_insert(Cell::empty(now));
            cell.last = now;
            cell.bt_sum += bt;
            cell.bt_count += 1.0;
            if let Some(et) = et {
                cell.et_sum += et;
                cell.et_count += 1.0;
            }
        }
        done
    }

    /// The last six points, or the last six of every `stride`-th one, if no gap lies among them. Oldest first.
    pub(super) fn last_six(&self, stride: usize) -> Option<[Point; 6]> {
        let oldest = self.points.len().checked_sub(1 + 5 * stride)?;
        let span = || self.points.range(oldest..).copied();
        if span().zip(span().skip(1)).any(|(a, b)| self.is_gap(a, b)) {
            return None;
        }
        Some(std::array::from_fn(|i| self.points[oldest + i * stride]))
    }

    /// Whether so much time lies between two points that the second one says nothing about how the first went on.
    pub(super) fn is_gap(&self, a: Point, b: Point) -> bool {
        let is_torn = self.torn_at.iter().any(|at| a.at < *at && *at <= b.at);
        is_torn || b.at.since(a.at) > BRIDGED_MS.max(self.step_ms * BRIDGED_STEPS + self.step_ms / 2)
    }

    pub(super) fn last(&self) -> Option<Point> {
        self.points.back().copied()
    }

    /// What is known of the last moments, including readings that do not fill a point yet.
    pub(super) fn newest(&self) -> Option<Point> {
        let open = self.open.map(|cell| Point { at: cell.last, ..cell.point() });
        open.or_else(|| self.last())
    }

    /// The points from `from` on.
    pub(super) fn since(&self, from: MonoMs) -> impl DoubleEndedIterator<Item = Point> + '_ {
        let start = self.points.partition_point(|p| p.at < from);
        self.points.range(start..).copied()
    }

    /// How far a point strays from its neighbours, before `until`. Median of second differences; 0 while too little is known. Unit: °C.
    pub(super) fn noise(&self, until: MonoMs) -> f64 {
        let end = self.points.partition_point(|p| p.at < until);
        let start = end.saturating_sub(NOISE_TRIPLES + 2);
        let before: Vec<Point> = self.points.range(start..end).copied().collect();
        let mut strays: Vec<f64> = before.windows(3).map(|w| (w[0].bt - 2.0 * w[1].bt + w[2].bt).abs()).collect();
        if strays.len() < FEWEST_NOISE_TRIPLES {
            return 0.0;
        }
        strays.sort_by(f64::total_cmp);
        strays[strays.len() / 2]
    }
}

impl Cell {
    fn empty(at: MonoMs) -> Self {
        Self { first: at, last: at, bt_sum: 0.0, bt_count: 0.0, et_sum: 0.0, et_count: 0.0 }
    }

    fn point(self) -> Point {
        Point {
            at: self.first + self.last.since(self.first) / 2,
            bt: self.bt_sum / self.bt_count,
            et: (self.et_count > 0.0).then(|| self.et_sum / self.et_count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid_of(interval_ms: u64, polls: impl IntoIterator<Item = (i64, Option<f64>)>) -> Grid {
        let mut grid = Grid::new(interval_ms);
        for (t, bt) in polls {
            grid.push(MonoMs(t), bt, None).into_iter().for_each(|p| grid.append(p));
        }
        grid
    }

    #[test]
    fn ten_readings_a_second_become_one_point_a_second() {
        let grid = grid_of(100, (0..601).map(|i| (i * 100, Some(100.0 + i as f64))));
        assert_eq!(grid.points.len(), 60);
        assert_eq!(grid.points[0], Point { at: MonoMs(450), bt: 104.5, et: None });
    }

    #[test]
    fn slow_readings_are_taken_as_they_come() {
        let mut grid = Grid::new(4_800);
        assert_eq!(grid.push(MonoMs(7), Some(1.0), Some(2.0)), [Point { at: MonoMs(7), bt: 1.0, et: Some(2.0) }]);
        assert_eq!(grid.push(MonoMs(7), Some(1.0), None), []);
        assert_eq!(grid.push(MonoMs(5_000), None, Some(2.0)), []);
        assert_eq!(grid.push(MonoMs(6_000), Some(f64::NAN), Some(2.0)), []);
    }

    #[test]
    fn a_short_gap_is_filled_on_the_line() {
        let grid = grid_of(1_000, [(0, Some(10.0)), (1_000, None), (2_000, None), (3_000, Some(40.0))]);
        assert_eq!(grid.points.iter().map(|p| p.bt).collect::<Vec<_>>(), [10.0, 20.0, 30.0, 40.0]);
    }

    #[test]
    fn six_points_with_a_gap_among_them_are_no_window() {
        let steady = |seconds: &[i64]| grid_of(1_000, seconds.iter().map(|s| (s * 1_000, Some(1.0))));
        assert!(steady(&[0, 1, 2, 3, 4, 5]).last_six(1).is_some());
        assert!(steady(&[0, 1, 2, 3, 4, 5, 20]).last_six(1).is_none());
        assert!(steady(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20]).last_six(2).is_none());
    }

    #[test]
    fn memory_stays_bounded() {
        assert_eq!(grid_of(1_000, (0..5_000).map(|s| (s * 1_000, Some(1.0)))).points.len(), POINTS);
    }
}
