//! Backups that come back, and archives that must not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hearth_actors::archive::{Archive as _, ProfileQuery};
use hearth_actors::logic::addresses::Request;
use hearth_actors::model::ids::{ChannelId, EndpointId};
use hearth_actors::model::journal::Keep;
use tar::{Builder, Header};
use tempfile::TempDir;

use super::*;
use crate::storage::backup::backup;
use crate::storage::clock::testing::ManualClock;
use crate::storage::faults::{EIO, Faults};
use crate::storage::samples::{event, header, machine, reading, roast, session};
use crate::storage::store::Store;

fn open(data: &Path) -> Store {
    Store::open(Disk::default(), data, Arc::new(ManualClock::new(1, 0))).unwrap()
}

/// The number of a channel.
fn number(store: &Store, of: &str, channel: &str) -> EndpointId {
    let channels = vec![(ChannelId::parse(channel).unwrap(), None)];
    store.assign(&[Request { machine: machine(of), channels }]).unwrap().remove(0).unwrap()[0]
}

/// A directory with two profiles, a running recording, two machines, and its backup taken while the daemon runs.
fn backed_up() -> (TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("data"));
    (1..=5).for_each(|n| assert_eq!(store.next_boot().unwrap(), n));
    for id in ["machine-a", &"m".repeat(64)] {
        store.put_machine(&machine(id), "{\"kind\":\"roaster\"}").unwrap();
    }
    assert_eq!([number(&store, "machine-a", "bt"), number(&store, "gone", "x")], [EndpointId(1000), EndpointId(1001)]);
    for n in 1..=2 {
        let mut journal = store.create(&header(n, Keep::AsProfile)).unwrap();
        roast(n, 10).iter().for_each(|e| journal.append(e).unwrap());
        journal.seal().unwrap();
    }
    let mut running = store.create(&header(3, Keep::AsProfile)).unwrap();
    roast(3, 10).iter().for_each(|e| running.append(e).unwrap());
    let torn = dir.path().join("data/journal/machine-a").join(format!("{}.jnl", session(3)));
    File::options().append(true).open(torn).unwrap().write_all(&[40, 0, 0, 0, 1, 2]).unwrap();
    let mut archive = Vec::new();
    let report = backup(&dir.path().join("data"), &mut archive).unwrap();
    assert_eq!((report.segments, report.machines, report.unreadable), (3, 2, 0));
    (dir, archive)
}

fn check_content(data: &Path) {
    let store = open(data);
    let profiles = store.profiles(&ProfileQuery { limit: 10, ..ProfileQuery::default() }).unwrap().items;
    assert_eq!(profiles.iter().map(|p| p.id).collect::<Vec<_>>(), [session(2), session(1)]);
    let interrupted = store.interrupted().unwrap();
    assert_eq!(format!("{:?}", interrupted[0].log.events), format!("{:?}", roast(3, 10)));
    assert!(!interrupted[0].log.damaged, "only what was good is in a backup");
    assert_eq!(store.machines().unwrap().len(), 2);
    assert_eq!(store.next_boot().unwrap(), 6);
    let numbers = [number(&store, "new", "x"), number(&store, "gone", "x"), number(&store, "machine-a", "bt")];
    assert_eq!(numbers, [EndpointId(1002), EndpointId(1001), EndpointId(1000)]);
}

#[test]
fn a_backup_taken_while_recording_comes_back_whole() {
    let (dir, archive) = backed_up();
    let data = dir.path().join("restored");
    let report = restore(&Disk::default(), archive.as_slice(), &data).unwrap();
    assert_eq!(report, RestoreReport { journals: 3, damaged: 0, machines: 2, programs: 0, tasks: 0, before: None });
    check_content(&data);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left beside");
}

#[test]
fn backups_taken_while_four_roasts_are_recorded_hold_every_document_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = open(&data);
    let document = "{\"name\":\"Trommel 5 kg, grün\"}\n";
    store.put_machine(&machine("machine-a"), document).unwrap();
    let is_enough = AtomicBool::new(false);
    let archives: Vec<Vec<u8>> = thread::scope(|scope| {
        for n in 1..=4 {
            let mut journal = store.create(&header(n, Keep::AsProfile)).unwrap();
            let is_enough = &is_enough;
            scope.spawn(move || {
                for seq in 1.. {
                    journal.append(&event(n, seq, reading(seq as f64))).unwrap();
                    if is_enough.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
        }
        let take = |_| {
            let mut archive = Vec::new();
            backup(&data, &mut archive).unwrap();
            archive
        };
        let archives = (0..5).map(take).collect();
        is_enough.store(true, Ordering::Relaxed);
        archives
    });
    let mut before = [0; 4];
    for (number, archive) in archives.iter().enumerate() {
        let restored = dir.path().join(format!("restored-{number}"));
        let report = restore(&Disk::default(), archive.as_slice(), &restored).unwrap();
        assert_eq!((report.journals, report.damaged), (4, 0));
        assert_eq!(fs::read(restored.join("machines/machine-a.json")).unwrap(), document.as_bytes());
        for (n, before) in (1..).zip(&mut before) {
            let name = format!("journal/machine-a/{}.jnl", session(n));
            let (kept, original) = (fs::read(restored.join(&name)).unwrap(), fs::read(data.join(&name)).unwrap());
            assert!(original.starts_with(&kept), "session {n} in backup {number}");
            assert!(kept.len() >= *before, "a later backup holds no less");
            *before = kept.len();
        }
    }
}

#[test]
fn a_restore_that_the_disk_refuses_anywhere_leaves_the_old_directory_or_the_new_one() {
    let (dir, archive) = backed_up();
    let (faults, disk) = Faults::new();
    for nth in 0.. {
        let data = dir.path().join(format!("refused-{nth}"));
        machines::put(&Disk::default(), &data, &machine("mine"), "{}").unwrap();
        faults.refuse_nth(nth, 1, EIO);
        let restored = restore(&disk, archive.as_slice(), &data);
        let is_whole = faults.fired() == 0;
        faults.heal();
        let there = machines::all(&data).unwrap();
        match restored {
            Ok(_) => assert_eq!(there.len(), 2, "act {nth}"),
            Err(_) if there.len() == 1 => assert_eq!(there[0].0, machine("mine"), "act {nth}"),
            Err(_) => assert_eq!(there.len(), 2, "act {nth}"),
        }
        if is_whole {
            assert!(nth > 20, "only {nth} acts: does everything go through the door?");
            return;
        }
        // What was unpacked and could not be removed goes with the next try.
        restore(&disk, archive.as_slice(), &data).unwrap();
        assert_eq!(machines::all(&data).unwrap().len(), 2, "act {nth}");
    }
}

#[test]
fn what_was_there_before_is_set_aside_and_its_counter_is_not_run_under() {
    let (dir, archive) = backed_up();
    let data = dir.path().join("other");
    let store = open(&data);
    (1..=40).for_each(|n| assert_eq!(store.next_boot().unwrap(), n));
    store.put_machine(&machine("old"), "{}").unwrap();
    (0..5).for_each(|n| assert_eq!(number(&store, "old", &format!("c{n}")), EndpointId(1000 + n)));
    drop(store);
    let report = restore(&Disk::default(), archive.as_slice(), &data).unwrap();
    let before = report.before.unwrap();
    assert_eq!(before, dir.path().join("other.before-restore-1"));
    assert_eq!(open(&before).machines().unwrap().len(), 1);
    assert_eq!(open(&data).next_boot().unwrap(), 41);
    assert_eq!(number(&open(&data), "new", "x"), EndpointId(1005), "1002 to 1004 meant something else before");
    let again = restore(&Disk::default(), archive.as_slice(), &data).unwrap();
    assert_eq!(again.before.unwrap(), dir.path().join("other.before-restore-2"));
}

#[test]
fn who_may_log_in_is_in_no_backup_and_stays_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (old, data) = (dir.path().join("old"), dir.path().join("data"));
    drop((open(&old), open(&data)));
    fs::write(old.join(ACCESS), "not to be carried around").unwrap();
    let mut archive = Vec::new();
    backup(&old, &mut archive).unwrap();
    assert!(!String::from_utf8_lossy(&archive).contains("carried around"));
    fs::write(data.join(ACCESS), "who may log in here").unwrap();
    restore(&Disk::default(), archive.as_slice(), &data).unwrap();
    assert_eq!(fs::read_to_string(data.join(ACCESS)).unwrap(), "who may log in here");
}

#[test]
fn who_did_what_is_in_no_backup_and_goes_on_after_a_restore() {
    let dir = tempfile::tempdir().unwrap();
    let (old, data) = (dir.path().join("old"), dir.path().join("data"));
    drop((open(&old), open(&data)));
    let noted = |folder: &Path, line: &str| {
        fs::create_dir(folder.join(AUDIT)).unwrap();
        fs::write(folder.join(AUDIT).join("1.jsonl"), line).unwrap();
    };
    noted(&old, "done elsewhere");
    let mut archive = Vec::new();
    backup(&old, &mut archive).unwrap();
    assert!(!String::from_utf8_lossy(&archive).contains("done elsewhere"));
    noted(&data, "done here");
    let report = restore(&Disk::default(), archive.as_slice(), &data).unwrap();
    for folder in [&data, &report.before.unwrap()] {
        assert_eq!(fs::read_to_string(folder.join(AUDIT).join("1.jsonl")).unwrap(), "done here");
    }
}

#[test]
fn an_empty_directory_is_simply_filled() {
    let (dir, archive) = backed_up();
    let data = dir.path().join("empty");
    fs::create_dir(&data).unwrap();
    assert_eq!(restore(&Disk::default(), archive.as_slice(), &data).unwrap().before, None);
    check_content(&data);
}

#[test]
fn a_directory_in_use_is_left_alone() {
    let (dir, archive) = backed_up();
    let data = dir.path().join("used");
    let _daemon = open(&data);
    let error = restore(&Disk::default(), archive.as_slice(), &data).unwrap_err().to_string();
    assert!(error.contains("in use"), "{error}");
    assert!(!dir.path().join("used.new").exists());
}

#[test]
fn an_archive_cut_anywhere_changes_nothing() {
    let (dir, archive) = backed_up();
    let data = dir.path().join("kept");
    open(&data).put_machine(&machine("mine"), "{}").unwrap();
    for cut in (0..archive.len() - 1024).step_by(700) {
        assert!(restore(&Disk::default(), &archive[..cut], &data).is_err(), "cut at {cut}");
    }
    assert_eq!(open(&data).machines().unwrap(), [(machine("mine"), "{}".to_owned())]);
    assert!(!dir.path().join("kept.new").exists());
}

#[test]
fn a_flipped_bit_in_a_file_is_found() {
    let (dir, archive) = backed_up();
    let at = archive.windows(7).position(|w| w == b"roaster").unwrap();
    let mut bad = archive.clone();
    bad[at] ^= 1;
    let error = restore(&Disk::default(), bad.as_slice(), &dir.path().join("x")).unwrap_err().to_string();
    assert!(error.contains("checksum"), "{error}");
}

fn entry(builder: &mut Builder<Vec<u8>>, name: &str, kind: EntryType, size: u64, content: &[u8]) {
    let mut header = Header::new_gnu();
    // Written by hand: the crate refuses to make the names that are tested here.
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    if kind == EntryType::Symlink || kind == EntryType::Link {
        header.set_link_name("/etc/passwd").unwrap();
    }
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

fn attack(fill: impl FnOnce(&mut Builder<Vec<u8>>)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(Vec::new());
    entry(&mut builder, BEGIN, EntryType::Regular, 12, b"{\"schema\":1}");
    fill(&mut builder);
    let archive = builder.into_inner().unwrap();
    let error = restore(&Disk::default(), archive.as_slice(), &dir.path().join("a/data")).unwrap_err().to_string();
    assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 0, "something was left: {error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something got out: {error}");
    error
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let first = format!("journal/machine-a/{}", session(1));
    for name in [
        "../evil",
        "/etc/evil",
        "machines/../evil.json",
        "machines//a.json",
        "./boot",
        "machines/a.json/",
        "lock",
        "index/db",
        "machines/A.json",
        "machines/a.txt",
        "boot.before",
        "journal/machine-a/x.jnl",
        "journal/x.jnl",
        "",
        "hearth-backup.json",
        "machines\\a.json",
        &format!("{first}.1.jnl"),
        &format!("{first}.jnl/.."),
        &format!("journal/../journal/machine-a/{}.jnl", session(1)),
    ] {
        let error = attack(|b| entry(b, name, EntryType::Regular, 1, b"x"));
        assert!(error.contains("does not belong"), "{name}: {error}");
    }
}

#[test]
fn only_plain_files_are_taken() {
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::Char,
        EntryType::Fifo,
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
        EntryType::GNUSparse,
        EntryType::Continuous,
    ] {
        let error = attack(|b| entry(b, "machines/a.json", kind, 0, b""));
        assert!(error.contains("not a plain file"), "{kind:?}: {error}");
    }
}

#[test]
fn a_file_comes_once_and_within_its_size() {
    let twice = attack(|b| (0..2).for_each(|_| entry(b, "machines/a.json", EntryType::Regular, 2, b"{}")));
    assert!(twice.contains("twice"), "{twice}");
    let large = attack(|b| entry(b, "machines/a.json", EntryType::Regular, DOCUMENT_BYTES_MAX + 1, b"{}"));
    assert!(large.contains("larger"), "{large}");
    let huge = attack(|b| entry(b, &format!("journal/m/{}.jnl", session(1)), EntryType::Regular, 1 << 40, b"{}"));
    assert!(huge.contains("larger"), "{huge}");
    let endless = attack(|b| entry(b, "machines/a.json", EntryType::Regular, 2, b"{}"));
    assert!(endless.contains("cut off"), "{endless}");
}

#[test]
fn strange_and_newer_archives_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let with_first = |name: &str, content: &[u8]| {
        let mut builder = Builder::new(Vec::new());
        entry(&mut builder, name, EntryType::Regular, content.len() as u64, content);
        restore(&Disk::default(), builder.into_inner().unwrap().as_slice(), &dir.path().join("data"))
            .unwrap_err()
            .to_string()
    };
    assert!(with_first(BEGIN, b"{\"schema\":4}").contains("update"));
    assert!(with_first(BEGIN, b"{}").contains("understood"));
    assert!(with_first("boot", b"1").contains("not a backup"));
    for garbage in [&b""[..], &[0; 4096], &[0xff; 4096]] {
        assert!(restore(&Disk::default(), garbage, &dir.path().join("data")).is_err());
    }
    assert!(!dir.path().join("data").exists());
}

#[test]
fn a_journal_under_another_sessions_name_is_refused() {
    let (dir, archive) = backed_up();
    let mut renamed = Builder::new(Vec::new());
    let (mut files, mut crc) = (0, 0);
    for item in Archive::new(archive.as_slice()).entries().unwrap() {
        let mut item = item.unwrap();
        let name = name_of(&item).unwrap().replace(&session(1).to_string(), &session(9).to_string());
        let mut content = Vec::new();
        item.read_to_end(&mut content).unwrap();
        if name == END {
            content = serde_json::to_vec(&EndRecord { files, crc32c: crc }).unwrap();
        } else if name != BEGIN {
            files += 1;
            crc = crc32c::crc32c_append(crc, &content);
        }
        let mut header = Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_size(content.len() as u64);
        header.set_cksum();
        renamed.append(&header, content.as_slice()).unwrap();
    }
    let error = restore(&Disk::default(), renamed.into_inner().unwrap().as_slice(), &dir.path().join("x"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("another session"), "{error}");
}

#[test]
fn a_backup_beside_a_busy_recorder_is_sound_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = open(&data);
    let mut journal = store.create(&header(1, Keep::AsProfile)).unwrap();
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || {
            for seq in 1..=3000 {
                journal.append(&event(1, seq, reading(1.0))).unwrap();
            }
        });
        for n in 0.. {
            let mut archive = Vec::new();
            backup(&data, &mut archive).unwrap();
            let report = restore(&Disk::default(), archive.as_slice(), &dir.path().join(format!("r{n}"))).unwrap();
            assert_eq!((report.journals, report.damaged), (1, 0));
            if writing.is_finished() {
                break;
            }
        }
    });
}
