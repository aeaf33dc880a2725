//! A machine's program crashes with heat on, time and again, over a real line to a device that notes when it was written to: the
//! first bytes after each crash are the safe ones, and nothing else comes before somebody re-arms.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "a long run tells its figures")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hearth::config::machine::MachineConfig;
use hearth::drivers::Workshop;
use hearth_actors::driver::{Applied, Driver, DriverError, DriverFactory, Sample};
use hearth_actors::logic::gate::Admitted;
use hearth_actors::model::command::{Actor, Command, Outcome, Principal, UserRole, Want};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::SafetyReason;
use hearth_actors::model::ids::ChannelId;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::units::Fraction;
use hearth_actors::registry::{Adopt, Definition, Policy};
use hearth_actors::slot::MachineHandle;
use hearth_actors::system::House;
use hearth_actors::testing::MemoryArchive;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// When to give up. No claim is made about time; this only ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Source: safety design, a panic of a machine's actor. Unit: ms.
const SAFE_WITHIN_MS: u128 = 1_000;

/// When something was written to the device, and what.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<(Instant, u16)>>>);

impl Written {
    fn last(&self) -> Option<u16> {
        self.0.lock().unwrap().last().map(|(_, value)| *value)
    }

    fn since(&self, moment: Instant) -> Vec<(Instant, u16)> {
        self.0.lock().unwrap().iter().filter(|(at, _)| *at >= moment).copied().collect()
    }

    /// Listens as a device whose sensors say 200 and whose burner takes whatever it is told.
    async fn listen(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let written = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(written.clone().serve(stream));
            }
        });
        port
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut question = [0; 12];
        while stream.read_exact(&mut question).await.is_ok() {
            let [number, number_low, _, _, _, _, unit, function, _, _, high, low] = question;
            let answer = if function == 6 {
                self.0.lock().unwrap().push((Instant::now(), u16::from_be_bytes([high, low])));
                question.to_vec()
            } else {
                let bytes = low * 2;
                let head = [number, number_low, 0, 0, 0, 3 + bytes, unit, function, bytes];
                head.into_iter().chain([0, 200].into_iter().cycle().take(bytes.into())).collect()
            };
            if stream.write_all(&answer).await.is_err() {
                break;
            }
        }
    }
}

/// Where a driver crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Connecting,
    Reading,
    Writing,
}

/// Where the next crashes are to be, and when those of this round were.
#[derive(Debug, Default)]
struct Plan {
    due: VecDeque<Place>,
    were: Vec<Instant>,
}

#[derive(Clone, Default)]
struct Crashes(Arc<Mutex<Plan>>);

impl Crashes {
    fn begin(&self, places: &[Place]) {
        *self.0.lock().unwrap() = Plan { due: places.iter().copied().collect(), were: Vec::new() };
    }

    fn were(&self) -> Vec<Instant> {
        let plan = self.0.lock().unwrap();
        assert!(plan.due.is_empty(), "it was not led to all of its crashes");
        plan.were.clone()
    }

    fn perhaps(&self, place: Place) {
        let mut plan = self.0.lock().unwrap();
        if plan.due.front() == Some(&place) {
            plan.due.pop_front();
            plan.were.push(Instant::now());
            drop(plan);
            // Unlike `panic!`, this tells nobody on the console.
            std::panic::resume_unwind(Box::new("as told"));
        }
    }
}

/// A driver that crashes where it is told to.
struct Crashing {
    driver: Box<dyn Driver>,
    crashes: Crashes,
}

#[async_trait(?Send)]
impl Driver for Crashing {
    fn name(&self) -> String {
        self.driver.name()
    }

    async fn connect(&mut self) -> Result<(), DriverError> {
        self.crashes.perhaps(Place::Connecting);
        self.driver.connect().await
    }

    fn requests(&self) -> usize {
        self.driver.requests()
    }

    async fn read(&mut self, request: usize, sample: &mut Sample) -> Result<(), DriverError> {
        self.crashes.perhaps(Place::Reading);
        self.driver.read(request, sample).await
    }

    async fn apply(&mut self, order: &Admitted) -> Result<Applied, DriverError> {
        self.crashes.perhaps(Place::Writing);
        self.driver.apply(order).await
    }

    async fn disconnect(&mut self) {
        self.driver.disconnect().await;
    }
}

fn crashing(make: DriverFactory, crashes: Crashes) -> DriverFactory {
    Arc::new(move |spec| Box::new(Crashing { driver: make(spec), crashes: crashes.clone() }))
}

async fn roaster(house: &House, port: u16, crashes: Crashes) -> MachineHandle {
    let sensor = |id: &str, address: u16| {
        json!({ "id": id, "role": id, "kind": "sensor", "unit": "celsius",
        "source": { "register": "holding", "address": address } })
    };
    let burner = json!({ "id": "burner", "kind": "control", "class": "heat", "min": 0, "max": 100, "step": 1, "unit": "percent",
        "failsafe": 0, "source": { "register": "holding", "address": 10 } });
    let config = json!({ "id": "m", "sampling_interval_ms": 100, "channels": [sensor("bt", 0), sensor("et", 1), burner],
        "driver": { "type": "modbus_tcp", "host": "127.0.0.1", "port": port, "timeout_ms": 1_000 } });
    let made = Workshop::default().definition(&MachineConfig::parse(config).unwrap()).unwrap();
    let definition = Definition { driver: crashing(made.driver.clone(), crashes), ..made };
    house.registry().send(Adopt { definition, resumed: None }).await.unwrap().unwrap()
}

async fn order(house: &House, machine: &MachineHandle, want: Want) -> Result<Outcome, Refusal> {
    let principal = Principal::everywhere(Actor::Rest, UserRole::Operator);
    machine.command(Command { id: house.surroundings().next_command(), principal, request_id: None, want }).await
}

async fn once(machine: &MachineHandle, fits: impl Fn(&Snapshot) -> bool) {
    let mut events = machine.bus().subscribe();
    let waiting = async {
        while !machine.bus().look(&fits) {
            let _ = events.recv().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("in vain: {:?}", machine.bus().snapshot()));
}

/// As many rounds as `HEARTH_CRASHES` says; then the time that they take is judged as well. Otherwise 12.
fn long_run() -> Option<usize> {
    std::env::var("HEARTH_CRASHES").ok().and_then(|count| count.parse().ok())
}

/// Reading, writing, and reading with the next one crashing before it has a link.
const ROUNDS: [&[Place]; 3] = [&[Place::Reading], &[Place::Writing], &[Place::Reading, Place::Connecting]];

#[actix::test]
async fn the_first_bytes_to_the_device_after_every_crash_are_the_safe_ones() {
    let (written, crashes) = (Written::default(), Crashes::default());
    let policy = Policy { max_restarts: u32::MAX, ..Policy::default() };
    let house = House::start(Arc::new(MemoryArchive::default()), policy).unwrap();
    let machine = roaster(&house, written.listen().await, crashes.clone()).await;
    once(&machine, |snapshot| snapshot.connection.state == DriverState::Connected).await;
    let heat =
        |value| Want::Control { channel: ChannelId::parse("burner").unwrap(), value: Fraction::new(value).unwrap() };
    let mut took = Vec::new();
    for (number, places) in ROUNDS.into_iter().cycle().take(long_run().unwrap_or(12)).enumerate() {
        order(&house, &machine, Want::Rearm).await.unwrap();
        order(&house, &machine, heat(0.8)).await.unwrap();
        assert_eq!(written.last(), Some(80), "crash {number}");
        crashes.begin(places);
        if places[0] == Place::Writing {
            let ended = order(&house, &machine, heat(0.9)).await;
            assert!(ended.is_err(), "it crashed over it: {ended:?}");
        }
        once(&machine, |snapshot| {
            let is_back = snapshot.connection.state == DriverState::Connected;
            is_back && snapshot.safety.latched == Some(SafetyReason::Crash)
        })
        .await;
        let were = crashes.were();
        // Until it crashes, heat that is on may be written again.
        let since = written.since(were[0]);
        assert!(since.iter().all(|(_, value)| *value == 0), "crash {number}: {since:?}");
        took.push(since.first().expect("a safe value").0 - *were.last().expect("a crash"));
        let refused = order(&house, &machine, heat(0.8)).await.unwrap_err();
        assert_eq!((refused.code, written.last()), (RefusalCode::Latched, Some(0)));
    }
    took.sort();
    let at = |share: f64| took[(share * (took.len() - 1) as f64) as usize].as_millis();
    println!(
        "{} crashes: safe value after {} ms p50, {} ms p99, {} ms at the longest",
        took.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    assert!(long_run().is_none() || at(0.99) <= SAFE_WITHIN_MS, "promised are {SAFE_WITHIN_MS} ms");
}
