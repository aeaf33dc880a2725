// What keys do to a machine and its chart, the same in every cockpit.

import type { Action } from "../../model/keymap";
import type { MachineStore } from "../../store/machine";
import type { ChartHandle } from "../../ui/ChartFrame";

/** Does what a key asks of a machine or of its chart; what is asked of the page is not for here. */
export function actOnMachine(machine: MachineStore, chart: ChartHandle | null, action: Action): void {
  switch (action.do) {
    case "mark":
      if (machine.session.state.peek() === "recording") machine.mark(action.event);
      break;
    case "mark_next":
      machine.markNext();
      break;
    case "undo":
      machine.undo();
      break;
    case "ack":
      machine.ackTopAlarm();
      break;
    case "record":
      machine.startNext();
      break;
    case "stop_recording":
      if (machine.session.state.peek() === "recording") machine.command({ action: "stop_recording" });
      break;
    case "fit":
      chart?.zoom({ kind: "all" });
      break;
    case "live":
      chart?.live();
      break;
    case "zoom_in":
      chart?.step("in");
      break;
    case "zoom_out":
      chart?.step("out");
      break;
    case "stop":
    case "help":
    case "timer":
    case "entry":
    case "overlay":
    case "silence":
    case "machine":
      break;
  }
}
