#![no_main]
//! What a device answers: the first byte chooses framing and request, the rest comes back for it.

use std::time::Duration;

use hearth::config::modbus::Register;
use hearth::drivers::modbus::codec::Payload;
use hearth::drivers::modbus::link::{AfterFault, Connection, Framing};
use hearth::drivers::modbus::op::{Op, Reply};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// No frame is longer, and what does not fit in the pipe would wait for its reader.
const REPLY_BYTES_MAX: usize = 4096;

const OPS: [Op; 8] = [
    Op::Read { register: Register::Coil, address: 0, count: 9 },
    Op::Read { register: Register::Discrete, address: 65_535, count: 1 },
    Op::Read { register: Register::Holding, address: 7, count: 2 },
    Op::Read { register: Register::Input, address: 100, count: 125 },
    Op::Write { address: 3, payload: Payload::Bit(true) },
    Op::Write { address: 3, payload: Payload::Word(0xbeef) },
    Op::Write { address: 3, payload: Payload::Pair([1, 2]) },
    Op::Read { register: Register::Holding, address: 0, count: 1 },
];

fuzz_target!(|data: &[u8]| {
    let [choice, reply @ ..] = data else { return };
    if reply.len() > REPLY_BYTES_MAX {
        return;
    }
    let op = OPS[usize::from(choice & 7)];
    let framing = match choice & 8 {
        0 => Framing::Tcp,
        _ => Framing::Rtu { gap: Duration::from_millis(2), after_fault: AfterFault::Keep },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let (ours, mut device) = tokio::io::duplex(2 * REPLY_BYTES_MAX);
        let mut connection = Connection::new(Box::new(ours), framing);
        let answering = async {
            let mut request = [0; 512];
            device.read(&mut request).await.expect("a request");
            device.write_all(reply).await.expect("room");
        };
        let (answer, ()) = tokio::join!(connection.call(1, op, Duration::from_millis(100)), answering);
        // Where it may go on, what is left of the old answer must not be taken for the new one.
        if connection.is_reusable() {
            let (again, _) = tokio::join!(connection.call(1, op, Duration::from_millis(100)), async {});
            assert!(again.is_err(), "nobody answered: {again:?}");
        }
        match (op, answer) {
            (Op::Read { count, .. }, Ok(Reply::Bits(bits))) => assert_eq!(bits.len(), usize::from(count)),
            (Op::Read { count, .. }, Ok(Reply::Words(words))) => assert_eq!(words.len(), usize::from(count)),
            (Op::Read { .. }, Ok(Reply::Written)) => panic!("a read was confirmed as a write"),
            (Op::Write { .. }, Ok(reply)) => assert_eq!(reply, Reply::Written),
            (_, Err(_)) => {}
        }
    });
});
