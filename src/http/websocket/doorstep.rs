//! The doorstep: a client that showed no credential may still say who it is, with its first frame and within a few seconds. Until
//! then it is told nothing.

use std::time::Duration;

use actix_http::ws::{Codec, Frame, Message};
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web_actors::ws;
use futures_util::stream::{self, Stream};
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use tokio::time::timeout;
use tokio_util::codec::{Decoder, Encoder};

use super::announced::{Announced, HEAD_BYTES_MAX};
use super::guest::{Admission, NoEntry};
use crate::http::door::Nobody;

/// How long it may take. Source: safety design, 5.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest frame with a credential. Unit: bytes.
const FRAME_BYTES: usize = 4096;

/// What a client sent already, and what it sends from here on.
pub struct Said {
    already: Bytes,
    more: Payload,
}

impl Said {
    /// It has said nothing yet.
    pub(super) fn nothing(more: Payload) -> Self {
        Self { already: Bytes::new(), more }
    }

    /// All of it, in order, up to a frame that is announced to be larger than this. Unit: bytes.
    pub(super) fn and_more(self, frame_bytes: usize) -> impl Stream<Item = Result<Bytes, PayloadError>> + 'static {
        let already = (!self.already.is_empty()).then_some(Ok(self.already));
        Announced::new(stream::iter(already).chain(self.more), frame_bytes)
    }
}

/// What a client says first.
#[derive(Deserialize)]
struct Introduction {
    #[serde(rename = "type")]
    kind: String,
    token: String,
}

/// Waits for a client to say who it is; then `come_in` goes on, or it is closed with the reason: with `code` if it may not.
pub(super) fn ask<S, E>(
    body: Payload,
    code: ws::CloseCode,
    judge: impl FnOnce(&str) -> Result<Admission, NoEntry> + 'static,
    come_in: impl FnOnce(Admission, Said) -> S + 'static,
) -> impl Stream<Item = Result<Bytes, E>> + 'static
where
    S: Stream<Item = Result<Bytes, E>> + 'static,
    E: From<actix_web::Error> + 'static,
{
    let asking = async move {
        let judged = match timeout(PATIENCE, first_word(body)).await {
            Ok(Some((token, said))) => judge(&token).map(|admission| (admission, said)),
            Ok(None) | Err(_) => Err(NoEntry::Out(Nobody::NoCredential.why())),
        };
        match judged {
            Ok((admission, said)) => come_in(admission, said).left_stream(),
            Err(no_entry) => farewell(no_entry, code).err_into().right_stream(),
        }
    };
    stream::once(asking).flatten()
}

/// The token of the first frame, if that holds one, and what came after it.
async fn first_word(mut body: Payload) -> Option<(String, Said)> {
    let mut codec = Codec::new().max_size(FRAME_BYTES);
    let mut buffer = BytesMut::new();
    // The codec itself waits for whatever is announced.
    while buffer.len() <= FRAME_BYTES + HEAD_BYTES_MAX {
        match codec.decode(&mut buffer).ok()? {
            Some(Frame::Text(text)) => {
                let introduction: Introduction = serde_json::from_slice(&text).ok()?;
                let said = Said { already: buffer.freeze(), more: body };
                return (introduction.kind == "auth").then_some((introduction.token, said));
            }
            Some(Frame::Ping(_) | Frame::Pong(_)) => {}
            Some(Frame::Binary(_) | Frame::Continuation(_) | Frame::Close(_)) => return None,
            None => buffer.extend_from_slice(&body.next().await?.ok()?),
        }
    }
    None
}

fn farewell(
    no_entry: NoEntry,
    unauthorised: ws::CloseCode,
) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + use<> {
    let mut bytes = BytesMut::new();
    let told = Codec::new().encode(Message::Close(Some(no_entry.told(unauthorised).into())), &mut bytes);
    stream::iter(told.is_ok().then(|| Ok(bytes.freeze())))
}
