//! What is put into a segment at once: an event, the session's end, an annotation with what follows from it.

use std::sync::Arc;

use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::SessionId;
use hearth_actors::model::journal::Keep;
use hearth_actors::model::profile::{Annotation, ProfileSummary};

use super::frame::{self, Kind, Stamp};
use super::record::annotation::AnnotationRecord;
use super::record::channels::TableRecord;
use super::record::summary::SummaryRecord;
use super::record::{BadRecord, event, to_json};
use super::segment::Trailer;
use super::writer::Spot;

/// Appends an event's frame, before it the channels where a reading refers to others than those that hold.
///
/// # Errors
/// When the event cannot be kept.
pub fn put_event(
    out: &mut Vec<u8>,
    kind: Kind,
    stamp: Stamp,
    event: &Event,
    own: SessionId,
    channels: &Arc<ChannelTable>,
) -> Result<(), BadRecord> {
    if let EventBody::Reading(reading) = &event.body
        && !Arc::ptr_eq(&reading.channels, channels)
        && reading.channels != *channels
    {
        let table = to_json(&TableRecord::from(reading.channels.as_ref()))?;
        put(out, Kind::Table, Stamp { seq: 0, ..stamp }, &table)?;
    }
    put(out, kind, stamp, &event::encode(event, own)?)
}

fn put(out: &mut Vec<u8>, kind: Kind, stamp: Stamp, body: &[u8]) -> Result<(), BadRecord> {
    frame::encode(out, kind, stamp, body).map_err(BadRecord::new)
}

/// The channels that hold after an event, if it tells.
pub fn new_channels(event: &Event) -> Option<&Arc<ChannelTable>> {
    match &event.body {
        EventBody::Channels(channels) => Some(channels),
        EventBody::Reading(reading) => Some(&reading.channels),
        EventBody::Mark(_)
        | EventBody::Unmark(_)
        | EventBody::Session(_)
        | EventBody::Alarm(_)
        | EventBody::Order(_)
        | EventBody::Settled(_)
        | EventBody::Connection(_)
        | EventBody::Safety(_)
        | EventBody::Lease(_)
        | EventBody::Replay(_)
        | EventBody::ReplayStatus(_)
        | EventBody::Fault(_) => None,
    }
}

/// Where a journal's seal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// It is put now.
    Here,
    /// It stands there.
    At(Spot),
    /// It stands somewhere before.
    Earlier,
}

/// What closes a file: an annotation if there is one, the seal or the summary anew, and the trailer that points to them.
#[derive(Debug, Clone)]
pub struct Closing {
    /// When.
    pub stamp: Stamp,
    /// What was added.
    pub annotation: Option<Annotation>,
    /// The profile in short; `None` where the journal does not become one.
    pub summary: Option<ProfileSummary>,
    /// Where the seal stands.
    pub seal: Seal,
    /// What becomes of the journal.
    pub keep: Keep,
}

impl Closing {
    /// Appends the frames.
    ///
    /// # Errors
    /// When one is too large.
    pub fn build(&self, spot: Spot, out: &mut Vec<u8>) -> Result<(), BadRecord> {
        let before = out.len();
        if let Some(annotation) = &self.annotation {
            put(out, Kind::Annotation, self.stamp, &to_json(&AnnotationRecord::from(annotation))?)?;
        }
        let summary_at = spot.offset + (out.len() - before) as u64;
        let summary = match &self.summary {
            Some(summary) => to_json(&SummaryRecord::from(summary))?,
            None => Vec::new(),
        };
        let (kind, seal_at) = match self.seal {
            Seal::Here => (Kind::Seal, Some(summary_at)),
            Seal::At(seal) => (Kind::Summary, Some(seal.offset).filter(|_| seal.segment == spot.segment)),
            Seal::Earlier => (Kind::Summary, None),
        };
        put(out, kind, self.stamp, &summary)?;
        put(out, Kind::Trailer, self.stamp, &Trailer { summary_at, seal_at, keep: self.keep }.encode())
    }
}
