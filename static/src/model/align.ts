// Laying roasts over one another: by which event, and on which common grid of times.

import type { EventType, ProfileSummary } from "../wire/types";

/** Events by which roasts are laid over one another. */
export const ALIGN_BY = ["CHARGE", "TP", "FCs"] as const satisfies EventType[];
export type AlignBy = (typeof ALIGN_BY)[number];

/** When the event happened, on the profile's clock; null where nobody marked it. A turning point nobody marked is the one the daemon found. */
export function anchorMs(profile: Pick<ProfileSummary, "events" | "statistics">, by: AlignBy): number | null {
  const at = (type: EventType) => profile.events.find((event) => event.event_type === type)?.timestamp_ms ?? null;
  const marked = at(by);
  if (marked !== null || by !== "TP") return marked;
  const [charge, sinceCharge] = [at("CHARGE"), profile.statistics.tp_ms];
  return charge === null || sinceCharge === null ? null : charge + sinceCharge;
}

/** Times from the first to the last, about `points` of them, with zero among them. Unit: ms. */
export function gridOf(fromMs: number, toMs: number, points: number): number[] {
  const stepMs = Math.max(250, Math.ceil((toMs - fromMs) / Math.max(1, points) / 250) * 250);
  const first = Math.ceil(fromMs / stepMs);
  const count = Math.max(0, Math.floor(toMs / stepMs) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * stepMs);
}

/**
 * A column at the times of a grid, `anchor` being the grid's zero. Between two readings lies their line; where one is
 * missing or they are further apart than `gapMs` lies nothing.
 */
export function onGrid(t: ArrayLike<number>, values: ArrayLike<number>, anchor: number, grid: readonly number[], gapMs: number): (number | null)[] {
  let next = 0;
  return grid.map((at) => {
    const ms = at + anchor;
    while (next < t.length && (t[next] ?? 0) < ms) next += 1;
    const [t1, v1] = [t[next], values[next]];
    if (t1 === undefined || v1 === undefined) return null;
    if (t1 === ms) return Number.isFinite(v1) ? v1 : null;
    const [t0, v0] = [t[next - 1], values[next - 1]];
    if (t0 === undefined || v0 === undefined || t1 - t0 > gapMs) return null;
    const value = v0 + ((v1 - v0) * (ms - t0)) / (t1 - t0);
    return Number.isFinite(value) ? value : null;
  });
}

/** A piece of what lies between two curves: its moments, and what both stand at there. */
export type Strip = { ms: [number, number]; one: [number, number]; other: [number, number] };

/** What lies between two columns over the same times within a span; nothing where either has a hole. */
export function between(x: readonly number[], a: readonly (number | null)[], b: readonly (number | null)[], span: { fromMs: number; toMs: number }): Strip[] {
  return x.slice(1).flatMap((t1, i): Strip[] => {
    const [t0 = t1, a0, a1, b0, b1] = [x[i], a[i], a[i + 1], b[i], b[i + 1]];
    const isWhole = typeof a0 === "number" && typeof a1 === "number" && typeof b0 === "number" && typeof b1 === "number";
    return isWhole && t0 >= span.fromMs && t1 <= span.toMs ? [{ ms: [t0, t1], one: [a0, a1], other: [b0, b1] }] : [];
  });
}
