//! A whole profile as a journal: its curves as readings, its moves as settled orders, its marks as marks, so that everything
//! that reads journals reads it like a session recorded here.

use std::sync::Arc;

use hearth_actors::archive::ArchiveError;
use hearth_actors::logic::profile::assemble;
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, DeviceType, Failsafe, OutputClass, Role,
};
use hearth_actors::model::command::{Actor, Settled};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ChannelId, CommandId, EndpointId, Seq};
use hearth_actors::model::journal::{JournalHeader, Keep, SessionLog};
use hearth_actors::model::profile::{Annotation, Profile, Series};
use hearth_actors::model::reading::{Missing, MissingReason, News, Reading, Value};
use hearth_actors::model::session::{SessionChange, SessionState};
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::{CelsiusPerMinute, Fraction, Unit};

use super::clock::StorageClock;
use super::put::{Closing, Seal, put_event};
use super::record::head::Head;
use super::record::{BadRecord, event};
use super::writer::{Spot, head_bytes, stamp};

/// The log of a session that would have led to a profile.
///
/// # Errors
/// When the profile cannot have come from a session: columns of unequal length, times that run backwards, ids that no
/// channel can have, controls outside 0 to 1.
pub fn to_log(profile: &Profile) -> Result<SessionLog, BadRecord> {
    let plan = Plan::new(profile)?;
    let header = JournalHeader {
        session: profile.id,
        previous: None,
        machine: profile.machine.clone(),
        machine_name: profile.machine_name.clone(),
        channels: plan.channels.clone(),
        created_at: profile.created_at,
        keep: Keep::AsProfile,
        clock_speed: 1.0,
    };
    let annotation = Annotation {
        name: Some(profile.name.clone()),
        notes: profile.notes.clone(),
        bean: profile.bean.clone(),
        green_weight_g: profile.green_weight_g,
        roasted_weight_g: profile.roasted_weight_g,
        label: profile.label.clone(),
        status: Some(profile.status),
        marks: None,
    };
    let events = number(profile, plan.bodies(profile)?);
    Ok(SessionLog { header, events, annotation, sealed: true, damaged: false })
}

/// The bytes of a sealed journal with a session's log.
///
/// # Errors
/// When something in it is too large.
pub fn to_bytes(log: &SessionLog, clock: &dyn StorageClock) -> Result<Vec<u8>, BadRecord> {
    let header = &log.header;
    let now = stamp(clock, 0, clock.wall_now());
    let head = Head { header: header.clone(), boot: clock.boot_id(), segment: 1, before: None };
    let mut out = head_bytes(&head, now)?;
    for event in &log.events {
        let Some(kind) = event::kind(&event.body) else { continue };
        let stamp = stamp(clock, event.seq.0, event.wall);
        put_event(&mut out, kind, stamp, event, header.session, &header.channels)?;
    }
    let closing = Closing {
        stamp: now,
        annotation: Some(log.annotation.clone()),
        summary: Some(assemble(log).summary()),
        seal: Seal::Here,
        keep: header.keep,
    };
    let spot = Spot { segment: 1, offset: out.len() as u64 };
    closing.build(spot, &mut out)?;
    Ok(out)
}

/// The error of a profile that cannot be imported.
pub fn unusable(profile: &Profile, BadRecord(why): BadRecord) -> ArchiveError {
    ArchiveError::Damaged { what: format!("the profile {} to be imported", profile.id), why }
}

/// Which channel each column and control becomes: BT, ET, the other sensors, the controls.
struct Plan {
    channels: Arc<ChannelTable>,
    controls_from: usize,
}

impl Plan {
    fn new(profile: &Profile) -> Result<Self, BadRecord> {
        check_columns(&profile.series)?;
        let taken = |id: &str| profile.series.extra.contains_key(id) || profile.controls.contains_key(id);
        let mut channels = vec![
            sensor(&free_id("bt", taken), Some(Role::Bt), profile)?,
            sensor(&free_id("et", taken), Some(Role::Et), profile)?,
        ];
        for id in profile.series.extra.keys() {
            channels.push(sensor(id, None, profile)?);
        }
        let controls_from = channels.len();
        for id in profile.controls.keys() {
            if profile.series.extra.contains_key(id) {
                return Err(BadRecord(format!("`{}` is both a sensor and a control", id.escape_debug())));
            }
            channels.push(control(id, profile)?);
        }
        Ok(Self { channels: Arc::new(ChannelTable::new(channels)), controls_from })
    }

    /// What happened, in order of time.
    fn bodies(&self, profile: &Profile) -> Result<Vec<(u64, EventBody)>, BadRecord> {
        let mut bodies = vec![(0, session(profile, SessionState::Idle, SessionState::Recording))];
        let mut moves = self.moves(profile)?.into_iter().peekable();
        let mut applied: Vec<Value> = vec![Err(NOT_YET); profile.controls.len()];
        for (row, at) in profile.series.timestamp_ms.iter().enumerate() {
            while let Some((moment, control, value)) = moves.next_if(|(moment, ..)| moment <= at) {
                bodies.push((moment, self.settled(control, value)?));
                applied[control] = Ok(value.get());
            }
            bodies.push((*at, EventBody::Reading(self.reading(&profile.series, row, &applied))));
        }
        for (moment, control, value) in moves {
            bodies.push((moment, self.settled(control, value)?));
        }
        bodies.extend(profile.marks.iter().map(|mark| (mark.at.0.min(profile.duration.0), EventBody::Mark(*mark))));
        // Stable: what happens at the same moment keeps its order.
        bodies.sort_by_key(|(at, _)| *at);
        let end = bodies.last().map_or(0, |(at, _)| *at).max(profile.duration.0);
        bodies.push((end, session(profile, SessionState::Recording, SessionState::Finished)));
        Ok(bodies)
    }

    /// All moves of all controls in order of time.
    fn moves(&self, profile: &Profile) -> Result<Vec<(u64, usize, Fraction)>, BadRecord> {
        let mut all = Vec::new();
        for (control, (id, moves)) in profile.controls.iter().enumerate() {
            for (at, value) in moves {
                let value = Fraction::new(*value)
                    .ok_or_else(|| BadRecord(format!("control `{id}` at {at} ms is {value}, not between 0 and 1")))?;
                all.push((*at, control, value));
            }
        }
        all.sort_by_key(|(at, ..)| *at);
        Ok(all)
    }

    fn settled(&self, control: usize, value: Fraction) -> Result<EventBody, BadRecord> {
        let channel = self.controls_from + control;
        let Some(known) = self.channels.get(channel) else {
            return Err(BadRecord(format!("control {control} is not among the channels")));
        };
        Ok(EventBody::Settled(Settled {
            command: CommandId(0),
            request_id: None,
            channel,
            channel_id: known.id.clone(),
            value,
            applied: true,
            by: Actor::Rest,
            message: String::new(),
            readback: None,
            latency_ms: 0,
        }))
    }

    fn reading(&self, series: &Series, row: usize, applied: &[Value]) -> Reading {
        let at_row = |column: &Vec<Option<f64>>| column.get(row).copied().flatten();
        let sensors = [&series.bt, &series.et].into_iter().chain(series.extra.values());
        let values = sensors.map(|column| at_row(column).ok_or(NOT_YET)).chain(applied.iter().copied());
        Reading {
            channels: self.channels.clone(),
            values: values.collect(),
            bt_ror: at_row(&series.bt_ror).map(CelsiusPerMinute),
            et_ror: at_row(&series.et_ror).map(CelsiusPerMinute),
            news: News::All,
        }
    }
}

/// Why a value was missing is not told by a profile.
const NOT_YET: Missing = Missing { reason: MissingReason::NotYet, polls: 0 };

fn check_columns(series: &Series) -> Result<(), BadRecord> {
    let rows = series.timestamp_ms.len();
    let named = [("bt", &series.bt), ("et", &series.et), ("bt_ror", &series.bt_ror), ("et_ror", &series.et_ror)];
    let extra = series.extra.iter().map(|(id, column)| (id.as_str(), column));
    for (name, column) in named.into_iter().chain(extra) {
        if column.len() != rows {
            let count = column.len();
            return Err(BadRecord(format!("column `{name}` has {count} values where timestamp_ms has {rows}")));
        }
        if let Some(row) = column.iter().position(|value| value.is_some_and(|v| !v.is_finite())) {
            return Err(BadRecord(format!("column `{name}`, row {row}, is not a finite number")));
        }
    }
    match series.timestamp_ms.windows(2).position(|pair| pair[1] < pair[0]) {
        Some(row) => Err(BadRecord(format!("timestamp_ms runs backwards after row {row}"))),
        None => Ok(()),
    }
}

fn free_id(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut id = wanted.to_owned();
    while taken(&id) {
        id.push('_');
    }
    id
}

fn channel(
    id: &str,
    role: Option<Role>,
    unit: Unit,
    kind: ChannelKind,
    profile: &Profile,
) -> Result<Channel, BadRecord> {
    Ok(Channel {
        id: ChannelId::parse(id).map_err(BadRecord::new)?,
        tag: format!("{}.{id}", profile.machine),
        endpoint: EndpointId::NONE,
        group: DeviceType::usual_group(None, &kind).to_owned(),
        device: None,
        label: id.to_owned(),
        role,
        unit,
        kind,
    })
}

fn sensor(id: &str, role: Option<Role>, profile: &Profile) -> Result<Channel, BadRecord> {
    let unit = if role.is_some() { Unit::Celsius } else { Unit::None };
    channel(id, role, unit, ChannelKind::Sensor, profile)
}

/// A profile tells shares only, so the control's native range is that of shares.
fn control(id: &str, profile: &Profile) -> Result<Channel, BadRecord> {
    let spec = ControlSpec {
        shape: ControlShape::Slider,
        min: 0.0,
        max: 1.0,
        step: 0.0,
        class: OutputClass::Other,
        failsafe: Failsafe::Hold,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: false,
    };
    channel(id, None, Unit::None, ChannelKind::Control(spec), profile)
}

fn session(profile: &Profile, from: SessionState, to: SessionState) -> EventBody {
    EventBody::Session(SessionChange {
        from,
        to,
        session: Some(profile.id),
        previous: None,
        started_at: Some(profile.created_at),
    })
}

fn number(profile: &Profile, bodies: Vec<(u64, EventBody)>) -> Vec<Event> {
    let events = bodies.into_iter().zip(1..).map(|((at, body), seq)| Event {
        machine: profile.machine.clone(),
        seq: Seq(seq),
        prev: Some(Seq(seq - 1)).filter(|prev| prev.0 > 0),
        session: Some(profile.id),
        at: SessionMs(at),
        wall: WallMs(profile.created_at.0.saturating_add_unsigned(at)),
        body,
    });
    events.collect()
}
