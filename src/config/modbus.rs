//! How a Modbus machine is described: its link (`driver`), and per channel where its value lives ([`source`]).

mod source;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::Faults;
pub use source::{ChannelSource, RawType, Register, Source, Usage};

/// Registers one read may fetch at most. Source: Modbus application protocol 1.1b3, 6.3.
pub const REGISTERS_MAX: u16 = 125;

/// The `driver` object of a machine that speaks Modbus.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ModbusConfig {
    /// Modbus TCP.
    ModbusTcp(TcpConfig),
    /// Modbus RTU on a serial port.
    ModbusRtu(RtuConfig),
    /// RTU frames through a serial device server.
    ModbusRtuOverTcp(RtuOverTcpConfig),
}

/// `modbus_tcp`: a device with its own network connection.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ModbusTcpConfig")]
pub struct TcpConfig {
    /// Name or address of the device.
    pub host: String,
    /// TCP port.
    #[serde(default = "default_tcp_port")]
    pub port: u16,
    /// Unit asked where a channel names none.
    #[serde(default = "default_unit_id")]
    pub unit_id: u8,
    /// How long an answer may take. Unit: ms.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Which half of a 32-bit value comes first where a channel does not say.
    #[serde(default)]
    pub word_order: WordOrder,
    /// How many unwanted registers one read may span to reach the next wanted one; 0 never spans any.
    #[serde(default = "default_max_gap")]
    pub max_gap: u16,
    /// How many registers one read may fetch.
    #[serde(default = "default_max_registers")]
    pub max_registers: u16,
}

/// `modbus_rtu`: a serial port, which several machines may share.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ModbusRtuConfig")]
pub struct RtuConfig {
    /// Path of the port, such as `/dev/serial/by-id/usb-…`.
    pub port: String,
    /// Bits per second.
    #[serde(default = "default_baud")]
    pub baud: u32,
    /// Data bits; RTU needs 8.
    #[serde(default = "default_data_bits")]
    pub data_bits: u8,
    /// Parity.
    #[serde(default)]
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    #[serde(default = "default_stop_bits")]
    pub stop_bits: u8,
    /// Unit asked where a channel names none.
    #[serde(default = "default_unit_id")]
    pub unit_id: u8,
    /// How long an answer may take. Unit: ms.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Which half of a 32-bit value comes first where a channel does not say.
    #[serde(default)]
    pub word_order: WordOrder,
    /// How many unwanted registers one read may span to reach the next wanted one; 0 never spans any.
    #[serde(default = "default_max_gap")]
    pub max_gap: u16,
    /// How many registers one read may fetch.
    #[serde(default = "default_max_registers")]
    pub max_registers: u16,
}

/// `modbus_rtu_over_tcp`: a serial line behind a network adapter, which several machines may share.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ModbusRtuOverTcpConfig")]
pub struct RtuOverTcpConfig {
    /// Name or address of the adapter.
    pub host: String,
    /// TCP port; there is no usual one.
    pub port: u16,
    /// Unit asked where a channel names none.
    #[serde(default = "default_unit_id")]
    pub unit_id: u8,
    /// How long an answer may take. Unit: ms.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Which half of a 32-bit value comes first where a channel does not say.
    #[serde(default)]
    pub word_order: WordOrder,
    /// How many unwanted registers one read may span to reach the next wanted one; 0 never spans any.
    #[serde(default = "default_max_gap")]
    pub max_gap: u16,
    /// How many registers one read may fetch.
    #[serde(default = "default_max_registers")]
    pub max_registers: u16,
}

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// None.
    #[default]
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

/// Which 16-bit half of a 32-bit value stands at the lower address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordOrder {
    /// The low half (CDAB).
    #[default]
    LowFirst,
    /// The high half (ABCD).
    HighFirst,
}

/// What all three links have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Common {
    /// Unit asked where a channel names none.
    pub unit_id: u8,
    /// How long an answer may take. Unit: ms.
    pub timeout_ms: u64,
    /// Word order where a channel does not say.
    pub word_order: WordOrder,
    /// Widest gap one read may span. Unit: registers.
    pub max_gap: u16,
    /// How many registers one read may fetch.
    pub max_registers: u16,
}

impl ModbusConfig {
    /// What all three links have in common.
    pub fn common(&self) -> Common {
        let (unit_id, timeout_ms, word_order, max_gap, max_registers) = match self {
            Self::ModbusTcp(c) => (c.unit_id, c.timeout_ms, c.word_order, c.max_gap, c.max_registers),
            Self::ModbusRtu(c) => (c.unit_id, c.timeout_ms, c.word_order, c.max_gap, c.max_registers),
            Self::ModbusRtuOverTcp(c) => (c.unit_id, c.timeout_ms, c.word_order, c.max_gap, c.max_registers),
        };
        Common { unit_id, timeout_ms, word_order, max_gap, max_registers }
    }

    /// Adds every fault of the `driver` object that stands at `pointer`.
    pub fn check(&self, pointer: &str, faults: &mut Faults) {
        match self {
            Self::ModbusTcp(c) => check_address(&c.host, c.port, pointer, faults),
            Self::ModbusRtuOverTcp(c) => check_address(&c.host, c.port, pointer, faults),
            Self::ModbusRtu(c) => c.check_line(pointer, faults),
        }
        let common = self.common();
        self.check_unit(common.unit_id, &format!("{pointer}/unit_id"), faults);
        if !(10..=60_000).contains(&common.timeout_ms) {
            faults.add(format!("{pointer}/timeout_ms"), "use 10 to 60000 ms; 400 suits most devices");
        }
        if common.max_gap >= REGISTERS_MAX {
            faults.add(format!("{pointer}/max_gap"), "use 0 to 124 registers; 8 suits most devices, 0 spans no gaps");
        }
        if !(2..=REGISTERS_MAX).contains(&common.max_registers) {
            faults.add(format!("{pointer}/max_registers"), "use 2 to 125 registers, which is what Modbus allows");
        }
    }

    fn check_unit(&self, unit: u8, pointer: &str, faults: &mut Faults) {
        match self {
            // On TCP the unit is often not looked at at all: 0 and 255 both stand for the device itself.
            Self::ModbusTcp(_) => {}
            Self::ModbusRtu(_) | Self::ModbusRtuOverTcp(_) => {
                if !(1..=247).contains(&unit) {
                    faults.add(pointer, format!("unit {unit} cannot answer on a serial line: use 1 to 247"));
                }
            }
        }
    }
}

impl RtuConfig {
    fn check_line(&self, pointer: &str, faults: &mut Faults) {
        if self.port.trim().is_empty() {
            faults.add(
                format!("{pointer}/port"),
                "name the serial port, such as /dev/serial/by-id/usb-… or /dev/ttyUSB0",
            );
        }
        if !(300..=4_000_000).contains(&self.baud) {
            faults.add(format!("{pointer}/baud"), "use 300 to 4000000; most devices run at 9600, 19200 or 115200");
        }
        if self.data_bits != 8 {
            faults.add(format!("{pointer}/data_bits"), "Modbus RTU needs 8 data bits (7 belong to Modbus ASCII)");
        }
        if !(1..=2).contains(&self.stop_bits) {
            faults.add(format!("{pointer}/stop_bits"), "use 1 or 2");
        }
    }
}

fn check_address(host: &str, port: u16, pointer: &str, faults: &mut Faults) {
    let is_bare = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '[' | ']' | '@'));
    if !is_bare {
        faults
            .add(format!("{pointer}/host"), "give a bare name or address, such as 192.168.1.20 (no http://, no port)");
    }
    if port == 0 {
        faults.add(format!("{pointer}/port"), "use 1 to 65535; Modbus TCP is usually 502");
    }
}

fn default_tcp_port() -> u16 {
    502
}

fn default_unit_id() -> u8 {
    1
}

fn default_timeout_ms() -> u64 {
    400
}

fn default_max_gap() -> u16 {
    8
}

fn default_max_registers() -> u16 {
    REGISTERS_MAX
}

fn default_baud() -> u32 {
    9_600
}

fn default_data_bits() -> u8 {
    8
}

fn default_stop_bits() -> u8 {
    1
}

#[cfg(test)]
mod tests;
