import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ControlsStore } from "../src/store/controls";
import type { Control } from "../src/wire/types";

const burner: Control = { id: "burner", label: "Burner", tag: "m.burner", endpoint_id: 1000, group: "controls", device_type: null, min: 0, max: 100, step: 1, unit: "percent", type: "slider", value: 0.5, enabled: true };
let sent: { channel: string; value: number; id: string; at: number }[];
let isOpen: boolean;
let controls: ControlsStore;

const line = () => {
  const found = controls.line("burner");
  if (found === undefined) throw new Error("the control is gone");
  return found.value;
};
const ack = (value: number, more: Partial<Parameters<ControlsStore["acked"]>[0]> = {}) =>
  controls.acked({ channel: "burner", value, applied: true, message: "", by: "me", request_id: sent.at(-1)?.id, ...more });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  sent = [];
  isOpen = true;
  controls = new ControlsStore((channel, value, id) => {
    if (isOpen) sent.push({ channel, value, id, at: performance.now() });
    return isOpen;
  }, "tab");
  controls.load([burner]);
});
afterEach(() => {
  controls.dispose();
  vi.useRealTimers();
});

describe("a control", () => {
  it("shows a tap that waits for the one before it, so that the next tap counts from there", () => {
    controls.commit("burner", 0.55);
    controls.commit("burner", 0.6);
    expect(line().ask, "while the first is in flight").toEqual({ kind: "editing", value: 0.6 });
    ack(0.55);
    expect(line().ask, "while the spacing lasts").toEqual({ kind: "editing", value: 0.6 });
    controls.commit("burner", 0.65);
    vi.advanceTimersByTime(200);
    expect(sent.map(({ value }) => value)).toEqual([0.55, 0.65]);
    ack(0.65);
    expect(line()).toMatchObject({ applied: 0.65, ask: { kind: "applied", value: 0.65 } });
  });

  it("is sent, then applied, then at rest", () => {
    controls.commit("burner", 0.75);
    expect(line().ask).toEqual({ kind: "sent", value: 0.75 });
    expect(line().applied, "nothing is applied before the machine says so").toBe(0.5);
    ack(0.75);
    expect(line()).toMatchObject({ applied: 0.75, by: "me", ask: { kind: "applied" } });
    vi.advanceTimersByTime(2000);
    expect(line().ask.kind).toBe("idle");
  });

  it("goes back to what is applied when refused, and says why", () => {
    controls.commit("burner", 0.9);
    ack(0.9, { applied: false, message: "Open the air first", by: undefined });
    expect(line()).toMatchObject({ applied: 0.5, ask: { kind: "refused", reason: "Open the air first" } });
    vi.advanceTimersByTime(7000);
    expect(line().ask.kind).toBe("idle");
  });

  it("shows the words of an error that names the order", () => {
    controls.commit("burner", 0.9);
    expect(controls.failed(sent.at(-1)?.id, "tablet-2 controls this machine")).toBe(true);
    expect(line().ask).toMatchObject({ kind: "refused", reason: "tablet-2 controls this machine" });
    expect(controls.failed(undefined, "other")).toBe(false);
    expect(controls.failed("other-1", "other")).toBe(false);
  });

  it("is unknown when nobody answers for two seconds, and a late answer still counts", () => {
    controls.commit("burner", 0.9);
    vi.advanceTimersByTime(1999);
    expect(line().ask.kind).toBe("sent");
    vi.advanceTimersByTime(1);
    expect(line().ask).toEqual({ kind: "unknown", value: 0.9 });
    ack(0.9);
    expect(line().applied).toBe(0.9);
  });

  it("has one order in flight, and of those that wait only the newest is sent", () => {
    controls.edit("burner", 0.51);
    for (const value of [0.52, 0.53, 0.54]) controls.edit("burner", value);
    expect(sent.map((order) => order.value)).toEqual([0.51]);
    ack(0.51);
    vi.advanceTimersByTime(100);
    expect(sent.map((order) => order.value)).toEqual([0.51, 0.54]);
  });

  it("sends at most ten orders a second while dragged, and always the last value", () => {
    for (let ms = 0; ms < 2000; ms += 10) {
      controls.edit("burner", ms / 2000);
      vi.advanceTimersByTime(10);
      ack(sent.at(-1)?.value ?? 0);
    }
    controls.commit("burner", 1);
    for (let i = 0; i < 5; i += 1) {
      ack(sent.at(-1)?.value ?? 0);
      vi.advanceTimersByTime(100);
    }
    for (let i = 1; i < sent.length; i += 1) expect((sent[i]?.at ?? 0) - (sent[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(100);
    expect(sent.length).toBeGreaterThan(15);
    expect(sent.at(-1)?.value).toBe(1);
    expect(line().applied).toBe(1);
  });

  it("follows what another hand sets, without touching what this one asks for", () => {
    controls.commit("burner", 0.8);
    controls.acked({ channel: "burner", value: 0.3, applied: true, message: "", by: "tablet-2", request_id: "theirs-1" });
    expect(line()).toMatchObject({ applied: 0.3, by: "tablet-2", ask: { kind: "sent", value: 0.8 } });
    controls.stand({ burner: 0.31, unheard_of: 1 });
    expect(line().applied).toBe(0.31);
  });

  it("does not cry refused over a value that was overtaken", () => {
    controls.commit("burner", 0.8);
    ack(0.8, { applied: false, message: "superseded" });
    expect(line().ask.kind).toBe("idle");
  });

  it("says so when there is no connection, and sends nothing later by itself", () => {
    isOpen = false;
    controls.commit("burner", 0.8);
    expect(line().ask).toMatchObject({ kind: "refused" });
    isOpen = true;
    vi.advanceTimersByTime(10_000);
    expect(sent).toEqual([]);
  });

  it("never asks for less than nothing or more than all", () => {
    controls.commit("burner", 7);
    expect(sent.at(-1)?.value).toBe(1);
    ack(1);
    vi.advanceTimersByTime(200);
    controls.commit("burner", -7);
    expect(sent.at(-1)?.value).toBe(0);
  });

  it("keeps waiting for its answer when the list of controls comes anew", () => {
    controls.commit("burner", 0.8);
    controls.load([{ ...burner, label: "Gas" }]);
    expect(line()).toMatchObject({ spec: { label: "Gas" }, ask: { kind: "sent" } });
    controls.load([]);
    expect(controls.line("burner")).toBeUndefined();
  });
});
