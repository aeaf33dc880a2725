//! One operation of REST: its route and what is told of it, in one value, so that neither can be there without the other.

use super::door::{Length, Rule};
use crate::dialects::Name;
use actix_web::Route;
use actix_web::http::Method;
use hearth_actors::model::action::Action;
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// What operations are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Which machines there are.
    Machines,
    /// What a machine is doing.
    Sessions,
    /// STOP and alarms.
    Safety,
    /// Saved sessions.
    Profiles,
    /// Long jobs.
    Tasks,
    /// The WebMACS dialect.
    WebMacs,
    /// The dialect of machine control panels.
    ControlPanel,
    /// The BevForge dialect.
    BevForge,
    /// The OpenScan dialect.
    OpenScan,
    /// Who is let in.
    Access,
    /// The daemon as a whole.
    Daemon,
}

impl Tag {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 11] = [
        Self::Machines,
        Self::Sessions,
        Self::Safety,
        Self::Profiles,
        Self::Tasks,
        Self::WebMacs,
        Self::ControlPanel,
        Self::BevForge,
        Self::OpenScan,
        Self::Access,
        Self::Daemon,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machines => "Machines",
            Self::Sessions => "Sessions",
            Self::Safety => "Safety",
            Self::Profiles => "Profiles",
            Self::Tasks => "Tasks",
            Self::WebMacs => "WebMACS",
            Self::ControlPanel => "Control panel",
            Self::BevForge => "BevForge",
            Self::OpenScan => "OpenScan",
            Self::Access => "Access",
            Self::Daemon => "Daemon",
        }
    }

    /// What its operations are about.
    pub fn about(self) -> &'static str {
        match self {
            Self::Machines => "Which machines there are, how they are configured, and how well they can be reached.",
            Self::Sessions => "What a machine is doing: its session, its curve, its controls.",
            Self::Safety => {
                "Software STOP, leaving it, and alarms. Software STOP does not replace an emergency stop button."
            }
            Self::Profiles => "Saved sessions: kept, corrected, exchanged with other programs.",
            Self::Tasks => "Long jobs of the daemon, with progress: backups, exchange in bulk.",
            Self::WebMacs => {
                "The WebMACS dialect: values of remote controllers, and every value for its pages. Errors are `{\"detail\": …}`."
            }
            Self::ControlPanel => {
                "The dialect of machine control panels: channels as devices, by tag. Errors are `{\"detail\": …}`."
            }
            Self::BevForge => {
                "The BevForge dialect: channels by number, commands with a life, and pushes. Errors are `{\"error\", \"message\"}`."
            }
            Self::OpenScan => {
                "What clients of OpenScan3 look for, served alike under `/latest`, `/v0.9`, `/next` and `/api/v0.9`. Errors are \
                 `{\"detail\": …}`."
            }
            Self::Access => "Who is let in, and who did what.",
            Self::Daemon => "Probes, figures and this description.",
        }
    }
}

impl Tag {
    /// The dialect whose documents name these operations; the others are the daemon's own.
    fn dialect(self) -> Option<Name> {
        match self {
            Self::WebMacs => Some(Name::WebMacs),
            Self::ControlPanel => Some(Name::ControlPanel),
            Self::BevForge => Some(Name::BevForge),
            Self::OpenScan => Some(Name::OpenScan),
            Self::Machines
            | Self::Sessions
            | Self::Safety
            | Self::Profiles
            | Self::Tasks
            | Self::Access
            | Self::Daemon => None,
        }
    }
}

/// What a value looks like. Bodies and answers are told apart: a field that is always answered may be left out of a body.
#[derive(Clone, Copy)]
pub enum Shape {
    /// JSON that the daemon reads.
    Read(fn(&mut SchemaGenerator) -> Schema),
    /// JSON that the daemon writes.
    Written(fn(&mut SchemaGenerator) -> Schema),
    /// Text of a media type.
    Text(&'static str),
    /// A file of any media type.
    File,
}

impl Shape {
    /// JSON that the daemon reads.
    pub fn read<T: JsonSchema>() -> Self {
        Self::Read(|generator| generator.subschema_for::<T>())
    }

    /// JSON that the daemon writes.
    pub fn written<T: JsonSchema>() -> Self {
        Self::Written(|generator| generator.subschema_for::<T>())
    }
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path; always needed.
    Path,
    /// In the query; never needed.
    Query,
    /// In a header; never needed.
    Header,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub about: &'static str,
    /// What it may be, as a schema.
    pub schema: Value,
}

impl Parameter {
    /// A parameter in the path.
    pub fn path(name: &'static str, about: &'static str, schema: Value) -> Self {
        Self { name, place: Place::Path, about, schema }
    }

    /// A header.
    pub fn header(name: &'static str, about: &'static str, schema: Value) -> Self {
        Self { name, place: Place::Header, about, schema }
    }

    /// A parameter in the query.
    pub fn query(name: &'static str, about: &'static str, schema: Value) -> Self {
        Self { name, place: Place::Query, about, schema }
    }
}

/// Whether a body must be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Needed,
    /// It may.
    Optional,
}

/// A body that is sent.
#[derive(Clone)]
pub struct Body {
    /// What it looks like.
    pub shape: Shape,
    /// Whether it must be there.
    pub presence: Presence,
    /// Bodies that work, by name.
    pub examples: Vec<(&'static str, Value)>,
}

/// The answer when all goes well.
#[derive(Clone)]
pub struct Success {
    /// HTTP status.
    pub status: u16,
    /// What it says.
    pub about: &'static str,
    /// What it looks like; nothing for 204.
    pub content: Vec<Shape>,
    /// Such an answer.
    pub example: Option<Value>,
    /// Headers beside the usual ones, and what they say.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// A problem that this operation can answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// The `code` in the problem.
    pub code: &'static str,
    /// When that happens.
    pub about: &'static str,
}

/// A method on a path: the route that serves it, and what is told of it.
pub struct Operation {
    /// What one does with it: says who may.
    pub action: Action,
    /// HTTP method.
    pub method: Method,
    /// Path with its parameters in braces.
    pub path: &'static str,
    /// What stands before the path: it is served under each of them, and described under the first.
    pub prefixes: &'static [&'static str],
    /// Makes the route.
    pub route: fn() -> Route,
    /// Its name in generated clients.
    pub id: &'static str,
    /// Its group.
    pub tag: Tag,
    /// The dialect it belongs to; served wherever that is spoken. Without one it is the daemon's own.
    pub dialect: Option<Name>,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else there is to know; may be empty.
    pub about: &'static str,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its body, if it takes one.
    pub body: Option<Body>,
    /// The answer when all goes well.
    pub success: Success,
    /// The problems that are its own.
    pub refused: Vec<Refused>,
}

impl Operation {
    /// An operation that takes nothing and answers 204.
    pub fn new(action: Action, method: Method, path: &'static str, route: fn() -> Route, id: &'static str) -> Self {
        let success = Success { status: 204, about: "Done.", content: Vec::new(), example: None, headers: Vec::new() };
        Self {
            action,
            method,
            path,
            prefixes: &[""],
            route,
            id,
            tag: Tag::Daemon,
            dialect: None,
            summary: "",
            about: "",
            parameters: Vec::new(),
            body: None,
            success,
            refused: Vec::new(),
        }
    }

    /// Says what it does.
    pub fn told(mut self, tag: Tag, summary: &'static str, about: &'static str) -> Self {
        (self.tag, self.summary, self.about) = (tag, summary, about);
        self.dialect = tag.dialect();
        self
    }

    /// Is a socket of a dialect, whatever else its group holds.
    pub fn speaks(mut self, dialect: Name) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Is served under these prefixes, and described under the first.
    pub fn under(mut self, prefixes: &'static [&'static str]) -> Self {
        self.prefixes = prefixes;
        self
    }

    /// What its route says of those who ask for it.
    pub fn rule(&self) -> Rule {
        let is_stream = |shape: &Shape| matches!(shape, Shape::Text("text/event-stream"));
        let length = match self.success.status {
            101 => Length::Socket,
            _ if self.success.content.iter().any(is_stream) => Length::Stream,
            _ => Length::Whole,
        };
        Rule { action: self.action, length }
    }

    /// Every whole path it is served at; the first is the one it is described at.
    pub fn places(&self) -> impl Iterator<Item = String> + '_ {
        self.prefixes.iter().map(|prefix| format!("{prefix}{}", self.path))
    }

    /// Takes a parameter.
    pub fn takes(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Takes a body.
    pub fn reads(mut self, shape: Shape, presence: Presence, examples: Vec<(&'static str, Value)>) -> Self {
        self.body = Some(Body { shape, presence, examples });
        self
    }

    /// Answers with a value.
    pub fn answers(mut self, status: u16, about: &'static str, shape: Shape, example: Value) -> Self {
        self.success = Success { status, about, content: vec![shape], example: Some(example), headers: Vec::new() };
        self
    }

    /// Answers with text of these media types.
    pub fn answers_text(mut self, about: &'static str, media: &[&'static str]) -> Self {
        let content = media.iter().map(|media| Shape::Text(media)).collect();
        self.success = Success { status: 200, about, content, example: None, headers: Vec::new() };
        self
    }

    /// Answers by going over to another protocol.
    pub fn switches(mut self, about: &'static str) -> Self {
        (self.success.status, self.success.about) = (101, about);
        self
    }

    /// Answers with a header.
    pub fn with_header(mut self, name: &'static str, about: &'static str) -> Self {
        self.success.headers.push((name, about));
        self
    }

    /// May answer with a problem.
    pub fn refuses(mut self, status: u16, code: &'static str, about: &'static str) -> Self {
        self.refused.push(Refused { status, code, about });
        self
    }
}
