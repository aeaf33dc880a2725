//! Machines, their sessions and orders to them.

use std::collections::BTreeMap;

use hearth_actors::logic::gate;
use hearth_actors::model::alarm::{AlarmState, Severity};
use hearth_actors::model::ids::ClientId;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::spec::{MachineSpec, SafetySpec};
use hearth_actors::model::time::WallMs;
use hearth_actors::model::units::Fraction;
use schemars::JsonSchema;
use serde::Serialize;

use super::in_order;
use super::profile::Series;
use crate::dialects::bevforge::ledger::AlarmLife;
use crate::wire::rfc3339;
use crate::wire::views::{self, Alarm, Control, LastReading, Lease, RoastEvent, Safety};
use crate::wire::words::{self, DriverState, MachineKind, SessionState};

/// A machine at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MachineSummary {
    /// Unique in the daemon.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// What it is.
    pub kind: MachineKind,
    /// Where its driver stands.
    pub driver_state: DriverState,
    /// Where its session stands.
    pub session_state: SessionState,
    /// The last reading, if one was taken.
    pub last_reading: Option<LastReading>,
    /// Its alarms.
    pub alarms: AlarmCounts,
    /// How often it was restarted in this run of the daemon.
    pub restarts: u32,
    /// Without what its heat goes off; `null` where nothing heats.
    pub losses: Option<Losses>,
}

/// Without what the heat of a machine goes off and is latched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Losses {
    /// A reading of what heat depends on, after this time on the machine's clock.
    pub sensor_ms: u64,
    /// Somebody there who could steer, after this time; `null`: heat stays on with nobody there.
    pub operator_ms: Option<u64>,
}

impl Losses {
    fn of(spec: &MachineSpec) -> Option<Self> {
        let heats = !gate::heat_channels(spec).is_empty();
        let SafetySpec { sensor_loss_ms: sensor_ms, operator_loss_ms: operator_ms } = spec.safety;
        heats.then_some(Self { sensor_ms, operator_ms })
    }
}

impl MachineSummary {
    /// A machine as configured and as it stands.
    pub fn of(spec: &MachineSpec, now: &Snapshot) -> Self {
        Self {
            id: spec.id.to_string(),
            name: spec.name.clone(),
            kind: spec.kind.into(),
            driver_state: now.connection.state.into(),
            session_state: now.state.into(),
            last_reading: views::last_reading(now),
            alarms: AlarmCounts::of(now),
            restarts: now.connection.restarts,
            losses: Losses::of(spec),
        }
    }
}

/// How many alarms are neither normal nor shelved, by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AlarmCounts {
    /// Worth knowing.
    pub info: u32,
    /// Need attention.
    pub warning: u32,
    /// Need action now.
    pub critical: u32,
}

impl AlarmCounts {
    fn of(now: &Snapshot) -> Self {
        let mut counts = Self::default();
        for alarm in now.alarms.values().filter(|alarm| alarm.state != AlarmState::Shelved) {
            let slot = match alarm.severity {
                Severity::Info => &mut counts.info,
                Severity::Warning => &mut counts.warning,
                Severity::Critical => &mut counts.critical,
            };
            *slot += 1;
        }
        counts
    }
}

/// The session of a machine, whole.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionView {
    /// Which machine.
    pub machine_id: String,
    /// The running or last session; `null` if the machine was never started.
    pub session_id: Option<String>,
    /// Where it stands.
    pub state: SessionState,
    /// Where the driver stands.
    pub driver_state: DriverState,
    /// When the session clock was last zeroed. RFC 3339.
    pub started_at: Option<String>,
    /// Session clock at the last event.
    pub elapsed_ms: u64,
    /// Roast events in order of time.
    pub events: Vec<RoastEvent>,
    /// The last reading, if one was taken.
    pub last_reading: Option<LastReading>,
    /// The machine's controls.
    pub controls: Vec<Control>,
    /// Who may steer.
    pub lease: Lease,
    /// Alarms that are not normal.
    pub alarms: Vec<Alarm>,
    /// Whether outputs are latched safe.
    pub safety: Safety,
    /// The curves so far, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub series: Option<Series>,
    /// Moves of each control by channel id, where the curves were asked for: moment in ms and value, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub control_moves: Option<BTreeMap<String, Vec<(u64, f64)>>>,
}

impl SessionView {
    /// The session as `viewer` sees it at `now`; `series` is given where the request asks for it.
    pub fn of(snapshot: &Snapshot, viewer: Option<&ClientId>, now: WallMs, series: Option<Series>) -> Self {
        Self {
            machine_id: snapshot.machine.to_string(),
            session_id: snapshot.session.map(|id| id.to_string()),
            state: snapshot.state.into(),
            driver_state: snapshot.connection.state.into(),
            started_at: snapshot.started_at.and_then(rfc3339),
            elapsed_ms: snapshot.at.0,
            events: in_order(snapshot.marks.values()),
            last_reading: views::last_reading(snapshot),
            controls: views::controls(&snapshot.channels, &snapshot.applied),
            lease: Lease::of(&snapshot.lease, viewer, now),
            alarms: snapshot.alarms.values().map(Alarm::from).collect(),
            safety: Safety::of(&snapshot.safety, &snapshot.channels),
            series,
            control_moves: None,
        }
    }
}

/// The answer to connecting and disconnecting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DriverAnswer {
    /// Where the driver stands now.
    pub driver_state: DriverState,
}

/// What an order to a control asks for.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ControlBody {
    /// 0 to 1.
    #[cfg_attr(test, ts(type = "number"))]
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub value: Fraction,
}

/// Acknowledging an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct AckBody {
    /// Which occurrence; the current one where absent.
    pub occurrence: Option<u64>,
}

/// One occurrence of an alarm, also of one that is over.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PastAlarm {
    /// Number of this occurrence, unique in the daemon.
    pub occurrence: u64,
    /// The rule that raised it.
    pub alarm_id: String,
    /// What the rule says.
    pub message: String,
    /// How bad it is.
    pub severity: words::Severity,
    /// Where it stands now.
    pub alarm_state: words::AlarmState,
    /// The session it was raised in; `null` if the machine was never started.
    pub session_id: Option<String>,
    /// When it was raised. RFC 3339.
    pub raised_at: Option<String>,
    /// When its condition was gone. RFC 3339.
    pub cleared_at: Option<String>,
    /// When somebody acknowledged it. RFC 3339.
    pub acked_at: Option<String>,
    /// Who that was.
    pub acked_by: Option<String>,
    /// How often its condition came: 1, or more of an alarm that chattered.
    pub count: u32,
    /// The alarm that began the flood in which it came.
    pub first_cause: Option<String>,
}

impl From<AlarmLife> for PastAlarm {
    fn from(life: AlarmLife) -> Self {
        Self {
            occurrence: life.notice.occurrence,
            alarm_id: life.notice.alarm.to_string(),
            severity: life.notice.severity.into(),
            alarm_state: life.notice.state.into(),
            message: life.notice.message,
            acked_by: life.notice.acked_by,
            count: life.notice.count,
            first_cause: life.notice.first_cause.map(|id| id.to_string()),
            session_id: life.session.map(|id| id.to_string()),
            raised_at: rfc3339(life.triggered_at),
            cleared_at: life.cleared_at.and_then(rfc3339),
            acked_at: life.notice.acked_wall.and_then(rfc3339),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hearth_actors::model::alarm::AlarmNotice;
    use hearth_actors::model::channel::ChannelTable;
    use hearth_actors::model::ids::{MachineId, RuleId};
    use hearth_actors::model::time::SessionMs;
    use serde_json::json;

    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot::new(MachineId::parse("machine-a").unwrap(), Arc::new(ChannelTable::default()))
    }

    fn raise(snapshot: &mut Snapshot, id: &str, severity: Severity, state: AlarmState) {
        let alarm = RuleId::parse(id).unwrap();
        let notice = AlarmNotice {
            alarm: alarm.clone(),
            occurrence: 1,
            state,
            severity,
            latched: false,
            message: String::new(),
            raised_at: SessionMs(0),
            bt: None,
            et: None,
            raised_wall: None,
            acked_by: None,
            acked_wall: None,
            count: 1,
            first_cause: None,
            shelf: None,
        };
        snapshot.alarms.insert(alarm, notice);
    }

    #[test]
    fn a_shelved_alarm_is_not_counted() {
        let mut snapshot = snapshot();
        raise(&mut snapshot, "a", Severity::Critical, AlarmState::Unacked);
        raise(&mut snapshot, "b", Severity::Critical, AlarmState::Shelved);
        raise(&mut snapshot, "c", Severity::Warning, AlarmState::ClearedUnacked);
        assert_eq!(AlarmCounts::of(&snapshot), AlarmCounts { info: 0, warning: 1, critical: 1 });
    }

    #[test]
    fn a_session_that_never_was_is_null_not_invented() {
        let view = SessionView::of(&snapshot(), None, WallMs(0), None);
        assert_eq!(
            serde_json::to_value(view).unwrap(),
            json!({
                "machine_id": "machine-a", "session_id": null, "state": "idle", "driver_state": "disconnected",
                "started_at": null, "elapsed_ms": 0, "events": [], "last_reading": null, "controls": [],
                "lease": {"holder": null, "yours": false, "expires_in_ms": null}, "alarms": [],
                "safety": {"latched": false, "reason": null, "since": null, "channels": []},
            })
        );
    }
}
