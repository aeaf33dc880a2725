//! Reads a whole profile document. Everything wrong with it is told at once; nothing in it is believed unchecked.
//!
//! What can be worked out from the curves is not taken from a document: `statistics` are left empty for the caller to compute.

use std::collections::BTreeMap;

use hearth_actors::model::ids::{ChannelId, SessionId};
use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::profile::{Annotation, Profile, ProfileStatus, Series, Statistics};
use hearth_actors::model::time::{SessionMs, WallMs};
use serde_json::Value;

use super::bodies::{corrections, keep, machine_id, notes};
use crate::config::faults::Faults;
use crate::wire::fields::{FieldFault, Fields, list, millis, number, shown, text};
use crate::wire::parse_rfc3339;

/// Longest recording that is taken: a week. Unit: ms.
pub const DURATION_MS_MAX: u64 = 7 * 24 * 3_600_000;
/// Hottest and coldest reading that is taken, in any unit: wide enough for every sensor, narrow enough for every chart.
const READING_MAX: f64 = 1e9;
const MACHINE_NAME_CHARS_MAX: usize = 200;

/// What a document that comes in is given by the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The fresh id it is kept under.
    pub id: SessionId,
    /// When it came; stands in for a date it does not carry.
    pub now: WallMs,
}

/// Reads a profile document.
///
/// # Errors
/// Every fault with its JSON pointer: a wrong type, columns of unequal length, times that run backwards or lie outside, an
/// unknown event or one that is there twice.
pub fn profile(document: &Value, arrival: Arrival) -> Result<Profile, Faults> {
    let mut faults = Faults::new();
    let Some(fields) = keep(&mut faults, Fields::of(document, "")) else { return Err(faults) };
    let machine = keep(&mut faults, fields.must("machine_id", "the id of a machine", machine_id));
    let notes = notes(&fields, &mut faults);
    let label = Annotation::from(notes.clone()).label.filled();
    let series = series(&fields, &mut faults);
    let duration = duration(&fields, &series, &mut faults);
    let controls = controls(&fields, duration, &mut faults);
    let marks = marks(&fields, duration, &mut faults);
    let gaps = gaps(&fields, duration, &mut faults);
    let created_at = keep(&mut faults, fields.may("created_at", moment)).flatten().unwrap_or(arrival.now);
    let machine_name = keep(&mut faults, fields.may("machine_name", text(MACHINE_NAME_CHARS_MAX))).flatten();
    match machine {
        Some(machine) if faults.is_empty() => Ok(Profile {
            id: arrival.id,
            name: notes.name.unwrap_or_else(|| machine.to_string()),
            machine_name: machine_name.map_or_else(|| machine.to_string(), str::to_owned),
            machine,
            created_at,
            duration,
            status: ProfileStatus::Saved,
            bean: notes.bean,
            green_weight_g: notes.green_weight_g,
            roasted_weight_g: notes.roasted_weight_g,
            label,
            notes: notes.notes,
            series,
            controls,
            marks,
            gaps,
            statistics: Statistics::default(),
        }),
        _ => Err(faults),
    }
}

fn moment(value: &Value) -> Result<WallMs, String> {
    let needed = || format!("is {}: a time as in RFC 3339, such as 2026-01-31T08:30:00Z, is needed", shown(value));
    value.as_str().and_then(parse_rfc3339).ok_or_else(needed)
}

fn series(fields: &Fields<'_>, faults: &mut Faults) -> Series {
    let given = fields.must("series", "an object of columns", Ok);
    let columns = given.and_then(|value| Fields::of(value, fields.pointer("series")));
    let Some(columns) = keep(faults, columns) else { return Series::default() };
    let timestamp_ms = times(&columns, faults);
    let rows = timestamp_ms.len();
    let mut column = |key: &str| match keep(faults, columns.may(key, list)).flatten() {
        Some(values) => readings(values, &columns.pointer(key), rows, faults),
        None => vec![None; rows],
    };
    let (bt, et, bt_ror, et_ror) = (column("bt"), column("et"), column("bt_ror"), column("et_ror"));
    let extra = by_channel(&columns, "extra_channels", faults, |values, pointer, faults| {
        readings(values, pointer, rows, faults)
    });
    Series { timestamp_ms, bt, et, bt_ror, et_ror, extra }
}

/// The times of a series, strictly ascending; the first one that is not is a fault.
fn times(columns: &Fields<'_>, faults: &mut Faults) -> Vec<u64> {
    let Some(values) = keep(faults, columns.must("timestamp_ms", "a list of times", list)) else { return Vec::new() };
    let mut times: Vec<u64> = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let last = times.last().copied();
        let fault = match millis(value) {
            Ok(at) if at > DURATION_MS_MAX => Err(format!("is {at}: at most {DURATION_MS_MAX} (a week) is taken")),
            Ok(at) if last.is_some_and(|last| at <= last) => {
                Err(format!("is {at}, not after the time before it: times must go forward"))
            }
            read => read,
        };
        match fault {
            Ok(at) => times.push(at),
            Err(detail) => {
                faults.add(format!("{}/{row}", columns.pointer("timestamp_ms")), detail);
                // The length still counts for the other columns; the document is refused anyway.
                times.resize(values.len(), 0);
                break;
            }
        }
    }
    times
}

/// A column of numbers or `null`; the first wrong value of it is a fault.
fn readings(values: &[Value], pointer: &str, rows: usize, faults: &mut Faults) -> Vec<Option<f64>> {
    if values.len() != rows {
        let detail = format!("has {} values, `timestamp_ms` has {rows}: columns must be equally long", values.len());
        faults.add(pointer, detail);
    }
    let take = |value: &Value| match value {
        Value::Null => Ok(None),
        other => number(-READING_MAX..=READING_MAX)(other).map(Some),
    };
    let mut column = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        match take(value) {
            Ok(reading) => column.push(reading),
            Err(detail) => {
                faults.add(format!("{pointer}/{row}"), detail);
                break;
            }
        }
    }
    column
}

/// The lists of an object whose keys are channel ids.
fn by_channel<T>(
    fields: &Fields<'_>,
    key: &str,
    faults: &mut Faults,
    read: impl Fn(&[Value], &str, &mut Faults) -> T,
) -> BTreeMap<String, T> {
    let map = fields.may(key, |value| {
        value.as_object().ok_or_else(|| format!("is {}: an object of lists by channel id is needed", shown(value)))
    });
    let Some(map) = keep(faults, map).flatten() else { return BTreeMap::new() };
    let mut lists = BTreeMap::new();
    for (id, value) in map {
        let pointer = format!("{}/{}", fields.pointer(key), id.replace('~', "~0").replace('/', "~1"));
        if let Err(bad) = ChannelId::parse(id) {
            faults.add(&pointer, bad.to_string());
            continue;
        }
        let values = list(value).map_err(|detail| FieldFault { pointer: pointer.clone(), detail });
        if let Some(values) = keep(faults, values) {
            lists.insert(id.clone(), read(values, &pointer, faults));
        }
    }
    lists
}

/// The length of the recording: at least up to its last reading.
fn duration(fields: &Fields<'_>, series: &Series, faults: &mut Faults) -> SessionMs {
    let last = series.timestamp_ms.last().copied().unwrap_or(0);
    let given = keep(faults, fields.may("duration_ms", millis)).flatten().unwrap_or(last);
    if given > DURATION_MS_MAX {
        faults.add(fields.pointer("duration_ms"), format!("is {given}: at most {DURATION_MS_MAX} (a week) is taken"));
    }
    SessionMs(given.max(last))
}

fn controls(fields: &Fields<'_>, duration: SessionMs, faults: &mut Faults) -> BTreeMap<String, Vec<(u64, f64)>> {
    by_channel(fields, "controls", faults, |values, pointer, faults| {
        let mut moves: Vec<(u64, f64)> = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let step = pair(value, "a time in ms and a value from 0 to 1").and_then(|(at, value)| {
                let at = within(millis(at)?, duration)?;
                if moves.last().is_some_and(|&(last, _)| at < last) {
                    return Err(format!("is at {at}, before the move before it: times must go forward"));
                }
                Ok((at, number(0.0..=1.0)(value)?))
            });
            match step {
                Ok(step) => moves.push(step),
                Err(detail) => {
                    faults.add(format!("{pointer}/{index}"), detail);
                    break;
                }
            }
        }
        moves
    })
}

fn marks(fields: &Fields<'_>, duration: SessionMs, faults: &mut Faults) -> Vec<Mark> {
    let items = keep(faults, fields.may("events", list)).flatten().map(Vec::as_slice).unwrap_or_default();
    let events = corrections(items, duration, faults);
    let mut marks = Vec::with_capacity(events.len());
    // A fault leaves the two lists unequal; then the document is refused and what is paired here is thrown away.
    for ((index, item), event) in items.iter().enumerate().zip(&events) {
        let Ok(fields) = Fields::of(item, format!("/events/{index}")) else { continue };
        let detected = keep(faults, fields.may("auto_detected", crate::wire::fields::boolean)).flatten();
        let mut temperature = |key: &str| keep(faults, fields.may(key, number(-READING_MAX..=READING_MAX))).flatten();
        let source = match detected {
            Some(true) => MarkSource::Detected { provisional: false },
            Some(false) | None => MarkSource::Manual,
        };
        let (bt, et) = (temperature("bt_at_event"), temperature("et_at_event"));
        marks.push(Mark { kind: MarkKind::from(event.event_type), at: SessionMs(event.timestamp_ms), source, bt, et });
    }
    marks.sort_by_key(|mark| mark.at);
    marks
}

fn gaps(fields: &Fields<'_>, duration: SessionMs, faults: &mut Faults) -> Vec<(u64, u64)> {
    let items = keep(faults, fields.may("gaps", list)).flatten().map(Vec::as_slice).unwrap_or_default();
    let mut gaps: Vec<(u64, u64)> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let gap = pair(item, "two times in ms").and_then(|(from, to)| {
            let (from, to) = (millis(from)?, within(millis(to)?, duration)?);
            if from >= to || gaps.last().is_some_and(|&(_, end)| from < end) {
                return Err(format!("is {from} to {to}: a gap ends after it begins, and after the one before it"));
            }
            Ok((from, to))
        });
        match gap {
            Ok(gap) => gaps.push(gap),
            Err(detail) => {
                faults.add(format!("{}/{index}", fields.pointer("gaps")), detail);
                break;
            }
        }
    }
    gaps
}

fn pair<'a>(value: &'a Value, needed: &str) -> Result<(&'a Value, &'a Value), String> {
    match value.as_array().map(Vec::as_slice) {
        Some([first, second]) => Ok((first, second)),
        _ => Err(format!("is {}: a list of {needed} is needed", shown(value))),
    }
}

fn within(at: u64, duration: SessionMs) -> Result<u64, String> {
    if at <= duration.0 {
        Ok(at)
    } else {
        Err(format!("is at {at}, after the end: at most {} is possible", duration.0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::rest::wire::profile::ProfileDocument;

    const ARRIVAL: Arrival = Arrival { id: SessionId(7), now: WallMs(1_767_225_600_000) };

    fn whole() -> Value {
        json!({
            "id": "01923456-789a-7bcd-8ef0-123456789abc", "name": "Kenya AA", "machine_id": "machine-a",
            "machine_name": "Drum 5 kg", "created_at": "2026-01-01T08:30:00Z", "duration_ms": 4000, "status": "saved",
            "bean": "SL28", "green_weight_g": 1000.0, "roasted_weight_g": 850.0, "notes": "first of the day",
            "rating": 4, "tags": ["washed", "competition"], "operator": "Ada", "batch": "K12",
            "series": {"timestamp_ms": [0, 1000, 2000], "bt": [20.5, null, 22.0], "et": [30.0, 31.0, 32.0],
                       "bt_ror": [null, null, 45.0], "et_ror": [null, null, 60.0],
                       "extra_channels": {"inlet_temp": [1.0, 2.0, null]}},
            "controls": {"burner": [[0, 0.5], [1500, 1.0]]},
            "events": [{"event_type": "CHARGE", "timestamp_ms": 0, "auto_detected": true, "provisional": false,
                        "bt_at_event": 20.5, "et_at_event": 30.0}],
            "gaps": [[2000, 4000]], "statistics": {"total_ms": 99},
        })
    }

    fn faults(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut document = whole();
        change(&mut document);
        profile(&document, ARRIVAL).unwrap_err().iter().map(|fault| fault.pointer.clone()).collect()
    }

    #[test]
    fn a_document_reads_back_what_it_wrote_but_for_what_the_house_gives() {
        let read = profile(&whole(), ARRIVAL).unwrap();
        let written = serde_json::to_value(ProfileDocument::from(&read)).unwrap();
        let mut expected = whole();
        expected["id"] = json!(SessionId(7).to_string());
        expected["statistics"] = written["statistics"].clone();
        assert!(written["statistics"]["total_ms"].is_null());
        assert_eq!(written, expected);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = faults(|document| {
            document["machine_id"] = json!("No Slug");
            document["series"]["timestamp_ms"] = json!([0, 2000, 1000]);
            document["series"]["bt"] = json!([1.0]);
            document["series"]["extra_channels"]["inlet_temp"] = json!([1.0, "hot", 3.0]);
            document["controls"]["burner"] = json!([[0, 1.5]]);
            document["events"] = json!([
                {"event_type": "BOGUS", "timestamp_ms": 0},
                {"event_type": "DROP", "timestamp_ms": 1},
                {"event_type": "DROP", "timestamp_ms": 9_999_999},
            ]);
            document["gaps"] = json!([[3, 2]]);
            document["roasted_weight_g"] = json!(2000);
        });
        let expected = [
            "/machine_id",
            "/roasted_weight_g",
            "/series/timestamp_ms/2",
            "/series/bt",
            "/series/extra_channels/inlet_temp/1",
            "/controls/burner/0",
            "/events/0/event_type",
            "/events/2/event_type",
            "/events/2/timestamp_ms",
            "/gaps/0",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_time_that_stands_still_is_refused() {
        assert_eq!(faults(|d| d["series"]["timestamp_ms"] = json!([0, 0, 1])), ["/series/timestamp_ms/1"]);
    }

    #[test]
    fn a_document_without_curves_or_machine_is_refused() {
        assert_eq!(profile(&json!({}), ARRIVAL).unwrap_err().iter().count(), 2);
        assert_eq!(profile(&json!([]), ARRIVAL).unwrap_err().iter().count(), 1);
    }

    #[test]
    fn a_column_that_is_left_out_is_missing_values_not_zeros() {
        let mut document = whole();
        document["series"] = json!({"timestamp_ms": [5, 6], "bt": [1, 2]});
        let read = profile(&document, ARRIVAL).unwrap();
        assert_eq!(read.series.et, [None, None]);
        assert_eq!(read.series.bt, [Some(1.0), Some(2.0)]);
    }

    #[test]
    fn a_flood_of_wrong_values_is_one_fault_per_column() {
        let found = faults(|document| {
            document["series"]["bt"] = json!(vec!["x"; 100_000]);
            document["events"] = json!(vec![1; 100_000]);
            document["gaps"] = json!(vec![1; 100_000]);
        });
        assert!(found.len() < 10, "{}", found.len());
    }
}
