//! Values as the known server of control panels takes them: numbers and switches also as text.

use serde_json::{Value, json};

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// A word to match on.
    pub kind: &'static str,
    /// What would be right.
    pub msg: String,
    /// The limit, where there is one.
    pub ctx: Option<Value>,
}

/// A number that lies within its limits.
///
/// # Errors
/// The limit that it is beyond.
pub fn within(value: f64, min: f64, max: f64) -> Result<f64, Fault> {
    let limit = |kind, words: &str, key: &str, bound: f64| Fault {
        kind,
        msg: format!("Input should be {words} than or equal to {bound}"),
        ctx: Some(json!({ key: bound })),
    };
    if value < min {
        Err(limit("greater_than_equal", "greater", "ge", min))
    } else if value > max {
        Err(limit("less_than_equal", "less", "le", max))
    } else {
        Ok(value)
    }
}

/// A number, also as text.
///
/// # Errors
/// What it is instead.
pub fn number(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(on) => Some(f64::from(u8::from(*on))),
        Value::String(digits) => digits.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Null | Value::Array(_) | Value::Object(_) => return Err(not("float_type", "number", "")),
    }
    .ok_or_else(|| not("float_parsing", "number", ", unable to parse string as a number"))
}

/// A whole number, also as text.
///
/// # Errors
/// What it is instead.
pub fn whole(value: &Value) -> Result<f64, Fault> {
    match (value, number(value)) {
        (Value::Array(_) | Value::Object(_), _) => Err(not("int_type", "integer", "")),
        (Value::Number(_), Ok(number)) if number.fract() != 0.0 => {
            Err(not("int_from_float", "integer", ", got a number with a fractional part"))
        }
        (_, Ok(number)) if number.fract() == 0.0 => Ok(number),
        (_, _) => Err(not("int_parsing", "integer", ", unable to parse string as an integer")),
    }
}

/// Yes or no, also as text or as 1 and 0.
///
/// # Errors
/// What it is instead.
pub fn flag(value: &Value) -> Result<bool, Fault> {
    let word = match value {
        Value::Bool(on) => return Ok(*on),
        Value::Number(number) => number.to_string(),
        Value::String(word) => word.trim().to_ascii_lowercase(),
        Value::Null | Value::Array(_) | Value::Object(_) => return Err(not("bool_type", "boolean", "")),
    };
    match word.as_str() {
        "true" | "1" | "1.0" | "on" | "yes" | "t" | "y" => Ok(true),
        "false" | "0" | "0.0" | "off" | "no" | "f" | "n" => Ok(false),
        _ => Err(not("bool_parsing", "boolean", ", unable to interpret input")),
    }
}

fn not(kind: &'static str, what: &str, why: &str) -> Fault {
    Fault { kind, msg: format!("Input should be a valid {what}{why}"), ctx: None }
}
