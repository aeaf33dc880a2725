// The alarms of a machine that are not normal, newest and worst first.

import { computed, signal } from "@preact/signals";
import type { Alarm, Severity } from "../wire/types";

const RANK: Record<Severity, number> = { critical: 2, warning: 1, info: 0 };

export class AlarmsStore {
  readonly #byId = signal<ReadonlyMap<string, Alarm>>(new Map());

  /** Alarms that want to be seen, the most urgent first. */
  readonly active = computed(() =>
    [...this.#byId.value.values()]
      .filter((alarm) => alarm.alarm_state !== "shelved")
      .sort(byUrgency),
  );

  /** Alarms that somebody put aside for a while. */
  readonly shelved = computed(() => [...this.#byId.value.values()].filter((alarm) => alarm.alarm_state === "shelved"));

  set(alarm: Alarm): void {
    const next = new Map(this.#byId.peek());
    const held = next.get(alarm.alarm_id);
    if (held !== undefined && held.occurrence > alarm.occurrence) return;
    if (alarm.alarm_state === "normal") next.delete(alarm.alarm_id);
    else next.set(alarm.alarm_id, { ...alarm, alarm_state: alarm.alarm_state ?? "unacked", occurrence: alarm.occurrence ?? 0, count: alarm.count ?? 1 });
    this.#byId.value = next;
  }

  load(alarms: Alarm[]): void {
    this.#byId.value = new Map(alarms.map((alarm) => [alarm.alarm_id, alarm]));
  }
}

/** Order of alarms that want to be seen: unacknowledged before acknowledged, worse before better, what began a flood before what it brought, newer before older. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return Number(wantsAck(b)) - Number(wantsAck(a)) || RANK[b.severity] - RANK[a.severity] || Number(Boolean(a.first_cause)) - Number(Boolean(b.first_cause)) || b.occurrence - a.occurrence;
}

/** Whether nobody has acknowledged it yet. */
export function wantsAck(alarm: Alarm): boolean {
  return alarm.alarm_state === "unacked" || alarm.alarm_state === "cleared_unacked";
}
