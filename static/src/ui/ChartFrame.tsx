// What is round every chart that goes on: the spans to choose from, the way back to what it followed, what the pointer stands on,
// and the readings as a table.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Chart, ChartPlan } from "../chart/chart";
import type { Zoom } from "../chart/scene";
import { useChart, type Watch } from "./useChart";

/** The handle by which keys reach a chart. */
export type ChartHandle = { zoom: (zoom: Zoom) => void; step: (direction: "in" | "out") => void; live: () => void };

/** A span to choose, from the shortest to the longest. */
export type Choice = readonly [label: string, zoom: Zoom];

type Props = {
  label: string;
  summary: string;
  zooms: readonly Choice[];
  first: Zoom;
  /** Makes the chart in its host; the lanes stand under it, on the same time axis. */
  make: (host: HTMLElement, lanes: HTMLCanvasElement, onZoom: ChartPlan["onZoom"]) => Chart;
  watch: Watch;
  /** What is over has nothing to follow: the way back from a picked span leads to the whole of it. */
  isLive?: () => boolean;
  hover: ComponentChildren;
  table: (close: () => void) => ComponentChildren;
  onReady?: ((handle: ChartHandle) => void) | undefined;
  tools?: ComponentChildren;
  code?: string;
};

const isSame = (a: Zoom, b: Zoom) => JSON.stringify(a) === JSON.stringify(b);

export function ChartFrame({ label, summary, zooms, first, make, watch, isLive = () => true, hover, table, onReady, tools, code }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const lanes = useRef<HTMLCanvasElement>(null);
  const zoom = useSignal<Zoom>(first);
  const isTable = useSignal(false);
  /** The span that followed last. */
  const following = useRef<Zoom>(first);
  const chart = useChart(() => host.current && lanes.current && make(host.current, lanes.current, (next) => (zoom.value = next)), watch);
  const show = (next: Zoom) => {
    if (next.kind !== "picked") following.current = next;
    zoom.value = next;
    chart.current?.zoom(next);
  };
  useEffect(() => onReady?.({
    zoom: show,
    live: () => show(following.current),
    step: (direction) => {
      const at = zooms.findIndex(([, choice]) => isSame(choice, zoom.peek()));
      const next = direction === "in" ? Math.max(0, (at < 0 ? zooms.length : at) - 1) : Math.min(zooms.length - 1, at + 1);
      show(zooms[next]?.[1] ?? first);
    },
  }), []);
  return (
    <section class="panel chart-area" aria-label={label} data-testid="chart" data-lines={code}>
      <div class="chart-host" ref={host} role="img" aria-label={summary} />
      <canvas class="chart-lanes" ref={lanes} aria-hidden="true" />
      <div class="chart-tools">
        {zooms.map(([text, choice]) => (
          <button type="button" key={text} class="button" aria-pressed={isSame(choice, zoom.value)} onClick={() => show(choice)}>
            {text}
          </button>
        ))}
        {zoom.value.kind === "picked" && (
          <button type="button" class="button primary" data-testid="live" onClick={() => show(isLive() ? following.current : { kind: "all" })}>
            {isLive() ? "Live" : "Whole roast"}
          </button>
        )}
        {tools}
        <span class="hover small muted grow">{hover}</span>
        <button type="button" class="button quiet" onClick={() => (isTable.value = true)}>
          Table
        </button>
      </div>
      {isTable.value && table(() => (isTable.value = false))}
    </section>
  );
}
