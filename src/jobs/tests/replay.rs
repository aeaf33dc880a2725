//! Replays whose tasks hear less than was told.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use async_trait::async_trait;
use hearth_actors::model::command::{ReplayAction, Want};
use hearth_actors::model::event::{EventBody, ReplayState};
use hearth_actors::model::fault::{Fault, FaultCode};
use hearth_actors::model::profile::Series;
use hearth_actors::model::time::SessionMs;
use hearth_actors::registry::{Adopt, Definition};
use hearth_actors::runtime::bus::Published;
use hearth_actors::tasks::job::{Job, JobError, Steps};
use hearth_actors::testing::{Device, roaster};
use tokio::sync::{broadcast, oneshot};

use super::*;

/// More than a bus keeps for one that does not listen.
const FLOOD: usize = 2_000;

/// Keeps the thread of all jobs from going on.
struct Blocks {
    blocked: oneshot::Sender<()>,
    go_on: Receiver<()>,
}

#[async_trait(?Send)]
impl Job for Blocks {
    async fn run(self: Box<Self>, _: Steps) -> Result<Option<Arc<str>>, JobError> {
        let _ = self.blocked.send(());
        let _ = self.go_on.recv();
        Ok(None)
    }
}

async fn block(shop: &Shop) -> SyncSender<()> {
    let ((blocked, is_blocked), (goes_on, go_on)) = (oneshot::channel(), sync_channel(1));
    let work = Work::Waiting(Box::new(Blocks { blocked, go_on }));
    let arguments = "{}".into();
    let new =
        NewTask { name: "blocks".into(), company: Company::Shared, machine: None, project: None, arguments, work };
    let tasks = shop.tasks.clone();
    // Whoever takes tasks sits on the same thread, and answers later.
    actix_rt::spawn(async move { tasks.submit(new).await });
    is_blocked.await.unwrap();
    goes_on
}

async fn heard(told: &mut broadcast::Receiver<Arc<Published>>, state: ReplayState) {
    let is_that = |body: &EventBody| matches!(body, EventBody::ReplayStatus(status) if status.state == state);
    while !is_that(&told.recv().await.unwrap().event.body) {}
}

/// A minute of a roast.
fn minute() -> Profile {
    let timestamp_ms: Vec<u64> = (0..=60).map(|second| second * 1000).collect();
    let temperatures = || timestamp_ms.iter().map(|ms| Some(150.0 + *ms as f64 / 1000.0)).collect();
    let rates = || vec![None; timestamp_ms.len()];
    let (bt, et, bt_ror, et_ror) = (temperatures(), temperatures(), rates(), rates());
    let series = Series { timestamp_ms, bt, et, bt_ror, et_ror, extra: Default::default() };
    Profile { duration: SessionMs(60_000), series, ..read(b"profile of drum").unwrap() }
}

#[actix_rt::test]
async fn a_task_that_heard_neither_beginning_nor_end_of_its_replay_ends_as_that_did() {
    for missed in [ReplayState::Playing, ReplayState::Finished, ReplayState::Stopped] {
        let shop = Shop::new();
        let device = Device::answering(&[20.0, 25.0]);
        let definition =
            Definition { spec: Arc::new(roaster("drum")), driver: device.factory(), document: "{}".into() };
        let machine = shop.house.registry().send(Adopt { definition, resumed: None }).await.unwrap().unwrap();
        let profile = minute();
        shop.archive.import(&profile).unwrap();
        let bus = machine.bus();
        let mut told = bus.subscribe();
        let fault = || EventBody::Fault(Fault { code: FaultCode::WriteFailed, message: String::new() });
        let held = bus.hold(fault());
        let body = json!({ "args": ["drum", profile.id.to_string(), 100] });
        let task = shop.tasks.submit(shop.made("replay", body)).await.unwrap().id;
        let go_on = block(&shop).await;
        drop(held);
        heard(&mut told, ReplayState::Playing).await;
        if missed == ReplayState::Stopped {
            let stop = shop.house.surroundings().order_of_the_house(Want::Replay(ReplayAction::Stop));
            machine.command(stop).await.unwrap();
        }
        if missed != ReplayState::Playing {
            heard(&mut told, missed).await;
        }
        for _ in 0..FLOOD {
            bus.publish(fault());
        }
        go_on.send(()).unwrap();
        let ended = shop.ended(task).await;
        if missed == ReplayState::Stopped {
            assert!(ended.error.as_deref().unwrap().contains("stopped at the machine"), "{ended:?}");
        } else {
            assert_eq!(result(&ended), json!({ "seconds": 60 }), "{missed:?}");
        }
    }
}
