//! From our profile to an Artisan one.
//!
//! The version stays below the one from which Artisan checks a signature. Four controls fit, as its four kinds of special
//! events; further ones are written as curves of extra devices, as all sensors are.

use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::profile::Profile;
use time::OffsetDateTime;

use super::super::{DROPOUT, nearest};
use super::{EVENT_STEPS, EVENT_TYPES, TIMEINDEX};

/// Newest version whose files need no signature. Source: roasting reference 4.1.
const VERSION: &str = "4.0.2";
/// Artisan's device that no hardware feeds; its own files use it for curves that are worked out.
const VIRTUAL_DEVICE: &str = "25";

/// Writes an Artisan profile, all temperatures in °C.
pub fn export(profile: &Profile) -> String {
    let series = &profile.series;
    let rows = series.timestamp_ms.len();
    let mut entries: Vec<(&str, String)> = vec![
        ("version", text(VERSION)),
        ("mode", text("C")),
        ("timex", list(series.timestamp_ms.iter().map(|&ms| number(ms as f64 / 1000.0)))),
        ("temp1", column(&series.et)),
        ("temp2", column(&series.bt)),
        ("timeindex", timeindex(profile)),
        ("title", text(&profile.name)),
        ("beans", text(profile.bean.as_deref().unwrap_or_default())),
        ("roastertype", text(&profile.machine_name)),
        ("roastingnotes", text(profile.notes.as_deref().unwrap_or_default())),
        ("weight", weight(profile)),
        ("samplinginterval", number(interval_s(&series.timestamp_ms))),
    ];
    entries.extend(batch(profile));
    entries.extend(dates(profile));
    entries.extend(extra(profile, rows));
    entries.extend(special_events(profile));
    if let Some(row) = row_of(profile, MarkKind::TurningPoint) {
        entries.push(("computed", format!("{{'TP_idx': {row}}}")));
    }
    let body: Vec<String> = entries.into_iter().map(|(key, value)| format!("'{key}': {value}")).collect();
    format!("{{{}}}\n", body.join(", "))
}

/// Who roasted it, and the batch: Artisan counts batches and puts a text before the number.
fn batch(profile: &Profile) -> [(&'static str, String); 3] {
    let batch = profile.label.batch.as_deref().unwrap_or_default();
    let prefix = batch.trim_end_matches(|c: char| c.is_ascii_digit());
    let number =
        batch.get(prefix.len()..).and_then(|digits| digits.parse::<u32>().ok().filter(|n| n.to_string() == digits));
    let (prefix, number) = number.filter(|&n| n > 0).map_or((batch, 0), |number| (prefix, number));
    [
        ("operator", text(profile.label.operator.as_deref().unwrap_or_default())),
        ("roastbatchprefix", text(prefix)),
        ("roastbatchnr", number.to_string()),
    ]
}

fn row_of(profile: &Profile, kind: MarkKind) -> Option<usize> {
    let mark = profile.marks.iter().find(|mark| mark.kind == kind)?;
    nearest(&profile.series.timestamp_ms, mark.at.0)
}

/// Row 0 says *unset* for every mark but CHARGE, which is unset by -1.
fn timeindex(profile: &Profile) -> String {
    list(TIMEINDEX.into_iter().map(|kind| match (kind, row_of(profile, kind)) {
        (MarkKind::Charge, None) => "-1".to_owned(),
        (MarkKind::Charge, Some(row)) => row.to_string(),
        (_, None) => "0".to_owned(),
        (_, Some(row)) => row.max(1).to_string(),
    }))
}

fn weight(profile: &Profile) -> String {
    let grams = |weight: Option<f64>| number(weight.unwrap_or(0.0));
    list([grams(profile.green_weight_g), grams(profile.roasted_weight_g), text("g")])
}

/// The middle of all steps, which a gap does not move. Unit: s.
fn interval_s(timestamp_ms: &[u64]) -> f64 {
    let mut steps: Vec<u64> = timestamp_ms.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).map_or(1.0, |&ms| ms as f64 / 1000.0)
}

fn dates(profile: &Profile) -> Vec<(&'static str, String)> {
    let seconds = profile.created_at.0.div_euclid(1000);
    let Ok(at) = OffsetDateTime::from_unix_timestamp(seconds) else { return Vec::new() };
    let date = format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day());
    let time = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    vec![
        ("roastisodate", text(&date)),
        ("roasttime", text(&time)),
        ("roastepoch", seconds.to_string()),
        ("roasttzoffset", "0".to_owned()),
    ]
}

/// Every curve that has no place of its own, two to a device.
fn extra(profile: &Profile, rows: usize) -> Vec<(&'static str, String)> {
    let sensors = profile.series.extra.iter().map(|(id, curve)| (text(id), column(curve)));
    let placed = slots(profile);
    let left_over = profile.controls.iter().filter(|(id, _)| !placed.contains(&Some(id.as_str())));
    let left_over = left_over.map(|(id, moves)| (text(id), held(moves, &profile.series.timestamp_ms)));
    let mut curves: Vec<(String, String)> = sensors.chain(left_over).collect();
    if curves.len() % 2 == 1 {
        curves.push((text(""), list(std::iter::repeat_n(number(DROPOUT), rows))));
    }
    let times = list(profile.series.timestamp_ms.iter().map(|&ms| number(ms as f64 / 1000.0)));
    let half = |first: usize| curves.iter().skip(first).step_by(2);
    let devices = curves.len() / 2;
    vec![
        ("extradevices", list(std::iter::repeat_n(VIRTUAL_DEVICE.to_owned(), devices))),
        ("extraname1", list(half(0).map(|(name, _)| name.clone()))),
        ("extraname2", list(half(1).map(|(name, _)| name.clone()))),
        ("extratimex", list(std::iter::repeat_n(times, devices))),
        ("extratemp1", list(half(0).map(|(_, curve)| curve.clone()))),
        ("extratemp2", list(half(1).map(|(_, curve)| curve.clone()))),
    ]
}

/// A control as a curve: what it was last moved to, in percent.
fn held(moves: &[(u64, f64)], timestamp_ms: &[u64]) -> String {
    let last = |at: u64| moves.partition_point(|&(moved, _)| moved <= at).checked_sub(1).and_then(|i| moves.get(i));
    list(timestamp_ms.iter().map(|&at| number(last(at).map_or(DROPOUT, |&(_, value)| value * 100.0))))
}

/// Which control is told as which kind of special event: one called like a kind as that kind, others where there is room.
fn slots(profile: &Profile) -> [Option<&str>; EVENT_TYPES.len()] {
    let ids = || profile.controls.keys().map(String::as_str);
    let mut slots = EVENT_TYPES.map(|kind| ids().find(|id| id.eq_ignore_ascii_case(kind)));
    for id in ids() {
        if slots.contains(&Some(id)) {
            continue;
        }
        if let Some(free) = slots.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(id);
        }
    }
    slots
}

fn special_events(profile: &Profile) -> Vec<(&'static str, String)> {
    let slots = slots(profile);
    let mut moves: Vec<(usize, usize, f64)> = Vec::new();
    for (kind, id) in slots.iter().enumerate() {
        let moved = id.and_then(|id| profile.controls.get(id)).map(Vec::as_slice).unwrap_or_default();
        let row = |at| nearest(&profile.series.timestamp_ms, at);
        moves.extend(moved.iter().filter_map(|&(at, value)| Some((row(at)?, kind, value))));
    }
    moves.sort_by_key(|&(row, kind, _)| (row, kind));
    let named = slots.iter().zip(EVENT_TYPES).map(|(id, kind)| id.unwrap_or(kind));
    let names = named.chain(["--"]).map(text);
    vec![
        ("etypes", list(names)),
        ("specialevents", list(moves.iter().map(|(row, _, _)| row.to_string()))),
        ("specialeventstype", list(moves.iter().map(|(_, kind, _)| kind.to_string()))),
        ("specialeventsvalue", list(moves.iter().map(|(_, _, value)| number(value * EVENT_STEPS + 1.0)))),
        ("specialeventsStrings", list(moves.iter().map(|_| text("")))),
    ]
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

fn column(values: &[Option<f64>]) -> String {
    list(values.iter().map(|value| number(value.unwrap_or(DROPOUT))))
}

/// A number as Python writes one; what is not finite is a dropout.
fn number(value: f64) -> String {
    format!("{:?}", if value.is_finite() { value } else { DROPOUT })
}

/// A text as Artisan writes one: line ends and letters beyond ASCII are escaped inside it, and it is quoted after that.
fn text(plain: &str) -> String {
    let mut inner = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '\\' => inner.push_str("\\\\"),
            '\n' => inner.push_str("\\n"),
            ' '..='~' => inner.push(c),
            other if u32::from(other) > 0xffff => inner.push_str(&format!("\\U{:08x}", u32::from(other))),
            other => inner.push_str(&format!("\\u{:04x}", u32::from(other))),
        }
    }
    format!("'{}'", inner.replace('\\', "\\\\").replace('\'', "\\'"))
}
