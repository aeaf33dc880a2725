//! What may happen, and how often.

use hearth_actors::model::command::SessionAction;
use proptest::prelude::*;

use super::device::{Connect, Fault, GOOD, Make, Read, Write};
use super::judge::{AIR, BURNER, Interlock, Setup};
use super::lease::{CLIENTS, Who, Wish};

#[derive(Debug, Clone)]
pub enum Happening {
    Sets(Who, usize, u8),
    Stops(Who),
    Rearms(Who),
    /// Repeats a roast, so many times as fast.
    Replays(Who, u8),
    Connects,
    Disconnects,
    Acts(Who, SessionAction),
    Comes(Who),
    Goes(Who),
    Wishes(usize, Wish),
    /// The machine's program is restarted by hand.
    Restarts,
    /// What is told waits for a slow disk. Unit: ms.
    HoldsUp(u64),
    /// The next readings, and how many.
    Reads(Read, usize),
    /// All readings from now on.
    RestsAt(Read),
    Writes(Write),
    ConnectsSo(Connect),
    Unreachable(bool),
    /// Another hand, at the machine's own panel.
    Panel(u8),
    /// The computer's wall clock is put so far off. Unit: ms.
    ThrowsWall(i64),
}

#[derive(Debug, Clone, Copy)]
pub enum Pause {
    None,
    Ms(u64),
    /// Until the next tenth of a second, when readings are due as well.
    Tenths(u64),
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        10 => Just(Who::Client(0)),
        3 => (0..CLIENTS).prop_map(Who::Client),
        1 => Just(Who::Rest),
        1 => (0..2_usize).prop_map(Who::TaskOf),
        1 => Just(Who::Viewer),
    ]
}

fn someone_there() -> impl Strategy<Value = Who> {
    prop_oneof![4 => (0..CLIENTS).prop_map(Who::Client), 1 => Just(Who::Viewer)]
}

fn wish() -> impl Strategy<Value = Wish> {
    let answer = (0..CLIENTS, any::<bool>()).prop_map(|(asker, grant)| Wish::Answer { asker, grant });
    prop_oneof![2 => Just(Wish::Acquire), 2 => Just(Wish::Release), 3 => Just(Wish::Take), 2 => answer]
}

fn percent() -> impl Strategy<Value = u8> {
    prop_oneof![1 => Just(0_u8), 4 => (1..=10_u8).prop_map(|tenth| tenth * 10)]
}

fn short() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(0), 2 => 1..200_u64, 1 => 200..1_900_u64]
}

fn read() -> impl Strategy<Value = Read> {
    let bt = prop_oneof![5 => (180.0..240.0).prop_map(Some), 3 => (250.0..300.0).prop_map(Some), 2 => Just(None),
        1 => Just(Some(f64::NAN)), 1 => Just(Some(1e12))];
    let et = prop_oneof![6 => Just(Some(210.0)), 1 => Just(None)];
    let fault = prop_oneof![12 => Just(None), 2 => Just(Some(Fault::Timeout)), 2 => Just(Some(Fault::Disconnect)),
        1 => Just(Some(Fault::Panic)), 1 => Just(Some(Fault::Hang)), 1 => Just(Some(Fault::Refused))];
    (bt, et, short(), fault).prop_map(|(bt, et, takes_ms, fault)| Read { bt, et, takes_ms, fault })
}

/// What a device may do for ever.
fn rest() -> impl Strategy<Value = Read> {
    prop_oneof![3 => Just(GOOD), 2 => read().prop_map(|read| Read { fault: None, takes_ms: read.takes_ms / 4, ..read }),
        1 => Just(Read { fault: Some(Fault::Timeout), ..GOOD })]
}

fn write() -> impl Strategy<Value = Write> {
    let fault = prop_oneof![4 => Just(None), 2 => Just(Some(Fault::Timeout)), 2 => Just(Some(Fault::Refused)),
        2 => Just(Some(Fault::Disconnect)), 1 => Just(Some(Fault::Panic)), 1 => Just(Some(Fault::Hang))];
    (short(), fault, any::<bool>(), prop::bool::weighted(0.5)).prop_map(|(takes_ms, fault, is_done, is_stuck)| Write {
        takes_ms,
        fault,
        is_done,
        is_stuck,
    })
}

fn connect() -> impl Strategy<Value = Connect> {
    let fault = prop_oneof![3 => Just(None), 2 => Just(Some(Fault::Timeout)), 1 => Just(Some(Fault::Panic)),
        1 => Just(Some(Fault::Hang))];
    (short(), fault).prop_map(|(takes_ms, fault)| Connect { takes_ms, fault })
}

const HOUR_MS: i64 = 3_600_000;
const TEN_YEARS_MS: i64 = 10 * 365 * 24 * HOUR_MS;

fn action() -> impl Strategy<Value = SessionAction> {
    use SessionAction::{Reset, StartMonitoring, StartRecording, StopMonitoring};
    prop_oneof![Just(StartMonitoring), Just(StopMonitoring), Just(StartRecording), Just(Reset)]
}

pub fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    prop_oneof![
        24 => (who(), percent()).prop_map(|(who, percent)| Sets(who, BURNER, percent)),
        4 => (who(), percent()).prop_map(|(who, percent)| Sets(who, AIR, percent)),
        4 => who().prop_map(Stops),
        12 => who().prop_map(Rearms),
        3 => (who(), 1..5_u8).prop_map(|(who, speed)| Replays(who, speed)),
        2 => Just(Connects),
        1 => Just(Disconnects),
        1 => (who(), action()).prop_map(|(who, action)| Acts(who, action)),
        3 => someone_there().prop_map(Comes),
        3 => someone_there().prop_map(Goes),
        6 => (0..CLIENTS, wish()).prop_map(|(client, wish)| Wishes(client, wish)),
        1 => Just(Restarts),
        4 => (1..3_000_u64).prop_map(HoldsUp),
        10 => (read(), 1..4_usize).prop_map(|(read, times)| Reads(read, times)),
        4 => rest().prop_map(RestsAt),
        6 => write().prop_map(Writes),
        2 => connect().prop_map(ConnectsSo),
        2 => prop::bool::weighted(0.3).prop_map(Unreachable),
        1 => percent().prop_map(Panel),
        2 => prop::sample::select(&[-TEN_YEARS_MS, -HOUR_MS, 0, HOUR_MS, TEN_YEARS_MS][..]).prop_map(ThrowsWall),
    ]
}

pub fn pause() -> impl Strategy<Value = Pause> {
    prop_oneof![
        20 => Just(Pause::None),
        20 => (1..=30_u64).prop_map(Pause::Ms),
        40 => (1..=8_u64).prop_map(Pause::Tenths),
        6 => (500..4_000_u64).prop_map(Pause::Ms),
        1 => (5_000..32_000_u64).prop_map(Pause::Ms),
    ]
}

pub fn setup() -> impl Strategy<Value = Setup> {
    use Interlock::{BlocksHeat, ForcesAir, ForcesHeatOff, None};
    let interlock = prop_oneof![2 => Just(None), 3 => Just(BlocksHeat), 1 => Just(ForcesHeatOff), 1 => Just(ForcesAir)];
    let make = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(shows, reads_back, in_two)| Make {
        shows,
        reads_back,
        in_two,
    });
    let interval = prop_oneof![Just(200_u64), Just(500), Just(1_000)];
    (make, interlock, prop::bool::weighted(0.25), prop::bool::weighted(0.25), interval).prop_map(
        |(make, interlock, rises_slowly, operator_is_missed, interval_ms)| Setup {
            make,
            interlock,
            rises_slowly,
            operator_is_missed,
            interval_ms,
        },
    )
}
