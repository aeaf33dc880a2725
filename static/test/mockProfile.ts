// Profiles of the mock.

import type { EventType, LastReading, RoastEvent, Series, Statistics } from "../src/wire/types";

/** Readings as columns. */
export function toDocument(readings: readonly LastReading[]): Series {
  return {
    timestamp_ms: readings.map((r) => r.timestamp_ms), bt: readings.map((r) => r.bt), et: readings.map((r) => r.et),
    bt_ror: readings.map((r) => r.bt_ror), et_ror: readings.map((r) => r.et_ror),
    extra_channels: { inlet_temp: readings.map((r) => r.extra_channels["inlet_temp"] ?? null) },
  };
}

/** Events in order of time. */
export function marks(events: ReadonlyMap<EventType, RoastEvent>): RoastEvent[] {
  return [...events.values()].sort((a, b) => a.timestamp_ms - b.timestamp_ms);
}

/** The figures that can be told from the events alone. */
export function statistics(events: readonly RoastEvent[], notes: Record<string, unknown>): Statistics {
  const at = (type: EventType) => events.find((event) => event.event_type === type)?.timestamp_ms ?? null;
  const between = (from: number | null, to: number | null) => (from === null || to === null ? null : to - from);
  const [charge, dry, crack, drop] = [at("CHARGE"), at("DRY_END"), at("FCs"), at("DROP")];
  const total = between(charge, drop);
  const share = (ms: number | null) => (ms === null || total === null ? null : (ms / total) * 100);
  const [green, roasted] = [Number(notes["green_weight_g"]), Number(notes["roasted_weight_g"])];
  const parts = { drying: between(charge, dry), maillard: between(dry, crack), development: between(crack, drop) };
  return {
    total_ms: total, drying_ms: parts.drying, maillard_ms: parts.maillard, development_ms: parts.development,
    drying_pct: share(parts.drying), maillard_pct: share(parts.maillard), dtr_pct: share(parts.development), tp_ms: between(charge, at("TP")),
    tp_bt: events.find((event) => event.event_type === "TP")?.bt_at_event ?? null, auc: null, max_et: null,
    weight_loss_pct: green > 0 && roasted > 0 ? ((green - roasted) / green) * 100 : null,
    bt_ror_by_phase: { drying: null, maillard: null, development: null, total: null },
  };
}
