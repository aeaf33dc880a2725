//! Reads the fields of a JSON object that comes from outside, so that every fault says where it stands, what was got
//! and what would be right. A field that is `null` counts as absent; fields nobody asks for are ignored.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

/// The largest integer that JSON numbers carry exactly in every client.
pub const MAX_WHOLE: u64 = (1 << 53) - 1;

const SHOWN_CHARS: usize = 40;

/// Added to a number, turns `-0.0` into `0.0` and nothing else.
const POSITIVE_ZERO: f64 = 0.0;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON pointer; empty for the document itself.
    pub pointer: String,
    /// What was got and what would be right.
    pub detail: String,
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.strip_prefix('/') {
            None => f.write_str(&self.detail),
            Some(path) => write!(f, "`{path}` {}", self.detail),
        }
    }
}

/// The fields of one object, and where it stands in its document.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    at: String,
}

impl<'a> Fields<'a> {
    /// Takes the value that stands at a JSON pointer.
    ///
    /// # Errors
    /// When it is not an object.
    pub fn of(value: &'a Value, at: impl Into<String>) -> Result<Self, FieldFault> {
        let at = at.into();
        match value {
            Value::Object(map) => Ok(Self { map, at }),
            other => Err(FieldFault { pointer: at, detail: format!("is {}: an object is needed", shown(other)) }),
        }
    }

    /// JSON pointer of a field.
    pub fn pointer(&self, key: &str) -> String {
        format!("{}/{}", self.at, key.replace('~', "~0").replace('/', "~1"))
    }

    /// The raw value of a field, unless it is absent or `null`.
    pub fn raw(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A field that may be absent.
    ///
    /// # Errors
    /// When it is there and `read` does not take it.
    pub fn may<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'a Value) -> Result<T, String>,
    ) -> Result<Option<T>, FieldFault> {
        self.raw(key).map(read).transpose().map_err(|detail| FieldFault { pointer: self.pointer(key), detail })
    }

    /// A field that must be there. `needed` says what it should be, such as `a number from 0 to 1`.
    ///
    /// # Errors
    /// When it is absent or `read` does not take it.
    pub fn must<T>(
        &self,
        key: &str,
        needed: &str,
        read: impl FnOnce(&'a Value) -> Result<T, String>,
    ) -> Result<T, FieldFault> {
        let missing = || FieldFault { pointer: self.pointer(key), detail: format!("is missing: {needed} is needed") };
        self.may(key, read)?.ok_or_else(missing)
    }
}

/// Takes a text of at most `max` characters.
pub fn text(max: usize) -> impl Fn(&Value) -> Result<&str, String> {
    move |value| match value.as_str() {
        Some(text) if text.chars().count() <= max => Ok(text),
        Some(text) => Err(format!("has {} characters: at most {max} are allowed", text.chars().count())),
        None => Err(format!("is {}: a text is needed", shown(value))),
    }
}

/// Takes a finite number in a range.
pub fn number(range: RangeInclusive<f64>) -> impl Fn(&Value) -> Result<f64, String> {
    move |value| {
        let needed = format!("a number from {} to {} is needed", range.start(), range.end());
        match value.as_f64() {
            Some(number) if range.contains(&number) => Ok(number + POSITIVE_ZERO),
            Some(_) => Err(format!("is {}, out of range: {needed}", shown(value))),
            None => Err(format!("is {}: {needed}", shown(value))),
        }
    }
}

/// Takes a whole number in a range, also written as `3.0`.
pub fn whole(range: RangeInclusive<u64>) -> impl Fn(&Value) -> Result<u64, String> {
    move |value| {
        let needed = format!("a whole number from {} to {} is needed", range.start(), range.end());
        let exact = value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0).and_then(as_whole));
        match exact {
            Some(number) if range.contains(&number) => Ok(number),
            Some(_) => Err(format!("is {}, out of range: {needed}", shown(value))),
            None => Err(format!("is {}: {needed}", shown(value))),
        }
    }
}

/// Takes a time in ms, not negative; fractions of a ms, which some clients send, are cut off.
pub fn millis(value: &Value) -> Result<u64, String> {
    let needed = "a time in ms, 0 or more, is needed";
    match value.as_f64().map(|n| as_whole(n.trunc()).filter(|_| n >= 0.0)) {
        Some(Some(ms)) => Ok(ms),
        Some(None) => Err(format!("is {}, out of range: {needed}", shown(value))),
        None => Err(format!("is {}: {needed}", shown(value))),
    }
}

/// Takes `true` or `false`.
pub fn boolean(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("is {}: true or false is needed", shown(value)))
}

/// Takes a list.
pub fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("is {}: a list is needed", shown(value)))
}

/// Takes one word of a vocabulary.
pub fn word<W>(parse: fn(&str) -> Option<W>, texts: &[&str]) -> impl Fn(&Value) -> Result<W, String> {
    move |value| {
        let known = value.as_str().and_then(parse);
        known.ok_or_else(|| format!("is {}: one of {} is needed", shown(value), texts.join(", ")))
    }
}

/// A value as it is shown in a message: shortened, escaped, containers only named.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) => format!("\"{}\"", shortened(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text as it is shown in a message: shortened, escaped.
pub fn shortened(text: &str) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(SHOWN_CHARS).collect();
    let dots = if chars.next().is_some() { "…" } else { "" };
    format!("{}{dots}", head.escape_debug())
}

/// Deepest nesting that is looked at, in bodies and frames. Source: safety design, limits.
pub const DEPTH_MAX: usize = 16;

/// How deeply lists and objects lie in one another; a plain value has depth 0.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn as_whole(number: f64) -> Option<u64> {
    // Within this range every whole number is exact, so the conversion loses nothing.
    (0.0..=MAX_WHOLE as f64).contains(&number).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fault_names_place_value_and_remedy() {
        let body = json!({"value": 1.7, "n": "x", "kind": "CHARG", "deep": {"a/b": []}});
        let fields = Fields::of(&body, "").unwrap();
        let told = |fault: FieldFault| fault.to_string();
        assert_eq!(
            told(fields.must("value", "", number(0.0..=1.0)).unwrap_err()),
            "`value` is 1.7, out of range: a number from 0 to 1 is needed"
        );
        assert_eq!(told(fields.must("gone", "a text", text(9)).unwrap_err()), "`gone` is missing: a text is needed");
        assert_eq!(
            told(fields.must("n", "", whole(1..=60)).unwrap_err()),
            "`n` is \"x\": a whole number from 1 to 60 is needed"
        );
        let deep = Fields::of(&body["deep"], "/deep").unwrap();
        assert_eq!(deep.must("a/b", "", boolean).unwrap_err().pointer, "/deep/a~1b");
        assert_eq!(told(Fields::of(&json!([]), "").unwrap_err()), "is a list: an object is needed");
    }

    #[test]
    fn null_counts_as_absent() {
        let body = json!({"at": null});
        let fields = Fields::of(&body, "").unwrap();
        assert_eq!(fields.may("at", millis), Ok(None));
        assert!(fields.must("at", "a time", millis).is_err());
    }

    #[test]
    fn a_time_is_never_negative_and_never_beyond_what_json_carries() {
        assert_eq!(millis(&json!(45000.75)), Ok(45000));
        for bad in [json!(-1), json!(-0.5), json!(1e300), json!("1"), json!(true)] {
            assert!(millis(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point_but_not_with_a_fraction() {
        assert_eq!(whole(1..=60)(&json!(3.0)), Ok(3));
        for bad in [json!(0), json!(61), json!(1.5), json!(-1), json!(1e40)] {
            assert!(whole(1..=60)(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_short_and_escaped() {
        let long = "\n".repeat(1000);
        assert!(shortened(&long).chars().count() <= 2 * SHOWN_CHARS + 1);
        assert!(!shortened(&long).contains('\n'));
    }
}
