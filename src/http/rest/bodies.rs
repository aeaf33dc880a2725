//! Reads the bodies of requests. All faults of a body are told at once, each with a JSON pointer.

use std::collections::BTreeSet;

use hearth_actors::dialect::{Ask, Intent};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::profile::{Annotation, Profile, Series};
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::time::SessionMs;
use hearth_actors::model::units::Fraction;
use serde_json::Value;

use super::wire::machine::{AckBody, ControlBody};
use super::wire::profile::{EventCorrection, PatchBody, ProfileNotes, SaveBody};
use crate::config::faults::Faults;
use crate::http::problem::Problem;
use crate::wire::commands::{self, ID_CHARS_MAX, Unread};
use crate::wire::fields::{
    DEPTH_MAX, FieldFault, Fields, MAX_WHOLE, depth, list, millis, number, shown, text, whole, word,
};
use crate::wire::words::EventType;

const REQUEST_ID_CHARS_MAX: usize = 64;
/// Longest name of a profile or bean.
const NAME_CHARS_MAX: usize = 200;
/// Longest number of a batch.
const BATCH_CHARS_MAX: usize = 64;
/// Best rating.
const RATING_MAX: u64 = 5;
/// Most tags of a profile.
const TAGS_MAX: usize = 20;
/// Longest tag.
const TAG_CHARS_MAX: usize = 40;
/// One of each.
const EVENTS_MAX: usize = EventType::TEXTS.len();
/// Longest notes.
const NOTES_CHARS_MAX: usize = 20_000;
/// Heaviest batch: ten tonnes. Unit: g.
const WEIGHT_G_MAX: f64 = 10_000_000.0;

/// Keeps what could be read and notes what could not.
pub fn keep<T>(faults: &mut Faults, read: Result<T, FieldFault>) -> Option<T> {
    read.map_err(|fault| faults.add(fault.pointer, fault.detail)).ok()
}

/// Reads a body as JSON.
///
/// # Errors
/// 400 when it is not JSON, 422 when it nests too deeply.
pub fn json(body: &[u8]) -> Result<Value, Problem> {
    let document: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::malformed(format!("the body is not JSON ({error}): send one JSON object")))?;
    if depth(&document) > DEPTH_MAX {
        return Err(one_fault("", format!("the body nests deeper than {DEPTH_MAX} levels: send a flatter object")));
    }
    Ok(document)
}

/// Reads an order to a control.
///
/// # Errors
/// 422 when the value is not a number from 0 to 1.
pub fn control(body: &Value) -> Result<ControlBody, Problem> {
    let read = |fields: Fields<'_>| fields.must("value", "a number from 0 to 1", number(0.0..=1.0));
    let value = Fields::of(body, "").and_then(read).map_err(|fault| one_fault(fault.pointer, fault.detail))?;
    Ok(ControlBody { value: Fraction::clamped(value) })
}

/// Reads the acknowledgement of an alarm.
///
/// # Errors
/// 422 when the occurrence is no whole number.
pub fn ack(body: &Value) -> Result<AckBody, Problem> {
    let read = |fields: Fields<'_>| fields.may("occurrence", whole(0..=MAX_WHOLE));
    let occurrence = Fields::of(body, "").and_then(read).map_err(|fault| one_fault(fault.pointer, fault.detail))?;
    Ok(AckBody { occurrence })
}

/// Reads a session action: the same actions as `command` on the socket, but for `sync`.
///
/// # Errors
/// 422 when the action is unknown or one of its fields cannot be taken.
pub fn session(body: &Value) -> Result<Intent, Problem> {
    let of_field = |fault: FieldFault| one_fault(fault.pointer, fault.detail);
    let fields = Fields::of(body, "").map_err(of_field)?;
    let request_id = fields.may("request_id", text(REQUEST_ID_CHARS_MAX)).map_err(of_field)?.map(str::to_owned);
    match commands::command(&fields) {
        Ok(Ask::Sync(_)) => {
            Err(one_fault("/action", "is \"sync\", which is for sockets: read the session with GET and `since_ms`"))
        }
        Ok(ask) => Ok(Intent { request_id, ask }),
        Err(Unread::Field(fault)) => Err(of_field(fault)),
        Err(Unread::Refused(refusal)) => Err(Problem::from(&Refusal { request_id, ..refusal })),
    }
}

/// Reads what a machine's finished session is saved with. Events are judged against the session with [`patch`].
///
/// # Errors
/// 422 with every fault.
pub fn save(body: &Value) -> Result<SaveBody, Problem> {
    let mut faults = Faults::new();
    let fields = object(body)?;
    let machine = fields.must("machine_id", "the id of a machine", machine_id);
    let machine = keep(&mut faults, machine);
    let correction = correction(&fields, SessionMs(u64::MAX), &mut faults);
    match machine {
        Some(machine_id) if faults.is_empty() => Ok(SaveBody { machine_id, correction }),
        _ => Err(Problem::invalid(&faults)),
    }
}

/// Reads a correction of a profile.
///
/// # Errors
/// 422 with every fault: a text too long, a weight that cannot be, an event twice or outside the recording.
pub fn patch(body: &Value, profile: &Profile) -> Result<PatchBody, Problem> {
    let mut faults = Faults::new();
    let fields = object(body)?;
    let correction = correction(&fields, profile.duration, &mut faults);
    let told = &correction.notes;
    if told.green_weight_g.is_none() || told.roasted_weight_g.is_none() {
        let green = told.green_weight_g.or(profile.green_weight_g);
        weigh(&fields, green, told.roasted_weight_g.or(profile.roasted_weight_g), &mut faults);
    }
    faults.unless_any(correction).map_err(|faults| Problem::invalid(&faults))
}

fn correction(fields: &Fields<'_>, duration: SessionMs, faults: &mut Faults) -> PatchBody {
    let notes = notes(fields, faults);
    let events = keep(faults, fields.may("events", list)).flatten();
    let events = events.map(|items| corrections(items, duration, faults));
    PatchBody { notes, events }
}

/// A correction as the archive keeps it. An event that stays where it was keeps who set it; any other is a person's, with
/// the temperatures the curves show there.
pub fn annotation(body: PatchBody, profile: &Profile) -> Annotation {
    let marks = body.events.map(|events| {
        let mut marks: Vec<Mark> = events.iter().map(|event| corrected(event, profile)).collect();
        marks.sort_by_key(|mark| mark.at);
        marks
    });
    Annotation { marks, ..body.notes.into() }
}

fn corrected(event: &EventCorrection, profile: &Profile) -> Mark {
    let (kind, at) = (MarkKind::from(event.event_type), SessionMs(event.timestamp_ms));
    let unmoved = profile.marks.iter().find(|mark| mark.kind == kind && mark.at == at);
    unmoved.copied().unwrap_or_else(|| {
        let (bt, et) = temperatures_at(&profile.series, at);
        Mark { kind, at, source: MarkSource::Manual, bt, et }
    })
}

/// BT and ET of the last reading at or before a moment.
pub fn temperatures_at(series: &Series, at: SessionMs) -> (Option<f64>, Option<f64>) {
    let after = series.timestamp_ms.partition_point(|&time| time <= at.0);
    let value = |column: &[Option<f64>]| after.checked_sub(1).and_then(|last| column.get(last).copied().flatten());
    (value(&series.bt), value(&series.et))
}

/// Takes a machine id.
pub fn machine_id(value: &Value) -> Result<MachineId, String> {
    MachineId::parse(text(ID_CHARS_MAX)(value)?).map_err(|bad| format!("cannot be: {bad}"))
}

/// Reads what people say about a profile.
pub fn notes(fields: &Fields<'_>, faults: &mut Faults) -> ProfileNotes {
    let mut words = |key: &str, max: usize| keep(faults, fields.may(key, text(max))).flatten().map(str::to_owned);
    let (name, notes, bean) =
        (words("name", NAME_CHARS_MAX), words("notes", NOTES_CHARS_MAX), words("bean", NAME_CHARS_MAX));
    let (operator, batch) = (words("operator", NAME_CHARS_MAX), words("batch", BATCH_CHARS_MAX));
    let mut weight = |key: &str| keep(faults, fields.may(key, number(0.0..=WEIGHT_G_MAX))).flatten();
    let (green_weight_g, roasted_weight_g) = (weight("green_weight_g"), weight("roasted_weight_g"));
    weigh(fields, green_weight_g, roasted_weight_g, faults);
    let rating = keep(faults, fields.may("rating", whole(0..=RATING_MAX))).flatten();
    let rating = rating.and_then(|stars| u8::try_from(stars).ok());
    let tags = keep(faults, fields.may("tags", list)).flatten().map(|items| tags(items, fields, faults));
    ProfileNotes { name, notes, bean, green_weight_g, roasted_weight_g, rating, tags, operator, batch }
}

/// Green of 0 g is a batch that nobody weighed.
fn weigh(fields: &Fields<'_>, green: Option<f64>, roasted: Option<f64>, faults: &mut Faults) {
    let Some((green, roasted)) = green.zip(roasted).filter(|&(green, roasted)| green > 0.0 && roasted > green) else {
        return;
    };
    // The field that came is the one to put right.
    let (key, detail) = if fields.raw("roasted_weight_g").is_some() {
        ("roasted_weight_g", format!("is {roasted}: it cannot weigh more than green ({green})"))
    } else {
        ("green_weight_g", format!("is {green}: it cannot weigh less than roasted ({roasted})"))
    };
    faults.add(fields.pointer(key), detail);
}

/// Reads tags: each once, without the blanks around it.
fn tags(items: &[Value], fields: &Fields<'_>, faults: &mut Faults) -> Vec<String> {
    if items.len() > TAGS_MAX {
        faults.add(fields.pointer("tags"), format!("has {} tags: at most {TAGS_MAX} are allowed", items.len()));
        return Vec::new();
    }
    let mut tags: Vec<String> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match text(TAG_CHARS_MAX)(item).map(str::trim) {
            Ok(tag) if tag.is_empty() || tag.contains(',') => {
                let detail = format!("is {}: a word or two without commas are needed", shown(item));
                faults.add(format!("{}/{index}", fields.pointer("tags")), detail);
            }
            Ok(tag) => {
                if !tags.iter().any(|known| known == tag) {
                    tags.push(tag.to_owned());
                }
            }
            Err(detail) => faults.add(format!("{}/{index}", fields.pointer("tags")), detail),
        }
    }
    tags
}

/// Reads the events of a profile: known, each at most once, inside the recording.
pub fn corrections(items: &[Value], duration: SessionMs, faults: &mut Faults) -> Vec<EventCorrection> {
    let mut seen = BTreeSet::new();
    let mut events = Vec::new();
    if items.len() > EVENTS_MAX {
        let detail = format!("has {} events: at most {EVENTS_MAX}, one of each, are possible", items.len());
        faults.add("/events", detail);
        return events;
    }
    for (index, item) in items.iter().enumerate() {
        let Some(fields) = keep(faults, Fields::of(item, format!("/events/{index}"))) else { continue };
        let known = format!("one of {}", EventType::TEXTS.join(", "));
        let kind = keep(faults, fields.must("event_type", &known, word(EventType::parse, EventType::TEXTS)));
        let at = keep(faults, fields.must("timestamp_ms", "a time in ms", millis));
        if let Some(kind) = kind
            && !seen.insert(kind)
        {
            faults.add(
                fields.pointer("event_type"),
                format!("is {} a second time: each event happens once", kind.text()),
            );
        }
        if let Some(at) = at.filter(|&at| at > duration.0) {
            let detail = format!("is {at}, after the end: a time from 0 to {} is needed", duration.0);
            faults.add(fields.pointer("timestamp_ms"), detail);
        }
        if let (Some(event_type), Some(timestamp_ms)) = (kind, at) {
            events.push(EventCorrection { event_type, timestamp_ms });
        }
    }
    events
}

fn object(body: &Value) -> Result<Fields<'_>, Problem> {
    Fields::of(body, "").map_err(|fault| one_fault(fault.pointer, fault.detail))
}

fn one_fault(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
    let mut faults = Faults::new();
    faults.add(pointer, detail);
    Problem::invalid(&faults)
}

#[cfg(test)]
mod tests {
    use hearth_actors::model::command::{SessionAction, Want};
    use hearth_actors::model::ids::SessionId;
    use hearth_actors::model::time::WallMs;
    use serde_json::json;

    use super::*;
    use crate::http::rest::document::{self, Arrival};

    fn pointers(problem: &Problem) -> Vec<&str> {
        problem.errors.iter().map(|error| error.pointer.as_str()).collect()
    }

    fn profile() -> Profile {
        let document = json!({
            "machine_id": "machine-a",
            "series": {"timestamp_ms": [0, 1000, 2000], "bt": [20, 21, 22], "et": [30, null, 32]},
            "events": [{"event_type": "CHARGE", "timestamp_ms": 0, "auto_detected": true, "bt_at_event": 19.9}],
        });
        document::profile(&document, Arrival { id: SessionId(1), now: WallMs(0) }).unwrap()
    }

    #[test]
    fn a_body_that_is_no_json_is_malformed_and_one_that_is_wrong_is_invalid() {
        assert_eq!(json(b"{").unwrap_err().status, 400);
        assert_eq!(json(&[0xff, 0xfe]).unwrap_err().status, 400);
        assert_eq!(json("[".repeat(17).as_bytes()).unwrap_err().status, 400);
        assert_eq!(json(format!("{}{}", "[".repeat(17), "]".repeat(17)).as_bytes()).unwrap_err().status, 422);
        assert_eq!(control(&json!([])).unwrap_err().status, 422);
    }

    #[test]
    fn a_control_takes_zero_to_one_and_nothing_else() {
        assert_eq!(control(&json!({"value": 0.8})).unwrap().value.get(), 0.8);
        for bad in [json!({}), json!({"value": 1.01}), json!({"value": "1"}), json!({"value": true})] {
            assert_eq!(pointers(&control(&bad).unwrap_err()), ["/value"], "{bad}");
        }
    }

    #[test]
    fn a_session_action_is_read_as_the_socket_reads_it() {
        let intent = session(&json!({"action": "start_recording", "request_id": "r-1"})).unwrap();
        assert_eq!(intent.ask, Ask::Command(Want::Session(SessionAction::StartRecording)));
        assert_eq!(intent.request_id.as_deref(), Some("r-1"));
        assert_eq!(pointers(&session(&json!({"action": "sync"})).unwrap_err()), ["/action"]);
        assert_eq!(pointers(&session(&json!({"action": "mark_event"})).unwrap_err()), ["/event_type"]);
        assert_eq!(session(&json!({"action": "ack_alarm", "alarm_id": "?"})).unwrap_err().status, 404);
    }

    #[test]
    fn saving_tells_every_fault_at_once() {
        let bad = json!({"machine_id": "A b", "name": 3, "green_weight_g": -1, "notes": "x".repeat(20_001)});
        assert_eq!(pointers(&save(&bad).unwrap_err()), ["/machine_id", "/name", "/notes", "/green_weight_g"]);
        let saved = save(&json!({"machine_id": "machine-a", "bean": "SL28"})).unwrap();
        assert_eq!(saved.correction.notes.bean.as_deref(), Some("SL28"));
        assert_eq!(saved.correction.notes.name, None);
    }

    #[test]
    fn an_event_that_stays_keeps_its_origin_and_one_that_moves_becomes_a_persons() {
        let body = json!({"events": [
            {"event_type": "DROP", "timestamp_ms": 1500}, {"event_type": "CHARGE", "timestamp_ms": 0},
        ]});
        let marks = annotation(patch(&body, &profile()).unwrap(), &profile()).marks.unwrap();
        assert_eq!(marks[0], profile().marks[0]);
        assert!(marks[0].is_detected());
        assert_eq!((marks[1].source, marks[1].bt, marks[1].et), (MarkSource::Manual, Some(21.0), None));
    }

    #[test]
    fn a_correction_outside_the_recording_or_twice_is_refused() {
        let body = json!({"events": [
            {"event_type": "DROP", "timestamp_ms": 2001}, {"event_type": "DROP", "timestamp_ms": 5}, 7,
        ]});
        let problem = patch(&body, &profile()).unwrap_err();
        assert_eq!(pointers(&problem), ["/events/0/timestamp_ms", "/events/1/event_type", "/events/2"]);
    }

    #[test]
    fn a_card_is_read_with_each_tag_once_and_every_fault_told() {
        let body = json!({"rating": 5, "tags": [" washed", "washed", "lot 7"], "operator": "Ada", "batch": "K12"});
        let label = annotation(patch(&body, &profile()).unwrap(), &profile()).label;
        assert_eq!(label.rating, Some(5));
        assert_eq!(label.tags.as_deref(), Some(["washed".to_owned(), "lot 7".to_owned()].as_slice()));
        let bad = json!({"rating": 6, "tags": ["a,b", " ", 3], "operator": 1, "batch": "x".repeat(65)});
        let found = patch(&bad, &profile()).unwrap_err();
        assert_eq!(pointers(&found), ["/operator", "/batch", "/rating", "/tags/0", "/tags/1", "/tags/2"]);
        let flood = patch(&json!({"tags": vec!["x"; 21]}), &profile()).unwrap_err();
        assert_eq!(pointers(&flood), ["/tags"]);
    }

    #[test]
    fn one_weight_is_judged_by_the_other_one_that_is_known() {
        let weighed = Profile { green_weight_g: Some(1000.0), roasted_weight_g: Some(850.0), ..profile() };
        let found = |body: Value| patch(&body, &weighed).map_err(|problem| problem.errors[0].pointer.clone());
        assert_eq!(found(json!({"roasted_weight_g": 1001})).unwrap_err(), "/roasted_weight_g");
        assert_eq!(found(json!({"green_weight_g": 849})).unwrap_err(), "/green_weight_g");
        assert!(found(json!({"green_weight_g": 0})).is_ok());
        assert!(found(json!({"green_weight_g": 500, "roasted_weight_g": 400})).is_ok());
    }

    #[test]
    fn a_correction_that_names_no_events_leaves_them() {
        let annotation = annotation(patch(&json!({"name": "Kenya"}), &profile()).unwrap(), &profile());
        assert_eq!((annotation.name.as_deref(), annotation.marks), (Some("Kenya"), None));
    }
}
