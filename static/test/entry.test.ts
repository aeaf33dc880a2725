import { describe, expect, it } from "vitest";
import { parseEntry } from "../src/model/entry";

const CONTROLS = [
  { id: "burner", label: "Burner", min: 0, max: 100, type: "slider" },
  { id: "airflow", label: "Air", min: 20, max: 60, type: "slider" },
  { id: "zone1", label: "Zone 1", min: 0, max: 10, type: "slider" },
  { id: "drum", label: "Drum motor", min: 0, max: 1, type: "toggle" },
  { id: "beans", label: "Beans", min: 0, max: 1, type: "toggle" },
  { id: "door", label: "Door", min: 0, max: 1, type: "toggle" },
];
const parse = (typed: string) => parseEntry(typed, CONTROLS);

describe("a typed value", () => {
  it("is understood as short as it can be, and as long", () => {
    for (const typed of ["b75", "b 75", "  Burner 75 ", "BURNER75"]) expect(parse(typed), typed).toEqual({ id: "burner", value: 0.75 });
  });

  it("is in the control's own unit, with a point or a comma", () => {
    expect(parse("air 30")).toEqual({ id: "airflow", value: 0.25 });
    expect(parse("b 12,5")).toEqual({ id: "burner", value: 0.125 });
    expect(parse("b12.5")).toEqual({ id: "burner", value: 0.125 });
  });

  it("reaches a control whose name ends in a digit", () => {
    expect(parse("zone1 5")).toEqual({ id: "zone1", value: 0.5 });
  });

  it("switches", () => {
    expect(parse("drum on")).toEqual({ id: "drum", value: 1 });
    expect(parse("door off")).toEqual({ id: "door", value: 0 });
    expect(parse("b off"), "a word is meant for the switch, a number for the slider").toEqual({ id: "beans", value: 0 });
    expect(parse("door 1")).toEqual({ id: "door", value: 1 });
  });

  it("says what is wrong instead of guessing", () => {
    const faults: [string, RegExp][] = [
      ["", /beginning of a control/], ["75", /beginning of a control/], ["x 5", /No control begins with “x”/], ["d on", /may mean Drum motor or Door/],
      ["b", /may mean Burner or Beans/], ["burner", /Burner: which value/], ["b 101", /from 0 to 100/], ["b -1", /from 0 to 100/], ["air 10", /from 20 to 60/], ["drum 7", /on or off/], ["burner on", /from 0 to 100/],
    ];
    for (const [typed, fault] of faults) expect(parse(typed), typed).toEqual({ fault: expect.stringMatching(fault) as string });
  });
});
