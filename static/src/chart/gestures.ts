// How a hand looks into a chart: the wheel and two fingers magnify, the wheel sideways and one finger move it along.
// A mouse that is dragged picks a span, which the plot itself draws.

import type { Plot } from "./plot";
import { magnify, shifted, type Span } from "./scene";

/** The chart a hand is on, and what to do with the span it asks for. */
export type GesturePlan = {
  plot: Plot;
  span: () => Span;
  onPick: (span: Span) => void;
  /** A tap, at a moment of the chart's clock. Unit: ms. */
  onTap?: ((ms: number) => void) | undefined;
  onDoubleTap?: (() => void) | undefined;
};

/** A finger that moved less has tapped. Unit: CSS px. */
const TAP_PX = 6;
/** Fingers nearer than this would magnify without measure. Unit: CSS px. */
const NEAREST_PX = 8;
const WHEEL_STEP = 1.2;

/** Listens to the hands on a chart; returns how to stop. */
export function listen(host: HTMLElement, { plot, span, onPick, onTap, onDoubleTap }: GesturePlan): () => void {
  const fingers = new Map<number, number>();
  let pressedAt = 0;
  /** The span for a hand that goes so many pixels to the right, pulling the picture along. */
  const pulled = (px: number) => shifted(span(), (-px * (span().toMs - span().fromMs)) / plot.box.width);

  const wheel = (event: WheelEvent) => {
    const isSideways = !event.ctrlKey && Math.abs(event.deltaY) < Math.abs(event.deltaX);
    event.preventDefault();
    if (isSideways) onPick(pulled(-event.deltaX));
    else if (event.deltaY !== 0) onPick(magnify(span(), event.deltaY > 0 ? WHEEL_STEP : 1 / WHEEL_STEP, plot.shareAt(event.clientX)));
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
      onPick(magnify(pulled(middle - (a0 + a1) / 2), factor, plot.shareAt(middle)));
    } else if (event.pointerType === "touch" && Math.abs(b0 - pressedAt) >= TAP_PX) {
      onPick(pulled(b0 - a0));
    }
  };
  const release = (event: PointerEvent) => void fingers.delete(event.pointerId);
  /** The end of a drag is no tap. */
  const tap = ({ clientX }: MouseEvent) => {
    const [share, { fromMs, toMs }] = [plot.shareAt(clientX), span()];
    if (Math.abs(clientX - pressedAt) < TAP_PX && share >= 0) onTap?.(fromMs + share * (toMs - fromMs));
  };

  const ends = new AbortController();
  const { signal } = ends;
  host.addEventListener("wheel", wheel, { passive: false, signal });
  host.addEventListener("pointerdown", press, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("click", tap, { signal });
  host.addEventListener("dblclick", () => onDoubleTap?.(), { signal });
  for (const end of ["pointerup", "pointercancel", "pointerleave"] as const) host.addEventListener(end, release, { signal });
  return () => ends.abort();
}
