//! The BT break: beans fall into the drum, or out of it, and BT turns from rising or standing to falling.
//!
//! Six readings p0..p5. The two changes before and the two after p3 are compared; a break is two falls in a row that are
//! much steeper than what went before, or a clear turn from rising to falling. Tried on consecutive readings (tight) and
//! on every second one (loose). The event is p3. Source of rule and constants: roasting reference 2.4, "Standard", intervals of
//! a second and more (the grid provides those).

use super::grid::{Grid, Point};

/// Constants of one kind of break.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Each of the two falls must be steeper than this. Unit: °C per step, negative.
    fall: f64,
    /// How much steeper than before the fall must be. Unit: °C per step.
    offset: f64,
    /// BT must have been above this. Unit: °C.
    pub(super) above: f64,
}

/// Beans into the drum; 77 °C is 170 °F.
pub(super) const CHARGE: Limits = Limits { fall: -0.67, offset: 0.5, above: 77.0 };
/// Beans out of the drum; 160 °C is 320 °F.
pub(super) const DROP: Limits = Limits { fall: -0.34, offset: 0.2, above: 160.0 };

/// From rising to falling by more than this in one step is a break by itself. Unit: °C per step.
const TURN: f64 = 0.78;
/// A fall this steep is a break whatever went before. Unit: °C per step.
const CERTAIN_FALL: f64 = 6.4;
const STEEPER_THAN_BEFORE: f64 = 2.5;
/// Every second reading falls further than every one.
const LOOSE_FALL_FACTOR: f64 = 1.5;
/// Above this spacing every second reading is too far apart to tell a break from a change of the burner. Unit: ms.
const LOOSEST_STEP_MS: u64 = 3_000;
/// A fall must stand out from the noise by this factor; 2.5 medians of second differences are four standard deviations.
const OVER_NOISE: f64 = 2.5;

/// A break that the six readings show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Break {
    /// The reading at which the fall begins.
    pub(super) event: Point,
    /// BT before the fall: the middle one of three readings, so that one spike is not taken for a summit. Unit: °C.
    pub(super) top: f64,
    /// How far BT must be under `top` to stand out from the noise. Unit: °C.
    pub(super) clear_of_noise: f64,
}

/// Whether the last six points show a break.
pub(super) fn find(grid: &Grid, limits: Limits) -> Option<Break> {
    let tight = grid.last_six(1).filter(|six| breaks(six, grid.step_ms(), limits.fall, limits.offset));
    let window = tight.or_else(|| {
        let loose = grid.last_six(2).filter(|_| grid.step_ms() <= LOOSEST_STEP_MS);
        loose.filter(|six| breaks(six, grid.step_ms() * 2, limits.fall * LOOSE_FALL_FACTOR, limits.offset))
    })?;
    let [_, p1, p2, event, ..] = window;
    let top = median(p1.bt, p2.bt, event.bt);
    (top > limits.above).then(|| Break { event, top, clear_of_noise: OVER_NOISE * grid.noise(event.at) })
}

fn breaks(p: &[Point; 6], step_ms: u64, fall: f64, offset: f64) -> bool {
    // Readings come late now and then; per step of the grid that changes nothing.
    let change = |from: Point, to: Point| {
        let steps = to.at.since(from.at).max(1) as f64 / step_ms as f64;
        (to.bt - from.bt) / steps.max(1.0)
    };
    let before = (change(p[0], p[1]) + change(p[1], p[2])) / 2.0;
    let (first, second) = (change(p[3], p[4]), change(p[4], p[5]));
    let after = (first + second) / 2.0;
    let falls = first < fall && second < fall;
    let steeper = after.abs() > CERTAIN_FALL.min(offset + STEEPER_THAN_BEFORE * before.abs());
    let turned = after < 0.0 && before > 0.0 && before - after > TURN;
    falls && (steeper || turned)
}

fn median(a: f64, b: f64, c: f64) -> f64 {
    a.max(b).min(a.min(b).max(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::MonoMs;

    fn grid_of(step_ms: i64, bts: &[f64]) -> Grid {
        let mut grid = Grid::new(step_ms as u64);
        for (i, &bt) in bts.iter().enumerate() {
            grid.push(MonoMs(i as i64 * step_ms), Some(bt), None).into_iter().for_each(|p| grid.append(p));
        }
        grid
    }

    #[test]
    fn a_charge_shows_two_readings_after_it() {
        let grid = grid_of(1_500, &[155.1, 155.8, 156.1, 155.5, 155.0, 153.8, 152.2]);
        assert_eq!(find(&grid, CHARGE).map(|b| b.event.bt), Some(155.0));
    }

    #[test]
    fn a_steady_fall_is_no_break() {
        let falling: Vec<f64> = (0..20).map(|i| 180.0 - 1.2 * f64::from(i)).collect();
        assert_eq!(find(&grid_of(1_500, &falling), DROP), None);
        assert_eq!(find(&grid_of(1_500, &falling), CHARGE), None);
    }

    #[test]
    fn a_single_low_reading_is_no_break() {
        assert_eq!(find(&grid_of(1_500, &[190.0, 190.2, 190.4, 190.6, 150.0, 191.0]), DROP), None);
        assert_eq!(find(&grid_of(1_500, &[190.0, 190.2, 190.4, 190.6, 191.0, 150.0]), DROP), None);
    }

    #[test]
    fn a_cold_drum_is_not_charged() {
        assert_eq!(find(&grid_of(1_500, &[70.0, 70.0, 70.0, 70.0, 65.0, 60.0]), CHARGE), None);
    }

    #[test]
    fn the_middle_of_three_is_found() {
        for (a, b, c) in [(1.0, 2.0, 3.0), (3.0, 1.0, 2.0), (2.0, 3.0, 1.0), (3.0, 2.0, 1.0)] {
            assert_eq!(median(a, b, c), 2.0);
        }
    }
}
