//! Real roasts for tests; origin and licence stand beside the files.

use std::collections::BTreeMap;

/// One without ET, and one with dropouts.
pub(super) const ROASTS: [&str; 2] =
    [include_str!("../../tests/roasts/2025-09-20.csv"), include_str!("../../tests/roasts/2026-04-25.csv")];

/// Time (ms), BT and ET (°C).
pub(super) type Poll = (i64, Option<f64>, Option<f64>);

/// The readings of a roast and the marks that its roaster set, by name (ms).
pub(super) struct Roast {
    pub(super) polls: Vec<Poll>,
    pub(super) marks: BTreeMap<&'static str, i64>,
}

pub(super) fn roast(csv: &'static str) -> Roast {
    let marks = csv.lines().filter_map(|l| l.strip_prefix("# mark ")).map(|l| {
        let (name, at) = l.split_once(' ').unwrap();
        (name, at.parse().unwrap())
    });
    let rows = csv.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit()));
    let polls = rows.map(|l| {
        let fields: Vec<&str> = l.split(',').collect();
        (fields[0].parse().unwrap(), fields[1].parse().ok(), fields[2].parse().ok())
    });
    Roast { polls: polls.collect(), marks: marks.collect() }
}
