//! The card of a batch, in files. Files from before it existed hold none of it.

use hearth_actors::model::profile::Label;
use serde::{Deserialize, Serialize};

/// The card of a batch; what is absent leaves the one before.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LabelRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<String>,
}

impl From<&Label> for LabelRecord {
    fn from(label: &Label) -> Self {
        let Label { rating, tags, operator, batch } = label.clone();
        Self { rating, tags, operator, batch }
    }
}

impl From<LabelRecord> for Label {
    fn from(record: LabelRecord) -> Self {
        let LabelRecord { rating, tags, operator, batch } = record;
        Self { rating, tags, operator, batch }
    }
}
