// The numbers. A tile is also the legend of its line and the switch that shows or hides it.

import { age, fixed, temp } from "../../model/format";
import { signOf, type Line } from "../../model/lines";
import type { MachineStore } from "../../store/machine";
import { settings } from "../../store/settings";
import { isTooOld } from "../../store/status";
import { tick } from "../../store/ticker";
import { valueIn } from "./machineLines";

type Props = { machine: MachineStore; lines: readonly Line[]; shown: readonly string[]; onToggle: (id: string) => void };

/** Colours before they come round again, as in the chart. */
const COLOURS = 5;

export function SensorTiles({ machine, lines, shown, onToggle }: Props) {
  const now = tick.value;
  const isOld = machine.session.state.value !== "finished" && machine.isStale(now);
  const ageMs = machine.ageMs(now);
  const reading = isOld && isTooOld(ageMs) ? null : machine.session.readout.value;
  const unit = settings.unit.value;
  const quality = machine.session.quality.value;
  if (lines.length === 0) return <section class="readouts" aria-label="Readings"><p class="panel muted grow" role="status">{machine.loaded.value ? "No readings yet. This machine's sensors appear here once it answers." : "Loading…"}</p></section>;
  return (
    <section class="readouts" aria-label="Readings">
      {lines.map((line, place) => {
        const value = valueIn(reading, line.id);
        const doubt = quality[line.id] === undefined || quality[line.id] === "good" ? null : quality[line.id];
        const note = doubt ?? (isOld && ageMs !== null ? `${age(ageMs)} ago` : null);
        return (
          <button
            type="button" key={line.id} class={`readout ${note === null ? "" : "old"}`} aria-pressed={shown.includes(line.id)} data-testid={`readout-${line.id}`}
            title={`Show or hide the line of ${line.label}`} onClick={() => onToggle(line.id)}
          >
            <span class="name"><span class={`key line-${(place % COLOURS) + 1} dash-${Math.floor(place / COLOURS) % 3}`} />{line.label}</span>
            <span class="number">{line.isTemperature ? temp(value, unit) : fixed(value)}<span class="unit">{signOf(line, unit)}</span>{note !== null && <span class="aside">{note}</span>}</span>
          </button>
        );
      })}
    </section>
  );
}
