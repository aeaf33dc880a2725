// Profiles that somebody deleted and may still take back: the daemon hears of it when the time is over or the person leaves.

import { signal } from "@preact/signals";
import { rest, RestError } from "../link/rest";

/** How long a deletion can be taken back. Unit: ms. */
export const UNDO_MS = 10_000;

/** A profile about to go. */
export type Discarded = { id: string; name: string };

type Means = { remove: (id: string) => Promise<void>; later: (run: () => void, ms: number) => () => void };

export class Trash {
  /** What can be taken back, in the order it was thrown away. */
  readonly held = signal<readonly Discarded[]>([]);
  /** What is gone or about to go: no list shows it. */
  readonly hidden = signal<ReadonlySet<string>>(new Set());
  /** Why the last deletion was not done. */
  readonly fault = signal<string | null>(null);
  readonly #means: Means;
  #cancel: (() => void) | null = null;

  constructor(means: Means) {
    this.#means = means;
  }

  /** Throws profiles away. The time to take back begins anew for all that are held. */
  put(items: readonly Discarded[]): void {
    this.fault.value = null;
    this.held.value = [...this.held.peek(), ...items];
    this.hidden.value = new Set([...this.hidden.peek(), ...items.map((item) => item.id)]);
    this.#cancel?.();
    this.#cancel = this.#means.later(() => this.flush(), UNDO_MS);
  }

  /** Takes everything back that is held. */
  undo(): void {
    this.#cancel?.();
    this.#show(this.held.peek().map((item) => item.id));
    this.held.value = [];
  }

  /** Deletes what is held, now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    const items = this.held.peek();
    this.held.value = [];
    for (const { id, name } of items) {
      this.#means.remove(id).catch((error: Error) => {
        this.#show([id]);
        this.fault.value = `${name} was not deleted. ${error.message}`;
      });
    }
  }

  #show(ids: readonly string[]): void {
    this.hidden.value = new Set([...this.hidden.peek()].filter((id) => !ids.includes(id)));
  }
}

/** The one of this tab. */
export const trash = new Trash({
  remove: (id) => rest.deleteProfile(id).catch((error: unknown) => {
    // What somebody else has deleted meanwhile is gone as well.
    if (!(error instanceof RestError && error.status === 404)) throw error;
  }),
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
});
