//! What was noted and is read again.

use std::os::unix::fs::PermissionsExt;

use super::pen::FILES_MAX;
use super::*;

fn deed(number: u64) -> Deed {
    let machine = number.is_multiple_of(2).then(|| "drum".to_owned());
    Deed { who: format!("user {number}"), action: "control".into(), result: "done".into(), machine, ..Deed::default() }
}

fn pen(dir: &Path) -> Pen {
    pen_of(&reader(dir))
}

/// The one who writes what is noted there.
fn pen_of(audit: &Audit) -> Pen {
    let Inner { dir, refused, lost, .. } = &*audit.inner;
    let next = last_number(dir).unwrap().map_or(1, |last| last + 1);
    Pen::new(Disk::default(), dir.clone(), next, Arc::clone(refused), Arc::clone(lost))
}

fn noting(dir: &Path, notes: SyncSender<Deed>) -> Audit {
    let (notes, pen) = (Mutex::new(Some(notes)), Mutex::default());
    let inner = Inner { dir: dir.into(), notes, pen, refused: Arc::default(), lost: Arc::default() };
    Audit { inner: Arc::new(inner) }
}

fn reader(dir: &Path) -> Audit {
    noting(dir, sync_channel(1).0)
}

fn ids(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.id).collect()
}

#[test]
fn what_was_noted_is_read_newest_first_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = pen(dir.path());
    (1..=3).for_each(|number| first.write(deed(number)));
    let mut second = pen(dir.path());
    (4..=6).for_each(|number| second.write(deed(number)));
    let read = |wanted: Wanted| ids(&reader(dir.path()).read(&wanted).unwrap());
    let wanted = Wanted { limit: 100, ..Wanted::default() };
    assert_eq!(read(wanted.clone()), [6, 5, 4, 3, 2, 1]);
    assert_eq!(read(Wanted { limit: 2, before: Some(5), ..wanted.clone() }), [4, 3]);
    assert_eq!(read(Wanted { machine: Some("drum".into()), ..wanted.clone() }), [6, 4, 2]);
    assert_eq!(read(Wanted { who: Some("user 5".into()), ..wanted }), [5]);
}

#[test]
fn a_line_that_was_cut_costs_nothing_but_itself() {
    let dir = tempfile::tempdir().unwrap();
    pen(dir.path()).write(deed(1));
    let path = files(dir.path()).unwrap().into_values().next().unwrap();
    let mut text = fs::read(&path).unwrap();
    text.extend_from_slice(b"{\"id\":2,\"at\"");
    fs::write(&path, text).unwrap();
    pen(dir.path()).write(deed(2));
    let wanted = Wanted { limit: 10, ..Wanted::default() };
    assert_eq!(ids(&reader(dir.path()).read(&wanted).unwrap()), [2, 1]);
}

#[test]
fn a_line_that_is_no_text_costs_nothing_but_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut pen = pen(dir.path());
    (1..=3).for_each(|number| pen.write(deed(number)));
    let path = files(dir.path()).unwrap().into_values().next().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    bytes[second + 5] = 0xff;
    fs::write(&path, bytes).unwrap();
    let wanted = Wanted { limit: 10, ..Wanted::default() };
    assert_eq!(ids(&reader(dir.path()).read(&wanted).unwrap()), [3, 1]);
}

#[test]
fn who_knocks_a_million_times_takes_two_lines_and_crowds_out_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (notes, noted) = sync_channel(2);
    let audit = noting(dir.path(), notes);
    let knock = || Deed { who: "nobody".into(), address: Some("10.0.0.1".into()), ..deed(1) };
    (0..1_000_000).for_each(|_| audit.note_refused(knock()));
    audit.note(deed(2));
    let pen = pen_of(&audit);
    drop(audit);
    pen.write_all(&noted);
    let wanted = Wanted { limit: 10, ..Wanted::default() };
    let written = reader(dir.path()).read(&wanted).unwrap();
    let told: Vec<_> = written.iter().map(|entry| (entry.deed.who.as_str(), entry.deed.times)).collect();
    assert_eq!(told, [("nobody", Some(999_999)), ("user 2", None), ("nobody", None)]);
    assert!(written.iter().all(|entry| entry.deed.lost.is_none()));
}

#[test]
fn what_was_counted_is_written_at_an_orderly_end_for_nobody_else_to_read() {
    let dir = tempfile::tempdir().unwrap();
    let audit = Audit::open(Disk::default(), dir.path()).unwrap();
    (0..3).for_each(|_| audit.note_refused(Deed { who: "nobody".into(), ..deed(1) }));
    audit.end();
    let wanted = Wanted { limit: 10, ..Wanted::default() };
    let times: Vec<_> = audit.read(&wanted).unwrap().iter().map(|entry| entry.deed.times).collect();
    assert_eq!(times, [Some(2), None]);
    let path = files(&dir.path().join(AUDIT)).unwrap().into_values().next().unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_oldest_files_go_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..FILES_MAX + 3 {
        // Each start begins a file.
        pen(dir.path()).write(deed(number as u64));
    }
    let left = files(dir.path()).unwrap();
    assert_eq!((left.len(), left.keys().next()), (FILES_MAX, Some(&4)));
}

#[test]
fn what_could_not_be_taken_is_counted_and_told_with_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let (notes, noted) = sync_channel(1);
    let audit = noting(dir.path(), notes);
    (1..=4).for_each(|number| audit.note(deed(number)));
    let mut pen = pen_of(&audit);
    pen.write(noted.recv().unwrap());
    let wanted = Wanted { limit: 10, ..Wanted::default() };
    assert_eq!(audit.read(&wanted).unwrap()[0].deed.lost, Some(3));
}

#[test]
fn a_long_value_is_cut() {
    let long = shown(serde_json::json!({ "channels": "x".repeat(VALUE_CHARS_MAX) }));
    assert_eq!(long.as_str().unwrap().chars().count(), VALUE_CHARS_MAX + 1);
    assert_eq!(shown(Value::from(0.5)), Value::from(0.5));
}
