//! One occurrence of an alarm: from when it came until nobody needs to see it any more.

use super::Moment;
use crate::model::alarm::AlarmNotice;
use crate::model::ids::RuleId;
use crate::model::time::{SessionMs, WallMs};

#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub(super) number: u64,
    pub(super) latched: bool,
    pub(super) raised_at: SessionMs,
    pub(super) raised_wall: Option<WallMs>,
    pub(super) bt: Option<f64>,
    pub(super) et: Option<f64>,
    pub(super) acked: Option<Acked>,
    pub(super) count: u32,
    pub(super) first_cause: Option<RuleId>,
}

/// Who has seen it, and when: known only of acknowledgements since that is kept.
#[derive(Debug, Clone)]
pub(super) struct Acked {
    pub(super) by: String,
    pub(super) wall: Option<WallMs>,
}

impl Occurrence {
    pub(super) fn new(number: u64, latched: bool, moment: Moment) -> Self {
        Self {
            number,
            latched,
            raised_at: moment.at,
            raised_wall: Some(moment.wall),
            bt: moment.bt,
            et: moment.et,
            acked: None,
            count: 1,
            first_cause: None,
        }
    }

    /// As it was last told.
    pub(super) fn of(notice: &AlarmNotice) -> Self {
        Self {
            number: notice.occurrence,
            latched: notice.latched,
            raised_at: notice.raised_at,
            raised_wall: notice.raised_wall,
            bt: notice.bt,
            et: notice.et,
            acked: notice.acked_by.clone().map(|by| Acked { by, wall: notice.acked_wall }),
            count: notice.count,
            first_cause: notice.first_cause.clone(),
        }
    }
}
