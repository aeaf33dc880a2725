// The numbers. A readout is also the legend of its curve and the switch that shows or hides it.

import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { channelLines } from "../../model/channels";
import { age, duration, fixed, rate, signed, temp } from "../../model/format";
import { at, EVENT_NAMES, type Marks } from "../../model/marks";
import { developmentRatio } from "../../model/phases";
import { span } from "../../model/units";
import { forecast } from "../../store/forecast";
import type { MachineStore } from "../../store/machine";
import { valueAt, type ReferenceStore } from "../../store/reference";
import { settings } from "../../store/settings";
import { tick } from "../../store/ticker";

type Props = { machine: MachineStore; reference: ReferenceStore; hidden: ReadonlySignal<ReadonlySet<string>>; onToggle: (curve: string) => void };

export function Readouts({ machine, reference, hidden, onToggle }: Props) {
  const now = tick.value;
  const isRunning = machine.session.state.value !== "finished";
  const last = machine.session.readout.value;
  const reading = isRunning && machine.isMute(now) ? null : last;
  const unit = settings.unit.value;
  const old = machine.isStale(now) && isRunning ? "old" : "";
  const ageMs = machine.ageMs(now);
  /** How old the number is; once it is not shown any more, what it was. */
  const aged = old !== "" && ageMs !== null && <span class="beside" data-testid="age">{reading === null && `last ${temp(last?.bt, unit)}, `}{age(ageMs)} ago</span>;
  const marks = machine.events.marks.value;
  const elapsed = machine.session.endedMs.value ?? machine.elapsedMs(now);
  const charge = at(marks, "CHARGE");
  const ids = Object.keys(machine.session.readout.value?.extra_channels ?? {});
  const extras = channelLines(Object.fromEntries(ids.map((id) => [id, reading?.extra_channels?.[id] ?? null])), [], machine.config.value?.channels ?? [], unit);
  const quality = machine.session.quality.value;
  /** What is wrong with a channel, in a word. */
  const doubt = (channel: string) => (quality[channel] === undefined || quality[channel] === "good" ? undefined : quality[channel]);
  const doubted = (channel: string) => doubt(channel) && <span class="aside">{doubt(channel)}</span>;
  const curve = (name: string, label: string, text: string, sign: string, aside?: ComponentChildren, beside?: ComponentChildren) => (
    <button
      type="button" class={`readout ${name === "bt" ? "main" : ""} ${doubt(name) === undefined ? old : "old"}`} aria-pressed={!hidden.value.has(name)} data-testid={`readout-${name}`}
      title={`Show or hide the ${label} curve`} onClick={() => onToggle(name)}
    >
      <span class="name"><span class={`key ${name}`} />{label}{beside}</span>
      <span class="number">{text}<span class="unit">{sign}</span>{aside}</span>
    </button>
  );
  const delta = (column: "bt" | "bt_ror") => {
    const off = deltaToReference(machine, reference, charge, column);
    return off !== null && <span class="beside" data-testid={column === "bt" ? "delta" : "delta-ror"}>Δ<span class="visually-hidden"> to the reference</span> {signed(span(off, unit))}</span>;
  };
  return (
    <section class="readouts" aria-label="Readings">
      {curve("bt", "BT", temp(reading?.bt, unit), `°${unit}`, doubted("bt"), aged || delta("bt"))}
      {curve("bt_ror", "RoR", rate(reading?.bt_ror, unit), "/min", undefined, delta("bt_ror"))}
      {curve("et", "ET", temp(reading?.et, unit), `°${unit}`, doubted("et"))}
      {curve("et_ror", "ET RoR", rate(reading?.et_ror, unit), "/min")}
      {machine.session.readout.value === null && [0, 1].map((key) => <div key={key} class="readout extra skeleton" />)}
      {extras.map(({ id, label, text, sign }) => (
        <div key={id} class={`readout extra ${doubt(id) === undefined ? old : "old"}`}>
          <span class="name">{label}</span>
          <span class="number">{text}<span class="unit">{sign}</span>{doubt(id) !== undefined && <span class="aside">{doubt(id)}</span>}</span>
        </div>
      ))}
      <div class="readout main" data-testid="timer">
        <span class="name">{charge === null ? "Session" : "Since CHARGE"}</span>
        <span class="number">{duration(timerMs(marks, elapsed, charge), true)}<SinceLast marks={marks} elapsed={elapsed} /></span>
      </div>
      <Next machine={machine} reference={reference} marks={marks} elapsed={elapsed} />
    </section>
  );
}

function timerMs(marks: Marks, elapsed: number, charge: number | null): number {
  if (charge === null) return elapsed;
  return (at(marks, "DROP") ?? elapsed) - charge;
}

function deltaToReference(machine: MachineStore, reference: ReferenceStore, charge: number | null, column: "bt" | "bt_ror"): number | null {
  const loaded = reference.profile.value;
  const reading = machine.session.readout.value;
  const now = reading?.[column];
  if (loaded === null || charge === null || machine.isMute(tick.value) || reading === null || now === null || now === undefined) return null;
  const then = valueAt(loaded.series, column, reading.timestamp_ms - reference.shiftMs(charge));
  return then === null ? null : now - then;
}

/** The last event, unless it is the one that the main timer counts from, and how long ago it was. */
function SinceLast({ marks, elapsed }: { marks: Marks; elapsed: number }) {
  const last = [...marks.values()].sort((a, b) => b.timestamp_ms - a.timestamp_ms)[0];
  if (last === undefined || last.event_type === "CHARGE" || marks.has("DROP")) return null;
  return <Aside name={EVENT_NAMES[last.event_type].short} text={`+${duration(elapsed - last.timestamp_ms)}`} testId="since-last" />;
}

/** A second number in a readout, small, beside its name. */
function Aside({ name, text, testId }: { name: string; text: string; testId?: string }) {
  return <span class="aside beside" data-testid={testId}><span>{name}</span> {text}</span>;
}

/** What comes next: the countdown to it, and after first crack the development so far. */
function Next({ machine, reference, marks, elapsed }: { machine: MachineStore; reference: ReferenceStore; marks: Marks; elapsed: number }) {
  const dtr = developmentRatio(marks, elapsed);
  const next = forecast(machine, reference.profile.value?.document ?? null);
  if (dtr !== null) {
    return (
      <div class="readout target" data-testid="dtr">
        <span class="name">
          Development {duration((at(marks, "DROP") ?? elapsed) - (at(marks, "FCs") ?? elapsed))}
          {next.eta !== null && <span>· DROP in {duration(next.eta.inMs)} ± {Math.round(next.eta.rangeMs / 1000)} s</span>}
        </span>
        <span class="number">{fixed(dtr)}<span class="unit">% DTR</span></span>
      </div>
    );
  }
  return (
    <div class="readout target" data-testid="eta">
      <span class="name">{next.event === "FCs" ? "First crack" : "Dry end"} in {next.target === null ? "" : `(${temp(next.target, settings.unit.value, 0)}°)`}</span>
      <span class="number">{duration(next.eta?.inMs)}{next.eta !== null && <span class="aside">± {Math.round(next.eta.rangeMs / 1000)} s</span>}</span>
    </div>
  );
}
