// The programs of a machine, with their steps, and what runs on it.

import { useEffect } from "preact/hooks";
import { isOver } from "../../model/taskWords";
import { tasks } from "../../store/tasks";
import { useHouse, useMachine } from "../../ui/house";
import { Icon } from "../../ui/Icon";
import { link } from "../../ui/router";
import { TaskRow } from "../tasks/TaskRow";
import { Programs } from "./Programs";

export function ProgramList({ id }: { id: string }) {
  const machine = useMachine(id);
  const house = useHouse();
  useEffect(() => tasks.hold(), []);
  const name = house.summary(id)?.name ?? id;
  const open = tasks.items.value.filter((task) => task.machine_id === id && !isOver(task.status));
  return (
    <main class="page" data-testid="program-list">
      <header class="page-head">
        <a class="button quiet" href={link.machine(id)} aria-label={`Back to ${name}`}><Icon name="back" /></a>
        <h1 class="grow">Programs of {name}</h1>
        <a class="button primary" href={link.program(id, null)} data-testid="add-program"><Icon name="plus" /> New program</a>
      </header>
      <div class="form narrow-page">
        {open.map((task) => <TaskRow key={task.id} task={task} />)}
        <Programs machine={machine} isRunning={open.some((task) => task.name === "program" || task.name === "scan")} isLong />
      </div>
    </main>
  );
}
