// The wire contract in TypeScript: OpenRoast frames and REST bodies, field by field.

export type SessionState = "idle" | "monitoring" | "recording" | "finished";

export type DriverState = "disconnected" | "connecting" | "connected" | "reconnecting" | "restarting" | "failed";

export type EventType = "CHARGE" | "TP" | "DRY_END" | "FCs" | "FCe" | "SCs" | "SCe" | "DROP" | "COOL";

export type Severity = "info" | "warning" | "critical";

export type AlarmState = "unacked" | "acked" | "cleared_unacked" | "normal" | "shelved";

export type SafetyReason = "stop" | "crash" | "link" | "sensor" | "operator" | "interlock";

export type ReplayState = "playing" | "paused" | "stopped" | "finished";

export type Quality = "good" | "stale" | "lost";

export type ProfileStatus = "draft" | "saved";

export type MachineKind = "roaster" | "kettle" | "panel" | "rig" | "scanner";

export type ErrorCode =
  | "DRIVER_READ_FAILED" | "DRIVER_WRITE_FAILED" | "DRIVER_DISCONNECTED" | "INVALID_STATE_TRANSITION"
  | "INVALID_MESSAGE" | "MACHINE_NOT_FOUND" | "SESSION_LOCKED" | "INTERLOCK_BLOCKED" | "EMERGENCY_STOP" | "LATCHED"
  | "PROFILE_NOT_FOUND" | "FORBIDDEN" | "RATE_LIMITED" | "MACHINE_FAILED" | "INTERNAL";

export type LastReading = {
  timestamp_ms: number, et: number | null, bt: number | null, et_ror: number | null, bt_ror: number | null,
  extra_channels: { [key in string]: number | null },
};

export type RoastEvent = {
  event_type: EventType, timestamp_ms: number, auto_detected: boolean, provisional: boolean,
  bt_at_event: number | null, et_at_event: number | null,
};

export type Alarm = {
  alarm_id: string, message: string, severity: Severity, timestamp_ms: number, bt: number | null, et: number | null,
  occurrence: number, latched: boolean, alarm_state: AlarmState,
};

export type ControlType = "slider" | "toggle";

export type Control = {
  id: string, label: string, min: number, max: number, step: number, unit: string, type: ControlType,
  value: number | null, enabled: boolean,
};

export type Safety = { latched: boolean, reason: SafetyReason | null, since: string | null, channels: Array<string> };

export type Person = { client_id: string, name: string };

export type Lease = { holder: Person | null, yours: boolean, expires_in_ms: number | null };

export type ControlAck = {
  channel: string, value: number, applied: boolean, message: string, command_id?: number, by?: string,
  readback?: number, latency_ms?: number, request_id?: string,
};

export type Temperature = LastReading & {
  controls: { [key in string]: number }, quality: { [key in string]: Quality },
};

export type EventRemoved = { event_type: EventType };

export type State = {
  state: SessionState, previous_state: SessionState, started_at: string | null, elapsed_ms: number,
  previous_session_id: string | null,
};

export type Replay = {
  timestamp_ms: number, et: number | null, bt: number | null, et_ror: number | null, bt_ror: number | null,
  controls: { [key in string]: number }, progress_pct: number, total_duration_ms: number,
};

export type ReplayStatus = {
  profile_id: string, state: ReplayState, speed: number, position_ms: number, total_duration_ms: number, by: string,
};

export type Error = { code: ErrorCode, message: string, recoverable: boolean, request_id?: string };

export type Connection = {
  driver_state: DriverState, driver_name: string, message: string, retry_in_ms: number | null, restarts: number,
};

export type Controls = { channels: Array<Control> };

export type ControlRequest = { from: Person, expires_in_ms: number };

export type SyncComplete = { from_ms: number, last_timestamp_ms: number, count: number, truncated: boolean };

export type Heartbeat = { elapsed_ms: number };

export type ServerFrame =
  | { "type": "temperature" } & Temperature
  | { "type": "event" } & RoastEvent
  | { "type": "event_removed" } & EventRemoved
  | { "type": "state" } & State
  | { "type": "alarm" } & Alarm
  | { "type": "replay" } & Replay
  | { "type": "replay_status" } & ReplayStatus
  | { "type": "control_ack" } & ControlAck
  | { "type": "error" } & Error
  | { "type": "connection" } & Connection
  | { "type": "controls" } & Controls
  | { "type": "safety" } & Safety
  | { "type": "control_lease" } & Lease
  | { "type": "control_request" } & ControlRequest
  | { "type": "sync_complete" } & SyncComplete
  | { "type": "heartbeat" } & Heartbeat;

export type Command =
  | { "action": "start_monitoring" } | { "action": "stop_monitoring" } | { "action": "start_recording" }
  | { "action": "stop_recording" } | { "action": "reset" }
  | { "action": "mark_event", event_type: EventType, timestamp_ms?: number }
  | { "action": "unmark_event", event_type: EventType }
  | { "action": "sync", last_timestamp_ms?: number, session_id?: string, last_seq?: number }
  | { "action": "acquire_control" } | { "action": "release_control" } | { "action": "take_control" }
  | { "action": "answer_control", client_id: string, grant: boolean }
  | { "action": "ack_alarm", alarm_id: string, occurrence?: number }
  | { "action": "shelve_alarm", alarm_id: string, minutes: number }
  | { "action": "emergency_stop" } | { "action": "rearm" };

export type ReplayCommand =
  | { "action": "start", profile_id: string, speed?: number, apply_controls?: boolean }
  | { "action": "pause" } | { "action": "resume" } | { "action": "stop" }
  | { "action": "seek", timestamp_ms: number };

export type ClientFrame =
  | { "type": "control", channel: string, value: number, request_id?: string }
  | { "type": "command", request_id?: string } & Command
  | { "type": "replay_control", request_id?: string } & ReplayCommand
  | { "type": "auth", token: string };

export type AlarmCounts = { info: number, warning: number, critical: number };

export type MachineSummary = {
  id: string, name: string, kind: MachineKind, driver_state: DriverState, session_state: SessionState,
  last_reading: LastReading | null, alarms: AlarmCounts, restarts: number,
};

export type Series = {
  timestamp_ms: Array<number>, bt: Array<number | null>, et: Array<number | null>, bt_ror: Array<number | null>,
  et_ror: Array<number | null>, extra_channels: { [key in string]: Array<number | null> },
};

export type SessionView = {
  machine_id: string, session_id: string | null, state: SessionState, driver_state: DriverState,
  started_at: string | null, elapsed_ms: number, events: Array<RoastEvent>, last_reading: LastReading | null,
  controls: Array<Control>, lease: Lease, alarms: Array<Alarm>, safety: Safety, series?: Series,
};

export type RorByPhase = {
  drying: number | null, maillard: number | null, development: number | null, total: number | null,
};

export type Statistics = {
  total_ms: number | null, drying_ms: number | null, maillard_ms: number | null, development_ms: number | null,
  drying_pct: number | null, maillard_pct: number | null, dtr_pct: number | null, tp_ms: number | null,
  tp_bt: number | null, auc: number | null, weight_loss_pct: number | null, max_et: number | null,
  bt_ror_by_phase: RorByPhase,
};

export type ProfileSummary = {
  id: string, name: string, machine_id: string, machine_name: string, created_at: string | null, duration_ms: number,
  status: ProfileStatus, bean?: string, green_weight_g?: number, roasted_weight_g?: number, notes?: string,
  events: Array<RoastEvent>, statistics: Statistics,
};

export type ProfileDocument = ProfileSummary & {
  series: Series, controls: { [key in string]: Array<[number, number]> }, gaps: Array<[number, number]>,
};

export type ProfilePage = { items: Array<ProfileSummary>, next_cursor: string | null };

export type DriverAnswer = { driver_state: DriverState };

export type EventCorrection = { event_type: EventType, timestamp_ms: number };

export type ProfileNotes = {
  name?: string, notes?: string, bean?: string, green_weight_g?: number, roasted_weight_g?: number,
  events?: Array<EventCorrection>,
};

export type SaveBody = { machine_id: string } & ProfileNotes;

export type ProblemField = { pointer: string, detail: string };

export type Problem = {
  type: string, title: string, status: number, detail: string, code: string, recoverable: boolean,
  errors: Array<ProblemField>,
};
