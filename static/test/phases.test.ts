import { describe, expect, it } from "vitest";
import { nextExpected } from "../src/model/marks";
import { developmentRatio, phases } from "../src/model/phases";
import type { EventType, RoastEvent } from "../src/wire/types";

const marks = (times: Partial<Record<EventType, number>>) =>
  new Map(Object.entries(times).map(([event_type, timestamp_ms]) => [event_type, { event_type, timestamp_ms } as RoastEvent])) as Map<EventType, RoastEvent>;

describe("the phases of a roast", () => {
  it("are none before CHARGE", () => {
    expect(phases(marks({}), 60_000)).toEqual([]);
    expect(phases(marks({ FCs: 1000 }), 60_000)).toEqual([]);
  });

  it("follow one another and make up the whole", () => {
    const found = phases(marks({ CHARGE: 30_000, DRY_END: 300_000, FCs: 540_000, DROP: 630_000 }), 999_000);
    expect(found.map((phase) => [phase.name, phase.toMs - phase.fromMs, phase.running])).toEqual([
      ["drying", 270_000, false], ["maillard", 240_000, false], ["development", 90_000, false],
    ]);
    expect(found.reduce((sum, phase) => sum + phase.sharePct, 0)).toBeCloseTo(100);
  });

  it("go on until now while the roast runs", () => {
    const found = phases(marks({ CHARGE: 0, DRY_END: 200_000 }), 300_000);
    expect(found.at(-1)).toMatchObject({ name: "maillard", running: true, toMs: 300_000 });
  });

  it("do not invent an end of drying that nobody marked", () => {
    expect(phases(marks({ CHARGE: 0, FCs: 400_000 }), 500_000).map((phase) => phase.name)).toEqual(["drying", "development"]);
  });

  it("never run backwards when marks are out of order", () => {
    for (const phase of phases(marks({ CHARGE: 100_000, DRY_END: 50_000, FCs: 40_000 }), 200_000)) expect(phase.toMs).toBeGreaterThanOrEqual(phase.fromMs);
    expect(phases(marks({ CHARGE: 100_000 }), 50_000)[0]).toMatchObject({ fromMs: 100_000, toMs: 100_000, sharePct: 0 });
  });

  it("give the development ratio only after first crack", () => {
    expect(developmentRatio(marks({ CHARGE: 0, DRY_END: 1 }), 100_000)).toBeNull();
    expect(developmentRatio(marks({ CHARGE: 0, FCs: 80_000, DROP: 100_000 }), 999_000)).toBeCloseTo(20);
  });
});

describe("the event that is due next", () => {
  it("follows the order that everybody presses", () => {
    const order: (EventType | null)[] = [];
    const set: Partial<Record<EventType, number>> = {};
    for (let next = nextExpected(marks(set)); ; next = nextExpected(marks(set))) {
      order.push(next);
      if (next === null) break;
      set[next] = order.length;
    }
    expect(order).toEqual(["CHARGE", "DRY_END", "FCs", "DROP", "COOL", null]);
  });

  it("is DROP once any crack was marked, and never goes back to what was skipped", () => {
    expect(nextExpected(marks({ CHARGE: 0, FCe: 9 }))).toBe("DROP");
    expect(nextExpected(marks({ CHARGE: 0, FCs: 9 }))).toBe("DROP");
    expect(nextExpected(marks({ DROP: 9 }))).toBe("COOL");
  });
});
