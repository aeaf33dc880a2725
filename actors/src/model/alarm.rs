//! Alarms as they are told; the life cycle itself is `logic::alarms`.

use super::ids::RuleId;
use super::time::{SessionMs, WallMs};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Needs attention.
    Warning,
    /// Needs action now.
    Critical,
}

/// Life cycle of an occurrence. Source: ISA-18.2 states as named in the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmState {
    /// Condition holds, nobody has seen it.
    Unacked,
    /// Somebody has seen it, and its condition holds, or it is latched and waits for the machine to be re-armed.
    Acked,
    /// Condition is gone, nobody has seen it.
    ClearedUnacked,
    /// Over.
    Normal,
    /// Hidden for a while; the trip still trips.
    Shelved,
}

/// What a shelf hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelf {
    /// When it ends by itself: a label, the machine's clock decides.
    pub until: WallMs,
    /// Where the alarm stood beneath it, when this was told.
    pub beneath: AlarmState,
}

/// One change in the life of one occurrence of an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmNotice {
    /// The rule that raised it.
    pub alarm: RuleId,
    /// Number of this occurrence, unique in the daemon.
    pub occurrence: u64,
    /// Its state now.
    pub state: AlarmState,
    /// How bad it is.
    pub severity: Severity,
    /// Needs ack and re-arm before it can return to normal.
    pub latched: bool,
    /// What the rule says.
    pub message: String,
    /// When it was raised, on the session's clock.
    pub raised_at: SessionMs,
    /// The same on the wall; `None` in journals from before it was kept.
    pub raised_wall: Option<WallMs>,
    /// BT when it was raised. Unit: °C.
    pub bt: Option<f64>,
    /// ET when it was raised. Unit: °C.
    pub et: Option<f64>,
    /// Who acknowledged it, as named to people; `None` while nobody has.
    pub acked_by: Option<String>,
    /// When that was, on the wall; `None` where nobody has, and in journals from before it was kept.
    pub acked_wall: Option<WallMs>,
    /// How often its condition came in this occurrence: 1, or more of an alarm that chatters.
    pub count: u32,
    /// The alarm that began the flood this one came in; `None` where it came alone or was the first.
    pub first_cause: Option<RuleId>,
    /// What hides it, while [`AlarmState::Shelved`].
    pub shelf: Option<Shelf>,
}

impl AlarmNotice {
    /// Where it stands, whether or not a shelf hides that.
    pub fn beneath(&self) -> AlarmState {
        match (self.state, self.shelf) {
            (AlarmState::Shelved, Some(shelf)) => shelf.beneath,
            (AlarmState::Shelved, None) => AlarmState::Normal,
            (state, _) => state,
        }
    }
}

/// An alarm that no rule asks for: every machine has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuiltIn {
    /// The link to the device is gone.
    DriverLost,
    /// A sensor that heat depends on is lost.
    SensorLost,
    /// The machine's program crashed, hung or was parked.
    MachineFault,
    /// Heat is on and nobody who could steer is there.
    OperatorLost,
    /// The device did not confirm an order.
    WriteFailed,
    /// Heat is asked for and none comes.
    NotHeating,
    /// The temperature rises although no heat is asked for.
    HeatUnasked,
    /// A sensor shows the same value while everything around it moves.
    StuckSensor,
    /// A sensor is silent although the link is up.
    StaleData,
    /// The daemon before was killed, or lost its power.
    UncleanRestart,
    /// Too little room on the storage disk.
    StorageFull,
    /// The storage disk answers too slowly.
    StorageSlow,
    /// The storage disk refuses, or something on it is damaged.
    StorageCorrupt,
    /// The wall clock jumped.
    ClockJump,
}

impl BuiltIn {
    /// All of them, the causes before their consequences.
    pub const ALL: [Self; 14] = [
        Self::DriverLost,
        Self::SensorLost,
        Self::MachineFault,
        Self::OperatorLost,
        Self::WriteFailed,
        Self::NotHeating,
        Self::HeatUnasked,
        Self::StuckSensor,
        Self::StaleData,
        Self::UncleanRestart,
        Self::StorageFull,
        Self::StorageSlow,
        Self::StorageCorrupt,
        Self::ClockJump,
    ];

    /// The alarm's id. No rule of a machine may have one of these.
    pub fn name(self) -> &'static str {
        match self {
            Self::DriverLost => "driver_lost",
            Self::SensorLost => "sensor_lost",
            Self::MachineFault => "machine_fault",
            Self::OperatorLost => "operator_lost",
            Self::WriteFailed => "write_failed",
            Self::NotHeating => "not_heating",
            Self::HeatUnasked => "heat_unasked",
            Self::StuckSensor => "stuck_sensor",
            Self::StaleData => "stale_data",
            Self::UncleanRestart => "unclean_restart",
            Self::StorageFull => "storage_full",
            Self::StorageSlow => "storage_slow",
            Self::StorageCorrupt => "storage_corrupt",
            Self::ClockJump => "clock_jump",
        }
    }

    /// The same as the id of a rule.
    pub fn rule(self) -> RuleId {
        RuleId::of_the_house(self.name())
    }

    /// The one with this id.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|built_in| built_in.name() == id)
    }
}

/// What a built-in alarm says while its condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cry {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Cry {
    /// A critical one.
    pub fn critical(message: impl Into<String>) -> Self {
        Self { severity: Severity::Critical, message: message.into() }
    }

    /// A warning.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, message: message.into() }
    }
}
