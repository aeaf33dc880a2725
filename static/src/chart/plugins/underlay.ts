// What lies under the curve: phases as bands, missing spans as hatching.

import type { Plot } from "../plot";
import type { Scene } from "../scene";
import { hatch, type ChartTheme } from "../theme";

const BAND_ALPHA = 0.35;

/** Draws the phases as bands. */
export function drawPhases(plot: Plot, scene: Scene, theme: ChartTheme): void {
  const colours = { drying: theme.dry, maillard: theme.maillard, development: theme.dev };
  plot.ctx.save();
  plot.clip();
  plot.ctx.globalAlpha = BAND_ALPHA;
  for (const { fromMs, toMs, name } of scene.phases) {
    plot.ctx.fillStyle = colours[name];
    band(plot, fromMs, toMs);
  }
  plot.ctx.restore();
}

/** Hatches the spans without readings and the stale end. */
export function drawGaps(plot: Plot, gaps: readonly [number, number][], scene: Pick<Scene, "staleTail">, theme: ChartTheme): void {
  const spans = scene.staleTail === null ? gaps : [...gaps, scene.staleTail];
  if (spans.length === 0) return;
  plot.ctx.save();
  plot.clip();
  plot.ctx.fillStyle = hatch(plot.ctx, theme.border);
  plot.ctx.globalAlpha = 0.6;
  for (const [fromMs, toMs] of spans) band(plot, fromMs, toMs);
  plot.ctx.restore();
}

function band(plot: Plot, fromMs: number, toMs: number): void {
  const from = plot.x(fromMs);
  plot.ctx.fillRect(from, plot.box.top, plot.x(toMs) - from, plot.box.height);
}
