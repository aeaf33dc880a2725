//! Units as types. Inside the house temperatures are °C and rates °C per minute; everything else keeps the channel's own unit.

use std::fmt;

/// A share between nothing and all: how a control's value travels on the wire.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Fraction(f64);

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);
    /// All.
    pub const ONE: Self = Self(1.0);

    /// Takes a finite number in `0..=1`, else `None`.
    pub fn new(value: f64) -> Option<Self> {
        (value.is_finite() && (0.0..=1.0).contains(&value)).then_some(Self(value))
    }

    /// Takes any finite number, moved to the nearer end where it lies outside; not a number becomes zero.
    pub fn clamped(value: f64) -> Self {
        if value.is_nan() { Self::ZERO } else { Self(value.clamp(0.0, 1.0)) }
    }

    /// The number, `0..=1`.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Rate of rise. Unit: °C per minute.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct CelsiusPerMinute(pub f64);

/// What a channel is measured in, at its own (native) side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Unit {
    /// °C, which is also the internal unit.
    Celsius,
    /// °F: converted at the driver's door; limits and other dialects' values stay °F.
    Fahrenheit,
    /// Percent of full scale.
    Percent,
    /// No unit (counts, switches).
    #[default]
    None,
    /// Any other, shown as written.
    Other(String),
}

impl Unit {
    /// Native value to internal value.
    pub fn inward(&self, native: f64) -> f64 {
        match self {
            Self::Fahrenheit => (native - 32.0) / 1.8,
            Self::Celsius | Self::Percent | Self::None | Self::Other(_) => native,
        }
    }

    /// Internal value to native value.
    pub fn outward(&self, internal: f64) -> f64 {
        match self {
            Self::Fahrenheit => internal * 1.8 + 32.0,
            Self::Celsius | Self::Percent | Self::None | Self::Other(_) => internal,
        }
    }

    /// A native *difference* (deadband, rate) to an internal one.
    pub fn span_inward(&self, native: f64) -> f64 {
        match self {
            Self::Fahrenheit => native / 1.8,
            Self::Celsius | Self::Percent | Self::None | Self::Other(_) => native,
        }
    }

    /// Whether the channel measures a temperature.
    pub fn is_temperature(&self) -> bool {
        matches!(self, Self::Celsius | Self::Fahrenheit)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Celsius => "celsius",
            Self::Fahrenheit => "fahrenheit",
            Self::Percent => "percent",
            Self::None => "",
            Self::Other(text) => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fahrenheit_comes_in_as_celsius_and_goes_out_again() {
        assert!((Unit::Fahrenheit.inward(392.0) - 200.0).abs() < 1e-9);
        assert!((Unit::Fahrenheit.outward(200.0) - 392.0).abs() < 1e-9);
        assert!((Unit::Fahrenheit.span_inward(18.0) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_fraction_is_never_outside_zero_to_one() {
        assert!(Fraction::new(f64::NAN).is_none());
        assert!(Fraction::new(1.000_001).is_none());
        assert_eq!(Fraction::clamped(-3.0), Fraction::ZERO);
        assert_eq!(Fraction::clamped(f64::NAN), Fraction::ZERO);
    }
}
