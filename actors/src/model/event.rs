//! Events: anything that happened, on the bus. The union of what the dialects need, equal to none of them.

use std::sync::Arc;

use super::alarm::AlarmNotice;
use super::channel::ChannelTable;
use super::command::{OrderStep, Settled};
use super::connection::Connection;
use super::fault::Fault;
use super::ids::{ClientId, MachineId, Seq, SessionId};
use super::mark::{Mark, MarkKind};
use super::reading::Reading;
use super::session::SessionChange;
use super::time::{SessionMs, WallMs};
use super::units::{CelsiusPerMinute, Fraction};

/// Something that happened at a machine.
#[derive(Debug, Clone)]
pub struct Event {
    /// Where.
    pub machine: MachineId,
    /// Position in the machine's stream.
    pub seq: Seq,
    /// Position of the linked event before it ([`EventBody::is_linked`]); `None` for the first one of this run of the daemon.
    pub prev: Option<Seq>,
    /// The session it belongs to, if the machine was ever started.
    pub session: Option<SessionId>,
    /// When, on the session's clock.
    pub at: SessionMs,
    /// When, on the wall.
    pub wall: WallMs,
    /// What.
    pub body: EventBody,
}

/// What happened. Matched without wildcards, so that the compiler names every encoder when one is added.
#[derive(Debug, Clone)]
pub enum EventBody {
    /// A reading was taken.
    Reading(Reading),
    /// A mark was set, moved or confirmed.
    Mark(Mark),
    /// A mark was taken away.
    Unmark(Unmark),
    /// The session moved.
    Session(SessionChange),
    /// An alarm changed state.
    Alarm(AlarmNotice),
    /// A control order moved on, or was refused.
    Order(OrderStep),
    /// A control order ended.
    Settled(Settled),
    /// The driver's state changed.
    Connection(Connection),
    /// The latched safe state was entered or left.
    Safety(Safety),
    /// The right to steer changed hands.
    Lease(Lease),
    /// A replay moved to this point.
    Replay(ReplayPoint),
    /// A replay started, paused, went on or ended.
    ReplayStatus(ReplayStatus),
    /// Something went wrong that is worth telling but changes no state.
    Fault(Fault),
    /// The machine's channels were configured anew.
    Channels(Arc<ChannelTable>),
}

impl EventBody {
    /// Whether the journal of a running session keeps it. Everything but what a replay shows, which is another session's, and
    /// steps of orders, whose ends say all that a roast needs.
    pub fn is_kept(&self) -> bool {
        !matches!(self, Self::Replay(_) | Self::ReplayStatus(_) | Self::Order(_))
    }

    /// Whether it is one of those that follow each other by [`Event::prev`]. A step of an order is not: only some dialects tell it.
    pub fn is_linked(&self) -> bool {
        !matches!(self, Self::Order(_))
    }
}

/// A mark that is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmark {
    /// Which.
    pub kind: MarkKind,
    /// Who took it away.
    pub by: Hand,
}

/// Who took a mark away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hand {
    /// A person: its detector is disarmed for the session.
    Person,
    /// The detector that had set it provisionally.
    Detector,
}

/// Why outputs were brought to safety.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SafetyReason {
    /// STOP.
    Stop,
    /// The actor or the daemon died.
    Crash,
    /// The link was lost.
    Link,
    /// A sensor was lost.
    Sensor,
    /// Nobody was watching.
    Operator,
    /// An interlock tripped.
    Interlock,
}

/// Whether outputs are latched safe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Safety {
    /// Why they are latched; `None` when they are not.
    pub latched: Option<SafetyReason>,
    /// Since when.
    pub since: Option<WallMs>,
    /// Indices of the channels concerned.
    pub channels: Vec<usize>,
}

/// Who may steer the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lease {
    /// Id and name of the holder; `None` while everybody may.
    pub holder: Option<(ClientId, String)>,
    /// When the grace of a holder that lost its socket ends.
    pub expires: Option<WallMs>,
}

/// One point of a replayed profile.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayPoint {
    /// The profile's own time.
    pub at: SessionMs,
    /// Unit: °C.
    pub bt: Option<f64>,
    /// Unit: °C.
    pub et: Option<f64>,
    /// Rate of rise of BT.
    pub bt_ror: Option<CelsiusPerMinute>,
    /// Rate of rise of ET.
    pub et_ror: Option<CelsiusPerMinute>,
    /// Controls as recorded, by channel id.
    pub controls: Vec<(String, Fraction)>,
    /// Length of the whole profile.
    pub total: SessionMs,
}

/// What a replay is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplayState {
    /// Running.
    Playing,
    /// Held.
    Paused,
    /// Ended by somebody.
    Stopped,
    /// Played to its end.
    Finished,
}

/// A replay's position and pace.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayStatus {
    /// Which profile.
    pub profile: SessionId,
    /// What it is doing.
    pub state: ReplayState,
    /// Factor over the profile's own time.
    pub speed: f64,
    /// Where it is.
    pub position: SessionMs,
    /// How long it is.
    pub total: SessionMs,
    /// Who started it.
    pub by: String,
}

/// A shared event on its way to many clients.
pub type SharedEvent = Arc<Event>;
