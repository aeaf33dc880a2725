//! Alarms: those there are and were lately, and acknowledging one.

use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::model::alarm::AlarmState as ModelAlarmState;
use hearth_actors::model::command::Want;
use hearth_actors::model::refusal::Refusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, Complaint, Turn};
use crate::dialects::bevforge::ledger::AlarmLife;
use crate::dialects::bevforge::wire::{AlarmStatus, Origin, moment};
use crate::http::problem::Problem;
use crate::http::rest::caller::caller;
use crate::http::rest::machines::put;
use crate::http::seen::Seen;
use crate::wire::fields::shortened;
use crate::wire::words::{AlarmState, Severity};

/// Rows of a list where nobody says. Source: facts about the protocols, 2.3.
const USUAL_ROWS: usize = 100;

/// One occurrence of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlarmView {
    /// The occurrence, unique in the daemon.
    pub id: u64,
    /// Where it stands.
    pub status: AlarmStatus,
    /// The same, more finely.
    pub state: AlarmState,
    /// How bad it is.
    pub severity: Severity,
    /// The machine's tile.
    pub tile_id: String,
    /// The channel that the rule watches.
    pub endpoint_id: Option<u32>,
    /// When it was raised. RFC 3339, UTC.
    pub triggered_at: String,
    /// When its condition was gone.
    pub cleared_at: Option<String>,
    /// When somebody acknowledged it.
    pub acked_at: Option<String>,
    /// Who that was, as named to people.
    pub acked_by: Option<String>,
    /// What the rule says.
    pub message: String,
    /// The rule.
    pub rule_id: String,
    /// Where it is.
    #[serde(flatten)]
    pub origin: Origin,
}

impl AlarmView {
    fn of(life: AlarmLife, seen: &Seen) -> Self {
        let AlarmLife { machine, session, seq, notice, triggered_at, cleared_at } = life;
        let spec = seen.find(&machine).map(|machine| machine.spec());
        let endpoint_id = spec.and_then(|spec| Some(spec.channels.get(spec.channel_of(&notice.alarm)?)?.endpoint.0));
        Self {
            id: notice.occurrence,
            status: notice.state.into(),
            state: notice.state.into(),
            severity: notice.severity.into(),
            tile_id: machine.to_string(),
            endpoint_id,
            triggered_at: moment(triggered_at),
            cleared_at: cleared_at.map(moment),
            acked_at: notice.acked_wall.map(moment),
            acked_by: notice.acked_by,
            message: notice.message,
            rule_id: notice.alarm.to_string(),
            origin: Origin::new(&machine, session, seq),
        }
    }
}

/// Which alarms are wanted.
#[derive(Debug, Deserialize)]
pub struct Which {
    status: Option<String>,
}

/// `GET /api/os/alarms`: newest first; without a status those that are not over.
pub async fn list(which: Query<Which>, turn: Query<Turn>, seen: Seen) -> Answer {
    let wanted: &[AlarmStatus] = match which.status.as_deref() {
        None => &[AlarmStatus::Active, AlarmStatus::ClearedUnacked],
        Some("active") => &[AlarmStatus::Active],
        Some("cleared_unacked") => &[AlarmStatus::ClearedUnacked],
        Some("cleared_acked") => &[AlarmStatus::ClearedAcked],
        Some(other) => {
            let words = "one of active, cleared_unacked, cleared_acked is needed";
            let message = format!("status is \"{}\": {words}", shortened(other));
            return Err(Complaint::invalid("Invalid status parameter", message));
        }
    };
    let lives = seen.ledger().alarms().into_iter().filter(|life| wanted.contains(&life.notice.state.into()));
    turn.rows(lives.map(|life| AlarmView::of(life, &seen)).collect(), USUAL_ROWS)
}

/// `POST /api/os/alarms/{id}/ack`: once is enough; again changes nothing.
pub async fn ack(request: HttpRequest, path: Path<String>, seen: Seen) -> Answer {
    let unknown = || {
        let message = format!("No alarm found with id {}", shortened(&path));
        Complaint::new(StatusCode::NOT_FOUND, "Alarm not found", message)
    };
    let occurrence = path.parse().map_err(|_| unknown())?;
    let life = seen.ledger().alarm(occurrence).ok_or_else(unknown)?;
    if life.notice.state != ModelAlarmState::Normal {
        let machine = seen.find(&life.machine).ok_or_else(unknown)?;
        let want = Want::AckAlarm { alarm: life.notice.alarm, occurrence: Some(occurrence) };
        let actor = caller(&request)?.actor();
        put(&request, &seen, &machine, actor, want).await.map_err(|refusal| of_refusal(&refusal))?;
    }
    let life = seen.ledger().alarm(occurrence).ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(AlarmView::of(life, &seen)))
}

fn of_refusal(refusal: &Refusal) -> Complaint {
    Complaint::from(Problem::from(refusal))
}
