// The free countdown: how much is left, and the way to set it.

import { duration } from "../../model/format";
import type { MachineStore } from "../../store/machine";
import { tick } from "../../store/ticker";
import { Icon } from "../../ui/Icon";

export function CountdownButton({ machine, onPress }: { machine: MachineStore; onPress: () => void }) {
  const running = machine.countdown.running.value;
  const left = running === null ? null : running.endsAtMs - tick.value;
  const isOver = left !== null && left <= 0;
  const text = left === null ? "Timer" : isOver ? "Time is up" : duration(Math.ceil(left / 1000) * 1000);
  return (
    <button type="button" class={`button ${isOver ? "over" : ""}`} title="Countdown (T)" data-testid="countdown" onClick={onPress}>
      <Icon name="clock" /> {text}
      {isOver && <span class="visually-hidden" role="alert">The countdown of {machine.id} is over</span>}
    </button>
  );
}
