//! No heat unasked, no order of who does not steer, no acknowledgement that is not true: in random histories of people, sensors, links
//! and crashes, all in virtual time. A short count; `make trust` sets HEARTH_HISTORIES to a long one.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod chance;
mod device;
mod found;
mod judge;
mod lease;
mod seen;
mod stage;
mod tally;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use hearth_actors::model::command::Want;
use hearth_actors::runtime::clock::throw_wall;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use chance::{Happening, Pause, happening, pause, setup};
use judge::{BURNER, Setup};
use lease::{ADMIN, Who, Wish};
use stage::Stage;
use tally::Tally;

async fn sleep(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

async fn happens(stage: &Rc<Stage>, happening: Happening) {
    use Happening::*;
    match happening {
        // The lease is asked past the machine's mailbox: it comes when all before it is settled.
        Comes(_) | Goes(_) | Wishes(..) => {
            sleep(1).await;
            stage.pass_deadlines().await;
        }
        Sets(..) | Rearms(_) | Replays(..) | Acts(..) => stage.pass_deadlines().await,
        _ => {}
    }
    match happening {
        Sets(who, channel, percent) => drop(stage.set(who, channel, percent)),
        Stops(who) => drop(stage.order(who, Want::Stop)),
        Rearms(who) => drop(stage.order(who, Want::Rearm)),
        Replays(who, speed) => stage.replay(who, speed),
        Connects => drop(stage.order(Who::Client(0), Want::Connect)),
        Disconnects => drop(stage.order(Who::Client(0), Want::Disconnect)),
        Acts(who, action) => drop(stage.order(who, Want::Session(action))),
        Comes(who) => stage.comes(who),
        Goes(who) => stage.goes(who),
        Wishes(client, wish) => {
            stage.wish(client, wish);
            sleep(1).await;
        }
        Restarts => stage.restart(),
        HoldsUp(ms) => stage.hold_up(ms),
        Reads(read, times) => stage.device.lock().next_reads(&read, times),
        RestsAt(read) => stage.device.lock().rest_at(read),
        Writes(write) => stage.device.lock().next_write(write),
        ConnectsSo(connect) => stage.device.lock().next_connect(connect),
        Unreachable(unreachable) => stage.device.lock().be_unreachable(unreachable),
        ThrowsWall(ms) => throw_wall(ms),
        Panel(percent) => {
            let mut device = stage.device.lock();
            device.burner = f64::from(percent);
            device.judge.is_touched = true;
            device.judge.say(format!("another hand sets {percent}"));
        }
    }
}

async fn passes(stage: &Rc<Stage>, pause: Pause) {
    match pause {
        Pause::None => return,
        Pause::Ms(ms) => sleep(ms).await,
        Pause::Tenths(tenths) => {
            let now = stage.device.lock().judge.now().as_millis() as u64;
            sleep((now / 100 + tenths) * 100 - now).await;
        }
    }
    stage.pass_deadlines().await;
    // At the moment itself something may be under way.
    sleep(1).await;
    stage.compare();
}

/// The device is well again: whatever happened, STOP stops, and whoever may gets the heat back.
async fn ends_well(stage: &Rc<Stage>) -> Result<(), String> {
    stage.device.lock().heal();
    stage.device.lock().judge.say("all is well again");
    sleep(20_000).await;
    drop(stage.order(Who::Client(0), Want::Connect));
    sleep(3_000).await;
    stage.device.lock().judge.is_touched = false;
    let stopped = stage.order(Who::Viewer, Want::Stop).await;
    if !matches!(stopped, Ok(Ok(_))) || stage.device.lock().burner > 0.0 {
        return Err(format!("STOP does not stop: {stopped:?}"));
    }
    stage.pass_deadlines().await;
    stage.wish(ADMIN, Wish::Take);
    sleep(1).await;
    let armed = stage.order(Who::Client(ADMIN), Want::Rearm).await;
    let set = stage.set(Who::Client(ADMIN), BURNER, 50).await;
    if !matches!(set, Ok(Ok(_))) || stage.device.lock().burner != 50.0 {
        return Err(format!("nobody gets the heat back: {armed:?}, {set:?}"));
    }
    Ok(())
}

async fn history(setup: Setup, steps: Vec<(Happening, Pause)>, is_ended_well: bool) -> (Tally, Result<(), String>) {
    let stage = Stage::start(setup);
    sleep(1).await;
    for (happening, pause) in steps {
        happens(&stage, happening).await;
        passes(&stage, pause).await;
    }
    let ended = if is_ended_well { ends_well(&stage).await } else { Ok(()) };
    let judge = &mut stage.device.lock().judge;
    if let Err(words) = ended {
        judge.object(words);
    }
    judge.tally.hands = judge.lease.epoch;
    (judge.tally, judge.verdict())
}

fn stopped_clock() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("runtime")
}

/// Lives a history; all that it leaves behind goes with it.
fn live<T>(clock: &Runtime, history: impl Future<Output = T>) -> T {
    let _looked_at_as_it_goes = clock.enter();
    LocalSet::new().block_on(clock, history)
}

/// Lives so many histories: what was tried, how many steps, and what went wrong.
fn live_many(count: u32) -> (Tally, usize, Result<(), String>) {
    let config = Config { cases: count, failure_persistence: None, ..Config::default() };
    let clock = stopped_clock();
    let sum = RefCell::new((Tally::default(), 0));
    let histories = (setup(), prop::collection::vec((happening(), pause()), 1..40), prop::bool::weighted(0.2));
    let ran = TestRunner::new(config).run(&histories, |(setup, steps, is_ended_well)| {
        let count = steps.len();
        let (tally, verdict) = live(&clock, history(setup, steps, is_ended_well));
        let mut sum = sum.borrow_mut();
        *sum = (sum.0 + tally, sum.1 + count);
        verdict.map_err(TestCaseError::fail)
    });
    let (tally, steps) = sum.into_inner();
    (tally, steps, ran.map_err(|failed| failed.to_string()))
}

#[test]
fn in_no_history_does_heat_come_unasked_or_an_order_of_who_does_not_steer_or_a_false_acknowledgement() {
    let wanted: Option<u32> = std::env::var("HEARTH_HISTORIES").ok().and_then(|n| n.parse().ok());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    // A short count leaves the other cores to the other tests.
    let (count, workers) = wanted.map_or((200, 1), |wanted| (wanted.div_ceil(cores), cores));
    let ended: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(move || live_many(count))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker lives")).collect()
    });
    let tally = ended.iter().fold(Tally::default(), |sum, (tally, ..)| sum + *tally);
    let steps: usize = ended.iter().map(|(_, steps, _)| steps).sum();
    if wanted.is_some() {
        println!("{} histories, {steps} steps: {tally:?}", count * workers);
    }
    for (.., ran) in ended {
        if let Err(failed) = ran {
            panic!("{failed}");
        }
    }
    tally.must_be_of_everything();
}
