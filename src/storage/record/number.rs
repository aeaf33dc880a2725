//! Numbers that read back bit for bit, also those for which JSON has no word.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A float: a JSON number where it is finite, else the sixteen hexadecimal digits of its bits as text. One odd value must not
/// make a whole journal unreadable.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.collect_str(&format_args!("{:016x}", self.0.to_bits()))
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor).map(Self)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or the 16 hexadecimal digits of one that is not finite")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        u64::from_str_radix(text, 16)
            .map(f64::from_bits)
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// A number that may be absent, for a record.
pub fn out(value: Option<f64>) -> Option<Number> {
    value.map(Number)
}

/// A number that may be absent, from a record.
pub fn back(value: Option<Number>) -> Option<f64> {
    value.map(|n| n.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_float_there_is_reads_back_bit_for_bit(bits in any::<u64>()) {
            let text = serde_json::to_string(&Number(f64::from_bits(bits))).unwrap();
            let back: Number = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(back.0.to_bits(), bits);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in ["null", "\"warm\"", "true", "[]"] {
            assert!(serde_json::from_str::<Number>(bad).is_err(), "{bad}");
        }
    }
}
