import { describe, expect, it } from "vitest";
import { freeDemoId } from "../src/screens/wall/AddSimulator";

describe("the first simulator", () => {
  it("gets an id that is free", () => {
    expect([freeDemoId([]), freeDemoId(["demo"]), freeDemoId(["demo", "demo-2"])]).toEqual(["demo", "demo-2", "demo-3"]);
  });
});
