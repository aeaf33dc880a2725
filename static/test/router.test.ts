import { describe, expect, it } from "vitest";
import { COMPARED_MAX, link, parseRoute } from "../src/ui/router";

describe("addresses", () => {
  it("of a comparison hold its roasts in order, each once and no more than can be told apart", () => {
    expect(parseRoute(link.compare(["b", "a"]))).toEqual({ at: "compare", ids: ["b", "a"] });
    expect(parseRoute("#/compare?ids=a,,a,b")).toEqual({ at: "compare", ids: ["a", "b"] });
    expect(parseRoute("#/compare")).toEqual({ at: "compare", ids: [] });
    const many = parseRoute("#/compare?ids=1,2,3,4,5,6,7");
    expect(many.at === "compare" && many.ids.length).toBe(COMPARED_MAX);
  });

  it("of a paper hold what it is measured by", () => {
    expect(parseRoute(link.print("a"))).toEqual({ at: "print", id: "a", against: null });
    expect(parseRoute(link.print("a/b", "c d"))).toEqual({ at: "print", id: "a/b", against: "c d" });
  });

  it("of what admins look after name its part, and nothing else", () => {
    expect(parseRoute(link.admin())).toEqual({ at: "admin", part: "daemon" });
    expect(parseRoute(link.admin("audit"))).toEqual({ at: "admin", part: "audit" });
    expect(parseRoute("#/admin/passwords")).toMatchObject({ at: "unknown" });
  });

  it("of the link for the first admin hold its secret", () => {
    expect(parseRoute("#/setup?token=5f0c")).toEqual({ at: "first", token: "5f0c" });
    expect(parseRoute("#/setup")).toEqual({ at: "first", token: "" });
    expect(parseRoute("#/setup/more")).toMatchObject({ at: "unknown" });
  });

  it("that name nothing are told, also where they cannot be decoded", () => {
    expect(parseRoute("#/print")).toEqual({ at: "unknown", hash: "#/print" });
    expect(parseRoute("#/profiles/%E0%A4%A")).toEqual({ at: "profile", id: "%E0%A4%A" });
  });
});
