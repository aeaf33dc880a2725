use super::*;
use crate::logic::real_roasts::{ROASTS, roast};
use crate::model::spec::VerifyHeat;

/// A roaster whose heat is looked after over four minutes, read once a second.
fn watched(trip: bool) -> Desk {
    Desk::of(MachineSpec { verify_heat: Some(VerifyHeat { within_ms: 240_000, trip }), ..roaster("probat") })
}

/// BT, ET and burner over time; what was raised.
fn run(desk: &mut Desk, seconds: u32, at: impl Fn(f64) -> (f64, f64, f64)) -> Vec<RuleId> {
    let mut raised = Vec::new();
    for second in 0..seconds {
        // A real sensor is never still.
        let noise = f64::from(second % 7) * 0.01;
        let (bt, et, burner) = at(f64::from(second));
        let told = desk.read(&[Ok(bt + noise), Ok(et + noise), Ok(burner)]);
        raised.extend(told.into_iter().filter(|notice| notice.state == Unacked).map(|notice| notice.alarm));
    }
    raised
}

#[test]
fn a_flame_that_went_out_is_an_alarm() {
    let raised = run(&mut watched(false), 600, |t| (200.0 - t / 20.0, 230.0 - t / 10.0, 80.0));
    assert_eq!(raised, [BuiltIn::NotHeating.rule()]);
}

#[test]
fn a_cold_machine_that_stays_cold_under_heat_is_an_alarm_and_stops_where_that_is_wanted() {
    for trip in [false, true] {
        let mut desk = watched(trip);
        assert_eq!(run(&mut desk, 600, |_| (21.0, 22.0, 60.0)), [BuiltIn::NotHeating.rule()]);
        let stop = Trip { alarm: BuiltIn::NotHeating.rule(), actions: vec![AlarmAction::Stop] };
        assert_eq!(desk.trips, if trip { vec![stop] } else { Vec::new() });
    }
}

#[test]
fn heat_that_comes_or_holds_its_own_is_no_alarm() {
    assert_eq!(run(&mut watched(true), 1_800, |t| (20.0 + t / 10.0, 25.0 + t / 10.0, 60.0)), [], "it warms up");
    assert_eq!(run(&mut watched(true), 1_800, |_| (200.0, 220.0, 60.0)), [], "it is at its equilibrium");
    assert_eq!(run(&mut watched(true), 1_800, |t| (200.0 - t / 30.0, 220.0 - t / 20.0, 30.0)), [], "little heat");
    let lowered = run(&mut watched(true), 1_800, |t| (200.0 - t / 60.0, 220.0 - t / 30.0, 90.0 - t / 60.0));
    assert_eq!(lowered, [], "somebody turns it down");
}

#[test]
fn a_temperature_that_rises_without_heat_is_an_alarm() {
    assert_eq!(
        run(&mut watched(false), 600, |t| (100.0 + t / 20.0, 120.0 + t / 20.0, 0.0)),
        [BuiltIn::HeatUnasked.rule()]
    );
    assert_eq!(run(&mut watched(false), 600, |t| (200.0 - t / 20.0, 220.0 - t / 20.0, 0.0)), [], "it cools");
    let soak = run(&mut watched(false), 600, |t| (100.0 + t / 10.0, 230.0 - t / 20.0, 0.0));
    assert_eq!(soak, [], "beans take heat from the drum");
}

#[test]
fn a_sensor_that_stands_still_while_the_other_moves_is_stuck() {
    let mut desk = watched(false);
    let mut told = Vec::new();
    for second in 0..600 {
        told.extend(desk.read(&[Ok(150.0), Ok(150.0 + f64::from(second) / 10.0), Ok(0.0)]));
    }
    let stuck: Vec<_> = told.iter().filter(|notice| notice.alarm == BuiltIn::StuckSensor.rule()).collect();
    assert_eq!((stuck.len(), stuck[0].message.contains("bt")), (1, true), "{told:?}");
}

#[test]
fn no_real_roast_raises_an_alarm_even_under_full_heat() {
    for csv in ROASTS {
        let roast = roast(csv);
        // With the beans' sensor alone CHARGE looks most like a flame that went out; when it falls into a span is chance.
        for (has_et, skip) in [(true, 0), (false, 0), (false, 11), (false, 23), (false, 37), (false, 53), (false, 71)] {
            let mut desk = watched(false);
            let mut told = Vec::new();
            for (at, bt, et) in roast.polls.iter().skip(skip) {
                desk.second = at / 1000;
                let et = if has_et { *et } else { *bt };
                told.extend(desk.read(&[bt.ok_or(missing()), et.ok_or(missing()), Ok(100.0)]));
            }
            assert_eq!(told, [], "{has_et} {skip}");
        }
    }
}

#[test]
fn what_was_before_a_long_silence_is_not_compared_with_what_comes_after() {
    let mut desk = watched(false);
    run(&mut desk, 300, |_| (50.0, 50.0, 0.0));
    desk.second += 100_000;
    assert_eq!(run(&mut desk, 200, |t| (100.0 + t / 20.0, 100.0 + t / 20.0, 0.0)), []);
}

#[test]
fn a_silent_sensor_is_named_and_one_missed_poll_is_nothing() {
    let mut desk = Desk::new([]);
    let silent = |polls| [Ok(200.0), Err(Missing { reason: MissingReason::Timeout, polls }), Ok(0.0)];
    assert_eq!(desk.read(&silent(1)), []);
    let told: Vec<AlarmNotice> = (3..10).flat_map(|polls| desk.read(&silent(polls))).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].alarm.clone(), told[0].severity), (BuiltIn::StaleData.rule(), Severity::Warning));
    assert!(told[0].message.contains("et"), "{}", told[0].message);
    let back: Vec<_> = (0..10).flat_map(|_| short(&desk.read(&[Ok(200.0), Ok(200.0), Ok(0.0)]))).collect();
    assert_eq!(back, [(ClearedUnacked, 1)]);
}
