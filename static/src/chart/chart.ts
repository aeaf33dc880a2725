// A chart that follows what it is about and is looked into: by wheel, by two fingers, by a span that is dragged. Data comes in by
// `picture`, gestures go out by callbacks.

import { Plot, type Picture } from "./plot";
import { CHART_SPACING_MS, scheduler } from "./scheduler";
import { magnify, type Span, type Zoom } from "./scene";
import { readTheme, type ChartTheme } from "./theme";

/** What a chart asks its owner, and tells it. */
export type ChartPlan = {
  /** What to show of a zoom, in a host this wide. */
  picture: (zoom: Zoom, widthPx: number, theme: ChartTheme) => Picture;
  onZoom: (zoom: Zoom) => void;
  /** The pointer's place among the picture's times; null once it has left. */
  onHover: (at: number | null) => void;
  /** A tap on the plot, at a moment of its clock. */
  onTap?: (ms: number) => void;
  onDoubleTap?: () => void;
};

/** A finger that moved less has tapped. Unit: CSS px. */
const TAP_PX = 6;
const WHEEL_FACTOR = 1.2;
const RELEASES = ["pointerup", "pointercancel", "pointerleave"] as const;

export class Chart {
  readonly #host: HTMLElement;
  readonly #plan: ChartPlan;
  readonly #plot: Plot;
  readonly #task: { request: () => void; remove: () => void };
  readonly #resize: ResizeObserver;
  readonly #ends = new AbortController();
  #theme: ChartTheme;
  #zoom: Zoom;
  #fingers = new Map<number, number>();
  #pressedAt = 0;

  constructor(host: HTMLElement, zoom: Zoom, plan: ChartPlan) {
    this.#host = host;
    this.#plan = plan;
    this.#zoom = zoom;
    this.#theme = readTheme(host);
    this.#plot = new Plot(host, { onHover: plan.onHover, onPick: (span) => this.#pick(span) });
    this.#task = scheduler().add({ element: host, draw: () => this.#draw(), spacingMs: CHART_SPACING_MS });
    this.#resize = new ResizeObserver(this.request);
    this.#resize.observe(host);
    const { signal } = this.#ends;
    host.addEventListener("wheel", this.#wheel, { passive: false, signal });
    host.addEventListener("pointerdown", this.#press, { signal });
    host.addEventListener("pointermove", this.#pinch, { signal });
    host.addEventListener("click", this.#tap, { signal });
    host.addEventListener("dblclick", () => plan.onDoubleTap?.(), { signal });
    for (const end of RELEASES) host.addEventListener(end, ({ pointerId }) => this.#fingers.delete(pointerId), { signal });
    // A window on a screen of other pixels is drawn anew for them.
    addEventListener("resize", this.request, { signal });
  }

  /** Something to draw has changed. */
  readonly request = (): void => this.#task.request();

  zoom(zoom: Zoom): void {
    this.#zoom = zoom;
    this.request();
  }

  /** Colours changed. */
  restyle(): void {
    this.#theme = readTheme(this.#host);
    this.request();
  }

  destroy(): void {
    this.#task.remove();
    this.#resize.disconnect();
    this.#ends.abort();
    this.#plot.destroy();
  }

  #draw(): void {
    this.#plot.draw(this.#plan.picture(this.#zoom, this.#host.clientWidth, this.#theme), this.#theme);
  }

  #pick(span: Span): void {
    this.zoom({ kind: "picked", span });
    this.#plan.onZoom(this.#zoom);
  }

  #magnify(factor: number, clientX: number): void {
    // Gestures come faster than pictures: each goes on from where the one before led.
    const span = this.#zoom.kind === "picked" ? this.#zoom.span : this.#plot.picture.span;
    this.#pick(magnify(span, factor, this.#plot.shareAt(clientX)));
  }

  readonly #wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && Math.abs(event.deltaY) < Math.abs(event.deltaX)) return;
    event.preventDefault();
    this.#magnify(event.deltaY > 0 ? WHEEL_FACTOR : 1 / WHEEL_FACTOR, event.clientX);
  };

  readonly #press = (event: PointerEvent): void => {
    this.#fingers.set(event.pointerId, event.clientX);
    this.#pressedAt = event.clientX;
  };

  /** The end of a drag is no tap. */
  readonly #tap = ({ clientX }: MouseEvent): void => {
    const [share, { fromMs, toMs }] = [this.#plot.shareAt(clientX), this.#plot.picture.span];
    if (Math.abs(clientX - this.#pressedAt) < TAP_PX && share >= 0) this.#plan.onTap?.(fromMs + share * (toMs - fromMs));
  };

  readonly #pinch = (event: PointerEvent): void => {
    if (!this.#fingers.has(event.pointerId)) return;
    const [a0, a1] = this.#fingers.values();
    this.#fingers.set(event.pointerId, event.clientX);
    const [b0, b1] = this.#fingers.values();
    if (a0 === undefined || a1 === undefined || b0 === undefined || b1 === undefined) return;
    this.#magnify(Math.max(8, Math.abs(a0 - a1)) / Math.max(8, Math.abs(b0 - b1)), (b0 + b1) / 2);
  };
}
