use std::fs;
use std::sync::Arc;

use hearth_actors::archive::Archive;
use hearth_actors::logic::tasks::INTERRUPTED;
use hearth_actors::tasks::Tasks;
use proptest::prelude::*;

use super::*;
use crate::storage::backup::backup;
use crate::storage::clock::SystemClock;
use crate::storage::restore::restore;
use crate::storage::store::Store;

fn task(n: u128, status: TaskStatus) -> Task {
    Task {
        id: TaskId(n),
        name: "backup".into(),
        company: Company::Alone,
        manner: Manner::Blocking,
        machine: Some(MachineId::parse("machine-a").unwrap()),
        project: Some("Ärger".into()),
        number: Some(7),
        arguments: "{\"args\":[1]}".into(),
        status,
        progress: Progress { current: 3, total: 10, message: "three".into() },
        result: Some("\"x\"".into()),
        error: Some("no".into()),
        created_at: WallMs(1_000 - i64::try_from(n).unwrap()),
        started_at: Some(WallMs(2_000)),
        completed_at: None,
    }
}

#[test]
fn a_task_reads_back_as_put_in_the_order_of_asking_and_the_newest_counts() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(all(&Disk::default(), dir.path()).unwrap(), []);
    let (younger, older) = (task(1, TaskStatus::Running), task(2, TaskStatus::Pending));
    put(&Disk::default(), dir.path(), &task(1, TaskStatus::Pending)).unwrap();
    put(&Disk::default(), dir.path(), &younger).unwrap();
    put(&Disk::default(), dir.path(), &older).unwrap();
    assert_eq!(all(&Disk::default(), dir.path()).unwrap(), [older, younger.clone()]);
    delete(&Disk::default(), dir.path(), TaskId(2)).unwrap();
    delete(&Disk::default(), dir.path(), TaskId(2)).unwrap();
    assert_eq!(all(&Disk::default(), dir.path()).unwrap(), [younger]);
}

#[test]
fn every_status_reads_back() {
    use TaskStatus::{Cancelled, Completed, Error, Interrupted, Paused, Pending, Running};
    let dir = tempfile::tempdir().unwrap();
    for status in [Pending, Running, Paused, Completed, Cancelled, Error, Interrupted] {
        put(&Disk::default(), dir.path(), &task(1, status)).unwrap();
        assert_eq!(all(&Disk::default(), dir.path()).unwrap(), [task(1, status)]);
    }
}

#[test]
fn garbage_is_set_aside_once_and_hides_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let good = task(1, TaskStatus::Completed);
    put(&Disk::default(), dir.path(), &good).unwrap();
    let file = |n: u128| dir.path().join(TASKS).join(task_name(TaskId(n)));
    fs::write(file(2), [0xff, 0x00]).unwrap();
    fs::write(file(3), "{\"version\":1,\"id\":\"x\"}").unwrap();
    fs::copy(file(1), file(4)).unwrap();
    fs::write(file(5), "{\"version\":9,\"shape\":\"unknown\"}").unwrap();
    fs::create_dir(file(6)).unwrap();
    fs::write(file(7).with_extension("json.tmp"), "{").unwrap();
    fs::write(dir.path().join(TASKS).join("notes.txt"), "mine").unwrap();
    for _ in 0..2 {
        assert_eq!(all(&Disk::default(), dir.path()).unwrap(), std::slice::from_ref(&good));
    }
    let names: Vec<String> = list(&dir.path().join(TASKS))
        .unwrap()
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let named = |n: u128| task_name(TaskId(n));
    let aside = |n: u128| format!("{}.damaged", named(n));
    let expected = [named(1), aside(2), aside(3), aside(4), named(5), aside(6), "notes.txt".to_owned()];
    assert_eq!(names, expected);
}

#[test]
fn a_backup_brings_the_tasks_back() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    put(&Disk::default(), &from, &task(1, TaskStatus::Completed)).unwrap();
    put(&Disk::default(), &from, &task(2, TaskStatus::Error)).unwrap();
    let mut archive = Vec::new();
    assert_eq!(backup(&from, &mut archive).unwrap().tasks, 2);
    assert_eq!(restore(&Disk::default(), archive.as_slice(), &to).unwrap().tasks, 2);
    assert_eq!(all(&Disk::default(), &to).unwrap(), all(&Disk::default(), &from).unwrap());
}

#[actix_rt::test]
async fn what_a_killed_daemon_left_running_is_interrupted_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn Archive> {
        Arc::new(Store::open(Disk::default(), dir.path(), Arc::new(SystemClock::new())).unwrap())
    };
    let left = [TaskStatus::Pending, TaskStatus::Running, TaskStatus::Paused, TaskStatus::Completed];
    for (n, status) in (1..).zip(left) {
        open().put_task(&task(n, status)).unwrap();
    }
    // As a kill in the middle of writing leaves it.
    let half = dir.path().join(TASKS).join(task_name(TaskId(2))).with_extension("json.tmp");
    fs::write(half, "{\"version\":1,\"id\":").unwrap();
    let tasks = Tasks::start(open()).unwrap();
    for n in 1..=3 {
        let told = tasks.find(TaskId(n)).unwrap();
        assert_eq!((told.status, told.error.as_deref()), (TaskStatus::Interrupted, Some(INTERRUPTED)));
        assert_eq!(
            all(&Disk::default(), dir.path()).unwrap().into_iter().find(|task| task.id == told.id),
            Some((*told).clone())
        );
    }
    assert_eq!(*tasks.find(TaskId(4)).unwrap(), task(4, TaskStatus::Completed));
}

proptest! {
    #[test]
    fn no_bytes_in_a_file_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let dir = tempfile::tempdir().unwrap();
        put(&Disk::default(), dir.path(), &task(1, TaskStatus::Completed)).unwrap();
        fs::write(dir.path().join(TASKS).join(task_name(TaskId(2))), bytes).unwrap();
        prop_assert_eq!(all(&Disk::default(), dir.path()).unwrap(), [task(1, TaskStatus::Completed)]);
    }
}
