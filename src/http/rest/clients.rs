//! Who is connected, and disconnecting them.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::slot::MachineHandle;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::dialects::Name;
use crate::http::deeds::Details;
use crate::http::door::key;
use crate::http::lobby::Card;
use crate::http::problem::Problem;
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::fields::shortened;
use crate::wire::rfc3339;
use crate::wire::words::UserRole;

/// An open socket or stream of events.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientView {
    /// For as long as it is open.
    #[cfg_attr(test, ts(type = "number"))]
    id: u64,
    /// Who: an address for mail, a token, `local`, `open` or `guest`.
    who: String,
    /// What they may do.
    role: UserRole,
    /// From where.
    address: String,
    /// How they call themselves.
    name: String,
    /// What they speak.
    dialect: Option<&'static str>,
    /// The machine they follow; `null` where it is not one.
    machine: Option<String>,
    /// The machines among those they follow that they have control of.
    steers: Vec<String>,
    /// Since when. RFC 3339.
    since: Option<String>,
}

impl ClientView {
    fn of((id, card): (u64, Card), machines: &[MachineHandle]) -> Self {
        let Card { who, role, address, name, client, dialect, machine, since } = card;
        let holds = |handle: &MachineHandle| {
            handle.bus().look(|now| now.lease.holder.as_ref().is_some_and(|(holder, _)| *holder == client))
        };
        // A page has a socket for each machine, and is one client with all of them.
        let follows = |handle: &MachineHandle| machine.as_ref().is_none_or(|only| only == handle.id());
        let steered = machines.iter().filter(|handle| follows(handle) && holds(handle));
        let steers = steered.map(|handle| handle.id().to_string()).collect();
        let dialect = Name::of(dialect).map(key);
        let machine = machine.map(|machine| machine.to_string());
        Self { id, who, role: role.into(), address, name, dialect, machine, steers, since: rfc3339(since) }
    }
}

/// `GET /api/clients`
pub async fn list(seen: Seen, state: Data<AppState>) -> HttpResponse {
    let machines = seen.machines();
    let present = state.lobby.present().into_iter();
    HttpResponse::Ok().json(present.map(|one| ClientView::of(one, &machines)).collect::<Vec<_>>())
}

/// `DELETE /api/clients/{id}`
pub async fn dismiss(request: HttpRequest, path: Path<String>, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let gone = path.parse().ok().and_then(|number| state.lobby.dismiss(number)).ok_or_else(|| {
        let detail = format!("nobody is connected as {}", shortened(&path));
        Problem::new(StatusCode::NOT_FOUND, "CLIENT_NOT_FOUND", detail)
    })?;
    let old = json!({ "who": gone.who, "name": gone.name, "address": gone.address });
    Details { old: Some(old), ..Details::default() }.note(&request);
    Ok(HttpResponse::NoContent().finish())
}
