// Numbers as people read them: fixed decimals, a true minus, and never a zero for something that is not known.

import { span, temperature, type TempUnit } from "./units";

/** Shown where there is no value. */
export const NO_VALUE = "––";
const MINUS = "\u2212";

/** A number with fixed decimals; `NO_VALUE` for null, undefined and what is not finite. */
export function fixed(value: number | null | undefined, decimals = 1): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_VALUE;
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** A number that says its direction: `+1.8`, `−0.3`, `0.0`. */
export function signed(value: number | null | undefined, decimals = 1): string {
  const text = fixed(value, decimals);
  return value !== null && value !== undefined && value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** A temperature given in °C. */
export function temp(celsius: number | null | undefined, unit: TempUnit, decimals = 1): string {
  return fixed(celsius === null || celsius === undefined ? null : temperature(celsius, unit), decimals);
}

/** A rate given in °C per minute; from 100 on whole, as nobody roasts by the tenths of that. */
export function rate(celsiusPerMinute: number | null | undefined, unit: TempUnit): string {
  if (celsiusPerMinute === null || celsiusPerMinute === undefined) return NO_VALUE;
  const shown = span(celsiusPerMinute, unit);
  return fixed(shown, Math.abs(shown) < 99.95 ? 1 : 0);
}

/** A duration as `7:42`; with `wide` as `07:42`, hours added where there are any. */
export function duration(ms: number | null | undefined, wide = false): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return `${NO_VALUE}:${NO_VALUE}`;
  const total = Math.floor(Math.abs(ms) / 1000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const tail = String(seconds).padStart(2, "0");
  const head = hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}` : String(minutes).padStart(wide ? 2 : 1, "0");
  return `${ms <= -1000 ? MINUS : ""}${head}:${tail}`;
}

/** A duration that somebody typed: `2`, `2:30`, `0:45`. Null if it is none, or not between a second and 100 minutes. Unit: ms. */
export function parseDuration(typed: string): number | null {
  const found = /^\s*(\d{1,2})(?::([0-5]?\d))?\s*$/.exec(typed);
  if (found === null) return null;
  const ms = (Number(found[1]) * 60 + Number(found[2] ?? 0)) * 1000;
  return ms > 0 ? ms : null;
}

/** How long ago, in words short enough for a chip: `0.4 s`, `14 s`, `3 min`, `2 h`. */
export function age(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.floor(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.floor(ms / 60_000)} min`;
  return `${Math.floor(ms / 3_600_000)} h`;
}

/** Weight in kg where that is shorter. */
export function weight(grams: number | null | undefined): string {
  if (grams === null || grams === undefined) return NO_VALUE;
  return grams >= 1000 ? `${fixed(grams / 1000, 2)} kg` : `${fixed(grams, 0)} g`;
}

/** The day of a moment, in this device's language. */
export function day(rfc3339: string | null | undefined): string {
  const at = rfc3339 ? new Date(rfc3339) : null;
  return at === null || Number.isNaN(at.getTime()) ? NO_VALUE : at.toLocaleDateString(undefined, { year: "numeric", month: "short", day: "2-digit" });
}

/** A moment of the wall clock, in this device's language. */
export function moment(rfc3339: string | null | undefined): string {
  const at = rfc3339 ? new Date(rfc3339) : null;
  if (at === null || Number.isNaN(at.getTime())) return NO_VALUE;
  return at.toLocaleString(undefined, { year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit" });
}

/** How long something runs, in its two largest parts: `3 d 4 h`, `4 h 12 min`, `12 min`. */
export function uptime(seconds: number): string {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}
