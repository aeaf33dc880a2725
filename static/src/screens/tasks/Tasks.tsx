// The long jobs of the daemon: backups, scans, programs, and how far they are.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { daemonDateMs } from "../../link/clock";
import { rest } from "../../link/rest";
import { sorted } from "../../model/taskWords";
import { tasks } from "../../store/tasks";
import type { TaskView } from "../../wire/types";
import { Banner, Trouble } from "../../ui/Banner";
import { Loading } from "../../ui/Loading";
import { useHouse } from "../../ui/house";
import { Icon } from "../../ui/Icon";
import { RegisterScan } from "./RegisterScan";
import { TaskRow } from "./TaskRow";

export function Tasks() {
  const house = useHouse();
  const failure = useSignal<string | null>(null);
  const isScanning = useSignal(false);
  useEffect(() => tasks.hold(), []);
  const list = tasks.list.value;
  const backup = () => {
    failure.value = null;
    rest.startTask("backup", {}).then(() => tasks.refresh(), (error: Error) => (failure.value = error.message));
  };
  const nameOf = (task: TaskView) => {
    return task.machine_id === null ? undefined : (house.summary(task.machine_id)?.name ?? task.machine_id);
  };
  const again = <button type="button" class="button" onClick={() => void tasks.refresh()}>Try again</button>;
  return (
    <main class="page" data-testid="tasks">
      <header class="page-head">
        <h1 class="grow">Tasks</h1>
        <button type="button" class="button" data-testid="start-backup" onClick={backup}><Icon name="plus" /> Backup</button>
        <button type="button" class="button" data-testid="open-register-scan" onClick={() => (isScanning.value = true)}><Icon name="plus" /> Register scan</button>
      </header>
      {failure.value !== null && <Trouble testId="task-refused" actions={<button type="button" class="button" onClick={() => (failure.value = null)}>Understood</button>}>{failure.value}</Trouble>}
      {list.kind === "loading" && <Loading what="tasks" />}
      {list.kind === "failed" && <Trouble actions={again}>{list.error}</Trouble>}
      {list.kind === "ready" && list.error !== null && <Banner icon="clock" tone="warning" actions={again}>This list is old: {list.error}</Banner>}
      {list.kind === "ready" && <List items={list.items} nameOf={nameOf} />}
      {isScanning.value && <RegisterScan onClose={() => (isScanning.value = false)} />}
    </main>
  );
}

function List({ items, nameOf }: { items: TaskView[]; nameOf: (task: TaskView) => string | undefined }) {
  const { open, recent, folded } = sorted(items, daemonDateMs());
  if (items.length === 0) {
    return (
      <section class="panel empty">
        <h2>Nothing is under way</h2>
        <p>Backups, scans and programs appear here while they run, and an hour longer. A backup holds every profile, machine and program.</p>
      </section>
    );
  }
  const row = (task: TaskView) => <TaskRow key={task.id} task={task} machineName={nameOf(task)} />;
  return (
    <>
      {(open.length > 0 || recent.length > 0) && <section class="task-list" aria-label="Under way and lately">{[...open, ...recent].map(row)}</section>}
      {folded.length > 0 && (
        <details class="folded" data-testid="folded">
          <summary class="button">{folded.length} finished earlier</summary>
          <section class="task-list" aria-label="Finished earlier">{folded.map(row)}</section>
        </details>
      )}
    </>
  );
}
