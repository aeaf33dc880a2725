// What lies over the curve: the reference, the projection, the now line, and the names of the curves at their ends.

import type uPlot from "uplot";
import { between, onGrid } from "../../model/align";
import { temperature } from "../../model/units";
import type { View } from "../decimate";
import type { Scene } from "../scene";
import type { ChartTheme } from "../theme";
import { clip } from "./underlay";

const PROJECTED_MS = 120_000;
const STEP_MS = 5_000;
/** A reference with fewer readings than this has a hole there, and no difference to show. Unit: ms. */
const HOLE_MS = 15_000;
const BAND_ALPHA = 0.18;

/** Fills what lies between BT and the reference, from CHARGE to DROP: how far off, seen from across the room. */
export function drawBand(u: uPlot, scene: Scene, seen: View, theme: ChartTheme): void {
  const { overlay } = scene;
  if (overlay === null || !overlay.band || scene.hidden.has("bt")) return;
  const then = onGrid(overlay.curve.t, overlay.curve.column("bt"), -overlay.shiftMs, seen.x, HOLE_MS);
  const { ctx } = u;
  ctx.save();
  clip(u);
  ctx.fillStyle = theme.bt;
  ctx.globalAlpha = BAND_ALPHA;
  const at = (ms: number, value: number): [number, number] => [u.valToPos(ms, "x", true), u.valToPos(temperature(value, scene.unit), "y", true)];
  ctx.beginPath();
  for (const { ms: [t0, t1], one: [a0, a1], other: [b0, b1] } of between(seen.x, seen.ys[0] ?? [], then, overlay.band)) {
    ctx.moveTo(...at(t0, a0));
    ctx.lineTo(...at(t1, a1));
    ctx.lineTo(...at(t1, b1));
    ctx.lineTo(...at(t0, b0));
  }
  ctx.fill();
  ctx.restore();
}

/** Draws the reference curve in the series' own colour, fainter and dashed. */
export function drawOverlay(u: uPlot, scene: Scene, theme: ChartTheme): void {
  if (scene.overlay === null) return;
  const { curve, shiftMs } = scene.overlay;
  const { ctx } = u;
  ctx.save();
  clip(u);
  ctx.globalAlpha = 0.55;
  ctx.setLineDash([8 * devicePixelRatio, 4 * devicePixelRatio]);
  const lines: [string, string][] = [["bt", theme.bt], ["et", theme.et]];
  for (const [name, colour] of lines) {
    if (scene.hidden.has(name)) continue;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.75 * devicePixelRatio;
    trace(u, curve.t, curve.column(name), shiftMs, scene);
  }
  ctx.restore();
}

function trace(u: uPlot, t: ArrayLike<number>, values: ArrayLike<number>, shiftMs: number, scene: Scene): void {
  const { min = 0, max = 0 } = u.scales["x"] ?? {};
  u.ctx.beginPath();
  let isDown = false;
  for (let i = 0; i < t.length; i += 1) {
    const at = (t[i] ?? 0) + shiftMs;
    const value = values[i];
    if (at < (min ?? 0) - 60_000 || at > (max ?? 0) + 60_000) continue;
    if (value === undefined || Number.isNaN(value)) {
      isDown = false;
      continue;
    }
    const x = u.valToPos(at, "x", true);
    const y = u.valToPos(temperature(value, scene.unit), "y", true);
    if (isDown) u.ctx.lineTo(x, y);
    else u.ctx.moveTo(x, y);
    isDown = true;
  }
  u.ctx.stroke();
}

/** Draws where BT is going: the fan between the straight and the bent estimate. */
export function drawProjection(u: uPlot, scene: Scene, theme: ChartTheme): void {
  const { projection: p } = scene;
  if (p === null || scene.hidden.has("bt")) return;
  const { ctx } = u;
  ctx.save();
  clip(u);
  ctx.strokeStyle = theme.bt;
  ctx.globalAlpha = 0.8;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const bend of [0, p.bend]) {
    ctx.beginPath();
    for (let ahead = 0; ahead <= PROJECTED_MS; ahead += STEP_MS) {
      const minutes = ahead / 60_000;
      const bt = p.bt + p.rate * minutes + bend * minutes ** 2;
      const x = u.valToPos(p.fromMs + ahead, "x", true);
      const y = u.valToPos(temperature(bt, scene.unit), "y", true);
      if (ahead === 0) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    }
    ctx.stroke();
  }
  ctx.restore();
}

/** Names each curve at its newest point. Labels that would cover one another are pushed apart. */
export function drawEndLabels(u: uPlot, ends: { label: string; colour: string; atMs: number; y: number; scale: string }[], theme: ChartTheme): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${12 * ratio}px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  let above = -Infinity;
  const placed = ends
    .map((end) => ({ ...end, px: u.valToPos(end.atMs, "x", true) + 6 * ratio, py: u.valToPos(end.y, end.scale, true) }))
    .filter((end) => end.px >= bbox.left && end.px <= bbox.left + bbox.width && end.py >= bbox.top && end.py <= bbox.top + bbox.height)
    .sort((a, b) => a.py - b.py);
  for (const end of placed) {
    const y = Math.max(end.py, above + 14 * ratio);
    above = y;
    const x = Math.min(end.px, bbox.left + bbox.width - ctx.measureText(end.label).width - 2 * ratio);
    ctx.lineWidth = 3 * ratio;
    ctx.strokeStyle = theme.surface;
    ctx.strokeText(end.label, x, y);
    ctx.fillStyle = end.colour;
    ctx.fillText(end.label, x, y);
  }
  ctx.restore();
}
