//! What people write to a profile later.

use super::*;

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
