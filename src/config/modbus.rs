//! How a Modbus machine is described: the link (`driver`) and, per channel, where its value lives (`source`, `readback`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::Faults;

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

/// Which of a device's four tables a value lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// Single bits, read with function 1, written with 5.
    Coil,
    /// Single bits, read with function 2.
    Discrete,
    /// 16-bit words, read with function 4.
    Input,
    /// 16-bit words, read with function 3, written with 6 or 16.
    Holding,
}

impl Register {
    /// Whether its items are single bits.
    pub fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }

    /// Whether it can be written at all.
    pub fn is_writable(self) -> bool {
        matches!(self, Self::Coil | Self::Holding)
    }
}

/// How the raw bits are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawType {
    /// A bit, or a word that is zero or not.
    Bool,
    /// Unsigned word.
    U16,
    /// Signed word.
    I16,
    /// Unsigned, two words.
    U32,
    /// Signed, two words.
    I32,
    /// IEEE 754, two words.
    F32,
    /// Four decimal digits in one word.
    Bcd16,
    /// Eight decimal digits in two words.
    Bcd32,
}

impl RawType {
    /// Registers it occupies.
    pub fn words(self) -> u16 {
        match self {
            Self::Bool | Self::U16 | Self::I16 | Self::Bcd16 => 1,
            Self::U32 | Self::I32 | Self::F32 | Self::Bcd32 => 2,
        }
    }

    /// Smallest and largest number it can hold.
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Bool => (0.0, 1.0),
            Self::U16 => (0.0, f64::from(u16::MAX)),
            Self::I16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
            Self::U32 => (0.0, f64::from(u32::MAX)),
            Self::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::F32 => (f64::from(f32::MIN), f64::from(f32::MAX)),
            Self::Bcd16 => (0.0, 9_999.0),
            Self::Bcd32 => (0.0, 99_999_999.0),
        }
    }
}

/// Where a channel's value lives: `value = raw / divisor + offset`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ModbusSource")]
pub struct Source {
    /// Which table.
    pub register: Register,
    /// Address in the table, counted from 0 as on the wire.
    pub address: u16,
    /// How to read it; `bool` for bits and `u16` for words where absent.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub raw_type: Option<RawType>,
    /// What the raw number is divided by.
    #[serde(default = "default_divisor")]
    pub divisor: f64,
    /// What is added after the division. Native unit.
    #[serde(default)]
    pub offset: f64,
    /// Unit to ask, where it is not the driver's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_id: Option<u8>,
    /// Word order, where it is not the driver's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word_order: Option<WordOrder>,
}

/// The Modbus side of one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelSource {
    /// Where it is read, and for a control written.
    pub source: Source,
    /// For a control: where the device shows what it really does.
    pub readback: Option<Source>,
}

/// What a source is used for, which decides what must hold for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Usage<'a> {
    /// It is only read.
    Read,
    /// It is written; among others these native values (limits, toggle values, fail-safe).
    Write(&'a [f64]),
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

impl Source {
    /// How the raw bits are to be understood.
    pub fn kind(&self) -> RawType {
        self.raw_type.unwrap_or(if self.register.is_bits() { RawType::Bool } else { RawType::U16 })
    }

    /// The raw number that stands for a native value, rounded to what the type can hold; `None` if it does not fit.
    pub fn raw(&self, native: f64) -> Option<f64> {
        let exact = (native - self.offset) * self.divisor;
        let raw = if self.kind() == RawType::F32 { exact } else { exact.round() };
        let (least, most) = self.kind().range();
        (least..=most).contains(&raw).then_some(raw)
    }

    /// The native value that a raw number stands for.
    pub fn native(&self, raw: f64) -> f64 {
        raw / self.divisor + self.offset
    }

    /// Adds every fault of the `source` or `readback` that stands at `pointer`.
    pub fn check(&self, pointer: &str, link: &ModbusConfig, usage: Usage<'_>, faults: &mut Faults) {
        let divisor_usable = self.divisor.is_finite() && self.divisor != 0.0;
        if !divisor_usable {
            faults.add(format!("{pointer}/divisor"), "must be a number other than 0; 10 means one decimal");
        }
        if !self.offset.is_finite() {
            faults.add(format!("{pointer}/offset"), "must be a finite number");
        }
        if self.register.is_bits() && self.kind() != RawType::Bool {
            faults
                .add(format!("{pointer}/type"), "coils and discrete inputs are single bits: use bool or leave it out");
        }
        if self.kind().words() == 2 && self.address == u16::MAX {
            faults.add(format!("{pointer}/address"), "a 32-bit value needs two registers and cannot start at 65535");
        }
        if let Some(unit) = self.unit_id {
            link.check_unit(unit, &format!("{pointer}/unit_id"), faults);
        }
        if let Usage::Write(natives) = usage {
            self.check_writing(pointer, if divisor_usable { natives } else { &[] }, faults);
        }
    }

    fn check_writing(&self, pointer: &str, natives: &[f64], faults: &mut Faults) {
        if !self.register.is_writable() {
            let detail = "a control cannot be written there: use holding or coil (and readback for where it is read)";
            faults.add(format!("{pointer}/register"), detail);
        }
        let (least, most) = self.kind().range();
        if let Some(unfit) = natives.iter().find(|native| self.raw(**native).is_none()) {
            let raw = (unfit - self.offset) * self.divisor;
            faults.add(
                format!("{pointer}/type"),
                format!("{unfit} would be written as {raw}, but this type holds {least} to {most}: change type, divisor or offset"),
            );
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

fn default_divisor() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp() -> ModbusConfig {
        toml::from_str("type = 'modbus_tcp'\nhost = '10.0.0.9'").unwrap()
    }

    fn rtu(more: &str) -> ModbusConfig {
        toml::from_str(&format!("type = 'modbus_rtu'\nport = '/dev/ttyUSB0'\n{more}")).unwrap()
    }

    fn source(text: &str) -> Source {
        toml::from_str(text).unwrap()
    }

    fn pointers(check: impl FnOnce(&mut Faults)) -> Vec<String> {
        let mut faults = Faults::new();
        check(&mut faults);
        faults.iter().map(|f| f.pointer.clone()).collect()
    }

    #[test]
    fn what_is_left_out_is_as_documented() {
        let expected =
            Common { unit_id: 1, timeout_ms: 400, word_order: WordOrder::LowFirst, max_gap: 8, max_registers: 125 };
        assert_eq!(tcp().common(), expected);
        let ModbusConfig::ModbusTcp(link) = tcp() else { panic!("not TCP") };
        assert_eq!(link.port, 502);
        let ModbusConfig::ModbusRtu(line) = rtu("") else { panic!("not RTU") };
        assert_eq!((line.baud, line.data_bits, line.parity, line.stop_bits), (9_600, 8, Parity::None, 1));
        assert_eq!(pointers(|f| tcp().check("/driver", f)), Vec::<String>::new());
        assert_eq!(pointers(|f| rtu("").check("/driver", f)), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_key_is_refused_everywhere() {
        assert!(toml::from_str::<ModbusConfig>("type = 'modbus_tcp'\nhost = 'a'\nbaud = 9600").is_err());
        assert!(toml::from_str::<ModbusConfig>("type = 'modbus_rtu'\nport = 'a'\nhost = 'b'").is_err());
        assert!(toml::from_str::<ModbusConfig>("type = 'modbus_rtu_over_tcp'\nhost = 'a'").is_err(), "port is needed");
        assert!(toml::from_str::<Source>("register = 'holding'\naddress = 1\nscale = 10").is_err());
        assert!(toml::from_str::<Source>("register = 'holding'\naddress = 65536").is_err());
        assert!(toml::from_str::<Source>("register = 'register'\naddress = 1").is_err());
    }

    #[test]
    fn every_fault_of_a_line_is_told_at_once() {
        let bad = rtu(
            "baud = 1\ndata_bits = 7\nstop_bits = 3\nunit_id = 0\ntimeout_ms = 0\nmax_gap = 125\nmax_registers = 1",
        );
        let told = pointers(|f| bad.check("/driver", f));
        for key in ["baud", "data_bits", "stop_bits", "unit_id", "timeout_ms", "max_gap", "max_registers"] {
            assert!(told.contains(&format!("/driver/{key}")), "{key} in {told:?}");
        }
    }

    #[test]
    fn a_host_is_a_bare_name() {
        for bad in ["", "http://10.0.0.9", "10.0.0.9 ", "[::1]"] {
            let link: ModbusConfig = toml::from_str(&format!("type = 'modbus_tcp'\nhost = '{bad}'")).unwrap();
            assert_eq!(pointers(|f| link.check("/driver", f)), ["/driver/host"], "{bad}");
        }
        let six: ModbusConfig = toml::from_str("type = 'modbus_tcp'\nhost = 'fe80::1'").unwrap();
        assert!(pointers(|f| six.check("/driver", f)).is_empty());
    }

    #[test]
    fn a_control_cannot_live_where_nothing_can_be_written() {
        for (register, writable) in [("coil", true), ("holding", true), ("discrete", false), ("input", false)] {
            let s = source(&format!("register = '{register}'\naddress = 1"));
            let told = pointers(|f| s.check("/s", &tcp(), Usage::Write(&[0.0, 1.0]), f));
            assert_eq!(told.is_empty(), writable, "{register}: {told:?}");
            assert!(pointers(|f| s.check("/s", &tcp(), Usage::Read, f)).is_empty());
        }
    }

    #[test]
    fn a_value_that_will_not_fit_is_found_before_it_is_written() {
        let s = source("register = 'holding'\naddress = 1\ntype = 'u16'\ndivisor = 100");
        assert!(pointers(|f| s.check("/s", &tcp(), Usage::Write(&[0.0, 655.35]), f)).is_empty());
        assert_eq!(pointers(|f| s.check("/s", &tcp(), Usage::Write(&[0.0, 700.0]), f)), ["/s/type"]);
        assert_eq!(pointers(|f| s.check("/s", &tcp(), Usage::Write(&[-1.0]), f)), ["/s/type"]);
    }

    #[test]
    fn bits_have_no_number_type_and_no_divisor_is_zero() {
        let s = source("register = 'coil'\naddress = 1\ntype = 'u16'\ndivisor = 0.0\noffset = inf\nunit_id = 0");
        let told = pointers(|f| s.check("/s", &rtu(""), Usage::Write(&[1.0]), f));
        assert_eq!(told, ["/s/divisor", "/s/offset", "/s/type", "/s/unit_id"]);
        let s = source("register = 'holding'\naddress = 65535\ntype = 'f32'");
        assert_eq!(pointers(|f| s.check("/s", &tcp(), Usage::Read, f)), ["/s/address"]);
    }

    #[test]
    fn scaling_inverts_itself() {
        let s = source("register = 'holding'\naddress = 1\ntype = 'i16'\ndivisor = 10\noffset = -5");
        assert_eq!(s.native(1_234.0), 118.4);
        assert_eq!(s.raw(118.4), Some(1_234.0));
        let inverted_contact = source("register = 'discrete'\naddress = 1\ndivisor = -1\noffset = 1");
        assert_eq!((inverted_contact.native(0.0), inverted_contact.native(1.0)), (1.0, 0.0));
    }
}
