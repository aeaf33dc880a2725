// What lies under the curve: phases as bands, missing spans as hatching.

import type uPlot from "uplot";
import type { Scene } from "../scene";
import { hatch, type ChartTheme } from "../theme";

const BAND_ALPHA = 0.35;

/** Draws the phases as bands. */
export function drawPhases(u: uPlot, scene: Scene, theme: ChartTheme): void {
  const colours = { drying: theme.dry, maillard: theme.maillard, development: theme.dev };
  const { ctx, bbox } = u;
  ctx.save();
  clip(u);
  ctx.globalAlpha = BAND_ALPHA;
  for (const phase of scene.phases) {
    const from = u.valToPos(phase.fromMs, "x", true);
    const to = u.valToPos(phase.toMs, "x", true);
    ctx.fillStyle = colours[phase.name];
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.restore();
}

/** Hatches the spans without readings and the stale end. */
export function drawGaps(u: uPlot, gaps: readonly [number, number][], scene: Pick<Scene, "staleTail">, theme: ChartTheme): void {
  const spans = scene.staleTail === null ? gaps : [...gaps, scene.staleTail];
  if (spans.length === 0) return;
  const { ctx, bbox } = u;
  ctx.save();
  clip(u);
  ctx.fillStyle = hatch(ctx, theme.border);
  ctx.globalAlpha = 0.6;
  for (const [fromMs, toMs] of spans) {
    const from = u.valToPos(fromMs, "x", true);
    ctx.fillRect(from, bbox.top, u.valToPos(toMs, "x", true) - from, bbox.height);
  }
  ctx.restore();
}

/** Keeps what is drawn inside the plot. */
export function clip(u: uPlot): void {
  u.ctx.beginPath();
  u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  u.ctx.clip();
}
