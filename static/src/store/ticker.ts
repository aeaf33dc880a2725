// The one clock that text on screen runs by: four times a second, and not at all while the tab is hidden.

import { signal } from "@preact/signals";
import { nowMs } from "../link/clock";

/** Text changes no faster than people read. Unit: ms. */
export const TICK_MS = 250;

/** Monotonic time of the last tick. Unit: ms. */
export const tick = signal(nowMs());

const listeners = new Set<() => void>();

/** Calls back on every tick; returns how to end it. */
export function onTick(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Starts the clock; called once by the page. */
export function startTicking(): void {
  setInterval(() => {
    if (document.visibilityState === "hidden") return;
    tick.value = nowMs();
    for (const listener of listeners) listener();
  }, TICK_MS);
}
