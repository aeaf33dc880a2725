// The controls of one machine and, per channel, what became of what this tab asked for.
//
//   idle ─(touch)─> editing ─(send)─> sent ─(ack)─> applied ──> idle
//                                      ├──(no)───> refused (goes back to what is applied, with the reason)
//                                      └──(2 s)──> unknown
//
// One order per channel is in flight; while it is, the newest value waits and replaces an older one that waits.

import { signal, type Signal } from "@preact/signals";
import type { Control, ControlAck } from "../wire/types";

/** Time after which no answer means that nobody knows. Unit: ms. */
export const ANSWER_PATIENCE_MS = 2_000;
/** Shortest time between two orders of one channel: ten a second. Unit: ms. */
export const SEND_SPACING_MS = 100;
const APPLIED_SHOWN_MS = 1_500;
const REFUSED_SHOWN_MS = 6_000;

/** What became of what was asked for. */
export type Ask =
  | { kind: "idle" }
  | { kind: "editing"; value: number }
  | { kind: "sent"; value: number }
  | { kind: "applied"; value: number }
  | { kind: "refused"; value: number; reason: string }
  | { kind: "unknown"; value: number };

/** A control, where it stands, and what was asked of it. */
export type ControlLine = { spec: Control; applied: number | null; by: string | null; readback: number | null; ask: Ask };

/** Puts an order on its way. False if there is no way. */
export type SendControl = (channel: string, value: number, requestId: string) => boolean;

type Flight = { requestId: string; value: number; timer: ReturnType<typeof setTimeout> };

class Channel {
  readonly line: Signal<ControlLine>;
  readonly #send: SendControl;
  readonly #nextId: () => string;
  #flight: Flight | null = null;
  #waiting: number | null = null;
  #lastSentAt = -Infinity;
  #spacing: ReturnType<typeof setTimeout> | undefined;
  #fade: ReturnType<typeof setTimeout> | undefined;

  constructor(spec: Control, send: SendControl, nextId: () => string) {
    this.line = signal({ spec, applied: spec.value, by: null, readback: null, ask: { kind: "idle" } });
    this.#send = send;
    this.#nextId = nextId;
  }

  /** The daemon told where the control stands. */
  stand(value: number): void {
    if (this.line.peek().applied !== value) this.#set({ applied: value });
  }

  respec(spec: Control): void {
    this.#set({ spec, applied: spec.value ?? this.line.peek().applied });
  }

  edit(value: number): void {
    this.#want(value);
  }

  /** The final value: goes out whatever the spacing, as soon as nothing is in flight. */
  commit(value: number): void {
    this.#want(value);
  }

  acked(ack: ControlAck): void {
    const mine = this.#flight !== null && ack.request_id === this.#flight.requestId;
    if (ack.applied) this.#set({ applied: ack.value, by: ack.by ?? null, readback: ack.readback ?? null });
    if (!mine || this.#flight === null) return;
    const { value } = this.#flight;
    this.#land();
    if (this.#waiting !== null) {
      this.#flush();
      return;
    }
    if (ack.applied) this.#show({ kind: "applied", value: ack.value }, APPLIED_SHOWN_MS);
    else if (ack.message === "superseded") this.#ask({ kind: "idle" });
    else this.#show({ kind: "refused", value, reason: ack.message || "refused" }, REFUSED_SHOWN_MS);
  }

  /** An error that names the order in flight says more than the bare refusal. */
  failed(requestId: string, message: string): void {
    const { ask } = this.line.peek();
    if (this.#flight?.requestId === requestId) {
      const { value } = this.#flight;
      this.#land();
      this.#waiting = null;
      this.#show({ kind: "refused", value, reason: message }, REFUSED_SHOWN_MS);
    } else if (ask.kind === "refused") {
      this.#show({ ...ask, reason: message }, REFUSED_SHOWN_MS);
    }
  }

  dispose(): void {
    clearTimeout(this.#fade);
    clearTimeout(this.#spacing);
    this.#land();
  }

  #want(value: number): void {
    // Shown even while it waits: the next tap on + counts from here, else it would be lost.
    this.#ask({ kind: "editing", value });
    this.#waiting = value;
    this.#flush();
  }

  #flush(): void {
    if (this.#waiting === null || this.#flight !== null) return;
    const wait = this.#lastSentAt + SEND_SPACING_MS - performance.now();
    clearTimeout(this.#spacing);
    if (wait > 0) {
      this.#spacing = setTimeout(() => this.#flush(), wait);
      return;
    }
    const value = this.#waiting;
    this.#waiting = null;
    const requestId = this.#nextId();
    this.#lastSentAt = performance.now();
    if (!this.#send(this.line.peek().spec.id, value, requestId)) {
      this.#show({ kind: "refused", value, reason: "Not connected: nothing was sent" }, REFUSED_SHOWN_MS);
      return;
    }
    const timer = setTimeout(() => this.#unanswered(), ANSWER_PATIENCE_MS);
    this.#flight = { requestId, value, timer };
    this.#ask({ kind: "sent", value });
  }

  #unanswered(): void {
    const value = this.#flight?.value ?? 0;
    this.#land();
    this.#waiting = null;
    this.#ask({ kind: "unknown", value });
  }

  #land(): void {
    clearTimeout(this.#flight?.timer);
    this.#flight = null;
  }

  #show(ask: Ask, forMs: number): void {
    this.#ask(ask);
    this.#fade = setTimeout(() => this.#ask({ kind: "idle" }), forMs);
  }

  #ask(ask: Ask): void {
    clearTimeout(this.#fade);
    this.#set({ ask });
  }

  #set(change: Partial<ControlLine>): void {
    this.line.value = { ...this.line.peek(), ...change };
  }
}

export class ControlsStore {
  /** Channel ids in configured order. */
  readonly order = signal<string[]>([]);
  /** Whether it is known which there are. */
  readonly known = signal(false);
  readonly #channels = new Map<string, Channel>();
  readonly #send: SendControl;
  readonly #prefix: string;
  #count = 0;

  /** `prefix` keeps request ids of this tab apart from those of others. */
  constructor(send: SendControl, prefix: string) {
    this.#send = send;
    this.#prefix = prefix;
  }

  /** Takes the machine's controls; the answer to an order that was under way is still awaited. */
  load(controls: Control[]): void {
    this.known.value = true;
    const ids = controls.map((control) => control.id);
    for (const [id, channel] of this.#channels) {
      if (ids.includes(id)) continue;
      channel.dispose();
      this.#channels.delete(id);
    }
    for (const spec of controls) {
      const known = this.#channels.get(spec.id);
      if (known !== undefined) known.respec(spec);
      else this.#channels.set(spec.id, new Channel(spec, this.#send, () => `${this.#prefix}-${(this.#count += 1)}`));
    }
    if (ids.join("\n") !== this.order.peek().join("\n")) this.order.value = ids;
  }

  /** The line of a channel; undefined if the machine has none of that id. */
  line(id: string): Signal<ControlLine> | undefined {
    return this.#channels.get(id)?.line;
  }

  /** While a thumb is dragged: shown at once, sent at most ten times a second. Value 0 to 1. */
  edit(id: string, value: number): void {
    this.#channels.get(id)?.edit(clamp(value));
  }

  /** The value that is meant. 0 to 1. */
  commit(id: string, value: number): void {
    this.#channels.get(id)?.commit(clamp(value));
  }

  /** Values told with a reading. */
  stand(values: { [key in string]: number }): void {
    for (const [id, value] of Object.entries(values)) this.#channels.get(id)?.stand(value);
  }

  acked(ack: ControlAck): void {
    this.#channels.get(ack.channel)?.acked(ack);
  }

  /** Whether an error answers an order of this tab; if so it is shown at its control. */
  failed(requestId: string | undefined, message: string): boolean {
    if (requestId === undefined || !requestId.startsWith(`${this.#prefix}-`)) return false;
    for (const channel of this.#channels.values()) channel.failed(requestId, message);
    return true;
  }

  dispose(): void {
    for (const channel of this.#channels.values()) channel.dispose();
  }
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
