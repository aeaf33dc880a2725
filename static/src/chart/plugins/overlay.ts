// What lies over the curve: the reference, the projection, and the names of the curves at their ends.

import { between, onGrid } from "../../model/align";
import { temperature } from "../../model/units";
import type { View } from "../decimate";
import type { Plot } from "../plot";
import type { Scene } from "../scene";
import type { ChartTheme } from "../theme";

const PROJECTED_MS = 120_000;
const STEP_MS = 5_000;
/** A reference is drawn this far beyond what is in view. Unit: ms. */
const BEYOND_MS = 60_000;
/** Names stand at least this far apart. Unit: CSS px. */
const NAME_PX = 14;
/** A reference with fewer readings than this has a hole there, and no difference to show. Unit: ms. */
const HOLE_MS = 15_000;
const BAND_ALPHA = 0.18;

/** Fills what lies between BT and the reference, from CHARGE to DROP: how far off, seen from across the room. */
export function drawBand(plot: Plot, scene: Scene, seen: View, theme: ChartTheme): void {
  const { overlay } = scene;
  if (overlay === null || !overlay.band || scene.hidden.has("bt")) return;
  const then = onGrid(overlay.curve.t, overlay.curve.column("bt"), -overlay.shiftMs, seen.x, HOLE_MS);
  const { ctx } = plot;
  const yOf = plot.yOf("y");
  const at = (ms: number, value: number): [number, number] => [plot.x(ms), yOf(temperature(value, scene.unit))];
  ctx.save();
  plot.clip();
  ctx.fillStyle = theme.bt;
  ctx.globalAlpha = BAND_ALPHA;
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
export function drawOverlay(plot: Plot, scene: Scene, theme: ChartTheme): void {
  if (scene.overlay === null) return;
  const { curve, shiftMs } = scene.overlay;
  const { ctx } = plot;
  ctx.save();
  plot.clip();
  ctx.globalAlpha = 0.55;
  ctx.setLineDash([8, 4]);
  ctx.lineWidth = 1.75;
  for (const name of ["bt", "et"] as const) {
    if (scene.hidden.has(name)) continue;
    ctx.strokeStyle = theme[name];
    trace(plot, curve.t, curve.column(name), shiftMs, scene);
  }
  ctx.restore();
}

function trace(plot: Plot, t: ArrayLike<number>, values: ArrayLike<number>, shiftMs: number, scene: Scene): void {
  const { fromMs, toMs } = plot.picture.span;
  const yOf = plot.yOf("y");
  plot.ctx.beginPath();
  let isDown = false;
  for (let i = 0; i < t.length; i += 1) {
    const at = (t[i] ?? 0) + shiftMs;
    const value = values[i];
    if (at < fromMs - BEYOND_MS || at > toMs + BEYOND_MS) continue;
    if (value === undefined || Number.isNaN(value)) {
      isDown = false;
      continue;
    }
    const y = yOf(temperature(value, scene.unit));
    if (isDown) plot.ctx.lineTo(plot.x(at), y);
    else plot.ctx.moveTo(plot.x(at), y);
    isDown = true;
  }
  plot.ctx.stroke();
}

/** Draws where BT is going: the fan between the straight and the bent estimate. */
export function drawProjection(plot: Plot, scene: Scene, theme: ChartTheme): void {
  const { projection: p } = scene;
  if (p === null || scene.hidden.has("bt")) return;
  const { ctx } = plot;
  const yOf = plot.yOf("y");
  ctx.save();
  plot.clip();
  ctx.strokeStyle = theme.bt;
  ctx.globalAlpha = 0.8;
  ctx.lineWidth = 1.5;
  ctx.setLineDash([3, 4]);
  for (const bend of [0, p.bend]) {
    ctx.beginPath();
    // A path begins with a line as with a move: there is nothing to draw it from.
    for (let ahead = 0; ahead <= PROJECTED_MS; ahead += STEP_MS) {
      const minutes = ahead / 60_000;
      ctx.lineTo(plot.x(p.fromMs + ahead), yOf(temperature(p.bt + p.rate * minutes + bend * minutes ** 2, scene.unit)));
    }
    ctx.stroke();
  }
  ctx.restore();
}

/** Names each line at its newest point. Names that would cover one another are pushed apart. */
export function drawNames(plot: Plot, theme: ChartTheme): void {
  const { ctx, box, picture } = plot;
  const [right, bottom] = [box.left + box.width, box.top + box.height];
  ctx.save();
  ctx.font = `600 12px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineWidth = 3;
  ctx.strokeStyle = theme.surface;
  const ends = picture.lines.flatMap(({ name, colour, scale, ys }) => {
    let at = ys.length - 1;
    while (at >= 0 && ys[at] === null) at -= 1;
    return name === undefined || at < 0 ? [] : [{ name, colour, x: plot.x(picture.x[at] ?? 0) + 6, y: plot.yOf(scale)(ys[at] ?? 0) }];
  });
  let above = -Infinity;
  for (const { name, colour, x, y } of ends.sort((a, b) => a.y - b.y)) {
    if (!(x >= box.left && x <= right && y >= box.top && y <= bottom)) continue;
    above = Math.max(y, above + NAME_PX);
    const left = Math.min(x, right - ctx.measureText(name).width - 2);
    ctx.strokeText(name, left, above);
    ctx.fillStyle = colour;
    ctx.fillText(name, left, above);
  }
  ctx.restore();
}
