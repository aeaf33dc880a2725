use super::*;
use crate::model::reading::{Missing, MissingReason};
use crate::model::spec::SafetySpec;
use crate::testing::roaster;
use proptest::prelude::*;

const GONE: Value = Err(Missing { reason: MissingReason::Timeout, polls: 1 });

fn read(watch: &mut SensorWatch, at_ms: i64, values: &[Value]) {
    watch.read(MonoMs(at_ms), values, |_| true);
}

fn watch(sensor_loss_ms: u64) -> SensorWatch {
    let safety = SafetySpec { sensor_loss_ms, operator_loss_ms: None };
    SensorWatch::new(&MachineSpec { safety, ..roaster("a") }, MonoMs(0))
}

#[test]
fn a_sensor_is_lost_when_it_has_told_nothing_for_the_limit_and_not_before() {
    let mut watch = watch(3_000);
    for second in 0..10 {
        read(&mut watch, second * 1_000, &[Ok(200.0), Ok(210.0), Ok(0.0)]);
    }
    for second in 10..12 {
        read(&mut watch, second * 1_000, &[GONE, Ok(210.0), Ok(0.0)]);
        assert_eq!(watch.lost(MonoMs(second * 1_000)), None);
    }
    assert_eq!(watch.lost(MonoMs(11_749)), None);
    assert_eq!(
        watch.lost(MonoMs(11_750)),
        Some(0),
        "3 s after the last good one, less one look and the way to the device"
    );
}

#[test]
fn one_good_reading_among_bad_ones_keeps_a_sensor() {
    let mut watch = watch(3_000);
    for second in 0..60 {
        let bt = if second % 2 == 0 { Ok(200.0) } else { GONE };
        read(&mut watch, second * 1_000, &[bt, Ok(210.0), Ok(0.0)]);
        assert_eq!(watch.lost(MonoMs(second * 1_000 + 900)), None);
    }
}

#[test]
fn sensors_are_whole_only_when_each_has_told_something_good() {
    let mut watch = watch(3_000);
    assert!(!watch.is_whole());
    read(&mut watch, 0, &[Ok(200.0), GONE, Ok(0.0)]);
    assert!(!watch.is_whole());
    read(&mut watch, 1_000, &[Ok(200.0), Ok(210.0), GONE]);
    assert!(watch.is_whole(), "what is no sensor of heat does not count");
    watch.begin(MonoMs(2_000));
    assert!(!watch.is_whole(), "nobody has seen them over the new link");
}

#[test]
fn silence_counts_like_bad_readings_and_a_new_link_counts_anew() {
    let mut watch = watch(3_000);
    assert_eq!(watch.lost(MonoMs(2_900)), Some(0), "it never told anything");
    watch.begin(MonoMs(50_000));
    assert_eq!(watch.lost(MonoMs(52_000)), None);
    assert_eq!(watch.lost(MonoMs(53_000)), Some(0));
}

#[test]
fn a_value_that_is_only_kept_is_no_sign_of_life() {
    let mut watch = watch(3_000);
    for second in 0..5 {
        watch.read(MonoMs(second * 1_000), &[Ok(200.0), Ok(210.0), Ok(0.0)], |index| index != 0);
    }
    assert_eq!(watch.lost(MonoMs(4_000)), Some(0));
}

#[test]
fn either_of_the_two_temperatures_is_missed() {
    let mut watch = watch(3_000);
    for second in 0..5 {
        read(&mut watch, second * 1_000, &[Ok(200.0), GONE, GONE]);
    }
    assert_eq!(watch.lost(MonoMs(4_000)), Some(1));
}

#[test]
fn what_does_not_heat_has_nothing_to_lose() {
    let mut spec = roaster("a");
    let sensors: Vec<_> = spec.channels.iter().map(|(_, c)| c.clone()).filter(|c| c.control().is_none()).collect();
    spec.channels = std::sync::Arc::new(ChannelTable::new(sensors));
    assert_eq!(SensorWatch::new(&spec, MonoMs(0)).lost(MonoMs(1_000_000)), None);
}

#[test]
fn where_no_channel_has_a_role_every_temperature_counts() {
    let mut spec = roaster("a");
    let mut channels: Vec<_> = spec.channels.iter().map(|(_, channel)| channel.clone()).collect();
    channels.iter_mut().for_each(|channel| channel.role = None);
    spec.channels = std::sync::Arc::new(ChannelTable::new(channels));
    let mut watch = SensorWatch::new(&spec, MonoMs(0));
    read(&mut watch, 10_000, &[Ok(200.0), GONE, Ok(0.0)]);
    assert_eq!(watch.lost(MonoMs(10_000)), Some(1));
}

const LIMIT_MS: u64 = 120_000;

#[test]
fn heat_alone_is_told_after_half_a_minute_and_lost_at_the_limit() {
    let mut watch = OperatorWatch::new(Some(LIMIT_MS));
    let left_at = MonoMs(1_000);
    assert_eq!(watch.look(left_at, true, left_at), Care::Here);
    let look = |watch: &mut OperatorWatch, after_ms| watch.look(left_at + after_ms, true, left_at);
    assert_eq!(look(&mut watch, 100), Care::Here);
    assert_eq!(look(&mut watch, 30_100), Care::Alone { left_ms: 90_000 });
    assert_eq!(look(&mut watch, 120_000), Care::Alone { left_ms: 100 });
    assert_eq!(look(&mut watch, 120_100), Care::Lost);
}

#[test]
fn whoever_comes_back_starts_the_count_anew() {
    let mut watch = OperatorWatch::new(Some(LIMIT_MS));
    watch.look(MonoMs(100), true, MonoMs(0));
    assert!(matches!(watch.look(MonoMs(100_000), true, MonoMs(0)), Care::Alone { .. }));
    assert_eq!(watch.look(MonoMs(100_100), true, MonoMs(100_100)), Care::Here);
    assert_eq!(watch.look(MonoMs(110_000), true, MonoMs(100_100)), Care::Here);
    assert_eq!(watch.look(MonoMs(230_000), true, MonoMs(100_100)), Care::Lost);
}

#[test]
fn an_order_within_the_time_counts_as_being_there() {
    let mut watch = OperatorWatch::new(Some(LIMIT_MS));
    for minute in 0..60 {
        let seen_at = MonoMs(minute * 60_000);
        assert_ne!(watch.look(seen_at + 59_000, true, seen_at), Care::Lost);
    }
}

#[test]
fn a_thermostat_does_not_start_the_count_anew() {
    let mut watch = OperatorWatch::new(Some(LIMIT_MS));
    let mut care = Care::Here;
    for second in 1..=130 {
        care = watch.look(MonoMs(second * 1_000), (second / 10) % 2 == 0, MonoMs(0));
    }
    assert_eq!(care, Care::Alone { left_ms: 0 }, "it is off at this moment");
    assert_eq!(watch.look(MonoMs(140_000), true, MonoMs(0)), Care::Lost);
}

#[test]
fn without_heat_or_without_a_limit_nobody_is_missed() {
    let mut cold = OperatorWatch::new(Some(LIMIT_MS));
    let mut endless = OperatorWatch::new(None);
    for minute in 1..1_000 {
        assert_eq!(cold.look(MonoMs(minute * 60_000), false, MonoMs(0)), Care::Here);
        assert_eq!(endless.look(MonoMs(minute * 60_000), true, MonoMs(0)), Care::Here);
    }
}

proptest! {
    #[test]
    fn heat_is_never_alone_for_longer_than_the_limit(
        looks in prop::collection::vec((100u64..5_000, any::<bool>(), prop::bool::weighted(0.02)), 1..400),
        limit_ms in 10_000u64..200_000,
    ) {
        let mut watch = OperatorWatch::new(Some(limit_ms));
        let (mut now, mut seen_at) = (MonoMs(0), MonoMs(0));
        let mut hot_alone_since: Option<MonoMs> = None;
        for (step, is_hot, is_there) in looks {
            now = now + step;
            if is_there {
                seen_at = now;
                hot_alone_since = None;
            } else if is_hot {
                hot_alone_since.get_or_insert(now);
            } else {
                hot_alone_since = None;
            }
            let care = watch.look(now, is_hot, seen_at);
            let hot_alone_ms = hot_alone_since.map_or(0, |since| now.since(since));
            prop_assert!(care == Care::Lost || hot_alone_ms < limit_ms);
            prop_assert!(care != Care::Lost || (is_hot && now.since(seen_at) >= limit_ms));
        }
    }
}
