import { describe, expect, it } from "vitest";
import { LaneStore } from "../src/store/lane";

const of = (lanes: LaneStore) => lanes.lanes.get("burner");

describe("the lanes of the controls", () => {
  it("keep changes only, in order of time", () => {
    const lanes = new LaneStore();
    for (const [ms, value] of [[0, 0.5], [1000, 0.5], [3000, 0.8], [2000, 0.7], [2000, 0.6]] as const) lanes.note("burner", ms, value);
    expect(of(lanes)).toEqual([[0, 0.5], [2000, 0.6], [3000, 0.8]]);
  });

  it("go on as negative time when the clock is zeroed for a recording", () => {
    const lanes = new LaneStore();
    lanes.note("burner", 1000, 0.5);
    lanes.note("burner", 5000, 0.8);
    lanes.keepAsPreheat(4000);
    expect(of(lanes)).toEqual([[-3000, 0.5], [0, 0.8]]);
  });

  it("begin a new session with where the controls stand", () => {
    const lanes = new LaneStore();
    lanes.note("burner", 9000, 0.8);
    lanes.restart();
    expect(of(lanes)).toEqual([[0, 0.8]]);
  });
});
