//! From an Artisan profile to ours.

use std::collections::{BTreeMap, BTreeSet};

use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::profile::{Profile, Series};
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::{Fraction, Unit};

use super::super::literal::{self, Literal};
use super::super::{Clock, READING_MAX, blank, channel_id, clipped, one_fault, reading};
use super::{EVENT_STEPS, EVENT_TYPES, TIMEINDEX};
use crate::config::faults::Faults;
use crate::http::rest::bodies::temperatures_at;
use crate::http::rest::document::Arrival;
use crate::wire::parse_rfc3339;

const NAME_CHARS_MAX: usize = 200;
const BATCH_CHARS_MAX: usize = 64;
const NOTES_CHARS_MAX: usize = 20_000;

/// Reads an Artisan profile.
///
/// # Errors
/// The line where the file stops being a plain value, or every fault with its key.
pub fn import(text: &str, arrival: Arrival) -> Result<Profile, Faults> {
    let file = literal::parse(text).map_err(|error| one_fault(format!("line {}", error.line), error.message))?;
    if !matches!(file, Literal::Dict(_)) {
        return Err(one_fault("line 1", "is no dictionary: an .alog file begins with {"));
    }
    let mut faults = Faults::new();
    let unit = unit(&file, &mut faults);
    let seconds = numbers(&file, "timex", &mut faults).unwrap_or_default();
    if seconds.is_empty() && faults.is_empty() {
        faults.add("/timex", "is empty or missing: the file holds no readings");
    }
    let clock = Clock::of(&seconds, |row| format!("/timex/{row}"), &mut faults);
    let Some(clock) = clock.filter(|_| faults.is_empty()) else { return Err(faults) };

    let mut profile = blank(arrival, &words(&file, "roastertype", NAME_CHARS_MAX).unwrap_or_default())?;
    let mut taken = BTreeSet::from(["bt".to_owned(), "et".to_owned()]);
    profile.series = series(&file, &clock, &unit, &mut taken, &mut faults);
    profile.marks = marks(&file, &clock, &profile.series, &mut faults);
    profile.controls = controls(&file, &clock, &mut taken, &mut faults);
    profile.duration = SessionMs(clock.at_ms.last().copied().unwrap_or(0));
    describe(&file, &mut profile);
    faults.unless_any(profile)
}

/// Unit of every temperature in the file.
fn unit(file: &Literal, faults: &mut Faults) -> Unit {
    match file.get("mode").map(Literal::text) {
        None | Some(Some("C")) => Unit::Celsius,
        Some(Some("F")) => Unit::Fahrenheit,
        Some(_) => {
            faults.add("/mode", "is unknown: 'C' or 'F' is needed");
            Unit::Celsius
        }
    }
}

/// A list of numbers, `None` read as a dropout; `None` where the key is missing. The first wrong value is a fault.
fn column(values: &Literal, pointer: &str, faults: &mut Faults) -> Option<Vec<f64>> {
    let Some(values) = values.list() else {
        faults.add(pointer, "is no list: a list of numbers is needed");
        return None;
    };
    let mut column = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let number = if *value == Literal::None { Some(super::super::DROPOUT) } else { value.number() };
        match number.filter(|number| number.abs() <= READING_MAX) {
            Some(number) => column.push(number),
            None => {
                faults.add(format!("{pointer}/{row}"), "is not a finite number");
                return None;
            }
        }
    }
    Some(column)
}

fn numbers(file: &Literal, key: &str, faults: &mut Faults) -> Option<Vec<f64>> {
    column(file.get(key)?, &format!("/{key}"), faults)
}

/// A column as long as the clock, in internal units at the rows that are taken.
fn readings(values: &[f64], pointer: &str, clock: &Clock, unit: &Unit, faults: &mut Faults) -> Vec<Option<f64>> {
    if values.len() != clock.at_ms.len() {
        let (has, rows) = (values.len(), clock.at_ms.len());
        faults.add(pointer, format!("has {has} values, `timex` has {rows}: columns must be equally long"));
    }
    clock.pick(values).map(|native| reading(native, unit)).collect()
}

fn series(file: &Literal, clock: &Clock, unit: &Unit, taken: &mut BTreeSet<String>, faults: &mut Faults) -> Series {
    let timestamp_ms = clock.timestamps();
    let rows = timestamp_ms.len();
    let mut temperature = |key: &str| match numbers(file, key, faults) {
        Some(values) => readings(&values, &format!("/{key}"), clock, unit, faults),
        None => vec![None; rows],
    };
    let (et, bt) = (temperature("temp1"), temperature("temp2"));
    let extra = extra(file, clock, unit, taken, faults);
    Series { timestamp_ms, bt, et, bt_ror: vec![None; rows], et_ror: vec![None; rows], extra }
}

/// The curves of extra devices, two for each. A curve without a single reading is left out.
fn extra(
    file: &Literal,
    clock: &Clock,
    unit: &Unit,
    taken: &mut BTreeSet<String>,
    faults: &mut Faults,
) -> BTreeMap<String, Vec<Option<f64>>> {
    let mut curves = BTreeMap::new();
    for (values, names, hints) in
        [("extratemp1", "extraname1", "extraNoneTempHint1"), ("extratemp2", "extraname2", "extraNoneTempHint2")]
    {
        let item = |key: &str, device: usize| file.get(key).and_then(Literal::list).and_then(|list| list.get(device));
        let devices = file.get(values).and_then(Literal::list).unwrap_or_default();
        for (device, curve) in devices.iter().enumerate() {
            let pointer = format!("/{values}/{device}");
            let Some(curve) = column(curve, &pointer, faults).filter(|curve| !curve.is_empty()) else { continue };
            let is_temperature = item(hints, device) != Some(&Literal::Bool(true));
            let unit = if is_temperature { unit } else { &Unit::None };
            let curve = readings(&curve, &pointer, clock, unit, faults);
            if curve.iter().all(Option::is_none) {
                continue;
            }
            let name = item(names, device).and_then(Literal::text).unwrap_or_default();
            let name = named(name, file).unwrap_or_else(|| format!("extra_{}", device + 1));
            if let Some(id) = channel_id(&name, taken) {
                curves.insert(id, curve);
            }
        }
    }
    curves
}

/// A curve's name; `{0}` to `{3}` stand for the kinds of special events.
fn named(name: &str, file: &Literal) -> Option<String> {
    let kind = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).and_then(|n| n.parse::<usize>().ok());
    let name = kind.map_or_else(|| unescaped(name), |kind| event_type(file, kind));
    (!name.trim().is_empty()).then_some(name)
}

fn event_type(file: &Literal, kind: usize) -> String {
    let given = file.get("etypes").and_then(Literal::list).and_then(|list| list.get(kind)).and_then(Literal::text);
    let given = given.map(unescaped).filter(|name| name.chars().any(|c| c.is_ascii_alphanumeric()));
    given.unwrap_or_else(|| EVENT_TYPES.get(kind).copied().unwrap_or_default().to_owned())
}

/// The marks: of `timeindex`, and the turning point that Artisan worked out.
fn marks(file: &Literal, clock: &Clock, series: &Series, faults: &mut Faults) -> Vec<Mark> {
    let indices = numbers(file, "timeindex", faults).unwrap_or_default();
    let set: Vec<(usize, MarkKind, f64)> = indices
        .iter()
        .zip(TIMEINDEX)
        .enumerate()
        .map(|(slot, (&index, kind))| (slot, kind, index))
        .filter(|&(_, kind, index)| if kind == MarkKind::Charge { index >= 0.0 } else { index > 0.0 })
        .collect();
    let inside = |index: f64| index.fract() == 0.0 && (index as usize) < clock.at_ms.len();
    // Some writers put seconds there. That can be told only where an entry is no row of the file.
    let last_ms = clock.at_ms.last().copied().unwrap_or(0);
    let are_seconds = set.iter().any(|&(_, _, index)| !inside(index))
        && set.iter().all(|&(_, _, seconds)| seconds * 1000.0 <= last_ms as f64);
    let mut marks = Vec::new();
    for (slot, kind, index) in set {
        let at = if are_seconds {
            Some((index * 1000.0).round() as u64)
        } else {
            clock.at_ms.get(index as usize).copied().filter(|_| inside(index))
        };
        match at {
            Some(at) => marks.push(mark(kind, at, MarkSource::Manual, series)),
            None => faults.add(
                format!("/timeindex/{slot}"),
                format!("is {index}: a row from 0 to {} is needed", clock.at_ms.len().saturating_sub(1)),
            ),
        }
    }
    let turning_point = file.get("computed").and_then(|computed| computed.get("TP_idx")).and_then(Literal::number);
    if let Some(row) = turning_point.filter(|&row| row > 0.0 && inside(row)).map(|row| row as usize)
        && let Some(&at) = clock.at_ms.get(row)
    {
        marks.push(mark(MarkKind::TurningPoint, at, MarkSource::Detected { provisional: false }, series));
    }
    marks.sort_by_key(|mark| mark.at);
    marks
}

fn mark(kind: MarkKind, at: u64, source: MarkSource, series: &Series) -> Mark {
    let at = SessionMs(at);
    let (bt, et) = temperatures_at(series, at);
    Mark { kind, at, source, bt, et }
}

/// The moves of controls, which Artisan keeps as special events. Those of no kind are remarks and are left out.
fn controls(
    file: &Literal,
    clock: &Clock,
    taken: &mut BTreeSet<String>,
    faults: &mut Faults,
) -> BTreeMap<String, Vec<(u64, f64)>> {
    let mut lists = ["specialevents", "specialeventstype", "specialeventsvalue"].map(|key| numbers(file, key, faults));
    let [rows, kinds, values] = lists.each_mut().map(|list| list.take().unwrap_or_default());
    if rows.len() != kinds.len() || rows.len() != values.len() {
        let (r, k, v) = (rows.len(), kinds.len(), values.len());
        faults.add("/specialevents", format!("has {r} rows, {k} types and {v} values: they must be equally many"));
        return BTreeMap::new();
    }
    let mut moves: [Vec<(u64, f64)>; 4] = Default::default();
    for (index, ((&row, &kind), &value)) in rows.iter().zip(&kinds).zip(&values).enumerate() {
        let at = clock.at_ms.get(row.max(0.0) as usize).copied().filter(|_| row >= 0.0 && row.fract() == 0.0);
        let Some(at) = at else {
            let rows = clock.at_ms.len().saturating_sub(1);
            faults.add(format!("/specialevents/{index}"), format!("is {row}: a row from 0 to {rows} is needed"));
            break;
        };
        if let Some(moves) = moves.get_mut(kind.max(0.0) as usize).filter(|_| kind >= 0.0) {
            moves.push((at, fraction(value)));
        }
    }
    let mut controls = BTreeMap::new();
    for (kind, mut moves) in moves.into_iter().enumerate().filter(|(_, moves)| !moves.is_empty()) {
        moves.sort_by_key(|&(at, _)| at);
        if let Some(id) = channel_id(&event_type(file, kind).to_lowercase(), taken) {
            controls.insert(id, moves);
        }
    }
    controls
}

/// A special event's value as a share of full scale; what lies outside is moved to the nearer end.
fn fraction(value: f64) -> f64 {
    if value.abs() <= 1.0 { 0.0 } else { Fraction::clamped((value - 1.0) / EVENT_STEPS).get() }
}

/// Name, bean, weights, notes and date.
fn describe(file: &Literal, profile: &mut Profile) {
    profile.name = words(file, "title", NAME_CHARS_MAX).unwrap_or_else(|| "Artisan profile".to_owned());
    profile.bean = words(file, "beans", NAME_CHARS_MAX);
    let notes = [words(file, "roastingnotes", NOTES_CHARS_MAX), words(file, "cuppingnotes", NOTES_CHARS_MAX)];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    profile.notes = (!notes.is_empty()).then(|| clipped(&notes.join("\n\n"), NOTES_CHARS_MAX));
    if let Some([green, roasted, unit, ..]) = file.get("weight").and_then(Literal::list) {
        let grams = unit.text().and_then(grams_per);
        let weight = |value: &Literal| Some(value.number()? * grams?).filter(|&g| g.is_finite() && g > 0.0);
        profile.green_weight_g = weight(green);
        profile.roasted_weight_g =
            weight(roasted).filter(|&roasted| weight(green).is_none_or(|green| roasted <= green));
    }
    profile.label.operator = words(file, "operator", NAME_CHARS_MAX);
    let number = file.get("roastbatchnr").and_then(Literal::number).filter(|&n| n >= 1.0 && n <= f64::from(u32::MAX));
    let number = number.map(|n| (n as u32).to_string()).unwrap_or_default();
    let batch = words(file, "roastbatchprefix", NAME_CHARS_MAX).unwrap_or_default() + &number;
    profile.label.batch = Some(clipped(&batch, BATCH_CHARS_MAX)).filter(|batch| !batch.is_empty());
    if let Some(at) = begun(file) {
        profile.created_at = at;
    }
}

fn grams_per(unit: &str) -> Option<f64> {
    match unit.to_ascii_lowercase().as_str() {
        "g" => Some(1.0),
        "kg" => Some(1000.0),
        "lb" => Some(453.592_37),
        "oz" => Some(28.349_523_125),
        _ => None,
    }
}

/// When the roast began: the moment where the file has it, else its date and time of day, taken as UTC.
fn begun(file: &Literal) -> Option<WallMs> {
    // Year 9999: what lies beyond is no date.
    const EPOCH_S_MAX: f64 = 253_402_300_799.0;
    let epoch = file.get("roastepoch").and_then(Literal::number).filter(|&s| s > 0.0 && s <= EPOCH_S_MAX);
    if let Some(seconds) = epoch {
        return Some(WallMs((seconds * 1000.0) as i64));
    }
    let date = file.get("roastisodate")?.text()?;
    let time = file.get("roasttime").and_then(Literal::text).unwrap_or("00:00:00");
    parse_rfc3339(&format!("{date}T{time}Z"))
}

fn words(file: &Literal, key: &str, max: usize) -> Option<String> {
    let text = unescaped(file.get(key)?.text()?);
    let text = text.trim();
    (!text.is_empty()).then(|| clipped(text, max))
}

/// Artisan writes line ends and letters beyond ASCII as escapes *inside* its texts; what only looks like one stays.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let quoted = format!("'{}'", quote_safe(text));
    literal::parse(&quoted).ok().and_then(|value| value.text().map(str::to_owned)).unwrap_or_else(|| text.to_owned())
}

/// The text with its bare quotes escaped, so that they do not end it, and its escapes left as they are.
fn quote_safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    let mut after_backslash = false;
    for c in text.chars() {
        if c == '\'' && !after_backslash {
            safe.push('\\');
        }
        after_backslash = c == '\\' && !after_backslash;
        safe.push(c);
    }
    safe
}
