// The lanes under the curve: what each control stood at, as steps on the curve's own time axis.

import { inWords } from "../model/lines";
import type { Move } from "../store/lane";
import type { Plot } from "./plot";
import type { Scene } from "./scene";
import type { ChartTheme } from "./theme";

/** Height of one lane. Unit: CSS px. */
export const LANE_PX = 22;
/** More would take the room of the curve. */
const LANES_MAX = 4;

/** Room left of the plot for its numbers and the lanes' names, which are cut where the plot needs the room more. Unit: CSS px. */
export function gutterPx(chartWidthPx: number): number {
  return chartWidthPx >= 800 ? 112 : 52;
}

/** What lanes are drawn from. */
export type LaneScene = Pick<Scene, "lanes" | "laneLabels" | "lanesEndMs" | "nowMs">;

/** Draws all lanes into their own canvas, under the plot whose time axis they share. */
export function drawLanes(canvas: HTMLCanvasElement, scene: LaneScene, plot: Plot, theme: ChartTheme): void {
  const ratio = devicePixelRatio;
  const { box, picture: { span } } = plot;
  // Until it is known which controls there are, the stylesheet keeps their room.
  if (scene.lanes !== null) canvas.style.height = `${Math.min(LANES_MAX, scene.lanes.size) * LANE_PX}px`;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const ctx = canvas.getContext("2d");
  if (ctx === null || width === 0) return;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = `12px ${theme.font}`;
  ctx.textBaseline = "middle";
  [...(scene.lanes ?? [])].slice(0, Math.floor(height / LANE_PX)).forEach(([id, moves], row) => {
    const base = (row + 1) * LANE_PX - 3;
    const rise = LANE_PX - 8;
    ctx.strokeStyle = theme.grid;
    ctx.lineWidth = 1;
    line(ctx, box.left, base + 0.5, box.left + box.width, base + 0.5);
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, 0, box.width, height);
    ctx.clip();
    steps(ctx, moves, (ms) => plot.x(ms), (value) => base - value * rise, Math.min(scene.lanesEndMs ?? scene.nowMs, span.toMs), theme.text);
    ctx.restore();
    ctx.fillStyle = theme.muted;
    ctx.textAlign = "right";
    ctx.fillText(shortened(ctx, scene.laneLabels.get(id) ?? inWords(id), box.left - 8), box.left - 6, base - rise / 2);
  });
}

/** A text cut to a width, with an ellipsis where it was cut. */
function shortened(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let kept = text.length;
  while (kept > 1 && ctx.measureText(`${text.slice(0, kept)}…`).width > width) kept -= 1;
  return `${text.slice(0, kept)}…`;
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function steps(
  ctx: CanvasRenderingContext2D, moves: readonly Move[],
  xOf: (ms: number) => number, yOf: (value: number) => number, endMs: number, colour: string,
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.75;
  ctx.beginPath();
  let y: number | null = null;
  for (const [ms, value] of moves) {
    if (ms > endMs) break;
    const x = xOf(ms);
    if (y === null) ctx.moveTo(x, yOf(value));
    else ctx.lineTo(x, y);
    y = yOf(value);
    ctx.lineTo(x, y);
  }
  if (y !== null) ctx.lineTo(xOf(endMs), y);
  ctx.stroke();
}
