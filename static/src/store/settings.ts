// What this device prefers. Kept in the browser; where storage is off, for as long as the page lives.

import { signal, type Signal } from "@preact/signals";
import type { TempUnit } from "../model/units";

/** Colours: as the device says, or always one. */
export type Theme = "auto" | "light" | "dark";

const PREFIX = "hearth.";

function kept<T extends string>(key: string, allowed: readonly T[], otherwise: T): Signal<T> {
  let start = otherwise;
  try {
    const found = localStorage.getItem(PREFIX + key) as T | null;
    if (found !== null && allowed.includes(found)) start = found;
  } catch {
    // Storage is off: the default holds.
  }
  const setting = signal(start);
  let first = true;
  setting.subscribe((value) => {
    if (first) {
      first = false;
      return;
    }
    try {
      localStorage.setItem(PREFIX + key, value);
    } catch {
      // Storage is off or full: the choice lives as long as the page.
    }
  });
  return setting;
}

export const settings = {
  /** Temperatures are shown in. */
  unit: kept<TempUnit>("unit", ["C", "F"], "C"),
  theme: kept<Theme>("theme", ["auto", "light", "dark"], "auto"),
  /** Larger targets for gloves. */
  glove: kept<"on" | "off">("glove", ["on", "off"], "off"),
  /** Single-key shortcuts. STOP is heard always. */
  shortcuts: kept<"on" | "off">("shortcuts", ["on", "off"], "on"),
};
