//! A profile's summary in files: at the end of a sealed journal and in the index.

use hearth_actors::model::ids::MachineId;
use hearth_actors::model::mark::Mark;
use hearth_actors::model::profile::{ProfileSummary, Statistics};
use hearth_actors::model::time::{SessionMs, WallMs};
use serde::{Deserialize, Serialize};

use super::label::LabelRecord;
use super::mirror::ProfileStatusRecord;
use super::number::{self, Number};
use super::state::MarkRecord;
use super::{BadRecord, session_id};

/// A profile without its curves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SummaryRecord {
    id: String,
    name: String,
    machine: String,
    machine_name: String,
    created_at: i64,
    duration: u64,
    status: ProfileStatusRecord,
    bean: Option<String>,
    notes: Option<String>,
    green_weight_g: Option<Number>,
    roasted_weight_g: Option<Number>,
    #[serde(flatten)]
    label: LabelRecord,
    marks: Vec<MarkRecord>,
    statistics: StatisticsRecord,
}

impl From<&ProfileSummary> for SummaryRecord {
    fn from(summary: &ProfileSummary) -> Self {
        Self {
            id: summary.id.to_string(),
            name: summary.name.clone(),
            machine: summary.machine.as_str().to_owned(),
            machine_name: summary.machine_name.clone(),
            created_at: summary.created_at.0,
            duration: summary.duration.0,
            status: summary.status.into(),
            bean: summary.bean.clone(),
            notes: summary.notes.clone(),
            green_weight_g: number::out(summary.green_weight_g),
            roasted_weight_g: number::out(summary.roasted_weight_g),
            label: (&summary.label).into(),
            marks: summary.marks.iter().map(MarkRecord::from).collect(),
            statistics: (&summary.statistics).into(),
        }
    }
}

impl TryFrom<SummaryRecord> for ProfileSummary {
    type Error = BadRecord;

    fn try_from(record: SummaryRecord) -> Result<Self, BadRecord> {
        Ok(Self {
            id: session_id(&record.id)?,
            name: record.name,
            machine: MachineId::parse(&record.machine).map_err(BadRecord::new)?,
            machine_name: record.machine_name,
            created_at: WallMs(record.created_at),
            duration: SessionMs(record.duration),
            status: record.status.into(),
            bean: record.bean,
            notes: record.notes,
            green_weight_g: number::back(record.green_weight_g),
            roasted_weight_g: number::back(record.roasted_weight_g),
            label: record.label.into(),
            marks: record.marks.into_iter().map(Mark::from).collect(),
            statistics: record.statistics.into(),
        })
    }
}

macro_rules! statistics {
    (ms: $($ms:ident)+; numbers: $($number:ident)+) => {
        /// Figures of a roast.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        struct StatisticsRecord {
            $($ms: Option<u64>,)+
            $($number: Option<Number>,)+
        }

        impl From<&Statistics> for StatisticsRecord {
            fn from(figures: &Statistics) -> Self {
                let Statistics { $($ms,)+ $($number,)+ } = figures;
                Self { $($ms: *$ms,)+ $($number: number::out(*$number),)+ }
            }
        }

        impl From<StatisticsRecord> for Statistics {
            fn from(record: StatisticsRecord) -> Self {
                Self { $($ms: record.$ms,)+ $($number: number::back(record.$number),)+ }
            }
        }
    };
}

statistics! {
    ms: total_ms drying_ms maillard_ms development_ms tp_ms;
    numbers: drying_pct maillard_pct dtr_pct tp_bt auc weight_loss_pct max_et drying_ror maillard_ror development_ror total_ror
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::record::{from_json, to_json};
    use crate::storage::samples::{CREATED_AT, machine, session};
    use hearth_actors::model::profile::{Label, ProfileStatus};

    #[test]
    fn a_summary_reads_back_whole() {
        let summary = ProfileSummary {
            id: session(1),
            name: "Äthiopien 3".to_owned(),
            machine: machine("machine-a"),
            machine_name: "Drum".to_owned(),
            created_at: WallMs(CREATED_AT),
            duration: SessionMs(612_345),
            status: ProfileStatus::Saved,
            bean: Some("Sidamo".to_owned()),
            notes: None,
            green_weight_g: Some(5000.1),
            roasted_weight_g: None,
            label: Label { rating: Some(4), tags: Some(vec!["competition".to_owned()]), ..Label::default() },
            marks: Vec::new(),
            statistics: Statistics { total_ms: Some(u64::MAX), auc: Some(0.1 + 0.2), ..Statistics::default() },
        };
        let record: SummaryRecord = from_json(&to_json(&SummaryRecord::from(&summary)).unwrap()).unwrap();
        assert_eq!(ProfileSummary::try_from(record).unwrap(), summary);
    }
}
