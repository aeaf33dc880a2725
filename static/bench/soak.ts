// Hours at sixty times their pace: roast after roast on every machine, tabs that stay open all the while, and a look at what
// they keep in memory and whether they still say the same.

import { writeFileSync } from "node:fs";
import { expect, test, type Browser, type CDPSession, type Page } from "@playwright/test";
import { open, withDaemon, type Daemon } from "../e2e/fixtures/daemon";
import { heap } from "./instruments";

const SPEED = 60;
const SAMPLE_MS = 1_000;
/** A roast and the pause before the next one. Simulated. */
const BATCH_MIN = 12;
/** Pages and daemon are warm after this long. Simulated. Unit: h. */
const WARM_H = 0.5;
const HOUR_MS = 3_600_000;
const first = (machine: number) => `r${machine}`;
/** Where the tabs stay; the first one is also where the last look is taken. */
const PLACES = ["#/m/r1", "#/", "#/m/r2"];

/** What a soak runs for. Hours are simulated. */
export type Plan = { hours: number; machines: number; tabs: 1 | 3 };

/** What became of it. */
export type Outcome = { peakBytes: number; slopeBytesPerHour: number; errors: string[]; roasts: number; differences: string[]; readings: number };

type Tab = { page: Page; cdp: CDPSession };

/** Runs it. */
export async function live(browser: Browser, { hours, machines, tabs }: Plan): Promise<Outcome> {
  let outcome: Outcome | undefined;
  await withDaemon("", async (daemon) => {
    const ids = Array.from({ length: machines }, (_, n) => first(n + 1));
    for (const id of ids) await daemon.addRoaster(id, { name: `Drum ${id}`, speed: SPEED, more: { sampling_interval_ms: SAMPLE_MS, safety: { operator_loss_ms: 0 } } });
    const errors: string[] = [];
    const opened: Tab[] = [];
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    for (const place of PLACES.slice(0, tabs)) {
      const page = await context.newPage();
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(error.message));
      await open(page, daemon, place);
      opened.push({ page, cdp: await context.newCDPSession(page) });
    }
    const { samples, roasts } = await roast(daemon, ids, hours, opened);
    const { differences, readings } = await compared(daemon, opened.map(({ page }) => page));
    await context.close();
    outcome = { peakBytes: Math.max(...samples.map((sample) => sample.bytes)), slopeBytesPerHour: slope(samples), errors, roasts, differences, readings };
  });
  if (outcome === undefined) throw new Error("the daemon did not start");
  return outcome;
}

type Sample = { hour: number; bytes: number };

/** Batch after batch on every machine; memory of each tab between any two. */
async function roast(daemon: Daemon, ids: string[], hours: number, tabs: Tab[]): Promise<{ samples: Sample[]; roasts: number }> {
  const samples: Sample[] = [];
  let roasts = 0;
  const from = performance.now();
  const hour = () => ((performance.now() - from) * SPEED) / HOUR_MS;
  for (let batch = 1; hour() < hours; batch += 1) {
    for (const id of ids) {
      if (batch > 1) await daemon.act(id, "stop_recording");
      await daemon.act(id, "start_monitoring");
      await daemon.act(id, "start_recording");
      roasts += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, (BATCH_MIN * 60_000) / SPEED));
    for (const { cdp } of tabs) samples.push({ hour: hour(), bytes: await heap(cdp) });
  }
  return { samples: samples.filter((sample) => sample.hour > WARM_H), roasts };
}

/** Growth over time, by least squares. Unit: bytes per simulated hour. */
function slope(samples: Sample[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [hour, bytes] = [mean(samples.map((sample) => sample.hour)), mean(samples.map((sample) => sample.bytes))];
  const along = samples.reduce((sum, sample) => sum + (sample.hour - hour) * (sample.bytes - bytes), 0);
  return along / samples.reduce((sum, sample) => sum + (sample.hour - hour) ** 2, 0);
}

/** What two tabs show differently of the last roast of the first machine: curve as numbers, curve as pixels, readings. */
async function compared(daemon: Daemon, pages: Page[]): Promise<{ differences: string[]; readings: number }> {
  const shown: Record<string, string>[] = [];
  for (const page of pages) {
    await page.keyboard.press("Escape");
    await page.evaluate((hash) => (location.hash = hash), PLACES[0] ?? "");
    await expect(page.getByTestId("cockpit")).toBeVisible();
  }
  await daemon.act(first(1), "stop_recording");
  for (const page of pages) {
    await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "finished");
    await page.getByTestId("finish-sheet").waitFor();
    await page.keyboard.press("Escape");
  }
  for (const page of pages) {
    await page.bringToFront();
    // Two frames after the last change of what is drawn.
    await page.waitForTimeout(1_000);
    const pixels = await page.locator(".chart-host canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    await page.getByRole("button", { name: "Table" }).click();
    const table = (await page.locator("dialog tbody tr").allTextContents()).join("\n");
    await page.keyboard.press("Escape");
    const marks = (await page.locator("[data-testid^=mark-]").allTextContents()).join("\n");
    shown.push({ pixels, table, marks, timer: await page.getByTestId("timer").innerText() });
  }
  const [mine, ...others] = shown;
  shown.forEach(({ pixels }, n) => writeFileSync(test.info().outputPath(`tab-${n + 1}.png`), Buffer.from(pixels?.split(",")[1] ?? "", "base64")));
  const differences = others.flatMap((theirs, n) => Object.keys(theirs).filter((what) => theirs[what] !== mine?.[what]).map((what) => `${what} of tab ${n + 2}`));
  return { differences, readings: (await daemon.session(first(1))).series.timestamp_ms.length };
}
