//! Where a channel's value lives in a Modbus device, and how its raw bits are to be understood.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ModbusConfig, WordOrder};
use crate::config::faults::Faults;

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

fn default_divisor() -> f64 {
    1.0
}
