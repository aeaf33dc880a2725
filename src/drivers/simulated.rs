//! Simulated machines: for demonstrations, for tests from outside, and for trying a change before it meets a fire.
//!
//! The driver is thin: it maps channels to sensors and controls by their ids, plays the configured faults, and leaves the rest
//! to the [`plant::Plant`], which all drivers of one machine share.

pub mod beans;
pub mod faults;
pub mod noise;
pub mod operator;
pub mod panel;
pub mod plant;
pub mod roaster;
#[cfg(test)]
mod tests;
pub mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hearth_actors::driver::{Applied, Driver, DriverError, DriverFactory, Sample};
use hearth_actors::logic::gate::Admitted;
use hearth_actors::model::channel::{Channel, ControlShape, ControlSpec};
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::spec::MachineSpec;
use tokio::time::Instant;

use crate::config::simulator::SimulatorConfig;

use self::faults::{Call, Mishap};
use self::panel::Control;
use self::plant::{DriverNumber, Plant};
use self::world::Sensor;

/// How long a simulated time-out takes on the machine's clock. Unit: ms.
const TIMEOUT_MS: f64 = 200.0;

/// Said with every fault, so that nobody looks for it in a cable.
const SCRIPTED: &str = "simulated: the machine's configuration lists this fault under driver.faults";

/// Makes drivers for one simulated machine. They share the machine: a fresh driver finds it as the last one left it.
///
/// An order to a control takes it over from a built-in operator until the beans are dropped; see [`operator`]. `config` has
/// passed its check. Calling the factory shuts out the driver it made before.
pub fn factory(config: &SimulatorConfig) -> DriverFactory {
    let speed = config.speed;
    let plant = Arc::new(Mutex::new(Plant::new(config)));
    Arc::new(move |spec: &MachineSpec| Box::new(SimulatedDriver::new(spec, speed, Arc::clone(&plant))))
}

/// Whether there is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Up,
    Down,
}

/// What a channel is at the machine.
#[derive(Debug, Clone, Copy)]
enum Part {
    Sensor(Sensor),
    Control(Control),
}

/// The last order to a control.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LastOrder {
    command: CommandId,
    native: f64,
}

struct SimulatedDriver {
    plant: Arc<Mutex<Plant>>,
    number: DriverNumber,
    speed: f64,
    link: Link,
    channels: Vec<(Channel, Option<Part>)>,
    last_orders: Vec<Option<LastOrder>>,
}

impl SimulatedDriver {
    fn new(spec: &MachineSpec, speed: f64, plant: Arc<Mutex<Plant>>) -> Self {
        let number = locked(&plant).admit_driver();
        let channels: Vec<_> = spec.channels.iter().map(|(_, channel)| (channel.clone(), part(channel))).collect();
        let last_orders = vec![None; channels.len()];
        Self { plant, number, speed, link: Link::Down, channels, last_orders }
    }

    /// Lets happen to a call what the faults say; whether its answer is nonsense.
    async fn suffer(&mut self, call: Call, what: &str) -> Result<Answer, DriverError> {
        let mishap = self.plant(what)?.strike(call, Instant::now());
        match mishap {
            None => Ok(Answer::Sound),
            Some(Mishap::Garbage) => Ok(Answer::Garbled),
            Some(Mishap::Hang) => std::future::pending().await,
            Some(Mishap::Panic) => panic!("{SCRIPTED}"),
            Some(Mishap::Block(ms)) => {
                std::thread::sleep(self.real(ms as f64));
                Ok(Answer::Sound)
            }
            Some(Mishap::Timeout) => {
                let wait = self.real(TIMEOUT_MS);
                tokio::time::sleep(wait).await;
                let after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                Err(DriverError::Timeout { what: what.into(), after_ms, hint: SCRIPTED.into() })
            }
            Some(Mishap::Disconnect) => {
                self.link = Link::Down;
                Err(disconnected(what, "the link is down", SCRIPTED))
            }
        }
    }

    /// The machine, unless a newer driver has taken over.
    fn plant(&self, what: &str) -> Result<MutexGuard<'_, Plant>, DriverError> {
        let plant = locked(&self.plant);
        if plant.is_newest(self.number) {
            Ok(plant)
        } else {
            Err(disconnected(what, "a newer driver of this machine has taken over", ""))
        }
    }

    fn need_link(&self, what: &str) -> Result<(), DriverError> {
        match self.link {
            Link::Up => Ok(()),
            Link::Down => Err(disconnected(what, "there is no link", "connect first")),
        }
    }

    /// A time on the machine's clock as real time.
    fn real(&self, ms: f64) -> Duration {
        Duration::from_secs_f64(ms / 1e3 / self.speed)
    }

    fn fill(&self, sample: &mut Sample, what: &str) -> Result<(), DriverError> {
        let mut plant = self.plant(what)?;
        let world = plant.world(Instant::now());
        for (index, (channel, part)) in self.channels.iter().enumerate() {
            match part {
                Some(Part::Sensor(sensor)) => sample.set(index, world.sensor(*sensor)),
                Some(Part::Control(control)) => {
                    let native = to_native(channel.control(), *control, world.control(*control));
                    sample.set(index, channel.unit.inward(native));
                }
                None => sample.fail(index, MissingReason::Rejected),
            }
        }
        Ok(())
    }

    /// The control behind a channel.
    fn target(&self, index: usize, what: &str) -> Result<(Control, &ControlSpec), DriverError> {
        let found = self.channels.get(index).map(|(channel, part)| (channel.control(), part));
        match found {
            Some((Some(spec), Some(Part::Control(control)))) => Ok((*control, spec)),
            Some(_) | None => Err(DriverError::Rejected {
                what: what.into(),
                cause: "the simulator has no such control".into(),
                hint: "its controls are burner, airflow, drum, cooling and charge".into(),
            }),
        }
    }
}

/// Whether an answer can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Sound,
    Garbled,
}

#[async_trait(?Send)]
impl Driver for SimulatedDriver {
    fn name(&self) -> String {
        "Simulator".into()
    }

    async fn connect(&mut self) -> Result<(), DriverError> {
        let what = "connecting to the simulated roaster";
        self.link = Link::Down;
        self.plant(what)?.start_clock(Instant::now());
        self.suffer(Call::Connect, what).await?;
        self.link = Link::Up;
        Ok(())
    }

    async fn read(&mut self, _request: usize, sample: &mut Sample) -> Result<(), DriverError> {
        let what = "reading the simulated roaster";
        self.need_link(what)?;
        match self.suffer(Call::Read, what).await? {
            Answer::Sound => self.fill(sample, what),
            Answer::Garbled => {
                for index in 0..self.channels.len() {
                    sample.fail(index, MissingReason::Garbled);
                }
                Err(DriverError::Garbled {
                    what: what.into(),
                    cause: "the temperatures are no numbers".into(),
                    hint: SCRIPTED.into(),
                })
            }
        }
    }

    async fn apply(&mut self, order: &Admitted) -> Result<Applied, DriverError> {
        let index = order.channel();
        let what = match self.channels.get(index) {
            Some((channel, _)) => format!("setting {} of the simulated roaster", channel.id),
            None => format!("setting channel {index} of the simulated roaster"),
        };
        self.need_link(&what)?;
        self.suffer(Call::Apply, &what).await?;
        let this = LastOrder { command: order.command(), native: order.native() };
        let readback = {
            let (control, spec) = self.target(index, &what)?;
            let last = self.last_orders.get(index).copied().flatten();
            let mut plant = self.plant(&what)?;
            let world = plant.world(Instant::now());
            // The house repeats heat orders to keep a device's watchdog fed. Such a repetition is no new order, and must not
            // take the control from the operator again who has got it back since.
            if last != Some(this) || !world.operator_holds(control) {
                world.order(control, from_native(spec, control, order.native()));
            }
            to_native(Some(spec), control, world.control(control))
        };
        if let Some(slot) = self.last_orders.get_mut(index) {
            *slot = Some(this);
        }
        Ok(Applied { readback: Some(readback) })
    }

    async fn disconnect(&mut self) {
        self.link = Link::Down;
    }
}

/// The plant, also after a driver panicked while it held it: every step of it leaves it whole.
fn locked(plant: &Mutex<Plant>) -> MutexGuard<'_, Plant> {
    plant.lock().unwrap_or_else(PoisonError::into_inner)
}

fn part(channel: &Channel) -> Option<Part> {
    let id = channel.id.as_str();
    Sensor::of_channel(id).map(Part::Sensor).or_else(|| Control::of_channel(id).map(Part::Control))
}

/// What the machine's own value is in a channel's native unit: the same, but for a switch whose positions have other names there.
fn to_native(spec: Option<&ControlSpec>, control: Control, value: f64) -> f64 {
    match spec.map(|spec| spec.shape) {
        Some(ControlShape::Toggle { on, .. }) if control.is_switch() && value >= 0.5 => on,
        Some(ControlShape::Toggle { off, .. }) if control.is_switch() => off,
        Some(ControlShape::Toggle { .. } | ControlShape::Slider) | None => value,
    }
}

fn from_native(spec: &ControlSpec, control: Control, native: f64) -> f64 {
    match spec.shape {
        ControlShape::Toggle { .. } if control.is_switch() => spec.to_fraction(native).get(),
        ControlShape::Toggle { .. } | ControlShape::Slider => native,
    }
}

fn disconnected(what: &str, cause: &str, hint: &str) -> DriverError {
    DriverError::Disconnected { what: what.into(), cause: cause.into(), hint: hint.into() }
}
