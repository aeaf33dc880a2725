// The picture of a running session, gathered from the machine's stores at the moment it is drawn.

import type { Scene } from "../../chart/scene";
import { duration, temp } from "../../model/format";
import { at } from "../../model/marks";
import { phases } from "../../model/phases";
import { project } from "../../model/predict";
import type { MachineStore } from "../../store/machine";
import type { ReferenceStore } from "../../store/reference";
import { settings } from "../../store/settings";
import { machineLanes } from "./machineLanes";

/** Readings further apart than this many intervals are not joined. */
const GAP_INTERVALS = 5;
/** What stays in view behind the last event of a roast that ended before this page was opened. Unit: ms. */
const AFTERMATH_MS = 60_000;

/** Newest moment of the curve: now while it runs, the end once it has ended. Unit: ms. */
function endMs(machine: MachineStore): number {
  const newest = machine.series.lastMs ?? 0;
  if (machine.session.state.peek() !== "finished") return machine.edgeMs();
  const lastEvent = Math.max(...[...machine.events.marks.peek().values()].map((mark) => mark.timestamp_ms), -Infinity);
  return machine.session.endedMs.peek() ?? (Number.isFinite(lastEvent) ? Math.min(newest, lastEvent + AFTERMATH_MS) : newest);
}

/** What the cockpit's chart shows now. */
export function liveScene(machine: MachineStore, reference: ReferenceStore, hidden: ReadonlySet<string>): Scene {
  const marks = machine.events.marks.peek();
  const charge = at(marks, "CHARGE");
  const nowMs = endMs(machine);
  const newest = machine.series.lastMs;
  const gapMs = GAP_INTERVALS * machine.series.intervalMs(nowMs);
  const isFinished = machine.session.state.peek() === "finished";
  const isRoasting = charge !== null && !marks.has("DROP") && machine.session.state.peek() === "recording";
  const loaded = reference.profile.peek();
  return {
    curve: machine.series,
    unit: settings.unit.peek(),
    originMs: charge ?? 0,
    gapMs,
    staleTail: !isFinished && newest !== null && nowMs - newest > gapMs ? [newest, nowMs] : null,
    phases: phases(marks, nowMs),
    events: [...marks.values()],
    projection: isRoasting && marks.has("TP") ? project({ t: machine.series.t, bt: machine.series.column("bt"), length: machine.series.length }) : null,
    overlay: loaded === null || !reference.shown.peek() ? null : { curve: loaded.series, shiftMs: reference.shiftMs(charge), band: charge === null ? null : { fromMs: charge, toMs: at(marks, "DROP") ?? nowMs } },
    ...machineLanes(machine),
    hidden,
    nowMs,
    firstMs: machine.series.firstMs ?? 0,
  };
}

/** The chart in a sentence, for those who cannot see it. */
export function summaryOf(machine: MachineStore, name: string): string {
  const unit = settings.unit.value;
  const marks = [...machine.events.marks.value.values()].sort((a, b) => a.timestamp_ms - b.timestamp_ms);
  const origin = at(machine.events.marks.value, "CHARGE") ?? 0;
  const told = marks.map((mark) => `${mark.event_type} at ${duration(mark.timestamp_ms - origin)}, ${temp(mark.bt_at_event, unit)} °${unit}`);
  return `Roast curve of ${name}. ${told.length === 0 ? "No events yet" : told.join("; ")}.`;
}
