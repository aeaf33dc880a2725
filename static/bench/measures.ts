// What the pages are measured by: the rows of the acceptance criteria that have a time in them. Each takes one page or more
// of a browser of its own, so that nothing is cached, and gives one run's figures.

import { expect, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { open, type Daemon } from "../e2e/fixtures/daemon";
import { PUSHED, type Controller } from "./controller";
import { install, notes, smoothness, watchFor, type Smoothness } from "./instruments";

/** What a run works with. */
export type Bench = { browser: Browser; daemon: Daemon; controller: Controller };

/** A simulated roaster whose clock is everybody's. */
export const STEADY = "m1";
const LIVE = '[data-testid="link-state"][data-state="live"]';
const PRESSES = 5;
/** What takes longer is not measured any more but told as not measured. */
const PATIENCE_MS = 90_000;
/** Keys of events that end nothing, in the order of a roast. */
const MARKS = [["1", "CHARGE"], ["2", "DRY_END"], ["3", "FCs"], ["4", "FCe"], ["5", "SCs"], ["6", "SCe"]] as const;

async function withPages<T>({ browser, daemon }: Bench, places: string[], run: (pages: Page[], context: BrowserContext) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    context.setDefaultTimeout(PATIENCE_MS);
    await install(context);
    const pages: Page[] = [];
    for (const place of places) {
      const page = await context.newPage();
      await open(page, daemon, place);
      pages.push(page);
    }
    return await run(pages, context);
  } finally {
    await context.close();
  }
}

async function withPage<T>(bench: Bench, place: string, run: (page: Page, context: BrowserContext) => Promise<T>): Promise<T> {
  return withPages(bench, [place], async ([page], context) => {
    if (page === undefined) throw new Error("no page was opened");
    return run(page, context);
  });
}

const settled = (page: Page) => page.waitForFunction(() => (globalThis as unknown as { notes: { curveAt: number | null } }).notes.curveAt !== null);

/** From a controller's sending to the frame after the curve was drawn, through the daemon. Unit: ms. */
export async function toPixel(bench: Bench, forMs: number): Promise<number[]> {
  return withPage(bench, `#/m/${PUSHED}`, async (page) => {
    await settled(page);
    const known = (await notes(page)).drawn.length;
    await page.waitForTimeout(forMs);
    const { drawn } = await notes(page);
    return drawn.slice(known).map(({ bt, heardAt, shownAt }) => shownAt - bench.controller.sentAt(bt, heardAt));
  });
}

/** How smoothly the wall runs, or the cockpit with the long curve. */
export async function frames(bench: Bench, place: "wall" | "cockpit", forMs: number): Promise<Smoothness> {
  return withPage(bench, place === "wall" ? "#/" : `#/m/${PUSHED}`, async (page) => {
    if (place === "cockpit") {
      await settled(page);
      await page.getByTestId("readout-et_ror").click({ timeout: 2_000 }).catch(() => undefined);
    }
    // What opening costs is another measure.
    await page.waitForTimeout(3_000);
    return smoothness(page, forMs);
  });
}

/** From opening the cockpit to the first words and to the curve; how much moved meanwhile. Unit: ms. */
export async function opening(bench: Bench): Promise<{ paintMs: number; curveMs: number; shift: number }> {
  const opened = await withPage(bench, `#/m/${PUSHED}`, async (page) => {
    await settled(page);
    const paintMs = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN);
    return { paintMs, curveMs: (await notes(page)).curveAt ?? NaN };
  });
  // A machine with as many controls as roasters have: room is kept for those of a roaster.
  const shift = await withPage(bench, `#/m/${STEADY}`, async (page) => {
    await page.waitForSelector(LIVE);
    await page.waitForTimeout(1_500);
    return (await notes(page)).shifts;
  });
  return { ...opened, shift };
}

/** A line that is cut without a word: until the page says so, and until it is live on a new one. Unit: ms. */
export async function stall(bench: Bench): Promise<{ staleMs: number; liveMs: number }> {
  return withPage(bench, "#/", async (page) => {
    let isSilent = false;
    await page.routeWebSocket(/\/ws\/live\//, (socket) => {
      const server = socket.connectToServer();
      const stalls = !isSilent;
      server.onMessage((message) => {
        if (!(stalls && isSilent)) socket.send(message);
      });
    });
    await page.goto(`${bench.daemon.url}/#/m/${PUSHED}`);
    await page.reload();
    await settled(page);
    // What is still being told of the past is on its way when the line is cut, and no silence.
    await page.waitForSelector(LIVE);
    await page.waitForTimeout(2_000);
    const stale = await watchFor(page, '[data-testid="link-state"][data-state="stale"]');
    const from = Date.now();
    isSilent = true;
    const staleMs = (await stale()) - from;
    const live = await watchFor(page, LIVE);
    return { staleMs, liveMs: (await live()) - from };
  });
}

/** Without sockets: from the third that was refused to a value that moves. Unit: ms. */
export async function polling(bench: Bench): Promise<number> {
  return withPage(bench, "#/", async (page) => {
    let tries = 0;
    let thirdAt = NaN;
    await page.routeWebSocket(`**/ws/live/${PUSHED}*`, (socket) => {
      tries += 1;
      if (tries === 3) thirdAt = Date.now();
      void socket.close({ code: 1013 });
    });
    await page.goto(`${bench.daemon.url}/#/m/${PUSHED}`);
    await page.reload();
    const polls = await watchFor(page, '[data-testid="link-state"][data-state="polling"]');
    await polls();
    const shown = await page.getByTestId("readout-bt").innerText();
    await expect(page.getByTestId("readout-bt")).not.toHaveText(shown, { timeout: 20_000 });
    return Date.now() - thirdAt;
  });
}

/** A tab that was frozen for four seconds: from waking to a curve that holds all readings up to now. Unit: ms. */
export async function waking(bench: Bench): Promise<number> {
  return withPage(bench, `#/m/${PUSHED}`, async (page, context) => {
    await settled(page);
    const cdp = await context.newCDPSession(page);
    await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    await page.waitForTimeout(4_000);
    await cdp.send("Page.setWebLifecycleState", { state: "active" });
    const woken = Date.now();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    let wholeMs = NaN;
    await expect.poll(async () => {
      const { drawn } = await notes(page);
      const whole = drawn.find(({ bt, heardAt }) => bench.controller.sentAt(bt, heardAt) >= woken);
      wholeMs = (whole?.shownAt ?? NaN) - woken;
      return wholeMs;
    }, { timeout: PATIENCE_MS }).toBeGreaterThan(0);
    return wholeMs;
  });
}

/** Keys of events: how far the mark lies from the press, on the session's clock. Unit: ms. */
export async function keys(bench: Bench): Promise<number[]> {
  return withPage(bench, `#/m/${STEADY}`, async (page) => {
    await page.waitForSelector(LIVE);
    await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "recording");
    const asked = Date.now();
    const { elapsed_ms } = await bench.daemon.session(STEADY);
    const zero = (asked + Date.now()) / 2 - elapsed_ms;
    const offsets: number[] = [];
    for (const [key, event] of MARKS) {
      await page.keyboard.press(key);
      await expect(page.getByTestId(`mark-${event}`)).toHaveAttribute("data-source", "manual");
      const pressed = (await notes(page)).keys.at(-1) ?? NaN;
      const mark = (await bench.daemon.session(STEADY)).events.find((found) => found.event_type === event);
      offsets.push(Math.abs((mark?.timestamp_ms ?? NaN) - (pressed - zero)));
    }
    return offsets;
  });
}

/** A slider that is moved by a key: until this tab and another one show the value as the machine's. Unit: ms. */
export async function sliders(bench: Bench): Promise<number[]> {
  return withPages(bench, [`#/m/${STEADY}`, `#/m/${STEADY}`], async (pages) => {
    const [mine] = pages;
    if (mine === undefined) throw new Error("no page was opened");
    for (const page of pages) await page.waitForSelector(LIVE);
    // Whoever steered in the run before is waited for, for a while.
    await expect(mine.getByTestId("controls-locked")).toBeHidden({ timeout: 90_000 });
    const slider = mine.getByTestId("slider-burner");
    await slider.focus();
    await slider.press("Home");
    await expect(mine.getByTestId("applied-burner")).toHaveText("0 %");
    const took: number[] = [];
    for (let press = 1; press <= PRESSES; press += 1) {
      const seen = await Promise.all(pages.map((page) => watchFor(page, '[data-testid="applied-burner"]', `${press * 10} %`)));
      await slider.press("PageUp");
      const pressed = (await notes(mine)).keys.at(-1) ?? NaN;
      took.push(...(await Promise.all(seen.map(async (at) => (await at()) - pressed))));
    }
    return took;
  });
}

/** An alarm, from the reading that raises it: until it is seen, heard, and acknowledged in another tab. Unit: ms. */
export async function alarm(bench: Bench): Promise<{ seenMs: number; heardMs: number; clearedMs: number; shift: number }> {
  return withPages(bench, [`#/m/${PUSHED}`, `#/m/${PUSHED}`], async ([page, other]) => {
    if (page === undefined || other === undefined) throw new Error("no page was opened");
    await Promise.all([page, other].map(settled));
    await page.bringToFront();
    await page.getByTestId("sound").click();
    await expect(page.getByTestId("sound")).toHaveAttribute("data-state", "on");
    const { shifts } = await notes(page);
    const banner = '[data-testid="alarm"]';
    const shown = await watchFor(page, banner, "CRITICAL");
    const raised = await bench.controller.heat(true);
    const seenMs = (await shown()) - raised;
    await expect.poll(async () => (await notes(page)).tones.length).toBeGreaterThan(0);
    const heardMs = ((await notes(page)).tones[0] ?? NaN) - raised;
    await expect(other.locator(banner)).toContainText("CRITICAL");
    const cleared = await watchFor(other, `${banner}:not(:has(button:not([aria-label])))`);
    const before = (await notes(page)).keys.length;
    await page.keyboard.press("a");
    const clearedMs = (await cleared()) - ((await notes(page)).keys[before] ?? NaN);
    const shift = (await notes(page)).shifts - shifts;
    await bench.controller.heat(false);
    await expect(page.locator(banner)).toBeHidden({ timeout: 10_000 });
    return { seenMs, heardMs, clearedMs, shift };
  });
}
