// Several roasts over one another, by an event they share. Colours and dashes tell them apart, and names at their ends.

import { gridOf, onGrid } from "../model/align";
import { span as spanIn, temperature, type TempUnit } from "../model/units";
import { Chart } from "./chart";
import type { PlotLine } from "./plot";
import { drawNames } from "./plugins/overlay";
import type { Curve, Span } from "./scene";

/** Dashes by place in the comparison, so that also grey on paper tells them apart. Unit: CSS px. */
export const DASHES: readonly (readonly number[])[] = [[], [10, 4], [3, 3], [14, 4, 3, 4], [6, 3]];

/** One roast of a comparison. */
export type Compared = {
  label: string;
  /** Place in the comparison: gives colour and dash. */
  place: number;
  curve: Curve;
  /** What becomes the zero of the common axis, on the roast's own clock. Unit: ms. */
  anchorMs: number;
  fromMs: number;
  toMs: number;
  gapMs: number;
};

/** What the pointer stands on: BT and RoR of each roast, in the order they were given. */
export type CompareHover = { ms: number; values: { bt: number | null; ror: number | null }[] };

/** What a comparison shows. */
export type CompareScene = { roasts: readonly Compared[]; withRor: boolean; unit: TempUnit };

const POINTS = 1200;
const ROR_TOP_C = 30;
const AXIS_PX = 44;
/** Room behind the ends for their names. */
const NAMES_SHARE = 0.07;
/** Room above and below the curves. */
const PAD_SHARE = 0.06;

/** The roasts' columns over one axis. Unit: °C, °C/min. */
export function onOneAxis(roasts: readonly Compared[]): { grid: number[]; bt: (number | null)[][]; ror: (number | null)[][] } {
  const grid = gridOf(Math.min(...roasts.map((r) => r.fromMs - r.anchorMs)), Math.max(...roasts.map((r) => r.toMs - r.anchorMs)), POINTS);
  const column = (name: string) => roasts.map((r) => onGrid(r.curve.t, r.curve.column(name), r.anchorMs, grid, r.gapMs));
  return { grid, bt: column("bt"), ror: column("bt_ror") };
}

/** A comparison's chart in its host. */
export function compareChart(host: HTMLElement, sceneNow: () => CompareScene, onHover: (hover: CompareHover | null) => void): Chart {
  let roasts: CompareScene["roasts"] = [];
  let columns = onOneAxis(roasts);
  const chart = new Chart(host, { kind: "all" }, {
    picture: (zoom, _, theme) => {
      const { withRor, unit, ...scene } = sceneNow();
      if (scene.roasts !== roasts) columns = onOneAxis(roasts = scene.roasts);
      const { grid, bt, ror } = columns;
      const [first = 0, last = 1] = [grid[0], grid.at(-1)];
      const span = zoom.kind === "picked" ? zoom.span : { fromMs: first, toMs: last + (last - first) * NAMES_SHARE };
      const lines = (scale: string, values: (number | null)[][], convert: (value: number, unit: TempUnit) => number) => roasts.map(({ label, place }, i): PlotLine => ({
        scale, colour: theme.lines[place] ?? theme.text, dash: DASHES[place] ?? [], ys: (values[i] ?? []).map((v) => (v === null ? null : convert(v, unit))),
        ...(scale === "y" ? { name: label, width: 2.5 } : { width: 1.5, alpha: 0.75 }),
      }));
      const curves = lines("y", bt, temperature);
      return {
        span, originMs: 0, x: grid, lines: [...curves, ...(withRor ? lines("ror", ror, spanIn) : [])],
        axes: [
          { scale: "y", side: "left", sizePx: AXIS_PX, range: rangeIn(span, grid, curves) },
          ...(withRor ? [{ scale: "ror", side: "right" as const, sizePx: AXIS_PX, range: [0, spanIn(ROR_TOP_C, unit)] as const }] : []),
        ],
        over: (plot) => drawNames(plot, theme),
      };
    },
    onZoom: () => undefined,
    onDoubleTap: () => chart.zoom({ kind: "all" }),
    onHover: (at) => {
      const ms = columns.grid[at ?? -1];
      const value = (column: (number | null)[] | undefined) => column?.[at ?? -1] ?? null;
      onHover(ms === undefined ? null : { ms, values: roasts.map((_, i) => ({ bt: value(columns.bt[i]), ror: value(columns.ror[i]) })) });
    },
  });
  return chart;
}

/** From the lowest to the highest value in view. */
function rangeIn({ fromMs, toMs }: Span, grid: readonly number[], lines: readonly PlotLine[]): [number, number] {
  const values = lines.flatMap(({ ys }) => ys.filter((y, i): y is number => y !== null && (grid[i] ?? 0) >= fromMs && (grid[i] ?? 0) <= toMs));
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = Math.max(1, (high - low) * PAD_SHARE);
  return [low - pad, high + pad];
}
