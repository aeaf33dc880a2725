//! Profiles: their curves, figures and what people say about them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hearth_actors::archive::ProfilePage as ModelPage;
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::profile::{
    Annotation, Label, Profile, ProfileSummary as ModelSummary, Series as ModelSeries, Statistics as ModelStatistics,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::in_order;
use crate::wire::rfc3339;
use crate::wire::views::RoastEvent;
use crate::wire::words::{EventType, ProfileStatus};

/// Curves as columns of equal length. Temperatures in °C, rates in °C per minute, a missing value is `null`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Series {
    /// Session clock.
    pub timestamp_ms: Vec<u64>,
    /// Bean temperature.
    pub bt: Vec<Option<f64>>,
    /// Environment temperature.
    pub et: Vec<Option<f64>>,
    /// Rate of rise of BT.
    pub bt_ror: Vec<Option<f64>>,
    /// Rate of rise of ET.
    pub et_ror: Vec<Option<f64>>,
    /// Every other sensor by channel id, internal unit.
    pub extra_channels: BTreeMap<String, Vec<Option<f64>>>,
}

impl Series {
    /// The columns after a moment, all of them without one. Times are ascending.
    pub fn since(series: &ModelSeries, after: Option<u64>) -> Self {
        let from = after.map_or(0, |after| series.timestamp_ms.partition_point(|&at| at <= after));
        let tail = |column: &Vec<Option<f64>>| column.get(from..).unwrap_or_default().to_vec();
        Self {
            timestamp_ms: series.timestamp_ms.get(from..).unwrap_or_default().to_vec(),
            bt: tail(&series.bt),
            et: tail(&series.et),
            bt_ror: tail(&series.bt_ror),
            et_ror: tail(&series.et_ror),
            extra_channels: series.extra.iter().map(|(id, column)| (id.clone(), tail(column))).collect(),
        }
    }
}

/// Mean rise of BT per phase. Unit: °C per minute.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RorByPhase {
    /// Turning point to DRY_END.
    pub drying: Option<f64>,
    /// DRY_END to FCs.
    pub maillard: Option<f64>,
    /// FCs to DROP.
    pub development: Option<f64>,
    /// Turning point to DROP.
    pub total: Option<f64>,
}

/// Figures of a roast; `null` where an event they need is missing. Durations count from CHARGE.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Statistics {
    /// CHARGE to DROP.
    pub total_ms: Option<u64>,
    /// CHARGE to DRY_END.
    pub drying_ms: Option<u64>,
    /// DRY_END to FCs.
    pub maillard_ms: Option<u64>,
    /// FCs to DROP.
    pub development_ms: Option<u64>,
    /// Share of the total.
    pub drying_pct: Option<f64>,
    /// Share of the total.
    pub maillard_pct: Option<f64>,
    /// Development time ratio.
    pub dtr_pct: Option<f64>,
    /// CHARGE to turning point.
    pub tp_ms: Option<u64>,
    /// BT at the turning point. Unit: °C.
    pub tp_bt: Option<f64>,
    /// Area under BT above 100 °C. Unit: °C·min.
    pub auc: Option<f64>,
    /// Weight lost.
    pub weight_loss_pct: Option<f64>,
    /// Highest ET between turning point and DROP. Unit: °C.
    pub max_et: Option<f64>,
    /// Mean rise of BT per phase.
    pub bt_ror_by_phase: RorByPhase,
}

impl From<&ModelStatistics> for Statistics {
    fn from(inner: &ModelStatistics) -> Self {
        Self {
            total_ms: inner.total_ms,
            drying_ms: inner.drying_ms,
            maillard_ms: inner.maillard_ms,
            development_ms: inner.development_ms,
            drying_pct: inner.drying_pct,
            maillard_pct: inner.maillard_pct,
            dtr_pct: inner.dtr_pct,
            tp_ms: inner.tp_ms,
            tp_bt: inner.tp_bt,
            auc: inner.auc,
            weight_loss_pct: inner.weight_loss_pct,
            max_et: inner.max_et,
            bt_ror_by_phase: RorByPhase {
                drying: inner.drying_ror,
                maillard: inner.maillard_ror,
                development: inner.development_ror,
                total: inner.total_ror,
            },
        }
    }
}

/// A profile without its curves.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProfileSummary {
    /// The session's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The machine it was recorded on.
    pub machine_id: String,
    /// That machine's name at the time.
    pub machine_name: String,
    /// When the recording began. RFC 3339.
    pub created_at: Option<String>,
    /// Length of the recording.
    pub duration_ms: u64,
    /// Draft or saved.
    pub status: ProfileStatus,
    /// Which bean.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub bean: Option<String>,
    /// Unit: g.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub green_weight_g: Option<f64>,
    /// Unit: g.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub roasted_weight_g: Option<f64>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub notes: Option<String>,
    /// How good it is: 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub rating: Option<u8>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Who roasted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub operator: Option<String>,
    /// The shop's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub batch: Option<String>,
    /// Roast events in order of time.
    pub events: Vec<RoastEvent>,
    /// Figures.
    pub statistics: Statistics,
}

impl From<&ModelSummary> for ProfileSummary {
    fn from(inner: &ModelSummary) -> Self {
        Self {
            id: inner.id.to_string(),
            name: inner.name.clone(),
            machine_id: inner.machine.to_string(),
            machine_name: inner.machine_name.clone(),
            created_at: rfc3339(inner.created_at),
            duration_ms: inner.duration.0,
            status: inner.status.into(),
            bean: inner.bean.clone(),
            green_weight_g: inner.green_weight_g,
            roasted_weight_g: inner.roasted_weight_g,
            notes: inner.notes.clone(),
            rating: inner.label.rating,
            tags: inner.label.tags.clone().unwrap_or_default(),
            operator: inner.label.operator.clone(),
            batch: inner.label.batch.clone(),
            events: in_order(&inner.marks),
            statistics: (&inner.statistics).into(),
        }
    }
}

/// A profile, whole.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProfileDocument {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: ProfileSummary,
    /// The curves.
    pub series: Series,
    /// Moves of each control by channel id: moment in ms and value, 0 to 1.
    pub controls: BTreeMap<String, Vec<(u64, f64)>>,
    /// Spans without readings, in ms.
    pub gaps: Vec<(u64, u64)>,
}

impl From<&Profile> for ProfileDocument {
    fn from(profile: &Profile) -> Self {
        Self {
            summary: (&profile.summary()).into(),
            series: Series::since(&profile.series, None),
            controls: profile.controls.clone(),
            gaps: profile.gaps.clone(),
        }
    }
}

/// One page of profiles, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProfilePage {
    /// The page.
    pub items: Vec<ProfileSummary>,
    /// Given as `cursor`, yields the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

impl From<&ModelPage> for ProfilePage {
    fn from(page: &ModelPage) -> Self {
        Self {
            items: page.items.iter().map(ProfileSummary::from).collect(),
            next_cursor: page.next.map(|id| id.to_string()),
        }
    }
}

/// What people say about a profile. Each field given replaces the one before; an empty text takes it away.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct ProfileNotes {
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
    /// How good it is: 1 to 5; 0 takes the rating away.
    pub rating: Option<u8>,
    /// Words to find it by, without commas; an empty list takes them away.
    pub tags: Option<Vec<String>>,
    /// Who roasted it.
    pub operator: Option<String>,
    /// The shop's own number for it.
    pub batch: Option<String>,
}

impl From<ProfileNotes> for Annotation {
    fn from(notes: ProfileNotes) -> Self {
        Self {
            name: notes.name,
            notes: notes.notes,
            bean: notes.bean,
            green_weight_g: notes.green_weight_g,
            roasted_weight_g: notes.roasted_weight_g,
            label: Label { rating: notes.rating, tags: notes.tags, operator: notes.operator, batch: notes.batch },
            ..Self::default()
        }
    }
}

/// Saving a machine's finished session.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SaveBody {
    /// Whose session.
    #[cfg_attr(test, ts(type = "string"))]
    #[schemars(with = "String")]
    pub machine_id: MachineId,
    /// What to say about it, and what to put right.
    #[cfg_attr(test, ts(flatten))]
    #[schemars(flatten)]
    pub correction: PatchBody,
}

/// Making a profile: of a machine's finished session, or of a whole document.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum NewProfile {
    /// Of a finished session.
    Save(Box<SaveBody>),
    /// Of a document.
    Upload(ProfileUpload),
}

/// A whole profile as it comes in: only what cannot be worked out or left empty must be there.
pub struct ProfileUpload;

impl JsonSchema for ProfileUpload {
    fn schema_name() -> Cow<'static, str> {
        "ProfileUpload".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let needs = |mut schema: Schema, needed: &[&str]| {
            schema.insert("required".to_owned(), needed.into());
            schema
        };
        // What is taken over here and changed must not be listed as a type of its own as well.
        let aside = &mut generator.clone();
        let mut schema = needs(ProfileDocument::json_schema(aside), &["machine_id", "series"]);
        let series = needs(Series::json_schema(aside), &["timestamp_ms"]);
        let event = needs(RoastEvent::json_schema(aside), &["event_type", "timestamp_ms"]);
        generator.subschema_for::<EventType>();
        if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
            properties.insert("series".to_owned(), series.into());
            properties.insert("events".to_owned(), serde_json::json!({ "type": "array", "items": event }));
            // Worked out or given by the daemon, whatever a document says.
            for own in ["id", "status", "statistics"] {
                properties.remove(own);
            }
        }
        schema
    }
}

/// One event of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EventCorrection {
    /// What happened.
    pub event_type: EventType,
    /// When, on the profile's clock.
    pub timestamp_ms: u64,
}

/// Correcting a profile.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PatchBody {
    /// What to say about it.
    #[cfg_attr(test, ts(flatten))]
    #[schemars(flatten)]
    pub notes: ProfileNotes,
    /// The whole list of events as it should be.
    #[cfg_attr(test, ts(optional))]
    pub events: Option<Vec<EventCorrection>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_since_a_moment_hold_only_what_is_newer() {
        let series = ModelSeries {
            timestamp_ms: vec![0, 1000, 2000],
            bt: vec![Some(1.0), None, Some(3.0)],
            et: vec![None; 3],
            bt_ror: vec![None; 3],
            et_ror: vec![None; 3],
            extra: [("inlet".to_owned(), vec![Some(7.0), Some(8.0), Some(9.0)])].into(),
        };
        let newer = Series::since(&series, Some(1000));
        assert_eq!((newer.timestamp_ms, newer.bt), (vec![2000], vec![Some(3.0)]));
        assert_eq!(newer.extra_channels["inlet"], [Some(9.0)]);
        assert_eq!(Series::since(&series, None).timestamp_ms.len(), 3);
        assert!(Series::since(&series, Some(u64::MAX)).bt.is_empty());
    }
}
