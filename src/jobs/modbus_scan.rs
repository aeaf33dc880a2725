//! `modbus_scan(driver, table, from, to)`: which registers a device has, and what they hold. It reads and never writes.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::Arc;

use async_trait::async_trait;
use hearth_actors::tasks::job::{Job, JobError, Steps, Work};
use serde_json::{Value, json};

use super::Hands;
use super::call::Call;
use crate::config::driver::DriverConfig;
use crate::config::faults::Faults;
use crate::config::modbus::{ModbusConfig, Register};
use crate::config::parse::parse_all;
use crate::wire::fields::{whole, word};

/// Registers of one scan: what came of it is kept with the task.
const REGISTERS_MAX: u64 = 2000;
/// Answers that may fail one after the other before the first good one.
const SILENT_MAX: u32 = 3;
const TABLES: [&str; 4] = ["holding", "input", "coil", "discrete"];

/// Why registers could not be read, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The device does not have all of them.
    Refused(String),
    /// Anything else.
    Failed(String),
}

/// A device that is looked at.
#[async_trait(?Send)]
pub trait Registers {
    /// Reads `count` items of a table; a bit is 0 or 1.
    ///
    /// # Errors
    /// Why not.
    async fn read(&mut self, table: Register, from: u16, count: u16) -> Result<Vec<u16>, Unread>;
}

/// Finds the way to a device; refuses lines that a connected machine uses.
pub type OpenRegisters = Arc<dyn Fn(&ModbusConfig) -> Result<Box<dyn Registers>, String> + Send + Sync>;

/// `modbus_scan(driver, table, from, to)`.
pub(super) fn modbus_scan(call: &mut Call<'_>, hands: &Arc<Hands>) -> Work {
    let link = call.document("driver", link);
    if link.is_none() {
        call.missing("driver", "an object as in a machine on Modbus");
    }
    let table = call.take("table", word(table, &TABLES));
    if table.is_none() {
        call.missing("table", &format!("one of {}", TABLES.join(", ")));
    }
    let last = u64::from(u16::MAX);
    let from = call.take("from", whole(0..=last)).unwrap_or(0);
    let to = call.take("to", whole(from..=last.min(from + REGISTERS_MAX - 1)));
    let to = to.unwrap_or_else(|| last.min(from + u64::from(crate::config::modbus::REGISTERS_MAX) - 1));
    Work::Waiting(Box::new(ModbusScan { hands: Arc::clone(hands), link: link.flatten(), table, from, to }))
}

fn table(text: &str) -> Option<Register> {
    let tables = [Register::Holding, Register::Input, Register::Coil, Register::Discrete];
    TABLES.into_iter().zip(tables).find(|(name, _)| *name == text).map(|(_, table)| table)
}

fn link(value: &Value, at: &str, faults: &mut Faults) -> Option<ModbusConfig> {
    match parse_all::<DriverConfig>(value.clone()) {
        Ok(DriverConfig::Modbus(link)) => {
            link.check(at, faults);
            return Some(link);
        }
        Ok(DriverConfig::Simulator(_) | DriverConfig::Push(_)) => {
            faults.add(format!("{at}/type"), "is no Modbus: modbus_tcp, modbus_rtu or modbus_rtu_over_tcp is needed");
        }
        Err(found) => faults.absorb(at, found),
    }
    None
}

struct ModbusScan {
    hands: Arc<Hands>,
    /// Both are there, or the arguments had a fault.
    link: Option<ModbusConfig>,
    table: Option<Register>,
    from: u64,
    to: u64,
}

#[async_trait(?Send)]
impl Job for ModbusScan {
    async fn run(self: Box<Self>, mut steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        let Self { hands, link, table, from, to } = *self;
        let (Some(link), Some(table)) = (link, table) else {
            return Err(JobError::Failed("it was started without a link".to_owned()));
        };
        let mut device = (hands.registers)(&link).map_err(JobError::Failed)?;
        let total = to - from + 1;
        let mut found = Found::default();
        let mut spans = spans(from, to, u64::from(link.common().max_registers));
        let mut failures = 0;
        while let Some(Span { from, count }) = spans.pop_front() {
            steps.step().await?;
            let waited = device.read(table, first(from), first(count));
            let Some(answer) = steps.unless_told(waited).await else {
                spans.push_front(Span { from, count });
                continue;
            };
            match answer {
                Ok(values) => found.answered(from, values),
                Err(Unread::Refused(_)) if count > 1 => {
                    let half = count / 2;
                    spans.push_front(Span { from: from + half, count: count - half });
                    spans.push_front(Span { from, count: half });
                    continue;
                }
                Err(Unread::Refused(why)) => found.failed(from, count, Unread::Refused(why)),
                Err(Unread::Failed(why)) => {
                    failures += 1;
                    if failures >= SILENT_MAX && found.ranges.is_empty() {
                        return Err(JobError::Failed(why));
                    }
                    found.failed(from, count, Unread::Failed(why));
                }
            }
            let left: u64 = spans.iter().map(|span| span.count).sum();
            steps.report(total - left, total, format!("register {} of {to}", from + count - 1));
        }
        Ok(Some(found.told(table).to_string().into()))
    }
}

/// Registers to be read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: u64,
    count: u64,
}

fn spans(from: u64, to: u64, most: u64) -> VecDeque<Span> {
    let most = most.max(1);
    let starts = (from..=to).step_by(usize::try_from(most).unwrap_or(1));
    starts.map(|start| Span { from: start, count: most.min(to - start + 1) }).collect()
}

/// An address or a count as it travels; both were checked to fit.
fn first(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    /// Where each begins, and its values.
    ranges: Vec<(u64, Vec<u16>)>,
    /// First and last register of each, and why there is no answer.
    errors: Vec<(u64, u64, Unread)>,
}

impl Found {
    fn answered(&mut self, from: u64, values: Vec<u16>) {
        match self.ranges.last_mut() {
            Some((start, known)) if *start + known.len() as u64 == from => known.extend(values),
            Some(_) | None => self.ranges.push((from, values)),
        }
    }

    /// The words of the first register stand for its neighbours that are missing in the same way.
    fn failed(&mut self, from: u64, count: u64, why: Unread) {
        let last = from + count - 1;
        match self.errors.last_mut() {
            Some((_, end, known)) if *end + 1 == from && discriminant(known) == discriminant(&why) => *end = last,
            Some(_) | None => self.errors.push((from, last, why)),
        }
    }

    fn told(&self, table: Register) -> Value {
        let ranges = self.ranges.iter().map(|(from, values)| json!({ "from": from, "values": values }));
        let errors = self.errors.iter().map(|(from, to, why)| {
            let (Unread::Refused(words) | Unread::Failed(words)) = why;
            json!({ "from": from, "to": to, "error": words })
        });
        json!({ "table": table, "ranges": ranges.collect::<Vec<_>>(), "errors": errors.collect::<Vec<_>>() })
    }
}
