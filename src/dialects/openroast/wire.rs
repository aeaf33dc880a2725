//! The frames of the OpenRoast dialect, field by field. Every documented field is here under its documented name;
//! what the wire contract adds stands after it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::wire::codes::ErrorCode;
use crate::wire::views::{Alarm, Control, ControlAck, LastReading, Lease, Person, RoastEvent, Safety};
use crate::wire::words::{DriverState, EventType, Quality, ReplayState, SessionState};

/// What the daemon sends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// A reading was taken.
    Temperature(Temperature),
    /// A roast event was set, moved or confirmed.
    Event(RoastEvent),
    /// A roast event was taken away.
    EventRemoved(EventRemoved),
    /// The session's state, and its clock.
    State(State),
    /// An alarm changed state.
    Alarm(Alarm),
    /// A replay moved to this point.
    Replay(Replay),
    /// A replay started, paused, went on or ended.
    ReplayStatus(ReplayStatus),
    /// A control order ended.
    ControlAck(ControlAck),
    /// Something went wrong or was refused.
    Error(ErrorFrame),
    /// The driver's state changed.
    Connection(Connection),
    /// The machine's controls.
    Controls(Controls),
    /// Outputs were latched safe, or are no longer.
    Safety(Safety),
    /// The right to steer changed hands.
    ControlLease(Lease),
    /// Somebody asks the holder of the lease for it.
    ControlRequest(ControlRequest),
    /// The end of a `sync`.
    SyncComplete(SyncComplete),
    /// A sign of life.
    Heartbeat(Heartbeat),
}

/// A frame as it is sent: what it says, and where in the stream it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Sent {
    /// What it says.
    #[serde(flatten)]
    pub frame: ServerFrame,
    /// Which machine; absent only where it does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub machine_id: Option<String>,
    /// The session it belongs to, `null` if the machine was never started; absent on answers to one client.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub session_id: Option<Option<String>>,
    /// Where in the machine's stream it stands; strictly increasing, also across restarts. Only on live frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub seq: Option<u64>,
    /// `seq` of the frame before it, `null` on the first one after a start of the daemon. Only on live frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub prev_seq: Option<Option<u64>>,
}

/// `temperature`. All temperatures in °C.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Temperature {
    /// The reading.
    #[serde(flatten)]
    pub reading: LastReading,
    /// What was last applied to each control, 0 to 1, by channel id.
    pub controls: BTreeMap<String, f64>,
    /// Channels that are not good, by channel id.
    pub quality: BTreeMap<String, Quality>,
}

/// `event_removed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EventRemoved {
    /// Which event.
    pub event_type: EventType,
}

/// `state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct State {
    /// State now.
    pub state: SessionState,
    /// State before; equal to `state` where nothing changed.
    pub previous_state: SessionState,
    /// When the session clock was last zeroed. RFC 3339.
    pub started_at: Option<String>,
    /// Session clock at this frame.
    pub elapsed_ms: u64,
    /// The session before this one.
    pub previous_session_id: Option<String>,
}

/// `replay`: one point of a replayed profile.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Replay {
    /// The profile's own time.
    pub timestamp_ms: u64,
    /// Unit: °C.
    pub et: Option<f64>,
    /// Unit: °C.
    pub bt: Option<f64>,
    /// Unit: °C per minute.
    pub et_ror: Option<f64>,
    /// Unit: °C per minute.
    pub bt_ror: Option<f64>,
    /// Controls as recorded, 0 to 1, by channel id.
    pub controls: BTreeMap<String, f64>,
    /// How far it is. Unit: %.
    pub progress_pct: f64,
    /// How long it is.
    pub total_duration_ms: u64,
}

/// `replay_status`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReplayStatus {
    /// Which profile.
    pub profile_id: String,
    /// What the replay is doing.
    pub state: ReplayState,
    /// Factor over the profile's own time.
    pub speed: f64,
    /// Where it is, on the profile's own clock.
    pub position_ms: u64,
    /// How long it is.
    pub total_duration_ms: u64,
    /// Who started it.
    pub by: String,
}

/// `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorFrame {
    /// Which kind.
    pub code: ErrorCode,
    /// In plain words, and what to do.
    pub message: String,
    /// Whether asking again can succeed.
    pub recoverable: bool,
    /// The sender's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub request_id: Option<String>,
}

/// `connection`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Connection {
    /// Where the driver stands.
    pub driver_state: DriverState,
    /// What people call it.
    pub driver_name: String,
    /// Why, in plain words; empty if there is nothing to say.
    pub message: String,
    /// Time until the next attempt.
    pub retry_in_ms: Option<u64>,
    /// How often the machine was restarted in this run of the daemon.
    pub restarts: u32,
}

/// `controls`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Controls {
    /// In configured order.
    pub channels: Vec<Control>,
}

/// `control_request`: silence until it ends grants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ControlRequest {
    /// Who asks.
    pub from: Person,
    /// Time left for an answer.
    pub expires_in_ms: u64,
}

/// `sync_complete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SyncComplete {
    /// Session time of the first replayed frame.
    pub from_ms: u64,
    /// Session time of the last replayed frame.
    pub last_timestamp_ms: u64,
    /// How many frames were replayed.
    pub count: u64,
    /// Whether older ones that were asked for are gone.
    pub truncated: bool,
}

/// `heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Heartbeat {
    /// Session clock now.
    pub elapsed_ms: u64,
}

/// What a client sends. Reading is done field by field in [`super::decode`], for the sake of its messages; these types
/// say what is understood, and write what our own clients send.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Set a control.
    Control {
        /// Channel id.
        channel: String,
        /// 0 to 1.
        value: f64,
        /// Echoed in every answer; at most 64 characters.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        request_id: Option<String>,
    },
    /// Anything else of the machine.
    Command {
        /// What.
        #[serde(flatten)]
        action: Command,
        /// Echoed in every answer; at most 64 characters.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        request_id: Option<String>,
    },
    /// Steer a replay.
    ReplayControl {
        /// How.
        #[serde(flatten)]
        action: ReplayCommand,
        /// Echoed in every answer; at most 64 characters.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        request_id: Option<String>,
    },
    /// Present a credential as the first frame.
    Auth {
        /// The credential.
        token: String,
    },
}

/// The actions of `command`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "action", rename_all = "snake_case")]
#[schemars(rename = "SessionAction")]
pub enum Command {
    /// `idle | finished -> monitoring`.
    StartMonitoring,
    /// `monitoring -> idle`.
    StopMonitoring,
    /// `monitoring -> recording`.
    StartRecording,
    /// `recording -> finished`.
    StopRecording,
    /// `any -> idle`.
    Reset,
    /// Set a roast event, or move it.
    MarkEvent {
        /// Which.
        event_type: EventType,
        /// Moment in the recorded past; absent is now.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        timestamp_ms: Option<u64>,
    },
    /// Take a roast event away.
    UnmarkEvent {
        /// Which.
        event_type: EventType,
    },
    /// Ask for the past.
    // REST, whose bodies the schema is for, answers questions about the past with the session itself.
    #[schemars(skip)]
    Sync {
        /// The last session time the client has.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        last_timestamp_ms: Option<u64>,
        /// The session that belongs to.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        session_id: Option<String>,
        /// The last frame it has.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        last_seq: Option<u64>,
    },
    /// Take the lease if it is free.
    AcquireControl,
    /// Give the lease back.
    ReleaseControl,
    /// Ask the holder for the lease.
    TakeControl,
    /// The holder's answer.
    AnswerControl {
        /// Who asked.
        client_id: String,
        /// Whether to give it.
        grant: bool,
    },
    /// Acknowledge an alarm.
    AckAlarm {
        /// Which rule.
        alarm_id: String,
        /// Which occurrence; absent is the current one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        occurrence: Option<u64>,
    },
    /// Hide an alarm for a while.
    ShelveAlarm {
        /// Which rule.
        alarm_id: String,
        /// 1 to 60.
        minutes: u32,
    },
    /// Every output to its stop value, latched.
    EmergencyStop,
    /// Leave the latched safe state.
    Rearm,
}

/// The actions of `replay_control`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ReplayCommand {
    /// Start, replacing a running one.
    Start {
        /// Which profile.
        profile_id: String,
        /// 0.1 to 100; absent is 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        speed: Option<f64>,
        /// Also write its control moves to the hardware; absent is no.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        apply_controls: Option<bool>,
    },
    /// Hold the position.
    Pause,
    /// Go on from the position.
    Resume,
    /// End.
    Stop,
    /// Jump.
    Seek {
        /// To this moment of the profile.
        timestamp_ms: u64,
    },
}
