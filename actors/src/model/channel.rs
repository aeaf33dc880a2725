//! Channels: the sensors and controls of a machine, and the table that gives each its index.

use super::ids::{ChannelId, EndpointId};
use super::units::{Fraction, Unit};

/// What a sensor means to a roast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Bean temperature.
    Bt,
    /// Environment (exhaust or drum air) temperature.
    Et,
}

/// What an output does to the world; decides its fail-safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputClass {
    /// Burner, heater: off is safe.
    Heat,
    /// Drum, motor.
    Motion,
    /// Airflow.
    Air,
    /// Cooling.
    Cool,
    /// Anything else.
    Other,
}

/// The value an output takes when nobody is in charge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Failsafe {
    /// This native value.
    Value(f64),
    /// What it has now: a hot drum needs its air and its motion.
    Hold,
}

/// How a control is operated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ControlShape {
    /// Continuous between `min` and `max`, rounded to `step`.
    Slider,
    /// Two positions, written as these native values.
    Toggle {
        /// Written at ≥ 0.5.
        on: f64,
        /// Written below 0.5.
        off: f64,
    },
}

/// The output side of a control channel. All values in the channel's native unit.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlSpec {
    /// Slider or toggle.
    pub shape: ControlShape,
    /// Native value at fraction 0.
    pub min: f64,
    /// Native value at fraction 1.
    pub max: f64,
    /// Grid counted from `min`; 0 means no grid.
    pub step: f64,
    /// What it does to the world.
    pub class: OutputClass,
    /// Value when nobody is in charge.
    pub failsafe: Failsafe,
    /// Value written by STOP, where it differs from `failsafe`.
    pub stop_value: Option<f64>,
    /// How fast an order may raise it; `None` is at once. Native unit per second of the machine's clock.
    pub max_rise_per_s: Option<f64>,
    /// Whether a read-back exists for it.
    pub has_readback: bool,
}

impl ControlSpec {
    /// Native value for a fraction, on the grid of `step`, never outside the range.
    pub fn to_native(&self, fraction: Fraction) -> f64 {
        match self.shape {
            ControlShape::Toggle { on, off } => {
                if fraction.get() >= 0.5 {
                    on
                } else {
                    off
                }
            }
            ControlShape::Slider => self.on_grid(self.min + fraction.get() * (self.max - self.min)),
        }
    }

    /// Fraction for a native value, clamped into `0..=1`.
    pub fn to_fraction(&self, native: f64) -> Fraction {
        match self.shape {
            ControlShape::Toggle { on, off } => {
                if (native - on).abs() <= (native - off).abs() {
                    Fraction::ONE
                } else {
                    Fraction::ZERO
                }
            }
            ControlShape::Slider if self.max > self.min => {
                Fraction::clamped((native - self.min) / (self.max - self.min))
            }
            ControlShape::Slider => Fraction::ZERO,
        }
    }

    /// Whether a native value lies in what the control may be set to.
    pub fn accepts(&self, native: f64) -> bool {
        match self.shape {
            ControlShape::Toggle { on, off } => native == on || native == off,
            ControlShape::Slider => native.is_finite() && (self.min..=self.max).contains(&native),
        }
    }

    /// The highest native value on the grid of `step` that is not above this one.
    pub fn floor(&self, native: f64) -> f64 {
        let steps = if self.step > 0.0 {
            ((native - self.min) / self.step + 1e-9).floor() * self.step
        } else {
            native - self.min
        };
        (self.min + steps).clamp(self.min, self.max)
    }

    /// Whether a native value that the device shows is the one that was written, within half a step or 1 % of the range.
    pub fn agrees(&self, shown: f64, written: f64) -> bool {
        (shown - written).abs() <= (self.step / 2.0).max((self.max - self.min).abs() * 0.01) + 1e-9
    }

    fn on_grid(&self, native: f64) -> f64 {
        let native =
            if self.step > 0.0 { self.min + ((native - self.min) / self.step).round() * self.step } else { native };
        native.clamp(self.min, self.max)
    }
}

/// What hangs on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceType {
    /// A slider within 0 to 255.
    Motor,
    /// A slider within 0 to 180 degrees.
    Servo,
    /// A toggle.
    Valve,
    /// A sensor in Celsius or Fahrenheit.
    TemperatureSensor,
}

impl DeviceType {
    /// The group of a channel with this device that names none: that of its kind, or `motors` for what turns.
    pub fn usual_group(device: Option<Self>, kind: &ChannelKind) -> &'static str {
        match (device, kind) {
            (Some(Self::Motor | Self::Servo), _) => "motors",
            (_, ChannelKind::Control(_)) => "controls",
            (_, ChannelKind::Sensor) => "sensors",
        }
    }
}

/// Whether a channel is read or also written.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelKind {
    /// Read only.
    Sensor,
    /// Written, its value is what was last applied.
    Control(ControlSpec),
}

/// One sensor or control of a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Unique in the machine.
    pub id: ChannelId,
    /// Unique in the daemon; how other dialects address it by text.
    pub tag: String,
    /// Unique in the daemon and never changed; how other dialects address it by number. [`EndpointId::NONE`] only in a table that
    /// belongs to no running machine, as in a profile from elsewhere.
    pub endpoint: EndpointId,
    /// What pages show it among: `motors`, `lights`, `cameras`, `sensors`, `controls` or a word of one's own.
    pub group: String,
    /// What hangs on it, where a dialect treats such things in their own way.
    pub device: Option<DeviceType>,
    /// Shown to people.
    pub label: String,
    /// Meaning for a roast, if any.
    pub role: Option<Role>,
    /// Native unit.
    pub unit: Unit,
    /// Sensor or control.
    pub kind: ChannelKind,
}

impl Channel {
    /// The output side, if this is a control.
    pub fn control(&self) -> Option<&ControlSpec> {
        match &self.kind {
            ChannelKind::Control(spec) => Some(spec),
            ChannelKind::Sensor => None,
        }
    }
}

/// A machine's channels in configured order; an index into it names a channel everywhere inside the house.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChannelTable {
    channels: Vec<Channel>,
}

impl ChannelTable {
    /// Takes the channels in configured order. Ids are unique: configuration has checked it.
    pub fn new(channels: Vec<Channel>) -> Self {
        Self { channels }
    }

    /// The same channels with these numbers, in order.
    pub fn numbered(&self, numbers: &[EndpointId]) -> Self {
        let number = |(channel, endpoint): (&Channel, &EndpointId)| Channel { endpoint: *endpoint, ..channel.clone() };
        Self { channels: self.channels.iter().zip(numbers).map(number).collect() }
    }

    /// All channels with their index.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Channel)> {
        self.channels.iter().enumerate()
    }

    /// The channel at an index.
    pub fn get(&self, index: usize) -> Option<&Channel> {
        self.channels.get(index)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.channels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// Index of the channel with this id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.channels.iter().position(|c| c.id.as_str() == id)
    }

    /// Index of the first channel with this role.
    pub fn role(&self, role: Role) -> Option<usize> {
        self.channels.iter().position(|c| c.role == Some(role))
    }

    /// The controls with their index.
    pub fn controls(&self) -> impl Iterator<Item = (usize, &Channel, &ControlSpec)> {
        self.iter().filter_map(|(i, c)| c.control().map(|spec| (i, c, spec)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slider(min: f64, max: f64, step: f64) -> ControlSpec {
        ControlSpec {
            shape: ControlShape::Slider,
            min,
            max,
            step,
            class: OutputClass::Other,
            failsafe: Failsafe::Hold,
            stop_value: None,
            max_rise_per_s: None,
            has_readback: false,
        }
    }

    #[test]
    fn a_slider_maps_onto_its_range_and_grid() {
        let drum = slider(30.0, 70.0, 5.0);
        assert_eq!(drum.to_native(Fraction::ZERO), 30.0);
        assert_eq!(drum.to_native(Fraction::clamped(0.49)), 50.0);
        assert_eq!(drum.to_fraction(50.0).get(), 0.5);
    }

    #[test]
    fn a_grid_that_does_not_divide_the_range_never_leaves_it() {
        assert_eq!(slider(0.0, 10.0, 4.0).to_native(Fraction::ONE), 10.0);
    }

    #[test]
    fn a_toggle_writes_its_own_two_values() {
        let toggle = ControlSpec { shape: ControlShape::Toggle { on: 2.0, off: 1.0 }, ..slider(0.0, 1.0, 0.0) };
        assert_eq!(toggle.to_native(Fraction::clamped(0.5)), 2.0);
        assert_eq!(toggle.to_native(Fraction::clamped(0.49)), 1.0);
        assert_eq!(toggle.to_fraction(1.0), Fraction::ZERO);
    }
}
