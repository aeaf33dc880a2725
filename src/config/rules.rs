//! Alarms, interlocks and detection as they are written. Limits are in the channel's native unit and go inward from here.

use hearth_actors::logic::alarms::OFF_DELAY_MS;
use hearth_actors::model::alarm::{BuiltIn, Severity};
use hearth_actors::model::channel::{Channel, ChannelTable, ControlShape, ControlSpec, Failsafe, OutputClass};
use hearth_actors::model::ids::RuleId;
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::session::SessionState;
use hearth_actors::model::spec::{
    AlarmAction, AlarmRule, Clause, Comparison, Condition, Forced, InterlockRule, Quantity,
};
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

/// Conditions beside the first one.
const AND_MAX: usize = 8;

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
    fn is_value(&self) -> bool {
        *self == Self::Value
    }
}

/// Something else that must hold at the same time.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AndConfig {
    /// Id of the channel.
    pub channel: String,
    /// What of it is compared.
    #[serde(default, skip_serializing_if = "QuantityConfig::is_value")]
    pub of: QuantityConfig,
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
}

/// An event of a roast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum EventConfig {
    /// Beans in.
    #[serde(rename = "CHARGE")]
    Charge,
    /// Turning point.
    #[serde(rename = "TP")]
    TurningPoint,
    /// End of drying.
    #[serde(rename = "DRY_END")]
    DryEnd,
    /// First crack begins.
    #[serde(rename = "FCs")]
    FirstCrackStart,
    /// First crack ends.
    #[serde(rename = "FCe")]
    FirstCrackEnd,
    /// Second crack begins.
    #[serde(rename = "SCs")]
    SecondCrackStart,
    /// Second crack ends.
    #[serde(rename = "SCe")]
    SecondCrackEnd,
    /// Beans out.
    #[serde(rename = "DROP")]
    Drop,
    /// Cooled.
    #[serde(rename = "COOL")]
    Cool,
}

/// A state of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStateConfig {
    /// Nothing runs.
    Idle,
    /// Watched.
    Monitoring,
    /// Recorded.
    Recording,
    /// Recorded, and over.
    Finished,
}

/// What an alarm does: exactly one of the three.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionConfig {
    /// Sets a control, once each time the condition comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<SetConfig>,
    /// Sets a mark, while recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<EventConfig>,
    /// Software STOP; `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<bool>,
}

/// A control and its value.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetConfig {
    /// Id of the control.
    pub channel: String,
    /// Its value, in its native unit.
    pub to: f64,
}

/// When an alarm is raised: a comparison (exactly one of the five), what else must hold, and how eagerly.
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
    /// How long it must be gone. Unit: ms; 5000 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_delay_ms: Option<u64>,
    /// What of the channel is compared.
    #[serde(default, skip_serializing_if = "QuantityConfig::is_value")]
    pub of: QuantityConfig,
    /// What else must hold, all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub and: Vec<AndConfig>,
    /// Only once this event is marked in the running session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<EventConfig>,
    /// Only in these states of the session; in all where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub during: Vec<SessionStateConfig>,
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
    /// What it does besides being told. A shelf does not keep it from that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionConfig>,
    /// Whether it stays until somebody re-arms the machine. Where absent: if it stops the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latched: Option<bool>,
}

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

impl AndConfig {
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

    fn to_clause(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<Clause> {
        if self.deadband.is_some_and(|deadband| deadband < 0.0) {
            faults.add(child(pointer, "deadband"), "use 0 or more: how far the value must come back");
        }
        let written = self.condition();
        let mut condition = written.to_condition(channels, pointer, faults)?;
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

    fn in_words(&self, channels: &ChannelTable) -> String {
        let words = self.condition().in_words(channels);
        match self.of {
            QuantityConfig::Value => words,
            QuantityConfig::Rate => format!("rate of {words}/min"),
        }
    }
}

impl WhenConfig {
    /// Its own comparison and those beside it.
    fn clauses(&self) -> impl Iterator<Item = AndConfig> + '_ {
        let own = AndConfig {
            channel: self.channel.clone(),
            of: self.of,
            above: self.above,
            below: self.below,
            at_least: self.at_least,
            at_most: self.at_most,
            equals: self.equals,
            deadband: self.deadband,
        };
        std::iter::once(own).chain(self.and.iter().cloned())
    }
}

impl AlarmConfig {
    /// The rule for the heart.
    pub(super) fn to_rule(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<AlarmRule> {
        let when_at = child(pointer, "when");
        let id = rule_id(&self.id, pointer, faults);
        let places = std::iter::once(when_at.clone()).chain((0..).map(|i| format!("{when_at}/and/{i}")));
        let clauses: Vec<Option<Clause>> =
            self.when.clauses().zip(places).map(|(clause, at)| clause.to_clause(channels, &at, faults)).collect();
        if self.when.and.len() > AND_MAX {
            faults.add(child(&when_at, "and"), format!("use at most {AND_MAX}: more is another alarm"));
        }
        let usual_delay_ms = if self.severity == SeverityConfig::Critical { 0 } else { DELAY_MS };
        let delay_ms = self.when.delay_ms.unwrap_or(usual_delay_ms);
        let off_delay_ms = self.when.off_delay_ms.unwrap_or(OFF_DELAY_MS);
        for (key, ms) in [("delay_ms", delay_ms), ("off_delay_ms", off_delay_ms)] {
            if ms > DELAY_MS_MAX {
                faults.add(child(&when_at, key), format!("use 0 to {DELAY_MS_MAX} ms, which is an hour"));
            }
        }
        let actions_at = child(pointer, "actions");
        let actions: Vec<Option<AlarmAction>> = self
            .actions
            .iter()
            .enumerate()
            .map(|(i, action)| action.to_action(channels, &format!("{actions_at}/{i}"), faults))
            .collect();
        let actions = actions.into_iter().collect::<Option<Vec<_>>>()?;
        let latching = self.latched.unwrap_or(actions.contains(&AlarmAction::Stop));
        let words = || {
            let words: Vec<String> = self.when.clauses().map(|clause| clause.in_words(channels)).collect();
            format!("{} is reached", words.join(" and "))
        };
        Some(AlarmRule {
            id: id?,
            when: clauses.into_iter().collect::<Option<_>>()?,
            after: self.when.after.map(EventConfig::to_model),
            during: self.when.during.iter().map(|state| state.to_model()).collect(),
            delay_ms,
            off_delay_ms,
            severity: self.severity.to_model(),
            message: self.message.clone().unwrap_or_else(words),
            actions,
            latching,
        })
    }
}

impl ActionConfig {
    fn to_action(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<AlarmAction> {
        match (&self.set, self.mark, self.stop) {
            (Some(set), None, None) => set.to_action(channels, &child(pointer, "set"), faults),
            (None, Some(event), None) => Some(AlarmAction::Mark(event.to_model())),
            (None, None, Some(true)) => Some(AlarmAction::Stop),
            _ => {
                faults.add(pointer, "use exactly one of `set`, `mark` and `\"stop\": true`");
                None
            }
        }
    }
}

impl SetConfig {
    fn to_action(&self, channels: &ChannelTable, pointer: &str, faults: &mut Faults) -> Option<AlarmAction> {
        let channel = find_channel(&self.channel, channels, &child(pointer, "channel"), faults)?;
        let Some(control) = channels.get(channel)?.control() else {
            let detail = format!("`{}` is a sensor, it cannot be set; {}", self.channel, known(&controls(channels)));
            faults.add(child(pointer, "channel"), detail);
            return None;
        };
        let (min, max) = match control.shape {
            ControlShape::Slider => (control.min, control.max),
            ControlShape::Toggle { on, off } => (on.min(off), on.max(off)),
        };
        if !(min..=max).contains(&self.to) {
            faults.add(child(pointer, "to"), format!("use {min} to {max}"));
            return None;
        }
        Some(AlarmAction::Set { channel, value: control.to_fraction(self.to) })
    }
}

impl EventConfig {
    fn to_model(self) -> MarkKind {
        match self {
            Self::Charge => MarkKind::Charge,
            Self::TurningPoint => MarkKind::TurningPoint,
            Self::DryEnd => MarkKind::DryEnd,
            Self::FirstCrackStart => MarkKind::FirstCrackStart,
            Self::FirstCrackEnd => MarkKind::FirstCrackEnd,
            Self::SecondCrackStart => MarkKind::SecondCrackStart,
            Self::SecondCrackEnd => MarkKind::SecondCrackEnd,
            Self::Drop => MarkKind::Drop,
            Self::Cool => MarkKind::Cool,
        }
    }
}

impl SessionStateConfig {
    fn to_model(self) -> SessionState {
        match self {
            Self::Idle => SessionState::Idle,
            Self::Monitoring => SessionState::Monitoring,
            Self::Recording => SessionState::Recording,
            Self::Finished => SessionState::Finished,
        }
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
            faults.add(
                value_at,
                format!("{} cannot be written: {}", self.value, super::control::range_in_words(control)),
            );
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

fn control_of<'a>(
    id: &str,
    channel: usize,
    channels: &'a ChannelTable,
    pointer: &str,
    faults: &mut Faults,
) -> Option<&'a ControlSpec> {
    let control = channels.get(channel)?.control();
    if control.is_none() {
        let detail = format!("`{id}` is a sensor, nothing is ordered there; {}", known(&controls(channels)));
        faults.add(pointer, detail);
    }
    control
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

fn controls(channels: &ChannelTable) -> Vec<&str> {
    channels.controls().map(|(_, c, _)| c.id.as_str()).collect()
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
    if BuiltIn::named(text).is_some() {
        faults.add(child(pointer, "id"), format!("`{text}` is an alarm that every machine has: use another"));
        return None;
    }
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
