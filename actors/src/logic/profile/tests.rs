//! Journals made up, and the profiles they amount to.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::channel::{Channel, ChannelKind, ControlShape, ControlSpec, Failsafe, OutputClass};
use crate::model::command::{Actor, Settled};
use crate::model::connection::Connection;
use crate::model::event::{Event, EventBody, Hand, Unmark};
use crate::model::ids::{ChannelId, CommandId, EndpointId, MachineId, Seq, SessionId};
use crate::model::journal::Keep;
use crate::model::mark::MarkSource;
use crate::model::profile::Annotation;
use crate::model::reading::{Missing, MissingReason, News, Value};
use crate::model::session::{SessionChange, SessionState};
use crate::model::time::WallMs;
use crate::model::units::{CelsiusPerMinute, Unit};

const SESSION: SessionId = SessionId(7);
const BURNER: usize = 3;

fn channel(id: &str, role: Option<Role>, kind: ChannelKind) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap(),
        tag: format!("m.{id}"),
        endpoint: EndpointId::NONE,
        group: String::new(),
        device: None,
        label: id.to_owned(),
        role,
        unit: Unit::None,
        kind,
    }
}

fn channels() -> Arc<ChannelTable> {
    let burner = ControlSpec {
        shape: ControlShape::Slider,
        min: 0.0,
        max: 100.0,
        step: 1.0,
        class: OutputClass::Heat,
        failsafe: Failsafe::Value(0.0),
        stop_value: None,
        max_rise_per_s: None,
        has_readback: false,
    };
    Arc::new(ChannelTable::new(vec![
        channel("bt", Some(Role::Bt), ChannelKind::Sensor),
        channel("et", Some(Role::Et), ChannelKind::Sensor),
        channel("inlet", None, ChannelKind::Sensor),
        channel("burner", None, ChannelKind::Control(burner)),
    ]))
}

fn event(at: u64, body: EventBody) -> Event {
    Event {
        machine: MachineId::parse("m").unwrap(),
        seq: Seq(at),
        prev: None,
        session: Some(SESSION),
        at: SessionMs(at),
        wall: WallMs(at as i64),
        body,
    }
}

fn value(v: Option<f64>) -> Value {
    v.ok_or(Missing { reason: MissingReason::Timeout, polls: 1 })
}

fn reading(at: u64, bt: Option<f64>, burner: Option<f64>) -> Event {
    let values = [value(bt), value(bt), value(bt), value(burner)];
    event(
        at,
        EventBody::Reading(Reading {
            channels: channels(),
            values: Box::new(values),
            bt_ror: bt.map(CelsiusPerMinute),
            et_ror: None,
            news: News::All,
        }),
    )
}

fn settled(at: u64, value: f64, applied: bool) -> Event {
    event(
        at,
        EventBody::Settled(Settled {
            command: CommandId(1),
            request_id: None,
            channel: BURNER,
            channel_id: ChannelId::parse("burner").unwrap(),
            value: Fraction::clamped(value),
            applied,
            by: Actor::Rest,
            message: String::new(),
            readback: None,
            latency_ms: 3,
        }),
    )
}

fn mark(kind: MarkKind, at: u64) -> Mark {
    Mark { kind, at: SessionMs(at), source: MarkSource::Manual, bt: None, et: None }
}

fn ends(at: u64) -> Event {
    let (from, to) = (SessionState::Recording, SessionState::Finished);
    event(at, EventBody::Session(SessionChange { from, to, session: Some(SESSION), previous: None, started_at: None }))
}

fn log(events: Vec<Event>) -> SessionLog {
    SessionLog {
        header: JournalHeader {
            session: SESSION,
            previous: None,
            machine: MachineId::parse("m").unwrap(),
            machine_name: "Drum 5 kg".to_owned(),
            channels: channels(),
            created_at: WallMs(1_777_134_798_000),
            keep: Keep::AsProfile,
            clock_speed: 1.0,
        },
        events,
        annotation: Annotation::default(),
        sealed: true,
        damaged: false,
    }
}

#[test]
fn columns_have_equal_length_and_missing_values_stay_missing() {
    let profile = assemble(&log(vec![reading(0, Some(20.0), None), reading(1_000, None, None), ends(1_500)]));
    assert_eq!(profile.series.timestamp_ms, [0, 1_000]);
    assert_eq!(profile.series.bt, [Some(20.0), None]);
    assert_eq!(profile.series.bt_ror, [Some(20.0), None]);
    assert_eq!(profile.series.et_ror, [None, None]);
    assert_eq!(profile.series.extra.keys().collect::<Vec<_>>(), ["inlet"]);
    assert_eq!(profile.series.extra["inlet"], [Some(20.0), None]);
    assert_eq!(profile.duration, SessionMs(1_500));
}

#[test]
fn controls_begin_with_what_they_were_and_follow_what_was_applied() {
    let events = vec![
        reading(0, Some(20.0), Some(40.0)),
        settled(500, 0.7, true),
        reading(1_000, Some(20.0), Some(70.0)),
        settled(1_200, 0.9, false),
        settled(1_300, 0.7, true),
        reading(2_000, Some(20.0), Some(0.0)),
    ];
    assert_eq!(assemble(&log(events)).controls["burner"], [(0, 0.4), (500, 0.7), (2_000, 0.0)]);
}

#[test]
fn marks_are_folded_and_a_correction_replaces_them() {
    let marks = [(5_000, MarkKind::Drop), (1_000, MarkKind::Charge), (2_000, MarkKind::Cool)];
    let mut events: Vec<Event> = marks.map(|(at, kind)| event(at, EventBody::Mark(mark(kind, at)))).into();
    events.push(event(5_100, EventBody::Unmark(Unmark { kind: MarkKind::Cool, by: Hand::Person })));
    let mut log = log(events);
    let kinds = |log: &SessionLog| assemble(log).marks.iter().map(|m| (m.kind, m.at.0)).collect::<Vec<_>>();
    assert_eq!(kinds(&log), [(MarkKind::Charge, 1_000), (MarkKind::Drop, 5_000)]);
    assert_eq!(assemble(&log).statistics.total_ms, Some(4_000));
    log.annotation.marks = Some(vec![mark(MarkKind::Drop, 4_000), mark(MarkKind::Charge, 500)]);
    assert_eq!(kinds(&log), [(MarkKind::Charge, 500), (MarkKind::Drop, 4_000)]);
}

#[test]
fn what_comes_after_the_end_or_belongs_to_another_session_is_left_out() {
    let mut foreign = reading(1_500, Some(99.0), None);
    foreign.session = Some(SessionId(8));
    let events = vec![reading(1_000, Some(20.0), None), foreign, ends(2_000), reading(3_000, Some(20.0), None)];
    let profile = assemble(&log(events));
    assert_eq!((profile.series.timestamp_ms, profile.duration), (vec![1_000], SessionMs(2_000)));
}

#[test]
fn a_gap_is_more_than_five_intervals_and_more_than_three_seconds() {
    let seconds = |skip: std::ops::Range<u64>| {
        (0..60).filter(|s| !skip.contains(s)).map(|s| reading(s * 1_000, Some(20.0), None)).collect::<Vec<_>>()
    };
    assert_eq!(assemble(&log(seconds(10..14))).gaps, []);
    assert_eq!(assemble(&log(seconds(10..15))).gaps, [(9_000, 15_000)]);
    let fast: Vec<Event> =
        (0..100).map(|i| reading(i * 100 + if i > 50 { 2_500 } else { 0 }, Some(20.0), None)).collect();
    assert_eq!(assemble(&log(fast)).gaps, []);
}

#[test]
fn readings_without_any_value_are_a_gap_too() {
    let events = (0..60).map(|s| reading(s * 1_000, Some(20.0).filter(|_| !(20..40).contains(&s)), None));
    assert_eq!(assemble(&log(events.collect())).gaps, [(19_000, 40_000)]);
}

#[test]
fn a_fast_simulator_is_late_by_more_of_its_own_time() {
    let mut log =
        log((0..60).map(|s| reading(s * 1_000 + if s > 30 { 10_000 } else { 0 }, Some(20.0), None)).collect());
    assert_eq!(assemble(&log).gaps.len(), 1);
    log.header.clock_speed = 60.0;
    assert_eq!(assemble(&log).gaps, []);
}

#[test]
fn a_recording_that_lost_its_sensors_at_once_is_one_gap() {
    assert_eq!(assemble(&log(vec![ends(20_000)])).gaps, [(0, 20_000)]);
    assert_eq!(assemble(&log(vec![])).gaps, []);
}

#[test]
fn a_profile_nobody_named_is_called_after_machine_and_time() {
    let mut log = log(vec![]);
    let profile = assemble(&log);
    assert_eq!((profile.name.as_str(), profile.status), ("Drum 5 kg 2026-04-25 16:33 UTC", ProfileStatus::Draft));
    log.annotation = Annotation {
        name: Some("House blend".into()),
        status: Some(ProfileStatus::Saved),
        green_weight_g: Some(1_000.0),
        roasted_weight_g: Some(840.0),
        ..Annotation::default()
    };
    let profile = assemble(&log);
    assert_eq!((profile.name.as_str(), profile.status), ("House blend", ProfileStatus::Saved));
    assert_eq!(profile.statistics.weight_loss_pct, Some(16.0));
}

#[test]
fn a_sensor_added_in_the_middle_has_no_past() {
    let mut table: Vec<Channel> = channels().iter().map(|(_, c)| c.clone()).collect();
    table.push(channel("late", None, ChannelKind::Sensor));
    let table = Arc::new(ChannelTable::new(table));
    let values = Box::new([value(Some(1.0)), value(Some(1.0)), value(None), value(Some(50.0)), value(Some(5.0))]);
    let late = Reading { channels: table.clone(), values, bt_ror: None, et_ror: None, news: News::All };
    let events = vec![
        reading(0, Some(20.0), None),
        event(500, EventBody::Channels(table)),
        event(1_000, EventBody::Reading(late)),
        reading(2_000, Some(20.0), None),
    ];
    let profile = assemble(&log(events));
    assert_eq!(profile.series.extra["late"], [None, Some(5.0), None]);
    assert_eq!(profile.controls["burner"], [(1_000, 0.5)]);
}

proptest! {
    #[test]
    fn whatever_a_journal_holds_the_columns_stay_equal_and_time_advances(
        rows in prop::collection::vec((0u64..100_000, prop::option::of(-50.0..300.0f64), prop::option::of(0.0..100.0f64)), 0..60)
    ) {
        let profile = assemble(&log(rows.into_iter().map(|(at, bt, burner)| reading(at, bt, burner)).collect()));
        let series = &profile.series;
        let rows = series.timestamp_ms.len();
        let columns = [&series.bt, &series.et, &series.bt_ror, &series.et_ror];
        prop_assert!(columns.into_iter().chain(series.extra.values()).all(|c| c.len() == rows));
        prop_assert!(series.timestamp_ms.windows(2).all(|w| w[0] < w[1]));
        prop_assert!(series.timestamp_ms.iter().all(|&t| t <= profile.duration.0));
    }
}

#[test]
fn a_short_death_is_a_gap_where_a_stutter_is_none() {
    let reading_at = |at| reading(at, Some(200.0), None);
    let mut events: Vec<Event> = (0..20).map(|n| reading_at(n * 100)).collect();
    events.push(event(
        2_300,
        EventBody::Connection(Connection { state: DriverState::Connecting, ..Connection::default() }),
    ));
    events.extend((24..40).map(|n| reading_at(n * 100)));
    events.extend((43..60).map(|n| reading_at(n * 100)));
    assert_eq!(assemble(&log(events)).gaps, [(1_900, 2_400)]);
}
