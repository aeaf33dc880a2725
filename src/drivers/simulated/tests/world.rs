//! The machine's physics and clock.

use proptest::prelude::*;

use crate::config::simulator::SimulatorConfig;
use crate::drivers::simulated::panel::Control;
use crate::drivers::simulated::world::{Sensor, World};

use super::{quiet, staffed};

const MINUTE_MS: u64 = 60_000;

#[test]
fn a_cold_machine_that_nobody_touches_stays_cold() {
    let mut world = World::new(&quiet());
    world.advance_to(60 * MINUTE_MS);
    for sensor in Sensor::ALL {
        assert!((world.sensor(sensor) - 22.0).abs() < 0.01, "{sensor:?}");
    }
}

#[test]
fn a_cold_drum_is_hot_enough_to_charge_within_twenty_minutes() {
    let mut world = World::new(&quiet());
    world.order(Control::Burner, 70.0);
    world.order(Control::Airflow, 40.0);
    world.order(Control::Drum, 60.0);
    let hot = (1..=20).find(|minute| {
        world.advance_to(minute * MINUTE_MS);
        world.sensor(Sensor::Bt) >= 200.0
    });
    assert!(matches!(hot, Some(3..=20)), "{hot:?}");
}

#[test]
fn the_curve_does_not_depend_on_how_often_it_is_read() {
    let run = |every_ms: u64| {
        let config = SimulatorConfig { noise: 0.5, ..staffed(9) };
        let mut world = World::new(&config);
        let mut ms = 0;
        while ms < 30 * MINUTE_MS {
            ms = (ms + every_ms).min(30 * MINUTE_MS);
            world.advance_to(ms);
        }
        world
    };
    let often = run(37);
    assert_eq!(often, run(1000));
    assert_eq!(often, run(61_003));
    assert_eq!(often.sensor(Sensor::Bt), run(30 * MINUTE_MS).sensor(Sensor::Bt));
}

#[test]
fn the_noise_is_as_strong_as_configured() {
    let noisy = SimulatorConfig { noise: 2.0, ..quiet() };
    let mut world = World::new(&noisy);
    let deviations: Vec<f64> = (1..=2_000)
        .map(|second| {
            world.advance_to(second * 1000);
            world.sensor(Sensor::Et) - 22.0
        })
        .collect();
    let variance = deviations.iter().map(|d| d * d).sum::<f64>() / deviations.len() as f64;
    assert!((variance.sqrt() - 2.0).abs() < 0.2, "{variance}");
}

#[test]
fn time_that_runs_backwards_changes_nothing() {
    let mut world = World::new(&staffed(1));
    world.advance_to(5 * MINUTE_MS);
    let before = world.clone();
    world.advance_to(MINUTE_MS);
    assert_eq!(world, before);
}

#[test]
fn a_long_absence_is_cut_short_and_the_machine_goes_on_after_it() {
    let mut world = World::new(&quiet());
    world.order(Control::Burner, 50.0);
    let back = u64::MAX / 2;
    world.advance_to(back);
    let settled = world.sensor(Sensor::Bt);
    assert!(settled > 150.0, "{settled}");
    world.order(Control::Burner, 0.0);
    world.advance_to(back + 5 * MINUTE_MS);
    assert!(world.sensor(Sensor::Bt) < settled - 10.0);
    world.advance_to(u64::MAX);
}

/// Beans roasted for some minutes with fixed controls; BT then.
fn bt_after(minutes: u64, controls: &[(Control, f64)]) -> f64 {
    let mut world = World::new(&quiet());
    let usual = [(Control::Burner, 60.0), (Control::Airflow, 50.0), (Control::Drum, 60.0)];
    for (control, value) in usual {
        world.order(control, value);
    }
    world.advance_to(8 * MINUTE_MS);
    world.order(Control::Charge, 1.0);
    for (control, value) in controls {
        world.order(*control, *value);
    }
    world.advance_to((8 + minutes) * MINUTE_MS);
    world.sensor(Sensor::Bt)
}

#[test]
fn every_control_does_what_its_name_says() {
    let usual = bt_after(6, &[]);
    assert!(bt_after(6, &[(Control::Burner, 80.0)]) > usual + 5.0, "more gas is hotter");
    assert!(bt_after(6, &[(Control::Drum, 0.0)]) < usual - 5.0, "a still drum hides beans from the air");
    assert!(bt_after(6, &[(Control::Charge, 0.0)]) > usual + 10.0, "an empty drum is hotter than beans");
    let choked = bt_after(6, &[(Control::Airflow, 20.0)]);
    let shared = bt_after(6, &[(Control::Airflow, 20.0), (Control::Cooling, 1.0)]);
    assert!((choked - shared).abs() > 0.3, "the tray takes a share of the fan: {choked} {shared}");
}

#[test]
fn a_full_drum_takes_no_second_batch() {
    let mut world = World::new(&quiet());
    world.order(Control::Charge, 1.0);
    world.advance_to(MINUTE_MS);
    let once = world.clone();
    world.order(Control::Charge, 1.0);
    assert_eq!(world, once);
}

#[test]
fn the_hard_wired_limit_keeps_a_machine_at_full_gas_from_melting() {
    let mut world = World::new(&quiet());
    world.order(Control::Burner, 100.0);
    let hottest = (1..=3_600)
        .map(|second| {
            world.advance_to(second * 1000);
            world.sensor(Sensor::Et)
        })
        .fold(0.0, f64::max);
    assert!((300.0..360.0).contains(&hottest), "{hottest}");
}

fn orders() -> impl Strategy<Value = Vec<(u64, Control, f64)>> {
    let value =
        prop_oneof![Just(0.0), Just(1.0), Just(100.0), 0.0..100.0, Just(f64::NAN), Just(f64::INFINITY), any::<f64>()];
    let order = (0_u64..200_000, prop::sample::select(Control::ALL.to_vec()), value);
    prop::collection::vec(order, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_orders_bring_a_temperature_out_of_bounds(
        orders in orders(),
        operator in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut world = World::new(&SimulatorConfig { operator, seed, ..SimulatorConfig::default() });
        let mut now_ms = 0;
        for (after_ms, control, value) in orders {
            // In slices, so that no peak between two orders is missed.
            for _ in 0..10 {
                now_ms += after_ms / 10;
                world.advance_to(now_ms);
                for sensor in Sensor::ALL {
                    let celsius = world.sensor(sensor);
                    prop_assert!((0.0..600.0).contains(&celsius), "{:?} {}", sensor, celsius);
                }
            }
            world.order(control, value);
            prop_assert!((0.0..=100.0).contains(&world.control(control)));
        }
    }
}
