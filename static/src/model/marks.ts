// The events of a roast in their order, and which one is due next.

import type { EventType, RoastEvent } from "../wire/types";

/** Events a person may set, in the order of a roast. The turning point is found, never pressed. */
export const MARKABLE = ["CHARGE", "DRY_END", "FCs", "FCe", "SCs", "SCe", "DROP", "COOL"] as const satisfies EventType[];

/** An event that a person may set. */
export type Markable = (typeof MARKABLE)[number];

/** The nine events in the order of a roast. */
export const IN_ORDER = ["CHARGE", "TP", "DRY_END", "FCs", "FCe", "SCs", "SCe", "DROP", "COOL"] as const satisfies EventType[];

/** What each event is called on a button, and in full. */
export const EVENT_NAMES: Record<EventType, { short: string; long: string }> = {
  CHARGE: { short: "CHARGE", long: "Charge: beans in" },
  TP: { short: "TP", long: "Turning point" },
  DRY_END: { short: "DRY END", long: "End of drying" },
  FCs: { short: "FCs", long: "First crack starts" },
  FCe: { short: "FCe", long: "First crack ends" },
  SCs: { short: "SCs", long: "Second crack starts" },
  SCe: { short: "SCe", long: "Second crack ends" },
  DROP: { short: "DROP", long: "Drop: beans out" },
  COOL: { short: "COOL", long: "Cooling ends" },
};

/** The events of a session by type. */
export type Marks = ReadonlyMap<EventType, RoastEvent>;

/** When an event happened, if it did. Unit: ms. */
export function at(marks: Marks, type: EventType): number | null {
  return marks.get(type)?.timestamp_ms ?? null;
}

/**
 * The event that `Space` sets: the first one not yet set after the last one that is. A light roast has no second
 * crack and an inattentive one no end of first crack, so after FCs the next that everybody presses is DROP.
 */
export function nextExpected(marks: Marks): Markable | null {
  const main: Markable[] = ["CHARGE", "DRY_END", "FCs", "DROP", "COOL"];
  const last = Math.max(...main.map((type, index) => (marks.has(type) ? index : -1)));
  const crackSet = (["FCe", "SCs", "SCe"] as const).some((type) => marks.has(type));
  const from = crackSet ? Math.max(last, main.indexOf("FCs")) : last;
  return main[from + 1] ?? null;
}
