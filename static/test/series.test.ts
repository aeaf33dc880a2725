import { describe, expect, it } from "vitest";
import { SeriesStore, type Point } from "../src/store/series";

const point = (timestamp_ms: number, bt: number | null = timestamp_ms / 1000): Point => ({ timestamp_ms, bt, et: 200, bt_ror: null, et_ror: null });

describe("the series of a session", () => {
  it("keeps every reading once and in order, in whatever order and however often they come", () => {
    let seed = 11;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 50; round += 1) {
      const series = new SeriesStore();
      const model = new Map<number, number>();
      for (let i = 0; i < 300; i += 1) {
        const ms = random(200) * 100;
        expect(series.insert(point(ms, i))).toBe(!model.has(ms));
        if (!model.has(ms)) model.set(ms, i);
      }
      const sorted = [...model].sort(([a], [b]) => a - b);
      expect([...series.t]).toEqual(sorted.map(([ms]) => ms));
      expect([...series.column("bt")]).toEqual(sorted.map(([, bt]) => bt));
    }
  });

  it("knows how far its readings usually lie apart, the same whichever way they came and whatever is missing", () => {
    const times = [0, 2_000, 4_000, 6_000, 30_000, 32_000, 34_000, 90_000];
    const live = new SeriesStore();
    for (const ms of times) live.insert(point(ms));
    const fetched = new SeriesStore();
    fetched.insertColumns({ timestamp_ms: times, bt: times, et: times, bt_ror: times.map(() => null), et_ror: times.map(() => null), extra_channels: {} });
    expect([live.intervalMs(90_001), fetched.intervalMs(90_001)]).toEqual([2_000, 2_000]);
    expect(new SeriesStore().intervalMs(0)).toBe(1_000);
  });

  it("knows it of a roast that has ended however many readings came since, and however often", () => {
    const live = new SeriesStore();
    for (let ms = 0; ms <= 40_000; ms += 1_000) live.insert(point(ms));
    for (let ms = 40_500; ms <= 80_000; ms += 500) live.insert(point(ms));
    expect([live.intervalMs(40_000), live.intervalMs(80_001)]).toEqual([1_000, 500]);
  });

  it("grows past its first size without losing a value", () => {
    const series = new SeriesStore();
    for (let i = 0; i < 5000; i += 1) series.insert({ ...point(i * 100), extra_channels: { inlet: i } });
    expect(series.length).toBe(5000);
    expect(series.column("bt")[4999]).toBeCloseTo(499.9);
    expect(series.column("inlet")[4999]).toBe(4999);
  });

  it("holds a missing value as a hole, not as zero", () => {
    const series = new SeriesStore();
    series.insert(point(1000, null));
    series.insert({ ...point(2000), extra_channels: { late: 5 } });
    expect(series.column("bt")[0]).toBeNaN();
    expect(series.column("late")[0]).toBeNaN();
    expect(series.column("late")[1]).toBe(5);
    expect(series.column("unheard_of")).toHaveLength(0);
  });

  it("shows a hole for a reading that came late without a channel the others have", () => {
    const series = new SeriesStore();
    series.insert({ ...point(1000), extra_channels: { inlet: 1 } });
    series.insert({ ...point(3000), extra_channels: { inlet: 3 } });
    series.insert(point(2000));
    expect([...series.column("inlet")]).toEqual([1, NaN, 3]);
  });

  it("takes columns as REST has them and says how many were new", () => {
    const series = new SeriesStore();
    series.insert(point(2000));
    const added = series.insertColumns({ timestamp_ms: [1000, 2000, 3000], bt: [1, 9, null], et: [1, 1, 1], bt_ror: [null, null, null], et_ror: [null, null, null], extra_channels: { inlet: [7, 8, 9] } });
    expect(added).toBe(2);
    expect([...series.t]).toEqual([1000, 2000, 3000]);
    expect([...series.column("bt")]).toEqual([1, 2, NaN]);
    expect([...series.column("inlet")]).toEqual([7, NaN, 9]);
  });

  it("keeps the preheat as negative time and forgets what is older than ten minutes", () => {
    const series = new SeriesStore();
    for (let s = 0; s <= 1200; s += 1) series.insert(point(s * 1000));
    series.keepAsPreheat(1_200_500);
    expect(series.lastMs).toBe(-500);
    expect(series.firstMs).toBeGreaterThanOrEqual(-600_000);
    series.insert(point(1000, 42));
    expect(series.column("bt")[series.length - 1]).toBe(42);
    expect(series.column("bt")[series.length - 2]).toBe(1200);
  });

  it("never lets a preheat reading reach into the new session", () => {
    const series = new SeriesStore();
    series.insert(point(10_000));
    series.keepAsPreheat(9_000);
    expect(series.lastMs).toBeLessThan(0);
  });

  it("tells that something changed, and only then", () => {
    const series = new SeriesStore();
    series.insert(point(1000));
    const { revision } = series;
    series.insert(point(1000));
    expect(series.revision).toBe(revision);
    series.clear();
    expect(series.revision).not.toBe(revision);
    expect(series.length).toBe(0);
    series.insert(point(500));
    expect(series.column("bt")[0]).toBe(0.5);
  });

  it("refuses a time that is no number", () => {
    expect(new SeriesStore().insert(point(NaN))).toBe(false);
  });
});
