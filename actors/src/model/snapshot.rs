//! The truth about a machine at one moment: the fold of its events.
//!
//! The bus keeps one beside its ring and folds every event into it before anybody sees the event, so a client that
//! attaches gets a snapshot and a stream that fit without gap or overlap. A machine whose actor died goes on from it;
//! after a crash of the daemon the same fold over the journal makes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alarm::{AlarmNotice, AlarmState};
use super::channel::ChannelTable;
use super::command::{OrderStage, OrderStep};
use super::connection::{Connection, DriverState};
use super::event::{Event, EventBody, Hand, Lease, ReplayState, ReplayStatus, Safety, Unmark};
use super::ids::{CommandId, MachineId, RuleId, Seq, SessionId};
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
    /// The newest order to each control that has not ended, by channel index.
    pub under_way: BTreeMap<usize, UnderWay>,
    /// The last reading.
    pub last_reading: Option<(SessionMs, Reading)>,
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

/// An order that has not ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnderWay {
    /// Which.
    pub command: CommandId,
    /// What was asked for.
    pub value: Fraction,
    /// How far it is.
    pub reached: Reached,
}

/// How far an order is that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It waits for the driver.
    Queue,
    /// The driver has it.
    Device,
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
            under_way: BTreeMap::new(),
            last_reading: None,
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
                    self.set(settled.channel, settled.value);
                }
                self.ended(settled.channel, settled.command);
            }
            EventBody::Connection(connection) => {
                self.connection = connection.clone();
                if connection.state != DriverState::Connected {
                    self.under_way.clear();
                }
            }
            EventBody::Safety(safety) => self.safety = safety.clone(),
            EventBody::Lease(lease) => {
                if lease.holder != self.lease.holder {
                    // What waits is not written once control changed hands, and nobody tells of it.
                    self.under_way.retain(|_, order| order.reached == Reached::Device);
                }
                self.lease = lease.clone();
            }
            EventBody::Replay(point) => {
                if let Some(status) = &mut self.replay {
                    status.position = point.at;
                }
            }
            EventBody::ReplayStatus(status) => {
                let runs = matches!(status.state, ReplayState::Playing | ReplayState::Paused);
                self.replay = runs.then(|| status.clone());
            }
            EventBody::Order(step) => self.moved_on(step),
            EventBody::Fault(_) => {}
            EventBody::Channels(channels) => {
                self.channels = channels.clone();
                self.applied.clear();
                self.under_way.clear();
                self.last_reading = None;
                self.read_at = None;
            }
        }
    }

    /// A control was set: that holds from now on, not from the next reading on.
    fn set(&mut self, channel: usize, value: Fraction) {
        self.applied.insert(channel, value);
        let inside = self
            .channels
            .get(channel)
            .and_then(|channel| Some(channel.unit.inward(channel.control()?.to_native(value))));
        let known = self.last_reading.as_mut().and_then(|(_, reading)| reading.values.get_mut(channel));
        if let Some((known, inside)) = known.zip(inside) {
            *known = Ok(inside);
        }
    }

    fn moved_on(&mut self, step: &OrderStep) {
        let reached = match step.stage {
            OrderStage::Queued => Reached::Queue,
            OrderStage::Sent => Reached::Device,
            OrderStage::Blocked(_) | OrderStage::Superseded => return self.ended(step.channel, step.command),
        };
        let newer = self.under_way.get(&step.channel).is_some_and(|newest| newest.command.0 > step.command.0);
        if !newer {
            self.under_way.insert(step.channel, UnderWay { command: step.command, value: step.value, reached });
        }
    }

    fn ended(&mut self, channel: usize, command: CommandId) {
        if self.under_way.get(&channel).is_some_and(|newest| newest.command == command) {
            self.under_way.remove(&channel);
        }
    }
}
