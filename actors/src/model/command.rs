//! Commands: what somebody wants of a machine, decoded but not yet admitted.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ids::{ChannelId, ClientId, CommandId, MachineId, RuleId, SessionId};
use super::mark::MarkKind;
use super::refusal::Refusal;
use super::task::TaskId;
use super::time::SessionMs;
use super::units::Fraction;

/// Whose hand a command comes from; shown as `by` and judged by the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A client on a socket.
    Client {
        /// Its id across reconnects.
        id: ClientId,
        /// The name it gave itself.
        name: String,
    },
    /// A REST order.
    Rest,
    /// A running replay.
    Replay,
    /// A task that works with a machine.
    Task {
        /// Which.
        task: TaskId,
        /// How it is named to people.
        name: String,
        /// The client that asked for it, whose lease it works under.
        owner: Option<ClientId>,
    },
    /// An interlock that forces a value.
    Interlock,
    /// An alarm that acts.
    Alarm(RuleId),
    /// The house itself, bringing outputs to safety.
    Failsafe,
}

impl Actor {
    /// How the actor is named to people.
    pub fn label(&self) -> &str {
        match self {
            Self::Client { name, .. } | Self::Task { name, .. } => name,
            Self::Rest => "rest",
            Self::Replay => "replay",
            Self::Interlock => "interlock",
            Self::Alarm(alarm) => alarm.as_str(),
            Self::Failsafe => "failsafe",
        }
    }
}

/// What somebody may do, lowest first; [`Action::is_for`](super::action::Action::is_for) says what exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserRole {
    /// Hand over readings of machines and read their newest values, and nothing else: a program beside a machine.
    Controller,
    /// Read, and STOP.
    Viewer,
    /// Steer machines and sessions.
    Operator,
    /// Change machines, limits and users.
    Admin,
}

/// Which machines somebody may see and steer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// All there are and will be.
    #[default]
    All,
    /// Only these, whether they are there or not.
    Only(Arc<BTreeSet<MachineId>>),
}

impl Scope {
    /// Whether a machine is one of them.
    pub fn includes(&self, machine: &MachineId) -> bool {
        match self {
            Self::All => true,
            Self::Only(machines) => machines.contains(machine),
        }
    }
}

/// A client as leases know it. Its id is told to everybody; what let it in is nothing that another one can say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claimant {
    /// As in [`Principal::account`].
    pub account: Arc<str>,
    /// What it calls itself.
    pub client: ClientId,
}

/// Who is asking, with what rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose hand.
    pub actor: Actor,
    /// By what they were let in: a login, a token, or a word for all who need neither.
    pub account: Arc<str>,
    /// What it may do.
    pub role: UserRole,
    /// With which machines.
    pub scope: Scope,
}

impl Principal {
    /// Somebody without an account who may do it with every machine.
    pub fn everywhere(actor: Actor, role: UserRole) -> Self {
        Self { actor, account: Arc::default(), role, scope: Scope::All }
    }

    /// A task that works for this one: under their lease, and with no more machines.
    pub fn for_task(self, task: TaskId, name: String) -> Self {
        let owner = self.claimant().map(|claimant| claimant.client);
        Self { actor: Actor::Task { task, name, owner }, role: UserRole::Operator, ..self }
    }

    /// Under whose lease an order comes, if it is anybody's: of the client itself, or of the one that asked for a task.
    pub fn claimant(&self) -> Option<Claimant> {
        let client = match &self.actor {
            Actor::Client { id, .. } => Some(id),
            Actor::Task { owner, .. } => owner.as_ref(),
            Actor::Rest | Actor::Replay | Actor::Interlock | Actor::Alarm(_) | Actor::Failsafe => None,
        };
        client.map(|client| Claimant { account: Arc::clone(&self.account), client: client.clone() })
    }
}

/// A command with its sender.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Unique in the daemon's run.
    pub id: CommandId,
    /// Who is asking.
    pub principal: Principal,
    /// The sender's own reference, echoed in every answer.
    pub request_id: Option<String>,
    /// What is wanted.
    pub want: Want,
}

/// What is wanted of a machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    /// Set a control.
    Control {
        /// Which.
        channel: ChannelId,
        /// To what.
        value: Fraction,
    },
    /// Start, stop or reset the session.
    Session(SessionAction),
    /// Set a mark, or move it if it is set.
    Mark {
        /// Which.
        kind: MarkKind,
        /// Moment in the recorded past; `None` is now.
        at: Option<SessionMs>,
    },
    /// Take a mark away and disarm its detector for this session.
    Unmark {
        /// Which.
        kind: MarkKind,
    },
    /// Replay a profile to the watchers, and on request to the hardware.
    Replay(ReplayAction),
    /// Acknowledge an alarm.
    AckAlarm {
        /// Which rule.
        alarm: RuleId,
        /// Which occurrence; `None` is the current one.
        occurrence: Option<u64>,
    },
    /// Hide an alarm for a while.
    ShelveAlarm {
        /// Which rule.
        alarm: RuleId,
        /// For how long. Unit: minutes, at most 60.
        minutes: u32,
    },
    /// Ask for, take or give back control of the machine.
    Lease(LeaseAction),
    /// Software STOP: every output to its stop value, latched.
    Stop,
    /// Leave the latched safe state.
    Rearm,
    /// Connect the driver (idempotent).
    Connect,
    /// Disconnect the driver (idempotent).
    Disconnect,
}

/// What may be done to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionAction {
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
}

impl SessionAction {
    /// The action's name on the wire and to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::StartMonitoring => "start_monitoring",
            Self::StopMonitoring => "stop_monitoring",
            Self::StartRecording => "start_recording",
            Self::StopRecording => "stop_recording",
            Self::Reset => "reset",
        }
    }
}

/// Steering a replay.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplayAction {
    /// Start, replacing a running one.
    Start {
        /// The profile to play.
        profile: SessionId,
        /// Factor over its own time, `0.1..=100`.
        speed: f64,
        /// Also write its control moves to the hardware.
        apply_controls: bool,
    },
    /// Hold the position.
    Pause,
    /// Go on from the position.
    Resume,
    /// End.
    Stop,
    /// Jump to a moment of the profile.
    Seek {
        /// Where to.
        to: SessionMs,
    },
}

/// Steering the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseAction {
    /// Take it if it is free.
    Acquire,
    /// Give it back.
    Release,
    /// Ask the holder for it.
    Take,
    /// The holder's answer.
    Answer {
        /// Who asked.
        client: ClientId,
        /// Whether to give it.
        grant: bool,
    },
}

/// A control order on its way: what is told before it ends, and where it was never let through.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderStep {
    /// Which command.
    pub command: CommandId,
    /// The sender's own reference.
    pub request_id: Option<String>,
    /// Index of the channel.
    pub channel: usize,
    /// Its id.
    pub channel_id: ChannelId,
    /// What was asked for.
    pub value: Fraction,
    /// Who asked.
    pub by: Actor,
    /// How far it is.
    pub stage: OrderStage,
}

/// How far an order is.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderStage {
    /// Admitted; it waits for the driver.
    Queued,
    /// The driver writes it.
    Sent,
    /// It was not let through: by the gate, or because somebody else steers.
    Blocked(Refusal),
    /// A newer one for the same channel took its place; it is over.
    Superseded,
}

/// How an admitted control order ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// Which command.
    pub command: CommandId,
    /// The sender's own reference.
    pub request_id: Option<String>,
    /// Index of the channel.
    pub channel: usize,
    /// Its id.
    pub channel_id: ChannelId,
    /// What was asked for.
    pub value: Fraction,
    /// Whether the device confirmed it.
    pub applied: bool,
    /// Who asked.
    pub by: Actor,
    /// Why not, or empty.
    pub message: String,
    /// What the device read back.
    pub readback: Option<Fraction>,
    /// From order to confirmation. Unit: ms.
    pub latency_ms: u64,
}

/// What a command that was not refused led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done; the change is on the bus.
    Done,
    /// A control order reached the device and ended.
    Settled(Settled),
}
