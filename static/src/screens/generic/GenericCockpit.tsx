// The cockpit of a machine that is no roaster: the same frame, its sensors as lines, its controls as tiles.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Action } from "../../model/keymap";
import { firstShown, toggleLine } from "../../model/lines";
import { showPlainTitle } from "../../platform/title";
import type { ChartHandle } from "../../ui/ChartFrame";
import { useHouse, useMachine } from "../../ui/house";
import { useKeys } from "../../ui/keys";
import { Later } from "../../ui/Later";
import { later } from "../later";
import { isLocked } from "../cockpit/Controls";
import { Head } from "../cockpit/Head";
import { SessionButtons } from "../cockpit/EventPanel";
import { Strip } from "../cockpit/Strip";
import { actOnMachine } from "../cockpit/deeds";
import { MachineTasks } from "../programs/MachineTasks";
import { ChannelPanel } from "./ChannelPanel";
import { Devices } from "./Devices";
import { Resting } from "./Resting";
import { ScanPanel } from "./ScanPanel";
import { SensorTiles } from "./SensorTiles";
import { machineLines } from "./machineLines";

/** The keys of a roast cockpit that mean something here. */
const DEEDS: ReadonlySet<Action["do"]> = new Set<Action["do"]>(["ack", "record", "stop_recording", "fit", "live", "zoom_in", "zoom_out"]);

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
  const chart = useRef<ChartHandle | null>(null);
  useKeys((action) => actOnMachine(machine, chart.current, action), ({ do: what }) => DEEDS.has(what));
  return (
    <main class="cockpit generic" data-testid="generic-cockpit">
      <Head machine={machine} name={name.value} />
      <Strip machine={machine} word="Recording" onSave={() => (isSaving.value = true)}>
        <Resting machine={machine} />
      </Strip>
      <SensorTiles machine={machine} lines={lines.value} shown={shown.value} onToggle={(line) => (picked.value = toggleLine(lines.peek(), shown.peek(), line))} />
      <ChannelPanel key={id} machine={machine} name={name.value} lines={lines} shown={shown} onReady={(handle) => (chart.current = handle)} />
      <aside class="event-panel" aria-label="Session and programs">
        <SessionButtons machine={machine} isLocked={isLocked(machine, house.me.value)} end="End recording" />
        {summary.value?.kind === "scanner" && <ScanPanel machineId={id} />}
        <MachineTasks machine={machine} />
      </aside>
      <Devices machine={machine} />
      {isSaving.value && <Later quiet load={later("FinishSheet")} props={{ machine, isRoast: false, onClose: () => (isSaving.value = false) }} />}
    </main>
  );
}
