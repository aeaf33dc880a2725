// What the steps of a program can name on a machine.

import { unitSign } from "../../model/units";
import type { StepChannel } from "../../model/programForm";
import type { MachineStore } from "../../store/machine";

/** All channels of a machine: controls with their range, and sensors to wait for. Programs speak each channel's own unit. */
export function stepChannels(machine: MachineStore): StepChannel[] {
  const controls = machine.controls.order.value.flatMap((id): StepChannel[] => {
    const spec = machine.controls.line(id)?.value.spec;
    return spec === undefined ? [] : [{ id, label: spec.label, sign: unitSign(spec.unit), min: spec.min, max: spec.max, isToggle: spec.type === "toggle", isControl: true }];
  });
  const words = machine.config.value?.channels ?? [];
  const sensors = words.filter(({ id }) => !controls.some((control) => control.id === id)).map(({ id, label, unit }): StepChannel => (
    { id, label: label ?? id, sign: unitSign(unit ?? ""), min: -Infinity, max: Infinity, isToggle: false, isControl: false }
  ));
  return [...controls, ...sensors];
}
