//! Adapters that are plugged in again, and devices that come back, time and again: nothing of the old line stays behind.
//!
//! The only test of its process, because it counts open files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "a long run tells its figures")]

use std::fs;
use std::future::{Ready, ready};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use hearth::config::machine::MachineConfig;
use hearth::drivers::Workshop;
use hearth_actors::driver::{Driver, DriverError, ErrorKind, Sample};
use hearth_actors::model::reading::MissingReason;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_modbus::server::{Service, rtu};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};
use tokio_serial::{SerialPort, SerialStream};

const BT: u16 = 2_000;

/// When to give up. No claim is made about time; this only ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A way to a device that comes and goes.
enum Line {
    /// A name that leads to another pty each time.
    Port(PathBuf),
    /// A TCP port of this computer.
    Network(u16),
}

#[derive(Clone)]
struct Device;

impl Service for Device {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, SlaveRequest { request, .. }: Self::Request) -> Self::Future {
        ready(match request {
            Request::ReadHoldingRegisters(_, count) => Ok(Response::ReadHoldingRegisters(vec![BT; count.into()])),
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

impl Line {
    fn driver(&self) -> Value {
        match self {
            Self::Port(name) => json!({"type": "modbus_rtu", "port": name, "baud": 115_200, "timeout_ms": 1_000}),
            Self::Network(port) => {
                json!({"type": "modbus_tcp", "host": "127.0.0.1", "port": port, "timeout_ms": 1_000})
            }
        }
    }

    /// Puts the device there; it is gone when the task is.
    fn plug(&self) -> JoinHandle<()> {
        match self {
            Self::Port(name) => {
                let (theirs, ours) = SerialStream::pair().unwrap();
                let _ = fs::remove_file(name);
                symlink(ours.name().unwrap(), name).unwrap();
                tokio::spawn(async move {
                    // Kept, so that the path lives as long as the device.
                    let _ours = ours;
                    let _ = rtu::Server::new(theirs).serve_forever(Device).await;
                })
            }
            Self::Network(port) => {
                let socket = TcpSocket::new_v4().unwrap();
                socket.set_reuseaddr(true).unwrap();
                socket.bind(([127, 0, 0, 1], *port).into()).unwrap();
                tokio::spawn(answer_reads_of_one_register(socket.listen(8).unwrap()))
            }
        }
    }
}

async fn answer_reads_of_one_register(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut question = [0; 12];
        while stream.read_exact(&mut question).await.is_ok() {
            let [number, number_low, .., unit, _, _, _, _, _] = question;
            let [high, low] = BT.to_be_bytes();
            let answer = [number, number_low, 0, 0, 0, 5, unit, 3, 2, high, low];
            if stream.write_all(&answer).await.is_err() {
                break;
            }
        }
    }
}

/// How often each line goes and comes back: 20 times, or as often as `HEARTH_REPLUGS` says.
fn replugs() -> usize {
    std::env::var("HEARTH_REPLUGS").ok().and_then(|count| count.parse().ok()).unwrap_or(20)
}

/// What each open file of this process is.
fn open_files() -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    entries.map(|entry| fs::read_link(entry.unwrap().path()).unwrap_or_default()).collect()
}

async fn read(driver: &mut dyn Driver) -> Result<f64, DriverError> {
    let mut sample = Sample::missing(1, MissingReason::NotYet);
    driver.read(0, &mut sample).await?;
    Ok(sample.values()[0].unwrap())
}

/// One life of a device: there, read, gone, missed, looked for in vain.
async fn come_and_go(line: &Line, driver: &mut dyn Driver) {
    let device = line.plug();
    driver.connect().await.unwrap();
    assert_eq!(read(driver).await.unwrap(), f64::from(BT));
    device.abort();
    let _ = device.await;
    assert_eq!(read(driver).await.unwrap_err().kind(), ErrorKind::Disconnected);
    assert_eq!(driver.connect().await.unwrap_err().kind(), ErrorKind::Disconnected);
}

async fn leaves_no_file_open(line: &Line) {
    let source = json!({"register": "holding", "address": 0});
    let bt = json!({"id": "bt", "role": "bt", "kind": "sensor", "unit": "celsius", "source": source});
    let config = json!({"id": "m", "driver": line.driver(), "channels": [bt]});
    let definition = Workshop::default().definition(&MachineConfig::parse(config).unwrap()).unwrap();
    let mut driver = (definition.driver)(&definition.spec);
    let before = open_files();
    for _ in 0..replugs() {
        come_and_go(line, driver.as_mut()).await;
    }
    driver.disconnect().await;
    // The thread of the last line ends by itself.
    let closed = async {
        while open_files().len() > before.len() {
            tokio::task::yield_now().await;
        }
    };
    let is_closed = tokio::time::timeout(PATIENCE, closed).await.is_ok();
    assert!(is_closed, "open before: {before:?}\nopen now: {:?}", open_files());
    println!("{} replugs of {}: {} files open, as before", replugs(), line.driver()["type"], before.len());
}

#[tokio::test]
async fn lines_that_come_and_go_leave_no_file_open() {
    let folder = tempfile::tempdir().unwrap();
    leaves_no_file_open(&Line::Port(folder.path().join("usb-adapter"))).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    leaves_no_file_open(&Line::Network(port)).await;
}
