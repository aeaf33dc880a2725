// Everything a tab knows about one machine, fed by its link. Frames are folded here and nowhere else.

import { batch, signal } from "@preact/signals";
import { socketUrl } from "../link/address";
import { MachineClock, nowMs } from "../link/clock";
import { messageOf, rest, RestError, type MachineConfig } from "../link/rest";
import { Link, type SocketLike } from "../link/socket";
import type { LinkState } from "../link/state";
import type { Frame, FrameOf } from "../wire/decode";
import type { Command, EventType, ReplayCommand, SessionView } from "../wire/types";
import { nextExpected } from "../model/marks";
import { AlarmsStore, wantsAck } from "./alarms";
import { ControlsStore } from "./controls";
import { CountdownStore } from "./countdown";
import { EventsStore } from "./events";
import { LaneStore } from "./lane";
import { ReplayStore } from "./replay";
import { SeriesStore, type Point } from "./series";
import { SessionStore } from "./session";
import { isTooOld } from "./status";

/** Who this tab is, how it opens sockets where not as usual, and who hears that one was refused, or ended that was live. */
export type Tab = { clientId: string; name: () => string; page: () => string; openSocket?: (url: string) => SocketLike; onDenied?: (machine: MachineStore, wasLive: boolean) => void };

const INTERVAL_MIN_MS = 100;
const INTERVAL_MAX_MS = 10_000;
const FIRST_INTERVAL_MS = 1_000;
const GAPS_KEPT = 9;
/** How long a socket outlives the last screen that needed it. */
const LINGER_MS = 3_000;
/** How long STOP waits for the daemon's word over the socket before it goes over HTTP as well. Unit: ms. */
const STOP_PATIENCE_MS = 1_000;

/** Something a person may want to hear. */
export type Occasion = { what: "event"; type: EventType } | { what: "timer" };

export class MachineStore {
  readonly id: string;
  readonly series = new SeriesStore();
  readonly lanes = new LaneStore();
  readonly session = new SessionStore();
  readonly events = new EventsStore();
  readonly alarms = new AlarmsStore();
  readonly controls: ControlsStore;
  readonly replay = new ReplayStore();
  /** What happened last that is worth a tone. */
  readonly occasion = signal<Occasion | null>(null);
  readonly countdown = new CountdownStore(() => (this.occasion.value = { what: "timer" }));
  readonly clock = new MachineClock();
  readonly link = signal<LinkState>({ kind: "idle" });
  readonly config = signal<MachineConfig | null>(null);
  /** Whether anything is known yet: until then a skeleton is shown. */
  readonly loaded = signal(false);
  /** Arrival of the newest reading, on `nowMs()`. */
  lastSampleAt: number | null = null;
  readonly #tab: Tab;
  readonly #link: Link;
  /** Gaps between readings that came live, the newest last. Unit: ms. */
  readonly #gaps: number[] = [];
  #heardAt: number | null = null;
  #latest: Point | null = null;
  #users = 0;
  #commands = 0;
  #farewell: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(id: string, tab: Tab) {
    this.id = id;
    this.#tab = tab;
    const send = (channel: string, value: number, request_id: string) =>
      this.#link.send({ type: "control", channel, value, request_id });
    this.controls = new ControlsStore(send, tab.clientId.slice(0, 8));
    const plan: ConstructorParameters<typeof Link>[0] = {
      url: () => socketUrl(tab.page(), id, { clientId: tab.clientId, name: tab.name() }),
      fetchView: (sinceMs, signal) => rest.session(id, sinceMs, { signal, clientId: tab.clientId }),
      onFrames: (frames, replayed) => {
        batch(() => frames.forEach((frame) => this.#fold(frame, replayed)));
        this.#changed();
      },
      onView: (view) => {
        batch(() => this.#view(view));
        this.#changed();
      },
      onState: (state) => {
        const before = this.link.peek().kind;
        this.link.value = state;
        this.#changed();
        if (state.kind === "denied") tab.onDenied?.(this, before === "live" || before === "stale");
      },
      onTruncated: () => (this.session.truncated.value = true),
    };
    if (tab.openSocket !== undefined) plan.openSocket = tab.openSocket;
    this.#link = new Link(plan);
  }

  /** A screen shows this machine: its socket is open while at least one does. Returns how to let go. */
  hold(): () => void {
    this.#users += 1;
    clearTimeout(this.#farewell);
    this.#link.start();
    if (this.config.peek() === null) {
      rest.machineDocument(this.id).then((config) => (this.config.value = config), () => undefined);
    }
    return () => {
      this.#users -= 1;
      if (this.#users > 0) return;
      // From the wall to the cockpit one screen lets go before the next takes hold.
      this.#farewell = setTimeout(() => this.#link.stop(), LINGER_MS);
    };
  }

  /** Calls back whenever something that a chart draws has changed; returns how to end it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The tab came back, or a person does not want to wait. */
  wake(): void {
    this.#link.wake();
  }

  /** Sends a session command. False, and a notice, if there is no connection. */
  command(command: Command): boolean {
    this.#commands += 1;
    const sent = this.#link.send({ type: "command", request_id: `${command.action}/${this.#commands}`, ...command });
    if (!sent) this.session.notice("OFFLINE", "Not connected: nothing was sent", nowMs(), command.action);
    return sent;
  }

  /** Opens the socket anew, with what this device shows the daemon now. */
  reopen(): void {
    this.#link.stop();
    if (this.#users > 0) this.#link.start();
  }

  /** Sets an event now; the daemon stamps it. */
  mark(type: EventType): void {
    if (this.command({ action: "mark_event", event_type: type })) this.events.offerUndo(type);
  }

  /** Sets the event that is due next, if a roast is being recorded. */
  markNext(): void {
    const next = nextExpected(this.events.marks.peek());
    if (next !== null && this.session.state.peek() === "recording") this.mark(next);
  }

  /** One step towards a recording: monitoring first, then recording. */
  startNext(): void {
    const state = this.session.state.peek();
    if (state === "monitoring") this.command({ action: "start_recording" });
    else if (state !== "recording") this.command({ action: "start_monitoring" });
  }

  /** Acknowledges the alarm that stands on top. */
  ackTopAlarm(): void {
    const top = this.alarms.active.peek().find(wantsAck);
    if (top !== undefined) this.command({ action: "ack_alarm", alarm_id: top.alarm_id, occurrence: top.occurrence });
  }

  /** Takes back the event this tab set last. */
  undo(): void {
    const type = this.events.undoable.peek();
    if (type !== null && this.command({ action: "unmark_event", event_type: type })) this.events.undoable.value = null;
  }

  replayCommand(command: ReplayCommand): boolean {
    const sent = this.#link.send({ type: "replay_control", ...command });
    if (!sent) this.session.notice("OFFLINE", "Not connected: nothing was sent", nowMs());
    return sent;
  }

  /**
   * Software STOP, over whatever way there is: a socket may look open and lead nowhere, so one that brings no word that the
   * outputs are held safe is not believed. Resolves to what a person must know if it did not arrive.
   */
  async stop(): Promise<string | null> {
    const isSent = this.#link.send({ type: "command", action: "emergency_stop" });
    if (isSent && this.link.peek().kind === "live" && (await this.#isHeldSafe())) return null;
    try {
      await rest.stop(this.id, { clientId: this.#tab.clientId });
      return null;
    } catch (error) {
      const why = error instanceof RestError && error.status > 0 ? `The daemon refused STOP: ${error.message}` : "STOP did not reach the daemon";
      return `${why}. Use the machine's own emergency switch.`;
    }
  }

  /** Whether the daemon says within `STOP_PATIENCE_MS` that the outputs are held safe. */
  #isHeldSafe(): Promise<boolean> {
    const { safety } = this.session;
    if (safety.peek().latched) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (isHeld: boolean) => {
        clearTimeout(timer);
        end();
        resolve(isHeld);
      };
      const timer = setTimeout(() => done(false), STOP_PATIENCE_MS);
      const end = safety.subscribe((now) => now.latched && done(true));
    });
  }

  /** Copies the newest reading to what text shows. Called four times a second. */
  publish(): void {
    if (this.session.readout.peek() !== this.#latest) this.session.readout.value = this.#latest;
  }

  /** Asks the daemon to connect the driver; what goes wrong becomes a notice. */
  connect(): void {
    this.#ask(rest.connect(this.id, { clientId: this.#tab.clientId }));
  }

  /** Asks the daemon for a fresh start of the machine's actor, also from `failed`. */
  restart(): void {
    this.#ask(rest.restart(this.id, { clientId: this.#tab.clientId }));
  }

  #ask(answer: Promise<unknown>): void {
    answer.catch((error: unknown) => this.session.notice("DRIVER", messageOf(error), nowMs()));
  }

  /** Session time now. Unit: ms. */
  elapsedMs(now: number = nowMs()): number {
    const { kind } = this.link.peek();
    const state = this.session.state.peek();
    const running = (state === "monitoring" || state === "recording") && kind !== "idle" && kind !== "gone";
    return this.clock.read(running, now);
  }

  /** The newest moment of the curve: later than the newest reading where readings stay away. Session clock. Unit: ms. */
  edgeMs(now: number = nowMs()): number {
    const silence = this.isStale(now) ? (this.ageMs(now) ?? 0) : 0;
    return Math.max(this.elapsedMs(now), (this.series.lastMs ?? 0) + silence);
  }

  /** Time since the newest reading came. Null if none ever did. Unit: ms. */
  ageMs(now: number = nowMs()): number | null {
    return this.lastSampleAt === null ? null : now - this.lastSampleAt;
  }

  /** Whether readings are due that do not come, whatever the reason. */
  isStale(now: number = nowMs()): boolean {
    const age = this.ageMs(now);
    return age === null || age > Math.max(3 * usual(this.#gaps), 3_000);
  }

  /** Whether the newest reading says nothing about now any more: somebody would take it for the machine's. */
  isMute(now: number = nowMs()): boolean {
    if (!this.isStale(now)) return false;
    const age = this.ageMs(now);
    return age === null ? this.loaded.peek() && this.session.connection.peek().driver_state !== "connected" : isTooOld(age);
  }

  #fold(frame: Frame, replayed: boolean): void {
    this.loaded.value = true;
    switch (frame.type) {
      case "temperature":
        this.#reading(frame, replayed);
        break;
      case "event":
        if (frame.auto_detected && !replayed && !this.events.marks.peek().has(frame.event_type)) {
          this.occasion.value = { what: "event", type: frame.event_type };
        }
        this.events.set(frame);
        break;
      case "event_removed":
        this.events.remove(frame.event_type);
        break;
      case "state":
        this.#state(frame);
        break;
      case "alarm":
        this.alarms.set(frame);
        break;
      case "replay":
        this.replay.point(frame);
        break;
      case "replay_status":
        this.session.replay.value = frame.state === "stopped" || frame.state === "finished" ? null : frame;
        this.replay.status(frame);
        break;
      case "control_ack":
        this.controls.acked(frame);
        if (frame.applied) this.lanes.note(frame.channel, this.elapsedMs(), frame.value);
        break;
      case "error":
        this.#error(frame);
        break;
      case "connection":
        this.session.connection.value = frame;
        this.session.driverRetryAtMs.value = typeof frame.retry_in_ms === "number" ? nowMs() + frame.retry_in_ms : null;
        this.#expect();
        break;
      case "controls":
        this.controls.load(frame.channels);
        break;
      case "safety":
        this.session.safety.value = frame;
        break;
      case "control_lease":
        this.session.lease.value = frame;
        if (!frame.yours) this.session.request.value = null;
        break;
      case "control_request":
        this.session.request.value = { ...frame, untilMs: nowMs() + frame.expires_in_ms };
        break;
      case "heartbeat":
        this.clock.hear(frame.elapsed_ms);
        break;
      case "sync_complete":
        break;
    }
  }

  #reading(frame: FrameOf<"temperature">, replayed: boolean): void {
    this.#meet(frame.session_id, null);
    const isNewest = frame.timestamp_ms > (this.series.lastMs ?? -Infinity);
    if (!this.series.insert(frame)) return;
    for (const [channel, value] of Object.entries(frame.controls ?? {})) this.lanes.note(channel, frame.timestamp_ms, value);
    if (!isNewest) return;
    this.#latest = frame;
    if (JSON.stringify(frame.quality ?? {}) !== JSON.stringify(this.session.quality.peek())) this.session.quality.value = frame.quality ?? {};
    if (frame.controls !== undefined) this.controls.stand(frame.controls);
    if (replayed) return;
    const now = nowMs();
    if (this.#heardAt !== null) this.#gaps.push(now - this.#heardAt);
    if (this.#gaps.length > GAPS_KEPT) this.#gaps.shift();
    this.#heardAt = this.lastSampleAt = now;
    this.clock.hear(frame.timestamp_ms, now);
    this.#expect();
  }

  #state(frame: FrameOf<"state">): void {
    this.#meet(frame.session_id, frame);
    if (frame.state === "finished" && this.session.state.peek() === "recording") this.session.endedMs.value = frame.elapsed_ms;
    if (frame.state !== "finished") this.session.endedMs.value = null;
    this.session.state.value = frame.state;
    this.session.startedAt.value = frame.started_at ?? null;
    if (typeof frame.elapsed_ms === "number") this.clock.hear(frame.elapsed_ms);
    this.#expect();
  }

  /** A session that is not the one held empties the store; a preheat that led to it stays as negative time. */
  #meet(sessionId: string | null | undefined, change: FrameOf<"state"> | null): void {
    const held = this.session.sessionId.peek();
    if (sessionId === undefined || sessionId === held) return;
    const isPreheat = change?.state === "recording" && held !== null && change.previous_session_id === held;
    const zeroMs = this.elapsedMs();
    if (isPreheat) {
      this.series.keepAsPreheat(zeroMs);
      this.lanes.keepAsPreheat(zeroMs);
    } else {
      this.series.clear();
      this.lanes.restart();
    }
    this.events.clear();
    this.session.sessionId.value = sessionId;
    this.session.truncated.value = false;
    this.session.endedMs.value = null;
    this.clock.restart(change?.elapsed_ms ?? 0);
  }

  #view(view: SessionView): void {
    this.loaded.value = true;
    this.#meet(view.session_id, null);
    this.session.state.value = view.state;
    this.session.startedAt.value = view.started_at;
    if (this.session.connection.peek().driver_state !== view.driver_state) {
      this.session.connection.value = { ...this.session.connection.peek(), driver_state: view.driver_state };
    }
    this.session.lease.value = view.lease;
    this.session.safety.value = view.safety;
    this.events.load(view.events);
    this.alarms.load(view.alarms);
    this.controls.load(view.controls);
    const before = this.series.lastMs;
    if (view.series !== undefined) this.series.insertColumns(view.series);
    if (view.last_reading !== null && view.last_reading.timestamp_ms >= (this.series.lastMs ?? 0)) this.#latest = view.last_reading;
    const newest = this.series.lastMs;
    if (newest !== null && newest !== before) this.lastSampleAt = nowMs() - Math.max(0, view.elapsed_ms - newest);
    this.clock.hear(view.elapsed_ms);
    for (const [id, moves] of Object.entries(view.control_moves ?? {})) for (const [ms, value] of moves) this.lanes.note(id, ms, value);
    for (const { id, value } of view.controls) if (value !== null) this.lanes.note(id, view.elapsed_ms, value);
    this.#expect();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #error(frame: FrameOf<"error">): void {
    if (this.controls.failed(frame.request_id, frame.message)) return;
    this.session.notice(frame.code, frame.message, nowMs(), frame.request_id?.split("/")[0] ?? null);
  }

  /** Readings are due while the driver answers: in every session state. */
  #expect(): void {
    const due = this.session.connection.peek().driver_state === "connected" && this.session.state.peek() !== "finished";
    this.#link.expect(due ? usual(this.#gaps) : null);
  }
}

/** What is usual between two readings: the median, which one long silence does not move. Unit: ms. */
function usual(gaps: readonly number[]): number {
  const sorted = [...gaps].sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1] ?? FIRST_INTERVAL_MS;
  return Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, middle));
}
