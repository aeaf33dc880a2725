// One free countdown per machine: for the second charge, the cooling, the coffee.

import { signal } from "@preact/signals";
import { nowMs } from "../link/clock";

/** A countdown that runs or has run out. `endsAtMs` is on `nowMs()`. */
export type Countdown = { endsAtMs: number; totalMs: number };

export class CountdownStore {
  readonly running = signal<Countdown | null>(null);
  readonly #onRing: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onRing` is called when it reaches zero. */
  constructor(onRing: () => void) {
    this.#onRing = onRing;
  }

  start(totalMs: number): void {
    clearTimeout(this.#timer);
    this.running.value = { endsAtMs: nowMs() + totalMs, totalMs };
    this.#timer = setTimeout(() => this.#onRing(), totalMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.running.value = null;
  }
}
