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
fn what_was_appended_survives_the_process_without_a_sync() {
    let disk = Home::new();
    let events = roast(1, 20);
    drop(record(&disk.open(), 1, &events));
    disk.clock.advance(3500);
    let interrupted = disk.open().interrupted().unwrap();
    assert_eq!(interrupted.len(), 1);
    assert_eq!(shown(&interrupted[0].log), format!("{events:?}"));
    assert_eq!(interrupted[0].silent_ms, Some(3500));
    assert!(!interrupted[0].log.damaged);
}

#[test]
fn silence_counts_from_what_happened_last_and_not_from_when_it_was_written() {
    let disk = Home::new();
    let store = disk.open();
    let mut journal = store.create(&header(1, Keep::AsProfile)).unwrap();
    let [first, second] = [event(1, 1, reading(200.0)), event(1, 2, reading(201.0))];
    journal.append(&first).unwrap();
    disk.clock.advance(1000 + 900);
    journal.append(&second).unwrap();
    drop((journal, store));
    disk.clock.advance(500);
    assert_eq!(disk.open().interrupted().unwrap()[0].silent_ms, Some(900 + 500));
}

#[test]
fn silence_is_unknown_after_the_host_was_restarted() {
    let mut disk = Home::new();
    drop(record(&disk.open(), 1, &roast(1, 2)));
    disk.clock = Arc::new(ManualClock::new(8, 5));
    assert_eq!(disk.open().interrupted().unwrap()[0].silent_ms, None);
}

#[test]
fn a_resumed_session_goes_on_behind_what_was_torn() {
    let disk = Home::new();
    let events = roast(1, 5);
    drop(record(&disk.open(), 1, &events));
    let torn = fs::read(disk.path(1, 1)).unwrap();
    fs::write(disk.path(1, 1), &torn[..torn.len() - 3]).unwrap();
    let store = disk.open();
    let mut journal = store.resume(session(1)).unwrap();
    let more = event(1, 100, reading(201.0));
    journal.append(&more).unwrap();
    journal.seal().unwrap();
    let log = store.read(session(1), None).unwrap();
    let expected: Vec<&Event> = events[..events.len() - 1].iter().chain([&more]).collect();
    assert_eq!(shown(&log), format!("{expected:?}"));
    assert!(log.sealed && log.damaged);
    assert_eq!(fs::read(disk.path(1, 1)).unwrap(), &torn[..torn.len() - 3], "the torn file is left as it was");
    assert_eq!(log.annotation.notes, None);
    assert_eq!(ids(&store, &all()), [session(1)]);
}

#[test]
fn a_session_that_is_not_gone_on_with_becomes_a_recovered_draft() {
    let disk = Home::new();
    drop(record(&disk.open(), 1, &roast(1, 5)));
    let store = disk.open();
    store.resume(session(1)).unwrap().seal().unwrap();
    let profile = store.profile(session(1)).unwrap();
    assert_eq!((profile.status, profile.notes.as_deref()), (ProfileStatus::Draft, Some(RECOVERED)));
    assert_eq!(store.profiles(&all()).unwrap().items, [profile.summary()]);
    drop(store);
    assert!(disk.open().interrupted().unwrap().is_empty());
}

#[test]
fn a_session_that_ended_and_lacked_only_its_seal_is_not_called_recovered() {
    let disk = Home::new();
    let mut events = roast(1, 5);
    let end = SessionChange {
        from: SessionState::Recording,
        to: SessionState::Finished,
        session: Some(session(1)),
        previous: None,
        started_at: None,
    };
    events.push(event(1, 50, EventBody::Session(end)));
    drop(record(&disk.open(), 1, &events));
    let store = disk.open();
    store.resume(session(1)).unwrap().seal().unwrap();
    assert_eq!(store.profile(session(1)).unwrap().notes, None);
}

#[test]
fn resuming_needs_a_session_that_was_cut_short() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 3);
    let open = record(&store, 2, &[]);
    for n in [1, 2, 3] {
        assert!(matches!(store.resume(session(n)), Err(ArchiveError::NotFound(_))), "{n}");
    }
    drop(open);
    assert!(store.resume(session(2)).is_ok());
}

#[test]
fn readings_refer_to_the_channels_they_were_taken_with_also_after_a_restart() {
    let disk = Home::new();
    let EventBody::Reading(mut other) = reading(1.0) else { unreachable!() };
    other.channels = fewer_channels();
    other.values = Box::new([Ok(77.0)]);
    let other = |seq| event(1, seq, EventBody::Reading(other.clone()));
    let before = [event(1, 1, reading(1.0)), other(2), event(1, 3, EventBody::Channels(fewer_channels())), other(4)];
    drop(record(&disk.open(), 1, &before));
    let store = disk.open();
    let mut journal = store.resume(session(1)).unwrap();
    let after = [other(5), event(1, 6, reading(2.0))];
    after.iter().for_each(|event| journal.append(event).unwrap());
    let expected: Vec<&Event> = before.iter().chain(&after).collect();
    assert_eq!(shown(&store.read(session(1), None).unwrap()), format!("{expected:?}"));
    assert_eq!(store.read(session(1), None).unwrap().header, header(1, Keep::AsProfile));
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
fn an_annotation_is_kept_in_the_file_and_shown_in_the_list() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 5);
    let before = fs::read(disk.path(1, 1)).unwrap();
    let first = Annotation { name: Some("Lot 7".to_owned()), green_weight_g: Some(5000.0), ..Annotation::default() };
    let second =
        Annotation { notes: Some("nutty".to_owned()), name: Some("Lot 8".to_owned()), ..Annotation::default() };
    store.annotate(session(1), first).unwrap();
    let profile = store.annotate(session(1), second).unwrap();
    assert_eq!((profile.name.as_str(), profile.green_weight_g), ("Lot 8", Some(5000.0)));
    assert!(fs::read(disk.path(1, 1)).unwrap().starts_with(&before), "nothing is rewritten");
    drop(store);
    let store = disk.open();
    assert_eq!(store.profile(session(1)).unwrap(), profile);
    assert_eq!(store.profiles(&all()).unwrap().items, [profile.summary()]);
    assert!(matches!(store.annotate(session(9), Annotation::default()), Err(ArchiveError::NotFound(_))));
}

#[test]
fn an_annotation_that_was_torn_does_not_keep_the_next_one_out() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 5);
    let name = |name: &str| Annotation { name: Some(name.to_owned()), ..Annotation::default() };
    store.annotate(session(1), name("first")).unwrap();
    store.annotate(session(1), name("torn")).unwrap();
    drop(store);
    let bytes = fs::read(disk.path(1, 1)).unwrap();
    fs::write(disk.path(1, 1), &bytes[..bytes.len() - 60]).unwrap();
    let store = disk.open();
    assert!(store.interrupted().unwrap().is_empty(), "it stays sealed");
    assert_eq!(store.annotate(session(1), name("third")).unwrap().name, "third");
    drop(store);
    let store = disk.open();
    assert_eq!(store.profile(session(1)).unwrap().name, "third");
    assert_eq!(store.profiles(&all()).unwrap().items[0].name, "third");
    let noted = store.annotate(session(1), Annotation { bean: Some("Huila".to_owned()), ..Annotation::default() });
    assert_eq!(noted.unwrap().name, "third");
}

fn flushes(act: Act, path: &Path) -> bool {
    act == Act::Flush && path.extension().is_some_and(|ending| ending == "jnl")
}

fn flushes_or_cuts(act: Act, path: &Path) -> bool {
    act == Act::Cut || flushes(act, path)
}

#[test]
fn an_annotation_that_was_refused_is_not_there_now_nor_after_a_restart() {
    for refuses in [flushes, flushes_or_cuts] {
        let home = Home::new();
        let (faults, disk) = Faults::new();
        let store = Store::open(disk, home.dir.path(), home.clock.clone()).unwrap();
        seal(&store, 1, 5);
        let named = |name: &str| Annotation { name: Some(name.to_owned()), ..Annotation::default() };
        store.annotate(session(1), named("kept")).unwrap();
        faults.refuse(EIO, refuses);
        store.annotate(session(1), named("refused")).unwrap_err();
        assert_eq!(store.profile(session(1)).unwrap().name, "kept");
        assert_eq!(store.profiles(&all()).unwrap().items[0].name, "kept");
        faults.heal();
        // What the watch does each second.
        store.disk.settle();
        drop(store);
        let store = home.open();
        assert_eq!(store.profile(session(1)).unwrap().name, "kept");
        assert_eq!(store.profiles(&all()).unwrap().items[0].name, "kept");
    }
}

#[test]
fn an_annotation_after_one_that_was_refused_brings_nothing_of_it_back() {
    for refuses in [flushes, flushes_or_cuts] {
        let home = Home::new();
        let (faults, disk) = Faults::new();
        let store = Store::open(disk.clone(), home.dir.path(), home.clock.clone()).unwrap();
        seal(&store, 1, 5);
        let noted = |notes: &str| Annotation { notes: Some(notes.to_owned()), ..Annotation::default() };
        faults.refuse(EIO, refuses);
        store.annotate(session(1), noted("refused")).unwrap_err();
        // The file can be flushed again, but the end of it stays.
        faults.refuse(EIO, |act, _| act == Act::Cut);
        let named = Annotation { name: Some("third".to_owned()), ..Annotation::default() };
        store.annotate(session(1), named).unwrap();
        let third = |store: &Store| {
            let profile = store.profile(session(1)).unwrap();
            assert_eq!((profile.name.as_str(), profile.notes), ("third", None));
        };
        third(&store);
        faults.heal();
        disk.settle();
        third(&store);
        drop(store);
        third(&home.open());
    }
}

#[test]
fn damage_in_the_middle_costs_the_curve_behind_it_but_not_what_people_wrote() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 50);
    let rename = Annotation { name: Some("kept".to_owned()), ..Annotation::default() };
    let whole = store.annotate(session(1), rename).unwrap();
    drop(store);
    let mut bytes = fs::read(disk.path(1, 1)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(disk.path(1, 1), &bytes).unwrap();
    let store = disk.open();
    let log = store.read(session(1), None).unwrap();
    assert!(log.sealed && log.damaged);
    let profile = store.profile(session(1)).unwrap();
    assert_eq!(profile.name, "kept");
    let rows = profile.series.bt.len();
    assert!(rows > 5 && rows < whole.series.bt.len());
    assert_eq!(profile.series.bt, whole.series.bt[..rows]);
    assert!(store.interrupted().unwrap().is_empty());
}

#[test]
fn a_deleted_profile_is_gone_from_disk_list_and_memory() {
    let disk = Home::new();
    let store = disk.open();
    (1..=3).for_each(|n| seal(&store, n, 2));
    assert_eq!(ids(&store, &all()), [session(3), session(2), session(1)]);
    store.delete(session(2)).unwrap();
    assert_eq!(ids(&store, &all()), [session(3), session(1)]);
    assert!(!disk.path(2, 1).exists());
    assert!(matches!(store.profile(session(2)), Err(ArchiveError::NotFound(_))));
    assert!(matches!(store.delete(session(2)), Err(ArchiveError::NotFound(_))));
    let on = ProfileQuery { after: Some(session(2)), ..all() };
    assert_eq!(ids(&store, &on), [session(1)], "a list that had come to it goes on");
}

#[test]
fn a_deletion_cut_short_is_finished_at_the_next_start() {
    let disk = Home::new();
    drop(record(&disk.open(), 1, &roast(1, 2)));
    let store = disk.open();
    store.resume(session(1)).unwrap().seal().unwrap();
    drop(store);
    let place = JournalPlace::new(disk.dir.path(), &machine("machine-a"), session(1));
    fs::rename(place.segment(1), place.deleted()).unwrap();
    let store = disk.open();
    assert!(ids(&store, &all()).is_empty());
    assert_eq!(fs::read_dir(place.dir()).unwrap().count(), 0);
}

#[test]
fn a_running_recording_is_no_profile_yet() {
    let disk = Home::new();
    let store = disk.open();
    let _journal = record(&store, 1, &roast(1, 2));
    assert!(matches!(store.profile(session(1)), Err(ArchiveError::NotFound(_))));
    assert!(matches!(store.delete(session(1)), Err(ArchiveError::NotFound(_))));
    assert!(matches!(store.annotate(session(1), Annotation::default()), Err(ArchiveError::NotFound(_))));
    assert!(ids(&store, &all()).is_empty());
    assert!(store.interrupted().unwrap().is_empty());
}

#[test]
fn an_imported_profile_is_the_same_again_under_its_new_id() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 30);
    let fields = Annotation {
        name: Some("Original".to_owned()),
        bean: Some("Huila".to_owned()),
        roasted_weight_g: Some(4210.5),
        status: Some(ProfileStatus::Saved),
        label: Label {
            rating: Some(4),
            tags: Some(vec!["washed".to_owned()]),
            batch: Some("K12".to_owned()),
            operator: None,
        },
        ..Annotation::default()
    };
    let original = store.annotate(session(1), fields).unwrap();
    assert!(original.series.extra.contains_key("exhaust") && original.controls.contains_key("burner"));
    let copy = Profile { id: session(2), ..original };
    store.import(&copy).unwrap();
    assert_eq!(store.profile(session(2)).unwrap(), copy);
    drop(store);
    let store = disk.open();
    assert_eq!(store.profile(session(2)).unwrap(), copy);
    assert!(store.profiles(&all()).unwrap().items.contains(&copy.summary()));
    assert!(store.interrupted().unwrap().is_empty());
}

#[test]
fn a_profile_that_cannot_be_is_not_imported() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 3);
    let good = Profile { id: session(2), ..store.profile(session(1)).unwrap() };
    type Spoil = fn(&mut Profile);
    let spoil: [(&str, Spoil); 6] = [
        ("unequal columns", |p| p.series.bt.truncate(1)),
        ("time backwards", |p| p.series.timestamp_ms.reverse()),
        ("not a number", |p| p.series.et_ror[0] = Some(f64::NAN)),
        ("no channel id", |p| drop(p.series.extra.insert("../x".to_owned(), vec![None; p.series.bt.len()]))),
        ("beyond full", |p| drop(p.controls.insert("air".to_owned(), vec![(0, 1.5)]))),
        ("sensor and control", |p| drop(p.controls.insert("exhaust".to_owned(), vec![]))),
    ];
    for (what, spoil) in spoil {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert!(matches!(store.import(&bad), Err(ArchiveError::Damaged { .. })), "{what}");
    }
    assert_eq!(ids(&store, &all()), [session(1)]);
    store.import(&good).unwrap();
}

#[test]
fn pages_follow_each_other_without_gap_or_overlap() {
    let disk = Home::new();
    let store = disk.open();
    (1..=7).for_each(|n| seal(&store, n, 1));
    let mut seen = Vec::new();
    let mut query = ProfileQuery { limit: 3, ..ProfileQuery::default() };
    loop {
        let page = store.profiles(&query).unwrap();
        seen.extend(page.items.iter().map(|item| item.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, (1..=7).rev().map(session).collect::<Vec<_>>());
    let nowhere = ProfileQuery { after: Some(session(99)), ..all() };
    assert!(matches!(store.profiles(&nowhere), Err(ArchiveError::NotFound(_))));
    let none = ProfileQuery { limit: 0, ..ProfileQuery::default() };
    assert_eq!(store.profiles(&none).unwrap().items.len(), 1, "the limit is moved into its range");
}

#[test]
fn a_list_is_narrowed_by_words_machine_and_time() {
    let disk = Home::new();
    let store = disk.open();
    (1..=4).for_each(|n| seal(&store, n, 1));
    let note = |n, name: &str, bean: &str| {
        let annotation =
            Annotation { name: Some(name.to_owned()), bean: Some(bean.to_owned()), ..Annotation::default() };
        store.annotate(session(n), annotation).unwrap();
    };
    note(1, "Morning Lot", "Äthiopien Sidamo");
    note(2, "Evening lot", "Huila");
    let elsewhere = JournalHeader { machine: machine("machine-b"), ..header(5, Keep::AsProfile) };
    store.create(&elsewhere).unwrap().seal().unwrap();
    let text = |text: &str| ids(&store, &ProfileQuery { text: Some(text.to_owned()), ..all() });
    assert_eq!(text("LOT äthio"), [session(1)]);
    assert_eq!(text("lot"), [session(2), session(1)]);
    assert_eq!(text("lot huila sidamo"), []);
    assert_eq!(text("  "), (1..=5).rev().map(session).collect::<Vec<_>>());
    let of = ProfileQuery { machine: Some(machine("machine-b")), ..all() };
    assert_eq!(ids(&store, &of), [session(5)]);
    let scope = Scope::Only(Arc::new([machine("machine-a")].into()));
    let one = ProfileQuery { scope: scope.clone(), limit: 1, ..all() };
    assert_eq!(ids(&store, &one), [session(4)], "a page is as long as it may be, whatever lies between");
    assert_eq!(ids(&store, &ProfileQuery { scope, ..of }), []);
    let at = |n: i64| Some(WallMs(CREATED_AT + n * 60_000));
    assert_eq!(ids(&store, &ProfileQuery { from: at(2), to: at(4), ..all() }), [session(3), session(2)]);
    assert_eq!(ids(&store, &ProfileQuery { from: at(4), to: at(2), ..all() }), []);
}

#[test]
fn a_deleted_or_damaged_index_is_made_anew_and_nothing_is_lost() {
    type Spoil = fn(&Path);
    let spoil: [(&str, Spoil); 5] = [
        ("deleted", |index| fs::remove_dir_all(index).unwrap()),
        ("no directory", |index| {
            fs::remove_dir_all(index).unwrap();
            fs::write(index, b"a file").unwrap();
        }),
        ("zeroed", |index| overwrite(index, |bytes| bytes.fill(0))),
        ("garbled", |index| overwrite(index, |bytes| bytes.iter_mut().for_each(|b| *b ^= 0x5a))),
        ("cut off", |index| overwrite(index, |bytes| bytes.truncate(bytes.len() / 3))),
    ];
    let disk = Home::new();
    let store = disk.open();
    (1..=20).for_each(|n| seal(&store, n, 2));
    store.annotate(session(3), Annotation { name: Some("named".to_owned()), ..Annotation::default() }).unwrap();
    let expected = store.profiles(&all()).unwrap();
    drop(store);
    for (what, spoil) in spoil {
        spoil(&disk.index());
        let store = disk.open();
        assert_eq!(store.profiles(&all()).unwrap(), expected, "{what}");
        seal(&store, 50, 1);
        assert_eq!(ids(&store, &all())[0], session(50), "{what}");
        store.delete(session(50)).unwrap();
    }
    let names = fs::read_dir(disk.dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let aside = names.filter(|name| name.to_string_lossy().starts_with("index.corrupt-")).count();
    assert!((1..=3).contains(&aside), "{aside} are kept for a look");
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

fn overwrite(index: &Path, change: fn(&mut Vec<u8>)) {
    for entry in fs::read_dir(index).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let mut bytes = fs::read(&path).unwrap();
            change(&mut bytes);
            fs::write(&path, bytes).unwrap();
        }
    }
}

#[test]
fn the_index_follows_files_that_came_went_or_grew_behind_its_back() {
    let disk = Home::new();
    let store = disk.open();
    (1..=3).for_each(|n| seal(&store, n, 1));
    ids(&store, &all());
    drop(store);
    let behind = disk.dir.path().join("behind");
    fs::rename(disk.index(), &behind).unwrap();
    let store = disk.open();
    store.delete(session(1)).unwrap();
    store.annotate(session(2), Annotation { name: Some("grew".to_owned()), ..Annotation::default() }).unwrap();
    seal(&store, 4, 1);
    let expected = store.profiles(&all()).unwrap();
    drop(store);
    fs::remove_dir_all(disk.index()).unwrap();
    fs::rename(&behind, disk.index()).unwrap();
    assert_eq!(disk.open().profiles(&all()).unwrap(), expected);
}

#[test]
fn one_unreadable_journal_does_not_hide_the_others() {
    let disk = Home::new();
    let store = disk.open();
    (1..=2).for_each(|n| seal(&store, n, 1));
    drop(store);
    fs::write(disk.path(3, 1), b"HEARTHJ\x01 and then garbage").unwrap();
    fs::write(disk.path(4, 1), b"").unwrap();
    fs::write(disk.path(5, 1), b"HEARTHJ\x02 from the future").unwrap();
    fs::write(disk.dir.path().join("journal/machine-a/notes.txt"), b"mine").unwrap();
    let store = disk.open();
    assert_eq!(ids(&store, &all()), [session(2), session(1)]);
    assert!(store.interrupted().unwrap().is_empty());
    assert!(disk.path(5, 1).exists() && disk.dir.path().join("journal/machine-a/notes.txt").exists());
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

/// Ten thousand profiles, as a shop has after some years. Run by hand: it takes a minute to make them.
#[test]
#[ignore = "makes 10 000 files"]
fn ten_thousand_profiles_are_listed_and_indexed_in_time() {
    let disk = Home::new();
    let store = disk.open();
    seal(&store, 1, 600);
    let template = store.profile(session(1)).unwrap();
    for n in 2..=10_000 {
        let created_at = WallMs(CREATED_AT + n * 60_000);
        let name = format!("Lot {n}");
        store.import(&Profile { id: session(n as u128), created_at, name, ..template.clone() }).unwrap();
    }
    let timed = |what: &str, run: &dyn Fn()| {
        let start = tokio::time::Instant::now();
        run();
        println!("{what}: {} ms", start.elapsed().as_millis());
    };
    let rare = ProfileQuery { text: Some("lot 9999".to_owned()), limit: 50, ..ProfileQuery::default() };
    let absent = ProfileQuery { text: Some("no such words".to_owned()), limit: 50, ..ProfileQuery::default() };
    for _ in 0..3 {
        timed("first page", &|| assert_eq!(ids(&store, &all()).len(), 100));
        timed("rare word", &|| assert_eq!(ids(&store, &rare), [session(9999)]));
        timed("absent word", &|| assert!(ids(&store, &absent).is_empty()));
    }
    drop(store);
    timed("start and list with index", &|| assert_eq!(ids(&disk.open(), &all()).len(), 100));
    fs::remove_dir_all(disk.index()).unwrap();
    timed("start", &|| drop(disk.open()));
    fs::remove_dir_all(disk.index()).unwrap();
    timed("start and list without index", &|| assert_eq!(ids(&disk.open(), &all()).len(), 100));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(damages()))]

    #[test]
    fn damage_never_panics_and_never_invents(flips in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8), 0..4),
                                              cut in proptest::option::of(any::<prop::sample::Index>())) {
        let (bytes, events) = sealed_file();
        let mut bad = bytes.clone();
        for (at, bit) in flips {
            bad[at.index(bytes.len())] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            bad.truncate(cut.index(bytes.len()));
        }
        let dir = tempfile::tempdir().unwrap();
        let place = JournalPlace::new(dir.path(), &machine("machine-a"), session(1));
        fs::create_dir_all(place.dir()).unwrap();
        fs::write(place.segment(1), &bad).unwrap();
        let inspected = reader::inspect(&place, &[1]);
        let extent = Extent { segments: vec![1], last_bytes: None };
        if let Ok(found) = reader::read(&place, &extent, None) {
            let read = &found.log.events;
            prop_assert_eq!(format!("{read:?}"), format!("{:?}", &events[..read.len()]));
            prop_assert_eq!(found.log.header, header(1, Keep::AsProfile));
            prop_assert!(found.log.damaged || read.len() == events.len() || !found.log.sealed);
            prop_assert!(inspected.is_ok());
        }
        if let Some(summary) = reader::summary(&place, &extent) {
            prop_assert_eq!(summary.id, session(1));
        }
    }

    #[test]
    fn any_stream_of_events_reads_back_exactly(mut events in proptest::collection::vec(any_event(), 1..30)) {
        for (event, seq) in events.iter_mut().zip(1..) {
            event.seq = Seq(seq);
        }
        let disk = Home::new();
        let store = disk.open();
        let _journal = record(&store, 1, &events);
        prop_assert_eq!(shown(&store.read(session(1), None).unwrap()), format!("{events:?}"));
    }
}

/// How many damaged files are tried: 300, or as many as `HEARTH_DAMAGES` says.
fn damages() -> u32 {
    std::env::var("HEARTH_DAMAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(300)
}

fn sealed_file() -> &'static (Vec<u8>, Vec<Event>) {
    static FILE: std::sync::OnceLock<(Vec<u8>, Vec<Event>)> = std::sync::OnceLock::new();
    FILE.get_or_init(|| {
        let disk = Home::new();
        let events = roast(1, 12);
        record(&disk.open(), 1, &events).seal().unwrap();
        (fs::read(disk.path(1, 1)).unwrap(), events)
    })
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
