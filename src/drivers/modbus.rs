//! Modbus: TCP, RTU on a serial port, RTU through a network adapter.
//!
//! ```text
//! config -> Point -> Plan -> Op --+--> TcpLine (own connection) ---------+--> Connection -> device
//!                                 +--> BusHandle -> bus thread (shared) -+
//! ```
//!
//! A value is read in as few requests as the device allows ([`plan`]); an order is written, confirmed by its echo and, where
//! the channel has a read-back, read back. Nothing is ever written twice: raising heat again is the caller's decision.

pub mod access;
pub mod bus;
pub mod codec;
pub mod echo;
pub mod failure;
pub mod link;
pub mod op;
pub mod plan;
pub mod ports;
pub mod probe;
pub mod serial;
pub mod tap;
pub mod tcp;
pub mod trial;
pub mod units;
pub mod will;
pub mod worker;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hearth_actors::driver::{Applied, Driver, DriverError, DriverFactory, Sample};
use hearth_actors::logic::gate::Admitted;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::model::units::Unit;

use self::access::Link;
use self::bus::{BusDirectory, Lane};
use self::codec::CodecError;
use self::failure::Failure;
use self::op::{Op, Reply};
use self::plan::{Limits, Need, Plan, Point, Split};
use crate::config::modbus::{ChannelSource, Common, ModbusConfig, RawType, Source};

#[cfg(test)]
mod tests;

/// How often a read-back is looked at until it shows what was written: a controller copies it once per program cycle.
const READBACK_LOOKS: u32 = 3;
/// Pause between two looks. Source: usual program cycles of small controllers are 10 to 50 ms.
const READBACK_PAUSE: Duration = Duration::from_millis(30);

const UNFIT_HINT: &str = "check type, divisor, offset, min and max of this channel";
const NOT_A_VALUE_HINT: &str = "is the sensor broken or unplugged, or are type and word_order wrong?";

/// Makes the drivers of one machine. `sources` stand in the order of its channels; `buses` is the daemon's one directory.
pub fn factory(config: &ModbusConfig, sources: Vec<ChannelSource>, buses: &BusDirectory) -> DriverFactory {
    let (config, buses) = (config.clone(), buses.clone());
    Arc::new(move |spec| Box::new(ModbusDriver::new(&config, &sources, &buses, spec)))
}

/// A machine that speaks Modbus.
struct ModbusDriver {
    link: Link,
    limit: Duration,
    plan: Plan,
    outputs: Vec<Option<Output>>,
    units: Vec<Unit>,
}

/// Where a control is written and where it shows what it does.
struct Output {
    target: Point,
    readback: Option<Point>,
}

impl ModbusDriver {
    fn new(config: &ModbusConfig, sources: &[ChannelSource], buses: &BusDirectory, spec: &MachineSpec) -> Self {
        let common = config.common();
        let mut points = Vec::new();
        let mut outputs = Vec::new();
        for ((channel, about), wired) in spec.channels.iter().zip(sources) {
            let is_control = about.control().is_some();
            let target = point(channel, &wired.source, common, if is_control { Need::Welcome } else { Need::Required });
            let readback = wired.readback.as_ref().map(|source| point(channel, source, common, Need::Required));
            points.push(readback.clone().unwrap_or_else(|| target.clone()));
            outputs.push(is_control.then_some(Output { target, readback }));
        }
        let limits = Limits { max_gap: common.max_gap, max_registers: common.max_registers };
        Self {
            link: Link::new(config, buses),
            limit: Duration::from_millis(common.timeout_ms),
            plan: Plan::new(points, limits),
            outputs,
            units: spec.channels.iter().map(|(_, about)| about.unit.clone()).collect(),
        }
    }

    async fn ask(&mut self, unit: u8, op: Op, lane: Lane) -> Result<Reply, Failure> {
        self.link.ask(unit, op, lane, self.limit).await
    }

    /// One question per unit until one of them answers: a meter that is out of order must not hide the others.
    async fn anybody_there(&mut self) -> Result<(), DriverError> {
        let place = self.link.place();
        let mut first_failure = None;
        let mut asked = BTreeSet::new();
        let questions: Vec<_> = self.plan.batches().iter().filter_map(plan::Batch::op).collect();
        for (unit, op) in questions.into_iter().filter(|(unit, _)| asked.insert(*unit)) {
            match self.ask(unit, op, Lane::Urgent).await {
                Ok(_) => return Ok(()),
                // A device that says no is there.
                Err(failure) if failure.is_from_device() => return Ok(()),
                Err(failure) => {
                    first_failure.get_or_insert((failure, op.words(unit, &place)));
                }
            }
        }
        first_failure.map_or(Ok(()), |(failure, what)| Err(failure.during(what)))
    }

    /// Puts an answer's values where they belong.
    fn fill(
        &self,
        request: usize,
        reply: &Reply,
        sample: &mut Sample,
        what: impl Fn() -> String,
    ) -> Result<(), DriverError> {
        let mut first_failure = Ok(());
        for (point, place) in self.plan.batches().get(request).into_iter().flat_map(plan::Batch::places) {
            match value(point, place, reply) {
                Ok(native) => {
                    let unit = self.units.get(point.channel).unwrap_or(&Unit::None);
                    sample.set(point.channel, unit.inward(native));
                }
                Err(error) => {
                    sample.fail(point.channel, MissingReason::Garbled);
                    if first_failure.is_ok() {
                        first_failure = Err(not_a_value(&error, point, &what()));
                    }
                }
            }
        }
        first_failure
    }

    fn fail(&self, request: usize, failure: Failure, sample: &mut Sample, what: String) -> DriverError {
        let error = failure.during(what);
        for point in self.plan.batches().get(request).into_iter().flat_map(plan::Batch::points) {
            sample.fail(point.channel, error.kind().missing());
        }
        error
    }

    /// Reads a read-back until it shows what was written, a few times at most; what it shows last counts.
    async fn look_back(&mut self, point: &Point, written: f64) -> Result<f64, DriverError> {
        let op = Op::Read { register: point.source.register, address: point.source.address, count: point.items() };
        let what = format!("the write is confirmed, but {}", op.words(point.unit, &self.link.place()));
        let mut looks = 0;
        loop {
            let reply = self.ask(point.unit, op, Lane::Urgent).await.map_err(|f| f.during(what.clone()))?;
            let shown = value(point, 0, &reply).map_err(|error| not_a_value(&error, point, &what))?;
            looks += 1;
            if looks == READBACK_LOOKS || shows(&point.source, shown, written) {
                return Ok(shown);
            }
            tokio::time::sleep(READBACK_PAUSE).await;
        }
    }
}

#[async_trait(?Send)]
impl Driver for ModbusDriver {
    fn name(&self) -> String {
        self.link.name().to_owned()
    }

    async fn connect(&mut self) -> Result<(), DriverError> {
        self.plan.unmute();
        let place = self.link.place();
        self.link.open().await.map_err(|failure| failure.during(format!("connecting to {place}")))?;
        self.anybody_there().await
    }

    fn requests(&self) -> usize {
        self.plan.len()
    }

    async fn read(&mut self, request: usize, sample: &mut Sample) -> Result<(), DriverError> {
        loop {
            let Some((unit, op)) = self.plan.batches().get(request).and_then(plan::Batch::op) else { return Ok(()) };
            let failure = match self.ask(unit, op, Lane::Ordinary).await {
                // Put into words only when something is wrong: on a fast device that is a twentieth of a reading.
                Ok(reply) => return self.fill(request, &reply, sample, || op.words(unit, &self.link.place())),
                Err(failure) => failure,
            };
            let what = op.words(unit, &self.link.place());
            match failure {
                // Ends, because every split leaves less to ask.
                failure if failure.concerns_addresses() => match self.plan.split(request) {
                    Split::Divided => tracing::info!(what, "the device refuses this span: reading it in smaller parts"),
                    Split::Muted => tracing::info!(what, "the device does not show this output: not read any more"),
                    Split::Indivisible => return Err(self.fail(request, failure, sample, what)),
                },
                failure if failure.concerns_table() && self.plan.mute(request) => return Ok(()),
                failure => return Err(self.fail(request, failure, sample, what)),
            }
        }
    }

    async fn apply(&mut self, order: &Admitted) -> Result<Applied, DriverError> {
        let Some(Some(Output { target, readback })) = self.outputs.get(order.channel()) else {
            let what = format!("writing channel {}", order.channel());
            return Err(rejected(what, "it is no output of this driver", "check the configuration of this channel"));
        };
        let (target, readback) = (target.clone(), readback.clone());
        let payload = codec::encode(&target.source, target.order, order.native()).map_err(|error| {
            let what = format!("writing {} to {:?} {}", order.native(), target.source.register, target.source.address);
            rejected(what, &error.to_string(), UNFIT_HINT)
        })?;
        let op = Op::Write { address: target.source.address, payload };
        let what = op.words(target.unit, &self.link.place());
        self.ask(target.unit, op, Lane::Urgent).await.map_err(|failure| failure.during(what))?;
        let readback = match &readback {
            Some(point) => Some(self.look_back(point, order.native()).await?),
            None => None,
        };
        Ok(Applied { readback })
    }

    async fn disconnect(&mut self) {
        self.link.close();
    }
}

fn point(channel: usize, source: &Source, common: Common, need: Need) -> Point {
    Point {
        channel,
        unit: source.unit_id.unwrap_or(common.unit_id),
        order: source.word_order.unwrap_or(common.word_order),
        source: source.clone(),
        need,
    }
}

/// The native value at a place of an answer. The answer's length was judged before; nothing is indexed all the same.
fn value(point: &Point, place: usize, reply: &Reply) -> Result<f64, CodecError> {
    let needed = usize::from(point.items());
    let incomplete = CodecError::Incomplete { got: 0, needed };
    match reply {
        Reply::Bits(bits) => bits.get(place).map(|bit| codec::decode_bit(&point.source, *bit)).ok_or(incomplete),
        Reply::Words(words) => {
            let words = words.get(place..place + needed).ok_or(incomplete)?;
            codec::decode_words(&point.source, point.order, words)
        }
        Reply::Written => Err(incomplete),
    }
}

/// Whether a read-back shows a value, as exactly as its register can.
fn shows(source: &Source, shown: f64, written: f64) -> bool {
    let half_step =
        if source.kind() == RawType::F32 { 1e-6 * written.abs() + 1e-9 } else { 0.51 / source.divisor.abs() };
    (shown - written).abs() <= half_step
}

fn not_a_value(error: &CodecError, point: &Point, what: &str) -> DriverError {
    let cause = format!("at {}: {error}", point.source.address);
    DriverError::Garbled { what: what.to_owned(), cause, hint: NOT_A_VALUE_HINT.into() }
}

fn rejected(what: String, cause: &str, hint: &str) -> DriverError {
    DriverError::Rejected { what, cause: cause.to_owned(), hint: hint.to_owned() }
}
