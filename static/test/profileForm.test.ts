import { describe, expect, it } from "vitest";
import { corrections, isSameMarks, oddities, readTime, withMark, withoutMark } from "../src/model/markEdit";
import type { Marks } from "../src/model/marks";
import { isNarrowed, NO_FILTER, toQuery } from "../src/model/profileFilter";
import { checkProfile, EMPTY_PROFILE, marksIn, placeFaults, splitTags, toForm, toNotes, toSaveBody, weightLossPct, type ProfileForm } from "../src/model/profileForm";
import type { EventType, ProfileSummary, RoastEvent } from "../src/wire/types";

const FORM: ProfileForm = { ...EMPTY_PROFILE, name: " Guji ", green: "12000", roasted: "10260,5" };
const SAVED = { name: "Guji", bean: "Uraga", green_weight_g: 1000, roasted_weight_g: 850, tags: ["washed"], rating: 4, batch: "K12" } as unknown as ProfileSummary;
const mark = (event_type: EventType, timestamp_ms: number): RoastEvent => ({ event_type, timestamp_ms, auto_detected: true, provisional: false, bt_at_event: 100, et_at_event: 120 });
const marks = (...events: RoastEvent[]): Marks => marksIn(events);

describe("the card of a roast", () => {
  it("sends only what was typed, and events only if some were put right", () => {
    const found = marks(mark("CHARGE", 1), mark("FCs", 2));
    expect(toSaveBody("p12", FORM, found, found)).toEqual({ machine_id: "p12", name: "Guji", green_weight_g: 12_000, roasted_weight_g: 10_260.5 });
    expect(toSaveBody("p12", FORM, found, withoutMark(found, "FCs")).events).toEqual([{ event_type: "CHARGE", timestamp_ms: 1 }]);
    expect(toSaveBody("p12", { ...FORM, tags: "a, b", rating: 5 }, found, found)).toMatchObject({ tags: ["a", "b"], rating: 5 });
  });

  it("sends only what changed, and takes away what was emptied", () => {
    const before = toForm(SAVED);
    expect(toNotes(before, before)).toEqual({});
    expect(toNotes({ ...before, bean: "", green: "", rating: 0, tags: " " }, before)).toEqual({ bean: "", green_weight_g: 0, rating: 0, tags: [] });
    expect(toNotes({ ...before, roasted: "840" }, before)).toEqual({ roasted_weight_g: 840 });
  });

  it("reads tags between commas, each once", () => {
    expect(splitTags(" washed,, lot 7 ,washed ")).toEqual(["washed", "lot 7"]);
    expect(splitTags(" , ")).toEqual([]);
  });

  it("sees weights that cannot be", () => {
    expect(checkProfile(FORM)).toEqual({});
    expect(Object.keys(checkProfile({ ...FORM, green: "-1", roasted: "x" }))).toEqual(["green", "roasted"]);
    expect(Object.keys(checkProfile({ ...FORM, green: "100", roasted: "101" }))).toEqual(["roasted"]);
  });

  it("tells the loss while both weights are there", () => {
    expect(weightLossPct(FORM)).toBeCloseTo(14.5, 1);
    expect(weightLossPct({ ...FORM, roasted: "" })).toBeNull();
  });

  it("brings every fault of the daemon to its field", () => {
    const faults = [{ pointer: "/roasted_weight_g", detail: "is too heavy" }, { pointer: "/tags/1", detail: "has a comma" }, { pointer: "/tags/2", detail: "is empty" }, { pointer: "/events/0", detail: "is odd" }];
    expect(placeFaults(faults, "3 faults")).toEqual({ roasted: "is too heavy", tags: "has a comma. is empty", form: "/events/0: is odd" });
    expect(placeFaults([], "The disk is full")).toEqual({ form: "The disk is full" });
  });
});

describe("putting events right", () => {
  it("a mark that moves becomes a person's and the others stay as they are", () => {
    const before = marks(mark("CHARGE", 0), mark("FCs", 500_000));
    const after = withMark(before, "FCs", 480_000.4, { bt: 195, et: 210 });
    expect(after.get("FCs")).toMatchObject({ timestamp_ms: 480_000, auto_detected: false, bt_at_event: 195 });
    expect(after.get("CHARGE")).toBe(before.get("CHARGE"));
    expect([isSameMarks(before, after), isSameMarks(before, withMark(after, "FCs", 500_000, { bt: 1, et: 1 }))]).toEqual([false, true]);
    expect(corrections(withMark(after, "TP", 80_000, { bt: 90, et: 1 })).map((event) => event.event_type)).toEqual(["CHARGE", "TP", "FCs"]);
  });

  it("reads the times that people type and no others", () => {
    expect(["8:49", "0:05", "-0:30", "−1:00", "90", "8:49.5", "120:00"].map(readTime)).toEqual([529_000, 5_000, -30_000, -60_000, 90_000, 529_500, 7_200_000]);
    for (const bad of ["", "8:60", "8:", ":30", "8:4:9", "x", "1e3", "8:5"]) expect(readTime(bad), bad).toBeNull();
  });

  it("says which event stands where no roast has it", () => {
    expect([...oddities(marks(mark("CHARGE", 0), mark("DRY_END", 300_000), mark("FCs", 200_000), mark("DROP", 600_000))).keys()]).toEqual(["FCs"]);
    expect(oddities(marks(mark("CHARGE", 0), mark("DROP", 1)))).toEqual(new Map());
  });
});

describe("the filter of the list", () => {
  it("asks for whole days of this device's calendar", () => {
    const { from, to } = toQuery({ ...NO_FILTER, from: "2026-03-01", to: "2026-03-01" });
    expect(new Date(to).getTime() - new Date(from).getTime()).toBe(24 * 3_600_000);
    expect(new Date(from).getHours()).toBe(0);
  });

  it("leaves out what is not chosen or no date", () => {
    expect(toQuery({ ...NO_FILTER, text: " guji " })).toEqual({ q: "guji", machine_id: "", from: "", to: "" });
    expect(toQuery({ ...NO_FILTER, from: "soon" }).from).toBe("");
    expect([isNarrowed(NO_FILTER), isNarrowed({ ...NO_FILTER, to: "2026-03-01" })]).toEqual([false, true]);
  });
});
