// What long job a machine is at, and how far.

import type { ComponentChildren } from "preact";
import { isOver, question, taskBrief } from "../../model/taskWords";
import { tasks } from "../../store/tasks";
import { Chip } from "../../ui/Chip";

/** `otherwise`: what stands there while it is at none. */
export function TaskChip({ machineId, otherwise = null }: { machineId: string; otherwise?: ComponentChildren }) {
  const list = tasks.list.value;
  const open = list.kind === "ready" ? list.items.filter((task) => task.machine_id === machineId && !isOver(task.status)) : [];
  // What waits for a person comes before what goes on by itself.
  const task = open.find(({ status }) => status === "paused") ?? open[0];
  if (task === undefined) return <>{otherwise}</>;
  return <Chip icon={question(task) !== null ? "help" : task.status === "paused" ? "pause" : "steps"} testId="card-task">{taskBrief(task)}</Chip>;
}
