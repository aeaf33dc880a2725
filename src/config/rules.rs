//! Alarms, interlocks and detection as they are written. Limits are in the channel's native unit and go inward from here.

use hearth_actors::model::alarm::Severity;
use hearth_actors::model::channel::{Channel, ChannelTable, ControlShape};
use hearth_actors::model::ids::RuleId;
use hearth_actors::model::spec::{AlarmRule, Comparison, Condition, InterlockRule};
use hearth_actors::model::units::Unit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::parse::child;

/// How far a temperature must come back before its alarm clears. Unit: °C. Source: the default deadband of the safety design.
const DEADBAND_C: f64 = 2.0;

/// Share of a channel's span that is its default deadband. Source: as above.
const DEADBAND_OF_SPAN: f64 = 0.01;

/// How long a condition must hold unless the alarm is critical. Unit: ms. Source: as above.
const DELAY_MS: u64 = 2_000;

/// Longest delay. Unit: ms. One hour: what waits longer will never be seen.
const DELAY_MS_MAX: u64 = 3_600_000;

/// A comparison of a channel with a limit: exactly one of the five.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionConfig {
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
}

/// When an alarm is raised: a comparison (exactly one of the five), and how eagerly.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhenConfig {
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
    /// How far the value must come back; native unit. 2 °C or 1 % of the span where absent, whichever is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadband: Option<f64>,
    /// How long it must hold. Unit: ms; 2000 where absent, 0 for a critical alarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

/// How bad an alarm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeverityConfig {
    /// Worth knowing.
    Info,
    /// Needs attention.
    #[default]
    Warning,
    /// Needs action now.
    Critical,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmConfig {
    /// Unique in the machine.
    pub id: String,
    /// When it is raised.
    pub when: WhenConfig,
    /// How bad it is.
    #[serde(default)]
    pub severity: SeverityConfig,
    /// What to tell people; the condition in words where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// An interlock.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterlockConfig {
    /// Unique in the machine.
    pub id: String,
    /// Which orders it refuses.
    pub blocks: ConditionConfig,
    /// What must hold, all of it, for such an order to pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<ConditionConfig>,
    /// What to tell people; the condition in words where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl ConditionConfig {
    fn to_condition(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<Condition> {
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

    fn in_words(&self, channels: &ChannelTable) -> String {
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

impl WhenConfig {
    fn condition(&self) -> ConditionConfig {
        ConditionConfig {
            channel: self.channel.clone(),
            above: self.above,
            below: self.below,
            at_least: self.at_least,
            at_most: self.at_most,
            equals: self.equals,
        }
    }
}

impl AlarmConfig {
    /// The rule for the heart.
    pub(super) fn to_rule(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<AlarmRule> {
        let when_at = child(pointer, "when");
        let condition = self.when.condition();
        let id = rule_id(&self.id, pointer, faults);
        let when = condition.to_condition(channels, &when_at, faults);
        if self.when.deadband.is_some_and(|deadband| deadband < 0.0) {
            faults.add(child(&when_at, "deadband"), "use 0 or more: how far the value must come back");
        }
        let usual_delay_ms = if self.severity == SeverityConfig::Critical { 0 } else { DELAY_MS };
        let delay_ms = self.when.delay_ms.unwrap_or(usual_delay_ms);
        if delay_ms > DELAY_MS_MAX {
            faults.add(child(&when_at, "delay_ms"), format!("use 0 to {DELAY_MS_MAX} ms, which is an hour"));
        }
        let when = when?;
        let channel = channels.get(when.channel)?;
        Some(AlarmRule {
            id: id?,
            when,
            deadband: match self.when.deadband {
                Some(native) => channel.unit.span_inward(native),
                None => usual_deadband(channel, when.comparison),
            },
            delay_ms,
            severity: self.severity.to_model(),
            message: self.message.clone().unwrap_or_else(|| format!("{} is reached", condition.in_words(channels))),
        })
    }
}

impl SeverityConfig {
    fn to_model(self) -> Severity {
        match self {
            Self::Info => Severity::Info,
            Self::Warning => Severity::Warning,
            Self::Critical => Severity::Critical,
        }
    }
}

impl InterlockConfig {
    /// The rule for the heart.
    pub(super) fn to_rule(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<InterlockRule> {
        let id = rule_id(&self.id, pointer, faults);
        let blocks_at = child(pointer, "blocks");
        let blocks = self.blocks.to_condition(channels, &blocks_at, faults);
        if let Some(blocks) = blocks
            && channels.get(blocks.channel).is_some_and(|c| c.control().is_none())
        {
            let controls: Vec<&str> = channels.controls().map(|(_, c, _)| c.id.as_str()).collect();
            let detail =
                format!("`{}` is a sensor, nothing is ordered there; {}", self.blocks.channel, known(&controls));
            faults.add(child(&blocks_at, "channel"), detail);
        }
        let unless_at = child(pointer, "unless");
        let unless: Vec<Condition> = self
            .unless
            .iter()
            .enumerate()
            .filter_map(|(i, condition)| condition.to_condition(channels, &format!("{unless_at}/{i}"), faults))
            .collect();
        Some(InterlockRule { id: id?, blocks: blocks?, unless, message: self.message_or_words(channels) })
    }

    fn message_or_words(&self, channels: &ChannelTable) -> String {
        if let Some(message) = &self.message {
            return message.clone();
        }
        let blocked = self.blocks.in_words(channels);
        if self.unless.is_empty() {
            return format!("{blocked} is not allowed");
        }
        let needs: Vec<String> = self.unless.iter().map(|condition| condition.in_words(channels)).collect();
        format!("{blocked} needs {}", needs.join(" and "))
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

fn find_channel(id: &str, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<usize> {
    let index = channels.find(id);
    if index.is_none() {
        let ids: Vec<&str> = channels.iter().map(|(_, c)| c.id.as_str()).collect();
        faults.add(pointer, format!("no channel `{}`; {}", id.escape_debug(), known(&ids)));
    }
    index
}

fn known(ids: &[&str]) -> String {
    match ids {
        [] => "this machine has none".to_owned(),
        ids => format!("this machine has {}", ids.join(", ")),
    }
}

fn rule_id(text: &str, pointer: &str, faults: &mut Faults) -> Option<RuleId> {
    RuleId::parse(text).map_err(|bad| faults.add(child(pointer, "id"), bad.to_string())).ok()
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
