// Several roasts over one another, by an event they share. Colours and dashes tell them apart, and names at their ends.

import uPlot from "uplot";
import { gridOf, onGrid } from "../model/align";
import { duration } from "../model/format";
import { span as spanIn, temperature, type TempUnit } from "../model/units";
import { drawEndLabels } from "./plugins/overlay";
import { timeSplits, type Curve } from "./scene";
import { readTheme } from "./theme";

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

type Picture = { roasts: readonly Compared[]; withRor: boolean; unit: TempUnit };

const POINTS = 1200;
const ROR_TOP_C = 30;
const AXIS_PX = 44;
const NAMES_SHARE = 0.07;

/** The roasts' columns over one axis. Unit: °C, °C/min. */
export function onOneAxis(roasts: readonly Compared[]): { grid: number[]; bt: (number | null)[][]; ror: (number | null)[][] } {
  const grid = gridOf(Math.min(...roasts.map((r) => r.fromMs - r.anchorMs)), Math.max(...roasts.map((r) => r.toMs - r.anchorMs)), POINTS);
  const column = (name: string) => roasts.map((r) => onGrid(r.curve.t, r.curve.column(name), r.anchorMs, grid, r.gapMs));
  return { grid, bt: column("bt"), ror: column("bt_ror") };
}

export class CompareChart {
  readonly #host: HTMLElement;
  readonly #onHover: (hover: CompareHover | null) => void;
  readonly #resize: ResizeObserver;
  #picture: Picture;
  #u: uPlot | null = null;

  constructor(host: HTMLElement, picture: Picture, onHover: (hover: CompareHover | null) => void) {
    this.#host = host;
    this.#onHover = onHover;
    this.#picture = picture;
    this.#build();
    this.#resize = new ResizeObserver(() => this.#u?.setSize({ width: host.clientWidth, height: host.clientHeight }));
    this.#resize.observe(host);
  }

  /** Another picture, or the same in other colours. */
  show(picture: Picture = this.#picture): void {
    this.#picture = picture;
    this.#build();
  }

  destroy(): void {
    this.#resize.disconnect();
    this.#u?.destroy();
  }

  #build(): void {
    this.#u?.destroy();
    const { roasts, withRor, unit } = this.#picture;
    const theme = readTheme(this.#host);
    const style = getComputedStyle(this.#host);
    const colour = (place: number) => style.getPropertyValue(`--compare-${place}`).trim();
    const { grid, bt, ror } = onOneAxis(roasts);
    const inUnit = (column: (number | null)[], convert: (v: number, u: TempUnit) => number) => column.map((v) => (v === null ? null : convert(v, unit)));
    const font = `12px ${theme.font}`;
    const axis = { stroke: theme.muted, font, grid: { stroke: theme.grid, width: 1 }, ticks: { show: false } };
    const series = (place: number, scale: string, width: number, alpha: number) => ({
      scale, width, alpha, stroke: colour(place), dash: [...(DASHES[place] ?? [])], points: { show: false }, pxAlign: 0 as const,
    });
    const lines = [...roasts.map((r, i) => ({ ...r, scale: "y", ys: inUnit(bt[i] ?? [], temperature) })), ...(withRor ? roasts.map((r, i) => ({ ...r, scale: "ror", ys: inUnit(ror[i] ?? [], spanIn) })) : [])];
    this.#u = new uPlot(
      {
        width: Math.max(100, this.#host.clientWidth), height: Math.max(80, this.#host.clientHeight), padding: [8, withRor ? 0 : 8, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 7 }, y: false, drag: { x: true, y: false } },
        scales: {
          // Room behind the ends for their names.
          x: { time: false, range: (_, min, max) => [min, max === grid.at(-1) ? max + (max - min) * NAMES_SHARE : max] },
          ror: { auto: false, range: [0, spanIn(ROR_TOP_C, unit)] },
        },
        axes: [
          { ...axis, size: 30, splits: (self) => timeSplits({ fromMs: self.scales["x"]?.min ?? 0, toMs: self.scales["x"]?.max ?? 0 }, 0, self.bbox.width / devicePixelRatio / 70), values: (_, ticks) => ticks.map((ms) => duration(ms)) },
          { ...axis, size: AXIS_PX, space: 40, scale: "y" },
          ...(withRor ? [{ ...axis, size: AXIS_PX, space: 40, scale: "ror", side: 1 as const, grid: { show: false } }] : []),
        ],
        series: [{}, ...lines.map((line) => series(line.place, line.scale, line.scale === "y" ? 2.5 : 1.5, line.scale === "y" ? 1 : 0.75))],
        hooks: {
          draw: [(self) => drawEndLabels(self, lines.filter((line) => line.scale === "y").flatMap((line) => {
            const last = line.ys.reduce<number>((found, y, i) => (y === null ? found : i), -1);
            const y = line.ys[last];
            return y === null || y === undefined ? [] : [{ label: line.label, colour: colour(line.place), atMs: grid[last] ?? 0, y, scale: "y" }];
          }), theme)],
          setCursor: [(self) => {
            const at = self.cursor.idx;
            const ms = grid[at ?? -1];
            if (ms === undefined || at === null || at === undefined || (self.cursor.left ?? -1) < 0) this.#onHover(null);
            else this.#onHover({ ms, values: roasts.map((_, i) => ({ bt: bt[i]?.[at] ?? null, ror: ror[i]?.[at] ?? null })) });
          }],
        },
      },
      [grid, ...lines.map((line) => line.ys)],
      this.#host,
    );
  }
}
