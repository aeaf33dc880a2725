//! Golden frames: what goes over the wire is exactly what the files under `tests/wire/` say.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own fixtures fails, and should say where")]

#[path = "wire/control_panel.rs"]
mod control_panel;
#[path = "wire/openroast.rs"]
mod openroast;
#[path = "wire/webmacs.rs"]
mod webmacs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The golden files of a dialect whose name starts with `prefix`, by case name.
fn golden(dialect: &str, prefix: &str) -> BTreeMap<String, Value> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(dialect);
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if let Some(case) = stem.strip_prefix(prefix) {
            let text = std::fs::read_to_string(&path).unwrap();
            let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            cases.insert(case.to_owned(), value);
        }
    }
    assert!(!cases.is_empty(), "no golden files in {}", folder.display());
    cases
}

/// Every field of the document's example stands in the frame, but for those whose difference the file explains.
fn check_documented(case: &str, file: &Value, frame: &Value) {
    let Some(example) = file.get("documented").and_then(Value::as_object) else { return };
    for (key, wanted) in example {
        let differs = file["documented_differs"].get(key).is_some();
        assert_eq!(frame[key] != *wanted, differs, "{case}: field {key} of the documented example");
    }
}
