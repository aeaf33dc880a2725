import { describe, expect, it } from "vitest";
import { channelSpan } from "../src/chart/channelChart";
import { byGroup, firstShown, fractionOf, linesOf, rangeOf, scalesOf, signOf, toggleLine } from "../src/model/lines";

const WORDS = [
  { id: "hlt", label: "Hot liquor", unit: "celsius", group: "sensors" }, { id: "level", label: "Level", unit: "l", group: "sensors" },
  { id: "probe", label: "Probe", unit: "fahrenheit" }, { id: "heater", label: "Heater", unit: "percent" }, { id: "speed", unit: "rpm" },
];
const lines = linesOf(["level", "hlt", "speed", "probe", "strange_one", "heater"], ["heater"], WORDS);

describe("the lines of a machine", () => {
  it("are its sensors in configured order, then what the configuration does not know; no control is one", () => {
    expect(lines.map((line) => line.id)).toEqual(["hlt", "level", "probe", "speed", "strange_one"]);
    expect(lines.at(-1)?.label).toBe("Strange one");
  });

  it("share a scale where they share a unit, and all temperatures do", () => {
    expect(scalesOf(lines, ["hlt", "probe", "level"])).toEqual(["temperature", "l"]);
    expect(lines.slice(0, 3).map((line) => signOf(line, "F"))).toEqual(["°F", "l", "°F"]);
  });

  it("are shown at first as far as two scales go", () => {
    expect(firstShown(lines)).toEqual(["hlt", "level", "probe"]);
  });

  it("come and go by a press, and a third scale sends away the one that was shown longest ago", () => {
    expect(toggleLine(lines, ["hlt", "level"], "level")).toEqual(["hlt"]);
    expect(toggleLine(lines, ["hlt"], "probe")).toEqual(["hlt", "probe"]);
    expect(toggleLine(lines, ["hlt", "probe", "level"], "speed")).toEqual(["level", "speed"]);
    expect(toggleLine(lines, ["level", "hlt"], "speed")).toEqual(["hlt", "speed"]);
  });
});

describe("a scale", () => {
  it("holds every value, and is never without height", () => {
    for (const [low, high] of [[0, 0], [20, 20], [-5, 5], [39.9, 40.2], [0, 100_000]] as const) {
      const [min, max] = rangeOf(low, high);
      expect(min, `${low}`).toBeLessThanOrEqual(low);
      expect(max, `${high}`).toBeGreaterThanOrEqual(high);
      expect(max).toBeGreaterThan(min);
    }
    expect(rangeOf(Infinity, -Infinity)).toEqual([0, 1]);
  });

  it("does not go below zero for what never did", () => {
    expect(rangeOf(0.1, 30)[0]).toBe(0);
    expect(rangeOf(-0.1, 30)[0]).toBeLessThan(0);
  });
});

describe("a typed value", () => {
  it("is a share of the control's range", () => {
    expect(fractionOf({ min: -90, max: 90 }, " −45,0 ")).toBe(0.25);
    expect(fractionOf({ min: 0, max: 100 }, "66")).toBe(0.66);
  });

  it("is nothing where it is no number or lies outside", () => {
    for (const text of ["", " ", "abc", "101", "-1", "NaN", "1e999"]) expect(fractionOf({ min: 0, max: 100 }, text), text).toBeNull();
  });
});

it("groups come in the order of their first member", () => {
  expect(byGroup(["a1", "b1", "a2"], (item) => item[0] ?? "")).toEqual([["a", ["a1", "a2"]], ["b", ["b1"]]]);
});

it("a window shows what there is until there is more than it holds", () => {
  const zoom = { kind: "last", ms: 300_000 } as const;
  expect(channelSpan(zoom, { firstMs: 0, nowMs: 1_000_000 }).fromMs).toBe(700_000);
  expect(channelSpan(zoom, { firstMs: 0, nowMs: 120_000 }).fromMs).toBe(0);
  expect(channelSpan(zoom, { firstMs: 0, nowMs: 10_000 }).fromMs, "a minute at least").toBe(-50_000);
  expect(channelSpan({ kind: "all" }, { firstMs: 0, nowMs: 1_000_000 }).fromMs).toBe(0);
});
