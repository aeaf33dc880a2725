#![no_main]
//! A segment of a journal: where the first byte is even, the rest as it stands in the file; else records in frames whose checksums
//! are right, behind a sound head, since no flipped bit would get past them.

use std::path::PathBuf;
use std::sync::OnceLock;

use hearth::storage::frame::{self, FrameReader, Kind, Stamp};
use hearth::storage::layout::JournalPlace;
use hearth::storage::reader::{self, Extent};
use hearth::storage::segment::MAGIC;
use hearth_actors::model::ids::{MachineId, SessionId};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

const SEALED: &[u8] = include_bytes!("../../tests/wire/journal/sealed.jnl");

const KINDS: [Kind; 17] = [
    Kind::Head,
    Kind::Table,
    Kind::Annotation,
    Kind::Seal,
    Kind::Summary,
    Kind::Trailer,
    Kind::Reading,
    Kind::Mark,
    Kind::Unmark,
    Kind::Session,
    Kind::Alarm,
    Kind::Settled,
    Kind::Connection,
    Kind::Safety,
    Kind::Lease,
    Kind::Fault,
    Kind::Channels,
];

/// The head of the golden journal, frame and all, and what its session and machine are called.
fn sound_head() -> &'static [u8] {
    static HEAD: OnceLock<Vec<u8>> = OnceLock::new();
    HEAD.get_or_init(|| {
        let mut frames = FrameReader::new(&SEALED[MAGIC.len()..], MAGIC.len() as u64, SEALED.len() as u64);
        frames.read().expect("sound").expect("a head");
        SEALED[..usize::try_from(frames.offset()).expect("small")].to_vec()
    })
}

/// Records: kind, two bytes of length, body; each becomes a frame with the next seq.
fn framed(mut records: &[u8]) -> Vec<u8> {
    let mut file = sound_head().to_vec();
    let mut seq = 1_000_000_000;
    while let [kind, low, high, rest @ ..] = records {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (body, others) = rest.split_at(length);
        seq += 1;
        let stamp = Stamp { seq, uptime_ms: seq, wall_ms: 1_767_225_600_000 };
        frame::encode(&mut file, KINDS[usize::from(*kind) % KINDS.len()], stamp, body).expect("short");
        records = others;
    }
    file
}

/// A place that is written anew for each case.
fn place() -> &'static (TempDir, JournalPlace, PathBuf) {
    static PLACE: OnceLock<(TempDir, JournalPlace, PathBuf)> = OnceLock::new();
    PLACE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let session = SessionId::parse("01900000-0000-7000-8000-000000000001").expect("an id");
        let place = JournalPlace::new(dir.path(), &MachineId::parse("machine-a").expect("an id"), session);
        std::fs::create_dir_all(place.dir()).expect("a directory");
        let segment = place.segment(1);
        (dir, place, segment)
    })
}

fuzz_target!(|data: &[u8]| {
    let [choice, content @ ..] = data else { return };
    let content = if choice % 2 == 0 { content.to_vec() } else { framed(content) };
    let (_, place, segment) = place();
    std::fs::write(segment, &content).expect("written");
    let all = Extent { segments: vec![1], last_bytes: None };
    if let Ok(found) = reader::read(place, &all, None) {
        assert!(found.log.events.len() <= content.len() / frame::OVERHEAD_BYTES, "events were invented");
    }
    let half = Extent { segments: vec![1], last_bytes: Some(content.len() as u64 / 2) };
    let _ = reader::read(place, &half, None);
    let _ = reader::inspect(place, &[1]);
    let _ = reader::summary(place, &all);
});
