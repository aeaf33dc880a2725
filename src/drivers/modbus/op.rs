//! One request to a device, what its answer must look like, and how both are named to people. Pure.

use std::borrow::Cow;

use tokio_modbus::{Request, Response};

use super::codec::Payload;
use crate::config::modbus::Register;

/// What is asked of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Functions 1 to 4.
    Read {
        /// From which table.
        register: Register,
        /// First address.
        address: u16,
        /// How many items.
        count: u16,
    },
    /// Function 5, 6 or 16, by payload.
    Write {
        /// First address.
        address: u16,
        /// What.
        payload: Payload,
    },
}

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// As many bits as were asked for.
    Bits(Vec<bool>),
    /// As many words as were asked for.
    Words(Vec<u16>),
    /// The write is confirmed.
    Written,
}

impl Op {
    /// The request as the codec wants it.
    pub fn request(self) -> Request<'static> {
        match self {
            Self::Read { register: Register::Coil, address, count } => Request::ReadCoils(address, count),
            Self::Read { register: Register::Discrete, address, count } => Request::ReadDiscreteInputs(address, count),
            Self::Read { register: Register::Input, address, count } => Request::ReadInputRegisters(address, count),
            Self::Read { register: Register::Holding, address, count } => Request::ReadHoldingRegisters(address, count),
            Self::Write { address, payload: Payload::Bit(on) } => Request::WriteSingleCoil(address, on),
            Self::Write { address, payload: Payload::Word(word) } => Request::WriteSingleRegister(address, word),
            Self::Write { address, payload: Payload::Pair(words) } => {
                Request::WriteMultipleRegisters(address, Cow::Owned(words.to_vec()))
            }
        }
    }

    /// Judges an answer: the right kind, the right length, and for a write the right echo.
    ///
    /// # Errors
    /// What is wrong with it, in plain words.
    pub fn judge(self, response: Response) -> Result<Reply, String> {
        match (self, response) {
            (Self::Read { register: Register::Coil, count, .. }, Response::ReadCoils(bits))
            | (Self::Read { register: Register::Discrete, count, .. }, Response::ReadDiscreteInputs(bits)) => {
                exactly_bits(bits, count)
            }
            (Self::Read { register: Register::Input, count, .. }, Response::ReadInputRegisters(words))
            | (Self::Read { register: Register::Holding, count, .. }, Response::ReadHoldingRegisters(words)) => {
                exactly_words(words, count)
            }
            (Self::Write { address, payload: Payload::Bit(on) }, Response::WriteSingleCoil(at, echo)) => {
                confirmed(address == at && on == echo)
            }
            (Self::Write { address, payload: Payload::Word(word) }, Response::WriteSingleRegister(at, echo)) => {
                confirmed(address == at && word == echo)
            }
            (Self::Write { address, payload: Payload::Pair(_) }, Response::WriteMultipleRegisters(at, count)) => {
                confirmed(address == at && count == 2)
            }
            (_, other) => Err(format!("it answers function {}, which was not asked", other.function_code())),
        }
    }

    /// Whether the good answer to this write would pass for that to another: the answer to a write of two registers does not say which.
    pub fn is_answered_like(self, other: Self) -> bool {
        match (self, other) {
            (
                Self::Write { address: a, payload: Payload::Pair(_) },
                Self::Write { address: b, payload: Payload::Pair(_) },
            ) => a == b,
            (Self::Write { .. }, Self::Write { .. }) => self == other,
            _ => false,
        }
    }

    /// Whether a refusal of this write would pass for that of another: it names the function and nothing else.
    pub fn is_refused_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Write { payload: a, .. }, Self::Write { payload: b, .. }) => {
                std::mem::discriminant(&a) == std::mem::discriminant(&b)
            }
            _ => false,
        }
    }

    /// For a write whose good answer is the question once more: the reading of what it writes.
    pub fn look(self) -> Option<Self> {
        match self {
            Self::Write { address, payload: Payload::Bit(_) } => {
                Some(Self::Read { register: Register::Coil, address, count: 1 })
            }
            Self::Write { address, payload: Payload::Word(_) } => {
                Some(Self::Read { register: Register::Holding, address, count: 1 })
            }
            Self::Write { payload: Payload::Pair(_), .. } | Self::Read { .. } => None,
        }
    }

    /// Whether both write the same coil or register.
    pub fn writes_over(self, other: Self) -> bool {
        let (Self::Write { address: a, payload: one }, Self::Write { address: b, payload: two }) = (self, other) else {
            return false;
        };
        let width = |payload| if matches!(payload, Payload::Pair(_)) { 2 } else { 1 };
        let (a, b) = (u32::from(a), u32::from(b));
        matches!(one, Payload::Bit(_)) == matches!(two, Payload::Bit(_)) && a < b + width(two) && b < a + width(one)
    }

    /// Bytes of request and answer together on a serial line, frames and CRCs included.
    pub fn frame_bytes(self) -> u32 {
        match self {
            Self::Read { register, count, .. } if register.is_bits() => 8 + 5 + u32::from(count).div_ceil(8),
            Self::Read { count, .. } => 8 + 5 + 2 * u32::from(count),
            Self::Write { payload: Payload::Pair(_), .. } => 13 + 8,
            Self::Write { .. } => 8 + 8,
        }
    }

    /// What is asked, in words: `reading 2 holding registers from 768, unit 1 on 10.0.0.9:502`.
    pub fn words(self, unit: u8, place: &str) -> String {
        let what = match self {
            Self::Read { register, address, count } => {
                let plural = if count == 1 { "" } else { "s" };
                format!("reading {count} {}{plural} from {address}", table_name(register))
            }
            Self::Write { address, payload: Payload::Bit(on) } => {
                format!("switching coil {address} {}", if on { "on" } else { "off" })
            }
            Self::Write { address, payload: Payload::Word(word) } => {
                format!("writing {word} to holding register {address}")
            }
            Self::Write { address, payload: Payload::Pair([first, second]) } => {
                format!("writing {first}, {second} to holding registers from {address}")
            }
        };
        format!("{what}, unit {unit} on {place}")
    }
}

fn table_name(register: Register) -> &'static str {
    match register {
        Register::Coil => "coil",
        Register::Discrete => "discrete input",
        Register::Input => "input register",
        Register::Holding => "holding register",
    }
}

/// Bits travel in whole bytes, so the answer may carry up to seven more than asked, but no other number.
fn exactly_bits(mut bits: Vec<bool>, count: u16) -> Result<Reply, String> {
    let count = usize::from(count);
    if bits.len() != count.div_ceil(8) * 8 {
        return Err(format!("{} bits came where {count} were asked", bits.len()));
    }
    bits.truncate(count);
    Ok(Reply::Bits(bits))
}

fn exactly_words(words: Vec<u16>, count: u16) -> Result<Reply, String> {
    if words.len() == usize::from(count) {
        Ok(Reply::Words(words))
    } else {
        Err(format!("{} registers came where {count} were asked", words.len()))
    }
}

fn confirmed(same: bool) -> Result<Reply, String> {
    if same { Ok(Reply::Written) } else { Err("the echo differs from what was written".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Op = Op::Read { register: Register::Holding, address: 768, count: 2 };

    #[test]
    fn an_answer_of_another_length_is_refused() {
        assert_eq!(READ.judge(Response::ReadHoldingRegisters(vec![1, 2])), Ok(Reply::Words(vec![1, 2])));
        for wrong in [vec![], vec![1], vec![1, 2, 3]] {
            assert!(READ.judge(Response::ReadHoldingRegisters(wrong)).is_err());
        }
        let coils = Op::Read { register: Register::Coil, address: 0, count: 9 };
        assert_eq!(coils.judge(Response::ReadCoils(vec![true; 16])), Ok(Reply::Bits(vec![true; 9])));
        for wrong in [0, 8, 9, 24] {
            assert!(coils.judge(Response::ReadCoils(vec![true; wrong])).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_of_another_kind_is_refused() {
        assert!(READ.judge(Response::ReadInputRegisters(vec![1, 2])).is_err());
        assert!(READ.judge(Response::WriteSingleRegister(768, 2)).is_err());
    }

    #[test]
    fn only_the_exact_echo_confirms_a_write() {
        let coil = Op::Write { address: 4, payload: Payload::Bit(true) };
        assert_eq!(coil.judge(Response::WriteSingleCoil(4, true)), Ok(Reply::Written));
        assert!(coil.judge(Response::WriteSingleCoil(5, true)).is_err());
        assert!(coil.judge(Response::WriteSingleCoil(4, false)).is_err());
        let word = Op::Write { address: 4, payload: Payload::Word(9) };
        assert_eq!(word.judge(Response::WriteSingleRegister(4, 9)), Ok(Reply::Written));
        assert!(word.judge(Response::WriteSingleRegister(4, 8)).is_err());
        assert!(word.judge(Response::WriteSingleRegister(3, 9)).is_err());
        let pair = Op::Write { address: 4, payload: Payload::Pair([1, 2]) };
        assert_eq!(pair.judge(Response::WriteMultipleRegisters(4, 2)), Ok(Reply::Written));
        assert!(pair.judge(Response::WriteMultipleRegisters(4, 1)).is_err());
        assert!(pair.judge(Response::WriteMultipleRegisters(6, 2)).is_err());
    }

    #[test]
    fn writes_are_told_apart_by_what_their_answers_say() {
        let write = |address, payload| Op::Write { address, payload };
        let (word, pair) = (write(4, Payload::Word(9)), write(4, Payload::Pair([1, 2])));
        assert!(pair.is_answered_like(write(4, Payload::Pair([3, 4]))));
        assert!(!pair.is_answered_like(write(5, Payload::Pair([1, 2]))) && !pair.is_answered_like(word));
        assert!(word.is_answered_like(word) && !word.is_answered_like(write(4, Payload::Word(8))));
        assert!(word.is_refused_like(write(7, Payload::Word(8))) && !word.is_refused_like(pair));
        assert!(!READ.is_answered_like(READ) && !READ.is_refused_like(READ), "it writes nothing");
        assert_eq!(word.look(), Some(Op::Read { register: Register::Holding, address: 4, count: 1 }));
        assert_eq!((READ.look(), pair.look()), (None, None));
        assert!(pair.writes_over(write(5, Payload::Word(0))) && write(5, Payload::Word(0)).writes_over(pair));
        assert!(!pair.writes_over(write(6, Payload::Word(0))) && !word.writes_over(write(4, Payload::Bit(true))));
    }

    #[test]
    fn people_are_told_what_was_asked() {
        assert_eq!(READ.words(1, "10.0.0.9:502"), "reading 2 holding registers from 768, unit 1 on 10.0.0.9:502");
        let coil = Op::Write { address: 4, payload: Payload::Bit(false) };
        assert_eq!(coil.words(3, "/dev/ttyUSB0"), "switching coil 4 off, unit 3 on /dev/ttyUSB0");
    }
}
