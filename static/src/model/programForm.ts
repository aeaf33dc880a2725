// A program as it is typed, the document it makes, and where each fault that the daemon finds belongs.

import type { ProblemField, ProgramStep, ProgramView } from "../wire/types";

/** What a step does. */
export type StepKind = ProgramStep["type"];

/** A step as typed. Every kind has all fields, so that changing the kind loses nothing. `key` names the row for good. */
export type StepForm = {
  key: number; kind: StepKind; values: [channel: string, value: string][]; channel: string; to: string; time: string;
  relation: Relation; limit: string; timeout: string; onTimeout: string; message: string;
};

/** A program as typed. */
export type ProgramForm = { name: string; steps: StepForm[] };

/** What a step can be given: a control with its range, or a sensor to wait for. */
export type StepChannel = { id: string; label: string; sign: string; min: number; max: number; isToggle: boolean; isControl: boolean };

/** How a `wait` compares. */
export type Relation = "at_least" | "at_most" | "above" | "below" | "equals";

/** The kinds of steps with what a person reads. */
export const KINDS: readonly [StepKind, string][] = [
  ["set", "Set"], ["ramp", "Ramp"], ["hold", "Hold"], ["wait", "Wait until"], ["ask", "Ask"],
];

export const RELATIONS: readonly [Relation, string][] = [
  ["at_least", "is at least"], ["at_most", "is at most"], ["above", "is above"], ["below", "is below"], ["equals", "is exactly"],
];

export const ON_TIMEOUT: readonly [string, string][] = [["pause", "pause and tell"], ["next", "go on"], ["fail", "fail"]];

/** Faults of a form: of the whole, of the name, and by row and field. */
export type ProgramFaults = { form: string[]; name?: string; rows: Record<number, Record<string, string>> };

export const NO_FAULTS: ProgramFaults = { form: [], rows: {} };

/** A step with nothing in it but the first channels there are. */
export function emptyStep(key: number, kind: StepKind, channels: readonly StepChannel[]): StepForm {
  const controls = channels.filter((channel) => channel.isControl);
  const slider = controls.find((channel) => !channel.isToggle);
  const sensor = channels.find((channel) => !channel.isControl) ?? channels[0];
  const first = controls[0];
  return {
    key, kind, values: first === undefined ? [] : [[first.id, first.isToggle ? "on" : ""]],
    channel: (kind === "wait" ? sensor?.id : slider?.id) ?? "", to: "", time: "", relation: "at_least", limit: "", timeout: "", onTimeout: "pause", message: "",
  };
}

/** A stored program as a form. */
export function toForm(program: ProgramView, channels: readonly StepChannel[]): ProgramForm {
  return { name: program.name ?? "", steps: program.steps.map((step, index) => stepForm(step, index, channels)) };
}

function stepForm(step: ProgramStep, key: number, channels: readonly StepChannel[]): StepForm {
  const form = emptyStep(key, step.type, channels);
  switch (step.type) {
    case "set":
      return { ...form, values: Object.entries(step.values).map(([id, value]) => [id, valueText(value, channels.find((channel) => channel.id === id))]) };
    case "ramp":
      return { ...form, channel: step.channel, to: String(step.to), time: timeText(step.over_s) };
    case "hold":
      return { ...form, time: timeText(step.for_s) };
    case "wait": {
      const relation = RELATIONS.map(([word]) => word).find((word) => typeof step[word] === "number") ?? "at_least";
      return {
        ...form, channel: step.channel, relation, limit: String(step[relation] ?? ""),
        timeout: typeof step.timeout_s === "number" ? timeText(step.timeout_s) : "", onTimeout: step.on_timeout ?? "pause",
      };
    }
    case "ask":
      return { ...form, message: step.message };
  }
}

function valueText(value: number | boolean, channel: StepChannel | undefined): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return channel?.isToggle === true ? (value === channel.max ? "on" : "off") : String(value);
}

/** The document that a form makes. What cannot be read goes as it was typed: the daemon says best what is wrong with it. */
export function toDocument(form: ProgramForm, machineId: string): { name: string; machine_id: string; steps: unknown[] } {
  return { name: form.name.trim(), machine_id: machineId, steps: form.steps.map(stepDocument) };
}

function stepDocument(step: StepForm): unknown {
  switch (step.kind) {
    case "set":
      return { type: "set", values: Object.fromEntries(step.values.map(([id, text]) => [id, text === "on" ? true : text === "off" ? false : number(text)])) };
    case "ramp":
      return { type: "ramp", channel: step.channel, to: number(step.to), over_s: seconds(step.time) };
    case "hold":
      return { type: "hold", for_s: seconds(step.time) };
    case "wait": {
      const until = { type: "wait", channel: step.channel, [step.relation]: number(step.limit) };
      return step.timeout.trim() === "" ? until : { ...until, timeout_s: seconds(step.timeout), on_timeout: step.onTimeout };
    }
    case "ask":
      return { type: "ask", message: step.message };
  }
}

function number(text: string): number | string {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() !== "" && Number.isFinite(value) ? value : text;
}

/** `90` is seconds, `5:00` minutes, `1:00:00` hours; anything else stays text. */
export function seconds(text: string): number | string {
  const parts = text.trim().split(":");
  if (parts.length === 1) return number(text);
  if (parts.length > 3 || !parts.every((part) => /^\d+(?:[.,]\d+)?$/.test(part))) return text;
  return parts.reduce((sum, part) => sum * 60 + Number(part.replace(",", ".")), 0);
}

/** Seconds as they are typed: below two minutes plain, else with colons. */
export function timeText(total: number): string {
  if (total < 120 || !Number.isInteger(total)) return String(total);
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, String(total % 60).padStart(2, "0")];
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** A time as it is read: with its unit where no colon tells it. */
export function spanWords(total: number): string {
  const text = timeText(total);
  return text.includes(":") ? text : `${text} s`;
}

/** The field of a row that a key of the document is typed in. */
const FIELDS: Record<string, string> = { over_s: "time", for_s: "time", timeout_s: "timeout", on_timeout: "onTimeout" };

/** Brings what the daemon found to the rows it stands for. `keys` are those of the rows that were sent. */
export function placeFaults(errors: readonly ProblemField[], keys: readonly number[]): ProgramFaults {
  const faults: ProgramFaults = { form: [], rows: {} };
  for (const { pointer, detail } of errors) {
    const path = pointer.replace(/^\/kwargs/, "");
    const [, index, rest] = /^\/steps\/(\d+)(?:\/(.+))?$/.exec(path) ?? [];
    const key = keys[Number(index)];
    if (index !== undefined && key !== undefined) {
      const row = (faults.rows[key] ??= {});
      const field = fieldOf(rest ?? "");
      row[field] = row[field] === undefined ? detail : `${row[field]}; ${detail}`;
    } else if (path === "/name") faults.name = detail;
    else faults.form.push(path === "/steps" || path === "" ? `The program ${detail}` : `${path} ${detail}`);
  }
  return faults;
}

function fieldOf(place: string): string {
  const [first = "", ...more] = place.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (first === "values" && more.length > 0) return `values/${more.join("/")}`;
  if (RELATIONS.some(([word]) => word === first)) return "limit";
  return FIELDS[first] ?? first;
}

/** A list with one item moved by one place; unchanged at the ends. */
export function moved<T>(items: readonly T[], from: number, by: -1 | 1): T[] {
  const next = [...items];
  const to = from + by;
  const item = next[from];
  if (item === undefined || to < 0 || to >= next.length) return next;
  next.splice(from, 1);
  next.splice(to, 0, item);
  return next;
}

/** A step in one line. */
export function stepWords(step: ProgramStep, channels: readonly StepChannel[]): string {
  const label = (id: string) => channels.find((channel) => channel.id === id)?.label ?? id;
  const amount = (id: string, value: number | boolean) => {
    const channel = channels.find((known) => known.id === id);
    if (typeof value === "boolean" || channel?.isToggle === true) return value === true || value === channel?.max ? "on" : "off";
    return `${value} ${channel?.sign ?? ""}`.trim();
  };
  switch (step.type) {
    case "set":
      return Object.entries(step.values).map(([id, value]) => `${label(id)} ${amount(id, value)}`).join(", ");
    case "ramp":
      return `${label(step.channel)} to ${amount(step.channel, step.to)} over ${spanWords(step.over_s)}`;
    case "hold":
      return `hold ${spanWords(step.for_s)}`;
    case "wait": {
      const [relation, words] = RELATIONS.find(([word]) => typeof step[word] === "number") ?? ["at_least", "is at least"];
      return `until ${label(step.channel)} ${words} ${amount(step.channel, step[relation] ?? 0)}`;
    }
    case "ask":
      return `ask: ${step.message}`;
  }
}
