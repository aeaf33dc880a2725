import { describe, expect, it } from "vitest";
import { nearest } from "../src/chart/plot";
import { magnify, timeSplits, valueSplits } from "../src/chart/scene";

describe("the numbers beside an axis", () => {
  it("are the smallest whole steps that leave each its room", () => {
    expect(valueSplits([40, 240], 10)).toEqual([40, 60, 80, 100, 120, 140, 160, 180, 200, 220, 240]);
    expect(valueSplits([40, 240], 9)).toEqual([50, 75, 100, 125, 150, 175, 200, 225]);
    expect(valueSplits([0, 30], 6)).toEqual([0, 5, 10, 15, 20, 25, 30]);
    expect(valueSplits([0, 54], 6)).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it("are written without what binary fractions leave behind them", () => {
    expect(valueSplits([0, 0.7], 7)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(valueSplits([-0.3, 0.3], 6)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  });

  it("do not go on for ever where an axis has no height", () => {
    expect(valueSplits([20, 20], 5)).toEqual([]);
    expect(valueSplits([NaN, NaN], 5)).toEqual([]);
    expect(valueSplits([0, Infinity], 5)).toEqual([]);
  });

  it("are counted from CHARGE on the time axis", () => {
    expect(timeSplits({ fromMs: 55_000, toMs: 200_000 }, 60_000, 4)).toEqual([60_000, 120_000, 180_000]);
  });
});

describe("the reading nearest to the pointer", () => {
  const x = [0, 1000, 2000, 4000];

  it("is the one on either side that is less far, the earlier of two", () => {
    expect([-500, 0, 499, 500, 501, 2999, 3001, 4000, 9000].map((ms) => nearest(x, ms))).toEqual([0, 0, 0, 0, 1, 2, 3, 3, 3]);
  });

  it("is none where there are no readings, and the only one of one", () => {
    expect(nearest([], 5)).toBeNull();
    expect(nearest([7], 5)).toBe(0);
  });
});

describe("a span that is magnified", () => {
  it("keeps the moment under the pointer where it is", () => {
    expect(magnify({ fromMs: 100_000, toMs: 200_000 }, 0.5, 0.25)).toEqual({ fromMs: 112_500, toMs: 162_500 });
    expect(magnify({ fromMs: 100_000, toMs: 200_000 }, 2, 0)).toEqual({ fromMs: 100_000, toMs: 300_000 });
  });

  it("is never shorter than five seconds nor longer than six hours", () => {
    const short = magnify({ fromMs: 0, toMs: 6_000 }, 0.1, 0.5);
    expect(short.toMs - short.fromMs).toBe(5_000);
    const long = magnify({ fromMs: 0, toMs: 20_000_000 }, 9, 0.5);
    expect(long.toMs - long.fromMs).toBe(6 * 3_600_000);
  });
});
