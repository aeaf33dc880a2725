//! A look at a device that no machine is configured for: reads, never writes.

use std::time::Duration;

use super::bus::{BusDirectory, BusHandle, Lane, Line};
use super::failure::Failure;
use super::op::{Op, Reply};
use super::serial::SerialLine;
use super::tcp::{Address, TcpLine};
use crate::config::modbus::{ModbusConfig, Register};

/// A link for looking.
pub struct Probe {
    link: Link,
    place: String,
    unit: u8,
    limit: Duration,
}

enum Link {
    Own(TcpLine),
    Shared(BusHandle),
}

/// Why registers could not be read, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The device does not have all of them: a smaller span may do.
    Refused(String),
    /// Anything else.
    Failed(String),
}

impl Probe {
    /// A link to where a machine's `driver` would lead. A line is taken only where no connected machine uses it.
    ///
    /// # Errors
    /// Why there is none, in plain words.
    pub fn open(config: &ModbusConfig, buses: &BusDirectory) -> Result<Self, String> {
        let common = config.common();
        let (link, place) = match config {
            ModbusConfig::ModbusTcp(c) => {
                let line = TcpLine::new(Address::new(&c.host, c.port, c.timeout_ms));
                let place = line.address().to_string();
                (Link::Own(line), place)
            }
            ModbusConfig::ModbusRtu(c) => shared(&Line::Serial(SerialLine::new(c)), buses)?,
            ModbusConfig::ModbusRtuOverTcp(c) => {
                shared(&Line::Gateway(Address::new(&c.host, c.port, c.timeout_ms)), buses)?
            }
        };
        Ok(Self { link, place, unit: common.unit_id, limit: Duration::from_millis(common.timeout_ms) })
    }

    /// Reads `count` items of a table; a bit is 0 or 1.
    ///
    /// # Errors
    /// Why not.
    pub async fn read(&mut self, register: Register, address: u16, count: u16) -> Result<Vec<u16>, Unread> {
        let op = Op::Read { register, address, count };
        let reply = match &mut self.link {
            Link::Own(line) => line.call(self.unit, op, self.limit).await,
            Link::Shared(bus) => bus.call(self.unit, op, Lane::Ordinary, self.limit).await,
        };
        match reply {
            Ok(Reply::Words(words)) => Ok(words),
            Ok(Reply::Bits(bits)) => Ok(bits.into_iter().map(u16::from).collect()),
            Ok(Reply::Written) => Err(Unread::Failed("it confirms a write that nobody asked for".to_owned())),
            Err(failure) => {
                let concerns_addresses = failure.concerns_addresses();
                let words = failure.during(op.words(self.unit, &self.place)).to_string();
                Err(if concerns_addresses { Unread::Refused(words) } else { Unread::Failed(words) })
            }
        }
    }
}

fn shared(line: &Line, buses: &BusDirectory) -> Result<(Link, String), String> {
    let told = |failure: Failure| failure.during(format!("looking at {}", line.name())).to_string();
    Ok((Link::Shared(buses.join_unused(line).map_err(told)?), line.name()))
}
