// A chart of any number of sensors: lines of one unit share a scale, at most two scales stand at the sides.
// This class owns the canvas; data comes in by `scene`, gestures go out by callbacks.

import uPlot from "uplot";
import { duration } from "../model/format";
import { rangeOf, scalesOf, signOf, type Line } from "../model/lines";
import { temperature, type TempUnit } from "../model/units";
import { view, type View } from "./decimate";
import { listen } from "./gestures";
import { drawLanes, gutterPx, type LaneScene } from "./lanes";
import { drawEndLabels } from "./plugins/overlay";
import { drawGaps } from "./plugins/underlay";
import { CHART_SPACING_MS, scheduler } from "./scheduler";
import { timeSplits, type Curve, type Span, type Zoom } from "./scene";
import { lineColours, readTheme, type ChartTheme } from "./theme";

/** One picture. Times are those of the session clock. Unit: ms. */
export type ChannelScene = LaneScene & {
  curve: Curve;
  /** All lines, in the order that gives them their colours. */
  lines: readonly Line[];
  shown: readonly string[];
  unit: TempUnit;
  /** Two readings further apart than this are not joined. */
  gapMs: number;
  staleTail: [fromMs: number, toMs: number] | null;
  firstMs: number;
};

/** What a chart asks its owner, and tells it. */
export type ChannelPlan = { scene: () => ChannelScene; onZoom: (zoom: Zoom) => void; onHover: (hover: ChannelHover | null) => void };

/** What the pointer stands on: shown numbers by line, in the order of the lines. */
export type ChannelHover = { ms: number; values: [line: Line, shown: number][] };

const AXIS_PX = { side: 60, bottom: 30 };
const AHEAD_SHARE = 0.04;
const SHORTEST_MS = 60_000;
/** Dashes tell lines apart where colours come round again. */
const DASHES = [[], [6, 3], [2, 3]];

/** The span a zoom shows now. */
export function channelSpan(zoom: Zoom, { nowMs, firstMs }: Pick<ChannelScene, "nowMs" | "firstMs">): Span {
  if (zoom.kind === "picked") return zoom.span;
  // While there is less than the window holds, the chart shows what there is.
  const fromMs = Math.min(zoom.kind === "last" ? Math.max(firstMs, nowMs - zoom.ms) : firstMs, nowMs - SHORTEST_MS);
  return { fromMs, toMs: nowMs + (nowMs - fromMs) * AHEAD_SHARE };
}

export class ChannelChart {
  readonly #host: HTMLElement;
  readonly #lanes: HTMLCanvasElement;
  readonly #plan: ChannelPlan;
  readonly #task: { request: () => void; remove: () => void };
  readonly #resize: ResizeObserver;
  readonly #deaf: () => void;
  #u: uPlot;
  #theme: ChartTheme;
  #zoom: Zoom;
  #scene: ChannelScene;
  #made = "";
  #view: View = { x: [], ys: [], gaps: [] };

  constructor(host: HTMLElement, lanes: HTMLCanvasElement, zoom: Zoom, plan: ChannelPlan) {
    this.#host = host;
    this.#lanes = lanes;
    this.#plan = plan;
    this.#zoom = zoom;
    this.#theme = readTheme(host);
    this.#scene = plan.scene();
    this.#u = this.#build();
    this.#task = scheduler().add({ element: host, draw: () => this.#draw(), spacingMs: CHART_SPACING_MS });
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#resize.observe(host);
    this.#deaf = listen(host, { plot: () => this.#u, span: () => this.#span, onPick: (span) => this.#pick(span) });
  }

  /** Something to draw has changed. */
  request(): void {
    this.#task.request();
  }

  zoom(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#task.request();
  }

  /** Colours changed. */
  restyle(): void {
    this.#theme = readTheme(this.#host);
    this.#rebuild();
    this.#task.request();
  }

  destroy(): void {
    this.#task.remove();
    this.#resize.disconnect();
    this.#deaf();
    this.#u.destroy();
  }

  get #span(): Span {
    return channelSpan(this.#zoom, this.#scene);
  }

  #rebuild(): void {
    this.#u.destroy();
    this.#u = this.#build();
  }

  #drawn(): Line[] {
    return this.#scene.lines.filter((line) => this.#scene.shown.includes(line.id));
  }

  #draw(): void {
    this.#scene = this.#plan.scene();
    if (this.#made !== planOf(this.#scene)) this.#rebuild();
    const { curve, gapMs, unit } = this.#scene;
    const span = this.#span;
    const lines = this.#drawn();
    const pixels = Math.max(1, this.#u.bbox.width / devicePixelRatio);
    const seen = view({ t: curve.t, values: lines.map((line) => curve.column(line.id)) }, span.fromMs, span.toMs, pixels, gapMs);
    seen.ys = seen.ys.map((ys, k) => (lines[k]?.isTemperature === true && unit === "F" ? ys.map((y) => (y === null ? null : temperature(y, unit))) : ys));
    this.#view = seen;
    this.#u.batch(() => {
      this.#u.setData([seen.x, ...seen.ys], false);
      for (const scale of scalesOf(lines, lines.map((line) => line.id))) {
        const values = lines.flatMap((line, k) => (line.scale === scale ? (seen.ys[k] ?? []) : [])).filter((y) => y !== null);
        const [min, max] = rangeOf(lowest(values), -lowest(values.map((y) => -y)));
        this.#u.setScale(keyOf(scale), { min, max });
      }
      this.#u.setScale("x", { min: span.fromMs, max: span.toMs });
    });
    drawLanes(this.#lanes, this.#scene, span, this.#u, this.#theme);
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width > 0 && height > 0 && (width !== this.#u.width || height !== this.#u.height)) {
      this.#u.setSize({ width, height });
      this.#task.request();
    }
  }

  #build(): uPlot {
    const theme = this.#theme;
    const lines = this.#drawn();
    const scales = scalesOf(lines, lines.map((line) => line.id));
    const colours = lineColours(this.#host);
    const styleOf = (line: Line) => {
      const place = this.#scene.lines.indexOf(line);
      return { colour: colours[place % colours.length] ?? theme.text, dash: DASHES[Math.floor(place / colours.length) % DASHES.length] ?? [] };
    };
    const axis = { stroke: theme.muted, font: `12px ${theme.font}`, ticks: { show: false }, grid: { stroke: theme.grid, width: 1 } };
    this.#made = planOf(this.#scene);
    return new uPlot(
      {
        width: Math.max(100, this.#host.clientWidth),
        height: Math.max(80, this.#host.clientHeight),
        padding: [8, 0, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: true, y: false, setScale: false, dist: 8 }, y: false },
        scales: { x: { time: false, auto: false }, ...Object.fromEntries(scales.map((scale) => [keyOf(scale), { auto: false, range: [0, 1] as [number, number] }])) },
        axes: [
          { ...axis, size: AXIS_PX.bottom, splits: (self) => timeSplits(this.#span, 0, self.bbox.width / devicePixelRatio / 70), values: (_, ticks) => ticks.map((ms) => duration(ms)) },
          ...scales.map((scale, k) => {
            const line = lines.find((other) => other.scale === scale);
            const sign = line === undefined ? "" : signOf(line, this.#scene.unit);
            return { ...axis, scale: keyOf(scale), side: k === 0 ? 3 as const : 1 as const, size: (self: uPlot) => (k === 0 ? Math.max(AXIS_PX.side, gutterPx(self.width)) : AXIS_PX.side), space: 40, values: (_: uPlot, ticks: number[]) => ticks.map((tick, at) => (at === ticks.length - 1 ? `${tick} ${sign}` : String(tick))), grid: k === 0 ? axis.grid : { show: false } };
          }),
        ],
        series: [{}, ...lines.map((line) => {
          const { colour, dash } = styleOf(line);
          return { label: line.label, scale: keyOf(line.scale), stroke: colour, width: 2, dash, points: { show: false }, pxAlign: 0 };
        })],
        hooks: {
          drawClear: [(self) => drawGaps(self, this.#view.gaps, this.#scene, theme)],
          // Round joins of a dense curve cost more than everything else that is drawn.
          drawAxes: [(self) => void (self.ctx.lineJoin = "bevel")],
          draw: [(self) => drawEndLabels(self, this.#ends((line) => styleOf(line).colour), theme)],
          setSelect: [(self) => this.#select(self)],
          setCursor: [(self) => this.#hover(self)],
        },
      },
      [[], ...lines.map(() => [])],
      this.#host,
    );
  }

  #ends(colourOf: (line: Line) => string) {
    return this.#drawn().flatMap((line, k) => {
      const ys = this.#view.ys[k] ?? [];
      let at = ys.length - 1;
      while (at >= 0 && ys[at] === null) at -= 1;
      const [y, atMs] = [ys[at], this.#view.x[at]];
      return y === null || y === undefined || atMs === undefined ? [] : [{ label: line.label, colour: colourOf(line), atMs, y, scale: keyOf(line.scale) }];
    });
  }

  #hover(u: uPlot): void {
    const at = u.cursor.idx;
    const ms = at === null || at === undefined || (u.cursor.left ?? -1) < 0 ? undefined : this.#view.x[at];
    const values = this.#drawn().flatMap((line, k): [Line, number][] => {
      const y = this.#view.ys[k]?.[at ?? -1];
      return y === null || y === undefined ? [] : [[line, y]];
    });
    this.#plan.onHover(ms === undefined ? null : { ms, values });
  }

  #select(u: uPlot): void {
    if (u.select.width < 8) return;
    const span = { fromMs: u.posToVal(u.select.left, "x"), toMs: u.posToVal(u.select.left + u.select.width, "x") };
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#pick(span);
  }

  #pick(span: Span): void {
    this.zoom({ kind: "picked", span });
    this.#plan.onZoom(this.#zoom);
  }
}

/** Whatever of a picture a chart is built for. */
function planOf({ lines, shown, unit }: ChannelScene): string {
  return JSON.stringify([lines.map((line) => [line.id, line.label, line.unit]), [...shown].sort(), unit]);
}

/** uPlot has a scale of its own called x. */
function keyOf(scale: string): string {
  return `y ${scale}`;
}

/** Not `Math.min`: it takes no more arguments than a stack holds. */
function lowest(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Infinity);
}
