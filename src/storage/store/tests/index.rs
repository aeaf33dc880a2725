//! The index, which is made anew from the journals whatever becomes of it.

use std::time::Duration;

use super::*;

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

/// Source: safety design, durability.
const LISTED_WITHIN: Duration = Duration::from_secs(10);

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
        assert!(start.elapsed() <= LISTED_WITHIN, "{what} takes too long");
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
