//! The actions of `command` and `replay_control`, as the socket and REST both take them.

use hearth_actors::dialect::{Ask, SyncRequest};
use hearth_actors::model::command::{LeaseAction, ReplayAction, SessionAction, Want};
use hearth_actors::model::ids::{BadId, ClientId, RuleId, Seq, SessionId};
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::time::SessionMs;
use serde_json::Value;

use super::fields::{FieldFault, Fields, MAX_WHOLE, boolean, millis, number, shortened, shown, text, whole};
use super::words::EventType;

/// Longest id that is looked at. Source: every id of the house has at most 64 characters.
pub const ID_CHARS_MAX: usize = 64;

const SHELVE_MINUTES_MAX: u64 = 60;
const SPEED_MIN: f64 = 0.1;
const SPEED_MAX: f64 = 100.0;

const ACTIONS: &str = "start_monitoring, stop_monitoring, start_recording, stop_recording, reset, mark_event, \
                       unmark_event, sync, acquire_control, release_control, take_control, answer_control, ack_alarm, \
                       shelve_alarm, emergency_stop, rearm";
const REPLAY_ACTIONS: &str = "start, pause, resume, stop, seek";

/// Why something a client sent cannot be taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Unread {
    /// A field is not what it must be.
    Field(FieldFault),
    /// A field is well formed but names something that cannot exist.
    Refused(Refusal),
}

impl From<FieldFault> for Unread {
    fn from(fault: FieldFault) -> Self {
        Self::Field(fault)
    }
}

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Field(fault) => Self::new(RefusalCode::InvalidMessage, fault.to_string()),
            Unread::Refused(refusal) => refusal,
        }
    }
}

/// Reads the action of a `command`.
///
/// # Errors
/// When the action is unknown or one of its fields cannot be taken.
pub fn command(fields: &Fields<'_>) -> Result<Ask, Unread> {
    let action = fields.must("action", &format!("one of {ACTIONS}"), text(ID_CHARS_MAX))?;
    let want = match action {
        "start_monitoring" => Want::Session(SessionAction::StartMonitoring),
        "stop_monitoring" => Want::Session(SessionAction::StopMonitoring),
        "start_recording" => Want::Session(SessionAction::StartRecording),
        "stop_recording" => Want::Session(SessionAction::StopRecording),
        "reset" => Want::Session(SessionAction::Reset),
        "mark_event" => {
            Want::Mark { kind: event_type(fields)?, at: fields.may("timestamp_ms", millis)?.map(SessionMs) }
        }
        "unmark_event" => Want::Unmark { kind: event_type(fields)? },
        "sync" => return sync(fields).map(Ask::Sync),
        "acquire_control" => Want::Lease(LeaseAction::Acquire),
        "release_control" => Want::Lease(LeaseAction::Release),
        "take_control" => Want::Lease(LeaseAction::Take),
        "answer_control" => Want::Lease(LeaseAction::Answer {
            client: fields.must("client_id", "the id of the client that asked", client_id)?,
            grant: fields.must("grant", "true or false", boolean)?,
        }),
        "ack_alarm" => {
            Want::AckAlarm { alarm: alarm_id(fields)?, occurrence: fields.may("occurrence", whole(0..=MAX_WHOLE))? }
        }
        "shelve_alarm" => Want::ShelveAlarm { alarm: alarm_id(fields)?, minutes: minutes(fields)? },
        "emergency_stop" => Want::Stop,
        "rearm" => Want::Rearm,
        unknown => return Err(unknown_action(fields, unknown, ACTIONS)),
    };
    Ok(Ask::Command(want))
}

/// Reads the action of a `replay_control`.
///
/// # Errors
/// When the action is unknown or one of its fields cannot be taken.
pub fn replay(fields: &Fields<'_>) -> Result<Ask, Unread> {
    let action = fields.must("action", &format!("one of {REPLAY_ACTIONS}"), text(ID_CHARS_MAX))?;
    let action = match action {
        "start" => ReplayAction::Start {
            profile: profile_id(fields)?,
            speed: fields.may("speed", number(SPEED_MIN..=SPEED_MAX))?.unwrap_or(1.0),
            apply_controls: fields.may("apply_controls", boolean)?.unwrap_or(false),
        },
        "pause" => ReplayAction::Pause,
        "resume" => ReplayAction::Resume,
        "stop" => ReplayAction::Stop,
        "seek" => ReplayAction::Seek { to: SessionMs(fields.must("timestamp_ms", "a time in ms", millis)?) },
        unknown => return Err(unknown_action(fields, unknown, REPLAY_ACTIONS)),
    };
    Ok(Ask::Command(Want::Replay(action)))
}

fn unknown_action(fields: &Fields<'_>, action: &str, known: &str) -> Unread {
    let detail = format!("is \"{}\": one of {known} is needed", shortened(action));
    Unread::Field(FieldFault { pointer: fields.pointer("action"), detail })
}

fn event_type(fields: &Fields<'_>) -> Result<MarkKind, FieldFault> {
    let needed = format!("one of {}", EventType::TEXTS.join(", "));
    let read = super::fields::word(EventType::parse, EventType::TEXTS);
    fields.must("event_type", &needed, read).map(MarkKind::from)
}

fn sync(fields: &Fields<'_>) -> Result<SyncRequest, Unread> {
    let session = |value: &Value| {
        let id = value.as_str().and_then(SessionId::parse);
        id.ok_or_else(|| format!("is {}: a session id (a UUID) as in the frames is needed", shown(value)))
    };
    Ok(SyncRequest {
        last_timestamp: fields.may("last_timestamp_ms", millis)?.map(SessionMs),
        session: fields.may("session_id", session)?,
        last_seq: fields.may("last_seq", whole(0..=MAX_WHOLE))?.map(Seq),
    })
}

fn client_id(value: &Value) -> Result<ClientId, String> {
    let id = text(ID_CHARS_MAX)(value)?;
    ClientId::parse(id).map_err(|bad: BadId| format!("cannot be: {bad}"))
}

/// An alarm id that breaks the rule for ids is one that no machine has: unknown, not malformed.
fn alarm_id(fields: &Fields<'_>) -> Result<RuleId, Unread> {
    let id = fields.must("alarm_id", "the id of an alarm", text(ID_CHARS_MAX))?;
    RuleId::parse(id).map_err(|_| {
        let message = format!("`alarm_id` is \"{}\": this machine has no such alarm", shortened(id));
        Unread::Refused(Refusal::new(RefusalCode::UnknownAlarm, message))
    })
}

/// A profile id that is no UUID is one that no profile has: not found, not malformed.
fn profile_id(fields: &Fields<'_>) -> Result<SessionId, Unread> {
    let id = fields.must("profile_id", "the id of a profile", text(ID_CHARS_MAX))?;
    SessionId::parse(id).ok_or_else(|| {
        let message = format!("there is no profile \"{}\": pick one that the list of profiles names", shortened(id));
        Unread::Refused(Refusal::new(RefusalCode::ProfileNotFound, message))
    })
}

fn minutes(fields: &Fields<'_>) -> Result<u32, FieldFault> {
    let needed = "a whole number from 1 to 60";
    let minutes = fields.must("minutes", needed, whole(1..=SHELVE_MINUTES_MAX))?;
    Ok(u32::try_from(minutes).unwrap_or(u32::MAX))
}
