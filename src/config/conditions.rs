//! Conditions as they are written: what channels are compared with. Limits are in the channel's native unit and go inward from here.

use hearth_actors::model::channel::{Channel, ChannelTable, ControlShape};
use hearth_actors::model::spec::{Clause, Comparison, Condition, Quantity};
use hearth_actors::model::units::Unit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::parse::child;

/// How far a temperature must come back before its alarm clears. Unit: °C. Source: the default deadband of the safety design.
const DEADBAND_C: f64 = 2.0;

/// Share of a channel's span that is its default deadband. Source: as above.
const DEADBAND_OF_SPAN: f64 = 0.01;

/// Makes a type that compares a channel with a limit, exactly one of the five, and has fields of its own besides. Not a field that is
/// flattened: faults would lose their place.
macro_rules! comparing {
    ($(#[$about:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Id of the channel.
            pub channel: String,
            /// Strictly above.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub above: Option<f64>,
            /// Strictly below.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub below: Option<f64>,
            /// At or above.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub at_least: Option<f64>,
            /// At or below.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub at_most: Option<f64>,
            /// Equal.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub equals: Option<f64>,
            $($own)*
        }

        impl From<&$name> for $crate::config::conditions::ConditionConfig {
            fn from(compares: &$name) -> Self {
                Self {
                    channel: compares.channel.clone(),
                    above: compares.above,
                    below: compares.below,
                    at_least: compares.at_least,
                    at_most: compares.at_most,
                    equals: compares.equals,
                }
            }
        }
    };
}
pub(super) use comparing;

comparing! {
    /// A comparison of a channel with a limit: exactly one of the five.
    pub struct ConditionConfig {}
}

comparing! {
    /// Something else that must hold at the same time.
    pub struct AndConfig {
        /// What of it is compared.
        #[serde(default, skip_serializing_if = "QuantityConfig::is_value")]
        pub of: QuantityConfig,
        /// How far the value must come back; native unit. 2 °C or 1 % of the span where absent, whichever is more.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub deadband: Option<f64>,
    }
}

/// What of a channel is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuantityConfig {
    /// Its value.
    #[default]
    Value,
    /// How fast it rises. Unit: the channel's, per minute.
    Rate,
}

impl QuantityConfig {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(super) fn is_value(&self) -> bool {
        *self == Self::Value
    }
}

/// A comparison of a value or its rate, and how far that must come back.
pub(super) struct Compared {
    pub(super) condition: ConditionConfig,
    pub(super) of: QuantityConfig,
    pub(super) deadband: Option<f64>,
}

impl ConditionConfig {
    /// The condition for the heart.
    pub(super) fn to_condition(
        &self,
        channels: &ChannelTable,
        pointer: &str,
        faults: &mut Faults,
    ) -> Option<Condition> {
        let limits = [
            ("above", self.above, Comparison::Above as fn(f64) -> Comparison),
            ("below", self.below, Comparison::Below),
            ("at_least", self.at_least, Comparison::AtLeast),
            ("at_most", self.at_most, Comparison::AtMost),
            ("equals", self.equals, Comparison::Equals),
        ];
        let given: Vec<_> = limits.iter().filter_map(|(key, limit, make)| Some((*key, (*limit)?, make))).collect();
        let index = find_channel(&self.channel, channels, &child(pointer, "channel"), faults);
        let [(_, native, make)] = given[..] else {
            let known = limits.map(|(key, ..)| key).join(", ");
            let found = given.iter().map(|(key, ..)| *key).collect::<Vec<_>>().join(" and ");
            let found = if found.is_empty() { "none".to_owned() } else { found };
            faults.add(pointer, format!("expected exactly one of {known}, found {found}"));
            return None;
        };
        let index = index?;
        let inward = channels.get(index)?.unit.inward(native);
        Some(Condition { channel: index, comparison: make(inward) })
    }

    /// The same for people.
    pub(super) fn in_words(&self, channels: &ChannelTable) -> String {
        let named = channels.find(&self.channel).and_then(|i| channels.get(i));
        let label = named.map_or(self.channel.as_str(), |c| c.label.as_str());
        let unit = named.map_or(String::new(), |c| unit_sign(&c.unit));
        let limit = [
            ("above", self.above),
            ("below", self.below),
            ("at least", self.at_least),
            ("at most", self.at_most),
            ("equal to", self.equals),
        ]
        .into_iter()
        .find_map(|(word, limit)| Some(format!("{word} {}{unit}", limit?)));
        format!("{label} {}", limit.unwrap_or_default())
    }
}

impl AndConfig {
    pub(super) fn compared(&self) -> Compared {
        Compared { condition: self.into(), of: self.of, deadband: self.deadband }
    }
}

impl Compared {
    /// The clause for the heart.
    pub(super) fn to_clause(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<Clause> {
        if self.deadband.is_some_and(|deadband| deadband < 0.0) {
            faults.add(child(pointer, "deadband"), "use 0 or more: how far the value must come back");
        }
        let mut condition = self.condition.to_condition(channels, pointer, faults)?;
        let channel = channels.get(condition.channel)?;
        if self.of == QuantityConfig::Rate {
            // A rate has no zero point: °F per minute become °C per minute.
            condition.comparison =
                condition.comparison.map(|limit| channel.unit.span_inward(channel.unit.outward(limit)));
        }
        let deadband = match (self.deadband, self.of) {
            (Some(native), _) => channel.unit.span_inward(native),
            (None, QuantityConfig::Value) => usual_deadband(channel, condition.comparison),
            (None, QuantityConfig::Rate) => rate_deadband(channel, condition.comparison),
        };
        let quantity = match self.of {
            QuantityConfig::Value => Quantity::Value,
            QuantityConfig::Rate => Quantity::Rate,
        };
        Some(Clause { condition, quantity, deadband })
    }

    /// The same for people.
    pub(super) fn in_words(&self, channels: &ChannelTable) -> String {
        let words = self.condition.in_words(channels);
        match self.of {
            QuantityConfig::Value => words,
            QuantityConfig::Rate => format!("rate of {words}/min"),
        }
    }
}

/// 2 °C for a temperature, or 1 % of what a control can span, or of the limit where no span is known; whichever is more.
fn usual_deadband(channel: &Channel, comparison: Comparison) -> f64 {
    let (Comparison::Above(limit) | Comparison::Below(limit) | Comparison::AtLeast(limit) | Comparison::AtMost(limit)) =
        comparison
    else {
        return 0.0;
    };
    let span = match channel.control() {
        Some(control) if matches!(control.shape, ControlShape::Slider) => {
            channel.unit.span_inward(control.max - control.min)
        }
        Some(control) => control.max - control.min,
        None if channel.unit == Unit::Percent => 100.0,
        None => limit.abs(),
    };
    match channel.unit.is_temperature() {
        true if channel.control().is_none() => DEADBAND_C,
        true => DEADBAND_C.max(span * DEADBAND_OF_SPAN),
        false => span * DEADBAND_OF_SPAN,
    }
}

/// 10 % of the limit of a rate, and no less than half a degree per minute.
fn rate_deadband(channel: &Channel, comparison: Comparison) -> f64 {
    const SHARE: f64 = 0.1;
    const LEAST_C_PER_MIN: f64 = 0.5;
    let share = comparison.limit().abs() * SHARE;
    if channel.unit.is_temperature() { share.max(LEAST_C_PER_MIN) } else { share }
}

/// Finds a channel by its id; one that is missing is a fault.
pub(super) fn find_channel(id: &str, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<usize> {
    let index = channels.find(id);
    if index.is_none() {
        let ids: Vec<&str> = channels.iter().map(|(_, c)| c.id.as_str()).collect();
        faults.add(pointer, format!("no channel `{}`; {}", id.escape_debug(), known(&ids)));
    }
    index
}

/// What there is, for a fault.
pub(super) fn known(ids: &[&str]) -> String {
    match ids {
        [] => "this machine has none".to_owned(),
        ids => format!("this machine has {}", ids.join(", ")),
    }
}

fn unit_sign(unit: &Unit) -> String {
    match unit {
        Unit::Celsius => " °C".to_owned(),
        Unit::Fahrenheit => " °F".to_owned(),
        Unit::Percent => " %".to_owned(),
        Unit::None => String::new(),
        Unit::Other(word) => format!(" {word}"),
    }
}
