// Event flags: a staff on the curve and a label in the first row that has room. Hollow: found by the daemon. Filled: set
// by a person. Dotted staff: still provisional.

import { duration } from "../../model/format";
import { EVENT_NAMES } from "../../model/marks";
import type { Plot } from "../plot";
import type { Scene } from "../scene";
import type { ChartTheme } from "../theme";

const ROWS = 3;
const ROW_PX = 20;
const PAD_PX = 5;

/** The first row whose last label ends before `left`; the last row if all are full. */
export function rowFor(rowEnds: readonly number[], left: number): number {
  const free = rowEnds.findIndex((end) => end <= left);
  return free < 0 ? rowEnds.length - 1 : free;
}

/** Draws the flags of all events in view. */
export function drawFlags(plot: Plot, scene: Scene, theme: ChartTheme): void {
  const { ctx, box } = plot;
  const right = box.left + box.width;
  const rowEnds = Array.from({ length: ROWS }, () => -Infinity);
  ctx.save();
  plot.clip();
  ctx.font = `600 12px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineWidth = 1.5;
  for (const event of [...scene.events].sort((a, b) => a.timestamp_ms - b.timestamp_ms)) {
    const x = Math.round(plot.x(event.timestamp_ms));
    if (x < box.left || x > right) continue;
    const text = `${EVENT_NAMES[event.event_type].short} ${duration(event.timestamp_ms - scene.originMs)}`;
    const width = ctx.measureText(text).width + 2 * PAD_PX;
    const left = Math.min(x, right - width);
    const row = rowFor(rowEnds, left);
    rowEnds[row] = left + width + 4;
    const top = box.top + 4 + row * (ROW_PX + 2);
    staff(ctx, x, top, box.top + box.height, theme.muted, event.provisional);
    ctx.fillStyle = event.auto_detected ? theme.surface : theme.text;
    ctx.strokeStyle = theme.text;
    ctx.setLineDash(event.provisional ? [3, 3] : []);
    ctx.fillRect(left, top, width, ROW_PX);
    ctx.strokeRect(left + 0.75, top + 0.75, width - 1.5, ROW_PX - 1.5);
    ctx.fillStyle = event.auto_detected ? theme.text : theme.surface;
    ctx.fillText(text, left + PAD_PX, top + ROW_PX / 2 + 0.5);
  }
  ctx.restore();
}

function staff(ctx: CanvasRenderingContext2D, x: number, top: number, bottom: number, colour: string, provisional: boolean): void {
  ctx.strokeStyle = colour;
  ctx.setLineDash(provisional ? [2, 4] : []);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
}
