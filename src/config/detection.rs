//! Which marks are found automatically, as written.

use std::borrow::Cow;
use std::fmt;

use hearth_actors::model::spec::DetectionSpec;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::faults::Faults;
use super::parse::child;

/// Temperatures at which a bean can dry or crack. Unit: °C. Wide on purpose; 302 (°F) falls outside.
const LIMIT_C: std::ops::RangeInclusive<f64> = 50.0..=300.0;

/// Which marks are found automatically. What is absent is as in [`DetectionSpec::default`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetectionConfig {
    /// Detect CHARGE by the BT break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<bool>,
    /// Detect DROP by the BT break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<bool>,
    /// Find the turning point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turning_point: Option<bool>,
    /// BT at which to mark DRY_END. Unit: °C, whatever the channel's.
    #[serde(default, skip_serializing_if = "Limit::is_absent")]
    pub dry_end_bt: Limit,
    /// BT at which to mark FCs. Unit: °C, whatever the channel's.
    #[serde(default, skip_serializing_if = "Limit::is_absent")]
    pub first_crack_bt: Limit,
}

/// A limit that can be left as it is, turned off (`null`, or `false` because TOML knows no null) or set.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Limit {
    /// As by default.
    #[default]
    Absent,
    /// No limit.
    Off,
    /// This one.
    At(f64),
}

impl Limit {
    fn is_absent(&self) -> bool {
        *self == Self::Absent
    }

    fn or(self, usual: Option<f64>) -> Option<f64> {
        match self {
            Self::Absent => usual,
            Self::Off => None,
            Self::At(limit) => Some(limit),
        }
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Off => serializer.serialize_none(),
            Self::At(limit) => serializer.serialize_f64(*limit),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "DetectionLimit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A temperature in °C; `null` or `false` turns it off.",
            "oneOf": [{"type": ["number", "null"]}, {"const": false}],
        })
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrOff;
        impl Visitor<'_> for NumberOrOff {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or false for none")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Limit, E> {
                Ok(Limit::At(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Limit, E> {
                Ok(Limit::At(value as f64))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Limit, E> {
                Ok(Limit::At(value as f64))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Limit, E> {
                if value { Err(E::invalid_value(Unexpected::Bool(value), &self)) } else { Ok(Limit::Off) }
            }

            fn visit_unit<E: Error>(self) -> Result<Limit, E> {
                Ok(Limit::Off)
            }

            fn visit_none<E: Error>(self) -> Result<Limit, E> {
                Ok(Limit::Off)
            }
        }
        deserializer.deserialize_any(NumberOrOff)
    }
}

impl DetectionConfig {
    /// What the heart detects.
    pub(super) fn to_spec(self, pointer: &str, faults: &mut Faults) -> DetectionSpec {
        let usual = DetectionSpec::default();
        for (key, limit) in [("dry_end_bt", self.dry_end_bt), ("first_crack_bt", self.first_crack_bt)] {
            if let Limit::At(limit) = limit
                && !LIMIT_C.contains(&limit)
            {
                let (least, most) = (LIMIT_C.start(), LIMIT_C.end());
                let detail =
                    format!("use {least} to {most} °C (°C also where the channel is in fahrenheit), found {limit}");
                faults.add(child(pointer, key), detail);
            }
        }
        DetectionSpec {
            charge: self.charge.unwrap_or(usual.charge),
            drop: self.drop.unwrap_or(usual.drop),
            turning_point: self.turning_point.unwrap_or(usual.turning_point),
            dry_end_bt: self.dry_end_bt.or(usual.dry_end_bt),
            first_crack_bt: self.first_crack_bt.or(usual.first_crack_bt),
        }
    }
}
