//! The walls of the house: who may import whom. Two tables say it; the rest reads `use` lines and paths.

#![allow(clippy::expect_used, reason = "helpers of tests stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors of the heart. A module sees lower floors only, and its own.
const FLOORS: &[(&str, u8)] = &[
    ("model", 0),
    ("logic", 1),
    ("driver", 2),
    ("dialect", 2),
    ("archive", 2),
    ("runtime", 3),
    ("machine", 4),
    ("slot", 4),
    ("client", 4),
    ("recorder", 4),
    ("registry", 4),
    ("tasks", 4),
    ("system", 5),
    ("testing", 6),
];

/// Who may name a neighbour on the same floor, for its messages or its handle.
const NEIGHBOURS: &[(&str, &str)] =
    &[("slot", "machine"), ("registry", "machine"), ("registry", "slot"), ("client", "slot")];

/// What a module of the daemon may import of its siblings.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("config", &[]),
    ("storage", &["wire"]),
    ("dialects", &["wire"]),
    ("drivers", &["config"]),
    ("jobs", &["config", "storage", "wire"]),
    ("access", &["config", "storage"]),
    ("http", &["access", "config", "dialects", "drivers", "jobs", "wire"]),
    ("guard", &["cli", "config", "drivers"]),
    ("daemon", &["access", "config", "dialects", "drivers", "http", "jobs", "storage", "wire"]),
    ("cli", &["access", "config", "daemon", "storage"]),
];

/// Crates of the world, which the heart must not know.
const WORLDLY: &[&str] = &["actix-web", "serde_json", "tokio-modbus", "tokio-serial", "sled", "config", "clap"];

/// The door to the disk, and the lock, which only the system writes.
const WRITERS: &[&str] = &["storage/disk.rs", "storage/lock.rs"];

/// Where the web side holds the whole house: to stop it, to change which machines there are, and to count.
const UNSCOPED: &[&str] = &["http/reception.rs", "http/rest/machines.rs", "http/rest/system.rs"];

/// What keeps it from everybody else.
const KEEPER: &str = "http/seen.rs";

/// What changes a file system.
const WRITING: &[&str] = &[
    "fs::write(",
    "fs::rename(",
    "fs::copy(",
    "fs::remove_",
    "fs::create_dir",
    "File::create",
    "File::options",
    "OpenOptions",
    "renameat_with(",
];

fn heart_allows(from: &str, to: &str) -> bool {
    let floor = |module: &str| FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor);
    match (floor(from), floor(to)) {
        (Some(mine), Some(theirs)) => from == to || theirs < mine || NEIGHBOURS.contains(&(from, to)),
        _ => false,
    }
}

fn daemon_allows(from: &str, to: &str) -> bool {
    from == to || DIRECTIONS.iter().any(|(module, may)| *module == from && may.contains(&to))
}

/// The top-level modules of its own crate that a source text names. `inside` is the path of its module.
fn named_modules(text: &str, inside: &[String]) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect();
    let code: String =
        code.iter().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        found.extend(heads(&code[at + "crate::".len()..]));
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| !code[..*at].ends_with("super::")) {
        let (mut rest, mut depth) = (&code[at..], inside.len());
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, depth) = (after, depth.saturating_sub(1));
        }
        match depth {
            0 => found.extend(heads(rest)),
            _ => found.extend(inside.first().cloned()),
        }
    }
    found
}

/// The first names after `crate::`: one, or those of a group in braces.
fn heads(rest: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut starts, mut end) = (0, vec![0], group.len());
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                end = i;
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => starts.push(i + 1),
            _ => {}
        }
    }
    starts.into_iter().map(|at| name(&group[at..end])).filter(|name| !name.is_empty()).collect()
}

/// Every forbidden import below a `src` folder, as `file: from -> to`.
fn violations(src: &Path, allows: fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in rust_files(src) {
        let relative = file.strip_prefix(src).expect("below src").with_extension("");
        let inside: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let from = inside[0].clone();
        if matches!(from.as_str(), "lib" | "main" | "bin") || is_test_only(src, &inside) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let forbidden = named_modules(&text, &inside).into_iter().filter(|to| !allows(&from, to));
        found.extend(forbidden.map(|to| format!("{}: {from} -> {to}", relative.display())));
    }
    found
}

/// Whether the parent declares a module for tests only.
fn is_test_only(src: &Path, inside: &[String]) -> bool {
    let Some((name, parents)) = inside.split_last() else { return false };
    let parent = src.join(parents.iter().collect::<PathBuf>()).with_extension("rs");
    fs::read_to_string(parent).is_ok_and(|text| text.contains(&format!("#[cfg(test)]\nmod {name};")))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn each_floor_of_the_heart_sees_lower_floors_only() {
    assert_eq!(violations(&root().join("actors/src"), heart_allows), Vec::<String>::new());
}

#[test]
fn the_daemons_adapters_do_not_import_each_other() {
    assert_eq!(violations(&root().join("src"), daemon_allows), Vec::<String>::new());
}

/// What is written past the door, as `file: what`.
fn written_past_the_door(src: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in ["storage", "access", "jobs", "daemon"].into_iter().flat_map(|folder| rust_files(&src.join(folder))) {
        let relative = file.strip_prefix(src).expect("below src").display().to_string();
        let inside: Vec<String> =
            Path::new(&relative).with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if WRITERS.contains(&relative.as_str()) || is_test_only(src, &inside) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let code = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        for line in code.filter(|line| !line.trim_start().starts_with("//")) {
            let writes = WRITING.iter().filter(|what| line.contains(**what));
            found.extend(writes.map(|what| format!("{relative}: {what}")));
        }
    }
    found
}

#[test]
fn everything_that_is_kept_is_written_through_one_door() {
    let src = root().join("src");
    assert_eq!(written_past_the_door(&src), Vec::<String>::new());
    assert!(fs::read_to_string(src.join("storage/disk.rs")).expect("readable").contains("fs::rename("));
}

/// Where the web side and the dialects reach past what whoever asks may see, as `file: what`.
fn past_the_view(src: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in ["http", "dialects"].into_iter().flat_map(|folder| rust_files(&src.join(folder))) {
        let relative = file.strip_prefix(src).expect("below src").display().to_string();
        let text = fs::read_to_string(&file).expect("readable");
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let may =
            |what: &&&str| relative != KEEPER && !(**what == ".unscoped(" && UNSCOPED.contains(&relative.as_str()));
        let reaches = [".unscoped(", "system::House", "system::{House", "dyn Archive"];
        found.extend(
            reaches.iter().filter(may).filter(|what| code.contains(**what)).map(|what| format!("{relative}: {what}")),
        );
    }
    found
}

#[test]
fn nobody_on_the_web_side_sees_more_of_the_house_than_who_asks() {
    let src = root().join("src");
    assert_eq!(past_the_view(&src), Vec::<String>::new());
    for file in UNSCOPED {
        assert!(
            fs::read_to_string(src.join(file)).expect("readable").contains(".unscoped("),
            "{file} needs it no more"
        );
    }
}

#[test]
fn the_heart_knows_nothing_of_the_world() {
    let manifest = fs::read_to_string(root().join("actors/Cargo.toml")).expect("readable");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let dependencies = manifest["dependencies"].as_table().expect("a table");
    let worldly: Vec<&&str> = WORLDLY.iter().filter(|name| dependencies.contains_key(**name)).collect();
    assert!(!dependencies.is_empty() && worldly.is_empty(), "{worldly:?}");
}

#[test]
fn every_module_has_its_place_in_a_table() {
    let place = |src: &str, known: Vec<&str>| {
        for file in rust_files(&root().join(src)) {
            let relative = file.strip_prefix(root().join(src)).expect("below").with_extension("");
            let module = relative.iter().next().expect("a name").to_string_lossy().into_owned();
            assert!(["lib", "main", "bin"].contains(&module.as_str()) || known.contains(&module.as_str()), "{module}");
        }
    };
    place("actors/src", FLOORS.iter().map(|(name, _)| *name).collect());
    place("src", DIRECTIONS.iter().map(|(name, _)| *name).collect());
}

#[test]
fn a_forbidden_import_is_seen_however_it_is_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    };
    write("model/a.rs", "use super::b::B;\nuse crate::model::c;\n// use crate::system::x;\n");
    write("model/b.rs", "use crate::logic::gate;\n");
    write("logic/a.rs", "use crate::{\n    model::{x, y},\n    runtime::bus,\n};\n");
    write("logic/b.rs", "fn f(at: &crate::machine::Machine) {}\n");
    write("logic/c.rs", "use super::super::system::House;\n");
    write("driver.rs", "use super::archive::Archive;\nuse crate::logic::gate::Admitted;\n");
    write("machine.rs", "#[cfg(test)]\nmod helpers;\n#[cfg(test)]\nmod tests { use crate::system::House; }\n");
    write("machine/helpers.rs", "use crate::system::House;\n");
    let expected = [
        "driver: driver -> archive",
        "logic/a: logic -> runtime",
        "logic/b: logic -> machine",
        "logic/c: logic -> system",
        "model/b: model -> logic",
    ];
    assert_eq!(violations(dir.path(), heart_allows), expected);
}
