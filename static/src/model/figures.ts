// The figures of a roast as people read them, alone and against another roast's.

import type { EventType, ProfileSummary } from "../wire/types";
import { duration, fixed, NO_VALUE, signed, temp, weight } from "./format";
import { span, type TempUnit } from "./units";

/** What a figure measures, in the daemon's units: ms, °C, °C/min, %, °C·min, g. */
export type Measure = "time" | "temp" | "rate" | "share" | "area" | "weight";

/** One figure and where it is found. */
export type Figure = { name: string; measure: Measure; of: (profile: ProfileSummary) => number | null | undefined };

function event(profile: ProfileSummary, type: EventType): { sinceChargeMs: number | null; bt: number | null } {
  const at = (wanted: EventType) => profile.events.find((mark) => mark.event_type === wanted);
  const [mark, charge] = [at(type), at("CHARGE")];
  return { sinceChargeMs: mark && charge ? mark.timestamp_ms - charge.timestamp_ms : null, bt: mark?.bt_at_event ?? null };
}

/** All figures in the order of a roast. */
export const FIGURES: readonly Figure[] = [
  { name: "Total", measure: "time", of: (p) => p.statistics.total_ms },
  { name: "Drying", measure: "time", of: (p) => p.statistics.drying_ms },
  { name: "Drying share", measure: "share", of: (p) => p.statistics.drying_pct },
  { name: "Maillard", measure: "time", of: (p) => p.statistics.maillard_ms },
  { name: "Maillard share", measure: "share", of: (p) => p.statistics.maillard_pct },
  { name: "Development", measure: "time", of: (p) => p.statistics.development_ms },
  { name: "DTR", measure: "share", of: (p) => p.statistics.dtr_pct },
  { name: "Charge BT", measure: "temp", of: (p) => event(p, "CHARGE").bt },
  { name: "Turning point", measure: "time", of: (p) => p.statistics.tp_ms },
  { name: "Turning point BT", measure: "temp", of: (p) => p.statistics.tp_bt },
  { name: "First crack", measure: "time", of: (p) => event(p, "FCs").sinceChargeMs },
  { name: "First crack BT", measure: "temp", of: (p) => event(p, "FCs").bt },
  { name: "Drop BT", measure: "temp", of: (p) => event(p, "DROP").bt },
  { name: "Highest ET", measure: "temp", of: (p) => p.statistics.max_et },
  { name: "RoR drying", measure: "rate", of: (p) => p.statistics.bt_ror_by_phase?.drying },
  { name: "RoR Maillard", measure: "rate", of: (p) => p.statistics.bt_ror_by_phase?.maillard },
  { name: "RoR development", measure: "rate", of: (p) => p.statistics.bt_ror_by_phase?.development },
  { name: "RoR after TP", measure: "rate", of: (p) => p.statistics.bt_ror_by_phase?.total },
  { name: "AUC", measure: "area", of: (p) => p.statistics.auc },
  { name: "Green", measure: "weight", of: (p) => p.green_weight_g || null },
  { name: "Weight loss", measure: "share", of: (p) => p.statistics.weight_loss_pct },
];

/** What a figure is counted in; nothing where the number says it. */
export function unitOf(measure: Measure, unit: TempUnit): string {
  return { time: "", temp: `°${unit}`, rate: `°${unit}/min`, share: "%", area: "°C·min", weight: "" }[measure];
}

/** A figure without its unit. */
export function bare(measure: Measure, value: number | null | undefined, unit: TempUnit): string {
  if (value === null || value === undefined) return NO_VALUE;
  switch (measure) {
    case "time":
      return duration(value);
    case "temp":
      return temp(value, unit);
    case "rate":
      return fixed(span(value, unit));
    case "share":
      return fixed(value);
    case "area":
      return fixed(value, 0);
    case "weight":
      return weight(value);
  }
}

/** A figure with its unit. */
export function shown(measure: Measure, value: number | null | undefined, unit: TempUnit): string {
  if (value === null || value === undefined) return NO_VALUE;
  return `${bare(measure, value, unit)} ${unitOf(measure, unit)}`.trim();
}

/** How far a figure lies from another; nothing where one of them is not known. */
export function difference(measure: Measure, value: number | null | undefined, from: number | null | undefined, unit: TempUnit): string {
  if (value === null || value === undefined || from === null || from === undefined) return "";
  const by = value - from;
  switch (measure) {
    case "time": {
      // Both are told in whole seconds, so that the difference is that of what stands there.
      const seconds = Math.floor(value / 1000) - Math.floor(from / 1000);
      return `${seconds > 0 ? "+" : ""}${duration(seconds * 1000)}`;
    }
    case "temp":
    case "rate":
      return signed(span(by, unit));
    case "share":
      return signed(by);
    case "area":
    case "weight":
      return signed(by, 0);
  }
}
