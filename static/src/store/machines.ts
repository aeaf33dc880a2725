// The machines of the house: their summaries from REST, and a store for each that a screen looks at.

import { signal } from "@preact/signals";
import { rest, RestError } from "../link/rest";
import type { MachineSummary } from "../wire/types";
import { MachineStore, type Tab } from "./machine";
import { onTick } from "./ticker";

const REFRESH_MS = 5_000;

/** What is known of the list. */
export type MachineList =
  | { kind: "loading" }
  | { kind: "ready"; items: MachineSummary[]; error: string | null }
  | { kind: "failed"; error: RestError };

export class MachinesStore {
  readonly list = signal<MachineList>({ kind: "loading" });
  readonly #stores = new Map<string, MachineStore>();
  readonly #tab: Tab;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tab: Tab) {
    this.#tab = tab;
    onTick(() => this.#stores.forEach((store) => store.publish()));
  }

  get clientId(): string {
    return this.#tab.clientId;
  }

  /** The store of one machine, made when first asked for. */
  get(id: string): MachineStore {
    const known = this.#stores.get(id);
    if (known !== undefined) return known;
    const made = new MachineStore(id, this.#tab);
    this.#stores.set(id, made);
    return made;
  }

  /** Fetches the list now and again every few seconds. */
  start(): void {
    void this.refresh();
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.list.value = { kind: "ready", items: await rest.machines(), error: null };
    } catch (caught) {
      const error = caught instanceof RestError ? caught : new RestError(0, "", String(caught));
      const held = this.list.peek();
      this.list.value = held.kind === "ready" ? { ...held, error: error.message } : { kind: "failed", error };
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  /** The tab came back. */
  wake(): void {
    this.#stores.forEach((store) => store.wake());
    void this.refresh();
  }
}
