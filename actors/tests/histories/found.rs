//! Histories that once went wrong.

use super::chance::Happening::{
    self, Connects, ConnectsSo, Disconnects, HoldsUp, Panel, Reads, Rearms, Replays, Restarts, Sets, Stops, Writes,
};
use super::chance::Pause::{self, Ms, None as Now, Tenths};
use super::device::{Connect, Fault, GOOD, Make, Read, WELL, Write};
use super::judge::{BURNER, Interlock, Setup};
use super::lease::Who;
use super::{history, live, stopped_clock};

const ME: Who = Who::Client(0);
const HOT: Read = Read { bt: Some(260.0), ..GOOD };
const CUT: Read = Read { fault: Some(Fault::Disconnect), ..GOOD };
const STUCK: Write = Write { is_stuck: true, ..WELL };

fn plain() -> Setup {
    Setup {
        make: Make { shows: false, reads_back: false, in_two: false },
        interlock: Interlock::None,
        rises_slowly: false,
        operator_is_missed: false,
        interval_ms: 200,
    }
}

fn interlocked() -> Setup {
    Setup { interlock: Interlock::BlocksHeat, ..plain() }
}

fn reading_back() -> Setup {
    Setup { make: Make { reads_back: true, ..plain().make }, ..plain() }
}

fn goes_well(setup: Setup, steps: impl Into<Vec<(Happening, Pause)>>) {
    let (_, verdict) = live(&stopped_clock(), history(setup, steps.into(), true));
    if let Err(words) = verdict {
        panic!("{words}");
    }
}

#[test]
fn heat_is_not_written_again_between_a_reading_that_is_against_it_and_its_judgement() {
    let slow = Read { takes_ms: 401, ..HOT };
    goes_well(interlocked(), [(Sets(ME, BURNER, 10), Tenths(2)), (Reads(slow, 1), Ms(1_000))]);
}

#[test]
fn an_order_that_waited_for_a_reading_that_is_against_it_is_not_written() {
    let slow = Read { takes_ms: 150, ..HOT };
    goes_well(interlocked(), [(Reads(slow, 1), Tenths(3)), (Sets(ME, BURNER, 80), Ms(1_000))]);
}

#[test]
fn a_stop_that_another_one_overtakes_is_confirmed_when_that_is() {
    goes_well(plain(), [(Sets(ME, BURNER, 80), Ms(5)), (Stops(ME), Now), (Stops(Who::Viewer), Ms(10))]);
}

#[test]
fn a_stop_waits_for_one_attempt_of_an_order_that_lowers_heat_and_not_for_three() {
    let refused = Write { takes_ms: 500, fault: Some(Fault::Refused), is_done: false, ..WELL };
    let steps = [
        (Sets(ME, BURNER, 80), Ms(5)),
        (Writes(refused), Now),
        (Sets(ME, BURNER, 20), Ms(100)),
        (Stops(ME), Ms(1_000)),
    ];
    goes_well(plain(), steps);
}

#[test]
fn heat_is_not_written_again_when_the_link_is_to_be_let_go() {
    let slow = Read { takes_ms: 700, ..GOOD };
    let steps = [
        (Reads(slow, 1), Now),
        (Sets(ME, BURNER, 10), Tenths(3)),
        (Reads(Read { takes_ms: 1_500, ..GOOD }, 1), Tenths(8)),
        (Disconnects, Now),
        (Stops(ME), Ms(2_000)),
    ];
    goes_well(plain(), steps);
}

#[test]
fn a_replay_does_not_begin_that_was_asked_for_before_a_stop() {
    goes_well(plain(), [(Replays(ME, 1), Now), (Stops(ME), Now), (Rearms(ME), Ms(2_500))]);
}

#[test]
fn a_link_that_is_lost_while_what_is_told_waits_for_the_disk_is_latched() {
    let slowly = Connect { takes_ms: 500, fault: None };
    let steps = [
        (ConnectsSo(slowly), Now),
        (Reads(CUT, 1), Tenths(3)),
        (HoldsUp(5_000), Tenths(5)),
        (Rearms(ME), Ms(10)),
        (Sets(ME, BURNER, 50), Ms(10)),
        (Reads(CUT, 1), Tenths(5)),
        (Sets(ME, BURNER, 80), Ms(500)),
    ];
    goes_well(plain(), steps);
}

#[test]
fn heat_that_the_device_reads_back_as_something_else_is_not_written_again() {
    goes_well(reading_back(), [(Writes(STUCK), Now), (Sets(ME, BURNER, 80), Ms(2_000))]);
}

#[test]
fn parting_is_not_confirmed_while_the_device_reads_back_heat() {
    let steps = [
        (Sets(ME, BURNER, 80), Ms(5)),
        (Writes(STUCK), Now),
        (Writes(STUCK), Now),
        (Writes(STUCK), Now),
        (Disconnects, Ms(100)),
    ];
    goes_well(reading_back(), steps);
}

#[test]
fn an_order_is_not_tried_again_when_somebody_else_has_come_to_steer() {
    let slow = Write { takes_ms: 204, fault: Some(Fault::Timeout), is_done: false, ..WELL };
    goes_well(plain(), [(Writes(slow), Now), (Sets(Who::Rest, BURNER, 0), Ms(1)), (Sets(ME, BURNER, 0), Ms(1_000))]);
}

#[test]
fn heat_does_not_rise_by_a_reading_that_closes_an_interlock() {
    let setup = Setup { rises_slowly: true, ..interlocked() };
    let steps = [(Sets(Who::Rest, BURNER, 0), Ms(1)), (Reads(HOT, 2), Now), (Sets(ME, BURNER, 10), Tenths(4))];
    goes_well(setup, steps);
}

#[test]
fn an_order_that_raises_what_the_one_before_it_lowers_is_tried_once() {
    let slow = Write { takes_ms: 250, ..WELL };
    let unanswered = Write { fault: Some(Fault::Timeout), ..WELL };
    let steps = [
        (Sets(ME, BURNER, 90), Ms(5)),
        (Writes(slow), Now),
        (Sets(ME, BURNER, 20), Ms(100)),
        (Writes(unanswered), Now),
        (Sets(ME, BURNER, 70), Ms(1_000)),
    ];
    goes_well(plain(), steps);
}

#[test]
fn a_replay_moves_nothing_any_more_once_the_link_is_to_be_let_go() {
    let slow = Write { takes_ms: 601, ..WELL };
    goes_well(plain(), [(Replays(ME, 1), Now), (Writes(slow), Ms(1)), (Disconnects, Now), (Stops(ME), Ms(1_000))]);
}

#[test]
fn no_replay_of_controls_begins_while_heat_is_latched_to_go_on_when_somebody_re_arms() {
    let silent = Read { fault: Some(Fault::Timeout), ..GOOD };
    let steps = [
        (Sets(ME, BURNER, 10), Ms(100)),
        (Reads(HOT, 1), Ms(200)),
        (Replays(ME, 1), Now),
        (Reads(silent, 16), Ms(3_500)),
        (Rearms(ME), Ms(2_000)),
    ];
    goes_well(interlocked(), steps);
}

#[test]
fn an_interlock_that_forced_heat_off_forces_off_what_is_ordered_right_afterwards() {
    let steps = [
        (Sets(ME, BURNER, 10), Ms(398)),
        (Reads(HOT, 1), Ms(4)),
        (Rearms(ME), Ms(200)),
        (Rearms(ME), Now),
        (Sets(ME, BURNER, 10), Ms(100)),
        (Reads(HOT, 1), Ms(1_000)),
    ];
    goes_well(Setup { interlock: Interlock::ForcesHeatOff, ..plain() }, steps);
}

#[test]
fn what_was_read_of_an_output_before_it_was_written_is_not_told_afterwards() {
    let slow = Read { takes_ms: 184, ..GOOD };
    let make = Make { shows: true, in_two: true, ..plain().make };
    let steps = [
        (Restarts, Tenths(1)),
        (Sets(ME, BURNER, 0), Tenths(1)),
        (Reads(slow, 3), Tenths(1)),
        (Sets(ME, BURNER, 0), Tenths(3)),
        (Rearms(ME), Now),
        (Sets(ME, BURNER, 10), Tenths(3)),
        (Sets(Who::Client(1), BURNER, 0), Tenths(1)),
    ];
    goes_well(Setup { make, operator_is_missed: true, ..plain() }, steps);
}

#[test]
fn a_stop_between_a_disconnect_and_a_connect_that_follows_at_once_stops() {
    let steps = [
        (Sets(ME, BURNER, 30), Ms(1_000)),
        (Disconnects, Now),
        (Stops(ME), Now),
        (Connects, Ms(1_000)),
        (Rearms(ME), Now),
    ];
    goes_well(plain(), steps);
}

#[test]
fn what_another_hand_sets_while_a_reading_is_taken_is_not_written_over() {
    let slow = Read { takes_ms: 250, ..GOOD };
    let make = Make { shows: true, in_two: true, ..plain().make };
    let steps = [(Sets(ME, BURNER, 80), Ms(500)), (Reads(slow, 1), Ms(200)), (Panel(0), Ms(2_000))];
    goes_well(Setup { make, ..plain() }, steps);
}
