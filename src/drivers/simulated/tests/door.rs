//! The simulated machine through the driver's door.

use hearth_actors::model::channel::{ChannelKind, ControlShape};
use hearth_actors::model::ids::ChannelId;
use hearth_actors::model::units::Unit;

use super::*;

const DEMO: &str = include_str!("../../../../etc/machines/roaster.toml");

async fn connected(config: &SimulatorConfig, spec: &MachineSpec) -> Box<dyn Driver> {
    let mut driver = factory(config)(spec);
    driver.connect().await.unwrap();
    driver
}

#[tokio::test(start_paused = true)]
async fn a_reading_fills_every_channel() {
    let spec = spec();
    let mut driver = connected(&quiet(), &spec).await;
    let sample = read(driver.as_mut(), &spec).await.unwrap();
    assert!(sample.values().iter().all(Result::is_ok), "{sample:?}");
    assert_eq!(value(&sample, &spec, "bt"), 22.0);
    assert_eq!(value(&sample, &spec, "burner"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_channels_is_the_configured_one() {
    let reversed = spec_with(known_channels().into_iter().rev().collect());
    let mut driver = connected(&quiet(), &reversed).await;
    driver.apply(&order(&reversed, 1, "airflow", 0.4)).await.unwrap();
    let sample = read(driver.as_mut(), &reversed).await.unwrap();
    assert_eq!(value(&sample, &reversed, "airflow"), 40.0);
    assert_eq!(value(&sample, &reversed, "et"), 22.0);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_confirmed_by_its_read_back() {
    let spec = spec();
    let mut driver = connected(&quiet(), &spec).await;
    for (channel, fraction, native) in [("burner", 0.554, 55.0), ("cooling", 1.0, 1.0), ("charge", 1.0, 1.0)] {
        let applied = driver.apply(&order(&spec, 1, channel, fraction)).await.unwrap();
        assert_eq!(applied.readback, Some(native), "{channel}");
        let sample = read(driver.as_mut(), &spec).await.unwrap();
        assert_eq!(value(&sample, &spec, channel), native, "{channel}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_can_roast_over_the_wire() {
    let spec = spec();
    let mut driver = connected(&quiet(), &spec).await;
    for (channel, fraction) in [("burner", 0.7), ("airflow", 0.4), ("drum", 0.6)] {
        driver.apply(&order(&spec, 1, channel, fraction)).await.unwrap();
    }
    let hot = until_bt(driver.as_mut(), &spec, |bt| bt >= 200.0).await;
    driver.apply(&order(&spec, 2, "charge", 1.0)).await.unwrap();
    pass(60_000).await;
    let dip = value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "bt");
    assert!(dip < hot - 100.0, "{dip}");
    until_bt(driver.as_mut(), &spec, |bt| bt >= 208.0).await;
    driver.apply(&order(&spec, 3, "charge", 0.0)).await.unwrap();
    pass(15_000).await;
    let dropped = value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "bt");
    assert!(dropped < 203.0, "{dropped}");
}

async fn until_bt(driver: &mut dyn Driver, spec: &MachineSpec, reached: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..3_600 {
        pass(1_000).await;
        let bt = value(&read(driver, spec).await.unwrap(), spec, "bt");
        if reached(bt) {
            return bt;
        }
    }
    panic!("not within an hour");
}

#[tokio::test(start_paused = true)]
async fn controls_moved_at_the_machine_show_in_the_readings() {
    let spec = spec();
    let mut driver = connected(&staffed(1), &spec).await;
    let mut burner = Vec::new();
    for _ in 0..600 {
        pass(1_000).await;
        burner.push(value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "burner"));
    }
    burner.dedup();
    assert!(burner.len() > 5, "{burner:?}");
}

#[tokio::test(start_paused = true)]
async fn the_clock_runs_as_fast_as_configured() {
    let spec = spec();
    let bt_after = async |speed: f64, ms: u64| {
        let mut driver = connected(&SimulatorConfig { speed, ..staffed(1) }, &spec).await;
        pass(ms).await;
        value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "bt")
    };
    let real_time = bt_after(1.0, 600_000).await;
    assert_eq!(bt_after(100.0, 6_000).await, real_time);
    assert_eq!(bt_after(0.1, 6_000_000).await, real_time);
    assert_ne!(bt_after(1.0, 6_000).await, real_time);
}

#[tokio::test(start_paused = true)]
async fn nothing_happens_before_the_first_connect() {
    let spec = spec();
    let mut driver = factory(&staffed(1))(&spec);
    pass(3_600_000).await;
    driver.connect().await.unwrap();
    let sample = read(driver.as_mut(), &spec).await.unwrap();
    assert_eq!((value(&sample, &spec, "bt"), value(&sample, &spec, "burner")), (190.0, 0.0));
}

#[tokio::test(start_paused = true)]
async fn a_fresh_driver_finds_the_machine_as_it_was_only_later() {
    let spec = spec();
    let make = factory(&quiet());
    let mut first = make(&spec);
    first.connect().await.unwrap();
    first.apply(&order(&spec, 1, "burner", 0.5)).await.unwrap();
    pass(60_000).await;
    let before = value(&read(first.as_mut(), &spec).await.unwrap(), &spec, "bt");
    drop(first);
    pass(60_000).await;
    let mut second = make(&spec);
    second.connect().await.unwrap();
    let sample = read(second.as_mut(), &spec).await.unwrap();
    assert_eq!(value(&sample, &spec, "burner"), 50.0);
    assert!(value(&sample, &spec, "bt") > before + 10.0);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_driver_can_neither_read_nor_write() {
    let spec = spec();
    let make = factory(&quiet());
    let mut abandoned = make(&spec);
    abandoned.connect().await.unwrap();
    let mut newest = make(&spec);
    newest.connect().await.unwrap();
    let refused = abandoned.apply(&order(&spec, 1, "burner", 1.0)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Disconnected);
    assert_eq!(read(abandoned.as_mut(), &spec).await.unwrap_err().kind(), ErrorKind::Disconnected);
    assert_eq!(abandoned.connect().await.unwrap_err().kind(), ErrorKind::Disconnected);
    let sample = read(newest.as_mut(), &spec).await.unwrap();
    assert_eq!(value(&sample, &spec, "burner"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn two_machines_of_one_configuration_share_nothing() {
    let spec = spec();
    let (mut one, mut other) = (connected(&quiet(), &spec).await, connected(&quiet(), &spec).await);
    one.apply(&order(&spec, 1, "burner", 1.0)).await.unwrap();
    let sample = read(other.as_mut(), &spec).await.unwrap();
    assert_eq!(value(&sample, &spec, "burner"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn without_a_link_there_is_no_answer() {
    let spec = spec();
    let mut driver = factory(&quiet())(&spec);
    assert_eq!(read(driver.as_mut(), &spec).await.unwrap_err().kind(), ErrorKind::Disconnected);
    driver.connect().await.unwrap();
    driver.disconnect().await;
    let refused = driver.apply(&order(&spec, 1, "burner", 1.0)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Disconnected);
}

#[tokio::test(start_paused = true)]
async fn an_order_takes_its_control_from_the_operator_but_its_repetition_does_not_again() {
    let spec = spec();
    let mut driver = connected(&staffed(1), &spec).await;
    pass(1_000).await;
    let airflow = order(&spec, 1, "airflow", 0.9);
    driver.apply(&airflow).await.unwrap();
    pass(5_000).await;
    assert_eq!(driver.apply(&airflow).await.unwrap().readback, Some(90.0));
    driver.apply(&order(&spec, 2, "charge", 1.0)).await.unwrap();
    pass(5_000).await;
    driver.apply(&order(&spec, 3, "charge", 0.0)).await.unwrap();
    pass(5_000).await;
    assert_eq!(driver.apply(&airflow).await.unwrap().readback, Some(80.0), "the operator has it back");
    let anew = order(&spec, 4, "airflow", 0.9);
    assert_eq!(driver.apply(&anew).await.unwrap().readback, Some(90.0));
}

#[tokio::test(start_paused = true)]
async fn a_channel_in_fahrenheit_or_with_values_of_its_own_is_understood() {
    let mut channels = known_channels();
    for channel in &mut channels {
        if channel.unit == Unit::Celsius {
            channel.unit = Unit::Fahrenheit;
        }
        if let ("cooling", ChannelKind::Control(control)) = (channel.id.as_str(), &mut channel.kind) {
            control.shape = ControlShape::Toggle { on: 0.0, off: 7.0 };
        }
        if let ("burner", ChannelKind::Control(control)) = (channel.id.as_str(), &mut channel.kind) {
            control.shape = ControlShape::Toggle { on: 60.0, off: 0.0 };
        }
    }
    let spec = spec_with(channels);
    let mut driver = connected(&quiet(), &spec).await;
    let sample = read(driver.as_mut(), &spec).await.unwrap();
    assert_eq!(value(&sample, &spec, "bt"), 22.0, "readings are °C inside the house");
    assert_eq!(value(&sample, &spec, "cooling"), 7.0);
    let applied = driver.apply(&order(&spec, 1, "cooling", 1.0)).await.unwrap();
    assert_eq!(applied.readback, Some(0.0));
    assert_eq!(driver.apply(&order(&spec, 2, "burner", 1.0)).await.unwrap().readback, Some(60.0));
    let sample = read(driver.as_mut(), &spec).await.unwrap();
    assert_eq!((value(&sample, &spec, "cooling"), value(&sample, &spec, "burner")), (0.0, 60.0));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_the_machine_does_not_have_is_rejected() {
    let mut channels = known_channels();
    for channel in &mut channels {
        if matches!(channel.id.as_str(), "inlet" | "drum") {
            channel.id = ChannelId::parse(&format!("{}x", channel.id)).unwrap();
        }
    }
    let spec = spec_with(channels);
    let mut driver = connected(&quiet(), &spec).await;
    let sample = read(driver.as_mut(), &spec).await.unwrap();
    let missing = |id| sample.values()[spec.channels.find(id).unwrap()].unwrap_err().reason;
    assert_eq!([missing("inletx"), missing("drumx")], [MissingReason::Rejected; 2]);
    let refused = driver.apply(&order(&spec, 1, "drumx", 0.5)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Rejected);
}

#[test]
fn every_known_channel_is_a_part_of_the_machine() {
    let plant = Plant::new(&quiet());
    for channel in known_channels() {
        let part = plant.find(channel.id.as_str()).unwrap();
        assert_eq!(part.nature != Nature::Sensor, channel.control().is_some(), "{}", channel.id);
    }
    assert_eq!(known_channels().len(), Sensor::ALL.len() + Control::ALL.len());
}

#[test]
fn the_demo_machine_is_a_simulator_with_all_its_channels() {
    let document: toml::Table = toml::from_str(DEMO).unwrap();
    let mut driver = document["driver"].as_table().unwrap().clone();
    assert_eq!(driver.remove("type").unwrap().as_str(), Some("simulator"));
    let config: SimulatorConfig = driver.try_into().unwrap();
    let mut faults = crate::config::faults::Faults::new();
    config.check("/driver", &mut faults);
    assert!(faults.is_empty() && config.operator, "{faults}");

    let ids = document["channels"].as_array().unwrap().iter().map(|channel| channel["id"].as_str().unwrap());
    let known = known_channels();
    assert!(ids.eq(known.iter().map(|channel| channel.id.as_str())));
}

#[tokio::test(start_paused = true)]
async fn the_demo_shows_a_whole_roast_within_three_minutes_of_its_charge() {
    let document: toml::Table = toml::from_str(DEMO).unwrap();
    let mut driver = document["driver"].as_table().unwrap().clone();
    driver.remove("type");
    let config: SimulatorConfig = driver.try_into().unwrap();
    let spec = spec();
    let mut driver = connected(&config, &spec).await;
    let mut charged_for_s = 0;
    for _ in 0..600 {
        pass(1_000).await;
        let is_charged = value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "charge") > 0.5;
        if !is_charged && charged_for_s > 0 {
            break;
        }
        charged_for_s += u32::from(is_charged);
    }
    assert!((60..=180).contains(&charged_for_s), "{charged_for_s} s from CHARGE to DROP");
}
