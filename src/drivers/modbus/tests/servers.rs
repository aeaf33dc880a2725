//! The driver against another implementation of the protocol and against well-behaved devices: values, orders, connecting.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth_actors::driver::ErrorKind;
use hearth_actors::model::channel::Channel;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::units::Unit;
use tokio::net::TcpListener;
use tokio_modbus::server::{Service, rtu, rtu_over_tcp, tcp};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};
use tokio_serial::{SerialPort, SerialStream};

use super::super::bus::BusDirectory;
use super::peer::{Frames, Shared, listen, serve};
use super::will::check_the_will;
use super::{Machine, channel, control};
use crate::config::faults::Faults;
use crate::config::modbus::{ChannelSource, ModbusConfig, Source, Usage};

/// Registers by unit and address; all tables show the same.
#[derive(Clone, Default)]
pub(super) struct Store(Arc<Mutex<BTreeMap<(u8, u16), u16>>>);

impl Store {
    pub(super) fn set(&self, unit: u8, address: u16, words: &[u16]) {
        let mut cells = self.0.lock().unwrap();
        cells.extend((address..).zip(words).map(|(a, w)| ((unit, a), *w)));
    }

    pub(super) fn get(&self, unit: u8, address: u16) -> u16 {
        self.0.lock().unwrap().get(&(unit, address)).copied().unwrap_or(0)
    }
}

impl Service for Store {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, SlaveRequest { slave, request }: Self::Request) -> Self::Future {
        let words = |a: u16, n: u16| (a..a + n).map(|a| self.get(slave, a)).collect::<Vec<_>>();
        let bits = |a, n| words(a, n).iter().map(|w| *w != 0).collect::<Vec<_>>();
        ready(Ok(match request {
            Request::ReadCoils(a, n) => Response::ReadCoils(bits(a, n)),
            Request::ReadDiscreteInputs(a, n) => Response::ReadDiscreteInputs(bits(a, n)),
            Request::ReadHoldingRegisters(a, n) => Response::ReadHoldingRegisters(words(a, n)),
            Request::ReadInputRegisters(a, n) => Response::ReadInputRegisters(words(a, n)),
            Request::WriteSingleCoil(a, on) => {
                self.set(slave, a, &[u16::from(on)]);
                Response::WriteSingleCoil(a, on)
            }
            Request::WriteSingleRegister(a, w) => {
                self.set(slave, a, &[w]);
                Response::WriteSingleRegister(a, w)
            }
            Request::WriteMultipleRegisters(a, w) => {
                self.set(slave, a, &w);
                Response::WriteMultipleRegisters(a, u16::try_from(w.len()).unwrap())
            }
            _ => return ready(Err(ExceptionCode::IllegalFunction)),
        }))
    }
}

pub(super) fn all_kinds_of_channels() -> Vec<(Channel, ChannelSource)> {
    vec![
        channel("i16", Unit::Celsius, "register = 'holding', address = 0, type = 'i16', divisor = 10"),
        channel("f", Unit::Fahrenheit, "register = 'input', address = 1, type = 'i16'"),
        channel("abcd", Unit::None, "register = 'holding', address = 2, type = 'f32', word_order = 'high_first'"),
        channel("cdab", Unit::None, "register = 'holding', address = 4, type = 'f32'"),
        channel("bcd", Unit::Fahrenheit, "register = 'holding', address = 6, type = 'bcd32', divisor = 10"),
        channel("other", Unit::None, "register = 'holding', address = 9, unit_id = 2"),
        channel("flag", Unit::None, "register = 'discrete', address = 11"),
        control("fan", 60.0, "register = 'holding', address = 20, divisor = 100", None),
        control(
            "burner",
            100.0,
            "register = 'holding', address = 22, type = 'f32', word_order = 'high_first'",
            Some("register = 'input', address = 22, type = 'f32', word_order = 'high_first'"),
        ),
        control("drum", 1.0, "register = 'coil', address = 30", Some("register = 'discrete', address = 30")),
    ]
}

/// What every link must be able to do, checked against the server's own implementation.
async fn check_everything(link: &str, store: &Store) {
    store.set(1, 0, &[0xFB2E, 392, 0x42F6, 0xE979, 0x0000, 0xC1C8, 0x4000, 0x0000]);
    store.set(2, 9, &[77]);
    store.set(1, 11, &[1]);
    let mut machine = Machine::new(link, all_kinds_of_channels(), &BusDirectory::new());
    machine.driver.connect().await.unwrap();
    let (values, result) = machine.poll().await;
    result.unwrap();
    let expected = [-123.4, 200.0, f64::from(123.456_f32), -25.0, (400.0 - 32.0) / 1.8, 77.0, 1.0, 0.0, 0.0, 0.0];
    for ((value, expected), (_, about)) in values.iter().zip(expected).zip(machine.spec.channels.iter()) {
        let value = value.unwrap();
        assert!((value - expected).abs() < 1e-6, "{}: {value} instead of {expected}", about.id);
    }

    assert_eq!(machine.apply("fan", 0.755).await.unwrap().readback, None);
    assert_eq!(store.get(1, 20), 4_530);
    assert_eq!(machine.apply("burner", 0.375).await.unwrap().readback, Some(37.5));
    assert_eq!([store.get(1, 22), store.get(1, 23)], [0x4216, 0x0000]);
    assert_eq!(machine.apply("drum", 1.0).await.unwrap().readback, Some(1.0));
    assert_eq!(store.get(1, 30), 1);
    let values = machine.values().await;
    assert_eq!(values[7..], [Ok(45.3), Ok(37.5), Ok(1.0)]);
    machine.driver.disconnect().await;
    check_the_will(link, store).await;
}

#[tokio::test]
async fn everything_works_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let store = Store::default();
    let service = store.clone();
    tokio::spawn(async move {
        let on_connected = |stream, at| {
            let service = service.clone();
            async move { tcp::accept_tcp_connection(stream, at, move |_| Ok(Some(service.clone()))) }
        };
        tcp::Server::new(listener).serve(&on_connected, |_| {}).await
    });
    check_everything(&format!("type = 'modbus_tcp'\nhost = 'localhost'\nport = {port}"), &store).await;
}

#[tokio::test]
async fn everything_works_over_a_network_adapter() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let store = Store::default();
    let service = store.clone();
    tokio::spawn(async move {
        let on_connected = |stream, at| {
            let service = service.clone();
            async move { rtu_over_tcp::accept_tcp_connection(stream, at, move |_| Ok(Some(service.clone()))) }
        };
        rtu_over_tcp::Server::new(listener).serve(&on_connected, |_| {}).await
    });
    check_everything(&format!("type = 'modbus_rtu_over_tcp'\nhost = '127.0.0.1'\nport = {port}"), &store).await;
}

#[tokio::test]
async fn everything_works_over_a_serial_port() {
    let (theirs, keeps_it_open) = SerialStream::pair().unwrap();
    let path = keeps_it_open.name().expect("the port has a name");
    let store = Store::default();
    tokio::spawn(rtu::Server::new(theirs).serve_forever(store.clone()));
    check_everything(&format!("type = 'modbus_rtu'\nport = '{path}'\nbaud = 115200\ntimeout_ms = 1000"), &store).await;
}

#[tokio::test]
async fn a_serial_port_that_is_unplugged_and_plugged_in_again_is_found() {
    let socket = tempfile::tempdir().unwrap();
    let path = socket.path().join("port");
    let plug = |device: &Shared| {
        let (theirs, ours) = SerialStream::pair().unwrap();
        let _ = std::fs::remove_file(&path);
        std::os::unix::fs::symlink(ours.name().unwrap(), &path).unwrap();
        (tokio::spawn(serve(theirs, Frames::Rtu, device.clone())), ours)
    };
    let device = Shared::default();
    let (serving, keeps_it_open) = plug(&device);
    let link = format!("type = 'modbus_rtu'\nport = '{}'\nbaud = 115200\ntimeout_ms = 1000", path.display());
    let mut machine = Machine::new(&link, vec![holding("bt", 0)], &BusDirectory::new());
    machine.driver.connect().await.unwrap();
    assert!(machine.values().await[0].is_ok());
    drop(keeps_it_open);
    serving.abort();
    let _ = serving.await;
    assert_eq!(machine.poll().await.1.unwrap_err().kind(), ErrorKind::Disconnected);
    assert_eq!(machine.driver.connect().await.unwrap_err().kind(), ErrorKind::Disconnected);
    let _plugged_in = plug(&device);
    machine.driver.connect().await.unwrap();
    assert!(machine.values().await[0].is_ok());
}

#[test]
fn every_example_in_the_documentation_is_a_valid_machine() {
    let text = include_str!("../../../../docs/modbus.md");
    let examples: Vec<toml::Table> = text
        .split("```toml")
        .skip(1)
        .map(|block| toml::from_str(block.split("```").next().unwrap()).unwrap())
        .collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        let mut faults = Faults::new();
        let link: ModbusConfig = example["driver"].clone().try_into().unwrap();
        link.check("/driver", &mut faults);
        for about in example["channels"].as_array().unwrap() {
            let number = |key: &str| about.get(key).and_then(toml::Value::as_integer).map(|n| n as f64);
            let natives: Vec<f64> = ["min", "max", "failsafe"].into_iter().filter_map(number).collect();
            let usage = if about["kind"].as_str() == Some("control") { Usage::Write(&natives) } else { Usage::Read };
            let source: Source = about["source"].clone().try_into().unwrap();
            source.check("/source", &link, usage, &mut faults);
            if let Some(readback) = about.get("readback") {
                let readback: Source = readback.clone().try_into().unwrap();
                readback.check("/readback", &link, Usage::Read, &mut faults);
            }
        }
        assert!(faults.is_empty(), "{}: {faults}", example["id"]);
    }
}

/// A machine on a well-behaved hand-written device over TCP.
async fn tcp_machine(channels: Vec<(Channel, ChannelSource)>, more: &str) -> (Machine, Shared) {
    let device = Shared::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    listen(listener, Frames::Tcp, &device);
    let link = format!("type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = {port}\n{more}");
    (Machine::new(&link, channels, &BusDirectory::new()), device)
}

fn holding(id: &str, address: u16) -> (Channel, ChannelSource) {
    channel(id, Unit::None, &format!("register = 'holding', address = {address}"))
}

fn spans(device: &Shared) -> Vec<(u16, u16)> {
    let mut device = device.lock().unwrap();
    let word = |pdu: &[u8], at: usize| u16::from_be_bytes([pdu[at], pdu[at + 1]]);
    device.requests.drain(..).map(|(_, pdu)| (word(&pdu, 1), word(&pdu, 3))).collect()
}

#[tokio::test]
async fn connecting_asks_once_and_writes_nothing() {
    let channels = vec![holding("bt", 0), control("burner", 100.0, "register = 'holding', address = 500", None)];
    let (mut machine, device) = tcp_machine(channels, "").await;
    machine.driver.connect().await.unwrap();
    let requests = &device.lock().unwrap().requests;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].1[0], 3, "a read");
}

#[tokio::test]
async fn a_gap_that_a_device_refuses_is_never_read_again() {
    let channels = vec![holding("a", 0), holding("b", 1), holding("c", 4)];
    let (mut machine, device) = tcp_machine(channels, "").await;
    device.lock().unwrap().illegal.insert(2);
    machine.driver.connect().await.unwrap();
    let (values, result) = machine.poll().await;
    assert!(result.is_ok() && values.iter().all(Result::is_ok), "healed within the first reading: {values:?}");
    spans(&device);
    machine.values().await;
    assert_eq!(spans(&device), [(0, 2), (4, 1)]);
}

#[tokio::test]
async fn one_wrong_address_does_not_take_its_neighbours_along() {
    let (mut machine, device) = tcp_machine(vec![holding("a", 0), holding("b", 1), holding("c", 2)], "").await;
    device.lock().unwrap().illegal.insert(1);
    machine.driver.connect().await.unwrap();
    let (values, result) = machine.poll().await;
    assert_eq!(values.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(values[1], Err(MissingReason::Rejected));
    assert!(result.unwrap_err().to_string().contains("addresses count from 0"));
}

#[tokio::test]
async fn an_output_that_cannot_be_read_is_no_fault() {
    let channels = vec![holding("bt", 0), control("burner", 100.0, "register = 'holding', address = 1", None)];
    let (mut machine, device) = tcp_machine(channels, "").await;
    device.lock().unwrap().illegal.insert(1);
    machine.driver.connect().await.unwrap();
    for _ in 0..2 {
        let (values, result) = machine.poll().await;
        assert!(result.is_ok(), "{result:?}");
        assert!(values[0].is_ok());
        assert_eq!(values[1], Err(MissingReason::NotYet));
    }
}

#[tokio::test]
async fn a_device_without_the_table_of_an_output_is_no_fault_either() {
    let (mut machine, device) = tcp_machine(
        vec![
            channel("bt", Unit::None, "register = 'input', address = 0"),
            control("drum", 1.0, "register = 'coil', address = 0", None),
        ],
        "",
    )
    .await;
    machine.driver.connect().await.unwrap();
    device.lock().unwrap().acts.push_back(super::peer::Act::Exception(1));
    let (values, result) = machine.poll().await;
    assert!(result.is_ok() && values[0].is_ok(), "{result:?}");
    assert_eq!(values[1], Err(MissingReason::NotYet));
}

#[tokio::test]
async fn a_value_that_is_none_is_told_and_its_neighbours_stay() {
    let channels = vec![
        channel("bt", Unit::None, "register = 'holding', address = 0, type = 'f32'"),
        holding("et", 2),
        channel("gas", Unit::None, "register = 'holding', address = 3, type = 'bcd16'"),
    ];
    let (mut machine, device) = tcp_machine(channels, "").await;
    device.lock().unwrap().cells.extend([((1, 3, 0), 0), ((1, 3, 1), 0x7FC0), ((1, 3, 2), 5), ((1, 3, 3), 0x0A00)]);
    machine.driver.connect().await.unwrap();
    let (values, result) = machine.poll().await;
    assert_eq!(values, [Err(MissingReason::Garbled), Ok(5.0), Err(MissingReason::Garbled)]);
    let text = result.unwrap_err().to_string();
    assert!(text.contains("not finite") && text.contains("sensor"), "{text}");
}

#[tokio::test]
async fn a_readback_that_follows_a_little_later_is_waited_for() {
    let source = "register = 'holding', address = 100";
    let readback = "register = 'input', address = 20";
    let (mut machine, device) = tcp_machine(vec![control("burner", 100.0, source, Some(readback))], "").await;
    machine.driver.connect().await.unwrap();
    device.lock().unwrap().follows.insert((1, 4, 20), ((1, 3, 100), 2));
    assert_eq!(machine.apply("burner", 0.4).await.unwrap().readback, Some(40.0));
    device.lock().unwrap().follows.clear();
    device.lock().unwrap().cells.insert((1, 4, 20), 7);
    assert_eq!(machine.apply("burner", 0.5).await.unwrap().readback, Some(7.0), "what differs is told as it is");
    let reads = device.lock().unwrap().requests.iter().filter(|(_, pdu)| pdu[..3] == [4, 0, 20]).count();
    assert_eq!(reads, 1 + 3 + 3, "and looked at three times at most");
}

#[tokio::test]
async fn a_value_that_does_not_fit_never_reaches_the_wire() {
    let (mut machine, device) =
        tcp_machine(vec![control("fan", 100_000.0, "register = 'holding', address = 1", None)], "").await;
    machine.driver.connect().await.unwrap();
    device.lock().unwrap().requests.clear();
    let error = machine.apply("fan", 1.0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(device.lock().unwrap().requests.is_empty());
}

#[tokio::test]
async fn an_output_that_refuses_does_not_spoil_the_next() {
    let (mut machine, device) = tcp_machine(
        vec![
            control("burner", 100.0, "register = 'holding', address = 1", None),
            control("fan", 100.0, "register = 'holding', address = 50", None),
        ],
        "",
    )
    .await;
    machine.driver.connect().await.unwrap();
    device.lock().unwrap().illegal.insert(1);
    assert!(machine.apply("burner", 0.0).await.is_err());
    assert!(machine.apply("fan", 0.0).await.is_ok());
    assert_eq!(device.lock().unwrap().cells.get(&(1, 3, 50)), Some(&0));
}

#[tokio::test]
async fn a_meter_that_is_out_of_order_does_not_hide_the_other() {
    let channels = vec![
        channel("bt", Unit::None, "register = 'input', address = 0, unit_id = 1"),
        channel("et", Unit::None, "register = 'input', address = 0, unit_id = 2"),
    ];
    let (mut machine, device) = tcp_machine(channels, "timeout_ms = 50").await;
    device.lock().unwrap().absent.insert(1);
    machine.driver.connect().await.unwrap();
    let values = machine.values().await;
    assert_eq!(values[0], Err(MissingReason::Timeout));
    assert!(values[1].is_ok());
    device.lock().unwrap().absent.insert(2);
    let error = machine.driver.connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("check unit_id"), "{error}");
}

#[tokio::test]
async fn a_device_that_goes_and_comes_back_is_found_again() {
    let device = Shared::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = listen(listener, Frames::Tcp, &device);
    let link = format!("type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = {}\ntimeout_ms = 200", at.port());
    let mut machine = Machine::new(&link, vec![holding("bt", 0)], &BusDirectory::new());
    machine.driver.connect().await.unwrap();
    serving.abort();
    let _ = serving.await;
    assert_eq!(machine.poll().await.1.unwrap_err().kind(), ErrorKind::Disconnected);
    let error = machine.driver.connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
    assert!(error.to_string().contains("Modbus TCP enabled"), "{error}");

    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(at).unwrap();
    listen(socket.listen(8).unwrap(), Frames::Tcp, &device);
    machine.driver.connect().await.unwrap();
    assert!(machine.values().await[0].is_ok());
}

#[tokio::test]
async fn a_device_that_accepts_and_then_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let link = format!("type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = {port}\ntimeout_ms = 50");
    let mut machine = Machine::new(&link, vec![holding("bt", 0)], &BusDirectory::new());
    let result = tokio::time::timeout(Duration::from_secs(5), machine.driver.connect()).await;
    assert_eq!(result.expect("in time").unwrap_err().kind(), ErrorKind::Timeout);
}
