//! Problems in the words of the dialect whose path was asked: whoever refused, the door, the table of paths or a handler, a client
//! is told in the one shape that it can read.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::bevforge::Complaint;
use super::door::{Door, House};
use super::openscan::Refused;
use super::problem::Problem;
use crate::dialects::Name;
use crate::dialects::openscan::PREFIXES;

/// What stands before the paths of each dialect on the shared port; the first that fits counts.
const PLACES: [(&str, Name); 9] = [
    ("/api/v1/devices", Name::ControlPanel),
    ("/ws/devices", Name::ControlPanel),
    ("/api/v1", Name::WebMacs),
    ("/ws/datapoints", Name::WebMacs),
    ("/ws/controller", Name::WebMacs),
    ("/api/os", Name::BevForge),
    ("/ws/tasks", Name::OpenScan),
    ("/ws/device", Name::OpenScan),
    ("/versions", Name::OpenScan),
];

/// The dialect that is spoken at a path of a door, as the router reads it, if one of them has a shape of its own for problems.
pub fn spoken(path: &str, door: &Door) -> Option<Name> {
    let dialect = match door.house {
        House::Closed => door.dialects.first().copied(),
        House::Open => at(path).filter(|dialect| door.dialects.contains(dialect)),
    };
    dialect.filter(|dialect| *dialect != Name::OpenRoast)
}

fn at(path: &str) -> Option<Name> {
    let is_under = |place: &str| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if matches!(path, "/ws" | "/api/health") {
        return Some(Name::BevForge);
    }
    let placed = PLACES.iter().find(|(place, _)| is_under(place)).map(|(_, dialect)| *dialect);
    placed.or_else(|| PREFIXES.iter().any(|prefix| is_under(prefix)).then_some(Name::OpenScan))
}

/// A problem as a dialect tells it.
fn told(problem: Problem, dialect: Name) -> Option<String> {
    match dialect {
        Name::OpenRoast => None,
        Name::BevForge => serde_json::to_string(&Complaint::from(problem)).ok(),
        Name::WebMacs | Name::ControlPanel | Name::OpenScan => {
            serde_json::to_string(&Refused::from(problem).told()).ok()
        }
    }
}

/// A problem as it looks at a path of a dialect.
pub fn described(problem: Problem, dialect: Option<Name>) -> Value {
    let as_told = dialect.and_then(|dialect| told(problem.clone(), dialect));
    as_told.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| json!(problem))
}

/// What is told by most dialects: `detail`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Detail {
    /// Why, in plain words; or, where the body cannot be taken, a list of its faults, each with its place.
    pub detail: Value,
}

impl From<String> for Detail {
    fn from(words: String) -> Self {
        Self { detail: Value::String(words) }
    }
}

/// Tells an answer that is a problem document as the dialect of its path does; any other stays as it is.
pub fn retell<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B>>,
    door: &Door,
) -> ServiceResponse<EitherBody<B>> {
    let dialect = spoken(response.request().match_info().as_str(), door);
    let problem = response.response().extensions().get::<Problem>().cloned();
    let Some(body) = dialect.zip(problem).and_then(|(dialect, problem)| told(problem, dialect)) else {
        return response;
    };
    response.map_body(|head, _| {
        head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        EitherBody::right(BoxBody::new(body))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::dialects::DialectsConfig;
    use crate::http::operations;

    #[test]
    fn every_path_of_a_dialect_is_known_as_its_own_and_no_other_is() {
        let door = Door::shared(&DialectsConfig::default());
        let alike = |dialect: Option<Name>| match dialect {
            // Both tell a problem alike, and log in alike.
            Some(Name::ControlPanel) => Some(Name::WebMacs),
            Some(Name::OpenRoast) => None,
            other => other,
        };
        for operation in operations::all() {
            for place in operation.places() {
                assert_eq!(alike(spoken(&place, &door)), alike(operation.dialect), "{place}");
            }
        }
    }

    #[test]
    fn a_name_that_only_begins_alike_is_no_path_of_a_dialect() {
        let door = Door::shared(&DialectsConfig::default());
        for path in ["/api/oscar", "/latestnews", "/wsx", "/api/machines/ws", "/", "/api"] {
            assert_eq!(spoken(path, &door), None, "{path}");
        }
    }
}
