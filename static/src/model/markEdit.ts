// Putting events right after the roast: a copy is changed, shown, and sent as a whole.

import type { EventCorrection, EventType, RoastEvent } from "../wire/types";
import { EVENT_NAMES, IN_ORDER, type Marks } from "./marks";

/** BT and ET of a curve at a moment. Unit: °C. */
export type Temperatures = { bt: number | null; et: number | null };

/** Marks with one at another moment, or added. What a person places is a person's. */
export function withMark(marks: Marks, type: EventType, ms: number, at: Temperatures): Marks {
  const mark: RoastEvent = { event_type: type, timestamp_ms: Math.round(ms), auto_detected: false, provisional: false, bt_at_event: at.bt, et_at_event: at.et };
  return new Map(marks).set(type, mark);
}

/** Marks without one. */
export function withoutMark(marks: Marks, type: EventType): Marks {
  const left = new Map(marks);
  left.delete(type);
  return left;
}

/** Marks in order of time. */
export function inTime(marks: Marks): RoastEvent[] {
  return [...marks.values()].sort((a, b) => a.timestamp_ms - b.timestamp_ms);
}

/** Whether both hold the same events at the same moments. */
export function isSameMarks(a: Marks, b: Marks): boolean {
  return a.size === b.size && [...a].every(([type, mark]) => b.get(type)?.timestamp_ms === mark.timestamp_ms);
}

/** The whole list as the daemon takes it. */
export function corrections(marks: Marks): EventCorrection[] {
  return inTime(marks).map(({ event_type, timestamp_ms }) => ({ event_type, timestamp_ms }));
}

/** A time as typed: `8:49`, `-0:30`, `8:49.5` or seconds. Unit: ms; null if it is none. */
export function readTime(text: string): number | null {
  const found = /^([-−+]?)(?:(\d{1,3}):(?=[0-5]\d(?:\.|$)))?(\d{1,5}(?:\.\d{1,3})?)$/.exec(text.trim().replace(",", "."));
  if (found === null) return null;
  const ms = Math.round((Number(found[2] ?? 0) * 60 + Number(found[3])) * 1000);
  return found[1] === "-" || found[1] === "−" ? 0 - ms : ms;
}

/** What is odd about each event: an order in which no roast goes leaves figures out. */
export function oddities(marks: Marks): Map<EventType, string> {
  const found = new Map<EventType, string>();
  let latest: RoastEvent | null = null;
  for (const type of IN_ORDER) {
    const mark = marks.get(type);
    if (mark === undefined) continue;
    if (latest !== null && mark.timestamp_ms < latest.timestamp_ms) found.set(type, `Lies before ${EVENT_NAMES[latest.event_type].short}: figures that need both are left out`);
    else latest = mark;
  }
  return found;
}
