// The numbers. A readout is also the legend of its curve and the switch that shows or hides it.

import type { ReadonlySignal } from "@preact/signals";
import { duration, fixed, rate, signed, temp } from "../../model/format";
import { at, type Marks } from "../../model/marks";
import { developmentRatio } from "../../model/phases";
import { eta } from "../../model/predict";
import { span } from "../../model/units";
import type { MachineStore } from "../../store/machine";
import { btAt, type ReferenceStore } from "../../store/reference";
import { settings } from "../../store/settings";
import { isTooOld } from "../../store/status";
import { tick } from "../../store/ticker";
import type { EventType } from "../../wire/types";

type Props = { machine: MachineStore; reference: ReferenceStore; hidden: ReadonlySignal<ReadonlySet<string>>; onToggle: (curve: string) => void };

/** Targets where neither a reference nor the machine names one. Source: the usual phase limits of a roast, 150 and 200 °C. */
const DRY_END_BT = 150;
const FIRST_CRACK_BT = 200;

export function Readouts({ machine, reference, hidden, onToggle }: Props) {
  const now = tick.value;
  const isRunning = machine.session.state.value !== "finished";
  const reading = isRunning && machine.isStale(now) && isTooOld(machine.ageMs(now)) ? null : machine.session.readout.value;
  const unit = settings.unit.value;
  const old = machine.isStale(now) && isRunning ? "old" : "";
  const marks = machine.events.marks.value;
  const elapsed = machine.session.endedMs.value ?? machine.elapsedMs(now);
  const charge = at(marks, "CHARGE");
  const extras = Object.keys(machine.session.readout.value?.extra_channels ?? {}).map((id) => [id, reading?.extra_channels?.[id]] as const);
  const quality = machine.session.quality.value;
  /** What is wrong with a channel, in a word. */
  const doubt = (channel: string) => (quality[channel] === undefined || quality[channel] === "good" ? undefined : quality[channel]);
  const curve = (name: string, label: string, text: string, sign: string, aside?: string) => (
    <button
      type="button" class={`readout ${name === "bt" ? "main" : ""} ${doubt(name) === undefined ? old : "old"}`} aria-pressed={!hidden.value.has(name)} data-testid={`readout-${name}`}
      title={`Show or hide the ${label} curve`} onClick={() => onToggle(name)}
    >
      <span class="name"><span class={`key ${name}`} />{label}</span>
      <span class="number">{text}<span class="unit">{sign}</span>{aside !== undefined && <span class="aside">{aside}</span>}</span>
    </button>
  );
  const delta = deltaToReference(machine, reference, charge);
  return (
    <section class="readouts" aria-label="Readings">
      {curve("bt", "BT", temp(reading?.bt, unit), `°${unit}`, doubt("bt") ?? (delta === null ? undefined : `Δ ${signed(span(delta, unit))}`))}
      {curve("bt_ror", "RoR", rate(reading?.bt_ror, unit), "/min")}
      {curve("et", "ET", temp(reading?.et, unit), `°${unit}`, doubt("et"))}
      {curve("et_ror", "ET RoR", rate(reading?.et_ror, unit), "/min")}
      {extras.map(([id, value]) => (
        <div key={id} class={`readout ${doubt(id) === undefined ? old : "old"}`}>
          <span class="name">{id.replaceAll("_", " ")}</span>
          <span class="number">{fixed(value)}{doubt(id) !== undefined && <span class="aside">{doubt(id)}</span>}</span>
        </div>
      ))}
      <div class="readout main" data-testid="timer">
        <span class="name">{charge === null ? "Session" : "Since CHARGE"}</span>
        <span class="number">{duration(timerMs(marks, elapsed, charge), true)}</span>
      </div>
      <Next machine={machine} reference={reference} marks={marks} elapsed={elapsed} />
    </section>
  );
}

function timerMs(marks: Marks, elapsed: number, charge: number | null): number {
  if (charge === null) return elapsed;
  return (at(marks, "DROP") ?? elapsed) - charge;
}

function deltaToReference(machine: MachineStore, reference: ReferenceStore, charge: number | null): number | null {
  const loaded = reference.profile.value;
  const reading = machine.session.readout.value;
  if (loaded === null || charge === null || isTooOld(machine.ageMs(tick.value)) || reading?.bt === null || reading?.bt === undefined) return null;
  const then = btAt(loaded.series, reading.timestamp_ms - reference.shiftMs(charge));
  return then === null ? null : reading.bt - then;
}

function targetBt(machine: MachineStore, reference: ReferenceStore, event: EventType): number | null {
  const inReference = reference.profile.value?.document.events.find((mark) => mark.event_type === event)?.bt_at_event;
  const { detection } = machine.config.value ?? {};
  switch (event) {
    case "DRY_END":
      return inReference ?? detection?.dry_end_bt ?? DRY_END_BT;
    case "FCs":
      return inReference ?? detection?.first_crack_bt ?? FIRST_CRACK_BT;
    default:
      return inReference ?? null;
  }
}

/** What comes next: the countdown to it, and after first crack the development so far. */
function Next({ machine, reference, marks, elapsed }: { machine: MachineStore; reference: ReferenceStore; marks: Marks; elapsed: number }) {
  const dtr = developmentRatio(marks, elapsed);
  if (dtr !== null) {
    return (
      <div class="readout" data-testid="dtr">
        <span class="name">Development {duration((at(marks, "DROP") ?? elapsed) - (at(marks, "FCs") ?? elapsed))}</span>
        <span class="number">{fixed(dtr)}<span class="unit">% DTR</span></span>
      </div>
    );
  }
  const isRoasting = marks.has("CHARGE") && machine.session.state.value === "recording";
  const next: EventType = marks.has("DRY_END") ? "FCs" : "DRY_END";
  const target = targetBt(machine, reference, next);
  const found = isRoasting && target !== null && marks.has("TP")
    ? eta({ t: machine.series.t, bt: machine.series.column("bt"), length: machine.series.length }, target) : null;
  return (
    <div class="readout" data-testid="eta">
      <span class="name">{next === "FCs" ? "First crack" : "Dry end"} in {target === null ? "" : `(${temp(target, settings.unit.value, 0)}°)`}</span>
      <span class="number">{found === null ? duration(null) : duration(found.inMs)}{found !== null && <span class="aside">± {Math.round(found.rangeMs / 1000)} s</span>}</span>
    </div>
  );
}
