import { describe, expect, it } from "vitest";
import { backoffMs } from "../src/link/backoff";

describe("the delay before an attempt", () => {
  it("doubles from one second and stops at thirty", () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 40, 4000].map((attempt) => backoffMs(attempt, () => 0));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000]);
  });

  it("is lengthened by up to thirty per cent and never shortened", () => {
    expect(backoffMs(2, () => 1)).toBeCloseTo(5200);
    for (let i = 0; i < 200; i += 1) {
      const delay = backoffMs(3);
      expect(delay).toBeGreaterThanOrEqual(8000);
      expect(delay).toBeLessThanOrEqual(10400);
    }
  });
});
