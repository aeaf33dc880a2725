import { describe, expect, it } from "vitest";
import { emptyStep, KINDS, moved, placeFaults, seconds, stepWords, timeText, toDocument, toForm, type StepChannel } from "../src/model/programForm";
import type { ProgramView } from "../src/wire/types";

const CHANNELS: StepChannel[] = [
  { id: "pump", label: "Pump", sign: "", min: 0, max: 1, isToggle: true, isControl: true },
  { id: "heater", label: "Heater", sign: "%", min: 0, max: 100, isToggle: false, isControl: true },
  { id: "hlt", label: "Hot liquor", sign: "°C", min: -Infinity, max: Infinity, isToggle: false, isControl: false },
];
const MASH: ProgramView = {
  id: "mash", name: "Mash day", machine_id: "kettle",
  steps: [
    { type: "set", values: { pump: true, heater: 12.5 } },
    { type: "ramp", channel: "heater", to: 80, over_s: 90 },
    { type: "wait", channel: "hlt", at_least: 66, timeout_s: 7200, on_timeout: "next" },
    { type: "wait", channel: "hlt", below: 20 },
    { type: "ask", message: "Add the malt" },
    { type: "hold", for_s: 3600 },
  ],
};

describe("a program as a form", () => {
  it("comes back as it was", () => {
    const { id, ...document } = MASH;
    expect(id).toBe("mash");
    expect(toDocument(toForm(MASH, CHANNELS), "kettle")).toEqual(document);
  });

  it("reads a switch that was written as a number", () => {
    const form = toForm({ ...MASH, steps: [{ type: "set", values: { pump: 0 } }] }, CHANNELS);
    expect(form.steps[0]?.values).toEqual([["pump", "off"]]);
  });

  it("begins each kind of step with channels that it can use", () => {
    expect(KINDS.map(([kind]) => emptyStep(0, kind, CHANNELS).channel)).toEqual(["heater", "heater", "heater", "hlt", "heater"]);
    expect(emptyStep(0, "wait", []).channel, "a machine without channels").toBe("");
  });

  it("sends what is no number as it was typed, so that the daemon can say what is wrong", () => {
    const step = { ...emptyStep(0, "ramp", CHANNELS), to: "hot", time: "1:xx" };
    expect(toDocument({ name: " x ", steps: [step] }, "kettle")).toEqual({ name: "x", machine_id: "kettle", steps: [{ type: "ramp", channel: "heater", to: "hot", over_s: "1:xx" }] });
  });

  it("is told a step in a line", () => {
    expect(MASH.steps.map((step) => stepWords(step, CHANNELS))).toEqual([
      "Pump on, Heater 12.5 %", "Heater to 80 % over 90 s", "until Hot liquor is at least 66 °C", "until Hot liquor is below 20 °C", "ask: Add the malt", "hold 1:00:00",
    ]);
  });
});

describe("a time", () => {
  it("is typed in seconds or with colons", () => {
    expect(["90", "5:00", "1:00:00", "0:30,5", ""].map(seconds)).toEqual([90, 300, 3600, 30.5, ""]);
    for (const text of ["1:2:3:4", "-1:00", "a:b", ":"]) expect(seconds(text), text).toBe(text);
  });

  it("comes back as it was typed", () => {
    for (const total of [0, 0.5, 59, 119, 120, 125, 3600, 604_800]) expect(seconds(timeText(total)), timeText(total)).toBe(total);
  });
});

describe("the daemon's faults", () => {
  const place = (...pointers: string[]) => placeFaults(pointers.map((pointer) => ({ pointer, detail: "is wrong" })), [7, 3]);

  it("stand at the row and the field that they name", () => {
    expect(place("/steps/0/values/a~1b", "/steps/1/over_s", "/steps/1/at_least", "/steps/1").rows).toEqual({ 7: { "values/a/b": "is wrong" }, 3: { time: "is wrong", limit: "is wrong", "": "is wrong" } });
  });

  it("stand there also when they come from the start", () => {
    expect(place("/kwargs/steps/1/channel").rows).toEqual({ 3: { channel: "is wrong" } });
  });

  it("are never lost: what has no row is told for the whole", () => {
    expect(place("/name", "/steps", "/steps/9/to", "/machine_id", "")).toEqual({
      name: "is wrong", rows: {}, form: ["The program is wrong", "/steps/9/to is wrong", "/machine_id is wrong", "The program is wrong"],
    });
  });

  it("are told together where a field has two", () => {
    expect(placeFaults([{ pointer: "/steps/0/above", detail: "one" }, { pointer: "/steps/0/below", detail: "two" }], [1]).rows).toEqual({ 1: { limit: "one; two" } });
  });
});

it("a step moves by one place and not beyond the ends", () => {
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b", "c"], 0, -1)).toEqual(["a", "b", "c"]);
  expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "b", "c"]);
});
