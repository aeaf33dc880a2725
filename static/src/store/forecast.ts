// Which event comes next, and when BT will be there.

import { at } from "../model/marks";
import { eta, type Eta } from "../model/predict";
import type { EventType, ProfileDocument } from "../wire/types";
import type { MachineStore } from "./machine";
import { tick } from "./ticker";

/** Targets where neither a reference nor the machine names one. Source: the usual phase limits of a roast, 150 and 200 °C. */
const DRY_END_BT = 150;
const FIRST_CRACK_BT = 200;

/** The next event, the BT it is expected at (°C), and how long until then where that can be told. */
export type Forecast = { event: EventType; target: number | null; eta: Eta | null };

function targetBt(machine: MachineStore, reference: ProfileDocument | null, event: EventType): number | null {
  const inReference = reference?.events.find((mark) => mark.event_type === event)?.bt_at_event ?? null;
  const { detection } = machine.config.value ?? {};
  if (event === "DRY_END") return inReference ?? detection?.dry_end_bt ?? DRY_END_BT;
  if (event === "FCs") return inReference ?? detection?.first_crack_bt ?? FIRST_CRACK_BT;
  return inReference;
}

/**
 * The event after the last one that counts. Told only while a roast is recorded and past its turning point. Whoever reads it
 * follows the tick: the curve is no signal, and a component whose props stay the same is not drawn again by itself.
 */
export function forecast(machine: MachineStore, reference: ProfileDocument | null): Forecast {
  const marks = machine.events.marks.value;
  const event: EventType = at(marks, "FCs") !== null ? "DROP" : at(marks, "DRY_END") !== null ? "FCs" : "DRY_END";
  const target = targetBt(machine, reference, event);
  const isRising = machine.session.state.value === "recording" && marks.has("CHARGE") && marks.has("TP") && !marks.has("DROP");
  if (!isRising || target === null || machine.isStale(tick.value)) return { event, target, eta: null };
  return { event, target, eta: eta({ t: machine.series.t, bt: machine.series.column("bt"), length: machine.series.length }, target) };
}
