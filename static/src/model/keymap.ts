// Which key does what. Pure: the caller says what the key hit, this says what is meant. Single keys can be given others
// and switched off; STOP and Alt with a number stay what they are.

import { EVENT_NAMES, MARKABLE, type Markable } from "./marks";

/** What a single key may be bound to, beside the events. */
export const DEEDS = [
  "mark_next", "undo", "ack", "silence", "record", "stop_recording", "entry", "timer", "overlay", "fit", "live", "zoom_in", "zoom_out", "help",
] as const;

type Deed = (typeof DEEDS)[number];

/** What a key asks for. */
export type Action = { do: "mark"; event: Markable } | { do: Deed | "stop" } | { do: "machine"; index: number };

/** Anything that a single key can be bound to. */
export type Bindable = Markable | Deed;

/** The key of each action, as `keyOf` names keys. */
export type Bindings = Record<Bindable, string>;

/** A key press, as a `KeyboardEvent` has it. */
export type Press = { key: string; code: string; shiftKey: boolean; ctrlKey: boolean; altKey: boolean; metaKey: boolean; repeat: boolean };

/** What had the focus when the key was pressed. */
export type Focus = "page" | "text" | "button" | "slider" | "dialog";

/** The keys as they are delivered. */
export const DEFAULT_KEYS: Bindings = {
  CHARGE: "1", DRY_END: "2", FCs: "3", FCe: "4", SCs: "5", SCe: "6", DROP: "7", COOL: "8",
  mark_next: " ", undo: "u", ack: "a", silence: "m", record: "r", stop_recording: "shift+r", entry: "e", timer: "t",
  overlay: "b", fit: "f", live: "l", zoom_in: "[", zoom_out: "]", help: "?",
};

const WORDS: Record<Deed, string> = {
  mark_next: "Set the event that is due next",
  undo: "Undo the last event (10 s)",
  ack: "Acknowledge the top alarm",
  silence: "Silence alarm sounds here for 2 minutes",
  record: "Start monitoring, then recording",
  stop_recording: "Stop recording",
  entry: "Type a value: b75 and Enter sets the burner to 75",
  timer: "Countdown",
  overlay: "Show or hide the reference",
  fit: "Show the whole roast",
  live: "Follow the live end",
  zoom_in: "Zoom in",
  zoom_out: "Zoom out",
  help: "Help",
};

/** Keys that cannot be changed, in words. */
export const FIXED_KEYS: [string, string][] = [
  ["Alt+1 … Alt+8", "Go to machine 1 … 8"],
  ["Tab, arrows", "Move a slider by one step, Page Up/Down by ten, Home/End to its ends"],
  ["Ctrl+Shift+H", "STOP (software): outputs to safe values"],
];

/** Everything that has a key, in the order people look for it. */
export const BINDABLE: readonly Bindable[] = [...MARKABLE, ...DEEDS];

function isMarkable(name: Bindable): name is Markable {
  return (MARKABLE as readonly string[]).includes(name);
}

/** What an action does, in words. */
export function wordsOf(name: Bindable): string {
  return isMarkable(name) ? EVENT_NAMES[name].long : WORDS[name];
}

/** How a key is written for people. */
export function keyName(key: string): string {
  if (key === " ") return "Space";
  return key.startsWith("shift+") ? `Shift+${key.slice(6).toUpperCase()}` : key.toUpperCase();
}

/** The single key of a press, null if it is none: keys that move the focus or the caret, and combinations. */
export function keyOf(press: Press): string | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  // By its place: on some keyboards the upper row gives digits only with Shift.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1];
  if (digit !== undefined) return press.shiftKey ? null : digit;
  if ([...press.key].length !== 1) return null;
  const lower = press.key.toLowerCase();
  return press.shiftKey && lower !== press.key.toUpperCase() ? `shift+${lower}` : lower;
}

/** The kept changes over the delivered keys; what is no binding is ignored, and of two actions on one key the later one keeps its own. */
export function bindingsOf(changes: unknown): Bindings {
  const bindings = { ...DEFAULT_KEYS };
  if (typeof changes !== "object" || changes === null) return bindings;
  for (const name of BINDABLE) {
    const key = (changes as Record<string, unknown>)[name];
    if (typeof key === "string" && key !== "" && key.length <= 8) bindings[name] = key;
  }
  const isUnique = new Set(Object.values(bindings)).size === BINDABLE.length;
  return isUnique ? bindings : { ...DEFAULT_KEYS };
}

/** Binds an action to the key of a press, or says why not. */
export function rebound(bindings: Bindings, name: Bindable, press: Press): { bindings: Bindings } | { refused: string } {
  const key = keyOf(press);
  if (key === null) return { refused: "Use a letter, a digit or a sign, alone or with Shift." };
  const holder = BINDABLE.find((other) => other !== name && bindings[other] === key);
  if (holder !== undefined) return { refused: `${keyName(key)} is taken: ${wordsOf(holder)}.` };
  return { bindings: { ...bindings, [name]: key } };
}

/**
 * What a key press means, null if nothing. STOP is heard everywhere, even while typing; everything else keeps out of text
 * fields, dialogs and key repeat, and Space and arrows belong to a focused button or slider.
 */
export function actionOf(press: Press, focus: Focus, enabled: boolean, bindings: Bindings = DEFAULT_KEYS): Action | null {
  if (press.ctrlKey && press.shiftKey && press.code === "KeyH") return { do: "stop" };
  if (!enabled || press.repeat || focus === "text" || focus === "dialog" || press.ctrlKey || press.metaKey) return null;
  if (press.altKey) {
    const digit = /^(?:Digit|Numpad)([1-8])$/.exec(press.code)?.[1];
    return digit === undefined ? null : { do: "machine", index: Number(digit) - 1 };
  }
  const key = keyOf(press);
  if (key === null || (key === " " && focus !== "page")) return null;
  const name = BINDABLE.find((bound) => bindings[bound] === key);
  if (name === undefined) return null;
  return isMarkable(name) ? { do: "mark", event: name } : { do: name };
}
