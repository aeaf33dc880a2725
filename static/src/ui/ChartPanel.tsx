// A roast chart with its lanes and tools. Data goes from the stores to the canvas without passing through here.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { RoastChart, type Hover } from "../chart/roastChart";
import type { Scene, Zoom } from "../chart/scene";
import { duration, rate, temp } from "../model/format";
import { EVENT_NAMES } from "../model/marks";
import { settings } from "../store/settings";
import { CurveTable } from "./CurveTable";

/** The handle by which keys reach a chart. */
export type ChartHandle = { zoom: (zoom: Zoom) => void; step: (direction: "in" | "out") => void; live: () => void };

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
/** A mark this near to the pointer is named beside the readings. Unit: ms. */
const NEAR_MS = 5_000;

export function ChartPanel({ scene, isLive, watch, summary, onTap, onReady, tools }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const lanes = useRef<HTMLCanvasElement>(null);
  const chart = useRef<RoastChart | null>(null);
  const latest = useRef({ scene, isLive, onTap });
  latest.current = { scene, isLive, onTap };
  const zoom = useSignal<Zoom>({ kind: "all" });
  const hover = useSignal<Hover | null>(null);
  const table = useSignal(false);

  /** The span that followed the roast last: what "Live" goes back to. */
  const following = useRef<Zoom>({ kind: "all" });
  const show = (next: Zoom) => {
    if (next.kind !== "picked") following.current = next;
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
    onReady?.({ zoom: show, step, live: () => show(following.current) });
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
          <button type="button" class="button primary" data-testid="live" onClick={() => show(isLive() ? following.current : { kind: "all" })}>
            {isLive() ? "Live" : "Whole roast"}
          </button>
        )}
        {tools}
        <span class="hover small muted grow">{hover.value !== null && <HoverText hover={hover.value} scene={scene()} />}</span>
        <button type="button" class="button quiet" onClick={() => (table.value = true)}>
          Table
        </button>
      </div>
      {table.value && <CurveTable scene={scene()} onClose={() => (table.value = false)} />}
    </section>
  );
}

function HoverText({ hover, scene }: { hover: Hover; scene: Scene }) {
  const unit = settings.unit.value;
  const { bt, et, bt_ror } = hover.values;
  const mark = scene.events.find((event) => Math.abs(event.timestamp_ms - hover.ms) < NEAR_MS);
  return (
    <>
      {mark !== undefined && <b>{EVENT_NAMES[mark.event_type].short}{mark.auto_detected ? " (auto)" : ""} · </b>}
      {duration(hover.ms - scene.originMs)} · BT {temp(bt, unit)} · RoR {rate(bt_ror, unit)} · ET {temp(et, unit)}
    </>
  );
}
