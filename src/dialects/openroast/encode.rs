//! From events and snapshots to frames.

use hearth_actors::dialect::{Frame, Viewer};
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::connection::Connection as ModelConnection;
use hearth_actors::model::event::{Event, EventBody, ReplayPoint, ReplayStatus as ModelReplayStatus};
use hearth_actors::model::ids::SessionId;
use hearth_actors::model::reading::{Quality as ModelQuality, Reading};
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::session::SessionState as ModelSessionState;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::{SessionMs, WallMs};

use super::wire::{
    Connection, Controls, ErrorFrame, EventRemoved, Replay, ReplayStatus, Sent, ServerFrame, State, Temperature,
};
use crate::wire::codes::ErrorCode;
use crate::wire::rfc3339;
use crate::wire::views::{ControlAck, LastReading, Lease, Safety, controls};

/// A frame as text. Non-finite numbers become `null`.
pub fn text(sent: &Sent) -> Frame {
    let unwritable =
        r#"{"type":"error","code":"INTERNAL","message":"a frame could not be written","recoverable":true}"#;
    serde_json::to_string(sent).map_or_else(|_| Frame::from_static(unwritable), Frame::from)
}

/// What an event says, to `viewer`; nothing about orders before they ended.
pub fn body(event: &Event, channels: &ChannelTable, viewer: &Viewer) -> Option<ServerFrame> {
    Some(match &event.body {
        EventBody::Reading(reading) => ServerFrame::Temperature(temperature(event.at, reading)),
        EventBody::Mark(mark) => ServerFrame::Event(mark.into()),
        EventBody::Unmark(unmark) => ServerFrame::EventRemoved(EventRemoved { event_type: unmark.kind.into() }),
        EventBody::Session(change) => {
            ServerFrame::State(state(change.from, change.to, change.started_at, event.at, change.previous))
        }
        EventBody::Alarm(notice) => ServerFrame::Alarm(notice.into()),
        EventBody::Order(_) => return None,
        EventBody::Settled(settled) => ServerFrame::ControlAck(ControlAck::of(settled, channels)),
        EventBody::Connection(change) => ServerFrame::Connection(connection(change)),
        EventBody::Safety(safety) => ServerFrame::Safety(Safety::of(safety, channels)),
        EventBody::Lease(lease) => ServerFrame::ControlLease(Lease::of(lease, Some(&viewer.client), event.wall)),
        EventBody::Replay(point) => ServerFrame::Replay(replay(point)),
        EventBody::ReplayStatus(status) => ServerFrame::ReplayStatus(replay_status(status)),
        EventBody::Fault(fault) => ServerFrame::Error(error_frame(fault.code.into(), fault.message.clone(), None)),
        EventBody::Channels(table) => {
            ServerFrame::Controls(Controls { channels: controls(table, &Default::default()) })
        }
    })
}

/// What a client is told when it attaches, in the order of the contract.
pub fn greeting(snapshot: &Snapshot, viewer: &Viewer, now: WallMs) -> Vec<ServerFrame> {
    let Snapshot { state: at, started_at, previous_session, .. } = snapshot;
    let mut frames = vec![
        ServerFrame::Connection(connection(&snapshot.connection)),
        ServerFrame::State(state(*at, *at, *started_at, snapshot.at, *previous_session)),
        ServerFrame::Controls(Controls { channels: controls(&snapshot.channels, &snapshot.applied) }),
        ServerFrame::Safety(Safety::of(&snapshot.safety, &snapshot.channels)),
        ServerFrame::ControlLease(Lease::of(&snapshot.lease, Some(&viewer.client), now)),
    ];
    frames.extend(snapshot.alarms.values().map(|notice| ServerFrame::Alarm(notice.into())));
    frames.extend(snapshot.replay.iter().map(|status| ServerFrame::ReplayStatus(replay_status(status))));
    frames
}

/// A refusal as an `error` frame.
pub fn error(refusal: &Refusal) -> ServerFrame {
    ServerFrame::Error(error_frame(refusal.code.into(), refusal.message.clone(), refusal.request_id.clone()))
}

fn error_frame(code: ErrorCode, message: String, request_id: Option<String>) -> ErrorFrame {
    ErrorFrame { code, message, recoverable: code.is_recoverable(), request_id }
}

fn temperature(at: SessionMs, reading: &Reading) -> Temperature {
    let id = |index: usize| reading.channels.get(index).map(|channel| channel.id.to_string());
    let controls = reading.controls().filter_map(|(index, value)| Some((id(index)?, value.get())));
    // A control holds what was last applied, good until another order; what was never ordered is no sensor lost.
    let quality = reading
        .channels
        .iter()
        .filter(|(_, channel)| channel.control().is_none())
        .map(|(index, channel)| (channel.id.to_string(), reading.quality(index)))
        .filter(|(_, quality)| *quality != ModelQuality::Good)
        .map(|(id, quality)| (id, quality.into()));
    Temperature { reading: LastReading::of(at, reading), controls: controls.collect(), quality: quality.collect() }
}

fn state(
    from: ModelSessionState,
    to: ModelSessionState,
    started_at: Option<WallMs>,
    elapsed: SessionMs,
    previous: Option<SessionId>,
) -> State {
    State {
        state: to.into(),
        previous_state: from.into(),
        started_at: started_at.and_then(rfc3339),
        elapsed_ms: elapsed.0,
        previous_session_id: previous.map(|id| id.to_string()),
    }
}

fn connection(inner: &ModelConnection) -> Connection {
    Connection {
        driver_state: inner.state.into(),
        driver_name: inner.driver_name.clone(),
        message: inner.message.clone(),
        retry_in_ms: inner.retry_in_ms,
        restarts: inner.restarts,
    }
}

fn replay(point: &ReplayPoint) -> Replay {
    Replay {
        timestamp_ms: point.at.0,
        et: point.et,
        bt: point.bt,
        et_ror: point.et_ror.map(|rate| rate.0),
        bt_ror: point.bt_ror.map(|rate| rate.0),
        controls: point.controls.iter().map(|(id, value)| (id.clone(), value.get())).collect(),
        progress_pct: progress_pct(point.at, point.total),
        total_duration_ms: point.total.0,
    }
}

/// Share of the way, 0 to 100; a profile without length is at its end from the start.
fn progress_pct(at: SessionMs, total: SessionMs) -> f64 {
    if at >= total { 100.0 } else { at.0 as f64 * 100.0 / total.0 as f64 }
}

fn replay_status(inner: &ModelReplayStatus) -> ReplayStatus {
    ReplayStatus {
        profile_id: inner.profile.to_string(),
        state: inner.state.into(),
        speed: inner.speed,
        position_ms: inner.position.0,
        total_duration_ms: inner.total.0,
        by: inner.by.clone(),
    }
}
