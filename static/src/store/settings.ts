// What this device prefers. Kept in the browser; where storage is off, for as long as the page lives.

import { signal, type Signal } from "@preact/signals";
import { BINDABLE, DEFAULT_KEYS, bindingsOf, type Bindings } from "../model/keymap";
import type { TempUnit } from "../model/units";

/** Colours: as the device says, or always one. */
export type Theme = "auto" | "light" | "dark" | "contrast";
/** How the wall is laid out: cards, one line a machine, or numbers to be read across a room. */
export type Density = "wall" | "list" | "tv";

const PREFIX = "hearth.";

/** A setting that is kept as text. `read` makes of the kept text what it says, null if it says nothing. */
function keptAs<T>(key: string, otherwise: T, read: (text: string) => T | null, write: (value: T) => string): Signal<T> {
  let start = otherwise;
  try {
    const found = localStorage.getItem(PREFIX + key);
    start = (found === null ? null : read(found)) ?? otherwise;
  } catch {
    // Storage is off, or what it holds is not ours: the default holds.
  }
  const setting = signal(start);
  let first = true;
  setting.subscribe((value) => {
    if (first) {
      first = false;
      return;
    }
    try {
      localStorage.setItem(PREFIX + key, write(value));
    } catch {
      // Storage is off or full: the choice lives as long as the page.
    }
  });
  return setting;
}

function kept<T extends string>(key: string, allowed: readonly T[], otherwise: T): Signal<T> {
  return keptAs<T>(key, otherwise, (text) => allowed.find((choice) => choice === text) ?? null, (value) => value);
}

/** Only what differs is kept, so that a key that is delivered otherwise one day reaches those who never changed it. */
function changesOf(bindings: Bindings): Partial<Bindings> {
  return Object.fromEntries(BINDABLE.filter((name) => bindings[name] !== DEFAULT_KEYS[name]).map((name) => [name, bindings[name]]));
}

function namesOf(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : null;
}

export const settings = {
  /** Temperatures are shown in. */
  unit: kept<TempUnit>("unit", ["C", "F"], "C"),
  theme: kept<Theme>("theme", ["auto", "light", "dark", "contrast"], "auto"),
  /** Larger targets for gloves. */
  glove: kept<"on" | "off">("glove", ["on", "off"], "off"),
  /** Single-key shortcuts. STOP is heard always. */
  shortcuts: kept<"on" | "off">("shortcuts", ["on", "off"], "on"),
  /** Which single key does what. */
  keys: keptAs<Bindings>("keys", DEFAULT_KEYS, (text) => bindingsOf(JSON.parse(text)), (value) => JSON.stringify(changesOf(value))),
  /** Alarm sounds. */
  sound: kept<"on" | "off">("sound", ["on", "off"], "on"),
  /** Whether the screen stays lit while a session runs, where the browser allows it. */
  awake: kept<"on" | "off">("awake", ["on", "off"], "on"),
  /** How the wall is laid out. */
  density: kept<Density>("density", ["wall", "list", "tv"], "wall"),
  /** Ids of machines in the order of the wall. */
  order: keptAs<string[]>("order", [], (text) => namesOf(JSON.parse(text)), (value) => JSON.stringify(value)),
};
