//! What a machine is: its configuration as the heart needs it. The driver's part stays outside.

use std::sync::Arc;

use super::alarm::Severity;
use super::channel::ChannelTable;
use super::ids::{MachineId, RuleId};
use super::mark::MarkKind;
use super::session::SessionState;
use super::units::Fraction;

/// A kind of machine; decides the cockpit and a few defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MachineKind {
    /// Coffee roaster.
    #[default]
    Roaster,
    /// Brew kettle.
    Kettle,
    /// Control panel.
    Panel,
    /// Lab rig.
    Rig,
    /// Scanner.
    Scanner,
}

/// A configured piece of equipment.
#[derive(Debug, Clone)]
pub struct MachineSpec {
    /// Unique in the daemon.
    pub id: MachineId,
    /// Shown to people.
    pub name: String,
    /// What it is.
    pub kind: MachineKind,
    /// Connect as soon as the machine starts.
    pub autoconnect: bool,
    /// Time between readings on the machine's clock. Unit: ms.
    pub sampling_interval_ms: u64,
    /// Factor of the machine's clock over real time; 1 for real hardware.
    pub clock_speed: f64,
    /// Its channels.
    pub channels: Arc<ChannelTable>,
    /// Which marks are found automatically.
    pub detection: DetectionSpec,
    /// Alarm rules.
    pub alarms: Vec<AlarmRule>,
    /// Interlocks.
    pub interlocks: Vec<InterlockRule>,
    /// What heat may be without, and for how long.
    pub safety: SafetySpec,
    /// Whether heat is looked after: that it comes when asked for, and only then. `None` is not.
    pub verify_heat: Option<VerifyHeat>,
}

impl MachineSpec {
    /// The channel that an alarm is about: what its rule looks at, or what its interlock keeps back. By index.
    pub fn channel_of(&self, alarm: &RuleId) -> Option<usize> {
        let watched = self.alarms.iter().filter_map(|rule| Some((&rule.id, rule.when.first()?.condition.channel)));
        let guarded = self.interlocks.iter().filter_map(|rule| Some((&rule.id, rule.channel()?)));
        watched.chain(guarded).find(|(id, _)| *id == alarm).map(|(_, channel)| channel)
    }
}

/// What heat may be without, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetySpec {
    /// How long a sensor that heat depends on may tell nothing. Unit: ms of real time.
    pub sensor_loss_ms: u64,
    /// How long heat may stay on with nobody there who could steer; `None` for ever. Unit: ms of real time.
    pub operator_loss_ms: Option<u64>,
}

impl SafetySpec {
    /// Shortest time without a sensor, and in intervals of sampling. Source: safety design, outputs.
    const SENSOR_LOSS: (u64, u64) = (3_000, 3);

    /// What holds where nothing is said of sensors, at this sampling interval.
    pub fn usual_sensor_loss_ms(sampling_interval_ms: u64) -> u64 {
        let (least_ms, intervals) = Self::SENSOR_LOSS;
        least_ms.max(intervals.saturating_mul(sampling_interval_ms))
    }
}

impl Default for SafetySpec {
    fn default() -> Self {
        Self { sensor_loss_ms: Self::SENSOR_LOSS.0, operator_loss_ms: None }
    }
}

/// Which marks are found automatically, and by which limits.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectionSpec {
    /// Detect CHARGE by the BT break.
    pub charge: bool,
    /// Detect DROP by the BT break.
    pub drop: bool,
    /// Find the turning point.
    pub turning_point: bool,
    /// Mark DRY_END when BT reaches this after the turning point. Unit: °C.
    pub dry_end_bt: Option<f64>,
    /// Mark FCs when BT reaches this after the turning point. Unit: °C.
    pub first_crack_bt: Option<f64>,
}

impl Default for DetectionSpec {
    fn default() -> Self {
        Self { charge: true, drop: true, turning_point: true, dry_end_bt: Some(150.0), first_crack_bt: None }
    }
}

/// A comparison of a channel with a limit. Internal unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison {
    /// Strictly above.
    Above(f64),
    /// Strictly below.
    Below(f64),
    /// At or above.
    AtLeast(f64),
    /// At or below.
    AtMost(f64),
    /// Equal (for switches and modes).
    Equals(f64),
}

impl Comparison {
    /// Whether a value satisfies it.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
            Self::Equals(limit) => (value - limit).abs() < 1e-9,
        }
    }

    /// What it compares with.
    pub fn limit(self) -> f64 {
        let (Self::Above(limit)
        | Self::Below(limit)
        | Self::AtLeast(limit)
        | Self::AtMost(limit)
        | Self::Equals(limit)) = self;
        limit
    }

    /// The same comparison with another limit.
    #[must_use]
    pub fn map(self, change: impl FnOnce(f64) -> f64) -> Self {
        match self {
            Self::Above(limit) => Self::Above(change(limit)),
            Self::Below(limit) => Self::Below(change(limit)),
            Self::AtLeast(limit) => Self::AtLeast(change(limit)),
            Self::AtMost(limit) => Self::AtMost(change(limit)),
            Self::Equals(limit) => Self::Equals(change(limit)),
        }
    }
}

/// A condition on one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// Index of the channel.
    pub channel: usize,
    /// What must hold.
    pub comparison: Comparison,
}

/// What of a channel is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quantity {
    /// Its value. Internal unit.
    #[default]
    Value,
    /// How fast it rises. Internal unit per minute.
    Rate,
}

/// A part of an alarm's condition: over only when the value is back by `deadband`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clause {
    /// What must hold.
    pub condition: Condition,
    /// Of what.
    pub quantity: Quantity,
    /// How far it must come back. Unit of the quantity.
    pub deadband: f64,
}

/// What an alarm does besides being told, each time its condition comes. A shelf does not keep it from that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlarmAction {
    /// Sets a control.
    Set {
        /// Index of the channel.
        channel: usize,
        /// To what.
        value: Fraction,
    },
    /// Sets a mark, while recording.
    Mark(MarkKind),
    /// Software STOP.
    Stop,
}

/// An alarm: raised when all of its condition holds for `delay_ms`, cleared when some of it is gone for `off_delay_ms`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmRule {
    /// Unique in the machine.
    pub id: RuleId,
    /// What must hold, all of it; the first names the channel that the alarm is about.
    pub when: Vec<Clause>,
    /// Only once this mark is set in the running session.
    pub after: Option<MarkKind>,
    /// Only in these states of the session; empty is in all.
    pub during: Vec<SessionState>,
    /// How long the condition must hold. Unit: ms of the machine's clock.
    pub delay_ms: u64,
    /// How long it must be gone. Unit: ms of the machine's clock.
    pub off_delay_ms: u64,
    /// How bad it is.
    pub severity: Severity,
    /// What to tell people.
    pub message: String,
    /// What it does.
    pub actions: Vec<AlarmAction>,
    /// Whether it stays until the machine is re-armed.
    pub latching: bool,
}

/// How heat is looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyHeat {
    /// How long it must be wrong. Unit: ms of the machine's clock.
    pub within_ms: u64,
    /// Whether to STOP as well.
    pub trip: bool,
}

/// An interlock: unless every condition of `unless` holds, it is closed. Then orders that match `blocks` are refused, and an output
/// that `forces` names is set.
#[derive(Debug, Clone, PartialEq)]
pub struct InterlockRule {
    /// Unique in the machine.
    pub id: RuleId,
    /// Which orders it refuses.
    pub blocks: Option<Condition>,
    /// What must hold for it to be open; a missing value does not hold. Where there is none, it is always closed.
    pub unless: Vec<Condition>,
    /// What it sets while it is closed.
    pub forces: Option<Forced>,
    /// What to tell people.
    pub message: String,
}

impl InterlockRule {
    /// The output that it is about, by index.
    pub fn channel(&self) -> Option<usize> {
        self.blocks.map(|blocks| blocks.channel).or(self.forces.map(|forced| forced.channel))
    }

    /// Whether it is open, given what is known of its inputs: internal units, by channel index.
    pub fn is_open(&self, known: impl Fn(usize) -> Option<f64>) -> bool {
        let holds = |condition: &Condition| known(condition.channel).is_some_and(|v| condition.comparison.holds(v));
        !self.unless.is_empty() && self.unless.iter().all(holds)
    }

    /// Whether it is closed for certain: one of its inputs is known, and against it. Internal units, by channel index.
    pub fn is_against(&self, known: impl Fn(usize) -> Option<f64>) -> bool {
        let objects = |condition: &Condition| known(condition.channel).is_some_and(|v| !condition.comparison.holds(v));
        self.unless.is_empty() || self.unless.iter().any(objects)
    }
}

/// A value that an output is brought to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forced {
    /// Index of the channel.
    pub channel: usize,
    /// To what, in its native unit.
    pub native: f64,
}
