// The picture of a roast: BT and ET on one axis, their rates on the other, and everything that happened.

import { span as spanIn, temperature } from "../model/units";
import { Chart, type ChartPlan } from "./chart";
import { view } from "./decimate";
import { drawLanes, gutterPx } from "./lanes";
import type { PlotLine } from "./plot";
import { drawFlags } from "./plugins/flags";
import { drawBand, drawNames, drawOverlay, drawProjection } from "./plugins/overlay";
import { drawGaps, drawPhases } from "./plugins/underlay";
import { spanOf, type Scene } from "./scene";
import type { ChartTheme } from "./theme";

/** The curves in drawing order. */
const CURVES = ["bt", "et", "bt_ror", "et_ror"] as const;
const AXIS_PX = 44;
const ROR_TOP_C = 30;
/** A roast lies between these; the axis grows when a reading lies outside. Unit: °C. */
const TEMP_SPAN_C = [40, 240] as const;

const LOOKS = (theme: ChartTheme): Pick<PlotLine, "name" | "scale" | "colour" | "width" | "dash">[] => [
  { name: "BT", scale: "y", colour: theme.bt, width: 2.5 },
  { name: "ET", scale: "y", colour: theme.et, width: 1.75 },
  { name: "BT RoR", scale: "ror", colour: theme.btRor, width: 1.75, dash: [6, 3] },
  { name: "ET RoR", scale: "ror", colour: theme.etRor, width: 1.5, dash: [2, 3] },
];

/** What the pointer stands on. Unit: ms, °C, °C/min. */
export type Hover = { ms: number; values: Partial<Record<(typeof CURVES)[number], number>> };

/** What a roast's chart asks its owner, and tells it. */
export type RoastPlan = Omit<ChartPlan, "picture" | "onHover"> & { scene: () => Scene; isLive: () => boolean; onHover: (hover: Hover | null) => void };

/** A roast's chart in its host, with its lanes in a canvas of their own. */
export function roastChart(host: HTMLElement, lanes: HTMLCanvasElement, { scene: sceneNow, isLive, onHover, ...told }: RoastPlan): Chart {
  let seen = view({ t: [], values: [] }, 0, 0, 1, 0);
  return new Chart(host, { kind: "all" }, {
    ...told,
    picture: (zoom, widthPx, theme) => {
      const scene = sceneNow();
      const { curve, unit, gapMs, hidden, originMs } = scene;
      const span = spanOf(zoom, scene, isLive());
      const leftPx = gutterPx(widthPx);
      seen = view({ t: curve.t, values: CURVES.map((name) => curve.column(name)) }, span.fromMs, span.toMs, Math.max(1, widthPx - leftPx - AXIS_PX), gapMs);
      const looks = LOOKS(theme);
      const lines = CURVES.flatMap((name, k): PlotLine[] => {
        const [look, ys = []] = [looks[k], seen.ys[k]];
        if (look === undefined || hidden.has(name)) return [];
        const convert = look.scale === "y" ? temperature : spanIn;
        return [{ ...look, ys: unit === "C" ? ys : ys.map((y) => (y === null ? null : convert(y, unit))) }];
      });
      const range = temperatureRange(seen.ys.slice(0, 2).filter((_, k) => !hidden.has(CURVES[k] ?? "")));
      return {
        span, originMs, x: seen.x, lines,
        axes: [
          { scale: "y", side: "left", sizePx: leftPx, range: [temperature(range[0], unit), temperature(range[1], unit)] },
          { scale: "ror", side: "right", sizePx: AXIS_PX, range: [0, spanIn(ROR_TOP_C, unit)] },
        ],
        under: (plot) => {
          drawPhases(plot, scene, theme);
          drawGaps(plot, seen.gaps, scene, theme);
        },
        over: (plot) => {
          drawBand(plot, scene, seen, theme);
          drawOverlay(plot, scene, theme);
          drawProjection(plot, scene, theme);
          drawNames(plot, theme);
          drawFlags(plot, scene, theme);
          drawLanes(lanes, scene, plot, theme);
        },
      };
    },
    onHover: (at) => {
      const ms = seen.x[at ?? -1];
      if (ms === undefined) return onHover(null);
      const values: Hover["values"] = {};
      CURVES.forEach((name, k) => {
        const y = seen.ys[k]?.[at ?? -1];
        if (y !== null && y !== undefined) values[name] = y;
      });
      return onHover({ ms, values });
    },
  });
}

function temperatureRange(columns: readonly (number | null)[][]): [number, number] {
  let [low, high] = [TEMP_SPAN_C[0] as number, TEMP_SPAN_C[1] as number];
  for (const value of columns.flat()) {
    if (value === null) continue;
    low = Math.min(low, Math.floor(value / 20) * 20);
    high = Math.max(high, Math.ceil((value + 5) / 20) * 20);
  }
  return [low, high];
}
