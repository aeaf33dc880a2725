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
mod tests {
    use super::*;
    use crate::storage::clock::testing::ManualClock;
    use crate::storage::disk::Act;
    use crate::storage::faults::{EIO, ENOSPC, Faults};
    use crate::storage::put::put_event;
    use crate::storage::reader;
    use crate::storage::record::event;
    use crate::storage::samples::{channels, event as sample, header, reading, session};
    use hearth_actors::model::ids::Seq;
    use hearth_actors::model::journal::Keep;
    use std::fs::{self, File};
    use tempfile::TempDir;

    fn writer() -> (TempDir, Arc<Faults>, SegmentWriter) {
        let dir = tempfile::tempdir().unwrap();
        let (faults, disk) = Faults::new();
        let header = header(1, Keep::AsProfile);
        let place = JournalPlace::new(dir.path(), &header.machine, header.session);
        let writer =
            SegmentWriter::begin(disk, place, header, Arc::new(ManualClock::new(1, 0)), Extent::default()).unwrap();
        (dir, faults, writer)
    }

    fn append(writer: &mut SegmentWriter, seq: u64) -> Result<(), ArchiveError> {
        let event = sample(1, seq, reading(seq as f64));
        let stamp = writer.event_stamp(seq, event.wall);
        let kind = event::kind(&event.body).unwrap();
        writer.put(&|_, out| put_event(out, kind, stamp, &event, session(1), &channels()))
    }

    /// What is read by whoever asks while it is written, and by whoever opens the files later.
    fn read_back(writer: &SegmentWriter) -> (Vec<u64>, bool) {
        let later = Extent { segments: writer.extent().segments, last_bytes: None };
        let [now, later] = [&writer.extent(), &later].map(|extent| {
            let log = reader::read(writer.place(), extent, None).unwrap().log;
            (log.events.iter().map(|e| e.seq.0).collect::<Vec<_>>(), log.damaged)
        });
        assert_eq!(now.0, later.0);
        now
    }

    fn flushes_a_segment(act: Act, path: &Path) -> bool {
        act == Act::Flush && path.extension().is_some_and(|ending| ending == "jnl")
    }

    #[test]
    fn a_short_write_goes_on_in_a_new_segment_without_loss() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        faults.leave_room(20);
        assert!(append(&mut writer, 2).is_err(), "there is no room for another segment either");
        faults.heal();
        append(&mut writer, 3).unwrap();
        writer.sync().unwrap();
        assert_eq!(writer.extent().segments, [1, 2]);
        assert_eq!(read_back(&writer), (vec![1, 3], false), "the part that was taken is known not to count");
    }

    #[test]
    fn an_event_that_was_refused_but_stands_on_disk_is_not_read() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        let before = fs::read(writer.place().segment(1)).unwrap().len();
        append(&mut writer, 2).unwrap();
        let whole = fs::read(writer.place().segment(1)).unwrap();
        writer.sync().unwrap();
        faults.refuse(EIO, |act, _| act == Act::Write);
        assert!(append(&mut writer, 3).is_err());
        faults.heal();
        // The disk had taken it all the same.
        let mut first = File::options().append(true).open(writer.place().segment(1)).unwrap();
        first.write_all(&whole[before..]).unwrap();
        append(&mut writer, 4).unwrap();
        assert_eq!(read_back(&writer), (vec![1, 2, 4], false));
    }

    #[test]
    fn after_a_failed_flush_what_was_not_safe_counts_for_nothing_and_a_new_segment_begins() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        writer.sync().unwrap();
        append(&mut writer, 2).unwrap();
        faults.refuse(EIO, flushes_a_segment);
        assert!(writer.sync().is_err());
        faults.heal();
        writer.sync().unwrap();
        append(&mut writer, 3).unwrap();
        writer.sync().unwrap();
        assert_eq!(writer.extent().segments, [1, 2]);
        assert_eq!(read_back(&writer), (vec![1, 3], false));
    }

    #[test]
    fn what_a_failed_flush_refused_is_gone_before_there_is_a_next_segment() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        writer.sync().unwrap();
        append(&mut writer, 2).unwrap();
        faults.refuse(EIO, flushes_a_segment);
        assert!(writer.sync().is_err());
        assert_eq!(read_back(&writer), (vec![1], false));
    }

    #[test]
    fn what_cannot_be_cut_off_at_once_is_cut_off_as_soon_as_the_disk_is_well() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        writer.sync().unwrap();
        append(&mut writer, 2).unwrap();
        faults.refuse_all(EIO);
        assert!(writer.sync().is_err());
        writer.disk.settle();
        faults.heal();
        writer.disk.settle();
        assert_eq!(read_back(&writer), (vec![1], false));
        append(&mut writer, 3).unwrap();
        writer.disk.settle();
        assert_eq!(read_back(&writer), (vec![1, 3], false));
    }

    #[test]
    fn a_flush_that_fails_while_a_segment_is_left_is_told_before_anything_else_is_taken() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        faults.refuse_all(EIO);
        assert!(append(&mut writer, 2).is_err());
        faults.heal();
        assert!(append(&mut writer, 3).is_err(), "it would stand behind a hole nobody heard of");
        assert!(writer.sync().is_err());
        writer.sync().unwrap();
        append(&mut writer, 4).unwrap();
        assert_eq!(read_back(&writer), (vec![4], false));
    }

    #[test]
    fn a_write_that_fails_twice_is_told_and_never_read_back() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        writer.sync().unwrap();
        faults.leave_room(30);
        // The next segment's name is taken by something that is no file.
        fs::create_dir(writer.place().segment(2)).unwrap();
        assert!(append(&mut writer, 2).is_err());
        faults.heal();
        assert_eq!(read_back(&writer).0, [1]);
        fs::remove_dir(writer.place().segment(2)).unwrap();
        append(&mut writer, 3).unwrap();
        assert_eq!(read_back(&writer).0, [1, 3]);
    }

    #[test]
    fn a_disk_that_refuses_for_hours_uses_up_no_segments() {
        let (_dir, faults, mut writer) = writer();
        faults.refuse_all(ENOSPC);
        for seq in 1..3 * u64::from(SEGMENTS_MAX) {
            assert!(append(&mut writer, seq).is_err());
        }
        faults.heal();
        append(&mut writer, 99_999).unwrap();
        assert_eq!(writer.extent().segments, [1, 2]);
        assert_eq!(read_back(&writer).0, [99_999]);
    }

    #[test]
    fn a_segment_whose_name_is_not_safe_is_taken_back() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        writer.sync().unwrap();
        writer.file = None;
        writer.cut_at(writer.bytes);
        faults.refuse(EIO, |act, path| act == Act::Flush && path.is_dir());
        assert!(append(&mut writer, 2).is_err());
        faults.heal();
        append(&mut writer, 3).unwrap();
        assert_eq!(writer.extent().segments, [1, 2]);
        assert_eq!(read_back(&writer), (vec![1, 3], false));
    }

    #[test]
    fn a_running_recording_goes_on_in_the_room_that_was_kept_for_it() {
        let (dir, faults, mut writer) = writer();
        let ballast = dir.path().join("ballast");
        writer.disk.take_ballast(&ballast, 1 << 20).unwrap();
        append(&mut writer, 1).unwrap();
        writer.sync().unwrap();
        faults.refuse_nth(0, 2, ENOSPC);
        append(&mut writer, 2).unwrap();
        assert_eq!(faults.fired(), 2, "the segment and its successor");
        assert!(!ballast.exists());
        assert_eq!(read_back(&writer), (vec![1, 2], false));
    }

    #[test]
    fn a_head_of_a_segment_reads_back_how_much_of_the_one_before_counts() {
        let (_dir, faults, mut writer) = writer();
        append(&mut writer, 1).unwrap();
        let counted = writer.bytes;
        writer.sync().unwrap();
        faults.leave_room(10);
        assert!(append(&mut writer, 2).is_err());
        faults.heal();
        append(&mut writer, 3).unwrap();
        let segment = crate::storage::segment::Segment::open(&writer.place().segment(2), None).unwrap();
        let (head, _) = segment.frames().unwrap();
        assert_eq!((head.segment, head.before), (2, Some(counted)));
        assert_eq!(Seq(3), reader::read(writer.place(), &writer.extent(), None).unwrap().last_seq.unwrap());
    }
}
