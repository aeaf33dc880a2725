import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TasksStore } from "../src/store/tasks";

let asked = 0;
let answer: () => Response;
let seen: () => void = () => undefined;
const page = {
  visibilityState: "visible",
  addEventListener: (_: string, listener: () => void) => void (seen = listener),
  removeEventListener: () => void (seen = () => undefined),
};

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  answer = () => Response.json([]);
  page.visibilityState = "visible";
  vi.stubGlobal("document", page);
  vi.stubGlobal("fetch", async () => {
    asked += 1;
    return answer();
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("tasks are fetched again and again while a screen shows them, and not one time more", async () => {
  const store = new TasksStore();
  const [first, second] = [store.hold(), store.hold()];
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked, "two screens ask once").toBe(3);
  first();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toBe(4);
  second();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(4);
});

it("a page that nobody sees asks for nothing, and catches up when it is seen", async () => {
  const store = new TasksStore();
  store.hold();
  await vi.advanceTimersByTimeAsync(1_000);
  page.visibilityState = "hidden";
  seen();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  page.visibilityState = "visible";
  seen();
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(2);
});

it("a list that was had stays when the daemon goes, with the reason", async () => {
  const store = new TasksStore();
  store.hold();
  await vi.advanceTimersByTimeAsync(1);
  answer = () => {
    throw new TypeError("no network");
  };
  await vi.advanceTimersByTimeAsync(2_000);
  expect(store.list.value).toMatchObject({ kind: "ready", items: [] });
  expect(store.list.value).toHaveProperty("error", expect.stringContaining("cannot be reached"));
  answer = () => Response.json([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(store.list.value, "and is asked for again").toHaveProperty("error", null);
});

it("an action that is refused says why at its task until the next one", async () => {
  const store = new TasksStore();
  answer = () => Response.json({ detail: "it is not running", code: "INVALID_STATE_TRANSITION" }, { status: 409 });
  await store.act("t", "pause");
  expect(store.refusals.value.get("t")).toBe("it is not running");
  answer = () => Response.json([]);
  await store.act("t", "pause");
  expect(store.refusals.value.has("t")).toBe(false);
});
