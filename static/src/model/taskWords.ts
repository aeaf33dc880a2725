// Tasks in plain words: what each is, where it stands, how far it is.

import { inWords } from "./lines";
import type { TaskStatus, TaskView } from "../wire/types";

/** How long a finished task stays in view. Unit: ms. */
export const FOLDED_AFTER_MS = 3_600_000;

const NAMES: Record<string, string> = {
  backup: "Backup", export_profiles: "Export of profiles", import_profiles: "Import of profiles", program: "Program", replay: "Replay",
  scan: "Scan", modbus_scan: "Register scan",
};

/** What a status is called, and the shape that stands for it. */
export const STATUS: Record<TaskStatus, { text: string; icon: "clock" | "play" | "pause" | "check" | "slash" | "octagon" | "triangle" }> = {
  pending: { text: "waits its turn", icon: "clock" },
  running: { text: "running", icon: "play" },
  paused: { text: "paused", icon: "pause" },
  completed: { text: "done", icon: "check" },
  cancelled: { text: "cancelled", icon: "slash" },
  error: { text: "failed", icon: "octagon" },
  interrupted: { text: "interrupted: the daemon stopped", icon: "triangle" },
};

function kindOf({ name }: Pick<TaskView, "name">): string {
  return NAMES[name] ?? inWords(name);
}

/** What people call a task; a program goes by its own name. */
export function taskName(task: Pick<TaskView, "name" | "run_kwargs">): string {
  const own = task.run_kwargs["name"];
  const kind = kindOf(task);
  return typeof own === "string" && own !== "" ? `${kind} “${own}”` : kind;
}

/** Whether it will not change any more. */
export function isOver(status: TaskStatus): boolean {
  return status === "completed" || status === "cancelled" || status === "error" || status === "interrupted";
}

/** The question that a paused program asks a person; null if it asks none. */
export function question(task: Pick<TaskView, "status" | "name" | "progress" | "run_kwargs">): string | null {
  if (task.status !== "paused" || task.name !== "program") return null;
  const steps = task.run_kwargs["steps"];
  const step: unknown = Array.isArray(steps) ? steps[task.progress.current] : undefined;
  const message = typeof step === "object" && step !== null && "message" in step ? step.message : undefined;
  return typeof message === "string" && task.progress.message.endsWith(message) ? message : null;
}

/** A task in two words. A program tells which step it is at, the others how many they have done. */
export function taskBrief(task: Pick<TaskView, "status" | "name" | "progress" | "run_kwargs">): string {
  const { current, total } = task.progress;
  const kind = kindOf(task);
  if (task.status === "paused") return `${kind} ${question(task) === null ? "waits" : "asks you"}`;
  if (total === 0) return `${kind} ${task.status === "pending" ? "waits its turn" : "runs"}`;
  return `${kind} ${task.name === "program" ? Math.min(total, current + 1) : current}/${total}`;
}

/** Share that is done, 0 to 1; null while nobody knows how much there is. */
export function shareOf({ current, total }: { current: number; total: number }): number | null {
  return total > 0 ? Math.min(1, Math.max(0, current / total)) : null;
}

/** Time since it began, or that it took. Null before it begins. Unit: ms. */
export function elapsedOf(task: Pick<TaskView, "started_at" | "completed_at">, nowMs: number): number | null {
  if (task.started_at === null) return null;
  const end = task.completed_at === null ? nowMs : Date.parse(task.completed_at);
  return Math.max(0, end - Date.parse(task.started_at));
}

/** Unfinished ones first, then those that ended lately, newest first; the rest is folded away. */
export function sorted(tasks: readonly TaskView[], nowMs: number): { open: TaskView[]; recent: TaskView[]; folded: TaskView[] } {
  const open = tasks.filter((task) => !isOver(task.status));
  const over = tasks.filter((task) => isOver(task.status)).reverse();
  const isOld = (task: TaskView) => nowMs - Date.parse(task.completed_at ?? task.created_at ?? "") > FOLDED_AFTER_MS;
  return { open, recent: over.filter((task) => !isOld(task)), folded: over.filter(isOld) };
}
