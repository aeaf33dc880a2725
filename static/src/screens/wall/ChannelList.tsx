// The channels of a machine that is no roaster, with their live values.

import { channelLines } from "../../model/channels";
import { settings } from "../../store/settings";
import type { MachineStore } from "../../store/machine";

export function ChannelList({ machine, sensors, isOld }: { machine: MachineStore; sensors: { [id in string]?: number | null }; isOld: boolean }) {
  const known = Object.entries(sensors).map(([id, value]) => [id, value ?? null] as const);
  const controls = machine.controls.order.value.flatMap((id) => {
    const line = machine.controls.line(id)?.value;
    return line === undefined ? [] : [{ ...line.spec, isToggle: line.spec.type === "toggle", value: line.applied }];
  });
  const lines = channelLines(Object.fromEntries(known), controls, machine.config.value?.channels ?? [], settings.unit.value);
  return (
    <dl class={`card-channels ${isOld ? "old" : ""}`}>
      {lines.map(({ id, label, text, sign }) => [
        <dt key={`${id} name`}>{label}</dt>,
        <dd key={id} data-testid={`channel-${id}`}>{text}{sign !== "" && <span class="unit"> {sign}</span>}</dd>,
      ])}
    </dl>
  );
}
