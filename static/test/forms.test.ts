import { describe, expect, it } from "vitest";
import { checkSave, toSaveBody, weightLossPct, type SaveForm } from "../src/model/saveForm";
import { freeDemoId } from "../src/screens/wall/AddSimulator";
import type { RoastEvent } from "../src/wire/types";

const SAVE: SaveForm = { name: " Guji ", bean: "", notes: "", green: "12000", roasted: "10260,5", dropped: [] };

describe("the first simulator", () => {
  it("gets an id that is free", () => {
    expect([freeDemoId([]), freeDemoId(["demo"]), freeDemoId(["demo", "demo-2"])]).toEqual(["demo", "demo-2", "demo-3"]);
  });
});

describe("the sheet after a roast", () => {
  const events = [{ event_type: "CHARGE", timestamp_ms: 1 }, { event_type: "FCs", timestamp_ms: 2 }] as RoastEvent[];

  it("sends only what was typed, and events only if some were taken away", () => {
    expect(toSaveBody("p12", SAVE, events)).toEqual({ machine_id: "p12", name: "Guji", green_weight_g: 12_000, roasted_weight_g: 10_260.5 });
    expect(toSaveBody("p12", { ...SAVE, dropped: ["FCs"] }, events).events).toEqual([{ event_type: "CHARGE", timestamp_ms: 1 }]);
  });

  it("sees weights that cannot be", () => {
    expect(checkSave(SAVE)).toEqual({});
    expect(Object.keys(checkSave({ ...SAVE, green: "-1", roasted: "x" }))).toEqual(["green", "roasted"]);
    expect(Object.keys(checkSave({ ...SAVE, green: "100", roasted: "101" }))).toEqual(["roasted"]);
  });

  it("tells the loss while both weights are there", () => {
    expect(weightLossPct(SAVE)).toBeCloseTo(14.5, 1);
    expect(weightLossPct({ ...SAVE, roasted: "" })).toBeNull();
  });
});
