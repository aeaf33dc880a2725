//! Segments: the files of a journal. Usually one; a restart of the daemon or a disk that refused begins the next.
//!
//! ```text
//! magic (8 bytes) | head frame | frames ... | seal frame | trailer frame | annotation | summary | trailer ...
//! ```
//! A sealed file always ends in a trailer of fixed size that says where seal and summary stand, so that a list of ten
//! thousand profiles is made from ten thousand tails.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use hearth_actors::model::journal::Keep;

use super::frame::{Damage, Frame, FrameReader, Kind, OVERHEAD_BYTES};
use super::record::head::{Head, HeadRecord};
use super::record::reading::Bytes;
use super::record::{BadRecord, from_json};

/// How each segment begins; the last byte is the version of the format.
pub const MAGIC: [u8; 8] = *b"HEARTHJ\x01";

const TRAILER_BODY_BYTES: usize = 8 + 8 + 1;
const TRAILER_BYTES: usize = OVERHEAD_BYTES + TRAILER_BODY_BYTES;
const IN_EARLIER_SEGMENT: u64 = u64::MAX;

/// What the last frame of a sealed file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// Where the newest summary stands: a seal or summary frame of this file.
    pub summary_at: u64,
    /// Where the seal stands; `None` if in an earlier segment.
    pub seal_at: Option<u64>,
    /// What becomes of the journal.
    pub keep: Keep,
}

impl Trailer {
    /// The body of its frame.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(TRAILER_BODY_BYTES);
        body.extend_from_slice(&self.summary_at.to_le_bytes());
        body.extend_from_slice(&self.seal_at.unwrap_or(IN_EARLIER_SEGMENT).to_le_bytes());
        body.push(match self.keep {
            Keep::AsProfile => 0,
            Keep::UntilNextSession => 1,
        });
        body
    }

    fn decode(body: &[u8]) -> Result<Self, BadRecord> {
        let mut bytes = Bytes(body);
        let summary_at = bytes.u64()?;
        let seal_at = Some(bytes.u64()?).filter(|at| *at != IN_EARLIER_SEGMENT);
        let keep = match bytes.u8()? {
            0 => Keep::AsProfile,
            1 => Keep::UntilNextSession,
            other => return Err(BadRecord(format!("{other} is no way to keep a journal"))),
        };
        bytes.finish()?;
        Ok(Self { summary_at, seal_at, keep })
    }
}

/// A segment opened for reading, up to the length it had then or that its writer vouches for.
pub struct Segment {
    file: File,
    bytes: u64,
}

impl Segment {
    /// Opens a file, of which at most `limit` bytes count.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn open(path: &Path, limit: Option<u64>) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len().min(limit.unwrap_or(u64::MAX));
        Ok(Self { file, bytes })
    }

    /// How many bytes count.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its head, and a reader for the frames after it.
    ///
    /// # Errors
    /// When the head is damaged or of another version: then nothing in the file can be understood.
    pub fn frames(&self) -> Result<(Head, FrameReader<impl Read + '_>), Damage> {
        let mut magic = [0; MAGIC.len()];
        let damage = |why: String| Damage { offset: 0, why };
        if self.bytes < MAGIC.len() as u64 || self.file.read_exact_at(&mut magic, 0).is_err() {
            return Err(damage("the file is too short to be a journal".to_owned()));
        }
        if magic[..7] == MAGIC[..7] && magic[7] > MAGIC[7] {
            return Err(damage("the file was written by a newer version of hearth: update this one".to_owned()));
        }
        if magic != MAGIC {
            return Err(damage("the file is not a journal".to_owned()));
        }
        let mut reader = self.frames_from(MAGIC.len() as u64);
        let head = match reader.read()? {
            Some(Frame { kind: Kind::Head, body, .. }) => from_json::<HeadRecord>(&body)
                .and_then(Head::try_from)
                .map_err(|e| damage(format!("the head cannot be understood: {e}")))?,
            Some(_) | None => return Err(damage("the head is missing".to_owned())),
        };
        Ok((head, reader))
    }

    /// A reader for the frames from a position on.
    pub fn frames_from(&self, offset: u64) -> FrameReader<impl Read + '_> {
        let input = At { file: &self.file, offset, end: self.bytes };
        FrameReader::new(BufReader::with_capacity(64 << 10, input), offset, self.bytes)
    }

    /// What the trailer says, if the file ends in one.
    pub fn trailer(&self) -> Option<Trailer> {
        let offset = self.bytes.checked_sub(TRAILER_BYTES as u64)?;
        let mut bytes = [0; TRAILER_BYTES];
        self.file.read_exact_at(&mut bytes, offset).ok()?;
        let frame = FrameReader::new(bytes.as_slice(), offset, self.bytes).read().ok()??;
        let trailer = Trailer::decode(&frame.body).ok().filter(|_| frame.kind == Kind::Trailer)?;
        let points_back = trailer.summary_at < offset && trailer.seal_at.is_none_or(|at| at <= trailer.summary_at);
        points_back.then_some(trailer)
    }

    /// The one frame at a position.
    ///
    /// # Errors
    /// When there is none.
    pub fn frame_at(&self, offset: u64) -> Result<Frame, Damage> {
        let missing = || Damage { offset, why: "the frame is missing".to_owned() };
        self.frames_from(offset).read()?.ok_or_else(missing)
    }

    /// How much of the file is good, read from its head: up to the first damage.
    ///
    /// # Errors
    /// When the head is damaged.
    pub fn good_bytes(&self) -> Result<u64, Damage> {
        let (_, mut frames) = self.frames()?;
        while let Ok(Some(_)) = frames.read() {}
        Ok(frames.offset())
    }

    /// A reader for the first `bytes` of the file, as they are.
    pub fn raw(&self, bytes: u64) -> impl Read + '_ {
        At { file: &self.file, offset: 0, end: bytes.min(self.bytes) }
    }
}

/// Reads at its own position, so that several readers share one file.
struct At<'a> {
    file: &'a File,
    offset: u64,
    end: u64,
}

impl Read for At<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = out.len().min(room);
        let read = self.file.read_at(&mut out[..wanted], self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
