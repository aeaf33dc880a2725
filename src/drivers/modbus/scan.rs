//! A look at what a device has in a table: reads only, and beside machines that use the same line.

use std::time::Duration;

use hearth_actors::driver::DriverError;

use super::access::Link;
use super::bus::{BusDirectory, Lane};
use super::op::{Op, Reply};
use crate::config::modbus::{ModbusConfig, REGISTERS_MAX, Register};

/// Bits that one read may fetch. Source: Modbus application protocol 1.1b3, 6.1.
const BITS_MAX: u16 = 2000;

/// Reads one table of one device.
pub struct Scanner {
    link: Link,
    unit: u8,
    register: Register,
    limit: Duration,
    width: u16,
}

/// What a part of a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// These values; bits are 0 and 1.
    Values(Vec<u16>),
    /// The device has nothing there, at least not as a whole.
    Nothing,
}

impl Scanner {
    /// A scanner of a device that a machine's configuration describes; `buses` is the daemon's one directory.
    pub fn new(config: &ModbusConfig, register: Register, buses: &BusDirectory) -> Self {
        let common = config.common();
        let most = if register.is_bits() { BITS_MAX } else { REGISTERS_MAX };
        Self {
            link: Link::new(config, buses),
            unit: common.unit_id,
            register,
            limit: Duration::from_millis(common.timeout_ms),
            width: common.max_registers.clamp(1, most),
        }
    }

    /// How many items one read may fetch.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Opens the way to the device.
    ///
    /// # Errors
    /// When nobody is there.
    pub async fn open(&mut self) -> Result<(), DriverError> {
        let place = self.link.place();
        self.link.open().await.map_err(|failure| failure.during(format!("connecting to {place}")))
    }

    /// Reads a part of the table, at most [`Scanner::width`] items.
    ///
    /// # Errors
    /// Why there is no answer, or that the device has no such table.
    pub async fn look(&mut self, address: u16, count: u16) -> Result<Seen, DriverError> {
        let op = Op::Read { register: self.register, address, count };
        match self.link.ask(self.unit, op, Lane::Ordinary, self.limit).await {
            Ok(Reply::Words(words)) => Ok(Seen::Values(words)),
            Ok(Reply::Bits(bits)) => Ok(Seen::Values(bits.into_iter().map(u16::from).collect())),
            Ok(Reply::Written) => Ok(Seen::Nothing),
            Err(failure) if failure.concerns_addresses() => Ok(Seen::Nothing),
            Err(failure) => Err(failure.during(op.words(self.unit, &self.link.place()))),
        }
    }
}
