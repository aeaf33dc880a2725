// What a roast chart shows besides its curve, and over which span.

import type { Phase } from "../model/phases";
import type { Projection } from "../model/predict";
import type { TempUnit } from "../model/units";
import type { RoastEvent } from "../wire/types";
import type { Move } from "../store/lane";

/** Where the readings are: a live store and a loaded profile look alike. */
export type Curve = { readonly revision: number; readonly t: ArrayLike<number>; column: (name: string) => ArrayLike<number> };

/** A curve to compare with, moved along the time axis so that both CHARGEs meet. `band`: where the difference is filled. */
export type Overlay = { curve: Curve; shiftMs: number; band?: Span | null };

/** One picture. Times are those of the session clock. Unit: ms. */
export type Scene = {
  curve: Curve;
  unit: TempUnit;
  /** Zero of the time axis: CHARGE once it happened. */
  originMs: number;
  /** Two readings further apart than this are not joined. */
  gapMs: number;
  /** Where the span without fresh readings begins and ends, if there is one. */
  staleTail: [fromMs: number, toMs: number] | null;
  phases: Phase[];
  events: RoastEvent[];
  projection: Projection | null;
  overlay: Overlay | null;
  /** Null until it is known which controls there are. */
  lanes: ReadonlyMap<string, readonly Move[]> | null;
  laneLabels: ReadonlyMap<string, string>;
  /** Where the lanes end; without it, at the newest moment that exists. */
  lanesEndMs?: number;
  hidden: ReadonlySet<string>;
  /** Newest moment that exists; the live span ends a little after it. */
  nowMs: number;
  /** Oldest moment that exists. */
  firstMs: number;
};

/** A span of the time axis. Unit: ms. */
export type Span = { fromMs: number; toMs: number };

/** How a chart follows the roast: the last so many minutes, everything, or a span that a person picked. */
export type Zoom = { kind: "last"; ms: number } | { kind: "all" } | { kind: "picked"; span: Span };

const SHORTEST_MS = 5_000;
const ALL_MIN_MS = 10 * 60_000;
const AHEAD_SHARE = 0.12;
const PREHEAT_SHOWN_MS = 90_000;

/** The span a zoom shows now. Live spans leave room ahead for the projection. */
export function spanOf(zoom: Zoom, scene: Pick<Scene, "nowMs" | "firstMs" | "originMs">, isLive: boolean): Span {
  switch (zoom.kind) {
    case "picked":
      return zoom.span;
    case "last":
      return { fromMs: scene.nowMs - zoom.ms, toMs: scene.nowMs + zoom.ms * AHEAD_SHARE };
    case "all": {
      const fromMs = Math.max(scene.firstMs, scene.originMs - PREHEAT_SHOWN_MS);
      if (!isLive) return { fromMs, toMs: Math.max(scene.nowMs, fromMs + SHORTEST_MS) };
      // Growing in whole minutes keeps the picture still between steps.
      const needed = (scene.nowMs - fromMs) * (1 + AHEAD_SHARE);
      return { fromMs, toMs: fromMs + Math.max(ALL_MIN_MS, Math.ceil(needed / 60_000) * 60_000) };
    }
  }
}

/** A span magnified about the moment at a share of it; never shorter than five seconds nor longer than six hours. */
export function magnify({ fromMs, toMs }: Span, factor: number, share: number): Span {
  const length = Math.min(6 * 3_600_000, Math.max(SHORTEST_MS, (toMs - fromMs) * factor));
  const begin = fromMs + (toMs - fromMs - length) * share;
  return { fromMs: begin, toMs: begin + length };
}

/** A span moved along the time axis. */
export function shifted({ fromMs, toMs }: Span, byMs: number): Span {
  return { fromMs: fromMs + byMs, toMs: toMs + byMs };
}

/** Marks of the time axis: a step that leaves them readable, counted from the origin. */
export function timeSplits(span: Span, originMs: number, roomFor: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].map((s) => s * 1000);
  const stepMs = steps.find((step) => (span.toMs - span.fromMs) / step <= Math.max(2, roomFor)) ?? 7_200_000;
  const splits: number[] = [];
  for (let t = Math.ceil((span.fromMs - originMs) / stepMs) * stepMs + originMs; t <= span.toMs; t += stepMs) splits.push(t);
  return splits;
}

/** Marks of an axis of values: the smallest whole step of which no more than `roomFor` fit. */
export function valueSplits([low, high]: readonly [number, number], roomFor: number): number[] {
  const least = (high - low) / Math.max(1, roomFor);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 2.5, 5].find((times) => times * power >= least * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // Twelve digits: what binary fractions leave behind them is not written.
  return Number.isFinite(count) ? Array.from({ length: count }, (_, k) => Number(((first + k) * step).toPrecision(12))) : [];
}
