//! Writing segments: every put is one `write` of whole frames, so that nothing waits in a buffer that SIGKILL could lose.
//!
//! A disk that took only a part, or that could not flush, is not trusted any further in that file: the next put begins a new
//! segment, whose head says how much of the one before counts. Nothing is ever overwritten; what was refused is cut off, so that
//! it is not there either if this process dies before there is a next segment.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::journal::JournalHeader;
use hearth_actors::model::time::WallMs;

use super::clock::StorageClock;
use super::disk::{Disk, DiskFile, is_full};
use super::durable::{failed, unfinished};
use super::frame::{self, Kind, Stamp};
use super::layout::JournalPlace;
use super::reader::Extent;
use super::record::head::{Head, HeadRecord};
use super::record::{BadRecord, to_json};
use super::segment::MAGIC;

/// A journal of more segments than this is a sign of a disk that refuses again and again: once a second for hours.
const SEGMENTS_MAX: u32 = 10_000;

/// Appends to a journal's newest segment and begins the next where it must.
pub struct SegmentWriter {
    disk: Disk,
    place: JournalPlace,
    header: JournalHeader,
    clock: Arc<dyn StorageClock>,
    segments: Vec<u32>,
    /// How much of the newest segment counts.
    bytes: u64,
    /// How much of it is known to survive a power cut.
    safe_bytes: u64,
    file: Option<DiskFile>,
    /// Whether only a part of the newest segment counts; the next one then says how much.
    is_cut: bool,
    lost: bool,
    buffer: Vec<u8>,
}

/// Where the frames of one put begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Number of the segment.
    pub segment: u32,
    /// Position in its file.
    pub offset: u64,
}

/// Builds the frames of one put.
pub type Build<'a> = dyn Fn(Spot, &mut Vec<u8>) -> Result<(), BadRecord> + 'a;

impl SegmentWriter {
    /// Begins the next segment behind what counts `before`, the first one if there is none. Its head is durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin(
        disk: Disk,
        place: JournalPlace,
        header: JournalHeader,
        clock: Arc<dyn StorageClock>,
        before: Extent,
    ) -> Result<Self, ArchiveError> {
        let mut writer = Self::idle(disk, place, header, clock, before.segments);
        writer.disk.make_dir(writer.place.dir())?;
        if let Some(bytes) = before.last_bytes {
            writer.cut_at(bytes);
        }
        writer.next_segment(&|_, _| Ok(()))?;
        Ok(writer)
    }

    /// Goes on at the end of the last segment, of which `bytes` count; begins the next where the rest cannot be cut off.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn reopen(
        disk: Disk,
        place: JournalPlace,
        header: JournalHeader,
        clock: Arc<dyn StorageClock>,
        segments: Vec<u32>,
        bytes: u64,
    ) -> Result<Self, ArchiveError> {
        let mut writer = Self::idle(disk, place, header, clock, segments);
        let path = writer.path();
        if writer.disk.cut(&path, bytes).is_ok() {
            writer.file = Some(writer.disk.append(&path).map_err(failed("opening", &path))?);
            (writer.bytes, writer.safe_bytes) = (bytes, bytes);
        } else {
            writer.cut_at(bytes);
            writer.next_segment(&|_, _| Ok(()))?;
        }
        Ok(writer)
    }

    fn idle(
        disk: Disk,
        place: JournalPlace,
        header: JournalHeader,
        clock: Arc<dyn StorageClock>,
        segments: Vec<u32>,
    ) -> Self {
        Self {
            disk,
            place,
            header,
            clock,
            segments,
            bytes: 0,
            safe_bytes: 0,
            file: None,
            is_cut: false,
            lost: false,
            buffer: Vec::new(),
        }
    }

    /// The journal.
    pub fn place(&self) -> &JournalPlace {
        &self.place
    }

    /// What stands at the head, with the channels that hold now.
    pub fn header(&self) -> &JournalHeader {
        &self.header
    }

    /// Which files count, and how far.
    pub fn extent(&self) -> Extent {
        Extent { segments: self.segments.clone(), last_bytes: Some(self.bytes) }
    }

    /// Tells the channels that the next segment's head is to carry.
    pub fn set_channels(&mut self, channels: Arc<ChannelTable>) {
        self.header.channels = channels;
    }

    /// When something that is no event is written.
    pub fn stamp(&self) -> Stamp {
        stamp(self.clock.as_ref(), 0, self.clock.wall_now())
    }

    /// When an event is written.
    pub fn event_stamp(&self, seq: u64, wall: WallMs) -> Stamp {
        stamp(self.clock.as_ref(), seq, wall)
    }

    /// Writes frames at once. Where the file does not take them whole, they are written again into the next segment.
    ///
    /// # Errors
    /// When that fails, too; nothing of them is then ever read back. Or when the frames cannot be built. Or when what was put before
    /// could not be flushed: that is to be heard of first, from [`SegmentWriter::sync`].
    pub fn put(&mut self, build: &Build<'_>) -> Result<(), ArchiveError> {
        if self.file.is_some() {
            match self.try_put(build)? {
                Ok(()) => return Ok(()),
                Err(e) => {
                    tracing::error!(file = %self.path().display(), error = %e, "the disk refused: beginning a new segment");
                    self.leave();
                }
            }
        }
        if self.lost {
            return Err(self.not_flushed());
        }
        match self.next_segment(build) {
            // A recording that runs goes on to its end.
            Err(ArchiveError::Io { source, .. }) if is_full(&source) && self.disk.give_ballast() => {
                self.next_segment(build)
            }
            done => done,
        }
    }

    fn try_put(&mut self, build: &Build<'_>) -> Result<io::Result<()>, ArchiveError> {
        self.buffer.clear();
        let spot = Spot { segment: self.segments.last().copied().unwrap_or(1), offset: self.bytes };
        build(spot, &mut self.buffer).map_err(|e| unwritable(&self.place, e))?;
        let Some(file) = &mut self.file else { return Ok(Err(io::ErrorKind::NotConnected.into())) };
        Ok(match file.write(&self.buffer) {
            Ok(taken) if taken == self.buffer.len() => {
                self.bytes += taken as u64;
                Ok(())
            }
            Ok(taken) => Err(io::Error::new(
                io::ErrorKind::StorageFull,
                format!("only {taken} of {} bytes were taken", self.buffer.len()),
            )),
            Err(e) => Err(e),
        })
    }

    /// Makes everything put survive a power cut.
    ///
    /// # Errors
    /// When that failed for anything since the last success, also in a segment that was left since: all that was put since then counts
    /// for nothing and is never read back.
    pub fn sync(&mut self) -> Result<(), ArchiveError> {
        if std::mem::take(&mut self.lost) {
            return Err(self.not_flushed());
        }
        let failure = match &mut self.file {
            Some(file) if self.safe_bytes < self.bytes => file.sync().err(),
            Some(_) | None => None,
        };
        if let Some(source) = failure {
            // What a failed flush left on disk is unknown, and a second one may lie: never retry and trust.
            self.file = None;
            self.cut_off(self.safe_bytes);
            return Err(failed("flushing", &self.path())(source));
        }
        self.safe_bytes = self.bytes;
        Ok(())
    }

    /// Goes away from a file that did not take a put.
    fn leave(&mut self) {
        let Some(mut file) = self.file.take() else { return };
        let flushed = self.safe_bytes == self.bytes || file.sync().is_ok();
        self.lost |= !flushed;
        self.cut_off(if flushed { self.bytes } else { self.safe_bytes });
    }

    /// What was refused goes from the file at once, or as soon as the disk lets it; a segment that follows says so anyway.
    fn cut_off(&mut self, bytes: u64) {
        self.cut_at(bytes);
        let path = self.path();
        if let Err(error) = self.disk.cut(&path, bytes) {
            tracing::error!(file = %path.display(), %error, "what was refused stays in the journal until the disk is well");
        }
    }

    fn cut_at(&mut self, bytes: u64) {
        (self.bytes, self.safe_bytes, self.is_cut) = (bytes, bytes, true);
    }

    fn not_flushed(&self) -> ArchiveError {
        failed("flushing", &self.path())(io::Error::other("an earlier part could not be flushed"))
    }

    fn path(&self) -> PathBuf {
        self.place.segment(self.segments.last().copied().unwrap_or(1))
    }

    /// Begins the next segment with frames in it: it has its name once all of them are safe.
    fn next_segment(&mut self, build: &Build<'_>) -> Result<(), ArchiveError> {
        let number = self.segments.last().map_or(1, |last| last.saturating_add(1));
        let path = self.place.segment(number);
        if number > SEGMENTS_MAX {
            return Err(failed("extending", &path)(io::Error::other("the disk has refused too often: replace it")));
        }
        let head = Head {
            header: self.header.clone(),
            boot: self.clock.boot_id(),
            segment: number,
            before: self.is_cut.then_some(self.bytes),
        };
        let mut bytes = head_bytes(&head, self.stamp()).map_err(|e| unwritable(&self.place, e))?;
        let spot = Spot { segment: number, offset: bytes.len() as u64 };
        build(spot, &mut bytes).map_err(|e| unwritable(&self.place, e))?;
        let temporary = unfinished(&path);
        let file = begin_file(&self.disk, &temporary, &path, &bytes).map_err(|source| {
            self.disk.discard(&temporary);
            failed("beginning", &path)(source)
        })?;
        if let Err(error) = self.disk.sync_dir(self.place.dir()) {
            self.disk.discard(&path);
            if path.exists() {
                // It stays, but nothing of it counts.
                self.segments.push(number);
                self.cut_at(0);
            }
            return Err(error);
        }
        self.segments.push(number);
        self.file = Some(file);
        (self.bytes, self.safe_bytes, self.is_cut) = (bytes.len() as u64, bytes.len() as u64, false);
        Ok(())
    }
}

/// The name is given last, so that no file without a whole head ever has it.
fn begin_file(disk: &Disk, temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<DiskFile> {
    match disk.remove_file(temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        Ok(()) | Err(_) => {}
    }
    let mut file = disk.create_new(temporary)?;
    file.write_all(bytes)?;
    file.sync()?;
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    file.rename(path)?;
    Ok(file)
}

/// The beginning of a segment: magic and head.
///
/// # Errors
/// When the head is too large.
pub fn head_bytes(head: &Head, stamp: Stamp) -> Result<Vec<u8>, BadRecord> {
    let mut bytes = MAGIC.to_vec();
    frame::encode(&mut bytes, Kind::Head, stamp, &to_json(&HeadRecord::from(head))?).map_err(BadRecord::new)?;
    Ok(bytes)
}

/// A stamp of now.
pub fn stamp(clock: &dyn StorageClock, seq: u64, wall: WallMs) -> Stamp {
    Stamp { seq, uptime_ms: clock.uptime_ms(), wall_ms: wall.0 }
}

/// The error of a record that cannot be written.
pub fn unwritable(place: &JournalPlace, BadRecord(why): BadRecord) -> ArchiveError {
    let what = format!("the record cannot be kept in the journal of session {}: {why}", place.session);
    ArchiveError::Io { what, source: io::ErrorKind::InvalidInput.into() }
}

#[cfg(test)]
mod tests;
