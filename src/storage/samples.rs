//! Things to write down in tests: one of each kind, any of each kind, and whole sessions.

use std::sync::Arc;

use hearth_actors::model::alarm::{AlarmNotice, AlarmState, Severity, Shelf};
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, DeviceType, Failsafe, OutputClass, Role,
};
use hearth_actors::model::command::{Actor, Settled};
use hearth_actors::model::connection::{Connection, DriverState};
use hearth_actors::model::event::{Event, EventBody, Hand, Lease, Safety, SafetyReason, Unmark};
use hearth_actors::model::fault::{Fault, FaultCode};
use hearth_actors::model::ids::{ChannelId, ClientId, CommandId, EndpointId, MachineId, RuleId, Seq, SessionId};
use hearth_actors::model::journal::{JournalHeader, Keep};
use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::reading::{Missing, MissingReason, News, Reading, Value};
use hearth_actors::model::session::{SessionChange, SessionState};
use hearth_actors::model::task::TaskId;
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::{CelsiusPerMinute, Fraction, Unit};
use proptest::prelude::*;

pub(super) const CREATED_AT: i64 = 1_752_000_000_000;

pub(super) fn session(n: u128) -> SessionId {
    SessionId(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

pub(super) fn machine(id: &str) -> MachineId {
    MachineId::parse(id).unwrap()
}

fn channel(id: &str, role: Option<Role>, unit: Unit, kind: ChannelKind) -> Channel {
    let id = ChannelId::parse(id).unwrap();
    Channel {
        tag: format!("m.{id}"),
        endpoint: EndpointId::NONE,
        group: DeviceType::usual_group(None, &kind).to_owned(),
        device: None,
        label: format!("Label of {id}"),
        id,
        role,
        unit,
        kind,
    }
}

fn control(shape: ControlShape, failsafe: Failsafe, stop_value: Option<f64>) -> ChannelKind {
    let class = OutputClass::Heat;
    let has_readback = true;
    ChannelKind::Control(ControlSpec {
        shape,
        min: 0.0,
        max: 1.0,
        step: 0.0,
        class,
        failsafe,
        stop_value,
        max_rise_per_s: None,
        has_readback,
    })
}

/// BT, ET, an exhaust sensor in °F, a burner and a switch.
pub(super) fn channels() -> Arc<ChannelTable> {
    Arc::new(ChannelTable::new(vec![
        channel("bt", Some(Role::Bt), Unit::Celsius, ChannelKind::Sensor),
        channel("et", Some(Role::Et), Unit::Celsius, ChannelKind::Sensor),
        channel("exhaust", None, Unit::Fahrenheit, ChannelKind::Sensor),
        channel("burner", None, Unit::Percent, control(ControlShape::Slider, Failsafe::Value(0.0), None)),
        channel(
            "drum",
            None,
            Unit::Other("bool".to_owned()),
            control(ControlShape::Toggle { on: 1.0, off: 0.0 }, Failsafe::Hold, Some(0.1)),
        ),
    ]))
}

/// The same machine with a sensor less.
pub(super) fn fewer_channels() -> Arc<ChannelTable> {
    Arc::new(ChannelTable::new(vec![channel("bt", Some(Role::Bt), Unit::None, ChannelKind::Sensor)]))
}

pub(super) fn header(n: u128, keep: Keep) -> JournalHeader {
    JournalHeader {
        session: session(n),
        previous: Some(session(n + 1000)),
        machine: machine("machine-a"),
        machine_name: "Drum 5 kg".to_owned(),
        channels: channels(),
        created_at: WallMs(CREATED_AT + i64::try_from(n).unwrap() * 60_000),
        keep,
        clock_speed: 1.0,
    }
}

pub(super) fn reading(bt: f64) -> EventBody {
    let missing = |reason, polls| Err(Missing { reason, polls });
    EventBody::Reading(Reading {
        channels: channels(),
        values: Box::new([
            Ok(bt),
            missing(MissingReason::Timeout, 2),
            Ok(-0.0),
            Ok(0.35),
            missing(MissingReason::NotYet, 0),
        ]),
        bt_ror: Some(CelsiusPerMinute(12.3)),
        et_ror: None,
        news: News::All,
    })
}

pub(super) fn event(n: u128, seq: u64, body: EventBody) -> Event {
    Event {
        machine: machine("machine-a"),
        seq: Seq(seq),
        prev: Some(Seq(seq - 1)).filter(|p| p.0 > 0),
        session: Some(session(n)),
        at: SessionMs(seq * 1000),
        wall: WallMs(CREATED_AT + i64::try_from(seq).unwrap() * 1000),
        body,
    }
}

/// A roast of `length` readings with a mark, a move of the burner and an end.
pub(super) fn roast(n: u128, length: u64) -> Vec<Event> {
    let mut bodies = vec![EventBody::Session(SessionChange {
        from: SessionState::Monitoring,
        to: SessionState::Recording,
        session: Some(session(n)),
        previous: None,
        started_at: Some(WallMs(CREATED_AT)),
    })];
    bodies.extend((0..length).map(|i| reading(100.0 + i as f64 / 7.0)));
    bodies.push(mark());
    bodies.push(settled());
    bodies.push(reading(200.1));
    bodies.into_iter().zip(1..).map(|(body, seq)| event(n, seq, body)).collect()
}

pub(super) fn mark() -> EventBody {
    EventBody::Mark(Mark {
        kind: MarkKind::FirstCrackStart,
        at: SessionMs(412_300),
        source: MarkSource::Detected { provisional: true },
        bt: Some(196.4),
        et: None,
    })
}

pub(super) fn settled() -> EventBody {
    EventBody::Settled(Settled {
        command: CommandId(9_007_199_254_740_993),
        request_id: Some("r-1".to_owned()),
        channel: 3,
        channel_id: ChannelId::parse("burner").unwrap(),
        value: Fraction::clamped(0.35),
        applied: true,
        by: Actor::Client { id: ClientId::parse("tab-1").unwrap(), name: "Jörg \"the roaster\"".to_owned() },
        message: String::new(),
        readback: Some(Fraction::clamped(0.349)),
        latency_ms: 12,
    })
}

/// One event body of each kind that a journal keeps, by the name of its golden file.
pub(super) fn one_of_each() -> Vec<(&'static str, EventBody)> {
    vec![
        ("reading", reading(183.25)),
        ("mark", mark()),
        ("unmark", EventBody::Unmark(Unmark { kind: MarkKind::TurningPoint, by: Hand::Person })),
        (
            "session",
            EventBody::Session(SessionChange {
                from: SessionState::Monitoring,
                to: SessionState::Recording,
                session: Some(session(1)),
                previous: Some(session(2)),
                started_at: Some(WallMs(CREATED_AT)),
            }),
        ),
        (
            "alarm",
            EventBody::Alarm(AlarmNotice {
                alarm: RuleId::parse("bt_high").unwrap(),
                occurrence: 7,
                state: AlarmState::ClearedUnacked,
                severity: Severity::Critical,
                latched: true,
                message: "BT above 230 °C".to_owned(),
                raised_at: SessionMs(600_000),
                bt: Some(231.5),
                et: None,
                raised_wall: None,
                acked_by: None,
                acked_wall: None,
                count: 1,
                first_cause: None,
                shelf: None,
            }),
        ),
        ("settled", settled()),
        (
            "connection",
            EventBody::Connection(Connection {
                state: DriverState::Reconnecting,
                driver_name: "Modbus TCP".to_owned(),
                message: "connection refused".to_owned(),
                retry_in_ms: Some(2000),
                restarts: 1,
            }),
        ),
        (
            "safety",
            EventBody::Safety(Safety {
                latched: Some(SafetyReason::Interlock),
                since: Some(WallMs(CREATED_AT)),
                channels: vec![3, 4],
            }),
        ),
        (
            "lease",
            EventBody::Lease(Lease {
                holder: Some((ClientId::parse("tab-1").unwrap(), "Front desk".to_owned())),
                expires: Some(WallMs(CREATED_AT + 30_000)),
            }),
        ),
        ("fault", EventBody::Fault(Fault { code: FaultCode::WriteFailed, message: "no answer".to_owned() })),
        ("channels", EventBody::Channels(channels())),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let reasons = prop_oneof![
        Just(MissingReason::NotYet),
        Just(MissingReason::Timeout),
        Just(MissingReason::Garbled),
        Just(MissingReason::Rejected),
        Just(MissingReason::Disconnected)
    ];
    prop_oneof![
        any::<f64>().prop_map(Ok),
        (reasons, any::<u32>()).prop_map(|(reason, polls)| Err(Missing { reason, polls }))
    ]
}

fn any_reading() -> impl Strategy<Value = EventBody> {
    let rates = (proptest::option::of(any::<f64>()), proptest::option::of(any::<f64>()));
    (proptest::collection::vec(any_value(), 0..40), rates).prop_map(|(values, (bt, et))| {
        EventBody::Reading(Reading {
            channels: channels(),
            values: values.into(),
            bt_ror: bt.map(CelsiusPerMinute),
            et_ror: et.map(CelsiusPerMinute),
            news: News::All,
        })
    })
}

fn any_mark() -> impl Strategy<Value = EventBody> {
    let source = prop_oneof![
        Just(MarkSource::Manual),
        any::<bool>().prop_map(|provisional| MarkSource::Detected { provisional })
    ];
    let kind = proptest::sample::select(MarkKind::ALL.to_vec());
    (kind, any::<u64>(), source, any::<Option<f64>>(), any::<Option<f64>>())
        .prop_map(|(kind, at, source, bt, et)| EventBody::Mark(Mark { kind, at: SessionMs(at), source, bt, et }))
}

fn any_settled() -> impl Strategy<Value = EventBody> {
    let by = prop_oneof![
        Just(Actor::Rest),
        Just(Actor::Replay),
        Just(Actor::Interlock),
        Just(Actor::Alarm(RuleId::parse("bt_high").unwrap())),
        Just(Actor::Failsafe),
        any::<String>().prop_map(|name| Actor::Client { id: ClientId::parse("c-1").unwrap(), name }),
        (any::<u128>(), any::<String>(), proptest::option::of(Just(ClientId::parse("c-1").unwrap())))
            .prop_map(|(task, name, owner)| Actor::Task { task: TaskId(task), name, owner }),
    ];
    let fraction = || (0.0..=1.0f64).prop_map(Fraction::clamped);
    let told = (any::<Option<String>>(), any::<String>(), any::<bool>());
    (any::<u64>(), told, any::<u16>(), fraction(), by, proptest::option::of(fraction()), any::<u64>()).prop_map(
        |(command, (request_id, message, applied), channel, value, by, readback, latency_ms)| {
            let (command, channel) = (CommandId(command), usize::from(channel));
            EventBody::Settled(Settled {
                command,
                request_id,
                channel,
                channel_id: ChannelId::parse("burner").unwrap(),
                value,
                applied,
                by,
                message,
                readback,
                latency_ms,
            })
        },
    )
}

fn any_text_event() -> impl Strategy<Value = EventBody> {
    let alarm = (any::<u64>(), any::<bool>(), any::<String>(), any::<u64>(), any::<Option<f64>>());
    prop_oneof![
        any::<String>().prop_map(|message| EventBody::Fault(Fault { code: FaultCode::ReadFailed, message })),
        any::<(String, String, Option<u64>, u32)>().prop_map(|(driver_name, message, retry_in_ms, restarts)| {
            EventBody::Connection(Connection {
                state: DriverState::Failed,
                driver_name,
                message,
                retry_in_ms,
                restarts,
            })
        }),
        alarm.prop_map(|(occurrence, latched, message, raised_at, bt)| {
            let alarm = RuleId::parse("r.1_x-y").unwrap();
            let (state, severity, raised_at) = (AlarmState::Shelved, Severity::Info, SessionMs(raised_at));
            EventBody::Alarm(AlarmNotice {
                alarm,
                occurrence,
                state,
                severity,
                latched,
                message,
                raised_at,
                bt,
                et: bt,
                raised_wall: latched.then_some(WallMs(7)),
                acked_by: latched.then(|| "Anna \u{1f525}".to_owned()),
                acked_wall: latched.then_some(WallMs(9)),
                count: if latched { u32::MAX } else { 1 },
                first_cause: latched.then(|| RuleId::parse("driver_lost").unwrap()),
                shelf: latched.then_some(Shelf { until: WallMs(-1), beneath: AlarmState::Acked }),
            })
        }),
        any::<(Option<i64>, Vec<usize>)>().prop_map(|(since, channels)| {
            EventBody::Safety(Safety { latched: None, since: since.map(WallMs), channels })
        }),
        any::<(Option<String>, Option<i64>)>().prop_map(|(name, expires)| {
            let holder = name.map(|name| (ClientId::parse("x").unwrap(), name));
            EventBody::Lease(Lease { holder, expires: expires.map(WallMs) })
        }),
    ]
}

/// Any event that a journal keeps.
pub(super) fn any_event() -> impl Strategy<Value = Event> {
    let fixed = proptest::sample::select(one_of_each()).prop_map(|(_, body)| body);
    let body = prop_oneof![fixed, any_reading(), any_mark(), any_settled(), any_text_event()];
    let ids =
        (any::<u64>(), any::<Option<u64>>(), proptest::option::of(prop_oneof![Just(session(1).0), any::<u128>()]));
    (ids, any::<u64>(), any::<i64>(), body).prop_map(|((seq, prev, session), at, wall, body)| Event {
        machine: machine("machine-a"),
        seq: Seq(seq),
        prev: prev.map(Seq),
        session: session.map(SessionId),
        at: SessionMs(at),
        wall: WallMs(wall),
        body,
    })
}
