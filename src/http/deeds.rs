//! Deeds: what was done over REST and sockets, as it is written down.

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest};
use hearth_actors::model::action::Action;
use hearth_actors::model::command::{LeaseAction, Outcome, ReplayAction, Want};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::refusal::Refusal;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::slot::MachineHandle;
use serde::Serialize;
use serde_json::{Map, Value, json, to_value};

use super::door::{Granted, Length, Rule, address, granted};
use super::problem::Problem;
use super::state::AppState;
use crate::access::audit::{Deed, shown};
use crate::access::bearer::Bearer;
use crate::wire::words::{EventType, UserRole};

/// What is written where all went well.
const DONE: &str = "done";
/// How the routes of one machine begin.
const OF_MACHINE: &str = "/api/machines/{id}";

/// What a handler knows of a deed that its route does not say.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// The machine it is done to.
    pub machine: Option<String>,
    /// What it was before.
    pub old: Option<Value>,
    /// What it shall be.
    pub new: Option<Value>,
}

impl Details {
    /// Of an order to a machine.
    pub fn of_order(machine: &MachineHandle, want: &Want) -> Self {
        Self { machine: Some(machine.id().to_string()), old: before(machine, want), new: wished(want) }
    }

    /// Of a document that becomes another one: what differs, by the first level of keys.
    pub fn of_change<T: Serialize>(before: &T, after: &T) -> Self {
        let (Ok(Value::Object(old)), Ok(Value::Object(new))) = (to_value(before), to_value(after)) else {
            return Self::default();
        };
        let differing = |one: &Map<String, Value>, other: &Map<String, Value>| {
            let differ = one.iter().filter(|(key, value)| other.get(*key) != Some(*value));
            Value::Object(differ.map(|(key, value)| (key.clone(), value.clone())).collect())
        };
        Self { machine: None, old: Some(differing(&old, &new)), new: Some(differing(&new, &old)) }
    }

    /// Has it written down with the answer to a request.
    pub fn note(self, request: &HttpRequest) {
        request.extensions_mut().insert(self);
    }
}

/// Whether a request only looks, by how it asks.
pub fn is_a_look(rule: Rule, method: &Method) -> bool {
    method == Method::GET || rule.length != Length::Whole
}

/// Writes down what was done with a request, if it was a deed.
pub fn note_answer(state: &AppState, rule: Rule, response: &ServiceResponse) {
    if let Some(deed) = answered(rule, response) {
        state.audit.note(deed);
    }
}

/// Writes down that a request was refused before anything was done, if it would have been a deed.
pub fn note_refused(state: &AppState, rule: Rule, response: &ServiceResponse) {
    if let Some(deed) = answered(rule, response) {
        state.audit.note_refused(deed);
    }
}

fn answered(rule: Rule, response: &ServiceResponse) -> Option<Deed> {
    let request = response.request();
    if !rule.action.is_a_deed() || is_a_look(rule, request.method()) {
        return None;
    }
    let Granted { bearer, .. } = granted(request);
    let Details { machine, old, new } = request.extensions().get().cloned().unwrap_or_default();
    // The route that was matched, however its path was written; what a stranger writes there is a name at the most.
    let route = request.match_pattern();
    let is_of_machine = route.as_ref().is_some_and(|route| route.starts_with(OF_MACHINE));
    let at_machine = || is_of_machine.then(|| request.match_info().get("id")).flatten();
    let machine = machine.or_else(|| at_machine().and_then(|id| MachineId::parse(id).ok()).map(|id| id.to_string()));
    let status = response.status();
    let result = match response.response().extensions().get::<Problem>() {
        _ if status.is_success() => DONE.to_owned(),
        Some(problem) => problem.code.to_owned(),
        None => status.as_u16().to_string(),
    };
    Some(Deed {
        machine,
        old: old.map(shown),
        new: new.map(shown),
        request: route.map(|path| format!("{} {path}", request.method())),
        result,
        ..begun(bearer.ok().as_ref(), Some(address(request).to_string()), rule.action)
    })
}

/// Writes down what a socket's client wanted of a machine, and what came of it.
pub fn note_order(
    state: &AppState,
    bearer: &Bearer,
    address: &str,
    action: Action,
    details: Details,
    outcome: &Result<Outcome, Refusal>,
) {
    let Details { machine, old, new } = details;
    state.audit.note(Deed {
        machine,
        old: old.map(shown),
        new: new.map(shown),
        result: outcome.as_ref().map_or_else(|refusal| Problem::from(refusal).code, |_| DONE).to_owned(),
        ..begun(Some(bearer), Some(address.to_owned()), action)
    });
}

/// Writes down that somebody logged in, out or up, or by which code they were refused.
pub fn note_login(state: &AppState, request: &HttpRequest, who: &str, what: &str, result: Result<(), &str>) {
    let deed = Deed {
        at: wall_now().0,
        who: who.to_owned(),
        address: Some(address(request).to_string()),
        action: what.to_owned(),
        result: result.err().unwrap_or(DONE).to_owned(),
        ..Deed::default()
    };
    match result {
        Ok(()) => state.audit.note(deed),
        Err(_) => state.audit.note_refused(deed),
    }
}

fn begun(bearer: Option<&Bearer>, address: Option<String>, action: Action) -> Deed {
    Deed {
        at: wall_now().0,
        who: bearer.map_or_else(|| "nobody".to_owned(), |bearer| bearer.who.label()),
        role: bearer.map(|bearer| UserRole::from(bearer.role).text().to_owned()),
        address,
        action: words(action),
        ..Deed::default()
    }
}

/// `RunSession` as `run_session`.
fn words(action: Action) -> String {
    let mut text = String::new();
    for c in format!("{action:?}").chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

fn before(machine: &MachineHandle, want: &Want) -> Option<Value> {
    let Want::Control { channel, .. } = want else { return None };
    machine.bus().look(|snapshot| {
        let applied = snapshot.applied.get(&snapshot.channels.find(channel.as_str())?)?;
        Some(json!({ channel.as_str(): applied.get() }))
    })
}

fn wished(want: &Want) -> Option<Value> {
    Some(match want {
        Want::Control { channel, value } => json!({ channel.as_str(): value.get() }),
        Want::Session(action) => json!(action.name()),
        Want::Mark { kind, .. } => json!({ "mark": EventType::from(*kind) }),
        Want::Unmark { kind } => json!({ "unmark": EventType::from(*kind) }),
        Want::Replay(ReplayAction::Start { profile, apply_controls, .. }) => {
            json!({ "start": profile.to_string(), "apply_controls": apply_controls })
        }
        Want::Replay(ReplayAction::Pause) => json!("pause"),
        Want::Replay(ReplayAction::Resume) => json!("resume"),
        Want::Replay(ReplayAction::Stop) => json!("stop"),
        Want::Replay(ReplayAction::Seek { to }) => json!({ "seek": to.0 }),
        Want::AckAlarm { alarm, .. } => json!(alarm.as_str()),
        Want::ShelveAlarm { alarm, minutes } => json!({ alarm.as_str(): minutes }),
        Want::Lease(LeaseAction::Acquire) => json!("acquire"),
        Want::Lease(LeaseAction::Release) => json!("release"),
        Want::Lease(LeaseAction::Take) => json!("take"),
        Want::Lease(LeaseAction::Answer { grant, .. }) => json!({ "grant": grant }),
        Want::Connect => json!("connect"),
        Want::Disconnect => json!("disconnect"),
        Want::Stop | Want::Rearm => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_document_that_is_changed_only_what_differs_is_written_down() {
        let before = json!({ "id": "drum", "name": "Drum", "interlocks": [] });
        let after = json!({ "id": "drum", "interlocks": [{ "id": "air" }], "alarms": [] });
        let Details { old, new, .. } = Details::of_change(&before, &after);
        assert_eq!(old, Some(json!({ "name": "Drum", "interlocks": [] })));
        assert_eq!(new, Some(json!({ "interlocks": [{ "id": "air" }], "alarms": [] })));
    }

    #[test]
    fn an_action_is_written_as_words() {
        assert_eq!((words(Action::RunSession).as_str(), words(Action::Stop).as_str()), ("run_session", "stop"));
    }
}
