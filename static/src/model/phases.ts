// The three phases of a roast, from its events. Shares are of the time since CHARGE, so they add up while the roast runs.

import { at, type Marks } from "./marks";

/** One phase. Times are those of the session clock. Unit: ms. */
export type Phase = {
  name: "drying" | "maillard" | "development";
  fromMs: number;
  toMs: number;
  /** Share of the time since CHARGE. Unit: %. */
  sharePct: number;
  /** Whether it goes on. */
  running: boolean;
};

/** What each phase is called. */
export const PHASE_NAMES: Record<Phase["name"], string> = {
  drying: "Drying",
  maillard: "Maillard",
  development: "Development",
};

/**
 * The phases so far, none before CHARGE. `nowMs` ends the phase that goes on; after DROP nothing goes on.
 * Without DRY_END everything up to FCs is drying: what nobody marked is not invented.
 */
export function phases(marks: Marks, nowMs: number): Phase[] {
  const charge = at(marks, "CHARGE");
  if (charge === null) return [];
  const drop = at(marks, "DROP");
  const end = Math.max(charge, drop ?? nowMs);
  const bounds: [Phase["name"], number | null][] = [
    ["drying", charge],
    ["maillard", at(marks, "DRY_END")],
    ["development", at(marks, "FCs")],
  ];
  const begun = bounds.filter((bound): bound is [Phase["name"], number] => bound[1] !== null && bound[1] <= end);
  const total = end - charge;
  return begun.map(([name, fromMs], index) => {
    const toMs = Math.max(fromMs, begun[index + 1]?.[1] ?? end);
    const sharePct = total > 0 ? ((toMs - fromMs) / total) * 100 : 0;
    return { name, fromMs, toMs, sharePct, running: index === begun.length - 1 && drop === null };
  });
}

/** Development time ratio so far or final; null before FCs. Unit: %. */
export function developmentRatio(marks: Marks, nowMs: number): number | null {
  const found = phases(marks, nowMs).find((phase) => phase.name === "development");
  return found?.sharePct ?? null;
}
