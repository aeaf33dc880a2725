// A copy of machines, profiles and tasks, made by the daemon while it runs on.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { isOver } from "../../model/taskWords";
import { tasks } from "../../store/tasks";
import type { TaskView } from "../../wire/types";
import { Fault } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { useWork } from "../../ui/work";

function wordsOf({ status, progress, result }: TaskView): string {
  if (!isOver(status)) return progress.message === "" ? "Copying…" : progress.message;
  const file = (result as { file?: string } | null)?.file;
  return status !== "completed" ? "" : file === undefined ? "Done." : `Done: ${file}`;
}

export function BackUp() {
  const id = useSignal("");
  const { busy, fault, run } = useWork();
  useEffect(() => tasks.hold(), []);
  const copy = tasks.items.value.find((task) => task.id === id.value);
  const start = async () => {
    id.value = (await rest.startTask("backup", {})).id;
    await tasks.refresh();
  };
  const isRunning = busy.value || (copy !== undefined && !isOver(copy.status));
  const failure = copy !== undefined && isOver(copy.status) && copy.status !== "completed" ? (copy.error ?? `The copy was ${copy.status}.`) : undefined;
  return (
    <section class="panel step-panel" aria-label="Backup">
      <p>Machines, profiles and tasks in one file below the data folder of the daemon, made while everything goes on. <code>hearth restore</code> brings it back.</p>
      <p class="row">
        <button type="button" class="button" disabled={isRunning} data-testid="backup" onClick={() => void run(start)}><Icon name="check" /> Back up now</button>
        <span role="status" class="grow wrap" data-testid="backup-state">{copy !== undefined && wordsOf(copy)}</span>
      </p>
      <Fault text={fault.value ?? failure} />
    </section>
  );
}
