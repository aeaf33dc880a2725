import { describe, expect, it } from "vitest";
import { anchorMs, between, gridOf, onGrid } from "../src/model/align";
import { difference, FIGURES, shown } from "../src/model/figures";
import type { ProfileSummary } from "../src/wire/types";

const roast = (events: [string, number][], statistics: object = {}) =>
  ({ events: events.map(([event_type, timestamp_ms]) => ({ event_type, timestamp_ms, bt_at_event: 196.2 })), statistics: { tp_ms: null, ...statistics } }) as unknown as ProfileSummary;

describe("laying roasts over one another", () => {
  it("finds the event, and a turning point that only the daemon found", () => {
    const found = roast([["CHARGE", 20_000], ["FCs", 500_000]], { tp_ms: 75_000 });
    expect([anchorMs(found, "CHARGE"), anchorMs(found, "TP"), anchorMs(found, "FCs")]).toEqual([20_000, 95_000, 500_000]);
    expect(anchorMs(roast([["CHARGE", 0], ["TP", 80_000]], { tp_ms: 75_000 }), "TP")).toBe(80_000);
  });

  it("a roast without the event has no place", () => {
    expect([anchorMs(roast([["CHARGE", 0]]), "FCs"), anchorMs(roast([["CHARGE", 0]]), "TP"), anchorMs(roast([], { tp_ms: 1 }), "TP")]).toEqual([null, null, null]);
  });

  it("the common grid has a zero, so that what is aligned meets on a point", () => {
    const grid = gridOf(-30_000, 600_000, 1000);
    expect(grid).toContain(0);
    expect(grid.length).toBeLessThanOrEqual(1001);
    expect([grid[0], grid.at(-1)]).toEqual([-30_000, 600_000]);
    expect(gridOf(0, -1, 10)).toEqual([]);
  });

  it("lies on the line between readings and nowhere else", () => {
    const t = [1_000, 2_000, 3_000, 60_000, 61_000];
    const bt = [10, 20, NaN, 40, 50];
    const grid = [-1_000, 0, 500, 1_500, 30_000, 59_500, 61_000];
    expect(onGrid(t, bt, 1_000, grid, 5_000)).toEqual([null, 10, 15, null, null, 45, null]);
    expect(onGrid([], [], 0, [0], 5_000)).toEqual([null]);
  });
});

describe("figures of a roast", () => {
  const of = (name: string) => FIGURES.find((figure) => figure.name === name);

  it("are told with their units, and never as a zero where none is known", () => {
    expect(shown("time", 642_999, "C")).toBe("10:42");
    expect([shown("temp", 196.2, "C"), shown("temp", 100, "F"), shown("rate", 10, "F"), shown("share", 14.14, "C"), shown("area", 312.6, "C"), shown("weight", 12_000, "C")]).toEqual(["196.2 °C", "212.0 °F", "18.0 °F/min", "14.1 %", "313 °C·min", "12.00 kg"]);
    expect([shown("time", null, "C"), shown("share", undefined, "C")]).toEqual(["––", "––"]);
  });

  it("differ as what stands there differs", () => {
    expect([difference("time", 650_100, 642_900, "C"), difference("time", 627_000, 642_000, "C"), difference("time", 642_900, 642_100, "C")]).toEqual(["+0:08", "−0:15", "0:00"]);
    expect([difference("temp", 100, 110, "F"), difference("share", 14.1, 13.1, "C"), difference("area", 300, 312.6, "C")]).toEqual(["−18.0", "+1.0", "−13"]);
    expect([difference("temp", null, 1, "C"), difference("temp", 1, undefined, "C")]).toEqual(["", ""]);
  });

  it("count events from CHARGE, and not at all without it", () => {
    expect(of("First crack")?.of(roast([["CHARGE", 20_000], ["FCs", 549_000]]))).toBe(529_000);
    expect(of("First crack")?.of(roast([["FCs", 549_000]]))).toBeNull();
    expect(of("First crack BT")?.of(roast([["FCs", 549_000]]))).toBe(196.2);
  });
});

describe("what lies between two curves", () => {
  const x = [0, 1, 2, 3, 4];

  it("is filled from reading to reading, whichever is above", () => {
    expect(between(x, [1, 2, 3, 4, 5], [2, 2, 2, 2, 2], { fromMs: 1, toMs: 3 })).toEqual([
      { ms: [1, 2], one: [2, 3], other: [2, 2] }, { ms: [2, 3], one: [3, 4], other: [2, 2] },
    ]);
  });

  it("has a hole where either curve has one", () => {
    expect(between(x, [1, null, 3, 4, 5], [2, 2, 2, null, 2], { fromMs: 0, toMs: 4 })).toEqual([]);
    expect(between(x, [1, null, 3, 4, 5], [2, 2, 2, 2, 2], { fromMs: 0, toMs: 4 }).map(({ ms }) => ms[0])).toEqual([2, 3]);
  });
});
