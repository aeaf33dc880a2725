//! What is pushed: of each event, and of what a machine's channels have now.

use hearth_actors::dialect::{Frame, Told, Topic};
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::EndpointId;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::WallMs;

use super::frame;
use super::wire::{Alarm, CommandStatus, Origin, Telemetry};

/// What an event is pushed as, with the topic of each push.
pub(super) fn pushes(event: &Event, channels: &ChannelTable) -> Vec<Told> {
    let origin = || Origin::new(&event.machine, event.session, Some(event.seq));
    match &event.body {
        EventBody::Reading(reading) => {
            let origin = origin();
            let news = (0..reading.values.len()).filter(|index| reading.news.includes(*index));
            news.filter_map(|index| Telemetry::of(reading, index, event.wall, &origin)).map(told_value).collect()
        }
        // A screen must not go on showing what nobody knows any more.
        EventBody::Connection(connection) if connection.state != DriverState::Connected => {
            let origin = origin();
            let addressed = channels.iter().filter(|(_, channel)| channel.endpoint != EndpointId::NONE);
            addressed.map(|(_, channel)| told_value(Telemetry::unknown(channel, event.wall, &origin))).collect()
        }
        EventBody::Alarm(notice) => {
            vec![Told { topic: Topic::Alarms, frame: frame(&Alarm::of(notice, event.wall, origin())) }]
        }
        EventBody::Order(_) => command_steps(event, channels),
        EventBody::Settled(settled) => {
            let value = Telemetry::settled(settled, channels, event.wall, &origin());
            command_steps(event, channels).into_iter().chain(value.map(told_value)).collect()
        }
        EventBody::Mark(_)
        | EventBody::Unmark(_)
        | EventBody::Session(_)
        | EventBody::Connection(_)
        | EventBody::Safety(_)
        | EventBody::Lease(_)
        | EventBody::Replay(_)
        | EventBody::ReplayStatus(_)
        | EventBody::Fault(_)
        | EventBody::Channels(_) => Vec::new(),
    }
}

fn command_steps(event: &Event, channels: &ChannelTable) -> Vec<Told> {
    let Some((id, steps)) = CommandStatus::of(event, channels) else { return Vec::new() };
    steps.iter().map(|step| Told { topic: Topic::Command(id), frame: frame(step) }).collect()
}

fn told_value(value: Telemetry) -> Told {
    Told { topic: Topic::Channel(EndpointId(value.endpoint_id)), frame: frame(&value) }
}

/// What a machine's channels have now, or the one of this number.
pub fn latest(machine: &Snapshot, now: WallMs) -> impl Iterator<Item = Telemetry> {
    let origin = Origin::new(&machine.machine, machine.session, machine.seq);
    let reading = machine.last_reading.as_ref().map(|(_, reading)| reading);
    let reading = reading.filter(|_| machine.connection.state == DriverState::Connected);
    let at = machine.read_at.unwrap_or(now);
    let addressed = machine.channels.iter().filter(|(_, channel)| channel.endpoint != EndpointId::NONE);
    addressed.map(move |(index, channel)| {
        let known = reading.and_then(|reading| Telemetry::of(reading, index, at, &origin));
        known.unwrap_or_else(|| Telemetry::unknown(channel, at, &origin))
    })
}

/// The same as frames.
pub(super) fn values(machine: &Snapshot, only: Option<EndpointId>, now: WallMs) -> Vec<Frame> {
    let wanted = latest(machine, now).filter(|value| only.is_none_or(|id| id.0 == value.endpoint_id));
    wanted.map(|value| frame(&value)).collect()
}
