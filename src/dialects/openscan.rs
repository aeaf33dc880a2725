//! The OpenScan dialect: one stream of tasks, one stream of a machine's state. Clients only listen; what they send is ignored.

pub mod device;
pub mod wire;

use std::time::Duration;

use hearth_actors::dialect::{Ask, Dialect, DialectId, Encoded, Frame, Heard, Intent, SyncSummary, Unasked, Viewer};
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::event::Event;
use hearth_actors::model::ids::{ClientId, MachineId};
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::task::{TaskEvent, TaskStatus};
use hearth_actors::model::time::{SessionMs, WallMs};

use super::Name;
use device::{Device, Look};
use wire::{ServerFrame, known};

/// What stands before every path of REST, and before the sockets as well. Source: wire contract 5.
pub const PREFIXES: [&str; 4] = ["/latest", "/v0.9", "/next", "/api/v0.9"];

/// A client that sent nothing for this long is sent a ping. Source: wire contract 5.
pub const PING_EVERY: Duration = Duration::from_secs(30);

/// `/ws/tasks`, for one client.
#[derive(Debug)]
pub struct TaskUpdates;

/// `/ws/device`, for one client.
pub struct DeviceStatus {
    device: Device,
}

impl DeviceStatus {
    /// Of the machine that is looked at.
    pub fn new(look: Look) -> Self {
        Self { device: Device::new(look) }
    }
}

/// What both streams have in common: they are listened to, and nothing else.
macro_rules! only_listened_to {
    () => {
        fn id(&self) -> DialectId {
            Name::OpenScan.id()
        }

        fn unasked(&self) -> Unasked {
            Unasked::All
        }

        fn decode(&self, _: &str, _: WallMs) -> Result<Intent, Refusal> {
            Ok(Intent { request_id: None, ask: Ask::Answered(Vec::new()) })
        }

        fn refuse(&self, _: &Refusal, _: WallMs) -> Vec<Frame> {
            Vec::new()
        }

        fn heard(&self, _: &Heard<'_>, _: WallMs) -> Vec<Frame> {
            Vec::new()
        }

        fn synced(&self, _: &SyncSummary) -> Option<Frame> {
            None
        }

        fn asked_for_control(&self, _: &ClientId, _: &str, _: u64) -> Option<Frame> {
            None
        }

        fn heartbeat(&mut self, _: SessionMs) -> Option<Frame> {
            Some(wire::text(&ServerFrame::Ping))
        }
    };
}

impl Dialect for TaskUpdates {
    only_listened_to!();

    fn greet(&mut self, _: &[Snapshot], _: &Viewer, _: WallMs) -> Vec<Frame> {
        Vec::new()
    }

    fn joined(&mut self, _: &Snapshot) {}

    fn left(&mut self, _: &MachineId) {}

    fn encode(&mut self, _: &Event, _: &ChannelTable, _: &Viewer) -> Encoded {
        Encoded::Silent
    }

    fn task(&mut self, event: &TaskEvent) -> Vec<Frame> {
        match event {
            // Its job is still at it: it is told once, when that has ended.
            TaskEvent::Changed(task) if task.status == TaskStatus::Cancelled && task.completed_at.is_none() => {
                Vec::new()
            }
            TaskEvent::Changed(task) => vec![wire::text(&ServerFrame::TaskUpdate { task: known((&**task).into()) })],
            TaskEvent::Removed(_) => Vec::new(),
        }
    }
}

impl Dialect for DeviceStatus {
    only_listened_to!();

    fn greet(&mut self, machines: &[Snapshot], _: &Viewer, _: WallMs) -> Vec<Frame> {
        machines.first().into_iter().for_each(|machine| self.device.begin(machine));
        Vec::new()
    }

    fn joined(&mut self, machine: &Snapshot) {
        self.device.begin(machine);
    }

    fn left(&mut self, _: &MachineId) {}

    fn encode(&mut self, event: &Event, _: &ChannelTable, _: &Viewer) -> Encoded {
        let Some(told) = self.device.fold(event) else { return Encoded::Silent };
        Encoded::personal(wire::text(&ServerFrame::DeviceStatus {
            device: told.device,
            changed: told.changed,
            machine_id: event.machine.to_string(),
            session_id: event.session.map(|id| id.to_string()),
            seq: event.seq.0,
        }))
    }
}
