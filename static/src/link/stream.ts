// The order of a machine's frames as one tab must see it: without gap, without duplicate, by `seq`.
//
//   opened ──> catching up ──(sync_complete)──> following ──(prev_seq differs)──> catching up …
//
// While catching up, frames that belong to the stream are held back: those sent before our `sync` arrived may be newer
// than those it replays. Frames outside the stream (greeting, answers to this client) pass at once. Pure: no timers, no I/O.

import type { Frame } from "../wire/decode";
import type { Command, SessionView } from "../wire/types";

/** Memory of the daemon that `sync` always reaches back over. Source: the protocol's ring buffer. */
const RING_MS = 60_000;

/** What a `sync` says about what is already held. */
export type Held = Extract<Command, { action: "sync" }>;

/** What the stream wants done. */
export type Step =
  /** Give these on, in this order. */
  | { do: "deliver"; frames: Frame[]; replayed: boolean }
  /** Ask the daemon for what is missing. */
  | { do: "sync"; held: Held }
  /** Nothing is missing any more. `truncated`: what was asked for is partly gone. */
  | { do: "caught_up"; truncated: boolean };

export class Stream {
  #phase: "closed" | "catching_up" | "following" = "closed";
  #buffer: Frame[] = [];
  #adoptNext = false;
  #heldSeq: number | null = null;
  #sessionId: string | null = null;
  #lastTimestampMs: number | null = null;

  /** Session time of the newest reading held, for REST. Unit: ms. */
  get lastTimestampMs(): number | null {
    return this.#lastTimestampMs;
  }

  /** The session that the newest reading belongs to. */
  get sessionId(): string | null {
    return this.#sessionId;
  }

  /** Whether frames are held back. */
  get isCatchingUp(): boolean {
    return this.#phase === "catching_up";
  }

  /** Whether REST fills this faster than a replay: a first load, or an absence longer than the daemon's memory. */
  wantsBackfill(absentMs: number): boolean {
    return this.#lastTimestampMs === null || absentMs > RING_MS;
  }

  /** A socket opened: hold frames back until caught up. */
  opened(): void {
    this.#phase = "catching_up";
    this.#buffer = [];
  }

  /** The socket is gone. What was held back is given up: the next sync brings it again. */
  closed(): void {
    this.#phase = "closed";
    this.#buffer = [];
  }

  /** Holds frames back from now on and asks for everything after what is held. */
  resync(): Step[] {
    this.#phase = "catching_up";
    return [{ do: "sync", held: this.#held() }];
  }

  /** Takes a view fetched by REST as the new base. */
  adoptView(view: SessionView): void {
    if (view.session_id !== this.#sessionId) this.#lastTimestampMs = null;
    this.#sessionId = view.session_id;
    const last = view.series?.timestamp_ms.at(-1);
    if (last !== undefined) this.#lastTimestampMs = Math.max(this.#lastTimestampMs ?? 0, last);
    // A view names no seq: until the next sync_complete there is nothing to compare with.
    this.#heldSeq = null;
  }

  /** Takes one frame. */
  accept(frame: Frame): Step[] {
    if (frame.type === "sync_complete") return this.#phase === "catching_up" ? this.#catchUp(frame.truncated) : [];
    if (typeof frame.seq !== "number") return [{ do: "deliver", frames: [frame], replayed: false }];
    if (this.#phase === "catching_up") {
      this.#buffer.push(frame);
      return [];
    }
    return this.#follow(frame, frame.seq);
  }

  /** Gives on what was held back, because no `sync_complete` will come. The gap, if any, stays one. */
  giveUpWaiting(): Step[] {
    return this.#phase === "catching_up" ? this.#catchUp(true) : [];
  }

  #follow(frame: Frame, seq: number): Step[] {
    const held = this.#heldSeq;
    if (held !== null && seq <= held) return [];
    const fits = this.#adoptNext || held === null || frame.prev_seq === undefined || frame.prev_seq === held;
    if (!fits) {
      const steps = this.resync();
      this.#buffer.push(frame);
      return steps;
    }
    this.#adoptNext = false;
    this.#note(frame, seq);
    return [{ do: "deliver", frames: [frame], replayed: false }];
  }

  #catchUp(truncated: boolean): Step[] {
    const held = this.#heldSeq ?? -1;
    const bySeq = new Map<number, Frame>();
    for (const frame of this.#buffer) {
      if (typeof frame.seq === "number" && frame.seq > held) bySeq.set(frame.seq, frame);
    }
    const inOrder = [...bySeq].sort(([a], [b]) => a - b);
    for (const [seq, frame] of inOrder) this.#note(frame, seq);
    this.#buffer = [];
    this.#phase = "following";
    this.#adoptNext = true;
    return [
      { do: "deliver", frames: inOrder.map(([, frame]) => frame), replayed: true },
      { do: "caught_up", truncated },
    ];
  }

  #note(frame: Frame, seq: number): void {
    this.#heldSeq = seq;
    if (frame.session_id !== undefined && frame.session_id !== this.#sessionId) {
      this.#sessionId = frame.session_id;
      this.#lastTimestampMs = null;
    }
    if (frame.type === "temperature") this.#lastTimestampMs = Math.max(this.#lastTimestampMs ?? 0, frame.timestamp_ms);
  }

  #held(): Held {
    const held: Held = { action: "sync" };
    if (this.#lastTimestampMs !== null) held.last_timestamp_ms = this.#lastTimestampMs;
    if (this.#sessionId !== null) held.session_id = this.#sessionId;
    if (this.#heldSeq !== null) held.last_seq = this.#heldSeq;
    return held;
  }
}
