//! The closed vocabularies of the wire contract: every state, severity and event name, with its spelling.

use std::borrow::Cow;

use hearth_actors::model::alarm::{AlarmState as ModelAlarmState, Severity as ModelSeverity};
use hearth_actors::model::channel::DeviceType as ModelDeviceType;
use hearth_actors::model::command::UserRole as ModelUserRole;
use hearth_actors::model::connection::DriverState as ModelDriverState;
use hearth_actors::model::event::{ReplayState as ModelReplayState, SafetyReason as ModelSafetyReason};
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::profile::ProfileStatus as ModelProfileStatus;
use hearth_actors::model::reading::Quality as ModelQuality;
use hearth_actors::model::session::SessionState as ModelSessionState;
use hearth_actors::model::spec::MachineKind as ModelMachineKind;
use hearth_actors::model::task::TaskStatus as ModelTaskStatus;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// Makes a wire enum that mirrors a model enum variant by variant. The matches have no wildcard, so a variant added to
/// the model does not compile until it has a spelling here.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident mirrors $model:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`.")]
                #[serde(rename = $text)]
                $variant,
            )+
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": Self::TEXTS })
            }
        }

        impl $name {
            /// Every word, as written.
            pub const TEXTS: &'static [&'static str] = &[$($text),+];

            /// The word as written.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads a word, exactly as written.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl From<$model> for $name {
            fn from(inner: $model) -> Self {
                match inner { $($model::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $model {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}

words! (
    /// Where a task stands.
    TaskStatus mirrors ModelTaskStatus {
        Pending = "pending",
        Running = "running",
        Paused = "paused",
        Completed = "completed",
        Cancelled = "cancelled",
        Error = "error",
        Interrupted = "interrupted",
    }
);

words!(
    /// Where a session stands.
    SessionState mirrors ModelSessionState {
        Idle = "idle",
        Monitoring = "monitoring",
        Recording = "recording",
        Finished = "finished",
    }
);

words!(
    /// Where a driver stands.
    DriverState mirrors ModelDriverState {
        Disconnected = "disconnected",
        Connecting = "connecting",
        Connected = "connected",
        Reconnecting = "reconnecting",
        Restarting = "restarting",
        Failed = "failed",
    }
);

words!(
    /// The nine events of a roast.
    EventType mirrors MarkKind {
        Charge = "CHARGE",
        TurningPoint = "TP",
        DryEnd = "DRY_END",
        FirstCrackStart = "FCs",
        FirstCrackEnd = "FCe",
        SecondCrackStart = "SCs",
        SecondCrackEnd = "SCe",
        Drop = "DROP",
        Cool = "COOL",
    }
);

words!(
    /// How bad an alarm is.
    Severity mirrors ModelSeverity {
        Info = "info",
        Warning = "warning",
        Critical = "critical",
    }
);

words!(
    /// Where an occurrence of an alarm stands in its life.
    AlarmState mirrors ModelAlarmState {
        Unacked = "unacked",
        Acked = "acked",
        ClearedUnacked = "cleared_unacked",
        Normal = "normal",
        Shelved = "shelved",
    }
);

words!(
    /// Why outputs are latched safe.
    SafetyReason mirrors ModelSafetyReason {
        Stop = "stop",
        Crash = "crash",
        Link = "link",
        Sensor = "sensor",
        Operator = "operator",
        Interlock = "interlock",
    }
);

words!(
    /// What a replay is doing.
    ReplayState mirrors ModelReplayState {
        Playing = "playing",
        Paused = "paused",
        Stopped = "stopped",
        Finished = "finished",
    }
);

words!(
    /// How far a channel can be believed.
    Quality mirrors ModelQuality {
        Good = "good",
        Stale = "stale",
        Lost = "lost",
    }
);

words!(
    /// Whether somebody has saved a profile.
    ProfileStatus mirrors ModelProfileStatus {
        Draft = "draft",
        Saved = "saved",
    }
);

words!(
    /// A kind of machine.
    MachineKind mirrors ModelMachineKind {
        Roaster = "roaster",
        Kettle = "kettle",
        Panel = "panel",
        Rig = "rig",
        Scanner = "scanner",
    }
);

words!(
    /// What somebody may do.
    UserRole mirrors ModelUserRole {
        Controller = "controller",
        Viewer = "viewer",
        Operator = "operator",
        Admin = "admin",
    }
);

words!(
    /// What hangs on a channel.
    DeviceType mirrors ModelDeviceType {
        Motor = "motor",
        Servo = "servo",
        Valve = "valve",
        TemperatureSensor = "temperature_sensor",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_reads_back_what_it_wrote() {
        for kind in MarkKind::ALL {
            let word = EventType::from(kind);
            assert_eq!(EventType::parse(word.text()), Some(word));
            assert_eq!(MarkKind::from(word), kind);
            assert_eq!(serde_json::to_value(word).unwrap(), word.text());
        }
        assert_eq!(EventType::TEXTS.len(), MarkKind::ALL.len());
    }

    #[test]
    fn a_word_in_other_letters_is_another_word() {
        assert_eq!(EventType::parse("charge"), None);
        assert_eq!(EventType::parse("FCS"), None);
        assert_eq!(EventType::parse(""), None);
    }
}
