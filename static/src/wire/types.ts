// Generated from the Rust types of the wire contract; do not edit. To write it anew:
// HEARTH_WRITE_TYPES=1 cargo test -p hearth --lib typescript
//
// OpenRoast: a socket sends `Sent` and takes `ClientFrame`. REST: the rest.

/**
 * Where a session stands.
 */
export type SessionState = "idle" | "monitoring" | "recording" | "finished";

/**
 * Where a driver stands.
 */
export type DriverState = "disconnected" | "connecting" | "connected" | "reconnecting" | "restarting" | "failed";

/**
 * The nine events of a roast.
 */
export type EventType = "CHARGE" | "TP" | "DRY_END" | "FCs" | "FCe" | "SCs" | "SCe" | "DROP" | "COOL";

/**
 * How bad an alarm is.
 */
export type Severity = "info" | "warning" | "critical";

/**
 * Where an occurrence of an alarm stands in its life.
 */
export type AlarmState = "unacked" | "acked" | "cleared_unacked" | "normal" | "shelved";

/**
 * Why outputs are latched safe.
 */
export type SafetyReason = "stop" | "crash" | "link" | "sensor" | "operator" | "interlock";

/**
 * What a replay is doing.
 */
export type ReplayState = "playing" | "paused" | "stopped" | "finished";

/**
 * How far a channel can be believed.
 */
export type Quality = "good" | "stale" | "lost";

/**
 * Whether somebody has saved a profile.
 */
export type ProfileStatus = "draft" | "saved";

/**
 * A kind of machine.
 */
export type MachineKind = "roaster" | "kettle" | "panel" | "rig" | "scanner";

/**
 * Where a task stands.
 */
export type TaskStatus = "pending" | "running" | "paused" | "completed" | "cancelled" | "error" | "interrupted";

/**
 * What hangs on a channel.
 */
export type DeviceType = "motor" | "servo" | "valve" | "temperature_sensor";

/**
 * The code of an `error` frame; REST problems use the same words. Source: wire contract 1.1, "Error codes".
 */
export type ErrorCode = "DRIVER_READ_FAILED" | "DRIVER_WRITE_FAILED" | "DRIVER_DISCONNECTED" | "INVALID_STATE_TRANSITION" | "INVALID_MESSAGE" | "MACHINE_NOT_FOUND" | "SESSION_LOCKED" | "INTERLOCK_BLOCKED" | "EMERGENCY_STOP" | "LATCHED" | "PROFILE_NOT_FOUND" | "FORBIDDEN" | "RATE_LIMITED" | "MACHINE_FAILED" | "INTERNAL";

/**
 * One reading. Temperatures in °C, rates in °C per minute, a missing value is `null`.
 */
export type LastReading = {
/**
 * Session clock.
 */
timestamp_ms: number,
/**
 * Environment temperature.
 */
et: number | null,
/**
 * Bean temperature.
 */
bt: number | null,
/**
 * Rate of rise of ET.
 */
et_ror: number | null,
/**
 * Rate of rise of BT.
 */
bt_ror: number | null,
/**
 * Every sensor without a role by channel id, internal unit.
 */
extra_channels: { [key in string]: number | null }, };

/**
 * An event of a roast.
 */
export type RoastEvent = {
/**
 * What happened.
 */
event_type: EventType,
/**
 * When, on the session's clock.
 */
timestamp_ms: number,
/**
 * Whether a detector set it.
 */
auto_detected: boolean,
/**
 * Whether it still awaits confirmation.
 */
provisional: boolean,
/**
 * BT at that moment. Unit: °C.
 */
bt_at_event: number | null,
/**
 * ET at that moment. Unit: °C.
 */
et_at_event: number | null, };

/**
 * One occurrence of an alarm.
 */
export type Alarm = {
/**
 * The rule that raised it.
 */
alarm_id: string,
/**
 * What the rule says.
 */
message: string,
/**
 * How bad it is.
 */
severity: Severity,
/**
 * When it was raised, on the session's clock.
 */
timestamp_ms: number,
/**
 * BT when it was raised. Unit: °C.
 */
bt: number | null,
/**
 * ET when it was raised. Unit: °C.
 */
et: number | null,
/**
 * Number of this occurrence, unique in the daemon.
 */
occurrence: number,
/**
 * Needs ack and re-arm before it can return to normal.
 */
latched: boolean,
/**
 * Where it stands in its life.
 */
alarm_state: AlarmState,
/**
 * When it was raised, on the wall. RFC 3339.
 */
raised_at: string | null,
/**
 * Who acknowledged it; `null` while nobody has.
 */
acked_by: string | null,
/**
 * How often its condition came in this occurrence: 1, or more of an alarm that chatters.
 */
count: number,
/**
 * The alarm that began the flood in which it came; `null` where it came alone or was the first.
 */
first_cause: string | null,
/**
 * When its shelf ends by itself, while `shelved`. RFC 3339.
 */
shelved_until: string | null, };

/**
 * How a control is operated.
 */
export type ControlType = "slider" | "toggle";

/**
 * A control and where it stands. `min`, `max`, `step` in the channel's native unit.
 */
export type Control = {
/**
 * Channel id.
 */
id: string,
/**
 * Shown to people.
 */
label: string,
/**
 * Unique in the daemon: how other programs address it by text.
 */
tag: string,
/**
 * Unique in the daemon and never another: how other programs address it by number.
 */
endpoint_id: number,
/**
 * What it is shown among, such as `motors` or `lights`.
 */
group: string,
/**
 * What hangs on it, if other programs treat it in their own way.
 */
device_type: DeviceType | null,
/**
 * Native value at 0.
 */
min: number,
/**
 * Native value at 1.
 */
max: number,
/**
 * Grid counted from `min`; 0 means none.
 */
step: number,
/**
 * Native unit; empty where there is none.
 */
unit: string,
/**
 * Slider or toggle.
 */
type: ControlType,
/**
 * What was last applied, 0 to 1; `null` until something was.
 */
value: number | null,
/**
 * Whether the configuration offers it for operation. Whether it can be reached now is told by `connection`.
 */
enabled: boolean, };

/**
 * Whether outputs are latched safe.
 */
export type Safety = {
/**
 * Whether they are.
 */
latched: boolean,
/**
 * Why; `null` when they are not.
 */
reason: SafetyReason | null,
/**
 * Since when. RFC 3339.
 */
since: string | null,
/**
 * Ids of the channels concerned.
 */
channels: Array<string>, };

/**
 * A client and the name it gave itself.
 */
export type Person = {
/**
 * Its id across reconnects.
 */
client_id: string,
/**
 * Its name.
 */
name: string, };

/**
 * Who may steer the machine.
 */
export type Lease = {
/**
 * Who holds it; `null` while everybody may steer.
 */
holder: Person | null,
/**
 * Whether the holder is the one who asks.
 */
yours: boolean,
/**
 * Time until the grace of a holder that lost its socket ends; `null` while it has one.
 */
expires_in_ms: number | null, };

/**
 * How an order to a control ended. The frame `control_ack` without what is about the stream.
 */
export type ControlAck = {
/**
 * Channel id as asked for.
 */
channel: string,
/**
 * What was asked for, 0 to 1.
 */
value: number,
/**
 * Whether the device confirmed it.
 */
applied: boolean,
/**
 * Why not, or empty.
 */
message: string,
/**
 * Which command; absent where none was made of it.
 */
command_id?: number,
/**
 * Whose hand: a client's name, `rest`, `replay`, `interlock` or `failsafe`.
 */
by?: string,
/**
 * What the device read back, 0 to 1; absent where the channel has no read-back.
 */
readback?: number,
/**
 * From order to confirmation. Unit: ms.
 */
latency_ms?: number,
/**
 * The sender's own reference.
 */
request_id?: string, };

/**
 * `temperature`. All temperatures in °C.
 */
export type Temperature = {
/**
 * What was last applied to each control, 0 to 1, by channel id.
 */
controls: { [key in string]: number },
/**
 * Channels that are not good, by channel id.
 */
quality: { [key in string]: Quality },
/**
 * Session clock.
 */
timestamp_ms: number,
/**
 * Environment temperature.
 */
et: number | null,
/**
 * Bean temperature.
 */
bt: number | null,
/**
 * Rate of rise of ET.
 */
et_ror: number | null,
/**
 * Rate of rise of BT.
 */
bt_ror: number | null,
/**
 * Every sensor without a role by channel id, internal unit.
 */
extra_channels: { [key in string]: number | null }, };

/**
 * `event_removed`.
 */
export type EventRemoved = {
/**
 * Which event.
 */
event_type: EventType, };

/**
 * `state`.
 */
export type State = {
/**
 * State now.
 */
state: SessionState,
/**
 * State before; equal to `state` where nothing changed.
 */
previous_state: SessionState,
/**
 * When the session clock was last zeroed. RFC 3339.
 */
started_at: string | null,
/**
 * Session clock at this frame.
 */
elapsed_ms: number,
/**
 * The session before this one.
 */
previous_session_id: string | null, };

/**
 * `replay`: one point of a replayed profile.
 */
export type Replay = {
/**
 * The profile's own time.
 */
timestamp_ms: number,
/**
 * Unit: °C.
 */
et: number | null,
/**
 * Unit: °C.
 */
bt: number | null,
/**
 * Unit: °C per minute.
 */
et_ror: number | null,
/**
 * Unit: °C per minute.
 */
bt_ror: number | null,
/**
 * Controls as recorded, 0 to 1, by channel id.
 */
controls: { [key in string]: number },
/**
 * How far it is. Unit: %.
 */
progress_pct: number,
/**
 * How long it is.
 */
total_duration_ms: number, };

/**
 * `replay_status`.
 */
export type ReplayStatus = {
/**
 * Which profile.
 */
profile_id: string,
/**
 * What the replay is doing.
 */
state: ReplayState,
/**
 * Factor over the profile's own time.
 */
speed: number,
/**
 * Where it is, on the profile's own clock.
 */
position_ms: number,
/**
 * How long it is.
 */
total_duration_ms: number,
/**
 * Who started it.
 */
by: string, };

/**
 * `error`.
 */
export type ErrorFrame = {
/**
 * Which kind.
 */
code: ErrorCode,
/**
 * In plain words, and what to do.
 */
message: string,
/**
 * Whether asking again can succeed.
 */
recoverable: boolean,
/**
 * The sender's own reference.
 */
request_id?: string, };

/**
 * `connection`.
 */
export type Connection = {
/**
 * Where the driver stands.
 */
driver_state: DriverState,
/**
 * What people call it.
 */
driver_name: string,
/**
 * Why, in plain words; empty if there is nothing to say.
 */
message: string,
/**
 * Time until the next attempt.
 */
retry_in_ms: number | null,
/**
 * How often the machine was restarted in this run of the daemon.
 */
restarts: number, };

/**
 * `controls`.
 */
export type Controls = {
/**
 * In configured order.
 */
channels: Array<Control>, };

/**
 * `control_request`: silence until it ends grants it.
 */
export type ControlRequest = {
/**
 * Who asks.
 */
from: Person,
/**
 * Time left for an answer.
 */
expires_in_ms: number, };

/**
 * `sync_complete`.
 */
export type SyncComplete = {
/**
 * Session time of the first replayed frame.
 */
from_ms: number,
/**
 * Session time of the last replayed frame.
 */
last_timestamp_ms: number,
/**
 * How many frames were replayed.
 */
count: number,
/**
 * Whether older ones that were asked for are gone.
 */
truncated: boolean, };

/**
 * `heartbeat`.
 */
export type Heartbeat = {
/**
 * Session clock now.
 */
elapsed_ms: number, };

/**
 * What the daemon sends.
 */
export type ServerFrame = { "type": "temperature" } & Temperature | { "type": "event" } & RoastEvent | { "type": "event_removed" } & EventRemoved | { "type": "state" } & State | { "type": "alarm" } & Alarm | { "type": "replay" } & Replay | { "type": "replay_status" } & ReplayStatus | { "type": "control_ack" } & ControlAck | { "type": "error" } & ErrorFrame | { "type": "connection" } & Connection | { "type": "controls" } & Controls | { "type": "safety" } & Safety | { "type": "control_lease" } & Lease | { "type": "control_request" } & ControlRequest | { "type": "sync_complete" } & SyncComplete | { "type": "heartbeat" } & Heartbeat;

/**
 * A frame as it is sent: what it says, and where in the stream it stands.
 */
export type Sent = {
/**
 * Which machine; absent only where it does not exist.
 */
machine_id?: string,
/**
 * The session it belongs to, `null` if the machine was never started; absent on answers to one client.
 */
session_id?: string | null,
/**
 * Where in the machine's stream it stands; strictly increasing, also across restarts. Only on live frames.
 */
seq?: number,
/**
 * `seq` of the frame before it, `null` on the first one after a start of the daemon. Only on live frames.
 */
prev_seq?: number | null, } & ({ "type": "temperature" } & Temperature | { "type": "event" } & RoastEvent | { "type": "event_removed" } & EventRemoved | { "type": "state" } & State | { "type": "alarm" } & Alarm | { "type": "replay" } & Replay | { "type": "replay_status" } & ReplayStatus | { "type": "control_ack" } & ControlAck | { "type": "error" } & ErrorFrame | { "type": "connection" } & Connection | { "type": "controls" } & Controls | { "type": "safety" } & Safety | { "type": "control_lease" } & Lease | { "type": "control_request" } & ControlRequest | { "type": "sync_complete" } & SyncComplete | { "type": "heartbeat" } & Heartbeat);

/**
 * The actions of `command`.
 */
export type Command = { "action": "start_monitoring" } | { "action": "stop_monitoring" } | { "action": "start_recording" } | { "action": "stop_recording" } | { "action": "reset" } | { "action": "mark_event",
/**
 * Which.
 */
event_type: EventType,
/**
 * Moment in the recorded past; absent is now.
 */
timestamp_ms?: number, } | { "action": "unmark_event",
/**
 * Which.
 */
event_type: EventType, } | { "action": "sync",
/**
 * The last session time the client has.
 */
last_timestamp_ms?: number,
/**
 * The session that belongs to.
 */
session_id?: string,
/**
 * The last frame it has.
 */
last_seq?: number, } | { "action": "acquire_control" } | { "action": "release_control" } | { "action": "take_control" } | { "action": "answer_control",
/**
 * Who asked.
 */
client_id: string,
/**
 * Whether to give it.
 */
grant: boolean, } | { "action": "ack_alarm",
/**
 * Which rule.
 */
alarm_id: string,
/**
 * Which occurrence; absent is the current one.
 */
occurrence?: number, } | { "action": "shelve_alarm",
/**
 * Which rule.
 */
alarm_id: string,
/**
 * 1 to 60.
 */
minutes: number, } | { "action": "emergency_stop" } | { "action": "rearm" };

/**
 * The actions of `replay_control`.
 */
export type ReplayCommand = { "action": "start",
/**
 * Which profile.
 */
profile_id: string,
/**
 * 0.1 to 100; absent is 1.
 */
speed?: number,
/**
 * Also write its control moves to the hardware; absent is no.
 */
apply_controls?: boolean, } | { "action": "pause" } | { "action": "resume" } | { "action": "stop" } | { "action": "seek",
/**
 * To this moment of the profile.
 */
timestamp_ms: number, };

/**
 * What a client sends. Reading is done field by field in [`super::decode`], for the sake of its messages; these types
 * say what is understood, and write what our own clients send.
 */
export type ClientFrame = { "type": "control",
/**
 * Channel id.
 */
channel: string,
/**
 * 0 to 1.
 */
value: number,
/**
 * Echoed in every answer; at most 64 characters.
 */
request_id?: string, } | { "type": "command",
/**
 * Echoed in every answer; at most 64 characters.
 */
request_id?: string, } & ({ "action": "start_monitoring" } | { "action": "stop_monitoring" } | { "action": "start_recording" } | { "action": "stop_recording" } | { "action": "reset" } | { "action": "mark_event",
/**
 * Which.
 */
event_type: EventType,
/**
 * Moment in the recorded past; absent is now.
 */
timestamp_ms?: number, } | { "action": "unmark_event",
/**
 * Which.
 */
event_type: EventType, } | { "action": "sync",
/**
 * The last session time the client has.
 */
last_timestamp_ms?: number,
/**
 * The session that belongs to.
 */
session_id?: string,
/**
 * The last frame it has.
 */
last_seq?: number, } | { "action": "acquire_control" } | { "action": "release_control" } | { "action": "take_control" } | { "action": "answer_control",
/**
 * Who asked.
 */
client_id: string,
/**
 * Whether to give it.
 */
grant: boolean, } | { "action": "ack_alarm",
/**
 * Which rule.
 */
alarm_id: string,
/**
 * Which occurrence; absent is the current one.
 */
occurrence?: number, } | { "action": "shelve_alarm",
/**
 * Which rule.
 */
alarm_id: string,
/**
 * 1 to 60.
 */
minutes: number, } | { "action": "emergency_stop" } | { "action": "rearm" }) | { "type": "replay_control",
/**
 * Echoed in every answer; at most 64 characters.
 */
request_id?: string, } & ({ "action": "start",
/**
 * Which profile.
 */
profile_id: string,
/**
 * 0.1 to 100; absent is 1.
 */
speed?: number,
/**
 * Also write its control moves to the hardware; absent is no.
 */
apply_controls?: boolean, } | { "action": "pause" } | { "action": "resume" } | { "action": "stop" } | { "action": "seek",
/**
 * To this moment of the profile.
 */
timestamp_ms: number, }) | { "type": "auth",
/**
 * The credential.
 */
token: string, };

/**
 * How many alarms are neither normal nor shelved, by severity.
 */
export type AlarmCounts = {
/**
 * Worth knowing.
 */
info: number,
/**
 * Need attention.
 */
warning: number,
/**
 * Need action now.
 */
critical: number, };

/**
 * Without what the heat of a machine goes off and is latched.
 */
export type Losses = {
/**
 * A reading of what heat depends on, after this time on the machine's clock.
 */
sensor_ms: number,
/**
 * Somebody there who could steer, after this time; `null`: heat stays on with nobody there.
 */
operator_ms: number | null, };

/**
 * A machine at a glance.
 */
export type MachineSummary = {
/**
 * Unique in the daemon.
 */
id: string,
/**
 * Shown to people.
 */
name: string,
/**
 * What it is.
 */
kind: MachineKind,
/**
 * Where its driver stands.
 */
driver_state: DriverState,
/**
 * Where its session stands.
 */
session_state: SessionState,
/**
 * The last reading, if one was taken.
 */
last_reading: LastReading | null,
/**
 * Its alarms.
 */
alarms: AlarmCounts,
/**
 * How often it was restarted in this run of the daemon.
 */
restarts: number,
/**
 * Without what its heat goes off; `null` where nothing heats.
 */
losses: Losses | null, };

/**
 * Curves as columns of equal length. Temperatures in °C, rates in °C per minute, a missing value is `null`.
 */
export type Series = {
/**
 * Session clock.
 */
timestamp_ms: Array<number>,
/**
 * Bean temperature.
 */
bt: Array<number | null>,
/**
 * Environment temperature.
 */
et: Array<number | null>,
/**
 * Rate of rise of BT.
 */
bt_ror: Array<number | null>,
/**
 * Rate of rise of ET.
 */
et_ror: Array<number | null>,
/**
 * Every other sensor by channel id, internal unit.
 */
extra_channels: { [key in string]: Array<number | null> }, };

/**
 * The session of a machine, whole.
 */
export type SessionView = {
/**
 * Which machine.
 */
machine_id: string,
/**
 * The running or last session; `null` if the machine was never started.
 */
session_id: string | null,
/**
 * Where it stands.
 */
state: SessionState,
/**
 * Where the driver stands.
 */
driver_state: DriverState,
/**
 * When the session clock was last zeroed. RFC 3339.
 */
started_at: string | null,
/**
 * Session clock at the last event.
 */
elapsed_ms: number,
/**
 * Roast events in order of time.
 */
events: Array<RoastEvent>,
/**
 * The last reading, if one was taken.
 */
last_reading: LastReading | null,
/**
 * The machine's controls.
 */
controls: Array<Control>,
/**
 * Who may steer.
 */
lease: Lease,
/**
 * Alarms that are not normal.
 */
alarms: Array<Alarm>,
/**
 * Whether outputs are latched safe.
 */
safety: Safety,
/**
 * The curves so far, where asked for.
 */
series?: Series,
/**
 * Moves of each control by channel id, where the curves were asked for: moment in ms and value, 0 to 1.
 */
control_moves?: { [key in string]: Array<[number, number]> }, };

/**
 * Mean rise of BT per phase. Unit: °C per minute.
 */
export type RorByPhase = {
/**
 * Turning point to DRY_END.
 */
drying: number | null,
/**
 * DRY_END to FCs.
 */
maillard: number | null,
/**
 * FCs to DROP.
 */
development: number | null,
/**
 * Turning point to DROP.
 */
total: number | null, };

/**
 * Figures of a roast; `null` where an event they need is missing. Durations count from CHARGE.
 */
export type Statistics = {
/**
 * CHARGE to DROP.
 */
total_ms: number | null,
/**
 * CHARGE to DRY_END.
 */
drying_ms: number | null,
/**
 * DRY_END to FCs.
 */
maillard_ms: number | null,
/**
 * FCs to DROP.
 */
development_ms: number | null,
/**
 * Share of the total.
 */
drying_pct: number | null,
/**
 * Share of the total.
 */
maillard_pct: number | null,
/**
 * Development time ratio.
 */
dtr_pct: number | null,
/**
 * CHARGE to turning point.
 */
tp_ms: number | null,
/**
 * BT at the turning point. Unit: °C.
 */
tp_bt: number | null,
/**
 * Area under BT above 100 °C. Unit: °C·min.
 */
auc: number | null,
/**
 * Weight lost.
 */
weight_loss_pct: number | null,
/**
 * Highest ET between turning point and DROP. Unit: °C.
 */
max_et: number | null,
/**
 * Mean rise of BT per phase.
 */
bt_ror_by_phase: RorByPhase, };

/**
 * A profile without its curves.
 */
export type ProfileSummary = {
/**
 * The session's id.
 */
id: string,
/**
 * Its name.
 */
name: string,
/**
 * The machine it was recorded on.
 */
machine_id: string,
/**
 * That machine's name at the time.
 */
machine_name: string,
/**
 * When the recording began. RFC 3339.
 */
created_at: string | null,
/**
 * Length of the recording.
 */
duration_ms: number,
/**
 * Draft or saved.
 */
status: ProfileStatus,
/**
 * Which bean.
 */
bean?: string,
/**
 * Unit: g.
 */
green_weight_g?: number,
/**
 * Unit: g.
 */
roasted_weight_g?: number,
/**
 * Free text.
 */
notes?: string,
/**
 * How good it is: 1 to 5.
 */
rating?: number,
/**
 * Words to find it by.
 */
tags: Array<string>,
/**
 * Who roasted it.
 */
operator?: string,
/**
 * The shop's own number for it.
 */
batch?: string,
/**
 * Roast events in order of time.
 */
events: Array<RoastEvent>,
/**
 * Figures.
 */
statistics: Statistics, };

/**
 * A profile, whole.
 */
export type ProfileDocument = {
/**
 * The curves.
 */
series: Series,
/**
 * Moves of each control by channel id: moment in ms and value, 0 to 1.
 */
controls: { [key in string]: Array<[number, number]> },
/**
 * Spans without readings, in ms.
 */
gaps: Array<[number, number]>,
/**
 * The session's id.
 */
id: string,
/**
 * Its name.
 */
name: string,
/**
 * The machine it was recorded on.
 */
machine_id: string,
/**
 * That machine's name at the time.
 */
machine_name: string,
/**
 * When the recording began. RFC 3339.
 */
created_at: string | null,
/**
 * Length of the recording.
 */
duration_ms: number,
/**
 * Draft or saved.
 */
status: ProfileStatus,
/**
 * Which bean.
 */
bean?: string,
/**
 * Unit: g.
 */
green_weight_g?: number,
/**
 * Unit: g.
 */
roasted_weight_g?: number,
/**
 * Free text.
 */
notes?: string,
/**
 * How good it is: 1 to 5.
 */
rating?: number,
/**
 * Words to find it by.
 */
tags: Array<string>,
/**
 * Who roasted it.
 */
operator?: string,
/**
 * The shop's own number for it.
 */
batch?: string,
/**
 * Roast events in order of time.
 */
events: Array<RoastEvent>,
/**
 * Figures.
 */
statistics: Statistics, };

/**
 * One page of profiles, newest first.
 */
export type ProfilePage = {
/**
 * The page.
 */
items: Array<ProfileSummary>,
/**
 * Given as `cursor`, yields the next page; `null` on the last one.
 */
next_cursor: string | null, };

/**
 * The answer to connecting and disconnecting.
 */
export type DriverAnswer = {
/**
 * Where the driver stands now.
 */
driver_state: DriverState, };

/**
 * What was asked of the device, what failed, and how long it took, since the daemon started.
 */
export type HealthView = {
/**
 * Which machine.
 */
machine_id: string,
/**
 * Where the driver stands.
 */
driver_state: DriverState,
/**
 * Why, in plain words, with a hint; empty if there is nothing to say.
 */
message: string,
/**
 * Requests answered.
 */
reads: number,
/**
 * Orders confirmed.
 */
writes: number,
/**
 * Orders that failed.
 */
write_failures: number,
/**
 * Requests without an answer in time.
 */
timeouts: number,
/**
 * Answers that were unusable (CRC, length, protocol).
 */
protocol_errors: number,
/**
 * Answers that said no.
 */
rejected: number,
/**
 * Times the link was lost.
 */
losses: number,
/**
 * Times the link came back.
 */
reconnects: number,
/**
 * Times the machine's actor was restarted.
 */
restarts: number,
/**
 * Threads that hung, were left behind, and have not come back since.
 */
abandoned_threads: number,
/**
 * Half of the round trips are faster. Unit: ms.
 */
latency_p50_ms: number | null,
/**
 * 99 of 100 round trips are faster. Unit: ms.
 */
latency_p99_ms: number | null,
/**
 * The last error in plain words.
 */
last_error: string | null,
/**
 * When that was. RFC 3339.
 */
last_error_at: string | null, };

/**
 * What most needs somebody's attention.
 */
export type StorageWord = "ok" | "damaged" | "slow" | "low" | "full" | "failing";

/**
 * How the list of profiles stands, which is made from the journals.
 */
export type IndexWord = "building" | "ready" | "in_memory";

/**
 * How the storage is.
 */
export type StorageView = {
/**
 * What most needs somebody's attention.
 */
state: StorageWord,
/**
 * What is wrong and what to do, a sentence each; empty if nothing is.
 */
messages: Array<string>,
/**
 * What is free on its disk; `null` where the system does not tell. Unit: bytes.
 */
free_bytes: number | null,
/**
 * The list of profiles.
 */
index: IndexWord, };

/**
 * Which daemon this is.
 */
export type Health = {
/**
 * Always `ok`.
 */
status: string,
/**
 * Of the daemon.
 */
version: string,
/**
 * Since it started. Unit: s.
 */
uptime_seconds: number,
/**
 * The parts that somebody should look at: `storage`, or none.
 */
degraded: Array<string>,
/**
 * Where everything is kept; `null` to somebody who may not look.
 */
storage: StorageView | null, };

/**
 * What an order to a control asks for.
 */
export type ControlBody = {
/**
 * 0 to 1.
 */
value: number, };

/**
 * What people say about a profile. Each field given replaces the one before; an empty text takes it away.
 */
export type ProfileNotes = {
/**
 * Its name.
 */
name?: string,
/**
 * Free text.
 */
notes?: string,
/**
 * Which bean.
 */
bean?: string,
/**
 * Unit: g.
 */
green_weight_g?: number,
/**
 * Unit: g.
 */
roasted_weight_g?: number,
/**
 * How good it is: 1 to 5; 0 takes the rating away.
 */
rating?: number,
/**
 * Words to find it by, without commas; an empty list takes them away.
 */
tags?: Array<string>,
/**
 * Who roasted it.
 */
operator?: string,
/**
 * The shop's own number for it.
 */
batch?: string, };

/**
 * Saving a machine's finished session.
 */
export type SaveBody = {
/**
 * Whose session.
 */
machine_id: string,
/**
 * The whole list of events as it should be.
 */
events?: Array<EventCorrection>,
/**
 * Its name.
 */
name?: string,
/**
 * Free text.
 */
notes?: string,
/**
 * Which bean.
 */
bean?: string,
/**
 * Unit: g.
 */
green_weight_g?: number,
/**
 * Unit: g.
 */
roasted_weight_g?: number,
/**
 * How good it is: 1 to 5; 0 takes the rating away.
 */
rating?: number,
/**
 * Words to find it by, without commas; an empty list takes them away.
 */
tags?: Array<string>,
/**
 * Who roasted it.
 */
operator?: string,
/**
 * The shop's own number for it.
 */
batch?: string, };

/**
 * One event of a correction.
 */
export type EventCorrection = {
/**
 * What happened.
 */
event_type: EventType,
/**
 * When, on the profile's clock.
 */
timestamp_ms: number, };

/**
 * Correcting a profile.
 */
export type PatchBody = {
/**
 * The whole list of events as it should be.
 */
events?: Array<EventCorrection>,
/**
 * Its name.
 */
name?: string,
/**
 * Free text.
 */
notes?: string,
/**
 * Which bean.
 */
bean?: string,
/**
 * Unit: g.
 */
green_weight_g?: number,
/**
 * Unit: g.
 */
roasted_weight_g?: number,
/**
 * How good it is: 1 to 5; 0 takes the rating away.
 */
rating?: number,
/**
 * Words to find it by, without commas; an empty list takes them away.
 */
tags?: Array<string>,
/**
 * Who roasted it.
 */
operator?: string,
/**
 * The shop's own number for it.
 */
batch?: string, };

/**
 * One occurrence of an alarm, also of one that is over.
 */
export type PastAlarm = {
/**
 * Number of this occurrence, unique in the daemon.
 */
occurrence: number,
/**
 * The rule that raised it.
 */
alarm_id: string,
/**
 * What the rule says.
 */
message: string,
/**
 * How bad it is.
 */
severity: Severity,
/**
 * Where it stands now.
 */
alarm_state: AlarmState,
/**
 * The session it was raised in; `null` if the machine was never started.
 */
session_id: string | null,
/**
 * When it was raised. RFC 3339.
 */
raised_at: string | null,
/**
 * When its condition was gone. RFC 3339.
 */
cleared_at: string | null,
/**
 * When somebody acknowledged it. RFC 3339.
 */
acked_at: string | null,
/**
 * Who that was.
 */
acked_by: string | null,
/**
 * How often its condition came: 1, or more of an alarm that chattered.
 */
count: number,
/**
 * The alarm that began the flood in which it came.
 */
first_cause: string | null, };

/**
 * Why something could not be read.
 */
export type ProbeFault = {
/**
 * What was asked; empty where nothing was.
 */
asked: string,
/**
 * What happened.
 */
message: string,
/**
 * What to look at; empty if there is nothing to say.
 */
hint: string, };

/**
 * One value.
 */
export type ProbedValue = {
/**
 * The channel.
 */
id: string,
/**
 * Where it stands in the document that was sent, such as `/channels/0/source`.
 */
pointer: string,
/**
 * What the device sent, before divisor and offset; `null` for a simulator.
 */
raw: number | null,
/**
 * The value in `unit`.
 */
value: number | null,
/**
 * The channel's native unit; empty where it has none.
 */
unit: string,
/**
 * From question to answer. Unit: ms; `null` where it was not asked.
 */
round_trip_ms: number | null,
/**
 * Why there is no value.
 */
fault: ProbeFault | null, };

/**
 * What came of one look at a machine.
 */
export type ProbeView = {
/**
 * Whether the device answered anything at all, if only to say no.
 */
reached: boolean,
/**
 * Why not; `null` where it was reached.
 */
fault: ProbeFault | null,
/**
 * The fastest answer. Unit: ms.
 */
round_trip_ms: number | null,
/**
 * What else there is to know, such as who shares the line; empty if nothing.
 */
note: string,
/**
 * Each value that was asked for, in the order of the channels.
 */
values: Array<ProbedValue>, };

/**
 * A serial port of the computer that the daemon runs on.
 */
export type SerialPortView = {
/**
 * The path to configure: the lasting one where there is one.
 */
path: string,
/**
 * The path of the device itself.
 */
device: string,
/**
 * What the adapter calls itself; empty where it says nothing.
 */
about: string, };

/**
 * How far a task is.
 */
export type TaskProgress = {
/**
 * Steps done.
 */
current: number,
/**
 * Steps in all; 0 while nobody knows.
 */
total: number,
/**
 * What it is at.
 */
message: string, };

/**
 * A long job of the daemon.
 */
export type TaskView = {
/**
 * The machine it works for.
 */
machine_id: string | null,
/**
 * What people file it under.
 */
project: string | null,
/**
 * Arguments by position.
 */
run_args: unknown[],
/**
 * Arguments by keyword.
 */
run_kwargs: Record<string, unknown>,
/**
 * Unique for ever.
 */
id: string,
/**
 * Name of the job.
 */
name: string,
/**
 * The same, as clients of the OpenScan protocol look for it.
 */
task_type: string,
/**
 * Whether it runs beside no other.
 */
is_exclusive: boolean,
/**
 * Whether it keeps a thread busy; it cannot be paused then.
 */
is_blocking: boolean,
/**
 * Where it stands.
 */
status: TaskStatus,
/**
 * How far it is.
 */
progress: TaskProgress,
/**
 * What came of it.
 */
result: unknown,
/**
 * Why it did not complete.
 */
error: string | null,
/**
 * When it was asked for.
 */
created_at: string | null,
/**
 * When its job began.
 */
started_at: string | null,
/**
 * When its job ended.
 */
completed_at: string | null, };

/**
 * What follows when a wait took too long.
 */
export type OnTimeout = "pause" | "next" | "fail";

/**
 * One step. Values are in the channel's own unit, times on the machine's clock.
 */
export type ProgramStep = { "type": "set",
/**
 * Channels with values; switches also take true and false.
 */
values: Record<string, number | boolean>, } | { "type": "ramp",
/**
 * Which.
 */
channel: string,
/**
 * Where to.
 */
to: number,
/**
 * How long. Unit: s.
 */
over_s: number, } | { "type": "hold",
/**
 * How long. Unit: s.
 */
for_s: number, } | { "type": "wait",
/**
 * On which channel.
 */
channel: string,
/**
 * Strictly above this.
 */
above?: number,
/**
 * Strictly below this.
 */
below?: number,
/**
 * At or above this.
 */
at_least?: number,
/**
 * At or below this.
 */
at_most?: number,
/**
 * At this.
 */
equals?: number,
/**
 * How long at most. Unit: s. For ever without it.
 */
timeout_s?: number,
/**
 * What then; `pause` without it.
 */
on_timeout?: OnTimeout, } | { "type": "ask",
/**
 * What to tell.
 */
message: string, };

/**
 * A program as it is kept.
 */
export type ProgramView = {
/**
 * Unique in the daemon.
 */
id: string,
/**
 * What it is called.
 */
name: string | null,
/**
 * The machine that it is for.
 */
machine_id: string,
/**
 * Its steps, in order.
 */
steps: Array<ProgramStep>, };

/**
 * What somebody may do.
 */
export type UserRole = "controller" | "viewer" | "operator" | "admin";

/**
 * By what somebody is let in.
 */
export type Standing = "local" | "open" | "guest" | "user" | "token" | "none";

/**
 * Somebody who was let in.
 */
export type MeUser = {
/**
 * How they log in; `null` for those who need not, and for tokens.
 */
email: string | null,
/**
 * How they are shown; `null` for those who need not log in.
 */
name: string | null,
/**
 * What they may do.
 */
role: UserRole,
/**
 * With which machines; `null` is all.
 */
machines: Array<string> | null, };

/**
 * Who is at a page, and what it may offer.
 */
export type Me = {
/**
 * By what.
 */
access: Standing,
/**
 * Who, with what they may do; `null` where nobody is let in.
 */
user: MeUser | null,
/**
 * Whether there is no admin yet and one must be made first.
 */
setup_needed: boolean,
/**
 * Whether anybody can log in with a password.
 */
login_possible: boolean, };

/**
 * Somebody who may log in.
 */
export type UserView = {
/**
 * How they log in.
 */
email: string,
/**
 * How they are shown.
 */
name: string,
/**
 * What they may do.
 */
role: UserRole,
/**
 * With which machines; `null` is all.
 */
machines: Array<string> | null,
/**
 * Whether they stand in the configuration, where alone they are changed.
 */
fixed: boolean, };

/**
 * A token, without its secret.
 */
export type TokenView = {
/**
 * What it is revoked by.
 */
id: string,
/**
 * How it is shown.
 */
name: string,
/**
 * What it may do.
 */
role: UserRole,
/**
 * With which machines; `null` is all.
 */
machines: Array<string> | null,
/**
 * When it was given out. RFC 3339.
 */
created_at: string | null,
/**
 * When it is worth nothing any more; `null` is never. RFC 3339.
 */
expires_at: string | null,
/**
 * When it was last used; `null` is not yet. RFC 3339.
 */
last_used: string | null, };

/**
 * A token that was just given out.
 */
export type GivenToken = {
/**
 * The secret, for `Authorization: Bearer`. It is told only now.
 */
token: string,
/**
 * What it is revoked by.
 */
id: string,
/**
 * How it is shown.
 */
name: string,
/**
 * What it may do.
 */
role: UserRole,
/**
 * With which machines; `null` is all.
 */
machines: Array<string> | null,
/**
 * When it was given out. RFC 3339.
 */
created_at: string | null,
/**
 * When it is worth nothing any more; `null` is never. RFC 3339.
 */
expires_at: string | null,
/**
 * When it was last used; `null` is not yet. RFC 3339.
 */
last_used: string | null, };

/**
 * An open socket or stream of events.
 */
export type ClientView = {
/**
 * For as long as it is open.
 */
id: number,
/**
 * Who: an address for mail, a token, `local`, `open` or `guest`.
 */
who: string,
/**
 * What they may do.
 */
role: UserRole,
/**
 * From where.
 */
address: string,
/**
 * How they call themselves.
 */
name: string,
/**
 * What they speak.
 */
dialect: string | null,
/**
 * The machine they follow; `null` where it is not one.
 */
machine: string | null,
/**
 * The machines among those they follow that they have control of.
 */
steers: Array<string>,
/**
 * Since when. RFC 3339.
 */
since: string | null, };

/**
 * Something that was done, or tried.
 */
export type DeedView = {
/**
 * For `before`: later ones have higher numbers.
 */
id: number,
/**
 * When. RFC 3339.
 */
at: string | null,
/**
 * Who: an address for mail, a token, `local`, `open`, `guest` or `nobody`; `several` where a count does not tell them apart.
 */
who: string,
/**
 * Their role, if they had one.
 */
role: string | null,
/**
 * Where it came from.
 */
address: string | null,
/**
 * Which machine it was done to, if to one.
 */
machine: string | null,
/**
 * What.
 */
action: string,
/**
 * With which request, where it came as one.
 */
request: string | null,
/**
 * What it was before, where there is such a thing.
 */
old: unknown,
/**
 * What it was to be then.
 */
new: unknown,
/**
 * `done`, or the code of why not.
 */
result: string,
/**
 * For how many refusals this stands, where it is a count of those after the first one of their kind; `null` is itself.
 */
times: number | null,
/**
 * How many deeds before this one could not be written; `null` is none.
 */
lost: number | null, };

/**
 * One fault of a body: where, and what would be right.
 */
export type ProblemField = {
/**
 * JSON pointer into the body, or a line such as `line 12` where the body is a text file.
 */
pointer: string,
/**
 * What is wrong and what would be right.
 */
detail: string, };

/**
 * Why a request was not done.
 */
export type Problem = {
/**
 * Always `about:blank`: `code` tells problems apart.
 */
type: string,
/**
 * The status in words.
 */
title: string,
/**
 * HTTP status.
 */
status: number,
/**
 * What happened, in plain words, and what to do.
 */
detail: string,
/**
 * A word to match on.
 */
code: string,
/**
 * Whether asking again, later or otherwise, can succeed.
 */
recoverable: boolean,
/**
 * All faults of the body; empty where the body is not at fault.
 */
errors: Array<ProblemField>, };
