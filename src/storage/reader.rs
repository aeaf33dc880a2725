//! Reading a journal back: all its segments in order, each up to its first damage. Nothing in here writes.

use std::fs;
use std::io::Read;
use std::sync::Arc;

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::ids::Seq;
use hearth_actors::model::journal::{Keep, SessionLog};
use hearth_actors::model::profile::{Annotation, ProfileSummary};

use super::began::Began;
use super::clock::BootId;
use super::frame::{Damage, Frame, FrameReader, Kind};
use super::layout::JournalPlace;
use super::record::annotation::AnnotationRecord;
use super::record::channels::TableRecord;
use super::record::head::Head;
use super::record::summary::SummaryRecord;
use super::record::{BadRecord, event, from_json};
use super::segment::{Segment, Trailer};

/// Which files of a journal count, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extent {
    /// Numbers of the segments in order.
    pub segments: Vec<u32>,
    /// How many bytes of the last one its writer vouches for; `None` for all.
    pub last_bytes: Option<u64>,
}

impl Extent {
    /// Each segment with how many of its bytes count: what its writer vouches for, or said in the head of the next.
    fn limits<'a>(&'a self, place: &'a JournalPlace) -> impl Iterator<Item = (u32, Option<u64>)> + 'a {
        let cut = |next: u32| Some(Segment::open(&place.segment(next), None).ok()?.frames().ok()?.0.before).flatten();
        let next = self.segments.iter().skip(1).map(|n| Some(*n)).chain([None]);
        self.segments.iter().zip(next).map(move |(n, next)| (*n, next.map_or(self.last_bytes, cut)))
    }
}

/// What a journal holds.
#[derive(Debug)]
pub struct Found {
    /// The session.
    pub log: SessionLog,
    /// The channels that hold at its end.
    pub channels: Arc<ChannelTable>,
    /// When the session's clock stood at zero, at the latest; `None` where none of the events asked for tells it.
    pub began: Option<Began>,
    /// The last event, whether asked for or not.
    pub last_seq: Option<Seq>,
}

/// Reads a journal; events after `after`, all of them if `None`.
///
/// # Errors
/// When not even one head of its segments can be understood.
pub fn read(place: &JournalPlace, extent: &Extent, after: Option<Seq>) -> Result<Found, ArchiveError> {
    let mut fold = Fold { after, found: None, damage: None };
    for (number, limit) in extent.limits(place) {
        if limit == Some(0) {
            continue;
        }
        let opened = Segment::open(&place.segment(number), limit)
            .map_err(|e| Damage { offset: 0, why: format!("it cannot be opened: {e}") });
        if let Err(damage) = opened.and_then(|segment| fold.segment(place, &segment)) {
            tracing::warn!(
                file = %place.segment(number).display(), offset = damage.offset, why = damage.why,
                "a journal is damaged: what stands before is used"
            );
            fold.damage = Some(damage);
        }
    }
    match (fold.found, fold.damage) {
        (Some(mut found), damage) => {
            found.log.damaged = damage.is_some();
            Ok(found)
        }
        (None, damage) => Err(ArchiveError::Damaged {
            what: place.segment(1).display().to_string(),
            why: damage.map_or_else(|| "it has no segment".to_owned(), |d| d.why),
        }),
    }
}

struct Fold {
    after: Option<Seq>,
    found: Option<Found>,
    damage: Option<Damage>,
}

impl Fold {
    fn segment(&mut self, place: &JournalPlace, segment: &Segment) -> Result<(), Damage> {
        let (head, frames) = segment.frames()?;
        if head.header.session != place.session || head.header.machine != place.machine {
            return Err(Damage { offset: 0, why: "its head is of another session".to_owned() });
        }
        let boot = head.boot;
        let found = begin(&mut self.found, head);
        let Err(damage) = fold_frames(found, frames, boot, self.after) else { return Ok(()) };
        let seal_behind = segment.trailer().and_then(|t| t.seal_at).filter(|at| *at > damage.offset);
        if let Some(seal_at) = seal_behind {
            // The curve is cut at the damage; that the session ended, and what people wrote about it, is not lost with it.
            fold_frames(found, segment.frames_from(seal_at), boot, self.after)?;
        }
        Err(damage)
    }
}

/// Where the next segment's records go, starting from its head.
fn begin(found: &mut Option<Found>, head: Head) -> &mut Found {
    let channels = head.header.channels.clone();
    let found = found.get_or_insert_with(|| Found {
        log: SessionLog {
            header: head.header,
            events: Vec::new(),
            annotation: Annotation::default(),
            sealed: false,
            damaged: false,
        },
        channels: channels.clone(),
        began: None,
        last_seq: None,
    });
    if found.channels != channels {
        found.channels = channels;
    }
    found
}

fn fold_frames(
    found: &mut Found,
    mut frames: FrameReader<impl Read>,
    boot: BootId,
    after: Option<Seq>,
) -> Result<(), Damage> {
    loop {
        let offset = frames.offset();
        let Some(frame) = frames.read()? else { return Ok(()) };
        fold_frame(found, frame, boot, after).map_err(|BadRecord(why)| Damage { offset, why })?;
    }
}

fn fold_frame(found: &mut Found, frame: Frame, boot: BootId, after: Option<Seq>) -> Result<(), BadRecord> {
    match frame.kind {
        Kind::Table | Kind::Channels => {
            found.channels = Arc::try_from(from_table(&frame)?)?;
            if frame.kind == Kind::Channels {
                fold_event(found, frame, boot, after)?;
            }
        }
        Kind::Annotation => found.log.annotation.merge(from_json::<AnnotationRecord>(&frame.body)?.into()),
        Kind::Seal => found.log.sealed = true,
        Kind::Head => return Err(BadRecord::new("a second head")),
        Kind::Summary | Kind::Trailer => {}
        Kind::Reading
        | Kind::Mark
        | Kind::Unmark
        | Kind::Session
        | Kind::Alarm
        | Kind::Settled
        | Kind::Connection
        | Kind::Safety
        | Kind::Lease
        | Kind::Fault => fold_event(found, frame, boot, after)?,
    }
    Ok(())
}

/// The table of a `Table` frame, or inside an event of that kind.
fn from_table(frame: &Frame) -> Result<TableRecord, BadRecord> {
    match frame.kind {
        Kind::Channels => from_json(event::body_of(&frame.body)?),
        _ => from_json(&frame.body),
    }
}

fn fold_event(found: &mut Found, frame: Frame, boot: BootId, after: Option<Seq>) -> Result<(), BadRecord> {
    let seq = Seq(frame.stamp.seq);
    if found.last_seq.is_some_and(|last| seq <= last) {
        // A segment whose last write was reported as failed may hold it all the same; the next segment has it again.
        return Ok(());
    }
    found.last_seq = Some(seq);
    if after.is_some_and(|after| seq <= after) {
        return Ok(());
    }
    let header = &found.log.header;
    let event = event::decode(frame.kind, frame.stamp, &frame.body, &header.machine, header.session, &found.channels)?;
    if let Some(event) = event {
        let told = Began::told_by(&event, boot, frame.stamp.uptime_ms, header.clock_speed);
        found.began = Some(told.nearer(found.began));
        found.log.events.push(event);
    }
    Ok(())
}

/// Size of a journal's segments together, the last one as far as it counts. Unit: bytes.
pub fn size(place: &JournalPlace, extent: &Extent) -> u64 {
    let bytes = |n: &u32| fs::metadata(place.segment(*n)).map_or(0, |file| file.len());
    let Some((last, before)) = extent.segments.split_last() else { return 0 };
    before.iter().map(bytes).sum::<u64>() + bytes(last).min(extent.last_bytes.unwrap_or(u64::MAX))
}

/// What a look at a journal's end tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the session ended properly.
    pub sealed: bool,
    /// What becomes of the journal.
    pub keep: Keep,
    /// Size of all segments. Unit: bytes.
    pub bytes: u64,
}

/// Tells how a journal stands: from its last frame if that is a trailer, else by walking through it.
///
/// # Errors
/// When not even one head of its segments can be understood.
pub fn inspect(place: &JournalPlace, segments: &[u32]) -> Result<Standing, ArchiveError> {
    let extent = Extent { segments: segments.to_vec(), last_bytes: None };
    let bytes = size(place, &extent);
    let trailer = segments.iter().rev().find_map(|n| Segment::open(&place.segment(*n), None).ok()?.trailer());
    if let Some(Trailer { keep, .. }) = trailer {
        return Ok(Standing { sealed: true, keep, bytes });
    }
    let found = read(place, &extent, None)?;
    Ok(Standing { sealed: found.log.sealed, keep: found.log.header.keep, bytes })
}

/// The summary at the end of a sealed journal; `None` where it cannot be had without reading the whole.
pub fn summary(place: &JournalPlace, extent: &Extent) -> Option<ProfileSummary> {
    let segment = Segment::open(&place.segment(*extent.segments.last()?), extent.last_bytes).ok()?;
    let frame = segment.frame_at(segment.trailer()?.summary_at).ok()?;
    let is_summary = matches!(frame.kind, Kind::Seal | Kind::Summary);
    let record: SummaryRecord = from_json(&frame.body).ok().filter(|_| is_summary)?;
    ProfileSummary::try_from(record).ok().filter(|summary| summary.id == place.session)
}
