// The chart of all sensors with its tools. Data goes from the stores to the canvas without passing through here.

import { useSignal, type ReadonlySignal } from "@preact/signals";
import { channelChart, type ChannelHover, type ChannelScene } from "../../chart/channelChart";
import type { Zoom } from "../../chart/scene";
import { duration, fixed, temp } from "../../model/format";
import { signOf, type Line } from "../../model/lines";
import type { MachineStore } from "../../store/machine";
import { settings } from "../../store/settings";
import { onTick } from "../../store/ticker";
import { ChartFrame, type ChartHandle, type Choice } from "../../ui/ChartFrame";
import { CurveTable } from "../../ui/CurveTable";
import { machineLanes } from "../cockpit/machineLanes";

type Props = { machine: MachineStore; name: string; lines: ReadonlySignal<Line[]>; shown: ReadonlySignal<string[]>; onReady?: (handle: ChartHandle) => void };

/** Readings further apart than this many intervals are not joined. */
const GAP_INTERVALS = 5;
const FIRST: Zoom = { kind: "last", ms: 300_000 };
const ZOOMS: Choice[] = [["5 min", FIRST], ["30 min", { kind: "last", ms: 1_800_000 }], ["All", { kind: "all" }]];

function sceneOf(machine: MachineStore, lines: readonly Line[], shown: readonly string[]): ChannelScene {
  const isFinished = machine.session.state.peek() === "finished";
  const newest = machine.series.lastMs;
  const nowMs = isFinished ? (newest ?? 0) : machine.edgeMs();
  const gapMs = GAP_INTERVALS * machine.series.intervalMs(nowMs);
  return {
    curve: machine.series, lines, shown, gapMs, nowMs, unit: settings.unit.peek(), firstMs: machine.series.firstMs ?? nowMs,
    ...machineLanes(machine),
    staleTail: !isFinished && newest !== null && nowMs - newest > gapMs ? [newest, nowMs] : null,
  };
}

export function ChannelPanel({ machine, name, lines, shown, onReady }: Props) {
  const hover = useSignal<ChannelHover | null>(null);
  const unit = settings.unit.value;
  const now = () => sceneOf(machine, lines.peek(), shown.peek());
  const drawn = lines.value.filter((line) => shown.value.includes(line.id)).map((line) => line.label);
  return (
    <ChartFrame
      label="Chart" summary={`Chart of ${name}: ${drawn.length === 0 ? "no line is shown" : drawn.join(", ")}.`} zooms={ZOOMS} first={FIRST} code={shown.value.join(" ")} onReady={onReady}
      make={(host, lanes, onZoom) => channelChart(host, lanes, FIRST, { onZoom, scene: now, onHover: (next) => (hover.value = next) })}
      watch={(redraw) => [machine.onChange(redraw), onTick(redraw), lines.subscribe(redraw), shown.subscribe(redraw)]}
      hover={hover.value !== null && [duration(hover.value.ms), ...hover.value.values.map(([line, value]) => `${line.label} ${fixed(value)} ${signOf(line, unit)}`)].join(" · ")}
      table={(close) => (
        <CurveTable
          title="Readings as a table" curve={machine.series} onClose={close}
          columns={lines.value.map((line) => ({ name: line.id, head: `${line.label} ${signOf(line, unit)}`, say: (value) => (line.isTemperature ? temp(value, unit) : fixed(value)) }))}
        />
      )}
    />
  );
}
