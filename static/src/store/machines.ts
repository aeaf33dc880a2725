// The machines of the house: their summaries from REST, and a store for each that a screen looks at.

import { computed, effect, signal } from "@preact/signals";
import { credential, keepCredential } from "../link/credential";
import { rest, RestError, type Me } from "../link/rest";
import { ordered } from "../model/order";
import type { Alarm, MachineSummary } from "../wire/types";
import { byUrgency } from "./alarms";
import { MachineStore, type Tab } from "./machine";
import { settings } from "./settings";
import { onTick } from "./ticker";

const REFRESH_MS = 5_000;
/** Machines whose sockets stay open behind every screen, so that their alarms are seen and heard there: those that Alt and a number reach. */
const WATCHED_MAX = 8;

/** What is known of the list. */
export type MachineList =
  | { kind: "loading" }
  | { kind: "ready"; items: MachineSummary[]; error: string | null }
  | { kind: "failed"; error: RestError };

/** An alarm, and whose. */
export type HouseAlarm = { machine: MachineSummary; alarm: Alarm };

export class MachinesStore {
  readonly list = signal<MachineList>({ kind: "loading" });
  /** The machines in the order of this device. */
  readonly items = computed(() => {
    const list = this.list.value;
    return list.kind === "ready" ? ordered(list.items, settings.order.value) : [];
  });
  /** Every alarm that wants to be seen, the worst first. */
  readonly alarms = computed<HouseAlarm[]>(() =>
    this.items.value
      .flatMap((machine) => this.get(machine.id).alarms.active.value.map((alarm) => ({ machine, alarm })))
      .sort((a, b) => byUrgency(a.alarm, b.alarm)),
  );
  /** Who is logged in here; null where nobody is, or nobody needs to. */
  readonly me = signal<Me | null>(null);
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

  /** What the list says of a machine, if it is known there. */
  summary(id: string): MachineSummary | undefined {
    return this.items.value.find((machine) => machine.id === id);
  }

  /** The store of one machine, made when first asked for. */
  get(id: string): MachineStore {
    const known = this.#stores.get(id);
    if (known !== undefined) return known;
    const made = new MachineStore(id, this.#tab);
    this.#stores.set(id, made);
    return made;
  }

  /** Fetches the list now and again every few seconds, and watches the machines in it. */
  start(): void {
    void this.refresh();
    void this.#whoAmI();
    const held = new Map<string, () => void>();
    effect(() => {
      const wanted = this.items.value.slice(0, WATCHED_MAX).map(({ id }) => id);
      for (const [id, letGo] of held) {
        if (wanted.includes(id)) continue;
        letGo();
        held.delete(id);
      }
      for (const id of wanted) if (!held.has(id)) held.set(id, this.get(id).hold());
    });
  }

  /** Software STOP for every machine. Resolves to what a person must know if it did not arrive. */
  async stop(): Promise<string | null> {
    try {
      await rest.stopAll({ clientId: this.#tab.clientId });
      return null;
    } catch (error) {
      const why = error instanceof RestError && error.status > 0 ? `The daemon refused STOP: ${error.message}` : "STOP did not reach the daemon";
      return `${why}. Use the machines' own emergency switches.`;
    }
  }

  /** Goes on with a token, or without one, and opens everything anew. */
  async signIn(token: string | null): Promise<void> {
    keepCredential(token);
    await Promise.all([this.refresh(), this.#whoAmI()]);
    this.#stores.forEach((store) => store.reopen());
  }

  async #whoAmI(): Promise<void> {
    this.me.value = credential() === null ? null : await rest.me().catch(() => null);
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.list.value = { kind: "ready", items: await rest.machines(), error: null };
    } catch (caught) {
      const error = caught instanceof RestError ? caught : new RestError(0, "", String(caught));
      const held = this.list.peek();
      const isDenied = error.status === 401;
      this.list.value = held.kind === "ready" && !isDenied ? { ...held, error: error.message } : { kind: "failed", error };
      // Asking again does not help somebody who is not let in: a person has to log in.
      if (isDenied) return;
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
