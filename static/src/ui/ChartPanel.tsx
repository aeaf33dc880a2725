// A roast chart with its lanes and tools. Data goes from the stores to the canvas without passing through here.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { RoastChart, type Hover } from "../chart/roastChart";
import type { Scene, Zoom } from "../chart/scene";
import { duration, rate, temp } from "../model/format";
import { settings } from "../store/settings";
import { CurveTable } from "./CurveTable";

/** The handle by which keys reach a chart. */
export type ChartHandle = { zoom: (zoom: Zoom) => void; step: (direction: "in" | "out") => void };

type Props = {
  scene: () => Scene;
  isLive: () => boolean;
  /** Calls back when there is something new to draw. */
  watch: (redraw: () => void) => () => void;
  summary: string;
  /** A tap on the curve, at a moment of its clock. */
  onTap?: (ms: number) => void;
  onReady?: (handle: ChartHandle) => void;
  tools?: ComponentChildren;
};

const ZOOMS: { label: string; zoom: Zoom }[] = [
  { label: "1 min", zoom: { kind: "last", ms: 60_000 } },
  { label: "5 min", zoom: { kind: "last", ms: 300_000 } },
  { label: "All", zoom: { kind: "all" } },
];

export function ChartPanel({ scene, isLive, watch, summary, onTap, onReady, tools }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const lanes = useRef<HTMLCanvasElement>(null);
  const chart = useRef<RoastChart | null>(null);
  const latest = useRef({ scene, isLive, onTap });
  latest.current = { scene, isLive, onTap };
  const zoom = useSignal<Zoom>({ kind: "all" });
  const hover = useSignal<Hover | null>(null);
  const table = useSignal(false);

  const show = (next: Zoom) => {
    zoom.value = next;
    chart.current?.zoom(next);
  };
  useEffect(() => {
    if (host.current === null || lanes.current === null) return undefined;
    const made = new RoastChart(host.current, lanes.current, {
      scene: () => latest.current.scene(),
      isLive: () => latest.current.isLive(),
      onZoom: (next) => (zoom.value = next),
      onHover: (next) => (hover.value = next),
      onTap: (ms) => latest.current.onTap?.(ms),
    });
    chart.current = made;
    const step = (direction: "in" | "out") => {
      const order = ZOOMS.map((choice) => choice.zoom);
      const at = order.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(zoom.peek()));
      const next = direction === "in" ? Math.max(0, (at < 0 ? order.length : at) - 1) : Math.min(order.length - 1, at + 1);
      show(order[next] ?? { kind: "all" });
    };
    onReady?.({ zoom: show, step });
    const unwatch = watch(() => made.request());
    const restyle = new MutationObserver(() => made.restyle());
    restyle.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const unit = settings.unit.subscribe(() => made.request());
    return () => {
      unwatch();
      unit();
      restyle.disconnect();
      made.destroy();
    };
  }, []);

  const picked = zoom.value.kind === "picked";
  return (
    <section class="panel chart-area" aria-label="Roast curve" data-testid="chart">
      <div class="chart-host" ref={host} role="img" aria-label={summary} />
      <canvas class="chart-lanes" ref={lanes} aria-hidden="true" />
      <div class="chart-tools">
        {ZOOMS.map((choice) => (
          <button type="button" key={choice.label} class="button" aria-pressed={JSON.stringify(choice.zoom) === JSON.stringify(zoom.value)} onClick={() => show(choice.zoom)}>
            {choice.label}
          </button>
        ))}
        {picked && (
          <button type="button" class="button primary" data-testid="live" onClick={() => show({ kind: "all" })}>
            {isLive() ? "Live" : "Whole roast"}
          </button>
        )}
        {tools}
        <span class="hover small muted grow">{hover.value !== null && <HoverText hover={hover.value} originMs={scene().originMs} />}</span>
        <button type="button" class="button quiet" onClick={() => (table.value = true)}>
          Table
        </button>
      </div>
      {table.value && <CurveTable scene={scene()} onClose={() => (table.value = false)} />}
    </section>
  );
}

function HoverText({ hover, originMs }: { hover: Hover; originMs: number }) {
  const unit = settings.unit.value;
  const { bt, et, bt_ror } = hover.values;
  return (
    <>
      {duration(hover.ms - originMs)} · BT {temp(bt, unit)} · RoR {rate(bt_ror, unit)} · ET {temp(et, unit)}
    </>
  );
}
