import { describe, expect, it } from "vitest";
import { listen } from "../src/chart/gestures";
import type { Plot } from "../src/chart/plot";
import type { Span } from "../src/chart/scene";

/** A chart of 1000 px that shows 100 s, one px being 100 ms; what hands do to it is seen at once. */
function hands() {
  const host = new EventTarget();
  const seen = { span: { fromMs: 0, toMs: 100_000 } as Span, taps: [] as number[], doubleTaps: 0 };
  const plot = { box: { left: 0, top: 0, width: 1000, height: 100 }, shareAt: (clientX: number) => clientX / 1000 } as Plot;
  const stop = listen(host as HTMLElement, {
    plot, span: () => seen.span, onPick: (span) => (seen.span = span), onTap: (ms) => seen.taps.push(ms), onDoubleTap: () => (seen.doubleTaps += 1),
  });
  const act = (type: string, what: object) => host.dispatchEvent(Object.assign(new Event(type, { cancelable: true }), what));
  const pointer = (type: string, pointerId: number, clientX: number, pointerType = "touch") => act(`pointer${type}`, { pointerId, clientX, pointerType });
  return { seen, stop, act, pointer };
}

const WHEEL = { ctrlKey: false, deltaX: 0, deltaY: 0, clientX: 500 };

describe("a hand on a chart", () => {
  it("turns the wheel twice before the next picture, and both turns count", () => {
    const { seen, act } = hands();
    act("wheel", { ...WHEEL, deltaY: -100, clientX: 0 });
    act("wheel", { ...WHEEL, deltaY: -100, clientX: 0 });
    expect(seen.span.fromMs).toBe(0);
    expect(seen.span.toMs).toBeCloseTo(100_000 / 1.44);
  });

  it("turns it sideways and moves along, and a wheel that says nothing does nothing", () => {
    const { seen, act } = hands();
    act("wheel", { ...WHEEL, deltaX: 50 });
    expect(seen.span).toEqual({ fromMs: 5_000, toMs: 105_000 });
    act("wheel", WHEEL);
    expect(seen.span).toEqual({ fromMs: 5_000, toMs: 105_000 });
  });

  it("spreads two fingers, and the moment between them stays between them", () => {
    const { seen, pointer } = hands();
    pointer("down", 1, 400);
    pointer("down", 2, 600);
    pointer("move", 1, 300);
    pointer("move", 2, 700);
    expect(seen.span.toMs - seen.span.fromMs).toBeCloseTo(50_000);
    expect((seen.span.fromMs + seen.span.toMs) / 2).toBeCloseTo(50_000);
  });

  it("moves the picture along with one finger, but not with a mouse, which picks a span", () => {
    const { seen, pointer } = hands();
    pointer("down", 1, 400);
    pointer("move", 1, 403);
    expect(seen.span.fromMs, "a finger that trembles moves nothing").toBe(0);
    pointer("move", 1, 503);
    expect(seen.span).toEqual({ fromMs: -10_000, toMs: 90_000 });
    pointer("up", 1, 503);
    pointer("move", 1, 700);
    expect(seen.span, "a finger that was lifted moves nothing").toEqual({ fromMs: -10_000, toMs: 90_000 });
    pointer("down", 2, 400, "mouse");
    pointer("move", 2, 600, "mouse");
    expect(seen.span).toEqual({ fromMs: -10_000, toMs: 90_000 });
  });

  it("taps at a moment; the end of a drag and a tap beside the plot are none", () => {
    const { seen, act, pointer } = hands();
    const click = (from: number, to: number) => {
      pointer("down", 1, from, "mouse");
      pointer("up", 1, to, "mouse");
      act("click", { clientX: to });
    };
    click(250, 252);
    click(250, 400);
    click(-20, -20);
    expect(seen.taps).toEqual([25_200]);
    act("dblclick", {});
    expect(seen.doubleTaps).toBe(1);
  });

  it("is not listened to any more once the chart is gone", () => {
    const { seen, act, stop } = hands();
    stop();
    act("wheel", { ...WHEEL, deltaY: -100 });
    expect(seen.span).toEqual({ fromMs: 0, toMs: 100_000 });
  });
});
