// The picture of a saved roast.

import type { Curve, Scene } from "../../chart/scene";
import { at, type Marks } from "../../model/marks";
import { phases } from "../../model/phases";
import { marksIn } from "../../model/profileForm";
import type { LoadedProfile } from "../../store/reference";
import { settings } from "../../store/settings";

const INTERVAL_OTHERWISE_MS = 1_000;
const GAP_INTERVALS = 5;

/** Usual time between two readings: the median, which a gap does not move. Unit: ms. */
export function medianIntervalMs(t: ArrayLike<number>): number {
  const steps = Array.from({ length: Math.max(0, t.length - 1) }, (_, i) => (t[i + 1] ?? 0) - (t[i] ?? 0)).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? INTERVAL_OTHERWISE_MS;
}

/** What differs from the profile as it was saved: how far a replay has come, or events that are being put right. */
type Instead = { replayed?: { curve: Curve; untilMs: number }; marks?: Marks | undefined; laneLabels?: ReadonlyMap<string, string> };

/** Lanes in the order that the machine's controls have in its cockpit; those it does not know stand behind them. */
function inPlace<T>(lanes: [id: string, moves: T][], names: ReadonlyMap<string, string>): [id: string, moves: T][] {
  const known = [...names.keys()];
  const place = (id: string) => (known.includes(id) ? known.indexOf(id) : known.length);
  return lanes.sort(([a], [b]) => place(a) - place(b));
}

/** What a profile's chart shows. */
export function profileScene(loaded: LoadedProfile, hidden: ReadonlySet<string>, { replayed, marks = marksIn(loaded.document.events), laneLabels = new Map() }: Instead = {}): Scene {
  const endMs = loaded.series.lastMs ?? loaded.document.duration_ms;
  const untilMs = replayed?.untilMs ?? endMs;
  const reached = new Map([...marks].filter(([, mark]) => mark.timestamp_ms <= untilMs));
  return {
    curve: replayed?.curve ?? loaded.series,
    unit: settings.unit.peek(),
    originMs: at(marks, "CHARGE") ?? 0,
    gapMs: GAP_INTERVALS * medianIntervalMs(loaded.series.t),
    staleTail: null,
    phases: phases(reached, untilMs),
    events: [...reached.values()],
    projection: null,
    overlay: replayed === undefined ? null : { curve: loaded.series, shiftMs: 0 },
    lanes: new Map(inPlace(Object.entries(loaded.document.controls), laneLabels).map(([id, moves]) => [id, moves.filter(([ms]) => ms <= untilMs)])),
    laneLabels,
    lanesEndMs: untilMs,
    hidden,
    nowMs: endMs,
    firstMs: loaded.series.firstMs ?? 0,
  };
}
