// The slow way: fetches the session over HTTP again and again while no socket can be had.

import { RestError } from "./rest";
import type { SessionView } from "../wire/types";

const FASTEST_MS = 1_000;

/** What a poller needs from its link. */
export type PollPlan = {
  fetchView: (sinceMs: number | null, signal: AbortSignal) => Promise<SessionView>;
  sinceMs: () => number | null;
  intervalMs: () => number;
  onView: (view: SessionView) => void;
  onRefused: (error: RestError) => void;
};

export class Poller {
  readonly #plan: PollPlan;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(plan: PollPlan) {
    this.#plan = plan;
  }

  /** Whether it runs. */
  get isRunning(): boolean {
    return this.#abort !== null;
  }

  /** Fetches now and then at the sampling interval, at most once a second, never two at a time. */
  start(): void {
    if (this.#abort !== null) return;
    this.#abort = new AbortController();
    void this.#round(this.#abort.signal);
  }

  stop(): void {
    this.#abort?.abort();
    this.#abort = null;
    clearTimeout(this.#timer);
  }

  async #round(signal: AbortSignal): Promise<void> {
    try {
      const view = await this.#plan.fetchView(this.#plan.sinceMs(), signal);
      if (signal.aborted) return;
      this.#plan.onView(view);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RestError && [401, 403, 404].includes(error.status)) {
        this.#plan.onRefused(error);
        return;
      }
    }
    this.#timer = setTimeout(() => void this.#round(signal), Math.max(FASTEST_MS, this.#plan.intervalMs()));
  }
}
