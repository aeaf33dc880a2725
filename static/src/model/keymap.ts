// Which key does what. Pure: the caller says what the key hit, this says what is meant.

import { MARKABLE, type Markable } from "./marks";

/** What a key asks for. */
export type Action =
  | { do: "mark"; event: Markable }
  | { do: "mark_next" | "undo" | "ack" | "record" | "stop_recording" | "stop" | "fit" | "live" | "zoom_in" | "zoom_out" | "help" }
  | { do: "machine"; index: number };

/** A key press, as a `KeyboardEvent` has it. */
export type Press = { key: string; code: string; shiftKey: boolean; ctrlKey: boolean; altKey: boolean; metaKey: boolean; repeat: boolean };

/** What had the focus when the key was pressed. */
export type Focus = "page" | "text" | "button" | "slider" | "dialog";

/** Every shortcut in words, for the help sheet. */
export const SHORTCUTS: [string, string][] = [
  ["1 – 8", MARKABLE.join(", ")],
  ["Space", "Set the event that is due next"],
  ["U", "Undo the last event (10 s)"],
  ["A", "Acknowledge the newest alarm"],
  ["R / Shift+R", "Start recording / stop recording"],
  ["F", "Show the whole roast"],
  ["L", "Follow the live end"],
  ["[  ]", "Zoom in / out"],
  ["Alt+1 … Alt+8", "Go to machine 1 … 8"],
  ["Tab, arrows", "Move a slider by one step, Page Up/Down by ten"],
  ["Ctrl+Shift+H", "STOP (software): outputs to safe values"],
  ["?", "This help"],
];

/**
 * What a key press means, null if nothing. STOP is heard everywhere, even while typing; everything else keeps out of text
 * fields, dialogs and key repeat, and Space and arrows belong to a focused button or slider.
 */
export function actionOf(press: Press, focus: Focus, enabled: boolean): Action | null {
  if (press.ctrlKey && press.shiftKey && press.code === "KeyH") return { do: "stop" };
  if (!enabled || press.repeat || focus === "text" || focus === "dialog" || press.ctrlKey || press.metaKey) return null;
  const digit = /^(?:Digit|Numpad)([1-8])$/.exec(press.code)?.[1];
  if (press.altKey) return digit === undefined ? null : { do: "machine", index: Number(digit) - 1 };
  if (digit !== undefined && !press.shiftKey) {
    const event = MARKABLE[Number(digit) - 1];
    return event === undefined ? null : { do: "mark", event };
  }
  if (press.key === " ") return focus === "page" ? { do: "mark_next" } : null;
  return letter(press);
}

function letter(press: Press): Action | null {
  switch (press.key) {
    case "u":
    case "U":
      return { do: "undo" };
    case "a":
    case "A":
      return { do: "ack" };
    case "r":
      return { do: "record" };
    case "R":
      return { do: press.shiftKey ? "stop_recording" : "record" };
    case "f":
    case "F":
      return { do: "fit" };
    case "l":
    case "L":
      return { do: "live" };
    case "[":
      return { do: "zoom_in" };
    case "]":
      return { do: "zoom_out" };
    case "?":
      return { do: "help" };
    default:
      return null;
  }
}
