import { describe, expect, it } from "vitest";
import { linkStatus } from "../src/store/status";

describe("the link in words", () => {
  it("is live with the age of the newest reading while readings are due", () => {
    expect(linkStatus({ kind: "live" }, 0, 300, true)).toMatchObject({ text: "live 0.3 s", icon: "dot" });
  });

  it("is never called live while the machine does not answer, though the socket is", () => {
    for (const ageMs of [null, 300, 200_000]) expect(linkStatus({ kind: "live" }, 0, ageMs, false).text).toBe("no readings");
  });
});
