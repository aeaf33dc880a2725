// The cockpit of a machine that is no roaster: the same frame, its sensors as lines, its controls as tiles.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { firstShown, toggleLine } from "../../model/lines";
import { showPlainTitle } from "../../platform/title";
import { useHouse, useMachine } from "../../ui/house";
import { useKeys } from "../../ui/keys";
import { Later } from "../../ui/Later";
import { Head } from "../cockpit/Head";
import { SessionButtons } from "../cockpit/EventPanel";
import { Strip } from "../cockpit/Strip";
import { MachineTasks } from "../programs/MachineTasks";
import { ChannelPanel } from "./ChannelPanel";
import { Devices } from "./Devices";
import { Resting } from "./Resting";
import { ScanPanel } from "./ScanPanel";
import { SensorTiles } from "./SensorTiles";
import { machineLines } from "./machineLines";

export function GenericCockpit({ id }: { id: string }) {
  const house = useHouse();
  const machine = useMachine(id);
  const picked = useSignal<string[] | null>(null);
  const isSaving = useSignal(false);
  const summary = useComputed(() => house.summary(id));
  const name = useComputed(() => summary.value?.name ?? machine.config.value?.name ?? id);
  const lines = useComputed(() => machineLines(machine));
  const shown = useComputed(() => picked.value ?? firstShown(lines.value));
  useEffect(() => showPlainTitle(machine, name), [machine]);
  useKeys((action) => {
    if (action.do === "ack") machine.ackTopAlarm();
  }, ({ do: what }) => what === "ack");
  const { holder, yours } = machine.session.lease.value;
  return (
    <main class="cockpit generic" data-testid="generic-cockpit">
      <Head machine={machine} name={name.value} />
      <Strip machine={machine} word="Recording" onSave={() => (isSaving.value = true)}>
        <Resting machine={machine} />
      </Strip>
      <SensorTiles machine={machine} lines={lines.value} shown={shown.value} onToggle={(line) => (picked.value = toggleLine(lines.peek(), shown.peek(), line))} />
      <ChannelPanel key={id} machine={machine} name={name.value} lines={lines} shown={shown} />
      <aside class="event-panel" aria-label="Session and programs">
        <SessionButtons machine={machine} isLocked={holder !== null && !yours} end="End recording" />
        {summary.value?.kind === "scanner" && <ScanPanel machineId={id} />}
        <MachineTasks machine={machine} />
      </aside>
      <Devices machine={machine} />
      {isSaving.value && <Later quiet load={() => import("../shelf").then((m) => m.FinishSheet)} props={{ machine, isRoast: false, onClose: () => (isSaving.value = false) }} />}
    </main>
  );
}
