//! Sessions that were cut short, and go on or become drafts.

use super::*;

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
