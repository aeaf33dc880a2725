// What can be wrong, each with its words, its sign and a way on; and the same for everybody's eyes.

import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { BINARY, expect, open, test } from "./fixtures/daemon";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const ALWAYS_HOT = { alarms: [{ id: "high_bt", when: { channel: "bt", above: 5, deadband: 2, delay_ms: 0 }, severity: "critical", message: "BT exceeded 5 °C" }] };

type Violation = { id: string; nodes: { target: string[]; failureSummary: string }[] };

async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => (globalThis as unknown as { axe: { run: (root: Document, options: unknown) => Promise<{ violations: Violation[] }> } }).axe.run(document, { runOnly: tags }), TAGS);
  expect(violations.map((found) => `${found.id}: ${found.nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join(" | ")}`), what).toEqual([]);
}

const corner = (page: Page) => page.getByTestId("stop").boundingBox();

for (const theme of ["light", "dark", "contrast"] as const) {
  test(`wall and cockpit keep nobody out: normal, alarm, locked, offline, in ${theme}`, async ({ page, context, daemon }) => {
    await context.addInitScript((chosen) => localStorage.setItem("hearth.theme", chosen), theme);
    await daemon.addRoaster("calm", { name: "Calm", operator: false });
    await daemon.addRoaster("demo", { operator: false, more: ALWAYS_HOT });
    const other = await context.newPage();
    await open(other, daemon, "#/m/calm");
    await other.getByTestId("start_monitoring").click();
    await expect(other.getByTestId("lease")).toContainText("you control");

    await open(page, daemon, "#/");
    await expect(page.getByTestId("alarm-strip")).toContainText("Demo roaster: BT exceeded 5 °C");
    await expectAccessible(page, "wall with an alarm");
    const place = await corner(page);
    await open(page, daemon, "#/m/demo");
    await expect(page.getByTestId("alarm")).toContainText("BT exceeded");
    await expectAccessible(page, "cockpit with an alarm");
    expect(await corner(page)).toEqual(place);
    await page.getByRole("button", { name: "Acknowledge (A)" }).click();
    await open(page, daemon, "#/m/calm");
    await expect(page.getByTestId("controls-locked")).toBeVisible();
    await expectAccessible(page, "cockpit, locked");
    expect(await corner(page)).toEqual(place);
    await context.setOffline(true);
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await expect(page.getByTestId("readout-bt")).toHaveClass(/old/, { timeout: 6_000 });
    await expectAccessible(page, "cockpit, offline");
    expect(await corner(page)).toEqual(place);
    await page.getByRole("link", { name: "All machines" }).click();
    await expect(page.getByTestId("wall")).toBeVisible();
    await expectAccessible(page, "wall, offline");
    await context.setOffline(false);
  });
}

test("STOP stands in the same corner on every screen and in front of every dialog, and works there", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("start_monitoring")).toBeEnabled();
  const place = await corner(page);
  for (const at of ["#/", "#/profiles", "#/profiles/none", "#/m/nowhere", "#/nothing/here"]) {
    await open(page, daemon, at);
    expect(await corner(page), at).toEqual(place);
  }
  await page.getByTestId("open-settings").click();
  await expect(page.getByTestId("settings")).toBeVisible();
  expect(await corner(page), "in front of a dialog").toEqual(place);
  await page.getByTestId("stop").click();
  await open(page, daemon, "#/m/demo");
  await expect(page.getByTestId("latched")).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  const small = await corner(page);
  await page.getByTestId("undo").scrollIntoViewIfNeeded();
  expect(await corner(page), "it does not scroll away").toEqual(small);
});

test("an alarm is seen and heard at once, moves nothing, and one word silences it in every tab", async ({ page, context, daemon }) => {
  await context.addInitScript(() => {
    const heard: { hz: number; at: number }[] = [];
    Object.assign(globalThis, { heard });
    const Tone = globalThis.OscillatorNode;
    globalThis.OscillatorNode = class extends Tone {
      constructor(on: BaseAudioContext, options?: OscillatorOptions) {
        super(on, options);
        heard.push({ hz: options?.frequency ?? 0, at: performance.now() });
      }
    };
  });
  const heard = (tab: Page) => tab.evaluate(() => (globalThis as unknown as { heard: { hz: number }[] }).heard.map(({ hz }) => hz));
  await daemon.addRoaster("demo", { speed: 10, operator: false, more: { alarms: [{ id: "hot", when: { channel: "burner", above: 50, deadband: 2, delay_ms: 0 }, severity: "critical", message: "Burner above 50 %" }] } });
  await daemon.act("demo", "start_monitoring");
  await open(page, daemon, "#/m/demo");
  await page.getByTestId("sound").click();
  await expect(page.getByTestId("sound")).toHaveAttribute("data-state", "on");
  const other = await context.newPage();
  await open(other, daemon, "#/");
  await expect(other.getByTestId("alarm-strip")).toContainText("No alarms");
  const place = await page.getByTestId("chart").boundingBox();
  await page.getByTestId("slider-burner").press("End");
  await expect(page.getByTestId("alarm")).toBeVisible();
  await expect(page.getByTestId("alarm")).toContainText("CRITICAL");
  await expect.poll(() => heard(page), { timeout: 1_000 }).toEqual([880, 880, 880]);
  expect(await page.getByTestId("chart").boundingBox(), "the alarm moved the chart").toEqual(place);
  await expect(other.getByTestId("alarm-strip")).toContainText("Burner above 50 %");
  await expect(other.getByTestId("alarm-counts")).toHaveText("1 critical");
  expect(await heard(other), "a tab that was never touched makes no sound").toEqual([]);
  await page.keyboard.press("m");
  await expect(page.getByTestId("sound")).toHaveText(/Silent 1:5\d/);
  await page.waitForTimeout(5_500);
  expect(await heard(page), "it was silenced here").toHaveLength(3);
  await other.getByTestId("ack").click();
  for (const tab of [page.getByTestId("alarm"), other.getByTestId("alarm-strip")]) await expect(tab.getByRole("button", { name: /Acknowledge/ })).toBeHidden();
});

test("one tab of a device sounds; the next takes over when it goes", async ({ page, context, daemon }) => {
  await daemon.addRoaster("demo", { operator: false });
  await open(page, daemon, "#/");
  const other = await context.newPage();
  await open(other, daemon, "#/");
  for (const tab of [page, other]) await tab.getByTestId("sound").click();
  const states = async () => (await Promise.all([page, other].map((tab) => tab.getByTestId("sound").getAttribute("data-state")))).sort();
  await expect.poll(states).toEqual(["elsewhere", "on"]);
  const [leader, follower] = (await page.getByTestId("sound").getAttribute("data-state")) === "on" ? [page, other] : [other, page];
  await leader.goto("about:blank");
  await expect(follower.getByTestId("sound")).toHaveAttribute("data-state", "on", { timeout: 8_000 });
});

test("a machine that crashes again and again says so, with the reason; its neighbour loses nothing", async ({ page, daemon }) => {
  await daemon.addRoaster("calm", { name: "Calm", speed: 5, operator: false });
  await daemon.addRoaster("demo", { operator: false, faults: [{ kind: "panic", at_ms: 3_000, every_ms: 2_500 }] });
  await daemon.act("calm", "start_monitoring");
  await open(page, daemon, "#/");
  const card = page.getByTestId("card-demo");
  await expect(card.getByTestId("driver-state")).toContainText(/restarting|failed/i, { timeout: 25_000 });
  await expect(page.getByTestId("card-calm").getByTestId("link-state")).toHaveAttribute("data-state", "live");
  const { series } = await daemon.session("calm");
  const steps = series.timestamp_ms.slice(1).map((ms, i) => ms - (series.timestamp_ms[i] ?? 0));
  expect(Math.max(...steps)).toBeLessThan(2_000);
});

test("a link that is down says why and when it is tried again, with the last value and its age", async ({ page, daemon }) => {
  await daemon.addRoaster("demo", { operator: false, faults: [{ kind: "disconnect", at_ms: 4_000, for_ms: 600_000 }] });
  await open(page, daemon, "#/");
  const card = page.getByTestId("card-demo");
  await expect(card.getByTestId("card-bt")).toHaveText(/\d/);
  await expect(card.getByTestId("driver-state")).toContainText(/next try in \d+ s/, { timeout: 15_000 });
  await expect(card.getByTestId("card-last")).toHaveText(/last \d+\.\d °C, \d+(\.\d)? s ago/, { timeout: 15_000 });
  await expect(card.getByTestId("card-bt"), "a number from before is not the machine's").toHaveText("––");
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

test("an address without a machine, and a screen without an address, lead on", async ({ page, daemon }) => {
  await open(page, daemon, "#/m/nowhere");
  await expect(page.getByTestId("link-ended")).toContainText("nowhere");
  await page.getByRole("link", { name: "Go to the machines" }).click();
  await expect(page.getByTestId("empty")).toBeVisible();
  await open(page, daemon, "#/what/is/this");
  await page.getByRole("link", { name: "Go to the machines" }).click();
  await expect(page.getByTestId("add-simulator")).toBeVisible();
});

for (const [name, trouble] of [["broken", 500], ["slow", 5_000]] as const) {
  test(`a daemon that is ${name} leaves no dead end on any screen`, async ({ page, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    await page.route("**/api/**", async (route) => {
      if (trouble === 500) return route.fulfill({ status: 500, contentType: "text/html", body: "broken" });
      await new Promise((resolve) => setTimeout(resolve, trouble));
      return route.continue().catch(() => undefined);
    });
    for (const place of ["#/", "#/m/demo", "#/profiles", "#/profiles/none"]) {
      await open(page, daemon, place);
      await expect(page.locator("main")).toBeVisible();
      await expect.poll(async () => (await page.locator("main").innerText()).trim().length, { message: `${place} says nothing` }).toBeGreaterThan(0);
      await expect(page.locator("main").locator("a, button").first(), `${place} leads nowhere`).toBeVisible({ timeout: 12_000 });
    }
  });
}

test.describe("where people log in", () => {
  const hash = spawnSync(BINARY, ["hash-password"], { input: "roast-well\n", encoding: "utf8" }).stdout.trim();
  test.use({ configuration: `[[auth.users]]\nemail = "anna@roastery.example"\nname = "Anna"\npassword_hash = "${hash}"\nrole = "admin"\n` });

  test("a token that ran out asks for a new one, once; whoever may takes control at once, by holding", async ({ page, context, daemon }) => {
    await daemon.addRoaster("demo", { operator: false });
    const holder = await context.newPage();
    await open(holder, daemon, "#/m/demo");
    await holder.getByTestId("start_monitoring").click();
    await expect(holder.getByTestId("lease")).toContainText("you control");

    await page.addInitScript(() => localStorage.getItem("hearth.token") ?? localStorage.setItem("hearth.token", "worn-out"));
    let asked = 0;
    page.on("request", (request) => (asked += Number(request.url().endsWith("/api/machines"))));
    await open(page, daemon, "#/m/demo");
    await expect(page.getByTestId("sign-in")).toContainText("expired");
    await page.waitForTimeout(6_000);
    expect(asked, "nobody asks again and again").toBeLessThanOrEqual(2);
    await page.getByTestId("sign-in-go").click();
    await expect(page.getByTestId("sign-in-fault")).toContainText("e-mail and password");
    await page.getByTestId("sign-in-email").fill("anna@roastery.example");
    await page.getByTestId("sign-in-password").fill("wrong");
    await page.getByTestId("sign-in-go").click();
    await expect(page.getByTestId("sign-in-fault")).toContainText("Invalid");
    await page.getByTestId("sign-in-password").fill("roast-well");
    await page.getByTestId("sign-in-go").click();
    await expect(page.getByTestId("controls-locked")).toBeVisible();

    const take = await page.getByTestId("take-over").boundingBox();
    if (take === null) throw new Error("there is nothing to hold");
    await page.getByTestId("take-over").click();
    await expect(page.getByTestId("controls-locked"), "a short press is not meant").toBeVisible();
    await page.mouse.move(take.x + 20, take.y + 20);
    await page.mouse.down();
    await expect(page.getByTestId("lease")).toContainText("you control");
    await page.mouse.up();
    await expect(holder.getByTestId("controls-locked")).toBeVisible();
    await page.getByTestId("open-settings").click();
    await page.getByTestId("sign-out").click();
    await expect(page.getByTestId("sign-out")).toBeHidden();
  });
});
