import { describe, expect, it } from "vitest";
import { actionOf, BINDABLE, bindingsOf, DEFAULT_KEYS, keyName, keyOf, rebound, type Focus, type Press } from "../src/model/keymap";
import { MARKABLE } from "../src/model/marks";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key, code: /^[1-9]$/.test(key) ? `Digit${key}` : key === " " ? "Space" : `Key${key.toUpperCase()}`,
  shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more,
});
const on = (key: string, more?: Partial<Press>, focus: Focus = "page", enabled = true) => actionOf(press(key, more), focus, enabled);

describe("keys", () => {
  it("1 to 8 set the eight events in the order of a roast", () => {
    expect(MARKABLE.map((_, i) => on(String(i + 1)))).toEqual(MARKABLE.map((event) => ({ do: "mark", event })));
    expect(on("9")).toBeNull();
    expect(on("3", { code: "Numpad3" })).toEqual({ do: "mark", event: "FCs" });
  });

  it("Space sets the next event, but belongs to a button or slider that has the focus", () => {
    expect(on(" ")).toEqual({ do: "mark_next" });
    for (const focus of ["button", "slider", "text", "dialog"] as const) expect(on(" ", {}, focus)).toBeNull();
  });

  it("R records and Shift+R ends", () => {
    expect(on("r")).toEqual({ do: "record" });
    expect(on("R", { shiftKey: true })).toEqual({ do: "stop_recording" });
    expect(on("R"), "caps lock is not Shift").toEqual({ do: "record" });
  });

  it("stay out of text fields, dialogs, key repeat and the browser's own shortcuts", () => {
    for (const key of ["1", "u", "r", "f", "?", "["]) {
      expect(on(key, {}, "text")).toBeNull();
      expect(on(key, {}, "dialog")).toBeNull();
      expect(on(key, { repeat: true })).toBeNull();
      expect(on(key, { ctrlKey: true })).toBeNull();
      expect(on(key, { metaKey: true })).toBeNull();
    }
  });

  it("can be switched off, except for STOP", () => {
    expect(on("1", {}, "page", false)).toBeNull();
    const stop = { code: "KeyH", ctrlKey: true, shiftKey: true };
    for (const focus of ["page", "text", "dialog", "button", "slider"] as const) {
      expect(on("H", stop, focus, false)).toEqual({ do: "stop" });
      expect(on("H", { ...stop, repeat: true }, focus)).toEqual({ do: "stop" });
    }
    expect(on("h", { code: "KeyH", ctrlKey: true })).toBeNull();
  });

  it("Alt+1 to 8 change the machine and mark nothing", () => {
    expect(on("2", { altKey: true })).toEqual({ do: "machine", index: 1 });
    expect(on("u", { altKey: true })).toBeNull();
    expect(on("1", { shiftKey: true, key: "!" })).toBeNull();
  });

  it("the rest of them", () => {
    expect(["u", "a", "m", "e", "t", "b", "f", "l", "[", "]"].map((key) => on(key)?.do)).toEqual(["undo", "ack", "silence", "entry", "timer", "overlay", "fit", "live", "zoom_in", "zoom_out"]);
    expect(on("?", { shiftKey: true })?.do).toBe("help");
    expect(on("x")).toBeNull();
  });
});

describe("keys given others", () => {
  const given = (name: (typeof BINDABLE)[number], key: string, more?: Partial<Press>, from = DEFAULT_KEYS) => rebound(from, name, press(key, more));

  it("no two actions are delivered on one key", () => {
    expect(new Set(Object.values(DEFAULT_KEYS)).size).toBe(BINDABLE.length);
  });

  it("the new key does it and the old one nothing", () => {
    const result = given("FCs", "q");
    if ("refused" in result) throw new Error(result.refused);
    const { bindings } = result;
    expect(actionOf(press("q"), "page", true, bindings)).toEqual({ do: "mark", event: "FCs" });
    expect(actionOf(press("3"), "page", true, bindings)).toBeNull();
    expect(bindingsOf(JSON.parse(JSON.stringify({ FCs: bindings.FCs })))).toEqual(bindings);
  });

  it("a key that is taken is refused and named", () => {
    expect(given("undo", "r")).toEqual({ refused: "R is taken: Start monitoring, then recording." });
    expect(given("undo", "u"), "its own key is not taken").toHaveProperty("bindings");
  });

  it("keys that move the focus, and combinations, are no single keys", () => {
    for (const key of ["Enter", "Tab", "ArrowUp", "Escape", "F5", "Home"]) expect(keyOf(press(key, { code: key }))).toBeNull();
    expect(given("undo", "q", { ctrlKey: true })).toHaveProperty("refused");
    expect(keyOf(press("Q", { shiftKey: true }))).toBe("shift+q");
  });

  it("what was kept and makes no sense leaves the delivered keys", () => {
    for (const kept of [null, 7, "x", [], { undo: 5 }, { undo: "" }, { nothing: "q" }, { undo: "r" }, { undo: "far too long" }]) expect(bindingsOf(kept)).toEqual(DEFAULT_KEYS);
  });

  it("are written as people say them", () => {
    expect([" ", "u", "shift+r", "["].map(keyName)).toEqual(["Space", "U", "Shift+R", "["]);
  });
});
