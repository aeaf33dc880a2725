// One machine's link: a socket that is opened again for ever, watched for silence, and backed by HTTP.

import { backoffMs } from "./backoff";
import { nowMs } from "./clock";
import { Poller } from "./poll";
import type { RestError } from "./rest";
import { canSend, type LinkState } from "./state";
import { Stream, type Step } from "./stream";
import { decode, type Frame } from "../wire/decode";
import type { ClientFrame, SessionView } from "../wire/types";

/** Seconds of silence after which the daemon sends a sign of life; asked for in the socket's address. */
export const HEARTBEAT_S = 5;
/** A socket silent for longer is dead, whatever the browser says: a cut line never fires `close`. */
export const DEAD_MS = 8_000;
const OPEN_PATIENCE_MS = 10_000;
const SYNC_PATIENCE_MS = 10_000;
const STABLE_MS = 10_000;
const FAILURES_BEFORE_POLLING = 3;
const WATCH_MS = 250;
/** A watch that comes this late means that the tab slept, not that the line was silent. */
const SLEPT_MS = 3_000;
const STALE_INTERVALS = 3;
const STALE_FLOOR_MS = 3_000;
const UNAUTHORISED = 4401;
const NO_SUCH_MACHINE = 4004;
/** The daemon parted with a client that sent more than it takes, or an admin did; the reason is worth telling. */
const NOT_WANTED = 1008;

/** What is used of a WebSocket. */
export type SocketLike = Pick<WebSocket, "send" | "close" | "readyState"> & {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
};

/** What a link needs and whom it tells. */
export type LinkPlan = {
  url: () => string;
  openSocket?: (url: string) => SocketLike;
  fetchView: (sinceMs: number | null, signal: AbortSignal) => Promise<SessionView>;
  onFrames: (frames: Frame[], replayed: boolean) => void;
  onView: (view: SessionView) => void;
  onState: (state: LinkState) => void;
  /** Part of what was missed is gone for good. */
  onTruncated: () => void;
  random?: () => number;
};

export class Link {
  readonly #plan: LinkPlan;
  readonly #stream = new Stream();
  readonly #poller: Poller;
  #state: LinkState = { kind: "idle" };
  #socket: SocketLike | null = null;
  #backfill: AbortController | null = null;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #watchTimer: ReturnType<typeof setInterval> | undefined;
  #expectedMs: number | null = null;
  #heardAt = 0;
  #sampleAt = 0;
  #watchedAt = 0;
  #syncSentAt: number | null = null;
  #liveSince: number | null = null;
  #lostAt: number | null = null;
  /** Frames of a type this build does not know, and frames that were no frames; for the curious. */
  readonly dropped = { unknown_type: 0, malformed: 0 };

  constructor(plan: LinkPlan) {
    this.#plan = plan;
    this.#poller = new Poller({
      fetchView: plan.fetchView,
      sinceMs: () => this.#stream.lastTimestampMs,
      intervalMs: () => this.#expectedMs ?? 0,
      onView: (view) => this.#adopt(view),
      onRefused: (error) => this.#refuse(error),
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Opens, unless it is open or opening. */
  start(): void {
    if (this.#state.kind === "idle") this.#connect();
  }

  /** Ends for good, or until `start`. */
  stop(): void {
    this.#markAbsence();
    this.#dropSocket();
    this.#poller.stop();
    clearTimeout(this.#retryTimer);
    this.#enter({ kind: "idle" });
  }

  /** Sends over the socket. False if there is none. */
  send(frame: ClientFrame): boolean {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== 1 || !canSend(this.#state)) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  /** How often readings should come, or null while none are due. Decides when the link counts as stale. Unit: ms. */
  expect(intervalMs: number | null): void {
    if (intervalMs !== null && this.#expectedMs === null) this.#sampleAt = nowMs();
    this.#expectedMs = intervalMs;
    if (intervalMs === null && this.#state.kind === "stale") this.#enter({ kind: "live" });
  }

  /** The tab came back (visible, online, or a person pressed "Now"): catch up at once, or connect at once. */
  wake(): void {
    switch (this.#state.kind) {
      case "waiting":
      case "polling":
        if (this.#socket === null) {
          clearTimeout(this.#retryTimer);
          this.#connect();
        }
        break;
      case "live":
      case "stale":
        this.#heardAt = nowMs();
        this.#take(this.#stream.resync());
        break;
      case "idle":
      case "connecting":
      case "syncing":
      case "denied":
      case "gone":
        break;
    }
  }

  #enter(next: LinkState): void {
    this.#state = next;
    this.#plan.onState(next);
  }

  #connect(): void {
    if (!this.#poller.isRunning) this.#enter({ kind: "connecting", attempt: this.#attempt + 1 });
    else this.#enter({ kind: "polling", attempt: this.#attempt, retryAtMs: null });
    let socket: SocketLike;
    try {
      socket = (this.#plan.openSocket ?? ((url) => new WebSocket(url) as SocketLike))(this.#plan.url());
    } catch {
      this.#lost();
      return;
    }
    this.#socket = socket;
    this.#openTimer = setTimeout(() => this.#lost(), OPEN_PATIENCE_MS);
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onclose = (event) => this.#closed(event.code, event.reason);
    // `close` always follows and knows more.
    socket.onerror = null;
  }

  #opened(): void {
    clearTimeout(this.#openTimer);
    const now = nowMs();
    this.#heardAt = now;
    this.#sampleAt = now;
    this.#watchedAt = now;
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_MS);
    this.#stream.opened();
    const absentMs = this.#lostAt === null ? null : now - this.#lostAt;
    // While polling, the first message decides, not the open: a proxy may accept a socket that leads nowhere.
    if (!this.#poller.isRunning) this.#enter({ kind: "syncing", missingMs: absentMs });
    void this.#catchUp(absentMs ?? 0);
  }

  async #catchUp(absentMs: number): Promise<void> {
    if (this.#stream.wantsBackfill(absentMs)) {
      const abort = new AbortController();
      this.#backfill = abort;
      try {
        const view = await this.#plan.fetchView(this.#stream.lastTimestampMs, abort.signal);
        if (abort.signal.aborted) return;
        this.#adopt(view);
      } catch {
        // The sync below asks for the same over the socket.
        if (abort.signal.aborted) return;
      }
    }
    this.#take(this.#stream.resync());
  }

  #adopt(view: SessionView): void {
    this.#stream.adoptView(view);
    this.#plan.onView(view);
  }

  #heard(raw: unknown): void {
    const now = nowMs();
    this.#heardAt = now;
    if (this.#poller.isRunning) {
      this.#poller.stop();
      this.#enter({ kind: "syncing", missingMs: null });
    }
    const decoded = decode(raw);
    if (!decoded.ok) {
      this.dropped[decoded.why] += 1;
      return;
    }
    const { frame } = decoded;
    if (frame.type === "temperature") {
      this.#sampleAt = now;
      if (this.#state.kind === "stale") this.#enter({ kind: "live" });
    }
    if (frame.type === "error" && frame.code === "MACHINE_NOT_FOUND") {
      this.#end({ kind: "gone", reason: frame.message });
      return;
    }
    this.#take(this.#stream.accept(frame));
  }

  #take(steps: Step[]): void {
    for (const step of steps) {
      switch (step.do) {
        case "deliver":
          if (step.frames.length > 0) this.#plan.onFrames(step.frames, step.replayed);
          break;
        case "sync":
          this.#syncSentAt = nowMs();
          if (this.#state.kind !== "syncing" && !this.#poller.isRunning) this.#enter({ kind: "syncing", missingMs: null });
          // A socket that is closing takes nothing more; the next one will ask.
          if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ type: "command", ...step.held } satisfies ClientFrame));
          break;
        case "caught_up":
          this.#syncSentAt = null;
          this.#lostAt = null;
          this.#liveSince ??= nowMs();
          if (step.truncated) this.#plan.onTruncated();
          this.#enter({ kind: "live" });
          break;
      }
    }
  }

  #watch(): void {
    const now = nowMs();
    const slept = now - this.#watchedAt > SLEPT_MS;
    this.#watchedAt = now;
    if (slept) {
      this.#heardAt = now;
      this.#sampleAt = now;
      this.wake();
      return;
    }
    if (now - this.#heardAt > DEAD_MS) {
      this.#lost();
      return;
    }
    if (this.#syncSentAt !== null && now - this.#syncSentAt > SYNC_PATIENCE_MS) this.#take(this.#stream.giveUpWaiting());
    if (this.#liveSince !== null && now - this.#liveSince >= STABLE_MS) this.#attempt = 0;
    const dueMs = this.#expectedMs === null ? Infinity : Math.max(STALE_INTERVALS * this.#expectedMs, STALE_FLOOR_MS);
    if (this.#state.kind === "live" && now - this.#sampleAt > dueMs) this.#enter({ kind: "stale" });
  }

  #closed(code: number, reason: string): void {
    if (code === UNAUTHORISED) this.#end({ kind: "denied", reason: reason || "The daemon wants a login" });
    else if (code === NO_SUCH_MACHINE) this.#end({ kind: "gone", reason: reason || "The daemon has no such machine" });
    else this.#lost(code === NOT_WANTED ? reason : "");
  }

  #refuse(error: RestError): void {
    this.#end(error.status === 404 ? { kind: "gone", reason: error.message } : { kind: "denied", reason: error.message });
  }

  #end(state: Extract<LinkState, { kind: "denied" | "gone" }>): void {
    this.#dropSocket();
    this.#poller.stop();
    clearTimeout(this.#retryTimer);
    this.#enter(state);
  }

  #lost(reason = ""): void {
    if (this.#liveSince !== null && nowMs() - this.#liveSince >= STABLE_MS) this.#attempt = 0;
    this.#markAbsence();
    this.#dropSocket();
    const delayMs = backoffMs(this.#attempt, this.#plan.random);
    this.#attempt += 1;
    const retryAtMs = nowMs() + delayMs;
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
    if (this.#attempt >= FAILURES_BEFORE_POLLING) {
      this.#poller.start();
      this.#enter({ kind: "polling", attempt: this.#attempt, retryAtMs });
    } else {
      this.#enter({ kind: "waiting", attempt: this.#attempt, retryAtMs, reason });
    }
  }

  /** Notes since when this tab misses what happens. Polling misses little, so it begins no absence. */
  #markAbsence(): void {
    if (this.#stream.lastTimestampMs !== null && !this.#poller.isRunning) this.#lostAt ??= this.#heardAt;
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#backfill?.abort();
    this.#stream.closed();
    this.#syncSentAt = null;
    this.#liveSince = null;
    clearTimeout(this.#openTimer);
    clearInterval(this.#watchTimer);
    if (socket === null) return;
    // A dead socket's `close` may never come, or come a minute later and be taken for the new one's.
    socket.onopen = socket.onmessage = socket.onclose = null;
    try {
      socket.close();
    } catch {
      // Closing what never opened is allowed to fail.
    }
  }
}
