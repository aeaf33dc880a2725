// The free countdown: minutes by one press, or typed as 2:30.

import { useSignal } from "@preact/signals";
import { parseDuration } from "../../model/format";
import type { MachineStore } from "../../store/machine";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";

const MINUTES = [1, 2, 3, 5, 10];

export function TimerDialog({ machine, onClose }: { machine: MachineStore; onClose: () => void }) {
  const typed = useSignal("");
  const fault = useSignal<string | undefined>(undefined);
  const start = (ms: number) => {
    machine.countdown.start(ms);
    onClose();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const ms = parseDuration(typed.peek());
    if (ms === null) fault.value = "Minutes, or minutes and seconds such as 2:30, up to 99:59.";
    else start(ms);
  };
  return (
    <Dialog title="Countdown" onClose={onClose} testId="timer-dialog">
      <div class="row">
        {MINUTES.map((minutes) => (
          <button type="button" key={minutes} class="button large" onClick={() => start(minutes * 60_000)}>{minutes} min</button>
        ))}
      </div>
      <form class="row" onSubmit={submit} noValidate>
        <Field label="Minutes:seconds" value={typed.value} fault={fault.value} onInput={(text) => (typed.value = text)} testId="timer-minutes" autofocus />
        <button type="submit" class="button primary" data-testid="timer-start">Start</button>
      </form>
      {machine.countdown.running.value !== null && (
        <button type="button" class="button" data-testid="timer-stop" onClick={() => {
          machine.countdown.stop();
          onClose();
        }}>Clear the countdown</button>
      )}
    </Dialog>
  );
}
