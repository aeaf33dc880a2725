// A chart that follows what it is about and is looked into. Data comes in by `picture`, gestures go out by callbacks.

import { listen, type GesturePlan } from "./gestures";
import { Plot, type Picture } from "./plot";
import { CHART_SPACING_MS, scheduler } from "./scheduler";
import type { Span, Zoom } from "./scene";
import { readTheme, type ChartTheme } from "./theme";

/** What a chart asks its owner, and tells it. */
export type ChartPlan = Pick<GesturePlan, "onTap" | "onDoubleTap"> & {
  /** What to show of a zoom, in a host this wide. */
  picture: (zoom: Zoom, widthPx: number, theme: ChartTheme) => Picture;
  onZoom: (zoom: Zoom) => void;
  /** The pointer's place among the picture's times; null once it has left. */
  onHover: (at: number | null) => void;
};

export class Chart {
  readonly #host: HTMLElement;
  readonly #plan: ChartPlan;
  readonly #plot: Plot;
  readonly #task: { request: () => void; remove: () => void };
  readonly #resize: ResizeObserver;
  readonly #deaf: () => void;
  #theme: ChartTheme;
  #zoom: Zoom;

  constructor(host: HTMLElement, zoom: Zoom, plan: ChartPlan) {
    this.#host = host;
    this.#plan = plan;
    this.#zoom = zoom;
    this.#theme = readTheme(host);
    const onPick = (span: Span) => this.#pick(span);
    this.#plot = new Plot(host, { onHover: plan.onHover, onPick });
    this.#task = scheduler().add({ element: host, draw: () => this.#draw(), spacingMs: CHART_SPACING_MS });
    this.#resize = new ResizeObserver(this.request);
    this.#resize.observe(host);
    // A window on a screen of other pixels is drawn anew for them.
    addEventListener("resize", this.request);
    // Gestures come faster than pictures: each goes on from where the one before led.
    const span = () => (this.#zoom.kind === "picked" ? this.#zoom.span : this.#plot.picture.span);
    this.#deaf = listen(host, { plot: this.#plot, span, onPick, onTap: plan.onTap, onDoubleTap: plan.onDoubleTap });
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
    removeEventListener("resize", this.request);
    this.#deaf();
    this.#plot.destroy();
  }

  #draw(): void {
    this.#plot.draw(this.#plan.picture(this.#zoom, this.#host.clientWidth, this.#theme), this.#theme);
  }

  #pick(span: Span): void {
    this.zoom({ kind: "picked", span });
    this.#plan.onZoom(this.#zoom);
  }
}
