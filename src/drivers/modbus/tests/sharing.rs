//! Several machines on one wire.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use hearth_actors::driver::ErrorKind;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::units::Unit;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::super::bus::{BusDirectory, BusHandle, Lane, Line};
use super::super::codec::Payload;
use super::super::failure::Failure;
use super::super::link::{AfterFault, Connection, Framing, OpenLine};
use super::super::op::{Op, Reply};
use super::super::serial::SerialLine;
use super::super::tcp::Address;
use super::misbehaviour::serial_like;
use super::peer::{Frames, Shared, cell, serve};
use super::{Machine, channel};
use crate::config::modbus::{Parity, Register};

const LIMIT: Duration = Duration::from_millis(50);
const READ: Op = Op::Read { register: Register::Holding, address: 0, count: 1 };
const WRITE: Op = Op::Write { address: 9, payload: Payload::Word(1) };

fn line() -> Line {
    Line::Gateway(Address::new("pipe", 1, 50))
}

fn machine(unit: u8, buses: &BusDirectory) -> Machine {
    let link = format!("type = 'modbus_rtu_over_tcp'\nhost = 'pipe'\nport = 1\ntimeout_ms = 50\nunit_id = {unit}");
    Machine::new(&link, vec![channel("bt", Unit::None, "register = 'holding', address = 0")], buses)
}

/// Runs a machine's part on a thread and a runtime of its own, as the daemon does.
fn on_own_thread<T: Send + 'static>(part: impl AsyncFnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(part())
    })
}

fn bus(device: &Shared) -> (BusDirectory, BusHandle) {
    let buses = BusDirectory::new();
    let bus = buses.join_with(&line(), serial_like(device)).unwrap();
    (buses, bus)
}

#[test]
fn machines_on_threads_of_their_own_share_a_wire_and_get_their_own_values() {
    let device = Shared::default();
    let (buses, _bus) = bus(&device);
    let threads: Vec<_> = (1..=3)
        .map(|unit| {
            let buses = buses.clone();
            on_own_thread(async move || {
                let mut machine = machine(unit, &buses);
                machine.driver.connect().await.unwrap();
                for _ in 0..30 {
                    assert_eq!(machine.values().await, [Ok(f64::from(cell(unit, 3, 0)))]);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
}

#[test]
fn an_absent_unit_costs_the_others_little() {
    let device = Shared::default();
    device.lock().unwrap().absent.insert(9);
    let (buses, _bus) = bus(&device);
    let done = Arc::new(AtomicUsize::new(0));
    let (stop, others) = (done.clone(), buses.clone());
    let absent = on_own_thread(async move || {
        let mut machine = machine(9, &others);
        assert_eq!(machine.driver.connect().await.unwrap_err().kind(), ErrorKind::Timeout);
        let share = others.join(&line()).unwrap();
        while stop.load(Ordering::Relaxed) == 0 {
            assert!(matches!(share.call(9, READ, Lane::Ordinary, LIMIT).await, Err(Failure::Silent { .. })));
            tokio::task::yield_now().await;
        }
    });
    let present = on_own_thread(async move || {
        let mut machine = machine(1, &buses);
        machine.driver.connect().await.unwrap();
        for _ in 0..150 {
            assert_eq!(machine.values().await, [Ok(f64::from(cell(1, 3, 0)))]);
        }
        done.store(1, Ordering::Relaxed);
    });
    present.join().unwrap();
    absent.join().unwrap();
    let asked = device.lock().unwrap().requests.iter().filter(|(unit, _)| *unit == 9).count();
    assert!((2..=14).contains(&asked), "asked {asked} times while its neighbour was asked 150 times");
}

#[tokio::test]
async fn a_silent_unit_is_told_apart_from_a_silent_bus() {
    let device = Shared::default();
    device.lock().unwrap().absent.extend([5, 6]);
    let (_, bus) = bus(&device);
    let hint = async |unit| match bus.call(unit, READ, Lane::Ordinary, LIMIT).await {
        Err(Failure::Silent { hint, .. }) => hint,
        other => panic!("{other:?}"),
    };
    assert!(hint(5).await.contains("unit 5 is silent"));
    assert!(hint(6).await.contains("nobody on this bus answers"));
    bus.call(1, READ, Lane::Ordinary, LIMIT).await.unwrap();
    assert!(hint(5).await.contains("others on this bus answer"));
}

/// Keeps the bus busy with a unit that does not answer; returns when its question is on the wire.
async fn occupy(device: &Shared, bus: &BusHandle) -> tokio::task::JoinHandle<Result<Reply, Failure>> {
    device.lock().unwrap().absent.insert(2);
    let share = bus.clone();
    let occupied = tokio::spawn(async move { share.call(2, READ, Lane::Ordinary, Duration::from_millis(200)).await });
    until("the bus is occupied", || !device.lock().unwrap().requests.is_empty()).await;
    occupied
}

fn functions(device: &Shared) -> Vec<u8> {
    device.lock().unwrap().requests.iter().map(|(_, pdu)| pdu[0]).collect()
}

#[tokio::test]
async fn orders_overtake_readings_that_wait() {
    let device = Shared::default();
    let (_, bus) = bus(&device);
    // Of a line that nothing was read from yet, a write is not believed before something is.
    bus.call(1, READ, Lane::Ordinary, LIMIT).await.unwrap();
    device.lock().unwrap().requests.clear();
    let occupied = occupy(&device, &bus).await;
    let reading = bus.call(1, READ, Lane::Ordinary, LIMIT);
    let order = bus.call(1, WRITE, Lane::Urgent, LIMIT);
    let (reading, order) = tokio::join!(reading, order);
    reading.unwrap();
    order.unwrap();
    occupied.await.unwrap().unwrap_err();
    assert_eq!(functions(&device), [3, 6, 3]);
}

#[tokio::test]
async fn an_order_whose_sender_is_gone_is_never_sent() {
    let device = Shared::default();
    let (_, bus) = bus(&device);
    let occupied = occupy(&device, &bus).await;
    let mut order = Box::pin(bus.call(1, WRITE, Lane::Urgent, LIMIT));
    assert!((&mut order).now_or_never().is_none(), "it waits for its turn");
    drop(order);
    bus.call(1, READ, Lane::Ordinary, LIMIT).await.unwrap();
    occupied.await.unwrap().unwrap_err();
    assert_eq!(functions(&device), [3, 3]);
}

/// A pipe that can be told to panic and whose life can be watched.
#[derive(Debug)]
struct Fragile {
    pipe: DuplexStream,
    panics: bool,
    _alive: Arc<()>,
}

impl AsyncRead for Fragile {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buf)
    }
}

impl AsyncWrite for Fragile {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        assert!(!self.panics, "scripted panic in the bus");
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// Opens pipes of which the first `panicking` ones panic and the next `failing` attempts fail.
fn fragile(device: &Shared, panicking: usize, failing: usize) -> (OpenLine, Weak<()>, Arc<AtomicUsize>) {
    let (device, alive, attempts) = (device.clone(), Arc::new(()), Arc::new(AtomicUsize::new(0)));
    let (watch, count) = (Arc::downgrade(&alive), attempts.clone());
    let open: OpenLine = Box::new(move || {
        let attempt = count.fetch_add(1, Ordering::Relaxed);
        if (panicking..panicking + failing).contains(&attempt) {
            return Box::pin(async { Err(Failure::broken("unplugged", "plug it in")) });
        }
        let (pipe, theirs) = tokio::io::duplex(512);
        tokio::spawn(serve(theirs, Frames::Rtu, device.clone()));
        let stream = Fragile { pipe, panics: attempt < panicking, _alive: alive.clone() };
        let framing = Framing::Rtu { gap: Duration::from_millis(2), after_fault: AfterFault::Keep };
        Box::pin(async move { Ok(Connection::new(Box::new(stream), framing)) })
    });
    (open, watch, attempts)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "still waiting until {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_bus_that_panics_comes_back_and_its_machines_are_told() {
    let device = Shared::default();
    let buses = BusDirectory::new();
    let (open, _, _) = fragile(&device, 1, 0);
    let _bus = buses.join_with(&line(), open).unwrap();
    let mut machine = machine(1, &buses);
    let error = machine.driver.connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
    machine.driver.connect().await.unwrap();
    assert_eq!(machine.values().await, [Ok(f64::from(cell(1, 3, 0)))]);
}

#[tokio::test]
async fn an_unplugged_line_is_opened_again_but_not_in_a_frenzy() {
    let device = Shared::default();
    let buses = BusDirectory::new();
    let (open, _, attempts) = fragile(&device, 0, 2);
    let bus = buses.join_with(&line(), open).unwrap();
    let started = tokio::time::Instant::now();
    let mut refusals = 0;
    while let Err(failure) = bus.call(1, READ, Lane::Ordinary, LIMIT).await {
        assert!(matches!(failure, Failure::Broken { .. }));
        refusals += 1;
        tokio::task::yield_now().await;
    }
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
    assert!(refusals > 2, "refused at once in between");
    assert!(started.elapsed() >= Duration::from_millis(300), "100 ms, then 200 ms");
}

#[tokio::test]
async fn a_bus_ends_and_closes_its_line_when_the_last_machine_lets_go() {
    let device = Shared::default();
    let buses = BusDirectory::new();
    let (open, alive, _) = fragile(&device, 0, 0);
    let first = buses.join_with(&line(), open).unwrap();
    let second = buses.join(&line()).unwrap();
    second.call(1, READ, Lane::Ordinary, LIMIT).await.unwrap();
    drop(first);
    second.call(1, READ, Lane::Ordinary, LIMIT).await.unwrap();
    assert!(alive.upgrade().is_some());
    drop(second);
    until("the line is closed", || alive.upgrade().is_none()).await;
}

#[test]
fn two_machines_that_want_one_port_run_differently_are_told_so() {
    let buses = BusDirectory::new();
    let slow = SerialLine { port: "/dev/null".into(), baud: 9_600, parity: Parity::None, stop_bits: 1 };
    let _held = buses.join(&Line::Serial(slow.clone())).unwrap();
    assert!(buses.join(&Line::Serial(slow.clone())).is_ok());
    let fast = Line::Serial(SerialLine { baud: 19_200, stop_bits: 2, ..slow });
    let Err(Failure::Broken { cause, .. }) = buses.join(&fast) else { panic!("shared") };
    assert!(cause.contains("9600 8N1") && cause.contains("19200 8N2"), "{cause}");
    drop(_held);
    assert!(buses.join(&fast).is_ok(), "free again");
}

#[tokio::test]
async fn a_machine_whose_line_was_never_opened_reads_nothing() {
    let mut machine = machine(1, &BusDirectory::new());
    assert_eq!(machine.values().await, [Err(MissingReason::Disconnected)]);
}
