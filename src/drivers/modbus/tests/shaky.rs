//! A device whose answers are dropped, late, cut, doubled, altered, or those to other questions.
//!
//! It stores what it is told, or refuses, or, where there is a read-back, confirms and does nothing. What no master can see is left
//! out: on a line, where answers have no number, one that is in all its bytes what the right one would be, or an older reading of the same
//! shape; on Modbus TCP, which has no check sum, flips inside the very value that is read. Time is virtual, chance the same in each run.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::super::link::{AfterFault, Connection, Framing, OpenLine};
use super::peer::{self, Device, Frames};

/// How long an answer may take. Unit: ms.
pub const LIMIT_MS: u64 = 40;
/// After a question that is older than this, its answer is not taken for that to another: twice the limit, as `docs/modbus.md` says.
const LATEST: Duration = Duration::from_millis(2 * LIMIT_MS - 2);
/// Answers that may come again.
const OLDER_MAX: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Tcp,
    /// RTU through a network adapter, which sends what comes late to whoever is connected then.
    Adapter,
    Serial,
    /// A line that repeats what is sent.
    Repeating,
}

/// What happens to an answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    None,
    Dropped,
    Late,
    Cut,
    Doubled,
    Flipped,
    Older,
    OtherTransaction,
    OtherUnit,
    OtherFunction,
    OtherLength,
}

pub const HARMS: [Harm; 10] = [
    Harm::Dropped,
    Harm::Late,
    Harm::Cut,
    Harm::Doubled,
    Harm::Flipped,
    Harm::Older,
    Harm::OtherTransaction,
    Harm::OtherUnit,
    Harm::OtherFunction,
    Harm::OtherLength,
];

/// The device and what lies between it and us.
pub struct World {
    over: Over,
    rng: Rng,
    /// What its registers hold.
    pub real: Device,
    /// What they would hold, had it done all that it was told.
    obedient: Device,
    older: VecDeque<Answer>,
    pub harms: BTreeMap<Harm, usize>,
    pub refused: usize,
    pub confirmed_in_vain: usize,
}

pub type Shared = Arc<Mutex<World>>;

#[derive(Debug, Clone)]
struct Answer {
    pdu: Vec<u8>,
    bytes: Vec<u8>,
}

struct Question {
    transaction: u16,
    unit: u8,
    pdu: Vec<u8>,
    asked: Instant,
}

impl Over {
    fn frames(self) -> Frames {
        if self == Self::Tcp { Frames::Tcp } else { Frames::Rtu }
    }

    fn framing(self) -> Framing {
        let gap = Duration::from_millis(4);
        match self {
            Self::Tcp => Framing::Tcp,
            Self::Adapter => Framing::Rtu { gap, after_fault: AfterFault::Reopen },
            Self::Serial | Self::Repeating => Framing::Rtu { gap, after_fault: AfterFault::Keep },
        }
    }
}

impl World {
    pub fn new(over: Over) -> Self {
        let shows = |device: &mut Device| {
            device.follows.insert((1, 2, 1), ((1, 1, 1), 0));
            for address in [11, 22, 23] {
                device.follows.insert((1, 4, address), ((1, 3, address), 0));
            }
        };
        let (mut real, mut obedient) = (Device::default(), Device::default());
        shows(&mut real);
        shows(&mut obedient);
        Self {
            over,
            rng: Rng::with_seed(7),
            real,
            obedient,
            older: VecDeque::new(),
            harms: BTreeMap::new(),
            refused: 0,
            confirmed_in_vain: 0,
        }
    }

    /// Does what is asked, or not; the answer and how long it takes.
    fn answer(&mut self, question: &Question) -> (Duration, Vec<u8>) {
        let Question { transaction, unit, pdu, .. } = question;
        let function = pdu[0];
        let wanted = self.obedient.answer(*unit, pdu).unwrap();
        let seen = [1, 11, 22].contains(&u16::from_be_bytes([pdu[1], pdu[2]]));
        let right = match self.rng.u8(0..10) {
            0..3 if function >= 5 => {
                self.refused += 1;
                vec![function | 0x80, self.rng.u8(1..=11)]
            }
            3 if function >= 5 && seen => {
                self.confirmed_in_vain += 1;
                wanted.clone()
            }
            _ => self.real.answer(*unit, pdu).unwrap(),
        };
        let framed = |pdu: &[u8]| peer::frame(self.over.frames(), *transaction, *unit, pdu);
        let (right_bytes, wanted_bytes) = (framed(&right), framed(&wanted));
        let harm = if self.rng.bool() { Harm::None } else { HARMS[self.rng.usize(..HARMS.len())] };
        let harmed = self.harmed(harm, question, &right);
        self.older.push_back(Answer { pdu: right, bytes: right_bytes.clone() });
        if self.older.len() > OLDER_MAX {
            self.older.pop_front();
        }
        match harmed {
            Some((delay, bytes)) if bytes == right_bytes || bytes != wanted_bytes => {
                *self.harms.entry(harm).or_default() += 1;
                (delay, bytes)
            }
            _ => (Duration::ZERO, right_bytes),
        }
    }

    /// `None` for a harm that does not exist here.
    fn harmed(&mut self, harm: Harm, question: &Question, right: &[u8]) -> Option<(Duration, Vec<u8>)> {
        let frames = self.over.frames();
        let Question { transaction, unit, .. } = *question;
        let framed = |pdu: &[u8]| peer::frame(frames, transaction, unit, pdu);
        let mut bytes = framed(right);
        let mut delay = Duration::ZERO;
        match harm {
            Harm::None => {}
            Harm::Dropped => bytes.clear(),
            Harm::Late => delay = Duration::from_millis(self.rng.u64(1..2 * LIMIT_MS)),
            Harm::Cut => bytes.truncate(self.rng.usize(1..bytes.len())),
            Harm::Doubled => bytes.extend_from_within(..),
            Harm::Flipped => {
                let is_reading = right[0] < 5;
                // Unit, function and length of a reading; all of any other answer.
                let end = if self.over == Over::Tcp && is_reading { 9 } else { bytes.len() };
                for _ in 0..self.rng.u8(1..=3) {
                    bytes[self.rng.usize(..end)] ^= 1 << self.rng.u8(..8);
                }
            }
            Harm::Older => {
                let passes = |older: &Answer| {
                    let has_same_shape = older.pdu[0] == right[0] && older.pdu.len() == right.len();
                    frames == Frames::Rtu && right[0] < 5 && has_same_shape
                };
                let from = self.rng.usize(..=self.older.len());
                bytes = self.older.iter().skip(from).find(|older| !passes(older))?.bytes.clone();
            }
            Harm::OtherTransaction if frames == Frames::Tcp => {
                bytes = peer::frame(frames, transaction.wrapping_add(self.rng.u16(1..)), unit, right);
            }
            Harm::OtherTransaction => return None,
            Harm::OtherUnit => bytes = peer::frame(frames, transaction, unit.wrapping_add(self.rng.u8(1..)), right),
            Harm::OtherFunction => {
                let mut pdu = right.to_vec();
                let others: Vec<u8> = [1, 2, 3, 4, 5, 6, 15, 16].into_iter().filter(|other| *other != pdu[0]).collect();
                pdu[0] = others[self.rng.usize(..others.len())];
                bytes = framed(&pdu);
            }
            Harm::OtherLength => {
                let mut pdu = right.to_vec();
                if self.rng.bool() {
                    pdu.pop();
                } else {
                    pdu.push(self.rng.u8(..));
                }
                bytes = framed(&pdu);
            }
        }
        Some((delay, bytes))
    }
}

/// Where the device's answers go: to whoever is connected.
type Wire = Arc<tokio::sync::Mutex<Option<WriteHalf<DuplexStream>>>>;

async fn send(wire: &Wire, bytes: &[u8]) {
    if let Some(writer) = wire.lock().await.as_mut() {
        // A connection that is closed loses what was on its way.
        let _ = writer.write_all(bytes).await;
    }
}

/// Takes one question after the other.
async fn serve(world: Shared, wire: Wire, mut questions: mpsc::Receiver<Question>) {
    while let Some(question) = questions.recv().await {
        let (delay, bytes) = world.lock().unwrap().answer(&question);
        sleep(delay).await;
        if question.asked.elapsed() < LATEST {
            send(&wire, &bytes).await;
        }
    }
}

async fn listen(mut reader: ReadHalf<DuplexStream>, over: Over, wire: Wire, questions: mpsc::Sender<Question>) {
    while let Some((transaction, unit, pdu)) = peer::request(&mut reader, over.frames()).await {
        if over == Over::Repeating {
            send(&wire, &peer::frame(over.frames(), transaction, unit, &pdu)).await;
        }
        let question = Question { transaction, unit, pdu, asked: Instant::now() };
        if questions.send(question).await.is_err() {
            return;
        }
    }
}

/// A device with its queue.
fn device(world: &Shared) -> (Wire, mpsc::Sender<Question>) {
    let (wire, (sender, questions)) = (Wire::default(), mpsc::channel(64));
    tokio::spawn(serve(world.clone(), wire.clone(), questions));
    (wire, sender)
}

/// Behind a line there is one device, whoever is connected; each Modbus TCP connection is served by itself.
pub fn opener(world: &Shared, over: Over) -> OpenLine {
    let (world, line) = (world.clone(), device(world));
    Box::new(move || {
        let (ours, theirs) = duplex(4_096);
        let (reader, writer) = split(theirs);
        let (wire, questions) = if over == Over::Tcp {
            world.lock().unwrap().older.clear();
            device(&world)
        } else {
            line.clone()
        };
        Box::pin(async move {
            *wire.lock().await = Some(writer);
            tokio::spawn(listen(reader, over, wire, questions));
            Ok(Connection::new(Box::new(ours), over.framing()))
        })
    })
}
