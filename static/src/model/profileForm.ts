// What people say about a roast: as typed, as sent, and what is wrong with it.

import type { ProblemField, ProfileNotes, ProfileSummary, RoastEvent, SaveBody } from "../wire/types";
import { corrections, isSameMarks } from "./markEdit";
import type { Marks } from "./marks";

/** The fields as typed. Weights in g; tags with commas between. */
export type ProfileForm = Record<"name" | "bean" | "notes" | "green" | "roasted" | "tags" | "operator" | "batch", string> & { rating: number };

/** A fault by field; `form` for what belongs to none. */
export type ProfileFaults = Partial<Record<keyof ProfileForm | "form", string>>;

export const EMPTY_PROFILE: ProfileForm = { name: "", bean: "", notes: "", green: "", roasted: "", tags: "", operator: "", batch: "", rating: 0 };

/** Where the daemon's faults belong, by JSON pointer. */
const FIELDS: Record<string, keyof ProfileForm> = {
  name: "name", bean: "bean", notes: "notes", green_weight_g: "green", roasted_weight_g: "roasted",
  tags: "tags", operator: "operator", batch: "batch", rating: "rating",
};

function grams(text: string): number | null | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text.trim().replace(",", "."));
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** Tags from a line with commas between: each once, in the order they were typed. */
export function splitTags(line: string): string[] {
  return [...new Set(line.split(",").map((tag) => tag.trim()).filter((tag) => tag !== ""))];
}

/** A saved profile as it would have been typed. */
export function toForm(profile: ProfileSummary): ProfileForm {
  const weight = (value: number | undefined) => (value === undefined || value === 0 ? "" : String(value));
  return {
    name: profile.name, bean: profile.bean ?? "", notes: profile.notes ?? "", green: weight(profile.green_weight_g), roasted: weight(profile.roasted_weight_g),
    tags: (profile.tags ?? []).join(", "), operator: profile.operator ?? "", batch: profile.batch ?? "", rating: profile.rating ?? 0,
  };
}

/** Weight lost, while both weights are typed. Unit: %. */
export function weightLossPct(form: Pick<ProfileForm, "green" | "roasted">): number | null {
  const [green, roasted] = [grams(form.green), grams(form.roasted)];
  return green && roasted && roasted <= green ? ((green - roasted) / green) * 100 : null;
}

/** What is wrong before anything is sent. */
export function checkProfile(form: ProfileForm): ProfileFaults {
  const faults: ProfileFaults = {};
  const [green, roasted] = [grams(form.green), grams(form.roasted)];
  if (green === null) faults.green = "A weight in g is a number above 0";
  if (roasted === null) faults.roasted = "A weight in g is a number above 0";
  if (green && roasted && roasted > green) faults.roasted = "Roasted coffee weighs less than green";
  return faults;
}

/** What changed since `before`; a field that was emptied is taken away. */
export function toNotes(form: ProfileForm, before: ProfileForm = EMPTY_PROFILE): ProfileNotes {
  const notes: ProfileNotes = {};
  for (const key of ["name", "bean", "notes", "operator", "batch"] as const) if (form[key].trim() !== before[key].trim()) notes[key] = form[key].trim();
  if (grams(form.green) !== grams(before.green)) notes.green_weight_g = grams(form.green) ?? 0;
  if (grams(form.roasted) !== grams(before.roasted)) notes.roasted_weight_g = grams(form.roasted) ?? 0;
  if (form.rating !== before.rating) notes.rating = form.rating;
  if (splitTags(form.tags).join() !== splitTags(before.tags).join()) notes.tags = splitTags(form.tags);
  return notes;
}

/** The body that saves a machine's session; events only if some were put right. */
export function toSaveBody(machineId: string, form: ProfileForm, marked: Marks, corrected: Marks): SaveBody {
  const body: SaveBody = { machine_id: machineId, ...toNotes(form) };
  if (!isSameMarks(marked, corrected)) body.events = corrections(corrected);
  return body;
}

/** The daemon's faults at the fields they are about. */
export function placeFaults(fields: readonly ProblemField[], message: string): ProfileFaults {
  const faults: ProfileFaults = {};
  const add = (key: keyof ProfileFaults, text: string) => (faults[key] = faults[key] === undefined ? text : `${faults[key]}. ${text}`);
  for (const { pointer, detail } of fields) {
    const field = FIELDS[pointer.split("/")[1] ?? ""];
    if (field === undefined) add("form", `${pointer}: ${detail}`);
    else add(field, detail);
  }
  return Object.keys(faults).length > 0 ? faults : { form: message };
}

/** The events of a profile by type. */
export function marksIn(events: readonly RoastEvent[]): Marks {
  return new Map(events.map((event) => [event.event_type, event]));
}
