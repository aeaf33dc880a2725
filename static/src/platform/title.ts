// The tab's title: what the roast is at, readable from across a row of tabs, and before it how many alarms nobody has seen.

import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { duration, temp } from "../model/format";
import { at } from "../model/marks";
import { wantsAck } from "../store/alarms";
import type { MachineStore } from "../store/machine";
import type { MachinesStore } from "../store/machines";
import { settings } from "../store/settings";

const PLAIN = "Hearth";
const place = signal(PLAIN);

/** Keeps the tab's title and, where the page is installed as an app, its badge. */
export function startTitle(house: MachinesStore): void {
  const open = computed(() => house.alarms.value.filter(({ alarm }) => wantsAck(alarm)).length);
  effect(() => {
    document.title = open.value === 0 ? place.value : `(${open.value}) ${place.value}`;
  });
  effect(() => {
    const { value } = open;
    // Missing on plain http, and refused where nobody installed the page.
    if ("setAppBadge" in navigator) (value === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(value)).catch(() => undefined);
  });
}

/** Keeps the title in step with what `words` reads; returns how to end it. */
function show(words: () => string): () => void {
  const end = effect(() => {
    place.value = words();
  });
  return () => {
    end();
    place.value = PLAIN;
  };
}

/** The roast of a machine in the title; returns how to end it. */
export function showTitle(machine: MachineStore, name: ReadonlySignal<string>): () => void {
  return show(() => {
    const unit = settings.unit.value;
    const bt = `${temp(machine.session.readout.value?.bt, unit, 0)} °${unit}`;
    const isRecording = machine.session.state.value === "recording";
    const marks = machine.events.marks.value;
    const time = isRecording ? ` · ${duration((at(marks, "DROP") ?? machine.elapsedMs()) - (at(marks, "CHARGE") ?? 0))}` : "";
    return `${bt}${time} · ${name.value}`;
  });
}

/** The same for a machine without beans: its name, and how long it records. */
export function showPlainTitle(machine: MachineStore, name: ReadonlySignal<string>): () => void {
  return show(() => {
    void machine.session.readout.value;
    const isRecording = machine.session.state.value === "recording";
    return `${isRecording ? `${duration(machine.elapsedMs())} · ` : ""}${name.value}`;
  });
}
