//! Everything REST can do, in one table: the routes are made of it, and so is the description that clients read.

mod access;
mod bevforge;
mod control_panel;
mod daemon;
mod examples;
mod machines;
mod openscan;
mod profiles;
mod programs;
mod safety;
mod sessions;
mod setup;
mod tasks;
mod webmacs;

use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use serde_json::{Value, json};

use super::door::{Door, admit};
use super::operation::{Operation, Parameter};
use super::rest;
use super::rest::caller::{CLIENT_ID, CLIENT_NAME};

/// All operations in the order of the description. A literal part of a path stands before a parameter in its place.
pub fn all() -> Vec<Operation> {
    [
        machines::operations(),
        setup::operations(),
        sessions::operations(),
        safety::operations(),
        profiles::operations(),
        tasks::operations(),
        programs::operations(),
        webmacs::operations(),
        control_panel::operations(),
        bevforge::operations(),
        openscan::operations(),
        access::operations(),
        daemon::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Registers every operation that a door serves; a path answers any other method with 405 and the methods it takes.
pub fn routes(config: &mut ServiceConfig, door: &Door) {
    let operations: Vec<Operation> = all().into_iter().filter(|operation| door.serves(operation)).collect();
    for path in paths(&operations) {
        let is_here = |operation: &&Operation| operation.places().any(|place| place == path);
        let here: Vec<&Operation> = operations.iter().filter(is_here).collect();
        let allowed: Vec<&str> = here.iter().map(|operation| operation.method.as_str()).collect();
        let resource = rest::resource(&path, &allowed.join(", "));
        config.service(here.iter().fold(resource, |resource, operation| {
            let rule = operation.rule();
            resource.route((operation.route)().wrap(from_fn(move |request, next| admit(rule, request, next))))
        }));
    }
}

/// Every path once, in order of first mention.
pub fn paths(operations: &[Operation]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for place in operations.iter().flat_map(Operation::places) {
        if !paths.contains(&place) {
            paths.push(place);
        }
    }
    paths
}

fn machine() -> Parameter {
    Parameter::path("id", "The machine's id.", slug())
}

/// Who asks, as the holder of the lease.
fn as_client() -> Parameter {
    let about = "The id of the client, the same as `client_id` of its socket: with it a request may hold control of the machine.";
    Parameter::header(CLIENT_ID, about, json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" }))
}

fn as_named() -> Parameter {
    Parameter::header(CLIENT_NAME, "Shown to others as who controls the machine.", json!({ "type": "string" }))
}

fn slug() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$", "example": "machine-a" })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::machine::MachineConfig;
    use crate::http::operation::Place;

    #[test]
    fn an_operation_is_there_once_and_its_name_is_its_own() {
        let operations = all();
        let ids: BTreeSet<&str> = operations.iter().map(|operation| operation.id).collect();
        let places: BTreeSet<(&str, &str)> = operations.iter().map(|o| (o.path, o.method.as_str())).collect();
        assert_eq!((ids.len(), places.len()), (operations.len(), operations.len()));
    }

    #[test]
    fn every_operation_says_what_it_does_and_explains_each_part_of_its_path() {
        for operation in all() {
            assert!(!operation.summary.is_empty() && !operation.success.about.is_empty(), "{}", operation.id);
            let in_path: BTreeSet<&str> =
                operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            let explained = operation.parameters.iter().filter(|parameter| parameter.place == Place::Path);
            assert_eq!(explained.map(|parameter| parameter.name).collect::<BTreeSet<_>>(), in_path, "{}", operation.id);
        }
    }

    #[test]
    fn a_literal_path_stands_before_the_parameter_that_would_swallow_it() {
        let operations = all();
        let paths = paths(&operations);
        for (later, path) in paths.iter().enumerate() {
            for earlier in &paths[..later] {
                let swallows = earlier.split('/').count() == path.split('/').count()
                    && earlier.split('/').zip(path.split('/')).all(|(a, b)| a == b || a.starts_with('{'));
                assert!(!swallows, "{earlier} hides {path}");
            }
        }
    }

    #[test]
    fn no_route_is_made_beside_the_table() {
        // The page's own files and the pages of the UI are no operations.
        let elsewhere = ["operations.rs", "docs.rs", "server.rs"];
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
        let mut made = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs")
                    && std::fs::read_to_string(&path).unwrap().contains(".service(")
                {
                    made.insert(path.file_name().unwrap().to_string_lossy().into_owned());
                }
            }
        }
        assert_eq!(made, elsewhere.map(str::to_owned).into());
    }

    #[test]
    fn the_example_of_a_machine_is_one_that_the_daemon_takes() {
        for (name, machine) in examples::machines() {
            assert!(MachineConfig::parse(machine).is_ok(), "{name}");
        }
    }
}
