// The canvas of every chart: a time axis, up to two value axes, lines, what the pointer stands on, and a span that is picked by
// dragging. Every picture is drawn whole, from what it is given; nothing of the one before is kept. Unit of places: CSS px.

import { duration } from "../model/format";
import { timeSplits, valueSplits, type Span } from "./scene";
import type { ChartTheme } from "./theme";

/** An axis of values. `sign`: what its uppermost number is measured in. */
export type PlotAxis = { scale: string; side: "left" | "right"; sizePx: number; range: readonly [number, number]; sign?: string };

/** A line over the picture's times; null opens a gap. `name`: what stands at its end. */
export type PlotLine = {
  scale: string; ys: readonly (number | null)[]; colour: string; width: number; dash?: readonly number[]; alpha?: number; name?: string;
};

/** One picture. Grid lines are those of the first axis. */
export type Picture = {
  span: Span;
  /** Zero of the time axis. Unit: ms. */
  originMs: number;
  axes: readonly PlotAxis[];
  x: readonly number[];
  lines: readonly PlotLine[];
  under?: (plot: Plot) => void;
  over?: (plot: Plot) => void;
};

/** What a plot tells its owner. */
export type PlotTold = {
  /** The pointer's place among the picture's times; null once it has left. */
  onHover: (at: number | null) => void;
  onPick: (span: Span) => void;
};

const TOP_PX = 8;
const BOTTOM_PX = 30;
const LABEL_GAP_PX = 6;
/** Least room for a number of the time axis, and of an axis of values. */
const ROOM_PX = { time: 70, value: 40 };
/** A shorter drag picks nothing. */
const PICKED_MIN_PX = 8;

export class Plot {
  readonly ctx: CanvasRenderingContext2D;
  /** Where the lines are, within the host. */
  box = { left: 0, top: TOP_PX, width: 1, height: 1 };
  picture: Picture = { span: { fromMs: 0, toMs: 1 }, originMs: 0, axes: [], x: [], lines: [] };
  readonly #host: HTMLElement;
  readonly #told: PlotTold;
  readonly #canvas = document.createElement("canvas");
  readonly #over = part("plot-over");
  readonly #hair = part("plot-hair");
  readonly #picked = part("plot-picked");
  #dots: HTMLElement[] = [];
  #pointer: number | null = null;
  #dragFrom: number | null = null;

  constructor(host: HTMLElement, told: PlotTold) {
    const ctx = this.#canvas.getContext("2d");
    if (ctx === null) throw new Error("This browser cannot draw a chart");
    this.ctx = ctx;
    this.#host = host;
    this.#told = told;
    this.#over.append(this.#hair, this.#picked);
    host.append(this.#canvas, this.#over);
    this.#over.addEventListener("pointerdown", (event) => this.#press(event));
    this.#over.addEventListener("pointerup", ({ clientX }) => this.#release(clientX));
    this.#over.addEventListener("pointercancel", () => this.#letGo());
    // A finger is a mouse only where it taps: what it pointed at stays to be read until it taps elsewhere.
    this.#over.addEventListener("mousemove", ({ clientX }) => this.#move(clientX));
    this.#over.addEventListener("mouseleave", () => this.#hide());
    this.#hide();
  }

  destroy(): void {
    this.#canvas.remove();
    this.#over.remove();
  }

  /** Where a moment is. */
  x(ms: number): number {
    const { fromMs, toMs } = this.picture.span;
    return this.box.left + ((ms - fromMs) / (toMs - fromMs)) * this.box.width;
  }

  /** Where the values of a scale are; NaN on one that is not shown. */
  yOf(scale: string): (value: number) => number {
    const [low, high] = this.picture.axes.find((axis) => axis.scale === scale)?.range ?? [NaN, NaN];
    const bottom = this.box.top + this.box.height;
    const rise = this.box.height / (high - low);
    return (value) => bottom - (value - low) * rise;
  }

  /** A place of the window as a share of the plot's width: below 0 left of it, above 1 right of it. */
  shareAt(clientX: number): number {
    return this.#leftOf(clientX) / this.box.width;
  }

  /** Keeps what is drawn inside the plot, until the context is restored. */
  clip(): void {
    const { left, top, width, height } = this.box;
    this.ctx.beginPath();
    this.ctx.rect(left, top, width, height);
    this.ctx.clip();
  }

  draw(picture: Picture, theme: ChartTheme): void {
    this.picture = picture;
    this.#fit();
    const { ctx } = this;
    ctx.font = `12px ${theme.font}`;
    picture.under?.(this);
    this.#drawTimes(theme);
    picture.axes.forEach((axis, k) => this.#drawValues(axis, k === 0, theme));
    ctx.save();
    this.clip();
    // Round joins of a dense curve cost more than everything else that is drawn.
    ctx.lineJoin = "bevel";
    for (const line of picture.lines) this.#drawLine(line);
    ctx.restore();
    picture.over?.(this);
    if (this.#pointer !== null) this.#point(this.#pointer);
  }

  #fit(): void {
    const [width, height, ratio] = [Math.max(100, this.#host.clientWidth), Math.max(80, this.#host.clientHeight), devicePixelRatio];
    const side = (wanted: PlotAxis["side"]) => this.picture.axes.find((axis) => axis.side === wanted)?.sizePx;
    const left = side("left") ?? 0;
    this.box = { left, top: TOP_PX, width: Math.max(1, width - left - (side("right") ?? 8)), height: height - TOP_PX - BOTTOM_PX };
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) [this.#canvas.width, this.#canvas.height] = [w, h];
    place(this.#canvas, 0, 0, width, height);
    place(this.#over, left, TOP_PX, this.box.width, this.box.height);
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.ctx.clearRect(0, 0, width, height);
  }

  #msAt(left: number): number {
    const { fromMs, toMs } = this.picture.span;
    return fromMs + (left / this.box.width) * (toMs - fromMs);
  }

  #drawTimes(theme: ChartTheme): void {
    const { left, top, width, height } = this.box;
    const { span, originMs } = this.picture;
    this.ctx.textAlign = "center";
    this.ctx.textBaseline = "top";
    this.ctx.fillStyle = theme.muted;
    for (const ms of timeSplits(span, originMs, width / ROOM_PX.time)) {
      const x = this.x(ms);
      if (x > left + width) continue;
      this.#rule(crisp(x), top, crisp(x), top + height, theme.grid);
      this.ctx.fillText(duration(ms - originMs), x, top + height + LABEL_GAP_PX);
    }
  }

  #drawValues({ scale, side, range, sign = "" }: PlotAxis, withGrid: boolean, theme: ChartTheme): void {
    const { left, width, height } = this.box;
    const isLeft = side === "left";
    this.ctx.textAlign = isLeft ? "right" : "left";
    this.ctx.textBaseline = "middle";
    this.ctx.fillStyle = theme.muted;
    const splits = valueSplits(range, height / ROOM_PX.value);
    const yOf = this.yOf(scale);
    splits.forEach((value, k) => {
      const y = yOf(value);
      if (withGrid) this.#rule(left, crisp(y), left + width, crisp(y), theme.grid);
      this.ctx.fillText(k === splits.length - 1 ? `${value} ${sign}`.trim() : String(value), isLeft ? left - LABEL_GAP_PX : left + width + LABEL_GAP_PX, y);
    });
  }

  #rule(x0: number, y0: number, x1: number, y1: number, colour: string): void {
    this.ctx.strokeStyle = colour;
    this.ctx.lineWidth = 1;
    this.ctx.beginPath();
    this.ctx.moveTo(x0, y0);
    this.ctx.lineTo(x1, y1);
    this.ctx.stroke();
  }

  #drawLine({ ys, scale, colour, width, dash = [], alpha = 1 }: PlotLine): void {
    const { ctx, picture: { x } } = this;
    const yOf = this.yOf(scale);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.globalAlpha = alpha;
    ctx.setLineDash([...dash]);
    ctx.beginPath();
    let isDown = false;
    ys.forEach((value, i) => {
      if (value === null) {
        isDown = false;
        return;
      }
      if (isDown) ctx.lineTo(this.x(x[i] ?? 0), yOf(value));
      else ctx.moveTo(this.x(x[i] ?? 0), yOf(value));
      isDown = true;
    });
    ctx.stroke();
  }

  #leftOf(clientX: number): number {
    return clientX - this.#over.getBoundingClientRect().left;
  }

  #within(clientX: number): number {
    return Math.min(this.box.width, Math.max(0, this.#leftOf(clientX)));
  }

  #press(event: PointerEvent): void {
    // A finger moves the picture along and picks nothing.
    if (event.pointerType === "touch" || event.button !== 0) return;
    this.#over.setPointerCapture(event.pointerId);
    this.#dragFrom = this.#within(event.clientX);
  }

  #move(clientX: number): void {
    const left = this.#within(clientX);
    this.#point(left);
    const picked = this.#pickedTo(left);
    this.#picked.hidden = picked === null;
    if (picked !== null) place(this.#picked, picked[0], 0, picked[1] - picked[0], this.box.height);
  }

  #release(clientX: number): void {
    const picked = this.#pickedTo(this.#within(clientX));
    this.#letGo();
    if (picked !== null) this.#told.onPick({ fromMs: this.#msAt(picked[0]), toMs: this.#msAt(picked[1]) });
  }

  #letGo(): void {
    this.#dragFrom = null;
    this.#picked.hidden = true;
  }

  #pickedTo(left: number): [number, number] | null {
    const from = this.#dragFrom;
    return from === null || Math.abs(left - from) < PICKED_MIN_PX ? null : [Math.min(from, left), Math.max(from, left)];
  }

  #hide(): void {
    this.#letGo();
    this.#pointer = null;
    this.#hair.hidden = true;
    for (const dot of this.#dots) dot.hidden = true;
    this.#told.onHover(null);
  }

  #point(left: number): void {
    this.#pointer = left;
    const { x, lines } = this.picture;
    const at = nearest(x, this.#msAt(left));
    this.#hair.hidden = false;
    place(this.#hair, left, 0, 0, this.box.height);
    while (this.#dots.length > lines.length) this.#dots.pop()?.remove();
    lines.forEach((line, k) => {
      const dot = (this.#dots[k] ??= this.#over.appendChild(part("plot-dot")));
      const value = at === null ? null : line.ys[at];
      dot.hidden = value === null || value === undefined;
      if (at === null || value === null || value === undefined) return;
      dot.style.background = line.colour;
      dot.style.translate = `${this.x(x[at] ?? 0) - this.box.left}px ${this.yOf(line.scale)(value) - this.box.top}px`;
    });
    this.#told.onHover(at);
  }
}

function part(name: string): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  return element;
}

function place({ style }: HTMLElement, left: number, top: number, width: number, height: number): void {
  style.left = `${left}px`;
  style.top = `${top}px`;
  style.width = `${width}px`;
  style.height = `${height}px`;
}

/** A place at which a line of one pixel covers whole pixels of the screen. */
function crisp(at: number): number {
  const ratio = devicePixelRatio;
  return (Math.floor(at * ratio) + (Math.round(ratio) % 2) / 2) / ratio;
}

/** The index of the time nearest to a moment; null where there is none. */
export function nearest(x: readonly number[], ms: number): number | null {
  if (x.length === 0) return null;
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const mid = (low + high) >>> 1;
    if ((x[mid] ?? 0) < ms) low = mid;
    else high = mid;
  }
  return ms - (x[low] ?? 0) <= (x[high] ?? 0) - ms ? low : high;
}
