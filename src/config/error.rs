//! What a faulty configuration is told: every fault with the file and line, variable or flag it came from.

use std::fmt;
use std::path::PathBuf;

/// Where a part of the configuration came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file, with the line if it is known (counted from 1).
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line.
        line: Option<usize>,
        /// The column, where the fault is one of writing (counted from 1).
        column: Option<usize>,
    },
    /// An environment variable or a flag, by its name.
    Named(String),
}

/// One fault of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigFault {
    /// Where it came from.
    pub origin: Origin,
    /// The key, such as `machines[0].channels[2].unit`; empty where it concerns a whole file.
    pub key: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// Every fault of the configuration, file by file in the order of lines. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<ConfigFault>,
}

impl ConfigError {
    /// All faults.
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }

    /// An error if there are any faults.
    pub(super) fn of(mut faults: Vec<ConfigFault>) -> Option<Self> {
        faults.sort();
        faults.dedup();
        (!faults.is_empty()).then_some(Self { faults })
    }
}

impl ConfigFault {
    /// A fault of a whole file.
    pub(super) fn of_file(path: PathBuf, detail: String) -> Self {
        Self { origin: Origin::File { path, line: None, column: None }, key: String::new(), detail }
    }
}

/// A JSON pointer as people write keys: `/machines/0/id` becomes `machines[0].id`.
pub(super) fn key_of(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |key, part| {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            return format!("{key}[{part}]");
        }
        let part = part.replace("~1", "/").replace("~0", "~");
        if key.is_empty() { part } else { format!("{key}.{part}") }
    })
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::File { path, line, column } => {
                write!(f, "{}", path.display())?;
                for number in [line, column].into_iter().flatten() {
                    write!(f, ":{number}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.detail)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
