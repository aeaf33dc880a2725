import { describe, expect, it } from "vitest";
import { isTooOld, linkStatus } from "../src/store/status";

describe("the link in words", () => {
  it("is live with the age of the newest reading while readings are due", () => {
    expect(linkStatus({ kind: "live" }, 0, 300, true)).toMatchObject({ text: "live 0.3 s", icon: "dot" });
  });

  it("is never called live while the machine does not answer, though the socket is", () => {
    for (const ageMs of [null, 300, 200_000]) expect(linkStatus({ kind: "live" }, 0, ageMs, false).text).toBe("no readings");
  });
});

describe("a number's age", () => {
  it("makes a dash of it after ten seconds, not before", () => {
    expect([null, 0, 10_000, 10_001].map(isTooOld)).toEqual([false, false, false, true]);
  });
});
