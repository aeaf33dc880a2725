//! What must never happen, judged from outside: by what people asked for, what they were answered, and every call that the device saw.
//! Written from the safety design, not from the code. The judge believes the house only who gave an order that it writes.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_actors::model::command::Outcome;
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use tokio::time::Instant;

use super::device::Make;
use super::lease::{Lease, Who};
use super::tally::Tally;

pub const BT: usize = 0;
pub const ET: usize = 1;
pub const BURNER: usize = 2;
pub const AIR: usize = 3;

/// At or above this an interlock is closed. Unit: °C.
pub const TOO_HOT: f64 = 250.0;
/// How long a sensor of heat may tell nothing.
pub const SENSOR_LOSS: Duration = Duration::from_secs(3);
/// How long heat may be on alone, where that is watched.
pub const OPERATOR_LOSS: Duration = Duration::from_secs(5);
/// Clocks may differ by this much.
pub const MOMENT: Duration = Duration::from_millis(3);
/// A loss may be seen this much late.
pub const LATE: Duration = Duration::from_millis(300);

/// A read-back that differs by no more is taken for the same: 1 % of the range. Unit: %.
pub const SAME: f64 = 1.0;

/// What the burner was set to in the roast that is repeated, second by second. Unit: %.
pub const REPLAYED: [u8; 6] = [30, 60, 0, 90, 20, 70];

/// What an interlock does about beans that are too hot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interlock {
    None,
    BlocksHeat,
    ForcesHeatOff,
    ForcesAir,
}

/// What differs from machine to machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    pub make: Make,
    pub interlock: Interlock,
    pub rises_slowly: bool,
    pub operator_is_missed: bool,
    pub interval_ms: u64,
}

/// What somebody ordered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ordered {
    Set {
        channel: usize,
        native: f64,
    },
    Stop,
    Rearm,
    /// Something that steers, and no output.
    Session,
    /// A roast is to be repeated, with what was set in it.
    Replay,
    Connect,
    Disconnect,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Confirmed,
    /// The device did not say so, and may have done it.
    Unknown,
    /// The device has something else.
    Otherwise,
}

#[derive(Debug)]
pub struct Order {
    pub seq: u64,
    pub at: Duration,
    /// The epoch it was given under; `None` where it must be refused.
    pub epoch: Option<u64>,
    pub needs_lease: bool,
    pub ordered: Ordered,
    /// When it was first written it was for more heat than there was.
    pub raises: bool,
    pub attempts: u32,
    /// What the device confirmed of it last.
    pub confirmed: Option<f64>,
    pub answer: Option<Result<(), RefusalCode>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Down,
    /// There is one; outputs are being brought to safety.
    Entering,
    Up,
}

pub struct Judge {
    pub setup: Setup,
    pub started: Instant,
    pub seq: u64,
    pub lease: Lease,
    /// A crash may have swallowed an order: from then on it is not known who steers.
    pub lease_is_known: bool,
    pub orders: BTreeMap<CommandId, Order>,
    /// Heat that was ordered before this is void.
    pub void_before: u64,
    /// The last cause since which nobody has re-armed.
    pub latched: Option<u64>,
    /// STOPs on their way to the machine.
    pub stopping: Vec<(u64, Duration)>,
    pub owes_safe: bool,
    pub driver: Option<u32>,
    pub link: Link,
    /// When each sensor of heat told something last.
    pub good: [Duration; 2],
    pub sensor_tripped: bool,
    /// The link is to be let go: no sensor is missed any more.
    pub is_parting: bool,
    /// What the last reading told of BT, and when.
    pub bt: (Option<f64>, Duration),
    /// What any request showed of the burner since it was last written.
    pub shown: Option<f64>,
    /// The order that keeps the burner on, as far as it was confirmed.
    pub held: Option<(CommandId, f64)>,
    pub hot_since: Duration,
    /// What the burner was last known to be set to, and whether its last write was confirmed.
    pub believed: f64,
    pub is_confirmed: bool,
    /// When the link was let go with the burner on.
    pub parted_hot_at: Option<Duration>,
    pub operators: u32,
    pub seen_at: Duration,
    /// Another hand was at the machine's own panel.
    pub is_touched: bool,
    pub tally: Tally,
    pub found: Vec<String>,
    pub said: Vec<String>,
}

impl Judge {
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            started: Instant::now(),
            seq: 0,
            lease: Lease::default(),
            lease_is_known: true,
            orders: BTreeMap::new(),
            void_before: 0,
            latched: None,
            stopping: Vec::new(),
            owes_safe: false,
            driver: None,
            link: Link::Down,
            good: [Duration::ZERO; 2],
            sensor_tripped: false,
            is_parting: false,
            bt: (None, Duration::ZERO),
            shown: None,
            held: None,
            hot_since: Duration::ZERO,
            believed: 0.0,
            is_confirmed: false,
            parted_hot_at: None,
            operators: 0,
            seen_at: Duration::ZERO,
            is_touched: false,
            tally: Tally::default(),
            found: Vec::new(),
            said: Vec::new(),
        }
    }

    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// What was found, with what led to it.
    pub fn verdict(&self) -> Result<(), String> {
        if self.found.is_empty() {
            return Ok(());
        }
        Err(format!("{}\n{:?}\n{}", self.found.join("\n"), self.setup, self.said.join("\n")))
    }

    pub fn say(&mut self, words: impl Into<String>) {
        let at = self.now().as_millis();
        self.said.push(format!("{at:>7} {}", words.into()));
    }

    pub fn object(&mut self, words: impl Into<String>) {
        let words = words.into();
        self.say(format!("!!! {words}"));
        self.found.push(words);
    }

    pub fn orders(&mut self, id: CommandId, who: Who, ordered: Ordered, is_alive: bool) {
        let seq = self.next();
        let at = self.now();
        self.say(format!("{who:?} orders {ordered:?} as {}{}", id.0, if is_alive { "" } else { ", to nobody" }));
        self.tally.orders += 1;
        if who != Who::Viewer && !matches!(who, Who::TaskOf(_)) {
            self.seen_at = at;
        }
        let needs_lease = !matches!(ordered, Ordered::Stop | Ordered::Connect | Ordered::Disconnect);
        let epoch = if is_alive && needs_lease { self.lease.order(who, at) } else { None };
        if ordered == Ordered::Stop && is_alive {
            self.tally.stops += 1;
            self.stopping.push((seq, at));
        }
        self.is_parting |= ordered == Ordered::Disconnect && is_alive;
        let order =
            Order { seq, at, epoch, needs_lease, ordered, raises: false, attempts: 0, confirmed: None, answer: None };
        self.orders.insert(id, order);
    }

    pub fn answered(&mut self, id: CommandId, answer: &Result<Outcome, Refusal>, burner: f64) {
        self.tick();
        let code = answer.as_ref().err().map(|refusal| refusal.code);
        self.say(format!("{} is answered {}", id.0, code.map_or("yes".to_owned(), |code| format!("{code:?}"))));
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.answer = Some(code.map_or(Ok(()), Err));
        let (seq, epoch, needs_lease, ordered) = (order.seq, order.epoch, order.needs_lease, order.ordered);
        let (attempts, confirmed, is_sudden) = (order.attempts, order.confirmed, order.at == now);
        if code == Some(RefusalCode::MachineFailed) {
            self.lease_is_known &= !(needs_lease && is_sudden && epoch.is_some());
            return;
        }
        match code {
            None => self.tally.applied += 1,
            Some(_) => self.tally.refused += 1,
        }
        self.lease.pass(now);
        if needs_lease && self.lease_is_known {
            self.judge_lease(id, epoch, code);
        }
        match (ordered, code) {
            (Ordered::Set { native, .. }, None) if confirmed != Some(native) => {
                self.object(format!("{} was acknowledged, the device confirmed {confirmed:?} of it", id.0));
            }
            (Ordered::Set { .. }, Some(code)) if attempts > 0 && !self.may_have_been_tried(code) => {
                self.object(format!("{} was written and answered {code:?}", id.0));
            }
            (Ordered::Stop, None) => {
                self.stop_holds(|stop, _| stop <= seq);
                if burner > SAME && !self.is_touched {
                    self.object(format!("STOP {} was confirmed with the burner at {burner}", id.0));
                }
            }
            (Ordered::Rearm, None) => self.rearmed(seq, now),
            (Ordered::Disconnect, None) if self.parted_hot_at == Some(now) => {
                self.object("parting was confirmed with the burner on");
            }
            _ => {}
        }
    }

    pub fn comes(&mut self, is_operator: bool) {
        self.operators += u32::from(is_operator);
    }

    pub fn goes(&mut self, is_operator: bool) {
        self.operators -= u32::from(is_operator);
        self.seen_at = if is_operator { self.now() } else { self.seen_at };
    }

    /// Nothing is under way any more: what the house says of who steers, where that is told, and of the latch.
    pub fn compare(&mut self, holder: Option<Option<usize>>, is_latched: bool) {
        self.tick();
        let now = self.now();
        self.lease.pass(now);
        if let Some(holder) = holder.filter(|holder| self.lease_is_known && *holder != self.lease.holder) {
            self.object(format!("{holder:?} is said to steer, {:?} does", self.lease.holder));
        }
        if self.latched.is_some() && !is_latched {
            self.object("heat is not latched");
        }
    }

    fn judge_lease(&mut self, id: CommandId, epoch: Option<u64>, code: Option<RefusalCode>) {
        let is_locked = matches!(code, Some(RefusalCode::SessionLocked | RefusalCode::Forbidden));
        match epoch {
            None if !is_locked => self.object(format!("{} was let through, and somebody else steers", id.0)),
            Some(epoch) if is_locked && epoch == self.lease.epoch => {
                self.object(format!("{} was locked out, and nobody else steers", id.0));
            }
            None | Some(_) => {}
        }
    }

    /// Whether an order that is answered so may have reached the device.
    fn may_have_been_tried(&self, code: RefusalCode) -> bool {
        match code {
            RefusalCode::WriteFailed => true,
            // As far as it had risen.
            RefusalCode::Superseded | RefusalCode::SessionLocked | RefusalCode::InterlockBlocked => {
                self.setup.rises_slowly
            }
            _ => false,
        }
    }

    pub fn next(&mut self) -> u64 {
        self.tick();
        self.seq += 1;
        self.seq
    }

    pub fn latch(&mut self) {
        let cause = self.next();
        self.latch_at(cause);
    }

    fn latch_at(&mut self, cause: u64) {
        self.tally.latches += 1;
        self.void_before = self.void_before.max(cause);
        self.latched = self.latched.max(Some(cause));
    }

    pub fn die(&mut self) {
        self.latch();
        (self.driver, self.link, self.owes_safe) = (None, Link::Down, true);
    }

    /// What follows from time alone.
    pub fn tick(&mut self) {
        let now = self.now();
        // Time has passed since it was sent.
        self.stop_holds(|_, at| at < now);
        let is_lost =
            self.link == Link::Up && !self.is_parting && self.good.iter().any(|good| now > *good + SENSOR_LOSS + LATE);
        if is_lost && !self.sensor_tripped {
            self.sensor_tripped = true;
            self.say("a sensor is lost");
            self.seq += 1;
            self.tally.latches += 1;
            self.latched = Some(self.seq);
            // It may have been seen a while ago, and what was ordered since is not of before.
            let seen_by = self.good[0].min(self.good[1]) + SENSOR_LOSS - LATE;
            let before = self.orders.values().filter(|order| order.at <= seen_by).map(|order| order.seq).max();
            self.void_before = self.void_before.max(before.unwrap_or(0));
        }
    }

    /// The machine has these STOPs.
    fn stop_holds(&mut self, which: impl Fn(u64, Duration) -> bool) {
        let (due, stopping) =
            std::mem::take(&mut self.stopping).into_iter().partition(|(cause, at)| which(*cause, *at));
        self.stopping = stopping;
        let due: Vec<(u64, Duration)> = due;
        due.into_iter().for_each(|(cause, _)| self.latch_at(cause));
    }

    /// Forgives what was there before it was asked for.
    fn rearmed(&mut self, asked: u64, now: Duration) {
        self.stop_holds(|stop, _| stop < asked);
        if self.latched.is_some_and(|cause| cause < asked) {
            self.tally.rearmed += 1;
            self.latched = None;
        }
        self.sensor_tripped = false;
        self.good = self.good.map(|good| good.max(now));
    }
}
