// What a page shows while the daemon, the network or the tab is away, and what it shows afterwards: the whole curve.

import type { Page, WebSocketRoute } from "@playwright/test";
import { duration, rate, temp } from "../src/model/format";
import { everyHalfMinute } from "../src/ui/CurveTable";
import { expect, open, test, type Daemon } from "./fixtures/daemon";

const SPEED = 20;
const live = (page: Page) => expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");

/** The recording as the page's table tells it. */
async function shown(page: Page): Promise<string[][]> {
  await page.getByRole("button", { name: "Table" }).click();
  const lines = page.getByRole("dialog", { name: "Curve as a table" }).locator("tbody tr");
  await expect(lines.first()).toBeVisible();
  const rows = await lines.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
  await page.keyboard.press("Escape");
  return rows.filter(([time]) => time?.startsWith("\u2212") === false);
}

/** The same, as the daemon has it. */
async function truth(daemon: Daemon): Promise<string[][]> {
  const { series } = await daemon.session("demo");
  return everyHalfMinute(series.timestamp_ms).map((i) => [duration(series.timestamp_ms[i]), temp(series.bt[i], "C"), temp(series.et[i], "C"), rate(series.bt_ror[i], "C")]);
}

async function started(daemon: Daemon): Promise<void> {
  await daemon.addRoaster("demo", { speed: SPEED, operator: false });
  await daemon.act("demo", "start_monitoring");
  await daemon.act("demo", "start_recording");
}

async function expectWhole(pages: Page[], daemon: Daemon): Promise<void> {
  await daemon.act("demo", "stop_recording");
  for (const page of pages) {
    await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", "finished");
    // It comes by itself, when it has been fetched, but not to a page that was away when the recording ended.
    await page.addLocatorHandler(page.getByTestId("finish-sheet"), () => page.keyboard.press("Escape"));
  }
  const whole = await truth(daemon);
  expect(whole.length).toBeGreaterThan(2);
  for (const page of pages) expect((await shown(page)).slice(0, whole.length)).toEqual(whole);
}

test("three tabs whose sockets are cut again and again show the same whole curve as the daemon", async ({ context, daemon }) => {
  await started(daemon);
  const routes: WebSocketRoute[][] = [[], [], []];
  const pages: Page[] = [];
  for (const sockets of routes) {
    const page = await context.newPage();
    await page.routeWebSocket(/\/ws\/live\//, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await open(page, daemon, "#/m/demo");
    await live(page);
    pages.push(page);
  }
  for (let cut = 0; cut < 4; cut += 1) {
    for (const [i, sockets] of routes.entries()) {
      if ((cut + i) % 2 === 0) await sockets.at(-1)?.close({ code: 1001 });
    }
    for (const page of pages) await live(page);
  }
  await expectWhole(pages, daemon);
});

test("a network that goes and comes is said at once, and leaves no hole", async ({ page, context, daemon }) => {
  await started(daemon);
  await open(page, daemon, "#/m/demo");
  await live(page);
  await context.setOffline(true);
  await expect(page.getByTestId("readout-bt")).toHaveClass(/old/);
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", /stale|reconnecting/);
  await expect(page.locator(".chart-host canvas"), "the curve stays").toBeVisible();
  await page.getByTestId("stop").click();
  await expect(page.getByTestId("stop-failure")).toContainText("emergency switch");
  await page.getByRole("button", { name: "Understood" }).click();
  await context.setOffline(false);
  await live(page);
  await expect(page.getByTestId("offline")).toBeHidden();
  await expectWhole([page], daemon);
});

test("a tab that was frozen is complete again once it wakes", async ({ page, daemon }) => {
  await started(daemon);
  await open(page, daemon, "#/m/demo");
  await live(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  await page.waitForTimeout(4_000);
  await cdp.send("Page.setWebLifecycleState", { state: "active" });
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  const { elapsed_ms } = await daemon.session("demo");
  const shownMs = async () => {
    const [minutes = NaN, seconds = NaN] = (await page.getByTestId("timer").innerText()).replaceAll(/[^\d:]/g, "").split(":").map(Number);
    return (60 * minutes + seconds) * 1000;
  };
  await expect.poll(shownMs).toBeGreaterThan(elapsed_ms - 1_000);
  await live(page);
  await expectWhole([page], daemon);
});

test("a span that the machine itself missed stays open and hatched", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { speed: SPEED, operator: false, faults: [{ kind: "timeout", at_ms: 60_000, for_ms: 60_000 }] });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await expectHole(page);
});

test("a span that this tab missed and nobody can give it any more stays open and hatched", async ({ page, daemon }) => {
  const isLost = (ms: number) => ms > 60_000 && ms < 120_000;
  let lost = 0;
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const frame = JSON.parse(String(message)) as { type: string; timestamp_ms?: number };
      const isGone = frame.type === "temperature" && isLost(frame.timestamp_ms ?? 0);
      lost += Number(isGone);
      if (frame.type === "sync_complete" && lost > 0) socket.send(JSON.stringify({ ...frame, truncated: true }));
      else if (!isGone) socket.send(message);
    });
  });
  await page.route("**/session?include=series**", (route) => route.fulfill({ status: 503, body: "" }));
  await daemon.addRoaster("demo", { speed: SPEED, operator: false });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await expectHole(page);
  expect(lost, "readings were lost on the way").toBeGreaterThan(10);
});

/** Waits until the hole of a minute is in the picture, then looks at its pixels. */
async function expectHole(page: Page): Promise<void> {
  await expect(page.getByTestId("timer")).toContainText(/0[4-9]:\d\d/, { timeout: 25_000 });
  await live(page);
  for (const curve of ["et", "bt_ror"]) await page.getByTestId(`readout-${curve}`).click();
  await expect(page.getByTestId("readout-et")).toHaveAttribute("aria-pressed", "false");
  await page.waitForTimeout(500);
  const { bt, hatch } = await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".chart-host canvas");
    const pen = canvas?.getContext("2d");
    if (canvas === null || pen === null || pen === undefined) throw new Error("there is no chart");
    const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const near = (at: number, [r, g, b]: readonly [number, number, number], by: number) =>
      Math.abs((data[at] ?? 0) - r) < by && Math.abs((data[at + 1] ?? 0) - g) < by && Math.abs((data[at + 2] ?? 0) - b) < by && (data[at + 3] ?? 0) > 100;
    const columns = (colour: readonly [number, number, number], by: number) =>
      Array.from({ length: width }, (_, x) => Array.from({ length: height }, (__, y) => near((y * width + x) * 4, colour, by)).filter(Boolean).length);
    return { bt: columns([0x2d, 0x54, 0x99], 24), hatch: columns([0x6f, 0x78, 0x82], 30) };
  });
  const first = bt.findIndex((count) => count > 0);
  const last = bt.length - 1 - [...bt].reverse().findIndex((count) => count > 0);
  const empty = bt.slice(first, last).map((count, i) => [count, first + i] as const).filter(([count]) => count === 0).map(([, x]) => x);
  expect(empty.length, "the curve was joined over the span").toBeGreaterThan(20);
  const hatched = empty.filter((x) => (hatch[x] ?? 0) > 3).length;
  expect(hatched / empty.length, "the span is hatched").toBeGreaterThan(0.8);
}
