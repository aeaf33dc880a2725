// The chart of all sensors with its tools. Data goes from the stores to the canvas without passing through here.

import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ChannelChart, type ChannelHover, type ChannelScene } from "../../chart/channelChart";
import type { Zoom } from "../../chart/scene";
import { duration, fixed } from "../../model/format";
import { signOf, type Line } from "../../model/lines";
import type { MachineStore } from "../../store/machine";
import { settings } from "../../store/settings";
import { onTick } from "../../store/ticker";
import { machineLanes } from "../cockpit/machineLanes";
import { ChannelTable } from "./ChannelTable";

type Props = { machine: MachineStore; name: string; lines: ReadonlySignal<Line[]>; shown: ReadonlySignal<string[]> };

/** Readings further apart than this many intervals are not joined. */
const GAP_INTERVALS = 5;
const ZOOMS: { label: string; zoom: Zoom }[] = [
  { label: "5 min", zoom: { kind: "last", ms: 300_000 } },
  { label: "30 min", zoom: { kind: "last", ms: 1_800_000 } },
  { label: "All", zoom: { kind: "all" } },
];
const FIRST: Zoom = { kind: "last", ms: 300_000 };

function sceneOf(machine: MachineStore, lines: readonly Line[], shown: readonly string[]): ChannelScene {
  const isFinished = machine.session.state.peek() === "finished";
  const newest = machine.series.lastMs;
  const nowMs = isFinished ? (newest ?? 0) : machine.edgeMs();
  const gapMs = GAP_INTERVALS * machine.intervalMs;
  return {
    curve: machine.series, lines, shown, gapMs, nowMs, unit: settings.unit.peek(), firstMs: machine.series.firstMs ?? nowMs,
    ...machineLanes(machine),
    staleTail: !isFinished && newest !== null && nowMs - newest > gapMs ? [newest, nowMs] : null,
  };
}

export function ChannelPanel({ machine, name, lines, shown }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const laneHost = useRef<HTMLCanvasElement>(null);
  const chart = useRef<ChannelChart | null>(null);
  const zoom = useSignal<Zoom>(FIRST);
  const hover = useSignal<ChannelHover | null>(null);
  const table = useSignal(false);
  const scene = () => sceneOf(machine, lines.peek(), shown.peek());
  const show = (next: Zoom) => {
    zoom.value = next;
    chart.current?.zoom(next);
  };
  useEffect(() => {
    if (host.current === null || laneHost.current === null) return undefined;
    const made = new ChannelChart(host.current, laneHost.current, FIRST, { scene, onZoom: (next) => (zoom.value = next), onHover: (next) => (hover.value = next) });
    chart.current = made;
    const request = () => made.request();
    const restyle = new MutationObserver(() => made.restyle());
    restyle.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const ends = [machine.onChange(request), onTick(request), settings.unit.subscribe(request), lines.subscribe(request), shown.subscribe(request)];
    return () => {
      for (const end of ends) end();
      restyle.disconnect();
      made.destroy();
    };
  }, [machine]);
  const drawn = lines.value.filter((line) => shown.value.includes(line.id)).map((line) => line.label);
  return (
    <section class="panel chart-area" aria-label="Chart" data-testid="chart" data-lines={shown.value.join(" ")}>
      <div class="chart-host" ref={host} role="img" aria-label={`Chart of ${name}: ${drawn.length === 0 ? "no line is shown" : drawn.join(", ")}.`} />
      <canvas class="chart-lanes" ref={laneHost} aria-hidden="true" />
      <div class="chart-tools">
        {ZOOMS.map((choice) => (
          <button type="button" key={choice.label} class="button" aria-pressed={JSON.stringify(choice.zoom) === JSON.stringify(zoom.value)} onClick={() => show(choice.zoom)}>
            {choice.label}
          </button>
        ))}
        {zoom.value.kind === "picked" && <button type="button" class="button primary" data-testid="live" onClick={() => show(FIRST)}>Live</button>}
        <span class="hover small muted grow">{hover.value !== null && [duration(hover.value.ms), ...hover.value.values.map(([line, shown]) => `${line.label} ${fixed(shown)} ${signOf(line, settings.unit.value)}`)].join(" · ")}</span>
        <button type="button" class="button quiet" onClick={() => (table.value = true)}>Table</button>
      </div>
      {table.value && <ChannelTable curve={machine.series} lines={lines.value} onClose={() => (table.value = false)} />}
    </section>
  );
}
