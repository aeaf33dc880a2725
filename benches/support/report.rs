//! The table of a topic: printed, and on request put into the block of its name in `docs/performance.md`.

use std::fmt::Write as _;
use std::fs;
use std::io::{Write as _, stdout};
use std::path::Path;

use anyhow::Context;
use hearth::wire::rfc3339;
use hearth_actors::runtime::clock::wall_now;

use super::cores;

/// Set to have the figures written down: `make bench-write`.
const WRITE: &str = "BENCH_WRITE";

const HEADINGS: [&str; 5] = ["what", "measured", "peer or limit", "ratio", "verdict"];

/// What a ratio may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Kept while the ratio does not exceed it.
    AtMost(f64),
    /// Kept while the ratio does not fall below it.
    AtLeast(f64),
    /// Told for its own sake.
    None,
}

impl Bound {
    fn verdict(self, ratio: f64) -> String {
        let (kept, words) = match self {
            Self::AtMost(most) => (ratio <= most, format!("limit {most}")),
            Self::AtLeast(least) => (ratio >= least, format!("at least {least}")),
            Self::None => return String::new(),
        };
        if kept { format!("kept ({words})") } else { format!("MISSED ({words})") }
    }
}

/// One topic's figures.
pub struct Table {
    topic: &'static str,
    rows: Vec<[String; 5]>,
}

impl Table {
    /// An empty one. `topic` names the tool and its block.
    pub fn new(topic: &'static str) -> Self {
        Self { topic, rows: Vec::new() }
    }

    /// A figure beside a peer or a limit in the same unit. `beside` says which; the ratio is `measured / other`.
    pub fn compare(&mut self, what: &str, (measured, other): (f64, f64), unit: &str, beside: &str, bound: Bound) {
        let ratio = if other == 0.0 { 0.0 } else { measured / other };
        self.rows.push([
            what.to_owned(),
            format!("{} {unit}", rounded(measured)),
            format!("{} {unit}{}{beside}", rounded(other), if beside.is_empty() { "" } else { ", " }),
            format!("{ratio:.2}"),
            bound.verdict(ratio),
        ]);
    }

    /// A figure that must not exceed a limit in its own unit.
    pub fn limit(&mut self, what: &str, measured: f64, most: f64, unit: &str) {
        let ratio = if most == 0.0 { measured } else { measured / most };
        let kept = if measured <= most { "kept" } else { "MISSED" };
        self.rows.push([
            what.to_owned(),
            format!("{} {unit}", rounded(measured)),
            format!("limit {} {unit}", rounded(most)),
            if most == 0.0 { String::new() } else { format!("{ratio:.2}") },
            kept.to_owned(),
        ]);
    }

    /// A figure for its own sake.
    pub fn figure(&mut self, what: &str, measured: f64, unit: &str) {
        let none = String::new();
        self.rows.push([what.to_owned(), format!("{} {unit}", rounded(measured)), none.clone(), none.clone(), none]);
    }

    /// Prints it, and writes it down where that was asked for.
    ///
    /// # Errors
    /// When it cannot be printed or written down.
    pub fn finish(self) -> anyhow::Result<()> {
        writeln!(stdout(), "\n{}\n{}", self.topic, self.aligned())?;
        if std::env::var_os(WRITE).is_some() {
            self.write_down()?;
        }
        Ok(())
    }

    fn aligned(&self) -> String {
        let headings = HEADINGS.map(str::to_owned);
        let lines: Vec<&[String; 5]> = std::iter::once(&headings).chain(&self.rows).collect();
        let widths: [usize; 5] =
            std::array::from_fn(|i| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or_default());
        let mut text = String::new();
        for line in lines {
            for (cell, width) in line.iter().zip(widths) {
                let _ = write!(text, "{cell:<width$}  ");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }

    fn write_down(&self) -> anyhow::Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        let page = fs::read_to_string(&path).context("reading docs/performance.md")?;
        let (begin, end) = (format!("<!-- figures: {} -->\n", self.topic), format!("<!-- end: {} -->", self.topic));
        let parts = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
        let (before, after) = parts.with_context(|| format!("docs/performance.md lacks the block `{}`", self.topic))?;
        let page = format!("{before}{begin}{}{end}{after}", self.markdown());
        fs::write(&path, page).context("writing docs/performance.md")
    }

    fn markdown(&self) -> String {
        let date = rfc3339(wall_now()).unwrap_or_default();
        let mut text = format!(
            "`cargo bench --bench {}` on {}, {}\n\n| {} |\n|---|--:|--:|--:|---|\n",
            self.topic,
            date.get(..10).unwrap_or(&date),
            machine(),
            HEADINGS.join(" | ")
        );
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }
}

/// Three digits that count.
fn rounded(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 || v == 0.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// Processor, cores and kernel in a line.
fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, n)| n);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    format!("{}, {} cores, Linux {kernel}", name.unwrap_or("unknown processor").trim(), cores::available())
}
