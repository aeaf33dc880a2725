//! Programs, as the description shows them; read in [`crate::jobs::program::document`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A program as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProgramView {
    /// Unique in the daemon.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// The machine that it is for.
    pub machine_id: String,
    /// Its steps, in order.
    pub steps: Vec<ProgramStep>,
}

/// A program to keep.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct ProgramBody {
    /// What it is called.
    #[schemars(default)]
    pub name: Option<String>,
    /// The machine that it is for.
    pub machine_id: String,
    /// Its steps, in order: 1 to 500.
    pub steps: Vec<ProgramStep>,
}

/// One step. Values are in the channel's own unit, times on the machine's clock.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ProgramStep {
    /// Sets controls.
    Set {
        /// Channels with values; switches also take true and false.
        #[cfg_attr(test, ts(type = "Record<string, number | boolean>"))]
        values: BTreeMap<String, Value>,
    },
    /// Moves a slider evenly from where it is.
    Ramp {
        /// Which.
        channel: String,
        /// Where to.
        to: f64,
        /// How long. Unit: s.
        over_s: f64,
    },
    /// Leaves everything as it is.
    Hold {
        /// How long. Unit: s.
        for_s: f64,
    },
    /// Waits until one condition holds.
    Wait {
        /// On which channel.
        channel: String,
        /// Strictly above this.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        above: Option<f64>,
        /// Strictly below this.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        below: Option<f64>,
        /// At or above this.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        at_least: Option<f64>,
        /// At or below this.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        at_most: Option<f64>,
        /// At this.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        equals: Option<f64>,
        /// How long at most. Unit: s. For ever without it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        timeout_s: Option<f64>,
        /// What then; `pause` without it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        on_timeout: Option<OnTimeout>,
    },
    /// Pauses with a message; resuming the task is the answer.
    Ask {
        /// What to tell.
        message: String,
    },
}

/// What follows when a wait took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// Pause; whoever resumes waits as long again.
    Pause,
    /// Go on with the next step.
    Next,
    /// Fail.
    Fail,
}
