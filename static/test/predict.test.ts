import { describe, expect, it } from "vitest";
import { eta, etaOf, project } from "../src/model/predict";

const curve = (f: (minutes: number) => number, seconds = 120, stepMs = 1000) => {
  const t = Float64Array.from({ length: (seconds * 1000) / stepMs + 1 }, (_, i) => i * stepMs);
  return { t, bt: t.map((ms) => f(ms / 60_000)), length: t.length };
};

describe("the prediction", () => {
  it("finds the line of a straight curve, and both estimates agree", () => {
    const found = eta(curve((m) => 150 + 10 * m), 190);
    expect(found?.inMs).toBeCloseTo(120_000, -1);
    expect(found?.rangeMs).toBeLessThan(1);
  });

  it("takes the bend of a flattening curve for a later moment than the line does", () => {
    const p = project(curve((m) => 150 + 12 * m - 0.6 * m * m));
    expect(p?.rate).toBeCloseTo(12 - 1.2 * 2, 3);
    expect(p?.bend).toBeCloseTo(-0.6, 3);
    const found = p === null ? null : etaOf(p, 186);
    expect(found?.inMs).toBeGreaterThan(((186 - (150 + 24 - 2.4)) / 9.6) * 60_000);
    expect(found?.rangeMs).toBeGreaterThan(0);
  });

  it("says nothing of a curve that hardly rises", () => {
    expect(eta(curve((m) => 180 + 0.4 * m), 190)).toBeNull();
    expect(eta(curve((m) => 180 - 5 * m), 190)).toBeNull();
  });

  it("says nothing of a target that is reached or too far away", () => {
    expect(eta(curve((m) => 195 + 10 * m), 190)).toBeNull();
    expect(eta(curve((m) => 20 + m), 190)).toBeNull();
  });

  it("says nothing before it has half a minute of readings", () => {
    expect(project(curve((m) => 150 + 10 * m, 20))).toBeNull();
    expect(project({ t: [], bt: [], length: 0 })).toBeNull();
  });

  it("says nothing while the moment it points at jumps", () => {
    const before = curve((m) => 150 + 4 * m);
    const bt = before.bt.map((value, i) => (i > 112 ? value + (i - 112) * 1.5 : value));
    expect(eta({ ...before, bt }, 190)).toBeNull();
  });

  it("looks past missing readings", () => {
    const holed = curve((m) => 150 + 10 * m);
    for (let i = 0; i < holed.length; i += 3) holed.bt[i] = NaN;
    // The newest value is a second old, and the time counts from it.
    expect(eta(holed, 190)?.inMs).toBeCloseTo(121_000, -1);
  });

  it("says the same of the same samples", () => {
    const samples = curve((m) => 150 + 9 * m + Math.sin(m * 40) * 0.2);
    expect(eta(samples, 185)).toEqual(eta(samples, 185));
  });
});
