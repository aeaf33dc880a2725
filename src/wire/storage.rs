//! How the storage is, as REST tells it.

use schemars::JsonSchema;
use serde::Serialize;

/// What most needs somebody's attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StorageWord {
    /// Nothing.
    Ok,
    /// Something on it is damaged.
    Damaged,
    /// It takes long to write.
    Slow,
    /// There is less than 200 MiB of room.
    Low,
    /// There is too little room to begin a recording, or none.
    Full,
    /// It refuses what is written.
    Failing,
}

/// How the list of profiles stands, which is made from the journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IndexWord {
    /// It is being made; until then searches wait.
    Building,
    /// It is up to date.
    Ready,
    /// It is up to date, in memory: the disk has no room for it or failed it.
    InMemory,
}

/// How the storage is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StorageView {
    /// What most needs somebody's attention.
    pub state: StorageWord,
    /// What is wrong and what to do, a sentence each; empty if nothing is.
    pub messages: Vec<String>,
    /// What is free on its disk; `null` where the system does not tell. Unit: bytes.
    pub free_bytes: Option<u64>,
    /// The list of profiles.
    pub index: IndexWord,
}
