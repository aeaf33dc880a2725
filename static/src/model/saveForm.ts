// The sheet after a roast: what is typed, and the body it makes.

import type { EventType, RoastEvent, SaveBody } from "../wire/types";

/** The sheet as typed. */
export type SaveForm = { name: string; bean: string; notes: string; green: string; roasted: string; dropped: EventType[] };

/** A fault by field. */
export type SaveFaults = Partial<Record<"green" | "roasted" | "form", string>>;

function grams(text: string): number | null | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text.trim().replace(",", "."));
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** Weight lost, while both weights are typed. Unit: %. */
export function weightLossPct(form: SaveForm): number | null {
  const [green, roasted] = [grams(form.green), grams(form.roasted)];
  return green && roasted && roasted <= green ? ((green - roasted) / green) * 100 : null;
}

/** What is wrong before anything is sent. */
export function checkSave(form: SaveForm): SaveFaults {
  const faults: SaveFaults = {};
  const [green, roasted] = [grams(form.green), grams(form.roasted)];
  if (green === null) faults.green = "A weight in g is a number above 0";
  if (roasted === null) faults.roasted = "A weight in g is a number above 0";
  if (green && roasted && roasted > green) faults.roasted = "Roasted coffee weighs less than green";
  return faults;
}

/** The body that saves a machine's session. Empty fields are left out; events only if some were taken away. */
export function toSaveBody(machineId: string, form: SaveForm, events: readonly RoastEvent[]): SaveBody {
  const body: SaveBody = { machine_id: machineId };
  const texts: ["name" | "bean" | "notes", string][] = [["name", form.name], ["bean", form.bean], ["notes", form.notes]];
  for (const [key, text] of texts) if (text.trim() !== "") body[key] = text.trim();
  const [green, roasted] = [grams(form.green), grams(form.roasted)];
  if (green) body.green_weight_g = green;
  if (roasted) body.roasted_weight_g = roasted;
  if (form.dropped.length > 0) {
    const kept = events.filter((event) => !form.dropped.includes(event.event_type));
    body.events = kept.map(({ event_type, timestamp_ms }) => ({ event_type, timestamp_ms }));
  }
  return body;
}
