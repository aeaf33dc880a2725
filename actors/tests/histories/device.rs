//! A device with a mind of its own: it answers late, wrongly or never, loses its link, crashes its driver. It shows every call to the
//! judge before it does anything.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hearth_actors::driver::{Applied, Driver, DriverError, DriverFactory, Sample};
use hearth_actors::logic::gate::Admitted;
use hearth_actors::model::reading::MissingReason;

use super::judge::{BT, BURNER, ET, Ending, Judge, SAME};

/// What a call does besides what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Timeout,
    Refused,
    Disconnect,
    Panic,
    /// Never returns.
    Hang,
}

#[derive(Debug, Clone)]
pub struct Read {
    pub bt: Option<f64>,
    pub et: Option<f64>,
    pub takes_ms: u64,
    /// Of its last request.
    pub fault: Option<Fault>,
}

#[derive(Debug, Clone)]
pub struct Write {
    pub takes_ms: u64,
    pub fault: Option<Fault>,
    /// Whether a write that fails is done nevertheless.
    pub is_done: bool,
    /// The output stays where it was; a read-back tells so.
    pub is_stuck: bool,
}

#[derive(Debug, Clone)]
pub struct Connect {
    pub takes_ms: u64,
    pub fault: Option<Fault>,
}

pub const GOOD: Read = Read { bt: Some(200.0), et: Some(210.0), takes_ms: 0, fault: None };
pub const WELL: Write = Write { takes_ms: 0, fault: None, is_done: true, is_stuck: false };

/// What differs from device to device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Make {
    /// Readings tell what the burner is set to.
    pub shows: bool,
    /// A write tells what it led to.
    pub reads_back: bool,
    /// BT and ET take a request each.
    pub in_two: bool,
}

#[derive(Clone)]
pub struct Device(Arc<Mutex<Inner>>);

pub struct Inner {
    pub judge: Judge,
    make: Make,
    reads: VecDeque<Read>,
    rests: Read,
    writes: VecDeque<Write>,
    connects: VecDeque<Connect>,
    unreachable: bool,
    /// What the burner really is set to.
    pub burner: f64,
    drivers: u32,
}

impl Device {
    pub fn new(make: Make, judge: Judge) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            judge,
            make,
            reads: VecDeque::new(),
            rests: GOOD,
            writes: VecDeque::new(),
            connects: VecDeque::new(),
            unreachable: false,
            burner: 0.0,
            drivers: 0,
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn factory(&self) -> DriverFactory {
        let device = self.clone();
        Arc::new(move |_| {
            let mut inner = device.lock();
            inner.drivers += 1;
            let number = inner.drivers;
            inner.judge.fresh_driver(number);
            Box::new(Hand { device: device.clone(), number, step: GOOD })
        })
    }
}

impl Inner {
    pub fn next_reads(&mut self, read: &Read, times: usize) {
        self.reads.extend(std::iter::repeat_n(read.clone(), times));
    }

    pub fn rest_at(&mut self, read: Read) {
        self.rests = read;
    }

    pub fn next_write(&mut self, write: Write) {
        self.writes.push_back(write);
    }

    pub fn next_connect(&mut self, connect: Connect) {
        self.connects.push_back(connect);
    }

    pub fn be_unreachable(&mut self, unreachable: bool) {
        self.unreachable = unreachable;
    }

    /// From now on it does what it should.
    pub fn heal(&mut self) {
        self.reads.clear();
        self.writes.clear();
        self.connects.clear();
        (self.rests, self.unreachable) = (GOOD, false);
    }
}

/// A driver of the device.
struct Hand {
    device: Device,
    number: u32,
    /// The reading under way.
    step: Read,
}

/// A call that waits for ever: when it is dropped, it has been given up.
struct Waits<'a>(&'a Hand);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.device.lock().judge.lost(self.0.number);
    }
}

impl Hand {
    /// Ends a call as its fault says.
    async fn fail(&self, fault: Fault, what: &str) -> DriverError {
        let what = what.to_owned();
        let (cause, hint) = ("it is a script".to_owned(), String::new());
        match fault {
            Fault::Timeout => DriverError::Timeout { what, after_ms: 100, hint },
            Fault::Refused => DriverError::Rejected { what, cause, hint },
            Fault::Disconnect => {
                self.device.lock().judge.lost(self.number);
                DriverError::Disconnected { what, cause, hint }
            }
            Fault::Panic => {
                self.device.lock().judge.crashed(self.number);
                // Unlike `panic!`, this tells nobody on the console.
                std::panic::resume_unwind(Box::new("scripted panic"))
            }
            Fault::Hang => {
                let _waits = Waits(self);
                std::future::pending().await
            }
        }
    }
}

async fn takes(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

#[async_trait(?Send)]
impl Driver for Hand {
    fn name(&self) -> String {
        "Scripted".to_owned()
    }

    async fn connect(&mut self) -> Result<(), DriverError> {
        let step = {
            let mut device = self.device.lock();
            let step = device.connects.pop_front().unwrap_or(Connect { takes_ms: 0, fault: None });
            if device.unreachable { Connect { fault: Some(Fault::Disconnect), ..step } } else { step }
        };
        takes(step.takes_ms).await;
        if let Some(fault) = step.fault {
            return Err(self.fail(fault, "connecting").await);
        }
        self.device.lock().judge.connected(self.number);
        Ok(())
    }

    fn requests(&self) -> usize {
        if self.device.lock().make.in_two { 2 } else { 1 }
    }

    async fn read(&mut self, request: usize, sample: &mut Sample) -> Result<(), DriverError> {
        if request == 0 {
            let mut device = self.device.lock();
            device.judge.reads(self.number);
            self.step = device.reads.pop_front().unwrap_or_else(|| device.rests.clone());
        }
        let is_last = request + 1 == self.requests();
        takes(self.step.takes_ms).await;
        let fault = self.step.fault.filter(|_| is_last);
        let failed = match fault {
            Some(fault) => Some(self.fail(fault, "reading").await),
            None => None,
        };
        let mut device = self.device.lock();
        let mut tell = |channel, value: Option<f64>| match value {
            Some(value) => sample.set(channel, value),
            None => sample.fail(channel, MissingReason::Timeout),
        };
        if failed.is_none() {
            if request == 0 {
                tell(BT, self.step.bt);
                if device.make.shows {
                    tell(BURNER, Some(device.burner));
                    device.judge.shown = Some(device.burner);
                }
            }
            if is_last {
                tell(ET, self.step.et);
            }
        }
        if is_last {
            let known = |channel: usize| sample.values()[channel].ok().filter(|_| !sample.is_kept(channel));
            device.judge.read(self.number, known(BT), known(ET), known(BURNER));
        }
        failed.map_or(Ok(()), Err)
    }

    async fn apply(&mut self, order: &Admitted) -> Result<Applied, DriverError> {
        let step = {
            let mut device = self.device.lock();
            let burner = device.burner;
            device.judge.writes(self.number, order, burner);
            let step = device.writes.pop_front().unwrap_or(WELL);
            let is_stuck = step.is_stuck && device.make.reads_back;
            if order.channel() == BURNER && (step.fault.is_none() || step.is_done) && !is_stuck {
                device.burner = order.native();
            }
            step
        };
        takes(step.takes_ms).await;
        if let Some(fault) = step.fault {
            self.device.lock().judge.wrote(self.number, order, Ending::Unknown);
            return Err(self.fail(fault, "writing").await);
        }
        let mut device = self.device.lock();
        let readback = (device.make.reads_back && order.channel() == BURNER).then_some(device.burner);
        let agrees = readback.is_none_or(|readback| (readback - order.native()).abs() <= SAME);
        device.judge.wrote(self.number, order, if agrees { Ending::Confirmed } else { Ending::Otherwise });
        Ok(Applied { readback })
    }

    async fn disconnect(&mut self) {
        let mut device = self.device.lock();
        let burner = device.burner;
        device.judge.parted(self.number, burner);
    }
}
