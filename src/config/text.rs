//! A configuration file as text: what is wrong with its writing, and on which line each key stands.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::{ConfigFault, Origin, key_of};
use super::faults::Faults;
use super::parse::child;

/// A file that was read, with the lines of its keys.
#[derive(Debug, Default)]
pub(super) struct TextFile {
    path: PathBuf,
    text: String,
    lines: BTreeMap<String, usize>,
    /// Faults that only the text shows.
    faults: Faults,
}

impl TextFile {
    /// Reads a TOML file, or a JSON file if its name says so.
    ///
    /// # Errors
    /// Why it cannot be read, or everything that is wrong with its writing, with line and column.
    pub(super) fn read(path: &Path) -> Result<Self, Vec<ConfigFault>> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| vec![ConfigFault::of_file(path.to_owned(), unreadable(&error))])?;
        let mut file = Self { path: path.to_owned(), text, ..Self::default() };
        if file.is_json() {
            file.read_json()?
        } else {
            file.read_toml()?
        }
        Ok(file)
    }

    /// The file as it was named.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its text for merging.
    pub(super) fn source(&self) -> config::File<config::FileSourceString, config::FileFormat> {
        let format = if self.is_json() { config::FileFormat::Json } else { config::FileFormat::Toml };
        config::File::from_str(&self.text, format)
    }

    /// Faults that only the text shows.
    pub(super) fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// Whether a key stands in it.
    pub(super) fn has(&self, pointer: &str) -> bool {
        self.lines.contains_key(pointer)
    }

    /// A fault at the line of its key, or of what is around it.
    pub(super) fn locate(&self, pointer: &str, detail: &str) -> ConfigFault {
        let mut at = pointer;
        let line = loop {
            if let Some(line) = self.lines.get(at) {
                break Some(*line);
            }
            match at.rsplit_once('/') {
                Some((parent, _)) => at = parent,
                None => break None,
            }
        };
        let origin = Origin::File { path: self.path.clone(), line, column: None };
        ConfigFault { origin, key: key_of(pointer), detail: detail.to_owned() }
    }

    fn is_json(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "json")
    }

    fn read_json(&mut self) -> Result<(), Vec<ConfigFault>> {
        match serde_json::from_str::<serde_json::Value>(&self.text) {
            Ok(_) => Ok(()),
            Err(error) => {
                let detail = format!("this is no JSON: {error}");
                let (line, column) = (Some(error.line()), Some(error.column()));
                let origin = Origin::File { path: self.path.clone(), line, column };
                Err(vec![ConfigFault { origin, key: String::new(), detail }])
            }
        }
    }

    fn read_toml(&mut self) -> Result<(), Vec<ConfigFault>> {
        let (document, errors) = DeTable::parse_recoverable(&self.text);
        let faults: Vec<ConfigFault> = errors.iter().map(|error| self.syntax_fault(error)).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut walk = Walk { text: &self.text, lines: BTreeMap::new(), faults: Faults::new() };
        walk.table("", document.get_ref());
        (self.lines, self.faults) = (walk.lines, walk.faults);
        Ok(())
    }

    fn syntax_fault(&self, error: &toml::de::Error) -> ConfigFault {
        let span = error.span().unwrap_or_default();
        let (line, column) = place_of(&self.text, &span);
        let origin = Origin::File { path: self.path.clone(), line: Some(line), column: Some(column) };
        ConfigFault { origin, key: String::new(), detail: format!("this is no TOML: {}", error.message()) }
    }
}

/// Why a file cannot be read, and what to do about it.
fn unreadable(error: &std::io::Error) -> String {
    let advice = match error.kind() {
        ErrorKind::NotFound => {
            "look at the name given with --config; a relative one counts from where hearth is started. \
             Without one, etc/hearth.toml is read if it is there, else the defaults hold"
        }
        ErrorKind::PermissionDenied => "let the user that runs hearth read it",
        ErrorKind::IsADirectory => "give the file in it, such as hearth.toml",
        ErrorKind::InvalidData => "save it as UTF-8 text",
        _ => return format!("cannot be read: {error}"),
    };
    format!("cannot be read: {error}: {advice}")
}

struct Walk<'a> {
    text: &'a str,
    lines: BTreeMap<String, usize>,
    faults: Faults,
}

impl Walk<'_> {
    fn table(&mut self, at: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let below = child(at, key.get_ref());
            self.value(&below, &key.span(), value.get_ref());
        }
    }

    fn value(&mut self, at: &str, span: &Range<usize>, value: &DeValue<'_>) {
        self.lines.insert(at.to_owned(), place_of(self.text, span).0);
        match value {
            DeValue::Table(table) => self.table(at, table),
            DeValue::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.value(&format!("{at}/{i}"), &item.span(), item.get_ref());
                }
            }
            DeValue::Float(float) => {
                // Further in, such a number would be taken for one that was left out.
                if !float.as_str().replace('_', "").parse::<f64>().is_ok_and(f64::is_finite) {
                    self.faults.add(at, format!("{} is no number to reckon with: use a finite one", float.as_str()));
                }
            }
            DeValue::String(_) | DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }
}

/// Line and column of the start of a span, both counted from 1.
fn place_of(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
