// Keeps the screen lit while a session runs. Browsers allow it on https and on this computer only, and take it back whenever
// the page is hidden.

import { effect, signal } from "@preact/signals";
import type { MachinesStore } from "../store/machines";
import { settings } from "../store/settings";

/** Whether this browser can keep the screen lit for this page. */
export const canStayAwake = "wakeLock" in navigator;
/** Whether the screen is kept lit now. */
export const isAwake = signal(false);

/** Follows the sessions of the house for as long as the page lives. */
export function startWakeLock(house: MachinesStore): void {
  if (!canStayAwake) return;
  let lock: WakeLockSentinel | null = null;
  let wanted = false;
  const keep = async () => {
    if (!wanted || lock !== null || document.visibilityState !== "visible") return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      // A low battery refuses it: the screen goes dark as the device says.
      return;
    }
    isAwake.value = true;
    lock.addEventListener("release", () => {
      lock = null;
      isAwake.value = false;
    });
    if (!wanted) void lock.release();
  };
  effect(() => {
    const isRunning = house.items.value.some(({ id, session_state }) => {
      const store = house.get(id);
      return ["monitoring", "recording"].includes(store.loaded.value ? store.session.state.value : session_state);
    });
    wanted = isRunning && settings.awake.value === "on";
    if (wanted) void keep();
    else void lock?.release();
  });
  document.addEventListener("visibilitychange", () => void keep());
}
