// The events of a machine's session.

import { signal } from "@preact/signals";
import type { EventType, RoastEvent } from "../wire/types";

/** How long an event set by this tab may be undone with one key. Unit: ms. */
export const UNDO_MS = 10_000;

export class EventsStore {
  /** Events by type. A new map on every change. */
  readonly marks = signal<ReadonlyMap<EventType, RoastEvent>>(new Map());
  /** The event this tab set last, while it can still be undone. */
  readonly undoable = signal<EventType | null>(null);
  #undoTimer: ReturnType<typeof setTimeout> | undefined;

  set(event: RoastEvent): void {
    const { event_type, timestamp_ms, auto_detected, provisional, bt_at_event, et_at_event } = event;
    const mark = { event_type, timestamp_ms, auto_detected, provisional: provisional ?? false, bt_at_event, et_at_event };
    this.marks.value = new Map(this.marks.peek()).set(event_type, mark);
  }

  remove(type: EventType): void {
    const left = new Map(this.marks.peek());
    left.delete(type);
    this.marks.value = left;
    if (this.undoable.peek() === type) this.undoable.value = null;
  }

  load(events: RoastEvent[]): void {
    this.marks.value = new Map(events.map((event) => [event.event_type, { ...event, provisional: event.provisional ?? false }]));
  }

  clear(): void {
    this.marks.value = new Map();
    this.undoable.value = null;
  }

  /** This tab just set an event. */
  offerUndo(type: EventType): void {
    clearTimeout(this.#undoTimer);
    this.undoable.value = type;
    this.#undoTimer = setTimeout(() => (this.undoable.value = null), UNDO_MS);
  }
}
