//! A machine's session: its state, its curve, and what may be done to it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::archive::ArchiveError;
use hearth_actors::dialect::Ask;
use hearth_actors::logic::profile::assemble;
use hearth_actors::model::command::{Outcome, Want};
use hearth_actors::model::ids::{ChannelId, RuleId};
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::slot::MachineHandle;
use serde::Deserialize;

use super::caller::{Caller, caller};
use super::machines::{find, put};
use super::{bodies, body};
use crate::http::problem::Problem;
use crate::http::rest::wire::machine::{AckBody, PastAlarm, SessionView};
use crate::http::rest::wire::profile::Series;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::fields::shortened;
use crate::wire::views::{Alarm, ControlAck};

type Answer = Result<HttpResponse, Problem>;

/// Rows of a machine's alarm history.
const PAST_ALARMS_MAX: usize = 200;

/// What of a session is asked for.
#[derive(Debug, Deserialize)]
pub struct ShowQuery {
    include: Option<String>,
    since_ms: Option<u64>,
}

/// `GET /api/machines/{id}/session`
pub async fn show(request: HttpRequest, path: Path<String>, query: Query<ShowQuery>, seen: Seen) -> Answer {
    let handle = find(&seen, &path)?;
    let mut view = view(&handle, &caller(&request)?);
    if query.include.as_deref().is_some_and(|wanted| wanted.split(',').any(|part| part.trim() == "series")) {
        add_series(&mut view, &seen, &handle, query.since_ms).await?;
    }
    Ok(HttpResponse::Ok().json(view))
}

/// `POST /api/machines/{id}/session`
pub async fn act(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let handle = find(&seen, &path)?;
    let caller = caller(&request)?;
    let value = body::json(&request, payload, state.limits.body_bytes).await?;
    let want = match bodies::session(&value)?.ask {
        Ask::Command(want) => want,
        Ask::Sync(_)
        | Ask::Auth { .. }
        | Ask::Subscribe(_)
        | Ask::Unsubscribe(_)
        | Ask::Answered(_)
        | Ask::Telemetry(_) => {
            return Ok(HttpResponse::Ok().json(view(&handle, &caller)));
        }
    };
    obey(&request, &seen, &handle, &caller, want).await?;
    Ok(HttpResponse::Ok().json(view(&handle, &caller)))
}

/// `POST /api/machines/{id}/controls/{channel}`
pub async fn control(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let (id, channel) = path.into_inner();
    let handle = find(&seen, &id)?;
    let caller = caller(&request)?;
    let no_channel = |_| missing("CHANNEL_NOT_FOUND", format!("`{id}` has no control `{}`", shortened(&channel)));
    let channel_id = ChannelId::parse(&channel).map_err(no_channel)?;
    let value = body::json(&request, payload, state.limits.body_bytes).await?;
    let value = bodies::control(&value)?.value;
    match obey(&request, &seen, &handle, &caller, Want::Control { channel: channel_id, value }).await? {
        Outcome::Settled(settled) => Ok(HttpResponse::Ok().json(ControlAck::of(&settled, &handle.spec().channels))),
        Outcome::Done => Ok(HttpResponse::Ok().json(view(&handle, &caller))),
    }
}

/// `GET /api/machines/{id}/alarms`
pub async fn alarms(path: Path<String>, seen: Seen) -> Answer {
    let handle = find(&seen, &path)?;
    let alarms: Vec<Alarm> = handle.bus().look(|snapshot| snapshot.alarms.values().map(Alarm::from).collect());
    Ok(HttpResponse::Ok().json(alarms))
}

/// `GET /api/machines/{id}/alarms/history`: newest first.
pub async fn past_alarms(path: Path<String>, seen: Seen) -> Answer {
    let handle = find(&seen, &path)?;
    let lives = seen.ledger().alarms().into_iter().filter(|life| &life.machine == handle.id());
    let past: Vec<PastAlarm> = lives.take(PAST_ALARMS_MAX).map(PastAlarm::from).collect();
    Ok(HttpResponse::Ok().json(past))
}

/// `POST /api/machines/{id}/alarms/{alarm}/ack`
pub async fn ack_alarm(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let (id, alarm) = path.into_inner();
    let handle = find(&seen, &id)?;
    let caller = caller(&request)?;
    let value = body::json(&request, payload, state.limits.body_bytes).await?;
    let AckBody { occurrence } = bodies::ack(&value)?;
    let no_alarm = |_| missing("ALARM_NOT_FOUND", format!("`{id}` has no alarm `{}`", shortened(&alarm)));
    let alarm = RuleId::parse(&alarm).map_err(no_alarm)?;
    obey(&request, &seen, &handle, &caller, Want::AckAlarm { alarm, occurrence }).await?;
    Ok(HttpResponse::Ok().json(view(&handle, &caller)))
}

/// `POST /api/machines/{id}/stop`
pub async fn stop(request: HttpRequest, path: Path<String>, seen: Seen) -> Answer {
    let handle = find(&seen, &path)?;
    // STOP needs no lease.
    let caller = Caller::default();
    obey(&request, &seen, &handle, &caller, Want::Stop).await?;
    Ok(HttpResponse::Ok().json(view(&handle, &caller)))
}

/// `POST /api/machines/{id}/rearm`
pub async fn rearm(request: HttpRequest, path: Path<String>, seen: Seen) -> Answer {
    let handle = find(&seen, &path)?;
    let caller = caller(&request)?;
    obey(&request, &seen, &handle, &caller, Want::Rearm).await?;
    Ok(HttpResponse::Ok().json(view(&handle, &caller)))
}

async fn obey(
    request: &HttpRequest,
    seen: &Seen,
    handle: &MachineHandle,
    caller: &Caller,
    want: Want,
) -> Result<Outcome, Problem> {
    put(request, seen, handle, caller.actor(), want).await.map_err(|refusal| Problem::from(&refusal))
}

fn missing(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, code, detail)
}

fn view(handle: &MachineHandle, caller: &Caller) -> SessionView {
    SessionView::of(&handle.bus().snapshot(), caller.client(), wall_now(), None)
}

/// Adds the curves of the running or last session, read from its journal.
async fn add_series(
    view: &mut SessionView,
    seen: &Seen,
    handle: &MachineHandle,
    since_ms: Option<u64>,
) -> Result<(), Problem> {
    view.series = Some(Series::default());
    view.control_moves = Some(BTreeMap::new());
    let Some(session) = handle.bus().look(|snapshot| snapshot.session) else { return Ok(()) };
    let kept = seen.kept();
    let read = web::block(move || kept.session(session).map(|log| assemble(&log))).await;
    let profile = match read {
        Ok(Ok(profile)) => profile,
        Ok(Err(ArchiveError::NotFound(_))) => return Ok(()),
        Ok(Err(error)) => return Err(Problem::from(&error)),
        Err(_) => {
            let detail = "the storage crashed while reading the session";
            return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", detail));
        }
    };
    view.series = Some(Series::since(&profile.series, since_ms));
    let newer = |moves: Vec<(u64, f64)>| moves.into_iter().filter(|(at, _)| Some(*at) > since_ms).collect();
    view.control_moves = Some(profile.controls.into_iter().map(|(id, moves)| (id, newer(moves))).collect());
    Ok(())
}
