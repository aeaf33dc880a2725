//! A whole life on a disk that refuses, at every single thing that is written in it: nothing panics, what was acknowledged is there
//! afterwards, what was refused is not, and everything works again as soon as the disk does.
//!
//! `HEARTH_FAULTS=all` tries every place with every error; by default each place gets one of them.

use std::collections::BTreeSet;

use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::journal::Keep;
use hearth_actors::model::profile::Annotation;
use hearth_actors::recorder;
use hearth_actors::runtime::journal::{JournalHandle, SaveError, Waits};
use tokio::sync::oneshot;

use super::*;
use crate::storage::clock::testing::ManualClock;
use crate::storage::faults::{EIO, EMFILE, ENOSPC, EROFS, Faults};
use crate::storage::index::table::Tables;
use crate::storage::keeper::IndexState;
use crate::storage::samples::{event, header, machine, mark, reading, roast, session};

const ERRORS: [i32; 4] = [ENOSPC, EIO, EROFS, EMFILE];
const NAME: &str = "Sidamo, second batch";

/// What somebody was told.
#[derive(Default)]
struct Told {
    saved: BTreeSet<u64>,
    refused: BTreeSet<u64>,
}

/// Tries as a person does: again, until it is done. Each try is refused because of the disk, or not at all.
fn insist<T>(faults: &Faults, mut act: impl FnMut() -> Result<T, ArchiveError>) -> T {
    loop {
        let before = faults.fired();
        match act() {
            Ok(done) => return done,
            Err(error) => assert!(faults.fired() > before, "refused although the disk did nothing: {error}"),
        }
    }
}

async fn say(journal: &JournalHandle, event: Event, told: &mut Told) {
    let seq = event.seq.0;
    let (done, saved) = oneshot::channel();
    assert!(journal.append(event, Waits::ForDisk(done)).is_none());
    match saved.await.unwrap() {
        Ok(()) => told.saved.insert(seq),
        Err(SaveError::Refused(_)) => told.refused.insert(seq),
        Err(other) => panic!("{other}"),
    };
}

fn keep(journal: &JournalHandle, events: impl IntoIterator<Item = Event>) {
    for event in events {
        assert!(journal.append(event, Waits::Nobody).is_none(), "there is room");
    }
}

fn after(seq: u64, body: EventBody) -> Event {
    event(1, seq, body)
}

/// Lives once; tells whether the disk refused anything.
async fn life(nth: u64, times: u64, errno: i32) -> bool {
    let what = format!("act {nth}, {times} times, error {errno}");
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(7, 1_000_000));
    let (faults, disk) = Faults::new();
    // Too little room for a ballast or an index on disk: both are tried elsewhere.
    faults.say_free(FULL);
    faults.refuse_nth(nth, times, errno);
    let store = insist(&faults, || Store::open(disk.clone(), dir.path(), clock.clone()));
    let boot = insist(&faults, || store.next_boot());
    insist(&faults, || store.open_run());
    insist(&faults, || store.put_machine(&machine("machine-a"), "{\"v\":1}"));
    let first = insist(&faults, || store.create(&header(1, Keep::AsProfile)));
    let recorder = recorder::start().unwrap();
    let journal = recorder.adopt(session(1), first).unwrap();
    let mut told = Told::default();
    let readings = |from: u64| (from..from + 20).map(|seq| after(seq, reading(seq as f64)));
    keep(&journal, roast(1, 3));
    say(&journal, after(20, mark()), &mut told).await;
    keep(&journal, readings(30));
    say(&journal, after(60, mark()), &mut told).await;
    insist(&faults, || store.put_machine(&machine("machine-a"), "{\"v\":2}"));
    keep(&journal, readings(70));
    say(&journal, after(100, mark()), &mut told).await;
    let sealed = journal.seal().await;
    // What the end of a session could not do at once is done as soon as the disk allows.
    let fired = faults.fired() > 0;
    if sealed.is_err() {
        faults.heal();
        faults.say_free(FULL);
    }
    recorder.stop().await.unwrap();
    let named = Annotation { name: Some(NAME.to_owned()), ..Annotation::default() };
    let profile = insist(&faults, || store.annotate(session(1), named.clone()));
    insist(&faults, || store.import(&Profile { id: session(2), ..profile.clone() }));
    insist(&faults, || store.delete(session(2)).or_else(missing_is_gone));
    insist(&faults, || store.put_program(&ProgramId::parse("p").unwrap(), "{}"));
    let channels = vec![(hearth_actors::model::ids::ChannelId::parse("bt").unwrap(), None)];
    let numbers =
        insist(&faults, || store.assign(&[Request { machine: machine("machine-a"), channels: channels.clone() }]));
    insist(&faults, || store.close_run(&BTreeSet::new()));
    let fired = fired || faults.fired() > 0;
    drop(store);
    faults.heal();
    faults.say_free(FULL);
    let store = Store::open(disk, dir.path(), clock).unwrap();
    check(&store, boot, &told, &what);
    let again = store.assign(&[Request { machine: machine("machine-a"), channels }]).unwrap();
    assert_eq!(format!("{again:?}"), format!("{numbers:?}"), "{what}");
    fired
}

/// So much is free that a recording may begin and sled does not.
const FULL: u64 = RECORDING_MIB_MIN * MIB;

fn missing_is_gone(error: ArchiveError) -> Result<(), ArchiveError> {
    if let ArchiveError::NotFound(_) = error { Ok(()) } else { Err(error) }
}

fn check(store: &Store, boot: u64, told: &Told, what: &str) {
    assert!(store.next_boot().unwrap() > boot, "{what}");
    assert_eq!(store.open_run().unwrap(), LastRun::Orderly(BTreeSet::new()), "{what}");
    assert_eq!(store.machines().unwrap(), [(machine("machine-a"), "{\"v\":2}".to_owned())], "{what}");
    assert!(store.interrupted().unwrap().is_empty(), "{what}: the session came to its end");
    let log = store.read(session(1), None).unwrap();
    assert!(!log.damaged && log.sealed, "{what}");
    let kept: BTreeSet<u64> = log.events.iter().map(|event| event.seq.0).collect();
    let expected: BTreeSet<u64> = (1..=7).chain(30..50).chain(70..90).chain(told.saved.iter().copied()).collect();
    assert_eq!(kept, expected, "{what}: refused were {:?}", told.refused);
    assert_eq!(log.events.len(), kept.len(), "{what}: each once");
    for event in &log.events {
        let original = match event.seq.0 {
            seq @ (30..50 | 70..90) => reading(seq as f64),
            20 | 60 | 100 => mark(),
            seq => roast(1, 3).remove(usize::try_from(seq - 1).unwrap()).body,
        };
        assert_eq!(format!("{:?}", event.body), format!("{original:?}"), "{what}");
    }
    assert_eq!(store.profile(session(1)).unwrap().name, NAME, "{what}");
    assert_eq!(store.profiles(&ProfileQuery { limit: 9, ..ProfileQuery::default() }).unwrap().items.len(), 1, "{what}");
    assert_eq!(store.programs().unwrap().len(), 1, "{what}");
}

#[tokio::test]
async fn whatever_the_disk_refuses_in_a_life_nothing_acknowledged_is_lost() {
    let all = std::env::var_os("HEARTH_FAULTS").is_some_and(|wanted| wanted == "all");
    let mut lives = 0;
    for nth in 0.. {
        let place = usize::try_from(nth).unwrap();
        let wanted: Vec<(u64, i32)> = match all {
            true => [1, 2, 5].into_iter().flat_map(|times| ERRORS.map(|errno| (times, errno))).collect(),
            false => vec![(1 + nth % 3, ERRORS[place % ERRORS.len()])],
        };
        let mut fired = false;
        for (times, errno) in wanted {
            fired |= life(nth, times, errno).await;
            lives += 1;
        }
        if !fired {
            break;
        }
    }
    println!("{lives} lives");
    assert!(lives > 60, "only {lives} places were tried: does everything still go through the door?");
}

#[test]
fn an_index_of_another_version_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Store::open(Disk::default(), dir.path(), Arc::new(ManualClock::new(7, 0))).unwrap();
    let list = |store: &Store| store.profiles(&ProfileQuery { limit: 9, ..ProfileQuery::default() }).unwrap();
    let store = open();
    for n in 1..=3 {
        let mut journal = store.create(&header(n, Keep::AsProfile)).unwrap();
        roast(n, 3).iter().for_each(|event| journal.append(event).unwrap());
        journal.seal().unwrap();
    }
    let expected = list(&store);
    assert_eq!(expected.items.len(), 3);
    drop(store);
    {
        let foreign = Tables::open(&dir.path().join("index")).unwrap();
        foreign.table("meta").unwrap().insert(b"schema", b"77").unwrap();
        let rows = foreign.table("rows").unwrap();
        rows.clear().unwrap();
        rows.insert(b"what a later version puts there", b"who knows").unwrap();
    }
    assert_eq!(list(&open()), expected);
}

#[test]
fn on_a_full_disk_the_index_stays_in_memory_and_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (faults, disk) = Faults::new();
    let open = || Store::open(disk.clone(), dir.path(), Arc::new(ManualClock::new(7, 0))).unwrap();
    let store = open();
    let mut journal = store.create(&header(1, Keep::AsProfile)).unwrap();
    roast(1, 3).iter().for_each(|event| journal.append(event).unwrap());
    journal.seal().unwrap();
    let expected = store.profiles(&ProfileQuery { limit: 9, ..ProfileQuery::default() }).unwrap();
    drop(journal);
    drop(store);
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    faults.say_free(MIB);
    let store = open();
    assert_eq!(store.profiles(&ProfileQuery { limit: 9, ..ProfileQuery::default() }).unwrap(), expected);
    assert_eq!(store.index.standing(), IndexState::InMemory);
    assert!(!dir.path().join("index").exists());
    let error = store.create(&header(2, Keep::AsProfile)).err().unwrap().to_string();
    assert!(error.contains("1 MiB") && error.contains("make room"), "{error}");
}
