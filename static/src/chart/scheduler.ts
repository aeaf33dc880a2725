// One animation-frame loop for every chart of the page. A chart asks to be drawn; it is drawn in the next frame that its
// own pace allows, and not at all while it is hidden or out of sight. A pace is kept on average: readings that come as often
// as the chart may be drawn come a little early or late, and each would else wait for nearly as long as the one before it.

/** What drawing may take of one frame before the others wait for the next: half of it is left to the page. Unit: ms. */
const BUDGET_MS = 8;

/** Something that can be drawn. */
export type Drawing = { element: HTMLElement; draw: () => void; spacingMs: number };

/** `paidUntil`: when as many drawings as there were would have been due, one after the other. */
type Task = Drawing & { dirty: boolean; inSight: boolean; paidUntil: number };

/** The pace of the cockpit's chart: room for ten readings a second and the clock beside them, so that neither waits. Unit: ms. */
export const CHART_SPACING_MS = 66;
/** The pace of a sparkline: four times a second. Unit: ms. */
export const SPARK_SPACING_MS = 250;

export class Scheduler {
  readonly #tasks = new Map<Element, Task>();
  readonly #sight: IntersectionObserver;
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#sight = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const task = this.#tasks.get(entry.target);
        if (task !== undefined) task.inSight = entry.isIntersecting;
      }
      this.#plan();
    });
  }

  /** Takes a drawing in; returns how to ask for it and how to take it out. */
  add(drawing: Drawing): { request: () => void; remove: () => void } {
    const task: Task = { ...drawing, dirty: true, inSight: true, paidUntil: -Infinity };
    this.#tasks.set(drawing.element, task);
    this.#sight.observe(drawing.element);
    this.#plan();
    return {
      request: () => {
        task.dirty = true;
        this.#plan();
      },
      remove: () => {
        this.#tasks.delete(drawing.element);
        this.#sight.unobserve(drawing.element);
      },
    };
  }

  #plan(): void {
    if (this.#frame !== null || document.visibilityState === "hidden") return;
    const now = performance.now();
    const waits = [...this.#tasks.values()].filter((t) => t.dirty && t.inSight).map((t) => t.paidUntil - t.spacingMs - now);
    if (waits.length === 0) return;
    clearTimeout(this.#timer);
    const wait = Math.min(...waits);
    if (wait > 0) this.#timer = setTimeout(() => this.#plan(), wait);
    else this.#frame = requestAnimationFrame(() => this.#run());
  }

  #run(): void {
    this.#frame = null;
    const now = performance.now();
    // Who has waited longest first: where not all have room in a frame, each has its turn.
    for (const task of [...this.#tasks.values()].sort((a, b) => a.paidUntil - b.paidUntil)) {
      if (!task.dirty || !task.inSight || now < task.paidUntil - task.spacingMs) continue;
      if (performance.now() - now > BUDGET_MS) break;
      task.dirty = false;
      task.paidUntil = Math.max(now, task.paidUntil) + task.spacingMs;
      task.draw();
    }
    this.#plan();
  }
}

let shared: Scheduler | undefined;

/** The page's scheduler. */
export function scheduler(): Scheduler {
  shared ??= new Scheduler();
  return shared;
}
