import { describe, expect, it } from "vitest";
import { moved, ordered } from "../src/model/order";

const items = ["a", "b", "c", "d"].map((id) => ({ id }));
const ids = (order: string[]) => ordered(items, order).map(({ id }) => id);

describe("the order of the wall", () => {
  it("is the house's where nobody chose", () => {
    expect(ids([])).toEqual(["a", "b", "c", "d"]);
  });

  it("is the person's, with machines that came later behind the rest", () => {
    expect(ids(["c", "a"])).toEqual(["c", "a", "b", "d"]);
  });

  it("does not stumble over machines that are gone", () => {
    expect(ids(["gone", "d", "gone-too"])).toEqual(["d", "a", "b", "c"]);
  });

  it("moves one by one place and stops at the ends", () => {
    expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b", "c"], "a", -1)).toEqual(["a", "b", "c"]);
    expect(moved(["a", "b", "c"], "c", 1)).toEqual(["a", "b", "c"]);
    expect(moved(["a", "b", "c"], "x", 1)).toEqual(["a", "b", "c"]);
  });
});
