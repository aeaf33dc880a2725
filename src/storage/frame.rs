//! Frames: how everything stands in a journal file. One frame is one record, written with one `write`.
//!
//! ```text
//! len u32 | crc32c u32 | kind u8 | seq u64 | uptime_ms u64 | wall_ms i64 | body
//!                        '------------------ len bytes ------------------'
//! ```
//! Little-endian. The checksum covers the length and what follows it, so that neither a flipped length nor a run of zeros
//! passes for a frame.

use std::io::Read;

/// Bytes of a frame around its body.
pub const OVERHEAD_BYTES: usize = 8 + STAMP_BYTES;

/// The largest body: a machine with thousands of channels or the longest notes fit many times over.
pub const BODY_BYTES_MAX: usize = 16 << 20;

const STAMP_BYTES: usize = 1 + 8 + 8 + 8;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// What a frame holds. Numbers are never given anew.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $name = $code,)+
        }

        impl Kind {
            fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// The head of a segment.
    Head = 1,
    /// The channels that the readings after it refer to, where no event told.
    Table = 2,
    /// What people added.
    Annotation = 3,
    /// The session's end, with the profile's summary.
    Seal = 4,
    /// The summary anew, after an annotation.
    Summary = 5,
    /// Fixed size, last in a sealed file: where seal and summary stand.
    Trailer = 6,
    /// Event: a reading.
    Reading = 16,
    /// Event: a mark was set.
    Mark = 17,
    /// Event: a mark was taken away.
    Unmark = 18,
    /// Event: the session moved.
    Session = 19,
    /// Event: an alarm changed state.
    Alarm = 20,
    /// Event: a control order ended.
    Settled = 21,
    /// Event: the driver's state changed.
    Connection = 22,
    /// Event: the latched safe state changed.
    Safety = 23,
    /// Event: the right to steer changed hands.
    Lease = 24,
    /// Event: a fault.
    Fault = 25,
    /// Event: the channels were configured anew.
    Channels = 26,
}

/// Which event, and when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// Position in the machine's stream; 0 for what is not an event.
    pub seq: u64,
    /// Time since boot when it was written. Unit: ms.
    pub uptime_ms: u64,
    /// Wall time. Unit: ms since the Unix epoch.
    pub wall_ms: i64,
}

/// One record as it stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Where in the file it begins.
    pub offset: u64,
    /// What it holds.
    pub kind: Kind,
    /// Which and when.
    pub stamp: Stamp,
    /// The record itself.
    pub body: Vec<u8>,
}

/// A body that no frame can hold.
#[derive(Debug, thiserror::Error)]
#[error("a record of {bytes} bytes is larger than the {BODY_BYTES_MAX} bytes a journal keeps: shorten it")]
pub struct TooLarge {
    bytes: usize,
}

/// Appends a frame to `out`.
///
/// # Errors
/// When the body is larger than [`BODY_BYTES_MAX`]; `out` is then as before.
pub fn encode(out: &mut Vec<u8>, kind: Kind, stamp: Stamp, body: &[u8]) -> Result<(), TooLarge> {
    let too_large = || TooLarge { bytes: body.len() };
    if body.len() > BODY_BYTES_MAX {
        return Err(too_large());
    }
    let len = u32::try_from(STAMP_BYTES + body.len()).map_err(|_| too_large())?.to_le_bytes();
    let start = out.len();
    out.extend_from_slice(&len);
    out.extend_from_slice(&[0; 4]);
    out.push(kind as u8);
    out.extend_from_slice(&stamp.seq.to_le_bytes());
    out.extend_from_slice(&stamp.uptime_ms.to_le_bytes());
    out.extend_from_slice(&stamp.wall_ms.to_le_bytes());
    out.extend_from_slice(body);
    let crc = checksum(len, &out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

fn checksum(len: [u8; 4], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&len), payload)
}

/// Where reading had to stop, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Position in the file.
    pub offset: u64,
    /// In plain words.
    pub why: String,
}

/// Reads frames one after the other up to the end or the first damage. Never allocates more than the file still holds.
pub struct FrameReader<R> {
    input: R,
    offset: u64,
    end: u64,
}

impl<R: Read> FrameReader<R> {
    /// Reads on from `offset`, where `input` stands, up to `end`.
    pub fn new(input: R, offset: u64, end: u64) -> Self {
        Self { input, offset, end }
    }

    /// Where the next frame begins: everything before is good.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next frame; `None` at the end.
    ///
    /// # Errors
    /// At the first frame that is short, damaged or cannot be read. Do not read on after it.
    pub fn read(&mut self) -> Result<Option<Frame>, Damage> {
        if self.offset >= self.end {
            return Ok(None);
        }
        let len_bytes = self.take::<4>()?;
        let crc = u32::from_le_bytes(self.take::<4>()?);
        let len = u64::from(u32::from_le_bytes(len_bytes));
        let room = self.end - self.offset;
        let Some(len) = usize::try_from(len).ok().filter(|_| len <= room.saturating_sub(8)) else {
            return Err(self.damage("the frame is longer than the file"));
        };
        if !(STAMP_BYTES..=STAMP_BYTES + BODY_BYTES_MAX).contains(&len) {
            return Err(self.damage("the frame has an impossible length"));
        }
        let mut payload = vec![0; len];
        self.fill(&mut payload)?;
        if checksum(len_bytes, &payload) != crc {
            return Err(self.damage("the checksum does not match"));
        }
        let Some(kind) = Kind::from_code(payload[0]) else {
            return Err(self.damage("the kind of record is unknown"));
        };
        let stamp = Stamp {
            seq: u64::from_le_bytes(at(&payload, 1)),
            uptime_ms: u64::from_le_bytes(at(&payload, 9)),
            wall_ms: i64::from_le_bytes(at(&payload, 17)),
        };
        payload.drain(..STAMP_BYTES);
        let frame = Frame { offset: self.offset, kind, stamp, body: payload };
        self.offset += (8 + len) as u64;
        Ok(Some(frame))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Damage> {
        self.input.read_exact(bytes).map_err(|e| self.damage(&format!("the frame cannot be read: {e}")))
    }

    fn damage(&self, why: &str) -> Damage {
        Damage { offset: self.offset, why: why.to_owned() }
    }
}

/// `N` bytes at a position that the caller knows to exist.
pub fn at<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[from..from + N]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn two_frames() -> Vec<u8> {
        let mut bytes = Vec::new();
        let stamp = Stamp { seq: 7, uptime_ms: 1234, wall_ms: -5 };
        encode(&mut bytes, Kind::Mark, stamp, b"first").unwrap();
        encode(&mut bytes, Kind::Trailer, Stamp::default(), b"").unwrap();
        bytes
    }

    fn read_all(bytes: &[u8]) -> (Vec<Frame>, Option<Damage>) {
        let mut reader = FrameReader::new(bytes, 0, bytes.len() as u64);
        let mut frames = Vec::new();
        loop {
            match reader.read() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => return (frames, None),
                Err(damage) => return (frames, Some(damage)),
            }
        }
    }

    #[test]
    fn frames_read_back_as_written() {
        let (frames, damage) = read_all(&two_frames());
        assert_eq!(damage, None);
        assert_eq!(frames[0].stamp, Stamp { seq: 7, uptime_ms: 1234, wall_ms: -5 });
        assert_eq!((frames[0].kind, frames[0].body.as_slice()), (Kind::Mark, b"first".as_slice()));
        assert_eq!((frames[1].kind, frames[1].offset), (Kind::Trailer, (OVERHEAD_BYTES + 5) as u64));
    }

    #[test]
    fn a_length_of_four_gigabytes_is_damage_and_not_an_allocation() {
        let mut bytes = vec![0xff; 8];
        bytes.extend_from_slice(&[0; 64]);
        assert!(read_all(&bytes).1.is_some());
    }

    #[test]
    fn a_run_of_zeros_is_damage() {
        assert!(read_all(&[0; 4096]).1.is_some());
    }

    #[test]
    fn a_body_too_large_to_be_read_back_is_not_written() {
        let mut out = vec![1];
        let body = vec![0; BODY_BYTES_MAX + 1];
        assert!(encode(&mut out, Kind::Annotation, Stamp::default(), &body).is_err());
        assert_eq!(out, [1]);
    }

    #[test]
    fn every_single_flipped_bit_is_found() {
        let good = two_frames();
        let (whole, _) = read_all(&good);
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (frames, damage) = read_all(&bytes);
            assert!(damage.is_some(), "bit {bit}");
            assert_eq!(frames, whole[..frames.len()], "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            read_all(&bytes);
        }
    }
}
