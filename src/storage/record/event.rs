//! Events in files: a short binary prefix, then the body of its kind.
//!
//! ```text
//! flags u8 | at u64 | prev u64? | session u128? | body
//! flags, bits 0-1: no event before, the one with `seq - 1`, or `prev` tells
//!        bits 2-3: no session, the journal's own, or `session` tells
//! ```

use std::sync::Arc;

use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{MachineId, Seq, SessionId};
use hearth_actors::model::time::{SessionMs, WallMs};

use super::channels::TableRecord;
use super::order::{LeaseRecord, SettledRecord};
use super::reading::Bytes;
use super::state::{AlarmRecord, ConnectionRecord, FaultRecord, MarkRecord, SafetyRecord, SessionRecord, UnmarkRecord};
use super::{BadRecord, from_json, reading, to_json};
use crate::storage::frame::{Kind, Stamp};

const PREV_IS_SEQ_BEFORE: u8 = 1;
const PREV_TOLD: u8 = 2;
const SESSION_IS_JOURNALS: u8 = 1 << 2;
const SESSION_TOLD: u8 = 2 << 2;

/// The kind of frame of an event; `None` for what no journal keeps.
pub fn kind(body: &EventBody) -> Option<Kind> {
    match body {
        EventBody::Reading(_) => Some(Kind::Reading),
        EventBody::Mark(_) => Some(Kind::Mark),
        EventBody::Unmark(_) => Some(Kind::Unmark),
        EventBody::Session(_) => Some(Kind::Session),
        EventBody::Alarm(_) => Some(Kind::Alarm),
        EventBody::Settled(_) => Some(Kind::Settled),
        EventBody::Connection(_) => Some(Kind::Connection),
        EventBody::Safety(_) => Some(Kind::Safety),
        EventBody::Lease(_) => Some(Kind::Lease),
        EventBody::Fault(_) => Some(Kind::Fault),
        EventBody::Channels(_) => Some(Kind::Channels),
        EventBody::Order(_) | EventBody::Replay(_) | EventBody::ReplayStatus(_) => None,
    }
}

/// The body of an event's frame, for the journal of `own`.
///
/// # Errors
/// When the event cannot stand in a journal.
pub fn encode(event: &Event, own: SessionId) -> Result<Vec<u8>, BadRecord> {
    let prev_flag = match event.prev {
        None => 0,
        Some(prev) if prev.0.checked_add(1) == Some(event.seq.0) => PREV_IS_SEQ_BEFORE,
        Some(_) => PREV_TOLD,
    };
    let session_flag = match event.session {
        None => 0,
        Some(session) if session == own => SESSION_IS_JOURNALS,
        Some(_) => SESSION_TOLD,
    };
    let mut out = vec![prev_flag | session_flag];
    out.extend_from_slice(&event.at.0.to_le_bytes());
    if let Some(prev) = event.prev.filter(|_| prev_flag == PREV_TOLD) {
        out.extend_from_slice(&prev.0.to_le_bytes());
    }
    if let Some(session) = event.session.filter(|_| session_flag == SESSION_TOLD) {
        out.extend_from_slice(&session.0.to_le_bytes());
    }
    encode_body(&event.body, &mut out)?;
    Ok(out)
}

fn encode_body(body: &EventBody, out: &mut Vec<u8>) -> Result<(), BadRecord> {
    let json = match body {
        EventBody::Reading(reading) => return reading::encode(reading, out),
        EventBody::Mark(mark) => to_json(&MarkRecord::from(mark)),
        EventBody::Unmark(unmark) => to_json(&UnmarkRecord::from(*unmark)),
        EventBody::Session(change) => to_json(&SessionRecord::from(change)),
        EventBody::Alarm(notice) => to_json(&AlarmRecord::from(notice)),
        EventBody::Settled(settled) => to_json(&SettledRecord::from(settled)),
        EventBody::Connection(connection) => to_json(&ConnectionRecord::from(connection)),
        EventBody::Safety(safety) => to_json(&SafetyRecord::from(safety)),
        EventBody::Lease(lease) => to_json(&LeaseRecord::from(lease)),
        EventBody::Fault(fault) => to_json(&FaultRecord::from(fault)),
        EventBody::Channels(channels) => to_json(&TableRecord::from(channels.as_ref())),
        EventBody::Replay(_) | EventBody::ReplayStatus(_) => {
            Err(BadRecord::new("a replay belongs to another session's journal"))
        }
        EventBody::Order(_) => Err(BadRecord::new("of an order, a journal keeps the end")),
    }?;
    out.extend_from_slice(&json);
    Ok(())
}

/// The event in a frame; `None` for frames that hold none.
///
/// # Errors
/// When the body is not what its kind says.
pub fn decode(
    kind: Kind,
    stamp: Stamp,
    body: &[u8],
    machine: &MachineId,
    own: SessionId,
    channels: &Arc<ChannelTable>,
) -> Result<Option<Event>, BadRecord> {
    let Some(decode_body) = body_decoder(kind) else { return Ok(None) };
    let seq = Seq(stamp.seq);
    let (prefix, bytes) = Prefix::decode(body, seq, own)?;
    let body = decode_body(bytes, channels)?;
    let Prefix { at, prev, session } = prefix;
    Ok(Some(Event { machine: machine.clone(), seq, prev, session, at, wall: WallMs(stamp.wall_ms), body }))
}

/// What follows the prefix.
///
/// # Errors
/// When there is no whole prefix.
pub fn body_of(frame_body: &[u8]) -> Result<&[u8], BadRecord> {
    Prefix::decode(frame_body, Seq(0), SessionId(0)).map(|(_, bytes)| bytes.0)
}

struct Prefix {
    at: SessionMs,
    prev: Option<Seq>,
    session: Option<SessionId>,
}

impl Prefix {
    fn decode(body: &[u8], seq: Seq, own: SessionId) -> Result<(Self, Bytes<'_>), BadRecord> {
        let mut bytes = Bytes(body);
        let flags = bytes.u8()?;
        let at = SessionMs(bytes.u64()?);
        let prev = match flags & 3 {
            0 => None,
            PREV_IS_SEQ_BEFORE => seq.0.checked_sub(1).map(Seq),
            PREV_TOLD => Some(Seq(bytes.u64()?)),
            _ => return Err(BadRecord::new("the event before is told in an unknown way")),
        };
        let session = match flags & !3 {
            0 => None,
            SESSION_IS_JOURNALS => Some(own),
            SESSION_TOLD => Some(SessionId(bytes.u128()?)),
            _ => return Err(BadRecord::new("the session is told in an unknown way")),
        };
        Ok((Self { at, prev, session }, bytes))
    }
}

type BodyDecoder = fn(Bytes<'_>, &Arc<ChannelTable>) -> Result<EventBody, BadRecord>;

fn body_decoder(kind: Kind) -> Option<BodyDecoder> {
    Some(match kind {
        Kind::Reading => |mut bytes, channels| {
            let reading = reading::decode(&mut bytes, channels)?;
            bytes.finish()?;
            Ok(EventBody::Reading(reading))
        },
        Kind::Mark => |b, _| Ok(EventBody::Mark(from_json::<MarkRecord>(b.0)?.into())),
        Kind::Unmark => |b, _| Ok(EventBody::Unmark(from_json::<UnmarkRecord>(b.0)?.into())),
        Kind::Session => |b, _| Ok(EventBody::Session(from_json::<SessionRecord>(b.0)?.try_into()?)),
        Kind::Alarm => |b, _| Ok(EventBody::Alarm(from_json::<AlarmRecord>(b.0)?.try_into()?)),
        Kind::Settled => |b, _| Ok(EventBody::Settled(from_json::<SettledRecord>(b.0)?.try_into()?)),
        Kind::Connection => |b, _| Ok(EventBody::Connection(from_json::<ConnectionRecord>(b.0)?.into())),
        Kind::Safety => |b, _| Ok(EventBody::Safety(from_json::<SafetyRecord>(b.0)?.into())),
        Kind::Lease => |b, _| Ok(EventBody::Lease(from_json::<LeaseRecord>(b.0)?.try_into()?)),
        Kind::Fault => |b, _| Ok(EventBody::Fault(from_json::<FaultRecord>(b.0)?.into())),
        Kind::Channels => |b, _| Ok(EventBody::Channels(from_json::<TableRecord>(b.0)?.try_into()?)),
        Kind::Head | Kind::Table | Kind::Annotation | Kind::Seal | Kind::Summary | Kind::Trailer => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::frame::{self, FrameReader};
    use crate::storage::samples::{any_event, channels, event, machine, one_of_each, session};
    use proptest::prelude::*;

    fn write(event: &Event) -> Vec<u8> {
        let stamp = Stamp { seq: event.seq.0, uptime_ms: 55_000, wall_ms: event.wall.0 };
        let body = encode(event, session(1)).unwrap();
        let mut bytes = Vec::new();
        frame::encode(&mut bytes, kind(&event.body).unwrap(), stamp, &body).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Event {
        let frame = FrameReader::new(bytes, 0, bytes.len() as u64).read().unwrap().unwrap();
        let table = channels();
        decode(frame.kind, frame.stamp, &frame.body, &machine("machine-a"), session(1), &table).unwrap().unwrap()
    }

    fn golden(name: &str) -> Vec<u8> {
        let path = format!("{}/tests/wire/journal/{name}.hex", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let digits: String = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::chars).collect();
        (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    /// Do not edit the golden files to make these pass: they are journals in shops, and must be readable for ever.
    #[test]
    fn every_kind_of_event_stands_in_the_file_as_it_always_did() {
        for (name, body) in one_of_each() {
            let written = write(&event(1, 42, body));
            let hex: String = written.iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(written, golden(name), "{name} is now written as {hex}");
        }
    }

    #[test]
    fn every_golden_event_is_read_back_whole() {
        for (name, body) in one_of_each() {
            assert_eq!(format!("{:?}", read(&golden(name))), format!("{:?}", event(1, 42, body)), "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_event_reads_back_exactly(event in any_event()) {
            prop_assert_eq!(format!("{:?}", read(&write(&event))), format!("{:?}", event));
        }

        #[test]
        fn no_body_makes_decoding_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            for (_, kept) in one_of_each() {
                let kind = kind(&kept).unwrap();
                let _ = decode(kind, Stamp::default(), &body, &machine("machine-a"), session(1), &channels());
            }
        }
    }
}
