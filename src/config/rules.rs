//! Alarms as they are written.

use hearth_actors::logic::alarms::OFF_DELAY_MS;
use hearth_actors::model::alarm::{BuiltIn, Severity};
use hearth_actors::model::channel::{ChannelTable, ControlShape, ControlSpec};
use hearth_actors::model::ids::RuleId;
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::session::SessionState;
use hearth_actors::model::spec::{AlarmAction, AlarmRule, Clause};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{AndConfig, Compared, QuantityConfig, comparing, find_channel, known};
use super::faults::Faults;
use super::parse::child;

/// How long a condition must hold unless the alarm is critical. Unit: ms. Source: as above.
const DELAY_MS: u64 = 2_000;

/// Conditions beside the first one.
const AND_MAX: usize = 8;

/// Longest delay. Unit: ms. One hour: what waits longer will never be seen.
const DELAY_MS_MAX: u64 = 3_600_000;

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

comparing! {
    /// When an alarm is raised: a comparison (exactly one of the five), what else must hold, and how eagerly.
    pub struct WhenConfig {
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

impl WhenConfig {
    /// Its own comparison and those beside it.
    fn clauses(&self) -> impl Iterator<Item = Compared> + '_ {
        let own = Compared { condition: self.into(), of: self.of, deadband: self.deadband };
        std::iter::once(own).chain(self.and.iter().map(AndConfig::compared))
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

/// The control that a rule is about, no sensor.
pub(super) fn control_of<'a>(
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

fn controls(channels: &ChannelTable) -> Vec<&str> {
    channels.controls().map(|(_, c, _)| c.id.as_str()).collect()
}

/// The id of a rule.
pub(super) fn rule_id(text: &str, pointer: &str, faults: &mut Faults) -> Option<RuleId> {
    if BuiltIn::named(text).is_some() {
        faults.add(child(pointer, "id"), format!("`{text}` is an alarm that every machine has: use another"));
        return None;
    }
    RuleId::parse(text).map_err(|bad| faults.add(child(pointer, "id"), bad.to_string())).ok()
}
