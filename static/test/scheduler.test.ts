import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Scheduler } from "../src/chart/scheduler";

const FRAME_MS = 16;
let drawn: number[];
let request: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("IntersectionObserver", class {
    observe = () => undefined;
    unobserve = () => undefined;
  });
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, FRAME_MS - (performance.now() % FRAME_MS)));
  drawn = [];
  ({ request } = new Scheduler().add({ element: {} as HTMLElement, draw: () => drawn.push(performance.now()), spacingMs: 100 }));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("what is drawn", () => {
  it("is drawn in the next frame where it is asked for as often as it may be, a little early or late", () => {
    vi.advanceTimersByTime(1_000);
    drawn = [];
    const waits: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const due = 1_000 + n * 100 + (n % 4) * 20;
      vi.advanceTimersByTime(due - performance.now());
      request();
      const before = drawn.length;
      while (drawn.length === before) vi.advanceTimersByTime(1);
      waits.push(performance.now() - due);
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(2 * FRAME_MS);
  });

  it("is drawn no more often than its pace however often it is asked for", () => {
    for (let n = 0; n < 1_000; n += 1) {
      request();
      vi.advanceTimersByTime(10);
    }
    expect(drawn.length).toBeGreaterThan(95);
    expect(drawn.length).toBeLessThanOrEqual(102);
  });

  it("leaves the page half of each frame where all want to be drawn at once, and all are drawn", () => {
    const clock = performance.now.bind(performance);
    let spentMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => clock() + spentMs);
    const frames = new Map<number, number>();
    const draw = () => {
      spentMs += 5;
      frames.set(clock(), (frames.get(clock()) ?? 0) + 1);
    };
    const house = new Scheduler();
    const tasks = Array.from({ length: 8 }, () => house.add({ element: {} as HTMLElement, draw, spacingMs: 100 }));
    vi.advanceTimersByTime(1_000);
    frames.clear();
    for (const task of tasks) task.request();
    vi.advanceTimersByTime(10 * FRAME_MS);
    expect([...frames.values()]).toEqual([2, 2, 2, 2]);
  });
});
