import { describe, expect, it } from "vitest";
import { Annunciator, TUNES } from "../src/model/annunciate";

const critical = { key: "p12/high_bt/5", severity: "critical" as const };
const warning = { key: "p12/drift/6", severity: "warning" as const };

describe("alarm sounds", () => {
  it("a critical alarm sounds at once and every five seconds until it is acknowledged", () => {
    const bell = new Annunciator();
    const told = [0, 1000, 4900, 5000, 9000, 10_000].map((now) => bell.due(now, [critical]));
    expect(told).toEqual(["critical", null, null, "critical", null, "critical"]);
    expect(bell.due(15_000, [])).toBeNull();
  });

  it("another critical alarm does not wait for the round of the first", () => {
    const bell = new Annunciator();
    bell.due(0, [critical]);
    expect(bell.due(1000, [critical, { ...critical, key: "s15/high_bt/7" }])).toBe("critical");
  });

  it("a warning sounds once, and again only when it comes again", () => {
    const bell = new Annunciator();
    expect([0, 1000, 60_000].map((now) => bell.due(now, [warning]))).toEqual(["warning", null, null]);
    expect(bell.due(61_000, [])).toBeNull();
    expect(bell.due(62_000, [{ ...warning, key: "p12/drift/9" }])).toBe("warning");
  });

  it("a note makes no sound", () => {
    expect(new Annunciator().due(0, [{ key: "x", severity: "info" }])).toBeNull();
  });

  it("are three beeps of 880 Hz, two of 660 and one soft one of 440", () => {
    expect(TUNES.critical.map(({ hz }) => hz)).toEqual([880, 880, 880]);
    expect(TUNES.warning.map(({ hz }) => hz)).toEqual([660, 660]);
    expect(TUNES.event.map(({ hz }) => hz)).toEqual([440]);
    expect(TUNES.event[0]?.loudness).toBeLessThan(TUNES.warning[0]?.loudness ?? 0);
  });

  it("no beep of a tune begins before the one before it ended", () => {
    for (const beeps of Object.values(TUNES)) beeps.slice(1).forEach((beep, i) => expect(beep.atMs).toBeGreaterThan((beeps[i]?.atMs ?? 0) + (beeps[i]?.forMs ?? 0)));
  });
});
