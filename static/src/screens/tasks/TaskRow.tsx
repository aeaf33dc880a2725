// One task: what it is, where it stands, how far it is, and what can be done with it.

import { daemonDateMs } from "../../link/clock";
import { duration } from "../../model/format";
import { elapsedOf, isOver, question, shareOf, STATUS, taskName } from "../../model/taskWords";
import { tasks, type TaskAction } from "../../store/tasks";
import { tick } from "../../store/ticker";
import type { TaskView } from "../../wire/types";
import { Chip } from "../../ui/Chip";
import { Fault } from "../../ui/Field";
import { Icon, type IconName } from "../../ui/Icon";
import { link } from "../../ui/router";

type Props = { task: TaskView; machineName?: string | undefined };

export function TaskRow({ task, machineName }: Props) {
  const { id, status, progress } = task;
  const asked = question(task);
  const refusal = tasks.refusals.value.get(id);
  void tick.value;
  const name = taskName(task);
  const button = (action: TaskAction, icon: IconName, text: string, isMain = false) => (
    <button type="button" class={`button ${isMain ? "primary large" : ""}`} aria-label={`${text}: ${name}`} data-testid={`task-${action}`} onClick={() => void tasks.act(id, action)}>
      <Icon name={icon} /> {text}
    </button>
  );
  const { text, icon } = STATUS[status];
  return (
    <article class="panel task" data-testid="task" data-status={status} data-task={id}>
      <header class="row">
        <h2 class="grow">{name}</h2>
        <Chip icon={icon} tone={status === "error" || status === "interrupted" ? "warning" : "plain"} code={status} testId="task-status">{asked === null ? text : "asks you"}</Chip>
      </header>
      {machineName !== undefined && task.machine_id !== null && <p><a class="row-link" href={link.machine(task.machine_id)}>{machineName}</a></p>}
      {!isOver(status) && <Bar task={task} label={name} />}
      {asked !== null ? <p class="ask-text" role="status"><b>{asked}</b></p>
        : status === "paused" ? <p role="status" data-testid="task-message"><Icon name="info" /> {progress.message}</p>
        : !isOver(status) && progress.message !== "" && <p class="muted" data-testid="task-message">{progress.message}</p>}
      {task.error !== null && status !== "cancelled" && <p data-testid="task-error"><Icon name="triangle" /> {task.error}</p>}
      <Result task={task} />
      <Fault text={refusal} />
      <p class="row">
        {status === "running" && !task.is_blocking && button("pause", "pause", "Pause")}
        {status === "paused" && button("resume", asked === null ? "play" : "check", asked === null ? "Resume" : "Continue", true)}
        {!isOver(status) && button("cancel", "close", "Cancel")}
        {isOver(status) && button("cleanUp", "check", "Clean up")}
        <span class="small muted">{times(task)}</span>
      </p>
    </article>
  );
}

function times(task: TaskView): string {
  const elapsed = elapsedOf(task, daemonDateMs());
  if (elapsed === null) return "";
  return isOver(task.status) ? `took ${duration(elapsed)}` : duration(elapsed);
}

function Bar({ task, label }: { task: TaskView; label: string }) {
  const share = shareOf(task.progress);
  const { current, total } = task.progress;
  return (
    <p class="row">
      {share === null ? <progress class="grow" aria-label={`${label}: nobody knows how long it takes`} /> : <progress class="grow" value={share} max={1} aria-label={label} />}
      <span class="small" data-testid="task-progress">{share === null ? (current > 0 ? `${current} so far` : "working") : `${current} of ${total}`}</span>
    </p>
  );
}

/** What came of it, where that is a file to fetch from the data directory or registers that were found. */
function Result({ task }: { task: TaskView }) {
  if (task.status !== "completed" || typeof task.result !== "object" || task.result === null) return null;
  const result = task.result as { file?: unknown; folder?: unknown; ranges?: unknown; errors?: unknown };
  if (Array.isArray(result.ranges)) return <Registers ranges={result.ranges as Span[]} />;
  const place = result.file ?? result.folder;
  return typeof place === "string" ? <p class="small muted" data-testid="task-result">In the data directory: {place}</p> : null;
}

type Span = { from: number; values: number[] };

function Registers({ ranges }: { ranges: Span[] }) {
  const count = ranges.reduce((sum, { values }) => sum + values.length, 0);
  if (count === 0) return <p class="small">No register of that table answered.</p>;
  return (
    <details data-testid="task-result">
      <summary class="button">{count} registers answered</summary>
      <div class="scroll-x">
        <table>
          <thead><tr><th scope="col" class="number">Register</th><th scope="col">Values, from there on</th></tr></thead>
          <tbody>{ranges.map(({ from, values }) => <tr key={from}><td class="number">{from}</td><td>{values.join("  ")}</td></tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}
