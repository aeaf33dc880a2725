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
