//! What people say about a profile, read from a body with all faults at once.

use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::time::SessionMs;
use serde_json::Value;

use crate::config::faults::Faults;
use crate::http::problem::Problem;
use crate::wire::fields::{FieldFault, Fields, list, millis, number, text, word};
use crate::wire::words::EventType;

const NAME_CHARS_MAX: usize = 200;
const NOTES_CHARS_MAX: usize = 20_000;
/// Heavier than any batch. Unit: g.
const WEIGHT_MAX_G: f64 = 1e7;

/// What was said; what was not said is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notes {
    /// Its name.
    pub name: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// Which bean.
    pub bean: Option<String>,
    /// Unit: g.
    pub green_weight_g: Option<f64>,
    /// Unit: g.
    pub roasted_weight_g: Option<f64>,
    /// The whole list of events after a correction.
    pub events: Option<Vec<(MarkKind, SessionMs)>>,
}

impl Notes {
    /// Reads a body.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn read(body: &Value) -> Result<Self, Problem> {
        let mut faults = Faults::new();
        let notes = Fields::of(body, "").map(|fields| Self {
            name: noted(&mut faults, said(&fields, "name", NAME_CHARS_MAX)),
            notes: noted(&mut faults, said(&fields, "notes", NOTES_CHARS_MAX)),
            bean: noted(&mut faults, said(&fields, "bean", NAME_CHARS_MAX)),
            green_weight_g: noted(&mut faults, fields.may("green_weight_g", number(0.0..=WEIGHT_MAX_G))),
            roasted_weight_g: noted(&mut faults, fields.may("roasted_weight_g", number(0.0..=WEIGHT_MAX_G))),
            events: events(&fields, &mut faults),
        });
        let notes = noted(&mut faults, notes.map(Some)).unwrap_or_default();
        faults.unless_any(notes).map_err(|faults| Problem::invalid(&faults))
    }
}

fn said(fields: &Fields<'_>, key: &str, max: usize) -> Result<Option<String>, FieldFault> {
    fields.may(key, |value| text(max)(value).map(str::to_owned))
}

fn noted<T>(faults: &mut Faults, read: Result<Option<T>, FieldFault>) -> Option<T> {
    read.unwrap_or_else(|fault| {
        faults.add(fault.pointer, fault.detail);
        None
    })
}

fn events(fields: &Fields<'_>, faults: &mut Faults) -> Option<Vec<(MarkKind, SessionMs)>> {
    let given = noted(faults, fields.may("events", |value| list(value).cloned()))?;
    let read = |(index, value): (usize, &Value)| {
        let event = Fields::of(value, format!("/events/{index}"))?;
        let needed = format!("one of {}", EventType::TEXTS.join(", "));
        let kind = event.must("event_type", &needed, word(EventType::parse, EventType::TEXTS))?;
        let at = event.must("timestamp_ms", "a time in ms", millis)?;
        Ok(Some((MarkKind::from(kind), SessionMs(at))))
    };
    Some(given.iter().enumerate().filter_map(|indexed| noted(faults, read(indexed))).collect())
}
