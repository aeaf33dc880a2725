//! A hand-written device that can do everything wrong, over any byte stream.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How frames look to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    Tcp,
    Rtu,
}

/// What the device does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Good,
    Silence,
    /// Answers after this many ms.
    Late(u64),
    BytewiseSlowly,
    Twice,
    /// The same answer again, in a write of its own.
    TwiceApart,
    GarbageBefore,
    GarbageInside,
    GarbageAfter,
    OnlyGarbage,
    BadCrc,
    WrongUnit,
    WrongFunction,
    WrongTransaction,
    WrongProtocol,
    OneRegisterShort,
    OneRegisterLong,
    OddLength,
    Truncated,
    WrongEcho,
    Exception(u8),
    Close,
    CloseAfterHalf,
}

/// Unit, table (by its read function) and address.
pub type Cell = (u8, u8, u16);

/// What the device holds and what it has seen.
#[derive(Debug, Default)]
pub struct Device {
    pub acts: VecDeque<Act>,
    /// Whether the line repeats each request.
    pub repeats: bool,
    pub absent: BTreeSet<u8>,
    pub illegal: BTreeSet<u16>,
    /// Written or preset values.
    pub cells: BTreeMap<Cell, u16>,
    /// Cells that follow others when those are written, each with the number of reads until it does.
    pub follows: BTreeMap<Cell, (Cell, u32)>,
    pub requests: Vec<(u8, Vec<u8>)>,
}

pub type Shared = Arc<Mutex<Device>>;

/// What an untouched cell holds: different for every unit, table and address, so that no answer passes for another.
pub fn cell(unit: u8, function: u8, address: u16) -> u16 {
    address.wrapping_mul(7).wrapping_add(u16::from(unit) * 1_000).wrapping_add(u16::from(function) * 100)
}

impl Device {
    fn read(&mut self, key: Cell) -> u16 {
        if let Some((target, reads_left)) = self.follows.get_mut(&key) {
            if *reads_left == 0 {
                let target = *target;
                return self.read(target);
            }
            *reads_left -= 1;
        }
        self.cells.get(&key).copied().unwrap_or_else(|| cell(key.0, key.1, key.2))
    }

    /// The right answer; `None` from an absent unit.
    pub fn answer(&mut self, unit: u8, pdu: &[u8]) -> Option<Vec<u8>> {
        if self.absent.contains(&unit) {
            return None;
        }
        let function = pdu[0];
        let address = u16::from_be_bytes([pdu[1], pdu[2]]);
        let number = u16::from_be_bytes([pdu[3], pdu[4]]);
        let span = if function == 5 || function == 6 { 1 } else { number };
        if (address..address + span).any(|a| self.illegal.contains(&a)) {
            return Some(vec![function | 0x80, 2]);
        }
        let mut reply = vec![function];
        match function {
            1 | 2 => {
                let mut bytes = vec![0; usize::from(number).div_ceil(8)];
                for i in 0..number {
                    bytes[usize::from(i / 8)] |= u8::from(self.read((unit, function, address + i)) & 1 == 1) << (i % 8);
                }
                reply.push(u8::try_from(bytes.len()).unwrap());
                reply.extend(bytes);
            }
            3 | 4 => {
                reply.push(u8::try_from(2 * number).unwrap());
                (0..number).for_each(|i| reply.extend(self.read((unit, function, address + i)).to_be_bytes()));
            }
            5 => {
                self.cells.insert((unit, 1, address), u16::from(number == 0xFF00));
                reply.extend(&pdu[1..5]);
            }
            6 => {
                self.cells.insert((unit, 3, address), number);
                reply.extend(&pdu[1..5]);
            }
            16 => {
                for i in 0..number {
                    let at = 6 + 2 * usize::from(i);
                    let word = u16::from_be_bytes([pdu[at], pdu[at + 1]]);
                    self.cells.insert((unit, 3, address + i), word);
                }
                reply.extend(&pdu[1..5]);
            }
            _ => reply = vec![function | 0x80, 1],
        }
        Some(reply)
    }
}

/// Serves one stream until the other side or an [`Act`] closes it.
pub async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, frames: Frames, device: Shared) {
    while let Some((transaction, unit, pdu)) = request(&mut stream, frames).await {
        let (act, reply, repeats) = {
            let mut device = device.lock().unwrap();
            device.requests.push((unit, pdu.clone()));
            (device.acts.pop_front(), device.answer(unit, &pdu), device.repeats)
        };
        if repeats && stream.write_all(&frame(frames, transaction, unit, &pdu)).await.is_err() {
            return;
        }
        let Some(reply) = reply else { continue };
        if perform(&mut stream, frames, act, transaction, unit, reply).await.is_none() {
            return;
        }
    }
}

/// Accepts connections for ever, all to the same device.
pub fn listen(listener: TcpListener, frames: Frames, device: &Shared) -> JoinHandle<()> {
    let device = device.clone();
    tokio::spawn(async move {
        let mut clients = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            clients.spawn(serve(stream, frames, device.clone()));
        }
    })
}

pub async fn request(stream: &mut (impl AsyncRead + Unpin), frames: Frames) -> Option<(u16, u8, Vec<u8>)> {
    match frames {
        Frames::Tcp => {
            let mut head = [0; 7];
            stream.read_exact(&mut head).await.ok()?;
            let mut pdu = vec![0; usize::from(u16::from_be_bytes([head[4], head[5]])) - 1];
            stream.read_exact(&mut pdu).await.ok()?;
            Some((u16::from_be_bytes([head[0], head[1]]), head[6], pdu))
        }
        Frames::Rtu => {
            let mut head = [0; 7];
            stream.read_exact(&mut head).await.ok()?;
            let mut rest = vec![0; if head[1] == 16 { 2 + usize::from(head[6]) } else { 1 }];
            stream.read_exact(&mut rest).await.ok()?;
            let frame = [&head[..], &rest].concat();
            assert_eq!(crc(&frame), 0, "the driver sent a bad CRC: {frame:02X?}");
            Some((0, head[0], frame[1..frame.len() - 2].to_vec()))
        }
    }
}

async fn perform(
    stream: &mut (impl AsyncWrite + Unpin),
    frames: Frames,
    act: Option<Act>,
    transaction: u16,
    unit: u8,
    mut pdu: Vec<u8>,
) -> Option<()> {
    let framed = |pdu: &[u8]| frame(frames, transaction, unit, pdu);
    let good = framed(&pdu);
    let bytes = match act {
        None | Some(Act::Good) => good,
        Some(Act::Silence) => return Some(()),
        Some(Act::Late(ms)) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            good
        }
        Some(Act::BytewiseSlowly) => {
            for byte in good {
                stream.write_all(&[byte]).await.ok()?;
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
            return Some(());
        }
        Some(Act::Twice) => [good.clone(), good].concat(),
        Some(Act::TwiceApart) => {
            stream.write_all(&good).await.ok()?;
            tokio::task::yield_now().await;
            good
        }
        Some(Act::GarbageBefore) => [&[0xFF, 0x00, 0xA5][..], &good].concat(),
        Some(Act::GarbageInside) => {
            let (a, b) = good.split_at(good.len() / 2);
            [a, &[0x55, 0xAA], b].concat()
        }
        Some(Act::GarbageAfter) => [&good[..], &[0xFF, 0x00, 0xA5]].concat(),
        Some(Act::OnlyGarbage) => (0..60u8).map(|i| i.wrapping_mul(37) | 0x80).collect(),
        Some(Act::BadCrc) => {
            let mut bad = good;
            *bad.last_mut()? ^= 0x10;
            bad
        }
        Some(Act::WrongUnit) => frame(frames, transaction, unit + 1, &pdu),
        Some(Act::WrongFunction) => {
            pdu[0] = if pdu[0] == 3 { 4 } else { 3 };
            framed(&pdu)
        }
        Some(Act::WrongTransaction) => frame(frames, transaction.wrapping_sub(1), unit, &pdu),
        Some(Act::WrongProtocol) => {
            let mut bad = good;
            bad[2] = 1;
            bad
        }
        Some(Act::OneRegisterShort) => {
            pdu.truncate(pdu.len() - 2);
            pdu[1] = pdu[1].wrapping_sub(2);
            framed(&pdu)
        }
        Some(Act::OneRegisterLong) => {
            pdu.extend([0x12, 0x34]);
            pdu[1] = pdu[1].wrapping_add(2);
            framed(&pdu)
        }
        Some(Act::OddLength) => {
            pdu.pop();
            pdu[1] = pdu[1].wrapping_sub(1);
            framed(&pdu)
        }
        Some(Act::Truncated) => good[..good.len() - 1].to_vec(),
        Some(Act::WrongEcho) => {
            *pdu.last_mut()? ^= 1;
            framed(&pdu)
        }
        Some(Act::Exception(code)) => framed(&[pdu[0] | 0x80, code]),
        Some(Act::Close) => return None,
        Some(Act::CloseAfterHalf) => {
            stream.write_all(&good[..good.len() / 2]).await.ok()?;
            return None;
        }
    };
    stream.write_all(&bytes).await.ok()
}

pub fn frame(frames: Frames, transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    match frames {
        Frames::Tcp => {
            let length = u16::try_from(pdu.len() + 1).unwrap();
            [&transaction.to_be_bytes()[..], &[0, 0], &length.to_be_bytes(), &[unit], pdu].concat()
        }
        Frames::Rtu => {
            let body = [&[unit][..], pdu].concat();
            [&body[..], &crc(&body).to_le_bytes()].concat()
        }
    }
}

/// Zero over a whole frame. Source: Modbus over serial line 1.02, 6.2.2.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

#[test]
fn the_check_sum_is_the_published_one() {
    assert_eq!(crc(&[0x01, 0x03, 0x08, 0x2B, 0x00, 0x02]).to_le_bytes(), [0xB6, 0x63]);
}
