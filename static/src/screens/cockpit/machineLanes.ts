// The lanes under a machine's curve, in the order of the controls below them.

import type { Scene } from "../../chart/scene";
import type { MachineStore } from "../../store/machine";

/** What each control is called. */
export function laneLabels(machine: MachineStore): Map<string, string> {
  return new Map(machine.controls.order.peek().map((id) => [id, machine.controls.line(id)?.peek().spec.label ?? id]));
}

/** The moves of every control of a machine, with its names. */
export function machineLanes(machine: MachineStore): Pick<Scene, "lanes" | "laneLabels"> {
  const { lanes } = machine.lanes;
  if (!machine.controls.known.peek()) return { lanes: null, laneLabels: new Map() };
  return { lanes: new Map(machine.controls.order.peek().map((id) => [id, lanes.get(id) ?? []])), laneLabels: laneLabels(machine) };
}
