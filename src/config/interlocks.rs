//! Interlocks as they are written.

use hearth_actors::model::channel::{ChannelTable, Failsafe, OutputClass};
use hearth_actors::model::spec::{Condition, Forced, InterlockRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{ConditionConfig, find_channel};
use super::control::range_in_words;
use super::faults::Faults;
use super::parse::child;
use super::rules::{control_of, rule_id};

/// An interlock.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterlockConfig {
    /// Unique in the machine.
    pub id: String,
    /// Which orders it refuses. Heat that stands there nevertheless is switched off and latched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<ConditionConfig>,
    /// What must hold, all of it, for such an order to pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<ConditionConfig>,
    /// What it sets while that does not hold. Afterwards the output stays there until somebody changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forces: Option<ForcesConfig>,
    /// What to tell people; the condition in words where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// An output, and the value that an interlock brings it to. Heat is brought no higher than its fail-safe, and latched.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForcesConfig {
    /// Id of the control.
    pub channel: String,
    /// Its value, in its native unit.
    pub value: f64,
}

impl InterlockConfig {
    /// The rule for the heart.
    pub(super) fn to_rule(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<InterlockRule> {
        let id = rule_id(&self.id, pointer, faults);
        let unless_at = child(pointer, "unless");
        let unless: Vec<Condition> = self
            .unless
            .iter()
            .enumerate()
            .filter_map(|(i, condition)| condition.to_condition(channels, &format!("{unless_at}/{i}"), faults))
            .collect();
        let blocks = self.blocks.as_ref().map(|blocks| blocked(blocks, channels, &child(pointer, "blocks"), faults));
        let forces = self.forces.as_ref().map(|forces| forces.to_forced(channels, &child(pointer, "forces"), faults));
        if self.blocks.is_none() && self.forces.is_none() {
            faults.add(pointer, "say what it blocks or what it forces");
        }
        if self.forces.is_some() && self.unless.is_empty() {
            faults.add(unless_at, "is missing: without it the output would be forced for ever");
        }
        // One that is faulty is worth no rule.
        let (blocks, forces) =
            (blocks.map_or(Some(None), |b| b.map(Some))?, forces.map_or(Some(None), |f| f.map(Some))?);
        Some(InterlockRule { id: id?, blocks, unless, forces, message: self.message_or_words(channels) })
    }

    fn message_or_words(&self, channels: &ChannelTable) -> String {
        if let Some(message) = &self.message {
            return message.clone();
        }
        let needs: Vec<String> = self.unless.iter().map(|condition| condition.in_words(channels)).collect();
        let needs = needs.join(" and ");
        match &self.blocks {
            Some(blocks) if self.unless.is_empty() => format!("{} is not allowed", blocks.in_words(channels)),
            Some(blocks) => format!("{} needs {needs}", blocks.in_words(channels)),
            None => format!("{needs} is needed"),
        }
    }
}

impl ForcesConfig {
    fn to_forced(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<Forced> {
        let value_at = child(pointer, "value");
        let channel = find_channel(&self.channel, channels, &child(pointer, "channel"), faults)?;
        let control = control_of(&self.channel, channel, channels, &child(pointer, "channel"), faults)?;
        if !control.accepts(self.value) {
            faults.add(value_at, format!("{} cannot be written: {}", self.value, range_in_words(control)));
            return None;
        }
        match control.failsafe {
            Failsafe::Value(safe) if control.class == OutputClass::Heat && self.value > safe => {
                let detail = format!(
                    "{} is more heat than its failsafe, which is {safe}: an interlock only takes heat away",
                    self.value
                );
                faults.add(value_at, detail);
                None
            }
            Failsafe::Value(_) | Failsafe::Hold => Some(Forced { channel, native: self.value }),
        }
    }
}

/// What an interlock blocks: of a control, no sensor.
fn blocked(
    condition: &ConditionConfig,
    channels: &ChannelTable,
    pointer: &str,
    faults: &mut Faults,
) -> Option<Condition> {
    let blocks = condition.to_condition(channels, pointer, faults)?;
    control_of(&condition.channel, blocks.channel, channels, &child(pointer, "channel"), faults).map(|_| blocks)
}

/// Adds a fault for each output that two interlocks force to different values: they would fight for it.
pub(super) fn check_no_fight(interlocks: &[InterlockConfig], faults: &mut Faults) {
    let forced = |rule: &InterlockConfig| rule.forces.clone();
    for (i, forces) in interlocks.iter().enumerate().filter_map(|(i, rule)| Some((i, forced(rule)?))) {
        let other = interlocks.iter().take(i).filter_map(|rule| Some((&rule.id, forced(rule)?)));
        let mut clash = other.filter(|(_, before)| before.channel == forces.channel && before.value != forces.value);
        if let Some((id, before)) = clash.next() {
            let detail = format!("`{id}` forces it to {}: two that force one output must agree", before.value);
            faults.add(format!("/interlocks/{i}/forces/value"), detail);
        }
    }
}
