// One machine of the mock: a roaster that warms, roasts and cools by a few lines of arithmetic.

import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { marks, statistics, toDocument } from "./mockProfile";
import type { Alarm, Control, DriverState, EventType, LastReading, Person, ProfileDocument, RoastEvent, SessionState, SessionView } from "../src/wire/types";

type Fields = Record<string, unknown>;
type Client = Person & { socket: WebSocket; heard: Set<number>; syncing: boolean };

const INTERVAL_MS = 1_000;
const GRACE_MS = 30_000;
const WAYS: Record<string, [SessionState[], SessionState]> = {
  start_monitoring: [["idle", "finished"], "monitoring"],
  stop_monitoring: [["monitoring"], "idle"],
  start_recording: [["monitoring"], "recording"],
  stop_recording: [["recording"], "finished"],
  reset: [["idle", "monitoring", "recording", "finished"], "idle"],
};

export class MockMachine {
  readonly config: Fields;
  driverState: DriverState = "connected";
  /** How an order to a control is answered, for trying the three outcomes. */
  answering: "apply" | "refuse" | "never" = "apply";
  readonly #id: string;
  readonly #name: string;
  readonly #speed: number;
  readonly #profiles: Map<string, ProfileDocument>;
  readonly #clients = new Set<Client>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #beat: ReturnType<typeof setInterval>;
  #log: Fields[] = [];
  #seq = 1000;
  #session: string | null = null;
  #state: SessionState = "idle";
  #clock = 0;
  #bt = 190;
  #et = 215;
  #history: { bt: number; et: number }[] = [];
  #readings: LastReading[] = [];
  #events = new Map<EventType, RoastEvent>();
  #values = new Map<string, number>([["burner", 0.6], ["airflow", 0.4], ["drum", 1]]);
  #moves: { [key in string]: [number, number][] } = {};
  #lease: Person | null = null;
  #latched = false;
  #alarms = new Map<string, Alarm>();
  #replay: { profile: ProfileDocument; speed: number; atMs: number; index: number; paused: boolean; by: string } | null = null;
  #startedAt: string | null = null;

  constructor(id: string, name: string, speed: number, profiles: Map<string, ProfileDocument>) {
    this.#id = id;
    this.#name = name;
    this.#speed = speed;
    this.#profiles = profiles;
    this.config = { id, name, kind: "roaster", sampling_interval_ms: INTERVAL_MS, detection: { dry_end_bt: 150, first_crack_bt: 196 } };
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS / speed);
    this.#beat = setInterval(() => this.#clients.forEach((client) => this.#send(client, { type: "heartbeat", elapsed_ms: this.#clock })), 10_000);
  }

  dispose(): void {
    clearInterval(this.#timer);
    clearInterval(this.#beat);
  }

  /** Runs the clock ahead without waiting. */
  advance(readings: number): void {
    for (let i = 0; i < readings; i += 1) this.#tick();
  }

  /** Does a session command as if a client had sent it. */
  act(action: string, fields: Fields = {}): void {
    this.#command({ action, ...fields }, null);
  }

  connect(): void {
    this.setDriver("connected", "");
  }

  setDriver(state: DriverState, message: string): void {
    this.driverState = state;
    this.#emit({ type: "connection", ...this.#connection(message) });
  }

  raise(alarm_id: string, severity: Alarm["severity"], message: string): void {
    const alarm: Alarm = { alarm_id, severity, message, timestamp_ms: this.#clock, bt: this.#bt, et: this.#et, occurrence: this.#seq, latched: false, alarm_state: "unacked", raised_at: null, acked_by: null, count: 1, first_cause: null, shelved_until: null };
    this.#alarms.set(alarm_id, alarm);
    this.#emit({ type: "alarm", ...alarm });
  }

  stop(): void {
    this.#latched = true;
    this.#apply("burner", 0, "failsafe", undefined);
    this.#emit({ type: "safety", ...this.#safety() });
  }

  /** Cuts every socket. */
  cut(): void {
    this.#clients.forEach((client) => client.socket.terminate());
  }

  attach(socket: WebSocket, client_id: string, name: string): void {
    const client: Client = { socket, client_id, name, heard: new Set(), syncing: false };
    this.#clients.add(client);
    for (const frame of this.#greeting(client)) this.#send(client, { ...frame, machine_id: this.#id, session_id: this.#session });
    socket.on("message", (raw) => this.#take(client, String(raw)));
    socket.on("close", () => {
      this.#clients.delete(client);
      setTimeout(() => this.#forget(client), GRACE_MS).unref();
    });
  }

  #forget(client: Client): void {
    const isBack = [...this.#clients].some((other) => other.client_id === client.client_id);
    if (!isBack && this.#lease?.client_id === client.client_id) this.#setLease(null);
  }

  summary(): Fields {
    return {
      id: this.#id, name: this.#name, kind: "roaster", driver_state: this.driverState, session_state: this.#state,
      last_reading: this.#readings.at(-1) ?? null, alarms: { info: 0, warning: 0, critical: this.#alarms.size }, restarts: 0,
    };
  }

  view(since: string | null): SessionView {
    const after = since === null ? -1 : Number(since);
    const document = toDocument(this.#readings.filter((reading) => reading.timestamp_ms > after));
    return {
      machine_id: this.#id, session_id: this.#session, state: this.#state, driver_state: this.driverState, started_at: this.#startedAt,
      elapsed_ms: this.#clock, events: marks(this.#events), last_reading: this.#readings.at(-1) ?? null, controls: this.#controls(),
      lease: this.#leaseFor(null), alarms: [...this.#alarms.values()], safety: this.#safety(), series: document, control_moves: this.#moves,
    };
  }

  save(notes: Fields): ProfileDocument | undefined {
    if (this.#state !== "finished" || this.#session === null) return undefined;
    const { machine_id: _, events: kept, ...said } = notes;
    const names = Array.isArray(kept) ? kept.map((event: Fields) => event["event_type"]) : null;
    const events = marks(this.#events).filter((event) => names === null || names.includes(event.event_type));
    const profile = {
      id: this.#session, name: `${this.#name} ${this.#startedAt}`, machine_id: this.#id, machine_name: this.#name, created_at: this.#startedAt,
      duration_ms: this.#readings.at(-1)?.timestamp_ms ?? 0, status: "saved", tags: [], ...said, events, statistics: statistics(events, said),
      series: toDocument(this.#readings), controls: this.#moves, gaps: [],
    } as ProfileDocument;
    this.#profiles.set(profile.id, profile);
    return profile;
  }

  #greeting(client: Client): Fields[] {
    const state = { type: "state", state: this.#state, previous_state: this.#state, started_at: this.#startedAt, elapsed_ms: this.#clock, previous_session_id: null };
    return [
      { type: "connection", ...this.#connection("") }, state, { type: "controls", channels: this.#controls() },
      { type: "safety", ...this.#safety() }, { type: "control_lease", ...this.#leaseFor(client) },
      ...[...this.#alarms.values()].map((alarm) => ({ type: "alarm", ...alarm })),
    ];
  }

  #tick(): void {
    if (this.driverState !== "connected") return;
    this.#clock += INTERVAL_MS;
    this.#physics();
    const rate = (key: "bt" | "et") => {
      const [now, then] = [this.#history.at(-1), this.#history.at(-16)];
      return now === undefined || then === undefined ? null : round((now[key] - then[key]) * 4);
    };
    const reading: LastReading = {
      timestamp_ms: this.#clock, et: round(this.#et), bt: round(this.#bt), et_ror: rate("et"), bt_ror: rate("bt"),
      extra_channels: { inlet_temp: round(this.#et + 90) },
    };
    if (this.#state !== "finished") this.#readings.push(reading);
    this.#emit({ type: "temperature", ...reading, controls: Object.fromEntries(this.#values), quality: {} });
    this.#detect();
    this.#stepReplay();
  }

  #physics(): void {
    const burner = this.#values.get("burner") ?? 0;
    const air = this.#values.get("airflow") ?? 0;
    this.#et += (120 + 150 * burner - 15 * air - this.#et) * 0.012;
    const beans = this.#events.has("CHARGE") && !this.#events.has("DROP");
    const since = this.#clock - (this.#events.get("CHARGE")?.timestamp_ms ?? 0);
    // A probe in cold beans falls fast, then rises towards the drum's air.
    const pull = beans ? (since < 75_000 ? (88 - this.#bt) * 0.03 : (this.#et + 12 - this.#bt) * 0.0042) : (this.#et - 14 - this.#bt) * 0.02;
    this.#bt += pull + Math.sin(this.#seq * 1.7) * 0.05;
    this.#history.push({ bt: this.#bt, et: this.#et });
  }

  #detect(): void {
    if (this.#state !== "recording") return;
    const charge = this.#events.get("CHARGE");
    if (charge === undefined && this.#clock >= 30_000) this.#mark("CHARGE", true, this.#clock);
    if (charge !== undefined && !this.#events.has("TP") && this.#clock - charge.timestamp_ms > 85_000) this.#mark("TP", true, charge.timestamp_ms + 75_000);
    if (this.#events.has("TP") && !this.#events.has("DRY_END") && this.#bt > 150) this.#mark("DRY_END", true, this.#clock);
  }

  #mark(event_type: EventType, auto_detected: boolean, at: number): void {
    const reading = this.#readings.filter((held) => held.timestamp_ms <= at).at(-1);
    const event: RoastEvent = { event_type, timestamp_ms: at, auto_detected, provisional: event_type === "DRY_END" && auto_detected, bt_at_event: reading?.bt ?? null, et_at_event: reading?.et ?? null };
    this.#events.set(event_type, event);
    this.#emit({ type: "event", ...event });
  }

  #take(client: Client, raw: string): void {
    const frame = JSON.parse(raw) as Fields;
    if (frame["type"] === "control") this.#control(client, frame);
    else if (frame["type"] === "command") this.#command(frame, client);
    else if (frame["type"] === "replay_control") this.#replayControl(client, frame);
    else this.#refuse(client, "INVALID_MESSAGE", "Unknown type");
  }

  #control(client: Client, { channel, value, request_id }: Fields): void {
    if (this.answering === "never") return;
    const refusal = !this.#mayControl(client) ? ["SESSION_LOCKED", `${this.#lease?.name} controls this machine`]
      : this.#latched ? ["LATCHED", "Outputs are held safe: re-arm first"]
      : this.answering === "refuse" ? ["INTERLOCK_BLOCKED", "Open the air first"] : null;
    if (refusal !== null) {
      this.#send(client, { type: "control_ack", channel, value, applied: false, message: refusal[1], request_id });
      this.#refuse(client, String(refusal[0]), String(refusal[1]), request_id);
      return;
    }
    this.#apply(String(channel), Number(value), client.name, request_id);
  }

  #apply(channel: string, value: number, by: string, request_id: unknown): void {
    this.#values.set(channel, value);
    (this.#moves[channel] ??= []).push([this.#clock, value]);
    this.#emit({ type: "control_ack", channel, value, applied: true, message: "", command_id: this.#seq, by, latency_ms: 3, ...(request_id === undefined ? {} : { request_id }) });
  }

  #mayControl(client: Client): boolean {
    if (this.#lease === null) this.#setLease(client);
    return this.#lease?.client_id === client.client_id;
  }

  #setLease(person: Person | null): void {
    this.#lease = person === null ? null : { client_id: person.client_id, name: person.name };
    this.#seq += 1;
    this.#clients.forEach((client) => this.#send(client, { type: "control_lease", ...this.#leaseFor(client) }));
  }

  #command(frame: Fields, client: Client | null): void {
    const action = String(frame["action"]);
    const way = WAYS[action];
    if (way !== undefined || action === "mark_event" || action === "unmark_event") {
      if (client !== null && !this.#mayControl(client)) return this.#refuse(client, "SESSION_LOCKED", `${this.#lease?.name} controls this machine`);
    }
    if (way !== undefined) return this.#move(client, action, way);
    switch (action) {
      case "mark_event":
        if (this.#state !== "recording") return this.#refuse(client, "INVALID_STATE_TRANSITION", `mark_event needs a recording; the session is ${this.#state}`);
        return this.#mark(frame["event_type"] as EventType, false, Number(frame["timestamp_ms"] ?? this.#clock));
      case "unmark_event":
        this.#events.delete(frame["event_type"] as EventType);
        return this.#emit({ type: "event_removed", event_type: frame["event_type"] });
      case "sync":
        return client === null ? undefined : this.#sync(client, frame);
      case "take_control":
        return this.#setLease(client);
      case "release_control":
        return this.#setLease(null);
      case "ack_alarm":
        return this.#ack(String(frame["alarm_id"]));
      case "emergency_stop":
        return this.stop();
      case "rearm":
        this.#latched = false;
        return this.#emit({ type: "safety", ...this.#safety() });
      default:
        return this.#refuse(client, "INVALID_MESSAGE", `Unknown action ${action}`);
    }
  }

  #move(client: Client | null, action: string, [from, to]: [SessionState[], SessionState]): void {
    if (!from.includes(this.#state)) return this.#refuse(client, "INVALID_STATE_TRANSITION", `${action} is not possible while ${this.#state}`);
    const previous_state = this.#state;
    const previous_session_id = this.#session;
    this.#state = to;
    if (action.startsWith("start_") || action === "reset") {
      this.#session = randomUUID();
      this.#clock = 0;
      this.#readings = [];
      this.#log = [];
      this.#events.clear();
      this.#moves = Object.fromEntries([...this.#values].map(([id, value]) => [id, [[0, value]]]));
      this.#startedAt = new Date().toISOString();
    }
    this.#emit({ type: "state", state: to, previous_state, started_at: this.#startedAt, elapsed_ms: this.#clock, previous_session_id });
    return undefined;
  }

  #ack(id: string): void {
    const alarm = this.#alarms.get(id);
    if (alarm === undefined) return;
    alarm.alarm_state = "normal";
    this.#alarms.delete(id);
    this.#emit({ type: "alarm", ...alarm });
  }

  #sync(client: Client, frame: Fields): void {
    const sameSession = frame["session_id"] === this.#session;
    const after = (held: Fields) =>
      !sameSession || (frame["last_seq"] !== undefined ? Number(held["seq"]) > Number(frame["last_seq"]) : Number(held["timestamp_ms"] ?? Infinity) > Number(frame["last_timestamp_ms"] ?? -1));
    const missing = this.#log.filter((held) => after(held) && !client.heard.has(Number(held["seq"])));
    for (const held of missing) this.#send(client, held);
    this.#send(client, { type: "sync_complete", from_ms: 0, last_timestamp_ms: this.#clock, count: missing.length, truncated: false });
  }

  #replayControl(client: Client, frame: Fields): void {
    const profile = this.#profiles.get(String(frame["profile_id"]));
    if (frame["action"] === "start") {
      if (profile === undefined) return this.#refuse(client, "PROFILE_NOT_FOUND", "There is no such profile");
      this.#replay = { profile, speed: Number(frame["speed"] ?? 1), atMs: 0, index: 0, paused: false, by: client.name };
    }
    if (this.#replay === null) return undefined;
    if (frame["action"] === "pause" || frame["action"] === "resume") this.#replay.paused = frame["action"] === "pause";
    if (frame["action"] === "seek") {
      this.#replay.atMs = Number(frame["timestamp_ms"]);
      this.#replay.index = this.#replay.profile.series.timestamp_ms.findIndex((ms) => ms >= Number(frame["timestamp_ms"]));
    }
    this.#replayStatus(frame["action"] === "stop" ? "stopped" : this.#replay.paused ? "paused" : "playing");
    if (frame["action"] === "stop") this.#replay = null;
    return undefined;
  }

  #replayStatus(state: string): void {
    if (this.#replay === null) return;
    const { profile, speed, atMs, by } = this.#replay;
    this.#emit({ type: "replay_status", profile_id: profile.id, state, speed, position_ms: atMs, total_duration_ms: profile.duration_ms, by });
  }

  #stepReplay(): void {
    const replay = this.#replay;
    if (replay === null || replay.paused) return;
    replay.atMs += (INTERVAL_MS / this.#speed) * replay.speed;
    const { series, duration_ms, controls } = replay.profile;
    for (; replay.index < series.timestamp_ms.length && (series.timestamp_ms[replay.index] ?? 0) <= replay.atMs; replay.index += 1) {
      const at = replay.index;
      const [timestamp_ms = 0, bt = null, et = null, bt_ror = null, et_ror = null] = [series.timestamp_ms[at], series.bt[at], series.et[at], series.bt_ror[at], series.et_ror[at]];
      const values = Object.fromEntries(Object.entries(controls).map(([id, moves]) => [id, moves.filter(([ms]) => ms <= timestamp_ms).at(-1)?.[1] ?? 0]));
      this.#emit({ type: "replay", timestamp_ms, bt, et, bt_ror, et_ror, controls: values, progress_pct: (timestamp_ms / duration_ms) * 100, total_duration_ms: duration_ms });
    }
    if (replay.index < series.timestamp_ms.length) return;
    this.#replayStatus("finished");
    this.#replay = null;
  }

  #emit(frame: Fields): void {
    const prev_seq = this.#seq;
    this.#seq += 1;
    const sent = { ...frame, machine_id: this.#id, session_id: this.#session, seq: this.#seq, prev_seq };
    if (frame["type"] !== "replay" && frame["type"] !== "replay_status") this.#log.push(sent);
    this.#clients.forEach((client) => this.#send(client, sent));
  }

  #send(client: Client, frame: Fields): void {
    if (typeof frame["seq"] === "number") client.heard.add(frame["seq"]);
    if (client.socket.readyState === client.socket.OPEN) client.socket.send(JSON.stringify(frame));
  }

  #refuse(client: Client | null, code: string, message: string, request_id?: unknown): void {
    if (client !== null) this.#send(client, { type: "error", code, message, recoverable: true, ...(request_id === undefined ? {} : { request_id }) });
  }

  #connection(message: string): Fields {
    return { driver_state: this.driverState, driver_name: "Simulator", message, retry_in_ms: this.driverState === "reconnecting" ? 4_000 : null, restarts: this.driverState === "restarting" ? 1 : 0 };
  }

  #safety() {
    return { latched: this.#latched, reason: this.#latched ? ("stop" as const) : null, since: null, channels: this.#latched ? ["burner"] : [] };
  }

  #leaseFor(client: Client | null) {
    return { holder: this.#lease, yours: client !== null && this.#lease?.client_id === client.client_id, expires_in_ms: null };
  }

  #controls(): Control[] {
    const control = (id: string, label: string, type: Control["type"]): Control => ({
      id, label, tag: `machine-a.${id}`, endpoint_id: 1000, group: "controls", device_type: null, type, min: 0, max: type === "toggle" ? 1 : 100, step: 1, unit: type === "toggle" ? "" : "percent", value: this.#values.get(id) ?? null, enabled: true,
    });
    return [control("burner", "Burner", "slider"), control("airflow", "Air", "slider"), control("drum", "Drum", "toggle")];
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
