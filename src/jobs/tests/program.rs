//! Programs on a machine whose driver follows a script.

use std::time::Duration;

use hearth_actors::machine::pictures::CaptureError;
use hearth_actors::model::command::{ReplayAction, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{EventBody, ReplayState};
use hearth_actors::model::fault::{Fault, FaultCode};
use hearth_actors::model::spec::{Comparison, Condition, InterlockRule, MachineSpec};
use hearth_actors::registry::{Adopt, Definition, Force, Remove, Replace};
use hearth_actors::slot::MachineHandle;
use hearth_actors::testing::{Device, Step, roaster};

use super::*;
use crate::jobs::program::document;

const BURNER: usize = 2;
/// Looks before a test gives up. No claim is made about time.
const LOOKS_MAX: usize = 2000;

/// A shop with one machine.
struct Roastery {
    shop: Shop,
    device: Device,
    machine: MachineHandle,
}

fn quick(change: impl FnOnce(&mut MachineSpec)) -> MachineSpec {
    let mut spec = roaster("drum");
    spec.sampling_interval_ms = 20;
    change(&mut spec);
    spec
}

fn definition(spec: MachineSpec, device: &Device) -> Definition {
    Definition { spec: Arc::new(spec), driver: device.factory(), document: "{}".into() }
}

impl Roastery {
    async fn open(spec: MachineSpec) -> Self {
        let shop = Shop::new();
        let device = Device::answering(&[20.0, 25.0]);
        let adopt = Adopt { definition: definition(spec, &device), resumed: None };
        let machine = shop.house.registry().send(adopt).await.unwrap().unwrap();
        let roastery = Self { shop, device, machine };
        roastery.connected().await;
        roastery
    }

    async fn connected(&self) {
        self.until(|| self.machine.bus().look(|snapshot| snapshot.connection.state) == DriverState::Connected).await;
    }

    async fn until(&self, fits: impl Fn() -> bool) {
        for _ in 0..LOOKS_MAX {
            if fits() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it never came so far: {:?} {:?}", self.shop.tasks.list(), self.device.writes());
    }

    async fn start(&self, steps: Value) -> TaskId {
        let new = self.shop.made("program", json!({ "args": ["drum", steps] }));
        self.shop.tasks.submit(new).await.unwrap().id
    }

    async fn paused(&self, task: TaskId, why: &str) {
        self.until(|| {
            let task = self.shop.tasks.find(task).unwrap();
            task.status == TaskStatus::Paused && task.progress.message.contains(why)
        })
        .await;
    }

    async fn resumed(&self, task: TaskId) {
        self.shop.tasks.resume(task).await.unwrap();
    }

    async fn wants(&self, want: Want) {
        let command = self.shop.house.surroundings().order_of_the_house(want);
        self.machine.command(command).await.unwrap();
    }

    fn burner(&self) -> Option<f64> {
        self.device.writes().iter().rev().find(|(channel, _)| *channel == BURNER).map(|(_, native)| *native)
    }

    async fn burner_at(&self, native: f64) {
        self.until(|| self.burner() == Some(native)).await;
    }
}

fn fire(percent: u32) -> Value {
    json!({ "type": "set", "values": { "burner": percent } })
}

fn hold() -> Value {
    json!({ "type": "hold", "for_s": 1000 })
}

#[actix_rt::test]
async fn a_write_that_the_device_refuses_pauses_a_program_which_tries_again_when_resumed() {
    let roastery = Roastery::open(quick(|_| ())).await;
    roastery.device.refuse_writes(true);
    let task = roastery.start(json!([fire(40)])).await;
    roastery.paused(task, "burner: ").await;
    roastery.resumed(task).await;
    roastery.paused(task, "burner: ").await;
    roastery.device.refuse_writes(false);
    roastery.resumed(task).await;
    let done = roastery.shop.ended(task).await;
    assert_eq!((result(&done)["steps"].clone(), roastery.burner()), (json!(1), Some(40.0)));
    assert_eq!(done.machine.as_ref().unwrap().as_str(), "drum");
}

#[actix_rt::test]
async fn an_interlock_pauses_a_program_and_is_never_forced() {
    let roastery = Roastery::open(quick(|spec| {
        let rule = InterlockRule {
            id: hearth_actors::model::ids::RuleId::parse("cold").unwrap(),
            blocks: Some(Condition { channel: BURNER, comparison: Comparison::Above(0.0) }),
            unless: vec![Condition { channel: 1, comparison: Comparison::Above(50.0) }],
            forces: None,
            message: "the drum air is cold: open the damper".into(),
        };
        spec.interlocks.push(rule);
    }))
    .await;
    let task = roastery.start(json!([fire(40)])).await;
    roastery.paused(task, "the drum air is cold: open the damper").await;
    assert_eq!(roastery.burner(), None);
    roastery.device.rest_at(Step::Values(vec![20.0, 60.0]));
    let warm = || roastery.machine.bus().look(|s| s.last_reading.as_ref().and_then(|(_, r)| r.value(1))) == Some(60.0);
    roastery.until(warm).await;
    roastery.resumed(task).await;
    roastery.shop.ended(task).await;
    assert_eq!(roastery.burner(), Some(40.0));
}

#[actix_rt::test]
async fn a_crashed_or_lost_machine_pauses_its_program_and_stays_cold_until_it_is_re_armed() {
    for (mishap, why) in [(Step::Panic, "re-arm the machine"), (Step::Disconnect, "re-arm the machine")] {
        let roastery = Roastery::open(quick(|_| ())).await;
        let task = roastery.start(json!([fire(40), hold()])).await;
        roastery.burner_at(40.0).await;
        roastery.device.then([mishap]);
        roastery.paused(task, why).await;
        roastery.burner_at(0.0).await;
        roastery.connected().await;
        roastery.resumed(task).await;
        roastery.paused(task, "latched safe").await;
        assert_eq!(roastery.burner(), Some(0.0));
        roastery.wants(Want::Rearm).await;
        roastery.resumed(task).await;
        roastery.burner_at(40.0).await;
    }
}

#[actix_rt::test]
async fn a_program_that_is_cancelled_while_its_order_is_on_the_way_leaves_no_heat() {
    let roastery = Roastery::open(quick(|_| ())).await;
    roastery.device.then([Step::Block(300)]);
    let task = roastery.start(json!([fire(40), hold()])).await;
    roastery.shop.tasks.cancel(task).await.unwrap();
    assert_eq!(roastery.shop.ended(task).await.status, TaskStatus::Cancelled);
    roastery.burner_at(0.0).await;
}

#[actix_rt::test]
async fn a_machine_that_is_changed_or_removed_ends_its_program_with_a_reason() {
    let roastery = Roastery::open(quick(|_| ())).await;
    let task = roastery.start(json!([hold()])).await;
    let mut channels: Vec<_> = roastery.machine.spec().channels.iter().map(|(_, channel)| channel.clone()).collect();
    channels.swap(0, 1);
    let spec = quick(|spec| spec.channels = Arc::new(hearth_actors::model::channel::ChannelTable::new(channels)));
    let replace = Replace { definition: definition(spec, &roastery.device), reopen: true };
    roastery.shop.house.registry().send(replace).await.unwrap().unwrap();
    let failed = roastery.shop.ended(task).await;
    assert!(failed.error.as_deref().unwrap().contains("channels were changed"), "{failed:?}");

    roastery.connected().await;
    let task = roastery.start(json!([hold()])).await;
    roastery.until(|| roastery.shop.tasks.find(task).unwrap().progress.total == 1).await;
    let remove = Remove { id: MachineId::parse("drum").unwrap(), force: Force::No };
    roastery.shop.house.registry().send(remove).await.unwrap().unwrap();
    let failed = roastery.shop.ended(task).await;
    assert_eq!(failed.status, TaskStatus::Error);
    assert!(roastery.shop.jobs.make("program", &json!({ "args": ["drum", [hold()]] })).is_err());
}

#[actix_rt::test]
async fn a_program_that_waits_for_its_turn_while_its_machine_changes_is_read_again() {
    let roastery = Roastery::open(quick(|_| ())).await;
    let new = roastery.shop.made("program", json!({ "args": ["drum", [fire(40)]] }));
    let spec = quick(|spec| spec.channels = Arc::default());
    let replace = Replace { definition: definition(spec, &roastery.device), reopen: true };
    roastery.shop.house.registry().send(replace).await.unwrap().unwrap();
    let failed = roastery.shop.ended(roastery.shop.tasks.submit(new).await.unwrap().id).await;
    assert!(failed.error.as_deref().unwrap().contains("/steps/0/values/burner"), "{failed:?}");
}

#[actix_rt::test]
async fn a_scan_takes_a_picture_at_every_position_and_gives_way_to_nobody_else() {
    let roastery = Roastery::open(quick(|_| ())).await;
    let kwargs = json!({ "machine_id": "drum", "positions": 4, "turntable": "burner", "camera": "burner" });
    let done = roastery.shop.done("scan", json!({ "kwargs": kwargs })).await;
    let told = result(&done);
    let folder = roastery.shop.data().join(told["folder"].as_str().unwrap());
    let positions: Vec<f64> =
        told["pictures"].as_array().unwrap().iter().map(|p| p["position"].as_f64().unwrap()).collect();
    assert_eq!(positions, [0.0, 25.0, 50.0, 75.0]);
    for (picture, position) in told["pictures"].as_array().unwrap().iter().zip(positions) {
        let file = std::fs::read_to_string(folder.join(picture["file"].as_str().unwrap())).unwrap();
        assert_eq!(file, format!("picture of {:?}", Some(position)));
    }
    let program = roastery.start(json!([hold()])).await;
    roastery.until(|| roastery.shop.tasks.find(program).unwrap().progress.total == 1).await;
    let refused = roastery.shop.done("scan", json!({ "kwargs": kwargs })).await;
    assert!(refused.error.as_deref().unwrap().contains(&program.to_string()), "{refused:?}");
}

#[actix_rt::test]
async fn a_scan_that_is_cancelled_leaves_no_picture_behind() {
    let roastery = Roastery::open(quick(|spec| spec.sampling_interval_ms = 100)).await;
    let body = json!({ "args": ["drum", 1000, "burner", "burner"] });
    let task = roastery.shop.tasks.submit(roastery.shop.made("scan", body)).await.unwrap().id;
    let folder = roastery.shop.data().join(format!("scans/{task}"));
    roastery.until(|| folder.join("0001.png").exists()).await;
    roastery.shop.tasks.cancel(task).await.unwrap();
    assert_eq!(roastery.shop.ended(task).await.status, TaskStatus::Cancelled);
    assert!(!folder.exists());
}

#[actix_rt::test]
async fn what_a_scan_of_a_daemon_that_was_killed_left_goes_at_the_next_start_and_no_other_picture_does() {
    let roastery = Roastery::open(quick(|_| ())).await;
    let whole = roastery.shop.done("scan", json!({ "args": ["drum", 2, "burner", "burner"] })).await;
    let new = roastery.shop.made("scan", json!({ "args": ["drum", 1000, "burner", "burner"] }));
    let cut = roastery.shop.tasks.submit(new).await.unwrap().id;
    roastery.shop.tasks.cancel(cut).await.unwrap();
    roastery.shop.ended(cut).await;
    let folder = |name: &str| roastery.shop.data().join(format!("scans/{name}"));
    let (cut, whole, foreign) = (folder(&cut.to_string()), folder(&whole.id.to_string()), folder("of somebody else"));
    for left in [&cut, &foreign] {
        std::fs::create_dir_all(left).unwrap();
        std::fs::write(left.join("0001.png"), "picture").unwrap();
    }
    let shop = &roastery.shop;
    Jobs::new(hands(shop.data().to_owned(), Arc::clone(&shop.archive), shop.house.clone()));
    assert!(!cut.exists());
    assert!(whole.join("0002.png").exists() && foreign.join("0001.png").exists());
}

#[actix_rt::test]
async fn a_scan_needs_a_slider_and_a_camera() {
    let roastery = Roastery::open(quick(|_| ())).await;
    assert_eq!(roastery.shop.faults("scan", json!({})), ["/kwargs/machine_id", "/kwargs/turntable", "/kwargs/camera"]);
    let body = json!({ "args": ["drum", 0, "bt", "nothing"] });
    assert_eq!(roastery.shop.faults("scan", body), ["/args/1", "/args/2", "/args/3"]);
}

#[actix_rt::test]
async fn a_replay_needs_a_machine_and_a_profile() {
    let shop = Shop::new();
    assert_eq!(shop.faults("replay", json!({})), ["/kwargs/machine_id", "/kwargs/profile_id"]);
    let body = json!({ "args": ["gone", "mine", 0.01, 1, 2] });
    assert_eq!(shop.faults("replay", body), ["/args/0", "/args/1", "/args/2", "/args/3", "/args/4"]);
}

#[actix_rt::test]
async fn a_picture_is_told_off_where_there_is_none() {
    let roastery = Roastery::open(quick(|_| ())).await;
    let channel = |id| hearth_actors::model::ids::ChannelId::parse(id).unwrap();
    let told = |answer: Result<_, CaptureError>| answer.map(drop).unwrap_err().to_string();
    assert!(told(roastery.machine.capture(&channel("gone")).await).contains("no channel `gone`"));
    roastery.wants(Want::Disconnect).await;
    assert!(told(roastery.machine.capture(&channel("burner")).await).contains("connect it first"));
}

fn almost_a_step() -> impl Strategy<Value = Value> {
    let key = "type|values|channel|to|over_s|for_s|above|below|timeout_s|on_timeout|message";
    let word = "set|ramp|hold|wait|ask|burner|bt|pause|next|.{0,3}";
    let plain = prop_oneof![
        word.prop_map(Value::from),
        (-10..200i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    let values = prop::collection::btree_map("burner|bt|.{0,3}", plain.clone(), 0..3);
    let values = values.prop_map(|map| Value::Object(map.into_iter().collect()));
    let member = prop_oneof![3 => plain, 1 => values];
    prop::collection::btree_map(key, member, 0..5).prop_map(|map| Value::Object(map.into_iter().collect()))
}

#[test]
fn a_step_with_a_key_that_does_not_belong_there_is_left_out_as_well_as_told() {
    let channels = roaster("drum").channels;
    for step in [
        json!({ "type": "ask", "message": "malt in?", "values": "set" }),
        json!({ "type": "hold", "for_s": 1, "to": 3 }),
        json!({ "type": "wait", "channel": "bt", "above": 80, "below": 90 }),
    ] {
        let mut faults = Faults::new();
        let read = document::steps(&json!([step, hold()]), "/steps", &channels, &mut faults);
        assert_eq!((read.len(), faults.len()), (1, 1), "{step}: {faults:?}");
    }
}

proptest! {
    #[test]
    fn steps_are_taken_whole_or_with_a_fault_and_never_fail_to_be_read(steps in prop::collection::vec(almost_a_step(), 0..6)) {
        let channels = roaster("drum").channels;
        let mut faults = Faults::new();
        let count = steps.len();
        let read = document::steps(&json!(steps), "/steps", &channels, &mut faults);
        prop_assert_eq!(faults.is_empty(), read.len() == count && count > 0, "{:?} {:?}", read, faults);
    }
}

/// Keeps the thread that jobs share busy.
struct Busy(std::sync::mpsc::SyncSender<()>);

#[async_trait::async_trait(?Send)]
impl hearth_actors::tasks::job::Job for Busy {
    async fn run(
        self: Box<Self>,
        _: hearth_actors::tasks::job::Steps,
    ) -> Result<Option<Arc<str>>, hearth_actors::tasks::job::JobError> {
        self.0.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        Ok(None)
    }
}

#[actix_rt::test]
async fn a_stop_that_was_taken_back_before_a_slow_program_saw_it_pauses_it_all_the_same() {
    let roastery = Roastery::open(quick(|_| ())).await;
    let task = roastery.start(json!([fire(40), hold()])).await;
    roastery.burner_at(40.0).await;
    let (began, begun) = std::sync::mpsc::sync_channel(1);
    let work = Work::Waiting(Box::new(Busy(began)));
    let busy = NewTask { work, ..roastery.shop.made("generator_task", json!({})) };
    let tasks = roastery.shop.tasks.clone();
    let asked = actix_rt::spawn(async move { tasks.submit(busy).await.map(drop) });
    tokio::task::spawn_blocking(move || begun.recv_timeout(Duration::from_secs(20))).await.unwrap().unwrap();
    roastery.wants(Want::Stop).await;
    roastery.wants(Want::Rearm).await;
    for _ in 0..1000 {
        let fault = Fault { code: FaultCode::ReadFailed, message: "again".into() };
        roastery.machine.bus().publish(EventBody::Fault(fault));
    }
    roastery.paused(task, "STOP was pressed").await;
    assert_eq!(roastery.burner(), Some(0.0));
    asked.await.unwrap().unwrap();
}

/// A profile that takes a quarter of an hour, kept.
fn long_profile(shop: &Shop) -> Profile {
    let mut profile = read(b"profile of drum").unwrap();
    profile.duration = hearth_actors::model::time::SessionMs(1_000_000);
    profile.series.timestamp_ms = vec![0, 1_000_000];
    for curve in
        [&mut profile.series.bt, &mut profile.series.et, &mut profile.series.bt_ror, &mut profile.series.et_ror]
    {
        *curve = vec![None; 2];
    }
    shop.archive.import(&profile).unwrap();
    profile
}

#[actix_rt::test]
async fn a_replay_task_that_was_paused_never_touches_a_replay_that_somebody_else_began_meanwhile() {
    for resumes in [true, false] {
        let roastery = Roastery::open(quick(|_| ())).await;
        let profile = long_profile(&roastery.shop).id;
        let new = roastery.shop.made("replay", json!({ "args": ["drum", profile.to_string()] }));
        let task = roastery.shop.tasks.submit(new).await.unwrap().id;
        let shown = || roastery.machine.bus().look(|snapshot| snapshot.replay.clone());
        roastery.until(|| shown().is_some_and(|replay| replay.state == ReplayState::Playing)).await;
        roastery.shop.tasks.pause(task).await.unwrap();
        roastery.until(|| shown().is_some_and(|replay| replay.state == ReplayState::Paused)).await;
        let start = ReplayAction::Start { profile, speed: 1.0, apply_controls: false };
        roastery.wants(Want::Replay(start)).await;
        roastery.wants(Want::Replay(ReplayAction::Pause)).await;
        let theirs = shown().unwrap();
        if resumes {
            roastery.resumed(task).await;
        } else {
            roastery.shop.tasks.cancel(task).await.unwrap();
        }
        let ended = roastery.shop.ended(task).await;
        assert_eq!(ended.status, if resumes { TaskStatus::Error } else { TaskStatus::Cancelled }, "{ended:?}");
        assert_eq!(shown(), Some(theirs), "it stands as its owner left it");
    }
}

#[actix_rt::test]
async fn a_replay_whose_task_is_cancelled_before_it_could_begin_does_not_play_on() {
    let roastery = Roastery::open(quick(|_| ())).await;
    let profile = long_profile(&roastery.shop);
    let started = roastery.shop.made("replay", json!({ "args": ["drum", profile.id.to_string(), 1, true] }));
    let mut events = roastery.machine.bus().subscribe();
    roastery.device.then([Step::Block(1500)]);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let task = roastery.shop.tasks.submit(started).await.unwrap().id;
    roastery.shop.tasks.cancel(task).await.unwrap();
    let mut states = Vec::new();
    let following = async {
        while states.last() != Some(&ReplayState::Stopped) {
            if let EventBody::ReplayStatus(status) = &events.recv().await.unwrap().event.body {
                states.push(status.state);
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), following).await.expect("it is stopped");
    assert_eq!(states, [ReplayState::Playing, ReplayState::Stopped]);
}
