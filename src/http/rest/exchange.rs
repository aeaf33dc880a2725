//! Profiles as files: in from other programs and out to them.
//!
//! Times that run backwards, columns of unequal length and numbers that are not finite are refused, with the key or line.
//! What can be worked out from the curves (rates, statistics) is not taken from a file: it is left empty for the caller.

pub mod alog;
pub mod csv;
pub mod json;
pub mod literal;

use std::collections::BTreeSet;

use hearth_actors::model::ids::{ChannelId, MachineId};
use hearth_actors::model::profile::{Label, Profile, ProfileStatus, Series, Statistics};
use hearth_actors::model::time::SessionMs;
use hearth_actors::model::units::Unit;

use super::document::{Arrival, DURATION_MS_MAX};
use crate::config::faults::Faults;

/// Hottest and coldest value that is taken, in any unit.
const READING_MAX: f64 = 1e9;
/// How both formats write a reading that is missing. Source: roasting reference 4.1.
const DROPOUT: f64 = -1.0;
const ID_CHARS_MAX: usize = 64;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Our own profile document.
    Json,
    /// An Artisan profile: a Python literal, or the same as JSON.
    Alog,
    /// An Artisan table, separated by tabs.
    Csv,
}

impl Format {
    /// Reads a format's name; `auto` is [`None`] inside.
    ///
    /// # Errors
    /// A message that names the formats, where it is none of them.
    pub fn parse(name: &str) -> Result<Option<Self>, String> {
        match name {
            "auto" => Ok(None),
            "json" => Ok(Some(Self::Json)),
            "alog" => Ok(Some(Self::Alog)),
            "csv" => Ok(Some(Self::Csv)),
            other => Err(format!(
                "format \"{}\" is unknown: use auto, json, alog or csv",
                crate::wire::fields::shortened(other)
            )),
        }
    }

    /// File name extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Alog => "alog",
            Self::Csv => "csv",
        }
    }

    /// Media type of the file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Alog => "text/plain; charset=utf-8",
            Self::Csv => "text/tab-separated-values; charset=utf-8",
        }
    }

    /// What a file seems to be.
    pub fn detect(text: &str) -> Option<Self> {
        let text = text.trim_start();
        if text.starts_with('{') {
            let document: Option<serde_json::Value> = serde_json::from_str(text).ok();
            let ours = document.is_some_and(|document| document.get("series").is_some());
            return Some(if ours { Self::Json } else { Self::Alog });
        }
        let first = text.lines().next().unwrap_or_default();
        first.contains('\t').then_some(Self::Csv)
    }
}

/// Reads a file; without a format it is found out.
///
/// # Errors
/// Every fault that could be told, each with its key or line.
pub fn import(file: &[u8], format: Option<Format>, arrival: Arrival) -> Result<Profile, Faults> {
    let text = std::str::from_utf8(file).map_err(|error| {
        let line = 1 + file.iter().take(error.valid_up_to()).filter(|&&byte| byte == b'\n').count();
        one_fault(format!("line {line}"), "is not UTF-8: save the file as UTF-8 text")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let unknown = || one_fault("", "is no profile that can be told: send a JSON, .alog or tab-separated CSV file");
    match format.or_else(|| Format::detect(text)).ok_or_else(unknown)? {
        Format::Json => json::import(text, arrival),
        Format::Alog => alog::import(text, arrival),
        Format::Csv => csv::import(text, arrival),
    }
}

/// Writes a profile as a file.
pub fn export(profile: &Profile, format: Format) -> String {
    match format {
        Format::Json => json::export(profile),
        Format::Alog => alog::export(profile),
        Format::Csv => csv::export(profile),
    }
}

/// A name for a profile's file: plain letters, so that it fits every disk and header.
pub fn file_name(profile: &Profile, format: Format) -> String {
    let name: String = slug(&profile.name, |c| c.is_ascii_alphanumeric(), '-');
    let name = if name.is_empty() { profile.id.to_string() } else { name };
    format!("{name}.{}", format.extension())
}

/// A profile with nothing in it yet, of the machine that a file names, or of one called `imported`.
fn blank(arrival: Arrival, machine_name: &str) -> Result<Profile, Faults> {
    let slug = slug(machine_name, |c| c.is_ascii_alphanumeric(), '-').to_ascii_lowercase();
    let slug = if slug.is_empty() { "imported".to_owned() } else { slug };
    let machine = MachineId::parse(&slug).map_err(|bad| one_fault("", bad.to_string()))?;
    Ok(Profile {
        id: arrival.id,
        name: String::new(),
        machine_name: if machine_name.is_empty() { slug } else { machine_name.to_owned() },
        machine,
        created_at: arrival.now,
        duration: SessionMs(0),
        status: ProfileStatus::Saved,
        bean: None,
        green_weight_g: None,
        roasted_weight_g: None,
        notes: None,
        label: Label::default(),
        series: Series::default(),
        controls: Default::default(),
        marks: Vec::new(),
        gaps: Vec::new(),
        statistics: Statistics::default(),
    })
}

/// A text of allowed characters: every run of others becomes one `filler`, none at the ends; at most 64 characters.
fn slug(text: &str, allowed: fn(char) -> bool, filler: char) -> String {
    let words: Vec<&str> = text.split(|c| !allowed(c)).filter(|word| !word.is_empty()).collect();
    let joined: String = words.join(&filler.to_string()).chars().take(ID_CHARS_MAX).collect();
    joined.trim_end_matches(filler).to_owned()
}

/// A channel id made from a name that people gave a curve, different from those taken; `None` where no name is left of it.
fn channel_id(name: &str, taken: &mut BTreeSet<String>) -> Option<String> {
    let plain = slug(name, |c| c.is_ascii_alphanumeric(), '_');
    (1..=99)
        .map(|n| if n == 1 { plain.clone() } else { format!("{}_{n}", plain.chars().take(60).collect::<String>()) })
        .find(|id| ChannelId::parse(id).is_ok() && taken.insert(id.clone()))
}

/// The times of a file's rows on the session clock, and which rows stand for a moment of their own.
struct Clock {
    /// Every row's time. Unit: ms.
    at_ms: Vec<u64>,
    /// The rows that are taken: the first of each millisecond.
    taken: Vec<usize>,
}

impl Clock {
    /// Takes a file's times. Unit: s since its start. The first that cannot be is a fault, at the place `place` names.
    fn of(seconds: &[f64], place: impl Fn(usize) -> String, faults: &mut Faults) -> Option<Self> {
        let mut clock = Self { at_ms: Vec::with_capacity(seconds.len()), taken: Vec::new() };
        let mut before = 0.0;
        for (row, &time) in seconds.iter().enumerate() {
            let limit_s = DURATION_MS_MAX as f64 / 1000.0;
            let wrong = if !time.is_finite() {
                Some("is not a finite number".to_owned())
            } else if time < 0.0 || time > limit_s {
                Some(format!("is {time} s: a time from 0 to {limit_s} s (a week) is needed"))
            } else {
                (time < before).then(|| format!("is {time} s, before {before} s: times must not run backwards"))
            };
            if let Some(detail) = wrong {
                faults.add(place(row), detail);
                return None;
            }
            before = time;
            let at_ms = (time * 1000.0).round() as u64;
            if clock.at_ms.last() != Some(&at_ms) {
                clock.taken.push(row);
            }
            clock.at_ms.push(at_ms);
        }
        Some(clock)
    }

    /// The times that are taken.
    fn timestamps(&self) -> Vec<u64> {
        self.pick(&self.at_ms).collect()
    }

    /// The values of a column in the rows that are taken.
    fn pick<'a, T: Copy>(&'a self, column: &'a [T]) -> impl Iterator<Item = T> + 'a {
        self.taken.iter().filter_map(|&row| column.get(row).copied())
    }
}

/// A file's temperature in °C: a dropout is missing.
fn reading(native: f64, unit: &Unit) -> Option<f64> {
    (native != DROPOUT).then(|| unit.inward(native))
}

/// Index of the row nearest to a moment; `None` without rows.
fn nearest(timestamp_ms: &[u64], at: u64) -> Option<usize> {
    let after = timestamp_ms.partition_point(|&time| time < at);
    let distance = |row: usize| timestamp_ms.get(row).map_or(u64::MAX, |time| time.abs_diff(at));
    let candidate = after.saturating_sub(1);
    let row = if distance(candidate) <= distance(after) { candidate } else { after };
    (row < timestamp_ms.len()).then_some(row)
}

/// At most so many characters of a text.
fn clipped(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

fn one_fault(pointer: impl Into<String>, detail: impl Into<String>) -> Faults {
    let mut faults = Faults::new();
    faults.add(pointer, detail);
    faults
}

#[cfg(test)]
mod tests {
    use hearth_actors::model::ids::SessionId;
    use hearth_actors::model::time::WallMs;

    use super::*;

    const ARRIVAL: Arrival = Arrival { id: SessionId(7), now: WallMs(0) };
    const ALOG: &str = "{'timex': [0, 1], 'temp2': [20, 21], 'title': 'Día uno/two', 'timeindex': [0]}";

    #[test]
    fn every_format_is_told_from_its_text() {
        let profile = import(ALOG.as_bytes(), None, ARRIVAL).unwrap();
        for format in [Format::Json, Format::Alog, Format::Csv] {
            let text = export(&profile, format);
            assert_eq!(Format::detect(&text), Some(format));
            let again = import(format!("\u{feff}{text}").as_bytes(), None, ARRIVAL).unwrap();
            assert_eq!((again.series, again.marks), (profile.series.clone(), profile.marks.clone()), "{format:?}");
        }
        assert_eq!(Format::detect("{\"timex\": [], \"title\": \"series\"}"), Some(Format::Alog));
        assert_eq!(Format::detect("hello"), None);
    }

    #[test]
    fn a_file_that_is_no_text_or_no_profile_is_refused() {
        let told = |file: &[u8]| import(file, None, ARRIVAL).unwrap_err().iter().next().unwrap().pointer.clone();
        assert_eq!(told(b"ab\n\xff"), "line 2");
        assert_eq!(told(b""), "");
        assert_eq!(told(b"PK\x03\x04"), "");
    }

    #[test]
    fn our_own_document_is_told_line_or_key_of_what_is_wrong() {
        let told = |file: &str| {
            let faults = import(file.as_bytes(), Some(Format::Json), ARRIVAL).unwrap_err();
            faults.iter().next().unwrap().pointer.clone()
        };
        assert_eq!(told("{\n\"a\": \n}"), "line 3");
        assert_eq!(told("{\"machine_id\": \"a\", \"series\": {\"timestamp_ms\": [1, 0]}}"), "/series/timestamp_ms/1");
    }

    #[test]
    fn a_file_name_fits_every_disk_and_header() {
        let profile = import(ALOG.as_bytes(), None, ARRIVAL).unwrap();
        assert_eq!(file_name(&profile, Format::Alog), "D-a-uno-two.alog");
        let nameless = Profile { name: "酸".to_owned(), ..profile };
        assert_eq!(file_name(&nameless, Format::Csv), format!("{}.csv", SessionId(7)));
    }

    #[test]
    fn the_row_nearest_to_a_moment_is_found() {
        assert_eq!(nearest(&[], 5), None);
        assert_eq!(nearest(&[0, 1000, 2000], 1400), Some(1));
        assert_eq!(nearest(&[0, 1000, 2000], 1600), Some(2));
        assert_eq!(nearest(&[0, 1000, 2000], 99_999), Some(2));
        assert_eq!(nearest(&[500], 0), Some(0));
    }
}
