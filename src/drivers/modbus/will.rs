//! The last will of a Modbus machine: what is written where when the daemon is dead and somebody else has to.
//!
//! It is made while all is well, so that nothing has to be worked out any more when it is needed, and it stands alone: the way to
//! the device and the raw bits, no channel table and no configuration.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use futures_util::future::join_all;
use hearth_actors::logic::gate;
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::spec::MachineSpec;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use super::access::{Link, lead_alike};
use super::bus::{BusDirectory, Lane};
use super::codec::{self, Payload};
use super::failure::{Failure, NOBODY_THERE};
use super::op::Op;
use super::plan::Need;
use super::point;
use crate::config::modbus::{ChannelSource, ModbusConfig};

/// Pause before a write that failed is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What is to be written so that nobody's heat stays on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Will {
    /// Whose outputs they are.
    pub machine: String,
    /// The way to the device.
    pub link: ModbusConfig,
    /// The writes, heat first.
    pub writes: Vec<SafeWrite>,
}

/// One output's fail-safe value as it goes to the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeWrite {
    /// Which output, for people.
    pub channel: String,
    /// Whether it takes heat away.
    pub is_heat: bool,
    /// Which unit.
    pub unit: u8,
    /// Which coil or holding register.
    pub address: u16,
    /// What.
    pub payload: Payload,
}

/// What became of one write, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Whose output.
    pub machine: String,
    /// Which output.
    pub channel: String,
    /// What was to be done.
    pub what: String,
    /// Why it was not confirmed.
    pub result: Result<(), String>,
}

impl Will {
    /// The will of a machine; `None` if it has no output with a fail-safe value. `sources` stand in the order of its channels.
    pub fn new(link: &ModbusConfig, sources: &[ChannelSource], spec: &MachineSpec) -> Option<Self> {
        let mut orders = gate::failsafe_orders(spec, CommandId(0));
        orders.sort_by_key(|order| !order.lowers_heat());
        let writes = orders.iter().filter_map(|order| {
            let (channel, wired) = (spec.channels.get(order.channel())?, sources.get(order.channel())?);
            let target = point(order.channel(), &wired.source, link.common(), Need::Welcome);
            // A value that no register can hold was refused with the configuration.
            let payload = codec::encode(&target.source, target.order, order.native()).ok()?;
            let (unit, address) = (target.unit, target.source.address);
            let is_heat = order.lowers_heat();
            Some(SafeWrite { channel: channel.id.to_string(), is_heat, unit, address, payload })
        });
        let writes: Vec<SafeWrite> = writes.collect();
        (!writes.is_empty()).then(|| Self { machine: spec.id.to_string(), link: link.clone(), writes })
    }
}

/// Carries out wills, lines side by side: writes everything, and again what was not confirmed, until all is done or the time is over.
///
/// Writing a safe value twice is never wrong. What one output does not take keeps no other from being tried, and a unit that is silent
/// takes no more than its share of the time of those that share its line.
pub async fn carry_out(wills: &[Will], buses: &BusDirectory, until: Instant) -> Vec<Settled> {
    let mut lines: Vec<Vec<&Will>> = Vec::new();
    for will in wills {
        match lines.iter_mut().find(|line| line.iter().any(|other| lead_alike(&other.link, &will.link))) {
            Some(line) => line.push(will),
            None => lines.push(vec![will]),
        }
    }
    let done = join_all(lines.iter().map(|line| Errands::on(line, buses).run(until))).await;
    done.into_iter().flatten().collect()
}

/// What is to be written over one line.
struct Errands<'a> {
    ways: Vec<Way<'a>>,
    /// Heat first; later, what has waited longest.
    waiting: VecDeque<Errand<'a>>,
    done: Vec<Settled>,
}

/// How one machine's devices are reached.
struct Way<'a> {
    will: &'a Will,
    link: Link,
    is_open: bool,
}

struct Errand<'a> {
    /// Index of the way.
    way: usize,
    write: &'a SafeWrite,
    /// Why it was not confirmed, if it was tried.
    failure: Option<Failure>,
}

impl<'a> Errands<'a> {
    fn on(wills: &[&'a Will], buses: &BusDirectory) -> Self {
        let way = |will: &&'a Will| Way { will, link: Link::new(&will.link, buses), is_open: false };
        let errands = |(way, will): (usize, &&'a Will)| {
            let writes: &'a [SafeWrite] = &will.writes;
            writes.iter().map(move |write| Errand { way, write, failure: None })
        };
        let mut waiting: VecDeque<Errand<'a>> = wills.iter().enumerate().flat_map(errands).collect();
        waiting.make_contiguous().sort_by_key(|errand| !errand.write.is_heat);
        Self { ways: wills.iter().map(way).collect(), waiting, done: Vec::new() }
    }

    async fn run(mut self, until: Instant) -> Vec<Settled> {
        loop {
            self.round(until).await;
            if self.waiting.is_empty() || Instant::now() + AGAIN_AFTER >= until {
                break;
            }
            sleep(AGAIN_AFTER).await;
        }
        self.ways.iter_mut().for_each(|way| way.link.close());
        for errand in std::mem::take(&mut self.waiting) {
            let untried = || Failure::broken("the time was over before its turn came", NOBODY_THERE);
            let failure = errand.failure.clone().unwrap_or_else(untried);
            let why = failure.during(self.words(&errand)).to_string();
            self.settle(&errand, Err(why));
        }
        self.done
    }

    /// Tries everything that waits once; of a unit that is silent only one, at the next round another one.
    async fn round(&mut self, until: Instant) {
        let mut left = std::mem::take(&mut self.waiting);
        while let Some(mut errand) = left.pop_front() {
            let unit = errand.unit();
            let units: BTreeSet<_> = left.iter().map(Errand::unit).chain([unit]).collect();
            let share =
                until.saturating_duration_since(Instant::now()) / u32::try_from(units.len()).unwrap_or(u32::MAX);
            let Err(failure) = self.ways[errand.way].ask(errand.write, share).await else {
                self.settle(&errand, Ok(()));
                continue;
            };
            if !failure.is_from_device() {
                for other in std::mem::take(&mut left) {
                    if other.unit() == unit {
                        self.waiting.push_back(Errand { failure: Some(failure.clone()), ..other });
                    } else {
                        left.push_back(other);
                    }
                }
            }
            errand.failure = Some(failure);
            self.waiting.push_back(errand);
        }
    }

    fn words(&self, errand: &Errand<'a>) -> String {
        let Errand { way, write, .. } = errand;
        write.op().words(write.unit, &self.ways[*way].link.place())
    }

    fn settle(&mut self, errand: &Errand<'a>, result: Result<(), String>) {
        let machine = self.ways[errand.way].will.machine.clone();
        self.done.push(Settled { machine, channel: errand.write.channel.clone(), what: self.words(errand), result });
    }
}

impl SafeWrite {
    fn op(&self) -> Op {
        Op::Write { address: self.address, payload: self.payload }
    }
}

impl Errand<'_> {
    fn unit(&self) -> (usize, u8) {
        (self.way, self.write.unit)
    }
}

impl Way<'_> {
    async fn ask(&mut self, write: &SafeWrite, share: Duration) -> Result<(), Failure> {
        let limit = share.min(Duration::from_millis(self.will.link.common().timeout_ms));
        let no_answer = |_| Failure::broken("no answer in time", NOBODY_THERE);
        if !self.is_open {
            timeout(share, self.link.open()).await.map_err(no_answer)??;
            self.is_open = true;
        }
        // A line that others use may take a turn longer than the answer.
        let asked = timeout(share, self.link.ask(write.unit, write.op(), Lane::Urgent, limit)).await;
        let asked = asked.unwrap_or_else(|late| Err(no_answer(late)));
        // A line that broke is opened anew; one that answered wrongly is kept or left by its own rules.
        self.is_open = !matches!(asked, Err(Failure::Broken { .. }));
        asked.map(drop)
    }
}
