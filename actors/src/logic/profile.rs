//! Profile: what a session's journal amounts to. The journal stays the truth; this is its fold.

use std::collections::BTreeMap;

use super::cadence::{Cadence, LinkMeanwhile};
use super::calendar::utc_minute;
use super::rate::{ROAST_WINDOW_MS, RateOfRise};
use super::statistics::statistics;
use crate::model::channel::{ChannelTable, Role};
use crate::model::connection::DriverState;
use crate::model::event::EventBody;
use crate::model::journal::{JournalHeader, SessionLog};
use crate::model::mark::{Mark, MarkKind};
use crate::model::profile::{Profile, ProfileStatus, Series};
use crate::model::reading::Reading;
use crate::model::time::{MonoMs, SessionMs};
use crate::model::units::Fraction;

/// A control has moved when its fraction differs by more.
const MOVED: f64 = 1e-6;

/// Makes the profile of a session from its journal.
///
/// Readings whose time does not advance are skipped, and whatever comes after the end of the session. Marks corrected by a person
/// replace those of the session.
pub fn assemble(log: &SessionLog) -> Profile {
    let header = &log.header;
    let mut fold = Fold::new(header);
    for event in log.events.iter().filter(|e| e.session.is_none_or(|s| s == header.session)) {
        fold.take(event.at, &event.body);
        if fold.ended {
            break;
        }
    }
    let annotation = &log.annotation;
    let mut marks = annotation.marks.clone().unwrap_or_else(|| fold.marks.into_values().collect());
    marks.sort_by_key(|m| (m.at, m.kind));
    let statistics = statistics(&fold.series, &marks, annotation.green_weight_g, annotation.roasted_weight_g);
    Profile {
        id: header.session,
        name: annotation.name.clone().unwrap_or_else(|| default_name(header)),
        machine: header.machine.clone(),
        machine_name: header.machine_name.clone(),
        created_at: header.created_at,
        duration: fold.duration,
        status: annotation.status.unwrap_or(ProfileStatus::Draft),
        bean: annotation.bean.clone(),
        green_weight_g: annotation.green_weight_g,
        roasted_weight_g: annotation.roasted_weight_g,
        notes: annotation.notes.clone(),
        label: annotation.label.filled(),
        gaps: gaps(&fold.series, fold.duration, header.clock_speed, &fold.interruptions),
        series: fold.series,
        controls: fold.controls,
        marks,
        statistics,
    }
}

/// What a profile is called until somebody gives it a name.
pub fn default_name(header: &JournalHeader) -> String {
    format!("{} {} UTC", header.machine_name, utc_minute(header.created_at))
}

/// Spans without any value that are too long to be bridged; [`Cadence`] says how long that is.
pub fn gaps(series: &Series, duration: SessionMs, clock_speed: f64, interruptions: &[u64]) -> Vec<(u64, u64)> {
    let has_value = |row: usize| {
        let given = |column: &Vec<Option<f64>>| column.get(row).is_some_and(Option::is_some);
        given(&series.bt) || given(&series.et) || series.extra.values().any(given)
    };
    let rows = series.timestamp_ms.iter().enumerate().filter(|(row, _)| has_value(*row)).map(|(_, &at)| at);
    let edges: Vec<u64> = std::iter::once(0).chain(rows).chain([duration.0]).collect();
    let cadence = Cadence::new(usual_interval(&series.timestamp_ms), clock_speed);
    let is_gap = |from: u64, to: u64| {
        let interrupted = interruptions.iter().any(|at| (from..=to).contains(at));
        let link = if interrupted { LinkMeanwhile::Interrupted } else { LinkMeanwhile::Held };
        cadence.is_gap(to.saturating_sub(from), link)
    };
    edges.windows(2).filter(|w| is_gap(w[0], w[1])).map(|w| (w[0], w[1])).collect()
}

/// Median of the intervals. Unit: ms.
fn usual_interval(timestamps: &[u64]) -> u64 {
    let mut intervals: Vec<u64> = timestamps.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
    intervals.sort_unstable();
    intervals.get(intervals.len() / 2).copied().unwrap_or(0)
}

/// The profile under construction.
struct Fold<'a> {
    channels: &'a ChannelTable,
    series: Series,
    controls: BTreeMap<String, Vec<(u64, f64)>>,
    marks: BTreeMap<MarkKind, Mark>,
    duration: SessionMs,
    /// When the link was not connected.
    interruptions: Vec<u64>,
    ended: bool,
}

impl<'a> Fold<'a> {
    fn new(header: &'a JournalHeader) -> Self {
        Self {
            channels: &header.channels,
            series: Series::default(),
            controls: BTreeMap::new(),
            marks: BTreeMap::new(),
            duration: SessionMs(0),
            interruptions: Vec::new(),
            ended: false,
        }
    }

    fn take(&mut self, at: SessionMs, body: &'a EventBody) {
        self.duration = self.duration.max(at);
        match body {
            EventBody::Reading(reading) => self.read(at, reading),
            EventBody::Mark(mark) => {
                self.marks.insert(mark.kind, *mark);
            }
            EventBody::Unmark(unmark) => {
                self.marks.remove(&unmark.kind);
            }
            EventBody::Settled(settled) if settled.applied => self.move_control(at, settled.channel, settled.value),
            EventBody::Session(change) => self.ended = change.from.is_running() && !change.to.is_running(),
            EventBody::Channels(channels) => self.channels = channels,
            EventBody::Connection(connection) => {
                if connection.state != DriverState::Connected {
                    self.interruptions.push(at.0);
                }
            }
            EventBody::Settled(_)
            | EventBody::Order(_)
            | EventBody::Alarm(_)
            | EventBody::Safety(_)
            | EventBody::Lease(_)
            | EventBody::Replay(_)
            | EventBody::ReplayStatus(_)
            | EventBody::Fault(_) => {}
        }
    }

    fn read(&mut self, at: SessionMs, reading: &'a Reading) {
        if self.series.timestamp_ms.last().is_some_and(|&last| at.0 <= last) {
            return;
        }
        let row = self.series.timestamp_ms.len();
        self.series.timestamp_ms.push(at.0);
        self.series.bt.push(reading.role(Role::Bt));
        self.series.et.push(reading.role(Role::Et));
        self.series.bt_ror.push(reading.bt_ror.map(|r| r.0));
        self.series.et_ror.push(reading.et_ror.map(|r| r.0));
        for (i, channel) in reading.channels.iter() {
            if channel.role.is_none() && channel.control().is_none() {
                let column = self.series.extra.entry(channel.id.to_string()).or_default();
                column.resize(row, None);
                column.push(reading.value(i));
            }
        }
        for column in self.series.extra.values_mut() {
            column.resize(row + 1, None);
        }
        self.channels = &reading.channels;
        for (channel, value) in reading.controls() {
            self.move_control(at, channel, value);
        }
    }

    fn move_control(&mut self, at: SessionMs, channel: usize, value: Fraction) {
        let Some(channel) = self.channels.get(channel) else { return };
        let moves = self.controls.entry(channel.id.to_string()).or_default();
        if moves.last().is_none_or(|(_, last)| (last - value.get()).abs() > MOVED) {
            moves.push((at.0, value.get()));
        }
    }
}

/// Fills the rates of curves that came without any, as they would have been told live.
pub fn fill_rates(series: &mut Series) {
    let cadence = Cadence::new(usual_interval(&series.timestamp_ms), 1.0);
    for (temperatures, rates) in [(&series.bt, &mut series.bt_ror), (&series.et, &mut series.et_ror)] {
        if rates.iter().any(Option::is_some) {
            continue;
        }
        let mut rate = RateOfRise::new(ROAST_WINDOW_MS, cadence);
        let moments = series.timestamp_ms.iter().map(|&at| MonoMs(i64::try_from(at).unwrap_or(i64::MAX)));
        *rates = moments.zip(temperatures).map(|(at, value)| rate.step(at, *value).map(|rate| rate.0)).collect();
    }
}

#[cfg(test)]
mod tests;
