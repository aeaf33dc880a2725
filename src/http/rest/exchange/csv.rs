//! Artisan tables: columns separated by tabs, one row for a whole second at most. Source: roasting reference 4.2.
//!
//! ```text
//! Date:31.01.2026  Unit:C  CHARGE:00:05  TP:  DRYe:  …  DROP:09:12  COOL:  Time:08:30
//! Time1  Time2  ET     BT     Event   inlet  exhaust
//! 00:05  00:00  210.5  155.2  CHARGE  305.0  -1
//! ```

use std::collections::{BTreeMap, BTreeSet};

use hearth_actors::model::mark::{Mark, MarkKind, MarkSource};
use hearth_actors::model::profile::{Profile, Series};
use hearth_actors::model::time::{SessionMs, WallMs};
use hearth_actors::model::units::Unit;
use time::OffsetDateTime;

use super::{Clock, DROPOUT, READING_MAX, blank, channel_id, nearest, one_fault, reading};
use crate::config::faults::Faults;
use crate::http::rest::bodies::temperatures_at;
use crate::http::rest::document::Arrival;
use crate::wire::fields::shortened;
use crate::wire::parse_rfc3339;

/// How the first line and the column `Event` name each mark, in the order of the first line.
const NAMES: [(MarkKind, &str, &str); 9] = [
    (MarkKind::Charge, "CHARGE", "CHARGE"),
    (MarkKind::TurningPoint, "TP", "TP"),
    (MarkKind::DryEnd, "DRYe", "DRY End"),
    (MarkKind::FirstCrackStart, "FCs", "FCs"),
    (MarkKind::FirstCrackEnd, "FCe", "FCe"),
    (MarkKind::SecondCrackStart, "SCs", "SCs"),
    (MarkKind::SecondCrackEnd, "SCe", "SCe"),
    (MarkKind::Drop, "DROP", "DROP"),
    (MarkKind::Cool, "COOL", "COOL"),
];
/// The columns every file has; what stands to their right is named freely.
const COLUMNS: [&str; 5] = ["Time1", "Time2", "ET", "BT", "Event"];
/// The first line of the table that holds readings, counted from 1.
const FIRST_ROW: usize = 3;

/// Reads a table.
///
/// # Errors
/// Every fault with its line.
pub fn import(text: &str, arrival: Arrival) -> Result<Profile, Faults> {
    let mut lines = text.lines();
    let head = Head::of(lines.next().unwrap_or_default())?;
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
    if names.get(..COLUMNS.len()).is_none_or(|first| first != COLUMNS) {
        return Err(one_fault("line 2", format!("must begin with {}, separated by tabs", COLUMNS.join(", "))));
    }
    let mut faults = Faults::new();
    let table = Table::of(lines, &names, &mut faults);
    let place = |row: usize| format!("line {}", table.lines.get(row).copied().unwrap_or(FIRST_ROW));
    let clock = Clock::of(&table.seconds, place, &mut faults);
    if table.seconds.is_empty() && faults.is_empty() {
        faults.add("line 3", "is missing: the file holds no readings");
    }
    let Some(clock) = clock.filter(|_| faults.is_empty()) else { return Err(faults) };

    let mut profile = blank(arrival, "")?;
    profile.name = "Artisan table".to_owned();
    profile.created_at = head.begun.unwrap_or(arrival.now);
    profile.series = series(&table, &names, &clock, &head.unit);
    profile.marks = marks(&head, &table, &clock, &profile.series);
    let last = profile.marks.iter().map(|mark| mark.at.0).chain(clock.at_ms.last().copied()).max();
    profile.duration = SessionMs(last.unwrap_or(0));
    Ok(profile)
}

/// The first line.
struct Head {
    unit: Unit,
    begun: Option<WallMs>,
    /// Marks with their time since the start. Unit: ms.
    marks: BTreeMap<MarkKind, u64>,
}

impl Head {
    fn of(line: &str) -> Result<Self, Faults> {
        let fields: BTreeMap<&str, &str> =
            line.split('\t').filter_map(|field| field.split_once(':')).map(|(k, v)| (k.trim(), v.trim())).collect();
        let unit = match fields.get("Unit") {
            Some(&"C") => Unit::Celsius,
            Some(&"F") => Unit::Fahrenheit,
            other => {
                let got = other.map_or("missing".to_owned(), |unit| format!("\"{}\"", shortened(unit)));
                return Err(one_fault("line 1", format!("Unit is {got}: Unit:C or Unit:F is needed, between tabs")));
            }
        };
        let mut head = Self { unit, begun: begun(&fields), marks: BTreeMap::new() };
        for (kind, name, _) in NAMES {
            let Some(time) = fields.get(name).filter(|time| !time.is_empty()) else { continue };
            let seconds = clock_seconds(time)
                .ok_or_else(|| one_fault("line 1", format!("{name} is \"{}\": mm:ss is needed", shortened(time))))?;
            // Only a CHARGE can lie at the very start; elsewhere it is how some files write *unset*.
            if seconds > 0.0 || kind == MarkKind::Charge {
                head.marks.insert(kind, (seconds * 1000.0) as u64);
            }
        }
        Ok(head)
    }
}

/// `dd.MM.yyyy` and `HH:mm`, taken as UTC.
fn begun(fields: &BTreeMap<&str, &str>) -> Option<WallMs> {
    let mut date = fields.get("Date")?.split('.');
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    let time = fields.get("Time").copied().filter(|time| !time.is_empty()).unwrap_or("00:00");
    parse_rfc3339(&format!("{year}-{month:0>2}-{day:0>2}T{time:0>5}:00Z"))
}

/// `mm:ss`, minutes without an upper bound. Unit: s.
fn clock_seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.split_once(':')?;
    let (minutes, seconds): (u32, u32) = (minutes.parse().ok()?, seconds.parse().ok()?);
    (seconds < 60).then(|| f64::from(minutes) * 60.0 + f64::from(seconds))
}

/// The rows below the two head lines.
struct Table<'a> {
    /// Where each row stands in the file, counted from 1.
    lines: Vec<usize>,
    /// Time since the start.
    seconds: Vec<f64>,
    /// What stands in the column `Event`.
    events: Vec<&'a str>,
    /// Every other column's values, by its place in the line.
    values: BTreeMap<usize, Vec<f64>>,
}

impl<'a> Table<'a> {
    /// Reads rows until the first that is wrong.
    fn of(lines: impl Iterator<Item = &'a str>, names: &[&str], faults: &mut Faults) -> Self {
        let columns = (2..4).chain(COLUMNS.len()..names.len());
        let mut table = Self {
            lines: Vec::new(),
            seconds: Vec::new(),
            events: Vec::new(),
            values: columns.map(|column| (column, Vec::new())).collect(),
        };
        for (line, text) in (FIRST_ROW..).zip(lines) {
            if text.trim().is_empty() {
                continue;
            }
            if let Err(detail) = table.row(text, names) {
                faults.add(format!("line {line}"), detail);
                break;
            }
            table.lines.push(line);
        }
        table
    }

    fn row(&mut self, text: &'a str, names: &[&str]) -> Result<(), String> {
        let cells: Vec<&str> = text.split('\t').map(str::trim).collect();
        if cells.len() < COLUMNS.len() || cells.len() > names.len() {
            return Err(format!("has {} columns, line 2 names {}", cells.len(), names.len()));
        }
        let time = cells.first().copied().unwrap_or_default();
        let seconds = clock_seconds(time);
        self.seconds.push(seconds.ok_or_else(|| format!("Time1 is \"{}\": mm:ss is needed", shortened(time)))?);
        self.events.push(cells.get(4).copied().unwrap_or_default());
        for (&column, values) in &mut self.values {
            // Writers leave out empty cells at the end of a line.
            let cell = cells.get(column).copied().unwrap_or_default();
            let value = if cell.is_empty() { Some(DROPOUT) } else { cell.parse::<f64>().ok() };
            let value = value.filter(|value| value.abs() <= READING_MAX);
            let name = names.get(column).copied().unwrap_or_default();
            values.push(value.ok_or_else(|| format!("{name} is \"{}\": a finite number is needed", shortened(cell)))?);
        }
        Ok(())
    }
}

fn series(table: &Table<'_>, names: &[&str], clock: &Clock, unit: &Unit) -> Series {
    let timestamp_ms = clock.timestamps();
    let rows = timestamp_ms.len();
    let column = |column: usize| -> Vec<Option<f64>> {
        let values = table.values.get(&column).map(Vec::as_slice).unwrap_or_default();
        clock.pick(values).map(|native| reading(native, unit)).collect()
    };
    let mut taken = BTreeSet::from(["bt".to_owned(), "et".to_owned()]);
    let mut extra = BTreeMap::new();
    for (place, name) in names.iter().enumerate().skip(COLUMNS.len()).filter(|(_, name)| !name.is_empty()) {
        let curve = column(place);
        if curve.iter().any(Option::is_some)
            && let Some(id) = channel_id(name, &mut taken)
        {
            extra.insert(id, curve);
        }
    }
    Series { timestamp_ms, et: column(2), bt: column(3), bt_ror: vec![None; rows], et_ror: vec![None; rows], extra }
}

/// The marks of the column `Event`, and those only the first line has.
fn marks(head: &Head, table: &Table<'_>, clock: &Clock, series: &Series) -> Vec<Mark> {
    let named = |text: &str| NAMES.iter().find(|(_, _, event)| *event == text).map(|(kind, _, _)| *kind);
    let rows = table.events.iter().zip(&clock.at_ms);
    let mut times: BTreeMap<MarkKind, u64> = head.marks.clone();
    times.extend(rows.filter_map(|(event, &at)| Some((named(event)?, at))));
    let mut marks: Vec<Mark> = times
        .into_iter()
        .map(|(kind, at)| {
            let (bt, et) = temperatures_at(series, SessionMs(at));
            Mark { kind, at: SessionMs(at), source: MarkSource::Manual, bt, et }
        })
        .collect();
    marks.sort_by_key(|mark| mark.at);
    marks
}

/// Writes a table, all temperatures in °C. Readings after the first of each second are left out, as the format has no room.
pub fn export(profile: &Profile) -> String {
    let series = &profile.series;
    let mut text = head_line(profile);
    let names = COLUMNS.into_iter().chain(series.extra.keys().map(String::as_str));
    // Artisan reads names in pairs, two to a device.
    let filler = series.extra.len() % 2;
    text.push_str(&names.chain(std::iter::repeat_n("", filler)).collect::<Vec<_>>().join("\t"));
    text.push('\n');
    let charge = profile.marks.iter().find(|mark| mark.kind == MarkKind::Charge).map(|mark| mark.at.0);
    let rows = whole_seconds(&series.timestamp_ms);
    let events = events_by_row(profile, &rows);
    for &row in &rows {
        let at = series.timestamp_ms.get(row).copied().unwrap_or(0);
        let since_charge = charge.and_then(|charge| at.checked_sub(charge)).map(mm_ss).unwrap_or_default();
        let value = |column: &Vec<Option<f64>>| number(column.get(row).copied().flatten());
        let event = events.get(&row).copied().unwrap_or_default().to_owned();
        let mut cells = vec![mm_ss(at), since_charge, value(&series.et), value(&series.bt), event];
        cells.extend(series.extra.values().map(value));
        cells.extend(std::iter::repeat_n(number(None), filler));
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    text
}

fn head_line(profile: &Profile) -> String {
    let begun = OffsetDateTime::from_unix_timestamp(profile.created_at.0.div_euclid(1000));
    let (date, time) = begun.map_or_else(
        |_| (String::new(), String::new()),
        |at| {
            let date = format!("{:02}.{:02}.{:04}", at.day(), u8::from(at.month()), at.year());
            (date, format!("{:02}:{:02}", at.hour(), at.minute()))
        },
    );
    let mut fields = vec![format!("Date:{date}"), "Unit:C".to_owned()];
    for (kind, name, _) in NAMES {
        let mark = profile.marks.iter().find(|mark| mark.kind == kind);
        fields.push(format!("{name}:{}", mark.map(|mark| mm_ss(mark.at.0)).unwrap_or_default()));
    }
    fields.push(format!("Time:{time}"));
    fields.join("\t") + "\n"
}

/// The first row of each whole second.
fn whole_seconds(timestamp_ms: &[u64]) -> Vec<usize> {
    let mut last = None;
    let mut first_of_second = |&(_, &ms): &(usize, &u64)| last.replace(ms / 1000) != Some(ms / 1000);
    timestamp_ms.iter().enumerate().filter(|row| first_of_second(row)).map(|(row, _)| row).collect()
}

/// Each mark's name at the row nearest to it; where two meet, the first line still has both.
fn events_by_row(profile: &Profile, rows: &[usize]) -> BTreeMap<usize, &'static str> {
    let times: Vec<u64> = rows.iter().filter_map(|&row| profile.series.timestamp_ms.get(row).copied()).collect();
    let mut events = BTreeMap::new();
    for mark in &profile.marks {
        let name = NAMES.iter().find(|(kind, _, _)| *kind == mark.kind).map(|(_, _, name)| *name);
        let row = nearest(&times, mark.at.0).and_then(|place| rows.get(place));
        if let (Some(name), Some(&row)) = (name, row) {
            events.entry(row).or_insert(name);
        }
    }
    events
}

fn mm_ss(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "-1".to_owned(), |value| format!("{value:?}"))
}

#[cfg(test)]
mod tests {
    use hearth_actors::model::ids::SessionId;

    use super::*;

    const ARRIVAL: Arrival = Arrival { id: SessionId(7), now: WallMs(5000) };
    const SMALL: &str = "Date:31.01.2026\tUnit:F\tCHARGE:00:01\tTP:\tDRYe:00:00\tFCs:\tFCe:\tSCs:\tSCe:\tDROP:00:04\tCOOL:\tTime:08:30\n\
        Time1\tTime2\tET\tBT\tEvent\tInlet air\tspare\n\
        00:00\t\t212.0\t-1\t\t392\t-1\n\
        00:01\t00:00\t212.0\t302.0\tCHARGE\t392\t-1\n\
        \n\
        00:03\t00:02\t\t284.0\t\t-1\n";

    fn faults(text: &str) -> Vec<String> {
        import(text, ARRIVAL).unwrap_err().iter().map(|fault| fault.pointer.clone()).collect()
    }

    #[test]
    fn a_table_in_fahrenheit_is_read_with_its_dropouts_missing() {
        let profile = import(SMALL, ARRIVAL).unwrap();
        assert_eq!(profile.series.timestamp_ms, [0, 1000, 3000]);
        assert_eq!(profile.series.bt, [None, Some(150.0), Some(140.0)]);
        assert_eq!(profile.series.et, [Some(100.0), Some(100.0), None]);
        assert_eq!(profile.series.extra.keys().collect::<Vec<_>>(), ["Inlet_air"]);
        assert_eq!(profile.created_at, parse_rfc3339("2026-01-31T08:30:00Z").unwrap());
        let marks: Vec<_> = profile.marks.iter().map(|mark| (mark.kind, mark.at.0, mark.bt)).collect();
        assert_eq!(marks, [(MarkKind::Charge, 1000, Some(150.0)), (MarkKind::Drop, 4000, Some(140.0))]);
        assert_eq!(profile.duration.0, 4000);
    }

    #[test]
    fn a_table_reads_back_what_it_wrote() {
        let profile = import(SMALL, ARRIVAL).unwrap();
        let again = import(&export(&profile), ARRIVAL).unwrap();
        assert_eq!(again.series, profile.series);
        assert_eq!((again.marks[0], again.created_at), (profile.marks[0], profile.created_at));
    }

    #[test]
    fn the_file_itself_is_as_artisan_writes_it() {
        let text = export(&import(SMALL, ARRIVAL).unwrap());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("Date:31.01.2026\tUnit:C\tCHARGE:00:01\tTP:\tDRYe:\tFCs:"), "{}", lines[0]);
        assert_eq!(lines[1], "Time1\tTime2\tET\tBT\tEvent\tInlet_air\t");
        assert_eq!(lines[3], "00:01\t00:00\t100.0\t150.0\tCHARGE\t200.0\t-1");
    }

    #[test]
    fn only_the_first_reading_of_a_second_fits() {
        let mut profile = import(SMALL, ARRIVAL).unwrap();
        profile.series.timestamp_ms = vec![0, 400, 1000];
        assert_eq!(export(&profile).lines().count(), 2 + 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert_eq!(faults(""), ["line 1"]);
        assert_eq!(faults("a\tb\n"), ["line 1"]);
        assert_eq!(faults("Unit:K\tTime:\n"), ["line 1"]);
        assert_eq!(faults("Unit:C\tDROP:soon\n"), ["line 1"]);
        assert_eq!(faults("Unit:C\t\nTime1\tET\n"), ["line 2"]);
        assert_eq!(faults(&SMALL[..SMALL.find("00:00\t\t").unwrap()]), ["line 3"]);
        assert_eq!(faults(&SMALL.replace("00:03\t", "00:61\t")), ["line 6"]);
        assert_eq!(faults(&SMALL.replace("00:03\t", "00:00\t")), ["line 6"]);
        assert_eq!(faults(&SMALL.replace("284.0", "nan")), ["line 6"]);
        assert_eq!(faults(&SMALL.replace("284.0", "1e999")), ["line 6"]);
        assert_eq!(faults(&SMALL.replace("302.0\t", "")), ["line 4"]);
        assert_eq!(faults(&SMALL.replace("302.0", "302.0\t1\t2\t3\t4\t5")), ["line 4"]);
    }
}
