use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::ids::{MachineId, SessionId};
use crate::model::profile::{ProfileStatus, Series, Statistics};
use crate::model::time::WallMs;

/// Eleven readings, one per second from 0:00 to 0:10, and a burner moved three times.
fn profile() -> Profile {
    let rows = 0..=10u64;
    Profile {
        id: SessionId(3),
        name: String::new(),
        machine: MachineId::parse("m").unwrap(),
        machine_name: String::new(),
        created_at: WallMs(0),
        duration: SessionMs(10_500),
        status: ProfileStatus::Saved,
        bean: None,
        green_weight_g: None,
        roasted_weight_g: None,
        notes: None,
        label: Default::default(),
        series: Series {
            timestamp_ms: rows.clone().map(|s| s * 1000).collect(),
            bt: rows.clone().map(|s| Some(s as f64)).collect(),
            et: vec![None; 11],
            bt_ror: vec![None; 11],
            et_ror: vec![None; 11],
            extra: BTreeMap::new(),
        },
        controls: BTreeMap::from([
            ("air".to_owned(), vec![(0, 0.2), (8_000, 0.8)]),
            ("burner".to_owned(), vec![(0, 1.0), (3_000, 0.5), (6_000, 0.0)]),
        ]),
        marks: Vec::new(),
        gaps: Vec::new(),
        statistics: Statistics::default(),
    }
}

fn replay(speed: f64, controls: Controls) -> Replay {
    Replay::new(Arc::new(profile()), speed, "Ann", controls, MonoMs(1_000)).unwrap()
}

/// One word per effect, as `3s`, `burner=0.5` or `Playing@3000`.
fn words(effects: Vec<ReplayEffect>) -> Vec<String> {
    let word = |effect| match effect {
        ReplayEffect::Point(p) => format!("{}s", p.at.0 / 1000),
        ReplayEffect::Move { channel, value } => format!("{channel}={}", value.get()),
        ReplayEffect::Status(s) => format!("{:?}@{}", s.state, s.position.0),
    };
    effects.into_iter().map(word).collect()
}

/// Steps whenever a step is due; tells every effect with its real moment after the start.
fn play(replay: &mut Replay, mut now: MonoMs) -> Vec<(i64, String)> {
    let mut told = Vec::new();
    while let Some(due) = replay.next_due(now) {
        now = now.max(due);
        told.extend(words(replay.step(now)).into_iter().map(|w| (now.0 - 1_000, w)));
    }
    told
}

#[test]
fn frames_come_at_the_profile_s_own_times_divided_by_speed() {
    for (speed, ms_per_frame, end) in
        [(1.0, 1_000, 10_500), (2.0, 500, 5_250), (0.1, 10_000, 105_000), (100.0, 10, 105)]
    {
        let told = play(&mut replay(speed, Controls::Shown), MonoMs(1_000));
        let mut expected = vec![(0, "Playing@0".to_owned())];
        expected.extend((0..=10).map(|s| (s * ms_per_frame, format!("{s}s"))));
        expected.push((end, "Finished@10500".to_owned()));
        assert_eq!(told, expected, "speed {speed}");
    }
}

#[test]
fn control_moves_come_in_time_and_only_on_request() {
    let told = play(&mut replay(1.0, Controls::Applied), MonoMs(1_000));
    let moves: Vec<_> = told.iter().filter(|(_, w)| w.contains('=')).map(|(t, w)| (*t, w.as_str())).collect();
    let expected = [(0, "air=0.2"), (0, "burner=1"), (3_000, "burner=0.5"), (6_000, "burner=0"), (8_000, "air=0.8")];
    assert_eq!(moves, expected);
    assert!(play(&mut replay(1.0, Controls::Shown), MonoMs(1_000)).iter().all(|(_, w)| !w.contains('=')));
}

#[test]
fn a_point_shows_the_controls_of_its_moment() {
    let mut replay = replay(1.0, Controls::Shown);
    let effects = replay.seek(MonoMs(1_000), SessionMs(7_200));
    let Some(ReplayEffect::Point(point)) = effects.last() else { panic!("{effects:?}") };
    let controls: Vec<_> = point.controls.iter().map(|(c, v)| (c.as_str(), v.get())).collect();
    assert_eq!((point.at, point.bt, controls), (SessionMs(7_000), Some(7.0), vec![("air", 0.2), ("burner", 0.0)]));
}

#[test]
fn a_pause_holds_the_position_for_as_long_as_it_lasts() {
    let mut replay = replay(1.0, Controls::Shown);
    replay.step(MonoMs(1_000));
    replay.step(MonoMs(3_400));
    assert_eq!(words(replay.pause(MonoMs(3_500))), ["Paused@2500"]);
    assert_eq!(words(replay.pause(MonoMs(3_600))), Vec::<String>::new());
    assert_eq!(replay.next_due(MonoMs(60_000)), None);
    assert_eq!(replay.step(MonoMs(60_000)), []);
    assert_eq!(words(replay.resume(MonoMs(100_000))), ["Playing@2500"]);
    assert_eq!(replay.next_due(MonoMs(100_000)), Some(MonoMs(100_500)));
    assert_eq!(words(replay.step(MonoMs(100_500))), ["3s"]);
}

#[test]
fn a_seek_applies_the_last_value_of_each_control_once() {
    let mut replay = replay(1.0, Controls::Applied);
    replay.step(MonoMs(1_000));
    let jump = words(replay.seek(MonoMs(1_500), SessionMs(7_000)));
    assert_eq!(jump, ["Playing@7000", "air=0.2", "burner=0", "7s"]);
    assert_eq!(words(replay.step(MonoMs(2_500))), ["air=0.8", "8s"]);
    assert_eq!(words(replay.seek(MonoMs(2_500), SessionMs(2_000))).len(), 4);
    assert_eq!(words(replay.step(MonoMs(3_500))), ["burner=0.5", "3s"]);
}

#[test]
fn a_seek_beyond_the_end_ends_it() {
    let mut replay = replay(1.0, Controls::Shown);
    replay.seek(MonoMs(1_500), SessionMs(99_000));
    assert_eq!(words(replay.step(MonoMs(1_500))), ["Finished@10500"]);
    assert!(replay.is_over());
}

#[test]
fn what_is_over_stays_over() {
    let mut replay = replay(1.0, Controls::Applied);
    replay.step(MonoMs(1_000));
    assert_eq!(words(replay.stop(MonoMs(2_000))), ["Stopped@1000"]);
    let now = MonoMs(90_000);
    let later =
        [replay.stop(now), replay.pause(now), replay.resume(now), replay.seek(now, SessionMs(0)), replay.step(now)];
    assert!(later.iter().all(Vec::is_empty), "{later:?}");
    assert_eq!((replay.next_due(now), replay.status(now).state), (None, ReplayState::Stopped));
}

#[test]
fn a_replay_that_fell_behind_catches_up_in_portions() {
    let mut long = profile();
    long.series.timestamp_ms = (0..1_000).collect();
    let mut replay = Replay::new(Arc::new(long), 1.0, "Ann", Controls::Shown, MonoMs(0)).unwrap();
    let now = MonoMs(1_000_000);
    let mut points = 0;
    while let Some(due) = replay.next_due(now) {
        assert!(due <= now);
        let effects = replay.step(now);
        assert!(effects.len() <= EFFECTS_PER_STEP);
        points += effects.iter().filter(|e| matches!(e, ReplayEffect::Point(_))).count();
    }
    assert_eq!(points, 1_000);
}

#[test]
fn a_replay_that_cannot_be_says_why() {
    let begin =
        |profile: Profile, speed| Replay::new(Arc::new(profile), speed, "Ann", Controls::Shown, MonoMs(0)).err();
    for speed in [0.0, -1.0, 100.1, f64::INFINITY] {
        assert_eq!(begin(profile(), speed), Some(ReplayFault::Speed(speed)));
    }
    assert!(begin(profile(), f64::NAN).is_some());
    let empty = Profile { series: Series::default(), ..profile() };
    assert_eq!(begin(empty, 1.0), Some(ReplayFault::Empty));
}

#[test]
fn an_imported_value_that_no_control_can_take_is_left_out() {
    let mut odd = profile();
    odd.controls = BTreeMap::from([
        ("burner".into(), vec![(0, 7.0), (0, f64::NAN), (1_000, 0.5)]),
        ("ä ö".into(), vec![(0, 0.1)]),
    ]);
    let mut replay = Replay::new(Arc::new(odd), 1.0, "Ann", Controls::Applied, MonoMs(1_000)).unwrap();
    let told = play(&mut replay, MonoMs(1_000));
    assert_eq!(told.iter().filter(|(_, w)| w.contains('=')).collect::<Vec<_>>(), [&(1_000, "burner=0.5".to_owned())]);
}

proptest! {
    #[test]
    fn a_step_at_the_moment_it_is_due_always_has_something_to_do(speed in 0.1..100.0f64, from in 0u64..10_500) {
        let mut replay = replay(speed, Controls::Shown);
        let mut now = MonoMs(1_000);
        replay.seek(now, SessionMs(from));
        while let Some(due) = replay.next_due(now) {
            now = now.max(due);
            prop_assert!(!replay.step(now).is_empty(), "nothing at {now:?}");
        }
        prop_assert!(replay.is_over());
    }

    #[test]
    fn points_always_move_forward_and_the_end_comes_once(
        speed in 0.1..100.0f64,
        orders in prop::collection::vec((0u8..6, 0u64..3_000, 0u64..12_000), 0..40)
    ) {
        let mut replay = replay(speed, Controls::Applied);
        let mut now = MonoMs(1_000);
        let (mut last, mut ends) = (None, 0);
        for (order, wait, to) in orders {
            now = now + wait;
            let effects = match order {
                0 => replay.pause(now),
                1 => replay.resume(now),
                2 => {
                    last = None;
                    replay.seek(now, SessionMs(to))
                }
                _ => replay.step(now),
            };
            for effect in effects {
                match effect {
                    ReplayEffect::Point(point) => {
                        prop_assert!(last.is_none_or(|l| point.at > l), "{last:?} {point:?}");
                        last = Some(point.at);
                    }
                    ReplayEffect::Status(status) => {
                        prop_assert!(status.position <= status.total);
                        ends += u32::from(status.state == ReplayState::Finished);
                    }
                    ReplayEffect::Move { .. } => {}
                }
            }
        }
        prop_assert!(ends <= 1);
    }
}
