// What is put into a page to look at it from inside. Functions are sent as text: they may use nothing but what they are given.

import type { BrowserContext, CDPSession, Page } from "@playwright/test";

/** What the instruments leave behind in the page. Times are wall clock. Unit: ms. */
export type Notes = {
  /** BT of each reading that came, and when the curve that holds it was on screen. */
  drawn: { bt: number; heardAt: number; shownAt: number }[];
  /** When the first curve of at least so many points was drawn, since the page was opened. */
  curveAt: number | null;
  longTasks: number[];
  shifts: number;
  /** When something that was watched for was first there. */
  seen: { selector: string; text: string; at: number }[];
  keys: number[];
  tones: number[];
};

/** Puts them into every page that is opened from here on. */
export async function install(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const notes: Notes = { drawn: [], curveAt: null, longTasks: [], shifts: 0, seen: [], keys: [], tones: [] };
    Object.assign(globalThis, { notes });
    /** A path of fewer points is no curve but a flag, a grid line or a lane. */
    const CURVE_POINTS = 200;
    let heard: { bt: number; heardAt: number }[] = [];

    const Socket = globalThis.WebSocket;
    globalThis.WebSocket = class extends Socket {
      constructor(url: string | URL) {
        super(url);
        if (!String(url).includes("/ws/live/pushed")) return;
        this.addEventListener("message", ({ data }) => {
          const bt = /"type":"temperature"/.test(String(data)) ? /"bt":([\d.]+)/.exec(String(data))?.[1] : undefined;
          if (bt !== undefined) heard.push({ bt: Number(bt), heardAt: Date.now() });
        });
      }
    };

    const points = new WeakMap<object, number>();
    const pens = [CanvasRenderingContext2D.prototype, Path2D.prototype];
    for (const pen of pens) {
      const { lineTo } = pen;
      pen.lineTo = function (this: object, x: number, y: number) {
        points.set(this, (points.get(this) ?? 0) + 1);
        Reflect.apply(lineTo, this, [x, y]);
      };
    }
    const { beginPath, stroke } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.beginPath = function () {
      points.set(this, 0);
      beginPath.call(this);
    };
    CanvasRenderingContext2D.prototype.stroke = function (...path: Path2D[]) {
      Reflect.apply(stroke, this, path);
      if ((points.get(path[0] ?? this) ?? 0) < CURVE_POINTS || this.canvas.closest(".chart-host") === null) return;
      notes.curveAt ??= performance.now();
      const shown = heard;
      heard = [];
      if (shown.length > 0) requestAnimationFrame(() => shown.forEach((reading) => notes.drawn.push({ ...reading, shownAt: Date.now() })));
    };

    const Tone = globalThis.OscillatorNode;
    globalThis.OscillatorNode = class extends Tone {
      constructor(on: BaseAudioContext, options?: OscillatorOptions) {
        super(on, options);
        notes.tones.push(Date.now());
      }
    };
    addEventListener("keydown", () => notes.keys.push(Date.now()), { capture: true });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => notes.longTasks.push(entry.duration))).observe({ type: "longtask" });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (notes.shifts += (entry as unknown as { value: number }).value))).observe({ type: "layout-shift" });
  });
}

/** What was noted so far. */
export const notes = (page: Page): Promise<Notes> => page.evaluate(() => (globalThis as unknown as { notes: Notes }).notes);

/** Watches for an element that holds a text, from now on; the result is when it was first there. Wall clock. Unit: ms. */
export async function watchFor(page: Page, selector: string, text = ""): Promise<() => Promise<number>> {
  const at = await page.evaluate(([wanted, words]) => {
    const { notes: kept } = globalThis as unknown as { notes: Notes };
    const index = kept.seen.push({ selector: wanted, text: words, at: NaN }) - 1;
    const look = () => {
      if (!(document.querySelector(wanted)?.textContent?.includes(words) ?? false)) return;
      Object.assign(kept.seen[index] ?? {}, { at: Date.now() });
      watch.disconnect();
    };
    const watch = new MutationObserver(look);
    watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
    return index;
  }, [selector, text] as const);
  return async () => {
    const found = await page.waitForFunction((index) => (globalThis as unknown as { notes: Notes }).notes.seen[index]?.at || null, at);
    return Number(await found.jsonValue());
  };
}

/** How smoothly a page runs for a while. */
export type Smoothness = { slowShare: number; longestMs: number; longTasksPerMin: number; busyShare: number; frames: number };

/** A gap between two frames that a person sees. Unit: ms. */
const SLOW_MS = 33;

/** Looks at the gaps between frames, the long tasks and the main thread of a page for so long. */
export async function smoothness(page: Page, forMs: number): Promise<Smoothness> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const busy = () => metric(cdp, "TaskDuration");
  const before = await busy();
  const { gaps, longTasks, tookMs } = await page.evaluate(async (ms) => {
    const { notes: kept } = globalThis as unknown as { notes: Notes };
    const known = kept.longTasks.length;
    const found: number[] = [];
    const start = performance.now();
    let last: number | null = null;
    await new Promise<void>((resolve) => {
      const frame = (at: number) => {
        if (last !== null) found.push(at - last);
        last = at;
        if (performance.now() - start < ms) requestAnimationFrame(frame);
        else resolve();
      };
      requestAnimationFrame(frame);
    });
    return { gaps: found, longTasks: kept.longTasks.length - known, tookMs: performance.now() - start };
  }, forMs);
  const busyMs = ((await busy()) - before) * 1000;
  await cdp.detach();
  return {
    slowShare: gaps.filter((gap) => gap > SLOW_MS).length / gaps.length,
    longestMs: Math.max(...gaps),
    longTasksPerMin: longTasks / (tookMs / 60_000),
    busyShare: busyMs / tookMs,
    frames: gaps.length,
  };
}

async function metric(cdp: CDPSession, name: string): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find((found) => found.name === name)?.value ?? NaN;
}

/** What a page keeps in memory after all rubbish is out: objects and the buffers behind typed arrays. Unit: bytes. */
export async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  const usage = (await cdp.send("Runtime.getHeapUsage")) as { usedSize: number; backingStorageSize?: number };
  return usage.usedSize + (usage.backingStorageSize ?? 0);
}
