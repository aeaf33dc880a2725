// The roast's curve. This class owns the canvas; data comes in by `scene`, gestures go out by callbacks.

import uPlot from "uplot";
import { duration } from "../model/format";
import { span as spanIn, temperature } from "../model/units";
import { view, type View } from "./decimate";
import { listen } from "./gestures";
import { drawLanes, gutterPx } from "./lanes";
import { drawFlags } from "./plugins/flags";
import { drawBand, drawEndLabels, drawOverlay, drawProjection } from "./plugins/overlay";
import { drawGaps, drawPhases } from "./plugins/underlay";
import { CHART_SPACING_MS, scheduler } from "./scheduler";
import { spanOf, timeSplits, type Scene, type Span, type Zoom } from "./scene";
import { readTheme, type ChartTheme } from "./theme";

/** The curves in drawing order. */
export const CURVES = ["bt", "et", "bt_ror", "et_ror"] as const;
const LABELS: Record<(typeof CURVES)[number], string> = { bt: "BT", et: "ET", bt_ror: "BT RoR", et_ror: "ET RoR" };
const AXIS_PX = { right: 44, bottom: 30 };
const ROR_TOP_C = 30;
/** A roast lies between these; the axis grows when a reading lies outside. Unit: °C. */
const TEMP_SPAN_C = [40, 240] as const;

/** What the pointer stands on. */
export type Hover = { ms: number; values: Partial<Record<(typeof CURVES)[number], number>> };

/** What a chart asks its owner, and tells it. */
export type ChartPlan = {
  scene: () => Scene;
  isLive: () => boolean;
  onZoom: (zoom: Zoom) => void;
  onHover: (hover: Hover | null) => void;
  onTap: (ms: number) => void;
};

export class RoastChart {
  readonly #host: HTMLElement;
  readonly #lanes: HTMLCanvasElement;
  readonly #plan: ChartPlan;
  readonly #task: { request: () => void; remove: () => void };
  readonly #resize: ResizeObserver;
  readonly #deaf: () => void;
  #u: uPlot;
  #theme: ChartTheme;
  #zoom: Zoom = { kind: "all" };
  #scene: Scene;
  #view: View = { x: [], ys: [], gaps: [] };

  constructor(host: HTMLElement, lanes: HTMLCanvasElement, plan: ChartPlan) {
    this.#host = host;
    this.#lanes = lanes;
    this.#plan = plan;
    this.#theme = readTheme(host);
    this.#scene = plan.scene();
    this.#u = this.#build();
    this.#task = scheduler().add({ element: host, draw: () => this.#draw(), spacingMs: CHART_SPACING_MS });
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#resize.observe(host);
    this.#deaf = listen(host, { plot: () => this.#u, span: () => this.span, onPick: (span) => this.#pick(span), onTap: plan.onTap });
  }

  /** Something to draw has changed. */
  request(): void {
    this.#task.request();
  }

  zoom(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#task.request();
  }

  /** The span in view. */
  get span(): Span {
    return spanOf(this.#zoom, this.#scene, this.#plan.isLive());
  }

  /** Colours or unit changed. */
  restyle(): void {
    this.#theme = readTheme(this.#host);
    this.#u.destroy();
    this.#u = this.#build();
    this.#task.request();
  }

  destroy(): void {
    this.#task.remove();
    this.#resize.disconnect();
    this.#deaf();
    this.#u.destroy();
  }

  #draw(): void {
    this.#scene = this.#plan.scene();
    const { curve, unit, gapMs } = this.#scene;
    const { fromMs, toMs } = this.span;
    const pixels = Math.max(1, this.#u.bbox.width / devicePixelRatio);
    const values = CURVES.map((name) => curve.column(name));
    this.#view = view({ t: curve.t, values }, fromMs, toMs, pixels, gapMs);
    const shown = this.#view.ys.map((ys, k) => {
      const convert = k < 2 ? temperature : spanIn;
      return unit === "C" ? ys : ys.map((y) => (y === null ? null : convert(y, unit)));
    });
    CURVES.forEach((name, k) => {
      const series = this.#u.series[k + 1];
      if (series !== undefined) series.show = !this.#scene.hidden.has(name);
    });
    this.#u.batch(() => {
      this.#u.setData([this.#view.x, ...shown], false);
      const [low, high] = this.#tempRange();
      this.#u.setScale("y", { min: low, max: high });
      this.#u.setScale("ror", { min: 0, max: spanIn(ROR_TOP_C, unit) });
      this.#u.setScale("x", { min: fromMs, max: toMs });
    });
    drawLanes(this.#lanes, this.#scene, { fromMs, toMs }, this.#u, this.#theme);
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
    const font = `12px ${theme.font}`;
    const dash = { bt_ror: [6, 3], et_ror: [2, 3] };
    const grid = { stroke: theme.grid, width: 1 };
    const axis = { stroke: theme.muted, font, grid, ticks: { show: false } };
    const u = new uPlot(
      {
        width: Math.max(100, this.#host.clientWidth),
        height: Math.max(80, this.#host.clientHeight),
        padding: [8, 0, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: true, y: false, setScale: false, dist: 8 }, y: false },
        scales: { x: { time: false, auto: false }, y: { auto: false }, ror: { auto: false } },
        axes: [
          { ...axis, size: AXIS_PX.bottom, splits: (self) => timeSplits(this.span, this.#scene.originMs, self.bbox.width / devicePixelRatio / 70), values: (_, ticks) => ticks.map((ms) => duration(ms - this.#scene.originMs)) },
          { ...axis, size: (self) => gutterPx(self.width), space: 40, scale: "y" },
          { ...axis, size: AXIS_PX.right, space: 40, scale: "ror", side: 1, grid: { show: false } },
        ],
        series: [
          {},
          { label: LABELS.bt, scale: "y", stroke: theme.bt, width: 2.5, points: { show: false }, pxAlign: 0 },
          { label: LABELS.et, scale: "y", stroke: theme.et, width: 1.75, points: { show: false }, pxAlign: 0 },
          { label: LABELS.bt_ror, scale: "ror", stroke: theme.btRor, width: 1.75, dash: dash.bt_ror, points: { show: false }, pxAlign: 0 },
          { label: LABELS.et_ror, scale: "ror", stroke: theme.etRor, width: 1.5, dash: dash.et_ror, points: { show: false }, pxAlign: 0 },
        ],
        hooks: {
          drawClear: [(self) => {
            drawPhases(self, this.#scene, theme);
            drawGaps(self, this.#view.gaps, this.#scene, theme);
          }],
          // Round joins of a dense curve cost more than everything else that is drawn.
          drawAxes: [(self) => void (self.ctx.lineJoin = "bevel")],
          draw: [(self) => {
            drawBand(self, this.#scene, this.#view, theme);
            drawOverlay(self, this.#scene, theme);
            drawProjection(self, this.#scene, theme);
            this.#drawEnds(self);
            drawFlags(self, this.#scene, theme);
          }],
          setSelect: [(self) => this.#select(self)],
          setCursor: [(self) => this.#hover(self)],
        },
      },
      [[], [], [], [], []],
      this.#host,
    );
    return u;
  }

  #tempRange(): [number, number] {
    const { unit } = this.#scene;
    let [low, high] = [TEMP_SPAN_C[0] as number, TEMP_SPAN_C[1] as number];
    for (const [k, name] of (["bt", "et"] as const).entries()) {
      if (this.#scene.hidden.has(name)) continue;
      for (const value of this.#view.ys[k] ?? []) {
        if (value === null) continue;
        low = Math.min(low, Math.floor(value / 20) * 20);
        high = Math.max(high, Math.ceil((value + 5) / 20) * 20);
      }
    }
    return [temperature(low, unit), temperature(high, unit)];
  }

  #drawEnds(u: uPlot): void {
    const colours = [this.#theme.bt, this.#theme.et, this.#theme.btRor, this.#theme.etRor];
    const ends = CURVES.flatMap((name, k) => {
      if (this.#scene.hidden.has(name)) return [];
      const ys = this.#view.ys[k] ?? [];
      let at = ys.length - 1;
      while (at >= 0 && ys[at] === null) at -= 1;
      const y = ys[at];
      const atMs = this.#view.x[at];
      if (y === null || y === undefined || atMs === undefined) return [];
      const shown = k < 2 ? temperature(y, this.#scene.unit) : spanIn(y, this.#scene.unit);
      return [{ label: LABELS[name], colour: colours[k] ?? this.#theme.text, atMs, y: shown, scale: k < 2 ? "y" : "ror" }];
    });
    drawEndLabels(u, ends, this.#theme);
  }

  #select(u: uPlot): void {
    if (u.select.width < 8) return;
    const fromMs = u.posToVal(u.select.left, "x");
    const toMs = u.posToVal(u.select.left + u.select.width, "x");
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#pick({ fromMs, toMs });
  }

  #pick(span: Span): void {
    this.#zoom = { kind: "picked", span };
    this.#plan.onZoom(this.#zoom);
    this.#task.request();
  }

  #hover(u: uPlot): void {
    const at = u.cursor.idx;
    if (at === null || at === undefined || (u.cursor.left ?? -1) < 0) {
      this.#plan.onHover(null);
      return;
    }
    const values: Hover["values"] = {};
    CURVES.forEach((name, k) => {
      const y = this.#view.ys[k]?.[at];
      if (y !== null && y !== undefined) values[name] = y;
    });
    this.#plan.onHover({ ms: this.#view.x[at] ?? 0, values });
  }
}
