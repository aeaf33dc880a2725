//! A serial port that goes and comes back, by another path, or is somebody else's for a while.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use hearth_actors::driver::ErrorKind;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::units::Unit;

use super::super::bus::BusDirectory;
use super::peer::{Act, Shared, cell};
use super::pty::Port;
use super::{Machine, channel};

/// Long: nothing here waits for an answer that does not come.
const TIMEOUT_MS: u64 = 1_000;

fn machine(port: &Port, unit: u8, buses: &BusDirectory) -> Machine {
    let link = format!("{}\nunit_id = {unit}", port.link(TIMEOUT_MS));
    Machine::new(&link, vec![channel("bt", Unit::None, "register = 'holding', address = 0")], buses)
}

fn bt(unit: u8) -> [Result<f64, MissingReason>; 1] {
    [Ok(f64::from(cell(unit, 3, 0)))]
}

fn tear_off_at_the_next_question(device: &Shared) {
    device.lock().unwrap().acts.push_back(Act::Close);
}

#[tokio::test]
async fn machines_that_share_a_line_find_it_again_by_another_path() {
    let device = Shared::default();
    let (port, buses) = (Port::plug(&device), BusDirectory::new());
    let (mut first, mut second) = (machine(&port, 1, &buses), machine(&port, 2, &buses));
    first.driver.connect().await.unwrap();
    second.driver.connect().await.unwrap();
    for _ in 0..3 {
        let path = port.path();
        tear_off_at_the_next_question(&device);
        assert_eq!(first.poll().await.1.unwrap_err().kind(), ErrorKind::Disconnected);
        assert_ne!(port.path(), path);
        // The other machine does not even notice, and goes on with the line that both had.
        assert_eq!(second.values().await, bt(2));
        first.driver.connect().await.unwrap();
        assert_eq!(first.values().await, bt(1));
        assert_eq!(second.values().await, bt(2));
    }
}

#[tokio::test]
async fn a_machine_that_connects_anew_never_finds_its_own_port_held() {
    let device = Shared::default();
    let port = Port::plug(&device);
    let mut machine = machine(&port, 1, &BusDirectory::new());
    machine.driver.connect().await.unwrap();
    for _ in 0..10 {
        device.lock().unwrap().acts.push_back(Act::Late(20));
        let dropped = tokio::time::timeout(Duration::from_millis(5), machine.poll()).await;
        assert!(dropped.is_err(), "the line is still asking");
        machine.driver.connect().await.unwrap();
        assert_eq!(machine.values().await, bt(1));
    }
}

#[tokio::test]
async fn a_port_that_another_process_holds_is_told_and_taken_once_it_is_free() {
    let device = Shared::default();
    let port = Port::plug(&device);
    let mut machine = machine(&port, 1, &BusDirectory::new());
    let mut holder = Command::new("flock")
        .arg(port.path())
        .args(["sh", "-c", "echo held; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut told).unwrap();
    assert_eq!(told, "held\n");
    for _ in 0..2 {
        let error = machine.driver.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disconnected);
        assert!(error.to_string().contains("another program holds the port"), "{error}");
    }
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    machine.driver.connect().await.unwrap();
    assert_eq!(machine.values().await, bt(1));
}
