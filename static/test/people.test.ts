import { describe, expect, it } from "vitest";
import { changeWords, deedWords, machinesWords, isAdminOfAll, maySteer, valueWords } from "../src/model/people";
import type { DeedView, Me, MeUser, UserRole } from "../src/wire/types";

const user = (role: UserRole, machines: string[] | null = null, email: string | null = "otto@roastery.example"): MeUser => ({ email, name: "Otto", role, machines });
const me = (who: MeUser | null): Me => ({ access: who === null ? "none" : "user", user: who, setup_needed: false, login_possible: true });
const nameOf = (id: string) => id.toUpperCase();
const deed = (part: Partial<DeedView>): DeedView => ({
  id: 1, at: null, who: "anna", role: null, address: null, machine: null, action: "control", request: null, old: null, new: null, result: "done", times: null, lost: null, ...part,
});

describe("who may do what", () => {
  it("changes machines and lets others in only as an admin of all machines", () => {
    expect(isAdminOfAll(user("admin"))).toBe(true);
    for (const who of [user("admin", ["a"]), user("operator"), user("viewer"), user("controller"), null, undefined]) expect(isAdminOfAll(who)).toBe(false);
  });

  it("steers as an operator or admin of the machine; until that is known the daemon refuses, not the page", () => {
    expect([undefined, null, user("operator"), user("admin"), user("operator", ["a"])].every((who) => maySteer(who, "a"))).toBe(true);
    for (const who of [user("operator", ["b"]), user("operator", []), user("viewer"), user("controller", ["a"])]) expect(maySteer(who, "a")).toBe(false);
  });

  it("is told to whoever has other rights than before, and to nobody else", () => {
    expect(changeWords(me(user("admin")), me(user("operator", ["a", "b"])), nameOf)).toBe("An admin changed what you may do. You are an operator of A, B now.");
    expect(changeWords(me(user("operator", ["a"])), me(user("operator")), nameOf)).toContain("an operator of all machines");
    expect(changeWords(me(user("admin")), me(user("viewer", [])), nameOf)).toContain("a viewer of no machine");
    const untold: [Me | null, Me][] = [
      [null, me(user("admin"))], [me(null), me(user("admin"))], [me(user("admin")), me(null)],
      [me(user("admin")), me(user("admin"))], [me(user("admin", null, "anna@roastery.example")), me(user("viewer"))],
    ];
    for (const [before, now] of untold) expect(changeWords(before, now, nameOf)).toBeNull();
  });

  it("names machines, also one that is gone", () => {
    expect(machinesWords(null, nameOf)).toBe("all machines");
    expect(machinesWords([], nameOf)).toBe("no machine");
    expect(machinesWords(["a"], (id) => id)).toBe("a");
  });
});

describe("what was done", () => {
  it("is said with what it was before and after", () => {
    expect(deedWords(deed({ old: { burner: 0.4 }, new: { burner: 0.5 } }))).toBe("control: burner 0.4 → burner 0.5");
    expect(deedWords(deed({ action: "manage_users", new: { email: "otto@roastery.example", role: "viewer", machines: null } }))).toBe("manage users: email otto@roastery.example, role viewer");
    expect(deedWords(deed({ action: "delete_profile", old: "Guji" }))).toBe("delete profile: was Guji");
    expect(deedWords(deed({ action: "stop" }))).toBe("stop");
  });

  it("is said of any value that a daemon may send", () => {
    expect(valueWords({ a: { b: [1, 2] }, c: false, d: null })).toBe("a b 1 2, c false");
    expect([null, undefined, 0, ""].map(valueWords)).toEqual(["", "", "0", ""]);
  });
});
