//! A bare WebSocket: as little between the measurement and the wire as can be.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, bail};

const TEXT: u8 = 0x81;
/// A mask of zeros leaves the payload as it is; the server does not care.
const MASK: [u8; 4] = [0; 4];

/// The request that opens a socket.
pub fn handshake(address: SocketAddr, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
}

/// Where the answer to the handshake ends and frames begin; `None` until it is there.
pub fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// A text frame as a client sends it. At most 125 bytes.
pub fn client_frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX).min(125);
    let mut frame = vec![TEXT, 0x80 | length];
    frame.extend(MASK);
    frame.extend(text.bytes().take(usize::from(length)));
    frame
}

/// Frames from a server, cut from the bytes as they come.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    read: usize,
}

/// One frame among the bytes of [`Frames`].
pub struct Frame<'a> {
    /// Header and payload, as they came.
    pub whole: &'a [u8],
    /// The payload.
    pub payload: &'a [u8],
    /// Whether it is text.
    pub is_text: bool,
}

impl Frames {
    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read == self.bytes.len() {
            self.bytes.clear();
            self.read = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame.
    pub fn next(&mut self) -> Option<Frame<'_>> {
        let (start, payload) = (self.read, self.payload()?);
        self.read = payload.end;
        Some(Frame {
            is_text: self.bytes[start] == TEXT,
            whole: &self.bytes[start..payload.end],
            payload: &self.bytes[payload],
        })
    }

    fn payload(&self) -> Option<Range<usize>> {
        let waiting = &self.bytes[self.read..];
        let (head, length) = match *waiting.get(1)? {
            126 => (4, usize::from(u16::from_be_bytes(waiting.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(waiting.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        let payload = self.read + head..self.read + head + length;
        (payload.end <= self.bytes.len()).then_some(payload)
    }
}

/// The number after a key of a flat JSON text, looked for from its end; `None` where it is not there or no whole number.
pub fn number(json: &[u8], key: &str) -> Option<u64> {
    let needle = format!("\"{key}\":");
    let at = json.windows(needle.len()).rposition(|part| part == needle.as_bytes())? + needle.len();
    let digits = json[at..].iter().take_while(|byte| byte.is_ascii_digit());
    std::str::from_utf8(&json[at..at + digits.count()]).ok()?.parse().ok()
}

/// A socket that waits for what it reads.
pub struct Blocking {
    stream: TcpStream,
    frames: Frames,
}

impl Blocking {
    /// Opens a socket.
    ///
    /// # Errors
    /// When the daemon does not take it.
    pub fn open(address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address).context("connecting")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(handshake(address, path).as_bytes())?;
        let mut head = Vec::new();
        let mut buffer = [0; 4096];
        let end = loop {
            let n = stream.read(&mut buffer).context("waiting for the handshake")?;
            head.extend_from_slice(&buffer[..n]);
            match end_of_head(&head) {
                Some(end) => break end,
                None if n == 0 => bail!("the daemon hung up during the handshake"),
                None => {}
            }
        };
        if !head.starts_with(b"HTTP/1.1 101") {
            bail!("the daemon refused the socket: {}", String::from_utf8_lossy(&head));
        }
        let mut frames = Frames::default();
        frames.push(&head[end..]);
        Ok(Self { stream, frames })
    }

    /// Sends a text.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn send(&mut self, text: &str) -> anyhow::Result<()> {
        self.stream.write_all(&client_frame(text)).context("sending")
    }

    /// Waits for a frame that fits and gives what `wanted` makes of it.
    ///
    /// # Errors
    /// When none comes within 10 s.
    pub fn wait_for<T>(&mut self, mut wanted: impl FnMut(&Frame<'_>) -> Option<T>) -> anyhow::Result<T> {
        let mut buffer = [0; 16 * 1024];
        loop {
            while let Some(frame) = self.frames.next() {
                if let Some(found) = wanted(&frame) {
                    return Ok(found);
                }
            }
            let n = self.stream.read(&mut buffer).context("waiting for a frame")?;
            if n == 0 {
                bail!("the daemon hung up");
            }
            self.frames.push(&buffer[..n]);
        }
    }
}
