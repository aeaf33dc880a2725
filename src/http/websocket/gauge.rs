//! Measures frames by their heads. The codec waits until it has all of a frame before it looks how long that may be: one head
//! would make it keep whatever comes.

use std::cell::Cell;
use std::future::ready;
use std::rc::Rc;

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream, StreamExt};

/// Length of a masking key. Source: RFC 6455, 5.2. Unit: bytes.
const MASK_BYTES: u64 = 4;

/// Reads along what a client sends.
#[derive(Debug)]
pub struct Gauge {
    limit: u64,
    /// As much as came of a head, up to the length that it tells.
    head: Vec<u8>,
    /// How much of a frame has not come yet.
    left: u64,
}

impl Gauge {
    /// Takes frames with up to `limit` bytes in them.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit as u64, head: Vec::with_capacity(10), left: 0 }
    }

    /// Reads on. Yields where a frame's head ends that tells too much, if there is one.
    pub fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            let passed = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - at);
            self.left -= passed as u64;
            at += passed;
            let Some(&byte) = bytes.get(at) else { break };
            self.head.push(byte);
            at += 1;
            if let Some(length) = told(&self.head) {
                if length > self.limit {
                    return Some(at);
                }
                let is_masked = self.head[1] & 0x80 != 0;
                self.left = length + if is_masked { MASK_BYTES } else { 0 };
                self.head.clear();
            }
        }
        None
    }
}

/// The length that a head tells, once it is told. Source: RFC 6455, 5.2.
fn told(head: &[u8]) -> Option<u64> {
    let (&short, more) = head.get(1..)?.split_first()?;
    match short & 0x7f {
        126 => Some(u16::from_be_bytes(more.try_into().ok()?).into()),
        127 => Some(u64::from_be_bytes(more.try_into().ok()?)),
        length => Some(length.into()),
    }
}

/// What a client sends, up to where it announces more than `limit` bytes at once; that is noted in `over`.
pub fn measured(
    said: impl Stream<Item = Result<Bytes, PayloadError>>,
    limit: usize,
    over: Rc<Cell<bool>>,
) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let mut gauge = Gauge::new(limit);
    let judged = said.flat_map(move |chunk| {
        let cut = chunk.as_ref().ok().and_then(|chunk| gauge.read(chunk));
        let chunk = chunk.map(|chunk| cut.map_or(chunk.clone(), |at| chunk.slice(..at)));
        over.set(cut.is_some());
        // What came before it is heard; behind it the stream ends.
        stream::iter(std::iter::once(Some(chunk)).chain(cut.map(|_| None)))
    });
    judged.take_while(|chunk| ready(chunk.is_some())).filter_map(ready)
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use proptest::prelude::*;

    use super::*;

    /// A frame's head and as much of its content as wanted.
    fn frame(length: u64, content: usize) -> Vec<u8> {
        let mut frame = vec![0x81];
        match length {
            0..126 => frame.push(0x80 | length as u8),
            126..0x1_0000 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        // Content that would be a large head where it was taken for one.
        frame.extend(std::iter::repeat_n(0xff, content));
        frame
    }

    proptest! {
        #[test]
        fn a_frame_that_tells_too_much_is_found_behind_any_others_however_it_is_cut(
            lengths in prop::collection::vec(0..70_000_u64, 0..5),
            beyond in prop::sample::select(vec![70_001, 1 << 20, 1 << 40, u64::MAX >> 1, u64::MAX]),
            piece in 1..50_000_usize,
        ) {
            let mut bytes: Vec<u8> = lengths.iter().flat_map(|&length| frame(length, length as usize)).collect();
            let fine = bytes.len();
            bytes.extend(frame(beyond, 20));
            let mut gauge = Gauge::new(70_000);
            let found = bytes.chunks(piece).enumerate().find_map(|(i, piece_of)| Some(i * piece + gauge.read(piece_of)?));
            prop_assert_eq!(found, Some(fine + 10));
        }
    }

    #[actix_rt::test]
    async fn what_came_before_it_is_heard_and_nothing_is_awaited_behind_it() {
        let mut bytes = frame(3, 3);
        bytes.extend(frame(5, 5));
        let over = Rc::new(Cell::new(false));
        let said = stream::iter([Ok(Bytes::from(bytes))]).chain(stream::pending());
        let heard: Vec<Bytes> = measured(said, 4, Rc::clone(&over)).try_collect().await.expect("no error");
        assert_eq!(heard, [Bytes::from([frame(3, 3), vec![0x81, 0x85]].concat())]);
        assert!(over.get());
    }
}
