//! Enums without data, mirrored one by one: a variant that the house adds or renames does not compile until it is named here,
//! and its name in files stays what it was.

use hearth_actors::model::alarm::{AlarmState, Severity};
use hearth_actors::model::channel::{DeviceType, OutputClass, Role};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::event::{Hand, SafetyReason};
use hearth_actors::model::fault::FaultCode;
use hearth_actors::model::journal::Keep;
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::profile::ProfileStatus;
use hearth_actors::model::session::SessionState;
use serde::{Deserialize, Serialize};

macro_rules! mirror {
    ($($record:ident of $model:ident { $($variant:ident),+ })+) => {$(
        #[doc = concat!("[`", stringify!($model), "`] in files, by snake_case names.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs)]
        pub enum $record { $($variant),+ }

        impl From<$model> for $record {
            fn from(model: $model) -> Self {
                match model { $($model::$variant => Self::$variant),+ }
            }
        }

        impl From<$record> for $model {
            fn from(record: $record) -> Self {
                match record { $($record::$variant => Self::$variant),+ }
            }
        }
    )+};
}

mirror! {
    MarkKindRecord of MarkKind {
        Charge, TurningPoint, DryEnd, FirstCrackStart, FirstCrackEnd, SecondCrackStart, SecondCrackEnd, Drop, Cool
    }
    AlarmStateRecord of AlarmState { Unacked, Acked, ClearedUnacked, Normal, Shelved }
    SeverityRecord of Severity { Info, Warning, Critical }
    RoleRecord of Role { Bt, Et }
    OutputClassRecord of OutputClass { Heat, Motion, Air, Cool, Other }
    DeviceRecord of DeviceType { Motor, Servo, Valve, TemperatureSensor }
    DriverStateRecord of DriverState { Disconnected, Connecting, Connected, Reconnecting, Restarting, Failed }
    SafetyReasonRecord of SafetyReason { Stop, Crash, Link, Sensor, Operator, Interlock }
    FaultCodeRecord of FaultCode { ReadFailed, WriteFailed, Disconnected }
    HandRecord of Hand { Person, Detector }
    KeepRecord of Keep { AsProfile, UntilNextSession }
    ProfileStatusRecord of ProfileStatus { Draft, Saved }
    SessionStateRecord of SessionState { Idle, Monitoring, Recording, Finished }
}
