//! The alarm desk of a machine: where its alarms meet threads, time, the bus and the disk. It stands beside the bus in the machine's
//! slot and outlives the actor, so that a machine that hangs or is parked is alarmed and acknowledged like any other; what becomes of
//! an alarm is decided in [`logic::alarms`](crate::logic::alarms).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use super::bus::Bus;
use super::clock::wall_now;
use super::standing::AlarmKeeper;
use crate::logic::alarms::{AlarmBook, AlarmFault, Changes, Facts, Moment, Trip};
use crate::model::alarm::{BuiltIn, Cry, Severity};
use crate::model::channel::Role;
use crate::model::event::EventBody;
use crate::model::ids::RuleId;
use crate::model::reading::Value;
use crate::model::refusal::Refusal;
use crate::model::spec::MachineSpec;
use crate::model::time::MonoMs;

/// How often time is looked at while it alone may change an alarm.
const TICK: Duration = Duration::from_secs(1);

/// The alarms of one machine.
#[derive(Debug)]
pub struct AlarmDesk {
    bus: Arc<Bus>,
    occurrences: Arc<AtomicU64>,
    keeper: AlarmKeeper,
    book: Mutex<AlarmBook>,
    /// Rung when time begins to matter.
    bell: Arc<Notify>,
}

impl AlarmDesk {
    /// Takes up what was not normal when the daemon ended. Time is kept by a task of the calling thread until the desk is dropped.
    pub fn start(spec: &MachineSpec, bus: Arc<Bus>, occurrences: Arc<AtomicU64>, keeper: AlarmKeeper) -> Arc<Self> {
        let mut book = AlarmBook::new(spec);
        let (known, machine) = bus.look(|snapshot| (snapshot.alarms.clone(), snapshot.machine.clone()));
        let kept = keeper.kept(&machine);
        let mut changes = book.restore(&kept);
        changes.notices.retain(|notice| known.get(&notice.alarm) != Some(notice));
        let desk = Arc::new(Self { bus, occurrences, keeper, book: Mutex::new(book), bell: Arc::default() });
        desk.settle(&desk.lock(), changes);
        actix_rt::spawn(keep_time(Arc::downgrade(&desk), Arc::clone(&desk.bell)));
        desk
    }

    /// Goes on under a new configuration.
    pub fn configure(&self, spec: &MachineSpec) {
        let mut book = self.lock();
        let changes = book.reconfigure(spec);
        self.settle(&book, changes);
    }

    /// Takes one reading; what alarms do about it is for the caller to carry out.
    #[must_use]
    pub fn step(&self, at: MonoMs, bt: Option<f64>, et: Option<f64>, values: &[Value]) -> Vec<Trip> {
        let mut book = self.lock();
        let moment = Moment { bt, et, ..self.moment(at) };
        let changes = self.bus.look(|snapshot| {
            let facts = Facts { values, state: snapshot.state, marks: &snapshot.marks };
            book.step(moment, &facts, &mut || self.number())
        });
        self.settle(&book, changes)
    }

    /// An interlock refused an order.
    pub fn blocked(&self, interlock: &RuleId) {
        self.change(|book, moment| book.blocked(interlock, moment, &mut || self.number()));
    }

    /// An interlock found something where it must not be, and did what these words say.
    pub fn tripped(&self, interlock: &RuleId, cry: Cry) {
        self.change(|book, moment| book.tripped(interlock, cry, moment, &mut || self.number()));
    }

    /// A built-in alarm holds from now on, with these words.
    pub fn raise(&self, built_in: BuiltIn, cry: Cry) {
        self.change(|book, moment| book.signal(built_in, Some(cry), moment, &mut || self.number()));
    }

    /// What a built-in alarm tells of is over.
    pub fn clear(&self, built_in: BuiltIn) {
        self.change(|book, moment| book.signal(built_in, None, moment, &mut || self.number()));
    }

    /// A built-in alarm happened and was over at once: it waits to be seen.
    pub fn flash(&self, built_in: BuiltIn, cry: Cry) {
        self.change(|book, moment| book.flash(built_in, cry, moment, &mut || self.number()));
    }

    /// Whether a built-in alarm is not normal.
    pub fn is_open(&self, built_in: BuiltIn) -> bool {
        self.lock().is_open(built_in)
    }

    /// How bad what a built-in alarm was last told of is; `None` when that is over.
    pub fn held(&self, built_in: BuiltIn) -> Option<Severity> {
        self.lock().held(built_in)
    }

    /// Acknowledges an alarm in somebody's name.
    ///
    /// # Errors
    /// When there is no such alarm, or the occurrence named is not the current one.
    pub fn ack(&self, alarm: &RuleId, occurrence: Option<u64>, by: &str) -> Result<(), Refusal> {
        self.order(|book, moment| book.ack(alarm, occurrence, by, moment))
    }

    /// Hides an alarm for some minutes.
    ///
    /// # Errors
    /// When there is no such alarm, or the time is not one that is allowed.
    pub fn shelve(&self, alarm: &RuleId, minutes: u32) -> Result<(), Refusal> {
        self.order(|book, moment| book.shelve(alarm, minutes, moment, &mut || self.number()))
    }

    /// The machine is to be armed again.
    ///
    /// # Errors
    /// When what stopped it is still there.
    pub fn rearm(&self) -> Result<(), Refusal> {
        self.order(|book, _| book.rearm())
    }

    fn order(&self, act: impl FnOnce(&mut AlarmBook, Moment) -> Result<Changes, AlarmFault>) -> Result<(), Refusal> {
        let mut book = self.lock();
        let changes = act(&mut book, self.present()).map_err(|fault| Refusal::new(fault.code(), fault.to_string()))?;
        self.settle(&book, changes);
        Ok(())
    }

    fn change(&self, act: impl FnOnce(&mut AlarmBook, Moment) -> Changes) {
        let mut book = self.lock();
        let changes = act(&mut book, self.present());
        self.settle(&book, changes);
    }

    fn pass(&self) {
        self.change(|book, moment| book.pass(moment, &mut || self.number()));
    }

    /// What follows is told under the lock: the bus tells it in the order in which it became true.
    fn settle(&self, book: &AlarmBook, changes: Changes) -> Vec<Trip> {
        let Changes { notices, trips, worth_keeping } = changes;
        if worth_keeping {
            let machine = self.bus.look(|snapshot| snapshot.machine.clone());
            self.keeper.keep(machine, book.standing());
        }
        for notice in notices {
            self.bus.publish(EventBody::Alarm(notice));
        }
        if book.is_waiting() {
            self.bell.notify_one();
        }
        trips
    }

    fn number(&self) -> u64 {
        self.occurrences.fetch_add(1, Ordering::Relaxed)
    }

    fn moment(&self, now: MonoMs) -> Moment {
        let (at, speed) = (self.bus.session_time(now), self.bus.clock().speed());
        Moment { now, at, wall: wall_now(), speed, bt: None, et: None }
    }

    /// Now, with what was read last.
    fn present(&self) -> Moment {
        let role =
            |role| self.bus.look(|snapshot| snapshot.last_reading.as_ref().and_then(|(_, reading)| reading.role(role)));
        Moment { bt: role(Role::Bt), et: role(Role::Et), ..self.moment(self.bus.clock().now()) }
    }

    fn lock(&self) -> MutexGuard<'_, AlarmBook> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AlarmDesk {
    fn drop(&mut self) {
        self.bell.notify_one();
    }
}

async fn keep_time(desk: Weak<AlarmDesk>, bell: Arc<Notify>) {
    loop {
        let Some(is_waiting) = desk.upgrade().map(|desk| desk.lock().is_waiting()) else { return };
        if is_waiting {
            tokio::time::sleep(TICK).await;
        } else {
            bell.notified().await;
        }
        let Some(desk) = desk.upgrade() else { return };
        desk.pass();
    }
}
