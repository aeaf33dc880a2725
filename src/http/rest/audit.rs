//! Who did what, newest first.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use hearth_actors::model::time::WallMs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::profiles::away;
use crate::access::audit::{Deed, Entry, Wanted};
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::wire::rfc3339;

/// Deeds in an answer, where nobody says, and at most.
const LIMIT: usize = 100;
const LIMIT_MAX: usize = 500;

/// Which deeds are asked for.
#[derive(Debug, Deserialize)]
pub struct AuditQuery {
    before: Option<u64>,
    limit: Option<usize>,
    machine: Option<String>,
    who: Option<String>,
}

/// Something that was done, or tried.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeedView {
    /// For `before`: later ones have higher numbers.
    #[cfg_attr(test, ts(type = "number"))]
    id: u64,
    /// When. RFC 3339.
    at: Option<String>,
    /// Who: an address for mail, a token, `local`, `open`, `guest` or `nobody`; `several` where a count does not tell them apart.
    who: String,
    /// Their role, if they had one.
    role: Option<String>,
    /// Where it came from.
    address: Option<String>,
    /// Which machine it was done to, if to one.
    machine: Option<String>,
    /// What.
    action: String,
    /// With which request, where it came as one.
    request: Option<String>,
    /// What it was before, where there is such a thing.
    #[cfg_attr(test, ts(type = "unknown"))]
    old: Option<Value>,
    /// What it was to be then.
    #[cfg_attr(test, ts(type = "unknown"))]
    new: Option<Value>,
    /// `done`, or the code of why not.
    result: String,
    /// For how many refusals this stands, where it is a count of those after the first one of their kind; `null` is itself.
    #[cfg_attr(test, ts(type = "number | null"))]
    times: Option<u64>,
    /// How many deeds before this one could not be written; `null` is none.
    #[cfg_attr(test, ts(type = "number | null"))]
    lost: Option<u64>,
}

impl From<Entry> for DeedView {
    fn from(Entry { id, deed }: Entry) -> Self {
        let Deed { at, who, role, address, machine, action, request, old, new, result, times, lost } = deed;
        Self {
            id,
            at: rfc3339(WallMs(at)),
            who,
            role,
            address,
            machine,
            action,
            request,
            old,
            new,
            result,
            times,
            lost,
        }
    }
}

/// `GET /api/audit`
pub async fn list(query: Query<AuditQuery>, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let AuditQuery { before, limit, machine, who } = query.into_inner();
    let wanted = Wanted { before, limit: limit.unwrap_or(LIMIT).min(LIMIT_MAX), machine, who };
    let audit = state.audit.clone();
    let found = away(move || audit.read(&wanted)).await?.map_err(|error| Problem::from(&error))?;
    Ok(HttpResponse::Ok().json(found.into_iter().map(DeedView::from).collect::<Vec<_>>()))
}
