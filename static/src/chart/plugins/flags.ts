// Event flags: a staff on the curve and a label in the first row that has room. Hollow: found by the daemon. Filled: set
// by a person. Dotted staff: still provisional.

import type uPlot from "uplot";
import { duration } from "../../model/format";
import { EVENT_NAMES } from "../../model/marks";
import type { Scene } from "../scene";
import type { ChartTheme } from "../theme";
import { clip } from "./underlay";

const ROWS = 3;
const ROW_PX = 20;
const PAD_PX = 5;

/** The first row whose last label ends before `left`; the last row if all are full. */
export function rowFor(rowEnds: readonly number[], left: number): number {
  const free = rowEnds.findIndex((end) => end <= left);
  return free < 0 ? rowEnds.length - 1 : free;
}

/** Draws the flags of all events in view. */
export function drawFlags(u: uPlot, scene: Scene, theme: ChartTheme): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const rowEnds = Array.from({ length: ROWS }, () => -Infinity);
  ctx.save();
  clip(u);
  ctx.font = `600 ${12 * ratio}px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineWidth = 1.5 * ratio;
  for (const event of [...scene.events].sort((a, b) => a.timestamp_ms - b.timestamp_ms)) {
    const x = Math.round(u.valToPos(event.timestamp_ms, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const text = `${EVENT_NAMES[event.event_type].short} ${duration(event.timestamp_ms - scene.originMs)}`;
    const width = ctx.measureText(text).width + 2 * PAD_PX * ratio;
    const left = Math.min(x, bbox.left + bbox.width - width);
    const row = rowFor(rowEnds, left);
    rowEnds[row] = left + width + 4 * ratio;
    const top = bbox.top + (4 + row * (ROW_PX + 2)) * ratio;
    staff(ctx, x, top, bbox.top + bbox.height, theme.muted, event.provisional);
    ctx.fillStyle = event.auto_detected ? theme.surface : theme.text;
    ctx.strokeStyle = theme.text;
    ctx.setLineDash(event.provisional ? [3 * ratio, 3 * ratio] : []);
    ctx.fillRect(left, top, width, ROW_PX * ratio);
    ctx.strokeRect(left + 0.75 * ratio, top + 0.75 * ratio, width - 1.5 * ratio, (ROW_PX - 1.5) * ratio);
    ctx.fillStyle = event.auto_detected ? theme.text : theme.surface;
    ctx.fillText(text, left + PAD_PX * ratio, top + (ROW_PX / 2 + 0.5) * ratio);
  }
  ctx.restore();
}

function staff(ctx: CanvasRenderingContext2D, x: number, top: number, bottom: number, colour: string, provisional: boolean): void {
  ctx.strokeStyle = colour;
  ctx.setLineDash(provisional ? [2 * devicePixelRatio, 4 * devicePixelRatio] : []);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
}
