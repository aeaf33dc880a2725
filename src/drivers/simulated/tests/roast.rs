//! The roasts that the operator plays look like roasts.

use crate::drivers::simulated::panel::Control;
use crate::drivers::simulated::world::{Sensor, World};

use super::staffed;

/// One roast by seconds since the beans went in.
struct Curve {
    charge_bt: f64,
    bt: Vec<f64>,
    et: Vec<f64>,
    after_drop: Vec<f64>,
}

impl Curve {
    /// Second at which BT first reaches `celsius` after the turning point.
    fn reaches(&self, celsius: f64) -> usize {
        let tp = self.turning_point();
        tp + self.bt[tp..].iter().position(|bt| *bt >= celsius).unwrap()
    }

    fn turning_point(&self) -> usize {
        (0..self.bt.len()).min_by(|a, b| self.bt[*a].total_cmp(&self.bt[*b])).unwrap()
    }

    /// Rate of rise around a second, over 20 s. Unit: °C/min.
    fn ror(&self, at: usize) -> f64 {
        (self.bt[at + 10] - self.bt[at - 10]) * 3.0
    }
}

/// The first `count` roasts of an operator.
fn roasts(seed: u64, count: usize) -> Vec<Curve> {
    let mut world = World::new(&staffed(seed));
    let mut curves: Vec<Curve> = Vec::new();
    let mut seconds = 0_u64;
    let mut bt = world.sensor(Sensor::Bt);
    while curves.len() < count || curves.last().is_some_and(|curve| curve.after_drop.len() < 60) {
        let had_beans = world.control(Control::Charge) == 1.0;
        seconds += 1;
        assert!(seconds < 6 * 3600, "the operator stopped roasting");
        world.advance_to(seconds * 1000);
        let has_beans = world.control(Control::Charge) == 1.0;
        if has_beans && !had_beans {
            curves.push(Curve { charge_bt: bt, bt: Vec::new(), et: Vec::new(), after_drop: Vec::new() });
        }
        bt = world.sensor(Sensor::Bt);
        if let Some(curve) = curves.last_mut() {
            if has_beans {
                curve.bt.push(bt);
                curve.et.push(world.sensor(Sensor::Et));
            } else {
                curve.after_drop.push(bt);
            }
        }
    }
    curves
}

fn check(curve: &Curve, name: &str) {
    let within = |value: f64, low: f64, high: f64, what: &str| {
        assert!((low..=high).contains(&value), "{name}: {what} is {value:.1}, expected {low} to {high}");
    };
    let tp = curve.turning_point();
    let dry_end = curve.reaches(150.0);
    let first_crack = curve.reaches(196.0);
    let drop = curve.bt.len();
    within(curve.charge_bt, 195.0, 210.0, "charge temperature");
    within(tp as f64, 60.0, 100.0, "turning point s");
    within(curve.bt[tp], 70.0, 110.0, "turning point °C");
    within(dry_end as f64, 240.0, 300.0, "dry end s");
    within(first_crack as f64, 480.0, 540.0, "first crack s");
    within(drop as f64, 600.0, 720.0, "drop s");
    within(curve.bt[drop - 1], 205.0, 215.0, "drop °C");
    within(curve.ror(dry_end), 13.0, 18.0, "rate of rise at dry end");
    within(curve.ror(drop - 11), 4.5, 7.0, "rate of rise at drop");

    let falls = (tp + 60..first_crack).step_by(30).map(|at| curve.ror(at)).collect::<Vec<_>>();
    assert!(falls.windows(2).all(|pair| pair[1] < pair[0] + 0.3), "{name}: the rate of rise declines: {falls:.1?}");
    let before = curve.ror(first_crack - 15);
    let (dip_at, dip) =
        (first_crack..drop - 40).map(|at| (at, curve.ror(at))).min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let flick = (dip_at..drop - 10).map(|at| curve.ror(at)).fold(0.0, f64::max);
    within(before - dip, 1.5, 5.0, "dip of the rate of rise in first crack");
    within(flick - dip, 0.8, 4.0, "flick of the rate of rise after it");

    let warmer = (tp + 60..drop).all(|at| curve.et[at] > curve.bt[at] + 5.0);
    assert!(warmer, "{name}: the air is warmer than the beans");
}

#[test]
fn the_operator_plays_believable_roasts_whatever_the_seed() {
    for seed in [1, 2, 3, 42, u64::MAX] {
        for (batch, curve) in roasts(seed, 4).iter().enumerate() {
            check(curve, &format!("seed {seed}, batch {batch}"));
        }
    }
}

/// Source: roasting reference 2.4: falls of 7 °C within 30 s and 3 °C within 5 s, and two falls in a row of at least 0.67 °C
/// (CHARGE) and 0.34 °C (DROP) between readings a second apart.
#[test]
fn charge_and_drop_break_the_curve_enough_to_be_detected() {
    for curve in roasts(1, 3) {
        for (what, bt, each) in [("charge", &curve.bt, 0.67), ("drop", &curve.after_drop, 0.34)] {
            let fallen = |seconds: usize| bt[0] - bt[seconds];
            assert!(fallen(5) > 3.0 && fallen(30) > 7.0, "{what}: {:.1?}", &bt[..31]);
            assert!(bt[..6].windows(2).all(|pair| pair[0] - pair[1] > each), "{what}: {:.1?}", &bt[..6]);
        }
    }
}

#[test]
fn batches_differ() {
    let curves = roasts(1, 3);
    assert!(curves[1].bt.len() != curves[2].bt.len() || curves[1].bt != curves[2].bt);
    assert_ne!(roasts(1, 1)[0].bt, roasts(2, 1)[0].bt);
}
