import { describe, expect, it } from "vitest";
import { bucketMs, view } from "../src/chart/decimate";

const every = (stepMs: number, count: number) => Float64Array.from({ length: count }, (_, i) => i * stepMs);
const NEVER = Infinity;

describe("what of a curve is drawn", () => {
  it("is every reading as long as there are pixels for it", () => {
    const t = every(1000, 50);
    const bt = t.map((ms) => ms / 10);
    const { x, ys } = view({ t, values: [bt] }, 0, 49_000, 600, NEVER);
    expect(x).toEqual([...t]);
    expect(ys[0]).toEqual([...bt]);
  });

  it("is at most two points for every two pixels, with the extremes kept", () => {
    const t = every(100, 12_000);
    const bt = Float64Array.from(t, (_, i) => Math.sin(i / 300) * 10);
    bt[7777] = 99;
    bt[3333] = -99;
    const { x, ys } = view({ t, values: [bt] }, 0, 1_200_000, 900, NEVER);
    expect(x.length).toBeLessThanOrEqual(902);
    expect(Math.max(...(ys[0] as number[]))).toBe(99);
    expect(Math.min(...(ys[0] as number[]))).toBe(-99);
    for (let i = 1; i < x.length; i += 1) expect(x[i]).toBeGreaterThan(x[i - 1] ?? 0);
  });

  it("never joins readings across a gap, however far out one looks", () => {
    for (const pixels of [20, 200, 5000]) {
      const t = Float64Array.from([...every(1000, 100), ...every(1000, 100).map((ms) => ms + 160_000)]);
      const { x, ys, gaps } = view({ t, values: [t] }, 0, 260_000, pixels, 5000);
      expect(gaps).toEqual([[99_000, 160_000]]);
      const hole = x.findIndex((_, i) => ys[0]?.[i] === null);
      expect(x[hole]).toBeGreaterThan(99_000);
      expect(x[hole]).toBeLessThan(160_000);
    }
  });

  it("opens a hole where a value is missing", () => {
    const { ys } = view({ t: [0, 1000, 2000], values: [[1, NaN, 3]] }, 0, 2000, 100, NEVER);
    expect(ys[0]).toEqual([1, null, 3]);
  });

  it("leaves old points where they are while the curve grows", () => {
    const make = (count: number) => {
      const t = every(100, count);
      return view({ t, values: [Float64Array.from(t, (_, i) => Math.cos(i))] }, 0, 600_000, 300, NEVER);
    };
    const [before, after] = [make(4000), make(4700)];
    const settled = before.x.length - 4;
    expect(after.x.slice(0, settled)).toEqual(before.x.slice(0, settled));
    expect(after.ys[0]?.slice(0, settled)).toEqual(before.ys[0]?.slice(0, settled));
  });

  it("runs one reading past each edge, so that lines do not end in the air", () => {
    const { x } = view({ t: every(1000, 100), values: [] }, 10_500, 20_500, 500, NEVER);
    expect([x[0], x.at(-1)]).toEqual([10_000, 21_000]);
  });

  it("has buckets that are powers of two wide", () => {
    for (const [span, pixels] of [[600_000, 900], [60_000, 900], [1, 900], [21_600_000, 390]] as const) {
      expect(Math.log2(bucketMs(span, pixels)) % 1).toBe(0);
      expect(bucketMs(span, pixels)).toBeGreaterThanOrEqual((span * 2) / pixels);
    }
  });

  it("is nothing for nothing", () => {
    expect(view({ t: [], values: [[]] }, 0, 1000, 100, 10)).toEqual({ x: [], ys: [[]], gaps: [] });
  });

  it("takes a span in which a sensor was lost for a gap, also one that began before the picture or has not ended", () => {
    const t = every(1000, 60);
    const bt = t.map((ms) => (ms >= 20_000 && ms < 40_000 ? NaN : ms));
    expect(view({ t, values: [bt] }, 0, 59_000, 600, 5000).gaps).toEqual([[19_000, 40_000]]);
    expect(view({ t, values: [bt] }, 30_000, 59_000, 600, 5000).gaps).toEqual([[19_000, 40_000]]);
    expect(view({ t: t.subarray(0, 35), values: [bt] }, 0, 59_000, 600, 5000).gaps).toEqual([[19_000, 34_000]]);
    expect(view({ t, values: [bt] }, 0, 59_000, 600, 30_000).gaps, "a short one is only left open").toEqual([]);
    expect(view({ t, values: [t.map(() => NaN)] }, 0, 59_000, 600, 5000).gaps, "what was never known is not missing").toEqual([]);
  });
});
