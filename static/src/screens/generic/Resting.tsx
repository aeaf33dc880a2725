// The strip while nothing matters more: what waits for a person, else what the machine is doing and for how long.

import { duration } from "../../model/format";
import { question, taskName } from "../../model/taskWords";
import type { MachineStore } from "../../store/machine";
import { tasks } from "../../store/tasks";
import { tick } from "../../store/ticker";
import { Banner } from "../../ui/Banner";
import { Icon } from "../../ui/Icon";

const STATES = {
  idle: "Readings are shown and not kept. Monitor to begin a session.", monitoring: "Monitoring: record to keep what is measured.",
  recording: "Recording", finished: "Recording ended",
};

export function Resting({ machine }: { machine: MachineStore }) {
  const paused = tasks.items.value.find((task) => task.machine_id === machine.id && task.status === "paused");
  const state = machine.session.state.value;
  void tick.value;
  if (paused !== undefined) {
    const asked = question(paused);
    return (
      <Banner icon={asked === null ? "pause" : "help"} urgent testId="waits" actions={<button type="button" class="button primary" onClick={() => void tasks.act(paused.id, "resume")}>{asked === null ? "Resume" : "Continue"}</button>}>
        <b>{taskName(paused)} {asked === null ? "is paused" : "asks"}:</b> {asked ?? paused.progress.message}
      </Banner>
    );
  }
  return (
    <div class="phase-bar" role="status" data-testid="resting">
      <p class="hint"><Icon name={state === "recording" ? "record" : "info"} /> {STATES[state]}</p>
      {(state === "monitoring" || state === "recording") && <p class="hint"><b>{duration(machine.elapsedMs(), true)}</b></p>}
    </div>
  );
}
