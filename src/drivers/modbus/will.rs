//! The last will of a Modbus machine: what is written where when the daemon is dead and somebody else has to.
//!
//! It is made while all is well, so that nothing has to be worked out any more when it is needed, and it stands alone: the way to
//! the device and the raw bits, no channel table and no configuration.

use std::time::Duration;

use hearth_actors::logic::gate;
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::spec::MachineSpec;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout_at};

use super::access::Link;
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
            Some(SafeWrite { channel: channel.id.to_string(), unit, address, payload })
        });
        let writes: Vec<SafeWrite> = writes.collect();
        (!writes.is_empty()).then(|| Self { machine: spec.id.to_string(), link: link.clone(), writes })
    }

    /// Writes everything, and again what was not confirmed, until all is done or the time is over.
    ///
    /// Writing a safe value twice is never wrong; what one output does not take keeps no other from being tried.
    pub async fn carry_out(&self, buses: &BusDirectory, until: Instant) -> Vec<Settled> {
        let mut link = Link::new(&self.link, buses);
        let place = link.place();
        let mut open = false;
        let mut done = Vec::new();
        let mut waiting: Vec<&SafeWrite> = self.writes.iter().collect();
        loop {
            let mut failed = Vec::new();
            for write in waiting {
                let op = Op::Write { address: write.address, payload: write.payload };
                let asked = timeout_at(until, self.ask(&mut link, &mut open, write.unit, op)).await;
                let asked = asked.unwrap_or_else(|_| Err(Failure::broken("no answer in time", NOBODY_THERE)));
                let what = op.words(write.unit, &place);
                match asked {
                    Ok(()) => done.push(Settled { channel: write.channel.clone(), what, result: Ok(()) }),
                    Err(failure) => failed.push((write, what, failure)),
                }
            }
            if failed.is_empty() || Instant::now() + AGAIN_AFTER >= until {
                link.close();
                done.extend(failed.into_iter().map(|(write, what, failure)| Settled {
                    channel: write.channel.clone(),
                    result: Err(failure.during(what.clone()).to_string()),
                    what,
                }));
                return done;
            }
            waiting = failed.into_iter().map(|(write, ..)| write).collect();
            sleep(AGAIN_AFTER).await;
        }
    }

    async fn ask(&self, link: &mut Link, open: &mut bool, unit: u8, op: Op) -> Result<(), Failure> {
        if !*open {
            link.open().await?;
            *open = true;
        }
        let limit = Duration::from_millis(self.link.common().timeout_ms);
        let asked = link.ask(unit, op, Lane::Urgent, limit).await;
        // A line that broke is opened anew; one that answered wrongly is kept or left by its own rules.
        *open = !matches!(asked, Err(Failure::Broken { .. }));
        asked.map(drop)
    }
}
