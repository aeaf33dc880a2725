//! What the store promises, on real files in a temporary directory.

use std::fs;
use std::thread;

use hearth_actors::model::command::Scope;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::journal::Keep;
use hearth_actors::model::profile::{Label, ProfileStatus};
use hearth_actors::model::session::{SessionChange, SessionState};
use hearth_actors::model::time::WallMs;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::storage::clock::testing::ManualClock;
use crate::storage::disk::Act;
use crate::storage::faults::{EIO, Faults};
use crate::storage::journal::RECOVERED;
use crate::storage::samples::{
    CREATED_AT, any_event, event, fewer_channels, header, machine, mark, one_of_each, reading, roast, session,
};

mod annotations;
mod cut_short;
mod damage;
mod index;
mod listing;

struct Home {
    dir: TempDir,
    clock: Arc<ManualClock>,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::new(7, 1_000_000)) }
    }

    fn open(&self) -> Store {
        Store::open(Disk::default(), self.dir.path(), self.clock.clone()).unwrap()
    }

    fn path(&self, n: u128, segment: u32) -> PathBuf {
        JournalPlace::new(self.dir.path(), &machine("machine-a"), session(n)).segment(segment)
    }

    fn index(&self) -> PathBuf {
        self.dir.path().join("index")
    }
}

fn record(store: &Store, n: u128, events: &[Event]) -> Box<dyn Journal> {
    let mut journal = store.create(&header(n, Keep::AsProfile)).unwrap();
    for event in events {
        journal.append(event).unwrap();
    }
    journal
}

fn seal(store: &Store, n: u128, length: u64) {
    record(store, n, &roast(n, length)).seal().unwrap();
}

fn shown(log: &SessionLog) -> String {
    format!("{:?}", log.events)
}

fn ids(store: &Store, query: &ProfileQuery) -> Vec<SessionId> {
    store.profiles(query).unwrap().items.iter().map(|item| item.id).collect()
}

fn all() -> ProfileQuery {
    ProfileQuery { limit: 100, ..ProfileQuery::default() }
}

#[test]
fn events_read_back_exactly_while_the_journal_is_open() {
    let disk = Home::new();
    let store = disk.open();
    let events: Vec<Event> = one_of_each().into_iter().zip(1..).map(|((_, body), seq)| event(1, seq, body)).collect();
    let _journal = record(&store, 1, &events);
    let log = store.read(session(1), None).unwrap();
    assert_eq!(shown(&log), format!("{events:?}"));
    assert_eq!(log.header, header(1, Keep::AsProfile));
    assert!(!log.sealed && !log.damaged);
    let later = store.read(session(1), Some(Seq(9))).unwrap();
    assert_eq!(later.events.iter().map(|e| e.seq).collect::<Vec<_>>(), [Seq(10), Seq(11)]);
}

#[test]
fn an_event_that_does_not_belong_is_refused_and_leaves_no_trace() {
    let disk = Home::new();
    let store = disk.open();
    let mut journal = record(&store, 1, &roast(1, 1));
    let strange = Event { machine: machine("machine-b"), ..event(1, 50, mark()) };
    assert!(journal.append(&strange).is_err());
    assert!(journal.append(&event(1, 2, mark())).is_err(), "an old position");
    journal.seal().unwrap();
    assert!(journal.append(&event(1, 60, mark())).is_err(), "after the seal");
    assert_eq!(shown(&store.read(session(1), None).unwrap()), format!("{:?}", roast(1, 1)));
}

#[test]
fn a_monitoring_journal_goes_with_the_next_session_of_its_machine_only() {
    let disk = Home::new();
    let store = disk.open();
    let mut watched = store.create(&header(1, Keep::UntilNextSession)).unwrap();
    watched.append(&event(1, 1, reading(20.0))).unwrap();
    watched.seal().unwrap();
    assert!(matches!(store.profile(session(1)), Err(ArchiveError::NotFound(_))));
    assert_eq!(store.read(session(1), None).unwrap().events.len(), 1);
    let elsewhere = JournalHeader { machine: machine("machine-b"), ..header(2, Keep::UntilNextSession) };
    let _other = store.create(&elsewhere).unwrap();
    assert!(disk.path(1, 1).exists());
    let _next = store.create(&header(3, Keep::AsProfile)).unwrap();
    assert!(!disk.path(1, 1).exists());
    assert!(store.read(session(1), None).is_err() && store.read(session(2), None).is_ok());
}

#[test]
fn a_session_id_is_used_once() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 1);
    assert!(matches!(store.create(&header(1, Keep::AsProfile)), Err(ArchiveError::Exists(_))));
    let profile = store.profile(session(1)).unwrap();
    assert!(matches!(store.import(&profile), Err(ArchiveError::Exists(_))));
}

#[test]
fn a_recording_needs_room_to_begin() {
    assert!(enough(64 * MIB).is_ok());
    let error = enough(64 * MIB - 1).unwrap_err();
    assert!(matches!(error, ArchiveError::Full { free_mib: 63, needed_mib: 64 }), "{error}");
}

#[test]
fn a_first_start_makes_the_directory() {
    let disk = Home::new();
    let data = disk.dir.path().join("var/lib/hearth");
    let store = Store::open(Disk::default(), &data, disk.clock.clone()).unwrap();
    assert!(ids(&store, &all()).is_empty() && store.machines().unwrap().is_empty());
}

#[test]
fn a_second_store_on_the_same_directory_is_refused_with_a_name() {
    let disk = Home::new();
    let store = disk.open();
    let error = Store::open(Disk::default(), disk.dir.path(), disk.clock.clone()).err().unwrap().to_string();
    assert!(error.contains(&std::process::id().to_string()) && error.contains("stop that hearth"), "{error}");
    let journal = record(&store, 1, &[]);
    drop(store);
    assert!(
        Store::open(Disk::default(), disk.dir.path(), disk.clock.clone()).is_err(),
        "a journal is still being written"
    );
    drop(journal);
    disk.open();
}

#[test]
fn reading_beside_writing_never_sees_half_an_event() {
    let disk = Home::new();
    let store = disk.open();
    let mut journal = record(&store, 1, &[]);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while seen < 2000 {
                let log = store.read(session(1), None).unwrap();
                assert!(!log.damaged && log.events.len() >= seen);
                assert!(log.events.iter().zip(1..).all(|(event, seq)| event.seq == Seq(seq)));
                seen = log.events.len();
            }
        });
        for seq in 1..=2000 {
            journal.append(&event(1, seq, reading(seq as f64))).unwrap();
        }
        reader.join().unwrap();
    });
}

#[test]
fn starts_are_counted_over_restarts() {
    let disk = Home::new();
    assert_eq!((1..=3).map(|_| disk.open().next_boot().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
}

/// Do not edit the golden file to make this pass: it is a journal in a shop, and must be readable for ever.
#[test]
fn a_journal_of_the_first_version_is_read_whole() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/journal/sealed.jnl");
    let disk = Home::new();
    fs::create_dir_all(disk.path(1, 1).parent().unwrap()).unwrap();
    fs::copy(golden, disk.path(1, 1)).unwrap();
    let store = disk.open();
    let log = store.read(session(1), None).unwrap();
    assert!(log.sealed && !log.damaged);
    assert_eq!(log.header, header(1, Keep::AsProfile));
    assert_eq!(shown(&log), format!("{:?}", roast(1, 3)));
    let expected = Annotation {
        name: Some("Lot 7".to_owned()),
        notes: Some("nutty, \"sweet\"".to_owned()),
        bean: Some("Huila".to_owned()),
        green_weight_g: Some(5000.0),
        roasted_weight_g: Some(4210.5),
        label: Label::default(),
        status: Some(ProfileStatus::Saved),
        marks: Some(
            log.events
                .iter()
                .filter_map(|e| match &e.body {
                    EventBody::Mark(m) => Some(*m),
                    _ => None,
                })
                .collect(),
        ),
    };
    assert_eq!(log.annotation, expected);
    let listed = store.profiles(&all()).unwrap().items;
    assert_eq!((listed[0].name.as_str(), listed[0].marks.len()), ("Lot 7", 1));
}
