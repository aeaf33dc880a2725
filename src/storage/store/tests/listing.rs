//! Profiles: listed, deleted, imported.

use super::*;

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
