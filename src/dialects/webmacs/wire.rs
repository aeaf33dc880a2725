//! The frames and bodies of the WebMACS dialect.

use schemars::JsonSchema;
use serde::Serialize;

/// One value of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Datapoint {
    /// Its own name.
    pub public_id: String,
    /// In the channel's native unit.
    pub value: f64,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// The channel's tag.
    pub event_public_id: String,
    /// The recording it belongs to.
    pub experiment_public_id: Option<String>,
    /// The machine.
    pub machine_id: String,
    /// The machine's session.
    pub session_id: Option<String>,
    /// Position in the machine's stream.
    pub seq: u64,
}

/// Values that came together. The last one's fields stand flat beside the list, for clients that read them there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Batch {
    /// `datapoints_batch`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// All of them.
    pub datapoints: Vec<Datapoint>,
    /// The last of them.
    #[serde(flatten)]
    pub last: Datapoint,
}

/// Everything else that is sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Plain<'a> {
    /// The greeting.
    Connected {
        /// In plain words.
        message: &'a str,
    },
    /// The answer to a ping.
    Pong,
    /// Something went wrong.
    Error {
        /// In plain words.
        message: &'a str,
    },
}

/// A value as it is sent in. Read leniently, item by item: numbers may be text, and what is no value is passed over.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct NewDatapoint {
    /// The channel's tag.
    pub event_public_id: String,
    /// In the channel's native unit.
    pub value: f64,
    /// RFC 3339; now where it is left out.
    #[schemars(default)]
    pub timestamp: Option<String>,
}

/// Values that are sent in together.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct NewDatapoints {
    /// Up to 500.
    pub datapoints: Vec<NewDatapoint>,
}
