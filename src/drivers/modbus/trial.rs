//! Every value of a machine read once, for whoever sets it up: raw, scaled, and how long it took. Reads, never writes.

use std::collections::BTreeSet;
use std::time::Duration;

use hearth_actors::driver::DriverError;
use tokio::time::{Instant, timeout_at};

use super::access::Link;
use super::bus::{BusDirectory, Lane};
use super::failure::{Failure, NOBODY_THERE};
use super::op::Op;
use super::plan::{Need, Point};
use super::{not_a_value, point, value};
use crate::config::modbus::{ChannelSource, ModbusConfig, Source};
use crate::drivers::trial::{Part, Tried, Why};

/// Attempts after which a link that breaks each time is left alone.
const BREAKS_MAX: u32 = 2;

const UNIT_SILENT: &str = "not asked: the same unit gave no answer just before";
const LINK_BROKEN: &str = "not asked: the link broke just before";
const OUT_OF_TIME: &str = "not asked: the test had taken long enough; use a shorter timeout_ms while testing";

/// Reads every value once, in the order of `sources`. What cannot be asked any more by `until` is told so.
///
/// On a line that connected machines use, it takes turns with them.
///
/// # Errors
/// When the link cannot be opened.
pub async fn read_once(
    config: &ModbusConfig,
    sources: &[ChannelSource],
    buses: &BusDirectory,
    until: Instant,
) -> Result<Vec<Tried>, DriverError> {
    let mut round = Round::open(config, buses, until).await?;
    let mut tried = Vec::new();
    for (channel, wired) in sources.iter().enumerate() {
        let parts = [(Part::Source, Some(&wired.source)), (Part::Readback, wired.readback.as_ref())];
        for (part, source) in parts.into_iter().filter_map(|(part, source)| Some((part, source?))) {
            tried.push(round.read(&point(channel, source, config.common(), Need::Required), part).await);
        }
    }
    round.link.close();
    Ok(tried)
}

/// One round of questions.
struct Round {
    link: Link,
    limit: Duration,
    until: Instant,
    silent: BTreeSet<u8>,
    breaks: u32,
}

impl Round {
    async fn open(config: &ModbusConfig, buses: &BusDirectory, until: Instant) -> Result<Self, DriverError> {
        let mut link = Link::new(config, buses);
        let opened = timeout_at(until, link.open()).await;
        let opened = opened.unwrap_or_else(|_| Err(Failure::broken("no answer in time", NOBODY_THERE)));
        opened.map_err(|failure| failure.during(format!("connecting to {}", link.place())))?;
        let limit = Duration::from_millis(config.common().timeout_ms);
        Ok(Self { link, limit, until, silent: BTreeSet::new(), breaks: 0 })
    }

    async fn read(&mut self, point: &Point, part: Part) -> Tried {
        let nothing = Tried { channel: point.channel, part, raw: None, native: None, took: None, why_not: None };
        let not_asked = |why| Tried { why_not: Some(Why::NotAsked(why)), ..nothing };
        match () {
            () if self.silent.contains(&point.unit) => return not_asked(UNIT_SILENT),
            () if self.breaks >= BREAKS_MAX => return not_asked(LINK_BROKEN),
            () if Instant::now() >= self.until => return not_asked(OUT_OF_TIME),
            () => {}
        }
        let op = Op::Read { register: point.source.register, address: point.source.address, count: point.items() };
        let what = op.words(point.unit, &self.link.place());
        let asked_at = Instant::now();
        let answer = timeout_at(self.until, self.link.ask(point.unit, op, Lane::Ordinary, self.limit)).await;
        let took = Some(asked_at.elapsed());
        let failed = |error| Tried { took, why_not: Some(Why::Failed(error)), ..nothing };
        let reply = match answer {
            Ok(Ok(reply)) => reply,
            Ok(Err(failure)) => {
                match &failure {
                    Failure::Silent { .. } | Failure::Noise { .. } => _ = self.silent.insert(point.unit),
                    Failure::Broken { .. } => self.breaks += 1,
                    Failure::Refused(_) | Failure::Garbled { .. } => {}
                }
                return failed(failure.during(what));
            }
            Err(_) => return not_asked(OUT_OF_TIME),
        };
        let bare = Point { source: Source { divisor: 1.0, offset: 0.0, ..point.source.clone() }, ..point.clone() };
        match value(&bare, 0, &reply) {
            Ok(raw) => Tried { raw: Some(raw), native: Some(point.source.native(raw)), took, ..nothing },
            Err(error) => failed(not_a_value(&error, point, &what)),
        }
    }
}
