//! How a device is reached: a connection of its own, or a share in a line.

use std::time::Duration;

use super::bus::{BusDirectory, BusHandle, Lane, Line};
use super::failure::Failure;
use super::op::{Op, Reply};
use super::serial::SerialLine;
use super::tcp::{Address, TcpLine};
use crate::config::modbus::ModbusConfig;

/// Whether two configurations lead to the same place, however it is run.
pub fn lead_alike(one: &ModbusConfig, other: &ModbusConfig) -> bool {
    match (way(one), way(other)) {
        (Way::Shared(one), Way::Shared(other)) => one.place() == other.place(),
        (Way::Own(one), Way::Own(other)) => one.port == other.port && one.host.eq_ignore_ascii_case(&other.host),
        (Way::Shared(_), Way::Own(_)) | (Way::Own(_), Way::Shared(_)) => false,
    }
}

/// Where a configuration leads.
enum Way {
    Own(Address),
    Shared(Line),
}

fn way(config: &ModbusConfig) -> Way {
    match config {
        ModbusConfig::ModbusTcp(c) => Way::Own(Address::new(&c.host, c.port, c.timeout_ms)),
        ModbusConfig::ModbusRtu(c) => Way::Shared(Line::Serial(SerialLine::new(c))),
        ModbusConfig::ModbusRtuOverTcp(c) => Way::Shared(Line::Gateway(Address::new(&c.host, c.port, c.timeout_ms))),
    }
}

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
        match way(config) {
            Way::Own(address) => Self::Own(TcpLine::new(address)),
            Way::Shared(line) => Self::Shared { line, buses: buses.clone(), bus: None },
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
