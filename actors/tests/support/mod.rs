//! A house in memory, commands in a person's name, and waits that watch the bus instead of sleeping.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

use std::sync::Arc;
use std::time::Duration;

use hearth_actors::model::command::{Actor, Command, Outcome, Principal, SessionAction, UserRole, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ChannelId, ClientId};
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::model::units::Fraction;
use hearth_actors::registry::{Adopt, Definition, Policy};
use hearth_actors::runtime::bus::Published;
use hearth_actors::slot::MachineHandle;
use hearth_actors::system::House;
use hearth_actors::testing::{Device, MemoryArchive};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// No wait of these tests takes longer than this unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct World {
    pub house: House,
    pub archive: MemoryArchive,
}

impl World {
    pub fn new(policy: Policy) -> Self {
        Self::on(MemoryArchive::default(), policy)
    }

    pub fn on(archive: MemoryArchive, policy: Policy) -> Self {
        let house = House::start(Arc::new(archive.clone()), policy).expect("house starts");
        Self { house, archive }
    }

    pub async fn machine(&self, spec: MachineSpec, device: &Device) -> MachineHandle {
        let definition = Definition { spec: Arc::new(spec), driver: device.factory(), document: "{}".into() };
        let adopt = Adopt { definition, resumed: None };
        self.house.registry().send(adopt).await.expect("registry lives").expect("machine adopted")
    }

    pub async fn order(&self, machine: &MachineHandle, want: Want) -> Result<Outcome, Refusal> {
        let actor = Actor::Client { id: ClientId::parse("t1").expect("id"), name: "tester".into() };
        let principal = Principal::everywhere(actor, UserRole::Operator);
        let id = self.house.surroundings().next_command();
        machine.command(Command { id, principal, request_id: None, want }).await
    }

    pub async fn act(&self, machine: &MachineHandle, action: SessionAction) -> Result<Outcome, Refusal> {
        self.order(machine, Want::Session(action)).await
    }

    pub async fn set(&self, machine: &MachineHandle, channel: &str, value: f64) -> Result<Outcome, Refusal> {
        let channel = ChannelId::parse(channel).expect("id");
        self.order(machine, Want::Control { channel, value: Fraction::new(value).expect("fraction") }).await
    }
}

/// A watcher that sees every event.
pub struct Watcher {
    pub seen: Vec<Event>,
    events: Receiver<Arc<Published>>,
    machine: MachineHandle,
}

impl Watcher {
    pub fn on(machine: &MachineHandle) -> Self {
        Self { seen: Vec::new(), events: machine.bus().subscribe(), machine: machine.clone() }
    }

    /// Waits for an event that fits.
    pub async fn until(&mut self, what: &str, fits: impl Fn(&Event) -> bool) -> Event {
        let waiting = async {
            loop {
                match self.events.recv().await {
                    Ok(published) => {
                        self.seen.push(published.event.clone());
                        if fits(&published.event) {
                            return published.event.clone();
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("the bus closed while waiting for {what}"),
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("{what} did not come; snapshot: {:?}", self.machine.bus().snapshot()))
    }

    pub async fn readings(&mut self, count: usize) {
        for _ in 0..count {
            self.until("a reading", |event| matches!(event.body, EventBody::Reading(_))).await;
        }
    }
}

/// Waits until the snapshot fits.
pub async fn wait_for(machine: &MachineHandle, what: &str, fits: impl Fn(&Snapshot) -> bool) {
    let mut events = machine.bus().subscribe();
    let waiting = async {
        while !machine.bus().look(&fits) {
            let _ = events.recv().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("{what} did not come; snapshot: {:?}", machine.bus().snapshot()));
}

pub async fn connected(machine: &MachineHandle) {
    wait_for(machine, "a connection", |snapshot| snapshot.connection.state == DriverState::Connected).await;
}
