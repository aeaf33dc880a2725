//! Profiles: saved sessions, and what people say about them.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, LOCATION};
use actix_web::web::{self, Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use hearth_actors::archive::{ArchiveError, ProfileQuery};
use hearth_actors::logic::profile::fill_rates;
use hearth_actors::model::command::Scope;
use hearth_actors::model::ids::{MachineId, SessionId};
use hearth_actors::model::profile::{Annotation, Profile, ProfileStatus};
use hearth_actors::model::session::SessionState;
use hearth_actors::runtime::clock::{new_session_id, wall_now};
use hearth_actors::system::view::kept::Kept;
use serde::Deserialize;
use serde_json::Value;

use super::document::{self, Arrival};
use super::exchange::{self, Format};
use super::machines::{find, no_machine};
use super::{bodies, body};
use crate::http::problem::Problem;
use crate::http::rest::wire::profile::{ProfileDocument, ProfilePage, ProfileSummary, SaveBody};
use crate::http::seen::Seen;
use crate::http::state::AppState;
use crate::wire::fields::shortened;
use crate::wire::parse_rfc3339;

type Answer = Result<HttpResponse, Problem>;

/// Profiles of a page where the query does not say.
pub const LIMIT: usize = 50;
/// Most profiles of a page.
pub const LIMIT_MAX: usize = 200;

/// Which profiles are asked for.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    q: Option<String>,
    machine_id: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

impl ListQuery {
    fn read(&self) -> Result<ProfileQuery, Problem> {
        let bad = |what: &str, text: &str, needed: &str| {
            Problem::malformed(format!("{what} is \"{}\": {needed} is needed", shortened(text)))
        };
        let moment = |what, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => {
                parse_rfc3339(text).map(Some).ok_or_else(|| bad(what, text, "a time such as 2026-01-31T00:00:00Z"))
            }
        };
        let machine = self
            .machine_id
            .as_deref()
            .map(|id| MachineId::parse(id).map_err(|_| bad("machine_id", id, "a machine's id")));
        let limit =
            self.limit.as_deref().map(|text| text.parse::<usize>().map_err(|_| bad("limit", text, "a whole number")));
        let after = self
            .cursor
            .as_deref()
            .map(|text| SessionId::parse(text).ok_or_else(|| bad("cursor", text, "the next_cursor of a page")));
        Ok(ProfileQuery {
            scope: Scope::All,
            text: self.q.clone().filter(|text| !text.trim().is_empty()),
            machine: machine.transpose()?,
            from: moment("from", &self.from)?,
            to: moment("to", &self.to)?,
            limit: limit.transpose()?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX),
            after: after.transpose()?,
        })
    }
}

/// `GET /api/profiles`
pub async fn list(query: Query<ListQuery>, seen: Seen) -> Answer {
    let query = query.read()?;
    let page = on_disk(&seen, move |disk| disk.profiles(query)).await?;
    Ok(HttpResponse::Ok().json(ProfilePage::from(&page)))
}

/// `POST /api/profiles`: a machine's finished session, or a whole document.
pub async fn create(request: HttpRequest, payload: Payload, seen: Seen, state: Data<AppState>) -> Answer {
    let value = body::json(&request, payload, state.limits.body_bytes).await?;
    let profile = if value.get("series").is_some() {
        keep_document(&seen, &value).await?
    } else {
        save_session(&seen, &value).await?
    };
    Ok(created(&profile).json(ProfileDocument::from(&profile)))
}

/// What a file is, or should be.
#[derive(Debug, Deserialize)]
pub struct FormatQuery {
    format: Option<String>,
}

impl FormatQuery {
    /// The format that is named; nothing for `auto` and where none is named.
    fn read(&self) -> Result<Option<Format>, Problem> {
        self.format.as_deref().map_or(Ok(None), |name| Format::parse(name).map_err(Problem::malformed))
    }
}

/// `POST /api/profiles/import`: a file, whatever its media type.
pub async fn import(query: Query<FormatQuery>, payload: Payload, seen: Seen, state: Data<AppState>) -> Answer {
    let format = query.read()?;
    let file = body::bytes(payload, state.limits.import_bytes).await?;
    let arrival = Arrival { id: new_session_id(), now: wall_now() };
    let read = away(move || exchange::import(&file, format, arrival)).await?;
    let profile = keep(&seen, read.map_err(|faults| Problem::invalid(&faults))?).await?;
    Ok(created(&profile).json(ProfileSummary::from(&profile.summary())))
}

/// `GET /api/profiles/{id}/export`: a file to save.
pub async fn export(path: Path<String>, query: Query<FormatQuery>, seen: Seen) -> Answer {
    let format = query.read()?.unwrap_or(Format::Json);
    let profile = load(&seen, &path).await?;
    let name = exchange::file_name(&profile, format);
    let file = away(move || exchange::export(&profile, format)).await?;
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(file))
}

/// `GET /api/profiles/{id}`
pub async fn show(path: Path<String>, seen: Seen) -> Answer {
    let profile = load(&seen, &path).await?;
    Ok(HttpResponse::Ok().json(ProfileDocument::from(&profile)))
}

/// `PATCH /api/profiles/{id}`: a draft that a person puts right is saved by that.
pub async fn change(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    seen: Seen,
    state: Data<AppState>,
) -> Answer {
    let profile = load(&seen, &path).await?;
    let value = body::json(&request, payload, state.limits.body_bytes).await?;
    let annotation = bodies::annotation(bodies::patch(&value, &profile)?, &profile);
    let annotation = Annotation { status: Some(ProfileStatus::Saved), ..annotation };
    let id = profile.id;
    let profile = on_disk(&seen, move |disk| disk.annotate(id, annotation)).await?;
    Ok(HttpResponse::Ok().json(ProfileDocument::from(&profile)))
}

/// `DELETE /api/profiles/{id}`
pub async fn remove(path: Path<String>, seen: Seen) -> Answer {
    let id = parse_id(&path)?;
    on_disk(&seen, move |disk| disk.delete(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Saves a machine's finished session: the draft is there already, saving it says so and gives it a name.
async fn save_session(seen: &Seen, value: &Value) -> Result<Profile, Problem> {
    let SaveBody { machine_id, .. } = bodies::save(value)?;
    let handle = find(seen, machine_id.as_str())?;
    let (state_now, session) = handle.bus().look(|snapshot| (snapshot.state, snapshot.session));
    let (SessionState::Finished, Some(session)) = (state_now, session) else {
        let name = hearth_actors::logic::session::name(state_now);
        let detail = format!("`{machine_id}` has no finished session, it is {name}: stop the recording first");
        return Err(Problem::new(StatusCode::CONFLICT, "INVALID_STATE_TRANSITION", detail));
    };
    let draft = on_disk(seen, move |disk| disk.profile(session)).await?;
    let annotation = bodies::annotation(bodies::patch(value, &draft)?, &draft);
    let annotation = Annotation { status: Some(ProfileStatus::Saved), ..annotation };
    on_disk(seen, move |disk| disk.annotate(session, annotation)).await
}

/// Keeps a whole profile document as a profile of its own.
async fn keep_document(seen: &Seen, value: &Value) -> Result<Profile, Problem> {
    let arrival = Arrival { id: new_session_id(), now: wall_now() };
    let profile = document::profile(value, arrival).map_err(|faults| Problem::invalid(&faults))?;
    keep(seen, profile).await
}

/// Keeps a profile that came from outside.
///
/// # Errors
/// The problem to answer with.
async fn keep(seen: &Seen, mut profile: Profile) -> Result<Profile, Problem> {
    fill_rates(&mut profile.series);
    let (id, machine, kept) = (profile.id, profile.machine.clone(), seen.kept());
    let stored = away(move || kept.import(&profile).and_then(|()| kept.profile(id))).await?;
    stored.map_err(|error| match error {
        ArchiveError::NotFound(_) => no_machine(machine.as_str()),
        error => Problem::from(&error),
    })
}

/// 201 with the place of a profile.
pub fn created(profile: &Profile) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/api/profiles/{}", profile.id)));
    response
}

/// A profile by the id in a path.
///
/// # Errors
/// The problem to answer with.
pub async fn load(seen: &Seen, id: &str) -> Result<Profile, Problem> {
    let id = parse_id(id)?;
    on_disk(seen, move |disk| disk.profile(id)).await
}

fn parse_id(id: &str) -> Result<SessionId, Problem> {
    SessionId::parse(id).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "PROFILE_NOT_FOUND", format!("there is no profile {}", shortened(id)))
}

/// Does something on disk, off this thread.
///
/// # Errors
/// The problem to answer with.
pub async fn on_disk<T: Send + 'static>(
    seen: &Seen,
    work: impl FnOnce(&Kept) -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, Problem> {
    let kept = seen.kept();
    match away(move || work(&kept)).await? {
        Ok(value) => Ok(value),
        Err(ArchiveError::NotFound(what)) => {
            Err(Problem::new(StatusCode::NOT_FOUND, "PROFILE_NOT_FOUND", format!("{what} does not exist")))
        }
        Err(error) => Err(Problem::from(&error)),
    }
}

/// Does something that takes a while off this thread, which other requests wait for.
///
/// # Errors
/// When it panicked, or the daemon stops.
pub async fn away<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let crashed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the daemon could not finish this");
    web::block(work).await.map_err(crashed)
}
