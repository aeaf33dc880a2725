//! The ledger: the marks of the running recording, and what may be added to them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use crate::logic::corrections::must_precede;
use crate::model::mark::{MarkKind, MarkSource};
use crate::model::time::MonoMs;

/// By now BT has turned also where no minimum was seen (air roasters). Unit: ms after CHARGE. Source: roasting reference 2.4; there
/// the moment is marked as turning point, here it only opens the way for what comes after one.
const TURNED_AFTER_MS: u64 = 2 * 60_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    recording_since: Option<MonoMs>,
    marks: BTreeMap<MarkKind, Found>,
    disarmed: BTreeSet<MarkKind>,
}

impl Found {
    /// Whether it still awaits confirmation.
    pub fn is_provisional(&self) -> bool {
        self.source == MarkSource::Detected { provisional: true }
    }
}

impl Ledger {
    pub(super) fn begin(now: MonoMs) -> Self {
        Self { recording_since: Some(now), ..Self::default() }
    }

    pub(super) fn end(&mut self) {
        self.recording_since = None;
    }

    pub(super) fn is_recording(&self, at: MonoMs) -> bool {
        self.recording_since.is_some_and(|start| at >= start)
    }

    /// A moment, moved to the start of the recording where it lies before.
    pub(super) fn in_recording(&self, at: MonoMs) -> MonoMs {
        self.recording_since.map_or(at, |start| at.max(start))
    }

    pub(super) fn get(&self, kind: MarkKind) -> Option<Found> {
        self.marks.get(&kind).copied()
    }

    pub(super) fn put(&mut self, mark: Found) {
        self.marks.insert(mark.kind, mark);
    }

    /// Removes a mark and sees to it that it is not found again.
    pub(super) fn take_away(&mut self, kind: MarkKind) {
        self.marks.remove(&kind);
        self.disarmed.insert(kind);
    }

    /// Removes a mark that may be found again; tells whether there was one.
    pub(super) fn withdraw(&mut self, kind: MarkKind) -> bool {
        self.marks.remove(&kind).is_some()
    }

    /// Whether a detector has something to look for.
    pub(super) fn wants(&self, kind: MarkKind, configured: bool) -> bool {
        configured && !self.marks.contains_key(&kind) && !self.disarmed.contains(&kind)
    }

    /// CHARGE, once it is certain.
    pub(super) fn charge(&self) -> Option<Found> {
        self.get(MarkKind::Charge).filter(|mark| !mark.is_provisional())
    }

    /// Time since CHARGE, once that is certain. Unit: ms.
    pub(super) fn since_charge(&self, at: MonoMs) -> Option<u64> {
        self.charge().map(|charge| at.since(charge.at))
    }

    pub(super) fn has_turned(&self, at: MonoMs) -> bool {
        let Some(since_charge) = self.since_charge(at) else { return false };
        self.get(MarkKind::TurningPoint).is_some_and(|tp| at > tp.at) || since_charge >= TURNED_AFTER_MS
    }

    /// Whether a mark at this moment keeps the order of a roast with all marks that are set.
    pub(super) fn fits(&self, kind: MarkKind, at: MonoMs) -> bool {
        let at = self.in_recording(at);
        self.marks.values().all(|mark| match at.cmp(&mark.at) {
            Ordering::Less => !must_precede(mark.kind, kind),
            Ordering::Equal => true,
            Ordering::Greater => !must_precede(kind, mark.kind),
        })
    }
}
