// What can be steered, as tiles under the heading of their group.

import { byGroup, groupWords } from "../../model/lines";
import type { MachineStore } from "../../store/machine";
import { Care } from "../cockpit/Care";
import { ControlRow } from "../cockpit/ControlRow";
import { isBarred, useBar } from "../cockpit/Controls";
import { NumberEntry } from "./NumberEntry";

export function Devices({ machine }: { machine: MachineStore }) {
  const { bar, banner } = useBar(machine);
  const found = machine.controls.order.value.flatMap((id) => machine.controls.line(id) ?? []);
  if (found.length === 0) return null;
  const groups = byGroup(found, (line) => line.value.spec.group ?? "");
  return (
    <section class="controls devices" aria-label="Controls">
      {banner}
      {groups.map(([group, lines]) => [
        (groups.length > 1 || groupWords(group) !== "Controls") && <h2 key={`${group} heading`} class="controls-bar small">{groupWords(group)}</h2>,
        ...lines.map((line) => {
          const { id, type } = line.value.spec;
          const commit = (value: number) => machine.controls.commit(id, value);
          return (
            <ControlRow key={id} line={line} isBarred={isBarred(machine, bar, id)} onEdit={(value) => machine.controls.edit(id, value)} onCommit={commit}>
              {type === "slider" && <NumberEntry line={line} isBarred={isBarred(machine, bar, id)} onCommit={commit} />}
            </ControlRow>
          );
        }),
      ])}
      <Care id={machine.id} />
    </section>
  );
}
