// Reads what a socket sends. Nothing that fails here may reach a store: a frame is whole and its numbers are numbers,
// or it is counted and dropped. A type this build does not know is an addition of a newer daemon, not a fault.

import type { ServerFrame } from "./types";

/** Where in the machine's stream a frame stands. Absent on greetings and on answers to this client alone. */
export type Envelope = {
  machine_id?: string;
  session_id?: string | null;
  seq?: number;
  prev_seq?: number | null;
};

/** A frame with its place in the stream. */
export type Frame = ServerFrame & Envelope;

/** The frame of one type. */
export type FrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }> & Envelope;

/** What came of a text: a frame, a type of a newer daemon, or something that is no frame. */
export type Decoded = { ok: true; frame: Frame } | { ok: false; why: "unknown_type" | "malformed"; detail: string };

type Check = (value: unknown) => boolean;
type Fields = Record<string, unknown>;

const text: Check = (v) => typeof v === "string";
const finite: Check = (v) => typeof v === "number" && Number.isFinite(v);
const flag: Check = (v) => typeof v === "boolean";
const object: Check = (v) => typeof v === "object" && v !== null && !Array.isArray(v);
const orNull = (check: Check): Check => (v) => v === null || v === undefined || check(v);
const mapOf = (check: Check): Check => (v) => object(v) && Object.values(v as Fields).every(check);
const mayMapOf = (check: Check): Check => (v) => v === undefined || mapOf(check)(v);
const listOf = (check: Check): Check => (v) => Array.isArray(v) && v.every(check);
const shape = (checks: Record<string, Check>): Check => (v) =>
  object(v) && Object.entries(checks).every(([key, check]) => check((v as Fields)[key]));

const reading = { timestamp_ms: finite, et: orNull(finite), bt: orNull(finite), et_ror: orNull(finite), bt_ror: orNull(finite) };
const person = shape({ client_id: text, name: text });
const control = shape({ id: text, label: text, min: finite, max: finite, step: finite, unit: text, type: text, value: orNull(finite), enabled: flag });

const FRAMES: Record<ServerFrame["type"], Record<string, Check>> = {
  temperature: { ...reading, extra_channels: mayMapOf(orNull(finite)), controls: mayMapOf(finite), quality: mayMapOf(text) },
  event: { event_type: text, timestamp_ms: finite, auto_detected: flag, bt_at_event: orNull(finite), et_at_event: orNull(finite) },
  event_removed: { event_type: text },
  state: { state: text, previous_state: text, elapsed_ms: orNull(finite), started_at: orNull(text), previous_session_id: orNull(text) },
  alarm: { alarm_id: text, message: text, severity: text, timestamp_ms: finite, occurrence: orNull(finite) },
  replay: { ...reading, controls: mapOf(finite), progress_pct: finite, total_duration_ms: finite },
  replay_status: { profile_id: text, state: text, speed: finite, position_ms: finite, total_duration_ms: finite, by: text },
  control_ack: { channel: text, value: finite, applied: flag, message: text, readback: orNull(finite) },
  error: { code: text, message: text, recoverable: flag },
  connection: { driver_state: text, driver_name: text, message: text, retry_in_ms: orNull(finite), restarts: orNull(finite) },
  controls: { channels: listOf(control) },
  safety: { latched: flag, reason: orNull(text), since: orNull(text), channels: listOf(text) },
  control_lease: { holder: orNull(person), yours: flag, expires_in_ms: orNull(finite) },
  control_request: { from: person, expires_in_ms: finite },
  sync_complete: { from_ms: finite, last_timestamp_ms: finite, count: finite, truncated: flag },
  heartbeat: { elapsed_ms: finite },
};

const ENVELOPE: Record<string, Check> = {
  seq: orNull(finite), prev_seq: orNull(finite), session_id: orNull(text), machine_id: orNull(text),
};

function isKnown(type: unknown): type is ServerFrame["type"] {
  return typeof type === "string" && Object.hasOwn(FRAMES, type);
}

/** Reads one text frame. Never throws. */
export function decode(raw: unknown): Decoded {
  if (typeof raw !== "string") return { ok: false, why: "malformed", detail: "not a text frame" };
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return { ok: false, why: "malformed", detail: "not JSON" };
  }
  if (!object(value)) return { ok: false, why: "malformed", detail: "not an object" };
  const fields = value as Fields;
  if (!isKnown(fields["type"])) return { ok: false, why: "unknown_type", detail: String(fields["type"]).slice(0, 40) };
  for (const checks of [FRAMES[fields["type"]], ENVELOPE]) {
    for (const [key, check] of Object.entries(checks)) {
      if (!check(fields[key])) return { ok: false, why: "malformed", detail: `${fields["type"]}.${key}` };
    }
  }
  return { ok: true, frame: fields as Frame };
}
