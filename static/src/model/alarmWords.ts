// What is said of an alarm beside its message.

import type { Alarm } from "../wire/types";
import { duration, moment } from "./format";

const STATES: Record<string, string> = { unacked: "not acknowledged", acked: "acknowledged", cleared_unacked: "over, not acknowledged", shelved: "shelved" };

/** Whether only a re-arm is missing. */
export const waitsForRearm = (alarm: Alarm): boolean => alarm.latched && alarm.alarm_state === "acked";

/** Where it stands, since when, how often and why, in short sentences. */
export function alarmDetails(alarm: Alarm, others: readonly Alarm[], nowMs: number): string {
  const { alarm_state, acked_by, count, latched, raised_at } = alarm;
  const words = [
    `${STATES[alarm_state]}${acked_by ? ` by ${acked_by}` : ""}`,
    raised_at ? `raised ${moment(raised_at)}` : `raised at ${duration(alarm.timestamp_ms)} of the session`,
  ];
  if (count > 1) words.push(`came ${count} times`);
  if (latched) words.push("stays until somebody re-arms");
  const first = firstCause(alarm, others);
  if (first !== null) words.push(`it began with: ${first}`);
  if (alarm_state === "shelved") words.push(`comes back ${back(alarm.shelved_until, nowMs)}`);
  return words.join(" · ");
}

/** What began the flood in which it came, as told to people. */
export function firstCause(alarm: Alarm, others: readonly Alarm[]): string | null {
  if (!alarm.first_cause) return null;
  return others.find(({ alarm_id }) => alarm_id === alarm.first_cause)?.message ?? alarm.first_cause.replaceAll("_", " ");
}

function back(until: string | null | undefined, nowMs: number): string {
  if (!until) return "within an hour";
  const leftMs = Date.parse(until) - nowMs;
  return leftMs < 60_000 ? "within a minute" : `in ${Math.ceil(leftMs / 60_000)} min`;
}
