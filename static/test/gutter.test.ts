import { describe, expect, it } from "vitest";
import { gutterPx } from "../src/chart/lanes";

describe("the room left of the plot", () => {
  it("holds a control's whole name where the screen is wide, and leaves a phone its plot", () => {
    // "Beans in the drum" at 12 px takes about 100.
    expect(gutterPx(1000) - 8).toBeGreaterThanOrEqual(100);
    expect(gutterPx(370)).toBeLessThan(60);
  });
});
