//! Profiles: saved sessions. Assembled from a session's journal by `logic::profile`.

use std::collections::BTreeMap;

use super::ids::{MachineId, SessionId};
use super::mark::Mark;
use super::time::{SessionMs, WallMs};

/// Whether somebody has saved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProfileStatus {
    /// Kept by itself when the recording ended.
    Draft,
    /// Saved by a person.
    Saved,
}

/// What stands on the batch's card. Each field set replaces the one before; one that is empty takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// How good it is: 1 to 5; 0 is no rating.
    pub rating: Option<u8>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
    /// Who roasted it.
    pub operator: Option<String>,
    /// The shop's own number for it.
    pub batch: Option<String>,
}

impl Label {
    /// What is left when a field that is empty counts as none.
    pub fn filled(&self) -> Self {
        let words = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Self {
            rating: self.rating.filter(|&rating| rating > 0),
            tags: self.tags.clone().filter(|tags| !tags.is_empty()),
            operator: words(&self.operator),
            batch: words(&self.batch),
        }
    }
}

/// What people add to a session. Each field set replaces the one before.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Annotation {
    /// Its name.
    pub name: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// Which bean.
    pub bean: Option<String>,
    /// Unit: g.
    pub green_weight_g: Option<f64>,
    /// Unit: g.
    pub roasted_weight_g: Option<f64>,
    /// The batch's card.
    pub label: Label,
    /// Draft or saved.
    pub status: Option<ProfileStatus>,
    /// The whole list of marks after a correction.
    pub marks: Option<Vec<Mark>>,
}

impl Annotation {
    /// Puts a later annotation over this one.
    pub fn merge(&mut self, later: Self) {
        fn over<T>(slot: &mut Option<T>, later: Option<T>) {
            if later.is_some() {
                *slot = later;
            }
        }
        over(&mut self.name, later.name);
        over(&mut self.notes, later.notes);
        over(&mut self.bean, later.bean);
        over(&mut self.green_weight_g, later.green_weight_g);
        over(&mut self.roasted_weight_g, later.roasted_weight_g);
        over(&mut self.label.rating, later.label.rating);
        over(&mut self.label.tags, later.label.tags);
        over(&mut self.label.operator, later.label.operator);
        over(&mut self.label.batch, later.label.batch);
        over(&mut self.status, later.status);
        over(&mut self.marks, later.marks);
    }
}

/// The curves of a session as columns of equal length; a missing value is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Session clock. Unit: ms.
    pub timestamp_ms: Vec<u64>,
    /// Unit: °C.
    pub bt: Vec<Option<f64>>,
    /// Unit: °C.
    pub et: Vec<Option<f64>>,
    /// Unit: °C per minute.
    pub bt_ror: Vec<Option<f64>>,
    /// Unit: °C per minute.
    pub et_ror: Vec<Option<f64>>,
    /// Every other sensor by channel id, internal unit.
    pub extra: BTreeMap<String, Vec<Option<f64>>>,
}

/// Figures of a roast; `None` where a mark they need is missing. Durations count from CHARGE.
/// Source: roasting reference 2.5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statistics {
    /// CHARGE to DROP. Unit: ms.
    pub total_ms: Option<u64>,
    /// CHARGE to DRY_END. Unit: ms.
    pub drying_ms: Option<u64>,
    /// DRY_END to FCs. Unit: ms.
    pub maillard_ms: Option<u64>,
    /// FCs to DROP. Unit: ms.
    pub development_ms: Option<u64>,
    /// Share of the total. Unit: %.
    pub drying_pct: Option<f64>,
    /// Share of the total. Unit: %.
    pub maillard_pct: Option<f64>,
    /// Development time ratio. Unit: %.
    pub dtr_pct: Option<f64>,
    /// CHARGE to turning point. Unit: ms.
    pub tp_ms: Option<u64>,
    /// BT at the turning point. Unit: °C.
    pub tp_bt: Option<f64>,
    /// Area under BT above 100 °C from turning point to DROP. Unit: °C·min.
    pub auc: Option<f64>,
    /// Weight lost. Unit: %.
    pub weight_loss_pct: Option<f64>,
    /// Highest ET between turning point and DROP. Unit: °C.
    pub max_et: Option<f64>,
    /// BT rise per minute: turning point to DRY_END. Unit: °C per minute.
    pub drying_ror: Option<f64>,
    /// DRY_END to FCs. Unit: °C per minute.
    pub maillard_ror: Option<f64>,
    /// FCs to DROP. Unit: °C per minute.
    pub development_ror: Option<f64>,
    /// Turning point to DROP. Unit: °C per minute.
    pub total_ror: Option<f64>,
}

/// A saved session, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The session's id.
    pub id: SessionId,
    /// Its name; made from machine and date until somebody gives one.
    pub name: String,
    /// The machine it was recorded on.
    pub machine: MachineId,
    /// That machine's name at the time.
    pub machine_name: String,
    /// When the recording began.
    pub created_at: WallMs,
    /// Length of the recording.
    pub duration: SessionMs,
    /// Draft or saved.
    pub status: ProfileStatus,
    /// Which bean.
    pub bean: Option<String>,
    /// Unit: g.
    pub green_weight_g: Option<f64>,
    /// Unit: g.
    pub roasted_weight_g: Option<f64>,
    /// Free text.
    pub notes: Option<String>,
    /// The batch's card.
    pub label: Label,
    /// The curves.
    pub series: Series,
    /// Moves of each control by channel id: moment and wire fraction.
    pub controls: BTreeMap<String, Vec<(u64, f64)>>,
    /// Marks in order of time.
    pub marks: Vec<Mark>,
    /// Spans without readings.
    pub gaps: Vec<(u64, u64)>,
    /// Figures.
    pub statistics: Statistics,
}

/// A profile without its curves, for lists.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileSummary {
    /// The session's id.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// The machine it was recorded on.
    pub machine: MachineId,
    /// That machine's name at the time.
    pub machine_name: String,
    /// When the recording began.
    pub created_at: WallMs,
    /// Length of the recording.
    pub duration: SessionMs,
    /// Draft or saved.
    pub status: ProfileStatus,
    /// Which bean.
    pub bean: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// Unit: g.
    pub green_weight_g: Option<f64>,
    /// Unit: g.
    pub roasted_weight_g: Option<f64>,
    /// The batch's card.
    pub label: Label,
    /// Marks in order of time.
    pub marks: Vec<Mark>,
    /// Figures.
    pub statistics: Statistics,
}

impl Profile {
    /// The profile without its curves.
    pub fn summary(&self) -> ProfileSummary {
        ProfileSummary {
            id: self.id,
            name: self.name.clone(),
            machine: self.machine.clone(),
            machine_name: self.machine_name.clone(),
            created_at: self.created_at,
            duration: self.duration,
            status: self.status,
            bean: self.bean.clone(),
            notes: self.notes.clone(),
            green_weight_g: self.green_weight_g,
            roasted_weight_g: self.roasted_weight_g,
            label: self.label.clone(),
            marks: self.marks.clone(),
            statistics: self.statistics.clone(),
        }
    }
}
