//! Simulated machines: for demonstrations, for tests from outside, and for trying a change before it meets a fire.
//!
//! The driver is thin: it maps channels to sensors and controls by their ids, plays the configured faults, and leaves the rest
//! to the [`plant::Plant`], which all drivers of one machine share.

pub mod beans;
pub mod control_panel;
pub mod faults;
pub mod kettle;
pub mod machine;
pub mod noise;
pub mod operator;
pub mod panel;
pub mod picture;
pub mod plant;
pub mod rig;
pub mod roaster;
pub mod scanner;
pub mod stand;
#[cfg(test)]
mod tests;
pub mod ticks;
pub mod travel;
pub mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use hearth_actors::driver::{Applied, Driver, DriverError, DriverFactory, Picture, Promise, Sample};
use hearth_actors::logic::gate::Admitted;
use hearth_actors::model::channel::{Channel, ControlShape};
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::spec::MachineSpec;
use tokio::time::Instant;

use crate::config::simulator::{Model, SimulatorConfig};

use self::faults::{Call, Mishap};
use self::machine::{Hand, Nature, Part};
use self::plant::{DriverNumber, Plant};

/// How long a simulated time-out takes on the machine's clock. Unit: ms.
const TIMEOUT_MS: f64 = 200.0;

/// Rounding of the machine's clock, which a control may be late by. Unit: ms on that clock.
const LATE_MS: f64 = 2.0;
/// Difference from where it was sent that still counts as there, in the control's own unit.
const THERE: f64 = 1e-6;

/// Said with every fault, so that nobody looks for it in a cable.
const SCRIPTED: &str = "simulated: the machine's configuration lists this fault under driver.faults";

/// Makes drivers for one simulated machine. They share the machine: a fresh driver finds it as the last one left it.
///
/// An order to a control takes it over from a built-in operator until the beans are dropped; see [`operator`]. `config` has
/// passed its check. Calling the factory shuts out the driver it made before.
pub fn factory(config: &SimulatorConfig) -> DriverFactory {
    let (model, speed) = (config.model, config.speed);
    let plant = Arc::new(Mutex::new(Plant::new(config)));
    Arc::new(move |spec: &MachineSpec| Box::new(SimulatedDriver::new(spec, model, speed, Arc::clone(&plant))))
}

/// Whether there is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Up,
    Down,
}

/// The last order to a control.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LastOrder {
    command: CommandId,
    native: f64,
}

/// A control on its way.
#[derive(Debug, Clone, Copy)]
struct Moving {
    part: Part,
    to: f64,
    takes: Duration,
}

struct SimulatedDriver {
    plant: Arc<Mutex<Plant>>,
    number: DriverNumber,
    model: Model,
    speed: f64,
    link: Link,
    channels: Vec<(Channel, Option<Part>)>,
    last_orders: Vec<Option<LastOrder>>,
    /// What the last order set moving, until its promise is made.
    moving: Option<Moving>,
}

impl SimulatedDriver {
    fn new(spec: &MachineSpec, model: Model, speed: f64, plant: Arc<Mutex<Plant>>) -> Self {
        let mut machine = locked(&plant);
        let number = machine.admit_driver();
        let with_part = |channel: &Channel| (channel.clone(), machine.find(channel.id.as_str()));
        let channels: Vec<_> = spec.channels.iter().map(|(_, channel)| with_part(channel)).collect();
        drop(machine);
        let last_orders = vec![None; channels.len()];
        Self { plant, number, model, speed, link: Link::Down, channels, last_orders, moving: None }
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
        let machine = plant.machine(Instant::now());
        for (index, (channel, part)) in self.channels.iter().enumerate() {
            match part {
                Some(part) if part.nature == Nature::Sensor => sample.set(index, machine.value(*part)),
                Some(part) => {
                    let native = to_native(channel, *part, machine.value(*part));
                    sample.set(index, channel.unit.inward(native));
                }
                None => sample.fail(index, MissingReason::Rejected),
            }
        }
        Ok(())
    }

    /// The control behind a channel.
    fn target(&self, index: usize, what: &str) -> Result<(Part, &Channel), DriverError> {
        match self.channels.get(index) {
            Some((channel, Some(part))) if part.nature != Nature::Sensor => Ok((*part, channel)),
            Some(_) | None => Err(DriverError::Rejected {
                what: what.into(),
                cause: "the simulator has no such control".into(),
                hint: format!("its controls are {}", in_a_row(&self.plant(what)?.controls())),
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
        let what = &format!("connecting to the simulated {}", self.model);
        self.link = Link::Down;
        self.plant(what)?.start_clock(Instant::now());
        self.suffer(Call::Connect, what).await?;
        self.link = Link::Up;
        Ok(())
    }

    async fn read(&mut self, _request: usize, sample: &mut Sample) -> Result<(), DriverError> {
        let what = &format!("reading the simulated {}", self.model);
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
            Some((channel, _)) => format!("setting {} of the simulated {}", channel.id, self.model),
            None => format!("setting channel {index} of the simulated {}", self.model),
        };
        self.need_link(&what)?;
        self.suffer(Call::Apply, &what).await?;
        let this = LastOrder { command: order.command(), native: order.native() };
        let (part, channel) = self.target(index, &what)?;
        let last = self.last_orders.get(index).copied().flatten();
        let takes_ms = {
            let mut plant = self.plant(&what)?;
            let machine = plant.machine(Instant::now());
            // The house repeats heat orders to keep a device's watchdog fed. Such a repetition is no new order, and must not
            // take the control from the operator again who has got it back since.
            if last != Some(this) || machine.hand(part) == Hand::Wire {
                machine.order(part, from_native(channel, part, order.native()))
            } else {
                0
            }
        };
        let to = from_native(channel, part, order.native());
        let moving = (takes_ms > 0).then(|| Moving { part, to, takes: self.real(takes_ms as f64 + LATE_MS) });
        let shown = self.plant(&what)?.machine(Instant::now()).value(part);
        let readback = to_native(channel, part, shown);
        if let Some(slot) = self.last_orders.get_mut(index) {
            *slot = Some(this);
        }
        self.moving = moving;
        Ok(Applied { readback: Some(readback) })
    }

    fn promise(&mut self, _order: &Admitted) -> Option<Promise> {
        let Moving { part, to, takes } = self.moving.take()?;
        let plant = Arc::clone(&self.plant);
        let arrived = async move {
            tokio::time::sleep(takes).await;
            let at = locked(&plant).machine(Instant::now()).value(part);
            if (at - to).abs() <= THERE {
                return Ok(());
            }
            Err(DriverError::Rejected {
                what: format!("moving to {to}"),
                cause: format!("it stands at {at}"),
                hint: "something else moved it on the way".into(),
            })
        };
        Some(arrived.boxed_local())
    }

    async fn capture(&mut self, channel: usize) -> Result<Picture, DriverError> {
        let what = match self.channels.get(channel) {
            Some((channel, _)) => format!("taking a picture with {} of the simulated {}", channel.id, self.model),
            None => format!("taking a picture with channel {channel} of the simulated {}", self.model),
        };
        self.need_link(&what)?;
        if self.suffer(Call::Read, &what).await? == Answer::Garbled {
            let cause = "the picture is torn".into();
            return Err(DriverError::Garbled { what, cause, hint: SCRIPTED.into() });
        }
        let part = self.channels.get(channel).and_then(|(_, part)| *part);
        let mut plant = self.plant(&what)?;
        let picture = part.and_then(|part| plant.machine(Instant::now()).picture(part));
        picture.ok_or_else(|| DriverError::no_camera(what.as_str()))
    }

    async fn disconnect(&mut self) {
        self.link = Link::Down;
    }
}

/// The plant, also after a driver panicked while it held it: every step of it leaves it whole.
fn locked(plant: &Mutex<Plant>) -> MutexGuard<'_, Plant> {
    plant.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Words as people say a list.
fn in_a_row(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// What the machine's own value is in a channel's native unit: a temperature may be °F there, and a switch's positions may have
/// other names.
fn to_native(channel: &Channel, part: Part, value: f64) -> f64 {
    match channel.control().map(|spec| spec.shape) {
        Some(ControlShape::Toggle { on, .. }) if part.nature == Nature::Switch && value >= 0.5 => on,
        Some(ControlShape::Toggle { off, .. }) if part.nature == Nature::Switch => off,
        Some(ControlShape::Toggle { .. } | ControlShape::Slider) | None => channel.unit.outward(value),
    }
}

fn from_native(channel: &Channel, part: Part, native: f64) -> f64 {
    match channel.control() {
        Some(spec) if part.nature == Nature::Switch && matches!(spec.shape, ControlShape::Toggle { .. }) => {
            spec.to_fraction(native).get()
        }
        Some(_) | None => channel.unit.inward(native),
    }
}

fn disconnected(what: &str, cause: &str, hint: &str) -> DriverError {
    DriverError::Disconnected { what: what.into(), cause: cause.into(), hint: hint.into() }
}
