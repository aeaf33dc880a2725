//! What is reported as done is done, whatever happens to the answers on their way: orders at random to a [shaky](super::shaky) device.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use hearth_actors::driver::ErrorKind;
use hearth_actors::model::channel::Channel;
use hearth_actors::model::units::Unit;
use tokio::task::LocalSet;

use super::super::ModbusDriver;
use super::super::access::Link;
use super::super::bus::{self, BusDirectory, Line};
use super::super::codec::{self, Payload};
use super::super::tcp::{Address, TcpLine};
use super::peer::cell;
use super::shaky::{HARMS, Harm, LIMIT_MS, Over, Shared, World, opener};
use super::{Machine, channel, control};
use crate::config::modbus::{ChannelSource, Register, WordOrder};

fn channels() -> Vec<(Channel, ChannelSource)> {
    let float = "type = 'f32'";
    vec![
        channel("bt", Unit::None, "register = 'input', address = 0"),
        control("coil", 1.0, "register = 'coil', address = 0", None),
        control("coil_seen", 1.0, "register = 'coil', address = 1", Some("register = 'discrete', address = 1")),
        control("word", 100.0, "register = 'holding', address = 10, divisor = 10", None),
        control(
            "word_seen",
            100.0,
            "register = 'holding', address = 11, divisor = 10",
            Some("register = 'input', address = 11, divisor = 10"),
        ),
        control("float", 100.0, &format!("register = 'holding', address = 20, {float}"), None),
        control(
            "float_seen",
            100.0,
            &format!("register = 'holding', address = 22, {float}"),
            Some(&format!("register = 'input', address = 22, {float}")),
        ),
        control("far", 100.0, &format!("register = 'holding', address = 20, {float}, unit_id = 2"), None),
    ]
}

/// A machine at such a device, and what keeps its line.
fn machine(world: &Shared, over: Over) -> (Machine, Option<bus::BusHandle>) {
    let (buses, at, open) = (BusDirectory::new(), Address::new("pipe", 1, LIMIT_MS), opener(world, over));
    let kind = if over == Over::Tcp { "modbus_tcp" } else { "modbus_rtu_over_tcp" };
    let link = format!("type = '{kind}'\nhost = 'pipe'\nport = 1\ntimeout_ms = {LIMIT_MS}");
    let mut machine = Machine::new(&link, channels(), &buses);
    if over != Over::Tcp {
        return (machine, Some(bus::serve_here(&buses, &Line::Gateway(at), open)));
    }
    let (_, sources): (Vec<_>, Vec<_>) = channels().into_iter().unzip();
    let mut driver = ModbusDriver::new(&toml::from_str(&link).unwrap(), &sources, &buses, &machine.spec);
    driver.link = Link::Own(TcpLine::opened_by(at, open));
    machine.driver = Box::new(driver);
    (machine, None)
}

/// How often an output was ordered, and how often that was reported as done.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    ordered: usize,
    done: usize,
}

/// Whether the device holds what was ordered.
fn holds(world: &Shared, source: &ChannelSource, native: f64) -> bool {
    let source = &source.source;
    let words = match codec::encode(source, WordOrder::LowFirst, native).unwrap() {
        Payload::Bit(on) => vec![u16::from(on)],
        Payload::Word(word) => vec![word],
        Payload::Pair(words) => words.to_vec(),
    };
    let table = if source.register == Register::Coil { 1 } else { 3 };
    let cells = &world.lock().unwrap().real.cells;
    let unit = source.unit_id.unwrap_or(1);
    (source.address..).zip(words).all(|(address, word)| cells.get(&(unit, table, address)) == Some(&word))
}

async fn connected(machine: &mut Machine) {
    // Each attempt may meet a harm of its own.
    while machine.driver.connect().await.is_err() {}
}

/// Orders at random and, between them, readings.
async fn order(over: Over, orders: usize) -> (Shared, BTreeMap<&'static str, Count>) {
    const OUTPUTS: [&str; 7] = ["coil", "coil_seen", "word", "word_seen", "float", "float_seen", "far"];
    let world = Arc::new(Mutex::new(World::new(over)));
    let (mut machine, _line) = machine(&world, over);
    let (_, sources): (Vec<_>, Vec<_>) = channels().into_iter().unzip();
    let (mut rng, mut counts) = (Rng::with_seed(11), BTreeMap::<_, Count>::new());
    connected(&mut machine).await;
    let mut id = OUTPUTS[0];
    for nth in 0..orders {
        // As a slider is moved: a late answer meets the next order of the same output.
        if rng.u8(..5) == 0 {
            id = OUTPUTS[rng.usize(..OUTPUTS.len())];
        }
        let steps = if id.starts_with("coil") { 1 } else { 20 };
        let order = machine.order(id, f64::from(rng.u8(0..=steps)) / f64::from(steps));
        let about = machine.spec.channels.get(order.channel()).unwrap().control().unwrap().clone();
        let result = machine.driver.apply(&order).await;
        let count = counts.entry(id).or_default();
        count.ordered += 1;
        let shown = result.as_ref().ok().and_then(|applied| applied.readback);
        if result.is_ok() && shown.is_none_or(|shown| about.agrees(shown, order.native())) {
            count.done += 1;
            let is_so = holds(&world, &sources[order.channel()], order.native());
            assert!(is_so, "{over:?}, order {nth}: `{id}` is not {} as reported: {result:?}", order.native());
        }
        if rng.u8(..4) == 0 {
            let bt = machine.values().await[0];
            assert!(bt.is_err() || bt == Ok(f64::from(cell(1, 4, 0))), "{over:?}, after order {nth}: {bt:?}");
        }
        if matches!(&result, Err(error) if error.kind() == ErrorKind::Disconnected) {
            connected(&mut machine).await;
        }
    }
    (world, counts)
}

/// How many orders are given over each link: 1,500, or as many as `HEARTH_REPLIES` says.
fn orders() -> usize {
    std::env::var("HEARTH_REPLIES").ok().and_then(|count| count.parse().ok()).unwrap_or(1_500)
}

async fn check(over: Over) {
    let (world, counts) = LocalSet::new().run_until(order(over, orders())).await;
    let world = world.lock().unwrap();
    let done: usize = counts.values().map(|count| count.done).sum();
    println!("{over:?}: {} orders, {done} reported as done, none wrongly", orders());
    println!("  {} refused, {} confirmed in vain; answers: {:?}", world.refused, world.confirmed_in_vain, world.harms);
    for (id, Count { ordered, done }) in &counts {
        assert!(*done * 50 > *ordered && done < ordered, "`{id}`: {done} of {ordered} done: nothing was tried");
    }
    assert!(done * 6 > orders(), "{done} of all");
    let missing: Vec<_> = HARMS.iter().filter(|harm| !world.harms.contains_key(harm)).collect();
    assert!(missing.iter().all(|harm| **harm == Harm::OtherTransaction && over != Over::Tcp), "{missing:?}");
    assert!(world.refused > 0 && world.confirmed_in_vain > 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_as_done_is_done_over_tcp() {
    check(Over::Tcp).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_as_done_is_done_over_a_network_adapter() {
    check(Over::Adapter).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_as_done_is_done_on_a_serial_line() {
    check(Over::Serial).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_as_done_is_done_on_a_line_that_repeats_what_is_sent() {
    check(Over::Repeating).await;
}
