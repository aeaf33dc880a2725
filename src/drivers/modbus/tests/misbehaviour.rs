//! Whatever a device does wrong: no wrong value is ever taken, and good readings come back by themselves.

use std::time::Duration;

use hearth_actors::driver::ErrorKind;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::units::Unit;
use tokio::net::TcpListener;

use super::super::bus::{BusDirectory, BusHandle, Line};
use super::super::link::{AfterFault, Connection, Framing, OpenLine};
use super::super::tcp::Address;
use super::peer::{Act, Frames, Shared, cell, listen, serve};
use super::pty::Port;
use super::{Machine, channel, control};

/// Short, so that silence is cheap; long enough for a busy machine to answer in time.
const TIMEOUT_MS: u64 = 300;

const LINKS: [Link; 5] = [Link::Tcp, Link::RtuOverTcp, Link::SerialLike, Link::Pty, Link::RepeatingPty];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Tcp,
    RtuOverTcp,
    /// RTU over a pipe, run like a serial port: kept after a fault, silence between frames.
    SerialLike,
    /// RTU on a serial port of the system, that of a pty.
    Pty,
    /// The same on two wires, with an adapter that hears itself.
    RepeatingPty,
}

/// A machine with three values of one shape, far apart, so that each takes its own request and could pass for another.
struct Rig {
    machine: Machine,
    device: Shared,
    _bus: Option<BusHandle>,
    _port: Option<Port>,
}

pub fn serial_like(device: &Shared) -> OpenLine {
    let device = device.clone();
    Box::new(move || {
        let (ours, theirs) = tokio::io::duplex(512);
        tokio::spawn(serve(theirs, Frames::Rtu, device.clone()));
        let framing = Framing::Rtu { gap: Duration::from_millis(4), after_fault: AfterFault::Keep };
        Box::pin(async move { Ok(Connection::new(Box::new(ours), framing)) })
    })
}

impl Rig {
    async fn new(link: Link) -> Self {
        let channels = vec![
            channel("bt", Unit::None, "register = 'holding', address = 0"),
            channel("et", Unit::None, "register = 'holding', address = 500"),
            control("burner", 1_000.0, "register = 'holding', address = 900", None),
        ];
        let (device, buses) = (Shared::default(), BusDirectory::new());
        device.lock().unwrap().repeats = link == Link::RepeatingPty;
        let port = matches!(link, Link::Pty | Link::RepeatingPty).then(|| Port::plug(&device));
        let (config, bus) = match link {
            Link::Pty | Link::RepeatingPty => (port.as_ref().unwrap().link(TIMEOUT_MS), None),
            Link::SerialLike => {
                let line = Line::Gateway(Address::new("pipe", 1, TIMEOUT_MS));
                let bus = buses.join_with(&line, serial_like(&device)).unwrap();
                (format!("type = 'modbus_rtu_over_tcp'\nhost = 'pipe'\nport = 1\ntimeout_ms = {TIMEOUT_MS}"), Some(bus))
            }
            Link::Tcp | Link::RtuOverTcp => {
                let (frames, kind) =
                    if link == Link::Tcp { (Frames::Tcp, "modbus_tcp") } else { (Frames::Rtu, "modbus_rtu_over_tcp") };
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let port = listener.local_addr().unwrap().port();
                listen(listener, frames, &device);
                (format!("type = '{kind}'\nhost = '127.0.0.1'\nport = {port}\ntimeout_ms = {TIMEOUT_MS}"), None)
            }
        };
        let mut machine = Machine::new(&config, channels, &buses);
        machine.driver.connect().await.unwrap();
        Self { machine, device, _bus: bus, _port: port }
    }

    fn will(&self, before: usize, act: Act) {
        let mut device = self.device.lock().unwrap();
        device.acts.clear();
        device.acts.extend(std::iter::repeat_n(Act::Good, before));
        device.acts.push_back(act);
    }

    /// A reading in which every value is right or missing; says whether it was complete.
    async fn poll_without_lies(&mut self, case: &str) -> bool {
        let (values, result) = self.machine.poll().await;
        let burner = self.device.lock().unwrap().cells.get(&(1, 3, 900)).copied().unwrap_or_else(|| cell(1, 3, 900));
        for (value, right) in values.iter().zip([cell(1, 3, 0), cell(1, 3, 500), burner]) {
            assert!(value.is_err() || *value == Ok(f64::from(right)), "{case}: {values:?}");
        }
        if let Err(error) = result
            && error.kind() == ErrorKind::Disconnected
        {
            self.machine.driver.connect().await.unwrap();
        }
        values.iter().all(Result::is_ok)
    }
}

const READ_FAULTS: [Act; 25] = [
    Act::Silence,
    Act::Late(TIMEOUT_MS + 25),
    Act::BytewiseSlowly,
    Act::Twice,
    Act::TwiceApart,
    Act::GarbageBefore,
    Act::GarbageInside,
    Act::GarbageAfter,
    Act::OnlyGarbage,
    Act::BadCrc,
    Act::WrongUnit,
    Act::WrongFunction,
    Act::WrongTransaction,
    Act::WrongProtocol,
    Act::OneRegisterShort,
    Act::OneRegisterLong,
    Act::OddLength,
    Act::Truncated,
    Act::Exception(1),
    Act::Exception(4),
    Act::Exception(6),
    Act::Exception(11),
    Act::Exception(99),
    Act::Close,
    Act::CloseAfterHalf,
];

/// The transaction number and the protocol exist on TCP only, the check sum on a line only. RTU answers name no question, so
/// a second one is only known by coming before the next question; that is certain where both ends share one thread.
fn exists(act: Act, link: Link) -> bool {
    match act {
        Act::WrongTransaction | Act::WrongProtocol => link == Link::Tcp,
        Act::BadCrc => link != Link::Tcp,
        Act::TwiceApart => matches!(link, Link::Tcp | Link::SerialLike),
        _ => true,
    }
}

/// No fault ever becomes a value, and good readings return within two polls.
async fn check_read_faults(link: Link) {
    for act in READ_FAULTS.into_iter().filter(|act| exists(*act, link)) {
        let mut rig = Rig::new(link).await;
        for before in 0..2 {
            let case = format!("{act:?} as answer {before} over {link:?}");
            rig.will(before, act);
            rig.poll_without_lies(&case).await;
            let recovered = rig.poll_without_lies(&case).await || rig.poll_without_lies(&case).await;
            assert!(recovered, "{case}: no good reading within two polls");
        }
    }
}

#[tokio::test]
async fn no_fault_over_tcp_ever_becomes_a_value() {
    check_read_faults(Link::Tcp).await;
}

#[tokio::test]
async fn no_fault_over_a_network_adapter_ever_becomes_a_value() {
    check_read_faults(Link::RtuOverTcp).await;
}

#[tokio::test]
async fn no_fault_on_a_serial_line_ever_becomes_a_value() {
    check_read_faults(Link::SerialLike).await;
}

#[tokio::test]
async fn no_fault_on_a_port_of_the_system_ever_becomes_a_value() {
    check_read_faults(Link::Pty).await;
}

#[tokio::test]
async fn no_fault_on_a_line_that_repeats_what_is_sent_ever_becomes_a_value() {
    check_read_faults(Link::RepeatingPty).await;
}

#[tokio::test]
async fn a_device_that_restarts_is_read_again_within_two_polls() {
    for link in LINKS {
        let mut rig = Rig::new(link).await;
        let restart = [
            Act::Truncated,
            Act::Silence,
            Act::Silence,
            Act::OnlyGarbage,
            Act::GarbageBefore,
            Act::Close,
            Act::Exception(6),
            Act::Exception(5),
        ];
        rig.device.lock().unwrap().acts.extend(restart);
        while !rig.device.lock().unwrap().acts.is_empty() {
            rig.poll_without_lies(&format!("{link:?}")).await;
        }
        let recovered = rig.poll_without_lies("after").await || rig.poll_without_lies("after").await;
        assert!(recovered, "{link:?}");
    }
}

#[tokio::test]
async fn faults_in_a_row_never_shift_one_answer_to_the_next_question() {
    for link in LINKS {
        let mut rig = Rig::new(link).await;
        for round in 0..3 {
            let late = Act::Late(TIMEOUT_MS + 5 + 10 * round);
            rig.device.lock().unwrap().acts.extend([late, late, Act::Twice, late, Act::GarbageAfter, late]);
            while !rig.device.lock().unwrap().acts.is_empty() {
                rig.poll_without_lies(&format!("round {round} over {link:?}")).await;
            }
        }
        let recovered = rig.poll_without_lies("after").await || rig.poll_without_lies("after").await;
        assert!(recovered, "{link:?}");
    }
}

#[tokio::test]
async fn only_a_right_echo_confirms_a_write_and_no_write_is_ever_repeated() {
    let faults = [
        Act::Silence,
        Act::Late(TIMEOUT_MS + 25),
        Act::WrongEcho,
        Act::WrongFunction,
        Act::WrongUnit,
        Act::Truncated,
        Act::OnlyGarbage,
        Act::Exception(3),
        Act::Exception(4),
        Act::Close,
    ];
    for link in LINKS {
        for act in faults {
            let case = format!("{act:?} over {link:?}");
            let mut rig = Rig::new(link).await;
            rig.will(0, act);
            rig.device.lock().unwrap().requests.clear();
            let result = rig.machine.apply("burner", 0.5).await;
            assert!(result.is_err(), "{case}: {result:?}");
            let writes = rig.device.lock().unwrap().requests.iter().filter(|(_, pdu)| pdu[0] == 6).count();
            assert_eq!(writes, 1, "{case}");
            if result.unwrap_err().kind() == ErrorKind::Disconnected {
                rig.machine.driver.connect().await.unwrap();
            }
            let recovered = rig.poll_without_lies(&case).await || rig.poll_without_lies(&case).await;
            assert!(recovered, "{case}");
            assert!(rig.machine.apply("burner", 0.25).await.is_ok(), "{case}");
            assert_eq!(rig.device.lock().unwrap().cells[&(1, 3, 900)], 250, "{case}");
        }
    }
}

#[tokio::test]
async fn each_kind_of_fault_is_told_as_what_it_is() {
    let kinds = [
        (Act::Silence, MissingReason::Timeout),
        (Act::Exception(4), MissingReason::Rejected),
        (Act::OneRegisterShort, MissingReason::Garbled),
        (Act::Truncated, MissingReason::Garbled),
        (Act::WrongUnit, MissingReason::Garbled),
        (Act::Close, MissingReason::Disconnected),
    ];
    for link in LINKS {
        for (act, reason) in kinds {
            let mut rig = Rig::new(link).await;
            rig.will(0, act);
            let (values, result) = rig.machine.poll().await;
            assert_eq!(values[0], Err(reason), "{act:?} over {link:?}: {result:?}");
        }
    }
}

#[tokio::test]
async fn every_exception_code_leaves_the_link_in_order() {
    for link in LINKS {
        let mut rig = Rig::new(link).await;
        for code in 1..=u8::MAX {
            if code == 1 || code == 2 || code == 3 || code == 10 || code == 11 {
                // These teach the plan or speak for another device; they have tests of their own.
                continue;
            }
            rig.will(0, Act::Exception(code));
            let (values, result) = rig.machine.poll().await;
            assert_eq!(values[0], Err(MissingReason::Rejected), "code {code} over {link:?}");
            assert_eq!(values[1], Ok(f64::from(cell(1, 3, 500))));
            assert!(result.unwrap_err().to_string().contains(&format!("exception {code}")));
        }
    }
}

#[tokio::test]
async fn a_read_that_is_dropped_half_way_leaves_nothing_behind() {
    for link in LINKS {
        let mut rig = Rig::new(link).await;
        for _ in 0..3 {
            rig.will(0, Act::Late(20));
            let dropped = tokio::time::timeout(Duration::from_millis(8), rig.machine.poll()).await;
            assert!(dropped.is_err());
            // Without the connect that the drive loop would do: even then nothing may be mixed up.
            assert!(rig.poll_without_lies(&format!("{link:?}")).await, "{link:?}");
        }
    }
}
