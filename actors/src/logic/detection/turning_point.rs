//! The turning point: the lowest BT after CHARGE, where BT fell to it. Source of the limits: roasting reference 2.4.

use super::grid::{Grid, Point};
use crate::model::time::MonoMs;

/// Not looked for before. Unit: ms after CHARGE.
const AFTER_MS: u64 = 20_000;
/// BT must have risen for so long. Unit: ms, and not less than this many points.
const RISEN_FOR_MS: u64 = 6_000;
const RISEN_FOR_POINTS: usize = 4;
/// And by so much, or by the noise where that is more. Unit: °C.
const RISEN_BY: f64 = 0.2;
/// And fallen by so much before, or by the noise where that is more: a curve that only rises turns nowhere. Unit: °C.
pub(in crate::logic) const FALLEN_BY: f64 = 1.0;
/// Readings this near to the lowest one are as good as it, or half the noise where that is more. Unit: °C.
pub(super) const FLAT: f64 = 0.1;
/// A minimum outside is that of something else. Unit: °C.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 50.0..=150.0;

/// The lowest point since CHARGE, once BT rises from it. None where a gap beside it leaves open whether it was lower there.
pub(super) fn find(grid: &Grid, charge: MonoMs, now: Point) -> Option<Point> {
    if now.at.since(charge) <= AFTER_MS {
        return None;
    }
    let points: Vec<Point> = grid.since(charge).collect();
    let lowest = points.iter().map(|p| p.bt).min_by(f64::total_cmp)?;
    let noise = grid.noise(now.at);
    // The bottom is flat: of all readings that might be the lowest one, the middle is nearest to the truth.
    let bottom = lowest + FLAT.max(noise / 2.0);
    let at_bottom: Vec<usize> = (0..points.len()).filter(|&i| points[i].bt <= bottom).collect();
    let (middle, last) = (at_bottom[at_bottom.len() / 2], *at_bottom.last()?);
    let point = points[middle];
    let has_risen = points.len() - 1 - last >= RISEN_FOR_POINTS
        && now.at.since(points[last].at) >= RISEN_FOR_MS
        && now.bt - lowest > RISEN_BY.max(noise);
    let top = points[..middle].iter().map(|p| p.bt).max_by(f64::total_cmp)?;
    let has_fallen = top - lowest > FALLEN_BY.max(noise);
    let before = middle.checked_sub(1).map(|i| points[i])?;
    let after = points.get(middle + 1).copied()?;
    let is_whole = !grid.is_gap(before, point) && !grid.is_gap(point, after);
    (has_fallen && has_risen && is_whole && PLAUSIBLE.contains(&lowest)).then_some(point)
}
