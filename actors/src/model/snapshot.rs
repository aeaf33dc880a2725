//! The truth about a machine at one moment: the fold of its events.
//!
//! The bus keeps one beside its ring and folds every event into it before anybody sees the event, so a client that
//! attaches gets a snapshot and a stream that fit without gap or overlap. A machine whose actor died goes on from it;
//! after a crash of the daemon the same fold over the journal makes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alarm::{AlarmNotice, AlarmState};
use super::channel::ChannelTable;
use super::connection::Connection;
use super::event::{Event, EventBody, Hand, Lease, ReplayState, ReplayStatus, Safety, Unmark};
use super::ids::{MachineId, RuleId, Seq, SessionId};
use super::mark::{Mark, MarkKind};
use super::reading::Reading;
use super::session::SessionState;
use super::time::{SessionMs, WallMs};
use super::units::Fraction;

/// What holds at a machine now.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Which machine.
    pub machine: MachineId,
    /// The last event folded in; `None` before the first one.
    pub seq: Option<Seq>,
    /// The driver.
    pub connection: Connection,
    /// The session's state.
    pub state: SessionState,
    /// The running or last session.
    pub session: Option<SessionId>,
    /// The session before it.
    pub previous_session: Option<SessionId>,
    /// When the session clock was last zeroed.
    pub started_at: Option<WallMs>,
    /// Session time of the last event.
    pub at: SessionMs,
    /// Marks of the running or last session.
    pub marks: BTreeMap<MarkKind, Mark>,
    /// Kinds whose marks a person took away: their detectors stay silent for this session.
    pub disarmed: BTreeSet<MarkKind>,
    /// The machine's channels.
    pub channels: Arc<ChannelTable>,
    /// What was last applied to each control, by channel index.
    pub applied: BTreeMap<usize, Fraction>,
    /// The last reading.
    pub last_reading: Option<(SessionMs, Reading)>,
    /// When a channel last said anything: a reading, or a control that took its value.
    pub heard: Option<WallMs>,
    /// When that was taken, on the wall.
    pub read_at: Option<WallMs>,
    /// Alarms that are not normal.
    pub alarms: BTreeMap<RuleId, AlarmNotice>,
    /// Whether outputs are latched safe.
    pub safety: Safety,
    /// Who may steer.
    pub lease: Lease,
    /// The replay, while one plays or is paused.
    pub replay: Option<ReplayStatus>,
}

impl Snapshot {
    /// A machine of which nothing has been heard.
    pub fn new(machine: MachineId, channels: Arc<ChannelTable>) -> Self {
        Self {
            machine,
            seq: None,
            connection: Connection::default(),
            state: SessionState::Idle,
            session: None,
            previous_session: None,
            started_at: None,
            at: SessionMs(0),
            marks: BTreeMap::new(),
            disarmed: BTreeSet::new(),
            channels,
            applied: BTreeMap::new(),
            last_reading: None,
            heard: None,
            read_at: None,
            alarms: BTreeMap::new(),
            safety: Safety::default(),
            lease: Lease::default(),
            replay: None,
        }
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        self.seq = Some(event.seq);
        self.at = event.at;
        match &event.body {
            EventBody::Reading(reading) => {
                self.applied.extend(reading.controls());
                self.last_reading = Some((event.at, reading.clone()));
                self.heard = Some(event.wall);
                self.read_at = Some(event.wall);
            }
            EventBody::Mark(mark) => {
                self.marks.insert(mark.kind, *mark);
            }
            EventBody::Unmark(Unmark { kind, by }) => {
                self.marks.remove(kind);
                if *by == Hand::Person {
                    self.disarmed.insert(*kind);
                }
            }
            EventBody::Session(change) => {
                if change.session != self.session {
                    self.marks.clear();
                    self.disarmed.clear();
                }
                self.state = change.to;
                self.session = change.session;
                self.started_at = change.started_at;
                self.previous_session = change.previous.or(self.previous_session);
            }
            EventBody::Alarm(notice) => {
                if notice.state == AlarmState::Normal {
                    self.alarms.remove(&notice.alarm);
                } else {
                    self.alarms.insert(notice.alarm.clone(), notice.clone());
                }
            }
            EventBody::Settled(settled) => {
                if settled.applied {
                    self.applied.insert(settled.channel, settled.value);
                    self.heard = Some(event.wall);
                }
            }
            EventBody::Connection(connection) => self.connection = connection.clone(),
            EventBody::Safety(safety) => self.safety = safety.clone(),
            EventBody::Lease(lease) => self.lease = lease.clone(),
            EventBody::Replay(point) => {
                if let Some(status) = &mut self.replay {
                    status.position = point.at;
                }
            }
            EventBody::ReplayStatus(status) => {
                let runs = matches!(status.state, ReplayState::Playing | ReplayState::Paused);
                self.replay = runs.then(|| status.clone());
            }
            EventBody::Order(_) | EventBody::Fault(_) => {}
            EventBody::Channels(channels) => {
                self.channels = channels.clone();
                self.applied.clear();
                self.last_reading = None;
                self.read_at = None;
            }
        }
    }
}
