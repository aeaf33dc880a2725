import { expect, test } from "vitest";
import { channelLines } from "../src/model/channels";

const WORDS = [{ id: "hlt", label: "Hot liquor", unit: "celsius" }, { id: "flow", unit: "l/min" }];
const HEATER = { id: "heater", label: "Heater", isToggle: false, min: 0, max: 50, unit: "percent", value: 0.5 };

test("temperatures are shown in the shown unit, everything else in its own", () => {
  expect(channelLines({ hlt: 100, flow: 1.25, odd_one: 3 }, [], WORDS, "F")).toEqual([
    { id: "hlt", label: "Hot liquor", text: "212.0", sign: "°F" },
    { id: "flow", label: "Flow", text: "1.3", sign: "l/min" },
    { id: "odd_one", label: "Odd one", text: "3.0", sign: "" },
  ]);
});

test("a control is shown in its own range, a toggle in words", () => {
  const pump = { ...HEATER, id: "pump", label: "Pump", isToggle: true, unit: "", value: 1 };
  const texts = channelLines({}, [HEATER, pump, { ...pump, value: 0 }], [], "C").map((line) => line.text + line.sign);
  expect(texts).toEqual(["25.0%", "on", "off"]);
});

test("what is missing is never a zero", () => {
  const pump = { ...HEATER, isToggle: true, value: null };
  const texts = channelLines({ hlt: null }, [{ ...HEATER, value: null }, pump], WORDS, "C").map((line) => line.text);
  expect(texts).toEqual(["––", "––", "––"]);
});
