//! Which requests fetch a machine's values: neighbours together, never too many, never half a value. Pure.
//!
//! Devices differ in what they allow to be read at once, so the plan learns: a request that is refused for its addresses is
//! [split](Plan::split), first where it spans a gap, then into single values. It never grows together again.

use crate::config::modbus::{Register, Source, WordOrder};

use super::op::Op;

/// Bits one read may fetch at most. Source: Modbus application protocol 1.1b3, 6.1.
const BITS_MAX: u32 = 2_000;
/// Bits that weigh as much as a register on the wire.
const BITS_PER_REGISTER: u32 = 16;

/// One value to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Index of the channel that it fills.
    pub channel: usize,
    /// Which unit holds it.
    pub unit: u8,
    /// Where and how.
    pub source: Source,
    /// Word order of 32-bit values.
    pub order: WordOrder,
    /// Whether the machine can do without it.
    pub need: Need,
}

/// Whether a machine can do without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It was asked for: a sensor, a read-back.
    Required,
    /// It is read because it is there: the register that a control is written to, which may be write-only.
    Welcome,
}

impl Point {
    fn key(&self) -> (u8, Register, u16) {
        (self.unit, self.source.register, self.source.address)
    }

    fn end(&self) -> u32 {
        u32::from(self.source.address) + u32::from(self.items())
    }

    /// Registers or bits that it occupies.
    pub fn items(&self) -> u16 {
        if self.source.register.is_bits() { 1 } else { self.source.kind().words() }
    }
}

/// How far one request may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Widest gap that is read along. Unit: registers (16 bits each).
    pub max_gap: u16,
    /// Most registers in one request.
    pub max_registers: u16,
}

/// One request: points of one unit and table, sorted by address. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// What it fetches.
    points: Vec<Point>,
    asked: Asked,
}

/// Whether a batch is asked for at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Yes,
    /// The device refuses, and the machine can do without.
    NotNow,
}

/// What became of a batch that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// It is smaller now; what it no longer fetches stands at the end of the plan.
    Divided,
    /// It is a single value that the machine can do without: not asked again on this connection.
    Muted,
    /// It is a single value that the machine needs.
    Indivisible,
}

/// The requests of one full reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    batches: Vec<Batch>,
}

impl Batch {
    fn of(points: Vec<Point>) -> Self {
        Self { points, asked: Asked::Yes }
    }

    /// The points it fetches.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// First address.
    fn start(&self) -> u16 {
        self.points.first().map_or(0, |p| p.source.address)
    }

    /// Unit and request; `None` for a batch that is not asked for.
    pub fn op(&self) -> Option<(u8, Op)> {
        let first = self.points.first()?;
        let address = first.source.address;
        let end = self.points.iter().map(Point::end).max()?;
        let count = u16::try_from(end - u32::from(address)).ok()?;
        (self.asked == Asked::Yes).then_some((first.unit, Op::Read { register: first.source.register, address, count }))
    }

    /// Each point with the place of its first item in the answer.
    pub fn places(&self) -> impl Iterator<Item = (&Point, usize)> {
        let start = self.start();
        self.points.iter().map(move |p| (p, usize::from(p.source.address.saturating_sub(start))))
    }
}

impl Plan {
    /// Groups points by unit and table and joins neighbours as far as the limits allow.
    pub fn new(mut points: Vec<Point>, limits: Limits) -> Self {
        points.sort_by_key(|p| (p.key(), p.channel));
        Self { batches: joined(points, limits) }
    }

    /// How many requests there are.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// All requests.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Makes a refused request smaller, for good. Other requests keep their index.
    pub fn split(&mut self, index: usize) -> Split {
        let Some(batch) = self.batches.get_mut(index) else { return Split::Indivisible };
        if batch.points.len() == 1 {
            return if self.mute(index) { Split::Muted } else { Split::Indivisible };
        }
        let points = std::mem::take(&mut batch.points);
        let without_gaps = joined(points, Limits { max_gap: 0, max_registers: u16::MAX });
        let parts = match <[Batch; 1]>::try_from(without_gaps) {
            Ok([whole]) => whole.points.into_iter().map(|p| Batch::of(vec![p])).collect(),
            Err(parts) => parts,
        };
        let mut parts = parts.into_iter();
        if let Some(first) = parts.next() {
            *batch = first;
        }
        self.batches.extend(parts);
        Split::Divided
    }

    /// Leaves a refused request out if the machine can do without all of it; says whether it did.
    pub fn mute(&mut self, index: usize) -> bool {
        match self.batches.get_mut(index) {
            Some(batch) if batch.points.iter().all(|p| p.need == Need::Welcome) => {
                batch.asked = Asked::NotNow;
                true
            }
            _ => false,
        }
    }

    /// Asks again for what was muted: a device that was starting may have refused for that reason alone.
    pub fn unmute(&mut self) {
        for batch in &mut self.batches {
            batch.asked = Asked::Yes;
        }
    }
}

/// Sorted points, joined from left to right.
fn joined(points: Vec<Point>, limits: Limits) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut end = 0;
    for point in points {
        match batches.last_mut() {
            Some(batch) if joins(batch, end, &point, limits) => {
                end = end.max(point.end());
                batch.points.push(point);
            }
            _ => {
                end = point.end();
                batches.push(Batch::of(vec![point]));
            }
        }
    }
    batches
}

fn joins(batch: &Batch, end: u32, point: &Point, limits: Limits) -> bool {
    let Some(first) = batch.points.first() else { return true };
    let scale = if point.source.register.is_bits() { BITS_PER_REGISTER } else { 1 };
    let most = if point.source.register.is_bits() { BITS_MAX } else { u32::from(u16::MAX) };
    let (max_gap, max_items) = (u32::from(limits.max_gap) * scale, (u32::from(limits.max_registers) * scale).min(most));
    let start = u32::from(first.source.address);
    (first.unit, first.source.register) == (point.unit, point.source.register)
        && u32::from(point.source.address) <= end + max_gap
        && end.max(point.end()) - start <= max_items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::modbus::RawType;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { max_gap: 8, max_registers: 125 };

    fn point(channel: usize, unit: u8, register: Register, address: u16, kind: RawType) -> Point {
        let source = Source {
            register,
            address,
            raw_type: Some(if register.is_bits() { RawType::Bool } else { kind }),
            divisor: 1.0,
            offset: 0.0,
            unit_id: None,
            word_order: None,
        };
        Point { channel, unit, source, order: WordOrder::LowFirst, need: Need::Required }
    }

    fn word(channel: usize, address: u16) -> Point {
        point(channel, 1, Register::Holding, address, RawType::U16)
    }

    fn ops(plan: &Plan) -> Vec<(u8, u16, u16)> {
        let op = |b: &Batch| match b.op() {
            Some((unit, Op::Read { address, count, .. })) => (unit, address, count),
            other => panic!("{other:?}"),
        };
        plan.batches().iter().map(op).collect()
    }

    #[test]
    fn neighbours_come_in_one_request() {
        let plan = Plan::new(vec![word(0, 774), word(1, 768), word(2, 772)], LIMITS);
        assert_eq!(ops(&plan), [(1, 768, 7)]);
    }

    #[test]
    fn a_gap_is_bridged_up_to_the_limit_and_no_further() {
        assert_eq!(ops(&Plan::new(vec![word(0, 0), word(1, 9)], LIMITS)), [(1, 0, 10)]);
        assert_eq!(ops(&Plan::new(vec![word(0, 0), word(1, 10)], LIMITS)), [(1, 0, 1), (1, 10, 1)]);
        let none = Limits { max_gap: 0, ..LIMITS };
        assert_eq!(ops(&Plan::new(vec![word(0, 0), word(1, 1), word(2, 3)], none)), [(1, 0, 2), (1, 3, 1)]);
    }

    #[test]
    fn units_and_tables_never_share_a_request() {
        let points = vec![
            point(0, 1, Register::Holding, 0, RawType::U16),
            point(1, 2, Register::Holding, 1, RawType::U16),
            point(2, 1, Register::Input, 1, RawType::U16),
            point(3, 1, Register::Coil, 1, RawType::Bool),
            point(4, 1, Register::Discrete, 1, RawType::Bool),
        ];
        assert_eq!(Plan::new(points, LIMITS).len(), 5);
    }

    #[test]
    fn two_channels_may_show_the_same_register() {
        let plan = Plan::new(vec![word(0, 5), word(1, 5)], LIMITS);
        assert_eq!(ops(&plan), [(1, 5, 1)]);
        assert_eq!(plan.batches()[0].points().len(), 2);
    }

    #[test]
    fn a_refused_request_falls_apart_at_its_gaps_and_then_into_single_values() {
        let mut plan = Plan::new(vec![word(0, 0), word(1, 1), word(2, 5), word(3, 6), word(4, 40)], LIMITS);
        assert_eq!(ops(&plan), [(1, 0, 7), (1, 40, 1)]);
        assert_eq!(plan.split(0), Split::Divided);
        assert_eq!(ops(&plan), [(1, 0, 2), (1, 40, 1), (1, 5, 2)], "others keep their place");
        assert_eq!(plan.split(0), Split::Divided);
        assert_eq!(ops(&plan), [(1, 0, 1), (1, 40, 1), (1, 5, 2), (1, 1, 1)]);
        assert_eq!(plan.split(0), Split::Indivisible);
        assert_eq!(plan.split(99), Split::Indivisible);
    }

    #[test]
    fn a_register_that_is_only_welcome_is_left_out_until_the_next_connection() {
        let mut plan = Plan::new(vec![Point { need: Need::Welcome, ..word(0, 0) }, word(1, 50)], LIMITS);
        assert_eq!(plan.split(0), Split::Muted);
        assert_eq!(plan.batches()[0].op(), None);
        assert_eq!(plan.len(), 2, "the other request keeps its index");
        plan.unmute();
        assert!(plan.batches()[0].op().is_some());
    }

    #[test]
    fn a_table_that_a_device_does_not_have_is_left_out_only_if_nothing_in_it_is_needed() {
        let welcome = |channel, address| Point { need: Need::Welcome, ..word(channel, address) };
        let mut plan = Plan::new(vec![welcome(0, 0), welcome(1, 1)], LIMITS);
        assert!(plan.mute(0) && plan.batches()[0].op().is_none());
        let mut plan = Plan::new(vec![welcome(0, 0), word(1, 1)], LIMITS);
        assert!(!plan.mute(0) && plan.batches()[0].op().is_some());
    }

    fn any_point() -> impl Strategy<Value = Point> {
        let registers = [Register::Coil, Register::Discrete, Register::Input, Register::Holding];
        let kinds = [RawType::U16, RawType::F32, RawType::Bcd32, RawType::I16];
        (0..50usize, 1..4u8, 0..4usize, 0..600u16, 0..4usize)
            .prop_map(move |(channel, unit, r, address, k)| point(channel, unit, registers[r], address, kinds[k]))
    }

    fn all_points(plan: &Plan) -> Vec<(usize, u8, Register, u16)> {
        let mut all: Vec<_> = plan
            .batches()
            .iter()
            .flat_map(Batch::points)
            .map(|p| (p.channel, p.unit, p.source.register, p.source.address))
            .collect();
        all.sort();
        all
    }

    proptest! {
        #[test]
        fn every_point_is_fetched_once_whole_and_within_the_limits(
            points in prop::collection::vec(any_point(), 0..60),
            max_gap in 0..30u16,
            max_registers in 2..=125u16,
            splits in prop::collection::vec(0..70usize, 0..40),
        ) {
            let mut plan = Plan::new(points.clone(), Limits { max_gap, max_registers });
            for index in splits {
                plan.split(index);
            }
            let mut expected: Vec<_> =
                points.iter().map(|p| (p.channel, p.unit, p.source.register, p.source.address)).collect();
            expected.sort();
            prop_assert_eq!(all_points(&plan), expected);
            for batch in plan.batches() {
                let Some((unit, Op::Read { register, address, count })) = batch.op() else { panic!("not a read") };
                let most = if register.is_bits() { (max_registers * 16).min(2_000) } else { max_registers };
                prop_assert!(count >= 1 && count <= most);
                for (point, place) in batch.places() {
                    prop_assert_eq!((point.unit, point.source.register), (unit, register));
                    prop_assert_eq!(address + u16::try_from(place).unwrap(), point.source.address);
                    prop_assert!(place + usize::from(point.items()) <= usize::from(count), "half a value");
                }
            }
        }
    }
}
