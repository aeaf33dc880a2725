import type { WebSocketRoute } from "@playwright/test";
import { expect, open, test } from "./fixtures/daemon";

const INTERVAL_MS = 1_000;

test("a cut socket comes back, and the curve has no gap", async ({ page, daemon }) => {
  const routes: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    socket.connectToServer();
    routes.push(socket);
  });
  await daemon.addRoaster("demo", { speed: 10, operator: false });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  for (let cut = 0; cut < 3; cut += 1) {
    await page.waitForTimeout(800);
    await routes.at(-1)?.close({ code: 1001 });
    await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", /reconnecting|polling/);
    await expect(page.locator(".chart-host canvas"), "the curve stays").toBeVisible();
    await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  }
  await page.getByRole("button", { name: "Table" }).click();
  const rows = await page.locator("dialog tbody tr td:first-child").allInnerTexts();
  const seconds = rows.map((text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0));
  const { series } = await daemon.session("demo");
  const steps = series.timestamp_ms.slice(1).map((ms, i) => ms - (series.timestamp_ms[i] ?? 0));
  expect(Math.max(...steps), "the daemon itself has no gap").toBeLessThan(5 * INTERVAL_MS);
  expect(seconds.length).toBeGreaterThan(1);
  for (let i = 2; i < seconds.length; i += 1) expect((seconds[i] ?? 0) - (seconds[i - 1] ?? 0)).toBeLessThanOrEqual(32);
});

test("where no socket can be had, the values still move, and say that they are slow", async ({ page, daemon }) => {
  await page.routeWebSocket(/\/ws\/live\//, (socket) => socket.close({ code: 1013 }));
  await daemon.addRoaster("demo", { speed: 5, operator: false });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "polling", { timeout: 10_000 });
  await expect(page.getByTestId("controls-offline")).toContainText("read-only");
  const before = await page.getByTestId("timer").innerText();
  await expect(page.getByTestId("timer")).not.toHaveText(before);
  await expect(page.getByTestId("readout-bt")).toHaveText(/\d+\.\d/);
  await page.getByTestId("stop").click();
  await expect(page.getByTestId("latched"), "STOP goes over HTTP").toBeVisible({ timeout: 5_000 });
});

test("polling ends as soon as a socket is to be had again", async ({ page, daemon }) => {
  let isRefused = true;
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    if (isRefused) void socket.close({ code: 1013 });
    else socket.connectToServer();
  });
  let polls = 0;
  page.on("request", (request) => (polls += Number(request.url().includes("/session?include=series"))));
  await daemon.addRoaster("demo", { speed: 5, operator: false });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "polling", { timeout: 10_000 });
  isRefused = false;
  await page.getByRole("button", { name: "Now" }).click();
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  const before = polls;
  await page.waitForTimeout(2_500);
  expect(polls).toBe(before);
});

test("a silent stall is seen, and mended by a new socket", async ({ page, daemon }) => {
  let isSilent = false;
  await page.routeWebSocket(/\/ws\/live\//, (socket) => {
    const server = socket.connectToServer();
    const stalls = !isSilent;
    server.onMessage((message) => {
      if (!(stalls && isSilent)) socket.send(message);
    });
  });
  await daemon.addRoaster("demo", { operator: false });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
  await page.waitForTimeout(2_500);
  isSilent = true;
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "stale");
  await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live", { timeout: 30_000 });
});

test("an unknown machine is told once and not asked for again", async ({ page, daemon }) => {
  let opened = 0;
  page.on("websocket", () => (opened += 1));
  await open(page, daemon, "#/m/nowhere");
  await expect(page.getByTestId("link-ended")).toBeVisible();
  await page.waitForTimeout(3_000);
  expect(opened).toBe(1);
});
