//! Values of remote controllers on their way to the machines whose channels they are of.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use hearth_actors::dialect::Telemetry;
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::time::WallMs;
use tokio::time::Instant;

use crate::drivers::push::{Datum, Inboxes};
use crate::http::seen::Seen;
use crate::wire::fields::shortened;

/// How often a sender is told of the same tag. Source: wire contract 2.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// Tags remembered as told; beyond that, unknown ones are passed over in silence.
const TAGS_MAX: usize = 1_000;

/// What one sender sends.
#[derive(Debug, Default)]
pub struct Ingest {
    told: HashMap<String, Instant>,
}

/// Gives values to their machines. Yields the tags that no machine with a remote controller has that is seen.
pub fn deliver(values: Vec<Telemetry>, seen: &Seen, inboxes: &Inboxes, now: WallMs) -> Vec<String> {
    let mut by_machine: BTreeMap<MachineId, Vec<Datum>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for Telemetry { tag, value, at } in values {
        let found = seen.tagged(&tag).filter(|place| inboxes.find(place.machine.id()).is_some());
        match found {
            Some(place) => {
                let value = value.native(place.channel());
                let datum = Datum { channel: place.index, value, at: at.unwrap_or(now) };
                by_machine.entry(place.machine.id().clone()).or_default().push(datum);
            }
            None => unknown.push(tag),
        }
    }
    for (machine, data) in by_machine {
        if let Some(inbox) = inboxes.find(&machine) {
            inbox.put(&data, Instant::now());
        }
    }
    unknown
}

impl Ingest {
    /// Gives values to their machines. Yields what to tell the sender: seldom anything, because the known one does not listen.
    pub fn take(&mut self, values: Vec<Telemetry>, seen: &Seen, inboxes: &Inboxes, now: WallMs) -> Option<Refusal> {
        let unknown = deliver(values, seen, inboxes, now);
        let moment = Instant::now();
        self.told.retain(|_, told| moment.saturating_duration_since(*told) < TOLD_EVERY);
        // As they are shown: a tag may be as long as a message.
        let unknown: BTreeSet<String> = unknown.iter().map(|tag| shortened(tag)).collect();
        let mut new: Vec<String> = unknown.into_iter().filter(|tag| !self.told.contains_key(tag)).collect();
        new.truncate(TAGS_MAX.saturating_sub(self.told.len()));
        self.told.extend(new.iter().map(|tag| (tag.clone(), moment)));
        let words = "no machine with a remote controller (driver type `push`) has a channel with the tag";
        let shown: Vec<String> = new.iter().map(|tag| format!("`{tag}`")).collect();
        (!new.is_empty()).then(|| Refusal::new(RefusalCode::UnknownChannel, format!("{words} {}", shown.join(", "))))
    }
}
