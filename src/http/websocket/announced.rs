//! Announced lengths: the codec keeps what comes until a frame is whole, however large that says it will be. So the heads of frames are
//! read before, and one that announces too much is replaced by one that the codec refuses at once.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use futures_util::Stream;

/// Longest head of a frame. Source: RFC 6455 section 5.2.
pub const HEAD_BYTES_MAX: usize = 14;
/// A text frame of a length that no frame may have: the highest bit is set.
const IMPOSSIBLE: &[u8] = &[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// What a client sends, up to a frame that is announced to be too large.
pub struct Announced<S> {
    inner: Pin<Box<S>>,
    frames: Frames,
}

/// Where in its frames a stream is.
#[derive(Debug)]
struct Frames {
    /// Largest payload that is let through. Unit: bytes.
    limit: u64,
    /// The beginning of a head, held back until it is whole.
    held: BytesMut,
    /// What is left of the payload of the frame whose head was read. Unit: bytes.
    left: u64,
    /// Too much was announced: nothing is read any more.
    is_over: bool,
}

impl<S> Announced<S> {
    /// Lets frames through whose payload is at most one byte over the limit: the codec answers that.
    pub fn new(inner: S, limit: usize) -> Self {
        let frames = Frames { limit: limit as u64 + 1, held: BytesMut::new(), left: 0, is_over: false };
        Self { inner: Box::pin(inner), frames }
    }
}

impl Frames {
    /// What of a chunk the codec may see.
    fn pass(&mut self, mut chunk: Bytes) -> Bytes {
        if !self.held.is_empty() {
            self.held.extend_from_slice(&chunk);
            chunk = std::mem::take(&mut self.held).freeze();
        }
        let mut at = 0;
        while at < chunk.len() {
            let rest = &chunk[at..];
            if self.left > 0 {
                let here = rest.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.left -= here as u64;
                at += here;
                continue;
            }
            match head(rest) {
                Some((_, payload)) if payload > self.limit => {
                    self.is_over = true;
                    return [&chunk[..at], IMPOSSIBLE].concat().into();
                }
                Some((bytes, payload)) => {
                    self.left = payload;
                    at += bytes;
                }
                None => {
                    self.held.extend_from_slice(rest);
                    return chunk.slice(..at);
                }
            }
        }
        chunk
    }
}

/// The length of a frame's head and of its payload, once its head is whole.
fn head(bytes: &[u8]) -> Option<(usize, u64)> {
    let second = *bytes.get(1)?;
    let (wide, payload) = match second & 0x7f {
        126 => (2, u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (8, u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        short => (0, u64::from(short)),
    };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let length = 2 + wide + mask;
    (bytes.len() >= length).then_some((length, payload))
}

impl<S> Stream for Announced<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>>,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Who announced too much is being told so, and goes.
        if self.frames.is_over {
            return Poll::Pending;
        }
        let polled = self.inner.as_mut().poll_next(cx);
        polled.map(|said| said.map(|said| said.map(|chunk| self.frames.pass(chunk))))
    }
}

#[cfg(test)]
mod tests {
    use actix_http::ws::{Codec, Frame, ProtocolError};
    use proptest::prelude::*;
    use tokio_util::codec::Decoder;

    use super::*;

    /// A masked text frame; the mask is nought.
    fn frame(announced: u64, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x81];
        match announced {
            0..=125 => bytes.push(0x80 | u8::try_from(announced).unwrap()),
            126..=0xffff => {
                bytes.push(0x80 | 126);
                bytes.extend_from_slice(&u16::try_from(announced).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend_from_slice(&announced.to_be_bytes());
            }
        }
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(payload);
        bytes
    }

    /// What the codec makes of bytes that come in pieces, and how much of them it was given to keep.
    fn decoded(pieces: &[&[u8]], limit: usize) -> (Vec<usize>, Option<ProtocolError>, usize) {
        let mut announced = Announced::new((), limit);
        let mut codec = Codec::new().max_size(limit);
        let (mut buffer, mut lengths, mut most) = (BytesMut::new(), Vec::new(), 0);
        for piece in pieces {
            if announced.frames.is_over {
                break;
            }
            buffer.extend_from_slice(&announced.frames.pass(Bytes::copy_from_slice(piece)));
            most = most.max(buffer.len());
            loop {
                match codec.decode(&mut buffer) {
                    Ok(Some(Frame::Text(text))) => lengths.push(text.len()),
                    Ok(Some(other)) => panic!("{other:?}"),
                    Ok(None) => break,
                    Err(error) => return (lengths, Some(error), most),
                }
            }
        }
        (lengths, None, most)
    }

    #[test]
    fn what_announces_too_much_is_refused_before_any_of_it_is_kept() {
        for announced in [102, 200, 70_000, 1 << 32, 1 << 62, u64::MAX >> 1, u64::MAX] {
            let bytes = [frame(3, b"abc"), frame(announced, &[b'x'; 5_000])].concat();
            for size in [1, 2, 7, 5_000] {
                let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
                let (lengths, error, most) = decoded(&pieces, 100);
                assert_eq!(lengths, [3], "{announced} in pieces of {size}");
                assert!(matches!(error, Some(ProtocolError::Overflow)), "{announced}: {error:?}");
                assert!(most < 200, "{announced}: {most} bytes were kept");
            }
        }
    }

    proptest! {
        #[test]
        fn what_keeps_to_the_limit_arrives_as_it_was_sent(
            lengths in prop::collection::vec(0_usize..=300, 1..20),
            size in 1_usize..700,
        ) {
            let frames: Vec<u8> = lengths.iter().flat_map(|length| frame(*length as u64, &vec![b'x'; *length])).collect();
            let pieces: Vec<&[u8]> = frames.chunks(size).collect();
            let (arrived, error, _) = decoded(&pieces, 300);
            prop_assert!(error.is_none());
            prop_assert_eq!(arrived, lengths);
        }
    }
}
