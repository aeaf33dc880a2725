// The machines of the house: their summaries from REST, and a store for each that a screen looks at.

import { computed, effect, signal } from "@preact/signals";
import { renewClientId } from "../link/identity";
import { rest, RestError } from "../link/rest";
import { ordered } from "../model/order";
import { changeWords } from "../model/people";
import type { Alarm, MachineSummary, Me } from "../wire/types";
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
  /** Who is here; null until that is known. */
  readonly me = signal<Me | null>(null);
  /** Whether this device is not let in, so that somebody has to log in. */
  readonly isOut = computed(() => (this.me.value !== null && this.me.value.user === null) || (this.list.value.kind === "failed" && this.list.value.error.status === 401));
  /** What has become of the rights of whoever is here, until they have read it. */
  readonly changed = signal<string | null>(null);
  #asking: Promise<void> | null = null;
  /** Who was here last; whose login ran out comes back as the same. */
  #account: string | null = null;
  readonly #stores = new Map<string, MachineStore>();
  readonly #tab: Tab;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tab: Tab) {
    this.#tab = { ...tab, onDenied: (machine, wasLive) => void this.#denied(machine, wasLive) };
    onTick(() => this.#stores.forEach((store) => store.publish()));
  }

  get clientId(): string {
    return this.#tab.clientId;
  }

  /** What the list says of a machine, if it is known there. */
  summary(id: string): MachineSummary | undefined {
    return this.items.value.find((machine) => machine.id === id);
  }

  /** What people call a machine. */
  readonly nameOf = (id: string): string => this.summary(id)?.name ?? id;

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
    void this.whoIsHere();
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

  /** Asks who is here; once for all who want to know at the same time. */
  whoIsHere(): Promise<void> {
    this.#asking ??= rest.me().then((me) => this.become(me), () => undefined).finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** Goes on as somebody. What is open is opened anew where they may do something else than whoever was here before. */
  async become(me: Me): Promise<void> {
    const before = this.me.peek();
    this.me.value = me;
    if (me.user !== null) {
      const account = me.user.email ?? me.access;
      if (this.#account !== null && this.#account !== account) this.#tab.clientId = renewClientId();
      this.#account = account;
    }
    if (before === null || JSON.stringify(before.user) === JSON.stringify(me.user)) return;
    this.changed.value = changeWords(before, me, this.nameOf);
    this.#stores.forEach((store) => store.reopen());
    await this.refresh();
  }

  /** A login that was renewed elsewhere ends its sockets, too: those come back, but not those that were never let in. */
  async #denied(machine: MachineStore, wasLive: boolean): Promise<void> {
    await this.whoIsHere();
    if (wasLive && !this.isOut.peek() && machine.link.peek().kind === "denied") machine.reopen();
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.list.value = { kind: "ready", items: await rest.machines(), error: null };
      if (this.me.peek() === null) void this.whoIsHere();
    } catch (caught) {
      const error = caught instanceof RestError ? caught : new RestError(0, "", String(caught));
      const held = this.list.peek();
      const isDenied = error.status === 401;
      if (isDenied) void this.whoIsHere();
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
