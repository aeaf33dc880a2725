//! Profiles from journals.

use crate::model::channel::{ChannelKind, Role};
use crate::model::event::EventBody;
use crate::model::journal::SessionLog;
use crate::model::profile::{Profile, ProfileStatus, Series, Statistics};
use crate::model::time::SessionMs;
use std::collections::BTreeMap;

/// Makes a profile of what a session's journal holds.
pub fn assemble(log: &SessionLog) -> Profile {
    let header = &log.header;
    let mut series = Series::default();
    let mut controls: BTreeMap<String, Vec<(u64, f64)>> = BTreeMap::new();
    let mut marks = BTreeMap::new();
    let mut channels = header.channels.clone();
    for event in &log.events {
        match &event.body {
            EventBody::Reading(reading) => {
                series.timestamp_ms.push(event.at.0);
                series.bt.push(reading.role(Role::Bt));
                series.et.push(reading.role(Role::Et));
                series.bt_ror.push(reading.bt_ror.map(|r| r.0));
                series.et_ror.push(reading.et_ror.map(|r| r.0));
                let rows = series.timestamp_ms.len();
                for (i, channel) in reading.channels.iter() {
                    if channel.kind == ChannelKind::Sensor && channel.role.is_none() {
                        let column = series.extra.entry(channel.id.as_str().to_owned()).or_default();
                        column.resize(rows - 1, None);
                        column.push(reading.value(i));
                    }
                }
                for (i, fraction) in reading.controls() {
                    if let Some(channel) = reading.channels.get(i) {
                        let moves = controls.entry(channel.id.as_str().to_owned()).or_default();
                        if moves.last().is_none_or(|(_, last)| *last != fraction.get()) {
                            moves.push((event.at.0, fraction.get()));
                        }
                    }
                }
            }
            EventBody::Settled(settled) if settled.applied => {
                if let Some(channel) = channels.get(settled.channel) {
                    let moves = controls.entry(channel.id.as_str().to_owned()).or_default();
                    moves.push((event.at.0, settled.value.get()));
                }
            }
            EventBody::Mark(mark) => {
                marks.insert(mark.kind, *mark);
            }
            EventBody::Unmark(kind) => {
                marks.remove(kind);
            }
            EventBody::Channels(table) => channels = table.clone(),
            _ => {}
        }
    }
    let rows = series.timestamp_ms.len();
    series.extra.values_mut().for_each(|column| column.resize(rows, None));
    let annotation = log.annotation.clone();
    let mut marks: Vec<_> = annotation.marks.unwrap_or_else(|| marks.into_values().collect());
    marks.sort_by_key(|m| m.at);
    Profile {
        id: header.session,
        name: annotation.name.unwrap_or_else(|| format!("{} {}", header.machine_name, header.created_at.0)),
        machine: header.machine.clone(),
        machine_name: header.machine_name.clone(),
        created_at: header.created_at,
        duration: log.events.last().map_or(SessionMs(0), |e| e.at),
        status: annotation.status.unwrap_or(ProfileStatus::Draft),
        bean: annotation.bean,
        green_weight_g: annotation.green_weight_g,
        roasted_weight_g: annotation.roasted_weight_g,
        notes: annotation.notes,
        series,
        controls,
        marks,
        gaps: Vec::new(),
        statistics: Statistics::default(),
    }
}
