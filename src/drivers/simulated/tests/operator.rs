//! Who has which control: the operator at the machine, or somebody over the wire.

use crate::drivers::simulated::panel::Control;
use crate::drivers::simulated::world::{Sensor, World};

use super::staffed;

const MINUTE_MS: u64 = 60_000;

/// Goes on second by second until the beans are in (or out of) the drum; the time then.
fn until_beans(world: &mut World, from_ms: u64, inside: f64) -> u64 {
    (from_ms..from_ms + 60 * MINUTE_MS)
        .step_by(1000)
        .find(|&ms| {
            world.advance_to(ms);
            world.control(Control::Charge) == inside
        })
        .expect("within an hour")
}

/// A machine a few minutes into its first roast, and the time.
fn mid_roast() -> (World, u64) {
    let mut world = World::new(&staffed(1));
    let ms = until_beans(&mut world, 0, 1.0) + 4 * MINUTE_MS;
    world.advance_to(ms);
    (world, ms)
}

#[test]
fn a_control_set_over_the_wire_stays_where_it_was_put_until_the_beans_are_dropped() {
    let (mut world, ms) = mid_roast();
    world.order(Control::Airflow, 83.0);
    let seconds = (ms..ms + 20 * MINUTE_MS).step_by(1000);
    let roasting: Vec<f64> = seconds
        .map_while(|ms| {
            world.advance_to(ms);
            (world.control(Control::Charge) == 1.0).then(|| world.control(Control::Airflow))
        })
        .collect();
    assert!((60..1200).contains(&roasting.len()), "the operator roasts on, and drops");
    assert!(roasting.iter().all(|airflow| *airflow == 83.0));
    world.advance_to(ms + 1000 * roasting.len() as u64 + 1000);
    assert!(world.operator_holds(Control::Airflow));
    assert_eq!(world.control(Control::Airflow), 80.0);
}

#[test]
fn other_controls_stay_with_the_operator() {
    let (mut world, ms) = mid_roast();
    world.order(Control::Airflow, 83.0);
    let before = world.control(Control::Burner);
    world.advance_to(ms + 3 * MINUTE_MS);
    assert_ne!(world.control(Control::Burner), before);
    assert!(world.operator_holds(Control::Burner));
}

#[test]
fn a_burner_put_out_over_the_wire_stays_out_until_somebody_lights_it() {
    let (mut world, ms) = mid_roast();
    world.order(Control::Burner, 0.0);
    let mut ms = until_beans(&mut world, ms, 0.0);
    for _ in 0..60 {
        ms += MINUTE_MS;
        world.advance_to(ms);
        assert_eq!((world.control(Control::Burner), world.control(Control::Charge)), (0.0, 0.0));
    }
    world.order(Control::Burner, 60.0);
    let charged = until_beans_by_burner(&mut world, ms);
    let dropped = until_beans(&mut world, charged, 0.0);
    world.advance_to(dropped + 10 * MINUTE_MS);
    assert!(world.operator_holds(Control::Burner), "the next batch is the operator's again");
}

/// Somebody holds the drum at charge temperature by the burner alone; the operator charges.
fn until_beans_by_burner(world: &mut World, from_ms: u64) -> u64 {
    (from_ms..from_ms + 60 * MINUTE_MS)
        .step_by(1000)
        .find(|&ms| {
            world.advance_to(ms);
            if ms % 10_000 == 0 {
                world.order(Control::Burner, (34.0 + 1.2 * (204.0 - world.sensor(Sensor::Bt))).max(1.0));
            }
            world.control(Control::Charge) == 1.0
        })
        .expect("within an hour")
}

#[test]
fn beans_dropped_over_the_wire_end_the_batch() {
    let (mut world, ms) = mid_roast();
    world.order(Control::Burner, 90.0);
    world.order(Control::Charge, 0.0);
    world.advance_to(ms + 1000);
    assert!(Control::ALL.into_iter().all(|control| world.operator_holds(control)));
    assert_eq!((world.control(Control::Burner), world.control(Control::Cooling)), (0.0, 1.0));
    until_beans(&mut world, ms, 1.0);
}

#[test]
fn beans_charged_over_the_wire_and_forgotten_are_dropped_after_twenty_minutes() {
    let mut world = World::new(&staffed(1));
    world.advance_to(10_000);
    world.order(Control::Charge, 1.0);
    world.advance_to(10_000 + 19 * MINUTE_MS);
    assert_eq!(world.control(Control::Charge), 1.0);
    world.advance_to(10_000 + 21 * MINUTE_MS);
    assert_eq!(world.control(Control::Charge), 0.0);
}

#[test]
fn the_cooling_tray_runs_for_a_while_after_each_drop() {
    let (mut world, ms) = mid_roast();
    assert_eq!(world.control(Control::Cooling), 0.0);
    let dropped = until_beans(&mut world, ms, 0.0);
    world.advance_to(dropped + 200_000);
    assert_eq!(world.control(Control::Cooling), 1.0);
    world.advance_to(dropped + 260_000);
    assert_eq!(world.control(Control::Cooling), 0.0);
}
