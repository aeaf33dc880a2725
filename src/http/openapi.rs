//! `GET /api/openapi.json`: the table of operations, written as OpenAPI 3.1.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::bevforge::Complaint;
use super::manner::{self, Detail};
use super::operation::{Body, Operation, Parameter, Place, Presence, Refused, Shape, Success, Tag};
use super::problem::{MEDIA_TYPE, Problem};
use crate::dialects::Name;

const ABOUT: &str = "Hearth runs a shop's machines. Temperatures are in °C, rates of rise in °C per minute, session times in \
    milliseconds since the session clock was zeroed; a reading that is missing is `null`.\n\n\
    Paths answer with and without a slash at their end. What is not done is told as a problem document (RFC 9457): match on \
    `code`, show `detail` to people; a body that cannot be taken has all its faults listed under `errors`. Paths of other protocols tell \
    it in their own shape. Fields that are not \
    described here may be added later: ignore them.";

/// Problems of whatever reads a JSON body.
const OF_A_BODY: [Refused; 5] = [
    Refused { status: 400, code: "MALFORMED", about: "The body is not JSON, or did not arrive whole." },
    Refused { status: 408, code: "REQUEST_TIMEOUT", about: "The body did not arrive in time." },
    Refused { status: 413, code: "TOO_LARGE", about: "The body is larger than the daemon's limit." },
    Refused { status: 415, code: "UNSUPPORTED_MEDIA_TYPE", about: "The body is something other than JSON." },
    Refused { status: 422, code: "INVALID", about: "The body has faults; `errors` lists each with its place." },
];

/// Problems of whatever reads a file.
const OF_A_FILE: [Refused; 4] = [
    Refused { status: 400, code: "MALFORMED", about: "The file did not arrive whole." },
    Refused { status: 408, code: "REQUEST_TIMEOUT", about: "The file did not arrive in time." },
    Refused { status: 413, code: "TOO_LARGE", about: "The file is larger than the daemon's limit." },
    Refused { status: 422, code: "INVALID", about: "The file has faults; `errors` lists each with its line or key." },
];

/// Answers with the description.
pub async fn serve() -> HttpResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document(&super::operations::all()).to_string());
    HttpResponse::Ok().content_type("application/json").insert_header((CACHE_CONTROL, "no-cache")).body(text.as_str())
}

/// The description of these operations.
pub fn document(operations: &[Operation]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for (order, operation) in operations.iter().enumerate() {
        let mut described = describe(operation, &mut schemas);
        // Members of an object have no order that can be relied on.
        described["x-order"] = json!(order);
        let Some(place) = operation.places().next() else { continue };
        let path = paths.entry(place).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    let told = |media: &str, schema| json!({ "description": "It was not done, and why.", "content": { media: { "schema": schema } } });
    let responses = json!({
        "Problem": told(MEDIA_TYPE, schemas.written.subschema_for::<Problem>()),
        "Complaint": told("application/json", schemas.written.subschema_for::<Complaint>()),
        "Detail": told("application/json", schemas.written.subschema_for::<Detail>()),
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hearth",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "This daemon" }],
        "tags": Tag::ALL.map(|tag| json!({ "name": tag.name(), "description": tag.about() })),
        "paths": paths,
        "components": { "schemas": schemas.all(), "responses": responses },
    })
}

/// Schemas of what is read and of what is written: a field that is always written may be left out of what is read.
struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    /// The content object of a shape.
    fn content(&mut self, shape: Shape) -> (&'static str, Value) {
        match shape {
            Shape::Read(make) => ("application/json", json!({ "schema": make(&mut self.read) })),
            Shape::Written(make) => ("application/json", json!({ "schema": make(&mut self.written) })),
            Shape::Text("application/json") => ("application/json", json!({ "schema": { "type": "object" } })),
            Shape::Text(media) if media.starts_with("text/") => (media, json!({ "schema": { "type": "string" } })),
            // What is no text has no schema: OpenAPI 3.1, "Considerations for Binary Data".
            Shape::Text(media) => (media, json!({})),
            Shape::File => ("application/octet-stream", json!({})),
        }
    }

    fn all(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.extend(self.written.take_definitions(true));
        all
    }
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag.name()],
        "summary": operation.summary,
        "responses": responses(operation, schemas),
    });
    if !operation.about.is_empty() {
        described["description"] = json!(operation.about);
    }
    if !operation.parameters.is_empty() {
        described["parameters"] = operation.parameters.iter().map(parameter).collect();
    }
    if let Some(body) = &operation.body {
        described["requestBody"] = request_body(body, schemas);
    }
    described
}

fn parameter(parameter: &Parameter) -> Value {
    let mut schema = parameter.schema.clone();
    let example = schema.as_object_mut().and_then(|schema| schema.remove("example"));
    let mut described = match parameter.place {
        Place::Path => json!({ "name": parameter.name, "in": "path", "required": true }),
        Place::Query => json!({ "name": parameter.name, "in": "query" }),
        Place::Header => json!({ "name": parameter.name, "in": "header" }),
    };
    described["description"] = json!(parameter.about);
    described["schema"] = schema;
    if let Some(example) = example {
        described["example"] = example;
    }
    described
}

fn request_body(body: &Body, schemas: &mut Schemas) -> Value {
    let (media, mut content) = schemas.content(body.shape);
    if !body.examples.is_empty() {
        let example =
            |(name, value): &(&str, Value)| (name.replace(' ', "-"), json!({ "summary": name, "value": value }));
        content["examples"] = Value::Object(body.examples.iter().map(example).collect());
    }
    json!({ "required": body.presence == Presence::Needed, "content": { media: content } })
}

fn responses(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    responses.insert(operation.success.status.to_string(), success(&operation.success, schemas));
    let of_body: &[Refused] = match operation.body.as_ref().map(|body| body.shape) {
        None => &[],
        Some(Shape::File) => &OF_A_FILE,
        Some(Shape::Read(_) | Shape::Written(_) | Shape::Text(_)) => &OF_A_BODY,
    };
    let mut by_status: BTreeMap<u16, Vec<&Refused>> = BTreeMap::new();
    for refused in operation.refused.iter().chain(of_body) {
        by_status.entry(refused.status).or_default().push(refused);
    }
    for (status, refused) in by_status {
        responses.insert(status.to_string(), refusal(&refused, operation.dialect));
    }
    responses
        .insert("default".into(), json!({ "$ref": format!("#/components/responses/{}", shape(operation.dialect)) }));
    Value::Object(responses)
}

fn success(success: &Success, schemas: &mut Schemas) -> Value {
    let mut described = json!({ "description": success.about });
    let mut content = Map::new();
    for &shape in &success.content {
        let (media, mut value) = schemas.content(shape);
        if let Some(example) = &success.example {
            value["example"] = example.clone();
        }
        content.insert(media.to_owned(), value);
    }
    if !content.is_empty() {
        described["content"] = Value::Object(content);
    }
    if !success.headers.is_empty() {
        let header = |(name, about): &(&str, &str)| {
            ((*name).to_owned(), json!({ "description": about, "schema": { "type": "string" } }))
        };
        described["headers"] = Value::Object(success.headers.iter().map(header).collect());
    }
    described
}

/// One status may stand for several problems; each is told by its code.
fn refusal(refused: &[&Refused], dialect: Option<Name>) -> Value {
    let told: Vec<String> = refused.iter().map(|one| format!("`{}`: {}", one.code, one.about)).collect();
    let examples: Map<String, Value> = refused
        .iter()
        .map(|one| {
            let status = actix_web::http::StatusCode::from_u16(one.status).unwrap_or_default();
            let told = manner::described(Problem::new(status, one.code, one.about), dialect);
            (one.code.to_owned(), json!({ "summary": one.about, "value": told }))
        })
        .collect();
    let schema = format!("#/components/schemas/{}", shape(dialect));
    json!({
        "description": told.join("\n\n"),
        "content": { media(dialect): { "schema": { "$ref": schema }, "examples": examples } },
    })
}

/// What a problem looks like at a path of a dialect, by the name of its schema.
fn shape(dialect: Option<Name>) -> &'static str {
    match dialect {
        None | Some(Name::OpenRoast) => "Problem",
        Some(Name::BevForge) => "Complaint",
        Some(Name::WebMacs | Name::ControlPanel | Name::OpenScan) => "Detail",
    }
}

fn media(dialect: Option<Name>) -> &'static str {
    if shape(dialect) == "Problem" { MEDIA_TYPE } else { "application/json" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::operations;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_description_has_every_operation_and_no_other() {
        let operations = operations::all();
        let document = document(&operations);
        let described: usize =
            document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(described, operations.len());
        for operation in operations {
            let method = operation.method.as_str().to_ascii_lowercase();
            let place = operation.places().next().unwrap();
            assert_eq!(document["paths"][place][method]["operationId"], operation.id);
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document(&operations::all());
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50, "{}", found.len());
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn what_is_both_read_and_written_looks_the_same() {
        let mut schemas = Schemas::new();
        for operation in operations::all() {
            describe(&operation, &mut schemas);
        }
        let (read, written) = (schemas.read.definitions(), schemas.written.definitions());
        assert!(read.contains_key("MachineConfig") && written.contains_key("SessionView"));
        for (name, schema) in read {
            assert!(written.get(name).is_none_or(|other| other == schema), "two schemas are called {name}");
            assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "two types are called {name}");
        }
    }

    #[test]
    fn a_body_asks_only_for_what_the_daemon_asks_for() {
        let document = document(&operations::all());
        let required = |name: &str| document["components"]["schemas"][name]["required"].clone();
        assert_eq!(required("MachineConfig"), json!(["id", "driver"]));
        assert_eq!(required("SaveBody"), json!(["machine_id"]));
        assert_eq!(required("PatchBody"), Value::Null);
        assert_eq!(required("ProfileUpload"), json!(["machine_id", "series"]));
    }
}
