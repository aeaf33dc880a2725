// The picture of any number of sensors: lines of one unit share a scale, at most two scales stand at the sides.

import { rangeOf, scalesOf, signOf, type Line } from "../model/lines";
import { temperature, type TempUnit } from "../model/units";
import { Chart, type ChartPlan } from "./chart";
import { view } from "./decimate";
import { drawLanes, gutterPx, type LaneScene } from "./lanes";
import { drawNames } from "./plugins/overlay";
import { drawGaps } from "./plugins/underlay";
import type { Curve, Span, Zoom } from "./scene";

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
export type ChannelPlan = Omit<ChartPlan, "picture" | "onHover"> & { scene: () => ChannelScene; onHover: (hover: ChannelHover | null) => void };

/** What the pointer stands on: shown numbers by line, in the order of the lines. */
export type ChannelHover = { ms: number; values: [line: Line, shown: number][] };

const AXIS_PX = 60;
const AHEAD_SHARE = 0.04;
const SHORTEST_MS = 60_000;
/** Which of the theme's colours lines take, in their order. */
const COLOURS = [1, 0, 2, 3, 4];
/** Dashes tell lines apart where colours come round again. */
const DASHES = [[], [6, 3], [2, 3]];

/** The span a zoom shows now. */
export function channelSpan(zoom: Zoom, { nowMs, firstMs }: Pick<ChannelScene, "nowMs" | "firstMs">): Span {
  if (zoom.kind === "picked") return zoom.span;
  // While there is less than the window holds, the chart shows what there is.
  const fromMs = Math.min(zoom.kind === "last" ? Math.max(firstMs, nowMs - zoom.ms) : firstMs, nowMs - SHORTEST_MS);
  return { fromMs, toMs: nowMs + (nowMs - fromMs) * AHEAD_SHARE };
}

/** A chart of sensors in its host, with the controls as lanes in a canvas of their own. */
export function channelChart(host: HTMLElement, lanes: HTMLCanvasElement, first: Zoom, { scene: sceneNow, onHover, ...told }: ChannelPlan): Chart {
  let drawn: { line: Line; ys: (number | null)[] }[] = [];
  let x: number[] = [];
  return new Chart(host, first, {
    ...told,
    picture: (zoom, widthPx, theme) => {
      const scene = sceneNow();
      const { curve, unit, shown } = scene;
      const span = channelSpan(zoom, scene);
      const leftPx = Math.max(AXIS_PX, gutterPx(widthPx));
      const lines = scene.lines.filter((line) => shown.includes(line.id));
      const scales = scalesOf(lines, lines.map((line) => line.id));
      const pixels = Math.max(1, widthPx - leftPx - AXIS_PX);
      const seen = view({ t: curve.t, values: lines.map((line) => curve.column(line.id)) }, span.fromMs, span.toMs, pixels, scene.gapMs);
      x = seen.x;
      drawn = lines.map((line, k) => {
        const ys = seen.ys[k] ?? [];
        return { line, ys: line.isTemperature && unit === "F" ? ys.map((y) => (y === null ? null : temperature(y, unit))) : ys };
      });
      return {
        span, originMs: 0, x,
        // Without a line the lanes below still need their room.
        axes: (scales.length === 0 ? [""] : scales).map((scale, k) => {
          const own = drawn.filter(({ line }) => line.scale === scale);
          const values = own.flatMap(({ ys }) => ys).filter((y) => y !== null);
          return {
            scale, side: k === 0 ? "left" : "right", sizePx: k === 0 ? leftPx : AXIS_PX, sign: own[0] === undefined ? "" : signOf(own[0].line, unit),
            range: own.length === 0 ? [0, 0] : rangeOf(lowest(values), -lowest(values.map((y) => -y))),
          };
        }),
        lines: drawn.map(({ line, ys }) => {
          const place = scene.lines.indexOf(line);
          const colour = theme.lines[COLOURS[place % COLOURS.length] ?? 0] ?? theme.text;
          return { name: line.label, scale: line.scale, ys, colour, width: 2, dash: DASHES[Math.floor(place / COLOURS.length) % DASHES.length] ?? [] };
        }),
        under: (plot) => drawGaps(plot, seen.gaps, scene, theme),
        over: (plot) => {
          drawNames(plot, theme);
          drawLanes(lanes, scene, plot, theme);
        },
      };
    },
    onHover: (at) => {
      const ms = x[at ?? -1];
      const values = drawn.flatMap(({ line, ys }): [Line, number][] => {
        const y = ys[at ?? -1];
        return y === null || y === undefined ? [] : [[line, y]];
      });
      onHover(ms === undefined ? null : { ms, values });
    },
  });
}

/** Not `Math.min`: it takes no more arguments than a stack holds. */
function lowest(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Infinity);
}
