// What runs on a machine, and the programs that can be started on it.

import { useEffect } from "preact/hooks";
import { isOver } from "../../model/taskWords";
import { tasks } from "../../store/tasks";
import type { MachineStore } from "../../store/machine";
import { link } from "../../ui/router";
import { Icon } from "../../ui/Icon";
import { TaskRow } from "../tasks/TaskRow";
import { Programs } from "./Programs";

/** Finished ones stay until the next is started: how a program ended matters more than that it did. */
const SHOWN = new Set(["program", "scan", "replay"]);

export function MachineTasks({ machine }: { machine: MachineStore }) {
  useEffect(() => tasks.hold(), []);
  const list = tasks.list.value;
  const own = tasks.items.value.filter((task) => task.machine_id === machine.id && SHOWN.has(task.name));
  const open = own.filter((task) => !isOver(task.status));
  // A scan that ended is seen by its pictures.
  const last = own.filter((task) => task.name !== "scan").at(-1);
  const shown = open.length > 0 ? open : last === undefined ? [] : [last];
  return (
    <>
      {list.kind === "ready" && list.error !== null && <p class="small muted" role="status"><Icon name="clock" /> What runs is not known now: {list.error}</p>}
      {shown.map((task) => <TaskRow key={task.id} task={task} />)}
      <section class="panel form" aria-label="Programs">
        <header class="row">
          <h2 class="grow">Programs</h2>
          <a class="button" href={link.programs(machine.id)} data-testid="programs"><Icon name="steps" /> Edit</a>
        </header>
        <Programs machine={machine} isRunning={open.some((task) => task.name !== "replay")} />
      </section>
    </>
  );
}
