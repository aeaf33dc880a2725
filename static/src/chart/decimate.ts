// What of a curve is worth drawing: at most two points for every two pixels, with the extremes kept. Buckets are powers
// of two wide and lie on a fixed grid, so a point that is drawn stays where it is while the curve grows.

/** Columns over one time axis; NaN where a value is missing. */
export type Columns = { t: ArrayLike<number>; values: readonly ArrayLike<number>[] };

/** Points to draw over one time axis; null opens a gap. `gaps`: spans without readings, or without a value in the first column. */
export type View = { x: number[]; ys: (number | null)[][]; gaps: [fromMs: number, toMs: number][] };

const PIXELS_PER_BUCKET = 2;

/** Width of a bucket for a span over so many pixels: the next power of two. Unit: ms. */
export function bucketMs(spanMs: number, pixels: number): number {
  const exact = (spanMs * PIXELS_PER_BUCKET) / Math.max(1, pixels);
  return 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, exact))));
}

/**
 * The part of `columns` in `[fromMs, toMs]`, and one reading beyond each end so that lines run to the edge.
 * Two readings further apart than `gapMs` are never joined.
 */
export function view(columns: Columns, fromMs: number, toMs: number, pixels: number, gapMs: number): View {
  const first = Math.max(0, lowerBound(columns.t, fromMs) - 1);
  const last = Math.min(columns.t.length, lowerBound(columns.t, toMs) + 1);
  const out: View = { x: [], ys: columns.values.map(() => []), gaps: [] };
  const width = last - first <= pixels ? 0 : bucketMs(toMs - fromMs, pixels);
  let start = first;
  for (let i = first; i < last; i += 1) {
    const t = columns.t[i] ?? 0;
    const next = i + 1 < last ? (columns.t[i + 1] ?? 0) : null;
    const endsByGap = next !== null && next - t > gapMs;
    const endsByBucket = next === null || width === 0 || Math.floor(next / width) !== Math.floor(t / width);
    if (!endsByGap && !endsByBucket) continue;
    emit(columns, start, i, out);
    start = i + 1;
    if (endsByGap) openGap(out, t, next);
  }
  noteSilences(columns, first, last, gapMs, out);
  return out;
}

/** Readings go on while a sensor is lost: its missing values are as much of a gap. */
function noteSilences({ t, values: [main] }: Columns, first: number, last: number, gapMs: number, out: View): void {
  if (main === undefined) return;
  // A silence may have begun before what is in view.
  let begin = first;
  while (begin > 0 && Number.isNaN(main[begin])) begin -= 1;
  let known: number | null = null;
  for (let i = begin; i < last; i += 1) {
    const isKnown = !Number.isNaN(main[i]);
    const at = t[i] ?? 0;
    if (!isKnown && i < last - 1) continue;
    // A span without any reading is among the gaps already.
    const isSilent = known !== null && known < i - 1 && at - (t[known] ?? 0) > gapMs;
    if (isSilent && known !== null) out.gaps.push([t[known] ?? 0, at]);
    if (isKnown) known = i;
  }
}

function openGap(out: View, fromMs: number, toMs: number): void {
  out.gaps.push([fromMs, toMs]);
  out.x.push((fromMs + toMs) / 2);
  for (const y of out.ys) y.push(null);
}

/** One bucket as one or two points: its extremes in the order they came, at its first and its last time. */
function emit(columns: Columns, from: number, to: number, out: View): void {
  out.x.push(columns.t[from] ?? 0);
  if (from === to) {
    columns.values.forEach((values, k) => out.ys[k]?.push(known(values[from])));
    return;
  }
  out.x.push(columns.t[to] ?? 0);
  columns.values.forEach((values, k) => out.ys[k]?.push(...extremes(values, from, to)));
}

function extremes(values: ArrayLike<number>, from: number, to: number): [number | null, number | null] {
  let low = -1;
  let high = -1;
  for (let i = from; i <= to; i += 1) {
    const value = values[i];
    if (value === undefined || Number.isNaN(value)) continue;
    if (low < 0 || value < (values[low] ?? 0)) low = i;
    if (high < 0 || value > (values[high] ?? 0)) high = i;
  }
  if (low < 0 || high < 0) return [null, null];
  return [known(values[Math.min(low, high)]), known(values[Math.max(low, high)])];
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function lowerBound(t: ArrayLike<number>, ms: number): number {
  let low = 0;
  let high = t.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((t[mid] ?? 0) < ms) low = mid + 1;
    else high = mid;
  }
  return low;
}
