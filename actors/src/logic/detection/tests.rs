//! What detection finds on real roasts, on the same made worse, and on curves made up.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::logic::real_roasts::{Poll, ROASTS, Roast, roast};

/// A detector's marks as a listener would hold them, and how often each kind was withdrawn.
#[derive(Default)]
struct Listener {
    marks: BTreeMap<MarkKind, Found>,
    confirmed: Vec<MarkKind>,
    withdrawn: Vec<MarkKind>,
}

impl Listener {
    fn hear(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            match finding {
                Finding::Set(found) => {
                    let before = self.marks.insert(found.kind, found);
                    if matches!(found.kind, MarkKind::Charge | MarkKind::Drop) {
                        let same = before.is_none_or(|b| b.is_provisional() && b.at == found.at);
                        assert!(same, "{found:?} was set over {before:?} without a withdrawal");
                    }
                    if !found.is_provisional() {
                        self.confirmed.push(found.kind);
                    }
                }
                Finding::Withdraw(kind) => {
                    let gone = self.marks.remove(&kind);
                    assert!(gone.is_some_and(|m| m.is_provisional()), "{kind:?} was withdrawn but not provisional");
                    self.withdrawn.push(kind);
                }
            }
        }
    }

    fn at(&self, kind: MarkKind) -> Option<i64> {
        self.marks.get(&kind).map(|m| m.at.0)
    }
}

fn run(spec: &DetectionSpec, interval_ms: u64, polls: &[Poll]) -> (Detector, Listener) {
    let mut detector = Detector::new(spec, interval_ms);
    let mut listener = Listener::default();
    detector.begin_recording(MonoMs(polls[0].0));
    for &(t, bt, et) in polls {
        listener.hear(detector.step(MonoMs(t), bt, et));
    }
    (detector, listener)
}

fn on_the_mark(found: Option<i64>, marked: i64, within_ms: i64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what} was not found"));
    assert!((found - marked).abs() <= within_ms, "{what} at {found}, marked at {marked}");
}

fn check_roast(roast: &Roast, interval_ms: u64, polls: &[Poll], within_ms: i64) {
    let (_, heard) = run(&DetectionSpec::default(), interval_ms, polls);
    on_the_mark(heard.at(MarkKind::Charge), roast.marks["CHARGE"], within_ms, "CHARGE");
    on_the_mark(heard.at(MarkKind::TurningPoint), roast.marks["TP"], within_ms.max(8_000), "TP");
    on_the_mark(heard.at(MarkKind::Drop), roast.marks["DROP"], within_ms, "DROP");
    assert!(heard.confirmed.contains(&MarkKind::Charge) && heard.confirmed.contains(&MarkKind::Drop));
    assert_eq!(heard.withdrawn, []);
}

/// Linear between the roast's own readings, at another rate. A missing reading there is missing here.
fn resampled(roast: &Roast, interval_ms: i64) -> Vec<Poll> {
    let between = |a: Option<f64>, b: Option<f64>, part: f64| Some(a? + (b? - a?) * part);
    let (first, last) = (roast.polls[0].0, roast.polls[roast.polls.len() - 1].0);
    (0..)
        .map(|i| first + i * interval_ms)
        .take_while(|&t| t < last)
        .map(|t| {
            let i = roast.polls.partition_point(|p| p.0 <= t);
            let (a, b) = (roast.polls[i - 1], roast.polls[i]);
            let part = (t - a.0) as f64 / (b.0 - a.0) as f64;
            (t, between(a.1, b.1, part), between(a.2, b.2, part))
        })
        .collect()
}

/// Uniform noise of ±`by`, the same for the same seed.
fn noisy(polls: &[Poll], by: f64, seed: u64) -> Vec<Poll> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut stray = |v: Option<f64>| v.map(|v| v + (random.f64() * 2.0 - 1.0) * by);
    polls.iter().map(|&(t, bt, et)| (t, stray(bt), stray(et))).collect()
}

#[test]
fn real_roasts_are_marked_within_eight_seconds() {
    for csv in ROASTS {
        let roast = roast(csv);
        check_roast(&roast, 1_500, &roast.polls, 8_000);
    }
}

#[test]
fn the_same_roasts_are_marked_at_any_sampling_rate() {
    for csv in ROASTS {
        let roast = roast(csv);
        for interval_ms in [100, 250, 500, 1_000, 2_000, 3_000] {
            check_roast(&roast, interval_ms as u64, &resampled(&roast, interval_ms), 8_000);
        }
        check_roast(&roast, 5_000, &resampled(&roast, 5_000), 10_000);
    }
}

#[test]
fn ten_noisy_readings_a_second_are_marked_too() {
    for csv in ROASTS {
        let roast = roast(csv);
        for seed in 0..20 {
            check_roast(&roast, 100, &noisy(&resampled(&roast, 100), 0.3, seed), 8_000);
        }
    }
}

#[test]
fn whole_degrees_are_enough() {
    for csv in ROASTS {
        let roast = roast(csv);
        let whole: Vec<Poll> =
            roast.polls.iter().map(|&(t, bt, et)| (t, bt.map(f64::round), et.map(f64::round))).collect();
        check_roast(&roast, 1_500, &whole, 8_000);
    }
}

#[test]
fn noise_never_ends_a_roast() {
    for csv in ROASTS {
        let roast = roast(csv);
        let until_drop =
            |polls: Vec<Poll>| -> Vec<Poll> { polls.into_iter().filter(|p| p.0 < roast.marks["DROP"]).collect() };
        let mut provisional = 0;
        for seed in 0..200 {
            let slow = noisy(&until_drop(resampled(&roast, 4_800)), 1.5, seed);
            let fast = noisy(&until_drop(resampled(&roast, 1_500)), 1.5, seed);
            for (interval_ms, polls) in [(4_800, slow), (1_500, fast)] {
                let mut detector = Detector::new(&DetectionSpec::default(), interval_ms);
                detector.begin_recording(MonoMs(polls[0].0));
                detector.set_manually(MarkKind::Charge, MonoMs(roast.marks["CHARGE"]));
                let mut heard = Listener::default();
                polls.iter().for_each(|&(t, bt, et)| heard.hear(detector.step(MonoMs(t), bt, et)));
                assert!(!heard.confirmed.contains(&MarkKind::Drop), "seed {seed}, {interval_ms} ms");
                provisional += heard.withdrawn.len();
            }
        }
        assert_eq!(provisional, 0, "false alarms in 400 noisy roasts");
    }
}

#[test]
fn noise_hides_hardly_any_mark() {
    for csv in ROASTS {
        let roast = roast(csv);
        for (interval_ms, by) in [(4_800, 1.5), (3_000, 1.0), (1_500, 1.5), (1_000, 0.5)] {
            let missed = (0..50).filter(|&seed| {
                let polls = noisy(&resampled(&roast, interval_ms), by, seed);
                let (_, heard) = run(&DetectionSpec::default(), interval_ms as u64, &polls);
                let near = |kind, name| heard.at(kind).is_some_and(|at| (at - roast.marks[name]).abs() <= 10_000);
                !near(MarkKind::Charge, "CHARGE") || !near(MarkKind::Drop, "DROP")
            });
            assert!(missed.count() <= 1, "±{by} °C every {interval_ms} ms");
        }
    }
}

#[test]
fn a_tenth_of_the_readings_missing_makes_no_break_and_hides_few() {
    let mut hidden = 0;
    for csv in ROASTS {
        let roast = roast(csv);
        for seed in 0..100 {
            let mut random = fastrand::Rng::with_seed(seed);
            let holes: Vec<Poll> =
                roast.polls.iter().map(|&(t, bt, et)| (t, bt.filter(|_| random.f64() > 0.1), et)).collect();
            let (_, heard) = run(&DetectionSpec::default(), 1_500, &holes);
            assert_eq!(heard.withdrawn, []);
            let near = |kind, name| heard.at(kind).is_some_and(|at| (at - roast.marks[name]).abs() <= 10_000);
            // A charge that fell into a hole leaves the drop to be taken for one: still a break, and not one out of nothing.
            let real = heard
                .at(MarkKind::Charge)
                .is_none_or(|_| near(MarkKind::Charge, "CHARGE") || near(MarkKind::Charge, "DROP"));
            assert!(real && heard.at(MarkKind::Drop).is_none_or(|_| near(MarkKind::Drop, "DROP")), "seed {seed}");
            hidden += usize::from(!near(MarkKind::Charge, "CHARGE") || !near(MarkKind::Drop, "DROP"));
        }
    }
    assert!(hidden <= 10, "{hidden} of 200");
}

/// A made-up roast at one reading per second: CHARGE at 60 s, TP at 150 s (100 °C), 190 °C at 690 s, DROP at `drop_at`.
fn made_up(drop_at: i64, end: i64) -> Vec<Poll> {
    let bt = |s: i64| match s {
        ..60 => 200.0,
        60..150 => 100.0 + 100.0 * ((150 - s) as f64 / 90.0).powi(2),
        _ if s < drop_at => 100.0 + (s - 150) as f64 / 6.0,
        _ => 100.0 + (drop_at - 150) as f64 / 6.0 - ((s - drop_at) as f64 * 1.5).min(60.0),
    };
    (0..end).map(|s| (s * 1000, Some(bt(s)), None)).collect()
}

#[test]
fn a_break_is_provisional_first_and_then_confirmed() {
    let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
    detector.begin_recording(MonoMs(0));
    let charge: Vec<(i64, bool)> = made_up(700, 100)
        .into_iter()
        .flat_map(|(t, bt, et)| detector.step(MonoMs(t), bt, et).into_iter().map(move |f| (t, f)))
        .map(|(t, f)| match f {
            Finding::Set(found) => (t, found.is_provisional()),
            Finding::Withdraw(kind) => panic!("{kind:?} was withdrawn"),
        })
        .collect();
    assert_eq!(charge.iter().map(|c| c.1).collect::<Vec<_>>(), [true, false]);
    assert!(charge[0].0 <= 64_000 && charge[1].0 >= charge[0].0 + 6_000 && charge[1].0 <= 75_000, "{charge:?}");
}

#[test]
fn a_dip_that_recovers_is_withdrawn() {
    let mut polls = made_up(900, 700);
    for (i, poll) in polls[600..612].iter_mut().enumerate() {
        poll.1 = Some(175.0 - 1.0 * i.min(4) as f64);
    }
    let (_, heard) = run(&DetectionSpec::default(), 1_000, &polls);
    assert_eq!(heard.withdrawn, [MarkKind::Drop]);
    assert_eq!(heard.at(MarkKind::Drop), None);
}

#[test]
fn half_a_fall_is_confirmed_when_et_falls_too() {
    let half_fall = |et_falls: bool| {
        let mut polls = made_up(900, 640);
        for (i, poll) in polls.iter_mut().enumerate() {
            let since = i.saturating_sub(600) as f64;
            poll.1 = poll.1.map(|bt| if i < 600 { bt } else { 175.0 - since.min(3.5) });
            poll.2 = Some(if et_falls { 220.0 - since.min(20.0) } else { 220.0 });
        }
        run(&DetectionSpec::default(), 1_000, &polls).1.confirmed.contains(&MarkKind::Drop)
    };
    assert!(half_fall(true));
    assert!(!half_fall(false));
}

#[test]
fn no_drop_is_looked_for_before_seven_minutes() {
    let (_, heard) = run(&DetectionSpec::default(), 1_000, &made_up(60 + 415, 540));
    assert_eq!(heard.at(MarkKind::Drop), None);
    assert_eq!(heard.withdrawn, []);
}

#[test]
fn stopping_after_five_minutes_drops_at_the_last_reading() {
    let stop = |seconds: i64| {
        let (mut detector, mut heard) = run(&DetectionSpec::default(), 1_000, &made_up(2_000, seconds));
        heard.hear(detector.finish(MonoMs(seconds * 1000)));
        heard.at(MarkKind::Drop)
    };
    assert_eq!(stop(350), None);
    assert_eq!(stop(400), Some(399_000));
}

#[test]
fn stopping_just_after_a_drop_confirms_it() {
    let (mut detector, mut heard) = run(&DetectionSpec::default(), 1_000, &made_up(600, 606));
    assert!(heard.marks[&MarkKind::Drop].is_provisional());
    heard.hear(detector.finish(MonoMs(606_000)));
    assert!(!heard.marks[&MarkKind::Drop].is_provisional());
    on_the_mark(heard.at(MarkKind::Drop), 600_000, 2_000, "DROP");
}

#[test]
fn a_provisional_charge_is_withdrawn_when_the_recording_ends() {
    let (mut detector, mut heard) = run(&DetectionSpec::default(), 1_000, &made_up(600, 65));
    assert!(heard.marks[&MarkKind::Charge].is_provisional());
    heard.hear(detector.finish(MonoMs(65_000)));
    assert_eq!(heard.withdrawn, [MarkKind::Charge]);
}

#[test]
fn switched_off_detectors_find_nothing_also_at_the_stop() {
    let off =
        DetectionSpec { charge: false, drop: false, turning_point: false, dry_end_bt: None, first_crack_bt: None };
    let polls = made_up(700, 760);
    let mut detector = Detector::new(&off, 1_000);
    detector.begin_recording(MonoMs(0));
    detector.set_manually(MarkKind::Charge, MonoMs(60_000));
    for &(t, bt, et) in &polls {
        assert_eq!(detector.step(MonoMs(t), bt, et), []);
    }
    assert_eq!(detector.finish(MonoMs(760_000)), []);
}

#[test]
fn temperatures_mark_dry_end_and_first_crack_after_the_turning_point() {
    let spec = DetectionSpec { first_crack_bt: Some(180.0), ..DetectionSpec::default() };
    let (_, heard) = run(&spec, 1_000, &made_up(700, 760));
    assert_eq!(heard.at(MarkKind::DryEnd), Some(450_000));
    assert_eq!(heard.at(MarkKind::FirstCrackStart), Some(630_000));
}

#[test]
fn one_hot_reading_is_no_first_crack() {
    let spec = DetectionSpec { first_crack_bt: Some(180.0), ..DetectionSpec::default() };
    let mut polls = made_up(700, 500);
    polls[400].1 = Some(240.0);
    assert_eq!(run(&spec, 1_000, &polls).1.at(MarkKind::FirstCrackStart), None);
}

#[test]
fn without_a_turning_point_drying_still_ends_but_none_is_invented() {
    let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
    let mut heard = Listener::default();
    detector.begin_recording(MonoMs(0));
    detector.set_manually(MarkKind::Charge, MonoMs(1_000));
    for s in 2..600 {
        heard.hear(detector.step(MonoMs(s * 1000), Some(30.0 + s as f64 / 4.0), None));
    }
    assert_eq!(heard.marks.keys().copied().collect::<Vec<_>>(), [MarkKind::DryEnd]);
    assert_eq!(heard.at(MarkKind::DryEnd), Some(480_000));
}

#[test]
fn a_turning_point_inside_a_gap_is_left_open() {
    let holes: Vec<Poll> = made_up(700, 300).into_iter().filter(|p| !(130_000..170_000).contains(&p.0)).collect();
    assert_eq!(run(&DetectionSpec::default(), 1_000, &holes).1.at(MarkKind::TurningPoint), None);
}

/// BT stands at `high`, jumps to `low` over three seconds without a reading, and stays there.
fn jump(kind: MarkKind, at_s: i64, (high, low): (f64, f64), interrupted: bool) -> Option<Found> {
    let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
    let mut heard = Listener::default();
    detector.begin_recording(MonoMs(0));
    if kind == MarkKind::Drop {
        detector.set_manually(MarkKind::Charge, MonoMs(0));
    }
    for s in (1..at_s).chain(at_s + 3..at_s + 60) {
        if s == at_s + 3 && interrupted {
            detector.interrupt();
        }
        heard.hear(detector.step(MonoMs(s * 1000), Some(if s < at_s { high } else { low }), None));
    }
    heard.marks.get(&kind).copied()
}

#[test]
fn a_jump_over_an_interrupted_link_is_neither_charge_nor_drop() {
    for (kind, at_s, from_to) in [(MarkKind::Charge, 60, (200.0, 120.0)), (MarkKind::Drop, 600, (205.0, 90.0))] {
        assert!(jump(kind, at_s, from_to, false).is_some(), "{kind:?}: lost polls hide nothing");
        assert_eq!(jump(kind, at_s, from_to, true), None);
    }
}

#[test]
fn a_curve_that_only_rises_does_not_turn() {
    let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
    let mut heard = Listener::default();
    detector.begin_recording(MonoMs(0));
    detector.set_manually(MarkKind::Charge, MonoMs(0));
    let rising: Vec<Poll> = (1..300).map(|s| (s * 1000, Some(60.0 + s as f64 / 4.0), None)).collect();
    for &(t, bt, et) in &noisy(&rising, 0.2, 1) {
        heard.hear(detector.step(MonoMs(t), bt, et));
    }
    assert_eq!(heard.at(MarkKind::TurningPoint), None);
}

#[test]
fn a_mark_taken_away_is_not_found_again() {
    let polls = made_up(700, 760);
    let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
    let mut heard = Listener::default();
    detector.begin_recording(MonoMs(0));
    detector.unmark(MarkKind::Drop);
    polls.iter().for_each(|&(t, bt, et)| heard.hear(detector.step(MonoMs(t), bt, et)));
    heard.hear(detector.finish(MonoMs(760_000)));
    assert!(heard.at(MarkKind::Charge).is_some());
    assert_eq!(heard.at(MarkKind::Drop), None);
    detector.begin_recording(MonoMs(1_000_000));
    detector.set_manually(MarkKind::Charge, MonoMs(1_060_000));
    let again = polls.iter().flat_map(|&(t, bt, et)| detector.step(MonoMs(1_000_000 + t), bt, et));
    assert!(again.into_iter().any(|f| matches!(f, Finding::Set(m) if m.kind == MarkKind::Drop)));
}

#[test]
fn a_charge_set_by_hand_is_never_overridden() {
    let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
    let mut heard = Listener::default();
    detector.begin_recording(MonoMs(0));
    for (t, bt, et) in made_up(700, 300) {
        if t == 63_000 {
            detector.set_manually(MarkKind::Charge, MonoMs(58_000));
            heard = Listener::default();
        }
        heard.hear(detector.step(MonoMs(t), bt, et));
    }
    assert_eq!(heard.marks.keys().copied().collect::<Vec<_>>(), [MarkKind::TurningPoint]);
}

#[test]
fn beans_charged_in_the_moment_of_the_start_are_dated_into_the_recording() {
    let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
    let mut heard = Listener::default();
    for (t, bt, et) in made_up(700, 100) {
        if t == 62_000 {
            detector.begin_recording(MonoMs(t));
        }
        heard.hear(detector.step(MonoMs(t), bt, et));
    }
    assert_eq!(heard.at(MarkKind::Charge), Some(62_000));
}

#[test]
fn a_roast_cut_by_a_crash_goes_on() {
    let polls = made_up(700, 760);
    let (_, whole) = run(&DetectionSpec::default(), 1_000, &polls);
    for crash in [61, 64, 70, 120, 152, 449, 452, 702, 706, 709] {
        let (_, before) = run(&DetectionSpec::default(), 1_000, &polls[..crash]);
        let known: Vec<Found> = before.marks.values().copied().collect();
        let mut heard = Listener { marks: before.marks, ..Listener::default() };
        let mut detector = Detector::new(&DetectionSpec::default(), 1_000);
        detector.restore(MonoMs(0), &known, &[]);
        for &(t, bt, et) in polls[crash.saturating_sub(60)..crash].iter().chain(&polls[crash + 3..]) {
            heard.hear(detector.step(MonoMs(t), bt, et));
        }
        for kind in [MarkKind::Charge, MarkKind::DryEnd, MarkKind::Drop] {
            on_the_mark(heard.at(kind), whole.at(kind).unwrap(), 3_000, &format!("{kind:?}, cut at {crash} s"));
        }
        assert!(heard.marks.values().all(|m| !m.is_provisional()), "cut at {crash} s");
    }
}

#[derive(Debug, Clone)]
enum Input {
    Poll(u16, Option<f64>, Option<f64>),
    Mark(MarkKind),
    Unmark(MarkKind),
    Begin,
    Finish,
}

fn input() -> impl Strategy<Value = Input> {
    let kind = || prop::sample::select(MarkKind::ALL.to_vec());
    let value = || prop::option::of(prop_oneof![8 => 60.0..260.0f64, 1 => any::<f64>()]);
    prop_oneof![
        60 => (0u16..8_000, value(), value()).prop_map(|(dt, bt, et)| Input::Poll(dt, bt, et)),
        1 => kind().prop_map(Input::Mark),
        1 => kind().prop_map(Input::Unmark),
        1 => Just(Input::Begin),
        1 => Just(Input::Finish),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_marks_stay_single_and_in_order(interval_ms in 0u64..6_000, inputs in prop::collection::vec(input(), 0..300)) {
        let spec = DetectionSpec { first_crack_bt: Some(190.0), ..DetectionSpec::default() };
        let mut detector = Detector::new(&spec, interval_ms);
        let (mut now, mut by_hand) = (MonoMs(0), false);
        let mut heard = Listener::default();
        for input in inputs {
            match input {
                Input::Poll(dt, bt, et) => {
                    now = now + u64::from(dt);
                    heard.hear(detector.step(now, bt, et));
                }
                Input::Mark(kind) => {
                    by_hand = true;
                    heard.marks.remove(&kind);
                    detector.set_manually(kind, now);
                }
                Input::Unmark(kind) => {
                    heard.marks.remove(&kind);
                    detector.unmark(kind);
                }
                Input::Begin => {
                    heard = Listener::default();
                    by_hand = false;
                    detector.begin_recording(now);
                }
                Input::Finish => heard.hear(detector.finish(now)),
            }
            let marks: Vec<Found> = heard.marks.values().copied().collect();
            prop_assert!(by_hand || marks.windows(2).all(|w| w[0].at <= w[1].at), "{marks:?}");
        }
    }
}
