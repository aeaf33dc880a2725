// Which of a machine's channels are sensors that can be drawn.

import { linesOf, type Line } from "../../model/lines";
import type { MachineStore } from "../../store/machine";
import type { Point } from "../../store/series";

/** The value of a channel in a reading; those of a roaster stand outside of the others. */
export function valueIn(reading: Point | null, id: string): number | null {
  if (id === "bt" || id === "et") return reading?.[id] ?? null;
  return reading?.extra_channels?.[id] ?? null;
}

/** The sensors of a machine, followed by whoever reads them inside of a computed signal. */
export function machineLines(machine: MachineStore): Line[] {
  const reading = machine.session.readout.value;
  const named = reading === null ? machine.series.extraNames : Object.keys(reading.extra_channels ?? {});
  const ids = [...(["bt", "et"] as const).filter((id) => valueIn(reading, id) !== null), ...named];
  return linesOf(ids, machine.controls.order.value, machine.config.value?.channels ?? []);
}
