//! Writing segments: every put is one `write` of whole frames, so that nothing waits in a buffer that SIGKILL could lose.
//!
//! A disk that took only a part, or that could not flush, is not trusted any further in that file: the next put begins a new
//! segment, and readers stop at the damage of the old one. Nothing is ever cut off or overwritten.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::journal::JournalHeader;
use hearth_actors::model::time::WallMs;

use super::clock::StorageClock;
use super::durable::{failed, make_dir, sync_dir, unfinished};
use super::frame::{self, Kind, Stamp};
use super::layout::JournalPlace;
use super::reader::Extent;
use super::record::head::{Head, HeadRecord};
use super::record::{BadRecord, to_json};
use super::segment::MAGIC;

/// A journal of more segments than this is a sign of a disk that refuses again and again.
const SEGMENTS_MAX: u32 = 1000;

/// Where bytes go. Tests put a disk that refuses in its place.
pub trait Sink: Send {
    /// Hands bytes to the system; fewer than given where it takes no more.
    ///
    /// # Errors
    /// When the system refuses.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Makes what was written survive a power cut.
    ///
    /// # Errors
    /// When the system refuses; what was written since the last success is then lost.
    fn sync(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match Write::write(self, bytes) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Appends to a journal's newest segment and begins the next where it must.
pub struct SegmentWriter {
    place: JournalPlace,
    header: JournalHeader,
    clock: Arc<dyn StorageClock>,
    segments: Vec<u32>,
    bytes: u64,
    sink: Option<Box<dyn Sink>>,
    unsynced: bool,
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
    /// Begins the next segment after `segments`, the first one if there is none. Its head is durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin(
        place: JournalPlace,
        header: JournalHeader,
        clock: Arc<dyn StorageClock>,
        segments: Vec<u32>,
    ) -> Result<Self, ArchiveError> {
        let mut writer = Self::idle(place, header, clock, segments);
        make_dir(writer.place.dir())?;
        writer.next_segment()?;
        Ok(writer)
    }

    /// Goes on at the end of the last segment, whose `bytes` are all good; begins the next where they are not all of it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn reopen(
        place: JournalPlace,
        header: JournalHeader,
        clock: Arc<dyn StorageClock>,
        segments: Vec<u32>,
        bytes: u64,
    ) -> Result<Self, ArchiveError> {
        let mut writer = Self::idle(place, header, clock, segments);
        let path = writer.place.segment(writer.segments.last().copied().unwrap_or(1));
        let file = File::options().append(true).open(&path).map_err(failed("opening", &path))?;
        let there = file.metadata().map_err(failed("measuring", &path))?.len();
        if there == bytes {
            writer.bytes = bytes;
            writer.sink = Some(Box::new(file));
        } else {
            writer.next_segment()?;
        }
        Ok(writer)
    }

    fn idle(place: JournalPlace, header: JournalHeader, clock: Arc<dyn StorageClock>, segments: Vec<u32>) -> Self {
        let buffer = Vec::new();
        Self { place, header, clock, segments, bytes: 0, sink: None, unsynced: false, lost: false, buffer }
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
    /// When that fails, too; nothing of them is then ever read back. Or when the frames cannot be built.
    pub fn put(&mut self, build: &Build<'_>) -> Result<(), ArchiveError> {
        if self.sink.is_some() {
            match self.try_put(build)? {
                Ok(()) => return Ok(()),
                Err(e) => {
                    tracing::error!(file = %self.path().display(), error = %e, "the disk refused: beginning a new segment");
                    self.distrust();
                }
            }
        }
        self.next_segment()?;
        self.try_put(build)?.map_err(|source| {
            self.distrust();
            failed("writing", &self.path())(source)
        })
    }

    fn try_put(&mut self, build: &Build<'_>) -> Result<io::Result<()>, ArchiveError> {
        self.buffer.clear();
        let spot = Spot { segment: self.segments.last().copied().unwrap_or(1), offset: self.bytes };
        build(spot, &mut self.buffer).map_err(|e| unwritable(&self.place, e))?;
        let Some(sink) = &mut self.sink else { return Ok(Err(io::ErrorKind::NotConnected.into())) };
        self.unsynced = true;
        Ok(match sink.write(&self.buffer) {
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
    /// When that failed for anything since the last success, also in a segment that was left since.
    pub fn sync(&mut self) -> Result<(), ArchiveError> {
        let failure = match &mut self.sink {
            Some(sink) if self.unsynced => sink.sync().err(),
            Some(_) | None => None,
        };
        if let Some(source) = failure {
            // What a failed flush left on disk is unknown, and a second one may lie: never retry and trust.
            self.sink = None;
            self.unsynced = false;
            return Err(failed("flushing", &self.path())(source));
        }
        self.unsynced = false;
        if std::mem::take(&mut self.lost) {
            let source = io::Error::other("an earlier part could not be flushed");
            return Err(failed("flushing", &self.path())(source));
        }
        Ok(())
    }

    fn distrust(&mut self) {
        if let Some(mut sink) = self.sink.take()
            && self.unsynced
        {
            self.lost |= sink.sync().is_err();
        }
        self.unsynced = false;
    }

    fn path(&self) -> PathBuf {
        self.place.segment(self.segments.last().copied().unwrap_or(1))
    }

    fn next_segment(&mut self) -> Result<(), ArchiveError> {
        let number = self.segments.last().map_or(1, |last| last.saturating_add(1));
        let path = self.place.segment(number);
        if number > SEGMENTS_MAX {
            return Err(failed("extending", &path)(io::Error::other("the disk has refused too often: replace it")));
        }
        let head = Head { header: self.header.clone(), boot: self.clock.boot_id(), segment: number };
        let bytes = head_bytes(&head, self.stamp()).map_err(|e| unwritable(&self.place, e))?;
        let temporary = unfinished(&path);
        let file = begin_file(&temporary, &path, &bytes).map_err(|source| {
            // What is left of it would only take room; the error that counts is the first one.
            let _ = fs::remove_file(&temporary);
            failed("beginning", &path)(source)
        })?;
        sync_dir(self.place.dir())?;
        self.sink = Some(Box::new(file));
        self.bytes = bytes.len() as u64;
        self.segments.push(number);
        Ok(())
    }
}

/// The name is given last, so that no file without a whole head ever has it.
fn begin_file(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<File> {
    match fs::remove_file(temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        Ok(()) | Err(_) => {}
    }
    let mut file = File::options().append(true).create_new(true).open(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(temporary, path)?;
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
impl SegmentWriter {
    /// Puts another sink in the place of the file, for tests of disks that refuse.
    pub(super) fn replace_sink(&mut self, make: impl FnOnce(Option<Box<dyn Sink>>) -> Box<dyn Sink>) {
        let sink = self.sink.take();
        self.sink = Some(make(sink));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::clock::testing::ManualClock;
    use crate::storage::put::put_event;
    use crate::storage::reader;
    use crate::storage::record::event;
    use crate::storage::samples::{channels, event as sample, header, reading, session};
    use hearth_actors::model::ids::Seq;
    use hearth_actors::model::journal::Keep;

    /// Takes so many bytes, then nothing more; may not flush.
    struct Refusing {
        inner: Option<Box<dyn Sink>>,
        room: usize,
        flushes: bool,
    }

    impl Sink for Refusing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            self.inner.as_mut().unwrap().write(&bytes[..taken])
        }

        fn sync(&mut self) -> io::Result<()> {
            if self.flushes { self.inner.as_mut().unwrap().sync() } else { Err(io::Error::other("I/O error")) }
        }
    }

    fn writer(dir: &Path) -> SegmentWriter {
        let header = header(1, Keep::AsProfile);
        let place = JournalPlace::new(dir, &header.machine, header.session);
        SegmentWriter::begin(place, header, Arc::new(ManualClock::new(1, 0)), Vec::new()).unwrap()
    }

    fn append(writer: &mut SegmentWriter, seq: u64) -> Result<(), ArchiveError> {
        let event = sample(1, seq, reading(seq as f64));
        let stamp = writer.event_stamp(seq, event.wall);
        let kind = event::kind(&event.body).unwrap();
        writer.put(&|_, out| put_event(out, kind, stamp, &event, session(1), &channels()))
    }

    fn read_back(writer: &SegmentWriter) -> (Vec<Seq>, bool) {
        let log = reader::read(writer.place(), &writer.extent(), None).unwrap().log;
        (log.events.iter().map(|e| e.seq).collect(), log.damaged)
    }

    #[test]
    fn a_short_write_goes_on_in_a_new_segment_without_loss() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path());
        append(&mut writer, 1).unwrap();
        writer.replace_sink(|inner| Box::new(Refusing { inner, room: 20, flushes: true }));
        append(&mut writer, 2).unwrap();
        append(&mut writer, 3).unwrap();
        writer.sync().unwrap();
        assert_eq!(writer.extent().segments, [1, 2]);
        assert_eq!(read_back(&writer), (vec![Seq(1), Seq(2), Seq(3)], true));
    }

    #[test]
    fn an_event_that_was_refused_but_stands_on_disk_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path());
        append(&mut writer, 1).unwrap();
        let before = fs::read(writer.place().segment(1)).unwrap();
        append(&mut writer, 2).unwrap();
        writer.replace_sink(|inner| Box::new(Refusing { inner, room: 0, flushes: true }));
        append(&mut writer, 3).unwrap();
        let second = fs::read(writer.place().segment(2)).unwrap();
        let frame_of_3 = &second[second.len() - (fs::read(writer.place().segment(1)).unwrap().len() - before.len())..];
        let mut first = File::options().append(true).open(writer.place().segment(1)).unwrap();
        first.write_all(frame_of_3).unwrap();
        assert_eq!(read_back(&writer).0, [Seq(1), Seq(2), Seq(3)]);
    }

    #[test]
    fn a_failed_flush_is_told_and_the_segment_left() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path());
        append(&mut writer, 1).unwrap();
        writer.replace_sink(|inner| Box::new(Refusing { inner, room: usize::MAX, flushes: false }));
        assert!(writer.sync().is_err());
        append(&mut writer, 2).unwrap();
        writer.sync().unwrap();
        assert_eq!(writer.extent().segments, [1, 2]);
        assert_eq!(read_back(&writer), (vec![Seq(1), Seq(2)], false));
    }

    #[test]
    fn a_flush_that_fails_while_a_segment_is_left_is_told_by_the_next_flush() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path());
        writer.replace_sink(|inner| Box::new(Refusing { inner, room: 200, flushes: false }));
        append(&mut writer, 1).unwrap();
        append(&mut writer, 2).unwrap();
        append(&mut writer, 3).unwrap();
        assert!(writer.sync().is_err());
        writer.sync().unwrap();
    }

    #[test]
    fn a_write_that_fails_twice_is_told_and_never_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path());
        append(&mut writer, 1).unwrap();
        writer.replace_sink(|inner| Box::new(Refusing { inner, room: 30, flushes: true }));
        // The next segment's name is taken by something that is no file.
        fs::create_dir(writer.place().segment(2)).unwrap();
        assert!(append(&mut writer, 2).is_err());
        assert_eq!(read_back(&writer).0, [Seq(1)]);
        fs::remove_dir(writer.place().segment(2)).unwrap();
        append(&mut writer, 3).unwrap();
        assert_eq!(read_back(&writer).0, [Seq(1), Seq(3)]);
    }
}
