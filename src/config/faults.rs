//! Faults of a configuration or a body, collected so that all of them are told at once.

use std::fmt;

use super::parse::is_within;

/// One fault: where it stands and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into the document, such as `/channels/0/source/address`.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// All faults of a document, in the order in which they stand there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    found: Vec<Fault>,
}

impl Faults {
    /// No fault yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.found.push(Fault { pointer: pointer.into(), detail: detail.into() });
    }

    /// Puts better words to what is told about a place.
    pub fn amend(&mut self, pointer: &str, detail: impl Into<String>) {
        if let Some(fault) = self.found.iter_mut().find(|fault| fault.pointer == pointer) {
            fault.detail = detail.into();
        }
    }

    /// Adds those of a part that stands at `prefix`, leaving out what stands at or below a place that is told already:
    /// it may be wrong only because of that.
    pub fn absorb(&mut self, prefix: &str, part: Self) {
        let told = self.found.len();
        for fault in part.found {
            let pointer = format!("{prefix}{}", fault.pointer);
            if !self.found[..told].iter().any(|known| is_within(&pointer, &known.pointer)) {
                self.found.push(Fault { pointer, detail: fault.detail });
            }
        }
    }

    /// Whether exactly this place is told.
    pub fn concern(&self, pointer: &str) -> bool {
        self.found.iter().any(|fault| fault.pointer == pointer)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.found.iter()
    }

    /// The value if no fault was found.
    ///
    /// # Errors
    /// The faults, if there are any.
    pub fn unless_any<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.found {
            writeln!(f, "{}: {}", fault.pointer, fault.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
