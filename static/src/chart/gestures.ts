// How a hand looks into a chart: the wheel and two fingers magnify, the wheel sideways and one finger move it along.
// A mouse that is dragged picks a span, which the chart itself draws.

import type uPlot from "uplot";
import { magnify, shifted, type Span } from "./scene";

/** The chart a hand is on, and what to do with the span it asks for. */
export type GesturePlan = {
  plot: () => uPlot;
  span: () => Span;
  onPick: (span: Span) => void;
  /** A tap, at a moment of the chart's clock. Unit: ms. */
  onTap?: (ms: number) => void;
};

/** A finger that moved less has tapped. Unit: CSS px. */
const TAP_PX = 6;
/** Fingers nearer than this would magnify without measure. Unit: CSS px. */
const NEAREST_PX = 8;
const WHEEL_STEP = 1.2;

/** Listens to the hands on a chart; returns how to stop. */
export function listen(host: HTMLElement, plan: GesturePlan): () => void {
  const fingers = new Map<number, number>();
  let pressedAt = 0;
  const left = () => plan.plot().over.getBoundingClientRect().left;
  const msAt = (clientX: number) => plan.plot().posToVal(clientX - left(), "x");
  /** The span for a hand that goes so many pixels to the right, pulling the picture along. */
  const pulled = (span: Span, px: number) => shifted(span, (-px * (span.toMs - span.fromMs)) / Math.max(1, plan.plot().over.clientWidth));

  const wheel = (event: WheelEvent) => {
    const isSideways = !event.ctrlKey && Math.abs(event.deltaY) < Math.abs(event.deltaX);
    event.preventDefault();
    if (isSideways) plan.onPick(pulled(plan.span(), -event.deltaX));
    else if (event.deltaY !== 0) plan.onPick(magnify(plan.span(), event.deltaY > 0 ? WHEEL_STEP : 1 / WHEEL_STEP, msAt(event.clientX)));
  };
  const press = (event: PointerEvent) => {
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size === 1) pressedAt = event.clientX;
  };
  const move = (event: PointerEvent) => {
    if (!fingers.has(event.pointerId)) return;
    const [a0 = 0, a1] = fingers.values();
    fingers.set(event.pointerId, event.clientX);
    const [b0 = 0, b1] = fingers.values();
    if (a1 !== undefined && b1 !== undefined) {
      const factor = Math.max(NEAREST_PX, Math.abs(a0 - a1)) / Math.max(NEAREST_PX, Math.abs(b0 - b1));
      const middle = (b0 + b1) / 2;
      plan.onPick(magnify(pulled(plan.span(), middle - (a0 + a1) / 2), factor, msAt(middle)));
    } else if (event.pointerType === "touch" && Math.abs(b0 - pressedAt) >= TAP_PX) {
      plan.onPick(pulled(plan.span(), b0 - a0));
    }
  };
  const release = (event: PointerEvent) => void fingers.delete(event.pointerId);
  /** The end of a drag is no tap. */
  const tap = (event: MouseEvent) => {
    if (Math.abs(event.clientX - pressedAt) < TAP_PX && event.clientX >= left()) plan.onTap?.(msAt(event.clientX));
  };

  const ends = new AbortController();
  const { signal } = ends;
  host.addEventListener("wheel", wheel, { passive: false, signal });
  host.addEventListener("pointerdown", press, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("click", tap, { signal });
  for (const end of ["pointerup", "pointercancel", "pointerleave"] as const) host.addEventListener(end, release, { signal });
  return () => ends.abort();
}
