// The strip while nothing matters more: what the machine is doing and for how long.

import { duration } from "../../model/format";
import type { MachineStore } from "../../store/machine";
import { tick } from "../../store/ticker";
import { Icon } from "../../ui/Icon";

export function Resting({ machine }: { machine: MachineStore }) {
  const state = machine.session.state.value;
  void tick.value;
  const words = {
    idle: "Readings are shown and not kept. Monitor to begin a session.", monitoring: "Monitoring: record to keep what is measured.",
    recording: "Recording", finished: "Recording ended",
  }[state];
  const isTimed = state === "monitoring" || state === "recording";
  return (
    <div class="phase-bar" role="status" data-testid="resting">
      <p class="hint"><Icon name={state === "recording" ? "record" : "info"} /> {words}</p>
      {isTimed && <p class="hint"><b class="number">{duration(machine.elapsedMs(), true)}</b></p>}
    </div>
  );
}
