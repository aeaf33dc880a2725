// When BT will reach a target: a straight line and a bent one, and the span between them. A pure function of the
// samples, so every tab says the same.

/** Window that the curve is fitted over. Unit: ms. */
export const WINDOW_MS = 60_000;
const POINTS_MIN = 5;
/** A curve this flat reaches nothing in a time worth telling. Unit: °C per minute. */
const RATE_MIN = 0.5;
const HORIZON_MS = 15 * 60_000;
const JUMP_SHARE = 0.2;
const JUMP_WINDOW_MS = 10_000;
const MINUTE_MS = 60_000;

/** BT after the newest sample: `bt + rate·t + bend·t²`, t in minutes. */
export type Projection = { fromMs: number; bt: number; rate: number; bend: number };

/** How long until a target. `rangeMs`: half the distance between the two estimates. */
export type Eta = { inMs: number; rangeMs: number };

/** Readings as columns; NaN where a value is missing. */
export type Samples = { t: ArrayLike<number>; bt: ArrayLike<number>; length: number };

/**
 * Fits a parabola through the last minute before `untilMs`, by least squares. Null with too few samples.
 * The bend is what makes the second estimate; the straight one takes the slope at the newest sample.
 */
export function project(samples: Samples, untilMs = Infinity): Projection | null {
  const points: [number, number][] = [];
  let endMs: number | null = null;
  for (let i = samples.length - 1; i >= 0; i -= 1) {
    const t = samples.t[i] ?? NaN;
    const bt = samples.bt[i] ?? NaN;
    if (t > untilMs || !Number.isFinite(bt)) continue;
    endMs ??= t;
    if (t < endMs - WINDOW_MS) break;
    points.push([(t - endMs) / MINUTE_MS, bt]);
  }
  const oldest = points.at(-1);
  if (endMs === null || points.length < POINTS_MIN || oldest === undefined || oldest[0] > -0.5) return null;
  const fit = parabola(points);
  return fit === null ? null : { fromMs: endMs, bt: fit[0], rate: fit[1], bend: fit[2] };
}

/** Least squares for `a + b·x + c·x²` by the normal equations. Null if the points do not determine it. */
function parabola(points: readonly [number, number][]): [number, number, number] | null {
  const s = [0, 0, 0, 0, 0];
  const r = [0, 0, 0];
  for (const [x, y] of points) {
    for (let k = 0; k < 5; k += 1) s[k] = (s[k] ?? 0) + x ** k;
    for (let k = 0; k < 3; k += 1) r[k] = (r[k] ?? 0) + y * x ** k;
  }
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0] = s;
  const [r0 = 0, r1 = 0, r2 = 0] = r;
  const det3 = (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) =>
    a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const det = det3(s0, s1, s2, s1, s2, s3, s2, s3, s4);
  if (Math.abs(det) < 1e-9) return null;
  return [
    det3(r0, s1, s2, r1, s2, s3, r2, s3, s4) / det,
    det3(s0, r0, s2, s1, r1, s3, s2, r2, s4) / det,
    det3(s0, s1, r0, s1, s2, r1, s2, s3, r2) / det,
  ];
}

/** Time until the straight line meets the target. Unit: ms. */
function straightMs(p: Projection, target: number): number | null {
  return p.rate > RATE_MIN ? ((target - p.bt) / p.rate) * MINUTE_MS : null;
}

/** Time until the parabola first meets the target, null if it turns before. Unit: ms. */
function bentMs(p: Projection, target: number): number | null {
  const gap = p.bt - target;
  if (Math.abs(p.bend) < 1e-6) return straightMs(p, target);
  const root = p.rate ** 2 - 4 * p.bend * gap;
  if (root < 0) return null;
  const roots = [(-p.rate - Math.sqrt(root)) / (2 * p.bend), (-p.rate + Math.sqrt(root)) / (2 * p.bend)];
  const ahead = roots.filter((t) => t >= 0);
  return ahead.length === 0 ? null : Math.min(...ahead) * MINUTE_MS;
}

/** When a projection meets the target; null if flat, behind, or further than a quarter of an hour. */
export function etaOf(p: Projection, target: number): Eta | null {
  const straight = straightMs(p, target);
  if (straight === null || straight < 0 || straight > HORIZON_MS) return null;
  const bent = bentMs(p, target);
  if (bent === null || bent > HORIZON_MS) return { inMs: straight, rangeMs: straight / 2 };
  return { inMs: (straight + bent) / 2, rangeMs: Math.abs(straight - bent) / 2 };
}

/**
 * When BT will reach `target`. Null while the curve is flat, or while the moment it points at moves by more than a fifth
 * of the way to it within ten seconds: a number that jumps is worse than none.
 */
export function eta(samples: Samples, target: number): Eta | null {
  const now = project(samples);
  if (now === null) return null;
  const found = etaOf(now, target);
  if (found === null) return null;
  const before = project(samples, now.fromMs - JUMP_WINDOW_MS);
  const earlier = before === null ? null : etaOf(before, target);
  if (before === null || earlier === null) return null;
  const moved = Math.abs(now.fromMs + found.inMs - (before.fromMs + earlier.inMs));
  return moved > JUMP_SHARE * Math.max(earlier.inMs, JUMP_WINDOW_MS) ? null : found;
}
