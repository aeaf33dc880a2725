// Alarms and interlocks as sentences: how a rule is read, and what a fresh one says.

import { at, free, inWords, labelOf, listAt, slug, type Doc } from "./draft";
import { unitSign } from "./units";

/** How a value may be compared, as key and words. */
export const COMPARISONS = [["above", "is above"], ["at_least", "is at least"], ["below", "is below"], ["at_most", "is at most"], ["equals", "equals"]] as const;
export type Comparison = (typeof COMPARISONS)[number][0];

/** Events after which alone an alarm may hold. */
export const EVENTS = [["", "any time"], ...["CHARGE", "TP", "DRY_END", "FCs", "FCe", "SCs", "SCe", "DROP", "COOL"].map((event) => [event, event] as const)] as const;

export const SEVERITIES = [["info", "information"], ["warning", "warning"], ["critical", "critical"]] as const;

/** A channel that a rule may speak of. */
export type Speakable = { id: string; label: string; unit: string; isControl: boolean };

/** Which comparison a condition makes: the first that stands there. */
export function comparisonOf(condition: unknown): Comparison {
  return COMPARISONS.find(([key]) => at(condition, `/${key}`) !== undefined)?.[0] ?? "above";
}

/** The condition with another comparison and the same value. */
export function compared(condition: Doc, by: Comparison): Doc {
  const value = condition[comparisonOf(condition)];
  const rest = Object.fromEntries(Object.entries(condition).filter(([key]) => !COMPARISONS.some(([known]) => known === key)));
  return value === undefined ? { ...rest, [by]: 0 } : { ...rest, [by]: value };
}

/** The channels of a machine: those of its document, or those that its simulator is known to have. */
export function speakable(doc: Doc, controls: readonly { id: string; label: string; unit: string }[], sensors: readonly string[]): Speakable[] {
  const written = listAt(doc, "/channels").map((channel) => ({
    id: String(channel["id"] ?? ""), label: labelOf(channel), unit: unitSign(String(channel["unit"] ?? "")),
    isControl: channel["kind"] === "control" || controls.some((control) => control.id === channel["id"]),
  }));
  if (written.length > 0) return written;
  const temperature = new Set(["bt", "et"]);
  return [
    ...sensors.map((id) => ({ id, label: inWords(id), unit: temperature.has(id) ? "°C" : "", isControl: false })),
    ...controls.map(({ id, label, unit }) => ({ id, label, unit: unitSign(unit), isControl: true })),
  ];
}

function condition(words: unknown, channels: readonly Speakable[]): string {
  const key = comparisonOf(words);
  const id = String(at(words, "/channel") ?? "");
  const channel = channels.find((one) => one.id === id);
  const value = at(words, `/${key}`);
  const verb = COMPARISONS.find(([known]) => known === key)?.[1] ?? "";
  const isRate = at(words, "/of") === "rate";
  return `${isRate ? "the rate of " : ""}${channel?.label ?? (id === "" ? "…" : id)} ${verb} ${value === undefined ? "…" : String(value)}${channel === undefined || channel.unit === "" ? "" : ` ${channel.unit}`}${isRate ? "/min" : ""}`;
}

/** What an alarm does besides being told. */
function deed(action: unknown, channels: readonly Speakable[]): string {
  const set = at(action, "/set/channel");
  if (set !== undefined) return `sets ${channels.find(({ id }) => id === set)?.label ?? String(set)} to ${String(at(action, "/set/to"))}`;
  const mark = at(action, "/mark");
  return mark === undefined ? "stops the machine" : `marks ${String(mark)}`;
}

/** An alarm in a sentence. */
export function alarmSentence(rule: Doc, channels: readonly Speakable[]): string {
  const severity = String(rule["severity"] ?? "warning");
  const delay = at(rule, "/when/delay_ms") ?? (severity === "critical" ? 0 : 2000);
  const wait = typeof delay === "number" && delay > 0 ? ` for ${delay / 1000} s` : "";
  const all = [rule["when"], ...listAt(rule, "/when/and")].map((one) => condition(one, channels)).join(" and ");
  const after = at(rule, "/when/after");
  const during = at(rule, "/when/during");
  const states = Array.isArray(during) ? during.join(" or ") : "";
  const deeds = listAt(rule, "/actions").map((action) => `, ${deed(action, channels)}`).join("");
  return `When ${all}${wait}${after === undefined ? "" : ` after ${String(after)}`}${states === "" ? "" : ` while ${states}`}: ${severity}${deeds}`;
}

/** An interlock in a sentence. */
export function interlockSentence(rule: Doc, channels: readonly Speakable[]): string {
  const unless = listAt(rule, "/unless").map((one) => condition(one, channels));
  const forced = at(rule, "/forces/channel");
  const deeds = [
    ...(rule["blocks"] === undefined ? [] : [`Never let an order pass that says ${condition(rule["blocks"], channels)}`]),
    ...(forced === undefined ? [] : [`Set ${channels.find(({ id }) => id === forced)?.label ?? String(forced)} to ${String(at(rule, "/forces/value") ?? "…")}`]),
  ];
  return `${deeds.join("; ")}${unless.length > 0 ? `, unless ${unless.join(" and ")}` : ""}`;
}

/** An alarm as it is added. */
export function blankAlarm(doc: Doc, channels: readonly Speakable[]): Doc {
  const channel = channels.find((one) => one.id === "bt") ?? channels[0];
  return { id: freeId(doc, "/alarms", `${channel?.id ?? "rule"}-alarm`), when: { channel: channel?.id ?? "" }, severity: "warning" };
}

/** An interlock as it is added. */
export function blankInterlock(doc: Doc, channels: readonly Speakable[]): Doc {
  const control = channels.find((one) => one.isControl);
  return { id: freeId(doc, "/interlocks", `${control?.id ?? "rule"}-lock`), blocks: { channel: control?.id ?? "", above: 0 }, unless: [{ channel: channels.find((one) => one.id !== control?.id)?.id ?? "", at_least: 0 }] };
}

function freeId(doc: Doc, list: string, word: string): string {
  return free(slug(word), listAt(doc, list).map((rule) => rule["id"]));
}
