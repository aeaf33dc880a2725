// A scanner's scans: asked for here, and the pictures of the newest one.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { tasks } from "../../store/tasks";
import { Fault, Field } from "../../ui/Field";
import { useHouse } from "../../ui/house";
import { Icon } from "../../ui/Icon";

const POSITIONS = "36";

export function ScanPanel({ machineId }: { machineId: string }) {
  const house = useHouse();
  const positions = useSignal(POSITIONS);
  const fault = useSignal<string | undefined>(undefined);
  const back = useSignal(0);
  const broken = useSignal("");
  const scans = tasks.items.value.filter((task) => task.name === "scan" && task.machine_id === machineId);
  const newest = scans.filter((task) => task.progress.current > 0 && (task.status === "running" || task.status === "paused" || task.status === "completed")).at(-1);
  const count = newest === undefined ? 0 : newest.status === "completed" ? newest.progress.total : newest.progress.current;
  const number = Math.max(1, count - back.value);
  const url = newest === undefined ? "" : rest.pictureUrl(newest.id, number);
  const start = (event: Event) => {
    event.preventDefault();
    back.value = 0;
    rest.startTask("scan", { machine_id: machineId, positions: Number(positions.peek()) }, { clientId: house.clientId }).then(
      () => {
        fault.value = undefined;
        void tasks.refresh();
      },
      (error: Error & { fields?: { detail: string }[] }) => (fault.value = error.fields?.[0]?.detail ?? error.message),
    );
  };
  const isRunning = scans.some((task) => task.completed_at === null);
  return (
    <section class="panel form" aria-label="Scan">
      <h2>Scan</h2>
      <form class="form" onSubmit={start} noValidate>
        <Field label="Pictures in a turn" kind="number" value={positions.value} onInput={(value) => (positions.value = value)} testId="positions" />
        <Fault text={fault.value} />
        <button type="submit" class="button large" disabled={isRunning} data-testid="start-scan"><Icon name="play" /> {isRunning ? "Scan runs" : "Start scan"}</button>
      </form>
      {newest !== undefined && count > 0 && (
        <>
          {broken.value === url ? <p class="muted" role="status">This picture is not there any more.</p>
            : <img class="picture" src={url} alt={`Position ${number} of ${count} of the scan`} data-testid="picture" onError={() => (broken.value = url)} />}
          <p class="row">
            <button type="button" class="button" aria-label="Picture before" disabled={number <= 1} onClick={() => (back.value = count - number + 1)}><Icon name="back" /></button>
            <span class="grow">{number} / {count}</span>
            <button type="button" class="button" disabled={back.value === 0} onClick={() => (back.value = 0)}>Newest</button>
          </p>
        </>
      )}
    </section>
  );
}
