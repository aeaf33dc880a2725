//! Scripted faults, as the machine's actor meets them.

use std::time::Duration;

use futures_util::FutureExt;

use crate::config::simulator::{FaultConfig, FaultKind};

use super::*;

fn faulty(kind: FaultKind) -> SimulatorConfig {
    let fault = FaultConfig { kind, at_ms: 5_000, for_ms: 2_000, every_ms: None };
    SimulatorConfig { faults: vec![fault], ..quiet() }
}

/// A driver connected at 0 ms, and the time moved on to `ms`.
async fn connected_then(config: &SimulatorConfig, spec: &MachineSpec, ms: u64) -> Box<dyn Driver> {
    let mut driver = factory(config)(spec);
    driver.connect().await.unwrap();
    read(driver.as_mut(), spec).await.unwrap();
    pass(ms).await;
    driver
}

#[tokio::test(start_paused = true)]
async fn a_panic_strikes_one_read_and_the_restarted_machine_goes_on_in_the_list() {
    let spec = spec();
    let fault = |kind, at_ms| FaultConfig { kind, at_ms, for_ms: 1_000, every_ms: None };
    let config = SimulatorConfig {
        faults: vec![fault(FaultKind::Panic, 5_000), fault(FaultKind::Disconnect, 9_000)],
        ..quiet()
    };
    let make = factory(&config);
    let mut first = make(&spec);
    first.connect().await.unwrap();
    pass(5_000).await;
    let panicked = std::panic::AssertUnwindSafe(read(first.as_mut(), &spec)).catch_unwind().await;
    assert!(panicked.is_err());

    let mut second = make(&spec);
    second.connect().await.unwrap();
    read(second.as_mut(), &spec).await.unwrap();
    pass(4_000).await;
    assert_eq!(read(second.as_mut(), &spec).await.unwrap_err().kind(), ErrorKind::Disconnected);
    assert_eq!(second.connect().await.unwrap_err().kind(), ErrorKind::Disconnected);
    pass(1_000).await;
    second.connect().await.unwrap();
    read(second.as_mut(), &spec).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_hung_machine_answers_nothing_and_then_again() {
    let spec = spec();
    let mut driver = connected_then(&faulty(FaultKind::Hang), &spec, 5_000).await;
    let patience = Duration::from_millis(400);
    assert!(tokio::time::timeout(patience, read(driver.as_mut(), &spec)).await.is_err());
    assert!(tokio::time::timeout(patience, driver.connect()).await.is_err());
    pass(2_000).await;
    driver.connect().await.unwrap();
    read(driver.as_mut(), &spec).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_order_to_a_hung_machine_is_never_answered_and_never_carried_out() {
    let spec = spec();
    let mut driver = connected_then(&faulty(FaultKind::Hang), &spec, 5_000).await;
    let heat = order(&spec, 1, "burner", 1.0);
    assert!(tokio::time::timeout(Duration::from_millis(400), driver.apply(&heat)).await.is_err());
    pass(5_000).await;
    driver.connect().await.unwrap();
    assert_eq!(value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "burner"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_time_out_takes_a_while_of_the_machines_clock_and_strikes_reads_and_orders() {
    let spec = spec();
    let config = SimulatorConfig { speed: 10.0, ..faulty(FaultKind::Timeout) };
    let mut driver = connected_then(&config, &spec, 500).await;
    let asked = Instant::now();
    let error = read(driver.as_mut(), &spec).await.unwrap_err();
    assert_eq!(asked.elapsed().as_millis(), 20);
    assert!(matches!(error, DriverError::Timeout { after_ms: 20, .. }), "{error}");
    let error = driver.apply(&order(&spec, 1, "burner", 1.0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    pass(200).await;
    let sample = read(driver.as_mut(), &spec).await.unwrap();
    assert_eq!(value(&sample, &spec, "burner"), 0.0, "an order that timed out was not carried out");
}

#[tokio::test(start_paused = true)]
async fn garbage_is_never_a_number() {
    let spec = spec();
    let mut driver = connected_then(&faulty(FaultKind::Garbage), &spec, 5_000).await;
    let mut sample = Sample::missing(spec.channels.len(), MissingReason::NotYet);
    let error = driver.read(0, &mut sample).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Garbled);
    let reasons = sample.values().iter().map(|value| value.unwrap_err().reason);
    assert!(reasons.eq(std::iter::repeat_n(MissingReason::Garbled, spec.channels.len())));
    driver.apply(&order(&spec, 1, "burner", 0.5)).await.unwrap();
    pass(2_000).await;
    assert_eq!(value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "burner"), 50.0);
}

#[tokio::test(start_paused = true)]
async fn a_broken_link_must_be_opened_again() {
    let spec = spec();
    let mut driver = connected_then(&faulty(FaultKind::Disconnect), &spec, 5_000).await;
    let error = driver.apply(&order(&spec, 1, "burner", 1.0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
    pass(2_000).await;
    assert_eq!(read(driver.as_mut(), &spec).await.unwrap_err().kind(), ErrorKind::Disconnected);
    driver.connect().await.unwrap();
    assert_eq!(value(&read(driver.as_mut(), &spec).await.unwrap(), &spec, "burner"), 0.0);
}

/// Real time: what blocks a thread does not care for a paused clock.
#[test]
fn a_blocked_driver_neither_delays_its_successor_nor_writes_when_it_wakes() {
    let fault = FaultConfig { kind: FaultKind::Block, at_ms: 0, for_ms: 300, every_ms: None };
    let make = factory(&SimulatorConfig { faults: vec![fault], ..quiet() });
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (started, begins) = std::sync::mpsc::sync_channel(1);
    let make_blocked = Arc::clone(&make);
    let blocked = std::thread::spawn(move || {
        runtime().block_on(async {
            let spec = spec();
            let mut driver = make_blocked(&spec);
            driver.connect().await.unwrap();
            started.send(()).unwrap();
            let woken = read(driver.as_mut(), &spec).await;
            (woken.map(|_| ()), driver.apply(&order(&spec, 1, "burner", 1.0)).await)
        })
    });
    begins.recv().unwrap();
    let spec = spec();
    // The successor comes when the read is well inside its 300 ms.
    std::thread::sleep(Duration::from_millis(100));
    runtime().block_on(async {
        let mut successor = make(&spec);
        successor.connect().await.unwrap();
        read(successor.as_mut(), &spec).await.unwrap();
        assert!(!blocked.is_finished(), "the first driver still blocks");
        let (read_late, wrote_late) = blocked.join().unwrap();
        assert_eq!(read_late.unwrap_err().kind(), ErrorKind::Disconnected);
        assert_eq!(wrote_late.unwrap_err().kind(), ErrorKind::Disconnected);
        let sample = read(successor.as_mut(), &spec).await.unwrap();
        assert_eq!(value(&sample, &spec, "burner"), 0.0);
    });
}
