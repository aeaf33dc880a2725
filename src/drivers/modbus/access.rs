//! How a device is reached: a connection of its own, or a share in a line.

use std::time::Duration;

use super::bus::{BusDirectory, BusHandle, Lane, Line};
use super::failure::Failure;
use super::op::{Op, Reply};
use super::serial::SerialLine;
use super::tcp::{Address, TcpLine};
use crate::config::modbus::ModbusConfig;

/// How the device is reached.
pub enum Link {
    /// A connection of its own.
    Own(TcpLine),
    /// A share in a line.
    Shared {
        /// Which.
        line: Line,
        /// Where lines are found.
        buses: BusDirectory,
        /// The share, while it is open.
        bus: Option<BusHandle>,
    },
}

impl Link {
    /// The way that a configuration describes; not open yet.
    pub fn new(config: &ModbusConfig, buses: &BusDirectory) -> Self {
        let shared = |line| Self::Shared { line, buses: buses.clone(), bus: None };
        match config {
            ModbusConfig::ModbusTcp(c) => Self::Own(TcpLine::new(Address::new(&c.host, c.port, c.timeout_ms))),
            ModbusConfig::ModbusRtu(c) => shared(Line::Serial(SerialLine::new(c))),
            ModbusConfig::ModbusRtuOverTcp(c) => shared(Line::Gateway(Address::new(&c.host, c.port, c.timeout_ms))),
        }
    }

    /// Opens it anew.
    ///
    /// # Errors
    /// When nobody is there, or the line is in use otherwise.
    pub async fn open(&mut self) -> Result<(), Failure> {
        match self {
            Self::Own(line) => line.reopen().await,
            Self::Shared { line, buses, bus } => {
                // Let go first: a bus that is beyond help then ends and a new one is started.
                *bus = None;
                *bus = Some(buses.join(line)?);
                Ok(())
            }
        }
    }

    /// Closes it, or gives the share in the line back.
    pub fn close(&mut self) {
        match self {
            Self::Own(line) => line.close(),
            Self::Shared { bus, .. } => *bus = None,
        }
    }

    /// Where it leads, for people.
    pub fn place(&self) -> String {
        match self {
            Self::Own(line) => line.address().to_string(),
            Self::Shared { line, .. } => line.name(),
        }
    }

    /// What kind of link it is, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Own(_) => "Modbus TCP",
            Self::Shared { line: Line::Serial(_), .. } => "Modbus RTU",
            Self::Shared { line: Line::Gateway(_), .. } => "Modbus RTU over TCP",
        }
    }

    /// Asks a unit and waits up to `limit` for the answer.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask(&mut self, unit: u8, op: Op, lane: Lane, limit: Duration) -> Result<Reply, Failure> {
        match self {
            Self::Own(line) => line.call(unit, op, limit).await,
            Self::Shared { bus: Some(bus), .. } => bus.call(unit, op, lane, limit).await,
            Self::Shared { bus: None, .. } => Err(Failure::broken("not connected", "connect the machine first")),
        }
    }
}
