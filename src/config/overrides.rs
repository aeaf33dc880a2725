//! What the environment and the flags set, over what the file says.

use serde_json::Value;

use super::error::{ConfigFault, Origin};

/// Variables with this prefix are ours.
const PREFIX: &str = "HEARTH_";

/// Stands between the levels of a key.
const LEVEL: &str = "__";

/// Begin variables that others set: container platforms for a service called hearth, and our tests for the program to run.
const NOT_OURS: [&str; 3] = ["SERVICE_", "PORT", "BIN"];

/// One value set from outside the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Override {
    /// Name of the variable or flag.
    pub(super) name: String,
    /// The key, by its parts.
    pub(super) path: Vec<String>,
    /// The value as text.
    pub(super) text: String,
}

impl Override {
    /// A flag for a key.
    pub(super) fn flag(name: &str, path: &[&str], text: &str) -> Self {
        Self {
            name: name.to_owned(),
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            text: text.to_owned(),
        }
    }

    /// Our variables among all of them. An empty one counts as not set, as container tools write it.
    pub(super) fn from_environment(variables: &[(String, String)]) -> Result<Vec<Self>, Vec<ConfigFault>> {
        let mut found = Vec::new();
        let mut faults = Vec::new();
        for (name, text) in variables.iter().filter(|(_, text)| !text.is_empty()) {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            if NOT_OURS.iter().any(|begin| key.starts_with(begin)) {
                continue;
            }
            let path: Vec<String> = key.split(LEVEL).map(str::to_lowercase).collect();
            let is_word = |part: &String| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            let detail = if !path.iter().all(is_word) {
                "is no key: write it like HEARTH_SERVER__LISTEN, two underscores between the levels"
            } else if path.first().is_some_and(|first| first == "machines") {
                "machines cannot be set by a variable: write them into the file"
            } else {
                found.push(Self { name: name.clone(), path, text: text.clone() });
                continue;
            };
            faults.push(ConfigFault {
                origin: Origin::Named(name.clone()),
                key: String::new(),
                detail: detail.to_owned(),
            });
        }
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// The key as a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        self.path.iter().map(|part| format!("/{part}")).collect()
    }

    /// The text as what the key holds by default: a number, a list (in TOML or with commas) or a text.
    /// What cannot be read so stays a text and is told as a fault later.
    pub(super) fn value(&self, defaults: &Value) -> config::Value {
        let text = self.text.trim();
        let read: Option<config::ValueKind> = match defaults.pointer(&self.pointer()) {
            Some(Value::Bool(_)) => text.parse::<bool>().ok().map(Into::into),
            Some(Value::Number(_)) => text.parse::<i64>().ok().map(Into::into),
            Some(Value::Array(_)) => Some(list(text).into()),
            _ => None,
        };
        config::Value::new(None, read.unwrap_or_else(|| self.text.clone().into()))
    }
}

fn list(text: &str) -> Vec<String> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    inner
        .split(',')
        .map(|item| item.trim().trim_matches(['"', '\'']).to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn only_our_variables_count_and_empty_ones_do_not() {
        let found = Override::from_environment(&variables(&[
            ("HEARTH_SERVER__LISTEN", "[::1]:1"),
            ("PATH", "/bin"),
            ("HEARTH_STORAGE__PATH", ""),
            ("HEARTH_SERVICE_HOST", "10.96.0.1"),
            ("HEARTH_PORT_8080_TCP", "tcp://10.96.0.1:8080"),
        ]));
        assert_eq!(found, Ok(vec![Override::flag("HEARTH_SERVER__LISTEN", &["server", "listen"], "[::1]:1")]));
    }

    #[test]
    fn a_name_that_is_no_key_is_told() {
        for name in ["HEARTH_", "HEARTH_SERVER__", "HEARTH___LISTEN", "HEARTH_A-B", "HEARTH_MACHINES__0__ID"] {
            let faults = Override::from_environment(&variables(&[(name, "x")])).expect_err(name);
            assert_eq!(faults.len(), 1);
            assert_eq!(faults[0].origin, Origin::Named(name.to_owned()));
        }
    }

    #[test]
    fn a_list_is_written_with_commas_or_as_toml() {
        for text in ["a,b", " a , b ", "[\"a\", 'b']", "a,,b,"] {
            assert_eq!(list(text), ["a", "b"], "{text}");
        }
    }
}
