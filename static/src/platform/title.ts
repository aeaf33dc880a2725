// The tab's title: what the roast is at, readable from across a row of tabs.

import { effect, type ReadonlySignal } from "@preact/signals";
import { duration, temp } from "../model/format";
import { at } from "../model/marks";
import type { MachineStore } from "../store/machine";
import { settings } from "../store/settings";

/** Keeps the title in step with a machine; returns how to end it. */
export function showTitle(machine: MachineStore, name: ReadonlySignal<string>): () => void {
  const end = effect(() => {
    const unit = settings.unit.value;
    const bt = `${temp(machine.session.readout.value?.bt, unit, 0)} °${unit}`;
    const isRecording = machine.session.state.value === "recording";
    const charge = at(machine.events.marks.value, "CHARGE") ?? 0;
    const time = isRecording ? ` · ${duration(machine.elapsedMs() - charge)}` : "";
    document.title = `${bt}${time} · ${name.value}`;
  });
  return () => {
    end();
    document.title = "Hearth";
  };
}

/** The same for a machine without beans: its name, and how long it records. */
export function showPlainTitle(machine: MachineStore, name: ReadonlySignal<string>): () => void {
  const end = effect(() => {
    void machine.session.readout.value;
    const isRecording = machine.session.state.value === "recording";
    document.title = `${isRecording ? `${duration(machine.elapsedMs())} · ` : ""}${name.value}`;
  });
  return () => {
    end();
    document.title = "Hearth";
  };
}
