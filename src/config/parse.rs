//! Reads a document into a type and finds *every* fault on the way, not only the first.
//!
//! Serde stops at the first fault. So: read, note the fault and where it stands, take that node away, read again. Where the
//! type cannot do without the node, it gets a harmless placeholder of the kind that serde says it expects; where no
//! placeholder fits, the item around it goes. What hangs on a placeholder is never reported.
//! Types that buffer their content (`flatten`, `untagged`, internally tagged enums) hide where a fault stands. Choose their
//! variant by hand and pass the place on with [`located`], as [`super::driver`] does.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use serde_path_to_error::{Path, Segment};

use super::faults::Faults;
use super::words;

/// Faults told at most; a document with more is better read again after these are gone.
const FAULTS_MAX: usize = 100;

/// Encloses the pointer in a message that says where it is about. No document can bring it in: messages begin with our words.
const LOCATED: char = '\u{1}';

/// Begins a message about a tag.
const TAG: char = '\u{2}';

/// Placeholders tried by what the message says is expected: a text first learns that it is a choice, then which.
const FITTING_TRIES: usize = 2;

/// The last try, for what may be absent.
const NULL_TRY: usize = FITTING_TRIES + 1;

/// Reads a document.
///
/// # Errors
/// Every fault with its JSON pointer, in plain words that say what would be right.
pub fn parse_all<T: DeserializeOwned>(document: Value) -> Result<T, Faults> {
    let (value, faults) = parse_leniently(document);
    match value {
        Some(value) => faults.unless_any(value),
        None => Err(faults),
    }
}

/// Reads a document as far as it can be read, for further checks on what is sound. There is a value unless nothing is sound;
/// it is fit for use only if there are no faults.
pub fn parse_leniently<T: DeserializeOwned>(document: Value) -> (Option<T>, Faults) {
    let mut reading = Reading { document, faults: Faults::new(), mended: Vec::new() };
    // Every round takes a node away or tries another placeholder, so this ends; the bound is for what nobody thought of.
    for _ in 0..FAULTS_MAX * 20 {
        match serde_path_to_error::deserialize(&reading.document) {
            Ok(value) => return (Some(value), reading.faults),
            Err(error) => {
                let (pointer, message) = locate(&error, &reading.document);
                if !reading.mend(pointer, &message) {
                    break;
                }
            }
        }
    }
    (None, reading.faults)
}

/// Marks a message with the place it is about, below the value that is being read.
pub(super) fn located(pointer: &str, message: &str) -> String {
    format!("{LOCATED}{pointer}{LOCATED}{message}")
}

/// Like [`located`], for the tag that decides what else may stand beside it: nothing beside it is told then.
pub(super) fn located_tag(pointer: &str, message: &str) -> String {
    located(pointer, &format!("{TAG}{message}"))
}

/// Where in a document a fault stands, and its message without marks.
pub(super) fn locate(error: &serde_path_to_error::Error<serde_json::Error>, document: &Value) -> (String, String) {
    let at = pointer_of(error.path(), document);
    let message = error.inner().to_string();
    let parts = message.strip_prefix(LOCATED).and_then(|rest| rest.split_once(LOCATED));
    match parts {
        Some((below, message)) => (format!("{at}{below}"), message.to_owned()),
        None => (at, message),
    }
}

/// The pointer of `key` below `parent`, with what JSON pointers escape.
pub fn child(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A document with its faults, and the places where a placeholder stands.
struct Reading {
    document: Value,
    faults: Faults,
    mended: Vec<Mended>,
}

struct Mended {
    pointer: String,
    why: Why,
    tries: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Missing,
    Wrong,
}

impl Reading {
    /// Notes a fault and makes the document readable beyond it; `false` when that is not possible.
    fn mend(&mut self, at: String, message: &str) -> bool {
        let Some(message) = message.strip_prefix(TAG) else { return self.mend_one(at, message) };
        let tagged = match words::missing_field(message) {
            Some(_) => at.clone(),
            None => at.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default(),
        };
        let goes_on = self.mend_one(at, message);
        self.remember(&tagged, Why::Wrong);
        goes_on
    }

    fn mend_one(&mut self, at: String, message: &str) -> bool {
        let Some(name) = words::missing_field(message) else {
            return self.mend_present(&at, message);
        };
        let pointer = child(&at, name);
        if !self.is_mended(&pointer) && !self.hangs_on_mended(&at) {
            self.faults.add(&pointer, "is missing");
        }
        self.remember(&pointer, Why::Missing);
        // Nothing is expected yet; putting null makes serde say what it expects.
        self.put(&pointer, Value::Null)
    }

    fn mend_present(&mut self, at: &str, message: &str) -> bool {
        if let Some(index) = self.mended.iter().position(|m| m.pointer == at) {
            self.mended[index].tries += 1;
            let Mended { tries, why, .. } = self.mended[index];
            if why == Why::Missing && tries <= FITTING_TRIES {
                self.say_what_is_expected(at, message);
            }
            return match placeholder(message, tries) {
                Some(value) => self.put(at, value),
                None => self.take_away_around(at),
            };
        }
        if !self.hangs_on_mended(at) {
            self.faults.add(at, words::plain(message));
            if self.faults.len() >= FAULTS_MAX {
                self.faults.add("", "there are more faults; correct these first");
                return false;
            }
        }
        if at.is_empty() {
            return false;
        }
        if words::is_unknown_field(message) {
            return self.take_away(at);
        }
        self.remember(at, Why::Wrong);
        match placeholder(message, 1) {
            Some(value) => self.put(at, value),
            None => self.take_away_around(at),
        }
    }

    fn say_what_is_expected(&mut self, at: &str, message: &str) {
        if let Some(expected) = words::expected(message) {
            self.faults.amend(at, format!("is missing: expected {expected}"));
        }
    }

    fn is_mended(&self, pointer: &str) -> bool {
        self.mended.iter().any(|m| m.pointer == pointer)
    }

    /// Whether a pointer lies at or below a placeholder.
    fn hangs_on_mended(&self, pointer: &str) -> bool {
        self.mended.iter().any(|m| is_within(pointer, &m.pointer))
    }

    fn remember(&mut self, pointer: &str, why: Why) {
        if !self.is_mended(pointer) {
            self.mended.push(Mended { pointer: pointer.to_owned(), why, tries: 0 });
        }
    }

    fn put(&mut self, pointer: &str, value: Value) -> bool {
        let Some((parent, key)) = self.parent_of(pointer) else { return false };
        match parent {
            Value::Object(members) => {
                members.insert(key, value);
                true
            }
            Value::Array(items) => match key.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                Some(slot) => {
                    *slot = value;
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    fn take_away(&mut self, pointer: &str) -> bool {
        let Some((parent, key)) = self.parent_of(pointer) else { return false };
        match parent {
            Value::Object(members) => members.remove(&key).is_some(),
            // An item is emptied, never removed: the pointers behind it must keep their meaning.
            Value::Array(_) => self.put(pointer, Value::Object(Map::new())),
            _ => false,
        }
    }

    /// Takes away what no placeholder fits: an optional member by itself, else all that is around it.
    fn take_away_around(&mut self, pointer: &str) -> bool {
        if self.parent_of(pointer).is_some_and(|(parent, key)| parent.get(&key).is_some()) && self.take_away(pointer) {
            return true;
        }
        match pointer.rsplit_once('/') {
            Some((parent, _)) if !parent.is_empty() => {
                self.remember(parent, Why::Wrong);
                self.take_away_around(parent)
            }
            _ => false,
        }
    }

    fn parent_of(&mut self, pointer: &str) -> Option<(&mut Value, String)> {
        let (parent, key) = pointer.rsplit_once('/')?;
        let key = key.replace("~1", "/").replace("~0", "~");
        self.document.pointer_mut(parent).map(|value| (value, key))
    }
}

/// Whether a pointer lies at or below another.
pub fn is_within(pointer: &str, root: &str) -> bool {
    pointer.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A harmless value of the kind that a message says is expected. `tries` walks through what could do.
fn placeholder(message: &str, tries: usize) -> Option<Value> {
    let fitting = match words::first_choice(message) {
        Some(choice) => json!(choice),
        None => match words::expected_raw(message)? {
            e if e.contains("string") => json!("x"),
            e if e.contains("boolean") => json!(false),
            e if e.contains("sequence") || e.contains("array") => json!([]),
            e if e.contains("struct") || e.contains("map") => json!({}),
            e if e.contains("nonzero") => json!(1),
            e if is_number(e) => json!(0),
            _ => Value::Null,
        },
    };
    match tries {
        0..=FITTING_TRIES => Some(fitting),
        NULL_TRY => Some(Value::Null),
        _ => None,
    }
}

fn is_number(expected: &str) -> bool {
    matches!(expected, "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" | "f32" | "f64")
        || expected.contains("number")
        || expected.contains("integer")
}

fn pointer_of(path: &Path, document: &Value) -> String {
    path.iter().fold(String::new(), |at, segment| match segment {
        Segment::Seq { index } => format!("{at}/{index}"),
        Segment::Map { key } => child(&at, key),
        // A unit variant is no member of the document, only a text in it.
        Segment::Enum { variant } => {
            let below = child(&at, variant);
            if document.pointer(&below).is_some() { below } else { at }
        }
        Segment::Unknown => at,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Shop {
        name: String,
        port: u16,
        #[serde(default)]
        open: bool,
        #[serde(default)]
        roasters: Vec<Roaster>,
        address: Address,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Roaster {
        id: String,
        fuel: Fuel,
        load_kg: f64,
        lid: Option<u8>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Fuel {
        NaturalGas,
        Wood,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Address {
        street: String,
        number: u8,
    }

    fn told(document: Value) -> Vec<String> {
        let faults = parse_all::<Shop>(document).expect_err("faulty");
        faults.iter().map(|f| format!("{} {}", f.pointer, f.detail)).collect()
    }

    #[test]
    fn a_sound_document_is_read() {
        let shop: Shop =
            parse_all(json!({"name": "a", "port": 1, "address": {"street": "b", "number": 2}})).expect("sound");
        assert_eq!(shop.address.number, 2);
    }

    #[test]
    fn every_fault_is_told_once_with_its_place_and_what_would_be_right() {
        let found = told(json!({
            "name": 5,
            "port": 70_000,
            "opne": true,
            "roasters": [
                {"id": "r1", "fuel": "coal", "load_kg": "heavy", "lid": 300},
                {"fuel": "wood", "load_kg": 5, "lid": null, "hat": 1},
            ],
        }));
        let expected = [
            "/name expected a text, found 5",
            "/port expected a whole number from 0 to 65535, found 70000",
            "/opne unknown key; known here: name, port, open, roasters, address",
            "/roasters/0/fuel `coal` is not known here; use natural_gas or wood",
            "/roasters/0/load_kg expected a number, found \"heavy\"",
            "/roasters/0/lid expected a whole number from 0 to 255, found 300",
            "/roasters/1/hat unknown key; known here: id, fuel, load_kg, lid",
            "/roasters/1/id is missing: expected a text",
            "/address is missing: expected a table",
        ];
        let mut found_sorted = found.clone();
        let mut expected_sorted = expected.map(str::to_owned).to_vec();
        found_sorted.sort();
        expected_sorted.sort();
        assert_eq!(found_sorted, expected_sorted);
    }

    #[test]
    fn a_document_of_the_wrong_kind_altogether_is_one_fault() {
        for document in [json!(null), json!([]), json!("x"), json!(3)] {
            assert_eq!(told(document).len(), 1);
        }
    }

    #[test]
    fn an_item_of_the_wrong_kind_keeps_the_places_of_those_behind_it() {
        let found = told(json!({
            "name": "a", "port": 1, "address": {"street": "b", "number": 2},
            "roasters": [3, {"id": "r", "fuel": "wood", "load_kg": 1, "lid": "shut"}],
        }));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("/roasters/0 expected a table, found 3"), "{found:?}");
        assert!(found[1].starts_with("/roasters/1/lid "), "{found:?}");
    }

    #[test]
    fn a_flood_of_faults_is_cut_off() {
        let junk: Map<String, Value> = (0..5_000).map(|i| (format!("k{i}"), json!(i))).collect();
        assert_eq!(told(Value::Object(junk)).len(), FAULTS_MAX + 1);
    }

    #[test]
    fn a_key_with_a_slash_is_escaped_in_its_pointer() {
        let found = told(json!({"name": "a", "port": 1, "a/b~c": 1, "address": {"street": "b", "number": 2}}));
        assert!(found[0].starts_with("/a~1b~0c unknown key"), "{found:?}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z]{0,5}".prop_map(Value::from),
        ];
        let keys = prop_oneof!["name|port|open|roasters|address|id|fuel|load_kg|lid|street|number", "[a-z/~]{0,3}"];
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((keys.clone(), inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_document_is_either_read_or_told_why_not(document in any_json()) {
            let direct: Result<Shop, _> = serde_json::from_value(document.clone());
            match parse_all::<Shop>(document) {
                Ok(shop) => prop_assert_eq!(Some(shop), direct.ok()),
                Err(faults) => {
                    prop_assert!(direct.is_err());
                    prop_assert!(!faults.is_empty());
                    let mut places: Vec<_> = faults.iter().map(|f| &f.pointer).collect();
                    places.sort();
                    places.dedup();
                    prop_assert_eq!(places.len(), faults.iter().count(), "no place is told twice: {}", faults);
                }
            }
        }
    }
}
