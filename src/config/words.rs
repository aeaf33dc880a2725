//! Turns serde's messages into words for the person who wrote the document.

/// The name in a "missing field" message.
pub fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// Whether a message complains about a key that is not known.
pub fn is_unknown_field(message: &str) -> bool {
    message.starts_with("unknown field `")
}

/// A message in plain words that say what would be right.
pub fn plain(message: &str) -> String {
    if is_unknown_field(message) {
        return match choices(message) {
            known if known.is_empty() => "unknown key; none is known here".to_owned(),
            known => format!("unknown key; known here: {}", known.join(", ")),
        };
    }
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let found = rest.split('`').next().unwrap_or_default();
        return format!("`{found}` is not known here; use {}", either(&choices(message)));
    }
    match (expected(message), found(message)) {
        (Some(expected), Some(found)) => format!("expected {expected}, found {found}"),
        _ => message.to_owned(),
    }
}

/// What a message says is expected, in plain words.
pub fn expected(message: &str) -> Option<String> {
    if message.starts_with("unknown variant") {
        return Some(either(&choices(message)));
    }
    Some(match expected_raw(message)? {
        "a string" | "string" | "a borrowed string" | "path string" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        raw if raw.starts_with("struct ") || raw == "a map" => "a table".to_owned(),
        raw if raw.starts_with("enum ") || raw.starts_with("variant ") => "a text".to_owned(),
        raw => raw.to_owned(),
    })
}

/// What a message says is expected, in its own words.
pub fn expected_raw(message: &str) -> Option<&str> {
    message.rsplit_once(", expected ").map(|(_, expected)| expected.trim_end())
}

/// The first of the choices that a message lists for a text.
pub fn first_choice(message: &str) -> Option<&str> {
    if !message.starts_with("unknown variant") {
        return None;
    }
    choices(message).first().copied()
}

fn found(message: &str) -> Option<String> {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, _) = rest.rsplit_once(", expected ")?;
    Some(match found {
        "map" => "a table".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit value" => "nothing".to_owned(),
        other => match other.split_once(' ') {
            Some(("string", text)) => text.to_owned(),
            Some(("integer" | "boolean", text)) => text.trim_matches('`').to_owned(),
            Some(("floating", text)) => text.trim_start_matches("point ").trim_matches('`').to_owned(),
            _ => other.to_owned(),
        },
    })
}

/// The names that a message lists as known, in its order.
fn choices(message: &str) -> Vec<&str> {
    match message.rsplit_once(", expected ") {
        Some((_, list)) => list.split('`').skip(1).step_by(2).collect(),
        None => Vec::new(),
    }
}

fn either(choices: &[&str]) -> String {
    match choices {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_plain() {
        for (message, words) in [
            (
                "invalid type: string \"a, expected b\", expected u16",
                "expected a whole number from 0 to 65535, found \"a, expected b\"",
            ),
            ("invalid type: floating point `1.5`, expected u64", "expected a whole number, 0 or more, found 1.5"),
            ("invalid type: map, expected a string", "expected a text, found a table"),
            ("invalid type: null, expected a boolean", "expected true or false, found nothing"),
            ("unknown field `a`, there are no fields", "unknown key; none is known here"),
            ("unknown field `a`, expected `b`", "unknown key; known here: b"),
            ("unknown variant `a`, expected `b` or `c`", "`a` is not known here; use b or c"),
            ("unknown variant `a`, expected one of `b`, `c`, `d`", "`a` is not known here; use b, c or d"),
            ("use ADDRESS:PORT", "use ADDRESS:PORT"),
        ] {
            assert_eq!(plain(message), words);
        }
    }
}
