// The last minutes of one channel, small: a trend beside a number, with gaps left open.

import type { Curve } from "./scene";
import { view } from "./decimate";
import { hatch, type ChartTheme } from "./theme";

/** What a sparkline covers. Unit: ms. */
export const SPARK_MS = 120_000;
const RISE_MIN_C = 10;

/** Draws the stretch that ends at `nowMs`; a span without readings is hatched. */
export function drawSparkline(canvas: HTMLCanvasElement, curve: Curve, column: string, nowMs: number, gapMs: number, theme: ChartTheme): void {
  const ratio = devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  // Setting a size makes a new picture, also where it is the same.
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const ctx = canvas.getContext("2d");
  if (ctx === null || width === 0) return;
  ctx.resetTransform();
  ctx.clearRect(0, 0, wide, high);
  ctx.scale(ratio, ratio);
  const fromMs = nowMs - SPARK_MS;
  const { x, ys, gaps } = view({ t: curve.t, values: [curve.column(column)] }, fromMs, nowMs, width, gapMs);
  const bt = ys[0] ?? [];
  const shown = bt.filter((value, i): value is number => value !== null && (x[i] ?? 0) >= fromMs);
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const rise = Math.max(RISE_MIN_C, most - least);
  // What hardly moves lies in the middle, where it is not taken for the bottom.
  const low = (least + most - rise) / 2;
  const xOf = (ms: number) => ((ms - fromMs) / SPARK_MS) * width;
  const last = x.at(-1);
  const open = last !== undefined && nowMs - last > gapMs ? [...gaps, [last, nowMs] as [number, number]] : gaps;
  if (open.length > 0) ctx.fillStyle = hatch(ctx, theme.border);
  for (const [from, to] of open) ctx.fillRect(xOf(from), 0, xOf(to) - xOf(from), height);
  ctx.strokeStyle = theme.bt;
  ctx.lineWidth = 2;
  ctx.lineJoin = "bevel";
  ctx.beginPath();
  let isDown = false;
  bt.forEach((value, i) => {
    if (value === null) {
      isDown = false;
      return;
    }
    const y = height - 3 - ((value - low) / rise) * (height - 6);
    if (isDown) ctx.lineTo(xOf(x[i] ?? 0), y);
    else ctx.moveTo(xOf(x[i] ?? 0), y);
    isDown = true;
  });
  ctx.stroke();
}
