import { describe, expect, it } from "vitest";
import { faultsOfScan, scanArguments } from "../src/model/registerScan";
import { elapsedOf, FOLDED_AFTER_MS, question, shareOf, sorted, taskBrief, taskName } from "../src/model/taskWords";
import type { TaskView } from "../src/wire/types";

const task = (part: Partial<TaskView>): TaskView => ({
  id: "t", name: "program", task_type: "program", is_exclusive: false, is_blocking: false, status: "running", progress: { current: 0, total: 0, message: "" },
  result: null, error: null, created_at: null, started_at: null, completed_at: null, machine_id: null, project: null, run_args: [], run_kwargs: {}, ...part,
});
const NOW = Date.parse("2026-01-01T12:00:00Z");
const ago = (ms: number) => new Date(NOW - ms).toISOString();

describe("a task", () => {
  it("has a name in plain words", () => {
    expect(taskName(task({ run_kwargs: { name: "Mash day" } }))).toBe("Program “Mash day”");
    expect(taskName(task({ name: "backup" }))).toBe("Backup");
    expect(taskName(task({ name: "generator_task" }))).toBe("Generator task");
  });

  it("has a share only where somebody knows how much there is", () => {
    expect(shareOf({ current: 3, total: 0 })).toBeNull();
    expect(shareOf({ current: 3, total: 12 })).toBe(0.25);
    expect(shareOf({ current: 13, total: 12 })).toBe(1);
  });

  it("asks where its step does, and not where a person paused it", () => {
    const steps = [{ type: "hold", for_s: 1 }, { type: "ask", message: "Add the malt" }];
    const asking = task({ status: "paused", run_kwargs: { steps }, progress: { current: 1, total: 2, message: "Add the malt" } });
    expect(question(asking)).toBe("Add the malt");
    expect(question({ ...asking, status: "running" })).toBeNull();
    expect(question({ ...asking, progress: { current: 0, total: 2, message: "step 1 of 2: hold for 1 s" } })).toBeNull();
    expect(question({ ...asking, progress: { current: 1, total: 2, message: "the link is lost" } })).toBeNull();
  });

  it("counts from its begin to now, or to its end", () => {
    expect(elapsedOf(task({}), NOW)).toBeNull();
    expect(elapsedOf(task({ started_at: ago(5_000) }), NOW)).toBe(5_000);
    expect(elapsedOf(task({ started_at: ago(5_000), completed_at: ago(2_000) }), NOW)).toBe(3_000);
    expect(elapsedOf(task({ started_at: ago(-5_000) }), NOW), "a clock that is behind").toBe(0);
  });
});

it("finished tasks come newest first and fold away after an hour; open ones never do", () => {
  const done = (id: string, ms: number) => task({ id, status: "completed", created_at: ago(ms), completed_at: ago(ms) });
  const { open, recent, folded } = sorted([done("old", FOLDED_AFTER_MS + 1), task({ id: "long", created_at: ago(1e9) }), done("a", 2_000), done("b", 1_000)], NOW);
  expect([open, recent, folded].map((group) => group.map((each) => each.id))).toEqual([["long"], ["b", "a"], ["old"]]);
});

describe("a register scan", () => {
  it("asks as the job wants it", () => {
    expect(scanArguments({ host: " box ", port: "502", unit: "1", table: "coil", from: "0", to: "x" })).toEqual({ driver: { type: "modbus_tcp", host: "box", port: 502, unit_id: 1 }, table: "coil", from: 0, to: "x" });
  });

  it("shows each fault at its field and loses none", () => {
    const found = faultsOfScan([{ pointer: "/kwargs/driver/host", detail: "is empty" }, { pointer: "/kwargs/to", detail: "is text" }, { pointer: "/kwargs/driver", detail: "is missing" }]);
    expect(found).toEqual({ host: "is empty", to: "is text", form: "/kwargs/driver is missing" });
  });
});

describe("a task in two words", () => {
  const done = (current: number, total: number, message = "") => ({ progress: { current, total, message } });

  it("tells how far it is, or that nobody knows", () => {
    expect(taskBrief(task({ name: "scan", ...done(3, 10) }))).toBe("Scan 3/10");
    expect(taskBrief(task({ name: "backup" }))).toBe("Backup runs");
    expect(taskBrief(task({ name: "odd_job", status: "pending" }))).toBe("Odd job waits its turn");
  });

  it("tells of a program which step it is at, and never one that there is not", () => {
    expect(taskBrief(task(done(0, 2)))).toBe("Program 1/2");
    expect(taskBrief(task(done(2, 2)))).toBe("Program 2/2");
  });

  it("says whether a pause waits for a word of yours", () => {
    expect(taskBrief(task({ name: "scan", status: "paused", ...done(3, 10) }))).toBe("Scan waits");
    const steps = [{ type: "ask", message: "Add the malt" }];
    expect(taskBrief(task({ status: "paused", run_kwargs: { steps }, ...done(0, 1, "Add the malt") }))).toBe("Program asks you");
  });
});
