//! What outlives a driver: the machine itself with its clock and its list of faults.
//!
//! Restarts of the machine's actor and reconnects find it as they left it, only later. Each driver made for it gets a number;
//! only the newest may touch it, so one that was abandoned while it blocked can do nothing when it wakes up.

use tokio::time::Instant;

use crate::config::simulator::SimulatorConfig;

use super::faults::{Call, FaultList, Mishap};
use super::machine::{Machine, Part, build};

/// Number of a driver of this machine; later ones are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriverNumber(u64);

/// The machine, its clock and its faults.
#[derive(Debug)]
pub struct Plant {
    speed: f64,
    first_connect: Option<Instant>,
    newest: DriverNumber,
    machine: Box<dyn Machine>,
    faults: FaultList,
}

impl Plant {
    /// A machine whose clock stands at 0 until somebody connects.
    pub fn new(config: &SimulatorConfig) -> Self {
        Self {
            speed: config.speed,
            first_connect: None,
            newest: DriverNumber(0),
            machine: build(config),
            faults: FaultList::new(&config.faults),
        }
    }

    /// Lets in a new driver and shuts out all earlier ones.
    pub fn admit_driver(&mut self) -> DriverNumber {
        self.newest = DriverNumber(self.newest.0 + 1);
        self.newest
    }

    /// The part of the machine that a channel is.
    pub fn find(&self, channel: &str) -> Option<Part> {
        self.machine.find(channel)
    }

    /// The ids of the machine's controls.
    pub fn controls(&self) -> Vec<&'static str> {
        self.machine.controls()
    }

    /// Whether this driver is the newest.
    pub fn is_newest(&self, driver: DriverNumber) -> bool {
        self.newest == driver
    }

    /// Starts the clock if it does not run yet.
    pub fn start_clock(&mut self, now: Instant) {
        self.first_connect.get_or_insert(now);
    }

    /// What goes wrong with a call.
    pub fn strike(&mut self, call: Call, now: Instant) -> Option<Mishap> {
        let now_ms = self.now_ms(now);
        self.faults.strike(call, now_ms)
    }

    /// The machine as it is now.
    pub fn machine(&mut self, now: Instant) -> &mut dyn Machine {
        let now_ms = self.now_ms(now);
        self.machine.advance_to(now_ms);
        self.machine.as_mut()
    }

    /// The machine's clock. Unit: ms since the first connect.
    fn now_ms(&self, now: Instant) -> u64 {
        let since = self.first_connect.map_or(0.0, |first| now.saturating_duration_since(first).as_secs_f64());
        // Rounded to µs first: a product such as 0.29 s * 100 must not fall short of its millisecond.
        ((since * self.speed * 1e6).round() / 1e3) as u64
    }
}
