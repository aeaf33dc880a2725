//! What people added to a session, in files.

use hearth_actors::model::mark::Mark;
use hearth_actors::model::profile::Annotation;
use serde::{Deserialize, Serialize};

use super::label::LabelRecord;
use super::mirror::ProfileStatusRecord;
use super::number::{self, Number};
use super::state::MarkRecord;

/// One annotation; what is absent leaves the one before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnnotationRecord {
    name: Option<String>,
    notes: Option<String>,
    bean: Option<String>,
    green_weight_g: Option<Number>,
    roasted_weight_g: Option<Number>,
    #[serde(flatten)]
    label: LabelRecord,
    status: Option<ProfileStatusRecord>,
    marks: Option<Vec<MarkRecord>>,
}

impl From<&Annotation> for AnnotationRecord {
    fn from(annotation: &Annotation) -> Self {
        Self {
            name: annotation.name.clone(),
            notes: annotation.notes.clone(),
            bean: annotation.bean.clone(),
            green_weight_g: number::out(annotation.green_weight_g),
            roasted_weight_g: number::out(annotation.roasted_weight_g),
            label: (&annotation.label).into(),
            status: annotation.status.map(ProfileStatusRecord::from),
            marks: annotation.marks.as_ref().map(|marks| marks.iter().map(MarkRecord::from).collect()),
        }
    }
}

impl From<AnnotationRecord> for Annotation {
    fn from(record: AnnotationRecord) -> Self {
        Self {
            name: record.name,
            notes: record.notes,
            bean: record.bean,
            green_weight_g: number::back(record.green_weight_g),
            roasted_weight_g: number::back(record.roasted_weight_g),
            label: record.label.into(),
            status: record.status.map(Into::into),
            marks: record.marks.map(|marks| marks.into_iter().map(Mark::from).collect()),
        }
    }
}
