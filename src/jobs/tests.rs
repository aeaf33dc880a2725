mod modbus_scan;
mod program;
mod replay;

use std::path::{Path, PathBuf};

use hearth_actors::archive::ProfileQuery;
use hearth_actors::model::ids::ProgramId;
use hearth_actors::model::task::{Manner, Task, TaskId, TaskStatus};
use hearth_actors::registry::Policy;
use hearth_actors::runtime::clock::{new_session_id, wall_now};
use hearth_actors::tasks::Tasks;
use proptest::prelude::*;

use super::*;
use crate::storage::clock::SystemClock;
use crate::storage::durable::list;
use crate::storage::restore::restore;
use crate::storage::store::Store;

/// A profile as these tests write it: its machine, on one line.
fn written(profile: &Profile) -> String {
    format!("profile of {}\n", profile.machine)
}

fn read(file: &[u8]) -> Result<Profile, Faults> {
    let machine = std::str::from_utf8(file).ok().and_then(|text| text.trim().strip_prefix("profile of "));
    let machine = machine.and_then(|id| MachineId::parse(id).ok()).ok_or_else(|| {
        let mut faults = Faults::new();
        faults.add("line 1", "is no profile");
        faults
    })?;
    Ok(Profile {
        id: new_session_id(),
        machine,
        machine_name: "Drum".into(),
        name: String::new(),
        notes: None,
        label: Default::default(),
        bean: None,
        green_weight_g: None,
        roasted_weight_g: None,
        created_at: wall_now(),
        duration: hearth_actors::model::time::SessionMs(2_000),
        status: hearth_actors::model::profile::ProfileStatus::Saved,
        series: Default::default(),
        controls: Default::default(),
        marks: Vec::new(),
        gaps: Vec::new(),
        statistics: Default::default(),
    })
}

fn hands(data: PathBuf, archive: Arc<dyn Archive>, house: House) -> Hands {
    let registers: OpenRegisters = Arc::new(|_| Ok(Box::new(modbus_scan::Chip)));
    let (disk, storage) = (Disk::default(), tokio::sync::watch::channel(StorageState::default()).1);
    Hands { disk, storage, data, archive, export: written, import: read, house, registers, claims: Claims::default() }
}

/// The daemon as far as jobs know it.
struct Shop {
    folder: tempfile::TempDir,
    archive: Arc<dyn Archive>,
    jobs: Jobs,
    house: House,
    tasks: Tasks,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let archive: Arc<dyn Archive> =
            Arc::new(Store::open(Disk::default(), &data, Arc::new(SystemClock::new())).unwrap());
        let house = House::start(Arc::clone(&archive), Policy::default()).unwrap();
        let tasks = house.tasks().clone();
        let jobs = Jobs::new(hands(data, Arc::clone(&archive), house.clone()));
        Self { folder, archive, jobs, house, tasks }
    }

    fn data(&self) -> &Path {
        &self.jobs.hands.data
    }

    fn made(&self, name: &str, body: Value) -> NewTask {
        self.jobs.make(name, &body).unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    async fn done(&self, name: &str, body: Value) -> Arc<Task> {
        self.ended(self.tasks.submit(self.made(name, body)).await.unwrap().id).await
    }

    async fn ended(&self, id: TaskId) -> Arc<Task> {
        let mut events = self.tasks.attach().events;
        loop {
            match self.tasks.find(id).unwrap() {
                task if task.status.is_final() && task.completed_at.is_some() => return task,
                _ => drop(events.recv().await),
            }
        }
    }

    fn faults(&self, name: &str, body: Value) -> Vec<String> {
        match self.jobs.make(name, &body) {
            Err(JobFault::Invalid(faults)) => faults.iter().map(|fault| fault.pointer.clone()).collect(),
            Err(JobFault::Unknown(name)) => panic!("{name}"),
            Ok(_) => Vec::new(),
        }
    }
}

fn result(task: &Task) -> Value {
    assert_eq!(task.status, TaskStatus::Completed, "{task:?}");
    serde_json::from_str(task.result.as_deref().unwrap()).unwrap()
}

#[actix_rt::test]
async fn arguments_come_by_position_by_keyword_or_not_at_all() {
    let house = Shop::new();
    for body in [json!({ "args": [2, 0] }), json!({ "kwargs": { "total_steps": 2, "interval": 0.0 } })] {
        assert_eq!(house.done("generator_task", body).await.progress.total, 2);
    }
    let mixed = json!({ "args": [3], "kwargs": { "interval": 0 }, "project": "kiln", "machine_id": "machine-a" });
    let new = house.made("generator_task", mixed);
    assert_eq!((new.project.as_deref(), new.machine.unwrap().as_str()), (Some("kiln"), "machine-a"));
    assert_eq!(&*new.arguments, r#"{"args":[3],"kwargs":{"interval":0}}"#);
    for name in names()
        .into_iter()
        .filter(|name| !["import_profiles", "program", "scan", "modbus_scan", "replay"].contains(name))
    {
        assert_eq!(house.faults(name, json!({})), Vec::<String>::new(), "{name}");
        assert_eq!(house.faults(name, json!({ "args": null, "kwargs": null })), Vec::<String>::new(), "{name}");
    }
}

#[actix_rt::test]
async fn everything_wrong_with_arguments_is_told_at_once() {
    let house = Shop::new();
    let body = json!({
        "args": [0, -1, "more"], "kwargs": { "interval": 1, "speed": 2 }, "machine_id": "Not A Slug", "project": 7,
    });
    let told = house.faults("generator_task", body);
    assert_eq!(told, ["/machine_id", "/project", "/args/0", "/kwargs/interval", "/args/2", "/kwargs/speed"]);
    assert_eq!(house.faults("backup", json!({ "args": 3, "kwargs": [] })), ["/args", "/kwargs"]);
    assert_eq!(house.faults("backup", json!([])), [""]);
    assert_eq!(house.faults("import_profiles", json!({})), ["/kwargs/folder"]);
    for folder in ["", "..", "a/b", "/etc", ".ssh", "a\\b", "a\u{0}"] {
        assert_eq!(house.faults("import_profiles", json!({ "args": [folder] })), ["/args/0"], "{folder:?}");
    }
    let huge = json!({ "args": [], "kwargs": { "error_message": "x".repeat(70_000) } });
    assert_eq!(house.faults("failing_task", huge), ["/kwargs/error_message", ""]);
}

#[actix_rt::test]
async fn an_unknown_job_is_told_with_those_that_there_are() {
    let house = Shop::new();
    for name in ["", "scan_task", "Backup", "../backup"] {
        let told = house.jobs.make(name, &json!({})).err().unwrap().to_string();
        assert!(told.contains("generator_task"), "{told}");
    }
}

#[actix_rt::test]
async fn the_demo_jobs_do_what_their_names_say() {
    let house = Shop::new();
    let manner = |name| house.made(name, json!({})).work.manner();
    assert_eq!(
        (manner("hello_world_async_task"), manner("hello_world_blocking_task")),
        (Manner::Waiting, Manner::Blocking)
    );
    assert_eq!(house.made("exclusive_demo_task", json!({})).company, Company::Alone);
    for (name, body) in [
        ("hello_world_async_task", json!({ "args": [2, 0] })),
        ("hello_world_blocking_task", json!({ "args": [0] })),
        ("exclusive_demo_task", json!({ "args": [0] })),
    ] {
        let task = house.done(name, body).await;
        assert_eq!((task.status, task.progress.current), (TaskStatus::Completed, task.progress.total), "{name}");
        assert!(task.progress.total > 0);
    }
    let failed = house.done("failing_task", json!({ "args": ["out of beans"] })).await;
    assert_eq!((failed.status, failed.error.as_deref()), (TaskStatus::Error, Some("out of beans")));
}

#[actix_rt::test]
async fn a_backup_is_whole_and_can_be_restored() {
    let house = Shop::new();
    house.archive.put_machine(&MachineId::parse("m1").unwrap(), "{}").unwrap();
    house.archive.put_program(&ProgramId::parse("p1").unwrap(), "{}").unwrap();
    house.archive.import(&read(b"profile of m1").unwrap()).unwrap();
    let told = result(&*house.done("backup", json!({})).await);
    let file = house.data().join(told["file"].as_str().unwrap());
    assert_eq!(std::fs::metadata(&file).unwrap().len(), told["bytes"].as_u64().unwrap());
    let other = house.folder.path().join("other");
    let restored = restore(&Disk::default(), std::fs::File::open(file).unwrap(), &other).unwrap();
    assert_eq!((restored.journals, restored.machines, restored.damaged), (1, 1, 0));
    assert_eq!(restored.programs, 1);
    assert_eq!(restored.tasks, 1, "the backup knows of itself");
}

#[actix_rt::test]
async fn a_backup_that_is_cancelled_leaves_nothing_behind() {
    let house = Shop::new();
    // A document that takes a while stands in for a shop's many years.
    house.archive.put_machine(&MachineId::parse("m1").unwrap(), &"x".repeat(64 << 20)).unwrap();
    let task = house.tasks.submit(house.made("backup", json!({}))).await.unwrap();
    house.tasks.cancel(task.id).await.unwrap();
    assert_eq!(house.ended(task.id).await.status, TaskStatus::Cancelled);
    assert_eq!(list(&house.data().join("backups")).unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn what_a_kill_left_of_a_backup_is_removed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let backups = folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    std::fs::write(backups.join("one.tar"), "whole").unwrap();
    std::fs::write(backups.join("two.tar.tmp"), "half").unwrap();
    Store::open(Disk::default(), folder.path(), Arc::new(SystemClock::new())).unwrap();
    assert_eq!(list(&backups).unwrap(), [backups.join("one.tar")]);
}

#[actix_rt::test]
async fn profiles_go_out_in_bulk_and_come_back() {
    let house = Shop::new();
    for machine in ["m1", "m1", "m2"] {
        house.archive.import(&read(format!("profile of {machine}").as_bytes()).unwrap()).unwrap();
    }
    let told = result(&*house.done("export_profiles", json!({})).await);
    assert_eq!(told["profiles"], 3);
    let some = result(&*house.done("export_profiles", json!({ "kwargs": { "machine_id": "m2" } })).await);
    assert_eq!(some["profiles"], 1);

    let shop = house.data().join("imports/from the shop");
    std::fs::create_dir_all(shop.parent().unwrap()).unwrap();
    std::fs::rename(house.data().join(told["folder"].as_str().unwrap()), &shop).unwrap();
    std::fs::write(shop.join("zz-notes.txt"), "buy beans").unwrap();
    let told = result(&*house.done("import_profiles", json!({ "args": ["from the shop"] })).await);
    assert_eq!((&told["imported"], &told["refused_count"]), (&json!(3), &json!(1)));
    assert_eq!(told["refused"][0]["file"], "zz-notes.txt");
    let page = house.archive.profiles(&ProfileQuery { limit: 50, ..ProfileQuery::default() }).unwrap();
    assert_eq!(page.items.len(), 6);

    let nowhere = house.done("import_profiles", json!({ "args": ["nowhere"] })).await;
    assert!(nowhere.error.as_deref().unwrap().contains("there is no folder"), "{nowhere:?}");
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("args|kwargs|total_steps|folder|.{0,5}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_is_too_strange_for_a_job(body in json_value(), job in 0..JOBS.len()) {
        let archive: Arc<dyn Archive> = Arc::new(hearth_actors::testing::MemoryArchive::default());
        let told = actix_rt::System::new().block_on(async {
            let house = House::start(archive.clone(), Policy::default()).unwrap();
            let jobs = Jobs::new(hands("nowhere".into(), archive, house));
            jobs.make(JOBS[job].name, &body).err().map(|fault| fault.to_string())
        });
        prop_assert!(told.is_none_or(|told| !told.is_empty()));
    }
}
