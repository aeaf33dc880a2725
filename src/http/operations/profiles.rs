//! Operations on profiles.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::examples;
use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::profiles;
use crate::http::rest::wire::profile::{NewProfile, PatchBody, ProfileDocument, ProfilePage, ProfileSummary};

const NOT_FOUND: &str = "No profile has this id.";
const FULL: &str = "The disk is full: make room.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    let mut operations = vec![list(), create(), import()];
    operations.extend(one());
    operations.push(export());
    operations
}

fn profile() -> Parameter {
    Parameter::path(
        "id",
        "The profile's id.",
        json!({ "type": "string", "format": "uuid", "example": examples::PROFILE }),
    )
}

fn list() -> Operation {
    let moment = || json!({ "type": "string", "format": "date-time" });
    Operation::new(Action::SeeProfiles, Method::GET, "/api/profiles", || web::get().to(profiles::list), "listProfiles")
        .told(Tag::Profiles, "Profiles, newest first", "Without their curves.")
        .takes(Parameter::query(
            "q",
            "Words that name, notes, bean, machine, operator, batch or tags must hold.",
            json!({ "type": "string" }),
        ))
        .takes(Parameter::query("machine_id", "Of this machine only.", json!({ "type": "string" })))
        .takes(Parameter::query("from", "Recorded at or after this moment.", moment()))
        .takes(Parameter::query("to", "Recorded before this moment.", moment()))
        .takes(Parameter::query(
            "limit",
            "How many at once.",
            json!({ "type": "integer", "minimum": 1, "maximum": profiles::LIMIT_MAX, "default": profiles::LIMIT }),
        ))
        .takes(Parameter::query("cursor", "`next_cursor` of the page before.", json!({ "type": "string" })))
        .answers(200, "A page of profiles.", Shape::written::<ProfilePage>(), examples::page())
        .refuses(400, "MALFORMED", "A part of the query cannot be read.")
}

fn create() -> Operation {
    Operation::new(
        Action::SaveProfile,
        Method::POST,
        "/api/profiles",
        || web::post().to(profiles::create),
        "createProfile",
    )
    .told(
        Tag::Profiles,
        "Save a finished session, or keep a document",
        "With `series` the body is a whole profile, kept under a new id; without, it names the machine whose finished \
             session is to be saved. It is on disk before the answer comes.",
    )
    .reads(
        Shape::read::<NewProfile>(),
        Presence::Needed,
        vec![
            ("save the finished session", json!({ "machine_id": "machine-a", "name": "Kenya, light" })),
            ("keep a document", examples::new_profile()),
        ],
    )
    .answers(201, "The profile.", Shape::written::<ProfileDocument>(), examples::profile())
    .with_header("Location", "Path of the profile.")
    .refuses(404, "MACHINE_NOT_FOUND", "No machine has this id.")
    .refuses(409, "INVALID_STATE_TRANSITION", "The machine has no finished session.")
    .refuses(507, "STORAGE_FULL", FULL)
}

fn import() -> Operation {
    Operation::new(Action::SaveProfile, Method::POST, "/api/profiles/import", || web::post().to(profiles::import), "importProfile")
        .told(
            Tag::Profiles,
            "Import a file",
            "The file is the body, whatever its media type. Times that run backwards, columns of unequal length and numbers \
             that are not finite are refused, with the line or key of what is wrong.",
        )
        .takes(Parameter::query(
            "format",
            "What the file is; `auto` finds out.",
            json!({ "type": "string", "enum": ["auto", "json", "alog", "csv"], "default": "auto" }),
        ))
        .reads(Shape::File, Presence::Needed, Vec::new())
        .answers(201, "The profile, without its curves.", Shape::written::<ProfileSummary>(), examples::summary())
        .with_header("Location", "Path of the profile.")
        .refuses(400, "MALFORMED", "The format is unknown.")
        .refuses(404, "MACHINE_NOT_FOUND", "Your access is limited to machines, and the profile is of none of them.")
        .refuses(507, "STORAGE_FULL", FULL)
}

fn one() -> Vec<Operation> {
    let document = || Shape::written::<ProfileDocument>();
    vec![
        Operation::new(
            Action::SeeProfiles,
            Method::GET,
            "/api/profiles/{id}",
            || web::get().to(profiles::show),
            "showProfile",
        )
        .told(Tag::Profiles, "A profile with its curves", "")
        .takes(profile())
        .answers(200, "The profile.", document(), examples::profile())
        .refuses(404, "PROFILE_NOT_FOUND", NOT_FOUND),
        Operation::new(
            Action::SaveProfile,
            Method::PATCH,
            "/api/profiles/{id}",
            || web::patch().to(profiles::change),
            "changeProfile",
        )
        .told(
            Tag::Profiles,
            "Correct a profile",
            "Fields that are left out stay as they are; an empty text takes one away. `events` is the whole list as it \
                 should be. Statistics are worked out anew. A draft becomes a saved profile.",
        )
        .takes(profile())
        .reads(
            Shape::read::<PatchBody>(),
            Presence::Needed,
            vec![(
                "name it and move the crack",
                json!({
                    "name": "Kenya, light", "roasted_weight_g": 4250, "rating": 4, "tags": ["washed"],
                    "events": [
                        { "event_type": "CHARGE", "timestamp_ms": 0 },
                        { "event_type": "FCs", "timestamp_ms": 2000 },
                    ],
                }),
            )],
        )
        .answers(200, "The profile as it is now.", document(), examples::profile())
        .refuses(404, "PROFILE_NOT_FOUND", NOT_FOUND)
        .refuses(507, "STORAGE_FULL", FULL),
        Operation::new(
            Action::DeleteProfile,
            Method::DELETE,
            "/api/profiles/{id}",
            || web::delete().to(profiles::remove),
            "deleteProfile",
        )
        .told(Tag::Profiles, "Delete a profile", "")
        .takes(profile())
        .refuses(404, "PROFILE_NOT_FOUND", NOT_FOUND),
    ]
}

fn export() -> Operation {
    Operation::new(
        Action::SeeProfiles,
        Method::GET,
        "/api/profiles/{id}/export",
        || web::get().to(profiles::export),
        "exportProfile",
    )
    .told(Tag::Profiles, "Export a file", "`alog` and `csv` are what Artisan opens.")
    .takes(profile())
    .takes(Parameter::query(
        "format",
        "What to write.",
        json!({ "type": "string", "enum": ["json", "alog", "csv"], "default": "json" }),
    ))
    .answers_text("The file.", &["application/json", "text/plain", "text/tab-separated-values"])
    .with_header("Content-Disposition", "`attachment`, with a name for the file.")
    .refuses(400, "MALFORMED", "The format is unknown.")
    .refuses(404, "PROFILE_NOT_FOUND", NOT_FOUND)
}
