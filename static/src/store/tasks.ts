// The long jobs of the daemon, fetched again and again while a screen shows them and anybody can see it.

import { computed, signal } from "@preact/signals";
import { messageOf, rest } from "../link/rest";
import type { TaskView } from "../wire/types";

const REFRESH_MS = 2_000;

/** What is known of the list. */
export type TaskList =
  | { kind: "loading" }
  | { kind: "ready"; items: TaskView[]; error: string | null }
  | { kind: "failed"; error: string };

/** What a person can do with a task. */
export type TaskAction = "pause" | "resume" | "cancel" | "cleanUp";

const ACTIONS: Record<TaskAction, (id: string) => Promise<unknown>> = {
  pause: (id) => rest.pauseTask(id), resume: (id) => rest.resumeTask(id), cancel: (id) => rest.cancelTask(id), cleanUp: (id) => rest.cleanUpTask(id),
};

export class TasksStore {
  readonly list = signal<TaskList>({ kind: "loading" });
  /** The tasks, as far as they are known. */
  readonly items = computed(() => (this.list.value.kind === "ready" ? this.list.value.items : []));
  /** Why an action was refused, by task. */
  readonly refusals = signal<ReadonlyMap<string, string>>(new Map());
  #users = 0;
  #round = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A screen shows tasks: they are fetched while at least one does. Returns how to let go. */
  hold(): () => void {
    this.#users += 1;
    if (this.#users === 1) {
      document.addEventListener("visibilitychange", this.#seen);
      void this.refresh();
    }
    return () => {
      this.#users -= 1;
      if (this.#users > 0) return;
      document.removeEventListener("visibilitychange", this.#seen);
      clearTimeout(this.#timer);
    };
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    // An answer that was overtaken by a newer question is old news.
    this.#round += 1;
    const round = this.#round;
    try {
      const items = await rest.tasks();
      if (round !== this.#round) return;
      this.list.value = { kind: "ready", items, error: null };
    } catch (caught) {
      if (round !== this.#round) return;
      const error = messageOf(caught);
      const held = this.list.peek();
      this.list.value = held.kind === "ready" ? { ...held, error } : { kind: "failed", error };
    }
    if (this.#users > 0 && document.visibilityState === "visible") this.#timer = setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  async act(id: string, action: TaskAction): Promise<void> {
    this.#refuse(id, null);
    try {
      await ACTIONS[action](id);
    } catch (error) {
      this.#refuse(id, messageOf(error));
    }
    await this.refresh();
  }

  readonly #seen = (): void => {
    if (document.visibilityState === "visible") void this.refresh();
    else clearTimeout(this.#timer);
  };

  #refuse(id: string, why: string | null): void {
    const next = new Map(this.refusals.peek());
    if (why === null) next.delete(id);
    else next.set(id, why);
    this.refusals.value = next;
  }
}

/** The tasks of the daemon. */
export const tasks = new TasksStore();
