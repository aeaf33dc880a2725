// A copy of machines, profiles and tasks, made by the daemon while it runs on.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rest } from "../../link/rest";
import { Fault } from "../../ui/Field";
import { Icon } from "../../ui/Icon";

const LOOK_EVERY_MS = 500;

type Copy = { kind: "none" } | { kind: "running"; id: string; words: string } | { kind: "done"; file: string } | { kind: "failed"; error: string };

export function BackUp() {
  const copy = useSignal<Copy>({ kind: "none" });
  const running = copy.value.kind === "running" ? copy.value.id : null;
  useEffect(() => {
    if (running === null) return undefined;
    const look = () =>
      void rest.backup(running).then(
        (task) => {
          if (task.status === "completed") copy.value = { kind: "done", file: task.result?.file ?? "" };
          else if (task.completed_at !== null) copy.value = { kind: "failed", error: task.error ?? `The copy was ${task.status}.` };
          else copy.value = { kind: "running", id: running, words: task.progress.message };
        },
        (error: Error) => (copy.value = { kind: "failed", error: error.message }),
      );
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [running]);
  const start = () => {
    rest.startBackup().then(
      (task) => (copy.value = { kind: "running", id: task.id, words: "" }),
      (error: Error) => (copy.value = { kind: "failed", error: error.message }),
    );
  };
  const now = copy.value;
  return (
    <section class="panel step-panel" aria-label="Backup">
      <p>Machines, profiles and tasks in one file below the data folder of the daemon, made while everything goes on. <code>hearth restore</code> brings it back.</p>
      <p class="row">
        <button type="button" class="button" disabled={now.kind === "running"} data-testid="backup" onClick={start}><Icon name="check" /> Back up now</button>
        <span role="status" class="grow wrap" data-testid="backup-state">
          {now.kind === "running" && (now.words === "" ? "Copying…" : now.words)}
          {now.kind === "done" && `Done${now.file === "" ? "." : `: ${now.file}`}`}
        </span>
      </p>
      <Fault text={now.kind === "failed" ? now.error : undefined} />
    </section>
  );
}
