// What keeps its place: STOP in its corner, and the room of what is still to come.

import type { Page, WebSocketRoute } from "@playwright/test";
import { expect, open, test } from "./fixtures/daemon";

const corner = async (page: Page) => {
  // For a moment there are two, one in front of the other: that of the page goes once a dialog has its own.
  await expect(page.getByTestId("stop")).toHaveCount(1);
  return page.getByTestId("stop").boundingBox();
};

test("STOP stands in the same corner on every screen and in front of every dialog, and works there", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("start_monitoring")).toBeEnabled();
  const place = await corner(page);
  for (const at of ["#/", "#/new", "#/m/demo/setup", "#/m/demo/alarms", "#/admin", "#/profiles", "#/profiles/none", "#/m/nowhere", "#/nothing/here"]) {
    await open(page, daemon, at);
    expect(await corner(page), at).toEqual(place);
  }
  await page.getByTestId("open-settings").click();
  await expect(page.getByTestId("settings")).toBeVisible();
  expect(await corner(page), "in front of a dialog").toEqual(place);
  await page.getByTestId("stop").click();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("settings")).toBeHidden();
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("latched")).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  const small = await corner(page);
  await page.getByTestId("undo").scrollIntoViewIfNeeded();
  expect(await corner(page), "it does not scroll away").toEqual(small);
  await page.getByTestId("help").click();
  await expect(page.getByTestId("help-dialog")).toBeVisible();
  expect(await corner(page), "in front of a dialog").toEqual(small);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByTestId("help-dialog"), "and it covers no cross").toBeHidden();
});

/** What of the head is under STOP, or has no room to be read or hit. */
const hindered = (page: Page) => page.locator(".head").evaluate((head) => {
  const stop = document.querySelector("[data-testid=stop]")?.getBoundingClientRect() ?? new DOMRect();
  return [...head.querySelectorAll("h1, .chip, button, a")].filter((part) => part.checkVisibility()).flatMap((part) => {
    const box = part.getBoundingClientRect();
    const isUnder = box.right > stop.left && box.left < stop.right && box.bottom > stop.top && box.top < stop.bottom;
    return isUnder || box.width < 20 || box.right > innerWidth ? [`${part.textContent ?? ""}: ${box.left} to ${box.right}`] : [];
  });
});

for (const glove of ["off", "on"]) {
  test(`what the head says moves nothing below it, on a phone, a tablet or a desk, glove mode ${glove}`, async ({ page, daemon }) => {
    await page.addInitScript((chosen) => localStorage.setItem("hearth.glove", chosen), glove);
    let isCut = false;
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/\/ws\/live\//, async (socket) => {
      if (isCut) return socket.close({ code: 1013 });
      socket.connectToServer();
      sockets.push(socket);
    });
    await daemon.addRoaster("demo", { operator: false });
    await open(page, daemon, "#/m/demo");
    await expect(page.getByTestId("start_monitoring")).toBeEnabled();
    const tops = async () => {
      const found: Record<number, number | undefined> = {};
      for (const width of [360, 390, 600, 768, 1024, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        await page.locator(".cockpit").evaluate((cockpit) => cockpit.scrollTo(0, 0));
        found[width] = (await page.getByRole("region", { name: "Readings" }).boundingBox())?.y;
        expect(await hindered(page), `${width} wide`).toEqual([]);
      }
      return found;
    };
    const idle = await tops();
    for (const [action, state] of [["start_monitoring", "monitoring"], ["start_recording", "recording"]] as const) {
      await page.getByTestId(action).click();
      await expect(page.getByTestId("session-state")).toHaveAttribute("data-state", state);
      await expect(page.getByTestId("lease")).toHaveText("you control");
      expect(await tops(), state).toEqual(idle);
    }
    isCut = true;
    await sockets.at(-1)?.close({ code: 1001 });
    await expect(page.getByRole("button", { name: "Now" })).toBeVisible();
    expect(await tops(), "without a link").toEqual(idle);
  });
}

test("STOP says whom it is for, also on the way from one screen to the next", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/");
  await expect(page.getByTestId("stop")).toContainText("STOP ALL");
  await page.locator("[data-machine=demo]").getByRole("link", { name: "Demo roaster" }).click();
  await expect(page.getByTestId("lease")).toBeVisible();
  await expect(page.getByTestId("stop")).toHaveText("STOP(software)");
  await page.getByRole("link", { name: "All machines" }).click();
  await expect(page.getByTestId("stop")).toContainText("STOP ALL");
});

for (const [width, height] of [[1280, 800], [390, 844]] as const) {
  test(`what comes later has its room already, at ${width} by ${height}`, async ({ page, daemon }) => {
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.setViewportSize({ width, height });
    await daemon.addRoaster("demo", { operator: false });
    await daemon.act("demo", "start_monitoring");
    for (const place of ["#/", "#/m/demo"]) {
      await open(page, daemon, place);
      await page.reload();
      await expect(page.getByTestId("link-state")).toHaveAttribute("data-state", "live");
      await page.waitForTimeout(1_500);
      const sum = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts.reduce((total, shift) => total + shift, 0));
      expect(sum, place).toBeLessThan(0.02);
    }
  });
}
