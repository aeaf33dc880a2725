//! The OpenRoast dialect: one socket per machine, one JSON object per text frame. Our own page speaks it too.
//!
//! Every linked event of a machine is exactly one frame here, so the `seq` before a frame is that of the linked event before it.
//! [`wire`] are the frames, [`decode`] reads a client's, [`encode`] writes the daemon's.

pub mod decode;
pub mod encode;
pub mod wire;

use hearth_actors::dialect::{Dialect, DialectId, Encoded, Frame, Intent, SyncSummary, Unasked, Viewer};
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ClientId, MachineId};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};

use super::Name;
use crate::wire::views::{ControlAck, Person};
use wire::{ControlRequest, Heartbeat, Sent, ServerFrame, SyncComplete};

/// Close code after `error MACHINE_NOT_FOUND`. Source: wire contract 1.1.
pub const CLOSE_MACHINE_NOT_FOUND: u16 = 4004;

/// OpenRoast for the clients of one machine.
#[derive(Debug, Clone)]
pub struct OpenRoast {
    machine: MachineId,
}

impl OpenRoast {
    /// For the clients of this machine.
    pub fn new(machine: MachineId) -> Self {
        Self { machine }
    }

    /// A frame that answers one client.
    fn answer(&self, frame: ServerFrame) -> Frame {
        let machine_id = Some(self.machine.to_string());
        encode::text(&Sent { frame, machine_id, session_id: None, seq: None, prev_seq: None })
    }
}

/// The one frame for a socket whose path names no machine; then it is closed with [`CLOSE_MACHINE_NOT_FOUND`].
pub fn machine_not_found(asked_for: &str) -> Frame {
    let message = format!(
        "there is no machine \"{}\": GET /api/machines lists those there are",
        crate::wire::fields::shortened(asked_for)
    );
    let frame = encode::error(&Refusal::new(RefusalCode::MachineNotFound, message));
    encode::text(&Sent { frame, machine_id: None, session_id: None, seq: None, prev_seq: None })
}

impl Dialect for OpenRoast {
    fn id(&self) -> DialectId {
        Name::OpenRoast.id()
    }

    fn unasked(&self) -> Unasked {
        Unasked::All
    }

    fn greet(&mut self, machines: &[Snapshot], viewer: &Viewer, now: WallMs) -> Vec<Frame> {
        let Some(snapshot) = machines.first() else { return Vec::new() };
        let session_id = snapshot.session.map(|id| id.to_string());
        let sent = |frame| Sent {
            frame,
            machine_id: Some(self.machine.to_string()),
            session_id: Some(session_id.clone()),
            seq: None,
            prev_seq: None,
        };
        encode::greeting(snapshot, viewer, now).into_iter().map(|frame| encode::text(&sent(frame))).collect()
    }

    fn decode(&self, text: &str, _: WallMs) -> Result<Intent, Refusal> {
        decode::intent(text)
    }

    fn encode(&mut self, event: &Event, channels: &ChannelTable, viewer: &Viewer) -> Encoded {
        let Some(frame) = encode::body(event, channels, viewer) else { return Encoded::Silent };
        let frame = encode::text(&Sent {
            frame,
            machine_id: Some(event.machine.to_string()),
            session_id: Some(event.session.map(|id| id.to_string())),
            seq: Some(event.seq.0),
            prev_seq: Some(event.prev.map(|seq| seq.0)),
        });
        if matches!(event.body, EventBody::Lease(_)) { Encoded::personal(frame) } else { Encoded::shared(frame) }
    }

    /// A refused control order is acknowledged with `applied:false`; an `error` follows unless the acknowledgement says it
    /// all. A refusal that carries no control is an `error` alone.
    fn refuse(&self, refusal: &Refusal, _: WallMs) -> Vec<Frame> {
        let superseded = refusal.code == RefusalCode::Superseded;
        let ack = refusal.control.as_ref().map(|(channel, value)| {
            ServerFrame::ControlAck(ControlAck {
                channel: channel.clone(),
                value: value.get(),
                applied: false,
                message: if superseded { "superseded".to_owned() } else { refusal.message.clone() },
                command_id: None,
                by: None,
                readback: None,
                latency_ms: None,
                request_id: refusal.request_id.clone(),
            })
        });
        let ack_says_all = ack.is_some() && (superseded || refusal.code == RefusalCode::UnknownChannel);
        let error = (!ack_says_all).then(|| encode::error(refusal));
        ack.into_iter().chain(error).map(|frame| self.answer(frame)).collect()
    }

    fn synced(&self, summary: &SyncSummary) -> Option<Frame> {
        Some(self.answer(ServerFrame::SyncComplete(SyncComplete {
            from_ms: summary.from.0,
            last_timestamp_ms: summary.last.0,
            count: summary.count,
            truncated: summary.truncated,
        })))
    }

    fn asked_for_control(&self, by: &ClientId, name: &str, expires_in_ms: u64) -> Option<Frame> {
        let from = Person { client_id: by.to_string(), name: name.to_owned() };
        Some(self.answer(ServerFrame::ControlRequest(ControlRequest { from, expires_in_ms })))
    }

    fn heartbeat(&mut self, elapsed: SessionMs) -> Option<Frame> {
        Some(self.answer(ServerFrame::Heartbeat(Heartbeat { elapsed_ms: elapsed.0 })))
    }
}
