//! Looks at machines that are being set up, against devices that behave and devices that do not.

use std::time::Duration;

use hearth_actors::driver::DriverError;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::super::bus::{BusDirectory, Lane, Line};
use super::super::op::Op;
use super::super::tcp::Address;
use super::super::trial::read_once;
use super::misbehaviour::serial_like;
use super::parsed;
use super::peer::{Act, Frames, Shared, cell, listen};
use crate::config::modbus::{ChannelSource, ModbusConfig, Register};
use crate::drivers::trial::{Part, Tried, Why};

const PATIENCE: Duration = Duration::from_secs(5);

fn sensor(source: &str) -> ChannelSource {
    ChannelSource { source: parsed(source), readback: None }
}

async fn device() -> (Shared, ModbusConfig) {
    let device = Shared::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    listen(listener, Frames::Tcp, &device);
    let link = format!("type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = {port}\ntimeout_ms = 50");
    (device, toml::from_str(&link).unwrap())
}

async fn tried(link: &ModbusConfig, sources: &[ChannelSource]) -> Result<Vec<Tried>, DriverError> {
    read_once(link, sources, &BusDirectory::new(), Instant::now() + PATIENCE).await
}

fn words(tried: &Tried) -> String {
    match &tried.why_not {
        None => String::new(),
        Some(Why::Failed(error)) => error.to_string(),
        Some(Why::NotAsked(why)) => (*why).to_owned(),
    }
}

#[tokio::test]
async fn each_value_is_told_raw_and_scaled_and_nothing_is_written() {
    let (device, link) = device().await;
    let burner = ChannelSource {
        source: parsed("register = 'holding', address = 100"),
        readback: Some(parsed("register = 'input', address = 20")),
    };
    let sources = [sensor("register = 'holding', address = 3, divisor = 10, offset = 5"), burner];
    let tried = tried(&link, &sources).await.unwrap();
    let raw = f64::from(cell(1, 3, 3));
    assert_eq!((tried[0].raw, tried[0].native), (Some(raw), Some(raw / 10.0 + 5.0)));
    let parts: Vec<_> = tried.iter().map(|tried| (tried.channel, tried.part)).collect();
    assert_eq!(parts, [(0, Part::Source), (1, Part::Source), (1, Part::Readback)]);
    assert_eq!(tried[2].raw, Some(f64::from(cell(1, 4, 20))));
    assert!(tried.iter().all(|tried| tried.took.is_some()));
    let device = device.lock().unwrap();
    assert!(device.requests.iter().all(|(_, pdu)| [3, 4].contains(&pdu[0])), "{:?}", device.requests);
}

#[tokio::test]
async fn one_wrong_address_is_told_at_its_channel_and_the_others_are_read() {
    let (device, link) = device().await;
    device.lock().unwrap().illegal.insert(7);
    let sources = [sensor("register = 'holding', address = 7"), sensor("register = 'holding', address = 8")];
    let tried = tried(&link, &sources).await.unwrap();
    assert!(words(&tried[0]).contains("addresses count from 0"), "{}", words(&tried[0]));
    assert_eq!(tried[1].raw, Some(f64::from(cell(1, 3, 8))));
}

#[tokio::test]
async fn a_unit_that_is_silent_is_asked_once_and_another_still_is() {
    let (device, link) = device().await;
    device.lock().unwrap().absent.insert(9);
    let sources = [
        sensor("register = 'holding', address = 0, unit_id = 9"),
        sensor("register = 'holding', address = 1, unit_id = 9"),
        sensor("register = 'holding', address = 2"),
    ];
    let tried = tried(&link, &sources).await.unwrap();
    assert!(words(&tried[0]).contains("unit 9 is silent"), "{}", words(&tried[0]));
    assert!(words(&tried[1]).contains("not asked"), "{}", words(&tried[1]));
    assert_eq!(tried[2].raw, Some(f64::from(cell(1, 3, 2))));
}

#[tokio::test]
async fn what_is_no_number_is_told_with_what_to_look_at() {
    let (device, link) = device().await;
    device.lock().unwrap().cells.insert((1, 3, 5), 0xABCD);
    let tried = tried(&link, &[sensor("register = 'holding', address = 5, type = 'bcd16'")]).await.unwrap();
    let told = words(&tried[0]);
    assert!(told.contains("not binary-coded decimal") && told.contains("word_order"), "{told}");
}

#[tokio::test]
async fn a_link_that_breaks_each_time_is_left_alone() {
    let (device, link) = device().await;
    device.lock().unwrap().acts.extend([Act::Close; 8]);
    let sources: Vec<_> = (0..5).map(|at| sensor(&format!("register = 'holding', address = {at}"))).collect();
    let tried = tried(&link, &sources).await.unwrap();
    assert!(words(&tried[4]).contains("link broke"), "{}", words(&tried[4]));
    assert!(device.lock().unwrap().requests.len() < 5);
}

#[tokio::test]
async fn a_host_that_does_not_exist_and_one_that_refuses_are_told_apart() {
    let sources = [sensor("register = 'holding', address = 0")];
    let at = |host: &str, port: u16| -> ModbusConfig {
        toml::from_str(&format!("type = 'modbus_tcp'\nhost = '{host}'\nport = {port}")).unwrap()
    };
    let unknown = tried(&at("no-such-host.invalid", 502), &sources).await.unwrap_err().to_string();
    assert!(unknown.contains("knows the name no-such-host.invalid"), "{unknown}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = tried(&at("127.0.0.1", port), &sources).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("enabled on port {port}")), "{refused}");
}

#[tokio::test]
async fn a_line_in_use_is_read_through_its_owner() {
    let device = Shared::default();
    let line = Line::Gateway(Address::new("pipe", 1, 50));
    let buses = BusDirectory::new();
    let machine = buses.join_with(&line, serial_like(&device)).unwrap();
    let link: ModbusConfig =
        toml::from_str("type = 'modbus_rtu_over_tcp'\nhost = 'pipe'\nport = 1\ntimeout_ms = 50").unwrap();
    let sources = [sensor("register = 'holding', address = 4")];
    let tried = read_once(&link, &sources, &buses, Instant::now() + PATIENCE).await.unwrap();
    assert_eq!(tried[0].raw, Some(f64::from(cell(1, 3, 4))), "{}", words(&tried[0]));
    let op = Op::Read { register: Register::Holding, address: 0, count: 1 };
    assert!(machine.call(1, op, Lane::Ordinary, Duration::from_millis(50)).await.is_ok(), "the owner goes on");
}

#[tokio::test]
async fn what_cannot_be_asked_in_time_is_told_so() {
    let (device, link) = device().await;
    let sources = [sensor("register = 'holding', address = 0")];
    let tried = read_once(&link, &sources, &BusDirectory::new(), Instant::now()).await;
    let told = match &tried {
        Ok(tried) => words(&tried[0]),
        Err(error) => error.to_string(),
    };
    assert!(told.contains("long enough") || told.contains("in time"), "{told}");
    assert!(device.lock().unwrap().requests.is_empty());
}
